//! The shape of a causal decoder, read from GGUF metadata. What families differ in stands here, in one
//! table; the decoder itself knows no family.
//! Keys: the GGUF specification of the ggml project and the keys that llama.cpp's converter writes.

use candle_core::quantized::gguf_file::Value;

use crate::engine::ops::RopeLayout;
use crate::error::{Error, Result};
use crate::gguf::Gguf;

/// A model family that the decoder knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Llama and what shares its file format (SmolLM2, EuroLLM).
    Llama,
    /// Qwen 2 and 2.5: biases on queries, keys and values.
    Qwen2,
    /// Qwen 3: norms on queries and keys.
    Qwen3,
    /// Gemma 3: norms around each part, scaled embeddings, local layers between global ones.
    Gemma3,
    /// Hunyuan dense: norms on queries and keys, after their rotation.
    HunyuanDense,
}

/// When queries and keys are normed, if they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QkNorm {
    /// Never.
    None,
    /// Before the rotary embedding.
    BeforeRope,
    /// After the rotary embedding.
    AfterRope,
}

/// The gate of the feed-forward part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// `x * logistic(x)`.
    Silu,
    /// GELU, approximated by the hyperbolic tangent.
    Gelu,
}

/// Layers that see only the last positions.
#[derive(Clone, Debug, PartialEq)]
pub struct LocalLayers {
    /// How many positions a query sees, itself included.
    pub window: usize,
    /// For each layer, whether it is local.
    pub local: Vec<bool>,
    /// The rotary base of local layers.
    pub theta: f32,
}

/// The shape of a causal decoder.
#[derive(Clone, Debug)]
pub struct Config {
    /// The family.
    pub family: Family,
    /// Layers.
    pub layers: usize,
    /// Width of the residual stream.
    pub hidden: usize,
    /// Width of the feed-forward part.
    pub feed_forward: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads.
    pub kv_heads: usize,
    /// Dimensions of a head.
    pub head_dim: usize,
    /// The longest sequence that the model was trained for.
    pub context: usize,
    /// Added to the mean square in norms.
    pub norm_eps: f32,
    /// When queries and keys are normed.
    pub qk_norm: QkNorm,
    /// Whether the outputs of attention and feed-forward are normed as well.
    pub post_norms: bool,
    /// The gate.
    pub activation: Activation,
    /// What embeddings are multiplied by.
    pub embedding_scale: f32,
    /// What attention scores are multiplied by.
    pub attention_scale: f32,
    /// How the rotary embedding pairs dimensions.
    pub rope_layout: RopeLayout,
    /// How many dimensions of a head are rotated.
    pub rope_dims: usize,
    /// The rotary base.
    pub rope_theta: f32,
    /// What positions are divided by (linear scaling).
    pub rope_scale: f32,
    /// Local layers, if there are any.
    pub local_layers: Option<LocalLayers>,
}

impl Family {
    fn named(architecture: &str) -> Option<Self> {
        Some(match architecture {
            "llama" => Self::Llama,
            "qwen2" => Self::Qwen2,
            "qwen3" => Self::Qwen3,
            "gemma3" => Self::Gemma3,
            "hunyuan-dense" => Self::HunyuanDense,
            _ => return None,
        })
    }

    fn qk_norm(self) -> QkNorm {
        match self {
            Self::Llama | Self::Qwen2 => QkNorm::None,
            Self::Qwen3 | Self::Gemma3 => QkNorm::BeforeRope,
            Self::HunyuanDense => QkNorm::AfterRope,
        }
    }

    fn rope_layout(self) -> RopeLayout {
        match self {
            Self::Llama => RopeLayout::Interleaved,
            _ => RopeLayout::HalfSplit,
        }
    }
}

impl Config {
    /// Reads the metadata of a file.
    ///
    /// # Errors
    /// [`ErrorKind::Model`](crate::ErrorKind::Model) when the architecture is not one of ours or a value
    /// is missing or impossible.
    pub fn read(gguf: &Gguf) -> Result<Self> {
        let meta = Metadata { gguf, architecture: gguf.architecture()? };
        let family = Family::named(meta.architecture).ok_or_else(|| {
            Error::model(format!(
                "{}: architecture `{}` is not supported",
                gguf.path().display(),
                meta.architecture
            ))
            .hint("supported: llama, qwen2, qwen3, gemma3, hunyuan-dense")
        })?;
        let gemma = family == Family::Gemma3;
        let layers = meta.size("block_count", 1..=256)?;
        let hidden = meta.size("embedding_length", 1..=1 << 20)?;
        let heads = meta.size("attention.head_count", 1..=256)?;
        let kv_heads = meta.size_or("attention.head_count_kv", 1..=256, heads)?;
        let head_dim = meta.size_or("attention.key_length", 2..=512, hidden / heads)?;
        if !heads.is_multiple_of(kv_heads) {
            return Err(meta.bad("attention.head_count_kv", "does not divide the number of heads"));
        }
        if meta.size_or("attention.value_length", 2..=512, head_dim)? != head_dim {
            return Err(meta.bad("attention.value_length", "differs from the length of keys"));
        }
        let rope_dims = meta.size_or("rope.dimension_count", 2..=head_dim, head_dim)?;
        if !rope_dims.is_multiple_of(2) {
            return Err(meta.bad("rope.dimension_count", "is odd"));
        }
        // Gemma 3 27B, known by its layers, scales queries by the width of the stream.
        let scaled_dim = if gemma && layers == 62 { hidden / heads } else { head_dim };
        Ok(Self {
            family,
            layers,
            hidden,
            feed_forward: meta.size("feed_forward_length", 1..=1 << 20)?,
            heads,
            kv_heads,
            head_dim,
            context: meta.size("context_length", 1..=usize::MAX)?,
            norm_eps: meta.positive("attention.layer_norm_rms_epsilon", None)?,
            qk_norm: family.qk_norm(),
            post_norms: gemma,
            activation: if gemma { Activation::Gelu } else { Activation::Silu },
            embedding_scale: if gemma { (hidden as f32).sqrt() } else { 1.0 },
            attention_scale: 1.0 / (scaled_dim as f32).sqrt(),
            rope_layout: family.rope_layout(),
            rope_dims,
            rope_theta: meta.positive("rope.freq_base", Some(10_000.0))?,
            rope_scale: meta.rope_scale()?,
            local_layers: if gemma { meta.local_layers(layers)? } else { None },
        })
    }
}

/// The metadata of one architecture, whose name begins every key.
struct Metadata<'a> {
    gguf: &'a Gguf,
    architecture: &'a str,
}

impl Metadata<'_> {
    fn key(&self, key: &str) -> String {
        format!("{}.{key}", self.architecture)
    }

    fn find(&self, key: &str) -> Option<&Value> {
        self.gguf.value(&self.key(key)).ok()
    }

    fn bad(&self, key: &str, what: &str) -> Error {
        Error::model(format!("{}: `{}` {what}", self.gguf.path().display(), self.key(key)))
    }

    fn size(&self, key: &str, range: std::ops::RangeInclusive<usize>) -> Result<usize> {
        let value = self.find(key).ok_or_else(|| self.bad(key, "is missing"))?;
        let number = match value {
            Value::U8(n) => usize::from(*n),
            Value::U16(n) => usize::from(*n),
            Value::U32(n) => *n as usize,
            Value::U64(n) => usize::try_from(*n).unwrap_or(usize::MAX),
            Value::I32(n) => usize::try_from(*n).map_err(|_| self.bad(key, "is negative"))?,
            _ => return Err(self.bad(key, "is not a whole number")),
        };
        if !range.contains(&number) {
            return Err(self.bad(key, &format!("is {number}, outside {range:?}")));
        }
        Ok(number)
    }

    fn size_or(&self, key: &str, range: std::ops::RangeInclusive<usize>, default: usize) -> Result<usize> {
        match self.find(key) {
            Some(_) => self.size(key, range),
            None if range.contains(&default) => Ok(default),
            None => Err(self.bad(key, "is missing and does not follow from the others")),
        }
    }

    fn positive(&self, key: &str, default: Option<f32>) -> Result<f32> {
        let number = match (self.find(key), default) {
            (Some(Value::F32(x)), _) => *x,
            (Some(Value::F64(x)), _) => *x as f32,
            (None, Some(default)) => default,
            (None, None) => return Err(self.bad(key, "is missing")),
            _ => return Err(self.bad(key, "is not a fraction")),
        };
        if number.is_finite() && number > 0.0 {
            Ok(number)
        } else {
            Err(self.bad(key, &format!("is {number}, not a positive number")))
        }
    }

    fn rope_scale(&self) -> Result<f32> {
        match self.find("rope.scaling.type") {
            None => self.positive("rope.scale_linear", Some(1.0)),
            Some(Value::String(kind)) if kind == "none" => Ok(1.0),
            Some(Value::String(kind)) if kind == "linear" => self.positive("rope.scaling.factor", Some(1.0)),
            Some(_) => Err(self.bad("rope.scaling.type", "is not supported (none or linear)")),
        }
    }

    /// Gemma 3 lets five layers of six see a window only, unless the file says otherwise.
    fn local_layers(&self, layers: usize) -> Result<Option<LocalLayers>> {
        if self.find("attention.sliding_window").is_none() {
            return Ok(None);
        }
        let window = self.size("attention.sliding_window", 1..=usize::MAX)?;
        let pattern = "attention.sliding_window_pattern";
        let local = match self.find(pattern) {
            Some(Value::Array(flags)) if flags.len() == layers => {
                let flag = |value: &Value| match value {
                    Value::Bool(flag) => Ok(*flag),
                    _ => Err(self.bad(pattern, "holds something else than flags")),
                };
                flags.iter().map(flag).collect::<Result<_>>()?
            }
            Some(Value::Array(_)) => return Err(self.bad(pattern, "is not as long as the model has layers")),
            _ => {
                let period = self.size_or(pattern, 1..=256, 6)?;
                (1..=layers).map(|layer| layer % period != 0).collect()
            }
        };
        let theta = self.positive("rope.freq_base_swa", Some(10_000.0))?;
        Ok(Some(LocalLayers { window, local, theta }))
    }
}
