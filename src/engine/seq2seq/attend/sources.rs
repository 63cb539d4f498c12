//! Attention to whole sources: of their own tokens, and of decoder rows.

use super::Heads;
use super::panels::Panels;
use crate::engine::kernels::Pool;
use crate::engine::ops;

/// Queries of this many tokens are worked on together.
const CHUNK: usize = 64;

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
                for head in 0..heads.count {
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

#[cfg(test)]
mod tests {
    use super::super::definition::{HEADS, WIDTH, assert_within, definition};
    use super::super::panels::panels;
    use super::*;
    use crate::engine::noise::noise;

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
                    assert_within(1e-5, &out[at..at + WIDTH], &expected);
                }
                first += len;
            }
        }
    }

    #[test]
    fn rows_attend_to_their_own_source() {
        for (halved, tolerance) in [(false, 1e-5), (true, 0.01)] {
            let pool = Pool::new(2);
            let lengths = [3, 33];
            let [k, v] = [1, 2].map(|seed| noise(seed, 36 * WIDTH));
            let made = panels(HEADS, &lengths, &k, &v, halved, &pool);
            let queries = noise(3, 5 * WIDTH);
            let mut out = vec![0.0; queries.len()];
            to_sources(HEADS, &[(4, &made[0]), (1, &made[1])], &queries, &mut out, &pool);
            for row in 0..5 {
                let source = if row < 4 { 0..3 * WIDTH } else { 3 * WIDTH..36 * WIDTH };
                let query = &queries[row * WIDTH..];
                let expected = definition(query, &k[source.clone()], &v[source], |_, _| 0.0);
                assert_within(tolerance, &out[row * WIDTH..][..WIDTH], &expected);
            }
        }
    }
}
