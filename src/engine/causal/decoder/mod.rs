//! One causal decoder for every family: immutable weights, state as an argument, rows of any length in a
//! step. All rows' tokens stand below one another in `[tokens, width]`, so that each linear layer is one
//! matrix product whatever the batch looks like; only attention looks at rows.

use std::ops::Range;

mod layer;
mod step;

use layer::Layer;
use step::Step;

use crate::engine::Device;
use crate::engine::attention::Span;
use crate::engine::formats::{FormatUse, tally};
use crate::engine::kernels::{Form, Pool, Scratch, default_threads};
use crate::engine::linear::{Embedding, Linear, Loader};
use crate::engine::ops::{self, Rope, RopeLayout};
use crate::engine::slots::{KvShape, SlotId, Slots};
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
