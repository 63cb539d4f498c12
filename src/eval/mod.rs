//! Evaluation: how good translations or summaries are on a test set, how sure that is, and how fast they came.
//!
//! A [`TestSet`] holds sources and references. A [`System`] holds what was made of them: read from a file with
//! [`TestSet::system`], or made by a model with [`translate`] or [`summarize`], where a [`State`] file lets an interrupted
//! run go on. [`evaluate`] turns both into a [`Report`], which displays as a table and serializes as JSON;
//! [`write_page`] shows the worst segments side by side.
//!
//! ```no_run
//! use diglot::eval::{Selection, Task, TestSet, evaluate};
//! # use std::path::Path;
//!
//! # fn main() -> diglot::Result<()> {
//! let set = TestSet::lines(None, Path::new("test.en"), Selection::default())?;
//! let systems = [set.system(Path::new("ours.en"))?, set.system(Path::new("theirs.en"))?];
//! println!("{}", evaluate(&set, Task::Translation, &systems)?);
//! # Ok(())
//! # }
//! ```

mod page;
mod plot;
mod report;
mod run;
mod set;
mod state;
mod table;

use serde::{Deserialize, Serialize};

use crate::flag::Flag;
use crate::metrics::{Bleu, Chrf, Metric, Rouge, Ter};
use crate::render::ModelInfo;

pub use page::write_page;
pub use report::{
    Difference, MetricFacts, ModelFacts, Report, SegmentScore, SystemScore, SystemScores, evaluate,
};
pub use run::{Run, summarize, translate};
pub use set::{Selection, TestSet};
pub use state::{Settings, State};

/// What is evaluated, which decides the metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// BLEU, chrF2, chrF2++ and TER; chrF2 for single segments.
    Translation,
    /// ROUGE-1, -2, -L and -Lsum; ROUGE-Lsum for single segments.
    Summary,
    /// The same on stems.
    StemmedSummary,
}

impl Task {
    /// The metrics of a whole test set.
    pub fn metrics(self) -> Vec<Box<dyn Metric>> {
        let rouge = |stem: fn(Rouge) -> Rouge| {
            [Rouge::ONE, Rouge::TWO, Rouge::L, Rouge::LSUM].map(|rouge| Box::new(stem(rouge)) as _).into()
        };
        match self {
            Self::Translation => {
                vec![Box::new(Bleu), Box::new(Chrf::default()), Box::new(Chrf::plus_plus()), Box::new(Ter)]
            }
            Self::Summary => rouge(|rouge| rouge),
            Self::StemmedSummary => rouge(Rouge::stemmed),
        }
    }

    /// The metric of single segments, from 0 to 100, higher is better.
    pub fn segment_metric(self) -> Box<dyn Metric> {
        match self {
            Self::Translation => Box::new(Chrf::default()),
            Self::Summary => Box::new(Rouge::LSUM),
            Self::StemmedSummary => Box::new(Rouge::LSUM.stemmed()),
        }
    }
}

/// What was made of a test set.
#[derive(Clone, Debug)]
pub struct System {
    /// As reports name it.
    pub name: String,
    /// One for each segment.
    pub outputs: Vec<Output>,
    /// The models at work, where there were any.
    pub models: Vec<ModelInfo>,
    /// What making it took, where that was measured.
    pub run: Option<Run>,
}

/// What was made of one segment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// The translation in one line, or the summary with a sentence on each.
    pub text: String,
    /// What to doubt, as far as that was looked for.
    pub flags: Vec<Flag>,
}
