//! Speculation from the text: what followed the last tokens when they stood in the prompt or the answer
//! before is proposed to follow them again, and one step verifies all of it (Yang et al. 2023, "Inference
//! with Reference"; Saxena 2023, "Prompt Lookup Decoding"). Summaries repeat whole phrases of their text.
//!
//! A step over a few tokens takes little longer than a step over one, since the weights are walked once. What
//! is verified is chosen as it would be without a proposal, so the answer is the same.

/// Steps of up to this many tokens walk the weights once.
pub(super) const STEP_TOKENS: usize = 8;

/// The fewest and the most last tokens that must have stood together before.
const LEAST: usize = 2;
const MOST: usize = 8;

/// What one row has learned about its proposals.
#[derive(Clone, Debug)]
pub(super) struct Speculation {
    /// How many last tokens must have stood together before. Proposals that fail ask for more, proposals that
    /// hold for less, so a text that repeats nothing soon costs nothing.
    needed: usize,
}

impl Speculation {
    pub(super) fn new() -> Self {
        Self { needed: LEAST }
    }

    /// Up to `limit` tokens that may follow `tokens`: those that stood behind the latest of the longest
    /// repetitions of its end.
    pub(super) fn propose<'a>(&self, tokens: &'a [u32], limit: usize) -> &'a [u32] {
        let mut best = (self.needed.saturating_sub(1), 0);
        for end in (1..tokens.len()).rev() {
            let before = tokens[..end].iter().rev();
            let len = before.zip(tokens.iter().rev()).take(MOST).take_while(|(a, b)| a == b).count();
            if len > best.0 {
                best = (len, end);
            }
            if len == MOST {
                break;
            }
        }
        let follow = match best {
            (_, 0) => &[],
            (_, end) => &tokens[end..],
        };
        &follow[..limit.min(follow.len())]
    }

    /// Learns how many tokens of a proposal held.
    pub(super) fn learn(&mut self, held: usize) {
        self.needed = match held {
            0 => (self.needed + 1).min(MOST),
            _ => self.needed.saturating_sub(held).max(LEAST),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_followed_the_longest_repetition_is_proposed() {
        let speculation = Speculation::new();
        let tokens = [1, 2, 3, 4, 5, 9, 2, 3, 7, 8, 1, 2, 3];
        assert_eq!(speculation.propose(&tokens, 7), [4, 5, 9, 2, 3, 7, 8]);
        assert_eq!(speculation.propose(&tokens, 2), [4, 5]);
        assert_eq!(speculation.propose(&tokens[..12], 7), [3, 4, 5, 9, 2, 3, 7]);
        // The latest of equal ones, and no further than the tokens go.
        assert_eq!(speculation.propose(&[1, 2, 3, 1, 2, 4, 1, 2], 7), [4, 1, 2]);
        assert_eq!(speculation.propose(&[5, 5, 5], 7), [5]);
    }

    #[test]
    fn nothing_is_proposed_where_nothing_repeats() {
        let speculation = Speculation::new();
        for tokens in [&[][..], &[1], &[1, 1], &[1, 2, 3, 4, 2], &[7, 3, 4, 8, 4]] {
            assert!(speculation.propose(tokens, 7).is_empty(), "{tokens:?}");
        }
        assert!(speculation.propose(&[1, 2, 1, 2], 0).is_empty());
    }

    #[test]
    fn failures_ask_for_longer_repetitions_and_successes_for_shorter_ones() {
        let tokens = [1, 2, 3, 4, 8, 2, 3];
        let mut speculation = Speculation::new();
        assert_eq!(speculation.propose(&tokens, 1), [4]);
        speculation.learn(0);
        assert!(speculation.propose(&tokens, 1).is_empty());
        speculation.learn(3);
        assert_eq!(speculation.propose(&tokens, 1), [4]);
        (0..20).for_each(|_| speculation.learn(0));
        let eight: Vec<u32> = (0..8).chain([9]).chain(0..8).collect();
        assert_eq!(speculation.propose(&eight, 1), [9]);
    }
}
