//! What was measured.

use serde::Serialize;

use crate::bench::{Plan, machine};
use crate::engine::causal::FormatUse;
use crate::engine::kernels::{Form, default_threads};
use crate::error::Result;

/// Everything that `diglot bench --json` prints.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// diglot's version.
    pub(crate) diglot: &'static str,
    pub(crate) model: String,
    pub(crate) file: String,
    pub(crate) processor: Option<String>,
    /// Cores granted to this process.
    pub(crate) cores: usize,
    pub(crate) threads: usize,
    /// Where matrices are multiplied.
    pub(crate) device: String,
    /// The form of the kernels on the processor, or `candle` where its product serves.
    pub(crate) kernel: &'static str,
    pub(crate) formats: Vec<FormatUse>,
    pub(crate) rounds: usize,
    pub(crate) article: Option<ArticleFacts>,
    pub(crate) measures: Vec<Measure>,
}

/// The article that was translated and summarised.
#[derive(Debug, Serialize)]
pub(crate) struct ArticleFacts {
    pub(crate) name: String,
    pub(crate) segments: usize,
    pub(crate) prompt_tokens: usize,
    pub(crate) output_tokens: usize,
    pub(crate) full_vocabulary: bool,
    pub(crate) speculation: bool,
    /// Bytes that the keys and values of its requests may grow to together.
    pub(crate) kv_budget: usize,
}

/// One line of the report.
#[derive(Debug, Serialize)]
pub(crate) struct Measure {
    pub(crate) name: String,
    pub(crate) unit: Unit,
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    /// The value of each round.
    pub(crate) values: Vec<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum Unit {
    #[serde(rename = "s")]
    Seconds,
    #[serde(rename = "tokens/s")]
    Speed,
    #[serde(rename = "bytes")]
    Bytes,
}

impl Report {
    pub(super) fn new(plan: &Plan<'_>, formats: Vec<FormatUse>) -> Result<Self> {
        let subject = plan.subject;
        Ok(Self {
            diglot: env!("CARGO_PKG_VERSION"),
            model: subject.info.name.clone(),
            file: subject.path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            processor: machine::processor(),
            cores: default_threads(),
            threads: subject.threads,
            device: subject.load.device.to_string(),
            kernel: Form::choose()?.map_or("candle", Form::name),
            formats,
            rounds: plan.rounds,
            article: None,
            measures: Vec::new(),
        })
    }

    /// Adds a round's value to a line.
    pub(super) fn add(&mut self, name: impl Into<String>, unit: Unit, value: f64) {
        let name = name.into();
        match self.measures.iter_mut().find(|measure| measure.name == name) {
            Some(measure) => measure.add(value),
            None => {
                let values = vec![value];
                self.measures.push(Measure { name, unit, median: value, min: value, max: value, values });
            }
        }
    }
}

impl Measure {
    fn add(&mut self, value: f64) {
        self.values.push(value);
        let mut sorted = self.values.clone();
        sorted.sort_by(f64::total_cmp);
        let (low, high) = (sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
        self.median = (low + high) / 2.0;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_its_rounds_their_median_and_range() {
        let (name, unit) = ("x".to_string(), Unit::Seconds);
        let mut measure = Measure { name, unit, median: 3.0, min: 3.0, max: 3.0, values: vec![3.0] };
        measure.add(9.0);
        assert_eq!((measure.min, measure.median, measure.max), (3.0, 6.0, 9.0));
        measure.add(1.0);
        assert_eq!((measure.min, measure.median, measure.max), (1.0, 3.0, 9.0));
        assert_eq!(measure.values, [3.0, 9.0, 1.0]);
    }
}
