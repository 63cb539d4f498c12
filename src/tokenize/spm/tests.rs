//! Against the ids and texts of Google's own library, as `tests/fixtures/generate_tokenizers.py` wrote them.

use std::path::{Path, PathBuf};

use super::{SpmModel, Token};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tokenizers/spm")
}

/// A text, its ids, and the text that they are decoded to.
type Line = (String, Vec<u32>, String);

/// Every model of a folder with its lines.
fn references(folder: &Path) -> Vec<(String, SpmModel, Vec<Line>)> {
    let mut references = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "model") {
            let lines = std::fs::read_to_string(path.with_extension("ids.json")).unwrap();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            references.push((name, SpmModel::open(&path).unwrap(), serde_json::from_str(&lines).unwrap()));
        }
    }
    references
}

fn ids(model: &SpmModel, text: &str) -> Vec<u32> {
    let id = |token| match token {
        Token::Known(id) => id,
        Token::Unknown(_) => model.unknown(),
    };
    model.encode(text).into_iter().map(id).collect()
}

fn assert_equal(folder: &Path) -> usize {
    let mut lines = 0;
    let mut wrong = Vec::new();
    for (name, model, reference) in references(folder) {
        for (text, expected, written) in &reference {
            let found = ids(&model, text);
            if found != *expected {
                wrong.push(format!("{name}: {text:?}\n  gives {found:?}\n  not   {expected:?}"));
            }
            let pieces = expected.iter().map(|&id| model.piece(id).unwrap());
            let decoded = model.decode(pieces);
            if decoded != *written {
                wrong.push(format!("{name}: {expected:?}\n  reads {decoded:?}\n  not   {written:?}"));
            }
        }
        lines += reference.len();
    }
    assert!(
        wrong.is_empty(),
        "{} of {lines} differ:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(20)].join("\n")
    );
    lines
}

#[test]
fn ids_and_texts_equal_those_of_the_library() {
    assert!(assert_equal(&fixtures()) >= 800);
}

#[test]
fn pieces_that_are_withheld_come_from_no_text() {
    const SPECIAL: [&str; 4] = ["<2de>", "<2en>", "Brücke", "ab"];
    for name in ["unigram-symbols", "bpe-symbols"] {
        let (_, mut model, lines) =
            references(&fixtures()).into_iter().find(|(found, ..)| found == name).unwrap();
        let special = SPECIAL.map(|piece| model.id(piece).unwrap());
        model.withhold(|piece| SPECIAL.contains(&piece));
        let mut differing = 0;
        for (text, expected, written) in &lines {
            let found = ids(&model, text);
            assert!(found.iter().all(|id| !special.contains(id)), "{name}: {text:?}");
            match expected.iter().any(|id| special.contains(id)) {
                true => differing += 1,
                false => assert_eq!(found, *expected, "{name}: {text:?}"),
            }
            if !found.contains(&model.unknown()) {
                let decoded = model.decode(found.iter().map(|&id| model.piece(id).unwrap()));
                assert_eq!(decoded, *written, "{name}: {text:?}");
            }
        }
        assert!(differing >= 5, "{name}: {differing}");
    }
}

#[test]
#[ignore = "needs the folder that `generate_tokenizers.py --many` makes, in DIGLOT_TOKENIZER_LINES"]
fn ten_thousand_lines_equal_those_of_the_library() {
    let folder = std::env::var_os("DIGLOT_TOKENIZER_LINES").unwrap();
    assert!(assert_equal(Path::new(&folder)) >= 100_000);
}
