//! Tokenizers read from GGUF metadata: text in, ids out. A special token never comes from text.
//!
//! Two kinds cover every model that diglot computes: byte-level BPE (`gpt2` in GGUF files) and SentencePiece BPE with
//! byte fallback (`llama`). Control tokens are not part of what text is matched against, so `<|im_end|>` in a document
//! is eight characters like any others; a prompt asks for them by name with [`Tokenizer::special`].

mod byte_level;
mod sentencepiece;
mod seq2seq;
mod spm;
mod vocabulary;

use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::gguf::Gguf;
use byte_level::ByteLevel;
use sentencepiece::SentencePiece;
pub use seq2seq::Seq2SeqTokenizer;
use vocabulary::{Kind, Pieces, Vocabulary};

/// Text is tokenized in parts of at most this many bytes, parted before a space that follows a letter or digit, where
/// no token reaches across, or, in 64 KiB without one, anywhere. It keeps time linear in the text's length.
const MAX_PART: usize = 64 * 1024;

/// A model's tokenizer.
pub struct Tokenizer {
    encoder: Encoder,
    pieces: Pieces,
    specials: HashMap<String, u32>,
    /// Whether a space is put before text when it is read, and taken away when it is written.
    space_prefix: bool,
}

enum Encoder {
    ByteLevel(Box<ByteLevel>),
    SentencePiece(Box<SentencePiece>),
}

impl Tokenizer {
    /// Reads the tokenizer in a GGUF file.
    ///
    /// # Errors
    /// [`ErrorKind::Model`](crate::ErrorKind::Model) when its kind is not known here or its lists do not fit together.
    pub fn from_gguf(gguf: &Gguf) -> Result<Self> {
        let vocabulary = Vocabulary::read(gguf)?;
        let specials =
            vocabulary.iter().filter(|(_, _, kind)| matches!(kind, Kind::Control | Kind::UserDefined));
        let specials = specials.map(|(id, token, _)| (token.to_owned(), id)).collect();
        let (encoder, pieces, space_prefix) = match gguf.str("tokenizer.ggml.model")? {
            "gpt2" => {
                let encoder = ByteLevel::new(gguf, &vocabulary)?;
                (Encoder::ByteLevel(Box::new(encoder)), byte_level::pieces(&vocabulary), false)
            }
            "llama" => {
                let encoder = SentencePiece::new(gguf, &vocabulary)?;
                let prefix = gguf.bool("tokenizer.ggml.add_space_prefix").unwrap_or(true);
                (Encoder::SentencePiece(Box::new(encoder)), sentencepiece::pieces(&vocabulary), prefix)
            }
            other => {
                return Err(gguf
                    .damaged(&format!("has a tokenizer `{}`, which is not known", other.escape_default())));
            }
        };
        Ok(Self { encoder, pieces, specials, space_prefix })
    }

    /// The ids of a text, in which special tokens are text like any other. No begin or end token is added.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let mut ids = Vec::new();
        let mut rest = text;
        let mut first = true;
        while !rest.is_empty() {
            let (part, after) = rest.split_at(part_len(rest, MAX_PART));
            match &self.encoder {
                Encoder::ByteLevel(encoder) => encoder.encode(part, &mut ids)?,
                Encoder::SentencePiece(encoder) => encoder.encode(part, self.space_prefix && first, &mut ids),
            }
            first = false;
            rest = after;
        }
        Ok(ids)
    }

    /// The id of a special token (`<|im_end|>`).
    pub fn special(&self, token: &str) -> Option<u32> {
        self.specials.get(token).copied()
    }

    /// The text of ids; special tokens are left out, incomplete UTF-8 becomes U+FFFD.
    pub fn decode(&self, ids: &[u32]) -> Result<String> {
        let mut bytes = Vec::new();
        for &id in ids {
            bytes.extend_from_slice(self.bytes(id)?);
        }
        let text = match self.space_prefix {
            true => bytes.strip_prefix(b" ").unwrap_or(&bytes),
            false => &bytes,
        };
        Ok(String::from_utf8_lossy(text).into_owned())
    }

    /// The bytes that an id stands for, none for a special token. The bytes of ids in a row are those of their text,
    /// but one character may be spread over several ids.
    pub fn bytes(&self, id: u32) -> Result<&[u8]> {
        self.pieces.get(id).ok_or_else(|| Error::runtime(format!("there is no token {id}")))
    }

    /// How many ids there are.
    pub fn vocab_size(&self) -> usize {
        self.pieces.len()
    }
}

/// How many bytes of `text` to tokenize at once.
fn part_len(text: &str, max: usize) -> usize {
    if text.len() <= max {
        return text.len();
    }
    let window = &text[..text.floor_char_boundary(max)];
    let after_word = |&(at, _): &(usize, &str)| window[..at].ends_with(char::is_alphanumeric);
    window.rmatch_indices(' ').find(after_word).map_or(window.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::part_len;

    #[test]
    fn parts_end_before_a_space_that_follows_a_word() {
        assert_eq!(part_len("one two", 10), 7);
        assert_eq!(part_len("one two three", 9), 7);
        assert_eq!(part_len("one, two", 6), 6);
        assert_eq!(part_len("ääää", 3), 2);
    }
}
