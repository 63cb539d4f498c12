//! How much is done for a translation, and which of several candidates is taken.

use crate::metrics::{Chrf, Metric};
use crate::plan::Decoding;

/// How much work a translation is worth. More candidates for each text cost more time, and agree on a better one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Quality {
    /// The likeliest token each time: one candidate.
    #[default]
    Fast,
    /// A choice among 8 candidates: the greedy one and 7 samples.
    Balanced,
    /// A choice among 24 candidates: the greedy one and 23 samples.
    Best,
}

/// How candidates are drawn beside the greedy one. Not fitted: the setting at which 8 candidates were first tried
/// with the default model.
const TEMPERATURE: f64 = 0.6;
const TOP_P: f64 = 0.95;

/// Seeds of one text lie next to each other; so many are kept for each.
const SEEDS: u64 = 64;

impl Quality {
    /// How the candidates of the text with this number are decoded, the greedy one first.
    pub(super) fn decodings(self, number: u64) -> Vec<Decoding> {
        let samples = match self {
            Self::Fast => 0,
            Self::Balanced => 7,
            Self::Best => 23,
        };
        let sample = |i| Decoding::Sample {
            temperature: TEMPERATURE,
            top_p: TOP_P,
            seed: number.wrapping_mul(SEEDS).wrapping_add(i),
        };
        std::iter::once(Decoding::Greedy).chain((0..samples).map(sample)).collect()
    }
}

/// The place of the candidate that is most like all of them by chrF, the first of several: minimum Bayes risk
/// decoding (Kumar and Byrne 2004), with the samples as references (Eikema and Aziz 2022).
pub(super) fn consensus(candidates: &[&str]) -> Option<usize> {
    let chrf = Chrf::default();
    let likeness = |candidate: &str| -> f64 {
        candidates.iter().map(|other| chrf.score(&chrf.statistics(candidate, other)).value).sum()
    };
    let mut best: Option<(usize, f64)> = None;
    for (place, candidate) in candidates.iter().enumerate() {
        let likeness = match candidates.len() {
            1 => 0.0,
            _ => likeness(candidate),
        };
        if best.is_none_or(|(_, most)| likeness > most) {
            best = Some((place, likeness));
        }
    }
    best.map(|(place, _)| place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_candidate_most_like_the_others_is_taken() {
        let candidates =
            ["A bridge was opened.", "The mayor opened the bridge.", "The mayor opened a bridge.", "Mayor!"];
        assert_eq!(consensus(&candidates), Some(2));
        assert_eq!(consensus(&["one", "two"]), Some(0), "the first of equals");
        assert_eq!(consensus(&["alone"]), Some(0));
        assert_eq!(consensus(&[]), None);
    }

    #[test]
    fn no_two_texts_share_a_seed() {
        assert_eq!(Quality::Fast.decodings(3), [Decoding::Greedy]);
        let mut all = [Quality::Best.decodings(0), Quality::Best.decodings(1)].concat();
        let samples = all.iter().filter(|decoding| **decoding != Decoding::Greedy).count();
        all.dedup();
        let mut seeds: Vec<u64> = all
            .iter()
            .filter_map(|decoding| match decoding {
                Decoding::Sample { seed, .. } => Some(*seed),
                Decoding::Greedy => None,
            })
            .collect();
        seeds.sort_unstable();
        seeds.dedup();
        assert_eq!((seeds.len(), samples), (46, 46));
    }
}
