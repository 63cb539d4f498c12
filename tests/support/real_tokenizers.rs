//! Tokenizers of real weights against the ids in `tests/fixtures/real`, for the harness that has the files.

use std::path::Path;

use diglot::gguf::{Gguf, ModelConfig};
use diglot::tokenize::Tokenizer;

/// The reference numbers of one file.
#[allow(dead_code)] // each test that includes this file uses a part of it
#[derive(serde::Deserialize)]
pub struct Reference {
    /// The file's hash.
    pub sha256: String,
    /// A text with special tokens written out, its ids, and the likeliest next token after each.
    pub text: String,
    pub tokens: Vec<u32>,
    pub top_1: Vec<u32>,
    /// The ids of each text of `tests/fixtures/models/lines.json`.
    pub lines: Vec<Vec<u32>>,
}

/// The numbers of `smollm2`, `gemma` or `q05`.
pub fn reference(name: &str) -> Reference {
    read(&format!("real/{name}.json"))
}

/// Compares the ids of the lines, and of the reference text, with the model file at `path`.
///
/// # Panics
/// When they differ.
pub fn check_ids(name: &str, path: &Path) {
    let reference = reference(name);
    let gguf = Gguf::open(path).unwrap();
    let tokenizer = Tokenizer::from_gguf(&gguf).unwrap();
    assert_eq!(tokenizer.vocab_size(), ModelConfig::read(&gguf).unwrap().vocab);
    let lines: Vec<String> = read("models/lines.json");
    assert_eq!(lines.len(), reference.lines.len());
    for (line, expected) in lines.iter().zip(&reference.lines) {
        let ids = tokenizer.encode(line).unwrap();
        assert_eq!(ids, *expected, "{name}: {line:?}");
        assert!(ids.iter().all(|&id| !tokenizer.bytes(id).unwrap().is_empty()), "{name}: {line:?}");
    }
    let text = tokenizer.decode(&reference.tokens).unwrap();
    let without_specials = reference.text.replace("<|im_start|>", "").replace("<|im_end|>", "");
    assert!(without_specials.starts_with(text.trim_end_matches('\u{fffd}')), "{name}: {text:?}");
}

fn read<T: serde::de::DeserializeOwned>(name: &str) -> T {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}
