//! What is asked of an engine, as pure data: one [`Request`] for each text to produce.

mod examples;
mod formality;
mod instructions;
mod profile;

pub use formality::Formality;
pub use profile::{Piece, Profile};

use crate::glossary::Term;
use crate::lang::{Lang, LangPair};

/// One text to produce.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What to do.
    pub task: Task,
    /// How to choose tokens.
    pub decoding: Decoding,
    /// At most this many tokens are produced.
    pub max_tokens: usize,
}

/// What an engine is asked to do; each engine words it for its own model.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// Translate `text`.
    Translate {
        /// From which language into which.
        pair: LangPair,
        /// The text of one segment, or of several.
        text: String,
        /// How words of the text are to be translated: a chat model is told, an encoder-decoder has to write them.
        terms: Vec<Term>,
        /// How the reader is addressed, in a language that has several ways: a chat model is told.
        formality: Option<Formality>,
        /// Which wording of the prompt; a retry takes another one.
        wording: Wording,
    },
    /// Summarise `text`, which is in `lang`, in the same language.
    Summarize {
        /// The language of text and summary.
        lang: Lang,
        /// The text.
        text: String,
        /// How long the summary is.
        length: Length,
        /// Which wording of the prompt.
        wording: Wording,
    },
    /// Write a sentence of whatever in `lang`: asked to see how probable a given one is by itself.
    Write {
        /// The language of the sentence.
        lang: Lang,
    },
}

/// The wording of a prompt. Profiles word each differently, so a retry is a different question. A summary has neither
/// examples nor a free wording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Wording {
    /// The first choice.
    #[default]
    Plain,
    /// The first choice after some translations as examples: for chat models, and for languages that have such.
    Examples,
    /// The same with a glossary for each example, for a text that has one.
    Glossed,
    /// One that leaves the model more freedom in how it puts things, for chat models.
    Free,
    /// Another wording, stricter about the output.
    Strict,
}

impl Wording {
    /// Every wording.
    pub(crate) const ALL: [Self; 5] = [Self::Plain, Self::Examples, Self::Glossed, Self::Free, Self::Strict];
}

/// How long a summary is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Length {
    /// This many sentences.
    Sentences(usize),
    /// At most about this many words.
    Words(usize),
    /// This many bullet points, a line each.
    Bullets(usize),
    /// One headline.
    Headline,
}

/// How tokens are chosen.
#[derive(Clone, Debug, PartialEq)]
pub enum Decoding {
    /// The most likely token.
    Greedy,
    /// Drawn from the most likely tokens.
    Sample {
        /// Above 0; lower is closer to greedy.
        temperature: f64,
        /// The share of probability that is drawn from, above 0 and at most 1.
        top_p: f64,
        /// The same seed gives the same text.
        seed: u64,
    },
    /// Not at all: the answer is given, and the hypothesis says how probable the model finds it.
    Forced {
        /// The answer.
        answer: String,
    },
}
