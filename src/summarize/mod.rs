//! Summaries: picked or written, each sentence pointing at the segments that carry it.

mod answer;
mod chunks;
mod clauses;
mod extract;
mod german;
mod ground;
mod join;
mod names;
mod numbers;
mod rounds;
mod words;

use crate::flag::Flag;
use crate::lang::Lang;
use crate::plan::Length;

pub use extract::extract;
pub use ground::{Grounding, ground};
pub use rounds::SummaryRounds;

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

/// A text has this many words for each sentence of its summary, about those of a part of a long text, so that each part
/// has its say.
const WORDS_FOR_A_SENTENCE: usize = 350;
/// The sentences of a summary whose length nobody asked for.
const USUAL_SENTENCES: std::ops::RangeInclusive<usize> = 3..=12;

/// The length of a summary for which none is asked: three sentences, of a text of over 1,050 words one for every 350,
/// and never more than twelve.
pub fn usual_length(passages: &[Passage<'_>]) -> Length {
    let words: usize = passages.iter().map(|passage| words::count_words(passage.text)).sum();
    let sentences = words.div_ceil(WORDS_FOR_A_SENTENCE);
    Length::Sentences(sentences.clamp(*USUAL_SENTENCES.start(), *USUAL_SENTENCES.end()))
}

/// What is asked of a summary.
#[derive(Clone, Debug)]
pub struct SummaryOptions {
    /// The language of passages and summary.
    pub lang: Lang,
    /// How long it is.
    pub length: Length,
    /// The tokens that the text of one request and its answer may hold together; longer documents go by parts,
    /// and so do those that one request could hold but a small model would not read evenly.
    pub budget: usize,
}
