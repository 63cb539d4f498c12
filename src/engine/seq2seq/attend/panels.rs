//! The keys and values of sources, laid out for the products of attention.

use std::ops::Range;
use std::sync::Arc;

use super::Heads;
use crate::engine::kernels::Pool;
use crate::engine::ops::{self, Bf16, Number, matmul};

/// Positions of a key panel are filled up to a multiple of this.
const LANES: usize = 16;

/// What a decoder keeps of a source: keys and values for each of its layers.
#[derive(Clone, Debug)]
pub(crate) struct Memory(pub(crate) Arc<Vec<Panels>>);

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

/// The keys and values of one source, in the order in which products read them: for each head keys as
/// `[dim, padded]`, then values as `[padded, dim]`, filled up with zeros.
#[derive(Debug)]
pub(crate) struct Panels {
    len: usize,
    padded: usize,
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
    pub(super) fn new(keys: &[f32], values: &[f32], heads: Heads, some: Range<usize>, halved: bool) -> Self {
        let len = keys.len() / (heads.count * heads.dim);
        let padded = len.next_multiple_of(LANES);
        let data = match halved {
            true => Data::Halved(laid_out(keys, values, heads, some, padded)),
            false => Data::Whole(laid_out(keys, values, heads, some, padded)),
        };
        Self { len, padded, dim: heads.dim, data }
    }

    /// `c += a b` for `b` of `[k, n]`, which is part of the panels.
    fn product(&self, a: &[f32], k: usize, b: Range<usize>, n: usize, c: &mut [f32]) {
        match &self.data {
            Data::Whole(data) => matmul(a, k, &data[b], n, c),
            Data::Halved(data) => matmul(a, k, &data[b], n, c),
        }
    }

    /// Attention of `queries`, `[m, dim]` and scaled, of one head; `bias` gives what is added to the scores of a
    /// query, if anything. `out` is `[m, dim]` and zero.
    pub(super) fn attend<'b>(
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
