//! What a layer does with the tokens of one step.

use super::layer::Layer;
use super::{Decoder, Row};
use crate::engine::attention::Span;
use crate::engine::kernels::Pool;
use crate::engine::linear::Linear;
use crate::engine::ops::{self, Angles};
use crate::engine::rows::{by_rows, zip_rows};
use crate::engine::slots::{Buffers, SlotId, Slots};
use crate::error::Result;
use crate::gguf::ModelConfig;

/// What the layers of one step share.
pub(super) struct Step<'a> {
    pub(super) model: &'a Decoder,
    pub(super) slots: &'a mut Slots,
    pub(super) spans: Vec<Span>,
    pub(super) buffers: Buffers,
}

impl Step<'_> {
    /// Queries, keys and values of `norm(stream)`; keys and values go into the slots.
    pub(super) fn project(
        &mut self,
        layer: &Layer,
        index: usize,
        angles: &Angles,
        stream: &[f32],
    ) -> Result<()> {
        let ModelConfig { hidden, heads, kv_heads, head_dim, .. } = self.model.config;
        let (q_width, kv_width) = (heads * head_dim, kv_heads * head_dim);
        let (tokens, eps, pool) = (stream.len() / hidden, self.model.config.rms_eps as f32, &self.model.pool);
        let b = &mut self.buffers;

        Linear::fetch_ahead([&layer.query, &layer.key, &layer.value], pool);
        norm(stream, &layer.attention_norm, eps, &mut b.normed, pool);
        let layers = [(&layer.query, &mut b.query), (&layer.key, &mut b.key), (&layer.value, &mut b.value)];
        Linear::forward_all(layers, &b.normed, tokens, &mut b.scratch, pool)?;
        Linear::fetch_ahead([&layer.attention_output], pool);
        for (x, weight, width) in
            [(&mut b.query, &layer.query_norm, q_width), (&mut b.key, &layer.key_norm, kv_width)]
        {
            by_rows(x, width, pool, |first, x| {
                if layer.norm_after_rope {
                    angles.rotate(first, x, width, head_dim);
                }
                if let Some(weight) = weight {
                    ops::rms_norm_in_place(x, weight, eps);
                }
                if !layer.norm_after_rope {
                    angles.rotate(first, x, width, head_dim);
                }
            });
        }

        let keys_and_values = b.key.chunks_exact(kv_width).zip(b.value.chunks_exact(kv_width));
        for ((slot, position), (key, value)) in places(&self.spans).zip(keys_and_values) {
            self.slots.write(slot, index, position, key, value)?;
        }
        Ok(())
    }

    /// Goes on with the wanted positions alone: behind the last layer's keys and values nobody looks at the others.
    pub(super) fn narrow(&mut self, rows: &[Row<'_>], stream: &mut Vec<f32>) {
        let ModelConfig { hidden, heads, head_dim, .. } = self.model.config;
        *stream = wanted(rows, stream, hidden);
        self.buffers.query = wanted(rows, &self.buffers.query, heads * head_dim);
        for (span, row) in self.spans.iter_mut().zip(rows) {
            (span.start, span.count) = (span.start + row.wanted.start, row.wanted.len());
        }
        self.spans.retain(|span| span.count > 0);
    }

    /// `stream += attention(queries)`.
    pub(super) fn attend(&mut self, layer: &Layer, index: usize, stream: &mut [f32]) -> Result<()> {
        let ModelConfig { hidden, .. } = self.model.config;
        let (tokens, eps, pool) = (stream.len() / hidden, self.model.config.rms_eps as f32, &self.model.pool);
        let b = &mut self.buffers;
        b.attended.resize(b.query.len(), 0.0);
        layer.attention.forward(index, self.slots, &self.spans, &b.query, &mut b.attended, pool)?;
        layer.attention_output.forward(&b.attended, tokens, &mut b.result, &mut b.scratch, pool)?;
        add_normed(stream, &mut b.result, layer.attention_post_norm.as_deref(), hidden, eps, pool);
        Ok(())
    }

    /// `stream += down(activation(gate(norm(stream))) * up(norm(stream)))`.
    pub(super) fn feed_forward(&mut self, layer: &Layer, stream: &mut [f32]) -> Result<()> {
        let ModelConfig { hidden, feed_forward, .. } = self.model.config;
        let (tokens, eps, pool) = (stream.len() / hidden, self.model.config.rms_eps as f32, &self.model.pool);
        let b = &mut self.buffers;

        Linear::fetch_ahead([&layer.gate, &layer.up], pool);
        norm(stream, &layer.feed_forward_norm, eps, &mut b.normed, pool);
        let layers = [(&layer.gate, &mut b.gate), (&layer.up, &mut b.up)];
        Linear::forward_all(layers, &b.normed, tokens, &mut b.scratch, pool)?;
        Linear::fetch_ahead([&layer.down], pool);
        zip_rows(&mut b.gate, &b.up, feed_forward, pool, layer.activation);
        layer.down.forward(&b.gate, tokens, &mut b.result, &mut b.scratch, pool)?;
        add_normed(stream, &mut b.result, layer.feed_forward_post_norm.as_deref(), hidden, eps, pool);
        Ok(())
    }
}

/// The wanted rows of `x`, which has `width` numbers for each token of the step.
fn wanted(rows: &[Row<'_>], x: &[f32], width: usize) -> Vec<f32> {
    let mut wanted = Vec::new();
    let mut first = 0;
    for row in rows {
        let range = first + row.wanted.start..first + row.wanted.end;
        wanted.extend_from_slice(x.get(range.start * width..range.end * width).unwrap_or(&[]));
        first += row.tokens.len();
    }
    wanted
}

/// The slot and position of each token of a step.
fn places(spans: &[Span]) -> impl Iterator<Item = (SlotId, usize)> {
    spans.iter().flat_map(|span| (0..span.count).map(|i| (span.slot, span.start + i)))
}

fn norm(x: &[f32], weight: &[f32], eps: f32, out: &mut Vec<f32>, pool: &Pool) {
    out.resize(x.len(), 0.0);
    zip_rows(out, x, weight.len(), pool, |out, x| ops::rms_norm(x, weight, eps, out));
}

fn add_normed(
    stream: &mut [f32],
    result: &mut [f32],
    norm: Option<&[f32]>,
    width: usize,
    eps: f32,
    pool: &Pool,
) {
    if let Some(norm) = norm {
        by_rows(result, width, pool, |_, result| ops::rms_norm_in_place(result, norm, eps));
    }
    zip_rows(stream, result, width, pool, ops::add);
}
