//! The decoder on real weights against the reference numbers in `tests/fixtures/real`.

use std::path::Path;

use diglot::engine::causal::{Decoder, Row};
use diglot::gguf::Gguf;

/// The share of positions whose likeliest next token must be that of transformers.
const REQUIRED: f64 = 0.97;

/// A text and the likeliest next token after each of its tokens, by transformers on the same file.
#[derive(serde::Deserialize)]
struct Reference {
    tokens: Vec<u32>,
    top_1: Vec<u32>,
}

/// Holds a model file against its reference; answers the share of equal positions.
///
/// # Errors
/// Says what went wrong or how many positions differ.
pub fn top_1_agrees(gguf: &Path, reference: &Path) -> Result<f64, String> {
    let json = std::fs::read(reference).map_err(|e| format!("{}: {e}", reference.display()))?;
    let reference: Reference = serde_json::from_slice(&json).map_err(|e| e.to_string())?;
    let ours = top_1(gguf, &reference.tokens).map_err(|e| e.to_string())?;
    if reference.tokens.is_empty() || ours.len() != reference.top_1.len() {
        return Err(format!("{} positions, expected {}", ours.len(), reference.top_1.len()));
    }
    let equal = ours.iter().zip(&reference.top_1).filter(|(a, b)| a == b).count();
    let share = equal as f64 / ours.len() as f64;
    if share < REQUIRED {
        return Err(format!("{equal} of {} positions agree, fewer than {REQUIRED}", ours.len()));
    }
    Ok(share)
}

/// The likeliest next token after each token, read in pieces as the engine does.
fn top_1(gguf: &Path, tokens: &[u32]) -> diglot::Result<Vec<u32>> {
    let decoder = Decoder::load(Gguf::open(gguf)?, 0)?;
    let mut slots = decoder.slots();
    let slot = slots.alloc();
    let mut likeliest = Vec::new();
    let mut logits = Vec::new();
    for tokens in tokens.chunks(32) {
        let hidden = decoder.step(&mut slots, &[Row { slot, tokens, wanted: 0..tokens.len() }])?;
        decoder.head(&hidden, &mut logits)?;
        for logits in logits.chunks_exact(decoder.vocab_size()) {
            let best = (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b]));
            likeliest.extend(best.map(|id| id as u32));
        }
    }
    Ok(likeliest)
}
