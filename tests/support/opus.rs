//! A tiny OPUS-MT repository: the files of a hub snapshot under their real names, with a tokenizer that the Python
//! packages trained and random weights. What it writes is nonsense.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

const WIDTH: usize = 32;
const FEED_FORWARD: usize = 64;
const HEADS: usize = 4;
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
    let mut file = Weights { random: 20_261_124, header: serde_json::Map::new(), data: Vec::new() };
    file.tensor("model.shared.weight", &[VOCAB, WIDTH], 0.3, 0.0);
    // The end is likely enough to come before the greatest length.
    file.tensor("final_logits_bias", &[1, VOCAB], 0.5, 0.0);
    file.data[VOCAB * WIDTH] += 2.5;
    for side in ["encoder", "decoder"] {
        let layer = format!("model.{side}.layers.0");
        let attentions: &[&str] =
            if side == "encoder" { &["self_attn"] } else { &["self_attn", "encoder_attn"] };
        for part in attentions {
            for projection in ["q_proj", "k_proj", "v_proj", "out_proj"] {
                file.linear(&format!("{layer}.{part}.{projection}"), WIDTH, WIDTH);
            }
            file.norm(&format!("{layer}.{part}_layer_norm"));
        }
        file.linear(&format!("{layer}.fc1"), FEED_FORWARD, WIDTH);
        file.linear(&format!("{layer}.fc2"), WIDTH, FEED_FORWARD);
        file.norm(&format!("{layer}.final_layer_norm"));
    }
    let header = Value::Object(file.header).to_string();
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    bytes.extend(file.data.iter().flat_map(|x| x.to_le_bytes()));
    bytes
}

struct Weights {
    random: u64,
    header: serde_json::Map<String, Value>,
    data: Vec<f32>,
}

impl Weights {
    fn linear(&mut self, name: &str, rows: usize, cols: usize) {
        self.tensor(&format!("{name}.weight"), &[rows, cols], 1.5 / (cols as f32).sqrt(), 0.0);
        self.tensor(&format!("{name}.bias"), &[rows], 0.1, 0.0);
    }

    fn norm(&mut self, name: &str) {
        self.tensor(&format!("{name}.weight"), &[WIDTH], 0.2, 1.0);
        self.tensor(&format!("{name}.bias"), &[WIDTH], 0.1, 0.0);
    }

    /// Numbers spread evenly around `middle`.
    fn tensor(&mut self, name: &str, shape: &[usize], spread: f32, middle: f32) {
        let start = self.data.len() * 4;
        for _ in 0..shape.iter().product() {
            // Knuth's linear congruential generator (MMIX).
            self.random =
                self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let unit = (self.random >> 40) as f32 / (1 << 24) as f32;
            self.data.push(middle + spread * (2.0 * unit - 1.0) * 1.7);
        }
        let offsets = [start, self.data.len() * 4];
        self.header.insert(name.into(), json!({"dtype": "F32", "shape": shape, "data_offsets": offsets}));
    }
}
