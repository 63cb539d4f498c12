//! Translation: which texts are asked for, which answers are accepted, what is asked again and what is flagged.
//!
//! Everything here is pure: [`TranslationRounds`] turns sources into requests and answers into targets, and
//! touches neither a model nor a file. The text of a document is content; nothing in it is obeyed.

mod choose;
mod confidence;
mod copy;
pub(crate) mod guards;
mod job;
mod numerals;
mod pieces;
mod pool;
mod quotation;
mod recombine;
mod rephrase;
mod rounds;
mod verbatim;

pub use choose::Quality;
pub use guards::Guards;
pub(crate) use pieces::normalised;
pub use rounds::TranslationRounds;
pub(crate) use rounds::whole;

use crate::flag::Flag;

/// The target of one segment.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The translation, which holds no line break and no white space at its ends, or a copy of the source.
    pub text: String,
    /// What to doubt.
    pub flags: Vec<Flag>,
    /// Mean natural logarithm of the token probabilities, if a model produced the text.
    pub logprob: Option<f64>,
}

/// Another translation of a segment.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    /// The translation, in one line.
    pub text: String,
    /// Mean natural logarithm of the token probabilities.
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
