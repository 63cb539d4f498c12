//! Scores for translations and summaries: BLEU, chrF, TER and ROUGE.
//!
//! A [`Metric`] turns each pair of hypothesis and reference into [`Statistics`], which add up over a corpus,
//! and turns their sum into a [`Score`]. A [`Signature`] says how a score was computed, so that it can be
//! compared with others.
//!
//! ```
//! use diglot::metrics::{Bleu, Metric};
//!
//! let score = Bleu.corpus(&["The cat sat on the mat."], &["The cat sat on a mat."])?;
//! assert_eq!(format!("{:.2}", score.value), "48.89");
//! # Ok::<(), diglot::Error>(())
//! ```

mod bleu;
mod bootstrap;
mod chrf;
mod porter;
mod rouge;
mod ter;

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::ops::AddAssign;

use crate::error::{Error, Result};

pub use bleu::Bleu;
pub use bootstrap::{RESAMPLES, Resampled};
pub use chrf::Chrf;
pub use rouge::{Overlap, Rouge};
pub use ter::Ter;

/// A way to score hypotheses against references, one reference for each.
pub trait Metric {
    /// The usual name (`BLEU`, `chrF2`, `ROUGE-L`).
    fn name(&self) -> String;

    /// The settings that the score depends on.
    fn signature(&self) -> Signature;

    /// What one pair contributes to the score of its corpus.
    fn statistics(&self, hypothesis: &str, reference: &str) -> Statistics;

    /// The score of summed statistics.
    fn score(&self, statistics: &Statistics) -> Score;

    /// Whether a low score is a good one, as with a rate of errors.
    fn lower_is_better(&self) -> bool {
        false
    }

    /// The score of a corpus: hypothesis `i` is compared with reference `i`.
    ///
    /// # Errors
    /// [`ErrorKind::Input`](crate::ErrorKind::Input) when the counts differ.
    fn corpus(&self, hypotheses: &[&str], references: &[&str]) -> Result<Score> {
        if hypotheses.len() != references.len() {
            return Err(Error::input(format!(
                "{} hypotheses cannot be compared with {} references",
                hypotheses.len(),
                references.len()
            ))
            .hint("both files must have the same number of lines"));
        }
        let mut sum = Statistics::default();
        for (hypothesis, reference) in hypotheses.iter().zip(references) {
            sum += self.statistics(hypothesis, reference);
        }
        Ok(self.score(&sum))
    }
}

/// Counts (or sums) that a score is computed from; those of a corpus are the sum of those of its pairs.
/// Which number stands for what is known to the metric that made them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statistics(Vec<f64>);

impl Statistics {
    /// Those of a corpus from those of its pairs.
    pub fn sum(pairs: &[Statistics]) -> Self {
        let mut sum = Self::default();
        pairs.iter().for_each(|pair| sum += pair);
        sum
    }

    /// The number at `index`, 0 in an empty corpus.
    fn get(&self, index: usize) -> f64 {
        self.0.get(index).copied().unwrap_or(0.0)
    }
}

impl AddAssign for Statistics {
    fn add_assign(&mut self, other: Self) {
        *self += &other;
    }
}

impl AddAssign<&Self> for Statistics {
    fn add_assign(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0.0);
        }
        for (sum, value) in self.0.iter_mut().zip(&other.0) {
            *sum += value;
        }
    }
}

/// The score of a corpus.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// From 0 to 100, higher is better; in TER lower, and it may exceed 100.
    pub value: f64,
    /// What the score is made of, in the metric's usual notation; may be empty.
    pub detail: String,
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}", self.value)?;
        if !self.detail.is_empty() {
            write!(f, " {}", self.detail)?;
        }
        Ok(())
    }
}

/// How a score was computed, as `key:value` pairs joined by `|`. The pairs before `impl` are those of the
/// tool whose scores these equal, in its order; `impl` names this implementation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature(Vec<(&'static str, String)>);

impl Signature {
    /// The settings of a metric; `version` is that of the tool it agrees with.
    fn new(settings: &[(&'static str, &str)], version: &str) -> Self {
        let ours = concat!("diglot-", env!("CARGO_PKG_VERSION"));
        let all = [&[("nrefs", "1")], settings, &[("version", version), ("impl", ours)]].concat();
        Self(all.into_iter().map(|(key, value)| (key, value.to_owned())).collect())
    }

    /// The signature of a score that comes with an interval of [`Resampled`] scores.
    #[must_use]
    pub fn resampled(mut self) -> Self {
        let settings = [("bs", RESAMPLES.to_string()), ("seed", bootstrap::SEED.to_string())];
        let after_references = self.0.len().min(1);
        self.0.splice(after_references..after_references, settings);
        self
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs: Vec<String> = self.0.iter().map(|(key, value)| format!("{key}:{value}")).collect();
        f.write_str(&pairs.join("|"))
    }
}

/// How often each run of `n` items occurs.
fn ngrams<T: Eq + Hash>(items: &[T], n: usize) -> HashMap<&[T], usize> {
    let mut counts = HashMap::new();
    for gram in items.windows(n) {
        *counts.entry(gram).or_insert(0) += 1;
    }
    counts
}

/// How many n-grams two texts share, each counted as often as it occurs in both.
fn shared<T: Eq + Hash>(a: &HashMap<&[T], usize>, b: &HashMap<&[T], usize>) -> usize {
    a.iter().map(|(gram, count)| count.min(b.get(gram).unwrap_or(&0))).sum()
}

/// White space as Python's `str.split` sees it, which includes the four information separators.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_add_up_whatever_their_length() {
        let mut sum = Statistics::default();
        sum += Statistics(vec![1.0, 2.0]);
        sum += Statistics(vec![3.0, 4.0]);
        assert_eq!(sum, Statistics(vec![4.0, 6.0]));
        assert_eq!(sum.get(7), 0.0);
    }

    #[test]
    fn counts_overlapping_ngrams() {
        let counts = ngrams(&['a', 'a', 'a', 'b'], 2);
        assert_eq!(counts[&['a', 'a'][..]], 2);
        assert_eq!(counts[&['a', 'b'][..]], 1);
        assert!(ngrams(&['a'], 2).is_empty());
    }

    #[test]
    fn different_counts_are_an_error() {
        let error = Chrf::default().corpus(&["a", "b"], &["a"]).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Input);
    }
}
