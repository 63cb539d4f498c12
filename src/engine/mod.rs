//! Engines: requests in, hypotheses out. An engine knows tokens and weights and nothing of documents.

mod attention;
pub mod causal;
mod device;
mod formats;
pub mod kernels;
mod linear;
#[cfg(test)]
mod noise;
mod ops;
mod repetition;
mod rows;
mod sampling;
pub mod search;
pub mod seq2seq;
mod slots;
mod t5;

pub use device::Device;

use crate::error::{Error, Result};
use crate::lang::LangPair;
use crate::plan::Request;

/// A model that can be asked for text. Any engine may fill either role, translator or summariser.
pub trait Engine: Send {
    /// The most tokens that a prompt and its output may hold together.
    fn context(&self) -> usize;

    /// How many tokens the engine makes of `text`.
    fn count_tokens(&self, text: &str) -> Result<usize>;

    /// Whether the engine translates a pair. Those that can be asked for anything say yes.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage), saying what is supported, when it does not.
    fn check_pair(&self, _pair: &LangPair) -> Result<()> {
        Ok(())
    }

    /// Answers every request, in order. Requests are batched as the engine sees fit; the result of one
    /// does not depend on the others. `observe` is told of each finished request and of progress; when it
    /// answers [`Flow::Stop`] the engine returns [`Error::interrupted`](crate::Error::interrupted) before
    /// the next step.
    fn run(
        &mut self,
        requests: &[Request],
        observe: &mut dyn FnMut(Event<'_>) -> Flow,
    ) -> Result<Vec<Hypothesis>>;

    /// Whether the engine answers [`Decoding::Forced`](crate::plan::Decoding::Forced), so that its own candidates can
    /// be weighed with it.
    fn weighs(&self) -> bool {
        false
    }

    /// The `count` best answers to every request, in order, the best first; fewer where a model finds no more.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) for an engine that writes one answer only, as most do.
    fn alternatives(
        &mut self,
        _requests: &[Request],
        _count: usize,
        _observe: &mut dyn FnMut(Event<'_>) -> Flow,
    ) -> Result<Vec<Vec<Hypothesis>>> {
        Err(Error::usage("this model writes one translation of each text and has no alternatives").hint(
            "choose among several with `--quality balanced`, or name an encoder-decoder such as OPUS-MT, NLLB-200 or MADLAD-400",
        ))
    }
}

/// What an engine produced for one request.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    /// The text, without special tokens.
    pub text: String,
    /// How many tokens were produced, the stop token not counted.
    pub tokens: usize,
    /// The mean natural logarithm of the produced tokens' probabilities (temperature 1), if any were.
    pub logprob: Option<f64>,
    /// Why it ended.
    pub finish: Finish,
}

/// Why a hypothesis ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Finish {
    /// The model ended it.
    Stop,
    /// It reached the request's token limit.
    Length,
    /// The engine stopped a repetition.
    Loop,
}

/// What happens while an engine works.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// Prompt tokens were read.
    Prefilled {
        /// How many since the last event.
        tokens: usize,
    },
    /// Tokens were produced.
    Decoded {
        /// How many since the last event.
        tokens: usize,
    },
    /// The request with this index is done.
    Finished {
        /// Index into the requests of this run.
        index: usize,
        /// Its result.
        hypothesis: &'a Hypothesis,
    },
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    Continue,
    /// Stop before the next step.
    Stop,
}
