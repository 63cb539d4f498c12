//! Models of BART's kind, all one architecture with a few switches: Marian (OPUS-MT), M2M100 and NLLB-200, mBART,
//! BART, Pegasus. The switches and the names of tensors are those of Python's transformers.

use super::attend::Heads;
use super::config::Settings;
use super::layers::{Attend, FeedForward, Norm, Positions, WhenNormed};
use super::loader::{Loader, Weights};
use super::model::{DecoderLayer, EncoderLayer, Model, Side};
use super::{Family, LIMITS, activation};
use crate::engine::kernels::Pool;
use crate::engine::linear::Stored;
use crate::error::Result;

/// What distinguishes the families.
struct Switches {
    when_normed: WhenNormed,
    /// Whether embeddings are normed.
    embedding_norm: bool,
    positions: Kind,
}

/// How positions are told.
enum Kind {
    /// Sines in the first half of the width, cosines in the second; wavelengths as in Vaswani et al. 2017.
    Sinusoidal,
    /// Likewise, with the wavelengths of tensor2tensor and this many positions left out before the first.
    Tensor2Tensor(usize),
    /// A table of the model, of which this many rows before the first are left out.
    Learned(usize),
}

impl Switches {
    fn of(family: Family, pad: usize) -> Self {
        use WhenNormed::{After, Before};
        let (when_normed, embedding_norm, positions) = match family {
            Family::Marian => (After, false, Kind::Sinusoidal),
            Family::M2m100 => (Before, false, Kind::Tensor2Tensor(pad + 1)),
            Family::Mbart => (Before, true, Kind::Learned(2)),
            Family::Pegasus => (Before, false, Kind::Sinusoidal),
            Family::Bart | Family::T5 | Family::Mt5 | Family::Umt5 => (After, true, Kind::Learned(2)),
        };
        Self { when_normed, embedding_norm, positions }
    }
}

/// The size of one side.
struct Shape {
    layers: usize,
    heads: Heads,
    feed_forward: usize,
}

/// Reads a model.
pub(super) fn load(
    family: Family,
    config: &Settings,
    weights: Weights<'_>,
    stored: Stored,
    pool: Pool,
    folder: std::path::PathBuf,
) -> Result<Model> {
    let loader = Loader { weights, stored, pool: &pool };
    let width = config.size("d_model", LIMITS.width)?;
    let vocab = config.size("vocab_size", LIMITS.vocab)?;
    let shares = config.flag("share_encoder_decoder_embeddings") != Some(false);
    let target_vocab = match config.count("decoder_vocab_size")? {
        Some(size) if !shares && size > 0 => size,
        _ => vocab,
    };
    let max_positions = config.size("max_position_embeddings", LIMITS.positions)?;
    let pad = config.token("pad_token_id")?.unwrap_or(1) as usize;
    let switches = Switches::of(family, pad);
    let prefix = if loader.has("model.encoder.layers.0.fc1.weight") { "model." } else { "" };
    let name = |rest: &str| format!("{prefix}{rest}");

    let (shared, of_encoder, of_decoder) =
        (name("shared.weight"), name("encoder.embed_tokens.weight"), name("decoder.embed_tokens.weight"));
    let (source, target, head) = if shares {
        let one = loader.first_of(&[&shared, &of_encoder, &of_decoder, "lm_head.weight"])?;
        (one, one, "lm_head.weight")
    } else {
        (
            loader.first_of(&[&of_encoder])?,
            loader.first_of(&[&of_decoder, "lm_head.weight"])?,
            "lm_head.weight",
        )
    };
    let tied = config.flag("tie_word_embeddings") != Some(false) || !loader.has(head);
    let source = loader.embeddings(source, vocab, width)?;
    let target = loader.embeddings_among(&[&source], target, target_vocab, width)?;
    let head = match tied {
        true => target.layer.clone(),
        false => loader.embeddings_among(&[&source, &target], head, target_vocab, width)?.layer,
    };
    let scale = if config.flag("scale_embedding") == Some(true) { (width as f32).sqrt() } else { 1.0 };
    let bias_name = "final_logits_bias";
    let head_bias = match loader.has(bias_name) {
        true => Some(loader.tensor(bias_name, &[1, target_vocab])?),
        false => None,
    };

    let activation = activation(config, "activation_function", config.text("activation_function"))?;
    let parts = Parts { loader: &loader, width, activation };
    let (encoder_shape, decoder_shape) =
        (Shape::read(config, "encoder", width)?, Shape::read(config, "decoder", width)?);
    let encoder_layers = (0..encoder_shape.layers)
        .map(|i| parts.encoder_layer(&name(&format!("encoder.layers.{i}")), &encoder_shape))
        .collect::<Result<_>>()?;
    let decoder_layers = (0..decoder_shape.layers)
        .map(|i| parts.decoder_layer(&name(&format!("decoder.layers.{i}")), &decoder_shape))
        .collect::<Result<_>>()?;
    Ok(Model {
        width,
        max_positions,
        when_normed: switches.when_normed,
        source: source.table(width, scale),
        encoder: parts.side(&switches, &name("encoder"), max_positions, encoder_layers)?,
        target: target.table(width, scale),
        decoder: parts.side(&switches, &name("decoder"), max_positions, decoder_layers)?,
        head,
        head_scale: 1.0,
        head_bias,
        folder,
        pool,
    })
}

impl Shape {
    fn read(config: &Settings, side: &str, width: usize) -> Result<Self> {
        let key = format!("{side}_attention_heads");
        let count = config.size(&key, LIMITS.heads)?;
        if !width.is_multiple_of(count) {
            return Err(config.wrong(&key, &format!("is {count}, which does not divide a width of {width}")));
        }
        let dim = width / count;
        Ok(Self {
            layers: config.size(&format!("{side}_layers"), LIMITS.layers)?,
            heads: Heads { count, dim, scale: (dim as f32).powf(-0.5) },
            feed_forward: config.size(&format!("{side}_ffn_dim"), LIMITS.feed_forward)?,
        })
    }
}

/// Reads layers by the names that all families give them.
struct Parts<'a> {
    loader: &'a Loader<'a>,
    width: usize,
    activation: fn(&mut [f32]),
}

impl Parts<'_> {
    fn encoder_layer(&self, name: &str, shape: &Shape) -> Result<EncoderLayer> {
        Ok(EncoderLayer {
            attend: self.attend(name, "self_attn", shape.heads)?,
            feed_forward: self.feed_forward(name, shape)?,
        })
    }

    fn decoder_layer(&self, name: &str, shape: &Shape) -> Result<DecoderLayer> {
        Ok(DecoderLayer {
            attend: self.attend(name, "self_attn", shape.heads)?,
            cross: self.attend(name, "encoder_attn", shape.heads)?,
            feed_forward: self.feed_forward(name, shape)?,
        })
    }

    fn attend(&self, layer: &str, part: &str, heads: Heads) -> Result<Attend> {
        let linear =
            |rest: &str| self.loader.linear(&format!("{layer}.{part}.{rest}"), self.width, self.width);
        Ok(Attend {
            heads,
            query: linear("q_proj")?,
            key: linear("k_proj")?,
            value: linear("v_proj")?,
            output: linear("out_proj")?,
            norm: self.loader.layer_norm(&format!("{layer}.{part}_layer_norm"), self.width)?,
        })
    }

    fn feed_forward(&self, layer: &str, shape: &Shape) -> Result<FeedForward> {
        let linear = |rest: &str, rows, cols| self.loader.linear(&format!("{layer}.{rest}"), rows, cols);
        Ok(FeedForward {
            gate: None,
            up: linear("fc1", shape.feed_forward, self.width)?,
            activation: self.activation,
            down: linear("fc2", self.width, shape.feed_forward)?,
            norm: self.loader.layer_norm(&format!("{layer}.final_layer_norm"), self.width)?,
        })
    }

    fn side<L>(&self, switches: &Switches, name: &str, positions: usize, layers: Vec<L>) -> Result<Side<L>> {
        let norm = |wanted: bool, rest: &str| -> Result<Option<Norm>> {
            match wanted {
                true => self.loader.layer_norm(&format!("{name}.{rest}"), self.width).map(Some),
                false => Ok(None),
            }
        };
        Ok(Side {
            positions: Positions::Added(self.positions(&switches.positions, name, positions)?),
            embedding_norm: norm(switches.embedding_norm, "layernorm_embedding")?,
            layers,
            final_norm: norm(switches.when_normed == WhenNormed::Before, "layer_norm")?,
            biases: Vec::new(),
        })
    }

    /// What is added to embeddings, `[positions, width]`.
    fn positions(&self, kind: &Kind, name: &str, count: usize) -> Result<Vec<f32>> {
        let width = self.width;
        let stored = format!("{name}.embed_positions.weight");
        let half = width.div_ceil(2);
        let table = |angle: &dyn Fn(usize, usize) -> f64| {
            let place = |position: usize, column: usize| match column.checked_sub(half) {
                None => angle(position, column).sin() as f32,
                Some(column) => angle(position, column).cos() as f32,
            };
            (0..count)
                .flat_map(|position| (0..width).map(move |column| (position, column)))
                .map(|(position, column)| place(position, column))
                .collect()
        };
        Ok(match kind {
            // Some files hold the table, rounded as they are.
            Kind::Sinusoidal if self.loader.has(&stored) => self.loader.tensor(&stored, &[count, width])?,
            Kind::Sinusoidal => {
                table(&|position, i| position as f64 / 10_000f64.powf((2 * i) as f64 / width as f64))
            }
            Kind::Tensor2Tensor(first) => {
                // In f32, as the models were trained: the rounding of angles shows at later positions.
                let step = (10_000f64.ln() / (width / 2).saturating_sub(1).max(1) as f64) as f32;
                table(&|position, i| f64::from((position + first) as f32 * (i as f32 * -step).exp()))
            }
            Kind::Learned(first) => {
                let all = self.loader.tensor(&stored, &[count + first, width])?;
                all.get(first * width..).unwrap_or_default().to_vec()
            }
        })
    }
}
