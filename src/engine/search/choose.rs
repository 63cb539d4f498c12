//! From the logits of one row to the tokens that may come next.

use super::options::SearchOptions;
use crate::engine::ops;

/// Tokens that may come next with the logarithms of their probabilities, the likeliest first.
pub(super) type Likeliest = Vec<(u32, f32)>;

/// What decides about one row.
pub(super) struct Rules<'a> {
    pub(super) options: &'a SearchOptions,
    pub(super) forced_bos: Option<u32>,
    pub(super) max_length: usize,
    /// Tokens that are of interest however unlikely they are.
    pub(super) wanted: Vec<u32>,
    /// Whether the row lacks something, and so may not end.
    pub(super) is_open: bool,
}

impl Rules<'_> {
    /// The token that must come next, whatever the logits are.
    pub(super) fn forced(&self, written: &[u32]) -> Option<u32> {
        match self.options.forced_eos {
            Some(eos) if written.len() + 1 == self.max_length => Some(eos),
            _ => self.forced_bos.filter(|_| written.len() == 1),
        }
    }

    /// The `count` likeliest tokens after `written`, the start included, and those that are wanted; `None` when the logits
    /// are not usable numbers. The logits are overwritten.
    pub(super) fn likeliest(&self, logits: &mut [f32], written: &[u32], count: usize) -> Option<Likeliest> {
        let mut max = ops::max(logits);
        if !max.is_finite() {
            return None;
        }
        if let Some(token) = self.forced(written) {
            return Some(vec![(token, 0.0)]);
        }
        let mut log_sum = (!self.options.renormalize).then(|| ops::sum_exp(logits, max).ln());
        self.forbid(logits, written);
        let mut top = top(logits, count);
        for &token in &self.wanted {
            if let Some(logit) = logits.get(token as usize).filter(|logit| logit.is_finite())
                && top.iter().all(|(other, _)| *other != token)
            {
                top.push((token, *logit));
            }
        }
        let log_sum = match &mut log_sum {
            Some(log_sum) => *log_sum,
            None => {
                max = top.first()?.1;
                ops::sum_exp(logits, max).ln()
            }
        };
        Some(top.into_iter().map(|(token, logit)| (token, logit - max - log_sum)).collect())
    }

    /// Takes what may not come next out of the running.
    pub(super) fn forbid(&self, logits: &mut [f32], written: &[u32]) {
        let mut forbid = |token: u32| {
            if let Some(logit) = logits.get_mut(token as usize) {
                *logit = f32::NEG_INFINITY;
            }
        };
        self.options.suppressed.iter().copied().for_each(&mut forbid);
        if written.len() < self.options.min_length || self.is_open {
            self.options.eos.iter().copied().for_each(&mut forbid);
        }
        let size = self.options.no_repeat_ngram;
        if size > 0 && written.len() + 1 >= size {
            let end = &written[written.len() + 1 - size..];
            written.windows(size).filter(|ngram| ngram.starts_with(end)).for_each(|ngram| {
                ngram.last().copied().into_iter().for_each(&mut forbid);
            });
        }
    }
}

/// The places and values of the `count` largest finite numbers, the largest first; of equal ones the first.
fn top(x: &[f32], count: usize) -> Vec<(u32, f32)> {
    const CHUNK: usize = 128;
    let mut top: Vec<(u32, f32)> = Vec::with_capacity(count + 1);
    let mut least = f32::NEG_INFINITY;
    for (chunk, x) in x.chunks(CHUNK).enumerate() {
        // Most chunks hold nothing large enough, which one look at their largest number tells.
        if ops::max(x) <= least {
            continue;
        }
        for (i, value) in x.iter().enumerate().filter(|(_, value)| value.is_finite()) {
            if *value > least {
                let at = top.partition_point(|(_, other)| *other >= *value);
                top.insert(at, ((chunk * CHUNK + i) as u32, *value));
                top.truncate(count);
                if top.len() == count {
                    least = top.last().map_or(least, |(_, value)| *value);
                }
            }
        }
    }
    top
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(len: usize) -> Vec<f32> {
        (0..len).map(|i| ((i * 7919) as f32 * 0.37).sin()).collect()
    }

    fn rules(options: &SearchOptions) -> Rules<'_> {
        let forced_bos = options.forced_bos;
        Rules { options, forced_bos, max_length: 5, wanted: Vec::new(), is_open: false }
    }

    fn likeliest(options: &SearchOptions, logits: &[f32], written: &[u32], count: usize) -> Likeliest {
        let rules = rules(options);
        rules.likeliest(&mut logits.to_vec(), written, count).unwrap()
    }

    fn tokens(likeliest: &Likeliest) -> Vec<u32> {
        likeliest.iter().map(|(token, _)| *token).collect()
    }

    #[test]
    fn the_largest_are_found_wherever_they_are() {
        let x = noise(1000);
        let mut sorted: Vec<(u32, f32)> = (0..).zip(x.iter().copied()).collect();
        sorted.sort_by(|a, b| b.1.total_cmp(&a.1));
        for count in [1, 7, 300] {
            assert_eq!(top(&x, count), sorted[..count]);
        }
        assert_eq!(top(&[f32::NEG_INFINITY, 1.0, 1.0], 3), [(1, 1.0), (2, 1.0)]);
    }

    #[test]
    fn probabilities_are_those_before_or_after_what_is_forbidden() {
        let logits = [1.0, 3.0, 2.0, 0.0];
        let sum = |of: &[f32]| of.iter().map(|x| x.exp()).sum::<f32>().ln();
        let mut options = SearchOptions { suppressed: vec![1], ..SearchOptions::default() };
        let found = likeliest(&options, &logits, &[0], 2);
        assert_eq!(tokens(&found), [2, 0]);
        assert!((found[0].1 - (2.0 - sum(&logits))).abs() < 1e-6);
        options.renormalize = true;
        let found = likeliest(&options, &logits, &[0], 2);
        assert!((found[0].1 - (2.0 - sum(&[1.0, 2.0, 0.0]))).abs() < 1e-6);
    }

    #[test]
    fn forced_and_forbidden_tokens() {
        let logits = [1.0, 3.0, 2.0, 0.0];
        let options = SearchOptions {
            forced_bos: Some(3),
            forced_eos: Some(0),
            eos: vec![1],
            min_length: 3,
            no_repeat_ngram: 2,
            ..SearchOptions::default()
        };
        assert_eq!(likeliest(&options, &logits, &[2], 4), [(3, 0.0)]);
        assert_eq!(likeliest(&options, &logits, &[2, 3, 2, 2], 4), [(0, 0.0)]);
        assert_eq!(tokens(&likeliest(&options, &logits, &[2, 3], 4)), [2, 0, 3]);
        assert_eq!(tokens(&likeliest(&options, &logits, &[2, 3, 2], 4)), [1, 2, 0]);
        let once = SearchOptions { no_repeat_ngram: 1, ..SearchOptions::default() };
        assert_eq!(tokens(&likeliest(&once, &logits, &[2, 3], 4)), [1, 0]);
        assert_eq!(rules(&once).likeliest(&mut [0.0, f32::NAN], &[0], 1), None);
    }

    #[test]
    fn what_is_wanted_comes_too_and_an_open_row_does_not_end() {
        let options = SearchOptions { eos: vec![1], ..SearchOptions::default() };
        let rules = Rules { wanted: vec![0, 2], is_open: true, ..rules(&options) };
        let found = rules.likeliest(&mut [1.0, 3.0, 2.0, 0.0], &[9], 1).unwrap();
        assert_eq!(tokens(&found), [2, 0]);
        assert!((found[0].1 - found[1].1 - 1.0).abs() < 1e-6, "{found:?}");
    }
}
