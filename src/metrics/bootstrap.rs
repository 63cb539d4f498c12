//! Paired bootstrap resampling (Koehn 2004) by sacrebleu's formula: whether one system is better than another, or
//! the sentences just happened to suit it.
//!
//! Point scores equal sacrebleu's. The resamples come from another random generator than numpy's, so means, intervals
//! and p agree with it up to the chance of sampling.

use super::{Metric, Statistics};
use crate::error::{Error, Result};

/// How often a corpus is drawn anew.
pub const RESAMPLES: usize = 1000;
const SEED: u64 = 12345;

/// A system beside a baseline, in the score of one metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// The system's score less the baseline's.
    pub difference: f64,
    /// The mean of the system's score over all resamples.
    pub mean: f64,
    /// Half the width of its 95 % interval.
    pub interval: f64,
    /// The chance of such a difference between systems that are equally good; for a system against itself 1.
    pub p: f64,
}

/// Compares two systems by the statistics of the same sentences. The same statistics give the same result.
///
/// # Errors
/// [`ErrorKind::Input`](crate::ErrorKind::Input) when the counts differ or there is no sentence.
pub fn compare(metric: &dyn Metric, system: &[Statistics], baseline: &[Statistics]) -> Result<Comparison> {
    if system.len() != baseline.len() || system.is_empty() {
        let (system, baseline) = (system.len(), baseline.len());
        return Err(Error::input(format!(
            "{system} sentences of a system cannot be compared with {baseline} of the baseline"
        )));
    }
    let score = |statistics: &[Statistics]| metric.score(&Statistics::sum(statistics)).value;
    let difference = score(system) - score(baseline);
    let mut random = fastrand::Rng::with_seed(SEED);
    let (mut scores, mut differences) = (Vec::new(), Vec::new());
    for _ in 0..RESAMPLES {
        let (mut ours, mut theirs) = (Statistics::default(), Statistics::default());
        for _ in 0..system.len() {
            let index = random.usize(..system.len());
            ours += &system[index];
            theirs += &baseline[index];
        }
        let (ours, theirs) = (metric.score(&ours).value, metric.score(&theirs).value);
        scores.push(ours);
        differences.push((ours - theirs).abs());
    }
    let centre = mean(&differences);
    let beyond = differences.iter().filter(|d| *d - centre > difference.abs()).count();
    let p = (beyond + 1) as f64 / (RESAMPLES + 1) as f64;
    let same = system == baseline;
    Ok(Comparison {
        difference,
        mean: mean(&scores),
        interval: half_interval(&mut scores),
        p: if same { 1.0 } else { p },
    })
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Half the distance between the values that leave a fortieth at either end.
fn half_interval(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let cut = values.len() / 40;
    0.5 * (values[values.len() - cut - 1] - values[cut])
}
