//! A tiny BART repository, laid out as `opus` is, with random weights. What it writes is nonsense.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::opus::random_weights::RandomWeights;
use crate::opus::{FEED_FORWARD, HEADS, WIDTH, layers, norm};

/// The tokens of the tokenizer in `tests/fixtures/tokenizers/families/bart`.
const VOCAB: usize = 600;
const POSITIONS: usize = 256;

/// Writes the repository into `folder`, which is made.
pub fn write(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tokenizers/families/bart");
    for name in ["vocab.json", "merges.txt"] {
        fs::copy(fixtures.join(name), folder.join(name)).unwrap();
    }
    let config = json!({
        "model_type": "bart",
        "vocab_size": VOCAB,
        "d_model": WIDTH,
        "encoder_layers": 1,
        "decoder_layers": 1,
        "encoder_attention_heads": HEADS,
        "decoder_attention_heads": HEADS,
        "encoder_ffn_dim": FEED_FORWARD,
        "decoder_ffn_dim": FEED_FORWARD,
        "max_position_embeddings": POSITIONS,
        "activation_function": "gelu",
        "bos_token_id": 0,
        "pad_token_id": 1,
        "eos_token_id": 2,
        "decoder_start_token_id": 2,
        "forced_bos_token_id": 0,
        "forced_eos_token_id": 2,
        "num_beams": 4,
        "length_penalty": 2.0,
        "early_stopping": true,
        "min_length": 8,
        "max_length": 40,
        "no_repeat_ngram_size": 3,
    });
    fs::write(folder.join("config.json"), config.to_string()).unwrap();
    fs::write(folder.join("model.safetensors"), weights()).unwrap();
}

/// The weights as a safetensors file.
fn weights() -> Vec<u8> {
    let mut file = RandomWeights::new(20_261_125);
    file.tensor("model.shared.weight", &[VOCAB, WIDTH], 0.6, 0.0);
    // The end is likely enough to come before the greatest length.
    file.tensor("final_logits_bias", &[1, VOCAB], 0.5, 0.0)[2] += 4.0;
    for side in ["encoder", "decoder"] {
        // Two rows stand before the first position.
        file.tensor(&format!("model.{side}.embed_positions.weight"), &[POSITIONS + 2, WIDTH], 0.5, 0.0);
        norm(&mut file, &format!("model.{side}.layernorm_embedding"));
    }
    layers(&mut file);
    file.bytes()
}
