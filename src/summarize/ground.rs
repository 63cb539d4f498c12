//! Grounding: which passages support a sentence of a summary, and what in it the source does not have.
//!
//! A sentence is supported by one to three passages when
//! 1. every name, number, month and day of the week in it stands in one of them;
//! 2. the first of them has a third of its content words by weight, and together they have half, or a little
//!    more (0.55) when they are several;
//! 3. each further one adds three tenths, or a name or figure that it is tied to: it has a tenth besides, in other
//!    words than the names that it adds, and in no names at all where it adds a figure;
//! 4. no further one adds a number, month or day where the first has another, which the sentence lacks;
//! 5. each clause of three content words or more has two fifths of them, by weight, in these passages or beside them.
//!
//! A heading supports a sentence by itself or not at all: what it says in short is not made true by what follows.
//!
//! The third and the fourth keep a wrong figure from being found in any passage that happens to have it, the last an
//! invention from being carried by a true sentence that it is appended to.
//!
//! Words are compared by light stems, function words and figures left out; a word weighs from 1 (in every
//! passage) to 2 (in one passage only). Passages are taken in the order of what they add. When no such set
//! passes, the sentence cites nothing. The test sees words, not meaning: a sentence that ties words of one passage
//! together wrongly, or leaves out a `not`, passes.

use std::collections::HashSet;

use super::Passage;
use super::clauses::clauses;
use super::extract::is_heading;
use super::names::{Known, Name, names};
use super::numbers::figures;
use super::words::{Lexicon, words};
use crate::flag::{Flag, FlagKind};
use crate::lang::Lang;

/// The share of a sentence's weight that its first passage must have.
const FIRST: f64 = 1.0 / 3.0;
/// The share that one passage must have, and the share that several must have together.
const SUPPORT: [f64; 2] = [0.5, 0.55];
/// The share that a further passage must add.
const GAIN: f64 = 0.3;
/// The share that a further passage must have besides what it adds.
const RELATED: f64 = 0.1;
/// The share that the passages and those beside them must have of a clause with as many content words.
const CLAUSE: f64 = 0.4;
const CLAUSE_WORDS: usize = 3;
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
    heading: bool,
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
            entries.push(Entry { id: passage.id, heading: is_heading(passage.text), stems, facts });
        }
        Self { lexicon, entries, all }
    }

    pub(super) fn ground(&self, sentence: &str) -> Grounding {
        let claims = self.claims(sentence);
        let chosen = self.support(sentence, &claims);
        let mut flags = self.unknown(sentence, &claims);
        let doubt = if chosen.is_empty() {
            Some("no passage says this".to_owned())
        } else {
            self.unheard(sentence, &claims, &chosen).map(|clause| format!("no passage says `{clause}`"))
        };
        let mut sources: Vec<usize> = chosen.iter().map(|&index| self.entries[index].id).collect();
        if let Some(detail) = doubt {
            sources.clear();
            flags.insert(0, Flag::new(FlagKind::Unsupported, detail));
        }
        sources.sort_unstable();
        sources.dedup();
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

    /// The passages that support a sentence, as indices; none when the test of the whole sentence fails.
    fn support(&self, sentence: &str, claims: &[Claim<'_>]) -> Vec<usize> {
        let whole = self.missing(sentence, claims);
        let chosen = self.gather(&whole);
        let share = |index: usize| whole.shared(&self.entries[index], &[], &self.lexicon);
        match (self.heading(&whole), chosen.as_slice()) {
            (Some(heading), &[passage]) if share(heading) < share(passage) => chosen,
            (Some(heading), _) => vec![heading],
            (None, _) => chosen,
        }
    }

    /// The heading that has the most of a sentence, if one carries it alone.
    fn heading(&self, whole: &Missing<'_, '_>) -> Option<usize> {
        let mut best: Option<(usize, f64)> = None;
        for (index, entry) in self.entries.iter().enumerate().filter(|(_, entry)| entry.heading) {
            let share = whole.shared(entry, &[], &self.lexicon);
            let carries = share >= SUPPORT[0] * whole.weight()
                && whole.claims_in(entry, self.lexicon.lang()).len() == whole.claims.len();
            if carries && best.is_none_or(|(_, most)| share > most) {
                best = Some((index, share));
            }
        }
        best.map(|(index, _)| index)
    }

    /// The passages, headings left out, that support a sentence together.
    fn gather(&self, whole: &Missing<'_, '_>) -> Vec<usize> {
        let mut missing = whole.clone();
        let total = whole.weight();
        let mut chosen: Vec<usize> = Vec::new();
        while chosen.len() < MOST_SOURCES {
            let first = chosen.first().and_then(|&index| self.entries.get(index));
            let mut best: Option<(usize, Added<'_, '_, '_>, f64)> = None;
            for (index, entry) in self.entries.iter().enumerate().filter(|(_, entry)| !entry.heading) {
                let Some(added) = self.added(entry, &missing, whole, first) else { continue };
                // A name or a number counts as much as a rare word.
                let value = added.weight + 2.0 * added.claims.len() as f64;
                if value > best.as_ref().map_or(0.0, |(_, _, best)| best + 1e-9) {
                    best = Some((index, added, value));
                }
            }
            let Some((index, added, _)) = best else { break };
            chosen.push(index);
            missing.remove(&added);
        }
        let least = SUPPORT[usize::from(chosen.len() > 1)];
        if !missing.claims.is_empty() || missing.weight() > (1.0 - least) * total {
            return Vec::new();
        }
        chosen
    }

    /// The first clause that neither the chosen passages nor those beside them tell of.
    fn unheard<'s>(&self, sentence: &'s str, claims: &[Claim<'s>], chosen: &[usize]) -> Option<&'s str> {
        let beside = |index: usize| chosen.iter().any(|other| index.abs_diff(*other) <= 1);
        let near: Vec<&Entry> =
            self.entries.iter().enumerate().filter(|(index, _)| beside(*index)).map(|(_, e)| e).collect();
        let is_unheard = |clause: &&str| {
            let mut missing = self.missing(clause, claims);
            let (words, total) = (missing.words.len(), missing.weight());
            missing.words.retain(|(_, stem)| !near.iter().any(|entry| entry.stems.contains(stem)));
            words >= CLAUSE_WORDS && missing.weight() > (1.0 - CLAUSE) * total
        };
        clauses(sentence).into_iter().find(is_unheard)
    }

    /// What a sentence wants supported: its claims, and its content words with their weights, each once. Dates
    /// are claims and no words.
    fn missing<'c, 's>(&self, sentence: &str, claims: &'c [Claim<'s>]) -> Missing<'c, 's> {
        let dates = claims.iter().filter(|claim| claim.is_figure()).map(|claim| claim.shown);
        let dates: HashSet<String> = dates.flat_map(|shown| self.lexicon.content(shown)).collect();
        let mut stems = self.lexicon.content(sentence);
        stems.retain(|stem| !dates.contains(stem));
        stems.sort();
        stems.dedup();
        let weigh = |stem: String| (self.lexicon.weight(&stem), stem);
        Missing { words: stems.into_iter().map(weigh).collect(), claims: claims.iter().collect() }
    }

    /// What a passage adds to `first` and others that were chosen before it; none when it may not be chosen.
    fn added<'e, 'c, 's>(
        &'e self,
        entry: &'e Entry,
        missing: &Missing<'c, 's>,
        whole: &Missing<'c, 's>,
        first: Option<&Entry>,
    ) -> Option<Added<'e, 'c, 's>> {
        let total = whole.weight();
        let weight = missing.shared(entry, &[], &self.lexicon);
        let mut claims = missing.claims_in(entry, self.lexicon.lang());
        let Some(first) = first else {
            return (weight >= FIRST * total).then_some(Added { entry, weight, claims });
        };
        let named = whole.shared(entry, &claims, &self.lexicon) >= RELATED * total;
        let unnamed = whole.shared(entry, &whole.claims, &self.lexicon) >= RELATED * total;
        claims.retain(|claim| match &claim.fact {
            Fact::Name(_) => named,
            Fact::Figure { key, .. } => unnamed && !whole.contradicts(first, key),
        });
        (weight >= GAIN * total || !claims.is_empty()).then_some(Added { entry, weight, claims })
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

    fn is_figure(&self) -> bool {
        matches!(self.fact, Fact::Figure { .. })
    }

    fn flag_kind(&self) -> FlagKind {
        match self.fact {
            Fact::Figure { is_date: false, .. } => FlagKind::UnknownNumber,
            Fact::Name(_) | Fact::Figure { is_date: true, .. } => FlagKind::UnknownName,
        }
    }
}

/// What of a sentence no chosen passage has yet.
#[derive(Clone)]
struct Missing<'c, 's> {
    /// Stems and their weights.
    words: Vec<(f64, String)>,
    claims: Vec<&'c Claim<'s>>,
}

/// What a passage adds.
struct Added<'e, 'c, 's> {
    entry: &'e Entry,
    weight: f64,
    claims: Vec<&'c Claim<'s>>,
}

impl<'c, 's> Missing<'c, 's> {
    fn weight(&self) -> f64 {
        self.words.iter().map(|(weight, _)| weight).sum()
    }

    /// The weight of the words that a passage has, those of `claims` left out.
    fn shared(&self, entry: &Entry, claims: &[&Claim<'_>], lexicon: &Lexicon) -> f64 {
        let claimed: Vec<String> = claims.iter().flat_map(|claim| lexicon.content(claim.shown)).collect();
        let shared =
            self.words.iter().filter(|(_, stem)| entry.stems.contains(stem) && !claimed.contains(stem));
        shared.map(|(weight, _)| weight).sum()
    }

    fn claims_in(&self, entry: &Entry, lang: &Lang) -> Vec<&'c Claim<'s>> {
        self.claims.iter().copied().filter(|claim| entry.facts.has(claim, lang)).collect()
    }

    /// Whether a passage has another figure of the same kind, which the sentence lacks.
    fn contradicts(&self, entry: &Entry, key: &str) -> bool {
        let kind = |key: &str| key.split_once(' ').map(|(kind, _)| kind.to_owned());
        let claimed = |other: &String| {
            self.claims.iter().any(|claim| matches!(&claim.fact, Fact::Figure { key, .. } if key == other))
        };
        entry.facts.figures.iter().any(|other| kind(other) == kind(key) && !claimed(other))
    }

    fn remove(&mut self, added: &Added<'_, '_, '_>) {
        self.words.retain(|(_, stem)| !added.entry.stems.contains(stem));
        self.claims.retain(|claim| !added.claims.iter().any(|other| std::ptr::eq(*claim, *other)));
    }
}
