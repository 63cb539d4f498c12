//! Grounding: which passages support a sentence of a summary, and what in it the source does not have.
//!
//! A sentence is supported by one to three passages when
//! 1. every name, number, month and day of the week in it stands in one of them, and
//! 2. they have at least half of its content words by weight. Words are compared by light stems, function
//!    words left out; a word weighs from 1 (in every passage) to 2 (in one passage only).
//!
//! Passages are taken in the order of what they add; a second or third one must add at least a fifth of the
//! weight, or a name or a number and then share a tenth of the weight besides. When no such set passes, the sentence cites nothing. The test sees words, not
//! meaning: a sentence that ties known words together wrongly, or leaves out a `not`, passes.

use std::collections::HashSet;

use super::Passage;
use super::names::{Known, Name, names};
use super::numbers::figures;
use super::words::{Lexicon, words};
use crate::flag::{Flag, FlagKind};
use crate::lang::Lang;

/// The share of a sentence's weight that its passages must have.
const SUPPORT: f64 = 0.5;
/// The share of its weight that a further passage must add.
const GAIN: f64 = 0.2;
/// The share of its weight that a passage must have besides the names and numbers that it adds. Without it, a
/// wrong number would be found in any passage that happens to have it.
const RELATED: f64 = 0.1;
/// How many passages a sentence may cite.
const MOST_SOURCES: usize = 3;

/// What the source says about one sentence.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grounding {
    /// Ids of the passages that support it, ascending; empty when none do.
    pub sources: Vec<usize>,
    /// [`FlagKind::Unsupported`], [`FlagKind::UnknownName`] and [`FlagKind::UnknownNumber`].
    pub flags: Vec<Flag>,
}

/// Finds the passages that support `sentence`, and the names and numbers that they do not have. Sentence and
/// passages are in `lang`.
pub fn ground(sentence: &str, passages: &[Passage<'_>], lang: &Lang) -> Grounding {
    Source::new(passages, lang).ground(sentence)
}

/// The passages of a document, ready for any number of sentences.
#[derive(Clone, Debug)]
pub(super) struct Source {
    lexicon: Lexicon,
    entries: Vec<Entry>,
    all: Facts,
}

/// One passage.
#[derive(Clone, Debug)]
struct Entry {
    id: usize,
    stems: HashSet<String>,
    facts: Facts,
}

/// The names and numbers that a text has.
#[derive(Clone, Debug, Default)]
struct Facts {
    known: Known,
    figures: HashSet<String>,
}

/// A name or a number that a sentence claims.
struct Claim<'a> {
    fact: Fact<'a>,
    shown: &'a str,
    start: usize,
}

enum Fact<'a> {
    Name(Name<'a>),
    Figure { key: String, is_date: bool },
}

impl Source {
    pub(super) fn new(passages: &[Passage<'_>], lang: &Lang) -> Self {
        let lexicon = Lexicon::new(passages.iter().map(|passage| passage.text), lang);
        let mut all = Facts::default();
        let mut entries = Vec::with_capacity(passages.len());
        for passage in passages {
            let facts = Facts::new(passage.text, lang);
            all.known.extend(&facts.known);
            all.figures.extend(facts.figures.iter().cloned());
            let stems = lexicon.content(passage.text).into_iter().collect();
            entries.push(Entry { id: passage.id, stems, facts });
        }
        Self { lexicon, entries, all }
    }

    pub(super) fn ground(&self, sentence: &str) -> Grounding {
        let claims = self.claims(sentence);
        let sources = self.support(sentence, &claims);
        let mut flags = self.unknown(sentence, &claims);
        if sources.is_empty() {
            flags.insert(0, Flag::new(FlagKind::Unsupported, "no passage says this"));
        }
        Grounding { sources, flags }
    }

    fn claims<'a>(&self, sentence: &'a str) -> Vec<Claim<'a>> {
        let words = words(sentence);
        let mut claims: Vec<Claim<'_>> = figures(sentence, &words)
            .into_iter()
            .map(|figure| Claim {
                shown: figure.shown,
                start: figure.start,
                fact: Fact::Figure { key: figure.key, is_date: figure.is_date },
            })
            .collect();
        let inside_figure = |start: usize| claims.iter().any(|c| (c.start..c.end()).contains(&start));
        let names: Vec<Name<'_>> = names(sentence, &words, &self.all.known, self.lexicon.lang())
            .into_iter()
            .filter(|name| !inside_figure(name.start))
            .collect();
        claims.extend(names.into_iter().map(|name| Claim {
            shown: name.shown,
            start: name.start,
            fact: Fact::Name(name),
        }));
        claims.sort_by_key(|claim| claim.start);
        claims
    }

    /// The passages that support a sentence, ascending by id; none when the test fails.
    fn support(&self, sentence: &str, claims: &[Claim<'_>]) -> Vec<usize> {
        let lang = self.lexicon.lang();
        let weights = self.weights(sentence);
        let total = weigh(&weights);
        let mut missing = Missing { weights: weights.clone(), claims: claims.iter().collect() };
        let mut chosen: Vec<usize> = Vec::new();
        while chosen.len() < MOST_SOURCES {
            let mut best: Option<(&Entry, f64)> = None;
            for entry in &self.entries {
                let added = missing.weight_in(entry);
                let claims = missing.claims_in(entry, lang);
                let adds_enough = added >= GAIN * total
                    || !claims.is_empty() && self.related(&weights, entry, &claims) >= RELATED * total;
                // A name or a number counts as much as a rare word.
                let value = added + 2.0 * claims.len() as f64;
                if (chosen.is_empty() || adds_enough) && value > best.map_or(0.0, |(_, best)| best + 1e-9) {
                    best = Some((entry, value));
                }
            }
            let Some((entry, _)) = best else { break };
            missing.remove(entry, lang);
            chosen.push(entry.id);
        }
        if !missing.claims.is_empty() || weigh(&missing.weights) > (1.0 - SUPPORT) * total {
            return Vec::new();
        }
        chosen.sort_unstable();
        chosen.dedup();
        chosen
    }

    /// The content words of a sentence with their weights, each once.
    fn weights(&self, sentence: &str) -> Vec<(String, f64)> {
        let mut stems = self.lexicon.content(sentence);
        stems.sort();
        stems.dedup();
        let weighted = |stem: String| {
            let weight = self.lexicon.weight(&stem);
            (stem, weight)
        };
        stems.into_iter().map(weighted).collect()
    }

    /// The weight that a passage shares with a sentence, the words of `claims` left out.
    fn related(&self, weights: &[(String, f64)], entry: &Entry, claims: &[&Claim<'_>]) -> f64 {
        let claimed: Vec<String> =
            claims.iter().flat_map(|claim| self.lexicon.content(claim.shown)).collect();
        let shared = weights.iter().filter(|(stem, _)| entry.stems.contains(stem) && !claimed.contains(stem));
        shared.map(|(_, weight)| weight).sum()
    }

    /// Flags for what the source does not have. Neighbouring words of a name share a flag.
    fn unknown(&self, sentence: &str, claims: &[Claim<'_>]) -> Vec<Flag> {
        let mut flags: Vec<Flag> = Vec::new();
        let mut last_end = None;
        for claim in claims.iter().filter(|claim| !self.all.has(claim, self.lexicon.lang())) {
            let kind = claim.flag_kind();
            let touches = last_end.and_then(|end| sentence.get(end..claim.start));
            match (flags.last_mut(), touches) {
                (Some(flag), Some(gap @ (" " | "-")))
                    if flag.kind == kind && kind == FlagKind::UnknownName =>
                {
                    flag.detail.push_str(gap);
                    flag.detail.push_str(claim.shown);
                }
                _ => flags.push(Flag::new(kind, claim.shown)),
            }
            last_end = Some(claim.end());
        }
        flags
    }
}

impl Facts {
    fn new(text: &str, lang: &Lang) -> Self {
        let words = words(text);
        let figures = figures(text, &words).into_iter().map(|figure| figure.key).collect();
        Self { known: Known::new(text, &words, lang), figures }
    }

    fn has(&self, claim: &Claim<'_>, lang: &Lang) -> bool {
        match &claim.fact {
            Fact::Name(name) => self.known.has(name, lang),
            Fact::Figure { key, .. } => self.figures.contains(key),
        }
    }
}

impl Claim<'_> {
    fn end(&self) -> usize {
        self.start + self.shown.len()
    }

    fn flag_kind(&self) -> FlagKind {
        match self.fact {
            Fact::Figure { is_date: false, .. } => FlagKind::UnknownNumber,
            Fact::Name(_) | Fact::Figure { is_date: true, .. } => FlagKind::UnknownName,
        }
    }
}

/// What of a sentence no chosen passage has yet.
struct Missing<'c, 's> {
    weights: Vec<(String, f64)>,
    claims: Vec<&'c Claim<'s>>,
}

impl<'c, 's> Missing<'c, 's> {
    fn weight_in(&self, entry: &Entry) -> f64 {
        self.weights.iter().filter(|(stem, _)| entry.stems.contains(stem)).map(|(_, weight)| weight).sum()
    }

    fn claims_in(&self, entry: &Entry, lang: &Lang) -> Vec<&'c Claim<'s>> {
        self.claims.iter().copied().filter(|claim| entry.facts.has(claim, lang)).collect()
    }

    fn remove(&mut self, entry: &Entry, lang: &Lang) {
        self.weights.retain(|(stem, _)| !entry.stems.contains(stem));
        self.claims.retain(|claim| !entry.facts.has(claim, lang));
    }
}

fn weigh(weights: &[(String, f64)]) -> f64 {
    weights.iter().map(|(_, weight)| weight).sum()
}
