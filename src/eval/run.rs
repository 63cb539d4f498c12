//! A model at work on a test set.

use std::ops::AddAssign;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::bench::peak_memory;
use crate::document::Document;
use crate::engine::Flow;
use crate::error::{Error, Result};
use crate::eval::{Output, State, System, TestSet};
use crate::pipeline::{Progress, Summarizer, Translator, untranslated};

/// Segments that are translated together. The state is saved after each batch.
const BATCH: usize = 64;

/// What making outputs took.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Outputs made.
    pub segments: usize,
    /// Without loading the model.
    pub seconds: f64,
    /// Prompt tokens read.
    pub prompt_tokens: usize,
    /// Tokens produced.
    pub output_tokens: usize,
    /// The most bytes that the process held at once, where the system tells.
    pub peak_memory: Option<f64>,
}

impl AddAssign for Run {
    fn add_assign(&mut self, other: Self) {
        self.segments += other.segments;
        self.seconds += other.seconds;
        self.prompt_tokens += other.prompt_tokens;
        self.output_tokens += other.output_tokens;
        self.peak_memory = match (self.peak_memory, other.peak_memory) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        };
    }
}

type Observe<'a> = &'a mut dyn FnMut(Progress<'_>) -> Flow;

/// Makes the outputs of the segments with these indices.
type Make<'a> = &'a mut dyn FnMut(&[usize], Observe<'_>) -> Result<Vec<Output>>;

/// Translates each segment of a test set by itself, except those that the state has already.
///
/// # Errors
/// When the set lacks its source or languages, or the model fails; interrupted when `observe` says so.
pub fn translate(
    set: &TestSet,
    translator: &Translator,
    state: &mut State,
    observe: Observe<'_>,
) -> Result<System> {
    let (sources, pair) = (set.sources()?, set.pair()?);
    let mut system = work_through(set, BATCH, state, observe, &mut |batch, observe| {
        let texts: Vec<&str> = batch.iter().map(|&index| sources[index].as_str()).collect();
        let targets = translator.translate_texts_observed(&texts, &pair.source, observe)?;
        Ok(targets.into_iter().map(|target| Output { text: target.text, flags: target.flags }).collect())
    })?;
    system.models = vec![translator.model().info().clone()];
    Ok(named(system))
}

/// Summarises each document of a test set, except those that the state has already. A translator is needed where the
/// references are in another language than the sources.
///
/// # Errors
/// As [`translate`].
pub fn summarize(
    set: &TestSet,
    translator: Option<&Translator>,
    summarizer: &Summarizer,
    state: &mut State,
    observe: Observe<'_>,
) -> Result<System> {
    let (sources, pair) = (set.sources()?, set.pair()?);
    let mut system = work_through(set, 1, state, observe, &mut |batch, observe| {
        let mut outputs = Vec::new();
        for &index in batch {
            let document = Document::decode(set.segments[index].clone(), sources[index].as_bytes(), None)?;
            let bitext = match translator {
                Some(translator) => translator.translate_observed(&document, observe)?,
                None => untranslated(&document, &pair.target, None)?,
            };
            let summary = summarizer.summarize_observed(&bitext, observe)?;
            let sentences: Vec<&str> = summary.sentences.iter().map(|s| s.text.as_str()).collect();
            outputs.push(Output {
                text: sentences.join("\n"),
                flags: summary.sentences.iter().flat_map(|s| s.flags.clone()).collect(),
            });
        }
        Ok(outputs)
    })?;
    let models = translator.map(Translator::model).into_iter().chain(summarizer.model());
    system.models = models.map(|model| model.info().clone()).collect();
    system.models.dedup();
    Ok(named(system))
}

/// Names a system by its models.
fn named(mut system: System) -> System {
    let names: Vec<&str> = system.models.iter().map(|model| model.name.as_str()).collect();
    system.name = if names.is_empty() { "extractive".to_owned() } else { names.join(" + ") };
    system
}

/// Has the outputs made that the state lacks, batch by batch, and gives all.
fn work_through(
    set: &TestSet,
    size: usize,
    state: &mut State,
    observe: Observe<'_>,
    make: Make<'_>,
) -> Result<System> {
    let left: Vec<usize> =
        (0..set.segments.len()).filter(|&index| state.get(&set.segments[index]).is_none()).collect();
    for batch in left.chunks(size) {
        let (mut run, started) = (Run { segments: batch.len(), ..Run::default() }, Instant::now());
        let outputs = make(batch, &mut |event| {
            match event {
                Progress::Prefilled { tokens } => run.prompt_tokens += tokens,
                Progress::Decoded { tokens } => run.output_tokens += tokens,
                _ => {}
            }
            observe(event)
        })?;
        run.seconds = started.elapsed().as_secs_f64();
        run.peak_memory = peak_memory();
        let names = batch.iter().map(|&index| set.segments[index].clone());
        state.add(names.zip(outputs).collect(), run)?;
    }
    let missing = |name| Error::runtime(format!("segment {name} was left without an output"));
    let outputs = set.segments.iter().map(|name| state.get(name).cloned().ok_or_else(|| missing(name)));
    Ok(System {
        name: String::new(),
        outputs: outputs.collect::<Result<_>>()?,
        models: Vec::new(),
        run: Some(state.run.clone()),
    })
}
