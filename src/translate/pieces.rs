//! Long texts in pieces: cut where a reader would pause, joined again without a loss.

use crate::error::Result;

/// A stretch of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub text: String,
    /// Whether white space stood before it.
    pub spaced: bool,
    /// Whether it is copied unchanged.
    pub copy: bool,
}

impl Piece {
    /// A stretch to translate.
    pub(super) fn new(text: &str, spaced: bool) -> Self {
        Self { text: text.to_owned(), spaced, copy: false }
    }
}

/// Cuts `text` into pieces of at most `limit` tokens each, as `count` sees them. A text that fits stays whole.
pub(super) fn split_to_fit(
    text: &str,
    limit: usize,
    count: &dyn Fn(&str) -> Result<usize>,
) -> Result<Vec<(Piece, usize)>> {
    // A token is rarely longer than this many bytes, so a longer text is cut without being counted: a
    // tokenizer may take long over it.
    const BYTES_PER_TOKEN: usize = 16;
    let mut waiting = vec![Piece::new(text, false)];
    let mut pieces = Vec::new();
    while let Some(piece) = waiting.pop() {
        let tokens = match piece.text.len() > limit.saturating_mul(BYTES_PER_TOKEN) {
            true => usize::MAX,
            false => count(&piece.text)?,
        };
        match (tokens > limit).then(|| halve(&piece)).flatten() {
            Some((first, second)) => waiting.extend([second, first]),
            None => pieces.push((piece, tokens)),
        }
    }
    Ok(pieces)
}

/// The clauses of a long sentence, or nothing when it has no place to cut or is short.
pub(super) fn split_clauses(text: &str) -> Option<Vec<Piece>> {
    const FEWEST_WORDS: usize = 20;
    if text.split_whitespace().count() < FEWEST_WORDS {
        return None;
    }
    let middle = text.len() / 2;
    let cut = boundaries(text).filter(|b| b.rank > Rank::Space).min_by_key(|b| b.at.abs_diff(middle))?;
    let (first, second) = (text[..cut.at].trim_end(), text[cut.at..].trim_start());
    // A clause of a word or two says too little to be translated by itself.
    const FEWEST_CLAUSE_WORDS: usize = 4;
    [first, second]
        .iter()
        .all(|clause| clause.split_whitespace().count() >= FEWEST_CLAUSE_WORDS)
        .then(|| vec![Piece::new(first, false), Piece::new(second, true)])
}

/// Puts translated pieces together again.
pub(super) fn join<'a>(pieces: impl Iterator<Item = (bool, &'a str)>) -> String {
    let mut text = String::new();
    for (spaced, piece) in pieces {
        if spaced && !text.is_empty() && !piece.is_empty() {
            text.push(' ');
        }
        text.push_str(piece);
    }
    text
}

/// Cuts a piece in two at the best place near its middle; `None` when it is a single character.
fn halve(piece: &Piece) -> Option<(Piece, Piece)> {
    let text = piece.text.as_str();
    let middle = text.len() / 2;
    let near = text.len() / 4;
    let cut = boundaries(text)
        .filter(|b| b.at.abs_diff(middle) <= near)
        .max_by_key(|b| (b.rank, std::cmp::Reverse(b.at.abs_diff(middle))))
        .or_else(|| boundaries(text).min_by_key(|b| b.at.abs_diff(middle)));
    let (at, spaced) = match cut {
        Some(cut) => (cut.at, true),
        // No white space at all: cut between characters.
        None => ((middle..text.len()).find(|&at| at > 0 && text.is_char_boundary(at))?, false),
    };
    let first = text[..at].trim_end();
    let second = text[at..].trim_start();
    (!first.is_empty() && !second.is_empty())
        .then(|| (Piece::new(first, piece.spaced), Piece::new(second, spaced)))
}

/// How good a place to cut is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Space,
    Comma,
    Clause,
}

struct Boundary {
    at: usize,
    rank: Rank,
}

/// The white space of a text, each with what stands before or after it.
fn boundaries(text: &str) -> impl Iterator<Item = Boundary> {
    let mut before = ' ';
    text.char_indices().filter_map(move |(at, c)| {
        let last = std::mem::replace(&mut before, c);
        if !c.is_whitespace() || last.is_whitespace() {
            return None;
        }
        let rank = match last {
            '.' | '!' | '?' | ';' | ':' | '。' | '…' => Rank::Clause,
            ',' | '–' | '—' | ')' => Rank::Comma,
            _ => Rank::Space,
        };
        Some(Boundary { at, rank })
    })
}

/// Line breaks, with the white space around them, become single spaces; the ends are trimmed.
pub(crate) fn normalised(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Result<usize> {
        Ok(text.split_whitespace().map(|word| word.len().div_ceil(8)).sum())
    }

    fn texts(text: &str, limit: usize) -> Vec<String> {
        let pieces = split_to_fit(text, limit, &words).expect("the counter does not fail");
        assert_eq!(join(pieces.iter().map(|(p, _)| (p.spaced, p.text.as_str()))), text);
        assert!(pieces.iter().all(|&(_, tokens)| tokens <= limit));
        pieces.into_iter().map(|(piece, _)| piece.text).collect()
    }

    #[test]
    fn a_text_that_fits_stays_whole() {
        assert_eq!(
            texts("Der Zug kommt heute später, sagt er.", 9),
            ["Der Zug kommt heute später, sagt er."]
        );
    }

    #[test]
    fn cuts_fall_on_clauses_then_commas_then_spaces() {
        assert_eq!(texts("Er kam; er sah, dass es war.", 5), ["Er kam;", "er sah, dass es war."]);
        assert_eq!(texts("eins zwei drei, vier fünf sechs", 3), ["eins zwei drei,", "vier fünf sechs"]);
        assert_eq!(texts("eins zwei drei vier", 2), ["eins zwei", "drei vier"]);
    }

    #[test]
    fn a_million_characters_without_space_are_cut_between_characters() {
        let pieces = texts(&"ä".repeat(1_000_000), 64);
        assert!(pieces.len() > 1000);
    }

    #[test]
    fn clauses_come_from_long_sentences_only() {
        assert_eq!(split_clauses("Er kam, als es schon dunkel war."), None);
        let long = "Die Verwaltung der kleinen Stadt am Fluss hat im Herbst beschlossen, dass die alte Brücke \
                    in den nächsten Jahren von Grund auf erneuert werden soll.";
        let clauses = split_clauses(long).expect("it has a comma");
        assert_eq!(clauses.len(), 2);
        assert!(clauses[0].text.ends_with("beschlossen,"));
        assert_eq!(join(clauses.iter().map(|c| (c.spaced, c.text.as_str()))), long);
    }
}
