//! Causal language models from GGUF files, on the processor.
//!
//! [`CausalEngine`] answers requests. Below it, [`Decoder`] holds the weights of one model and [`Slots`]
//! the state of the rows that are being decoded; they may be used on their own:
//!
//! ```no_run
//! # fn main() -> diglot::Result<()> {
//! use diglot::engine::causal::{Decoder, Row};
//! use diglot::gguf::Gguf;
//!
//! let decoder = Decoder::load(Gguf::open("model.gguf".as_ref())?, 0)?;
//! let mut slots = decoder.slots();
//! let slot = slots.alloc();
//! let tokens = [9707, 11, 1879];
//! let hidden = decoder.step(&mut slots, &[Row { slot, tokens: &tokens, wanted: 2..3 }])?;
//! let mut logits = Vec::new();
//! decoder.head(&hidden, &mut logits)?;
//! assert_eq!(logits.len(), decoder.vocab_size());
//! # Ok(())
//! # }
//! ```

mod batch;
mod decoder;
mod ending;
mod restrict;
mod speculate;

use std::collections::HashMap;

pub use decoder::{Decoder, Row};

pub use crate::engine::formats::{FormatUse, Kernel};
pub use crate::engine::slots::{KvShape, SlotId, Slots};

use unicode_segmentation::UnicodeSegmentation;

use batch::{Batch, FORCED_TOKENS, Forced, Prompt};
use ending::Ending;
use restrict::{HeadRows, Restriction};
use speculate::STEP_TOKENS;

use crate::engine::{Device, Engine, Event, Flow, Hypothesis};
use crate::error::{Error, Result};
use crate::gguf::{Gguf, ModelConfig};
use crate::glossary::Term;
use crate::plan::{Decoding, Piece, Profile, Request, Task, Wording};
use crate::tokenize::Tokenizer;

/// How an engine works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Where matrix products are computed.
    pub device: Device,
    /// Threads that work on a step; 0 for all cores.
    pub threads: usize,
    /// The most rows decoded together.
    pub max_rows: usize,
    /// The most tokens, prompt and output, that a request may hold; the model's own limit may be lower.
    pub context: usize,
    /// The most tokens read in one step. An interruption waits for the end of a step.
    pub step_tokens: usize,
    /// Bytes of keys and values that rows may grow to together. Only a row that is decoded alone may
    /// exceed it, up to the context.
    pub kv_bytes: usize,
    /// Whether an answer may hold any token. Otherwise, where the script of its language is known, it holds
    /// what that language and its own source text need: no other script, no tokens of program text. That
    /// makes the output head cheaper. [`Hypothesis::logprob`] is then the mean over the tokens allowed.
    pub full_vocabulary: bool,
    /// Whether, when few rows are decoded, continuations found in the text are verified in one step. The
    /// answers are the same.
    pub speculate: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            device: Device::Cpu,
            threads: 0,
            max_rows: 16,
            context: 8192,
            step_tokens: 256,
            kv_bytes: 160 << 20,
            full_vocabulary: false,
            speculate: true,
        }
    }
}

/// A causal language model that answers requests. One request's result does not depend on the others
/// beyond the rounding of floating-point sums.
pub struct CausalEngine {
    decoder: Decoder,
    slots: Slots,
    tokenizer: Tokenizer,
    profile: &'static Profile,
    stops: Vec<u32>,
    options: Options,
    /// Which tokens an answer may hold, unless it may hold all.
    restriction: Option<Restriction>,
    /// What the last prompts of each wording began with, kept for the next.
    prefixes: HashMap<Wording, Prefix>,
}

/// A slot that holds what many prompts begin with.
struct Prefix {
    tokens: Vec<u32>,
    slot: SlotId,
}

impl CausalEngine {
    /// Loads a model. `profile` words its prompts.
    ///
    /// # Errors
    /// [`ErrorKind::Model`](crate::ErrorKind::Model) when the file does not hold a model of a known
    /// architecture, or lacks the special tokens of the profile.
    pub fn load(gguf: Gguf, profile: &'static Profile, options: Options) -> Result<Self> {
        let tokenizer = Tokenizer::from_gguf(&gguf)?;
        let stops: Vec<u32> = profile.stops().iter().filter_map(|token| tokenizer.special(token)).collect();
        if stops.is_empty() {
            return Err(Error::model(format!(
                "{}: the tokenizer has none of {}",
                gguf.path().display(),
                profile.stops().join(", ")
            ))
            .hint(format!("profile `{}` does not fit this model; choose another", profile.name())));
        }
        let (order, restriction) = match options.full_vocabulary {
            true => (None, None),
            false => {
                let vocab = ModelConfig::read(&gguf)?.vocab;
                let (order, restriction) = Restriction::new(&tokenizer, vocab, &stops);
                (Some(order), Some(restriction))
            }
        };
        let decoder = Decoder::load_with(gguf, options.threads, options.device, order)?;
        let slots = decoder.slots();
        Ok(Self { decoder, slots, tokenizer, profile, stops, options, restriction, prefixes: HashMap::new() })
    }

    /// The most memory in bytes that a loaded model takes: weights, keys and values, and the working
    /// memory of a step. What the tokenizer takes comes on top (about 100 bytes a token).
    pub fn estimate(gguf: &Gguf, options: Options) -> Result<u64> {
        let config = ModelConfig::read(gguf)?;
        let shape = KvShape { layers: config.layers, heads: config.kv_heads, head_dim: config.head_dim };
        let mut weights = 0;
        for name in gguf.tensor_names() {
            weights += gguf.tensor(name)?.data.len();
        }
        let longest = options.context.min(config.context).saturating_mul(shape.bytes());
        let widths = 3 * config.hidden + 2 * config.feed_forward + 4 * config.heads * config.head_dim;
        let logits = (options.max_rows.max(STEP_TOKENS) + FORCED_TOKENS) * config.vocab;
        let step = (options.step_tokens * widths + logits) * size_of::<f32>();
        Ok((weights + options.kv_bytes.max(longest) + step) as u64)
    }

    /// The decoder.
    pub fn decoder(&self) -> &Decoder {
        &self.decoder
    }

    /// The tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// The ids of the prompt of a task.
    pub(crate) fn encode(&self, task: &Task) -> Result<Vec<u32>> {
        let mut ids = Vec::new();
        for piece in self.profile.prompt(task) {
            match piece {
                Piece::Special(token) => ids.push(self.tokenizer.special(token).ok_or_else(|| {
                    Error::model(format!(
                        "{}: the tokenizer has no {token}",
                        self.decoder.gguf().path().display()
                    ))
                    .hint(format!(
                        "profile `{}` does not fit this model; choose another",
                        self.profile.name()
                    ))
                })?),
                Piece::Text(text) => ids.extend(self.tokenizer.encode(&text)?),
            }
        }
        Ok(ids)
    }

    fn prompts(&mut self, requests: &[Request]) -> Result<Vec<Prompt>> {
        let context = self.context();
        requests
            .iter()
            .map(|request| {
                let tokens = self.encode(&request.task)?;
                let answer = self.given(&request.decoding)?;
                let max_tokens = if answer.is_empty() { request.max_tokens } else { answer.len() };
                if tokens.len() + max_tokens > context {
                    return Err(Error::runtime(format!(
                        "a text of {} tokens and its answer of {max_tokens} exceed the context of {context}",
                        tokens.len()
                    ))
                    .hint("split the text into smaller parts"));
                }
                let (lang, text, wording) = match &request.task {
                    Task::Translate { pair, text, wording, .. } => (&pair.target, text.as_str(), *wording),
                    Task::Summarize { lang, text, wording, .. } => (lang, text.as_str(), *wording),
                    Task::Write { lang } => (lang, "", Wording::Plain),
                };
                let mut head_rows = match &mut self.restriction {
                    Some(restriction) => {
                        let needed = [&tokens[..], &answer].concat();
                        restriction.rows(&self.tokenizer, lang, &needed, text)?
                    }
                    None => HeadRows::all(self.decoder.vocab_size()),
                };
                let row_of =
                    |token: u32| self.restriction.as_ref().map_or(Some(token as usize), |r| r.row(token));
                if answer.is_empty() {
                    head_rows.leave_out(self.unwanted(&request.task)?.into_iter().filter_map(row_of));
                }
                let forced = answer.iter().map(|&token| {
                    let place = row_of(token).and_then(|row| head_rows.index(row));
                    let place = place.ok_or_else(|| Error::runtime("an answer outside the vocabulary"))?;
                    Ok(Forced { token, place })
                });
                let forced = forced.collect::<Result<_>>()?;
                let decoding = request.decoding.clone();
                Ok(Prompt { wording, tokens, decoding, max_tokens, head_rows, forced })
            })
            .collect()
    }

    /// The tokens that an answer must not hold: words in small letters that a glossary translates otherwise, as far as a
    /// word is a token. A model that knows such a word in the target language writes it down again (`plant` for `plans`).
    /// A word with a capital may be a name.
    fn unwanted(&self, task: &Task) -> Result<Vec<u32>> {
        let Task::Translate { terms, .. } = task else { return Ok(Vec::new()) };
        let is_unwanted = |term: &&Term| {
            term.source.starts_with(char::is_lowercase)
                && !term.target.unicode_words().any(|word| word == term.source)
        };
        let words =
            terms.iter().filter(is_unwanted).map(|term| self.tokenizer.encode(&format!(" {}", term.source)));
        let single =
            words.filter_map(|tokens| tokens.map(|tokens| (tokens.len() == 1).then_some(tokens)).transpose());
        single.collect::<Result<Vec<_>>>().map(|tokens| tokens.concat())
    }

    /// The tokens of an answer that is given, with the one that ends it; none of an answer that is not.
    fn given(&self, decoding: &Decoding) -> Result<Vec<u32>> {
        let Decoding::Forced { answer } = decoding else { return Ok(Vec::new()) };
        let mut tokens = self.tokenizer.encode(answer)?;
        tokens.extend(self.stops.first());
        Ok(tokens)
    }

    /// Reads what the prompts of each wording begin with, as far as earlier runs did not.
    fn share_prefixes(
        &mut self,
        prompts: &[Prompt],
        observe: &mut dyn FnMut(Event<'_>) -> Flow,
    ) -> Result<()> {
        for wording in Wording::ALL {
            let alike: Vec<&Prompt> = prompts.iter().filter(|prompt| prompt.wording == wording).collect();
            if alike.len() > 1 {
                self.share_prefix(wording, shared_prefix(&alike), observe)?;
            }
        }
        Ok(())
    }

    fn share_prefix(
        &mut self,
        wording: Wording,
        shared: &[u32],
        observe: &mut dyn FnMut(Event<'_>) -> Flow,
    ) -> Result<()> {
        let none = || Prefix { tokens: Vec::new(), slot: self.slots.alloc() };
        let mut prefix = self.prefixes.remove(&wording).unwrap_or_else(none);
        let common = common_len(&prefix.tokens, shared);
        prefix.tokens.truncate(common);
        let read = self.slots.truncate(prefix.slot, common);
        let read = read.and_then(|()| self.read_prefix(&mut prefix, &shared[common..], observe));
        match read {
            Ok(()) => drop(self.prefixes.insert(wording, prefix)),
            Err(_) => self.slots.free(prefix.slot),
        }
        read
    }

    fn read_prefix(
        &mut self,
        prefix: &mut Prefix,
        tokens: &[u32],
        observe: &mut dyn FnMut(Event<'_>) -> Flow,
    ) -> Result<()> {
        for tokens in tokens.chunks(self.options.step_tokens.max(1)) {
            self.decoder.step(&mut self.slots, &[Row { slot: prefix.slot, tokens, wanted: 0..0 }])?;
            prefix.tokens.extend_from_slice(tokens);
            if observe(Event::Prefilled { tokens: tokens.len() }) == Flow::Stop {
                return Err(Error::interrupted());
            }
        }
        Ok(())
    }
}

impl Engine for CausalEngine {
    fn context(&self) -> usize {
        self.options.context.min(self.decoder.config().context)
    }

    fn count_tokens(&self, text: &str) -> Result<usize> {
        Ok(self.tokenizer.encode(text)?.len())
    }

    fn weighs(&self) -> bool {
        true
    }

    fn run(
        &mut self,
        requests: &[Request],
        observe: &mut dyn FnMut(Event<'_>) -> Flow,
    ) -> Result<Vec<Hypothesis>> {
        let prompts = self.prompts(requests)?;
        self.share_prefixes(&prompts, observe)?;
        let mut batch = Batch {
            decoder: &self.decoder,
            slots: &mut self.slots,
            ending: Ending {
                tokenizer: &self.tokenizer,
                stops: &self.stops,
                at_line_break: self.profile.stops_at_line_break(),
            },
            options: &self.options,
            prefixes: &self.prefixes,
            rows: Vec::new(),
        };
        let result = batch.run(&prompts, observe);
        batch.clear();
        result
    }
}

#[cfg(test)]
mod tests;

/// What all prompts begin with, at least one token short of each.
fn shared_prefix<'a>(prompts: &[&'a Prompt]) -> &'a [u32] {
    let Some(first) = prompts.first() else { return &[] };
    let len = prompts.iter().map(|p| common_len(&first.tokens, &p.tokens)).min().unwrap_or(0);
    let shortest = prompts.iter().map(|p| p.tokens.len()).min().unwrap_or(0);
    &first.tokens[..len.min(shortest.saturating_sub(1))]
}

/// How many tokens `a` and `b` begin with together.
fn common_len(a: &[u32], b: &[u32]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}
