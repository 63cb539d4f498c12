//! A tiny OPUS-MT repository: the files of a hub snapshot under their real names, with a tokenizer that the Python
//! packages trained and random weights. What it writes is nonsense.

use std::fs;
use std::path::Path;

use serde_json::json;

#[path = "random_weights.rs"]
pub mod random_weights;

use random_weights::RandomWeights;

pub const WIDTH: usize = 32;
pub const FEED_FORWARD: usize = 64;
pub const HEADS: usize = 4;
/// The tokens of the tokenizer in `tests/fixtures/tokenizers/families/marian`.
const VOCAB: usize = 768;

/// Every file of the repository.
pub const FILES: [&str; 7] = [
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "source.spm",
    "target.spm",
    "tokenizer_config.json",
    "vocab.json",
];

/// Writes the repository into `folder`, which is made.
pub fn write(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tokenizers");
    for (from, to) in [
        ("families/marian/vocab.json", "vocab.json"),
        ("families/marian/tokenizer_config.json", "tokenizer_config.json"),
        ("spm/unigram-nmt_nfkc.model", "source.spm"),
        ("spm/unigram-identity.model", "target.spm"),
    ] {
        fs::copy(fixtures.join(from), folder.join(to)).unwrap();
    }
    let pad = VOCAB - 1;
    let config = json!({
        "architectures": ["MarianMTModel"],
        "model_type": "marian",
        "vocab_size": VOCAB,
        "d_model": WIDTH,
        "encoder_layers": 1,
        "decoder_layers": 1,
        "encoder_attention_heads": HEADS,
        "decoder_attention_heads": HEADS,
        "encoder_ffn_dim": FEED_FORWARD,
        "decoder_ffn_dim": FEED_FORWARD,
        "max_position_embeddings": 256,
        "activation_function": "swish",
        "scale_embedding": true,
        "decoder_start_token_id": pad,
        "eos_token_id": 0,
        "pad_token_id": pad,
    });
    let generation = json!({
        "bad_words_ids": [[pad]],
        "decoder_start_token_id": pad,
        "eos_token_id": 0,
        "forced_eos_token_id": 0,
        "max_length": 256,
        "num_beams": 3,
        "pad_token_id": pad,
    });
    fs::write(folder.join("config.json"), config.to_string()).unwrap();
    fs::write(folder.join("generation_config.json"), generation.to_string()).unwrap();
    fs::write(folder.join("model.safetensors"), weights()).unwrap();
}

/// The weights as a safetensors file.
fn weights() -> Vec<u8> {
    let mut file = RandomWeights::new(20_261_124);
    file.tensor("model.shared.weight", &[VOCAB, WIDTH], 0.3, 0.0);
    // The end is likely enough to come before the greatest length.
    file.tensor("final_logits_bias", &[1, VOCAB], 0.5, 0.0)[0] += 2.5;
    layers(&mut file);
    file.bytes()
}

/// Adds one layer of the encoder and one of the decoder.
pub fn layers(file: &mut RandomWeights) {
    for side in ["encoder", "decoder"] {
        let layer = format!("model.{side}.layers.0");
        let attentions: &[&str] =
            if side == "encoder" { &["self_attn"] } else { &["self_attn", "encoder_attn"] };
        for part in attentions {
            for projection in ["q_proj", "k_proj", "v_proj", "out_proj"] {
                linear(file, &format!("{layer}.{part}.{projection}"), WIDTH, WIDTH);
            }
            norm(file, &format!("{layer}.{part}_layer_norm"));
        }
        linear(file, &format!("{layer}.fc1"), FEED_FORWARD, WIDTH);
        linear(file, &format!("{layer}.fc2"), WIDTH, FEED_FORWARD);
        norm(file, &format!("{layer}.final_layer_norm"));
    }
}

fn linear(file: &mut RandomWeights, name: &str, rows: usize, cols: usize) {
    file.matrix(name, rows, cols, 1.5);
    file.tensor(&format!("{name}.bias"), &[rows], 0.1, 0.0);
}

/// Adds a layer norm.
pub fn norm(file: &mut RandomWeights, name: &str) {
    file.tensor(&format!("{name}.weight"), &[WIDTH], 0.2, 1.0);
    file.tensor(&format!("{name}.bias"), &[WIDTH], 0.1, 0.0);
}
