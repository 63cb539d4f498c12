//! `tokenizer.json`, where a repository has no other file. It is a program of steps for a library that can be made to
//! panic and to match expressions without end; here it is taken for the description of the few kinds of tokenizer
//! that these models have, and every other step is refused.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::Path;

use serde::Deserialize;
use serde::de::{self, DeserializeOwned, SeqAccess, Visitor};

use super::super::byte_level::ByteLevel;
use super::super::spm::{Algorithm, Kind, Model, Piece, SpmModel, damaged, read_file};
use super::files::PieceList;
use crate::error::Result;

/// The largest file in bytes; those of a quarter of a million pieces have 17 million.
const MAX_FILE: u64 = 64 << 20;
/// The most steps in a row.
const MAX_STEPS: usize = 16;

/// A file's model, with the pieces that were added to it.
#[derive(Deserialize)]
struct File<M> {
    #[serde(default)]
    added_tokens: Vec<Added>,
    normalizer: Option<Step>,
    pre_tokenizer: Option<Step>,
    model: M,
}

#[derive(Deserialize)]
struct Added {
    id: u32,
    content: String,
    #[serde(default)]
    special: bool,
}

/// A step of the normaliser or the pre-tokenizer. What a step does not have is left at its default.
#[derive(Deserialize)]
struct Step {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, alias = "pretokenizers", deserialize_with = "few")]
    normalizers: Vec<Step>,
    precompiled_charsmap: Option<String>,
    pattern: Option<BTreeMap<String, String>>,
    content: Option<String>,
    prepend_scheme: Option<String>,
    add_prefix_space: Option<bool>,
    use_regex: Option<bool>,
}

/// The kind of a model, by which the rest of it is read.
#[derive(Deserialize)]
struct Head {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Unigram {
    unk_id: u32,
    vocab: Vec<(String, f32)>,
    #[serde(default)]
    byte_fallback: bool,
}

#[derive(Deserialize)]
struct Bpe {
    vocab: HashMap<Box<str>, u32>,
    merges: Vec<Merge>,
}

/// A merge, written in either of two ways.
#[derive(Deserialize)]
#[serde(untagged)]
enum Merge {
    Joined(String),
    Pair(String, String),
}

/// What the steps come to.
#[derive(Default)]
struct Settings {
    charsmap: Vec<u8>,
    add_dummy_prefix: bool,
    remove_extra_whitespaces: bool,
    /// Whether text is split into bytes as in GPT-2.
    bytes: bool,
}

/// Reads the pieces of a unigram model, with the ids that the file gives them.
pub(super) fn unigram(path: &Path) -> Result<SpmModel> {
    let file = read::<Unigram>(path, "Unigram")?;
    let fault = |fault: String| damaged(path, &fault);
    let settings = Settings::of([&file.normalizer, &file.pre_tokenizer]).map_err(fault)?;
    if settings.bytes {
        return Err(damaged(path, "splits into bytes what is no byte-level vocabulary"));
    }
    let pieces =
        unigram_pieces(file.model.vocab, file.model.unk_id, file.model.byte_fallback, file.added_tokens);
    let mut model = Model::new(pieces.map_err(fault)?, Algorithm::Unigram);
    model.byte_fallback = file.model.byte_fallback;
    model.charsmap = &settings.charsmap;
    model.add_dummy_prefix = settings.add_dummy_prefix;
    model.remove_extra_whitespaces = settings.remove_extra_whitespaces;
    SpmModel::new(model).map_err(fault)
}

/// Reads a byte-level model as BART has it.
pub(super) fn byte_level(path: &Path, specials: &[&str]) -> Result<(ByteLevel, PieceList)> {
    let file = read::<Bpe>(path, "BPE")?;
    let fault = |fault: String| damaged(path, &fault);
    if !Settings::of([&file.normalizer, &file.pre_tokenizer]).map_err(fault)?.bytes {
        return Err(damaged(path, "does not split text into bytes"));
    }
    let mut ids = file.model.vocab;
    for added in file.added_tokens {
        if ids.insert(added.content.as_str().into(), added.id).is_some_and(|id| id != added.id) {
            return Err(damaged(path, &format!("has two numbers for `{}`", added.content.escape_default())));
        }
    }
    let pieces = PieceList::numbered(ids).map_err(fault)?;
    let merges = file.model.merges.into_iter().map(|merge| match merge {
        Merge::Pair(left, right) => Some((left, right)),
        Merge::Joined(both) => both.split_once(' ').map(|(left, right)| (left.to_owned(), right.to_owned())),
    });
    let merges =
        merges.collect::<Option<_>>().ok_or_else(|| damaged(path, "has a merge that is not two tokens"))?;
    let plain = pieces.numbered_pieces().filter(|(_, piece)| !specials.contains(piece));
    let encoder =
        ByteLevel::gpt2(plain, merges).map_err(|e| fault(format!("has merges that fit no tokens: {e}")))?;
    Ok((encoder, pieces))
}

/// Reads a file whose model is of one kind.
fn read<M: DeserializeOwned>(path: &Path, kind: &str) -> Result<File<M>> {
    let bytes = read_file(path, MAX_FILE)?;
    let wrong = |e: serde_json::Error| damaged(path, &format!("is no tokenizer that is read here: {e}"));
    #[derive(Deserialize)]
    struct Outer {
        model: Head,
    }
    let Outer { model: Head { kind: found } } = serde_json::from_slice(&bytes).map_err(wrong)?;
    if found != kind {
        let found = found.escape_default();
        return Err(damaged(path, &format!("has a model of the type `{found}`, where `{kind}` is read")));
    }
    serde_json::from_slice(&bytes).map_err(wrong)
}

/// The pieces in order of their ids: those of the model, then the added ones that it does not have.
fn unigram_pieces(
    vocab: Vec<(String, f32)>,
    unknown: u32,
    byte_fallback: bool,
    mut added: Vec<Added>,
) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::with_capacity(vocab.len() + added.len());
    for (text, score) in vocab {
        let is_byte = byte_fallback && super::super::spm::byte(&text).is_some();
        pieces.push(Piece::new(text, score, if is_byte { Kind::Byte } else { Kind::Normal })?);
    }
    added.sort_by_key(|added| added.id);
    for Added { id, content, special } in added {
        let kind = if special { Kind::Control } else { Kind::UserDefined };
        let len = pieces.len();
        match pieces.get_mut(id as usize) {
            Some(piece) if piece.text == content => piece.kind = kind,
            None if id as usize == len => pieces.push(Piece::new(content, 0.0, kind)?),
            _ => return Err(format!("adds a token with the number {id}, which is taken or too large")),
        }
    }
    let piece = pieces.get_mut(unknown as usize).ok_or("has an unknown piece outside its vocabulary")?;
    piece.kind = Kind::Unknown;
    Ok(pieces)
}

impl Settings {
    fn of(steps: [&Option<Step>; 2]) -> Result<Self, String> {
        let mut settings = Self::default();
        for step in steps.into_iter().flatten() {
            settings.take(step)?;
        }
        Ok(settings)
    }

    fn take(&mut self, step: &Step) -> Result<(), String> {
        match step.kind.as_str() {
            "Sequence" => step.normalizers.iter().try_for_each(|step| self.take(step))?,
            "Precompiled" => {
                let charsmap = step.precompiled_charsmap.as_deref().unwrap_or_default();
                self.charsmap = base64(charsmap).ok_or("has a damaged normaliser")?;
            }
            "WhitespaceSplit" | "Strip" => self.remove_extra_whitespaces = true,
            "Replace" if step.replaces_spaces() => self.remove_extra_whitespaces = true,
            "Metaspace" => {
                let always = step.prepend_scheme.as_deref().map(|scheme| scheme != "never");
                self.add_dummy_prefix = always.or(step.add_prefix_space).unwrap_or(true);
            }
            "ByteLevel" if step.add_prefix_space != Some(true) && step.use_regex != Some(false) => {
                self.bytes = true
            }
            other => return Err(format!("has a step `{}`, which is not read", other.escape_default())),
        }
        Ok(())
    }
}

impl Step {
    /// Whether runs of spaces become one.
    fn replaces_spaces(&self) -> bool {
        let pattern = self.pattern.as_ref().and_then(|pattern| pattern.get("Regex"));
        pattern.is_some_and(|pattern| pattern == " {2,}")
            && matches!(self.content.as_deref(), Some(" " | "\u{2581}"))
    }
}

/// Bytes as base64 spells them (RFC 4648).
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0);
    for letter in text.trim_end_matches('=').bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    Some(bytes)
}

/// A short list; a long one is an error before it takes any memory.
fn few<'de, D: de::Deserializer<'de>>(deserializer: D) -> Result<Vec<Step>, D::Error> {
    struct Few;
    impl<'de> Visitor<'de> for Few {
        type Value = Vec<Step>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of steps")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Step>, A::Error> {
            let mut steps = Vec::new();
            while let Some(step) = list.next_element()? {
                steps.push(step);
                if steps.len() > MAX_STEPS {
                    return Err(de::Error::custom(format!("more than {MAX_STEPS} steps in a row")));
                }
            }
            Ok(steps)
        }
    }
    deserializer.deserialize_seq(Few)
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_gives_the_bytes_back() {
        for (text, bytes) in
            [("", &b""[..]), ("Zg==", b"f"), ("Zm8=", b"fo"), ("Zm9v", b"foo"), ("/+8=", &[0xff, 0xef])]
        {
            assert_eq!(base64(text).as_deref(), Some(bytes));
        }
        assert_eq!(base64("Zm 9v"), None);
    }
}
