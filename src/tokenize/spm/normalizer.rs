//! The normaliser of a SentencePiece model: replacements compiled into the model, then white space.

use super::SPACE;
use super::matcher::Matcher;
use super::proto::{Fault, Model};

/// Text as the pieces of a model spell it.
#[derive(Debug)]
pub(super) struct Normalizer {
    replacements: Option<Replacements>,
    add_dummy_prefix: bool,
    remove_extra_whitespaces: bool,
    space: &'static str,
}

impl Normalizer {
    pub(super) fn new(model: &Model<'_>) -> Result<Self, Fault> {
        Ok(Self {
            replacements: match model.charsmap {
                [] => None,
                charsmap => Some(Replacements::read(charsmap)?),
            },
            add_dummy_prefix: model.add_dummy_prefix,
            remove_extra_whitespaces: model.remove_extra_whitespaces,
            space: if model.escape_whitespaces { SPACE } else { " " },
        })
    }

    /// Whether the first space of a text is one that was added, or could not be there.
    pub(super) fn owns_first_space(&self) -> bool {
        self.add_dummy_prefix || self.remove_extra_whitespaces
    }

    pub(super) fn removes_extra_whitespaces(&self) -> bool {
        self.remove_extra_whitespaces
    }

    /// Normalises `text`; symbols that `verbatim` knows are left as they are.
    pub(super) fn normalize(&self, text: &str, verbatim: &Matcher) -> String {
        let mut rest = text;
        if self.remove_extra_whitespaces {
            while let Some((" ", after)) = self.split_prefix(rest, verbatim) {
                rest = after;
            }
        }
        let mut normal = String::with_capacity(text.len() + text.len() / 2);
        if rest.is_empty() {
            return normal;
        }
        if self.add_dummy_prefix {
            normal.push_str(self.space);
        }
        let mut after_space = self.remove_extra_whitespaces;
        while let Some((part, after)) = self.split_prefix(rest, verbatim) {
            rest = after;
            let part = if after_space { part.trim_start_matches(' ') } else { part };
            if !part.is_empty() {
                for c in part.chars() {
                    match c {
                        ' ' => normal.push_str(self.space),
                        c => normal.push(c),
                    }
                }
                after_space = self.remove_extra_whitespaces && part.ends_with(' ');
            }
        }
        if self.remove_extra_whitespaces {
            normal.truncate(normal.trim_end_matches(self.space).len());
        }
        normal
    }

    /// The normal form of what `text` begins with, and the rest.
    fn split_prefix<'a>(&'a self, text: &'a str, verbatim: &Matcher) -> Option<(&'a str, &'a str)> {
        let first = text.chars().next()?;
        if let Some((len, _)) = verbatim.longest(text) {
            return text.split_at_checked(len);
        }
        match self.replacements.as_ref().and_then(|replacements| replacements.longest(text)) {
            Some((replacement, len)) => Some((replacement, text.get(len..)?)),
            None => text.split_at_checked(first.len_utf8()),
        }
    }
}

/// Replacements as SentencePiece compiles them: the length of a trie in bytes, the trie as a double array (Aoe 1989,
/// in the layout of the darts-clone library), and the texts that its values point at, each ended by a NUL.
#[derive(Debug)]
struct Replacements {
    units: Vec<Unit>,
    texts: String,
}

#[derive(Clone, Copy, Debug)]
struct Unit(u32);

impl Unit {
    fn has_leaf(self) -> bool {
        self.0 >> 8 & 1 == 1
    }

    fn value(self) -> usize {
        (self.0 & 0x7fff_ffff) as usize
    }

    /// The byte that leads here, with the top bit set in units that hold a value.
    fn label(self) -> u32 {
        self.0 & 0x8000_00ff
    }

    fn offset(self) -> usize {
        ((self.0 >> 10) << ((self.0 & 1 << 9) >> 6)) as usize
    }
}

impl Replacements {
    fn read(charsmap: &[u8]) -> Result<Self, Fault> {
        let parts = charsmap.split_first_chunk().and_then(|(len, rest)| {
            let len = usize::try_from(u32::from_le_bytes(*len)).ok()?;
            rest.split_at_checked(len)
        });
        let damage = || "has a damaged normaliser".to_owned();
        let (trie, texts) = parts.ok_or_else(damage)?;
        let (units, []) = trie.as_chunks() else { return Err(damage()) };
        let units = units.iter().map(|&unit| Unit(u32::from_le_bytes(unit))).collect();
        let texts = str::from_utf8(texts).map_err(|_| damage())?.to_owned();
        Ok(Self { units, texts })
    }

    /// The replacement for the longest prefix of `text` that has one, with the length of that prefix.
    fn longest(&self, text: &str) -> Option<(&str, usize)> {
        let mut longest = None;
        let mut at = self.units.first()?.offset();
        for (position, byte) in text.bytes().enumerate() {
            at ^= usize::from(byte);
            let unit = match self.units.get(at) {
                Some(unit) if unit.label() == u32::from(byte) => unit,
                _ => break,
            };
            at ^= unit.offset();
            if unit.has_leaf() {
                longest = self.units.get(at).map(|leaf| (leaf.value(), position + 1));
            }
        }
        let (start, len) = longest?;
        let replacement = self.texts.get(start..)?.split('\0').next()?;
        text.is_char_boundary(len).then_some((replacement, len))
    }
}
