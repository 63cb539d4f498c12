//! The seam between model code and attention: causal grouped-query attention of new positions over the
//! pages of their slots, one pass with a running softmax (Milakov and Gimelshein 2018).

use crate::engine::kernels::Pool;
use crate::engine::ops::{self, matmul};
use crate::engine::slots::{HeadPages, PAGE, SlotId, Slots};
use crate::error::Result;

/// The form of a layer's attention.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attention {
    /// Query heads.
    pub(crate) heads: usize,
    /// Key and value heads; a divisor of `heads`.
    pub(crate) kv_heads: usize,
    /// Dimensions of a head.
    pub(crate) head_dim: usize,
    /// What scores are multiplied by.
    pub(crate) scale: f32,
    /// How many positions a query sees, itself included; all when there is none.
    pub(crate) window: Option<usize>,
}

/// New positions of one slot, already written to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) slot: SlotId,
    /// The position of the first new token.
    pub(crate) start: usize,
    /// How many new tokens there are.
    pub(crate) count: usize,
}

/// Queries of this many tokens are worked on together; a multiple of the tile below fills it.
const CHUNK: usize = 16;
/// Below this many multiplications a second thread costs more than it saves.
const PARALLEL_FROM: usize = 1 << 20;

/// Some tokens of one span, for one key head and the query heads that share it.
struct Task<'a> {
    pages: HeadPages<'a>,
    kv_head: usize,
    /// The first token's index in the step.
    token: usize,
    /// The first token's position in the slot.
    position: usize,
    count: usize,
}

impl Attention {
    /// `queries` and `out` are `[tokens, heads * head_dim]`, the tokens of all spans in order.
    pub(crate) fn forward(
        &self,
        layer: usize,
        slots: &Slots,
        spans: &[Span],
        queries: &[f32],
        out: &mut [f32],
        pool: &Pool,
    ) -> Result<()> {
        let tasks = self.tasks(layer, slots, spans)?;
        let work: usize = tasks.iter().map(|t| t.count * (t.position + t.count)).sum::<usize>()
            * (self.heads / self.kv_heads)
            * self.head_dim
            * 2;
        let mut results: Vec<Vec<f32>> = vec![Vec::new(); tasks.len()];
        let at_once = if work < PARALLEL_FROM { tasks.len().max(1) } else { 1 };
        pool.for_each_chunk(&mut results, at_once, |chunk, results| {
            for (result, task) in results.iter_mut().zip(&tasks[chunk * at_once..]) {
                *result = self.run(task, queries);
            }
        });
        for (task, result) in tasks.iter().zip(&results) {
            for (token, row) in result.chunks_exact(self.group_width()).enumerate() {
                out[self.group_start(task, token)..][..self.group_width()].copy_from_slice(row);
            }
        }
        Ok(())
    }

    fn tasks<'a>(&self, layer: usize, slots: &'a Slots, spans: &[Span]) -> Result<Vec<Task<'a>>> {
        let mut tasks = Vec::new();
        let mut token = 0;
        for span in spans {
            for first in (0..span.count).step_by(CHUNK) {
                for kv_head in 0..self.kv_heads {
                    tasks.push(Task {
                        pages: slots.head(span.slot, layer, kv_head)?,
                        kv_head,
                        token: token + first,
                        position: span.start + first,
                        count: CHUNK.min(span.count - first),
                    });
                }
            }
            token += span.count;
        }
        Ok(tasks)
    }

    /// The values of the query heads that share a key head lie together.
    fn group_width(&self) -> usize {
        self.heads / self.kv_heads * self.head_dim
    }

    fn group_start(&self, task: &Task<'_>, token: usize) -> usize {
        (task.token + token) * self.heads * self.head_dim + task.kv_head * self.group_width()
    }

    /// The outputs of a task, `[tokens, group_width]`.
    fn run(&self, task: &Task<'_>, all_queries: &[f32]) -> Vec<f32> {
        let (dim, width) = (self.head_dim, self.group_width());
        let mut queries = Vec::with_capacity(task.count * width);
        for token in 0..task.count {
            let row = &all_queries[self.group_start(task, token)..][..width];
            queries.extend(row.iter().map(|q| q * self.scale));
        }
        let rows = queries.len() / dim;
        let group = self.heads / self.kv_heads;
        let mut out = vec![0.0; rows * dim];
        let mut scores = vec![0.0; rows * PAGE];
        let mut maxima = vec![f32::NEG_INFINITY; rows];
        let mut sums = vec![0f32; rows];

        let last = task.position + task.count - 1;
        for page in self.first_seen(task.position) / PAGE..=last / PAGE {
            let (keys, values) = task.pages.page(page);
            scores.fill(0.0);
            matmul(&queries, dim, keys, PAGE, &mut scores);
            for (row, scores) in scores.chunks_exact_mut(PAGE).enumerate() {
                let position = task.position + row / group;
                let from = self.first_seen(position).saturating_sub(page * PAGE).min(PAGE);
                let to = (position + 1).saturating_sub(page * PAGE).min(PAGE);
                scores[..from].fill(0.0);
                scores[to.max(from)..].fill(0.0);
                if from >= to {
                    continue;
                }
                let seen = &mut scores[from..to];
                let max = seen.iter().copied().fold(maxima[row], f32::max);
                let correction = ops::exp(maxima[row] - max);
                if max > maxima[row] {
                    out[row * dim..][..dim].iter_mut().for_each(|x| *x *= correction);
                    sums[row] *= correction;
                    maxima[row] = max;
                }
                sums[row] += ops::exp_shifted(seen, max);
            }
            matmul(&scores, PAGE, values, dim, &mut out);
        }
        for (row, sum) in out.chunks_exact_mut(dim).zip(&sums) {
            row.iter_mut().for_each(|x| *x /= sum);
        }
        out
    }

    /// The first position that a query at `position` sees.
    fn first_seen(&self, position: usize) -> usize {
        self.window.map_or(0, |window| (position + 1).saturating_sub(window))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::noise::noise;
    use crate::engine::slots::KvShape;

    /// Attention by the definition, in `f64`.
    fn definition(att: &Attention, q: &[f32], keys: &[f32], values: &[f32], position: usize) -> Vec<f64> {
        let (dim, width) = (att.head_dim, att.kv_heads * att.head_dim);
        let first = att.window.map_or(0, |w| (position + 1).saturating_sub(w));
        let mut out = Vec::new();
        for head in 0..att.heads {
            let kv = head / (att.heads / att.kv_heads) * dim;
            let weights: Vec<f64> = (first..=position)
                .map(|p| {
                    let dot: f64 =
                        (0..dim).map(|d| (q[head * dim + d] * keys[p * width + kv + d]) as f64).sum();
                    (dot * att.scale as f64).exp()
                })
                .collect();
            let sum: f64 = weights.iter().sum();
            for d in 0..dim {
                let mix = weights.iter().enumerate();
                out.push(mix.map(|(i, w)| w / sum * values[(first + i) * width + kv + d] as f64).sum());
            }
        }
        out
    }

    #[test]
    fn pages_and_chunks_and_windows_give_what_the_definition_gives() {
        for (heads, kv_heads, head_dim, window) in
            [(4, 2, 16, None), (6, 1, 24, Some(5)), (3, 3, 8, Some(40)), (2, 1, 64, Some(1))]
        {
            let att = Attention { heads, kv_heads, head_dim, scale: 0.3, window };
            let (len, before) = (83, 21);
            let width = kv_heads * head_dim;
            let (keys, values) = (noise(1, len * width), noise(2, len * width));
            let queries = noise(3, (len - before) * heads * head_dim);
            let mut slots = Slots::new(KvShape { layers: 2, heads: kv_heads, head_dim });
            let slot = slots.alloc();
            slots.extend(slot, len).unwrap();
            for p in 0..len {
                let at = p * width..(p + 1) * width;
                slots.write(slot, 1, p, &keys[at.clone()], &values[at]).unwrap();
            }
            let mut out = vec![0.0; queries.len()];
            let span = Span { slot, start: before, count: len - before };
            att.forward(1, &slots, &[span], &queries, &mut out, &Pool::new(2)).unwrap();
            for (token, out) in out.chunks_exact(heads * head_dim).enumerate() {
                let q = &queries[token * heads * head_dim..][..heads * head_dim];
                let expected = definition(&att, q, &keys, &values, before + token);
                for (a, b) in out.iter().zip(expected) {
                    assert!((*a as f64 - b).abs() < 1e-5, "{a} {b}");
                }
            }
        }
    }
}
