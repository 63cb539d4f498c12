//! T5 models in GGUF files against the same weights in a folder, and damaged ones. The files are made by
//! `tests/fixtures/generate_t5_gguf.py`.

#[path = "support/gguf_file.rs"]
#[allow(dead_code)]
mod gguf_file;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use diglot::engine::Flow;
use diglot::engine::search::{SearchOptions, Source};
use diglot::engine::seq2seq::{Options, Precision, Seq2Seq, Seq2SeqEngine};
use diglot::gguf::Gguf;
use diglot::{Error, ErrorKind};
use gguf_file::GgufFile;
use serde_json::Value;
use tempfile::TempDir;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/seq2seq").join(name)
}

/// The folder that a file's weights come from, with the distance that every file is read with.
fn folder(name: &str) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    fs::copy(fixture(name).join("model.safetensors"), copy.path().join("model.safetensors")).unwrap();
    let config = fs::read_to_string(fixture(name).join("config.json")).unwrap();
    let mut config: Value = serde_json::from_str(&config).unwrap();
    config["relative_attention_max_distance"] = 128.into();
    fs::write(copy.path().join("config.json"), config.to_string()).unwrap();
    copy
}

fn open(name: &str) -> Gguf {
    Gguf::open(&fixture(&format!("{name}.gguf"))).unwrap()
}

fn sources() -> Vec<Vec<u32>> {
    [3, 9, 20, 40].map(|len| (0..len).map(|i| 5 + i * 37 % 85).chain([2]).collect()).into()
}

/// The states and logits of some sources, and their outputs by beam search.
fn computed(model: &Seq2Seq) -> (Vec<f32>, Vec<f32>, Vec<Vec<u32>>) {
    let sources = sources();
    let texts: Vec<&[u32]> = sources.iter().map(Vec::as_slice).collect();
    let states = model.encode(&texts).unwrap().concat();
    let target: Vec<u32> = (0..25).map(|i| i * 31 % 90).collect();
    let logits = texts.iter().flat_map(|text| model.logits(text, &target).unwrap().concat()).collect();
    let options = SearchOptions { beams: 4, max_length: 20, eos: vec![2], ..SearchOptions::default() };
    let sources: Vec<Source> = sources.into_iter().map(Source::from).collect();
    let found = model.generate(&sources, &options, &mut |_| Flow::Continue).unwrap();
    (states, logits, found.into_iter().map(|mut beams| beams.remove(0).tokens).collect())
}

/// The largest difference, as a share of the largest value.
fn apart(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let largest = b.iter().fold(0f32, |max, x| max.max(x.abs()));
    a.iter().zip(b).fold(0f32, |max, (a, b)| max.max((a - b).abs())) / largest
}

#[test]
fn a_file_computes_what_the_folder_of_its_weights_does() {
    for precision in [Precision::F32, Precision::Int8] {
        let of_file = Seq2Seq::load_gguf(&open("madlad"), precision, 2).unwrap();
        let of_folder = Seq2Seq::load(folder("madlad").path(), precision, 2).unwrap();
        assert_eq!(computed(&of_file), computed(&of_folder), "{precision:?}");
    }
}

#[test]
fn layers_in_few_bits_are_used_as_they_are() {
    let (exact, exact_logits, outputs) =
        computed(&Seq2Seq::load(folder("t5").path(), Precision::F32, 2).unwrap());
    // As floats only the weights are rounded, otherwise activations as well.
    for (precision, least, most) in [(Precision::F32, 1e-4, 0.02), (Precision::Int8, 1e-3, 0.05)] {
        let (states, logits, found) = computed(&Seq2Seq::load_gguf(&open("t5"), precision, 2).unwrap());
        let (states, logits) = (apart(&states, &exact), apart(&logits, &exact_logits));
        println!("{precision:?}: states {states:.1e}, logits {logits:.1e}");
        assert!(states < most && logits < most, "{precision:?}: states {states}, logits {logits}");
        assert!(logits > least, "{precision:?}: rounding shows");
        assert!(found.iter().zip(&outputs).filter(|(a, b)| a == b).count() >= 3, "{found:?} {outputs:?}");
    }
}

/// A fixture piece by piece.
fn parts(name: &str) -> GgufFile {
    GgufFile::read(&fs::read(fixture(&format!("{name}.gguf"))).unwrap())
}

fn refusal(file: &GgufFile) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    fs::write(&path, file.bytes()).unwrap();
    let error: Error = match Gguf::open(&path) {
        Ok(gguf) => {
            Seq2SeqEngine::load_gguf(&gguf, Options::default()).err().expect("a damaged file was loaded")
        }
        Err(error) => error,
    };
    assert_eq!(error.kind(), ErrorKind::Model, "{error}");
    assert!(error.to_string().contains("model.gguf"), "{error}");
    error.to_string()
}

#[test]
fn damaged_files_are_refused_by_name() {
    let refused = |edit: &dyn Fn(&mut GgufFile), words: &str| {
        let mut file = parts("madlad");
        edit(&mut file);
        let message = refusal(&file);
        assert!(message.contains(words), "{message:?} lacks {words:?}");
    };
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("same.gguf"), parts("madlad").bytes()).unwrap();
    let same = Gguf::open(&folder.path().join("same.gguf")).unwrap();
    assert!(Seq2SeqEngine::load_gguf(&same, Options::default()).is_ok(), "unchanged, the file is loaded");

    for key in [
        "block_count",
        "embedding_length",
        "feed_forward_length",
        "attention.head_count",
        "attention.key_length",
        "attention.relative_buckets_count",
        "attention.layer_norm_rms_epsilon",
    ] {
        let key = format!("t5.{key}");
        refused(&|file| file.unset(&key), &key);
        refused(&|file| file.set(&key, gguf_file::string("many")), &key);
        refused(&|file| file.set(&key, gguf_file::u32(0)), "");
        refused(&|file| file.set(&key, gguf_file::u32(u32::MAX)), "");
    }
    refused(&|file| file.set("t5.decoder_block_count", gguf_file::u32(3)), "dec.blk.2");
    refused(&|file| file.set("t5.decoder_block_count", gguf_file::u32(1)), "dec.blk.1");
    refused(&|file| file.set("t5.embedding_length", gguf_file::u32(64)), "shape");
    refused(&|file| file.set("t5.attention.relative_buckets_count", gguf_file::u32(6)), "buckets");
    refused(&|file| file.set("general.architecture", gguf_file::string("t5encoder")), "encoder alone");
    refused(&|file| file.set("tokenizer.ggml.model", gguf_file::string("llama")), "`llama`, not `t5`");
    refused(&|file| file.set("tokenizer.ggml.scores", gguf_file::array(&[gguf_file::f32(0.0)])), "score");
    let charsmap = || gguf_file::array(&[gguf_file::u32(999)]);
    refused(&|file| file.set("tokenizer.ggml.precompiled_charsmap", charsmap()), "normaliser");
    for tensor in ["token_embd", "enc.blk.0.attn_rel_b", "dec.blk.1.cross_attn_v", "dec.output_norm"] {
        let tensor = format!("{tensor}.weight");
        refused(&|file| file.tensor(&tensor).name = "other.weight".into(), ".weight`");
        refused(&|file| file.tensors.retain(|other| other.name != tensor), "");
    }
    refused(&|file| file.tensor("enc.blk.1.ffn_up.weight").dims.reverse(), "shape");
    refused(
        &|file| file.tensor("dec.blk.0.ffn_norm.weight").name = "enc.blk.1.attn_rel_b.weight".into(),
        "attn_rel_b",
    );
}

/// Cut anywhere, or with any byte changed: an error or a model that computes something, never a panic.
#[test]
fn any_damage_gives_an_error_or_a_model() {
    let good = fs::read(fixture("t5.gguf")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    let options = Options { threads: 1, ..Options::default() };
    let try_it = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let engine = Gguf::open(&path).and_then(|gguf| Seq2SeqEngine::load_gguf(&gguf, options));
        if let Ok(engine) = engine {
            _ = engine.model().encode(&[&[3, 4, 1]]);
        }
    };
    // The header is in the first part.
    for at in (0..12_000).step_by(31).chain((12_000..good.len()).step_by(2711)) {
        try_it(&good[..at]);
        let mut bytes = good.clone();
        bytes[at] ^= 0xa5;
        try_it(&bytes);
    }
}

fn translate(home: &Path, args: &[&str]) -> Output {
    fs::write(home.join("a.txt"), "The old bridge was built. The trains run again.\n").unwrap();
    Command::new(assert_cmd::cargo::cargo_bin("translate"))
        .current_dir(home)
        .env_clear()
        .env("HOME", home)
        .env("HF_HUB_OFFLINE", "1")
        .stdin(Stdio::null())
        .args([&["--from", "en", "--offline", "--format", "json"], args, &["a.txt"]].concat())
        .output()
        .unwrap()
}

#[test]
fn a_file_translates_and_needs_no_profile() {
    let home = tempfile::tempdir().unwrap();
    fs::copy(fixture("madlad.gguf"), home.path().join("madlad.gguf")).unwrap();
    let output = translate(home.path(), &["--model", "./madlad.gguf", "--lang", "de", "--alternatives", "2"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let article: Value = serde_json::from_slice(&output.stdout).unwrap();
    let model = &article["models"]["translator"];
    assert_eq!((&model["name"], &model["unlisted"]), (&"madlad.gguf".into(), &true.into()));
    assert_eq!(model["files"][0]["sha256"].as_str().map(str::len), Some(64));
    for segment in article["segments"].as_array().unwrap() {
        assert!(segment["logprob"].as_f64().is_some_and(|logprob| logprob < 0.0), "{segment}");
        assert!(segment["alternatives"].as_array().is_some_and(|others| !others.is_empty()), "{segment}");
    }
    // Case 84.
    let output = translate(home.path(), &["--model", "./madlad.gguf", "--lang", "fr"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("to de, en, zh"), "{said}");
    // The files of the first T5 do not say what it was trained to translate, but the paper does.
    fs::copy(fixture("t5.gguf"), home.path().join("t5.gguf")).unwrap();
    let output = translate(home.path(), &["--model", "./t5.gguf", "--lang", "de"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let output = translate(home.path(), &["--model", "./t5.gguf", "--lang", "pl"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("en to de, en to fr, en to ro"), "{said}");
}
