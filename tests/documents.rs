//! Decoding and blocks, through the public API.

use diglot::document::{BlockKind, Document, control_characters, strip_control_characters};
use diglot::{Error, ErrorKind, Lang, detect, detect_among};

const GERMAN: &str =
    "Größere Brücken müssen geprüft werden, sagte die Behörde. Für die Züge heißt das: langsam fahren.\n";

fn decode(bytes: &[u8]) -> Result<Document, Error> {
    Document::decode("test.txt", bytes, None)
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    text.encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
}

fn encoded(text: &str, label: &str) -> Vec<u8> {
    let (bytes, _, lossy) = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap().encode(text);
    assert!(!lossy);
    bytes.into_owned()
}

fn blocks(text: &str) -> Vec<(BlockKind, String)> {
    let document = decode(text.as_bytes()).unwrap();
    document.blocks.iter().map(|b| (b.kind, document.text[b.range.clone()].to_string())).collect()
}

fn assert_input_error(result: Result<Document, Error>, part: &str) {
    let error = result.expect_err(part);
    assert_eq!((error.kind(), error.exit_code()), (ErrorKind::Input, 3), "{error}");
    assert!(error.to_string().contains(part), "{error} does not say {part}");
    assert!(error.next_step().is_some(), "{error} has no next step");
}

#[test]
fn empty_input_is_refused() {
    for bytes in [
        &b""[..],
        b" \n\t\r\n",
        b"\xef\xbb\xbf",
        b"\xef\xbb\xbf \n",
        b"\xff\xfe",
        b"\xfe\xff\x00\x20",
        "\u{a0}\u{200b}".as_bytes(),
    ] {
        assert_input_error(decode(bytes), "test.txt holds no text");
    }
}

#[test]
fn utf8_is_kept_as_it_is() {
    let text = "\u{a0}Ä\r\n e\u{301}\u{202e} x\u{ad}y \u{fb01}\n\n";
    let document = decode(text.as_bytes()).unwrap();
    assert_eq!((document.text.as_str(), document.encoding), (text, "UTF-8"));
    let marked = decode(format!("\u{feff}{GERMAN}").as_bytes()).unwrap();
    assert_eq!((marked.text.as_str(), marked.encoding), (GERMAN, "UTF-8"));
}

#[test]
fn utf16_is_read_with_and_without_a_byte_order_mark() {
    for (big, name) in [(false, "UTF-16LE"), (true, "UTF-16BE")] {
        for text in [GERMAN, "Мосты нужно проверить, сказали в ведомстве. 你好。\n"]
        {
            for bytes in [utf16(text, big), utf16(&format!("\u{feff}{text}"), big)] {
                let document = decode(&bytes).unwrap();
                assert_eq!((document.text.as_str(), document.encoding), (text, name));
            }
        }
    }
    // An unpaired surrogate is not text.
    assert_input_error(decode(b"\xff\xfeA\x00\x00\xd8B\x00"), "not valid UTF-16LE");
}

#[test]
fn legacy_encodings_are_detected() {
    for (text, label, name) in [
        (GERMAN, "latin1", "windows-1252"),
        (
            "Er sagte: „Die Brücke müsste längst fertig sein“ – und ging hinaus.\n",
            "windows-1252",
            "windows-1252",
        ),
        (
            "Правительство представило во вторник новый законопроект о пенсиях.\n",
            "windows-1251",
            "windows-1251",
        ),
        (
            "政府は火曜日に年金に関する新しい法案を国会に提出した。採決は来週になる。\n",
            "shift_jis",
            "Shift_JIS",
        ),
        ("政府星期二向议会提出了一项关于养老金的新法案，下周进行表决。\n", "gb18030", "GBK"),
    ] {
        let bytes = encoded(text, label);
        let document = decode(&bytes).unwrap();
        assert_eq!((document.text.as_str(), document.encoding), (text, name));
        let told = Document::decode("test.txt", bytes, Some(label)).unwrap();
        assert_eq!(told.text, text);
    }
}

#[test]
fn the_encoding_can_be_named() {
    let koi8 = Document::decode("test.txt", encoded("Привет", "koi8-r"), Some("KOI8-R")).unwrap();
    assert_eq!((koi8.text.as_str(), koi8.encoding), ("Привет", "KOI8-R"));
    let wide = Document::decode("test.txt", utf16("日本語", false), Some("utf-16le")).unwrap();
    assert_eq!(wide.text, "日本語");
    let error = Document::decode("test.txt", &b"Text"[..], Some("utf-9")).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert!(error.to_string().contains("utf-9") && error.next_step().unwrap().contains("latin1"));
    assert_input_error(Document::decode("test.txt", &b"Gr\xfc\xdfe"[..], Some("utf-8")), "byte 2");
}

#[test]
fn damaged_utf8_is_refused_with_its_place() {
    let mut bytes = GERMAN.as_bytes().to_vec();
    bytes.truncate(bytes.len() - 1);
    bytes.push(0xc3);
    assert_input_error(decode(&bytes), &format!("byte {}", bytes.len() - 1));
}

#[test]
fn binary_files_are_named_and_refused() {
    for (bytes, part) in [
        (&b"\x7fELF\x02\x01\x01\x00\x00"[..], "a program (ELF)"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "a picture (PNG)"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "a picture (JPEG)"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "a PDF"),
        (b"PK\x03\x04\x14\x00", "a ZIP archive or an office document"),
        (b"\x1f\x8b\x08\x00\x00", "compressed (gzip)"),
        (b"BZh91AY&SY\x8a\x00\xff", "compressed (bzip2)"),
        (b"{\\rtf1\\ansi Hallo}", "a rich text document (RTF)"),
        (b"GGUF\x03\x00\x00\x00", "a model file (GGUF)"),
        (b"\xff\xfe\x00\x00A\x00\x00\x00", "in UTF-32"),
        (b"\x01\x02\x03\x04\x05\x06\x07\x08", "binary"),
    ] {
        assert_input_error(decode(bytes), part);
    }
    assert!(decode(b"BZhilft sich selbst.").is_ok(), "the letters alone are no archive");
}

#[test]
fn nul_inside_text_is_refused() {
    assert_input_error(decode(b"Guten\0 Morgen zusammen"), "NUL character at byte 5");
    assert_input_error(decode("Größere\0 Brücken".as_bytes()), "NUL character at byte 9");
}

#[test]
fn files_that_cannot_be_read_say_why() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("fehlt.txt");
    assert_input_error(Document::read(&missing, None), "fehlt.txt");
    assert_input_error(Document::read(folder.path(), None), "is a directory");
    let file = folder.path().join("brief.txt");
    std::fs::write(&file, encoded(GERMAN, "latin1")).unwrap();
    let document = Document::read(&file, None).unwrap();
    assert_eq!((document.text.as_str(), document.name), (GERMAN, file.display().to_string()));
}

#[test]
fn paragraphs_are_separated_by_blank_lines_of_every_kind() {
    for end in ["\n", "\r\n", "\r", "\u{2028}", "\u{85}"] {
        let text = format!("Titel{end}{end}Der Bau beginnt.{end} \t{end}{end}Er dauert ein Jahr.{end}");
        let expected = [
            (BlockKind::Title, "Titel"),
            (BlockKind::Paragraph, "Der Bau beginnt."),
            (BlockKind::Paragraph, "Er dauert ein Jahr."),
        ];
        assert_eq!(blocks(&text), expected.map(|(k, t)| (k, t.to_string())), "{end:?}");
    }
    assert_eq!(blocks("Eins ist da.\u{2029}Zwei ist da.").len(), 2);
    assert_eq!(blocks("Ohne Zeilenende"), [(BlockKind::Paragraph, "Ohne Zeilenende".to_string())]);
}

#[test]
fn wrapped_lines_make_one_paragraph_and_long_lines_one_each() {
    let wrapped = "Die Stadt hat beschlossen, eine neue Brücke über den breiten Fluss zu\n\
                   bauen. Der Bau beginnt im Oktober und dauert, wenn alles gut geht, ein\n\
                   Jahr. Danach ist der Weg frei.\n";
    assert_eq!(blocks(wrapped), [(BlockKind::Paragraph, wrapped.trim_end().to_string())]);
    let line = "Die Stadt hat beschlossen, eine neue Brücke über den breiten Fluss zu bauen, und zwar so bald wie \
                möglich, damit der Verkehr in der Altstadt endlich nachlässt und die Kinder sicher gehen.";
    assert_eq!(blocks(&format!("{line}\n{line}\n{line}")).len(), 3);
    assert_eq!(blocks("Einkauf:\n- Brot\n- Butter aus der Region\n- Milch").len(), 4);
}

#[test]
fn titles_and_quotations_are_recognised() {
    let kinds = |text: &str| blocks(text).into_iter().map(|(k, _)| k).collect::<Vec<_>>();
    use BlockKind::{Paragraph, Quote, Title};
    let article = " date 2022-06 Minister plant Brücke\n\nSie kostet Geld. Er sagte:\n\n\"Wir bauen trotzdem.\"\n\nDas war alles.";
    assert_eq!(kinds(article), [Title, Paragraph, Quote, Paragraph]);
    for quote in ["„Wir bauen.“", "»Wir bauen.«", "“We build.”", "«Nous construisons.»"] {
        assert_eq!(kinds(&format!("Es ging los.\n\n{quote}")), [Paragraph, Quote], "{quote}");
    }
    for text in ["\"Wir\", sagte er, \"bauen.\"", "„Wir“ und „ihr“", "\""] {
        assert_eq!(kinds(&format!("Es ging los.\n\n{text}")), [Paragraph, Paragraph], "{text}");
    }
    assert_eq!(kinds("Es ging los.\n\nDann kam er."), [Paragraph, Paragraph], "a sentence is no title");
    assert_eq!(kinds("Nur eine Zeile"), [Paragraph], "nothing stands below it");
}

#[test]
fn code_between_fences_is_one_block() {
    use BlockKind::{Code, Paragraph};
    let code = "```rust\nfn main() {}\n\n  ``\nx\n```";
    let text = format!("Es ging los.\n{code}\nDann kam er.\n\n{code}");
    let expected = [(Paragraph, "Es ging los."), (Code, code), (Paragraph, "Dann kam er."), (Code, code)];
    assert_eq!(blocks(&text), expected.map(|(kind, text)| (kind, text.to_string())));
    for open in ["Es ging los.\n\n```\nEin Zeichen, das nichts schließt.", "```a```\n\nWort\n\n```"] {
        assert!(blocks(open).iter().all(|(kind, _)| *kind != Code), "{open}");
    }
    assert_eq!(blocks(&format!("{code}\n\nEs ging los."))[0].0, Code, "no title");
}

#[test]
fn only_white_space_lies_between_blocks_of_large_texts() {
    let paragraph = format!("{}\r\n\r\n", GERMAN.trim().repeat(20));
    for text in [
        paragraph.repeat(5_000_000 / paragraph.len()),
        format!("x{}y", "\n".repeat(10_000_000)),
        "Zeile mit Text\n".repeat(300_000),
        "a".repeat(5_000_000),
        "```\n".repeat(500_001),
        "```x\n".repeat(500_000),
    ] {
        let document = decode(text.as_bytes()).unwrap();
        let mut end = 0;
        for (id, block) in document.blocks.iter().enumerate() {
            assert_eq!(block.id, id);
            assert!(document.text[end..block.range.start].trim().is_empty());
            assert_eq!(document.text[block.range.clone()].trim().len(), block.range.len());
            end = block.range.end;
        }
        assert!(document.text[end..].trim().is_empty());
    }
}

#[test]
fn hidden_characters_are_reported_and_not_changed() {
    let text = "Konto \u{202e}4321\u{202c} gilt.\u{e0041}\u{e0042}";
    let document = decode(text.as_bytes()).unwrap();
    assert_eq!(document.text, text);
    assert_eq!(control_characters(&document.text).unwrap(), "2 bidirectional controls, 2 tag characters");
    assert_eq!(strip_control_characters(&document.text), "Konto 4321 gilt.");
    assert_eq!(control_characters("می\u{200c}خواهم 👩\u{200d}👧 café"), None);
}

#[test]
fn bytes_of_any_kind_never_panic() {
    let mut state = 1u64;
    for length in 0..400 {
        let bytes: Vec<u8> = (0..length)
            .map(|_| {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                (state >> 33) as u8
            })
            .collect();
        for label in [None, Some("utf-8"), Some("shift_jis"), Some("utf-16le"), Some("gb18030")] {
            let _ = Document::decode("noise", &bytes[..], label);
        }
    }
}

#[test]
fn languages_of_single_sentences_are_told_apart() {
    let pair = [Lang::DE, Lang::EN];
    for (lang, data) in
        [(Lang::DE, include_str!("data/short.de.txt")), (Lang::EN, include_str!("data/short.en.txt"))]
    {
        let lines: Vec<&str> = data.lines().collect();
        assert!(lines.len() >= 60);
        for line in &lines {
            let found = detect_among(line, &pair).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(found.lang, lang, "{line}: {found:?}");
        }
        let wrong: Vec<_> = lines.iter().filter(|line| detect(line).is_none_or(|d| d.lang != lang)).collect();
        assert!(
            wrong.len() * 20 <= 3 * lines.len(),
            "more than 15 % of two to five words sentences: {wrong:?}"
        );
        for line in wrong {
            let confidence = detect(line).map_or(0.0, |d| d.confidence);
            assert!(confidence < 0.4, "{line} is wrong with {confidence}");
        }
    }
}

#[test]
fn confidence_grows_with_the_text() {
    let confidence = |text: &str| detect(text).unwrap().confidence;
    assert!(confidence("Brücke") < 0.2);
    assert!(confidence("Die neue Brücke") < 0.4);
    assert!(confidence("Die neue Brücke ist seit gestern für alle Autos gesperrt.") > 0.7);
    assert!(confidence(&GERMAN.repeat(5)) > 0.9);
    assert_eq!(detect("12:45 🎉 – 3,5 %"), None);
}
