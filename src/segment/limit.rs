//! An upper bound on the length of a segment.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::document::trim;

/// The most characters that a segment has.
pub const MAX_CHARS: usize = 1000;

/// `range` cut into pieces of at most [`MAX_CHARS`] characters, each without white space at its ends.
pub(super) fn pieces(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut rest = trim(text, range);
    while let Some((length, _)) = text[rest.clone()].char_indices().nth(MAX_CHARS) {
        let cut = rest.start + cut(&text[rest.start..rest.start + length]);
        let piece = trim(text, rest.start..cut);
        if !piece.is_empty() {
            pieces.push(piece);
        }
        rest.start = cut + leading_space(&text[cut..rest.end]);
    }
    if !rest.is_empty() {
        pieces.push(rest);
    }
    pieces
}

fn leading_space(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

/// Where to cut a window that is full: after the last clause of its second half, else at its last white
/// space, else between two characters as a reader sees them, else at its end.
fn cut(window: &str) -> usize {
    let mut half = window.len() / 2;
    while !window.is_char_boundary(half) {
        half += 1;
    }
    let second = &window[half..];
    let clause = second.char_indices().rev().find_map(|(at, c)| {
        let end = at + c.len_utf8();
        let spaced = second[end..].starts_with(char::is_whitespace);
        let ends = matches!(c, ';' | ':' | ',' | '.' | '!' | '?' | '–' | '—') && spaced;
        (ends || matches!(c, '、' | '，' | '；' | '：' | '،' | '؛')).then_some(half + end)
    });
    clause
        .or_else(|| window.rfind(char::is_whitespace).filter(|at| *at > 0))
        .or_else(|| window.grapheme_indices(true).next_back().map(|(at, _)| at).filter(|at| *at > 0))
        .unwrap_or(window.len())
}
