//! ROUGE (Lin 2004) as rouge-score 0.1.2 computes it without a stemmer: lower case, runs of ASCII letters and
//! digits as tokens. It is meant for English; other scripts have no tokens.

use super::{Metric, Score, Signature, Statistics, ngrams, shared};

/// ROUGE-N for an order `n`, or ROUGE-L for the longest common subsequence. The score of a corpus is the mean
/// F1 of its pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rouge {
    /// Single tokens.
    One,
    /// Pairs of tokens.
    Two,
    /// The longest common subsequence of the whole texts.
    L,
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
    /// Compares two texts.
    pub fn overlap(self, hypothesis: &str, reference: &str) -> Overlap {
        let (hypothesis, reference) = (tokenize(hypothesis), tokenize(reference));
        match self {
            Self::One => Overlap::of_ngrams(&hypothesis, &reference, 1),
            Self::Two => Overlap::of_ngrams(&hypothesis, &reference, 2),
            Self::L => {
                let common = longest_common_subsequence(&hypothesis, &reference);
                Overlap::new(common, hypothesis.len(), reference.len())
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
}

impl Metric for Rouge {
    fn name(&self) -> String {
        match self {
            Self::One => "ROUGE-1",
            Self::Two => "ROUGE-2",
            Self::L => "ROUGE-L",
        }
        .to_owned()
    }

    fn signature(&self) -> Signature {
        Signature::new(&[("stem", "no"), ("agg", "mean-f1"), ("tool", "rouge-score")], "0.1.2")
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

fn tokenize(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|token| !token.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The length of the longest common subsequence, one row of the table at a time.
fn longest_common_subsequence(a: &[String], b: &[String]) -> usize {
    let mut row = vec![0; b.len() + 1];
    for x in a {
        let mut diagonal = 0;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = if x == y { diagonal + 1 } else { above.max(row[j]) };
            diagonal = above;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_ascii_letters_and_digits() {
        assert_eq!(
            tokenize("Don't stop: 3.5 Caf\u{e9}s \u{212a}"),
            ["don", "t", "stop", "3", "5", "caf", "s", "k"]
        );
    }

    #[test]
    fn the_longest_common_subsequence_keeps_order() {
        let overlap = Rouge::L.overlap("police killed the gunman", "the gunman police killed");
        assert_eq!(overlap, Overlap { precision: 0.5, recall: 0.5, f1: 0.5 });
    }

    #[test]
    fn empty_texts_overlap_nowhere() {
        for rouge in [Rouge::One, Rouge::Two, Rouge::L] {
            assert_eq!(rouge.overlap("", "a b"), Overlap::default());
            assert_eq!(rouge.overlap("a", ""), Overlap::default());
        }
    }
}
