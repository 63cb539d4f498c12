//! How the text of one side is spelled in a model's ids.

use std::collections::HashSet;

use super::super::byte_level::{self, ByteLevel};
use super::super::spm::{SPACE, SpmModel, Token};
use super::super::{MAX_PART, part_len};
use super::files::PieceList;
use crate::error::Result;

/// Text to ids and back. Special tokens have ids but no text.
#[derive(Debug)]
pub(super) struct Spelling {
    pieces: PieceList,
    specials: HashSet<u32>,
    letters: Letters,
    /// How a language's code is written as a token: what stands before and after it.
    code_marks: (&'static str, &'static str),
}

/// A SentencePiece model within a larger vocabulary.
pub(super) struct Layout {
    pub(super) model: SpmModel,
    pub(super) pieces: PieceList,
    /// The id of the model's first piece.
    pub(super) offset: u32,
    pub(super) unknown: u32,
}

#[derive(Debug)]
enum Letters {
    /// Pieces of a SentencePiece model, whose own ids are others.
    Spm { model: Box<SpmModel>, ids: Vec<u32>, unknown: u32 },
    /// Bytes, merged (BART).
    Bytes(Box<ByteLevel>),
}

impl Spelling {
    /// Pieces of a SentencePiece model, each with the id that `pieces` gives it. `specials` are left out of text.
    pub(super) fn spm(model: SpmModel, pieces: PieceList, specials: &[&str], unknown: u32) -> Self {
        let ids = model.pieces().map(|piece| pieces.id(piece).unwrap_or(unknown)).collect();
        Self::new(pieces, specials, Letters::Spm { model: Box::new(model), ids, unknown })
    }

    /// Pieces of a SentencePiece model in the places that a family gives them.
    pub(super) fn laid_out(layout: Layout, specials: &[&str]) -> Self {
        let Layout { model, pieces, offset, unknown } = layout;
        let ids = (0..model.len() as u32).map(|id| id + offset).collect();
        Self::new(pieces, specials, Letters::Spm { model: Box::new(model), ids, unknown })
    }

    /// Merged bytes.
    pub(super) fn bytes(encoder: ByteLevel, pieces: PieceList, specials: &[&str]) -> Self {
        Self::new(pieces, specials, Letters::Bytes(Box::new(encoder)))
    }

    fn new(pieces: PieceList, specials: &[&str], letters: Letters) -> Self {
        let specials = specials.iter().filter_map(|special| pieces.id(special)).collect();
        Self { pieces, specials, letters, code_marks: ("", "") }.without_specials()
    }

    /// Keeps text from becoming special tokens where a SentencePiece model would let it.
    fn without_specials(mut self) -> Self {
        let is_special = |piece: &str| self.pieces.id(piece).is_some_and(|id| self.specials.contains(&id));
        if let Letters::Spm { model, .. } = &mut self.letters {
            model.withhold(is_special);
        }
        self
    }

    /// Says how codes of languages are written, and that their tokens are no text.
    pub(super) fn with_codes<'a>(
        mut self,
        marks: (&'static str, &'static str),
        codes: impl Iterator<Item = &'a str>,
    ) -> Self {
        self.code_marks = marks;
        let ids: Vec<u32> = codes.filter_map(|code| self.language_id(code)).collect();
        self.specials.extend(ids);
        self.without_specials()
    }

    /// The id of a language's token.
    pub(super) fn language_id(&self, code: &str) -> Option<u32> {
        let (before, after) = self.code_marks;
        self.pieces.id(&format!("{before}{code}{after}"))
    }

    /// The pieces between two marks, without them.
    pub(super) fn marked_pieces<'a>(
        &'a self,
        before: &'a str,
        after: &'a str,
    ) -> impl Iterator<Item = &'a str> {
        self.pieces.marked_pieces(before, after)
    }

    pub(super) fn id(&self, piece: &str) -> Option<u32> {
        self.pieces.id(piece)
    }

    pub(super) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Appends the ids of a text.
    pub(super) fn encode(&self, text: &str, ids: &mut Vec<u32>) -> Result<()> {
        match &self.letters {
            Letters::Spm { model, ids: own, unknown } => {
                ids.extend(model.encode(text).into_iter().map(|token| self.id_of(token, own, *unknown)));
            }
            Letters::Bytes(encoder) => {
                let mut rest = text;
                while !rest.is_empty() {
                    let (part, after) = rest.split_at(part_len(rest, MAX_PART));
                    encoder.encode(part, ids)?;
                    rest = after;
                }
            }
        }
        Ok(())
    }

    /// Appends a special token and the ids of a text that follows it after a space.
    pub(super) fn encode_after(&self, special: u32, text: &str, ids: &mut Vec<u32>) -> Result<()> {
        match &self.letters {
            Letters::Spm { model, ids: own, unknown } => {
                let [before, after] = model.encode_around(text);
                ids.extend(before.into_iter().map(|token| self.id_of(token, own, *unknown)));
                ids.push(special);
                ids.extend(after.into_iter().map(|token| self.id_of(token, own, *unknown)));
                Ok(())
            }
            Letters::Bytes(_) => {
                ids.push(special);
                self.encode(&format!(" {text}"), ids)
            }
        }
    }

    /// The id of a SentencePiece model's token, given its pieces' ids and that of what is unknown.
    fn id_of(&self, token: Token, own: &[u32], unknown: u32) -> u32 {
        match token {
            Token::Known(id) => own.get(id as usize).copied().unwrap_or(unknown),
            // An unknown run may still be a piece of the vocabulary, which can hold more than this model's.
            Token::Unknown(run) => self.plain_id(&run).unwrap_or(unknown),
        }
    }

    /// The id of a piece that text may become.
    fn plain_id(&self, piece: &str) -> Option<u32> {
        self.pieces.id(piece).filter(|id| !self.specials.contains(id))
    }

    /// The text of ids.
    pub(super) fn decode(&self, ids: &[u32]) -> String {
        let plain = ids.iter().filter(|id| !self.specials.contains(id));
        let pieces = plain.filter_map(|&id| self.pieces.piece(id));
        match &self.letters {
            Letters::Spm { model, .. } => model.decode(pieces).replace(SPACE, " ").trim().into(),
            Letters::Bytes(_) => {
                let bytes: Vec<u8> = pieces.flat_map(byte_level::spelled_bytes).collect();
                String::from_utf8_lossy(&bytes).into_owned()
            }
        }
    }
}
