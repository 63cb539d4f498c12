//! How much is done for a translation, and which of several candidates is taken.

use std::collections::HashSet;
use std::ops::Range;

use super::pool::Candidate;
use crate::metrics::{Chrf, Metric};
use crate::plan::{Decoding, Wording};

/// How much work a translation is worth. More candidates for each text cost more time, and a better one is found among
/// them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Quality {
    /// The likeliest token each time: one candidate.
    #[default]
    Fast,
    /// A choice among the answers to 2 wordings of the question, 10 draws, and 14 more draws where these have faults. Where a
    /// dictionary knows what words mean, draws are told, and there is one candidate more.
    Balanced,
    /// The same with 4 wordings and 12 draws, and what is put together from all of them.
    Best,
}

/// How candidates are drawn.
const TEMPERATURE: f64 = 0.7;
const TOP_P: f64 = 0.9;

/// What the model's probability of a candidate, its probability of the source given the candidate (both as
/// logarithms a source token), and each point of chrF with each of the candidates count. Fitted with the default model
/// on 120 lines of newstest2018, German to English, drawn from lines 1001 to 2998, the second anew on 108 others with a
/// dictionary: in the middle of where the gain is flat, for half or a third more of the first and of the last change it by
/// no more than chance does.
const FORWARD: f64 = 0.75;
const BACKWARD: f64 = 0.7;
const AGREEMENT: f64 = 0.0015;

/// The same where a candidate's probability as a text of its language, without the source, is known (the other half of a
/// noisy channel). It stands for the probability as a translation, which what is put together from others does not have.
/// Fitted on 248 lines drawn from lines 1001 to 2998, in the middle of where the gain is flat.
const PRIOR: f64 = 0.4;
const BACKWARD_WITH_PRIOR: f64 = 1.0;
const AGREEMENT_WITH_PRIOR: f64 = 0.003;

/// What each word counts that a dictionary knows and a candidate tells. Fitted on 87 lines drawn from lines 1001 to 2998,
/// in the middle of where the gain is flat.
const TOLD: f64 = 4.5;

/// After how many of the candidates that are put together the source is weighed.
pub(super) const RECOMBINED_FINALISTS: usize = 3;

/// How many are drawn where hardly a candidate is without a fault, and how many such candidates are enough.
const FURTHER_DRAWS: u64 = 14;
pub(super) const ENOUGH_SOUND: usize = 6;

/// Seeds of one text lie next to each other; so many are kept for each.
const SEEDS: u64 = 64;

/// A way of asking for a translation.
pub(super) type Way = (Wording, Decoding);

/// The wordings whose likeliest answers are candidates. Few of these are worth as much as many draws, but they are few.
const WORDINGS: [Wording; 4] = [Wording::Plain, Wording::Examples, Wording::Free, Wording::Strict];

impl Quality {
    fn wordings(self) -> &'static [Wording] {
        match self {
            Self::Fast => &WORDINGS[..1],
            Self::Balanced => &WORDINGS[..2],
            Self::Best => &WORDINGS,
        }
    }

    fn draws(self) -> u64 {
        match self {
            Self::Fast => 0,
            Self::Balanced => 10,
            Self::Best => 12,
        }
    }

    /// The ways in which a text is asked for once a dictionary has been looked into: told what words mean, if some are to
    /// be told, and drawn as others are at first.
    pub(super) fn told_ways(self, number: u64, has_hints: bool) -> Vec<Way> {
        let greedy = has_hints.then_some((Wording::Glossed, Decoding::Greedy));
        greedy.into_iter().chain(samples(wording(has_hints), number, 0..self.draws())).collect()
    }

    /// The ways in which a text is asked for again where hardly a candidate is without a fault.
    pub(super) fn further_ways(self, number: u64, has_hints: bool) -> Vec<Way> {
        samples(wording(has_hints), number, self.draws()..self.draws() + FURTHER_DRAWS).collect()
    }

    /// After how many of the candidates the source is weighed. On the development lines the best 6 of 9 gained what all
    /// did.
    pub(super) fn finalists(self) -> usize {
        match self {
            Self::Fast => 1,
            Self::Balanced => 6,
            Self::Best => 8,
        }
    }

    /// How many candidates are put together from others.
    pub(super) fn recombinations(self) -> usize {
        match self {
            Self::Fast | Self::Balanced => 0,
            Self::Best => 6,
        }
    }

    /// Whether the likeliest answer to this wording is a candidate.
    pub(super) fn asks(self, wording: Wording) -> bool {
        self.wordings().contains(&wording)
    }

    /// The ways in which the text with this number is asked for first, the plain one before the others. Where a dictionary
    /// is looked into next, draws wait until then.
    pub(super) fn ways(self, number: u64, draws_later: bool) -> Vec<Way> {
        let greedy = self.wordings().iter().map(|&wording| (wording, Decoding::Greedy));
        let draws = if draws_later { 0 } else { self.draws() };
        greedy.chain(samples(Wording::Examples, number, 0..draws)).collect()
    }
}

/// The wording of draws.
fn wording(has_hints: bool) -> Wording {
    if has_hints { Wording::Glossed } else { Wording::Examples }
}

/// Draws for the text with this number.
fn samples(wording: Wording, number: u64, draws: Range<u64>) -> impl Iterator<Item = Way> {
    draws.map(move |draw| {
        let seed = number.wrapping_mul(SEEDS).wrapping_add(draw);
        (wording, Decoding::Sample { temperature: TEMPERATURE, top_p: TOP_P, seed })
    })
}

/// The places of the candidates, one of each text, the best first: those that are like the others by chrF (minimum Bayes
/// risk, Kumar and Byrne 2004, with the samples as references, Eikema and Aziz 2022), that the model finds probable and,
/// what counts most, after which it finds the source of `tokens` tokens probable (as in a noisy channel, Yee et al.
/// 2019). Those after which the source was weighed stand before the others.
pub(super) fn ranked(candidates: &[Candidate], tokens: usize) -> Vec<usize> {
    let values: Vec<f64> = candidates.iter().map(|candidate| value(candidate, tokens)).collect();
    let mut places: Vec<usize> = (0..candidates.len()).collect();
    places.sort_by(|&one, &other| {
        let is_weighed = |place: usize| candidates[place].backward.is_some();
        is_weighed(other).cmp(&is_weighed(one)).then(values[other].total_cmp(&values[one]))
    });
    let mut texts = HashSet::new();
    places.retain(|&place| texts.insert(candidates[place].text.as_str()));
    places
}

/// What is known of a candidate's worth.
fn value(candidate: &Candidate, tokens: usize) -> f64 {
    let a_token = |sum: f64| sum / tokens.max(1) as f64;
    let backward = candidate.backward.unwrap_or_default();
    let told = TOLD * candidate.told as f64;
    match candidate.prior {
        Some(prior) => {
            AGREEMENT_WITH_PRIOR * candidate.agreement
                + a_token(told + PRIOR * prior + BACKWARD_WITH_PRIOR * backward)
        }
        None => {
            AGREEMENT * candidate.agreement
                + a_token(told + FORWARD * candidate.forward() + BACKWARD * backward)
        }
    }
}

/// The chrF of a text with each of the candidates, added up: the more there are, the more can be told from it.
pub(super) fn agreement(text: &str, candidates: &[Candidate]) -> f64 {
    let chrf = Chrf::default();
    let likeness = |other: &Candidate| match other.text == text {
        true => 100.0,
        false => chrf.score(&chrf.statistics(text, &other.text)).value,
    };
    candidates.iter().map(likeness).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Candidates of one token each, with the logarithms of their probability and of the source's after them.
    fn candidates(told: &[(&str, f64, Option<f64>)]) -> Vec<Candidate> {
        let candidate = |&(text, logprob, backward): &(&str, f64, Option<f64>)| Candidate {
            text: text.into(),
            logprob: Some(logprob),
            tokens: 1,
            backward,
            ..Candidate::default()
        };
        let mut candidates: Vec<Candidate> = told.iter().map(candidate).collect();
        let alike: Vec<f64> = candidates.iter().map(|one| agreement(&one.text, &candidates)).collect();
        candidates.iter_mut().zip(alike).for_each(|(one, agreement)| one.agreement = agreement);
        candidates
    }

    fn choose(told: &[(&str, f64, f64)]) -> Option<usize> {
        let told: Vec<_> =
            told.iter().map(|&(text, forward, backward)| (text, forward, Some(backward))).collect();
        ranked(&candidates(&told), 10).first().copied()
    }

    #[test]
    fn the_candidate_most_like_the_others_is_taken() {
        let texts =
            ["A bridge was opened.", "The mayor opened the bridge.", "The mayor opened a bridge.", "Mayor!"];
        let candidates = texts.map(|text| (text, -4.0, -20.0));
        assert_eq!(choose(&candidates), Some(1));
        assert_eq!(choose(&candidates[..1]), Some(0));
        assert_eq!(choose(&[("one", -1.0, -1.0), ("two", -1.0, -1.0)]), Some(0), "the first of equals");
        assert_eq!(choose(&[]), None);
    }

    #[test]
    fn a_candidate_that_says_all_of_the_source_wins_over_a_common_one() {
        let (short, whole) = ("The mayor spoke.", "The mayor spoke for an hour.");
        let candidates = |backward| {
            [(short, -3.0, -40.0), (short, -3.0, -40.0), (short, -3.0, -40.0), (whole, -6.0, backward)]
        };
        assert_eq!(choose(&candidates(-15.0)), Some(3));
        assert_eq!(choose(&candidates(-39.0)), Some(0));
    }

    #[test]
    fn of_candidates_that_explain_the_source_alike_the_probable_one_is_taken() {
        assert_eq!(
            choose(&[("The bridge is ope.", -9.0, -12.0), ("The bridge is open.", -2.0, -12.0)]),
            Some(1)
        );
    }

    #[test]
    fn what_was_weighed_stands_before_what_was_not() {
        let texts = [
            "The bridge is oped.",
            "It is open.",
            "The bridge is open.",
            "The bridge is open.",
            "It rained.",
        ];
        let mut candidates = candidates(&texts.map(|text| (text, -5.0, None)));
        assert_eq!(ranked(&candidates, 10), [2, 0, 1, 4], "each text once");
        candidates[1].backward = Some(-90.0);
        candidates[0].backward = Some(-80.0);
        assert_eq!(ranked(&candidates, 10), [0, 1, 2, 4]);
    }

    #[test]
    fn of_candidates_that_explain_the_source_the_fluent_one_is_taken() {
        let mut candidates =
            candidates(&[("Tokyo plant it.", -2.0, Some(-9.0)), ("Tokyo plans it.", -3.0, Some(-10.0))]);
        assert_eq!(ranked(&candidates, 10), [0, 1]);
        candidates[0].prior = Some(-40.0);
        candidates[1].prior = Some(-30.0);
        assert_eq!(ranked(&candidates, 10), [1, 0]);
    }

    #[test]
    fn no_two_texts_share_a_seed() {
        assert_eq!(Quality::Fast.ways(3, false), [(Wording::Plain, Decoding::Greedy)]);
        let ways = |number| {
            let best = Quality::Best;
            [best.ways(number, true), best.told_ways(number, true), best.further_ways(number, true)].concat()
        };
        let all = [ways(0), ways(1)].concat();
        let mut seeds: Vec<u64> = all
            .iter()
            .filter_map(|(_, decoding)| match decoding {
                Decoding::Sample { seed, .. } => Some(*seed),
                _ => None,
            })
            .collect();
        let samples = seeds.len();
        seeds.sort_unstable();
        seeds.dedup();
        assert_eq!((seeds.len(), all.len()), (samples, samples + 2 * (WORDINGS.len() + 1)));
    }
}
