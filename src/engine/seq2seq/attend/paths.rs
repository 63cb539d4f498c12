//! Attention of decoder rows to what they wrote, which forms paths through a tree.

use super::super::tree::{Nodes, NodesOf, Tree};
use super::Heads;
use crate::engine::kernels::{Pool, fetch};
use crate::engine::ops::{self, Number, multiply_add, simd};

/// Decoder rows attend to what they wrote: each to the nodes of its path in `tree`, its own the last. `bias`, for
/// each head, is what is added to the score of a key so many positions back. `queries` and `out` are
/// `[rows, heads * dim]`.
pub(crate) fn to_paths(
    heads: Heads,
    layer: usize,
    (tree, paths): (&Tree, &[&[u32]]),
    queries: &[f32],
    bias: Option<&[Vec<f32>]>,
    out: &mut [f32],
    pool: &Pool,
) {
    match &tree.nodes {
        Nodes::Whole(nodes) => along_paths(heads, layer, (nodes, paths), queries, bias, out, pool),
        Nodes::Halved(nodes) => along_paths(heads, layer, (nodes, paths), queries, bias, out, pool),
    }
}

/// [`to_paths`], for one kind of numbers.
fn along_paths<T: Number>(
    heads: Heads,
    layer: usize,
    (nodes, paths): (&NodesOf<T>, &[&[u32]]),
    queries: &[f32],
    bias: Option<&[Vec<f32>]>,
    out: &mut [f32],
    pool: &Pool,
) {
    let width = heads.count * heads.dim;
    let at_once = paths.len().div_ceil(4 * pool.threads()).max(1);
    pool.for_each_chunk(out, at_once * width, |chunk, out| {
        let first = chunk * at_once;
        let mut scores = Vec::new();
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        let rows = out.chunks_exact_mut(width).zip(queries[first * width..].chunks_exact(width));
        for (row, ((out, query), path)) in rows.zip(&paths[first..]).enumerate() {
            // Nodes lie anywhere, so the next row's are fetched while this one's are worked on.
            for node in paths.get(first + row + 1).into_iter().copied().flatten() {
                fetch(nodes.node(*node, layer).0);
            }
            keys.clear();
            values.clear();
            for (key, value) in path.iter().map(|node| nodes.node(*node, layer)) {
                keys.push(key);
                values.push(value);
            }
            scores.clear();
            scores.resize(heads.count * path.len(), 0.0);
            score(query, &keys, heads.dim, heads.scale, &mut scores);
            for (head, scores) in scores.chunks_exact_mut(path.len()).enumerate() {
                if let Some(bias) = bias.and_then(|bias| bias.get(head)) {
                    scores.iter_mut().rev().zip(bias).for_each(|(score, bias)| *score += bias);
                }
                ops::softmax(scores);
            }
            mix(&scores, &values, heads.dim, out);
        }
    });
}

simd! {
    /// Writes the scaled products of each head of a query with each of some keys to `[heads, keys]`.
    fn score<T: Number>(query: &[f32], keys: &[&[T]], dim: usize, scale: f32, scores: &mut [f32]) {
        for (position, key) in keys.iter().enumerate() {
            let heads = query.chunks_exact(dim).zip(key.chunks_exact(dim));
            for (head, (query, key)) in heads.enumerate() {
                scores[head * keys.len() + position] = dot::<FMA, T>(query, key) * scale;
            }
        }
    }
}

simd! {
    /// Writes the sum of values by the weights of each head, `[heads, values]`.
    fn mix<T: Number>(weights: &[f32], values: &[&[T]], dim: usize, out: &mut [f32]) {
        out.fill(0.0);
        for (position, value) in values.iter().enumerate() {
            let heads = out.chunks_exact_mut(dim).zip(value.chunks_exact(dim));
            for (head, (out, value)) in heads.enumerate() {
                let weight = weights[head * values.len() + position];
                for (out, value) in out.iter_mut().zip(value) {
                    *out = multiply_add::<FMA>(weight, value.to_f32(), *out);
                }
            }
        }
    }
}

#[inline(always)]
fn dot<const FMA: bool, T: Number>(a: &[f32], b: &[T]) -> f32 {
    let mut sums = [0f32; 16];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<16>(), b.as_chunks::<16>());
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum = multiply_add::<FMA>(*a, b.to_f32(), *sum);
        }
    }
    // Halves onto halves, which stays in vectors.
    for half in [8, 4, 2, 1] {
        let (low, high) = sums.split_at_mut(half);
        low.iter_mut().zip(high).for_each(|(a, b)| *a += *b);
    }
    sums[0] + a_rest.iter().zip(b_rest).map(|(a, b)| a * b.to_f32()).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::super::definition::{HEADS, WIDTH, assert_within, definition};
    use super::*;
    use crate::engine::noise::noise;

    #[test]
    fn rows_attend_to_their_own_path() {
        for (halved, tolerance) in [(false, 1e-5), (true, 0.01)] {
            let [k, v] = [1, 2].map(|seed| noise(seed, 6 * WIDTH));
            let queries = noise(3, 2 * WIDTH);
            let mut tree = Tree::new(2, WIDTH, halved);
            let nodes: Vec<u32> = (0..6).map(|_| tree.grow()).collect();
            for (i, node) in nodes.iter().enumerate() {
                tree.write(*node, 1, &k[i * WIDTH..][..WIDTH], &v[i * WIDTH..][..WIDTH]);
            }
            let paths: [&[u32]; 2] = [&[nodes[0], nodes[4], nodes[2]], &[nodes[0], nodes[5]]];
            let bias: Vec<Vec<f32>> = (0..HEADS.count).map(|head| noise(head, 3)).collect();
            let mut out = vec![0.0; 2 * WIDTH];
            to_paths(HEADS, 1, (&tree, &paths), &queries, Some(&bias), &mut out, &Pool::new(2));
            for (row, path) in paths.iter().enumerate() {
                let pick = |x: &[f32]| -> Vec<f32> {
                    path.iter().flat_map(|n| x[*n as usize * WIDTH..][..WIDTH].to_vec()).collect()
                };
                let bias = |head: usize, key: usize| bias[head][path.len() - 1 - key];
                let expected = definition(&queries[row * WIDTH..], &pick(&k), &pick(&v), bias);
                assert_within(tolerance, &out[row * WIDTH..][..WIDTH], &expected);
            }
        }
    }
}
