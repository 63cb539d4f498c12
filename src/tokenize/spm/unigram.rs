//! Segmentation by a unigram language model (Kudo 2018): of all ways to cut a text into pieces, the one whose scores
//! add up to the most, found left to right (Viterbi).

use std::ops::Range;

use super::matcher::Matcher;
use super::proto::{Kind, Piece};

/// How much worse than the worst piece an unknown character is.
const UNKNOWN_PENALTY: f32 = 10.0;
/// Sums of scores are brought back to zero beyond this, so that they keep their precision in a long text.
const MAX_SUM: f32 = 100_000.0;

#[derive(Debug)]
pub(super) struct Unigram {
    pieces: Matcher,
    scores: Vec<f32>,
    user_defined: Vec<bool>,
    unknown_score: f32,
    /// The longest piece in bytes.
    longest: usize,
}

/// The best way to reach a position.
#[derive(Clone, Copy)]
struct Best {
    sum: f32,
    start: usize,
    id: Option<u32>,
}

impl Unigram {
    pub(super) fn new(pieces: &[Piece]) -> Self {
        let matched =
            |piece: &Piece| matches!(piece.kind, Kind::Normal | Kind::UserDefined) && !piece.withheld;
        let normal = pieces.iter().filter(|piece| piece.kind == Kind::Normal);
        let matchable = (0..).zip(pieces).filter(|(_, piece)| matched(piece));
        Self {
            pieces: Matcher::new(matchable.map(|(id, piece)| (piece.text.as_str().into(), id))),
            scores: pieces.iter().map(|piece| piece.score).collect(),
            user_defined: pieces.iter().map(|piece| piece.kind == Kind::UserDefined).collect(),
            unknown_score: normal.map(|piece| piece.score).fold(f32::MAX, f32::min) - UNKNOWN_PENALTY,
            longest: pieces.iter().map(|piece| piece.text.len()).max().unwrap_or(0),
        }
    }

    /// Cuts a text into pieces; a character without one has no id.
    pub(super) fn segment(&self, text: &str) -> Vec<(Range<usize>, Option<u32>)> {
        let mut best: Vec<Option<Best>> = vec![None; text.len() + 1];
        best[0] = Some(Best { sum: 0.0, start: 0, id: None });
        for (start, first) in text.char_indices() {
            let Some(here) = best[start] else { continue };
            let mut sum = here.sum;
            if sum.abs() > MAX_SUM {
                let end = text.len().min(start + self.longest.max(4));
                best[start..=end].iter_mut().flatten().for_each(|best| best.sum -= sum);
                sum = 0.0;
            }
            let mut offer = |end: usize, score: f32, id| {
                let sum = score + sum;
                if best[end].is_none_or(|best| sum > best.sum) {
                    best[end] = Some(Best { sum, start, id });
                }
            };
            let mut known = false;
            for (len, id) in self.pieces.prefixes(&text[start..]) {
                known |= len == first.len_utf8();
                offer(start + len, self.score(id, len), Some(id));
            }
            if !known {
                offer(start + first.len_utf8(), self.unknown_score, None);
            }
        }
        let mut segments = Vec::new();
        let mut end = text.len();
        while let (Some(Best { start, id, .. }), true) = (best[end], end > 0) {
            segments.push((start..end, id));
            end = start;
        }
        segments.reverse();
        segments
    }

    /// User-defined symbols win against everything else, longer ones against shorter ones.
    fn score(&self, id: u32, len: usize) -> f32 {
        match self.user_defined[id as usize] {
            true => (0.1 * (len - 1) as f64) as f32,
            false => self.scores[id as usize],
        }
    }
}
