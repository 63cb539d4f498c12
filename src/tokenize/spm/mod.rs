//! SentencePiece models (`.model`, `.spm`): text to pieces and back, with the ids of Google's own library.
//! Source: Kudo and Richardson 2018; the behaviour is that of SentencePiece 0.2.3.

mod bpe;
mod matcher;
mod normalizer;
mod proto;
mod unigram;

use std::collections::HashMap;
use std::path::Path;

use crate::error::{Error, ErrorKind, Result};
use crate::gguf::sniff;
use matcher::Matcher;
use normalizer::Normalizer;
use proto::Fault;
use unigram::Unigram;

pub(super) use bpe::{Merge, Merger};
pub(super) use proto::{Algorithm, Kind, Model, Piece};

/// What a space is in a piece.
pub(super) const SPACE: &str = "\u{2581}";

/// The largest model file in bytes; those of a quarter of a million pieces have five million.
const MAX_FILE: u64 = 64 << 20;

/// A SentencePiece model.
#[derive(Debug)]
pub(super) struct SpmModel {
    pieces: Vec<Piece>,
    ids: HashMap<Box<str>, u32>,
    normalizer: Normalizer,
    /// User-defined symbols, which the normaliser leaves alone.
    verbatim: Matcher,
    segmenter: Segmenter,
    unknown: u32,
    /// The piece of each byte, where unknown characters become their bytes.
    bytes: Option<Vec<u32>>,
    unknown_surface: String,
}

#[derive(Debug)]
enum Segmenter {
    Unigram(Unigram),
    Bpe(Merger),
}

impl Segmenter {
    fn new(pieces: &[Piece], algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Unigram => Self::Unigram(Unigram::new(pieces)),
            Algorithm::Bpe => Self::Bpe(Merger::new(merges(pieces), user_defined(pieces))),
        }
    }

    fn algorithm(&self) -> Algorithm {
        match self {
            Self::Unigram(_) => Algorithm::Unigram,
            Self::Bpe(_) => Algorithm::Bpe,
        }
    }
}

/// A piece of encoded text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A piece of the model.
    Known(u32),
    /// A run of characters that no piece spells, which has the id of the unknown piece.
    Unknown(String),
}

impl SpmModel {
    /// Reads a model file.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let bytes = read_file(path, MAX_FILE)?;
        Self::read(&bytes).map_err(|fault| damaged(path, &fault))
    }

    fn read(bytes: &[u8]) -> Result<Self, Fault> {
        // The first field of every model is a piece.
        if bytes.first() != Some(&0x0a) {
            return Err(sniff::foreign(&bytes[..bytes.len().min(64)], "SentencePiece"));
        }
        Self::new(Model::read(bytes)?)
    }

    /// Takes the parts of a model.
    pub(super) fn new(model: Model<'_>) -> Result<Self, Fault> {
        let normalizer = Normalizer::new(&model)?;
        let Model { pieces, algorithm, byte_fallback, unknown_surface, .. } = model;
        let ids: HashMap<Box<str>, u32> =
            pieces.iter().zip(0..).map(|(piece, id)| (piece.text.as_str().into(), id)).collect();
        if ids.len() != pieces.len() {
            return Err("has a piece twice".into());
        }
        let unknown = (0..).zip(&pieces).find(|(_, piece)| piece.kind == Kind::Unknown);
        let unknown = unknown.map(|(id, _)| id).ok_or("has no unknown piece")?;
        Ok(Self {
            bytes: if byte_fallback { Some(byte_pieces(&pieces)?) } else { None },
            verbatim: Matcher::new(user_defined(&pieces)),
            segmenter: Segmenter::new(&pieces, algorithm),
            pieces,
            ids,
            normalizer,
            unknown,
            unknown_surface,
        })
    }

    /// Keeps text from becoming the pieces that are `special` to a family: it is spelled in other pieces. What the
    /// library knows as symbols of the user would come from any text that spells them.
    pub(super) fn withhold(&mut self, is_special: impl Fn(&str) -> bool) {
        let from_text =
            |piece: &Piece| matches!(piece.kind, Kind::Normal | Kind::UserDefined) && !piece.withheld;
        let specials = self.pieces.iter_mut().filter(|piece| from_text(piece) && is_special(&piece.text));
        if specials.map(|piece| piece.withheld = true).count() > 0 {
            self.verbatim = Matcher::new(user_defined(&self.pieces));
            self.segmenter = Segmenter::new(&self.pieces, self.segmenter.algorithm());
        }
    }

    /// How many pieces there are.
    pub(super) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// The id of the piece that stands for unknown text.
    pub(super) fn unknown(&self) -> u32 {
        self.unknown
    }

    /// The text of a piece, spaces as U+2581.
    #[cfg(test)]
    pub(super) fn piece(&self, id: u32) -> Option<&str> {
        Some(&self.pieces.get(usize::try_from(id).ok()?)?.text)
    }

    /// The id of a piece of any kind.
    pub(super) fn id(&self, piece: &str) -> Option<u32> {
        self.ids.get(piece).copied()
    }

    /// Every piece, in order of ids.
    pub(super) fn pieces(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().map(|piece| piece.text.as_str())
    }

    /// The pieces of a text. Control pieces never come from text.
    pub(super) fn encode(&self, text: &str) -> Vec<Token> {
        self.segment(&self.normalizer.normalize(text, &self.verbatim))
    }

    /// The pieces that stand before and after a special piece which a text follows after a space.
    pub(super) fn encode_around(&self, text: &str) -> [Vec<Token>; 2] {
        // Holds the special piece's place while white space is brought in order.
        const PLACE: &str = ".";
        let text = self.normalizer.normalize(&format!("{PLACE} {text}"), &self.verbatim);
        let (before, after) = text.split_once(PLACE).unwrap_or(("", &text));
        [self.segment(before), self.segment(after)]
    }

    /// The pieces of a normal text.
    fn segment(&self, text: &str) -> Vec<Token> {
        let segments = match &self.segmenter {
            Segmenter::Unigram(unigram) => unigram.segment(text),
            Segmenter::Bpe(merger) => merger.segment(text),
        };
        let mut tokens = Vec::with_capacity(segments.len());
        for (range, id) in segments {
            self.push(&text[range], id, &mut tokens);
        }
        tokens
    }

    /// Adds a segment; unknown ones become bytes or are joined to one.
    fn push(&self, piece: &str, id: Option<u32>, tokens: &mut Vec<Token>) {
        match (id, &self.bytes, tokens.last_mut()) {
            (Some(id), _, _) => tokens.push(Token::Known(id)),
            (None, Some(bytes), _) => {
                tokens.extend(piece.bytes().map(|byte| Token::Known(bytes[usize::from(byte)])));
            }
            (None, None, Some(Token::Unknown(run))) => run.push_str(piece),
            (None, None, _) => tokens.push(Token::Unknown(piece.into())),
        }
    }

    /// The text of pieces. Control pieces are invisible, and a piece that the model does not have is written as it is.
    pub(super) fn decode<'a>(&self, pieces: impl Iterator<Item = &'a str>) -> String {
        let mut text = String::new();
        let mut bytes = Vec::new();
        let (mut at_start, mut space_taken) = (true, false);
        for piece in pieces {
            let known = self.id(piece).and_then(|id| self.pieces.get(id as usize));
            let kind = known.map_or(Kind::Unknown, |known| known.kind);
            if let (Kind::Byte, Some(byte)) = (kind, byte(piece)) {
                bytes.push(byte);
                continue;
            }
            flush(&mut bytes, &mut text);
            at_start &= !space_taken && text.is_empty();
            space_taken = false;
            match kind {
                Kind::Control => {}
                Kind::Unknown if known.is_some() => text.push_str(&self.unknown_surface),
                Kind::Unknown => text.push_str(piece),
                _ => {
                    let mut rest = piece;
                    if at_start
                        && self.normalizer.owns_first_space()
                        && let Some(after) = piece.strip_prefix(SPACE)
                    {
                        rest = after;
                        space_taken = !self.normalizer.removes_extra_whitespaces();
                    }
                    text.push_str(&rest.replace(SPACE, " "));
                }
            }
        }
        flush(&mut bytes, &mut text);
        text
    }
}

/// Writes bytes as text; each byte that is no part of a character becomes U+FFFD.
fn flush(bytes: &mut Vec<u8>, text: &mut String) {
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    bytes.clear();
}

fn user_defined(pieces: &[Piece]) -> impl Iterator<Item = (Box<str>, u32)> {
    let is_symbol = |piece: &Piece| piece.kind == Kind::UserDefined && !piece.withheld;
    let numbered = (0..).zip(pieces).filter(move |(_, piece)| is_symbol(piece));
    numbered.map(|(id, piece)| (piece.text.as_str().into(), id))
}

fn merges(pieces: &[Piece]) -> impl Iterator<Item = (Box<str>, Merge)> {
    let matched = |piece: &Piece| match piece.kind {
        Kind::Normal | Kind::Unused => true,
        Kind::UserDefined => !piece.withheld,
        Kind::Unknown | Kind::Control | Kind::Byte => false,
    };
    (0..).zip(pieces).filter(move |(_, piece)| matched(piece)).map(|(id, piece)| {
        let unused = piece.kind == Kind::Unused || piece.withheld;
        let merge = Merge { id, score: piece.score, unused };
        (piece.text.as_str().into(), merge)
    })
}

fn byte_pieces(pieces: &[Piece]) -> Result<Vec<u32>, Fault> {
    let mut bytes = vec![None; 256];
    for (id, piece) in (0..).zip(pieces).filter(|(_, piece)| piece.kind == Kind::Byte) {
        let byte = byte(&piece.text).ok_or("has a byte piece that names no byte")?;
        bytes[usize::from(byte)] = Some(id);
    }
    bytes.into_iter().collect::<Option<_>>().ok_or_else(|| "lacks pieces for some bytes".into())
}

/// The byte that a piece such as `<0x0A>` stands for.
pub(super) fn byte(piece: &str) -> Option<u8> {
    let digits = piece.strip_prefix("<0x")?.strip_suffix('>')?;
    u8::from_str_radix(digits, 16).ok()
}

/// The bytes of a regular file of at most `max` bytes.
pub(super) fn read_file(path: &Path, max: u64) -> Result<Vec<u8>> {
    // Asked before opening, since opening a FIFO would wait for a writer.
    let about = std::fs::metadata(path).map_err(|e| Error::io(ErrorKind::Model, "open", path, e))?;
    if !about.is_file() {
        return Err(damaged(path, "is no regular file"));
    }
    if about.len() > max {
        return Err(damaged(path, &format!("has {} bytes, more than {max}", about.len())));
    }
    std::fs::read(path).map_err(|e| Error::io(ErrorKind::Model, "read", path, e))
}

pub(super) fn damaged(path: &Path, fault: &str) -> Error {
    Error::model(format!("{} {fault}", path.display())).hint("fetch the model's files again")
}

#[cfg(test)]
mod tests;
