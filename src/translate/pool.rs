//! Several candidates for one text: what is asked about them, round by round, and which is taken.

use super::choose::{self, agreement, ranked};
use super::guards::{self, Exchange};
use super::job::{Asking, check};
use super::recombine::recombinations;
use crate::dictionary::{EnglishWords, Known};
use crate::engine::{Finish, Hypothesis};
use crate::flag::Flag;
use crate::lang::LangPair;
use crate::plan::{Decoding, Request, Task, Wording};

/// An answer with what the guards say of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Candidate {
    pub(super) text: String,
    pub(super) flags: Vec<Flag>,
    /// The mean logarithm of the probability of its tokens, where the model said it.
    pub(super) logprob: Option<f64>,
    pub(super) tokens: usize,
    /// How much it is like the candidates that a model wrote.
    pub(super) agreement: f64,
    /// How many of the words that a dictionary knows it tells.
    pub(super) told: usize,
    /// The sums of the logarithms of the probability of the source's tokens given it, and of its own without a source,
    /// where they were asked for.
    pub(super) backward: Option<f64>,
    pub(super) prior: Option<f64>,
    /// Whether it is put together from others.
    pub(super) is_recombined: bool,
}

/// The candidates for a text.
#[derive(Debug)]
pub(super) struct Pool {
    text: String,
    /// The tokens of the text.
    tokens: usize,
    /// What the words of the text can mean, as far as a dictionary knows them.
    known: Vec<Known>,
    candidates: Vec<Candidate>,
    weighing: Option<Weighing>,
}

/// What a round asks about candidates, those at the places that are named.
#[derive(Clone, Debug)]
enum Weighing {
    /// How probable the text is after the most promising ones.
    Finalists(Vec<usize>),
    /// How probable the finalists and what is put together are by themselves.
    Fluency(Vec<usize>),
    /// How probable the text is after the most promising of what is put together.
    Recombined(Vec<usize>),
    /// How probable the one that was chosen is as a translation, if nobody wrote it.
    Chosen(usize),
}

impl Pool {
    /// The least faulty of these candidates for a text of so many tokens.
    pub(super) fn new(
        text: &str,
        tokens: usize,
        known: Vec<Known>,
        mut candidates: Vec<Candidate>,
        asking: &Asking<'_>,
    ) -> Self {
        let least = candidates.iter().map(|candidate| guards::severity(&candidate.flags)).min();
        candidates.retain(|candidate| Some(guards::severity(&candidate.flags)) == least);
        let alike: Vec<f64> =
            candidates.iter().map(|candidate| agreement(&candidate.text, &candidates)).collect();
        for (candidate, agreement) in candidates.iter_mut().zip(alike) {
            candidate.agreement = agreement;
            candidate.told = told(&known, &candidate.text);
        }
        let mut pool = Self { text: text.to_owned(), tokens, known, candidates, weighing: None };
        let finalists = pool.promising(asking.quality.finalists(), asking, |_| true);
        pool.weighing = (finalists.len() > 1).then_some(Weighing::Finalists(finalists));
        pool
    }

    /// Whether all that is to be asked is answered.
    pub(super) fn is_decided(&self) -> bool {
        self.weighing.is_none()
    }

    /// The candidates, each text once, the best first.
    pub(super) fn into_ranked(self) -> Vec<Candidate> {
        let ranked = ranked(&self.candidates, self.tokens);
        ranked.into_iter().filter_map(|place| self.candidates.get(place).cloned()).collect()
    }

    /// What is to be asked next.
    pub(super) fn requests(&self, asking: &Asking<'_>) -> Vec<Request> {
        match &self.weighing {
            Some(Weighing::Finalists(places) | Weighing::Recombined(places)) => {
                let back =
                    LangPair { source: asking.pair.target.clone(), target: asking.pair.source.clone() };
                let ask = |&place: &usize| self.forced(translate(&back, self.at(place)), &self.text);
                places.iter().map(ask).collect()
            }
            Some(Weighing::Fluency(places)) => {
                let write = Task::Write { lang: asking.pair.target.clone() };
                places.iter().map(|&place| self.forced(write.clone(), self.at(place))).collect()
            }
            Some(Weighing::Chosen(place)) => {
                vec![self.forced(translate(asking.pair, &self.text), self.at(*place))]
            }
            None => Vec::new(),
        }
    }

    /// Takes the answers to all that was asked, and moves on.
    pub(super) fn accept(&mut self, answers: &[Hypothesis], asking: &Asking<'_>) {
        self.weighing = match self.weighing.take() {
            Some(Weighing::Finalists(places)) => {
                let is_known = self.note(&places, answers, |candidate| &mut candidate.backward);
                let new = if is_known { self.recombine(asking) } else { Vec::new() };
                (!new.is_empty()).then(|| Weighing::Fluency([places, new].concat()))
            }
            Some(Weighing::Fluency(places)) => {
                let is_known = self.note(&places, answers, |candidate| &mut candidate.prior);
                let count = if is_known { choose::RECOMBINED_FINALISTS } else { 0 };
                let promising = self.promising(count, asking, |candidate| candidate.is_recombined);
                (!promising.is_empty()).then_some(Weighing::Recombined(promising))
            }
            Some(Weighing::Recombined(places)) => {
                self.note(&places, answers, |candidate| &mut candidate.backward);
                let best = ranked(&self.candidates, self.tokens).first().copied();
                best.filter(|&best| self.candidates[best].is_recombined).map(Weighing::Chosen)
            }
            Some(Weighing::Chosen(place)) => {
                if let [answer] = answers {
                    let candidate = &mut self.candidates[place];
                    (candidate.logprob, candidate.tokens) = (answer.logprob, answer.tokens);
                }
                None
            }
            None => None,
        };
    }

    /// Notes sums of log-probabilities. Without one for each there is nothing to compare, and none is noted.
    fn note(
        &mut self,
        places: &[usize],
        answers: &[Hypothesis],
        field: impl Fn(&mut Candidate) -> &mut Option<f64>,
    ) -> bool {
        let is_known = answers.iter().all(|answer| answer.logprob.is_some());
        for (&place, answer) in places.iter().zip(answers).filter(|_| is_known) {
            *field(&mut self.candidates[place]) = Some(sum(answer.logprob, answer.tokens));
        }
        is_known
    }

    /// The places of the most promising candidates of a kind, as far as they have room in a prompt with the text.
    fn promising(&self, count: usize, asking: &Asking<'_>, kind: impl Fn(&Candidate) -> bool) -> Vec<usize> {
        let is_wanted = |&place: &usize| kind(&self.candidates[place]) && self.fits(self.at(place), asking);
        ranked(&self.candidates, self.tokens).into_iter().filter(is_wanted).take(count).collect()
    }

    /// Adds candidates that are put together from the best and the words of others: those most like all, and no
    /// faultier, as many as the quality asks for. Says where they stand.
    fn recombine(&mut self, asking: &Asking<'_>) -> Vec<usize> {
        let count = asking.quality.recombinations();
        let ranked = ranked(&self.candidates, self.tokens);
        let Some((&best, others)) = ranked.split_first().filter(|_| count > 0) else { return Vec::new() };
        let others: Vec<&str> = others.iter().map(|&place| self.at(place)).collect();
        let least = guards::severity(&self.candidates[best].flags);
        let mut new: Vec<Candidate> = recombinations(self.at(best), &others)
            .into_iter()
            .filter(|text| self.fits(text, asking))
            .map(|text| {
                let agreement = agreement(&text, &self.candidates);
                let told = told(&self.known, &text);
                Candidate { text, agreement, told, is_recombined: true, ..Candidate::default() }
            })
            .collect();
        new.sort_by(|one, other| other.agreement.total_cmp(&one.agreement));
        let sound = new.into_iter().filter_map(|mut candidate| {
            let (source, output) = (self.text.as_str(), candidate.text.as_str());
            let exchange = Exchange { source, output, finish: Finish::Stop, pair: asking.pair };
            candidate.flags = check(&exchange, asking.wishes);
            (guards::severity(&candidate.flags) <= least).then_some(candidate)
        });
        let new: Vec<Candidate> = sound.take(count).collect();
        let first = self.candidates.len();
        self.candidates.extend(new);
        (first..self.candidates.len()).collect()
    }

    fn at(&self, place: usize) -> &str {
        &self.candidates[place].text
    }

    /// Whether a prompt has room for a candidate and the text: a token takes a byte at least.
    fn fits(&self, candidate: &str, asking: &Asking<'_>) -> bool {
        candidate.len() + self.tokens <= asking.budget
    }

    /// How probable is this answer?
    fn forced(&self, task: Task, answer: &str) -> Request {
        let decoding = Decoding::Forced { answer: answer.to_owned() };
        Request { task, decoding, max_tokens: self.tokens }
    }
}

impl Candidate {
    pub(super) fn is_better_than(&self, other: &Self) -> bool {
        let (own, theirs) = (guards::severity(&self.flags), guards::severity(&other.flags));
        let logprob = |candidate: &Self| candidate.logprob.unwrap_or(f64::NEG_INFINITY);
        own < theirs || (own == theirs && logprob(self) > logprob(other))
    }

    /// The logarithm of its probability as a translation; 0 where a model did not say.
    pub(super) fn forward(&self) -> f64 {
        sum(self.logprob, self.tokens)
    }
}

/// How many of the words that are known a translation tells.
fn told(known: &[Known], translation: &str) -> usize {
    let translation = EnglishWords::of(translation);
    known.iter().filter(|word| word.is_told_in(&translation)).count()
}

/// The plain question for a translation.
fn translate(pair: &LangPair, text: &str) -> Task {
    Task::Translate {
        pair: pair.clone(),
        text: text.to_owned(),
        terms: Vec::new(),
        formality: None,
        wording: Wording::Plain,
    }
}

/// The logarithm of the probability of all tokens from their mean.
fn sum(logprob: Option<f64>, tokens: usize) -> f64 {
    logprob.unwrap_or(0.0) * tokens as f64
}
