//! Encoder-decoders against Python's transformers on tiny random models of every family: states and logits, and the
//! outputs of greedy and beam search for padded batches. The references are made by
//! `tests/fixtures/generate_seq2seq.py`.

#[path = "support/random_weights.rs"]
mod random_weights;

use std::path::{Path, PathBuf};

use diglot::engine::Flow;
use diglot::engine::search::{Beam, EarlyStopping, SearchEvent, SearchOptions, Source};
use diglot::engine::seq2seq::{Precision, Seq2Seq};
use diglot::plan::Decoding;
use diglot::{Error, ErrorKind};
use random_weights::RandomWeights;
use serde_json::{Value, json};

const MODELS: [&str; 12] = [
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
struct Expected {
    numbers: Vec<Numbers>,
    batches: Vec<Batch>,
}

/// Of one source: the states of its first and last token, and the logits at some places of a target.
#[derive(serde::Deserialize)]
struct Numbers {
    source: Vec<u32>,
    target: Vec<u32>,
    places: Vec<usize>,
    states: Vec<f32>,
    logits: Vec<Vec<f32>>,
}

#[derive(serde::Deserialize)]
struct Batch {
    sources: Vec<Vec<u32>>,
    settings: Value,
    greedy: Vec<Vec<u32>>,
    beams: Vec<Vec<Output>>,
}

#[derive(serde::Deserialize)]
struct Output {
    tokens: Vec<u32>,
    complete: bool,
    score: f32,
}

impl Batch {
    fn sources(&self) -> Vec<Source> {
        self.sources.iter().cloned().map(Source::from).collect()
    }

    /// What the model recommends and the batch asks for.
    fn options(&self, folder: &Path) -> SearchOptions {
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

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/seq2seq").join(name)
}

fn expected(name: &str) -> Expected {
    serde_json::from_slice(&std::fs::read(folder(name).join("expected.json")).unwrap()).unwrap()
}

fn load(name: &str, precision: Precision) -> Seq2Seq {
    Seq2Seq::load(&folder(name), precision, 2).unwrap()
}

fn generate(model: &Seq2Seq, sources: &[Source], options: &SearchOptions) -> Vec<Vec<Beam>> {
    model.generate(sources, options, &mut |_| Flow::Continue).unwrap()
}

/// The largest difference, as a share of the largest expected value.
fn apart(got: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(got.len(), expected.len());
    let largest = expected.iter().fold(0f32, |max, x| max.max(x.abs()));
    got.iter().zip(expected).fold(0f32, |max, (a, b)| max.max((a - b).abs())) / largest
}

/// The largest differences of states and of logits.
fn numbers_apart(name: &str, precision: Precision) -> (f32, f32) {
    let model = load(name, precision);
    let numbers = expected(name).numbers;
    let sources: Vec<&[u32]> = numbers.iter().map(|n| n.source.as_slice()).collect();
    assert!(sources.iter().any(|source| source.len() > 16));
    let (mut states_apart, mut logits_apart) = (0f32, 0f32);
    for (n, states) in numbers.iter().zip(model.encode(&sources).unwrap()) {
        let width = n.states.len() / 2;
        assert_eq!(states.len(), width * n.source.len());
        let ends = [&states[..width], &states[states.len() - width..]].concat();
        states_apart = states_apart.max(apart(&ends, &n.states));
        let logits = model.logits(&n.source, &n.target).unwrap();
        for (place, expected) in n.places.iter().zip(&n.logits) {
            logits_apart = logits_apart.max(apart(&logits[*place], expected));
        }
    }
    (states_apart, logits_apart)
}

#[test]
fn phrases_are_written_where_they_fit() {
    for name in MODELS {
        let model = load(name, Precision::F32);
        let mut expected = expected(name);
        let batch = expected.batches.remove(0);
        let options = SearchOptions { beams: 8, max_length: 24, ..batch.options(&folder(name)) };
        let free = generate(&model, &batch.sources(), &options);
        let phrases = vec![vec![vec![11, 12, 11], vec![13, 14]], vec![vec![15]]];
        let sources: Vec<Source> =
            batch.sources().into_iter().map(|source| Source { phrases: phrases.clone(), ..source }).collect();
        for (found, free) in generate(&model, &sources, &options).iter().zip(&free) {
            for beam in found {
                let place = |way: &[u32]| beam.tokens.windows(way.len()).position(|window| window == way);
                let first = place(&[11, 12, 11]).or(place(&[13, 14]));
                assert!(first.is_some() && place(&[15]).is_some(), "{name}: {:?}", beam.tokens);
            }
            assert!(found[0].score <= free[0].score + 1e-4, "{name}: better than without a demand");
        }
        // What would be written anyway stays where it is, where outputs end by themselves and are not cut.
        if !name.starts_with("marian") {
            continue;
        }
        let own = batch.sources().into_iter().zip(&free).map(|(source, free)| {
            let tokens = &free[0].tokens;
            Source {
                phrases: vec![vec![tokens[tokens.len() / 2..].iter().take(2).copied().collect()]],
                ..source
            }
        });
        let own: Vec<Source> = own.collect();
        let same = generate(&model, &own, &options);
        let kept = same.iter().zip(&free).filter(|(own, free)| own[0].tokens == free[0].tokens).count();
        assert!(kept * 10 >= own.len() * 9, "{name}: {kept} of {}", own.len());
    }
}

#[test]
fn states_and_logits_are_those_of_transformers() {
    for name in MODELS {
        let (states, logits) = numbers_apart(name, Precision::F32);
        println!("{name}: states {states:.1e}, logits {logits:.1e}");
        assert!(states < 1e-5 && logits < 1e-5, "{name}: states {states}, logits {logits}");
    }
}

/// A width of 32 gives rounding errors little to cancel out over: real models are far closer.
#[test]
fn weights_of_8_bits_keep_close() {
    for name in MODELS {
        let (states, logits) = numbers_apart(name, Precision::Int8);
        println!("{name}: states {states:.1e}, logits {logits:.1e}");
        assert!(states < 0.2 && logits < 0.2, "{name}: states {states}, logits {logits}");
        assert!(logits > 1e-4, "{name}: rounding shows");
    }
}

/// mBART's weights are stored in 16 bits, so they lose nothing.
#[test]
fn weights_of_16_bits_are_those_that_were_stored() {
    for name in MODELS {
        let (states, logits) = numbers_apart(name, Precision::Bf16);
        println!("{name}: states {states:.1e}, logits {logits:.1e}");
        let most = if name == "mbart" { 1e-5 } else { 0.05 };
        assert!(states < most && logits < most, "{name}: states {states}, logits {logits}");
    }
    let (model, expected) = (load("mbart", Precision::Bf16), expected("mbart"));
    for batch in &expected.batches {
        let found = generate(&model, &batch.sources(), &batch.options(&folder("mbart")));
        let same = found.iter().zip(&batch.beams).all(|(a, b)| a[0].tokens == b[0].tokens);
        assert!(same);
    }
}

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

#[test]
fn settings_of_a_search_that_make_no_sense_are_named() {
    for (key, value) in [
        ("bad_words_ids", json!([5])),
        ("bad_words_ids", json!([[]])),
        ("bad_words_ids", json!([[5, -1]])),
        ("bad_words_ids", json!("[[5]]")),
        ("suppress_tokens", json!([-1])),
        ("begin_suppress_tokens", json!(["a"])),
        ("max_new_tokens", json!(-3)),
    ] {
        let copy =
            changed("bart", "generation_config.json", |_| Some(json!({key: value}).to_string().into()));
        let error = SearchOptions::of_folder(copy.path()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Model);
        assert!(error.to_string().contains(key), "{error}");
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

/// Layers as wide as those of flan-T5 base, whose products of gate and values are where rounding could add up. Norms
/// make some dimensions far larger than the others, as they are in trained models.
#[test]
fn gated_layers_of_real_width_keep_closer_in_8_bits() {
    const WIDTH: usize = 768;
    let (heads, dim, feed_forward, vocab) = (12, 64, 2048, 2000);
    let mut file = RandomWeights::new(20_261_125);
    let norm = |file: &mut RandomWeights, name: &str| {
        let weights = file.tensor(&format!("{name}.weight"), &[WIDTH], 0.3, 1.0);
        weights.iter_mut().step_by(97).for_each(|weight| *weight *= 8.0);
    };
    file.tensor("shared.weight", &[vocab, WIDTH], 1.0, 0.0);
    file.matrix("lm_head", vocab, WIDTH, 3.0);
    for side in ["encoder", "decoder"] {
        let bias = format!("{side}.block.0.layer.0.SelfAttention.relative_attention_bias.weight");
        file.tensor(&bias, &[32, heads], 1.0, 0.0);
        norm(&mut file, &format!("{side}.final_layer_norm"));
        for block in 0..2 {
            let parts: &[&str] =
                if side == "encoder" { &["SelfAttention"] } else { &["SelfAttention", "EncDecAttention"] };
            for (place, part) in parts.iter().enumerate() {
                let layer = format!("{side}.block.{block}.layer.{place}");
                norm(&mut file, &format!("{layer}.layer_norm"));
                file.matrix(&format!("{layer}.{part}.q"), heads * dim, WIDTH, 0.06);
                file.matrix(&format!("{layer}.{part}.k"), heads * dim, WIDTH, 1.0);
                file.matrix(&format!("{layer}.{part}.v"), heads * dim, WIDTH, 1.0);
                file.matrix(&format!("{layer}.{part}.o"), WIDTH, heads * dim, 1.0);
            }
            let layer = format!("{side}.block.{block}.layer.{}", parts.len());
            norm(&mut file, &format!("{layer}.layer_norm"));
            file.matrix(&format!("{layer}.DenseReluDense.wi_0"), feed_forward, WIDTH, 1.0);
            file.matrix(&format!("{layer}.DenseReluDense.wi_1"), feed_forward, WIDTH, 1.0);
            file.matrix(&format!("{layer}.DenseReluDense.wo"), WIDTH, feed_forward, 1.0);
        }
    }
    let config = json!({
        "model_type": "t5", "d_model": WIDTH, "d_kv": dim, "num_heads": heads, "d_ff": feed_forward, "num_layers": 2,
        "vocab_size": vocab, "feed_forward_proj": "gated-gelu", "tie_word_embeddings": false,
        "relative_attention_num_buckets": 32, "decoder_start_token_id": 0, "eos_token_id": 1, "pad_token_id": 0,
    });
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    std::fs::write(folder.path().join("model.safetensors"), file.bytes()).unwrap();

    let [exact, rounded] =
        [Precision::F32, Precision::Int8].map(|p| Seq2Seq::load(folder.path(), p, 2).unwrap());
    let source: Vec<u32> = (0..40).map(|i| 3 + i * 37 % 1990).collect();
    let target: Vec<u32> = (0..20).map(|i| i * 61 % 1990).collect();
    let states = [&exact, &rounded].map(|model| model.encode(&[&source]).unwrap().concat());
    let logits = [&exact, &rounded].map(|model| model.logits(&source, &target).unwrap().concat());
    let (states, logits) = (apart(&states[1], &states[0]), apart(&logits[1], &logits[0]));
    println!("states {states:.1e}, logits {logits:.1e}");
    assert!(states < 0.03 && logits < 0.03, "states {states}, logits {logits}");

    let options =
        SearchOptions { beams: 4, max_length: 20, ..SearchOptions::of_folder(folder.path()).unwrap() };
    let sources: Vec<Source> = (1..13).map(|n| Source::from(source[..3 * n].to_vec())).collect();
    let [exact, rounded] = [&exact, &rounded].map(|model| generate(model, &sources, &options));
    let score = |beams: &[Vec<Beam>]| beams.iter().map(|beams| beams[0].score).sum::<f32>();
    let scores = (score(&exact) / score(&rounded) - 1.0).abs();
    println!("scores {scores:.1e} apart");
    assert!(scores < 0.02, "scores {scores} apart");
}

/// All batches' sources in one search, with few places, so that sources wait and take over the places of others.
#[test]
fn outputs_do_not_depend_on_the_sources_beside_them() {
    for name in ["marian", "t5"] {
        let (model, expected) = (load(name, Precision::F32), expected(name));
        let plain: Vec<&Batch> = expected.batches.iter().step_by(6).collect();
        assert!(plain.iter().all(|batch| batch.settings == json!({})));
        let sources: Vec<Source> = plain.iter().flat_map(|batch| batch.sources()).collect();
        for max_rows in [1, 20, 0] {
            let options = SearchOptions { max_rows, ..plain[0].options(&folder(name)) };
            let found = generate(&model, &sources, &options);
            let expected = plain.iter().flat_map(|batch| &batch.beams);
            for (found, expected) in found.iter().zip(expected) {
                assert_eq!(found[0].tokens, expected[0].tokens, "{name}, {max_rows} rows");
            }
        }
    }
}

#[test]
fn outputs_are_the_same_whatever_the_number_of_threads() {
    for name in ["marian", "t5"] {
        let sources: Vec<Source> = expected(name).batches.iter().flat_map(|batch| batch.sources()).collect();
        let options = SearchOptions { n_best: 2, ..SearchOptions::of_folder(&folder(name)).unwrap() };
        for beams in [2, 4] {
            let options = SearchOptions { beams, ..options.clone() };
            let with = |threads| {
                let model = Seq2Seq::load(&folder(name), Precision::Int8, threads).unwrap();
                generate(&model, &sources, &options)
            };
            let alone = with(1);
            assert!(alone.len() > 100);
            for threads in [2, 3] {
                assert_eq!(with(threads), alone, "{name}, {beams} beams, {threads} threads");
            }
        }
    }
}

#[test]
fn a_source_may_have_settings_of_its_own() {
    let model = load("m2m100", Precision::F32);
    let options = SearchOptions::of_folder(&folder("m2m100")).unwrap();
    assert_eq!((options.beams, options.start, options.forced_bos, options.max_length), (4, 2, Some(90), 20));
    let plain = Source::from(vec![5, 8, 13, 2]);
    let own = Source { start: Some(7), forced_bos: Some(33), max_length: Some(6), ..plain.clone() };
    let found = generate(&model, &[plain.clone(), own, plain], &options);
    assert_eq!(found[0], found[2]);
    assert_eq!(found[0][0].tokens[0], 90);
    assert_eq!(found[1][0].tokens[0], 33);
    assert!(found[1][0].tokens.len() <= 5);
}

#[test]
fn drawn_outputs_come_again_with_their_seed() {
    let model = load("bart", Precision::Int8);
    let sources: Vec<Source> = (0..6).map(|_| Source::from(vec![5, 8, 13, 2])).collect();
    let drawn = |seed| {
        let decoding = Decoding::Sample { temperature: 1.5, top_p: 0.95, seed };
        let options = SearchOptions::of_folder(&folder("bart")).unwrap();
        generate(&model, &sources, &SearchOptions { beams: 1, decoding, ..options })
    };
    assert_eq!(drawn(3), drawn(3));
    assert_ne!(drawn(3), drawn(4));
    assert_ne!(drawn(3)[0], drawn(3)[1], "each source has its own");
    assert!(drawn(3).iter().all(|beams| beams[0].tokens[0] == 0 && beams[0].logprob < 0.0));
}

#[test]
fn progress_is_told_and_a_search_can_be_stopped() {
    let model = load("marian", Precision::Int8);
    let options = SearchOptions::of_folder(&folder("marian")).unwrap();
    let sources: Vec<Source> = (3..13).map(|i| Source::from(vec![i, i + 1, 0])).collect();
    let (mut encoded, mut finished, mut steps) = (0, Vec::new(), 0);
    let found = model
        .generate(&sources, &options, &mut |event| {
            match event {
                SearchEvent::Encoded { tokens } => encoded += tokens,
                SearchEvent::Decoded { .. } => steps += 1,
                SearchEvent::Finished { index, beams } => finished.push((index, beams.to_vec())),
            }
            Flow::Continue
        })
        .unwrap();
    finished.sort_by_key(|(index, _)| *index);
    assert_eq!(encoded, 30);
    assert!(steps > 2);
    assert_eq!(finished.into_iter().map(|(_, beams)| beams).collect::<Vec<_>>(), found);
    let error = model.generate(&sources, &options, &mut |_| Flow::Stop).unwrap_err();
    assert!(error.is_interrupted());
}

#[test]
fn what_makes_no_sense_is_refused() {
    let model = load("bart", Precision::F32);
    let options = SearchOptions::of_folder(&folder("bart")).unwrap();
    let refused = |tokens: Vec<u32>, options: &SearchOptions| -> Error {
        model.generate(&[Source::from(tokens)], options, &mut |_| Flow::Continue).unwrap_err()
    };
    let long = refused(vec![5; model.context() + 1], &options);
    assert_eq!(long.kind(), ErrorKind::Input);
    assert!(long.to_string().contains("longer"), "{long}");
    assert!(refused(vec![5, 96], &options).to_string().contains("token 96"));
    refused(vec![], &options);
    let many: Vec<Source> = (0..40).map(|i| vec![5, if i == 23 { 96 } else { 7 }].into()).collect();
    let error = model.generate(&many, &options, &mut |_| Flow::Continue).unwrap_err();
    assert!(error.to_string().contains("token 96"), "not that it was interrupted: {error}");
    let none = SearchOptions { beams: 0, ..options.clone() };
    assert_eq!(refused(vec![5], &none).kind(), ErrorKind::Usage);
    assert_eq!(refused(vec![5], &SearchOptions { n_best: 5, ..options }).kind(), ErrorKind::Usage);
}

/// Copies a fixture, with one file changed.
fn changed(name: &str, file: &str, change: impl FnOnce(Vec<u8>) -> Option<Vec<u8>>) -> tempfile::TempDir {
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

#[test]
fn damaged_folders_are_refused_by_name() {
    let with = |key: &str, value: Value| {
        let key = key.to_string();
        move |bytes: Vec<u8>| {
            let mut config: Value = serde_json::from_slice(&bytes).unwrap();
            config[key] = value;
            Some(serde_json::to_vec(&config).unwrap())
        }
    };
    let refused = |copy: tempfile::TempDir, words: &str| {
        let error = Seq2Seq::load(copy.path(), Precision::Int8, 1).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Model, "{error}");
        assert!(error.to_string().contains(words), "{error}");
    };
    let config = "config.json";
    refused(changed("bart", config, |_| None), "config.json");
    refused(changed("bart", config, |_| Some(b"[]".to_vec())), "JSON object");
    refused(changed("bart", config, with("model_type", "whisper".into())), "whisper");
    refused(changed("bart", config, with("d_model", 64.into())), "shape");
    refused(changed("bart", config, with("d_model", 0.into())), "d_model");
    refused(changed("bart", config, with("encoder_layers", 2.into())), "encoder.layers.1");
    refused(changed("bart", config, with("encoder_layers", 9_999_999_999u64.into())), "encoder_layers");
    refused(changed("bart", config, with("decoder_attention_heads", 5.into())), "decoder_attention_heads");
    refused(changed("bart", config, with("activation_function", "prelu".into())), "prelu");
    refused(changed("t5", config, with("num_heads", 3.into())), "shape");
    refused(changed("t5", config, with("relative_attention_num_buckets", 2.into())), "buckets");
    refused(changed("bart", "model.safetensors", |_| None), "safetensors");
    assert!(Seq2Seq::recognizes(&folder("mt5")));
    assert!(!Seq2Seq::recognizes(Path::new(env!("CARGO_MANIFEST_DIR"))));
}

#[test]
fn weights_that_are_no_numbers_are_said_to_be_damaged() {
    // Half floats of all ones are no numbers.
    let copy = changed("bart", "model.safetensors", |mut bytes| {
        let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize + 8;
        bytes[header..].fill(0xff);
        Some(bytes)
    });
    for precision in [Precision::F32, Precision::Int8] {
        let model = Seq2Seq::load(copy.path(), precision, 1).unwrap();
        let options = SearchOptions::of_folder(copy.path()).unwrap();
        let error =
            model.generate(&[Source::from(vec![5, 2])], &options, &mut |_| Flow::Continue).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Model, "{error}");
        assert!(error.to_string().contains("damaged"), "{error}");
    }
}
