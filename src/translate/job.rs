//! One text on its way to a translation: how it is asked for, attempt by attempt, and which answer is kept.

use std::borrow::Cow;
use std::sync::Arc;

use super::choose::{ENOUGH_SOUND, Quality, Way};
use super::guards::{Exchange, Guards};
use super::pieces::normalised;
use super::pool::{Candidate, Pool};
use super::rephrase::rephrased;
use super::{numerals, pieces, quotation, verbatim};
use crate::dictionary::{Dictionary, EnglishWords, GAP, Known};
use crate::engine::{Finish, Hypothesis};
use crate::flag::{Flag, FlagKind};
use crate::glossary::{Term, Terms};
use crate::lang::LangPair;
use crate::plan::{Decoding, Formality, Request, Task, Wording};

/// How often a text is asked for at most.
const ATTEMPTS: usize = 3;

/// Of so many words of a text a model is told at most what they mean.
const MOST_HINTS: usize = 6;

/// A text to translate, with the answers so far.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) text: String,
    /// Whether white space stood before the text in its segment.
    pub(super) spaced: bool,
    pub(super) tokens: usize,
    pub(super) seed: u64,
    pub(super) units: Vec<usize>,
    pub(super) attempts: usize,
    /// The parts that the present attempt asks for: the whole text, or its clauses.
    pub(super) pieces: Vec<pieces::Piece>,
    pub(super) answers: Vec<Option<Hypothesis>>,
    /// Candidates of an attempt until all of them are there.
    pub(super) drafts: Vec<Candidate>,
    /// Which candidates of the first attempt were asked for last.
    pub(super) stage: Stage,
    /// What words of the text can mean, as far as a dictionary knows them.
    pub(super) known: Vec<Known>,
    /// Those of them that the drafts pass over, as a model is told them.
    pub(super) hints: Vec<Term>,
    /// Candidates between which rounds choose.
    pub(super) pool: Option<Pool>,
    /// Candidates of the first attempt that were not chosen, the best first.
    pub(super) others: Vec<Candidate>,
    pub(super) best: Option<Candidate>,
    pub(super) settled: bool,
}

/// The candidates of a first attempt, in the order in which they are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Those that every text has.
    First,
    /// Draws, told what words mean that the first ones pass over.
    Told,
    /// Further ones, for want of candidates without a fault.
    Drawn,
    /// No others.
    Complete,
}

/// What a translation is asked to keep to.
#[derive(Clone, Debug, Default)]
pub(super) struct Wishes {
    pub(super) glossary: Option<Terms>,
    pub(super) formality: Option<Formality>,
    pub(super) dictionary: Option<Arc<Dictionary>>,
}

/// What all texts share.
pub(super) struct Asking<'a> {
    pub(super) quality: Quality,
    pub(super) pair: &'a LangPair,
    pub(super) wishes: &'a Wishes,
    pub(super) budget: usize,
}

impl Job {
    pub(super) fn new(piece: pieces::Piece, tokens: usize, seed: u64) -> Self {
        Self {
            text: piece.text,
            spaced: piece.spaced,
            tokens,
            seed,
            units: Vec::new(),
            attempts: 0,
            pieces: Vec::new(),
            answers: Vec::new(),
            drafts: Vec::new(),
            stage: Stage::First,
            known: Vec::new(),
            hints: Vec::new(),
            pool: None,
            others: Vec::new(),
            best: None,
            settled: false,
        }
    }

    /// Begins another attempt: a request for each piece, or for each candidate of the whole, with its number.
    pub(super) fn next_attempt(&mut self, asking: &Asking<'_>) -> Vec<(usize, Request)> {
        // What was a candidate already is not asked for again.
        if self.attempts == 1 && asking.quality.asks(Wording::Strict) && !self.lacks_terms_only() {
            self.attempts += 1;
        }
        let (parts, ways) = match self.attempts {
            0 => self.whole(asking.quality.ways(self.seed, asking.wishes.dictionary.is_some())),
            // The terms alone make it another question.
            1 if self.lacks_terms_only() => self.whole(vec![(Wording::Plain, Decoding::Greedy)]),
            1 => self.whole(vec![(Wording::Strict, Decoding::Greedy)]),
            _ if self.lacks_terms_only() => self.whole(vec![(Wording::Strict, Decoding::Greedy)]),
            _ => match self.apart().or_else(|| pieces::split_clauses(&self.text)) {
                Some(parts) => {
                    let ways = vec![(Wording::Plain, Decoding::Greedy); parts.len()];
                    (parts, ways)
                }
                None => {
                    let decoding = Decoding::Sample { temperature: 0.3, top_p: 0.95, seed: self.seed };
                    self.whole(vec![(Wording::Plain, decoding)])
                }
            },
        };
        self.attempts += 1;
        self.ask(parts, ways, asking)
    }

    /// Goes on with the first attempt: a request for each further candidate.
    pub(super) fn next_stage(&mut self, asking: &Asking<'_>) -> Vec<(usize, Request)> {
        let has_hints = !self.hints.is_empty();
        let ways = match self.stage {
            Stage::Told => asking.quality.told_ways(self.seed, has_hints),
            _ => asking.quality.further_ways(self.seed, has_hints),
        };
        let (parts, ways) = self.whole(ways);
        self.ask(parts, ways, asking)
    }

    /// The requests for parts of the text, with the number of each.
    fn ask(
        &mut self,
        parts: Vec<pieces::Piece>,
        ways: Vec<Way>,
        asking: &Asking<'_>,
    ) -> Vec<(usize, Request)> {
        self.answers = parts.iter().map(|part| part.copy.then(|| hypothesis(&part.text))).collect();
        self.pieces = parts;
        // A translation that keeps to the glossary by itself is left as it is, so the first attempt is not told.
        let glossary = asking.wishes.glossary.as_ref().filter(|_| self.attempts > 1);
        let is_first = self.attempts == 1 && self.stage == Stage::First;
        // `fast` asks for the text as it is, and only then in plainer words.
        let rephrases = asking.wishes.dictionary.is_some() && !(is_first && asking.quality == Quality::Fast);
        let request = |(piece, (wording, decoding)): (&pieces::Piece, Way)| {
            let text = match rephrases {
                true => rephrased(&piece.text),
                false => Cow::Borrowed(piece.text.as_str()),
            };
            let terms = terms_to_ask(glossary, &self.hints, &text, asking.budget);
            let task = Task::Translate {
                pair: asking.pair.clone(),
                text: text.into_owned(),
                terms,
                formality: asking.wishes.formality,
                wording,
            };
            Request { task, decoding, max_tokens: max_tokens(self.tokens_of(piece), asking.budget) }
        };
        let wanted = self.pieces.iter().zip(ways).enumerate().filter(|(_, (piece, _))| !piece.copy);
        wanted.map(|(number, asked)| (number, request(asked))).collect()
    }

    /// The whole text for each of these ways of asking for it.
    fn whole(&self, ways: Vec<Way>) -> (Vec<pieces::Piece>, Vec<Way>) {
        (vec![pieces::Piece::new(&self.text, false); ways.len()], ways)
    }

    /// Whether the best answer so far has no fault but that it does not keep to the glossary.
    fn lacks_terms_only(&self) -> bool {
        let flags = self.best.as_ref().map(|best| best.flags.as_slice()).unwrap_or_default();
        !flags.is_empty() && flags.iter().all(|flag| flag.kind == FlagKind::Glossary)
    }

    /// The text in pieces, where the best answer so far lacks something between them.
    fn apart(&self) -> Option<Vec<pieces::Piece>> {
        let flags = &self.best.as_ref()?.flags;
        let is_changed = flags.iter().any(|flag| flag.kind == FlagKind::DoNotTranslate);
        is_changed.then(|| verbatim::apart(&self.text)).flatten()
    }

    /// What is asked about the candidates.
    pub(super) fn weighings(&mut self, asking: &Asking<'_>) -> Vec<(usize, Request)> {
        let requests = self.pool.as_ref().map(|pool| pool.requests(asking)).unwrap_or_default();
        self.answers = vec![None; requests.len()];
        requests.into_iter().enumerate().collect()
    }

    /// Judges the present attempt, or candidates that were asked about, once all of it is answered.
    pub(super) fn judge(&mut self, asking: &Asking<'_>) {
        let Some(answers) = self.answers.iter().cloned().collect::<Option<Vec<Hypothesis>>>() else {
            return;
        };
        let pool = match self.pool.take() {
            Some(mut pool) => {
                pool.accept(&answers, asking);
                pool
            }
            None => {
                self.drafts.extend(self.candidates(&answers, asking));
                if self.advance(asking) {
                    return;
                }
                let candidates = std::mem::take(&mut self.drafts);
                Pool::new(&self.text, self.tokens, self.known.clone(), candidates, asking)
            }
        };
        match pool.is_decided() {
            true => self.choose(pool),
            false => self.pool = Some(pool),
        }
    }

    /// Moves the first attempt on, and says whether it asks for further candidates.
    fn advance(&mut self, asking: &Asking<'_>) -> bool {
        if self.attempts > 1 || asking.quality == Quality::Fast {
            return false;
        }
        let looks_up = self.stage == Stage::First && self.looks_up(asking);
        self.stage = match self.stage {
            Stage::First if looks_up => Stage::Told,
            Stage::First | Stage::Told if self.has_few_sound() => Stage::Drawn,
            _ => Stage::Complete,
        };
        match self.stage {
            // The plain question is the first; the answer after examples is the better one.
            Stage::Told => self.hints = self.passed_over_by(self.drafts.get(1..2).unwrap_or(&self.drafts)),
            // What most say now they may say because they were told.
            Stage::Drawn => {
                let told = std::mem::take(&mut self.hints);
                self.hints = self.passed_over_by(&self.drafts);
                let others = told.into_iter().filter(|hint| !self.hints.contains(hint));
                let others: Vec<Term> = others.take(MOST_HINTS - self.hints.len()).collect();
                self.hints.extend(others);
            }
            Stage::First | Stage::Complete => {}
        }
        self.stage != Stage::Complete
    }

    /// Whether hardly a candidate is without a fault. Terms of a glossary are told later.
    fn has_few_sound(&self) -> bool {
        let is_sound = |draft: &&Candidate| draft.flags.iter().all(|flag| flag.kind == FlagKind::Glossary);
        self.drafts.iter().filter(is_sound).count() < ENOUGH_SOUND
    }

    /// Looks up what words can mean, and says whether there is a dictionary. What a glossary says of a word stands.
    fn looks_up(&mut self, asking: &Asking<'_>) -> bool {
        let Some(dictionary) = &asking.wishes.dictionary else { return false };
        self.known = dictionary.known_in(&self.text);
        if let Some(glossary) = &asking.wishes.glossary {
            self.known.retain(|known| glossary.found_in(known.word()).is_empty());
        }
        true
    }

    /// What words mean that most of these drafts pass over.
    fn passed_over_by(&self, drafts: &[Candidate]) -> Vec<Term> {
        let drafts: Vec<EnglishWords> = drafts.iter().map(|draft| EnglishWords::of(&draft.text)).collect();
        let is_missing = |word: &&Known| {
            let told = drafts.iter().filter(|draft| word.is_told_in(draft)).count();
            2 * told < drafts.len()
        };
        self.known
            .iter()
            .filter(|word| word.is_hint())
            .filter(is_missing)
            .take(MOST_HINTS)
            .map(Known::term)
            .collect()
    }

    /// The first attempt asks for the whole text again and again, the others for its parts.
    fn candidates(&self, answers: &[Hypothesis], asking: &Asking<'_>) -> Vec<Candidate> {
        match self.attempts {
            1 => answers.chunks(1).map(|answer| self.candidate(answer, asking)).collect(),
            _ => vec![self.candidate(answers, asking)],
        }
    }

    /// Takes the best of the pool, and keeps the others in mind that a model wrote.
    fn choose(&mut self, pool: Pool) {
        let mut ranked = pool.into_ranked().into_iter();
        let chosen = ranked.next();
        if self.attempts == 1 {
            self.others = ranked.filter(|candidate| !candidate.is_recombined).collect();
        }
        self.take(chosen);
    }

    /// Takes what an attempt came to. It settles the matter if it has no fault or was the last.
    fn take(&mut self, candidate: Option<Candidate>) {
        let Some(candidate) = candidate else { return };
        self.settled = candidate.flags.is_empty() || self.attempts >= ATTEMPTS;
        if self.best.as_ref().is_none_or(|best| candidate.is_better_than(best)) {
            self.best = Some(candidate);
        }
    }

    /// The candidate that is made of an answer for each piece, in order.
    fn candidate(&self, answers: &[Hypothesis], asking: &Asking<'_>) -> Candidate {
        let texts: Vec<String> = answers.iter().map(|answer| normalised(&answer.text)).collect();
        // A part without a translation makes the whole worthless.
        let text = match texts.iter().any(String::is_empty) {
            true => String::new(),
            false => {
                let parts = self.pieces.iter().zip(&texts).map(|(piece, text)| (piece.spaced, text.as_str()));
                let text = verbatim::restored(&self.text, &pieces::join(parts));
                let text = numerals::in_one_piece(&self.text, &text);
                quotation::closed(&self.text, &text)
            }
        };
        let finish = answers.iter().map(|a| a.finish).find(|&f| f != Finish::Stop).unwrap_or(Finish::Stop);
        let flags =
            check(&Exchange { source: &self.text, output: &text, finish, pair: asking.pair }, asking.wishes);
        let tokens = answers.iter().map(|answer| answer.tokens).sum();
        let logprob = mean_logprob(answers.iter().map(|answer| (answer.logprob, answer.tokens)));
        Candidate { text, flags, logprob, tokens, ..Candidate::default() }
    }

    /// The tokens of a part of the text, estimated by its share of the characters.
    fn tokens_of(&self, piece: &pieces::Piece) -> usize {
        match piece.text.len() == self.text.len() {
            true => self.tokens,
            false => (self.tokens * piece.text.len()).div_ceil(self.text.len().max(1)) + 8,
        }
    }
}

/// What no model wrote.
pub(super) fn hypothesis(text: &str) -> Hypothesis {
    Hypothesis { text: text.to_owned(), tokens: 0, logprob: None, finish: Finish::Stop }
}

/// The terms of a text that its prompt has room for.
fn terms_to_ask(glossary: Option<&Terms>, hints: &[Term], text: &str, budget: usize) -> Vec<Term> {
    // A term takes at most a token a byte, and what is set aside for an answer is generous.
    let mut room = budget / 8;
    let mut terms = glossary.map(|terms| terms.found_in(text)).unwrap_or_default();
    terms.extend(hints.iter().filter(|hint| hint.source.split(GAP).all(|part| text.contains(part))).cloned());
    terms.retain(|term| {
        let needs = term.source.len() + term.target.len() + 4;
        let fits = needs <= room;
        room -= if fits { needs } else { 0 };
        fits
    });
    terms
}

/// The mean over all tokens, if every part that has tokens has one.
pub(super) fn mean_logprob(parts: impl Iterator<Item = (Option<f64>, usize)>) -> Option<f64> {
    let (mut sum, mut tokens) = (0.0, 0);
    for (logprob, count) in parts.filter(|(_, count)| *count > 0) {
        sum += logprob? * count as f64;
        tokens += count;
    }
    (tokens > 0).then(|| sum / tokens as f64)
}

/// What is wrong with an output, what was asked for included.
pub(super) fn check(exchange: &Exchange<'_>, wishes: &Wishes) -> Vec<Flag> {
    let mut flags = Guards::default().judge(exchange);
    flags.extend(wishes.glossary.as_ref().and_then(|terms| missing_terms(terms, exchange)));
    flags.extend(wishes.formality.and_then(|formality| other_address(formality, exchange)));
    flags
}

/// The flag of a translation that addresses the reader otherwise than was asked for.
fn other_address(formality: Formality, exchange: &Exchange<'_>) -> Option<Flag> {
    let target = &exchange.pair.target;
    let word = formality.breach(exchange.output, target)?;
    let (_, pronoun) = formality.described(target)?;
    Some(Flag::new(FlagKind::Formality, format!("`{word}`, and `{pronoun}` was asked for")))
}

/// The flag of a translation that lacks terms.
fn missing_terms(glossary: &Terms, exchange: &Exchange<'_>) -> Option<Flag> {
    let found = glossary.found_in(exchange.source);
    let missing: Vec<String> = glossary
        .missing(&found, exchange.output)
        .iter()
        .map(|term| format!("`{}` not as `{}`", term.source, term.target))
        .collect();
    (!missing.is_empty()).then(|| Flag::new(FlagKind::Glossary, missing.join(", ")))
}

/// How long an output may grow: generous for a translation, and within the budget.
pub(super) fn max_tokens(source: usize, budget: usize) -> usize {
    let generous = source.saturating_mul(5).div_ceil(2).saturating_add(32);
    generous.min(budget.saturating_sub(source)).max(1)
}
