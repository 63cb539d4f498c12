//! One causal decoder for every family: immutable weights, state as an argument, rows of any length in a
//! step. All rows' tokens stand below one another in `[tokens, width]`, so that each linear layer is one
//! matrix product whatever the batch looks like; only attention looks at rows.

use std::ops::Range;

use crate::engine::Device;
use crate::engine::attention::{Attention, Span};
use crate::engine::formats::{FormatUse, tally};
use crate::engine::kernels::{Form, Pool, Scratch, default_threads};
use crate::engine::linear::{Embedding, Linear, Loader};
use crate::engine::ops::{self, Angles, Rope, RopeLayout};
use crate::engine::slots::{Buffers, KvShape, SlotId, Slots};
use crate::error::{Error, Result};
use crate::gguf::{Architecture, Gguf, ModelConfig, ROPE_FREQS};

/// Models up to this width compute with fine activations: rounding to 8 bits changes the likeliest token of
/// the smallest ones at one position in twenty, and they are quick anyway.
const FINE_UP_TO: usize = 640;

/// What one row adds in a step.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// The row's slot; each slot at most once in a step.
    pub slot: SlotId,
    /// New tokens, at least one. They follow what the slot holds.
    pub tokens: &'a [u32],
    /// Which of the new tokens' hidden states are wanted, by their place in `tokens`.
    pub wanted: Range<usize>,
}

/// The weights of a causal decoder.
pub struct Decoder {
    config: ModelConfig,
    /// Kept open: embeddings are read from the file when they are needed.
    gguf: Gguf,
    embedding: Embedding,
    embedding_scale: f32,
    layers: Vec<Layer>,
    norm: Vec<f32>,
    output: Linear,
    /// The token of each row of the output head, where the rows stand in an order of their own.
    order: Option<Vec<u32>>,
    rope: Rope,
    local_rope: Rope,
    pool: Pool,
}

struct Layer {
    attention_norm: Vec<f32>,
    query: Linear,
    key: Linear,
    value: Linear,
    query_norm: Option<Vec<f32>>,
    key_norm: Option<Vec<f32>>,
    /// Whether these two norms follow the rotation.
    norm_after_rope: bool,
    attention: Attention,
    attention_output: Linear,
    attention_post_norm: Option<Vec<f32>>,
    feed_forward_norm: Vec<f32>,
    gate: Linear,
    up: Linear,
    activation: fn(&mut [f32], &[f32]),
    down: Linear,
    feed_forward_post_norm: Option<Vec<f32>>,
}

impl Decoder {
    /// Reads the weights, tensor after tensor. `threads` work on a step, all cores when it is 0.
    ///
    /// # Errors
    /// [`ErrorKind::Model`](crate::ErrorKind::Model) when a tensor is missing or has another shape than
    /// the metadata says.
    pub fn load(gguf: Gguf, threads: usize) -> Result<Self> {
        Self::load_on(gguf, threads, Device::Cpu)
    }

    /// As [`load`](Self::load), with the products on `device`.
    ///
    /// # Errors
    /// As [`load`](Self::load); a usage or a resource error when the device cannot be used.
    pub fn load_on(gguf: Gguf, threads: usize, device: Device) -> Result<Self> {
        Self::load_with(gguf, threads, device, None)
    }

    /// As [`load_on`](Self::load_on), with the rows of the output head in another order: row `i` is that of token
    /// `order[i]`. Each token stands in it once.
    pub(super) fn load_with(
        gguf: Gguf,
        threads: usize,
        device: Device,
        order: Option<Vec<u32>>,
    ) -> Result<Self> {
        let device = device.open()?;
        let config = ModelConfig::read(&gguf)?;
        let pool = Pool::new(if threads == 0 { default_threads() } else { threads });
        let fine = config.hidden <= FINE_UP_TO;
        let loader =
            Loader { gguf: &gguf, form: Form::choose()?, fine, device: device.as_ref(), pool: &pool };
        let layout = match config.architecture {
            Architecture::Llama => RopeLayout::Interleaved,
            _ => RopeLayout::HalfSplit,
        };
        let factors = match gguf.has_tensor(ROPE_FREQS) {
            true => Some(loader.vector(ROPE_FREQS, config.head_dim / 2)?),
            false => None,
        };
        let rope =
            Rope::new(layout, config.head_dim, config.rope_theta, config.rope_scale, factors.as_deref());
        // The output head first: it is the largest, and the file's pages beside its copy are the peak.
        let output = if config.tied { "token_embd" } else { "output" };
        Ok(Self {
            output: loader.linear_in_order(output, config.vocab, config.hidden, order.as_deref())?,
            order,
            layers: (0..config.layers)
                .map(|index| Layer::load(&loader, &config, index))
                .collect::<Result<_>>()?,
            norm: loader.vector("output_norm.weight", config.hidden)?,
            embedding: Embedding::load(&gguf, "token_embd.weight", config.vocab, config.hidden)?,
            embedding_scale: match config.architecture {
                Architecture::Gemma3 => (config.hidden as f32).sqrt(),
                _ => 1.0,
            },
            rope,
            local_rope: Rope::new(layout, config.head_dim, config.rope_theta_local, 1.0, None),
            pool,
            gguf,
            config,
        })
    }

    /// The model's shape.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// How many tokens the model knows; the width of logits.
    pub fn vocab_size(&self) -> usize {
        self.config.vocab
    }

    /// The file that the weights came from.
    pub fn gguf(&self) -> &Gguf {
        &self.gguf
    }

    /// The formats of the weight matrices and what multiplies each, the largest first.
    pub fn formats(&self) -> Vec<FormatUse> {
        tally(self.layers.iter().flat_map(Layer::linears).chain([&self.output]).map(Linear::format))
    }

    /// An empty pool of row slots for this model.
    pub fn slots(&self) -> Slots {
        Slots::new(KvShape {
            layers: self.config.layers,
            heads: self.config.kv_heads,
            head_dim: self.config.head_dim,
        })
    }

    /// Appends each row's tokens to its slot. Answers the normed hidden states of the wanted positions,
    /// `[wanted, hidden]`, in the order of the rows; [`head`](Self::head) makes logits of them.
    ///
    /// # Errors
    /// [`ErrorKind::Runtime`](crate::ErrorKind::Runtime) when a row outgrows the context or names an
    /// unknown token, [`ErrorKind::Model`](crate::ErrorKind::Model) when the weights give no usable
    /// numbers. After that last error the slots of the rows hold no meaning.
    pub fn step(&self, slots: &mut Slots, rows: &[Row<'_>]) -> Result<Vec<f32>> {
        let spans = self.make_room(slots, rows)?;
        let positions: Vec<usize> =
            spans.iter().flat_map(|span| span.start..span.start + span.count).collect();
        let angles = self.rope.angles(&positions);
        let windowed = self.config.windows.iter().any(Option::is_some);
        let local_angles = windowed.then(|| self.local_rope.angles(&positions));
        let tokens: Vec<u32> = rows.iter().flat_map(|row| row.tokens).copied().collect();

        let mut stream = vec![0.0; tokens.len() * self.config.hidden];
        self.embedding.lookup(&self.gguf, &tokens, &mut stream)?;
        stream.iter_mut().for_each(|x| *x *= self.embedding_scale);
        let buffers = std::mem::take(&mut slots.buffers);
        let mut step = Step { model: self, slots, spans, buffers };
        for (index, layer) in self.layers.iter().enumerate() {
            let angles = match (&local_angles, layer.attention.window) {
                (Some(local), Some(_)) => local,
                _ => &angles,
            };
            step.project(layer, index, angles, &stream)?;
            if index + 1 == self.layers.len() {
                step.narrow(rows, &mut stream);
            }
            if !stream.is_empty() {
                step.attend(layer, index, &mut stream)?;
                step.feed_forward(layer, &mut stream)?;
            }
        }
        slots.buffers = step.buffers;
        Linear::fetch_ahead([&self.output], &self.pool);
        let mut hidden = vec![0.0; stream.len()];
        ops::rms_norm(&stream, &self.norm, self.config.rms_eps as f32, &mut hidden);
        self.check(&hidden)?;
        Ok(hidden)
    }

    /// The logits of hidden states, `[n, hidden]` to `[n, vocab_size]`. `logits` is resized and overwritten.
    pub fn head(&self, hidden: &[f32], logits: &mut Vec<f32>) -> Result<()> {
        let vocab = self.vocab_size();
        self.head_rows(hidden, std::slice::from_ref(&(0..vocab)), logits)?;
        if let Some(order) = &self.order {
            for logits in logits.chunks_exact_mut(vocab) {
                let ordered = logits.to_vec();
                order.iter().zip(ordered).for_each(|(&token, logit)| logits[token as usize] = logit);
            }
        }
        Ok(())
    }

    /// The logits of the `wanted` rows of the output head, ranges in ascending order, each in the place of its
    /// row; other places hold anything.
    pub(super) fn head_rows(
        &self,
        hidden: &[f32],
        wanted: &[Range<usize>],
        logits: &mut Vec<f32>,
    ) -> Result<()> {
        let n = hidden.len() / self.config.hidden;
        logits.resize(n * self.vocab_size(), 0.0);
        self.output.forward_some(hidden, n, wanted, logits, &mut Scratch::default(), &self.pool)
    }

    /// The token of a row of the output head.
    pub(super) fn token(&self, row: usize) -> Option<u32> {
        match &self.order {
            Some(order) => order.get(row).copied(),
            None => u32::try_from(row).ok(),
        }
    }

    /// The weights are damaged, though the file is well formed.
    pub(super) fn unusable(&self) -> Error {
        self.gguf.damaged("gives no usable numbers: its weights are damaged")
    }

    /// Quantized products may hide a value that is not a number, so it is looked for before them.
    fn check(&self, x: &[f32]) -> Result<()> {
        if ops::all_finite(x) { Ok(()) } else { Err(self.unusable()) }
    }

    fn make_room(&self, slots: &mut Slots, rows: &[Row<'_>]) -> Result<Vec<Span>> {
        let mut spans = Vec::with_capacity(rows.len());
        for (i, row) in rows.iter().enumerate() {
            let start = slots.len(row.slot)?;
            let count = row.tokens.len();
            if count == 0 || row.wanted.end > count || rows[..i].iter().any(|other| other.slot == row.slot) {
                return Err(Error::runtime("a step needs a slot once, with tokens, and wants only those"));
            }
            if let Some(id) = row.tokens.iter().find(|id| **id as usize >= self.config.vocab) {
                let vocab = self.config.vocab;
                return Err(Error::runtime(format!("token {id} is outside the model's {vocab} tokens")));
            }
            if start + count > self.config.context {
                let context = self.config.context;
                return Err(Error::runtime(format!(
                    "a text outgrew the model's context of {context} tokens"
                ))
                .hint("split the text into smaller parts"));
            }
            spans.push(Span { slot: row.slot, start, count });
        }
        for span in &spans {
            slots.extend(span.slot, span.count)?;
        }
        Ok(spans)
    }
}

impl Layer {
    fn load(loader: &Loader<'_>, config: &ModelConfig, index: usize) -> Result<Self> {
        let ModelConfig { architecture, hidden, feed_forward, heads, kv_heads, head_dim, .. } = *config;
        let name = |part: &str| format!("blk.{index}.{part}");
        let linear = |part: &str, rows, cols| loader.linear(&name(part), rows, cols);
        let norm = |part: &str, len| loader.vector(&name(&format!("{part}.weight")), len);
        let norm_if =
            |wanted: bool, part: &str, len| if wanted { norm(part, len).map(Some) } else { Ok(None) };
        let (qk_norm, post_norms) = (architecture.has_qk_norm(), architecture.has_post_norms());
        let attention = Attention {
            heads,
            kv_heads,
            head_dim,
            scale: config.attention_scale as f32,
            window: config.windows.get(index).copied().flatten(),
        };
        Ok(Self {
            attention_norm: norm("attn_norm", hidden)?,
            query: linear("attn_q", heads * head_dim, hidden)?,
            key: linear("attn_k", kv_heads * head_dim, hidden)?,
            value: linear("attn_v", kv_heads * head_dim, hidden)?,
            query_norm: norm_if(qk_norm, "attn_q_norm", head_dim)?,
            key_norm: norm_if(qk_norm, "attn_k_norm", head_dim)?,
            norm_after_rope: architecture == Architecture::HunyuanDense,
            attention,
            attention_output: linear("attn_output", hidden, heads * head_dim)?,
            attention_post_norm: norm_if(post_norms, "post_attention_norm", hidden)?,
            feed_forward_norm: norm("ffn_norm", hidden)?,
            gate: linear("ffn_gate", feed_forward, hidden)?,
            up: linear("ffn_up", feed_forward, hidden)?,
            activation: match architecture {
                Architecture::Gemma3 => ops::gelu_gate,
                _ => ops::silu_gate,
            },
            down: linear("ffn_down", hidden, feed_forward)?,
            feed_forward_post_norm: norm_if(post_norms, "post_ffw_norm", hidden)?,
        })
    }
}

impl Layer {
    fn linears(&self) -> [&Linear; 7] {
        let Self { query, key, value, attention_output, gate, up, down, .. } = self;
        [query, key, value, attention_output, gate, up, down]
    }
}

/// What the layers of one step share.
struct Step<'a> {
    model: &'a Decoder,
    slots: &'a mut Slots,
    spans: Vec<Span>,
    buffers: Buffers,
}

impl Step<'_> {
    /// Queries, keys and values of `norm(stream)`; keys and values go into the slots.
    fn project(&mut self, layer: &Layer, index: usize, angles: &Angles, stream: &[f32]) -> Result<()> {
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
    fn narrow(&mut self, rows: &[Row<'_>], stream: &mut Vec<f32>) {
        let ModelConfig { hidden, heads, head_dim, .. } = self.model.config;
        *stream = wanted(rows, stream, hidden);
        self.buffers.query = wanted(rows, &self.buffers.query, heads * head_dim);
        for (span, row) in self.spans.iter_mut().zip(rows) {
            (span.start, span.count) = (span.start + row.wanted.start, row.wanted.len());
        }
        self.spans.retain(|span| span.count > 0);
    }

    /// `stream += attention(queries)`.
    fn attend(&mut self, layer: &Layer, index: usize, stream: &mut [f32]) -> Result<()> {
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
    fn feed_forward(&mut self, layer: &Layer, stream: &mut [f32]) -> Result<()> {
        let ModelConfig { hidden, feed_forward, .. } = self.model.config;
        let (tokens, eps, pool) = (stream.len() / hidden, self.model.config.rms_eps as f32, &self.model.pool);
        let b = &mut self.buffers;

        Linear::fetch_ahead([&layer.gate, &layer.up], pool);
        norm(stream, &layer.feed_forward_norm, eps, &mut b.normed, pool);
        let layers = [(&layer.gate, &mut b.gate), (&layer.up, &mut b.up)];
        Linear::forward_all(layers, &b.normed, tokens, &mut b.scratch, pool)?;
        Linear::fetch_ahead([&layer.down], pool);
        let up = &b.up;
        by_rows(&mut b.gate, feed_forward, pool, |first, gate| {
            (layer.activation)(gate, &up[first * feed_forward..][..gate.len()]);
        });
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
    let width = weight.len();
    by_rows(out, width, pool, |first, out| ops::rms_norm(&x[first * width..][..out.len()], weight, eps, out));
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
    by_rows(stream, width, pool, |first, stream| {
        ops::add(stream, &result[first * width..][..stream.len()]);
    });
}

/// Calls `f` with rows of `x` and the index of the first, several rows at once, so that waking a thread is
/// worth it and little work stays on one.
fn by_rows(x: &mut [f32], width: usize, pool: &Pool, f: impl Fn(usize, &mut [f32]) + Sync) {
    const AT_ONCE: usize = 1 << 14;
    let rows = (AT_ONCE / width).max(1);
    pool.for_each_chunk(x, rows * width, |index, x| f(index * rows, x));
}
