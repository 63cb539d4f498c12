//! The tokenizers of T5 models in GGUF files.

use super::super::spm::{Algorithm, Kind, Model, Piece, SpmModel};
use super::super::vocabulary::{self, Vocabulary};
use super::families::t5_spelling;
use super::files::PieceList;
use super::spelling::Layout;
use super::{Frame, Languages, Seq2SeqTokenizer};
use crate::error::Result;
use crate::gguf::Gguf;
use crate::lang::Lang;

/// Reads the tokenizer of a T5 or MADLAD-400 model from the metadata of a GGUF file, as llama.cpp's converter writes
/// it.
pub(super) fn from_gguf(gguf: &Gguf) -> Result<Seq2SeqTokenizer> {
    let kind = gguf.str("tokenizer.ggml.model")?;
    if kind != "t5" {
        return Err(gguf.damaged(&format!("has a tokenizer `{}`, not `t5`", kind.escape_default())));
    }
    let fault = |fault: String| gguf.damaged(&fault);
    let pieces = gguf_pieces(gguf)?;
    let charsmap: Option<Vec<u8>> = match gguf.value("tokenizer.ggml.precompiled_charsmap") {
        None => Some(Vec::new()),
        Some(_) => {
            let bytes = gguf.u32s("tokenizer.ggml.precompiled_charsmap")?;
            bytes.into_iter().map(|byte| u8::try_from(byte).ok()).collect()
        }
    };
    let charsmap = charsmap.ok_or_else(|| gguf.damaged("has a damaged normaliser"))?;
    let flag = |key| gguf.value(key).map_or(Ok(true), |_| gguf.bool(key));
    let mut model = Model::new(pieces, Algorithm::Unigram);
    model.byte_fallback = model.pieces.iter().any(|piece| piece.kind == Kind::Byte);
    model.charsmap = &charsmap;
    model.add_dummy_prefix = flag("tokenizer.ggml.add_space_prefix")?;
    model.remove_extra_whitespaces = flag("tokenizer.ggml.remove_extra_whitespaces")?;
    let model = SpmModel::new(model).map_err(fault)?;
    let (pieces, unknown) = (PieceList::in_order(model.pieces()), model.unknown());
    let (source, tags) = t5_spelling(Layout { model, pieces, offset: 0, unknown });
    let start = "t5.decoder_start_token_id";
    Ok(Seq2SeqTokenizer {
        name: gguf.path().display().to_string(),
        eos: source.id("</s>").ok_or_else(|| gguf.damaged("has a vocabulary without `</s>`"))?,
        pad: source.id("<pad>"),
        // Where the file does not say, T5 starts from what fills up batches.
        start: gguf.value(start).map(|_| gguf.u32(start)).transpose()?.or(source.id("<pad>")),
        forced_bos: None,
        source,
        target: None,
        frame: if tags.is_some() { Frame::TargetInText } else { Frame::Plain },
        languages: tags.map_or_else(trained_pairs, Languages::Among),
    })
}

/// What T5 was trained to translate (Raffel et al. 2020, appendix D), which its files do not say.
fn trained_pairs() -> Languages {
    let pair = |to: &str| Some((Lang::EN, Lang::parse(to).ok()?, Lang::parse(to).ok()?.name().to_owned()));
    let pairs = ["de", "fr", "ro"].into_iter().filter_map(pair);
    Languages::Prompted(
        pairs.map(|(from, to, name)| (from, to, format!("translate English to {name}: "))).collect(),
    )
}

fn gguf_pieces(gguf: &Gguf) -> Result<Vec<Piece>> {
    let vocabulary = Vocabulary::read(gguf)?;
    let scores = gguf.f32s("tokenizer.ggml.scores")?;
    if scores.len() != vocabulary.len() {
        return Err(gguf.damaged("has tokens without a score"));
    }
    let piece = |((_, token, kind), score): ((u32, &str, vocabulary::Kind), f32)| {
        let kind = match kind {
            vocabulary::Kind::Normal => Kind::Normal,
            vocabulary::Kind::Unknown => Kind::Unknown,
            vocabulary::Kind::Control => Kind::Control,
            vocabulary::Kind::UserDefined => Kind::UserDefined,
            vocabulary::Kind::Unused => Kind::Unused,
            vocabulary::Kind::Byte => Kind::Byte,
        };
        Piece::new(token.to_owned(), score, kind).map_err(|fault| gguf.damaged(&fault))
    };
    vocabulary.iter().zip(scores).map(piece).collect()
}
