//! Texts that are almost the same.

use rapidfuzz::distance::levenshtein::{Args, BatchComparator};

/// The least similarity of a suggestion.
const LEAST: f64 = 0.7;

/// The translation of a text that is like another one.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// The text that was translated.
    pub source: String,
    /// Its translation.
    pub target: String,
    /// How alike the texts are, from 0.7 to 1: one minus their edit distance (Levenshtein 1966) over the characters of
    /// the longer one.
    pub similarity: f64,
}

/// A search for the texts that are most like some others.
pub(super) struct Search {
    wanted: Vec<(BatchComparator<char>, Option<Suggestion>)>,
}

impl Search {
    pub(super) fn new(wanted: impl Iterator<Item = String>) -> Self {
        Self { wanted: wanted.map(|text| (BatchComparator::new(text.chars()), None)).collect() }
    }

    /// Takes a text with its translation into account. Of equals the first is kept.
    pub(super) fn look_at(&mut self, source: &str, target: &str) {
        for (wanted, best) in &mut self.wanted {
            let least = best.as_ref().map_or(LEAST, |best: &Suggestion| best.similarity);
            let similarity =
                wanted.normalized_similarity_with_args(source.chars(), &Args::default().score_cutoff(least));
            if let Some(similarity) = similarity.filter(|similarity| best.is_none() || *similarity > least) {
                *best = Some(Suggestion { source: source.into(), target: target.into(), similarity });
            }
        }
    }

    /// The best of each.
    pub(super) fn found(self) -> Vec<Option<Suggestion>> {
        self.wanted.into_iter().map(|(_, best)| best).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_counts_and_the_unlike_does_not() {
        let mut search = Search::new(["Der Hund schläft.".to_owned(), String::new()].into_iter());
        for source in ["Die Katze frisst.", "Der Hund schlief.", "Der Hund schläft!", "Der Mund schläft."] {
            search.look_at(source, "x");
        }
        let found = search.found();
        let best = found[0].as_ref().unwrap();
        assert_eq!(best.source, "Der Hund schläft!");
        assert!((best.similarity - 16.0 / 17.0).abs() < 1e-12, "{}", best.similarity);
        assert_eq!(found[1], None);
    }
}
