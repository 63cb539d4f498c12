//! States and logits beside those of transformers, with weights in each precision.

use diglot::engine::search::{Beam, SearchOptions, Source};
use diglot::engine::seq2seq::{Precision, Seq2Seq};
use serde_json::json;

use super::models::{MODELS, apart, expected, folder, generate, load};
use super::random_weights::RandomWeights;

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
