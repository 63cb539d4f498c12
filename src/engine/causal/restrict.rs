//! The output head restricted to the tokens that an answer can need, so that a wrong script cannot come out
//! and the head costs less.
//!
//! An answer in a language with a known script may hold tokens of its alphabet (its scripts, Latin, digits,
//! punctuation, white space), pieces of characters that may become such, the tokens of its own source text
//! and the tokens that end it. Tokens that only program text has (`);\n`, `_name`, `.get`) are left out as
//! well; what they spell can still be spelled with shorter ones.
//!
//! The head holds its rows in an order of its own, tokens that are needed together next to one another, so
//! that whole tiles of it can be left out.

use std::collections::HashMap;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::error::Result;
use crate::lang::{Alphabet, Lang};
use crate::tokenize::Tokenizer;

/// Rows of the output head: ranges, ascending and apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HeadRows(Vec<Range<usize>>);

/// Where each token stands in the head, and which rows a language needs.
pub(super) struct Restriction {
    /// The row of each token.
    rows: Vec<usize>,
    stops: Vec<u32>,
    known: HashMap<Lang, Option<HeadRows>>,
}

impl Restriction {
    /// The order of the head's rows for a model of `vocab` tokens, and what it is good for. Tokens of Latin
    /// come first, then those of Latin program text, then one script after the other.
    pub(super) fn new(tokenizer: &Tokenizer, vocab: usize, stops: &[u32]) -> (Vec<u32>, Self) {
        let latin = Alphabet::latin();
        let class = |token: u32| -> u32 {
            let bytes = tokenizer.bytes(token).unwrap_or_default();
            match foreign(bytes, &latin) {
                // Blocks of characters stand for scripts.
                Some(c) => 3 + (u32::from(c) >> 7),
                None if bytes.is_empty() && !stops.contains(&token) => 2,
                None => u32::from(is_code(bytes)),
            }
        };
        let mut order: Vec<u32> = (0..).take(vocab).collect();
        order.sort_by_cached_key(|&token| class(token));
        let mut rows = vec![0; vocab];
        for (row, &token) in order.iter().enumerate() {
            rows[token as usize] = row;
        }
        (order, Self { rows, stops: stops.to_vec(), known: HashMap::new() })
    }

    /// The rows that an answer in `lang` to a prompt may need. `source` is the text in the prompt.
    pub(super) fn rows(
        &mut self,
        tokenizer: &Tokenizer,
        lang: &Lang,
        prompt: &[u32],
        source: &str,
    ) -> Result<HeadRows> {
        let of_lang = match self.known.get(lang) {
            Some(known) => known,
            None => {
                let rows = Alphabet::of(lang).map(|alphabet| self.of_alphabet(tokenizer, &alphabet));
                self.known.entry(lang.clone()).or_insert(rows)
            }
        };
        let Some(of_lang) = of_lang else { return Ok(HeadRows::all(self.rows.len())) };
        let mut rows = of_lang.clone();
        let mut add = |tokens: &[u32]| {
            let spelled = tokens.iter().filter(|&&token| tokenizer.bytes(token).is_ok_and(|b| !b.is_empty()));
            rows.0
                .extend(spelled.filter_map(|&token| self.rows.get(token as usize)).map(|&row| row..row + 1));
        };
        add(prompt);
        // A word of the source may come at the beginning of the answer or in the middle of it.
        for word in source.unicode_words() {
            add(&tokenizer.encode(word)?);
            add(&tokenizer.encode(&format!(" {word}"))?);
        }
        Ok(rows.tidied())
    }

    /// The row of a token.
    pub(super) fn row(&self, token: u32) -> Option<usize> {
        self.rows.get(token as usize).copied()
    }

    fn of_alphabet(&self, tokenizer: &Tokenizer, alphabet: &Alphabet) -> HeadRows {
        let needed = |token: u32| {
            let bytes = tokenizer.bytes(token).unwrap_or_default();
            self.stops.contains(&token) || spells(bytes, alphabet) && !is_code(bytes)
        };
        let rows = (0u32..).zip(&self.rows).filter(|(token, _)| needed(*token)).map(|(_, &row)| row..row + 1);
        HeadRows(rows.collect()).tidied()
    }
}

impl HeadRows {
    /// All rows of a head.
    pub(super) fn all(vocab: usize) -> Self {
        Self(std::iter::once(0..vocab).collect())
    }

    /// The rows of any of several.
    pub(super) fn union<'a>(all: impl Iterator<Item = &'a HeadRows>) -> Self {
        Self(all.flat_map(|rows| &rows.0).cloned().collect()).tidied()
    }

    /// Takes out single rows.
    pub(super) fn leave_out(&mut self, rows: impl Iterator<Item = usize>) {
        for row in rows {
            let without = |range: Range<usize>| match range.contains(&row) {
                true => [range.start..row, row + 1..range.end],
                false => [range, 0..0],
            };
            self.0 = std::mem::take(&mut self.0)
                .into_iter()
                .flat_map(without)
                .filter(|range| !range.is_empty())
                .collect();
        }
    }

    pub(super) fn ranges(&self) -> &[Range<usize>] {
        &self.0
    }

    /// The logits of these rows, in order, from those of the whole head.
    pub(super) fn gather(&self, logits: &[f32], out: &mut Vec<f32>) {
        out.clear();
        for range in &self.0 {
            out.extend_from_slice(logits.get(range.clone()).unwrap_or_default());
        }
    }

    /// The row that stands at `index` among these.
    pub(super) fn get(&self, mut index: usize) -> Option<usize> {
        for range in &self.0 {
            if index < range.len() {
                return Some(range.start + index);
            }
            index -= range.len();
        }
        None
    }

    /// The place of a row among these.
    pub(super) fn index(&self, row: usize) -> Option<usize> {
        let mut before = 0;
        for range in &self.0 {
            if range.contains(&row) {
                return Some(before + row - range.start);
            }
            before += range.len();
        }
        None
    }

    /// Sorted, with neighbours joined.
    fn tidied(mut self) -> Self {
        self.0.sort_by_key(|range| (range.start, range.end));
        self.0.dedup_by(|range, before| {
            let joins = range.start <= before.end;
            if joins {
                before.end = before.end.max(range.end);
            }
            joins
        });
        self
    }
}

/// Whether a token's bytes may stand in a text of this alphabet. The bytes of a character may be spread over
/// tokens: its first ones count when most characters that they may begin are of the alphabet, later ones
/// always. So a character that shares its first bytes with such ones may still come out, byte by byte.
fn spells(bytes: &[u8], alphabet: &Alphabet) -> bool {
    !bytes.is_empty() && foreign(bytes, alphabet).is_none()
}

/// A character that a token's bytes spell, or begin, and that is not of this alphabet.
fn foreign(bytes: &[u8], alphabet: &Alphabet) -> Option<char> {
    let continued = bytes.iter().take_while(|&&byte| is_continuation(byte)).count();
    for chunk in bytes[continued..].utf8_chunks() {
        if let Some(c) = chunk.valid().chars().find(|&c| !alphabet.contains(c)) {
            return Some(c);
        }
        if !chunk.invalid().is_empty() && !alphabet.contains_most(begun(chunk.invalid())) {
            return begun(chunk.invalid()).next().or(Some(char::REPLACEMENT_CHARACTER));
        }
    }
    None
}

fn is_continuation(byte: u8) -> bool {
    (0x80..0xc0).contains(&byte)
}

/// Characters whose UTF-8 begins with these bytes, at least one short of a character; none of the planes
/// beyond the ideographs, which hold no letters.
fn begun(bytes: &[u8]) -> impl Iterator<Item = char> + use<> {
    let lead = bytes.first().copied().unwrap_or_default();
    let (len, bits, least) = match lead {
        0xc2..=0xdf => (2, lead & 0x1f, 0x80),
        0xe0..=0xef => (3, lead & 0x0f, 0x800),
        0xf0 => (4, lead & 0x07, 0x1_0000),
        _ => (0, 0, 0),
    };
    let missing = 6 * (len - bytes.len().min(len));
    let value = bytes.iter().skip(1).fold(u32::from(bits), |value, byte| value << 6 | u32::from(byte & 0x3f));
    let first = value << missing;
    let last = if missing > 0 { first + (1 << missing) } else { first };
    // A sixteenth of many is enough: blocks begin at multiples of sixteen.
    let step = if missing > 6 { 16 } else { 1 };
    (first.max(least)..last).step_by(step).filter_map(char::from_u32)
}

/// Whether a token is of several characters as only program text joins them.
fn is_code(bytes: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(bytes) else { return false };
    let mut characters = text.chars();
    match (characters.next(), characters.next(), characters.next()) {
        (_, None, _) => false,
        (Some('.' | ':' | ',' | ')' | '!' | '?'), Some(second), Some(third)) if second.is_alphabetic() => {
            third.is_alphanumeric()
        }
        _ => text.contains(|c| "{}[]<>\\_$#@^~|=*;&+`\t".contains(c)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_of_an_alphabet_when_all_their_characters_are() {
        let latin = Alphabet::latin();
        let chinese = Alphabet::of(&Lang::parse("zh").unwrap()).unwrap();
        for (bytes, in_latin, in_chinese) in [
            ("the".as_bytes(), true, true),
            (" Straße,".as_bytes(), true, true),
            ("我们".as_bytes(), false, true),
            ("T恤".as_bytes(), false, true),
            ("и".as_bytes(), false, false),
            (" 12 %".as_bytes(), true, true),
            (b"", false, false),
            // Begins of characters: é or ß, Cyrillic, Hiragana or ideographs, a dash, an emoji.
            (b"\xc3", true, true),
            (b"\xd0", false, false),
            (b"\xe4\xb8", false, true),
            (b"\xe6", false, true),
            (b"\xe2\x80", true, true),
            (b"\xf0\x9f\x98", true, true),
            // Ends of characters, alone and before others.
            (b"\x9a\x84", true, true),
            (b"\x9a the", true, true),
            (b"\x9a\xe6\x88\x91", false, true),
            (b"\xff", false, false),
        ] {
            assert_eq!(spells(bytes, &latin), in_latin, "{bytes:x?}");
            assert_eq!(spells(bytes, &chinese), in_chinese, "{bytes:x?}");
        }
    }

    #[test]
    fn program_text_is_told_from_prose() {
        for prose in [
            " the", "(", "{", "\t", "(the", "-based", "/or", "’s", "\".", ".\n", ".S", "...", " –", "GmbH",
            "é",
        ] {
            assert!(!is_code(prose.as_bytes()), "{prose:?}");
        }
        for code in ["_name", ".get", ");\n", "($", " ==", "\t\t", "[]", ",x1", ":self"] {
            assert!(is_code(code.as_bytes()), "{code:?}");
        }
    }

    #[test]
    fn rows_are_joined_gathered_and_found_again() {
        let rows = HeadRows(vec![7..8, 2..4, 3..5, 8..9, 2..3]).tidied();
        assert_eq!(rows.ranges(), [2..5, 7..9]);
        let logits: Vec<f32> = (0..12).map(|i| i as f32).collect();
        let mut gathered = Vec::new();
        rows.gather(&logits, &mut gathered);
        assert_eq!(gathered, [2.0, 3.0, 4.0, 7.0, 8.0]);
        for (index, row) in gathered.iter().enumerate() {
            assert_eq!(rows.get(index), Some(*row as usize));
        }
        assert_eq!(rows.get(5), None);
        for index in 0..5 {
            assert_eq!(rows.get(index).and_then(|row| rows.index(row)), Some(index));
        }
        assert_eq!((rows.index(1), rows.index(5), rows.index(9)), (None, None, None));
        let both = HeadRows::union([&rows, &HeadRows(vec![0..1, 4..7])].into_iter());
        assert_eq!(both.ranges(), [0..1, 2..9]);
    }
}
