//! The facade: the only place that knows every room, and the only executor of plans.
//!
//! A [`Model`] is loaded once and shared; a [`Translator`] and a [`Summarizer`] are roles that it fills.

mod alternatives;
mod model;
mod recall;
mod route;
mod summarizer;
mod translator;

pub(crate) use model::named_profile;
pub use model::{LoadOptions, Model};
pub use route::Route;
pub use summarizer::Summarizer;
pub use translator::Translator;
pub(crate) use translator::{source_language, untranslated};

use crate::engine::Flow;
use crate::segment::Segment;
use crate::translate::Target;

/// What happens while a role works.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// A round of requests begins.
    Round {
        /// How many requests it has.
        requests: usize,
        /// From 1; later rounds ask again what was not good enough.
        number: usize,
    },
    /// One request was answered.
    Answered,
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
    /// A segment has its final target. Segments become ready in document order.
    Ready {
        /// The segment.
        segment: &'a Segment,
        /// Its target.
        target: &'a Target,
    },
}

/// An observer that sees nothing and never stops the work.
fn unobserved(_: Progress<'_>) -> Flow {
    Flow::Continue
}
