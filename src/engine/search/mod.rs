//! Search for the outputs of an encoder-decoder: greedy, sampled, or by beams, of many sources at once. Rows of many
//! sources are decoded together, on each thread those of its own sources where there are enough, and a finished source
//! gives its place to a waiting one.

mod choose;
mod hypotheses;
mod options;
mod phrases;
mod workers;

pub use options::{Beam, EarlyStopping, SearchOptions, Source};

use crate::engine::sampling::Sampler;
use crate::engine::seq2seq::parts::{Buffers, DecoderRow, Memory, Model, Tree};
use crate::engine::{Flow, ops};
use crate::error::{Error, Result};
use crate::plan::Decoding;
use choose::{Floor, Likeliest, Rules, Seen};
use hypotheses::{Hypotheses, kept};
use phrases::Phrases;
use workers::Waiting;

/// What happens during a search.
#[derive(Clone, Copy, Debug)]
pub enum SearchEvent<'a> {
    /// Sources were read.
    Encoded {
        /// How many tokens since the last event.
        tokens: usize,
    },
    /// Tokens were written.
    Decoded {
        /// How many since the last event, one for each source.
        tokens: usize,
    },
    /// A source has its outputs.
    Finished {
        /// Its index.
        index: usize,
        /// Its outputs, the best first.
        beams: &'a [Beam],
    },
}

/// The most tokens of sources that are read at once.
const READ_AT_ONCE: usize = 4096;
/// Parts of the vocabulary that threads look at by themselves. Whatever the number of threads, so that sums are
/// always formed in the same order.
const PARTS: usize = 16;

/// Searches the outputs of every source, in order.
pub(super) fn run(
    model: &Model,
    sources: &[Source],
    options: &SearchOptions,
    observe: &mut dyn FnMut(SearchEvent<'_>) -> Flow,
) -> Result<Vec<Vec<Beam>>> {
    if options.beams == 0 || options.n_best > options.beams {
        return Err(Error::usage(format!("{} outputs of {} beams", options.n_best, options.beams))
            .hint("ask for at least one beam, and for no more outputs than beams"));
    }
    let mut results: Vec<Option<Vec<Beam>>> = vec![None; sources.len()];
    workers::run(model, sources, options, &mut |told| match told {
        Told::Encoded { tokens } => observe(SearchEvent::Encoded { tokens }),
        Told::Decoded { tokens } => observe(SearchEvent::Decoded { tokens }),
        Told::Finished { index, beams } => {
            let flow = observe(SearchEvent::Finished { index, beams: &beams });
            if let Some(result) = results.get_mut(index) {
                *result = Some(beams);
            }
            flow
        }
    })?;
    let unanswered = || Error::runtime("a source was left without an output");
    results.into_iter().map(|result| result.ok_or_else(unanswered)).collect()
}

/// A [`SearchEvent`] that may go from one thread to another.
enum Told {
    Encoded { tokens: usize },
    Decoded { tokens: usize },
    Finished { index: usize, beams: Vec<Beam> },
}

/// The state of a search.
struct Search<'a> {
    model: &'a Model,
    options: &'a SearchOptions,
    /// How many sources may be active.
    places: usize,
    tree: Tree,
    active: Vec<Active>,
    buffers: Buffers,
    logits: Vec<f32>,
}

/// A source whose outputs are being written.
struct Active {
    index: usize,
    memory: Memory,
    hypotheses: Hypotheses,
    forced_bos: Option<u32>,
    /// For outputs that are drawn.
    sampler: Option<Sampler>,
}

impl<'a> Search<'a> {
    fn new(model: &'a Model, options: &'a SearchOptions, places: usize) -> Self {
        Self {
            model,
            options,
            places,
            tree: model.tree(),
            active: Vec::new(),
            buffers: Buffers::default(),
            logits: Vec::new(),
        }
    }

    /// Searches the outputs of waiting sources until none is left.
    fn run(
        &mut self,
        waiting: &Waiting<'_>,
        worker: usize,
        tell: &mut dyn FnMut(Told) -> Flow,
    ) -> Result<()> {
        loop {
            let read = self.admit(waiting, worker)?;
            let mut flow = Flow::Continue;
            if read > 0 {
                flow = tell(Told::Encoded { tokens: read });
            }
            if self.active.is_empty() {
                return Ok(());
            }
            if flow == Flow::Continue {
                self.step()?;
                flow = tell(Told::Decoded { tokens: self.active.len() });
            }
            for (index, beams) in self.retire() {
                if tell(Told::Finished { index, beams }) == Flow::Stop {
                    flow = Flow::Stop;
                }
            }
            if flow == Flow::Stop {
                return Err(Error::interrupted());
            }
        }
    }

    /// Reads waiting sources while there is room for their rows; answers how many tokens that were.
    fn admit(&mut self, waiting: &Waiting<'_>, worker: usize) -> Result<usize> {
        let room = self.places.saturating_sub(self.active.len());
        let admitted = waiting.take(worker, room, READ_AT_ONCE);
        let texts: Vec<&[u32]> = admitted.iter().map(|(_, source)| source.tokens.as_slice()).collect();
        if texts.is_empty() {
            return Ok(0);
        }
        for ((index, source), memory) in admitted.iter().zip(self.model.read(&texts)?) {
            let max_length = source.max_length.unwrap_or(usize::MAX).min(self.options.max_length);
            // The last token is written and not read.
            let max_length = max_length.min(self.model.max_positions.saturating_add(1)).max(2);
            let start = source.start.unwrap_or(self.options.start);
            let sampler = self.sampler(*index);
            let phrases = match sampler {
                Some(_) => Phrases::default(),
                None => Phrases::new(&source.phrases),
            };
            self.active.push(Active {
                index: *index,
                memory,
                hypotheses: Hypotheses::new(start, max_length, phrases),
                forced_bos: source.forced_bos.or(self.options.forced_bos),
                sampler,
            });
        }
        Ok(texts.iter().map(|text| text.len()).sum())
    }

    fn sampler(&self, index: usize) -> Option<Sampler> {
        match self.options.decoding {
            Decoding::Sample { temperature, top_p, seed } if self.options.beams == 1 => {
                let seed = seed.wrapping_add(index as u64);
                Some(Sampler::new(&Decoding::Sample { temperature, top_p, seed }))
            }
            _ => None,
        }
    }

    /// Adds a token to each row.
    fn step(&mut self) -> Result<()> {
        let mut hidden = self.read_last()?;
        let likeliest = if self.active.iter().any(|active| active.sampler.is_some()) {
            self.draw(&mut hidden)?
        } else {
            self.likeliest(&mut hidden)?
        };
        let mut rest = likeliest.as_slice();
        for active in &mut self.active {
            let (own, after) = rest.split_at(active.hypotheses.running.len().min(rest.len()));
            rest = after;
            active.hypotheses.advance(own, self.options);
        }
        let paths = self.active.iter().flat_map(|active| &active.hypotheses.running);
        self.tree.keep(paths.map(|row| row.path.as_slice()));
        Ok(())
    }

    /// Reads the last token of each row; answers the hidden states.
    fn read_last(&mut self) -> Result<Vec<f32>> {
        let Self { model, tree, active, buffers, .. } = self;
        for row in active.iter_mut().flat_map(|active| &mut active.hypotheses.running) {
            row.path.push(tree.grow());
        }
        let groups: Vec<(usize, &Memory)> =
            active.iter().map(|active| (active.hypotheses.running.len(), &active.memory)).collect();
        let rows: Vec<DecoderRow<'_>> = active
            .iter()
            .flat_map(|active| &active.hypotheses.running)
            .filter_map(|row| Some(DecoderRow { token: *row.tokens.last()?, path: &row.path }))
            .collect();
        model.step(tree, &groups, &rows, buffers)
    }

    /// The likeliest tokens after each row. Logits are looked at piece by piece, as they are made, and not kept.
    fn likeliest(&mut self, hidden: &mut [f32]) -> Result<Vec<Likeliest>> {
        let Self { model, options, active, buffers, .. } = self;
        let count = if options.beams == 1 { 1 } else { kept(options) };
        let mut rows = Vec::new();
        for active in active.iter() {
            let rules = active.rules(options);
            let running = active.hypotheses.running.iter();
            rows.extend(running.map(|row| (active.hypotheses.row_rules(&rules, row), Floor::new())));
        }
        let mut parts: Vec<Vec<Seen>> =
            (0..PARTS).map(|_| rows.iter().map(|_| Seen::new(count)).collect()).collect();
        model.head_in_parts(hidden, buffers, &mut parts, |seen: &mut Vec<Seen>, row, first, logits| {
            let (rules, floor) = &rows[row];
            seen[row].look(rules, floor, first as u32, logits);
        })?;
        let all = rows.iter().enumerate().map(|(row, (rules, _))| {
            let seen = parts.iter().map(|part| &part[row]);
            rules.likeliest(seen, count).ok_or_else(|| model.unusable())
        });
        all.collect()
    }

    /// Draws a token for each row.
    fn draw(&mut self, hidden: &mut [f32]) -> Result<Vec<Likeliest>> {
        let Self { model, options, active, buffers, logits, .. } = self;
        model.head(hidden, logits, buffers)?;
        let mut drawn = Vec::new();
        let mut rows_of_logits = logits.chunks_exact_mut(model.vocab());
        for active in active.iter_mut() {
            let of_source = active.rules(options);
            for (row, logits) in active.hypotheses.running.iter().zip(&mut rows_of_logits) {
                let rules = of_source.row(&row.tokens);
                let choice = match (&mut active.sampler, rules.forced) {
                    (Some(sampler), None) => {
                        rules.forbid(0, logits);
                        sampler.choose(logits).map(|choice| (choice.index as u32, choice.logprob as f32))
                    }
                    (_, Some(token)) => Some((token, 0.0)).filter(|_| ops::all_finite(logits)),
                    (None, None) => None,
                };
                drawn.push(choice.map(|choice| vec![choice]).ok_or_else(|| model.unusable())?);
            }
        }
        Ok(drawn)
    }

    /// Takes out the sources that are done.
    fn retire(&mut self) -> Vec<(usize, Vec<Beam>)> {
        let mut finished = Vec::new();
        let mut kept = Vec::with_capacity(self.active.len());
        for active in self.active.drain(..) {
            match active.hypotheses.is_done() {
                true => finished.push((active.index, active.hypotheses.into_beams(self.options.n_best))),
                false => kept.push(active),
            }
        }
        self.active = kept;
        finished
    }
}

impl Active {
    fn rules<'a>(&self, options: &'a SearchOptions) -> Rules<'a> {
        Rules { options, forced_bos: self.forced_bos, max_length: self.hypotheses.max_length }
    }
}
