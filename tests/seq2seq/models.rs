//! The tiny models and what transformers makes of them.

use std::path::{Path, PathBuf};

use diglot::engine::Flow;
use diglot::engine::search::{Beam, EarlyStopping, SearchOptions, Source};
use diglot::engine::seq2seq::{Precision, Seq2Seq};
use serde_json::Value;

pub const MODELS: [&str; 12] = [
    "marian",
    "marian-split",
    "m2m100",
    "nllb",
    "mbart",
    "bart",
    "pegasus",
    "t5",
    "t5-gated",
    "mt5",
    "madlad",
    "umt5",
];

#[derive(serde::Deserialize)]
pub struct Expected {
    pub numbers: Vec<Numbers>,
    pub batches: Vec<Batch>,
}

/// Of one source: the states of its first and last token, and the logits at some places of a target.
#[derive(serde::Deserialize)]
pub struct Numbers {
    pub source: Vec<u32>,
    pub target: Vec<u32>,
    pub places: Vec<usize>,
    pub states: Vec<f32>,
    pub logits: Vec<Vec<f32>>,
}

#[derive(serde::Deserialize)]
pub struct Batch {
    pub sources: Vec<Vec<u32>>,
    pub settings: Value,
    pub greedy: Vec<Vec<u32>>,
    pub beams: Vec<Vec<Output>>,
}

#[derive(serde::Deserialize)]
pub struct Output {
    pub tokens: Vec<u32>,
    pub complete: bool,
    pub score: f32,
}

impl Batch {
    pub fn sources(&self) -> Vec<Source> {
        self.sources.iter().cloned().map(Source::from).collect()
    }

    /// What the model recommends and the batch asks for.
    pub fn options(&self, folder: &Path) -> SearchOptions {
        let mut options = SearchOptions::of_folder(folder).unwrap();
        for (key, value) in self.settings.as_object().unwrap() {
            let number = value.as_f64().unwrap_or_default();
            match key.as_str() {
                "length_penalty" => options.length_penalty = number as f32,
                "no_repeat_ngram_size" => options.no_repeat_ngram = number as usize,
                "early_stopping" if value == "never" => options.early_stopping = EarlyStopping::Never,
                "early_stopping" => options.early_stopping = EarlyStopping::FirstComplete,
                "min_length" => options.min_length = number as usize,
                "max_length" => options.max_length = number as usize,
                "num_return_sequences" => options.n_best = number as usize,
                "forced_bos_token_id" => options.forced_bos = Some(number as u32),
                "forced_eos_token_id" => options.forced_eos = Some(number as u32),
                "renormalize_logits" => options.renormalize = true,
                "bad_words_ids" => {
                    let words = value.as_array().unwrap();
                    options.suppressed = words.iter().map(|word| word[0].as_u64().unwrap() as u32).collect();
                }
                other => panic!("{other}"),
            }
        }
        options
    }
}

pub fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/seq2seq").join(name)
}

pub fn expected(name: &str) -> Expected {
    serde_json::from_slice(&std::fs::read(folder(name).join("expected.json")).unwrap()).unwrap()
}

pub fn load(name: &str, precision: Precision) -> Seq2Seq {
    Seq2Seq::load(&folder(name), precision, 2).unwrap()
}

pub fn generate(model: &Seq2Seq, sources: &[Source], options: &SearchOptions) -> Vec<Vec<Beam>> {
    model.generate(sources, options, &mut |_| Flow::Continue).unwrap()
}

/// The largest difference, as a share of the largest expected value.
pub fn apart(got: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(got.len(), expected.len());
    let largest = expected.iter().fold(0f32, |max, x| max.max(x.abs()));
    got.iter().zip(expected).fold(0f32, |max, (a, b)| max.max((a - b).abs())) / largest
}

/// Copies a fixture, with one file changed.
pub fn changed(name: &str, file: &str, change: impl FnOnce(Vec<u8>) -> Option<Vec<u8>>) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(folder(name)).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    let path = copy.path().join(file);
    match change(std::fs::read(&path).unwrap()) {
        Some(bytes) => std::fs::write(path, bytes).unwrap(),
        None => std::fs::remove_file(path).unwrap(),
    }
    copy
}
