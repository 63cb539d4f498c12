//! SentencePiece BPE with byte fallback as GGUF files hold it (Kudo and Richardson 2018): a space is the character
//! U+2581, neighbouring symbols are merged as long as a token spells them, and what no token spells becomes its bytes.

use super::spm::{Merge, Merger, SPACE, byte};
use super::vocabulary::{Kind, Pieces, Vocabulary};
use crate::error::Result;
use crate::gguf::Gguf;

/// Text to ids.
pub(super) struct SentencePiece {
    merger: Merger,
    bytes: [u32; 256],
}

impl SentencePiece {
    pub(super) fn new(gguf: &Gguf, vocabulary: &Vocabulary<'_>) -> Result<Self> {
        let scores = gguf.f32s("tokenizer.ggml.scores")?;
        if scores.len() != vocabulary.len() || scores.iter().any(|score| score.is_nan()) {
            return Err(gguf.damaged("has tokens without a score"));
        }
        let normal = vocabulary.iter().zip(scores).filter(|((_, _, kind), _)| *kind == Kind::Normal);
        let tokens = normal.map(|((id, token, _), score)| (token.into(), Merge { id, score, unused: false }));
        let symbols =
            vocabulary.iter().filter(|(_, token, kind)| *kind == Kind::UserDefined && is_text(token));
        let symbols = symbols.map(|(id, token, _)| (token.replace(' ', SPACE).into(), id));
        Ok(Self { merger: Merger::new(tokens, symbols), bytes: byte_tokens(gguf, vocabulary)? })
    }

    /// Appends the ids of `text`, before which a space may be put.
    pub(super) fn encode(&self, text: &str, space_prefix: bool, ids: &mut Vec<u32>) {
        let mut text = text.replace(' ', SPACE);
        if space_prefix {
            text.insert_str(0, SPACE);
        }
        for (piece, id) in self.merger.segment(&text) {
            match id {
                Some(id) => ids.push(id),
                None => ids.extend(text[piece].bytes().map(|byte| self.bytes[usize::from(byte)])),
            }
        }
    }
}

/// Whether a user-defined token is something that texts hold (white space or a bare HTML tag, in Gemma), and not a
/// marker between texts such as `<start_of_image>`.
fn is_text(token: &str) -> bool {
    let tag =
        token.strip_prefix('<').and_then(|t| t.strip_suffix('>')).map(|t| t.strip_prefix('/').unwrap_or(t));
    let is_tag = tag.is_some_and(|tag| tag.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
    is_tag || token.chars().all(|c| c.is_whitespace() || SPACE.contains(c))
}

/// The token of each byte (`<0x0A>`).
fn byte_tokens(gguf: &Gguf, vocabulary: &Vocabulary<'_>) -> Result<[u32; 256]> {
    let mut tokens = [None; 256];
    for (id, token, kind) in vocabulary.iter() {
        if let (Kind::Byte, Some(byte)) = (kind, byte(token)) {
            tokens[usize::from(byte)] = Some(id);
        }
    }
    let missing = || gguf.damaged("lacks tokens for some bytes");
    let tokens: Vec<u32> = tokens.into_iter().collect::<Option<_>>().ok_or_else(missing)?;
    tokens.try_into().map_err(|_| missing())
}

/// The bytes of each token; special tokens have none.
pub(super) fn pieces(vocabulary: &Vocabulary<'_>) -> Pieces {
    let mut pieces = Pieces::default();
    for (_, token, kind) in vocabulary.iter() {
        match (kind, byte(token)) {
            (Kind::Byte, Some(byte)) => pieces.push(&[byte]),
            (Kind::Normal | Kind::UserDefined, _) => pieces.push(token.replace(SPACE, " ").as_bytes()),
            _ => pieces.push(&[]),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_not_text() {
        for token in ["\n\n", "\u{2581}\u{2581}", "  ", "<table>", "</h1>"] {
            assert!(is_text(token), "{token:?}");
        }
        for token in ["<start_of_image>", "[multimodal]", "<|im_end|>"] {
            assert!(!is_text(token), "{token:?}");
        }
    }
}
