//! Tokenizers against the ids of the tokenizers that the fixtures were made from.

use std::path::{Path, PathBuf};

use diglot::ErrorKind;
use diglot::gguf::Gguf;
use diglot::tokenize::Tokenizer;

const NAMES: [&str; 8] = [
    "qwen2",
    "llama",
    "gemma3",
    "qwen3",
    "hunyuan-dense",
    "vocab-smollm",
    "vocab-gpt-2",
    "vocab-sentencepiece",
];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models").join(name)
}

fn json<T: serde::de::DeserializeOwned>(name: &str) -> T {
    serde_json::from_str(&std::fs::read_to_string(fixture(name)).unwrap()).unwrap()
}

fn tokenizer(name: &str) -> Tokenizer {
    Tokenizer::from_gguf(&Gguf::open(&fixture(&format!("{name}.gguf"))).unwrap()).unwrap()
}

#[test]
fn ids_equal_those_of_the_reference() {
    let lines: Vec<String> = json("lines.json");
    for name in NAMES {
        let tokenizer = tokenizer(name);
        let expected: Vec<Vec<u32>> = json(&format!("{name}.ids.json"));
        assert_eq!(expected.len(), lines.len());
        for (line, expected) in lines.iter().zip(expected) {
            assert_eq!(tokenizer.encode(line).unwrap(), expected, "{name}: {line:?}");
        }
    }
}

#[test]
fn decoding_gives_the_text_back() {
    let lines: Vec<String> = json("lines.json");
    for name in NAMES {
        let tokenizer = tokenizer(name);
        for line in &lines {
            let ids = tokenizer.encode(line).unwrap();
            let text = tokenizer.decode(&ids).unwrap();
            match name {
                // Qwen composes characters first.
                "qwen2" | "qwen3" => assert_eq!(tokenizer.encode(&text).unwrap(), ids, "{name}"),
                // U+2581 is SentencePiece's own space.
                "gemma3" | "vocab-sentencepiece" => assert_eq!(text, line.replace('\u{2581}', " "), "{name}"),
                _ => assert_eq!(text, *line, "{name}"),
            }
        }
    }
}

#[test]
fn special_tokens_in_text_are_text() {
    let texts =
        ["<|im_end|>", "<|endoftext|>", "<end_of_turn>", "</s>", "<eos>", "<|eot_id|>", "<|eos|>", "<pad>"];
    for name in NAMES {
        let tokenizer = tokenizer(name);
        for special in texts {
            let text = format!("before {special} after{special}");
            let ids = tokenizer.encode(&text).unwrap();
            assert!(ids.iter().all(|&id| !tokenizer.bytes(id).unwrap().is_empty()), "{name}: {special}");
            if let Some(id) = tokenizer.special(special) {
                assert!(!ids.contains(&id), "{name}: {special}");
            }
            assert_eq!(tokenizer.decode(&ids).unwrap(), text, "{name}");
        }
    }
}

#[test]
fn special_tokens_are_found_by_name_and_leave_no_text() {
    for (name, special) in [
        ("qwen2", "<|im_end|>"),
        ("llama", "<|eot_id|>"),
        ("gemma3", "<end_of_turn>"),
        ("qwen3", "<|endoftext|>"),
        ("hunyuan-dense", "<|eos|>"),
        ("vocab-sentencepiece", "</s>"),
    ] {
        let tokenizer = tokenizer(name);
        let id = tokenizer.special(special).unwrap();
        assert_eq!(tokenizer.bytes(id).unwrap(), b"");
        assert_eq!(tokenizer.special("the"), None);
    }
    let tokenizer = tokenizer("qwen2");
    let mut ids = tokenizer.encode("one").unwrap();
    ids.push(tokenizer.special("<|im_end|>").unwrap());
    assert_eq!(tokenizer.decode(&ids).unwrap(), "one");
    let beyond = tokenizer.vocab_size() as u32;
    assert!(tokenizer.bytes(beyond).is_err());
    assert!(tokenizer.decode(&[u32::MAX]).is_err());
}

#[test]
fn the_bytes_of_ids_are_those_of_their_text() {
    let text = "Käse 🧀 中文";
    for name in NAMES {
        let tokenizer = tokenizer(name);
        let ids = tokenizer.encode(text).unwrap();
        let bytes: Vec<u8> = ids.iter().flat_map(|&id| tokenizer.bytes(id).unwrap().to_vec()).collect();
        let expected = if name == "vocab-sentencepiece" { format!(" {text}") } else { text.to_owned() };
        assert_eq!(bytes, expected.as_bytes(), "{name}");
        // Cut within a character, the rest is marked and nothing before it is lost.
        let cheese = tokenizer.encode("ab🧀").unwrap();
        let cut = tokenizer.decode(&cheese[..cheese.len() - 1]).unwrap();
        assert!(cut.starts_with("ab") && cut.ends_with('\u{fffd}'), "{name}: {cut:?}");
    }
}

#[test]
fn a_line_of_a_million_characters_is_tokenized() {
    for name in ["qwen2", "gemma3", "vocab-smollm"] {
        let tokenizer = tokenizer(name);
        for unit in ["a", "^", " ", "\n", "ab ", "中", "\u{301}"] {
            let text = unit.repeat(1_000_000 / unit.chars().count());
            let ids = tokenizer.encode(&text).unwrap();
            assert!(ids.len() <= text.len() + 1, "{name}");
            assert_eq!(tokenizer.decode(&ids).unwrap().len(), text.len(), "{name}: {unit:?}");
        }
    }
}

#[test]
fn long_text_is_parted_where_no_token_reaches_across() {
    let lines: Vec<String> = json("lines.json");
    let short = lines[..50].join(" word\nword");
    let long = vec![short.as_str(); 40].join(" and ");
    for name in ["qwen2", "gemma3"] {
        let tokenizer = tokenizer(name);
        let (first, joined) = (tokenizer.encode(&short).unwrap(), tokenizer.encode(" and ").unwrap());
        assert!(long.len() > 100_000);
        // Read in one go or in parts, the ids are the same up to where the second copy begins.
        let ids = tokenizer.encode(&long).unwrap();
        assert_eq!(ids[..first.len() - 1], first[..first.len() - 1], "{name}");
        assert_eq!(tokenizer.decode(&ids).unwrap(), long, "{name}");
        assert!(ids.len() <= 40 * (first.len() + joined.len()), "{name}");
    }
}

#[test]
fn a_file_without_a_known_tokenizer_is_refused() {
    let source = std::fs::read(fixture("vocab-gpt-2.gguf")).unwrap();
    for (from, to) in
        [("gpt-2", "gpt-9"), ("gpt2", "bert"), ("tokenizer.ggml.merges", "tokenizer.ggml.merged")]
    {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.gguf");
        std::fs::write(&path, replace(&source, from.as_bytes(), to.as_bytes())).unwrap();
        let Err(error) = Tokenizer::from_gguf(&Gguf::open(&path).unwrap()) else {
            panic!("{to} was accepted")
        };
        assert_eq!(error.kind(), ErrorKind::Model);
        assert!(error.to_string().contains("other.gguf"), "{error}");
        assert!(error.next_step().is_some());
    }
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at = bytes.windows(from.len()).rposition(|window| window == from).unwrap();
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}
