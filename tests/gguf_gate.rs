//! Damaged, hostile and mistaken model files: each gets one clear error, and none a panic or the machine's memory.

#[path = "support/gguf_file.rs"]
#[allow(dead_code)]
mod gguf_file;

use std::path::{Path, PathBuf};

use diglot::gguf::{Architecture, Gguf, MAX_CONTEXT, ModelConfig};
use diglot::tokenize::Tokenizer;
use diglot::{Error, ErrorKind};
use gguf_file::{GgufFile, Raw};
use proptest::prelude::*;

/// A file in a folder of its own.
struct Scratch {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Scratch {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.gguf");
        Self { _folder: folder, path }
    }

    fn open(&self, bytes: &[u8]) -> Result<Gguf, Error> {
        std::fs::write(&self.path, bytes).unwrap();
        Gguf::open(&self.path)
    }
}

/// The error of opening `bytes`, which says which file, what is wrong and what to do.
fn refusal(bytes: &[u8]) -> String {
    let scratch = Scratch::new();
    match scratch.open(bytes) {
        Ok(_) => panic!("the file was accepted"),
        Err(error) => message(&error),
    }
}

fn message(error: &Error) -> String {
    assert_eq!(error.kind(), ErrorKind::Model);
    assert_eq!(error.exit_code(), 4);
    assert!(error.to_string().contains("model.gguf"), "{error}");
    assert!(error.next_step().is_some(), "{error}");
    error.to_string()
}

fn assert_refused(file: &GgufFile, words: &str) {
    let message = refusal(&file.bytes());
    assert!(message.contains(words), "{message:?} lacks {words:?}");
}

/// The hyper-parameters of a file that opens.
fn config(file: &GgufFile) -> Result<ModelConfig, Error> {
    ModelConfig::read(&Scratch::new().open(&file.bytes()).unwrap())
}

fn assert_no_config(file: &GgufFile, words: &str) {
    let message = message(&config(file).expect_err(words));
    assert!(message.contains(words), "{message:?} lacks {words:?}");
}

fn edited(edit: impl FnOnce(&mut GgufFile)) -> GgufFile {
    let mut file = GgufFile::tiny();
    edit(&mut file);
    file
}

#[test]
fn the_tiny_file_is_valid() {
    let gguf = Scratch::new().open(&GgufFile::tiny().bytes()).unwrap();
    let config = ModelConfig::read(&gguf).unwrap();
    assert_eq!(config.architecture, Architecture::Qwen2);
    assert_eq!(
        (config.layers, config.hidden, config.heads, config.kv_heads, config.head_dim),
        (1, 32, 2, 1, 16)
    );
    assert_eq!((config.vocab, config.context, config.tied), (5, 128, true));
    assert_eq!(gguf.tensor("blk.0.attn_k.weight").unwrap().shape, [16, 32]);
    assert_eq!(Tokenizer::from_gguf(&gguf).unwrap().encode("ab").unwrap(), [2]);
    assert!(Scratch::new().open(&edited(|file| file.version = 2).bytes()).is_ok());
}

#[test]
fn a_file_cut_short_is_refused_wherever_it_is_cut() {
    let file = GgufFile::tiny();
    let (bytes, header) = (file.bytes(), file.header().len());
    let cuts = (0..header).chain((0..200).map(|i| header + (bytes.len() - header) * i / 200));
    let scratch = Scratch::new();
    for cut in cuts {
        let error = scratch.open(&bytes[..cut]).err().unwrap_or_else(|| panic!("cut at {cut} was accepted"));
        message(&error);
    }
}

#[test]
fn impossible_counts_and_lengths_are_refused() {
    for count in [65_537, 1 << 60, u64::MAX] {
        assert_refused(&edited(|file| file.tensor_count = Some(count)), "tensors");
        assert_refused(&edited(|file| file.entry_count = Some(count)), "metadata entries");
    }
    // More than there are: the reader meets the end.
    assert_refused(&edited(|file| file.entry_count = Some(65_536)), "has");
    for len in [1u64 << 63, u64::MAX, 1 << 40] {
        let value = Raw { kind: 8, bytes: len.to_le_bytes().into() };
        assert!(!refusal(&edited(|file| file.set("general.name", value)).bytes()).is_empty());
        let bytes =
            [&b"GGUF"[..], &3u32.to_le_bytes(), &[0; 8], &1u64.to_le_bytes(), &len.to_le_bytes()].concat();
        assert!(refusal(&bytes).contains("metadata key"));
        let bytes =
            [&b"GGUF"[..], &3u32.to_le_bytes(), &1u64.to_le_bytes(), &[0; 8], &len.to_le_bytes()].concat();
        assert!(refusal(&bytes).contains("tensor name"));
    }
    for len in [1 << 40, (4 << 20) + 1, u64::MAX] {
        assert_refused(&edited(|file| file.set("x", gguf_file::raw_array(4, len, &[]))), "elements");
    }
}

#[test]
fn nested_arrays_are_refused_at_any_depth() {
    for depth in [2, 65, 100_000] {
        let mut payload = Vec::new();
        for _ in 1..depth {
            payload.extend(9u32.to_le_bytes());
            payload.extend(1u64.to_le_bytes());
        }
        assert_refused(
            &edited(|file| file.set("x", Raw { kind: 9, bytes: payload })),
            "arrays within an array",
        );
    }
}

#[test]
fn impossible_shapes_are_refused() {
    let shaped = |dims: &[u64]| edited(|file| file.tensor("token_embd.weight").dims = dims.into());
    assert_refused(&shaped(&[]), "0 dimensions");
    assert_refused(&shaped(&[1; 5]), "5 dimensions");
    assert_refused(&shaped(&[0, 5]), "a dimension of 0");
    assert_refused(&shaped(&[(1 << 31) + 1]), "a dimension of");
    // 2^64, that is 0; 2^64 - 1; and 1, were it not for the limit of a single dimension.
    assert_refused(&shaped(&[1 << 31, 1 << 31, 4, 1]), "impossible shape");
    assert_refused(&shaped(&[641, 6_700_417, 65_535, 65_537]), "impossible shape");
    assert_refused(&shaped(&[3, 0xAAAA_AAAA_AAAA_AAAB]), "a dimension of");
    // Rows of 16 are no whole Q4_K blocks.
    assert_refused(&edited(|file| file.tensor("blk.0.attn_v.bias").dtype = 12), "impossible shape");

    let mut bytes = edited(|file| file.tensors.truncate(1)).bytes();
    let rank = bytes.windows(17).position(|window| window == b"token_embd.weight").unwrap() + 17;
    bytes[rank..rank + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(refusal(&bytes).contains("4294967295 dimensions"));
}

#[test]
fn impossible_alignments_are_refused() {
    let u32 = gguf_file::u32;
    for value in
        [u32(0), u32(1), u32(13), u32(1 << 31), u32(8192), gguf_file::u64(32), gguf_file::string("32")]
    {
        assert_refused(&edited(|file| file.set("general.alignment", value)), "general.alignment");
    }
    assert!(Scratch::new().open(&edited(|file| file.unset("general.alignment")).bytes()).is_ok());
}

#[test]
fn misplaced_tensors_are_refused() {
    let placed = |offset: u64| edited(|file| file.tensor("blk.0.ffn_up.weight").offset = offset);
    let end = GgufFile::tiny().data.len() as u64;
    assert_refused(&placed(end.next_multiple_of(32)), "cut short");
    assert_refused(&placed(u64::MAX), "misaligned");
    assert_refused(&placed(u64::MAX - 31), "cut short");
    assert_refused(&placed(1), "misaligned");
    assert_refused(&placed(0), "overlaps");
    let neighbour = GgufFile::tiny().tensor("blk.0.ffn_gate.weight").offset;
    assert_refused(&placed(neighbour + 32), "overlaps");
    // Ten thousand tensors over the same bytes.
    let many = edited(|file| {
        let tensor = file.tensor("token_embd.weight").clone();
        file.tensors =
            (0..10_000).map(|i| gguf_file::Tensor { name: format!("t{i}"), ..tensor.clone() }).collect();
    });
    assert_refused(&many, "overlaps");
}

#[test]
fn duplicates_and_unreadable_names_are_refused() {
    let twice =
        |file: &mut GgufFile| file.entries.push(("general.architecture".into(), gguf_file::string("llama")));
    assert_refused(&edited(twice), "twice");
    assert_refused(&edited(|file| file.add("token_embd.weight", &[32])), "twice");
    for key in [&b"a\0b"[..], b"\xff\xfe", b""] {
        assert_refused(&edited(|file| file.entries.push((key.into(), gguf_file::u32(1)))), "metadata key");
    }
    assert_refused(&edited(|file| file.add("a\0b", &[32])), "tensor name");
    assert_refused(&edited(|file| file.add(&"n".repeat(65), &[32])), "tensor name");
    assert_refused(&edited(|file| file.set("general.name", gguf_file::string(b"\xff"))), "not UTF-8");
    assert_refused(&edited(|file| file.set("general.flag", gguf_file::bool(2))), "neither 0 nor 1");
}

#[test]
fn unknown_types_and_versions_are_refused() {
    for dtype in [4, 5, 9, 15, 16, 31, 99, u32::MAX] {
        assert_refused(&edited(|file| file.tensor("output_norm.weight").dtype = dtype), "unsupported type");
    }
    for kind in [13, 99, u32::MAX] {
        assert_refused(&edited(|file| file.set("x", Raw { kind, bytes: vec![0; 8] })), "unknown type");
        assert_refused(&edited(|file| file.set("x", gguf_file::raw_array(kind, 1, &[0; 8]))), "unknown type");
    }
    assert_refused(&edited(|file| file.version = 1), "version 1");
    assert_refused(&edited(|file| file.version = 0), "unknown version");
    assert_refused(&edited(|file| file.version = 4), "unknown version");
    assert_refused(&edited(|file| file.version = 3u32.swap_bytes()), "big-endian");
}

#[test]
fn metadata_does_not_grow_in_memory() {
    let large = |len: u64| gguf_file::raw_array(0, len, &vec![7; len as usize]);
    assert_refused(&edited(|file| file.set("x", large(10_000_000))), "elements");
    // As much as is allowed costs nothing beyond the file itself.
    let bytes = edited(|file| (0..8).for_each(|i| file.set(&format!("x{i}"), large(4 << 20)))).bytes();
    let scratch = Scratch::new();
    std::fs::write(&scratch.path, bytes).unwrap();
    let before = anonymous_memory();
    let gguf = Gguf::open(&scratch.path).unwrap();
    let after = anonymous_memory();
    assert_eq!(gguf.u32s("x0").unwrap().len(), 4 << 20);
    assert!(after.saturating_sub(before) < 64 << 20, "{before} to {after}");
}

/// Resident memory that is not a file's, in bytes; 0 where the system does not tell.
fn anonymous_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).map_or(0, |kib| kib * 1024)
}

#[test]
fn other_files_are_called_by_their_names() {
    for (bytes, words) in [
        (&b""[..], "empty"),
        (b"PK\x03\x04\x14\0\0\0", "zip archive"),
        (b"\x80\x02}q\0", "pickle"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "gzip"),
        (b"\x28\xb5\x2f\xfd\0\0", "zstd"),
        (b"\x40\x01\0\0\0\0\0\0{\"__metadata__\"", "safetensors"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "Git LFS pointer"),
        (b"<!DOCTYPE html><html><head>", "web page"),
        (b"\n <html lang=\"en\">", "web page"),
        (b"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", "XML"),
        (b"{\"error\":\"Repository not found\"}", "JSON"),
        (b"%PDF-1.7", "PDF"),
        (b"\x7fELF\x02\x01\x01", "program"),
        (b"tjgg\x03\0\0\0", "before GGUF"),
        (b"FUGG\0\0\0\x03", "big-endian"),
        (b"hello", "not a GGUF file"),
    ] {
        let message = refusal(bytes);
        assert!(message.contains(words), "{message:?} lacks {words:?}");
    }
}

#[test]
fn only_regular_files_are_opened() {
    let scratch = Scratch::new();
    let refused = |path: &Path, words: &str| {
        let Err(error) = Gguf::open(path) else { panic!("{} was accepted", path.display()) };
        assert_eq!(error.kind(), ErrorKind::Model);
        assert!(
            error.to_string().contains(words) && error.to_string().contains(path.to_str().unwrap()),
            "{error}"
        );
    };
    refused(&scratch.path, "model.gguf");
    refused(scratch.path.parent().unwrap(), "a directory");
    #[cfg(unix)]
    {
        refused(Path::new("/dev/null"), "a device or pipe");
        let made = std::process::Command::new("mkfifo").arg(&scratch.path).status();
        assert!(made.unwrap().success());
        refused(&scratch.path, "a device or pipe");
    }
}

#[test]
fn every_hyper_parameter_is_bounded() {
    use gguf_file::{f32, i32, string, u32};
    let bad_counts = [u32(0), u32(u32::MAX), i32(-1), i32(i32::MIN), f32(1.0), f32(f32::NAN), string("1")];
    let bad_floats = [f32(0.0), f32(-1.0), f32(f32::NAN), f32(f32::INFINITY), u32(1), string("1")];
    let required = [
        "block_count",
        "embedding_length",
        "feed_forward_length",
        "attention.head_count",
        "attention.layer_norm_rms_epsilon",
        "context_length",
    ];
    let counts = [&required[..4], &["attention.head_count_kv", "attention.key_length"]].concat();
    for key in counts {
        let key = format!("qwen2.{key}");
        for value in &bad_counts {
            assert_no_config(&edited(|file| file.set(&key, value.clone())), &key);
        }
        // One is within bounds for some, but then the tensors have other shapes; the tiny model has one block.
        let one = config(&edited(|file| file.set(&key, u32(1))));
        assert_eq!(one.is_ok(), key.ends_with("block_count") || key.ends_with("head_count_kv"), "{key}");
    }
    for key in ["qwen2.attention.layer_norm_rms_epsilon", "qwen2.rope.freq_base", "qwen2.rope.freq_base_swa"]
    {
        for value in &bad_floats {
            assert_no_config(&edited(|file| file.set(key, value.clone())), key);
        }
    }
    for key in required {
        let key = format!("qwen2.{key}");
        assert_no_config(&edited(|file| file.unset(&key)), &key);
    }
    for value in [u32(0), i32(-1), f32(4096.0), string("long")] {
        assert_no_config(&edited(|file| file.set("qwen2.context_length", value)), "context_length");
    }
    let long = config(&edited(|file| file.set("qwen2.context_length", u32(u32::MAX)))).unwrap();
    assert_eq!(long.context, MAX_CONTEXT);
}

#[test]
fn variants_that_are_not_computed_are_refused() {
    use gguf_file::{bool, f32, string, u32};
    for (key, value, words) in [
        ("general.architecture", string("bert"), "architecture `bert`"),
        ("general.architecture", u32(3), "general.architecture"),
        ("qwen2.expert_count", u32(8), "expert_count"),
        ("qwen2.final_logit_softcapping", f32(30.0), "softcapping"),
        ("qwen2.attention.causal", bool(0), "both directions"),
        ("qwen2.rope.scaling.type", string("yarn"), "yarn"),
        ("qwen2.rope.scaling.type", u32(1), "rotary scaling"),
        ("qwen2.rope.dimension_count", u32(8), "dimension_count"),
        ("qwen2.attention.value_length", u32(32), "value_length"),
        ("qwen2.attention.key_length", u32(17), "key_length"),
    ] {
        assert_no_config(&edited(|file| file.set(key, value)), words);
    }
    let linear = |file: &mut GgufFile| {
        file.set("qwen2.rope.scaling.type", string("linear"));
        file.set("qwen2.rope.scaling.factor", f32(8.0));
    };
    assert_eq!(config(&edited(linear)).unwrap().rope_scale, 8.0);
    assert_no_config(&edited(|file| file.set("qwen2.rope.scaling.type", string("linear"))), "scaling.factor");
    assert_no_config(&edited(|file| file.unset("general.architecture")), "general.architecture");
}

#[test]
fn tensors_must_be_those_of_the_architecture() {
    let names: Vec<String> = GgufFile::tiny().tensors.into_iter().map(|tensor| tensor.name).collect();
    for name in &names {
        assert_no_config(&edited(|file| file.tensors.retain(|tensor| tensor.name != *name)), name);
        assert_no_config(&edited(|file| file.tensor(name).dims.push(1)), "");
    }
    assert_no_config(
        &edited(|file| file.tensor("blk.0.ffn_up.weight").dims = vec![48, 32]),
        "shape [32, 48]",
    );
    let swapped = edited(|file| {
        file.tensor("blk.0.attn_q.weight").name = "swap".into();
        file.tensor("blk.0.attn_k.weight").name = "blk.0.attn_q.weight".into();
        file.tensor("swap").name = "blk.0.attn_k.weight".into();
    });
    assert_no_config(&swapped, "shape");
    assert_no_config(&edited(|file| file.add("blk.0.attn_q_norm.weight", &[16])), "attn_q_norm");
    assert_no_config(&edited(|file| file.add("blk.1.attn_norm.weight", &[32])), "blk.1.attn_norm");
    assert_no_config(&edited(|file| file.add("output.weight", &[32, 4])), "output.weight");
    assert!(!config(&edited(|file| file.add("output.weight", &[32, 5]))).unwrap().tied);
}

#[test]
fn the_tokenizer_has_as_many_tokens_as_the_model() {
    for len in [4, 6] {
        let tokens: Vec<_> = (0..len).map(|i| gguf_file::string(format!("t{i}"))).collect();
        let file = edited(|file| file.set("tokenizer.ggml.tokens", gguf_file::array(&tokens)));
        assert_no_config(&file, &format!("{len} tokens but 5 embeddings"));
    }
    assert_no_config(&edited(|file| file.unset("tokenizer.ggml.tokens")), "list of tokens");
}

#[test]
fn a_tokenizer_whose_lists_do_not_fit_is_refused() {
    let texts = |texts: &[&str]| gguf_file::array(&texts.iter().map(gguf_file::string).collect::<Vec<_>>());
    for (key, value) in [
        ("tokenizer.ggml.token_type", gguf_file::array(&[1, 1].map(gguf_file::i32))),
        ("tokenizer.ggml.token_type", gguf_file::array(&[1, 1, 1, 1, 9].map(gguf_file::i32))),
        ("tokenizer.ggml.token_type", gguf_file::array(&[1, 1, 1, 1, -3].map(gguf_file::i32))),
        ("tokenizer.ggml.tokens", gguf_file::u32(5)),
        ("tokenizer.ggml.tokens", texts(&[])),
        ("tokenizer.ggml.merges", texts(&["ab"])),
        ("tokenizer.ggml.merges", texts(&["a z"])),
        ("tokenizer.ggml.merges", texts(&["b a"])),
        ("tokenizer.ggml.model", gguf_file::string("llama")),
        ("tokenizer.ggml.pre", gguf_file::string("unheard-of")),
    ] {
        let gguf = Scratch::new().open(&edited(|file| file.set(key, value)).bytes()).unwrap();
        let Err(error) = Tokenizer::from_gguf(&gguf) else { panic!("{key} was accepted") };
        message(&error);
    }
}

/// Reads everything that can be read of a file that may be damaged.
fn read_all(scratch: &Scratch, bytes: &[u8]) {
    let Ok(gguf) = scratch.open(bytes) else { return };
    if let Ok(config) = ModelConfig::read(&gguf) {
        for (name, shape) in config.expected_tensors() {
            assert_eq!(gguf.tensor(&name).unwrap().shape, shape);
        }
    }
    if let Ok(tokenizer) = Tokenizer::from_gguf(&gguf) {
        let ids = tokenizer.encode("a b ab <|end|>").unwrap();
        tokenizer.decode(&ids).unwrap();
    }
}

/// One change that keeps most of a file's structure.
fn mutation() -> impl Strategy<Value = (prop::sample::Index, Vec<u8>, bool)> {
    let numbers = prop_oneof![
        Just(0u64),
        Just(1),
        Just(u64::MAX),
        Just(1 << 31),
        Just(1 << 63),
        Just(u64::from(u32::MAX)),
        0..64u64,
        any::<u64>()
    ];
    let patch = prop_oneof![
        any::<u8>().prop_map(|byte| vec![byte]),
        numbers.clone().prop_map(|number| (number as u32).to_le_bytes().to_vec()),
        numbers.prop_map(|number| number.to_le_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..24),
    ];
    (any::<prop::sample::Index>(), patch, prop::bool::weighted(0.2))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mutated_file_never_panics(mutations in prop::collection::vec(mutation(), 1..4)) {
        let file = GgufFile::tiny();
        let mut bytes = file.bytes();
        for (at, patch, insert) in mutations {
            let at = at.index(file.header().len().min(bytes.len()).max(1));
            let end = if insert { at } else { (at + patch.len()).min(bytes.len()) };
            bytes.splice(at.min(bytes.len())..end, patch);
        }
        read_all(&Scratch::new(), &bytes);
    }

    #[test]
    fn changed_values_never_panic(
        at in any::<prop::sample::Index>(),
        kind in 0..13u32,
        payload in prop::collection::vec(any::<u8>(), 0..40),
        dims in prop::collection::vec(prop_oneof![0..70u64, any::<u64>()], 0..6),
        offset in prop_oneof![(0..4096u64).prop_map(|n| n * 32), any::<u64>()],
        dtype in 0..32u32,
    ) {
        let file = edited(|file| {
            let entry = at.index(file.entries.len());
            file.entries[entry].1 = Raw { kind, bytes: payload };
        });
        read_all(&Scratch::new(), &file.bytes());
        let file = edited(|file| {
            let tensor = at.index(file.tensors.len());
            let name = file.tensors[tensor].name.clone();
            file.tensors[tensor] = gguf_file::Tensor { name, dims, dtype, offset };
        });
        read_all(&Scratch::new(), &file.bytes());
    }
}
