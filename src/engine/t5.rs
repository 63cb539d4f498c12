//! T5 in its versions (T5, v1.1 and flan-T5, mT5, umT5, MADLAD-400): the encoder-decoder of `seq2seq` with relative
//! position bias, root-mean-square norms, unscaled attention and, from v1.1 on, gated feed-forward layers. Names of
//! tensors are those of Python's transformers.

use std::path::PathBuf;

use crate::engine::kernels::Pool;
use crate::engine::ops;
use crate::engine::seq2seq::parts::{
    Attend, DecoderLayer, EncoderLayer, Family, FeedForward, Heads, LIMITS, Loader, Model, Norm, Positions,
    RelativeBias, Settings, Side, Stored, Weights, WhenNormed, activation,
};
use crate::error::Result;

/// The most tokens of a text: the bias has no limit, so this one only guards memory.
const MAX_POSITIONS: usize = 4096;

/// Reads a model.
pub(super) fn load(
    family: Family,
    config: &Settings,
    weights: Weights<'_>,
    stored: Stored,
    pool: Pool,
    folder: PathBuf,
) -> Result<Model> {
    let loader = Loader { weights, stored, pool: &pool };
    let parts = Parts::read(family, config, &loader)?;
    let width = parts.width;
    let vocab = config.size("vocab_size", LIMITS.vocab)?;
    let layers = config.size("num_layers", LIMITS.layers)?;
    let decoder_layers = match config.count("num_decoder_layers")? {
        Some(_) => config.size("num_decoder_layers", LIMITS.layers)?,
        None => layers,
    };
    // The first version uses one table for everything and scales what it multiplies with; `tie_word_embeddings` is
    // written as false by the later ones.
    let scales = config.flag("scale_decoder_outputs");
    let scales = scales.unwrap_or(config.flag("tie_word_embeddings") != Some(false)) && family != Family::Mt5;
    let names = ["shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight"];
    let table = loader.embeddings(loader.first_of(&names)?, vocab, width)?;
    let head = match loader.has("lm_head.weight") && !scales {
        true => loader.embeddings("lm_head.weight", vocab, width)?.layer,
        false => table.layer.clone(),
    };
    let encoder = (0..layers)
        .map(|i| {
            let block = format!("encoder.block.{i}.layer");
            Ok(EncoderLayer {
                attend: parts.attend(&format!("{block}.0"), "SelfAttention")?,
                feed_forward: parts.feed_forward(&format!("{block}.1"))?,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let decoder = (0..decoder_layers)
        .map(|i| {
            let block = format!("decoder.block.{i}.layer");
            Ok(DecoderLayer {
                attend: parts.attend(&format!("{block}.0"), "SelfAttention")?,
                cross: parts.attend(&format!("{block}.1"), "EncDecAttention")?,
                feed_forward: parts.feed_forward(&format!("{block}.2"))?,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Model {
        width,
        max_positions: MAX_POSITIONS,
        when_normed: WhenNormed::Before,
        source: table.table(width, 1.0),
        encoder: parts.side(config, "encoder", encoder)?,
        target: table.table(width, 1.0),
        decoder: parts.side(config, "decoder", decoder)?,
        head,
        head_scale: if scales { (width as f32).powf(-0.5) } else { 1.0 },
        head_bias: None,
        folder,
        pool,
    })
}

/// Reads layers by their names.
struct Parts<'a> {
    family: Family,
    loader: &'a Loader<'a>,
    width: usize,
    heads: Heads,
    feed_forward: usize,
    gated: bool,
    activation: fn(&mut [f32]),
    eps: f32,
}

impl<'a> Parts<'a> {
    fn read(family: Family, config: &Settings, loader: &'a Loader<'a>) -> Result<Self> {
        let kind = config.text("feed_forward_proj").unwrap_or("relu");
        Ok(Self {
            family,
            loader,
            width: config.size("d_model", LIMITS.width)?,
            heads: Heads {
                count: config.size("num_heads", LIMITS.heads)?,
                dim: config.size("d_kv", LIMITS.width)?,
                scale: 1.0,
            },
            feed_forward: config.size("d_ff", LIMITS.feed_forward)?,
            gated: kind.starts_with("gated-"),
            activation: match kind {
                "gated-gelu" => ops::gelu_tanh,
                _ => activation(config, "feed_forward_proj", kind.rsplit('-').next())?,
            },
            eps: config.number("layer_norm_epsilon").unwrap_or(1e-6) as f32,
        })
    }

    fn attend(&self, layer: &str, part: &str) -> Result<Attend> {
        let inner = self.heads.count * self.heads.dim;
        let linear =
            |rest: &str, rows, cols| self.loader.linear(&format!("{layer}.{part}.{rest}"), rows, cols);
        Ok(Attend {
            heads: self.heads,
            query: linear("q", inner, self.width)?,
            key: linear("k", inner, self.width)?,
            value: linear("v", inner, self.width)?,
            output: linear("o", self.width, inner)?,
            norm: self.norm(&format!("{layer}.layer_norm"))?,
        })
    }

    fn feed_forward(&self, layer: &str) -> Result<FeedForward> {
        let linear = |rest: &str, rows, cols| {
            self.loader.linear(&format!("{layer}.DenseReluDense.{rest}"), rows, cols)
        };
        let up = if self.gated { "wi_1" } else { "wi" };
        Ok(FeedForward {
            gate: if self.gated { Some(linear("wi_0", self.feed_forward, self.width)?) } else { None },
            up: linear(up, self.feed_forward, self.width)?,
            activation: self.activation,
            down: linear("wo", self.width, self.feed_forward)?,
            norm: self.norm(&format!("{layer}.layer_norm"))?,
        })
    }

    fn norm(&self, name: &str) -> Result<Norm> {
        let weight = self.loader.tensor(&format!("{name}.weight"), &[self.width])?;
        Ok(Norm::RootMeanSquare { weight, eps: self.eps })
    }

    /// The bias of the first layer serves all, but in umT5 each has its own (Chung et al. 2023).
    fn side<L>(&self, config: &Settings, name: &str, layers: Vec<L>) -> Result<Side<L>> {
        let buckets = match config.count("relative_attention_num_buckets")? {
            Some(_) => config.size("relative_attention_num_buckets", 1024)?,
            None => 32,
        };
        let max_distance = config.count("relative_attention_max_distance")?.unwrap_or(128);
        if buckets < 4 || !buckets.is_multiple_of(4) || max_distance <= buckets / 2 {
            return Err(
                config.wrong("relative_attention_num_buckets", "and the distance do not fit each other")
            );
        }
        let heads = self.heads.count;
        let own = if self.family == Family::Umt5 { layers.len() } else { 1 };
        let bias = |layer: usize| {
            let tensor = format!("{name}.block.{layer}.layer.0.SelfAttention.relative_attention_bias.weight");
            let table = self.loader.tensor(&tensor, &[buckets, heads])?;
            Ok(RelativeBias { table, heads, max_distance })
        };
        Ok(Side {
            positions: Positions::Relative,
            embedding_norm: None,
            final_norm: Some(self.norm(&format!("{name}.final_layer_norm"))?),
            biases: (0..own).map(bias).collect::<Result<_>>()?,
            layers,
        })
    }
}
