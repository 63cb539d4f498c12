//! Choosing tokens from logits.

use crate::engine::ops;
use crate::plan::Decoding;

/// What was chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Choice {
    /// Its place among the logits.
    pub(crate) index: usize,
    /// The natural logarithm of its probability at temperature 1.
    pub(crate) logprob: f64,
}

/// The choice of the token at `index`; `None` when the logits are not usable numbers. They are overwritten.
pub(crate) fn weigh(logits: &mut [f32], index: usize) -> Option<Choice> {
    let max = ops::max(logits);
    let logit = f64::from(*logits.get(index)?);
    let log_sum = f64::from(ops::exp_shifted(logits, max)).ln() + f64::from(max);
    max.is_finite().then_some(Choice { index, logprob: logit - log_sum })
}

/// Chooses the tokens of one row. Rows do not share a random source, so a row's text does not depend on
/// the rows beside it.
pub(crate) struct Sampler {
    /// The temperature and the share of probability that is drawn from; the likeliest token without.
    draws: Option<(f64, f64)>,
    random: SplitMix64,
}

impl Sampler {
    pub(crate) fn new(decoding: &Decoding) -> Self {
        match *decoding {
            Decoding::Greedy | Decoding::Forced { .. } => Self { draws: None, random: SplitMix64(0) },
            Decoding::Sample { temperature, top_p, seed } => {
                Self { draws: Some((temperature, top_p)), random: SplitMix64(seed) }
            }
        }
    }

    /// The next token; `None` when the logits are not usable numbers. They are overwritten.
    pub(crate) fn choose(&mut self, logits: &mut [f32]) -> Option<Choice> {
        let max = ops::max(logits);
        if !max.is_finite() {
            return None;
        }
        let index = match self.draws {
            None => logits.iter().position(|x| *x == max)?,
            Some((temperature, top_p)) => self.draw(logits, max, temperature, top_p)?,
        };
        weigh(logits, index)
    }

    /// A token from the smallest set of most likely ones whose share is `top_p` (Holtzman et al. 2020).
    fn draw(&mut self, logits: &[f32], max: f32, temperature: f64, top_p: f64) -> Option<usize> {
        let weight = |x: f32| (f64::from(x - max) / temperature.max(1e-4)).exp();
        let total: f64 = logits.iter().map(|x| weight(*x)).sum();
        // Tokens below this share make up less than 1 - top_p together, so none is in the set.
        let least = (1.0 - top_p).max(0.0) / logits.len() as f64;
        let mut likely: Vec<(usize, f64)> = logits
            .iter()
            .enumerate()
            .map(|(index, x)| (index, weight(*x) / total))
            .filter(|(_, share)| *share >= least)
            .collect();
        likely.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let mut covered = 0.0;
        let set = likely.iter().take_while(|(_, share)| {
            let within = covered < top_p;
            covered += share;
            within
        });
        let set: Vec<_> = set.collect();
        let mut at = self.random.unit() * set.iter().map(|(_, share)| share).sum::<f64>();
        for (index, share) in &set {
            at -= share;
            if at < 0.0 {
                return Some(*index);
            }
        }
        set.last().or(likely.first().as_ref()).map(|(index, _)| *index)
    }
}

/// Steele, Lea and Flood 2014: the same numbers on every machine and in every version.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 inclusive to 1 exclusive.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGITS: [f32; 5] = [0.0, 3.0, 2.0, -1.0, 3.0];

    fn drawn(temperature: f64, top_p: f64) -> [usize; 5] {
        let mut sampler = Sampler::new(&Decoding::Sample { temperature, top_p, seed: 1 });
        let mut counts = [0; 5];
        for _ in 0..4000 {
            counts[sampler.choose(&mut LOGITS.clone()).unwrap().index] += 1;
        }
        counts
    }

    #[test]
    fn greedy_takes_the_first_of_the_likeliest_with_its_probability() {
        let choice = Sampler::new(&Decoding::Greedy).choose(&mut LOGITS.clone()).unwrap();
        let sum: f64 = LOGITS.iter().map(|x| f64::from(*x).exp()).sum();
        assert_eq!(choice.index, 1);
        assert!((choice.logprob - (3f64.exp() / sum).ln()).abs() < 1e-6);
    }

    #[test]
    fn draws_follow_the_distribution() {
        let counts = drawn(1.0, 1.0);
        let sum: f64 = LOGITS.iter().map(|x| f64::from(*x).exp()).sum();
        for (count, x) in counts.iter().zip(LOGITS) {
            let expected = 4000.0 * f64::from(x).exp() / sum;
            assert!((*count as f64 - expected).abs() < 4.0 * expected.sqrt() + 4.0, "{count} {expected}");
        }
    }

    #[test]
    fn top_p_keeps_to_the_likeliest_and_low_temperature_is_greedy() {
        let counts = drawn(1.0, 0.5);
        assert_eq!(counts[0] + counts[2] + counts[3], 0);
        assert!(counts[1] > 0 && counts[4] > 0);
        assert_eq!(drawn(1.0, 1e-9)[1], 4000);
        let mut cold = Sampler::new(&Decoding::Sample { temperature: 1e-3, top_p: 1.0, seed: 7 });
        assert!((0..100).all(|_| cold.choose(&mut [0.0, 1.0, 0.5]).unwrap().index == 1));
    }

    #[test]
    fn a_seed_gives_the_same_tokens_again() {
        let tokens = |seed| {
            let mut sampler = Sampler::new(&Decoding::Sample { temperature: 1.0, top_p: 0.95, seed });
            (0..50).map(|_| sampler.choose(&mut LOGITS.clone()).unwrap().index).collect::<Vec<_>>()
        };
        assert_eq!(tokens(3), tokens(3));
        assert_ne!(tokens(3), tokens(4));
    }

    #[test]
    fn unusable_logits_are_refused() {
        for bad in [f32::NAN, f32::INFINITY] {
            assert_eq!(Sampler::new(&Decoding::Greedy).choose(&mut [0.0, bad, 1.0]), None);
        }
        assert_eq!(Sampler::new(&Decoding::Greedy).choose(&mut []), None);
    }
}
