//! ROUGE (Lin 2004) as rouge-score 0.1.2 computes it: lower case, runs of ASCII letters and digits as tokens, with or
//! without a stemmer. It is meant for English; other scripts have no tokens.

use std::collections::{BTreeSet, HashMap};

use super::porter::stem;
use super::{Metric, Score, Signature, Statistics, ngrams, shared};

/// Shorter tokens are not stemmed.
const SHORTEST_STEMMED: usize = 4;

/// ROUGE-N or ROUGE-L. The score of a corpus is the mean F1 of its pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rouge {
    unit: Unit,
    stemmed: bool,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Ngrams(usize),
    Subsequence,
    SummarySubsequence,
}

/// How far a hypothesis and its reference overlap; each number from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Overlap {
    /// The share of the hypothesis that the reference has.
    pub precision: f64,
    /// The share of the reference that the hypothesis has.
    pub recall: f64,
    /// Their harmonic mean.
    pub f1: f64,
}

impl Rouge {
    /// ROUGE-1: single tokens.
    pub const ONE: Self = Self::of(Unit::Ngrams(1));
    /// ROUGE-2: pairs of tokens.
    pub const TWO: Self = Self::of(Unit::Ngrams(2));
    /// ROUGE-L: the longest common subsequence of the whole texts.
    pub const L: Self = Self::of(Unit::Subsequence);
    /// ROUGE-Lsum: the same by sentences, each on a line of its own.
    pub const LSUM: Self = Self::of(Unit::SummarySubsequence);

    const fn of(unit: Unit) -> Self {
        Self { unit, stemmed: false }
    }

    /// The same on stems (Porter's, as NLTK extends him).
    #[must_use]
    pub const fn stemmed(self) -> Self {
        Self { stemmed: true, ..self }
    }

    /// Compares two texts.
    pub fn overlap(self, hypothesis: &str, reference: &str) -> Overlap {
        let tokens = |text: &str| tokenize(text, self.stemmed);
        match self.unit {
            Unit::Ngrams(n) => Overlap::of_ngrams(&tokens(hypothesis), &tokens(reference), n),
            Unit::Subsequence => {
                let (hypothesis, reference) = (tokens(hypothesis), tokens(reference));
                let common =
                    *lengths(&reference, &hypothesis).last().and_then(|row| row.last()).unwrap_or(&0);
                Overlap::new(common, hypothesis.len(), reference.len())
            }
            Unit::SummarySubsequence => {
                let sentences = |text: &str| text.split('\n').map(tokens).collect::<Vec<_>>();
                Overlap::of_sentences(&sentences(hypothesis), &sentences(reference))
            }
        }
    }
}

impl Overlap {
    fn new(common: usize, hypothesis: usize, reference: usize) -> Self {
        let precision = common as f64 / hypothesis.max(1) as f64;
        let recall = common as f64 / reference.max(1) as f64;
        let f1 = if common > 0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 };
        Self { precision, recall, f1 }
    }

    fn of_ngrams(hypothesis: &[String], reference: &[String], n: usize) -> Self {
        let common = shared(&ngrams(hypothesis, n), &ngrams(reference, n));
        let count = |tokens: &[String]| (tokens.len() + 1).saturating_sub(n);
        Self::new(common, count(hypothesis), count(reference))
    }

    /// The tokens of each reference sentence that its subsequences with any hypothesis sentence hold, none counted
    /// more often than either text has it.
    fn of_sentences(hypothesis: &[Vec<String>], reference: &[Vec<String>]) -> Self {
        let (mut left, mut wanted) = (counts(hypothesis), counts(reference));
        let mut hits = 0;
        for sentence in reference {
            let union: BTreeSet<usize> =
                hypothesis.iter().flat_map(|other| common_places(sentence, other)).collect();
            for token in union.into_iter().map(|place| sentence[place].as_str()) {
                if let (Some(left @ 1..), Some(wanted @ 1..)) = (left.get_mut(token), wanted.get_mut(token)) {
                    *left -= 1;
                    *wanted -= 1;
                    hits += 1;
                }
            }
        }
        let count = |sentences: &[Vec<String>]| sentences.iter().map(Vec::len).sum();
        Self::new(hits, count(hypothesis), count(reference))
    }
}

impl Metric for Rouge {
    fn name(&self) -> String {
        match self.unit {
            Unit::Ngrams(n) => format!("ROUGE-{n}"),
            Unit::Subsequence => "ROUGE-L".to_owned(),
            Unit::SummarySubsequence => "ROUGE-Lsum".to_owned(),
        }
    }

    fn signature(&self) -> Signature {
        let stem = if self.stemmed { "porter" } else { "no" };
        Signature::new(&[("stem", stem), ("agg", "mean-f1"), ("tool", "rouge-score")], "0.1.2")
    }

    /// The number of pairs and the sums of precision, recall and F1.
    fn statistics(&self, hypothesis: &str, reference: &str) -> Statistics {
        let overlap = self.overlap(hypothesis, reference);
        Statistics(vec![1.0, overlap.precision, overlap.recall, overlap.f1])
    }

    fn score(&self, statistics: &Statistics) -> Score {
        let pairs = statistics.get(0).max(1.0);
        let [precision, recall, f1] = [1, 2, 3].map(|i| 100.0 * statistics.get(i) / pairs);
        Score { value: f1, detail: format!("(P = {precision:.2} R = {recall:.2})") }
    }
}

fn tokenize(text: &str, stemmed: bool) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|token| !token.is_empty())
        .map(|token| if stemmed && token.len() >= SHORTEST_STEMMED { stem(token) } else { token.to_owned() })
        .collect()
}

fn counts(sentences: &[Vec<String>]) -> HashMap<&str, usize> {
    let mut counts = HashMap::new();
    for token in sentences.iter().flatten() {
        *counts.entry(token.as_str()).or_insert(0) += 1;
    }
    counts
}

/// The lengths of the longest common subsequences of the first `i` and the first `j` tokens, at `[i][j]`.
fn lengths(a: &[String], b: &[String]) -> Vec<Vec<usize>> {
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, x) in a.iter().enumerate() {
        for (j, y) in b.iter().enumerate() {
            rows[i + 1][j + 1] = if x == y { rows[i][j] + 1 } else { rows[i][j + 1].max(rows[i + 1][j]) };
        }
    }
    rows
}

/// Where the tokens of one longest common subsequence stand in `a`. Of several it is the one that rouge-score finds,
/// since the union over sentences depends on it.
fn common_places(a: &[String], b: &[String]) -> Vec<usize> {
    let lengths = lengths(a, b);
    let (mut i, mut j) = (a.len(), b.len());
    let mut places = Vec::new();
    while i > 0 && j > 0 {
        if a[i - 1] == b[j - 1] {
            (i, j) = (i - 1, j - 1);
            places.push(i);
        } else if lengths[i][j - 1] > lengths[i - 1][j] {
            j -= 1;
        } else {
            i -= 1;
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_ascii_letters_and_digits() {
        assert_eq!(
            tokenize("Don't stop: 3.5 Caf\u{e9}s \u{212a}", false),
            ["don", "t", "stop", "3", "5", "caf", "s", "k"]
        );
        assert_eq!(tokenize("Cars ran, stopping", true), ["car", "ran", "stop"]);
    }

    #[test]
    fn the_longest_common_subsequence_keeps_order() {
        let overlap = Rouge::L.overlap("police killed the gunman", "the gunman police killed");
        assert_eq!(overlap, Overlap { precision: 0.5, recall: 0.5, f1: 0.5 });
    }

    #[test]
    fn sentences_are_compared_one_by_one() {
        let (hypothesis, reference) = ("the gunman fled\npolice came", "police came\nthe gunman fled");
        assert_eq!(Rouge::LSUM.overlap(hypothesis, reference).f1, 1.0);
        assert_eq!(Rouge::L.overlap(hypothesis, reference).f1, 0.6);
    }

    #[test]
    fn empty_texts_overlap_nowhere() {
        for rouge in [Rouge::ONE, Rouge::TWO, Rouge::L, Rouge::LSUM] {
            assert_eq!(rouge.overlap("", "a b"), Overlap::default());
            assert_eq!(rouge.overlap("a", ""), Overlap::default());
        }
    }
}
