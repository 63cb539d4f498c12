//! Byte-level BPE as GPT-2 introduced it (Radford et al. 2019): text is split by a regular expression that differs
//! from model to model, and the bytes of each part are merged by rank.

use std::collections::HashMap;
use std::sync::LazyLock;

use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::unicode::NFC;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel as Bytes;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{NormalizerWrapper, SplitDelimiterBehavior};

use super::vocabulary::{Kind, Pieces, Vocabulary};
use crate::error::{Error, Result};
use crate::gguf::Gguf;

/// How a family of models splits text before merging, as its `tokenizer.json` has it.
struct Splitting {
    /// The names of `tokenizer.ggml.pre`.
    names: &'static [&'static str],
    /// Regular expressions, applied one after the other.
    patterns: &'static [&'static str],
    /// Whether digits stand alone, before GPT-2's own expression; without patterns only.
    digits: bool,
    /// Whether text is composed first (Unicode NFC).
    nfc: bool,
    /// Whether a part that is a token is taken whole.
    whole_tokens: bool,
}

const SPLITTINGS: [Splitting; 5] = [
    Splitting {
        names: &["qwen2", "deepseek-r1-qwen"],
        patterns: &[
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        ],
        digits: false,
        nfc: true,
        whole_tokens: false,
    },
    Splitting {
        names: &["llama-bpe", "llama3", "llama-v3"],
        patterns: &[
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        ],
        digits: false,
        nfc: false,
        whole_tokens: true,
    },
    Splitting {
        names: &["hunyuan-dense", "deepseek-v3"],
        patterns: &[
            r"\p{N}{1,3}",
            r"[一-龥぀-ゟ゠-ヿ]+",
            r##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"##,
        ],
        digits: false,
        nfc: false,
        whole_tokens: false,
    },
    Splitting { names: &["smollm"], patterns: &[], digits: true, nfc: false, whole_tokens: false },
    Splitting { names: &["gpt-2", "gpt2"], patterns: &[], digits: false, nfc: false, whole_tokens: false },
];

impl Splitting {
    fn of(gguf: &Gguf) -> Result<&'static Self> {
        let name = gguf.str("tokenizer.ggml.pre")?;
        SPLITTINGS.iter().find(|splitting| splitting.names.contains(&name)).ok_or_else(|| {
            Error::model(format!(
                "{} splits text in a way that diglot does not know (`{}`)",
                gguf.path().display(),
                name.escape_default()
            ))
            .hint("choose another model: `diglot models list`")
        })
    }

    fn pre_tokenizer(&self) -> tokenizers::Result<PreTokenizerWrapper> {
        let mut steps: Vec<PreTokenizerWrapper> = Vec::new();
        for pattern in self.patterns {
            let pattern = SplitPattern::Regex((*pattern).to_owned());
            steps.push(Split::new(pattern, SplitDelimiterBehavior::Isolated, false)?.into());
        }
        if self.digits {
            steps.push(Digits::new(true).into());
        }
        steps.push(Bytes::new(false, false, self.patterns.is_empty()).into());
        Ok(Sequence::new(steps).into())
    }
}

/// Text to ids.
#[derive(Debug)]
pub(super) struct ByteLevel {
    inner: tokenizers::Tokenizer,
}

impl ByteLevel {
    pub(super) fn new(gguf: &Gguf, vocabulary: &Vocabulary<'_>) -> Result<Self> {
        let splitting = Splitting::of(gguf)?;
        // Only normal tokens: nothing in a text can become another one.
        let normal = vocabulary.iter().filter(|(_, _, kind)| *kind == Kind::Normal);
        let vocab: Vocab = normal.map(|(id, token, _)| (token.to_owned(), id)).collect();
        let bpe = BPE::builder()
            .vocab_and_merges(vocab, merges(gguf)?)
            .ignore_merges(splitting.whole_tokens)
            .build()
            .map_err(|e| gguf.damaged(&format!("has merges that do not fit its tokens: {e}")))?;
        let mut inner = tokenizers::Tokenizer::new(bpe);
        let build = |e| Error::runtime(format!("cannot build the tokenizer: {e}"));
        inner.with_pre_tokenizer(Some(splitting.pre_tokenizer().map_err(build)?));
        if splitting.nfc {
            inner.with_normalizer(Some(NormalizerWrapper::from(NFC))).map_err(build)?;
        }
        Ok(Self { inner })
    }

    /// GPT-2's own splitting.
    pub(super) fn gpt2<'a>(
        tokens: impl Iterator<Item = (u32, &'a str)>,
        merges: Vec<(String, String)>,
    ) -> tokenizers::Result<Self> {
        let vocab: Vocab = tokens.map(|(id, token)| (token.to_owned(), id)).collect();
        let mut inner = tokenizers::Tokenizer::new(BPE::builder().vocab_and_merges(vocab, merges).build()?);
        inner.with_pre_tokenizer(Some(PreTokenizerWrapper::from(Bytes::new(false, false, true))));
        Ok(Self { inner })
    }

    pub(super) fn encode(&self, text: &str, ids: &mut Vec<u32>) -> Result<()> {
        let encoding = self
            .inner
            .encode_fast(text, false)
            .map_err(|e| Error::runtime(format!("cannot tokenize: {e}")))?;
        ids.extend_from_slice(encoding.get_ids());
        Ok(())
    }
}

fn merges(gguf: &Gguf) -> Result<Vec<(String, String)>> {
    let pairs = gguf.strings("tokenizer.ggml.merges")?;
    let pairs = pairs.into_iter().map(|merge| {
        let (left, right) = merge.split_once(' ')?;
        Some((left.to_owned(), right.to_owned()))
    });
    pairs.collect::<Option<_>>().ok_or_else(|| gguf.damaged("has a merge that is not two tokens"))
}

/// The bytes of each token, whose characters stand for one byte each; special tokens have none.
pub(super) fn pieces(vocabulary: &Vocabulary<'_>) -> Pieces {
    let mut pieces = Pieces::default();
    for (_, token, kind) in vocabulary.iter() {
        match kind {
            Kind::Normal => pieces.push(&spelled_bytes(token)),
            Kind::UserDefined => pieces.push(token.as_bytes()),
            _ => pieces.push(&[]),
        }
    }
    pieces
}

/// The bytes of a token; one that spells none is its own text.
pub(super) fn spelled_bytes(token: &str) -> Vec<u8> {
    static BYTES: LazyLock<HashMap<char, u8>> =
        LazyLock::new(|| byte_characters().into_iter().zip(0..=u8::MAX).collect());
    let bytes: Option<Vec<u8>> = token.chars().map(|c| BYTES.get(&c).copied()).collect();
    bytes.unwrap_or_else(|| token.as_bytes().to_vec())
}

/// The character that stands for each byte: itself where it is printable Latin-1, else the next one from U+0100.
fn byte_characters() -> [char; 256] {
    let mut next = 0x100u32;
    std::array::from_fn(|byte| match byte as u8 {
        b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff => byte as u8 as char,
        _ => {
            next += 1;
            char::from_u32(next - 1).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::byte_characters;

    #[test]
    fn bytes_have_the_characters_of_gpt2() {
        let characters = byte_characters();
        assert_eq!(characters[b' ' as usize], 'Ġ');
        assert_eq!(characters[b'\n' as usize], 'Ċ');
        assert_eq!(characters[b'a' as usize], 'a');
        assert_eq!(characters[0xad], '\u{143}');
        let distinct: std::collections::HashSet<_> = characters.iter().collect();
        assert_eq!(distinct.len(), 256);
    }
}
