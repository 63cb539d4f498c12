//! Hyper-parameters of a decoder, read from GGUF metadata and held against the tensors of the file.
//! The keys and their defaults are those of llama.cpp.

use super::{Array, Gguf, Value};
use crate::error::{Error, Result};

/// The longest context that is used, in tokens, whatever a model claims: it bounds the rotary tables.
pub const MAX_CONTEXT: usize = 32_768;

/// The decoders that diglot computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Architecture {
    /// Qwen 2 and 2.5: biases on q, k and v.
    Qwen2,
    /// Llama, SmolLM2, EuroLLM: rotary pairs interleaved.
    Llama,
    /// Gemma 3: windowed layers, norms on q and k and after each block, scaled embeddings.
    Gemma3,
    /// Qwen 3: norms on q and k before the rotation.
    Qwen3,
    /// Hunyuan dense: norms on q and k after the rotation.
    HunyuanDense,
}

impl Architecture {
    /// Every architecture.
    pub const ALL: [Architecture; 5] =
        [Self::Qwen2, Self::Llama, Self::Gemma3, Self::Qwen3, Self::HunyuanDense];

    /// The name in GGUF files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Qwen2 => "qwen2",
            Self::Llama => "llama",
            Self::Gemma3 => "gemma3",
            Self::Qwen3 => "qwen3",
            Self::HunyuanDense => "hunyuan-dense",
        }
    }

    /// Whether q, k and v have biases.
    pub fn has_qkv_bias(self) -> bool {
        self == Self::Qwen2
    }

    /// Whether each head's q and k are normalised.
    pub fn has_qk_norm(self) -> bool {
        matches!(self, Self::Gemma3 | Self::Qwen3 | Self::HunyuanDense)
    }

    /// Whether the output of each block is normalised before it is added.
    pub fn has_post_norms(self) -> bool {
        self == Self::Gemma3
    }
}

/// The hyper-parameters of a decoder. Every value is within bounds and every tensor it implies is in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelConfig {
    /// Which decoder.
    pub architecture: Architecture,
    /// Blocks, 1 to 256.
    pub layers: usize,
    /// The width of the residual stream.
    pub hidden: usize,
    /// The width of the feed-forward block.
    pub feed_forward: usize,
    /// Query heads, 1 to 256.
    pub heads: usize,
    /// Key and value heads, a divisor of `heads`.
    pub kv_heads: usize,
    /// The width of a head, even, 16 to 512.
    pub head_dim: usize,
    /// Rows of the embedding, one for each token of the tokenizer.
    pub vocab: usize,
    /// The most tokens that a sequence may hold, at most [`MAX_CONTEXT`].
    pub context: usize,
    /// Added to the mean square in every norm.
    pub rms_eps: f64,
    /// The rotary base of layers that see everything.
    pub rope_theta: f32,
    /// Positions are divided by this in layers that see everything (linear scaling).
    pub rope_scale: f32,
    /// The rotary base of layers with a window.
    pub rope_theta_local: f32,
    /// Per layer how many tokens it sees, the token itself included; none: everything before it.
    pub windows: Vec<Option<usize>>,
    /// The factor on q · k.
    pub attention_scale: f64,
    /// Whether the output head is the embedding.
    pub tied: bool,
}

impl ModelConfig {
    /// Reads the hyper-parameters of a file and checks its tensors against them.
    ///
    /// # Errors
    /// [`ErrorKind::Model`](crate::ErrorKind::Model) for an architecture or variant that is not computed here, a
    /// value out of bounds, and a tensor that is missing, unexpected, or of another shape.
    pub fn read(gguf: &Gguf) -> Result<Self> {
        let config = Reader::new(gguf)?.config()?;
        config.check_tensors(gguf)?;
        Ok(config)
    }

    /// Every tensor that the file must hold, with its shape, outermost dimension first.
    pub fn expected_tensors(&self) -> Vec<(String, Vec<usize>)> {
        let (hidden, q, kv) = (self.hidden, self.heads * self.head_dim, self.kv_heads * self.head_dim);
        let mut tensors = vec![
            ("token_embd.weight".to_owned(), vec![self.vocab, hidden]),
            ("output_norm.weight".to_owned(), vec![hidden]),
        ];
        if !self.tied {
            tensors.push(("output.weight".to_owned(), vec![self.vocab, hidden]));
        }
        for layer in 0..self.layers {
            let mut add =
                |name: &str, shape: &[usize]| tensors.push((format!("blk.{layer}.{name}"), shape.to_vec()));
            add("attn_norm.weight", &[hidden]);
            add("attn_q.weight", &[q, hidden]);
            add("attn_k.weight", &[kv, hidden]);
            add("attn_v.weight", &[kv, hidden]);
            add("attn_output.weight", &[hidden, q]);
            add("ffn_norm.weight", &[hidden]);
            add("ffn_gate.weight", &[self.feed_forward, hidden]);
            add("ffn_up.weight", &[self.feed_forward, hidden]);
            add("ffn_down.weight", &[hidden, self.feed_forward]);
            if self.architecture.has_qkv_bias() {
                add("attn_q.bias", &[q]);
                add("attn_k.bias", &[kv]);
                add("attn_v.bias", &[kv]);
            }
            if self.architecture.has_qk_norm() {
                add("attn_q_norm.weight", &[self.head_dim]);
                add("attn_k_norm.weight", &[self.head_dim]);
            }
            if self.architecture.has_post_norms() {
                add("post_attention_norm.weight", &[hidden]);
                add("post_ffw_norm.weight", &[hidden]);
            }
        }
        tensors
    }

    /// Holds the file's tensors against the expected ones. A tensor beyond them is refused too: leaving it out of
    /// the computation would give wrong text without a word.
    fn check_tensors(&self, gguf: &Gguf) -> Result<()> {
        let mut expected = self.expected_tensors();
        if gguf.has_tensor(ROPE_FREQS) {
            expected.push((ROPE_FREQS.to_owned(), vec![self.head_dim / 2]));
        }
        for (name, shape) in &expected {
            let found = gguf.tensor(name)?.shape;
            if found != shape {
                return Err(gguf.damaged(&format!("has a tensor `{name}` of shape {found:?}, not {shape:?}")));
            }
        }
        if gguf.tensor_names().count() > expected.len() {
            let known: std::collections::HashSet<_> =
                expected.iter().map(|(name, _)| name.as_str()).collect();
            let unknown = gguf.tensor_names().filter(|name| !known.contains(name)).min().unwrap_or_default();
            return Err(unsupported(gguf, &format!("a tensor `{unknown}`")));
        }
        Ok(())
    }
}

/// Divisors of the rotary frequencies, where a model has them (Llama 3 scaling).
pub(crate) const ROPE_FREQS: &str = "rope_freqs.weight";

/// Metadata keys that change the computation in ways that are not computed here, unless they are absent or zero.
const UNSUPPORTED: [&str; 4] =
    ["expert_count", "attn_logit_softcapping", "final_logit_softcapping", "attention.max_alibi_bias"];

fn unsupported(gguf: &Gguf, what: &str) -> Error {
    Error::model(format!("{} has {what}, which diglot does not compute", gguf.path().display()))
        .hint("choose another model: `diglot models list`")
}

/// Reads the keys of one architecture.
struct Reader<'a> {
    gguf: &'a Gguf,
    architecture: Architecture,
}

impl<'a> Reader<'a> {
    fn new(gguf: &'a Gguf) -> Result<Self> {
        let name = gguf.architecture()?;
        match Architecture::ALL.into_iter().find(|a| a.name() == name) {
            Some(architecture) => Ok(Self { gguf, architecture }),
            None => Err(unsupported(gguf, &format!("the architecture `{}`", name.escape_default()))),
        }
    }

    fn config(&self) -> Result<ModelConfig> {
        self.refuse_variants()?;
        let layers = self.count("block_count", 1, 256)?;
        let hidden = self.count("embedding_length", 16, 65_536)?;
        let heads = self.count("attention.head_count", 1, 256)?;
        let kv_heads = self.optional_count("attention.head_count_kv", 1, heads)?.unwrap_or(heads);
        if !heads.is_multiple_of(kv_heads) {
            return Err(self.wrong("attention.head_count_kv", "does not divide the number of heads"));
        }
        let head_dim = self.head_dim(hidden / heads)?;
        let windows = self.windows(layers)?;
        let rope_theta = self.optional_positive("rope.freq_base")?.unwrap_or(10_000.0);
        Ok(ModelConfig {
            architecture: self.architecture,
            layers,
            hidden,
            feed_forward: self.count("feed_forward_length", 1, 1 << 20)?,
            heads,
            kv_heads,
            head_dim,
            vocab: self.vocab()?,
            context: self.count("context_length", 1, u32::MAX as usize)?.min(MAX_CONTEXT),
            rms_eps: self.positive("attention.layer_norm_rms_epsilon")?.into(),
            rope_theta,
            rope_scale: self.rope_scale()?,
            rope_theta_local: self.optional_positive("rope.freq_base_swa")?.unwrap_or(10_000.0),
            windows,
            attention_scale: self.attention_scale(layers, hidden, heads, head_dim),
            tied: !self.gguf.has_tensor("output.weight"),
        })
    }

    /// Refuses what would compute, but not as the model was meant.
    fn refuse_variants(&self) -> Result<()> {
        for key in UNSUPPORTED {
            let value = self.gguf.value(&self.key(key));
            if value.is_some_and(|v| v.as_u64() != Some(0) && v.as_f64() != Some(0.0)) {
                return Err(unsupported(self.gguf, &format!("the setting `{}`", self.key(key))));
            }
        }
        if self.gguf.value(&self.key("attention.causal")) == Some(Value::Bool(false)) {
            return Err(unsupported(self.gguf, "attention in both directions"));
        }
        Ok(())
    }

    fn head_dim(&self, default: usize) -> Result<usize> {
        let head_dim = self.optional_count("attention.key_length", 16, 512)?.unwrap_or(default);
        if !(16..=512).contains(&head_dim) || !head_dim.is_multiple_of(2) {
            return Err(self.wrong("attention.key_length", "is no even number from 16 to 512"));
        }
        for key in ["attention.value_length", "rope.dimension_count"] {
            if self.optional_count(key, 1, 65_536)?.is_some_and(|other| other != head_dim) {
                return Err(self.wrong(key, "differs from the width of a head"));
            }
        }
        Ok(head_dim)
    }

    /// Rows of the embedding, which must be as many as the tokenizer has tokens.
    fn vocab(&self) -> Result<usize> {
        let rows = self.gguf.tensor("token_embd.weight")?.shape.first().copied().unwrap_or_default();
        let tokens = self.gguf.value("tokenizer.ggml.tokens").and_then(|v| v.as_array()).map(|a| a.len());
        match tokens {
            Some(tokens) if tokens == rows => Ok(rows),
            Some(tokens) => Err(self.gguf.damaged(&format!("has {tokens} tokens but {rows} embeddings"))),
            None => Err(self.gguf.damaged("has no list of tokens")),
        }
    }

    /// Gemma 3: layers with a window, all but every sixth unless the file says otherwise.
    fn windows(&self, layers: usize) -> Result<Vec<Option<usize>>> {
        let window = self.optional_count("attention.sliding_window", 0, u32::MAX as usize)?;
        let window = window.filter(|&window| self.architecture == Architecture::Gemma3 && window > 0);
        let Some(window) = window else { return Ok(vec![None; layers]) };
        let pattern = "attention.sliding_window_pattern";
        if let Some(Value::Array(local)) = self.gguf.value(&self.key(pattern)) {
            return self.window_list(local, layers, window);
        }
        let period = self.optional_count(pattern, 1, 256)?.unwrap_or(6);
        Ok((1..=layers).map(|layer| (!layer.is_multiple_of(period)).then_some(window)).collect())
    }

    fn window_list(&self, local: Array<'_>, layers: usize, window: usize) -> Result<Vec<Option<usize>>> {
        let windows: Option<Vec<_>> =
            local.iter().map(|v| v.as_bool().map(|local| local.then_some(window))).collect();
        windows.filter(|windows| windows.len() == layers).ok_or_else(|| {
            self.wrong("attention.sliding_window_pattern", "does not say yes or no for each layer")
        })
    }

    fn rope_scale(&self) -> Result<f32> {
        let key = self.key("rope.scaling.type");
        match self.gguf.value(&key).map(|value| value.as_str()) {
            None | Some(Some("none")) => Ok(1.0),
            Some(Some("linear")) => self.positive("rope.scaling.factor"),
            other => {
                let kind = other.flatten().unwrap_or("no text").escape_default();
                Err(unsupported(self.gguf, &format!("rotary scaling of type `{kind}`")))
            }
        }
    }

    /// 1/√(head width), save for Gemma 3 27B, whose file does not say so (llama.cpp tells it by its 62 layers).
    fn attention_scale(&self, layers: usize, hidden: usize, heads: usize, head_dim: usize) -> f64 {
        let width = match (self.architecture, layers) {
            (Architecture::Gemma3, 62) => hidden / heads,
            _ => head_dim,
        };
        1.0 / (width as f64).sqrt()
    }

    fn key(&self, key: &str) -> String {
        format!("{}.{key}", self.architecture.name())
    }

    fn wrong(&self, key: &str, why: &str) -> Error {
        self.gguf.damaged(&format!("has a value `{}` that {why}", self.key(key)))
    }

    fn count(&self, key: &str, min: usize, max: usize) -> Result<usize> {
        let value = self.gguf.u32(&self.key(key))? as usize;
        if (min..=max).contains(&value) {
            return Ok(value);
        }
        Err(self.wrong(key, &format!("is {value}, not from {min} to {max}")))
    }

    fn positive(&self, key: &str) -> Result<f32> {
        let value = self.gguf.f32(&self.key(key))?;
        if value.is_finite() && value > 0.0 {
            return Ok(value);
        }
        Err(self.wrong(key, &format!("is {value}, not a positive number")))
    }

    fn optional_count(&self, key: &str, min: usize, max: usize) -> Result<Option<usize>> {
        self.gguf.value(&self.key(key)).map(|_| self.count(key, min, max)).transpose()
    }

    fn optional_positive(&self, key: &str) -> Result<Option<f32>> {
        self.gguf.value(&self.key(key)).map(|_| self.positive(key)).transpose()
    }
}
