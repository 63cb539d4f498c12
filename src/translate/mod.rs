//! Translation: which texts are asked for, which answers are accepted, what is asked again and what is flagged.

use crate::engine::Hypothesis;
use crate::error::Result;
use crate::flag::Flag;
use crate::lang::LangPair;
use crate::plan::Request;

/// The target of one segment.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The translation, or a copy of the source.
    pub text: String,
    /// What to doubt.
    pub flags: Vec<Flag>,
    /// Mean natural logarithm of the token probabilities, if a model produced the text.
    pub logprob: Option<f64>,
}

/// One text to translate.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The text of a segment.
    pub text: &'a str,
    /// Whether it is copied unchanged (a date stamp).
    pub copy: bool,
}

/// A translation in the making: asks, checks, asks again, and ends with one target for each source.
#[derive(Debug)]
pub struct TranslationRounds {}

impl TranslationRounds {
    /// Starts a translation of `sources`. `budget` is the number of tokens that prompt text and output may
    /// hold together, `count` the engine's token count of a text.
    pub fn new(
        sources: &[Source<'_>],
        pair: &LangPair,
        budget: usize,
        count: &dyn Fn(&str) -> Result<usize>,
    ) -> Result<Self> {
        let _ = (sources, pair, budget, count);
        unimplemented!()
    }

    /// The next round's requests; empty when every source has its target. The number of rounds is bounded.
    pub fn requests(&mut self) -> Vec<Request> {
        unimplemented!()
    }

    /// Takes the answer to the request with this index in the last round.
    pub fn accept(&mut self, index: usize, hypothesis: &Hypothesis) {
        let _ = (index, hypothesis);
    }

    /// The targets so far, in order; a target once there does not change.
    pub fn targets(&self) -> &[Option<Target>] {
        unimplemented!()
    }
}
