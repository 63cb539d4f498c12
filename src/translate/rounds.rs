//! Rounds of asking: every text once, faulty answers again in another way, then the best that came.

use std::collections::HashMap;

use super::choose::{self, Choice, Quality};
use super::guards::{self, Exchange};
use super::{Source, Target, copy, pieces, verbatim};
use crate::document::strip_control_characters;
use crate::engine::{Finish, Hypothesis};
use crate::error::Result;
use crate::flag::{Flag, FlagKind};
use crate::glossary::{Glossary, Term, Terms};
use crate::lang::LangPair;
use crate::plan::{Decoding, Request, Task, Wording};

/// How often a text is asked for at most.
const ATTEMPTS: usize = 3;

/// Longer texts are cut in pieces of this many tokens: small models merge and drop what is in long ones.
const PIECE_TOKENS: usize = 256;

/// A translation in the making: asks, checks, asks again, and ends with one target for each source.
///
/// One segment is one request, or one for each candidate of the [`Quality`]; the same text is asked for once. Of
/// several candidates those with the least grave faults stay, and a round asks how probable the source is after each
/// of them; that, their own probability and how much they agree decide. A segment that is longer than the budget allows
/// is asked for in pieces. An answer that a guard objects to is asked for again: first with another wording,
/// then clause by clause or with sampling (the seed is the text's place in the order of asking), or, where an address, code,
/// a placeholder or a tag did not come through, in the pieces between those. If no answer is free of
/// faults the best is kept with its flags: the one with the least grave faults, then with the highest
/// probability. If all answers are empty the target is the source. The same answers give the same targets.
///
/// The model is shown a text without hidden control characters and without line breaks. White space at the ends
/// of its answer is removed, line breaks become spaces, and addresses, code, placeholders and tags that it distorted
/// are put back; otherwise the answer stays as the model wrote it.
#[derive(Debug)]
pub struct TranslationRounds {
    pair: LangPair,
    budget: usize,
    glossary: Option<Terms>,
    units: Vec<Unit>,
    jobs: Vec<Job>,
    /// The (job, piece) of each request of the last round.
    asked: Vec<(usize, usize)>,
    retries: usize,
    quality: Quality,
    targets: Vec<Option<Target>>,
}

/// The jobs that make up the target of a segment.
#[derive(Debug)]
struct Unit {
    segment: usize,
    jobs: Vec<usize>,
    /// Flags that the source itself raises.
    flags: Vec<Flag>,
}

/// A text to translate, with the answers so far.
#[derive(Debug)]
struct Job {
    text: String,
    /// Whether white space stood before the text in its segment.
    spaced: bool,
    tokens: usize,
    seed: u64,
    units: Vec<usize>,
    attempts: usize,
    /// The parts that the present attempt asks for: the whole text, or its clauses.
    pieces: Vec<pieces::Piece>,
    answers: Vec<Option<Hypothesis>>,
    /// Candidates between which is chosen; the requests of a round that weighs them are for these.
    pool: Vec<Candidate>,
    best: Option<Candidate>,
    settled: bool,
}

/// What the requests of a round share.
struct Asking<'a> {
    pair: &'a LangPair,
    glossary: Option<&'a Terms>,
    budget: usize,
}

/// An answer with what the guards say of it.
#[derive(Clone, Debug)]
struct Candidate {
    text: String,
    flags: Vec<Flag>,
    logprob: Option<f64>,
    tokens: usize,
}

impl TranslationRounds {
    /// Starts a translation of `sources`. `budget` is the number of tokens that prompt text and output may
    /// hold together, `count` the engine's token count of a text.
    ///
    /// # Errors
    /// Those of `count`.
    pub fn new(
        sources: &[Source<'_>],
        pair: &LangPair,
        budget: usize,
        count: &dyn Fn(&str) -> Result<usize>,
    ) -> Result<Self> {
        let mut rounds = Self {
            pair: pair.clone(),
            budget,
            glossary: None,
            units: Vec::new(),
            jobs: Vec::new(),
            asked: Vec::new(),
            retries: 0,
            quality: Quality::default(),
            targets: vec![None; sources.len()],
        };
        let limit = longest_piece(budget);
        let mut jobs_of: HashMap<&str, Vec<usize>> = HashMap::new();
        for (segment, source) in sources.iter().enumerate() {
            let mut flags: Vec<Flag> = copy::control_characters(source.text).into_iter().collect();
            let same = copy::same_language(source.text, pair);
            if source.copy || copy::nothing_to_translate(source.text) || same.is_some() {
                flags.extend(same.filter(|_| !source.copy));
                rounds.targets[segment] = Some(Target { text: source.text.to_owned(), flags, logprob: None });
                continue;
            }
            let jobs = match jobs_of.get(source.text) {
                Some(jobs) => jobs.clone(),
                None => {
                    let plain = normalised(&strip_control_characters(source.text));
                    let mut jobs = Vec::new();
                    for (piece, tokens) in pieces::split_to_fit(&plain, limit, count)? {
                        jobs.push(rounds.jobs.len());
                        rounds.jobs.push(Job::new(piece, tokens, rounds.jobs.len() as u64));
                    }
                    jobs_of.insert(source.text, jobs.clone());
                    jobs
                }
            };
            for &job in &jobs {
                rounds.jobs[job].units.push(rounds.units.len());
            }
            rounds.units.push(Unit { segment, jobs, flags });
        }
        Ok(rounds)
    }

    /// How much work each text is worth.
    #[must_use]
    pub fn quality(mut self, quality: Quality) -> Self {
        self.quality = quality;
        self
    }

    /// Asks again, with the terms of a glossary that stand in a text, where its translation lacks one, and then flags it.
    /// A translation that keeps to them by itself is left as it is.
    #[must_use]
    pub fn glossary(mut self, glossary: &Glossary) -> Self {
        self.glossary = Some(glossary.terms(&self.pair)).filter(|terms| !terms.is_empty());
        self
    }

    /// Takes a translation of the source with this index that is known already, so that it is not asked for. It is
    /// checked as an answer is. A source that is copied stays a copy, and the answer is no.
    pub fn reuse(&mut self, index: usize, text: &str, logprob: Option<f64>) -> bool {
        let Ok(unit) = self.units.binary_search_by_key(&index, |unit| unit.segment) else { return false };
        let unit = &self.units[unit];
        let source: Vec<&Job> = unit.jobs.iter().map(|&job| &self.jobs[job]).collect();
        let source = pieces::join(source.iter().map(|job| (job.spaced, job.text.as_str())));
        let text = normalised(text);
        let exchange = Exchange { source: &source, output: &text, finish: Finish::Stop, pair: &self.pair };
        let flags = [unit.flags.clone(), check(&exchange, self.glossary.as_ref())].concat();
        self.targets[index] = Some(Target { text, flags, logprob });
        for &job in &unit.jobs {
            let is_known = |&unit: &usize| self.targets[self.units[unit].segment].is_some();
            self.jobs[job].settled = self.jobs[job].units.iter().all(is_known);
        }
        true
    }

    /// The next round's requests; empty when every source has its target. There are at most four rounds. A
    /// request of the last round that was never answered counts as answered with nothing.
    pub fn requests(&mut self) -> Vec<Request> {
        for (job, piece) in std::mem::take(&mut self.asked) {
            self.answer(job, piece, hypothesis(""));
        }
        let mut requests = Vec::new();
        for (index, job) in self.jobs.iter_mut().enumerate().filter(|(_, job)| !job.settled) {
            let asked = match job.pool.is_empty() {
                true => {
                    let glossary = self.glossary.as_ref().filter(|_| job.attempts > 0);
                    let asking = Asking { pair: &self.pair, glossary, budget: self.budget };
                    job.next_attempt(self.quality, &asking)
                }
                false => job.weighings(&self.pair),
            };
            for (number, request) in asked {
                self.asked.push((index, number));
                requests.push(request);
            }
            if job.attempts > 1 {
                self.retries += 1;
            }
        }
        requests
    }

    /// Takes the answer to the request with this index in the last round. An index that was not asked for is
    /// ignored, and so is a second answer.
    pub fn accept(&mut self, index: usize, hypothesis: &Hypothesis) {
        if let Some(&(job, piece)) = self.asked.get(index) {
            self.answer(job, piece, hypothesis.clone());
        }
    }

    /// The targets so far, in order; a target once there does not change.
    pub fn targets(&self) -> &[Option<Target>] {
        &self.targets
    }

    /// How many texts were asked for again, each time counted.
    pub fn retries(&self) -> usize {
        self.retries
    }

    /// How many targets carry each kind of flag; kinds that none carries are left out.
    pub fn flag_counts(&self) -> Vec<(FlagKind, usize)> {
        let carries = |target: &Target, kind| target.flags.iter().any(|flag| flag.kind == kind);
        FlagKind::ALL
            .into_iter()
            .map(|kind| (kind, self.targets.iter().flatten().filter(|target| carries(target, kind)).count()))
            .filter(|&(_, count)| count > 0)
            .collect()
    }

    fn answer(&mut self, index: usize, piece: usize, hypothesis: Hypothesis) {
        let job = &mut self.jobs[index];
        match job.answers.get_mut(piece) {
            Some(answer @ None) => *answer = Some(hypothesis),
            _ => return,
        }
        job.judge(&self.pair, self.glossary.as_ref());
        if !job.settled {
            return;
        }
        for &unit in &self.jobs[index].units {
            let unit = &self.units[unit];
            self.targets[unit.segment] = finished(unit, &self.jobs);
        }
    }
}

impl Job {
    fn new(piece: pieces::Piece, tokens: usize, seed: u64) -> Self {
        Self {
            text: piece.text,
            spaced: piece.spaced,
            tokens,
            seed,
            units: Vec::new(),
            attempts: 0,
            pieces: Vec::new(),
            answers: Vec::new(),
            pool: Vec::new(),
            best: None,
            settled: false,
        }
    }

    /// Begins another attempt: a request for each piece, or for each candidate of the whole, with its number.
    fn next_attempt(&mut self, quality: Quality, asking: &Asking<'_>) -> Vec<(usize, Request)> {
        let whole = |count| vec![pieces::Piece::new(&self.text, false); count];
        let greedy = |parts: &[pieces::Piece]| vec![Decoding::Greedy; parts.len()];
        let (parts, wording, decodings) = match self.attempts {
            0 => {
                let decodings = quality.decodings(self.seed);
                (whole(decodings.len()), quality.wording(), decodings)
            }
            // The terms alone make it another question.
            1 if self.lacks_terms_only() => (whole(1), Wording::Plain, vec![Decoding::Greedy]),
            1 => (whole(1), Wording::Strict, vec![Decoding::Greedy]),
            _ if self.lacks_terms_only() => (whole(1), Wording::Strict, vec![Decoding::Greedy]),
            _ => match self.apart().or_else(|| pieces::split_clauses(&self.text)) {
                Some(parts) => {
                    let decodings = greedy(&parts);
                    (parts, Wording::Plain, decodings)
                }
                None => {
                    let decoding = Decoding::Sample { temperature: 0.3, top_p: 0.95, seed: self.seed };
                    (whole(1), Wording::Plain, vec![decoding])
                }
            },
        };
        self.attempts += 1;
        self.answers = parts.iter().map(|part| part.copy.then(|| hypothesis(&part.text))).collect();
        self.pieces = parts;
        let request = |(piece, decoding): (&pieces::Piece, Decoding)| Request {
            task: Task::Translate {
                pair: asking.pair.clone(),
                text: piece.text.clone(),
                terms: terms_to_ask(asking.glossary, &piece.text, asking.budget),
                wording,
            },
            decoding,
            max_tokens: max_tokens(self.tokens_of(piece), asking.budget),
        };
        let wanted = self.pieces.iter().zip(decodings).enumerate().filter(|(_, (piece, _))| !piece.copy);
        wanted.map(|(number, asked)| (number, request(asked))).collect()
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

    /// How probable is the text after each candidate? Candidates of the same text are asked for once.
    fn weighings(&mut self, pair: &LangPair) -> Vec<(usize, Request)> {
        let back = LangPair { source: pair.target.clone(), target: pair.source.clone() };
        let request = |candidate: &Candidate| Request {
            task: Task::Translate {
                pair: back.clone(),
                text: candidate.text.clone(),
                terms: Vec::new(),
                wording: Wording::Plain,
            },
            decoding: Decoding::Forced { answer: self.text.clone() },
            max_tokens: self.tokens,
        };
        let requests: Vec<Request> = different(&self.pool).map(request).collect();
        self.answers = vec![None; requests.len()];
        requests.into_iter().enumerate().collect()
    }

    /// Judges the present attempt, or the candidates that were weighed, once all of it is answered.
    fn judge(&mut self, pair: &LangPair, glossary: Option<&Terms>) {
        let Some(answers) = self.answers.iter().map(Option::as_ref).collect::<Option<Vec<_>>>() else {
            return;
        };
        if !self.pool.is_empty() {
            let chosen = chosen(&self.pool, &answers, self.tokens);
            self.pool.clear();
            return self.take(chosen);
        }
        // The first attempt asks for the whole text again and again, the others for its parts.
        let mut pool: Vec<Candidate> = match self.attempts {
            1 => answers.iter().map(|answer| self.candidate(&[*answer], pair, glossary)).collect(),
            _ => vec![self.candidate(&answers, pair, glossary)],
        };
        let least = pool.iter().map(|candidate| guards::severity(&candidate.flags)).min();
        pool.retain(|candidate| Some(guards::severity(&candidate.flags)) == least);
        if different(&pool).nth(1).is_some() {
            self.pool = pool;
        } else {
            self.take(pool.into_iter().next());
        }
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
    fn candidate(&self, answers: &[&Hypothesis], pair: &LangPair, glossary: Option<&Terms>) -> Candidate {
        let texts: Vec<String> = answers.iter().map(|answer| normalised(&answer.text)).collect();
        // A part without a translation makes the whole worthless.
        let text = match texts.iter().any(String::is_empty) {
            true => String::new(),
            false => {
                let parts = self.pieces.iter().zip(&texts).map(|(piece, text)| (piece.spaced, text.as_str()));
                verbatim::restored(&self.text, &pieces::join(parts))
            }
        };
        let finish = answers.iter().map(|a| a.finish).find(|&f| f != Finish::Stop).unwrap_or(Finish::Stop);
        let flags = check(&Exchange { source: &self.text, output: &text, finish, pair }, glossary);
        let tokens = answers.iter().map(|answer| answer.tokens).sum();
        let logprob = mean_logprob(answers.iter().map(|answer| (answer.logprob, answer.tokens)));
        Candidate { text, flags, logprob, tokens }
    }

    /// The tokens of a part of the text, estimated by its share of the characters.
    fn tokens_of(&self, piece: &pieces::Piece) -> usize {
        match piece.text.len() == self.text.len() {
            true => self.tokens,
            false => (self.tokens * piece.text.len()).div_ceil(self.text.len().max(1)) + 8,
        }
    }
}

impl Candidate {
    fn is_better_than(&self, other: &Self) -> bool {
        let (own, theirs) = (guards::severity(&self.flags), guards::severity(&other.flags));
        let logprob = |candidate: &Self| candidate.logprob.unwrap_or(f64::NEG_INFINITY);
        own < theirs || (own == theirs && logprob(self) > logprob(other))
    }
}

/// The first of the candidates with each text.
fn different(pool: &[Candidate]) -> impl Iterator<Item = &Candidate> {
    let is_first = |(place, candidate): &(usize, &Candidate)| {
        !pool.iter().take(*place).any(|before| before.text == candidate.text)
    };
    pool.iter().enumerate().filter(is_first).map(|(_, candidate)| candidate)
}

/// The best of the candidates, whose different texts were weighed with these answers, a source of so many tokens.
fn chosen(pool: &[Candidate], answers: &[&Hypothesis], tokens: usize) -> Option<Candidate> {
    let sum = |logprob: Option<f64>, tokens: usize| logprob.unwrap_or(0.0) * tokens as f64;
    // Without an answer for each there is nothing to compare.
    let complete = answers.iter().all(|answer| answer.logprob.is_some());
    let weighed: HashMap<&str, f64> = different(pool)
        .zip(answers)
        .filter(|_| complete)
        .map(|(candidate, answer)| (candidate.text.as_str(), sum(answer.logprob, answer.tokens)))
        .collect();
    let choices: Vec<Choice<'_>> = pool
        .iter()
        .map(|candidate| Choice {
            text: &candidate.text,
            forward: sum(candidate.logprob, candidate.tokens),
            backward: weighed.get(candidate.text.as_str()).copied().unwrap_or_default(),
        })
        .collect();
    choose::best(&choices, tokens).and_then(|place| pool.get(place)).cloned()
}

/// The target of a unit whose jobs are all settled.
fn finished(unit: &Unit, jobs: &[Job]) -> Option<Target> {
    let jobs: Vec<&Job> = unit.jobs.iter().filter_map(|&job| jobs.get(job)).collect();
    let best: Vec<&Candidate> =
        jobs.iter().map(|job| job.best.as_ref().filter(|_| job.settled)).collect::<Option<_>>()?;
    // Nothing is dropped: where no translation came, the source stays.
    let texts = jobs.iter().zip(&best).map(|(job, candidate)| match is_empty(candidate) {
        true => (job.spaced, job.text.as_str()),
        false => (job.spaced, candidate.text.as_str()),
    });
    let mut flags = unit.flags.clone();
    for flag in best.iter().flat_map(|candidate| &candidate.flags) {
        if !flags.contains(flag) {
            flags.push(flag.clone());
        }
    }
    Some(Target {
        text: pieces::join(texts),
        flags,
        logprob: mean_logprob(
            best.iter()
                .filter(|candidate| !is_empty(candidate))
                .map(|candidate| (candidate.logprob, candidate.tokens)),
        ),
    })
}

fn is_empty(candidate: &Candidate) -> bool {
    candidate.flags.iter().any(|flag| flag.kind == FlagKind::Empty)
}

/// What no model wrote.
fn hypothesis(text: &str) -> Hypothesis {
    Hypothesis { text: text.to_owned(), tokens: 0, logprob: None, finish: Finish::Stop }
}

/// The mean over all tokens, if every part that has tokens has one.
fn mean_logprob(parts: impl Iterator<Item = (Option<f64>, usize)>) -> Option<f64> {
    let (mut sum, mut tokens) = (0.0, 0);
    for (logprob, count) in parts.filter(|(_, count)| *count > 0) {
        sum += logprob? * count as f64;
        tokens += count;
    }
    (tokens > 0).then(|| sum / tokens as f64)
}

/// The terms of a text that its prompt has room for.
fn terms_to_ask(glossary: Option<&Terms>, text: &str, budget: usize) -> Vec<Term> {
    // A term takes at most a token a byte, and what is set aside for an answer is generous.
    let mut room = budget / 8;
    let mut terms = glossary.map(|terms| terms.found_in(text)).unwrap_or_default();
    terms.retain(|term| {
        let needs = term.source.len() + term.target.len() + 4;
        let fits = needs <= room;
        room -= if fits { needs } else { 0 };
        fits
    });
    terms
}

/// What is wrong with an output, its terms included.
fn check(exchange: &Exchange<'_>, glossary: Option<&Terms>) -> Vec<Flag> {
    let mut flags = guards::check(exchange);
    flags.extend(glossary.and_then(|terms| missing_terms(terms, exchange)));
    flags
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

/// The request for the translation of a whole text; none for one that is asked for in pieces.
///
/// # Errors
/// Those of `count`.
pub(crate) fn whole(
    text: &str,
    pair: &LangPair,
    budget: usize,
    count: &dyn Fn(&str) -> Result<usize>,
) -> Result<Option<Request>> {
    let text = normalised(&strip_control_characters(text));
    let tokens = count(&text)?;
    Ok((tokens <= longest_piece(budget)).then(|| Request {
        task: Task::Translate { pair: pair.clone(), text, terms: Vec::new(), wording: Wording::Plain },
        decoding: Decoding::Greedy,
        max_tokens: max_tokens(tokens, budget),
    }))
}

/// Line breaks, with the white space around them, become single spaces; the ends are trimmed.
pub(crate) fn normalised(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join(" ")
}

/// How long an output may grow: generous for a translation, and within the budget.
fn max_tokens(source: usize, budget: usize) -> usize {
    let generous = source.saturating_mul(5).div_ceil(2).saturating_add(32);
    generous.min(budget.saturating_sub(source)).max(1)
}

/// The longest text whose translation fits the budget together with it.
fn longest_piece(budget: usize) -> usize {
    (budget.saturating_sub(32) * 2 / 7).clamp(1, PIECE_TOKENS)
}
