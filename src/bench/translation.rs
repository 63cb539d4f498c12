//! Translating by an encoder-decoder: many texts together, and one after the other. Texts are token ids, and each
//! gets as many tokens as it has, so that all models and programs do the same work.

use std::time::Instant;

use crate::bench::report::{Report, Unit};
use crate::bench::{Event, Observe, Part, Plan, go_on, machine};
use crate::engine::search::{SearchOptions, Source};
use crate::engine::seq2seq::{Precision, Seq2Seq};
use crate::error::Result;

/// Texts that are translated together.
pub(crate) const TEXTS: usize = 64;
/// Texts of a stream, or of several streams together.
pub(crate) const STREAMED: usize = 16;
/// Tokens of a text where all texts are alike.
pub(crate) const TOKENS: usize = 30;
/// Tokens of texts of mixed lengths, in turn.
pub(crate) const LENGTHS: [usize; 8] = [5, 10, 15, 20, 30, 40, 60, 80];
/// Beams of a search that is not greedy.
const BEAMS: usize = 4;

/// Loads the model and measures the plan's parts.
pub(super) fn measure(
    plan: &Plan<'_>,
    round: usize,
    report: &mut Report,
    observe: Observe<'_>,
) -> Result<()> {
    machine::reset_peak_memory();
    let started = Instant::now();
    let model = Seq2Seq::load(&plan.subject.path, Precision::default(), plan.subject.threads)?;
    let loaded = started.elapsed().as_secs_f64();
    let work = Work::new(plan, &model)?;
    // The first search wakes the threads and touches every page of the weights.
    work.speed(1, 2 * plan.subject.threads, 0, &|_| TOKENS, observe)?;
    for &part in &plan.parts {
        go_on(observe(Event::Part { round, part }))?;
        match part {
            Part::Load => report.add("load", Unit::Seconds, loaded),
            Part::Greedy => work.lines("greedy", 1, TEXTS, 0, report, observe)?,
            Part::Beams => work.lines(&format!("beam {BEAMS}"), BEAMS, TEXTS, 0, report, observe)?,
            Part::Streams => {
                work.lines("1 stream", 1, STREAMED, 1, report, observe)?;
                let threads = plan.subject.threads;
                if threads > 1 {
                    work.lines(&format!("{threads} streams"), 1, STREAMED, threads, report, observe)?;
                }
            }
            Part::Article | Part::Prefill | Part::Decode | Part::Deep => {}
        }
    }
    if let Some(bytes) = machine::peak_memory() {
        report.add("peak memory", Unit::Bytes, bytes);
    }
    Ok(())
}

/// A model and how it is searched.
struct Work<'a> {
    model: &'a Seq2Seq,
    options: SearchOptions,
}

impl<'a> Work<'a> {
    fn new(plan: &Plan<'_>, model: &'a Seq2Seq) -> Result<Self> {
        let mut options = SearchOptions::of_folder(&plan.subject.path)?;
        // Only the greatest length ends an output.
        let ends = std::mem::take(&mut options.eos);
        options.suppressed.extend(ends);
        let options = SearchOptions {
            n_best: 1,
            no_repeat_ngram: 0,
            forced_eos: None,
            max_length: usize::MAX,
            ..options
        };
        Ok(Self { model, options })
    }

    /// Two lines: of texts that are alike, and of texts of mixed lengths.
    fn lines(
        &self,
        name: &str,
        beams: usize,
        texts: usize,
        max_rows: usize,
        report: &mut Report,
        observe: Observe<'_>,
    ) -> Result<()> {
        let alike = self.speed(beams, texts, max_rows, &|_| TOKENS, observe)?;
        report.add(name, Unit::Speed, alike);
        let mixed = self.speed(beams, texts, max_rows, &|text| LENGTHS[text % LENGTHS.len()], observe)?;
        report.add(format!("{name}, mixed"), Unit::Speed, mixed);
        Ok(())
    }

    /// Tokens that are written a second. `max_rows` is that of [`SearchOptions`].
    fn speed(
        &self,
        beams: usize,
        texts: usize,
        max_rows: usize,
        length: &dyn Fn(usize) -> usize,
        observe: Observe<'_>,
    ) -> Result<f64> {
        let sources: Vec<Source> = (0..texts).map(|text| self.source(text, length(text))).collect();
        let options = SearchOptions { beams, max_rows, ..self.options.clone() };
        let started = Instant::now();
        let found = self.model.generate(&sources, &options, &mut |_| observe(Event::Working))?;
        let seconds = started.elapsed().as_secs_f64();
        let written: usize = found.iter().flatten().map(|beam| beam.tokens.len()).sum();
        Ok(written as f64 / seconds)
    }

    /// A text of so many tokens, its end included, which asks for as many.
    fn source(&self, text: usize, length: usize) -> Source {
        let vocab = self.model.vocab_size();
        // The first and the last tokens of a vocabulary are special ones as a rule.
        let token =
            |place: usize| (2 + (text * 7919 + place * 104_729) % vocab.saturating_sub(4).max(1)) as u32;
        let end = self.options.suppressed.last().copied().unwrap_or(0);
        let tokens: Vec<u32> = (1..length).map(|place| token(place - 1)).chain([end]).collect();
        // Lengths of a search count the start.
        Source { max_length: Some(length + 1), ..Source::from(tokens) }
    }
}
