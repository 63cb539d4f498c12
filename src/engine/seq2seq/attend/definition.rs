//! What attention is, for the tests.

use super::Heads;

pub(super) const HEADS: Heads = Heads { count: 3, dim: 20, scale: 0.4 };
pub(super) const WIDTH: usize = HEADS.count * HEADS.dim;

/// Attention of one query by the definition, in `f64`. `bias` is asked with head and key.
pub(super) fn definition(
    query: &[f32],
    keys: &[f32],
    values: &[f32],
    bias: impl Fn(usize, usize) -> f32,
) -> Vec<f64> {
    let len = keys.len() / WIDTH;
    let mut out = Vec::new();
    for head in 0..HEADS.count {
        let at = |position: usize, d: usize| position * WIDTH + head * HEADS.dim + d;
        let weights: Vec<f64> = (0..len)
            .map(|p| {
                let dot: f64 = (0..HEADS.dim).map(|d| (query[at(0, d)] * keys[at(p, d)]) as f64).sum();
                (dot * HEADS.scale as f64 + bias(head, p) as f64).exp()
            })
            .collect();
        let sum: f64 = weights.iter().sum();
        for d in 0..HEADS.dim {
            out.push((0..len).map(|p| weights[p] / sum * values[at(p, d)] as f64).sum());
        }
    }
    out
}

/// Says where `out` is farther than `tolerance` from what is expected.
pub(super) fn assert_within(tolerance: f64, out: &[f32], expected: &[f64]) {
    assert_eq!(out.len(), expected.len());
    out.iter().zip(expected).for_each(|(a, b)| assert!((*a as f64 - b).abs() < tolerance, "{a} {b}"));
}
