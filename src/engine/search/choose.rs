//! From the logits of one row to the tokens that may come next.

use std::sync::atomic::{AtomicU32, Ordering};

use super::options::SearchOptions;
use crate::engine::ops;

/// Tokens that may come next with the logarithms of their probabilities, the likeliest first.
pub(super) type Likeliest = Vec<(u32, f32)>;

/// What decides about the rows of one source.
pub(super) struct Rules<'a> {
    pub(super) options: &'a SearchOptions,
    pub(super) forced_bos: Option<u32>,
    pub(super) max_length: usize,
}

/// What decides about the next token of one row.
pub(super) struct RowRules {
    /// The token that must come next, whatever the logits are.
    pub(super) forced: Option<u32>,
    /// Tokens that may not come next, in ascending order.
    forbidden: Vec<u32>,
    /// Tokens that are of interest however unlikely they are.
    wanted: Vec<u32>,
    /// Whether probabilities are those among what may come next.
    renormalize: bool,
}

impl Rules<'_> {
    /// For the row that has `written`, the start included.
    pub(super) fn row(&self, written: &[u32]) -> RowRules {
        let forced = match self.options.forced_eos {
            Some(eos) if written.len() + 1 == self.max_length => Some(eos),
            _ => self.forced_bos.filter(|_| written.len() == 1),
        };
        let renormalize = self.options.renormalize;
        RowRules { forced, forbidden: self.forbidden(written), wanted: Vec::new(), renormalize }
    }

    /// For a row that lacks something: it may not end, and looks at the tokens that it wants too.
    pub(super) fn open_row(&self, written: &[u32], wanted: Vec<u32>) -> RowRules {
        let mut row = RowRules { wanted, ..self.row(written) };
        row.forbidden.extend(&self.options.eos);
        row.forbidden.sort_unstable();
        row
    }

    fn forbidden(&self, written: &[u32]) -> Vec<u32> {
        let mut forbidden = self.options.suppressed.clone();
        if written.len() == 1 + usize::from(self.forced_bos.is_some()) {
            forbidden.extend(&self.options.suppressed_first);
        }
        forbidden.extend(self.options.suppressed_sequences.iter().filter_map(|sequence| {
            let (last, before) = sequence.split_last()?;
            written.ends_with(before).then_some(*last)
        }));
        if written.len() < self.options.min_length {
            forbidden.extend(&self.options.eos);
        }
        let size = self.options.no_repeat_ngram;
        if size > 0 && written.len() + 1 >= size {
            let end = &written[written.len() + 1 - size..];
            let repeats = written.windows(size).filter(|ngram| ngram.starts_with(end));
            forbidden.extend(repeats.filter_map(|ngram| ngram.last()));
        }
        forbidden.sort_unstable();
        forbidden
    }
}

impl RowRules {
    /// Takes what may not come next out of the running: `logits` are those of the tokens from `first` on.
    pub(super) fn forbid(&self, first: u32, logits: &mut [f32]) {
        let from = self.forbidden.partition_point(|token| *token < first);
        for token in self.forbidden.iter().skip(from) {
            match logits.get_mut((token - first) as usize) {
                Some(logit) => *logit = f32::NEG_INFINITY,
                None => break,
            }
        }
    }

    /// The `count` likeliest tokens, from what was seen of all logits, in order, and those that are wanted; `None` when
    /// they are not usable numbers.
    pub(super) fn likeliest<'s>(
        &self,
        seen: impl Iterator<Item = &'s Seen> + Clone,
        count: usize,
    ) -> Option<Likeliest> {
        let max = seen.clone().fold(f32::NEG_INFINITY, |max, seen| max.max(seen.max));
        if !max.is_finite() || seen.clone().any(|seen| seen.broken) {
            return None;
        }
        if let Some(token) = self.forced {
            return Some(vec![(token, 0.0)]);
        }
        let sum: f32 = seen.clone().map(|seen| seen.sum() * ops::exp(seen.max - max)).sum();
        let mut top = Top::new(count);
        seen.clone().flat_map(|seen| &seen.top.found).for_each(|(token, logit)| top.offer(*token, *logit));
        let mut found = top.found;
        for wanted in seen.flat_map(|seen| &seen.wanted) {
            if !found.contains(wanted) {
                found.push(*wanted);
            }
        }
        let log_sum = sum.ln();
        Some(found.into_iter().map(|(token, logit)| (token, logit - max - log_sum)).collect())
    }
}

/// What was seen of some of the logits of a row.
pub(super) struct Seen {
    /// The largest of those that may come next.
    top: Top,
    /// Those that are wanted and may come next.
    wanted: Vec<(u32, f32)>,
    /// The largest of those that count for probabilities.
    max: f32,
    /// Sums of `e^(logit - max)` of these, of every sixteenth each.
    sums: [f32; 16],
    /// Whether one was no usable number.
    broken: bool,
}

impl Seen {
    /// Nothing yet; the `count` largest logits are to be kept.
    pub(super) fn new(count: usize) -> Self {
        let wanted = Vec::new();
        Self { top: Top::new(count), wanted, max: f32::NEG_INFINITY, sums: [0.0; 16], broken: false }
    }

    /// Looks at the logits of the tokens from `first` on, which are overwritten. What is found in the end does not depend
    /// on where pieces begin, as long as that is at a multiple of 16.
    pub(super) fn look(&mut self, rules: &RowRules, floor: &Floor, first: u32, logits: &mut [f32]) {
        let mut max = ops::max(logits);
        self.broken |= max.is_nan() || max == f32::INFINITY;
        for token in rules.wanted.iter().filter(|token| rules.forbidden.binary_search(token).is_err()) {
            let logit = token.checked_sub(first).and_then(|place| logits.get(place as usize));
            self.wanted.extend(logit.filter(|logit| logit.is_finite()).map(|logit| (*token, *logit)));
        }
        if rules.renormalize {
            rules.forbid(first, logits);
            max = ops::max(logits);
        }
        if !max.is_finite() {
            return;
        }
        if max > self.max {
            ops::sum_exp_rising(logits, &mut self.max, &mut self.sums);
        } else {
            ops::sum_exp_onto(logits, self.max, &mut self.sums);
        }
        if max > self.top.least && max >= floor.get() {
            rules.forbid(first, logits);
            self.top.look(first, logits, floor.get());
            floor.raise(self.top.least);
        }
    }

    fn sum(&self) -> f32 {
        self.sums.iter().sum()
    }
}

/// What the likeliest tokens of a row have at least, as far as is known: a part of the vocabulary need not keep what
/// another part has surpassed often enough.
pub(super) struct Floor(AtomicU32);

impl Floor {
    pub(super) fn new() -> Self {
        Self(AtomicU32::new(f32::NEG_INFINITY.to_bits()))
    }

    fn get(&self) -> f32 {
        f32::from_bits(self.0.load(Ordering::Relaxed))
    }

    /// Two threads may raise it at once; either value is true.
    fn raise(&self, to: f32) {
        if to > self.get() {
            self.0.store(to.to_bits(), Ordering::Relaxed);
        }
    }
}

/// The largest of some finite numbers with their places, the largest first; of equal ones the first.
struct Top {
    count: usize,
    found: Vec<(u32, f32)>,
    /// Only what is larger gets in.
    least: f32,
}

impl Top {
    fn new(count: usize) -> Self {
        Self { count, found: Vec::with_capacity(count + 1), least: f32::NEG_INFINITY }
    }

    /// Looks at numbers of the places from `first` on; what is below `floor` need not get in.
    fn look(&mut self, first: u32, x: &[f32], floor: f32) {
        const CHUNK: usize = 64;
        for (chunk, x) in (0u32..).zip(x.chunks(CHUNK)) {
            // Most chunks hold nothing large enough, which one look at their largest number tells.
            let max = ops::max(x);
            if max > self.least && max >= floor {
                let places = first + chunk * CHUNK as u32..;
                places.zip(x).for_each(|(place, x)| self.offer(place, *x));
            }
        }
    }

    fn offer(&mut self, place: u32, x: f32) {
        if x > self.least {
            let at = self.found.partition_point(|(_, other)| *other >= x);
            self.found.insert(at, (place, x));
            self.found.truncate(self.count);
            if self.found.len() == self.count {
                self.least = self.found.last().map_or(self.least, |(_, x)| *x);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::noise::noise;

    fn likeliest(options: &SearchOptions, logits: &[f32], written: &[u32], count: usize) -> Likeliest {
        let rules = Rules { options, forced_bos: options.forced_bos, max_length: 5 };
        in_pieces(&rules.row(written), logits, count, 3).unwrap()
    }

    /// Looks at the logits in pieces, and at each half of the pieces by itself.
    fn in_pieces(rules: &RowRules, logits: &[f32], count: usize, len: usize) -> Option<Likeliest> {
        let (mut halves, floor) = ([Seen::new(count), Seen::new(count)], Floor::new());
        let middle = logits.len().div_ceil(len).div_ceil(2);
        for (i, piece) in logits.chunks(len).enumerate() {
            halves[i / middle].look(rules, &floor, (i * len) as u32, &mut piece.to_vec());
        }
        rules.likeliest(halves.iter(), count)
    }

    fn tokens(likeliest: &Likeliest) -> Vec<u32> {
        likeliest.iter().map(|(token, _)| *token).collect()
    }

    #[test]
    fn the_largest_are_found_wherever_they_are() {
        let x = noise(0, 1000);
        let mut sorted: Vec<(u32, f32)> = (0..).zip(x.iter().copied()).collect();
        sorted.sort_by(|a, b| b.1.total_cmp(&a.1));
        let log_sum = x.iter().map(|x| x.exp()).sum::<f32>().ln();
        let options = SearchOptions::default();
        let rules = Rules { options: &options, forced_bos: None, max_length: 5 }.row(&[0]);
        for count in [1, 7, 300] {
            for len in [1, 70, 400, 1000] {
                let found = in_pieces(&rules, &x, count, len).unwrap();
                assert_eq!(tokens(&found), sorted[..count].iter().map(|(i, _)| *i).collect::<Vec<_>>());
                for ((_, found), (_, logit)) in found.iter().zip(&sorted) {
                    assert!((found - (logit - log_sum)).abs() < 1e-5, "{found} {logit}");
                }
            }
        }
        let equal = in_pieces(&rules, &[f32::NEG_INFINITY, 1.0, 1.0], 3, 2).unwrap();
        assert_eq!(tokens(&equal), [1, 2]);
    }

    #[test]
    fn pieces_and_what_others_found_change_nothing() {
        let options = SearchOptions { suppressed: vec![3, 500], ..SearchOptions::default() };
        let rules = Rules { options: &options, forced_bos: None, max_length: 5 }.row(&[0]);
        let mut x = noise(0, 1000);
        x[700..705].fill(0.99);
        let look = |len: usize, floor: &Floor| {
            let mut seen = Seen::new(9);
            for (i, piece) in x.chunks(len).enumerate() {
                seen.look(&rules, floor, (i * len) as u32, &mut piece.to_vec());
            }
            rules.likeliest([&seen].into_iter(), 9).unwrap()
        };
        let whole = look(1000, &Floor::new());
        for len in [16, 48, 512] {
            let floor = Floor::new();
            assert_eq!(look(len, &floor), whole);
            assert_eq!(look(len, &floor), whole, "a floor that is met is no hindrance");
        }
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
        let rules = Rules { options: &once, forced_bos: Some(1), max_length: 5 };
        for broken in [[0.0, f32::NAN], [f32::INFINITY, 0.0], [f32::NEG_INFINITY; 2]] {
            for written in [&[0][..], &[0, 1]] {
                assert_eq!(in_pieces(&rules.row(written), &broken, 1, 1), None, "{broken:?}");
            }
        }
    }

    #[test]
    fn sequences_may_not_end_and_some_tokens_may_not_begin() {
        let logits = [1.0, 3.0, 2.0, 0.0];
        let options = SearchOptions {
            suppressed_first: vec![1],
            suppressed_sequences: vec![vec![7, 2, 1], vec![3, 2], vec![9, 9, 9, 9, 9]],
            ..SearchOptions::default()
        };
        assert_eq!(tokens(&likeliest(&options, &logits, &[9], 4)), [2, 0, 3]);
        assert_eq!(tokens(&likeliest(&options, &logits, &[9, 2], 4)), [1, 2, 0, 3]);
        assert_eq!(tokens(&likeliest(&options, &logits, &[9, 7, 2], 4)), [2, 0, 3]);
        assert_eq!(tokens(&likeliest(&options, &logits, &[9, 7, 3], 4)), [1, 0, 3]);
        let after_forced = SearchOptions { forced_bos: Some(2), ..options };
        assert_eq!(likeliest(&after_forced, &logits, &[9], 4), [(2, 0.0)]);
        assert_eq!(tokens(&likeliest(&after_forced, &logits, &[9, 2], 4)), [2, 0, 3]);
    }

    #[test]
    fn what_is_wanted_comes_too_and_an_open_row_does_not_end() {
        let options = SearchOptions { eos: vec![1], suppressed: vec![4], ..SearchOptions::default() };
        let rules =
            Rules { options: &options, forced_bos: None, max_length: 5 }.open_row(&[9], vec![0, 2, 4]);
        for len in [1, 2, 5] {
            let found = in_pieces(&rules, &[1.0, 3.0, 2.0, 0.0, 2.5], 1, len).unwrap();
            assert_eq!(tokens(&found), [2, 0], "{len}");
            assert!((found[0].1 - found[1].1 - 1.0).abs() < 1e-6, "{found:?}");
        }
    }
}
