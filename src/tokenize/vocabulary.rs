//! The list of tokens that both kinds of tokenizer share.

use crate::error::Result;
use crate::gguf::Gguf;

/// What a token is for, numbered as in GGUF files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Normal,
    Unknown,
    Control,
    UserDefined,
    Unused,
    Byte,
}

impl Kind {
    fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            1 => Kind::Normal,
            2 => Kind::Unknown,
            3 => Kind::Control,
            4 => Kind::UserDefined,
            5 => Kind::Unused,
            6 => Kind::Byte,
            _ => return None,
        })
    }
}

/// Every token of a file with its kind; the place in the list is the id.
pub(super) struct Vocabulary<'a> {
    tokens: Vec<&'a str>,
    kinds: Vec<Kind>,
}

impl<'a> Vocabulary<'a> {
    pub(super) fn read(gguf: &'a Gguf) -> Result<Self> {
        let tokens = gguf.strings("tokenizer.ggml.tokens")?;
        let kinds = gguf.u32s("tokenizer.ggml.token_type")?;
        if tokens.is_empty() || tokens.len() != kinds.len() {
            let (tokens, kinds) = (tokens.len(), kinds.len());
            return Err(gguf.damaged(&format!("has {tokens} tokens but {kinds} token types")));
        }
        let kinds: Option<Vec<_>> = kinds.into_iter().map(Kind::from_number).collect();
        let kinds = kinds.ok_or_else(|| gguf.damaged("has a token of unknown type"))?;
        Ok(Self { tokens, kinds })
    }

    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &'a str, Kind)> {
        (0u32..).zip(&self.tokens).zip(&self.kinds).map(|((id, token), kind)| (id, *token, *kind))
    }
}

/// The bytes that each id stands for, end to end.
#[derive(Default)]
pub(super) struct Pieces {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Pieces {
    /// Adds the bytes of the next id.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.ends.push(self.bytes.len());
    }

    pub(super) fn get(&self, id: u32) -> Option<&[u8]> {
        let id = usize::try_from(id).ok()?;
        let end = *self.ends.get(id)?;
        let start = id.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.bytes.get(start..end)
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }
}
