//! One layer of a decoder.

use crate::engine::attention::Attention;
use crate::engine::linear::{Linear, Loader};
use crate::engine::ops;
use crate::error::Result;
use crate::gguf::{Architecture, ModelConfig};

/// The weights of a layer, and how it uses them.
pub(super) struct Layer {
    pub(super) attention_norm: Vec<f32>,
    pub(super) query: Linear,
    pub(super) key: Linear,
    pub(super) value: Linear,
    pub(super) query_norm: Option<Vec<f32>>,
    pub(super) key_norm: Option<Vec<f32>>,
    /// Whether these two norms follow the rotation.
    pub(super) norm_after_rope: bool,
    pub(super) attention: Attention,
    pub(super) attention_output: Linear,
    pub(super) attention_post_norm: Option<Vec<f32>>,
    pub(super) feed_forward_norm: Vec<f32>,
    pub(super) gate: Linear,
    pub(super) up: Linear,
    pub(super) activation: fn(&mut [f32], &[f32]),
    pub(super) down: Linear,
    pub(super) feed_forward_post_norm: Option<Vec<f32>>,
}

impl Layer {
    /// Reads layer `index`.
    pub(super) fn load(loader: &Loader<'_>, config: &ModelConfig, index: usize) -> Result<Self> {
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

    /// Its matrices.
    pub(super) fn linears(&self) -> [&Linear; 7] {
        let Self { query, key, value, attention_output, gate, up, down, .. } = self;
        [query, key, value, attention_output, gate, up, down]
    }
}
