//! What a search writes beside what transformers writes.

use std::path::Path;

use diglot::engine::search::{EarlyStopping, SearchOptions, Source};
use diglot::engine::seq2seq::Precision;
use serde_json::Value;

use super::models::{MODELS, changed, expected, folder, generate, load};

#[test]
fn greedy_outputs_are_those_of_transformers() {
    for name in MODELS {
        let (model, expected) = (load(name, Precision::F32), expected(name));
        assert_eq!(expected.batches.len(), 50);
        for (i, batch) in expected.batches.iter().enumerate() {
            let options = SearchOptions { beams: 1, n_best: 1, ..batch.options(&folder(name)) };
            let found = generate(&model, &batch.sources(), &options);
            let tokens: Vec<_> = found.into_iter().map(|mut beams| beams.remove(0).tokens).collect();
            assert_eq!(tokens, batch.greedy, "{name}, batch {i}");
        }
    }
}

#[test]
fn beam_outputs_are_those_of_transformers() {
    for name in MODELS {
        let (model, expected) = (load(name, Precision::F32), expected(name));
        for (i, batch) in expected.batches.iter().enumerate() {
            let found = generate(&model, &batch.sources(), &batch.options(&folder(name)));
            for (found, expected) in found.iter().zip(&batch.beams) {
                assert_eq!(found.len(), expected.len(), "{name}, batch {i}");
                for (found, expected) in found.iter().zip(expected) {
                    let scores = (found.score, expected.score);
                    assert_eq!(found.tokens, expected.tokens, "{name}, batch {i}: {scores:?}");
                    assert_eq!(found.complete, expected.complete, "{name}, batch {i}");
                    assert!((scores.0 - scores.1).abs() < 1e-4 * scores.1.abs() + 1e-5, "{name}: {scores:?}");
                }
            }
        }
    }
}

/// What is found with weights of 8 bits, in whole batches: how many outputs are the same, and how far the scores are from
/// those of the outputs that transformers finds, as a share of them.
fn outputs_apart(name: &str) -> (f32, Vec<f32>) {
    let (model, expected) = (load(name, Precision::Int8), expected(name));
    let (mut same, mut apart) = (0, Vec::new());
    for batch in &expected.batches {
        let options = SearchOptions { n_best: 1, ..batch.options(&folder(name)) };
        for (found, expected) in generate(&model, &batch.sources(), &options).iter().zip(&batch.beams) {
            same += usize::from(found[0].tokens == expected[0].tokens);
            apart.push((found[0].score - expected[0].score).abs() / expected[0].score.abs());
        }
    }
    apart.sort_by(f32::total_cmp);
    (same as f32 / apart.len() as f32, apart)
}

#[test]
fn outputs_of_8_bits_are_as_likely() {
    for name in MODELS {
        let (same, apart) = outputs_apart(name);
        let median = apart[apart.len() / 2];
        println!("{name}: {:.0} % the same, scores {median:.1e} apart", 100.0 * same);
        assert!(same > 0.3 && median < 0.08, "{name}: {same} the same, scores {median} apart");
    }
}

/// Settings of `generation_config.json` that keep tokens from being written, and what is then written.
#[derive(serde::Deserialize)]
struct Worded {
    model: String,
    sources: Vec<Vec<u32>>,
    beams: usize,
    settings: Value,
    outputs: Vec<Vec<u32>>,
}

#[test]
fn what_is_not_to_be_written_is_not_as_in_transformers() {
    let cases: Vec<Worded> = serde_json::from_slice(&std::fs::read(folder("words.json")).unwrap()).unwrap();
    assert_eq!(cases.len(), 32);
    for Worded { model: name, sources, beams, settings, outputs } in cases {
        let model = load(&name, Precision::F32);
        let sources: Vec<Source> = sources.into_iter().map(Source::from).collect();
        let search = |folder: &Path| {
            let options = SearchOptions {
                beams,
                early_stopping: EarlyStopping::Heuristic,
                length_penalty: 1.0,
                ..SearchOptions::of_folder(folder).unwrap()
            };
            let found = generate(&model, &sources, &options);
            found.into_iter().map(|mut beams| beams.remove(0).tokens).collect::<Vec<_>>()
        };
        let copy = changed(&name, "generation_config.json", |bytes| {
            let mut generation: Value = serde_json::from_slice(&bytes).unwrap();
            generation.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
            Some(serde_json::to_vec(&generation).unwrap())
        });
        assert_eq!(search(copy.path()), outputs, "{name}, {beams} beams, {settings}");
        assert_ne!(search(&folder(&name)), outputs, "{settings} shows");
    }
}
