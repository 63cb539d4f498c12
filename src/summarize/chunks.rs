//! Chunks: a long text in pieces that one request can hold. Nothing is left out.

use super::Passage;
use crate::error::Result;

/// A sentence of the text, or a part of one that is too long for a request.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Piece {
    pub(super) text: String,
    /// Pieces of one block stand in one paragraph.
    pub(super) block: usize,
    pub(super) tokens: usize,
}

/// Neighbouring pieces.
pub(super) type Chunk = Vec<Piece>;

/// The passages as pieces of at most `budget` tokens each.
pub(super) fn pieces(
    passages: &[Passage<'_>],
    budget: usize,
    count: &dyn Fn(&str) -> Result<usize>,
) -> Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    for passage in passages {
        cut(passage.text.trim(), passage.block, budget, count, &mut pieces)?;
    }
    Ok(pieces)
}

/// Cuts a text in halves until each fits; every piece counts one more token for the space after it.
fn cut(
    text: &str,
    block: usize,
    budget: usize,
    count: &dyn Fn(&str) -> Result<usize>,
    pieces: &mut Vec<Piece>,
) -> Result<()> {
    let tokens = count(text)? + 1;
    match middle(text) {
        Some(middle) if tokens > budget => {
            let (before, after) = text.split_at(middle);
            cut(before.trim_end(), block, budget, count, pieces)?;
            cut(after.trim_start(), block, budget, count, pieces)
        }
        _ if text.is_empty() => Ok(()),
        _ => {
            pieces.push(Piece { text: text.to_owned(), block, tokens });
            Ok(())
        }
    }
}

/// A place near the middle to cut at: white space if there is any, else between two characters.
fn middle(text: &str) -> Option<usize> {
    let half = text.len() / 2;
    let near = |at: &usize| at.abs_diff(half);
    let spaces = text.char_indices().filter(|(_, c)| c.is_whitespace()).map(|(at, _)| at);
    let inside = |at: &usize| (1..text.len()).contains(at);
    spaces
        .filter(inside)
        .min_by_key(near)
        .or_else(|| text.char_indices().map(|(at, _)| at).filter(inside).min_by_key(near))
}

/// Gathers pieces in chunks of at most `budget` tokens and about equal length. Chunks end where a block ends,
/// unless the block alone is too long.
pub(super) fn chunks(pieces: &[Piece], budget: usize) -> Vec<Chunk> {
    let total = tokens(pieces);
    let share = total.div_ceil(total.div_ceil(budget.max(1)).max(1));
    let mut chunks: Vec<Chunk> = Vec::new();
    for block in pieces.chunk_by(|a, b| a.block == b.block) {
        let units: Vec<&[Piece]> =
            if tokens(block) > budget { block.chunks(1).collect() } else { vec![block] };
        for unit in units {
            match chunks.last_mut() {
                Some(chunk)
                    if tokens(chunk) + tokens(unit) / 2 <= share
                        && tokens(chunk) + tokens(unit) <= budget =>
                {
                    chunk.extend_from_slice(unit);
                }
                _ => chunks.push(unit.to_vec()),
            }
        }
    }
    chunks
}

pub(super) fn tokens(pieces: &[Piece]) -> usize {
    pieces.iter().map(|piece| piece.tokens).sum()
}

/// The text of pieces, a paragraph for each block.
pub(super) fn text(pieces: &[Piece]) -> String {
    let paragraph = |block: &[Piece]| block.iter().map(|p| p.text.as_str()).collect::<Vec<_>>().join(" ");
    pieces.chunk_by(|a, b| a.block == b.block).map(paragraph).collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(text: &str) -> Result<usize> {
        Ok(text.split_whitespace().count())
    }

    #[test]
    fn chunks_hold_everything_and_end_with_blocks() {
        let text = "a b c d e f g h i";
        let passages: Vec<Passage<'_>> = (0..12).map(|id| Passage { id, block: id / 2, text }).collect();
        let pieces = pieces(&passages, 50, &count).unwrap();
        let chunks = chunks(&pieces, 50);
        assert_eq!(chunks.concat(), pieces);
        assert!(chunks.len() >= 3);
        for chunk in &chunks {
            assert!(tokens(chunk) <= 50);
            assert_eq!(chunk.len() % 2, 0, "a block is parted");
        }
        assert_eq!(super::text(&pieces).matches("\n\n").count(), 5);
    }

    #[test]
    fn a_sentence_that_is_too_long_is_cut_at_spaces() {
        let long = vec!["word"; 100].join(" ");
        let passages = [Passage { id: 0, block: 0, text: &long }];
        let pieces = pieces(&passages, 20, &count).unwrap();
        assert!(pieces.iter().all(|piece| piece.tokens <= 20));
        assert_eq!(super::text(&pieces), long);
        assert!(chunks(&pieces, 20).len() >= 5);
    }

    #[test]
    fn text_without_spaces_is_cut_too() {
        let letters = |text: &str| Ok(text.chars().count());
        let long = "\u{6771}".repeat(50);
        let pieces = pieces(&[Passage { id: 0, block: 0, text: &long }], 20, &letters).unwrap();
        assert!(pieces.iter().all(|piece| piece.tokens <= 20));
        assert_eq!(pieces.iter().map(|piece| piece.text.as_str()).collect::<String>(), long);
    }
}
