//! Segmentation by byte-pair encoding as SentencePiece does it (Kudo and Richardson 2018): neighbouring symbols are
//! merged as long as a piece spells them, best score first and leftmost among equals.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::ops::Range;

use super::matcher::Matcher;

/// How deep a piece that may not be used is taken apart again.
const MAX_DEPTH: usize = 100;

/// Merges a text's characters into pieces.
#[derive(Debug)]
pub(in crate::tokenize) struct Merger {
    pieces: HashMap<Box<str>, Merge>,
    /// Symbols that stand for themselves wherever they are and are not merged.
    fixed: Matcher,
}

/// A piece that merges lead to.
#[derive(Clone, Copy, Debug)]
pub(in crate::tokenize) struct Merge {
    pub(in crate::tokenize) id: u32,
    pub(in crate::tokenize) score: f32,
    /// Whether it only leads to other pieces, and is taken apart again where it remains.
    pub(in crate::tokenize) unused: bool,
}

/// A stretch of the text in a doubly linked list.
struct Symbol {
    start: usize,
    end: usize,
    previous: Option<usize>,
    next: Option<usize>,
    /// The id of a symbol that is not merged.
    fixed: Option<u32>,
}

/// For each piece that may not be used, the length of the left one of the two that it was merged from last.
type Seams<'a> = HashMap<&'a str, usize>;

impl Merger {
    pub(in crate::tokenize) fn new(
        pieces: impl Iterator<Item = (Box<str>, Merge)>,
        fixed: impl Iterator<Item = (Box<str>, u32)>,
    ) -> Self {
        let mut first = HashMap::new();
        for (piece, merge) in pieces {
            first.entry(piece).or_insert(merge);
        }
        Self { pieces: first, fixed: Matcher::new(fixed) }
    }

    /// Cuts a text into pieces; a character without one has no id.
    pub(in crate::tokenize) fn segment(&self, text: &str) -> Vec<(Range<usize>, Option<u32>)> {
        let mut symbols = self.symbols(text);
        let seams = self.merge(text, &mut symbols);
        let mut segments = Vec::with_capacity(symbols.len());
        let mut at = (!symbols.is_empty()).then_some(0);
        while let Some(symbol) = at.and_then(|at| symbols.get(at)) {
            match symbol.fixed {
                Some(id) => segments.push((symbol.start..symbol.end, Some(id))),
                None => self.take_apart(text, symbol.start..symbol.end, &seams, MAX_DEPTH, &mut segments),
            }
            at = symbol.next;
        }
        segments
    }

    /// The text's characters and fixed symbols, in order.
    fn symbols(&self, text: &str) -> Vec<Symbol> {
        let mut symbols = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let fixed = self.fixed.longest(rest);
            let len = fixed.map_or(first.len_utf8(), |(len, _)| len);
            let start = text.len() - rest.len();
            let at = symbols.len();
            symbols.push(Symbol {
                start,
                end: start + len,
                previous: at.checked_sub(1),
                next: Some(at + 1),
                fixed: fixed.map(|(_, id)| id),
            });
            rest = &rest[len..];
        }
        if let Some(last) = symbols.last_mut() {
            last.next = None;
        }
        symbols
    }

    /// Merges neighbours until no two together spell a piece.
    fn merge<'a>(&self, text: &'a str, symbols: &mut [Symbol]) -> Seams<'a> {
        let mut seams = Seams::new();
        let mut queue = BinaryHeap::with_capacity(symbols.len());
        for left in 0..symbols.len() {
            queue.extend(self.candidate(text, symbols, left, &mut seams));
        }
        while let Some(Candidate { left: Reverse(left), end, .. }) = queue.pop() {
            // Candidates whose symbols have been merged with others meanwhile are stale.
            let Some(right) = symbols[left].next else { continue };
            if symbols[right].end != end {
                continue;
            }
            symbols[left].end = end;
            symbols[left].next = symbols[right].next;
            // The right one is gone: no candidate that begins there has a right neighbour any more.
            symbols[right].next = None;
            if let Some(after) = symbols[left].next {
                symbols[after].previous = Some(left);
            }
            if let Some(before) = symbols[left].previous {
                queue.extend(self.candidate(text, symbols, before, &mut seams));
            }
            queue.extend(self.candidate(text, symbols, left, &mut seams));
        }
        seams
    }

    fn candidate<'a>(
        &self,
        text: &'a str,
        symbols: &[Symbol],
        left: usize,
        seams: &mut Seams<'a>,
    ) -> Option<Candidate> {
        let (first, right) = (&symbols[left], &symbols[symbols[left].next?]);
        if first.fixed.is_some() || right.fixed.is_some() {
            return None;
        }
        let piece = self.pieces.get(&text[first.start..right.end])?;
        if piece.unused {
            seams.insert(&text[first.start..right.end], first.end - first.start);
        }
        Some(Candidate { score: piece.score, left: Reverse(left), end: right.end })
    }

    /// Adds the piece of a symbol, or, where it may not be used, the pieces that it was merged from.
    fn take_apart(
        &self,
        text: &str,
        range: Range<usize>,
        seams: &Seams<'_>,
        depth: usize,
        segments: &mut Vec<(Range<usize>, Option<u32>)>,
    ) {
        let spelled = &text[range.clone()];
        let seam = seams.get(spelled).map(|len| range.start + len);
        match (seam, depth.checked_sub(1)) {
            (Some(seam), Some(depth)) => {
                self.take_apart(text, range.start..seam, seams, depth, segments);
                self.take_apart(text, seam..range.end, seams, depth, segments);
            }
            _ => segments.push((range, self.pieces.get(spelled).map(|piece| piece.id))),
        }
    }
}

/// A merge that may be made; the greatest is made first.
struct Candidate {
    score: f32,
    left: Reverse<usize>,
    end: usize,
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let score = self.score.partial_cmp(&other.score).unwrap_or(std::cmp::Ordering::Equal);
        score.then(self.left.cmp(&other.left)).then(self.end.cmp(&other.end))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Candidate {}
