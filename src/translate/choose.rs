//! How much is done for a translation, and which of several candidates is taken.

use crate::metrics::{Chrf, Metric};
use crate::plan::{Decoding, Wording};

/// How much work a translation is worth. More candidates for each text cost more time, and a better one is found among
/// them; by how much on texts that nothing was fitted on is not measured yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Quality {
    /// The likeliest token each time: one candidate.
    #[default]
    Fast,
    /// A choice among 5 candidates.
    Balanced,
    /// A choice among 12 candidates.
    Best,
}

/// How candidates are drawn beside the greedy one. Few draws of a small model agree at a higher temperature, and
/// many more at a lower one are the same.
const TEMPERATURE: f64 = 0.7;
const TOP_P: f64 = 0.9;

/// What the model's probability of a candidate, its probability of the source given the candidate (both as
/// logarithms a source token), and a point of chrF with the other candidates count. Fitted with the default model on
/// 60 lines of newstest2018, German to English, drawn from lines 1001 to 2998.
const FORWARD: f64 = 0.5;
const BACKWARD: f64 = 1.0;
const AGREEMENT: f64 = 0.025;

/// Seeds of one text lie next to each other; so many are kept for each.
const SEEDS: u64 = 64;

impl Quality {
    /// How the first candidates of a text are asked for.
    pub(super) fn wording(self) -> Wording {
        match self {
            Self::Fast => Wording::Plain,
            Self::Balanced | Self::Best => Wording::Examples,
        }
    }

    /// How the candidates of the text with this number are decoded, the greedy one first.
    pub(super) fn decodings(self, number: u64) -> Vec<Decoding> {
        let samples = match self {
            Self::Fast => 0,
            Self::Balanced => 4,
            Self::Best => 11,
        };
        let sample = |i| Decoding::Sample {
            temperature: TEMPERATURE,
            top_p: TOP_P,
            seed: number.wrapping_mul(SEEDS).wrapping_add(i),
        };
        std::iter::once(Decoding::Greedy).chain((0..samples).map(sample)).collect()
    }
}

/// A translation to choose, with the logarithms of its probability and of the source's given it; 0 where a model does
/// not say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice<'a> {
    pub text: &'a str,
    /// The sum over the candidate's tokens.
    pub forward: f64,
    /// The sum over the source's tokens.
    pub backward: f64,
}

/// The place of the best candidate, the first of several: it is like the others by chrF (minimum Bayes risk, Kumar
/// and Byrne 2004, with the samples as references, Eikema and Aziz 2022), and the model finds it probable and, what
/// counts most, the source of `tokens` tokens probable after it (as in a noisy channel, Yee et al. 2019).
pub(super) fn best(candidates: &[Choice<'_>], tokens: usize) -> Option<usize> {
    let tokens = tokens.max(1) as f64;
    let value = |candidate: &Choice<'_>| {
        AGREEMENT * agreement(candidate.text, candidates)
            + (FORWARD * candidate.forward + BACKWARD * candidate.backward) / tokens
    };
    let mut best: Option<(usize, f64)> = None;
    for (place, candidate) in candidates.iter().enumerate() {
        let value = value(candidate);
        if best.is_none_or(|(_, most)| value > most) {
            best = Some((place, value));
        }
    }
    best.map(|(place, _)| place)
}

/// The mean chrF with each of the candidates.
fn agreement(text: &str, candidates: &[Choice<'_>]) -> f64 {
    let chrf = Chrf::default();
    let likeness = |other: &Choice<'_>| match other.text == text {
        true => 100.0,
        false => chrf.score(&chrf.statistics(text, other.text)).value,
    };
    candidates.iter().map(likeness).sum::<f64>() / candidates.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(candidates: &[(&str, f64, f64)]) -> Option<usize> {
        let choice = |&(text, forward, backward)| Choice { text, forward, backward };
        best(&candidates.iter().map(choice).collect::<Vec<_>>(), 10)
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
    fn no_two_texts_share_a_seed() {
        assert_eq!(Quality::Fast.decodings(3), [Decoding::Greedy]);
        let all = [Quality::Best.decodings(0), Quality::Best.decodings(1)].concat();
        let mut seeds: Vec<u64> = all
            .iter()
            .filter_map(|decoding| match decoding {
                Decoding::Sample { seed, .. } => Some(*seed),
                _ => None,
            })
            .collect();
        let samples = seeds.len();
        seeds.sort_unstable();
        seeds.dedup();
        assert_eq!((seeds.len(), all.len()), (samples, samples + 2));
    }
}
