//! The protocol buffer of a SentencePiece model. Format: `sentencepiece_model.proto` of the SentencePiece project.

/// What is wrong with a file, in words that follow its name.
pub(super) type Fault = String;

/// The most pieces, and the longest in bytes; a text is matched against pieces in time proportional to the latter.
const MAX_PIECES: usize = 1 << 21;
const MAX_PIECE: usize = 1024;

/// What a piece is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tokenize) enum Kind {
    Normal,
    Unknown,
    Control,
    UserDefined,
    Unused,
    Byte,
}

#[derive(Debug)]
pub(in crate::tokenize) struct Piece {
    pub(in crate::tokenize) text: String,
    pub(in crate::tokenize) score: f32,
    pub(in crate::tokenize) kind: Kind,
    /// Whether text does not become this piece, whatever its kind.
    pub(in crate::tokenize) withheld: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tokenize) enum Algorithm {
    Unigram,
    Bpe,
}

/// What of a model matters for encoding and decoding.
#[derive(Debug)]
pub(in crate::tokenize) struct Model<'a> {
    pub(in crate::tokenize) pieces: Vec<Piece>,
    pub(in crate::tokenize) algorithm: Algorithm,
    pub(in crate::tokenize) byte_fallback: bool,
    /// What an unknown piece is written as.
    pub(in crate::tokenize) unknown_surface: String,
    /// The compiled replacements of the normaliser; empty: none.
    pub(in crate::tokenize) charsmap: &'a [u8],
    pub(in crate::tokenize) add_dummy_prefix: bool,
    pub(in crate::tokenize) remove_extra_whitespaces: bool,
    pub(in crate::tokenize) escape_whitespaces: bool,
}

impl Piece {
    /// A piece that can be worked with.
    pub(in crate::tokenize) fn new(text: String, score: f32, kind: Kind) -> Result<Self, Fault> {
        match text.is_empty() || text.len() > MAX_PIECE || !score.is_finite() {
            true => Err("has a piece without text or score".into()),
            false => Ok(Self { text, score, kind, withheld: false }),
        }
    }
}

impl<'a> Model<'a> {
    /// A model with the settings that a file's silence means.
    pub(in crate::tokenize) fn new(pieces: Vec<Piece>, algorithm: Algorithm) -> Self {
        Self {
            pieces,
            algorithm,
            byte_fallback: false,
            unknown_surface: " \u{2047} ".into(),
            charsmap: &[],
            add_dummy_prefix: true,
            remove_extra_whitespaces: true,
            escape_whitespaces: true,
        }
    }

    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Fault> {
        let mut model = Self::new(Vec::new(), Algorithm::Unigram);
        let mut message = Message(bytes);
        while let Some((field, value)) = message.next()? {
            match (field, value) {
                (1, Value::Bytes(piece)) => model.pieces.push(read_piece(piece)?),
                (2, Value::Bytes(spec)) => model.read_trainer(spec)?,
                (3, Value::Bytes(spec)) => model.read_normalizer(spec)?,
                (5, Value::Bytes(spec)) => refuse_denormalizer(spec)?,
                _ => {}
            }
            if model.pieces.len() > MAX_PIECES {
                return Err(format!("has more than {MAX_PIECES} pieces"));
            }
        }
        match model.pieces.is_empty() {
            true => Err("has no pieces: it is no SentencePiece model".into()),
            false => Ok(model),
        }
    }

    fn read_trainer(&mut self, spec: &[u8]) -> Result<(), Fault> {
        let mut message = Message(spec);
        while let Some((field, value)) = message.next()? {
            match (field, value) {
                (3, Value::Varint(1)) => self.algorithm = Algorithm::Unigram,
                (3, Value::Varint(2)) => self.algorithm = Algorithm::Bpe,
                (3, Value::Varint(_)) => return Err("is a SentencePiece model of words or characters".into()),
                (24, Value::Varint(1)) => return Err("puts spaces behind words, which is not read".into()),
                (35, Value::Varint(on)) => self.byte_fallback = on != 0,
                (44, Value::Bytes(surface)) => self.unknown_surface = text(surface)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn read_normalizer(&mut self, spec: &'a [u8]) -> Result<(), Fault> {
        let mut message = Message(spec);
        while let Some((field, value)) = message.next()? {
            match (field, value) {
                (2, Value::Bytes(charsmap)) => self.charsmap = charsmap,
                (3, Value::Varint(on)) => self.add_dummy_prefix = on != 0,
                (4, Value::Varint(on)) => self.remove_extra_whitespaces = on != 0,
                (5, Value::Varint(on)) => self.escape_whitespaces = on != 0,
                _ => {}
            }
        }
        Ok(())
    }
}

fn read_piece(bytes: &[u8]) -> Result<Piece, Fault> {
    let (mut spelled, mut score, mut kind) = (String::new(), 0.0, Kind::Normal);
    let mut message = Message(bytes);
    while let Some((field, value)) = message.next()? {
        match (field, value) {
            (1, Value::Bytes(bytes)) => spelled = text(bytes)?,
            (2, Value::Fixed32(bits)) => score = f32::from_bits(bits),
            (3, Value::Varint(number)) => kind = read_kind(number)?,
            _ => {}
        }
    }
    Piece::new(spelled, score, kind)
}

fn read_kind(number: u64) -> Result<Kind, Fault> {
    Ok(match number {
        1 => Kind::Normal,
        2 => Kind::Unknown,
        3 => Kind::Control,
        4 => Kind::UserDefined,
        5 => Kind::Unused,
        6 => Kind::Byte,
        _ => return Err("has a piece of unknown type".into()),
    })
}

/// Replacements in what is decoded are not made, so a model that has any is refused.
fn refuse_denormalizer(spec: &[u8]) -> Result<(), Fault> {
    let mut message = Message(spec);
    while let Some((field, value)) = message.next()? {
        if let (2, Value::Bytes([_, ..])) = (field, value) {
            return Err("changes its text after decoding, which is not done here".into());
        }
    }
    Ok(())
}

fn text(bytes: &[u8]) -> Result<String, Fault> {
    str::from_utf8(bytes).map(str::to_owned).map_err(|_| "has text that is not UTF-8".into())
}

/// The fields of a message that are still to be read.
struct Message<'a>(&'a [u8]);

enum Value<'a> {
    Varint(u64),
    Fixed32(u32),
    Bytes(&'a [u8]),
    /// Eight bytes, which no field read here has.
    Other,
}

impl<'a> Message<'a> {
    /// The next field's number and value.
    fn next(&mut self) -> Result<Option<(u64, Value<'a>)>, Fault> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => Value::Varint(self.varint()?),
            1 => {
                self.take(8)?;
                Value::Other
            }
            2 => {
                let len = self.varint()?;
                Value::Bytes(self.take(len)?)
            }
            5 => {
                let bits = self.take(4)?.iter().rev().fold(0, |bits, &byte| bits << 8 | u32::from(byte));
                Value::Fixed32(bits)
            }
            _ => return Err("is damaged, or no SentencePiece model".into()),
        };
        Ok(Some((tag >> 3, value)))
    }

    fn take(&mut self, len: u64) -> Result<&'a [u8], Fault> {
        let parts = usize::try_from(len).ok().and_then(|len| self.0.split_at_checked(len));
        let (taken, rest) = parts.ok_or("ends too early: it is cut short or damaged")?;
        self.0 = rest;
        Ok(taken)
    }

    fn varint(&mut self) -> Result<u64, Fault> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?.first().copied().unwrap_or_default();
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err("is damaged, or no SentencePiece model".into())
    }
}
