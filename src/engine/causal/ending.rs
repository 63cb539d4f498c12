//! When an answer is finished, and what it then is.

use crate::engine::repetition::before_loop;
use crate::engine::{Finish, Hypothesis};
use crate::error::Result;
use crate::tokenize::Tokenizer;

/// What ends the answers of one run.
#[derive(Clone, Copy)]
pub(super) struct Ending<'a> {
    pub(super) tokenizer: &'a Tokenizer,
    pub(super) stops: &'a [u32],
    pub(super) at_line_break: bool,
}

impl Ending<'_> {
    /// The result of a row that produced these tokens with these logarithms of their probabilities, if the
    /// last of them finished it.
    pub(super) fn of(
        &self,
        produced: &[u32],
        logprobs: &[f64],
        max_tokens: usize,
    ) -> Result<Option<Hypothesis>> {
        let Some(last) = produced.last() else { return Ok(None) };
        let before_last = produced.len() - 1;
        let (kept, finish) = if self.stops.contains(last) {
            (before_last, Finish::Stop)
        } else if self.ends_line(produced)? {
            (produced.len(), Finish::Stop)
        } else if let Some(kept) = before_loop(produced) {
            (kept, Finish::Loop)
        } else if produced.len() >= max_tokens {
            (max_tokens, Finish::Length)
        } else {
            return Ok(None);
        };
        self.hypothesis(&produced[..kept], &logprobs[..kept], finish).map(Some)
    }

    /// The result of a row whose answer was given, with the token that ends it.
    pub(super) fn given(&self, answer: &[u32], logprobs: &[f64]) -> Result<Hypothesis> {
        let end = answer.len().saturating_sub(1);
        self.hypothesis(&answer[..end], &logprobs[..end], Finish::Stop)
    }

    /// Whether the last token brings the line break that ends an answer.
    fn ends_line(&self, produced: &[u32]) -> Result<bool> {
        let fresh = produced.len().saturating_sub(1);
        if !self.at_line_break || !self.tokenizer.decode(&produced[fresh..])?.contains('\n') {
            return Ok(false);
        }
        Ok(self.tokenizer.decode(produced)?.trim_start().contains('\n'))
    }

    fn hypothesis(&self, produced: &[u32], logprobs: &[f64], finish: Finish) -> Result<Hypothesis> {
        let mut text = self.tokenizer.decode(produced)?;
        if self.at_line_break
            && let Some(line) = text.trim_start().lines().next()
        {
            text = line.to_string();
        }
        let tokens = produced.len();
        let logprob = (tokens > 0).then(|| logprobs.iter().sum::<f64>() / tokens as f64);
        Ok(Hypothesis { text, tokens, logprob, finish })
    }
}
