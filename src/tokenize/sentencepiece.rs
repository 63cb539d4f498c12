//! SentencePiece BPE with byte fallback (Kudo and Richardson 2018): a space is the character U+2581, neighbouring
//! symbols are merged as long as a token spells them, best score first and leftmost among equals, and what no token
//! spells becomes its bytes.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::vocabulary::{Kind, Pieces, Vocabulary};
use crate::error::Result;
use crate::gguf::Gguf;

const SPACE: &str = "\u{2581}";

/// Text to ids.
pub(super) struct SentencePiece {
    tokens: HashMap<Box<str>, Token>,
    /// Symbols of the text that are tokens wherever they stand, by their first character, longest first.
    symbols: HashMap<char, Vec<(Box<str>, u32)>>,
    bytes: [u32; 256],
}

#[derive(Clone, Copy)]
struct Token {
    id: u32,
    /// Its place among the scores, the best first; tokens of one score share it.
    rank: u32,
}

/// A stretch of the text in a doubly linked list.
struct Symbol {
    start: usize,
    end: usize,
    previous: Option<usize>,
    next: Option<usize>,
    /// Set for symbols that are not merged.
    fixed: Option<u32>,
}

impl SentencePiece {
    pub(super) fn new(gguf: &Gguf, vocabulary: &Vocabulary<'_>) -> Result<Self> {
        let scores = gguf.f32s("tokenizer.ggml.scores")?;
        if scores.len() != vocabulary.len() || scores.iter().any(|score| score.is_nan()) {
            return Err(gguf.damaged("has tokens without a score"));
        }
        let ranks = ranks(&scores);
        let mut tokens = HashMap::new();
        let mut symbols: HashMap<char, Vec<_>> = HashMap::new();
        for ((id, token, kind), rank) in vocabulary.iter().zip(ranks) {
            match (kind, token.chars().next()) {
                (Kind::Normal, Some(_)) => _ = tokens.entry(token.into()).or_insert(Token { id, rank }),
                (Kind::UserDefined, Some(_)) if is_text(token) => {
                    let token = token.replace(' ', SPACE);
                    symbols
                        .entry(token.chars().next().unwrap_or_default())
                        .or_default()
                        .push((token.into(), id));
                }
                _ => {}
            }
        }
        for list in symbols.values_mut() {
            list.sort_by_key(|(token, _): &(Box<str>, u32)| Reverse(token.len()));
        }
        Ok(Self { tokens, symbols, bytes: byte_tokens(gguf, vocabulary)? })
    }

    /// Appends the ids of `text`, before which a space may be put.
    pub(super) fn encode(&self, text: &str, space_prefix: bool, ids: &mut Vec<u32>) {
        let mut text = text.replace(' ', SPACE);
        if space_prefix {
            text.insert_str(0, SPACE);
        }
        let mut symbols = self.symbols(&text);
        self.merge(&text, &mut symbols);
        let mut at = (!symbols.is_empty()).then_some(0);
        while let Some(symbol) = at.and_then(|at| symbols.get(at)) {
            let piece = &text[symbol.start..symbol.end];
            match symbol.fixed.or_else(|| self.tokens.get(piece).map(|token| token.id)) {
                Some(id) => ids.push(id),
                None => ids.extend(piece.bytes().map(|byte| self.bytes[usize::from(byte)])),
            }
            at = symbol.next;
        }
    }

    /// The text's characters and fixed symbols, in order.
    fn symbols(&self, text: &str) -> Vec<Symbol> {
        let mut symbols = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let fixed = self.symbols.get(&first);
            let fixed = fixed.and_then(|list| list.iter().find(|(token, _)| rest.starts_with(&**token)));
            let len = fixed.map_or(first.len_utf8(), |(token, _)| token.len());
            let start = text.len() - rest.len();
            let at = symbols.len();
            symbols.push(Symbol {
                start,
                end: start + len,
                previous: at.checked_sub(1),
                next: Some(at + 1),
                fixed: fixed.map(|(_, id)| *id),
            });
            rest = &rest[len..];
        }
        if let Some(last) = symbols.last_mut() {
            last.next = None;
        }
        symbols
    }

    /// Merges neighbours until no two together spell a token.
    fn merge(&self, text: &str, symbols: &mut [Symbol]) {
        let mut queue = BinaryHeap::new();
        for left in 0..symbols.len() {
            queue.extend(self.candidate(text, symbols, left));
        }
        while let Some(Reverse(Candidate { left, start, end, .. })) = queue.pop() {
            // Candidates whose symbols have been merged with others meanwhile are stale.
            let Some(right) = symbols[left].next else { continue };
            if symbols[left].start != start || symbols[right].end != end {
                continue;
            }
            symbols[left].end = end;
            symbols[left].next = symbols[right].next;
            // The right one is gone: nothing that starts there is a candidate any more.
            symbols[right].start = end;
            symbols[right].next = None;
            if let Some(after) = symbols[left].next {
                symbols[after].previous = Some(left);
            }
            if let Some(before) = symbols[left].previous {
                queue.extend(self.candidate(text, symbols, before));
            }
            queue.extend(self.candidate(text, symbols, left));
        }
    }

    fn candidate(&self, text: &str, symbols: &[Symbol], left: usize) -> Option<Reverse<Candidate>> {
        let (first, right) = (&symbols[left], &symbols[symbols[left].next?]);
        if first.fixed.is_some() || right.fixed.is_some() {
            return None;
        }
        let token = self.tokens.get(&text[first.start..right.end])?;
        Some(Reverse(Candidate { rank: token.rank, left, start: first.start, end: right.end }))
    }
}

/// A merge that may be made; the smallest is made first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    rank: u32,
    left: usize,
    start: usize,
    end: usize,
}

/// The place of each score among the distinct scores, highest first.
fn ranks(scores: &[f32]) -> Vec<u32> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let mut ranks = vec![0; scores.len()];
    let mut rank = 0;
    for pair in order.windows(2) {
        rank += u32::from(scores[pair[0]] != scores[pair[1]]);
        ranks[pair[1]] = rank;
    }
    ranks
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

fn byte(token: &str) -> Option<u8> {
    let digits = token.strip_prefix("<0x")?.strip_suffix('>')?;
    u8::from_str_radix(digits, 16).ok()
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
    fn equal_scores_share_a_rank() {
        assert_eq!(ranks(&[-1.0, 0.0, -1.0, -2.0]), [1, 0, 1, 2]);
        assert_eq!(ranks(&[]), [] as [u32; 0]);
    }

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
