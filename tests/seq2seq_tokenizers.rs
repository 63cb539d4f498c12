//! Tokenizers of encoder-decoder models against the ids that transformers' own classes give, and against damaged,
//! hostile and ill-matched files.

use std::fs;
use std::path::{Path, PathBuf};

use diglot::gguf::Gguf;
use diglot::tokenize::Seq2SeqTokenizer;
use diglot::{Error, ErrorKind, Lang};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Expected {
    models: std::collections::HashMap<String, String>,
    source: String,
    target: String,
    start: u32,
    forced: Option<u32>,
    /// Text, its ids as a source, its ids as a target, the text that those are decoded to.
    rows: Vec<(String, Vec<u32>, Vec<u32>, String)>,
}

const FAMILIES: [&str; 13] = [
    "marian",
    "marian-multi",
    "m2m100",
    "nllb",
    "nllb-legacy",
    "mbart50",
    "mbart",
    "t5",
    "madlad",
    "pegasus",
    "bart",
    "t5-json",
    "bart-json",
];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tokenizers")
}

fn lang(tag: &str) -> Lang {
    Lang::parse(tag).unwrap()
}

/// A model folder as the hub lays it out.
struct Folder {
    folder: tempfile::TempDir,
    expected: Expected,
}

impl Folder {
    fn of(family: &str) -> Self {
        Self::kept_in(&fixtures().join("families"), family)
    }

    /// The family as a folder of families holds it.
    fn kept_in(families: &Path, family: &str) -> Self {
        let kept = families.join(family);
        let expected = fs::read_to_string(kept.join("expected.json")).unwrap();
        let expected: Expected = serde_json::from_str(&expected).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(&kept).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
        for (name, model) in &expected.models {
            let model = fixtures().join("spm").join(format!("{model}.model"));
            fs::copy(model, folder.path().join(name)).unwrap();
        }
        Self { folder, expected }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn open(&self) -> Result<Seq2SeqTokenizer, Error> {
        Seq2SeqTokenizer::open(self.folder.path())
    }

    fn pair(&self) -> (Lang, Lang) {
        (lang(&self.expected.source), lang(&self.expected.target))
    }

    /// Changes a JSON file.
    fn edit(&self, name: &str, edit: impl FnOnce(&mut Value)) {
        let mut value = match fs::read(self.path(name)) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap(),
            Err(_) => json!({}),
        };
        edit(&mut value);
        fs::write(self.path(name), value.to_string()).unwrap();
    }

    /// The error of opening the folder, which says what to do next.
    fn refusal(&self) -> String {
        let error = self.open().expect_err("the folder was accepted");
        assert_eq!(error.kind(), ErrorKind::Model, "{error}");
        assert!(error.next_step().is_some(), "{error}");
        error.to_string()
    }
}

fn usage(error: Error) -> String {
    assert_eq!(error.kind(), ErrorKind::Usage);
    format!("{error}; {}", error.next_step().unwrap())
}

/// Holds a family's ids and texts against those of transformers; says how many lines there were.
fn assert_equal_to_transformers(folder: &Folder, family: &str) -> usize {
    let tokenizer = folder.open().unwrap();
    let (from, to) = folder.pair();
    for (text, ids, target, written) in &folder.expected.rows {
        assert_eq!(tokenizer.encode_source(text, &from, &to).unwrap(), *ids, "{family}: {text:?}");
        assert_eq!(tokenizer.decode(target), *written, "{family}: {target:?}");
    }
    let start = (folder.expected.start, folder.expected.forced);
    assert_eq!(tokenizer.decoder_start(&to).unwrap(), start, "{family}");
    folder.expected.rows.len()
}

#[test]
fn ids_equal_those_of_transformers() {
    for family in FAMILIES {
        assert!(assert_equal_to_transformers(&Folder::of(family), family) >= 14);
    }
}

#[test]
#[ignore = "needs the folder that `generate_tokenizers.py --framed` makes, in DIGLOT_FRAMED_LINES"]
fn ten_thousand_framed_lines_equal_those_of_transformers() {
    let folder = std::env::var_os("DIGLOT_FRAMED_LINES").unwrap();
    for family in FAMILIES {
        let lines = assert_equal_to_transformers(&Folder::kept_in(Path::new(&folder), family), family);
        println!("{family}: {lines} lines");
        assert!(lines >= if family.ends_with("-json") { 2_000 } else { 10_000 });
    }
}

#[test]
fn gguf_files_give_the_same_ids() {
    let open = |name: &str| {
        let gguf = Gguf::open(&fixtures().join("gguf").join(name)).unwrap();
        Seq2SeqTokenizer::from_gguf(&gguf).unwrap()
    };
    let (t5, madlad) = (open("t5.gguf"), open("madlad.gguf"));
    for (text, ids, target, written) in &Folder::of("t5").expected.rows {
        let prefix = "translate German to English: ";
        assert_eq!(t5.encode_text(prefix, text, &Lang::DE).unwrap(), *ids, "{text:?}");
        assert_eq!(t5.decode(target), *written);
    }
    for (text, ids, target, written) in &Folder::of("madlad").expected.rows {
        assert_eq!(madlad.encode_source(text, &Lang::EN, &Lang::DE).unwrap(), *ids, "{text:?}");
        assert_eq!(madlad.decode(target), *written);
    }
    assert_eq!(madlad.decoder_start(&Lang::DE).unwrap(), (0, None));
    assert_eq!(madlad.language_code(&lang("zh-TW")), Some("zh_Hant"));
    let other = Gguf::open(&fixtures().join("../models/vocab-smollm.gguf")).unwrap();
    let error = Seq2SeqTokenizer::from_gguf(&other).unwrap_err();
    assert!(error.to_string().contains("a tokenizer `gpt2`, not `t5`"), "{error}");
}

#[test]
fn special_tokens_never_come_from_text() {
    let text = "</s> <s> <pad> <unk> <mask> __de__ deu_Latn eng_Latn de_DE uk_UA >>deu<< >>fra<< <2de> <2en> <2zh_Hant> \
                <2de><2zh> <extra_id_0> <unk_2> <mask_1>";
    for family in FAMILIES {
        let folder = Folder::of(family);
        let tokenizer = folder.open().unwrap();
        let (from, to) = folder.pair();
        let mut specials = vec![tokenizer.eos()];
        specials.extend(tokenizer.pad());
        for tag in ["de", "en", "fr", "zh", "zh-Hant", "uk"] {
            let lang = lang(tag);
            let start = tokenizer.decoder_start(&lang).into_iter();
            specials.extend(start.flat_map(|(start, forced)| [Some(start), forced]).flatten());
            let framed =
                tokenizer.encode_source("", &from, &lang).or(tokenizer.encode_source("", &lang, &to));
            // In T5 words stand before a text, in MADLAD-400 a space before the tag.
            if !family.starts_with("t5") {
                specials.extend(framed.unwrap_or_default().into_iter().skip(usize::from(family == "madlad")));
            }
        }
        let count = |ids: &[u32]| ids.iter().filter(|id| specials.contains(id)).count();
        assert_eq!(count(&tokenizer.encode_target(text).unwrap()), 0, "{family}");
        let [own, usual] = [text, "a"].map(|text| tokenizer.encode_source(text, &from, &to).unwrap());
        assert_eq!(count(&own), count(&usual), "{family}: the frame and nothing else");
        assert!(count(&usual) > 0);
    }
}

#[test]
fn literal_tags_of_languages_are_spelled_in_letters() {
    let madlad = Folder::of("madlad").open().unwrap();
    let text = "Das Zeichen <2de> und <2zh_Hant>";
    let ids = madlad.encode_target(text).unwrap();
    assert_eq!(madlad.decode(&ids), text);
    let frame = madlad.encode_source("", &Lang::EN, &Lang::DE).unwrap();
    let source = madlad.encode_source(text, &Lang::EN, &Lang::DE).unwrap();
    assert_eq!(source, [&frame[..2], &ids, &frame[2..]].concat());
}

#[test]
fn a_long_text_takes_linear_time() {
    for family in ["marian", "nllb", "madlad", "bart"] {
        let folder = Folder::of(family);
        let tokenizer = folder.open().unwrap();
        let (from, to) = folder.pair();
        for piece in ["a", "ab", " ", "中", "\u{301}", "Brücke", "^"] {
            let text = piece.repeat(200_000);
            let ids = tokenizer.encode_source(&text, &from, &to).unwrap();
            assert!(ids.len() <= 3 * text.len() + 4, "{family}");
        }
    }
}

#[test]
fn pairs_that_are_not_supported_say_what_is() {
    let de_en = Folder::of("marian").open().unwrap();
    assert!(de_en.check_pair(&lang("de-AT"), &lang("en-GB")).is_ok());
    let message = usage(de_en.encode_source("Salut.", &lang("fr"), &lang("en")).unwrap_err());
    assert!(message.contains("from French to English") && message.contains("de to en"), "{message}");

    let multi = Folder::of("marian-multi").open().unwrap();
    let message = usage(multi.check_pair(&lang("en"), &lang("pl")).unwrap_err());
    assert!(message.contains("to de, fr, zh-Hans"), "{message}");
    assert!(multi.check_pair(&lang("en"), &lang("zh")).is_ok());

    let m2m = Folder::of("m2m100").open().unwrap();
    let message = usage(m2m.check_pair(&lang("de"), &lang("zh-Hant")).unwrap_err());
    assert!(message.contains("between af, am, ar, ast"), "{message}");
    assert_eq!(m2m.language_code(&lang("nb")), Some("no"));

    let nllb = Folder::of("nllb").open().unwrap();
    assert_eq!(nllb.language_code(&lang("zh-TW")), Some("zho_Hant"));
    let message = usage(nllb.decoder_start(&lang("la")).unwrap_err());
    assert!(message.contains("Latin (la)"), "{message}");

    let t5 = Folder::of("t5").open().unwrap();
    let message = usage(t5.check_pair(&lang("en"), &lang("de")).unwrap_err());
    assert!(message.contains("de to en"), "{message}");
}

#[test]
fn texts_to_summarise_stand_after_their_prefix() {
    let t5 = Folder::of("t5").open().unwrap();
    let prefixed = t5.encode_text("summarize: ", "Der Rat tagt.", &Lang::DE).unwrap();
    assert_eq!(prefixed, t5.encode_text("", "summarize: Der Rat tagt.", &Lang::DE).unwrap());
    let mbart = Folder::of("mbart50").open().unwrap();
    let ids = mbart.encode_text("", "Der Rat tagt.", &Lang::DE).unwrap();
    assert_eq!(ids, mbart.encode_source("Der Rat tagt.", &Lang::DE, &lang("uk")).unwrap());
}

#[test]
fn missing_files_are_named() {
    for (family, file) in [
        ("marian", "config.json"),
        ("marian", "source.spm"),
        ("marian", "target.spm"),
        ("marian", "vocab.json"),
        ("m2m100", "sentencepiece.bpe.model"),
        ("nllb", "sentencepiece.bpe.model"),
        ("t5", "spiece.model"),
        ("pegasus", "spiece.model"),
        ("bart", "merges.txt"),
    ] {
        let folder = Folder::of(family);
        fs::remove_file(folder.path(file)).unwrap();
        let error = folder.open().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Model, "{error}");
        assert!(error.to_string().contains(file), "{error}");
    }
}

#[test]
fn vocabularies_of_another_size_are_refused() {
    for (family, rows) in
        [("marian", 100), ("marian", 58_101), ("nllb", 300), ("t5", 32_128), ("bart", 50_265)]
    {
        let folder = Folder::of(family);
        folder.edit("config.json", |config| config["vocab_size"] = json!(rows));
        let message = folder.refusal();
        assert!(message.contains(&rows.to_string()) && message.contains("config.json"), "{message}");
    }
    // Rows that fill up a block are no fault.
    let folder = Folder::of("marian");
    folder.edit("config.json", |config| config["vocab_size"] = json!(1024));
    folder.open().unwrap();
}

#[test]
fn hostile_vocabularies_are_refused() {
    let refuse = |text: &str, words: &str| {
        let folder = Folder::of("marian");
        fs::write(folder.path("vocab.json"), text).unwrap();
        let message = folder.refusal();
        assert!(message.contains("vocab.json") && message.contains(words), "{message:?} lacks {words:?}");
    };
    refuse(r#"{"</s>": 0, "<unk>": 4294967295}"#, "numbers up to");
    refuse(r#"{"</s>": 0, "<unk>": 4294967296}"#, "line 1");
    refuse(r#"{"</s>": 0, "<unk>": -1}"#, "line 1");
    refuse(r#"{"</s>": 0, "<unk>": 0}"#, "twice");
    refuse(r#"{"</s>": 0, "<unk>": "one"}"#, "line 1");
    refuse("{}", "numbers up to 0");
    refuse(&"[".repeat(1_000_000), "line 1");
    refuse(&format!("{{\"</s>\": {}", "{\"a\":".repeat(1_000_000)), "line 1");
    refuse("version https://git-lfs.github.com/spec/v1\n", "line 1");
}

#[test]
fn hostile_settings_are_refused() {
    let deep = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    for (name, text) in [
        ("config.json", "[]".to_owned()),
        ("config.json", deep.clone()),
        ("tokenizer_config.json", deep),
        ("config.json", r#"{"model_type": "marian", "vocab_size": 1e300}"#.into()),
        ("config.json", r#"{"model_type": "marian", "decoder_start_token_id": 4294967295}"#.into()),
        ("config.json", r#"{"model_type": "marian", "decoder_start_token_id": -1}"#.into()),
    ] {
        let folder = Folder::of("marian");
        fs::write(folder.path(name), text).unwrap();
        assert!(folder.refusal().contains(name));
    }
    for kind in ["fsmt", "llama", "", "marian\u{1b}[31m"] {
        let folder = Folder::of("marian");
        folder.edit("config.json", |config| config["model_type"] = json!(kind));
        assert!(!folder.refusal().contains('\u{1b}'));
    }
}

#[test]
fn hostile_tokenizer_files_are_refused() {
    let refuse = |family: &str, edit: &dyn Fn(&mut Value), words: &str| {
        let folder = Folder::of(family);
        folder.edit("tokenizer.json", edit);
        let message = folder.refusal();
        assert!(message.contains("tokenizer.json") && message.contains(words), "{message:?} lacks {words:?}");
    };
    let add = |id: u64| move |json: &mut Value| json["added_tokens"][99]["id"] = json!(id);
    refuse("t5-json", &add(u64::from(u32::MAX)), "number 4294967295");
    refuse("t5-json", &add(1 << 32), "no tokenizer");
    refuse("t5-json", &add(0), "taken");
    refuse("t5-json", &|json| json["model"]["unk_id"] = json!(u32::MAX), "outside its vocabulary");
    refuse("t5-json", &|json| json["model"]["vocab"][9][0] = json!(""), "without text");
    refuse("t5-json", &|json| json["model"]["vocab"][9][1] = json!(1e300), "without text or score");
    refuse("t5-json", &|json| json["model"]["vocab"][9][0] = json!("▁"), "twice");
    refuse("t5-json", &|json| json["model"]["vocab"] = json!([]), "taken or too large");
    refuse("t5-json", &|json| json["model"]["type"] = json!("WordPiece"), "type `WordPiece`");
    refuse("t5-json", &|json| json["model"] = json!({}), "no tokenizer");
    let split =
        json!({"type": "Split", "pattern": {"Regex": "(a+)+$"}, "behavior": "Isolated", "invert": false});
    refuse("t5-json", &|json| json["pre_tokenizer"] = split.clone(), "a step `Split`");
    refuse("bart-json", &|json| json["pre_tokenizer"] = split.clone(), "a step `Split`");
    refuse("bart-json", &|json| json["pre_tokenizer"] = Value::Null, "into bytes");
    refuse("bart-json", &|json| json["model"]["merges"][0] = json!("ab"), "not two tokens");
    refuse("bart-json", &|json| json["model"]["merges"][0] = json!("nope nothing"), "fit no tokens");
    refuse("bart-json", &|json| json["model"]["vocab"]["a"] = json!(u32::MAX), "numbers up to");
    refuse("bart-json", &|json| json["model"]["vocab"]["a"] = json!(0), "twice");
    let replace = json!({"type": "Replace", "pattern": {"Regex": "(x+x+)+y"}, "content": ""});
    refuse("t5-json", &|json| json["normalizer"] = replace.clone(), "a step `Replace`");
    let charsmap = json!({"type": "Precompiled", "precompiled_charsmap": "AAQAAA!="});
    refuse("t5-json", &|json| json["normalizer"] = charsmap.clone(), "normaliser");
    let many = vec![json!({"type": "Strip"}); 1000];
    refuse(
        "t5-json",
        &|json| json["normalizer"] = json!({"type": "Sequence", "normalizers": many}),
        "more than 16",
    );
    for text in ["", "{}", "[1]", "\u{feff}{", "version https://git-lfs.github.com/spec/v1\n"] {
        let folder = Folder::of("t5-json");
        fs::write(folder.path("tokenizer.json"), text).unwrap();
        assert!(folder.refusal().contains("tokenizer.json"));
    }
    let folder = Folder::of("t5-json");
    let deep = r#"{"model":{"type":"Unigram"},"normalizer":"#.to_owned()
        + &r#"{"type":"Sequence","normalizers":["#.repeat(1 << 16);
    fs::write(folder.path("tokenizer.json"), deep).unwrap();
    assert!(folder.refusal().contains("tokenizer.json"));
}

#[test]
fn damaged_sentencepiece_models_are_refused() {
    let folder = Folder::of("marian");
    let good = fs::read(folder.path("target.spm")).unwrap();
    let refuse = |bytes: &[u8], words: &str| {
        fs::write(folder.path("target.spm"), bytes).unwrap();
        let message = folder.refusal();
        assert!(message.contains("target.spm") && message.contains(words), "{message:?} lacks {words:?}");
    };
    refuse(b"", "is empty");
    refuse(b"<!doctype html><html>", "web page");
    refuse(b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer");
    refuse(&[0x1f, 0x8b, 8, 0, 0], "gzip");
    refuse(b"PK\x03\x04....", "zip");
    refuse(&good[..good.len() / 2], "");
    refuse(&[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], "cut short");
    refuse(&[0x0a, 3, 0x0a, 1, 0xff], "not UTF-8");
    refuse(&[0x0a, 0], "piece without text");
    // Cut anywhere, or with any byte changed: an error or a working tokenizer, never a panic.
    for at in (0..good.len()).step_by(7) {
        fs::write(folder.path("target.spm"), &good[..at]).unwrap();
        _ = folder.open();
        let mut bytes = good.clone();
        bytes[at] ^= 0xa5;
        fs::write(folder.path("target.spm"), &bytes).unwrap();
        if let Ok(tokenizer) = folder.open() {
            tokenizer.decode(&[5, 6, 7, 100, 300, u32::MAX]);
        }
    }
}

#[test]
fn a_damaged_normaliser_never_panics() {
    let folder = Folder::of("marian");
    let good = fs::read(folder.path("source.spm")).unwrap();
    let (from, to) = folder.pair();
    let text: String = folder.expected.rows.iter().map(|(text, ..)| text.as_str()).collect();
    let mut state = 1u64;
    for _ in 0..60 {
        let mut bytes = good.clone();
        for _ in 0..200 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // The compiled replacements take up the second half of the file and more.
            let at = bytes.len() / 4 + (state >> 33) as usize % (bytes.len() / 2);
            bytes[at] = (state >> 20) as u8;
        }
        fs::write(folder.path("source.spm"), &bytes).unwrap();
        if let Ok(tokenizer) = folder.open() {
            _ = tokenizer.encode_source(&text, &from, &to);
        }
    }
}
