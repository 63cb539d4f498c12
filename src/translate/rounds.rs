//! Rounds of asking: every text once, faulty answers again in another way, then the best that came.

use std::collections::HashMap;
use std::sync::Arc;

use super::choose::Quality;
use super::guards::Exchange;
use super::job::{Asking, Job, Wishes, check, hypothesis, max_tokens, mean_logprob};
use super::pieces::normalised;
use super::pool::Candidate;
use super::{Alternative, Source, Target, copy, pieces};
use crate::dictionary::Dictionary;
use crate::document::strip_control_characters;
use crate::engine::{Finish, Hypothesis};
use crate::error::Result;
use crate::flag::{Flag, FlagKind};
use crate::glossary::Glossary;
use crate::lang::LangPair;
use crate::plan::{Decoding, Formality, Request, Task, Wording};

/// Longer texts are cut in pieces of this many tokens: small models merge and drop what is in long ones.
const PIECE_TOKENS: usize = 256;

/// A translation in the making: asks, checks, asks again, and ends with one target for each source.
///
/// One segment is one request, or one for each candidate of the [`Quality`]; the same text is asked for once. With a
/// choice, further candidates are told what words mean that the first ones pass over, and more are drawn where hardly one
/// is without a fault. Of several candidates those with the least grave faults stay, and a round asks how probable the
/// source is after the most promising of them; that, their own probability, how much they agree, and how many known words
/// they tell decide. [`Quality::Best`] then puts new
/// candidates together from the best and the words of the others, and weighs these too. A segment that is longer than the budget allows
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
    wishes: Wishes,
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
            wishes: Wishes::default(),
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
        self.wishes.glossary = Some(glossary.terms(&self.pair)).filter(|terms| !terms.is_empty());
        self
    }

    /// Asks once more with what words mean that the first translations pass over, where the quality has a choice. German
    /// to English only.
    #[must_use]
    pub fn dictionary(mut self, dictionary: impl Into<Arc<Dictionary>>) -> Self {
        self.wishes.dictionary = Dictionary::serves(&self.pair).then(|| dictionary.into());
        self
    }

    /// Asks for this way of addressing the reader, again where a translation has the other one, and then flags it.
    #[must_use]
    pub fn formality(mut self, formality: Formality) -> Self {
        self.wishes.formality = Some(formality);
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
        let flags = [unit.flags.clone(), check(&exchange, &self.wishes)].concat();
        self.targets[index] = Some(Target { text, flags, logprob });
        for &job in &unit.jobs {
            let is_known = |&unit: &usize| self.targets[self.units[unit].segment].is_some();
            self.jobs[job].settled = self.jobs[job].units.iter().all(is_known);
        }
        true
    }

    /// The next round's requests; empty when every source has its target. There are at most nine rounds. A
    /// request of the last round that was never answered counts as answered with nothing.
    pub fn requests(&mut self) -> Vec<Request> {
        for (job, piece) in std::mem::take(&mut self.asked) {
            self.answer(job, piece, hypothesis(""));
        }
        let mut requests = Vec::new();
        let asking =
            Asking { quality: self.quality, pair: &self.pair, wishes: &self.wishes, budget: self.budget };
        for (index, job) in self.jobs.iter_mut().enumerate().filter(|(_, job)| !job.settled) {
            let asked = match (&job.pool, job.drafts.is_empty()) {
                (Some(_), _) => job.weighings(&asking),
                (None, false) => job.next_stage(&asking),
                (None, true) => job.next_attempt(&asking),
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

    /// Up to `count` other translations of the source with this index, the best first, all different from each other and
    /// from the target: the candidates that were not chosen. A text in pieces has none, and so has one without a choice.
    pub fn alternatives(&self, index: usize, count: usize) -> Vec<Alternative> {
        let Ok(unit) = self.units.binary_search_by_key(&index, |unit| unit.segment) else {
            return Vec::new();
        };
        let ([job], Some(Some(target))) = (self.units[unit].jobs.as_slice(), self.targets.get(index)) else {
            return Vec::new();
        };
        let others = self.jobs[*job].others.iter().filter(|other| other.text != target.text);
        let alternative =
            |other: &Candidate| Alternative { text: other.text.clone(), logprob: other.logprob };
        others.take(count).map(alternative).collect()
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
        let asking =
            Asking { quality: self.quality, pair: &self.pair, wishes: &self.wishes, budget: self.budget };
        let job = &mut self.jobs[index];
        match job.answers.get_mut(piece) {
            Some(answer @ None) => *answer = Some(hypothesis),
            _ => return,
        }
        job.judge(&asking);
        if !job.settled {
            return;
        }
        for &unit in &self.jobs[index].units {
            let unit = &self.units[unit];
            self.targets[unit.segment] = finished(unit, &self.jobs);
        }
    }
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
        task: Task::Translate {
            pair: pair.clone(),
            text,
            terms: Vec::new(),
            formality: None,
            wording: Wording::Plain,
        },
        decoding: Decoding::Greedy,
        max_tokens: max_tokens(tokens, budget),
    }))
}

/// The longest text whose translation fits the budget together with it.
fn longest_piece(budget: usize) -> usize {
    (budget.saturating_sub(32) * 2 / 7).clamp(1, PIECE_TOKENS)
}
