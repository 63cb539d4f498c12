//! The parts that encoder and decoder layers are made of.

use std::sync::Arc;

use super::attend::Heads;
use crate::engine::kernels::Pool;
use crate::engine::linear::Linear;
use crate::engine::ops;
use crate::engine::rows::{by_rows, zip_rows};
pub(in crate::engine) use crate::engine::slots::Buffers;
use crate::error::{Error, Result};

/// When a layer's norm comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WhenNormed {
    /// On what a part of a layer reads.
    Before,
    /// On the sum of what it read and what it made.
    After,
}

/// A norm of rows.
pub(crate) enum Norm {
    Layer { weight: Vec<f32>, bias: Vec<f32>, eps: f32 },
    RootMeanSquare { weight: Vec<f32>, eps: f32 },
}

/// Attention with its projections.
pub(crate) struct Attend {
    pub(crate) heads: Heads,
    pub(crate) query: Linear,
    pub(crate) key: Linear,
    pub(crate) value: Linear,
    pub(crate) output: Linear,
    pub(crate) norm: Norm,
}

/// `down(activation(up(x)))`, or with a gate `down(activation(gate(x)) * up(x))`.
pub(crate) struct FeedForward {
    pub(crate) gate: Option<Linear>,
    pub(crate) up: Linear,
    pub(crate) activation: fn(&mut [f32]),
    pub(crate) down: Linear,
    pub(crate) norm: Norm,
}

/// A table of embeddings.
pub(crate) struct Table {
    pub(crate) rows: Rows,
    pub(crate) width: usize,
    /// What embeddings are multiplied by.
    pub(crate) scale: f32,
}

/// Where embeddings come from.
#[derive(Clone)]
pub(crate) enum Rows {
    /// From a layer that is the output head as well, or might be.
    Shared(Arc<Linear>),
    /// `[tokens, width]`.
    Own(Arc<Vec<f32>>),
}

/// What tells a token its position.
pub(crate) enum Positions {
    /// A row of `[positions, width]` is added.
    Added(Vec<f32>),
    /// Nothing here: attention does it.
    Relative,
}

/// `stream += part(norm(stream))`, or `stream = norm(stream + part(stream))`. `part` writes to `result`.
pub(crate) fn residual(
    stream: &mut [f32],
    norm: &Norm,
    when: WhenNormed,
    b: &mut Buffers,
    pool: &Pool,
    part: impl FnOnce(&[f32], &mut Buffers) -> Result<()>,
) -> Result<()> {
    match when {
        WhenNormed::Before => {
            let mut input = std::mem::take(&mut b.normed);
            input.clear();
            input.extend_from_slice(stream);
            normed(&mut input, norm, pool);
            part(&input, b)?;
            b.normed = input;
            zip_rows(stream, &b.result, norm.width(), pool, ops::add);
        }
        WhenNormed::After => {
            part(stream, b)?;
            zip_rows(stream, &b.result, norm.width(), pool, |stream, result| {
                ops::add(stream, result);
                norm.apply(stream);
            });
        }
    }
    Ok(())
}

/// Norms each row in place.
pub(crate) fn normed(x: &mut [f32], norm: &Norm, pool: &Pool) {
    by_rows(x, norm.width(), pool, |_, x| norm.apply(x));
}

impl Norm {
    fn width(&self) -> usize {
        match self {
            Self::Layer { weight, .. } | Self::RootMeanSquare { weight, .. } => weight.len(),
        }
    }

    fn apply(&self, x: &mut [f32]) {
        match self {
            Self::Layer { weight, bias, eps } => ops::layer_norm_in_place(x, weight, bias, *eps),
            Self::RootMeanSquare { weight, eps } => ops::rms_norm_in_place(x, weight, *eps),
        }
    }
}

impl Attend {
    /// The width of queries, keys and values.
    pub(crate) fn width(&self) -> usize {
        self.heads.count * self.heads.dim
    }

    pub(crate) fn matrices(&self) -> [&Linear; 4] {
        [&self.query, &self.key, &self.value, &self.output]
    }

    /// Queries, keys and values of `x`.
    pub(crate) fn project(&self, x: &[f32], b: &mut Buffers, pool: &Pool) -> Result<()> {
        let m = b.rows(x, self);
        let Buffers { query, key, value, scratch, .. } = b;
        Linear::forward_all(
            [(&self.query, query), (&self.key, key), (&self.value, value)],
            x,
            m,
            scratch,
            pool,
        )
    }

    /// Queries of `x`.
    pub(crate) fn project_queries(&self, x: &[f32], b: &mut Buffers, pool: &Pool) -> Result<()> {
        let m = b.rows(x, self);
        self.query.forward(x, m, &mut b.query, &mut b.scratch, pool)
    }

    /// Keys and values of the encoder's states.
    pub(crate) fn project_memory(&self, states: &[f32], b: &mut Buffers, pool: &Pool) -> Result<()> {
        let m = b.rows(states, self);
        let Buffers { key, value, scratch, .. } = b;
        Linear::forward_all([(&self.key, key), (&self.value, value)], states, m, scratch, pool)
    }

    /// From what was attended to the result.
    pub(crate) fn project_back(&self, b: &mut Buffers, pool: &Pool) -> Result<()> {
        let m = b.attended.len() / self.width();
        self.output.forward(&b.attended, m, &mut b.result, &mut b.scratch, pool)
    }
}

impl Buffers {
    fn rows(&self, x: &[f32], attend: &Attend) -> usize {
        x.len() / attend.output.rows()
    }
}

impl FeedForward {
    pub(crate) fn matrices(&self) -> impl Iterator<Item = &Linear> {
        self.gate.iter().chain([&self.up, &self.down])
    }

    /// From `x` to the result.
    pub(crate) fn run(&self, x: &[f32], b: &mut Buffers, pool: &Pool) -> Result<()> {
        let m = x.len() / self.down.rows();
        let Buffers { gate, up, result, scratch, .. } = b;
        match &self.gate {
            Some(layer) => {
                Linear::forward_all([(layer, &mut *gate), (&self.up, &mut *up)], x, m, scratch, pool)?;
                zip_rows(gate, up, self.up.rows(), pool, |gate, up| {
                    (self.activation)(gate);
                    ops::scale_by(gate, up);
                });
                self.down.forward(gate, m, result, scratch, pool)
            }
            None => {
                self.up.forward(x, m, up, scratch, pool)?;
                by_rows(up, self.up.rows(), pool, |_, up| (self.activation)(up));
                self.down.forward(up, m, result, scratch, pool)
            }
        }
    }
}

impl Table {
    /// The embeddings of tokens, `[tokens, width]`.
    pub(crate) fn lookup(&self, tokens: &[u32]) -> Result<Vec<f32>> {
        let count = match &self.rows {
            Rows::Shared(layer) => layer.rows(),
            Rows::Own(table) => table.len() / self.width,
        };
        if let Some(id) = tokens.iter().find(|id| **id as usize >= count) {
            return Err(Error::runtime(format!("token {id} is outside the model's {count} tokens")));
        }
        let mut out = vec![0.0; tokens.len() * self.width];
        for (id, row) in tokens.iter().zip(out.chunks_exact_mut(self.width)) {
            let id = *id as usize;
            match &self.rows {
                Rows::Shared(layer) => _ = layer.row(id, row),
                Rows::Own(table) => row.copy_from_slice(&table[id * self.width..][..self.width]),
            }
        }
        if self.scale != 1.0 {
            out.iter_mut().for_each(|x| *x *= self.scale);
        }
        Ok(out)
    }
}

impl Positions {
    /// Adds to each row of `x` what belongs to its position.
    pub(crate) fn add(&self, x: &mut [f32], width: usize, positions: impl Iterator<Item = usize>) {
        if let Self::Added(table) = self {
            for (row, position) in x.chunks_exact_mut(width).zip(positions) {
                ops::add(row, &table[position * width..][..width]);
            }
        }
    }
}
