//! Extractive summaries: sentences of the text, ranked and set in document order.
//!
//! A sentence ranks by its likeness to the whole text (cosine of weighted word counts), more when it stands
//! early and less when it is very short or very long or refers to the one before. Sentences are taken one after the other by maximal
//! marginal relevance (Carbonell and Goldstein 1998), so that one that repeats another is passed over.

use std::collections::HashMap;

use super::words::{Lexicon, count_words, fold, words};
use super::{Method, Passage, Summary, SummaryOptions, SummarySentence};
use crate::flag::{Flag, FlagKind};
use crate::plan::Length;

/// How much rank counts against novelty.
const RELEVANCE: f64 = 0.5;
/// How much more the first sentence ranks than one far down.
const LEAD: f64 = 0.6;
/// What is left of the rank of a sentence that does not stand well by itself.
const UNFIT: f64 = 0.6;
/// Sentences with fewer or more words do not.
const USUAL_WORDS: std::ops::RangeInclusive<usize> = 6..=45;
/// A sentence may be a headline up to this many words.
const HEADLINE_WORDS: usize = 14;

/// Picks the sentences that carry the document, in document order. Needs no model. Each sentence cites its own
/// passage.
///
/// Sentences and bullets are as many as asked for, or all that the text has; words are never more than asked
/// for, unless every sentence alone is longer: then the shortest stands there, flagged
/// [`FlagKind::SummaryLength`]. A headline is the title, or the best short sentence. Headings are picked only when
/// there is nothing else.
pub fn extract(passages: &[Passage<'_>], options: &SummaryOptions) -> Summary {
    let candidates = candidates(passages);
    let ranking = Ranking::new(&candidates, options);
    let mut flags = Vec::new();
    let mut chosen = match options.length {
        Length::Headline => {
            if let Some(title) = title(passages) {
                return summary(vec![sentence(title, Vec::new())], options);
            }
            ranking.best_short().into_iter().collect()
        }
        length => ranking.pick(Vec::new(), |chosen, index| ranking.has_room(chosen, index, length)),
    };
    if let (Length::Words(limit), true, Some(shortest)) =
        (options.length, chosen.is_empty(), ranking.shortest())
    {
        flags.push(too_long(ranking.words[shortest], limit));
        chosen.push(shortest);
    }
    chosen.sort_unstable();
    let sentences = chosen.into_iter().map(|i| sentence(candidates[i], flags.clone())).collect();
    summary(sentences, options)
}

pub(super) fn too_long(words: usize, limit: usize) -> Flag {
    Flag::new(FlagKind::SummaryLength, format!("{words} words, {limit} asked for"))
}

fn summary(sentences: Vec<SummarySentence>, options: &SummaryOptions) -> Summary {
    let bulleted = matches!(options.length, Length::Bullets(_));
    Summary { lang: options.lang.clone(), method: Method::Extractive, sentences, bulleted }
}

fn sentence(passage: &Passage<'_>, flags: Vec<Flag>) -> SummarySentence {
    let text = passage.text.split_whitespace().collect::<Vec<_>>().join(" ");
    SummarySentence { text, sources: vec![passage.id], flags }
}

/// The sentences that may be picked: all but headings, or everything when there are only headings.
fn candidates<'a, 'p>(passages: &'a [Passage<'p>]) -> Vec<&'a Passage<'p>> {
    let with_words = || passages.iter().filter(|passage| !words(passage.text).is_empty());
    let sentences: Vec<_> = with_words().filter(|passage| !is_heading(passage.text)).collect();
    if sentences.is_empty() { with_words().collect() } else { sentences }
}

/// Whether a text lacks the punctuation that ends a sentence, or leads on to what follows (`She added:`).
pub(super) fn is_heading(text: &str) -> bool {
    const CLOSERS: &[char] =
        &['"', '\'', '\u{201c}', '\u{201d}', '\u{2019}', '\u{2018}', '\u{ab}', '\u{bb}', ')', ']'];
    const ENDS: &[char] = &['.', '!', '?', '\u{2026}', '\u{3002}', '\u{ff01}', '\u{ff1f}'];
    !text.trim_end().trim_end_matches(CLOSERS).trim_end().ends_with(ENDS)
}

/// Whether a text opens with a word that refers to what stands before it.
fn is_dangling(text: &str) -> bool {
    const OPENINGS: [&str; 40] = [
        "he",
        "she",
        "it",
        "they",
        "this",
        "that",
        "these",
        "those",
        "his",
        "her",
        "their",
        "its",
        "one",
        "but",
        "and",
        "however",
        "also",
        "additionally",
        "moreover",
        "therefore",
        "er",
        "sie",
        "es",
        "dies",
        "diese",
        "dieser",
        "dieses",
        "das",
        "sein",
        "seine",
        "ihr",
        "ihre",
        "man",
        "aber",
        "und",
        "doch",
        "auch",
        "ausserdem",
        "zudem",
        "daher",
    ];
    words(text).first().is_some_and(|word| OPENINGS.contains(&fold(word.text).as_str()))
}

/// The longest heading before the first sentence, when it has at least three words.
pub(super) fn title<'a, 'p>(passages: &'a [Passage<'p>]) -> Option<&'a Passage<'p>> {
    let headings = passages.iter().take_while(|passage| is_heading(passage.text));
    let longest = headings.max_by_key(|passage| words(passage.text).len())?;
    let is_title = words(longest.text).len() >= 3 && passages.len() > 1;
    is_title.then_some(longest)
}

/// Weighted word counts of a sentence, of length 1 unless it has no content words.
type Vector = HashMap<String, f64>;

/// The sentences of a text by how much they tell of it.
pub(super) struct Ranking {
    vectors: Vec<Vector>,
    ranks: Vec<f64>,
    /// How many words each candidate has.
    words: Vec<usize>,
}

impl Ranking {
    pub(super) fn new(candidates: &[&Passage<'_>], options: &SummaryOptions) -> Self {
        let lexicon = Lexicon::new(candidates.iter().map(|passage| passage.text), &options.lang);
        let vectors: Vec<Vector> =
            candidates.iter().map(|passage| normalized(counts(&lexicon, passage.text))).collect();
        let mut centre = Vector::new();
        for vector in &vectors {
            for (stem, value) in vector {
                *centre.entry(stem.clone()).or_insert(0.0) += value;
            }
        }
        let centre = normalized(centre);
        let words: Vec<usize> = candidates.iter().map(|passage| count_words(passage.text)).collect();
        let rank = |(position, passage): (usize, &&Passage<'_>)| {
            let lead = 1.0 + LEAD / (1.0 + position as f64);
            let length = if USUAL_WORDS.contains(&words[position]) { 1.0 } else { UNFIT };
            let dangling = if position > 0 && is_dangling(passage.text) { UNFIT } else { 1.0 };
            likeness(&vectors[position], &centre) * lead * length * dangling
        };
        let ranks = candidates.iter().enumerate().map(rank).collect();
        Self { vectors, ranks, words }
    }

    /// Takes the best candidate that `fits` beside those in `chosen`, again and again.
    pub(super) fn pick(&self, mut chosen: Vec<usize>, fits: impl Fn(&[usize], usize) -> bool) -> Vec<usize> {
        let nearest = |index: usize| {
            chosen
                .iter()
                .map(|&other| likeness(&self.vectors[index], &self.vectors[other]))
                .fold(0.0, f64::max)
        };
        let mut closest: Vec<f64> = (0..self.ranks.len()).map(nearest).collect();
        let mut left: Vec<usize> = (0..self.ranks.len()).filter(|index| !chosen.contains(index)).collect();
        loop {
            left.retain(|&index| fits(&chosen, index));
            let value = |index: usize| RELEVANCE * self.ranks[index] - (1.0 - RELEVANCE) * closest[index];
            let Some(best) = left.iter().copied().reduce(|a, b| if value(b) > value(a) { b } else { a })
            else {
                return chosen;
            };
            chosen.push(best);
            left.retain(|&index| index != best);
            for &index in &left {
                closest[index] = closest[index].max(likeness(&self.vectors[index], &self.vectors[best]));
            }
        }
    }

    /// Whether a summary of this length has room for a candidate beside those in `chosen`.
    pub(super) fn has_room(&self, chosen: &[usize], index: usize, length: Length) -> bool {
        match length {
            Length::Sentences(n) | Length::Bullets(n) => chosen.len() < n,
            Length::Words(limit) => {
                chosen.iter().map(|&i| self.words[i]).sum::<usize>() + self.words[index] <= limit
            }
            Length::Headline => chosen.is_empty(),
        }
    }

    pub(super) fn shortest(&self) -> Option<usize> {
        (0..self.words.len()).min_by_key(|&index| self.words[index])
    }

    /// The best of the sentences that are short enough for a headline, or else the shortest.
    fn best_short(&self) -> Option<usize> {
        let short = (0..self.words.len()).filter(|&index| self.words[index] <= HEADLINE_WORDS);
        short.reduce(|a, b| if self.ranks[b] > self.ranks[a] { b } else { a }).or_else(|| self.shortest())
    }
}

fn counts(lexicon: &Lexicon, text: &str) -> Vector {
    let mut counts = Vector::new();
    for stem in lexicon.content(text) {
        let weight = lexicon.weight(&stem);
        *counts.entry(stem).or_insert(0.0) += weight;
    }
    counts
}

fn normalized(mut vector: Vector) -> Vector {
    let length = sum(vector.values().map(|value| value * value)).sqrt();
    if length > 0.0 {
        vector.values_mut().for_each(|value| *value /= length);
    }
    vector
}

/// The cosine of two vectors of length 1.
fn likeness(a: &Vector, b: &Vector) -> f64 {
    sum(a.iter().filter_map(|(stem, value)| Some(value * b.get(stem)?)))
}

/// A sum that does not depend on the order of the map it comes from.
fn sum(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_lack_final_punctuation() {
        assert!(is_heading("Ferry late again"));
        assert!(is_heading("She added:"));
        for text in ["It was late.", "\u{201c}Why?\u{201d}", "(It was late.)"] {
            assert!(!is_heading(text), "{text}");
        }
    }
}
