//! T5 models in GGUF files, as llama.cpp's converter writes them: their keys and names of tensors become those of
//! Python's transformers, so that everything after this is the same as for a folder.

use std::collections::HashSet;

use serde_json::json;

use super::config::Settings;
use crate::error::{Error, Result};
use crate::gguf::Gguf;

/// The most blocks of each side.
const MAX_BLOCKS: usize = 256;

/// The settings of a model, read from its metadata. The file does not say from which distance on keys share a bucket;
/// every published model has 128, which llama.cpp takes as well.
///
/// # Errors
/// [`ErrorKind::Model`](crate::ErrorKind::Model) for an encoder without a decoder, a key that is missing, and a tensor
/// that T5 does not have.
pub(super) fn settings(gguf: &Gguf) -> Result<Settings> {
    match gguf.architecture()? {
        "t5" => {}
        "t5encoder" => {
            return Err(gguf
                .damaged("holds an encoder alone, which writes nothing")
                .hint("choose a file of the whole model, decoder included"));
        }
        other => {
            return Err(
                gguf.damaged(&format!("is of the architecture `{}`, not `t5`", other.escape_default()))
            );
        }
    }
    let number = |key: &str| gguf.u32(&format!("t5.{key}"));
    let blocks = number("block_count")?;
    let decoder_blocks = match gguf.value("t5.decoder_block_count") {
        Some(_) => number("decoder_block_count")?,
        None => blocks,
    };
    let rows = gguf.tensor("token_embd.weight")?.shape.first().copied().unwrap_or_default();
    let tokens = gguf.strings("tokenizer.ggml.tokens")?.len();
    if rows != tokens {
        return Err(gguf.damaged(&format!("has {tokens} tokens but {rows} embeddings")));
    }
    refuse_unknown(gguf, blocks as usize, decoder_blocks as usize)?;
    // The first version has neither gates nor a head of its own, and scales what its one table is multiplied with.
    let gated = gguf.has_tensor("enc.blk.0.ffn_gate.weight");
    let config = json!({
        "model_type": "t5",
        "vocab_size": rows,
        "d_model": number("embedding_length")?,
        "d_ff": number("feed_forward_length")?,
        "d_kv": number("attention.key_length")?,
        "num_heads": number("attention.head_count")?,
        "num_layers": blocks,
        "num_decoder_layers": decoder_blocks,
        "layer_norm_epsilon": gguf.f32("t5.attention.layer_norm_rms_epsilon")?,
        "relative_attention_num_buckets": number("attention.relative_buckets_count")?,
        "feed_forward_proj": if gated { "gated-gelu" } else { "relu" },
        "tie_word_embeddings": !gated,
    });
    Ok(Settings::of_values(gguf.path(), config))
}

/// Refuses tensors that T5 does not have, such as a bias for every layer (umT5): left out, they would change the text
/// without a word.
fn refuse_unknown(gguf: &Gguf, blocks: usize, decoder_blocks: usize) -> Result<()> {
    let mut known: HashSet<String> = ["token_embd", "output", "enc.output_norm", "dec.output_norm"]
        .map(|name| format!("{name}.weight"))
        .into();
    let feed_forward = ["ffn_norm", "ffn_gate", "ffn_up", "ffn_down"];
    let attention = ["attn_norm", "attn_q", "attn_k", "attn_v", "attn_o"];
    let cross = ["norm", "q", "k", "v", "o"].map(|part| format!("cross_attn_{part}"));
    for (side, blocks) in [("enc", blocks), ("dec", decoder_blocks)] {
        for block in 0..blocks.min(MAX_BLOCKS) {
            let mut add = |part: &str| known.insert(format!("{side}.blk.{block}.{part}.weight"));
            feed_forward.iter().chain(&attention).for_each(|part| _ = add(part));
            if side == "dec" {
                cross.iter().for_each(|part| _ = add(part));
            }
            if block == 0 {
                add("attn_rel_b");
            }
        }
    }
    // Some files of the first version have a bias of cross-attention, which no implementation uses.
    known.insert("dec.blk.0.cross_attn_rel_b.weight".to_owned());
    match gguf.tensor_names().filter(|name| !known.contains(*name)).min() {
        None => Ok(()),
        Some(name) => Err(Error::model(format!(
            "{} has a tensor `{name}`, which T5 does not have",
            gguf.path().display()
        ))
        .hint(
            "choose a file of T5, flan-T5, mT5 or MADLAD-400; umT5 is read from a folder of its repository",
        )),
    }
}

/// The name in GGUF files of a tensor that transformers calls `name`.
pub(super) fn tensor_name(name: &str) -> Option<String> {
    let name = name.strip_suffix(".weight")?;
    let part = match name {
        "shared" => "token_embd".to_owned(),
        "lm_head" => "output".to_owned(),
        "encoder.final_layer_norm" => "enc.output_norm".to_owned(),
        "decoder.final_layer_norm" => "dec.output_norm".to_owned(),
        _ => {
            let (side, rest) = name.split_once(".block.")?;
            let (block, rest) = rest.split_once(".layer.")?;
            let (layer, rest) = rest.split_once('.')?;
            let (side, last) = if side == "encoder" { ("enc", "1") } else { ("dec", "2") };
            let part = match rest.split_once('.') {
                None if layer == "0" => "attn_norm".to_owned(),
                None if layer == last => "ffn_norm".to_owned(),
                None => "cross_attn_norm".to_owned(),
                Some(("SelfAttention", "relative_attention_bias")) => "attn_rel_b".to_owned(),
                Some(("SelfAttention", projection)) => format!("attn_{projection}"),
                Some(("EncDecAttention", projection)) => format!("cross_attn_{projection}"),
                Some((_, "wi_0")) => "ffn_gate".to_owned(),
                Some((_, "wi" | "wi_1")) => "ffn_up".to_owned(),
                Some((_, "wo")) => "ffn_down".to_owned(),
                Some(_) => return None,
            };
            format!("{side}.blk.{block}.{part}")
        }
    };
    Some(format!("{part}.weight"))
}

#[cfg(test)]
mod tests {
    use super::tensor_name;

    #[test]
    fn names_are_those_of_the_converter() {
        for (transformers, gguf) in [
            ("shared.weight", "token_embd.weight"),
            ("decoder.final_layer_norm.weight", "dec.output_norm.weight"),
            ("encoder.block.3.layer.1.layer_norm.weight", "enc.blk.3.ffn_norm.weight"),
            ("decoder.block.3.layer.1.layer_norm.weight", "dec.blk.3.cross_attn_norm.weight"),
            ("decoder.block.3.layer.2.layer_norm.weight", "dec.blk.3.ffn_norm.weight"),
            ("decoder.block.0.layer.1.EncDecAttention.o.weight", "dec.blk.0.cross_attn_o.weight"),
            ("encoder.block.0.layer.1.DenseReluDense.wi_1.weight", "enc.blk.0.ffn_up.weight"),
        ] {
            assert_eq!(tensor_name(transformers).as_deref(), Some(gguf));
        }
        assert_eq!(tensor_name("final_logits_bias"), None);
    }
}
