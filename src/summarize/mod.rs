//! Summaries: picked or written, each sentence pointing at the segments that carry it.

mod extract;
mod ground;
mod names;
mod numbers;
mod words;

use crate::engine::Hypothesis;
use crate::error::Result;
use crate::flag::Flag;
use crate::lang::Lang;
use crate::plan::{Length, Request};

pub use extract::extract;
pub use ground::{Grounding, ground};

/// A summary whose sentences point at the segments that carry them.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The language it is written in.
    pub lang: Lang,
    /// How it was made.
    pub method: Method,
    /// Its sentences, bullet points or headline, in order.
    pub sentences: Vec<SummarySentence>,
    /// Whether each sentence stands on a line of its own.
    pub bulleted: bool,
}

/// One sentence of a summary.
#[derive(Clone, Debug, PartialEq)]
pub struct SummarySentence {
    /// The sentence.
    pub text: String,
    /// Ids of the segments that support it, ascending; empty when none does.
    pub sources: Vec<usize>,
    /// What to doubt.
    pub flags: Vec<Flag>,
}

/// How a summary was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Method {
    /// Written by a model.
    #[default]
    Abstractive,
    /// Sentences picked from the source.
    Extractive,
    /// A translation of another summary, sentence by sentence.
    Translated,
}

/// A segment as the summariser sees it: its id and its text in the summary's language.
#[derive(Clone, Copy, Debug)]
pub struct Passage<'a> {
    /// The segment's id.
    pub id: usize,
    /// The block that it belongs to.
    pub block: usize,
    /// The text in the language of the summary.
    pub text: &'a str,
}

/// What is asked of a summary.
#[derive(Clone, Debug)]
pub struct SummaryOptions {
    /// The language of passages and summary.
    pub lang: Lang,
    /// How long it is.
    pub length: Length,
    /// The tokens of text that one request may hold; longer documents go by map and reduce.
    pub budget: usize,
}

/// An abstractive summary in the making: asks, checks, asks again, and ends with a summary.
#[derive(Debug)]
pub struct SummaryRounds {}

impl SummaryRounds {
    /// Starts a summary of `passages`. `count` is the engine's token count of a text.
    pub fn new(
        passages: &[Passage<'_>],
        options: &SummaryOptions,
        count: &dyn Fn(&str) -> Result<usize>,
    ) -> Result<Self> {
        let _ = (passages, options, count);
        unimplemented!()
    }

    /// The next round's requests; empty when the summary is done.
    pub fn requests(&mut self) -> Result<Vec<Request>> {
        unimplemented!()
    }

    /// Takes the answer to the request with this index in the last round.
    pub fn accept(&mut self, index: usize, hypothesis: &Hypothesis) {
        let _ = (index, hypothesis);
    }

    /// The summary.
    pub fn finish(self) -> Summary {
        unimplemented!()
    }
}
