//! Attention of an encoder-decoder: of whole sources to themselves, of decoder rows to their source, and of decoder
//! rows to what they wrote before. Sources have their own lengths, so nothing is padded and nothing masked.

use std::ops::Range;
use std::sync::Arc;

use crate::engine::attention::{multiply, multiply_bf16};
use crate::engine::kernels::{Pool, fetch};
use crate::engine::ops::{self, Bf16, Number, multiply_add, simd};

use super::tree::{Nodes, NodesOf, Tree};

/// The heads of a layer's attention.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Heads {
    pub(crate) count: usize,
    /// Dimensions of a head.
    pub(crate) dim: usize,
    /// What scores are multiplied by.
    pub(crate) scale: f32,
}

/// Positions of a key panel are filled up to a multiple of this.
const LANES: usize = 16;
/// Queries of this many tokens are worked on together.
const CHUNK: usize = 64;

/// The keys and values of one source, in the order in which products read them: for each head keys as
/// `[dim, padded]`, then values as `[padded, dim]`, filled up with zeros.
#[derive(Debug)]
pub(crate) struct Panels {
    len: usize,
    padded: usize,
    heads: usize,
    dim: usize,
    data: Data,
}

/// Panels by the numbers that they hold.
#[derive(Debug)]
enum Data {
    Whole(Vec<f32>),
    Halved(Vec<Bf16>),
}

impl Panels {
    /// Takes keys and values of `[tokens, heads * dim]`, of the given heads only, and keeps them in 16 bits or as they
    /// are.
    fn new(keys: &[f32], values: &[f32], heads: Heads, some: Range<usize>, halved: bool) -> Self {
        let len = keys.len() / (heads.count * heads.dim);
        let padded = len.next_multiple_of(LANES);
        let data = match halved {
            true => Data::Halved(laid_out(keys, values, heads, some.clone(), padded)),
            false => Data::Whole(laid_out(keys, values, heads, some.clone(), padded)),
        };
        Self { len, padded, heads: some.len(), dim: heads.dim, data }
    }

    /// `c += a b` for `b` of `[k, n]`, which is part of the panels.
    fn product(&self, a: &[f32], k: usize, b: Range<usize>, n: usize, c: &mut [f32]) {
        match &self.data {
            Data::Whole(data) => multiply(a, k, &data[b], n, c),
            Data::Halved(data) => multiply_bf16(a, k, &data[b], n, c),
        }
    }

    /// Attention of `queries`, `[m, dim]` and scaled, of one head; `bias` gives what is added to the scores of a
    /// query, if anything. `out` is `[m, dim]` and zero.
    fn attend<'b>(
        &self,
        head: usize,
        queries: &[f32],
        bias: impl Fn(usize) -> Option<&'b [f32]>,
        scores: &mut Vec<f32>,
        out: &mut [f32],
    ) {
        let half = self.dim * self.padded;
        let (keys, values) =
            (2 * head * half..(2 * head + 1) * half, (2 * head + 1) * half..2 * (head + 1) * half);
        scores.clear();
        scores.resize(queries.len() / self.dim * self.padded, 0.0);
        self.product(queries, self.dim, keys, self.padded, scores);
        for (query, scores) in scores.chunks_exact_mut(self.padded).enumerate() {
            let (scores, rest) = scores.split_at_mut(self.len);
            if let Some(bias) = bias(query) {
                ops::add(scores, bias);
            }
            ops::softmax(scores);
            rest.fill(0.0);
        }
        self.product(scores, self.padded, values, self.dim, out);
    }
}

/// Keys and values of `[tokens, heads * dim]` as [`Panels`] have them.
fn laid_out<T: Number>(
    keys: &[f32],
    values: &[f32],
    heads: Heads,
    some: Range<usize>,
    padded: usize,
) -> Vec<T> {
    let width = heads.count * heads.dim;
    let half = heads.dim * padded;
    let mut data = vec![T::default(); some.len() * 2 * half];
    for (panel, head) in data.chunks_exact_mut(2 * half).zip(some) {
        let (key_panel, value_panel) = panel.split_at_mut(half);
        let rows = keys.chunks_exact(width).zip(values.chunks_exact(width)).enumerate();
        for (position, (key, value)) in rows {
            let head = head * heads.dim..(head + 1) * heads.dim;
            for (column, key) in key_panel.chunks_exact_mut(padded).zip(&key[head.clone()]) {
                column[position] = T::from_f32(*key);
            }
            let values = value_panel[position * heads.dim..].iter_mut().zip(&value[head]);
            values.for_each(|(to, value)| *to = T::from_f32(*value));
        }
    }
    data
}

/// Every token of each source attends to every token of its source. `queries`, `keys`, `values` and `out` are
/// `[tokens, heads * dim]`, the tokens of all sources in order. `bias`, for each head, is what is added to the
/// score of a key at a distance: `bias[longest - 1 + key - query]` with `longest` the longest source.
pub(crate) fn within_sources(
    heads: Heads,
    lengths: &[usize],
    [queries, keys, values]: [&[f32]; 3],
    bias: Option<&[Vec<f32>]>,
    out: &mut [f32],
    pool: &Pool,
) {
    struct Task {
        first: usize,
        len: usize,
        head: usize,
        out: Vec<f32>,
    }
    let width = heads.count * heads.dim;
    let longest = lengths.iter().copied().max().unwrap_or(0);
    let mut tasks = Vec::new();
    let mut first = 0;
    for &len in lengths {
        tasks.extend((0..heads.count).map(|head| Task { first, len, head, out: Vec::new() }));
        first += len;
    }
    pool.for_each_chunk(&mut tasks, 1, |_, tasks| {
        for Task { first, len, head, out } in tasks {
            let rows = *first * width..(*first + *len) * width;
            let panels =
                Panels::new(&keys[rows.clone()], &values[rows.clone()], heads, *head..*head + 1, false);
            let bias = bias.and_then(|bias| bias.get(*head));
            let queries = gather(&queries[rows], heads, *head);
            out.resize(queries.len(), 0.0);
            let mut scores = Vec::new();
            let chunks = queries.chunks(CHUNK * heads.dim).zip(out.chunks_mut(CHUNK * heads.dim));
            for (chunk, (queries, out)) in chunks.enumerate() {
                let bias =
                    |query: usize| bias.map(|bias| &bias[longest - 1 - (chunk * CHUNK + query)..][..*len]);
                panels.attend(0, queries, bias, &mut scores, out);
            }
        }
    });
    for task in &tasks {
        scatter(&task.out, heads, task.head, &mut out[task.first * width..][..task.len * width]);
    }
}

/// The scaled queries of one head, `[tokens, dim]`.
fn gather(queries: &[f32], heads: Heads, head: usize) -> Vec<f32> {
    let rows = queries.chunks_exact(heads.count * heads.dim);
    rows.flat_map(|row| row[head * heads.dim..][..heads.dim].iter().map(|q| q * heads.scale)).collect()
}

fn scatter(from: &[f32], heads: Heads, head: usize, to: &mut [f32]) {
    let rows = to.chunks_exact_mut(heads.count * heads.dim);
    for (row, from) in rows.zip(from.chunks_exact(heads.dim)) {
        row[head * heads.dim..][..heads.dim].copy_from_slice(from);
    }
}

/// The keys and values that decoder rows attend to, for each source: `keys` and `values` are
/// `[tokens, heads * dim]`, the tokens of all sources in order. They are kept in 16 bits or as they are.
pub(crate) fn panels(
    heads: Heads,
    lengths: &[usize],
    keys: &[f32],
    values: &[f32],
    halved: bool,
    pool: &Pool,
) -> Vec<Panels> {
    let width = heads.count * heads.dim;
    let mut first = 0;
    let mut made: Vec<(usize, usize, Option<Panels>)> = Vec::with_capacity(lengths.len());
    for &len in lengths {
        made.push((first, len, None));
        first += len;
    }
    pool.for_each_chunk(&mut made, 1, |_, made| {
        for (first, len, panels) in made {
            let rows = *first * width..(*first + *len) * width;
            *panels = Some(Panels::new(&keys[rows.clone()], &values[rows], heads, 0..heads.count, halved));
        }
    });
    made.into_iter().filter_map(|(_, _, panels)| panels).collect()
}

/// Decoder rows attend to their sources: `groups` names for each source how many rows follow that belong to it.
/// `queries` and `out` are `[rows, heads * dim]`.
pub(crate) fn to_sources(
    heads: Heads,
    groups: &[(usize, &Panels)],
    queries: &[f32],
    out: &mut [f32],
    pool: &Pool,
) {
    let width = heads.count * heads.dim;
    let mut tasks = Vec::with_capacity(groups.len());
    let (mut queries, mut out) = (queries, out);
    for (count, panels) in groups {
        let (query, rest) = queries.split_at(count * width);
        let (own, after) = out.split_at_mut(count * width);
        tasks.push((*panels, query, own));
        (queries, out) = (rest, after);
    }
    let at_once = tasks.len().div_ceil(4 * pool.threads()).max(1);
    pool.for_each_chunk(&mut tasks, at_once, |_, tasks| {
        let (mut scores, mut scaled) = (Vec::new(), Vec::new());
        for (panels, queries, out) in tasks {
            if queries.len() > width {
                for head in 0..panels.heads {
                    let queries = gather(queries, heads, head);
                    let mut result = vec![0.0; queries.len()];
                    panels.attend(head, &queries, |_| None, &mut scores, &mut result);
                    scatter(&result, heads, head, out);
                }
            } else {
                // The heads of one row lie as they are needed.
                scaled.resize(queries.len(), 0.0);
                ops::scaled(queries, heads.scale, &mut scaled);
                out.fill(0.0);
                let of_heads = scaled.chunks_exact(heads.dim).zip(out.chunks_exact_mut(heads.dim));
                for (head, (query, out)) in of_heads.enumerate() {
                    panels.attend(head, query, |_| None, &mut scores, out);
                }
            }
        }
    });
}

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
        Nodes::Whole(nodes) => {
            along_paths(heads, layer, (nodes, paths), (score_path, mix_path), queries, bias, out, pool);
        }
        Nodes::Halved(nodes) => {
            along_paths(heads, layer, (nodes, paths), (score_halved, mix_halved), queries, bias, out, pool);
        }
    }
}

/// Writes the scaled products of each head of a query with each of some keys to `[heads, keys]`.
type Score<T> = fn(&[f32], &[&[T]], usize, f32, &mut [f32]);
/// Writes the sum of values by the weights of each head, `[heads, values]`.
type Mix<T> = fn(&[f32], &[&[T]], usize, &mut [f32]);

/// [`to_paths`], for one kind of numbers.
#[allow(clippy::too_many_arguments)]
fn along_paths<T: Number>(
    heads: Heads,
    layer: usize,
    (nodes, paths): (&NodesOf<T>, &[&[u32]]),
    (score, mix): (Score<T>, Mix<T>),
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
    fn score_path(query: &[f32], keys: &[&[f32]], dim: usize, scale: f32, scores: &mut [f32]) {
        score_keys::<FMA, f32>(query, keys, dim, scale, scores);
    }
}

simd! {
    fn score_halved(query: &[f32], keys: &[&[Bf16]], dim: usize, scale: f32, scores: &mut [f32]) {
        score_keys::<FMA, Bf16>(query, keys, dim, scale, scores);
    }
}

#[inline(always)]
fn score_keys<const FMA: bool, T: Number>(
    query: &[f32],
    keys: &[&[T]],
    dim: usize,
    scale: f32,
    scores: &mut [f32],
) {
    for (position, key) in keys.iter().enumerate() {
        let heads = query.chunks_exact(dim).zip(key.chunks_exact(dim));
        for (head, (query, key)) in heads.enumerate() {
            scores[head * keys.len() + position] = dot::<FMA, T>(query, key) * scale;
        }
    }
}

simd! {
    fn mix_path(weights: &[f32], values: &[&[f32]], dim: usize, out: &mut [f32]) {
        mix_values::<FMA, f32>(weights, values, dim, out);
    }
}

simd! {
    fn mix_halved(weights: &[f32], values: &[&[Bf16]], dim: usize, out: &mut [f32]) {
        mix_values::<FMA, Bf16>(weights, values, dim, out);
    }
}

#[inline(always)]
fn mix_values<const FMA: bool, T: Number>(weights: &[f32], values: &[&[T]], dim: usize, out: &mut [f32]) {
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

/// What a decoder keeps of a source: keys and values for each of its layers.
#[derive(Clone, Debug)]
pub(crate) struct Memory(pub(crate) Arc<Vec<Panels>>);

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(seed: usize, len: usize) -> Vec<f32> {
        (0..len).map(|i| ((i * 7919 + seed * 104_729) as f32 * 0.37).sin()).collect()
    }

    const HEADS: Heads = Heads { count: 3, dim: 20, scale: 0.4 };
    const WIDTH: usize = HEADS.count * HEADS.dim;

    /// Attention of one query by the definition, in `f64`. `bias` is asked with head and key.
    fn definition(
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

    fn assert_close(out: &[f32], expected: &[f64]) {
        assert_within(1e-5, out, expected);
    }

    fn assert_within(tolerance: f64, out: &[f32], expected: &[f64]) {
        assert_eq!(out.len(), expected.len());
        out.iter().zip(expected).for_each(|(a, b)| assert!((*a as f64 - b).abs() < tolerance, "{a} {b}"));
    }

    #[test]
    fn sources_of_any_length_attend_to_themselves_alone() {
        let lengths = [1, 16, 70, 5];
        let tokens: usize = lengths.iter().sum();
        let [q, k, v] = [1, 2, 3].map(|seed| noise(seed, tokens * WIDTH));
        let bias: Vec<Vec<f32>> = (0..HEADS.count).map(|head| noise(head, 139)).collect();
        for bias in [None, Some(&bias[..])] {
            let mut out = vec![0.0; q.len()];
            within_sources(HEADS, &lengths, [&q, &k, &v], bias, &mut out, &Pool::new(2));
            let mut first = 0;
            for len in lengths {
                let rows = first * WIDTH..(first + len) * WIDTH;
                for i in 0..len {
                    let bias = |head: usize, key: usize| bias.map_or(0.0, |bias| bias[head][69 + key - i]);
                    let at = (first + i) * WIDTH;
                    let expected = definition(&q[at..at + WIDTH], &k[rows.clone()], &v[rows.clone()], bias);
                    assert_close(&out[at..at + WIDTH], &expected);
                }
                first += len;
            }
        }
    }

    #[test]
    fn rows_attend_to_their_own_source_and_their_own_path() {
        rows_attend(false, 1e-5);
        rows_attend(true, 0.01);
    }

    fn rows_attend(halved: bool, tolerance: f64) {
        let pool = Pool::new(2);
        let lengths = [3, 33];
        let [k, v] = [1, 2].map(|seed| noise(seed, 36 * WIDTH));
        let made = panels(HEADS, &lengths, &k, &v, halved, &pool);
        let queries = noise(3, 5 * WIDTH);
        let mut out = vec![0.0; queries.len()];
        to_sources(HEADS, &[(4, &made[0]), (1, &made[1])], &queries, &mut out, &pool);
        for row in 0..5 {
            let source = if row < 4 { 0..3 * WIDTH } else { 3 * WIDTH..36 * WIDTH };
            let expected = definition(&queries[row * WIDTH..], &k[source.clone()], &v[source], |_, _| 0.0);
            assert_within(tolerance, &out[row * WIDTH..][..WIDTH], &expected);
        }

        let mut tree = Tree::new(2, WIDTH, halved);
        let nodes: Vec<u32> = (0..6).map(|_| tree.grow()).collect();
        for (i, node) in nodes.iter().enumerate() {
            tree.write(*node, 1, &k[i * WIDTH..][..WIDTH], &v[i * WIDTH..][..WIDTH]);
        }
        let paths: [&[u32]; 2] = [&[nodes[0], nodes[4], nodes[2]], &[nodes[0], nodes[5]]];
        let bias: Vec<Vec<f32>> = (0..HEADS.count).map(|head| noise(head, 3)).collect();
        let mut out = vec![0.0; 2 * WIDTH];
        to_paths(HEADS, 1, (&tree, &paths), &queries[..2 * WIDTH], Some(&bias), &mut out, &pool);
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
