//! The decoder against Python's transformers on tiny random models of every architecture, F32: a row's
//! logits are the same whether it is read alone or beside others, at once or in pieces, forked from a
//! shared prefix, rolled back or moved. The references are made by `tests/fixtures/generate_models.py`.

use std::path::PathBuf;

use candle_core::quantized::gguf_file::Content;
use candle_core::{Device, Tensor};
use candle_transformers::models::{quantized_qwen2, quantized_qwen3};
use diglot::engine::causal::{Decoder, Row, SlotId, Slots};
use diglot::gguf::Gguf;

const MODELS: [&str; 5] = ["qwen2", "llama", "gemma3", "qwen3", "hunyuan-dense"];

/// What transformers computes for one sequence: logits at some of its positions.
#[derive(serde::Deserialize)]
struct Sequence {
    tokens: Vec<u32>,
    positions: Vec<usize>,
    logits: Vec<Vec<f32>>,
}

#[derive(serde::Deserialize)]
struct Reference {
    sequences: Vec<Sequence>,
}

struct Case {
    name: &'static str,
    decoder: Decoder,
    slots: Slots,
    sequences: Vec<Sequence>,
}

fn fixture(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models").join(file)
}

fn cases() -> impl Iterator<Item = Case> {
    MODELS.into_iter().map(|name| {
        let gguf = Gguf::open(&fixture(&format!("{name}.gguf"))).unwrap();
        let decoder = Decoder::load(gguf, 2).unwrap();
        let json = std::fs::read(fixture(&format!("{name}.logits.json"))).unwrap();
        let Reference { sequences } = serde_json::from_slice(&json).unwrap();
        assert!(sequences.len() > 1 && sequences.iter().any(|s| s.tokens.len() > 32), "{name}");
        Case { name, slots: decoder.slots(), decoder, sequences }
    })
}

/// At most 1e-3 of the largest expected value apart.
fn assert_close(got: &[f32], expected: &[f32], what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(0f32, |max, x| max.max(x.abs()));
    let apart = got.iter().zip(expected).fold(0f32, |max, (a, b)| max.max((a - b).abs()));
    assert!(apart <= 1e-3 * largest, "{what}: {apart} apart, largest {largest}");
}

impl Case {
    /// Appends tokens to rows in one step; answers the logits of every token, row after row.
    fn step(&mut self, rows: &[(SlotId, &[u32])]) -> Vec<Vec<Vec<f32>>> {
        let inputs: Vec<Row> =
            rows.iter().map(|(slot, tokens)| Row { slot: *slot, tokens, wanted: 0..tokens.len() }).collect();
        let hidden = self.decoder.step(&mut self.slots, &inputs).unwrap();
        let mut logits = Vec::new();
        self.decoder.head(&hidden, &mut logits).unwrap();
        let mut each = logits.chunks_exact(self.decoder.vocab_size()).map(<[f32]>::to_vec);
        rows.iter().map(|(_, tokens)| each.by_ref().take(tokens.len()).collect()).collect()
    }

    /// Holds the logits of `tokens[from..]` of a sequence against the reference.
    fn check(&self, sequence: usize, from: usize, logits: &[Vec<f32>], what: &str) {
        let s = &self.sequences[sequence];
        let mut compared = 0;
        for (position, expected) in s.positions.iter().zip(&s.logits) {
            if let Some(got) = position.checked_sub(from).and_then(|i| logits.get(i)) {
                let what = format!("{}, sequence {sequence}, position {position}, {what}", self.name);
                assert_close(got, expected, &what);
                compared += 1;
            }
        }
        assert!(compared > 0, "{}: nothing compared, {what}", self.name);
    }

    fn tokens(&self, sequence: usize) -> Vec<u32> {
        self.sequences[sequence].tokens.clone()
    }

    fn longest(&self) -> usize {
        (0..self.sequences.len()).max_by_key(|i| self.sequences[*i].tokens.len()).unwrap()
    }
}

#[test]
fn a_row_alone_gives_the_logits_of_transformers() {
    for mut case in cases() {
        for i in 0..case.sequences.len() {
            let (slot, tokens) = (case.slots.alloc(), case.tokens(i));
            let logits = case.step(&[(slot, &tokens)]);
            case.check(i, 0, &logits[0], "alone");
            case.slots.free(slot);
        }
    }
}

#[test]
fn rows_of_different_lengths_are_read_together() {
    for mut case in cases() {
        let all: Vec<Vec<u32>> = (0..case.sequences.len()).map(|i| case.tokens(i)).collect();
        let rows: Vec<(SlotId, &[u32])> = all.iter().map(|t| (case.slots.alloc(), &t[..])).collect();
        for (i, logits) in case.step(&rows).iter().enumerate() {
            case.check(i, 0, logits, "together");
        }
    }
}

#[test]
fn a_row_read_in_pieces_beside_others_is_the_same_row() {
    for mut case in cases() {
        let i = case.longest();
        let tokens = case.tokens(i);
        let (slot, other) = (case.slots.alloc(), case.slots.alloc());
        let mut logits = Vec::new();
        for (n, piece) in tokens.chunks(7).enumerate() {
            // The other row comes and goes and grows at another pace.
            let noise = vec![n as u32 + 1; n + 1];
            let rows: &[(SlotId, &[u32])] =
                if n % 3 == 2 { &[(slot, piece)] } else { &[(other, &noise), (slot, piece)] };
            logits.extend(case.step(rows).pop().unwrap());
        }
        case.check(i, 0, &logits, "in pieces");
    }
}

#[test]
fn rows_forked_from_a_shared_prefix_are_the_same_rows() {
    for mut case in cases() {
        let i = case.longest();
        let tokens = case.tokens(i);
        for shared in [1, 20, 32, 40] {
            let prefix = case.slots.alloc();
            case.step(&[(prefix, &tokens[..shared])]);
            let held = case.slots.bytes();
            let fork = case.slots.fork(prefix, shared).unwrap();
            let stranger = case.slots.fork(prefix, shared).unwrap();
            assert_eq!(case.slots.bytes(), held, "forks share their memory");
            let logits = case.step(&[(stranger, &[3, 1, 4, 1, 5]), (fork, &tokens[shared..])]);
            case.check(i, shared, &logits[1], "forked");
            // The prefix itself is untouched by what its forks wrote.
            let logits = case.step(&[(prefix, &tokens[shared..])]);
            case.check(i, shared, &logits[0], "the prefix goes on");
            for slot in [prefix, fork, stranger] {
                case.slots.free(slot);
            }
        }
    }
}

#[test]
fn rows_are_added_finished_rolled_back_and_reordered() {
    for mut case in cases() {
        let i = case.longest();
        let tokens = case.tokens(i);
        let (a, b) = (case.slots.alloc(), case.slots.alloc());
        case.step(&[(a, &tokens[..10]), (b, &[9, 8, 7])]);
        // One row is finished, another one takes its place.
        case.slots.free(b);
        let c = case.slots.alloc();
        case.step(&[(c, &[2, 7, 1, 8]), (a, &tokens[10..12])]);
        // Speculation that is rolled back, over the end of a page.
        case.step(&[(a, &[11; 30])]);
        case.slots.truncate(a, 12).unwrap();
        case.step(&[(a, &tokens[12..35]), (c, &[2])]);
        case.step(&[(a, &[5; 3])]);
        case.slots.truncate(a, 35).unwrap();
        // Both beams go on from `a`, then swap.
        case.slots.reorder(&[a, c], &[a, a]).unwrap();
        case.step(&[(a, &[1, 2, 3]), (c, &tokens[35..40])]);
        case.slots.reorder(&[a, c], &[c, a]).unwrap();
        assert_eq!(case.slots.len(a).unwrap(), 40);
        let logits = case.step(&[(c, &[1]), (a, &tokens[40..])]);
        case.check(i, 40, &logits[1], "after all that");
    }
}

#[test]
fn a_step_refuses_what_makes_no_sense() {
    let mut case = cases().next().unwrap();
    let slot = case.slots.alloc();
    let mut step = |rows: &[Row]| case.decoder.step(&mut case.slots, rows).unwrap_err();
    let row = |tokens: &'static [u32], wanted| Row { slot, tokens, wanted };
    step(&[row(&[], 0..0)]);
    step(&[row(&[1], 0..2)]);
    step(&[row(&[1], 0..1), row(&[2], 0..1)]);
    assert!(step(&[row(&[u32::MAX], 0..1)]).to_string().contains("token"));
    let long = vec![1; case.decoder.config().context + 1];
    let error = case.decoder.step(&mut case.slots, &[Row { slot, tokens: &long, wanted: 0..0 }]).unwrap_err();
    assert!(error.to_string().contains("context"), "{error}");
    assert_eq!(case.slots.len(slot).unwrap(), 0, "what was refused left no trace");
}

/// candle-transformers as a second reference, for the families where its model file computes the same:
/// its gemma3 gates with SiLU and sees one position more than the window, its llama leaves out
/// `rope_freqs`.
#[test]
fn candle_transformers_agrees() {
    for mut case in cases().filter(|case| ["qwen2", "qwen3"].contains(&case.name)) {
        let i = case.longest();
        let tokens = case.tokens(i);
        let mut file = std::fs::File::open(fixture(&format!("{}.gguf", case.name))).unwrap();
        let content = Content::read(&mut file).unwrap();
        let input = Tensor::new(&tokens[..], &Device::Cpu).unwrap().unsqueeze(0).unwrap();
        let theirs = match case.name {
            "qwen2" => quantized_qwen2::ModelWeights::from_gguf(content, &mut file, &Device::Cpu)
                .and_then(|mut model| model.forward(&input, 0)),
            _ => quantized_qwen3::ModelWeights::from_gguf(content, &mut file, &Device::Cpu)
                .and_then(|mut model| model.forward(&input, 0)),
        };
        let theirs = theirs.and_then(|logits| logits.flatten_all()?.to_vec1::<f32>()).unwrap();
        let slot = case.slots.alloc();
        let ours = case.step(&[(slot, &tokens)]).remove(0).pop().unwrap();
        assert_close(&ours, &theirs, case.name);
    }
}
