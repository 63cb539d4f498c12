//! chrF (Popović 2015) and chrF++ (Popović 2017) as sacrebleu 2.6.0 computes them by default: mixed case,
//! no white space, orders that either text lacks left out, statistics of the whole corpus.

use super::{Metric, Score, Signature, Statistics, is_space, ngrams, shared};

/// Orders of character n-grams.
const CHARACTERS: usize = 6;
/// Recall counts this many times as much as precision.
const BETA: f64 = 2.0;

/// chrF2, or chrF2++ when word n-grams count too.
#[derive(Clone, Copy, Debug, Default)]
pub struct Chrf {
    words: usize,
}

impl Chrf {
    /// chrF2++: also counts single words and pairs of words.
    pub fn plus_plus() -> Self {
        Self { words: 2 }
    }
}

impl Metric for Chrf {
    fn name(&self) -> String {
        format!("chrF2{}", "+".repeat(self.words))
    }

    fn signature(&self) -> Signature {
        let (characters, words) = (CHARACTERS.to_string(), self.words.to_string());
        let settings =
            [("case", "mixed"), ("eff", "yes"), ("nc", &characters), ("nw", &words), ("space", "no")];
        Signature::new(&settings, "2.6.0")
    }

    /// For each order the n-grams of the hypothesis, those of the reference, and those they share.
    fn statistics(&self, hypothesis: &str, reference: &str) -> Statistics {
        let mut numbers = Vec::with_capacity(3 * (CHARACTERS + self.words));
        count_orders(&characters(hypothesis), &characters(reference), CHARACTERS, &mut numbers);
        count_orders(&words(hypothesis), &words(reference), self.words, &mut numbers);
        Statistics(numbers)
    }

    fn score(&self, statistics: &Statistics) -> Score {
        let (mut precision, mut recall, mut orders) = (0.0, 0.0, 0.0);
        for order in 0..CHARACTERS + self.words {
            let [hypothesis, reference, matches] = [0, 1, 2].map(|i| statistics.get(3 * order + i));
            if hypothesis > 0.0 && reference > 0.0 {
                precision += matches / hypothesis;
                recall += matches / reference;
                orders += 1.0;
            }
        }
        let value = if precision + recall > 0.0 {
            let (precision, recall) = (precision / orders, recall / orders);
            let beta = BETA * BETA;
            100.0 * (1.0 + beta) * precision * recall / (beta * precision + recall)
        } else {
            0.0
        };
        Score { value, detail: String::new() }
    }
}

/// Adds the counts of orders 1 to `orders` to `numbers`. N-grams of a hypothesis whose reference has none of
/// that order do not count against it.
fn count_orders<T: Eq + std::hash::Hash>(
    hypothesis: &[T],
    reference: &[T],
    orders: usize,
    numbers: &mut Vec<f64>,
) {
    for n in 1..=orders {
        let (h, r) = (ngrams(hypothesis, n), ngrams(reference, n));
        let total: usize = if r.is_empty() { 0 } else { h.values().sum() };
        numbers.extend([total as f64, r.values().sum::<usize>() as f64, shared(&h, &r) as f64]);
    }
}

fn characters(text: &str) -> Vec<char> {
    text.chars().filter(|c| !is_space(*c)).collect()
}

/// Words with one punctuation mark split off the end, or else off the start, as chrF++ does it: `(hi)` gives
/// `(hi` and `)`.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for word in text.split(is_space).filter(|word| !word.is_empty()) {
        let (last, _) = word.char_indices().next_back().unwrap_or_default();
        let first = word.chars().next().map_or(0, char::len_utf8);
        if last == 0 {
            words.push(word);
        } else if word.ends_with(|c: char| c.is_ascii_punctuation()) {
            words.extend([&word[..last], &word[last..]]);
        } else if word.starts_with(|c: char| c.is_ascii_punctuation()) {
            words.extend([&word[..first], &word[first..]]);
        } else {
            words.push(word);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_one_punctuation_mark_off_a_word() {
        assert_eq!(
            words("(hi) \u{201e}a\" -x . ..."),
            ["(hi", ")", "\u{201e}a", "\"", "-", "x", ".", "..", "."]
        );
    }

    #[test]
    fn equal_texts_score_a_hundred_whatever_their_white_space() {
        assert_eq!(Chrf::default().corpus(&["a b\u{a0}c"], &["abc"]).unwrap().value, 100.0);
        assert_eq!(Chrf::default().corpus(&[""], &["abc"]).unwrap().value, 0.0);
    }

    #[test]
    fn names_follow_the_orders() {
        assert_eq!(Chrf::default().name(), "chrF2");
        assert_eq!(Chrf::plus_plus().name(), "chrF2++");
    }
}
