//! Continuous batching: rows are decoded together, a finished row gives its place to a waiting prompt, and
//! prompts are read in pieces beside the rows that decode.

use std::collections::HashMap;

use crate::engine::causal::ending::Ending;
use crate::engine::causal::restrict::HeadRows;
use crate::engine::causal::speculate::{STEP_TOKENS, Speculation};
use crate::engine::causal::{Decoder, Options, Prefix, Row, SlotId, Slots, common_len};
use crate::engine::sampling::{Choice, Sampler, weigh};
use crate::engine::{Device, Event, Flow, Hypothesis};
use crate::error::{Error, Result};
use crate::plan::{Decoding, Wording};

/// So many tokens of answers that are given are weighed in a step, beside the rows that decode: logits of a whole
/// vocabulary take room.
pub(super) const FORCED_TOKENS: usize = 32;

/// A request in tokens.
pub(super) struct Prompt {
    /// Prompts of the same wording begin alike.
    pub(super) wording: Wording,
    pub(super) tokens: Vec<u32>,
    pub(super) decoding: Decoding,
    pub(super) max_tokens: usize,
    /// What the answer may be made of.
    pub(super) head_rows: HeadRows,
    /// The answer if it is given, up to the token that ends it.
    pub(super) forced: Vec<Forced>,
}

/// A token of an answer that is given.
#[derive(Clone, Copy)]
pub(super) struct Forced {
    pub(super) token: u32,
    /// The place of its logit among those of the head rows.
    pub(super) place: usize,
}

/// The rows of one run.
pub(super) struct Batch<'a> {
    pub(super) decoder: &'a Decoder,
    pub(super) slots: &'a mut Slots,
    pub(super) ending: Ending<'a>,
    pub(super) options: &'a Options,
    pub(super) prefixes: &'a HashMap<Wording, Prefix>,
    pub(super) rows: Vec<Active>,
}

/// A row that is being read or decoded.
pub(super) struct Active {
    /// Which prompt it answers.
    index: usize,
    slot: SlotId,
    /// How many tokens the slot may come to hold of its own.
    reserved: usize,
    /// The prompt, then what was produced.
    tokens: Vec<u32>,
    prompt_len: usize,
    /// How many of `tokens` the slot holds.
    read: usize,
    max_tokens: usize,
    head_rows: HeadRows,
    forced: Vec<Forced>,
    sampler: Sampler,
    speculation: Speculation,
    logprobs: Vec<f64>,
    /// Its result, once it is finished.
    result: Option<Hypothesis>,
}

/// What a row reads in a step.
struct Input {
    /// Tokens of the row, then proposed ones.
    tokens: Vec<u32>,
    proposed: usize,
    /// Whether the row's tokens are then all read.
    answers: bool,
}

impl Batch<'_> {
    /// Answers every prompt, in order.
    pub(super) fn run(
        &mut self,
        prompts: &[Prompt],
        observe: &mut dyn FnMut(Event<'_>) -> Flow,
    ) -> Result<Vec<Hypothesis>> {
        let mut results: Vec<Option<Hypothesis>> = vec![None; prompts.len()];
        let mut waiting = prompts.iter().enumerate().peekable();
        let mut logits = Vec::new();
        loop {
            while let Some((index, prompt)) = waiting.next_if(|(_, prompt)| self.has_room(prompt)) {
                self.admit(index, prompt)?;
            }
            if self.rows.is_empty() {
                break;
            }
            let mut flow = self.step(&mut logits, observe)?;
            for (index, hypothesis) in self.retire() {
                flow = both(flow, observe(Event::Finished { index, hypothesis: &hypothesis }));
                if let Some(result) = results.get_mut(index) {
                    *result = Some(hypothesis);
                }
            }
            if flow == Flow::Stop {
                return Err(Error::interrupted());
            }
        }
        results
            .into_iter()
            .map(|result| result.ok_or_else(|| Error::runtime("a request was left unanswered")))
            .collect()
    }

    /// Frees the slots of rows that were not finished.
    pub(super) fn clear(&mut self) {
        for row in self.rows.drain(..) {
            self.slots.free(row.slot);
        }
    }

    /// Whether a prompt may join: there is a row for it, memory for all it may grow to, and no other row is
    /// still reading the same, so that the prompt of several answers is read once.
    fn has_room(&self, prompt: &Prompt) -> bool {
        if self.rows.is_empty() {
            return true;
        }
        if self.twin(prompt).is_some_and(|row| row.read < row.prompt_len) {
            return false;
        }
        let reserved: usize = self.rows.iter().map(|row| row.reserved).sum::<usize>() + self.needs(prompt);
        self.rows.len() < self.options.max_rows
            && reserved.saturating_mul(self.slots.shape().bytes()) <= self.options.kv_bytes
    }

    /// Positions that a prompt and its answer need beyond the prefix.
    fn needs(&self, prompt: &Prompt) -> usize {
        prompt.tokens.len() - self.shared(prompt) + prompt.max_tokens
    }

    /// How much of a prompt its prefix holds; the last token is always read, for its hidden state.
    fn shared(&self, prompt: &Prompt) -> usize {
        let prefix = self.prefixes.get(&prompt.wording);
        let common = prefix.map_or(0, |prefix| common_len(&prefix.tokens, &prompt.tokens));
        common.min(prompt.tokens.len().saturating_sub(1))
    }

    /// A row that answers the same prompt.
    fn twin(&self, prompt: &Prompt) -> Option<&Active> {
        self.rows.iter().find(|row| row.tokens.get(..row.prompt_len) == Some(&prompt.tokens[..]))
    }

    fn admit(&mut self, index: usize, prompt: &Prompt) -> Result<()> {
        if prompt.tokens.is_empty() {
            return Err(Error::runtime("a prompt without tokens cannot be answered"));
        }
        let (source, read) = match self.twin(prompt) {
            // The last token is always read, for its hidden state.
            Some(row) => (Some(row.slot), prompt.tokens.len() - 1),
            None => (self.prefixes.get(&prompt.wording).map(|prefix| prefix.slot), self.shared(prompt)),
        };
        let slot = match source {
            Some(source) if read > 0 => self.slots.fork(source, read)?,
            _ => self.slots.alloc(),
        };
        self.rows.push(Active {
            index,
            slot,
            reserved: self.needs(prompt),
            tokens: prompt.tokens.clone(),
            prompt_len: prompt.tokens.len(),
            read,
            max_tokens: prompt.max_tokens,
            head_rows: prompt.head_rows.clone(),
            forced: prompt.forced.clone(),
            sampler: Sampler::new(&prompt.decoding),
            speculation: Speculation::new(),
            logprobs: Vec::new(),
            result: None,
        });
        Ok(())
    }

    /// Reads more of the prompts and adds tokens to each row whose prompt is read.
    fn step(&mut self, logits: &mut Vec<f32>, observe: &mut dyn FnMut(Event<'_>) -> Flow) -> Result<Flow> {
        let inputs = self.inputs();
        let reading = || self.rows.iter().zip(&inputs).filter(|(_, input)| !input.tokens.is_empty());
        let steps: Vec<Row<'_>> = reading()
            .map(|(row, input)| {
                let (tokens, first) = (&input.tokens, input.tokens.len() - input.proposed);
                let wanted = if input.answers { first - 1..tokens.len() } else { 0..0 };
                Row { slot: row.slot, tokens, wanted }
            })
            .collect();
        let answering = reading().filter(|(_, input)| input.answers).map(|(row, _)| &row.head_rows);
        let head_rows = HeadRows::union(answering);
        let hidden = self.decoder.step(self.slots, &steps)?;
        self.decoder.head_rows(&hidden, head_rows.ranges(), logits)?;

        let (mut prefilled, mut decoded) = (0, 0);
        let mut logits = logits.chunks_exact(self.decoder.vocab_size());
        for (row, input) in self.rows.iter_mut().zip(&inputs) {
            let read = input.tokens.len() - input.proposed;
            prefilled += if row.read < row.prompt_len { read } else { 0 };
            row.read += read;
            if input.answers {
                let logits: Vec<&[f32]> = logits.by_ref().take(1 + input.proposed).collect();
                decoded += row.answer(&logits, &input.tokens[read..], self.decoder, self.ending)?;
                self.slots.truncate(row.slot, row.read)?;
            }
        }
        let mut flow = Flow::Continue;
        if prefilled > 0 {
            flow = both(flow, observe(Event::Prefilled { tokens: prefilled }));
        }
        if decoded > 0 {
            flow = both(flow, observe(Event::Decoded { tokens: decoded }));
        }
        Ok(flow)
    }

    /// What each row reads in the next step.
    fn inputs(&self) -> Vec<Input> {
        let counts = self.share_out();
        let taken: usize = counts.iter().sum();
        // A GPU's products may round otherwise for several tokens than for one.
        let speculates = self.options.speculate && self.options.device == Device::Cpu;
        let left = if speculates { STEP_TOKENS } else { 0 };
        let each = left.saturating_sub(taken) / counts.len().max(1);
        let mut left = self.options.step_tokens.saturating_sub(taken).min(FORCED_TOKENS);
        let input = |(row, count): (&Active, usize)| {
            let end = row.read + count;
            let answers = count > 0 && end == row.tokens.len();
            let mut tokens = row.tokens[row.read..end].to_vec();
            if answers && row.forced.is_empty() {
                tokens.extend_from_slice(row.speculation.propose(&row.tokens, each.min(row.missing() - 1)));
            } else if answers {
                // What is given is read as a prompt is; its last token need not be.
                let ahead = &row.forced[end - row.prompt_len..row.forced.len() - 1];
                let ahead = &ahead[..left.min(ahead.len())];
                left -= ahead.len();
                tokens.extend(ahead.iter().map(|forced| forced.token));
            }
            Input { proposed: tokens.len() - count, tokens, answers }
        };
        self.rows.iter().zip(counts).map(input).collect()
    }

    /// How many tokens each row reads in the next step: decoding rows one, then prompts in order what is
    /// left of the step.
    fn share_out(&self) -> Vec<usize> {
        let decoding = |row: &Active| row.read >= row.prompt_len;
        let mut left =
            self.options.step_tokens.saturating_sub(self.rows.iter().filter(|r| decoding(r)).count());
        left = left.max(1);
        let mut share = |row: &Active| {
            if decoding(row) {
                return 1;
            }
            let count = left.min(row.prompt_len - row.read);
            left -= count;
            count
        };
        self.rows.iter().map(&mut share).collect()
    }

    /// Takes out the rows that are finished.
    fn retire(&mut self) -> Vec<(usize, Hypothesis)> {
        let mut finished = Vec::new();
        let slots = &mut *self.slots;
        self.rows.retain_mut(|row| match row.result.take() {
            Some(hypothesis) => {
                slots.free(row.slot);
                finished.push((row.index, hypothesis));
                false
            }
            None => true,
        });
        finished
    }
}

impl Active {
    /// How many tokens it may still produce, at least one.
    fn missing(&self) -> usize {
        (self.prompt_len + self.max_tokens).saturating_sub(self.tokens.len()).max(1)
    }

    /// Adds the token that the first `logits` choose, and further ones for as long as they are those
    /// proposed. Answers how many.
    fn answer(
        &mut self,
        logits: &[&[f32]],
        proposed: &[u32],
        decoder: &Decoder,
        ending: Ending<'_>,
    ) -> Result<usize> {
        let before = self.tokens.len();
        let mut candidates = Vec::new();
        for (i, logits) in logits.iter().enumerate() {
            self.head_rows.gather(logits, &mut candidates);
            let (token, logprob) = self.choose(&mut candidates, decoder)?;
            self.tokens.push(token);
            self.logprobs.push(logprob);
            let produced = &self.tokens[self.prompt_len..];
            self.result = match self.forced.len() {
                0 => ending.of(produced, &self.logprobs, self.max_tokens)?,
                all if produced.len() < all => None,
                _ => Some(ending.given(produced, &self.logprobs)?),
            };
            if self.result.is_some() || proposed.get(i) != Some(&token) {
                break;
            }
            // The slot holds it already.
            self.read += 1;
        }
        let added = self.tokens.len() - before;
        if !proposed.is_empty() && self.forced.is_empty() {
            self.speculation.learn(added - 1);
        }
        Ok(added)
    }

    /// The next token and the logarithm of its probability, from the logits of the rows it is chosen among.
    fn choose(&mut self, candidates: &mut [f32], decoder: &Decoder) -> Result<(u32, f64)> {
        let choice = match self.forced.get(self.tokens.len() - self.prompt_len) {
            Some(forced) => weigh(candidates, forced.place),
            None => self.sampler.choose(candidates),
        };
        let Choice { index, logprob } = choice.ok_or_else(|| decoder.unusable())?;
        let token = self.head_rows.get(index).and_then(|row| decoder.token(row));
        Ok((token.ok_or_else(|| Error::runtime("a choice outside the vocabulary"))?, logprob))
    }
}

fn both(a: Flow, b: Flow) -> Flow {
    if a == Flow::Stop { a } else { b }
}
