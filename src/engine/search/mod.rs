//! Search for the outputs of an encoder-decoder: greedy, sampled, or by beams, of many sources at once. Rows of all
//! sources are decoded together, and a finished source gives its place to a waiting one.

mod choose;
mod hypotheses;
mod options;

pub use options::{Beam, EarlyStopping, SearchOptions, Source};

use std::cmp::Reverse;

use crate::engine::Flow;
use crate::engine::sampling::Sampler;
use crate::engine::seq2seq::parts::{Buffers, DecoderRow, Memory, Model, Tree};
use crate::error::{Error, Result};
use crate::plan::Decoding;
use choose::{Likeliest, Rules};
use hypotheses::{Hypotheses, Running, kept};

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

/// The most rows at once.
const MAX_ROWS: usize = 128;
/// The most memory for logits in bytes, on top of one source's.
const LOGITS: usize = 64 << 20;
/// The most tokens of sources that are read at once.
const READ_AT_ONCE: usize = 4096;

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
    let mut search = Search {
        model,
        options,
        tree: model.tree(),
        active: Vec::new(),
        buffers: Buffers::default(),
        logits: Vec::new(),
    };
    // The longest first: sources of one length end at about the same time, and the last ones soon.
    let mut waiting: Vec<(usize, &Source)> = sources.iter().enumerate().collect();
    waiting.sort_by_key(|(_, source)| Reverse(source.tokens.len()));
    let mut waiting = waiting.as_slice();
    loop {
        let read = search.admit(&mut waiting)?;
        let mut flow = Flow::Continue;
        if read > 0 {
            flow = observe(SearchEvent::Encoded { tokens: read });
        }
        if search.active.is_empty() {
            break;
        }
        if flow == Flow::Continue {
            search.step()?;
            flow = observe(SearchEvent::Decoded { tokens: search.active.len() });
        }
        for (index, beams) in search.retire() {
            if observe(SearchEvent::Finished { index, beams: &beams }) == Flow::Stop {
                flow = Flow::Stop;
            }
            if let Some(result) = results.get_mut(index) {
                *result = Some(beams);
            }
        }
        if flow == Flow::Stop {
            return Err(Error::interrupted());
        }
    }
    let unanswered = || Error::runtime("a source was left without an output");
    results.into_iter().map(|result| result.ok_or_else(unanswered)).collect()
}

/// The state of a search.
struct Search<'a> {
    model: &'a Model,
    options: &'a SearchOptions,
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

/// What is known of a row's next token.
struct Next<'a> {
    logits: &'a mut [f32],
    row: &'a Running,
    rules: Rules<'a>,
    sampler: Option<&'a mut Sampler>,
    likeliest: Option<Likeliest>,
}

impl Search<'_> {
    /// Reads waiting sources while there is room for their rows; answers how many tokens that were.
    fn admit(&mut self, waiting: &mut &[(usize, &Source)]) -> Result<usize> {
        let room = self.places().saturating_sub(self.active.len());
        let mut tokens = 0;
        let count = waiting.iter().take(room).take_while(|(_, source)| {
            let fits = tokens == 0 || tokens + source.tokens.len() <= READ_AT_ONCE;
            tokens += source.tokens.len();
            fits
        });
        let (admitted, rest) = waiting.split_at(count.count());
        *waiting = rest;
        let texts: Vec<&[u32]> = admitted.iter().map(|(_, source)| source.tokens.as_slice()).collect();
        if texts.is_empty() {
            return Ok(0);
        }
        for ((index, source), memory) in admitted.iter().zip(self.model.read(&texts)?) {
            let max_length = source.max_length.unwrap_or(usize::MAX).min(self.options.max_length);
            // The last token is written and not read.
            let max_length = max_length.min(self.model.max_positions.saturating_add(1)).max(2);
            self.active.push(Active {
                index: *index,
                memory,
                hypotheses: Hypotheses::new(source.start.unwrap_or(self.options.start), max_length),
                forced_bos: source.forced_bos.or(self.options.forced_bos),
                sampler: self.sampler(*index),
            });
        }
        Ok(texts.iter().map(|text| text.len()).sum())
    }

    /// How many sources may be active.
    fn places(&self) -> usize {
        let rows = match self.options.max_rows {
            0 => (LOGITS / size_of::<f32>() / self.model.vocab()).min(MAX_ROWS),
            rows => rows,
        };
        (rows / self.options.beams).max(1)
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
        let Self { model, options, tree, active, buffers, logits } = self;
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
        let mut hidden = model.step(tree, &groups, &rows, buffers)?;
        model.head(&mut hidden, logits, buffers)?;

        let mut rows_of_logits = logits.chunks_exact_mut(model.vocab());
        let mut next: Vec<Next<'_>> = Vec::with_capacity(rows.len());
        for active in active.iter_mut() {
            let Active { hypotheses, forced_bos, sampler, .. } = active;
            let mut sampler = sampler.as_mut();
            for (row, logits) in hypotheses.running.iter().zip(&mut rows_of_logits) {
                let rules = Rules { options, forced_bos: *forced_bos, max_length: hypotheses.max_length };
                next.push(Next { logits, row, rules, sampler: sampler.take(), likeliest: None });
            }
        }
        model.pool.for_each_chunk(&mut next, 1, |_, next| next.iter_mut().for_each(Next::choose));
        let likeliest: Option<Vec<Likeliest>> = next.into_iter().map(|next| next.likeliest).collect();
        let likeliest = likeliest.ok_or_else(|| model.unusable())?;

        let mut rest = likeliest.as_slice();
        for active in active.iter_mut() {
            let (own, after) = rest.split_at(active.hypotheses.running.len().min(rest.len()));
            rest = after;
            active.hypotheses.advance(own, options);
        }
        let paths = active.iter().flat_map(|active| &active.hypotheses.running);
        tree.keep(paths.map(|row| row.path.as_slice()));
        Ok(())
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

impl Next<'_> {
    /// Finds what may follow the row.
    fn choose(&mut self) {
        let written = &self.row.tokens;
        let options = self.rules.options;
        self.likeliest = match &mut self.sampler {
            Some(sampler) if self.rules.forced(written).is_none() => {
                self.rules.forbid(self.logits, written);
                let choice = sampler.choose(self.logits);
                choice.map(|choice| vec![(choice.index as u32, choice.logprob as f32)])
            }
            _ => {
                let count = if options.beams == 1 { 1 } else { kept(options) };
                self.rules.likeliest(self.logits, written, count)
            }
        };
    }
}
