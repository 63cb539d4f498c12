//! Scores of systems on a test set.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::{Error, Result};
use crate::eval::{Output, Run, System, Task, TestSet};
use crate::flag::{Flag, FlagKind};
use crate::metrics::{Metric, Resampled};
use crate::render::ModelInfo;

/// How good systems are on a test set.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// diglot's version.
    pub diglot: &'static str,
    /// What was evaluated.
    pub task: Task,
    /// The reference file or folder.
    pub test_set: String,
    /// The languages, where they are known: source and target.
    pub languages: Option<[String; 2]>,
    /// The metrics of the whole set, in the order of each system's scores.
    pub metrics: Vec<MetricFacts>,
    /// The metric of single segments.
    pub segment_metric: String,
    /// The system, then those that it is compared with.
    pub systems: Vec<SystemScores>,
    /// Each segment of the first system.
    pub segments: Vec<SegmentScore>,
}

/// How a metric was computed.
#[derive(Clone, Debug, Serialize)]
pub struct MetricFacts {
    /// Its usual name.
    pub name: String,
    /// Its settings, those of the resampling included.
    pub signature: String,
}

/// The scores of a system.
#[derive(Clone, Debug, Serialize)]
pub struct SystemScores {
    /// Its name.
    pub name: String,
    /// One for each metric.
    pub scores: Vec<SystemScore>,
    /// Outputs that carry a doubt; none where doubts were not looked for.
    pub flagged: Option<usize>,
    /// How many flags there are of each kind.
    pub flags: BTreeMap<FlagKind, usize>,
    /// The models at work.
    pub models: Vec<ModelFacts>,
    /// What making the outputs took.
    pub run: Option<Run>,
}

/// A model and its files.
#[derive(Clone, Debug, Serialize)]
pub struct ModelFacts {
    /// Its name.
    pub name: String,
    /// The sha256 of each file, by name.
    pub files: BTreeMap<String, String>,
}

/// A score, how sure it is, and how it compares.
#[derive(Clone, Debug, Serialize)]
pub struct SystemScore {
    /// The score of the whole set.
    pub score: f64,
    /// What it is made of, in the metric's notation.
    pub detail: String,
    /// The mean over all resamples.
    pub mean: f64,
    /// Half the width of the interval that holds 95 % of the resamples.
    pub interval: f64,
    /// The first system beside this one; none in the first.
    pub difference: Option<Difference>,
}

/// How much the first system is ahead of another.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Difference {
    /// Its score less the other's.
    pub score: f64,
    /// The chance of such a difference between equally good systems (paired bootstrap).
    pub p: f64,
}

/// The score of a segment.
#[derive(Clone, Debug, Serialize)]
pub struct SegmentScore {
    /// The number of its line, or its file.
    pub name: String,
    /// From 0 to 100.
    pub score: f64,
    /// What to doubt.
    pub flags: Vec<Flag>,
}

/// Scores systems, and compares the first with each of the others.
///
/// # Errors
/// [`ErrorKind::Input`](crate::ErrorKind::Input) when a system has not as many outputs as the test set has references.
pub fn evaluate(set: &TestSet, task: Task, systems: &[System]) -> Result<Report> {
    for System { name, outputs, .. } in systems {
        if outputs.len() != set.references.len() {
            return Err(Error::input(format!(
                "{name} has {} outputs, but {} has {} references",
                outputs.len(),
                set.name,
                set.references.len()
            )));
        }
    }
    let metrics = task.metrics();
    let first =
        systems.first().map(|system| resampled(set, system, &metrics)).transpose()?.unwrap_or_default();
    let compared = |(index, system): (usize, &System)| {
        if index == 0 {
            return Ok(SystemScores::new(set, system, scores(&first)));
        }
        let other = resampled(set, system, &metrics)?;
        let mut scores = scores(&other);
        for (score, (first, other)) in scores.iter_mut().zip(first.iter().zip(&other)) {
            score.difference = Some(Difference {
                score: first.score().value - other.score().value,
                p: first.p_value(other)?,
            });
        }
        Ok(SystemScores::new(set, system, scores))
    };
    Ok(Report {
        diglot: env!("CARGO_PKG_VERSION"),
        task,
        test_set: set.name.clone(),
        languages: set
            .pair
            .as_ref()
            .map(|pair| [&pair.source, &pair.target].map(|lang| lang.tag().to_owned())),
        metrics: metrics.iter().map(|metric| MetricFacts::new(&**metric)).collect(),
        segment_metric: task.segment_metric().name(),
        systems: systems.iter().enumerate().map(compared).collect::<Result<_>>()?,
        segments: systems.first().map(|system| segments(set, task, system)).unwrap_or_default(),
    })
}

fn resampled(set: &TestSet, system: &System, metrics: &[Box<dyn Metric>]) -> Result<Vec<Resampled>> {
    let pairs = || system.outputs.iter().zip(&set.references);
    let mut resampled = Vec::new();
    for metric in metrics {
        let statistics =
            pairs().map(|(output, reference)| metric.statistics(&output.text, reference)).collect();
        resampled.push(Resampled::new(&**metric, statistics)?);
    }
    Ok(resampled)
}

fn scores(resampled: &[Resampled]) -> Vec<SystemScore> {
    let score = |resampled: &Resampled| SystemScore {
        score: resampled.score().value,
        detail: resampled.score().detail.clone(),
        mean: resampled.mean(),
        interval: resampled.interval(),
        difference: None,
    };
    resampled.iter().map(score).collect()
}

fn segments(set: &TestSet, task: Task, system: &System) -> Vec<SegmentScore> {
    let metric = task.segment_metric();
    let score = |(name, (Output { text, flags }, reference)): (&String, (&Output, &String))| SegmentScore {
        name: name.clone(),
        score: metric.score(&metric.statistics(text, reference)).value,
        flags: flags.clone(),
    };
    set.segments.iter().zip(system.outputs.iter().zip(&set.references)).map(score).collect()
}

impl MetricFacts {
    fn new(metric: &dyn Metric) -> Self {
        Self { name: metric.name(), signature: metric.signature().resampled().to_string() }
    }
}

impl SystemScores {
    fn new(set: &TestSet, system: &System, scores: Vec<SystemScore>) -> Self {
        let mut flags = BTreeMap::new();
        for flag in system.outputs.iter().flat_map(|output| &output.flags) {
            *flags.entry(flag.kind).or_insert(0) += 1;
        }
        let doubtful = |output: &&Output| output.flags.iter().any(|flag| flag.kind.is_doubt());
        Self {
            name: system.name.clone(),
            scores,
            flagged: (system.run.is_some() || set.is_checked())
                .then(|| system.outputs.iter().filter(doubtful).count()),
            flags,
            models: system.models.iter().map(ModelFacts::new).collect(),
            run: system.run.clone(),
        }
    }
}

impl ModelFacts {
    fn new(model: &ModelInfo) -> Self {
        Self { name: model.name.clone(), files: model.files.iter().cloned().collect() }
    }
}
