//! Continuous batching: rows are decoded together, a finished row gives its place to a waiting prompt, and
//! prompts are read in pieces beside the rows that decode.

use crate::engine::causal::restrict::HeadRows;
use crate::engine::causal::{Decoder, Options, Prefix, Row, SlotId, Slots, common_len};
use crate::engine::repetition::before_loop;
use crate::engine::sampling::{Choice, Sampler};
use crate::engine::{Event, Finish, Flow, Hypothesis};
use crate::error::{Error, Result};
use crate::plan::Decoding;
use crate::tokenize::Tokenizer;

/// A request in tokens.
pub(super) struct Prompt {
    pub(super) tokens: Vec<u32>,
    pub(super) decoding: Decoding,
    pub(super) max_tokens: usize,
    /// What the answer may be made of.
    pub(super) head_rows: HeadRows,
}

/// The rows of one run.
pub(super) struct Batch<'a> {
    pub(super) decoder: &'a Decoder,
    pub(super) slots: &'a mut Slots,
    pub(super) tokenizer: &'a Tokenizer,
    pub(super) stops: &'a [u32],
    pub(super) stop_at_line_break: bool,
    pub(super) options: &'a Options,
    pub(super) prefix: Option<&'a Prefix>,
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
    sampler: Sampler,
    logprobs: Vec<f64>,
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
            for (index, hypothesis) in self.retire()? {
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

    /// Whether a prompt may join: there is a row for it and memory for all it may grow to.
    fn has_room(&self, prompt: &Prompt) -> bool {
        if self.rows.is_empty() {
            return true;
        }
        let reserved: usize = self.rows.iter().map(|row| row.reserved).sum::<usize>() + self.needs(prompt);
        self.rows.len() < self.options.max_rows
            && reserved.saturating_mul(self.slots.shape().bytes()) <= self.options.kv_bytes
    }

    /// Positions that a prompt and its answer need beyond the shared prefix.
    fn needs(&self, prompt: &Prompt) -> usize {
        prompt.tokens.len() - self.shared(prompt) + prompt.max_tokens
    }

    /// How much of a prompt the prefix holds; the last token is always read, for its hidden state.
    fn shared(&self, prompt: &Prompt) -> usize {
        let common = self.prefix.map_or(0, |prefix| common_len(&prefix.tokens, &prompt.tokens));
        common.min(prompt.tokens.len().saturating_sub(1))
    }

    fn admit(&mut self, index: usize, prompt: &Prompt) -> Result<()> {
        if prompt.tokens.is_empty() {
            return Err(Error::runtime("a prompt without tokens cannot be answered"));
        }
        let read = self.shared(prompt);
        let slot = match self.prefix {
            Some(prefix) if read > 0 => self.slots.fork(prefix.slot, read)?,
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
            sampler: Sampler::new(prompt.decoding),
            logprobs: Vec::new(),
        });
        Ok(())
    }

    /// Reads more of the prompts and adds a token to each row whose prompt is read.
    fn step(&mut self, logits: &mut Vec<f32>, observe: &mut dyn FnMut(Event<'_>) -> Flow) -> Result<Flow> {
        let counts = self.share_out();
        let mut inputs = Vec::new();
        let mut answering = Vec::new();
        for (row, count) in self.rows.iter().zip(&counts) {
            if *count > 0 {
                let end = row.read + count;
                let wanted = if end == row.tokens.len() { count - 1..*count } else { 0..0 };
                if !wanted.is_empty() {
                    answering.push(&row.head_rows);
                }
                inputs.push(Row { slot: row.slot, tokens: &row.tokens[row.read..end], wanted });
            }
        }
        let hidden = self.decoder.step(self.slots, &inputs)?;
        let head_rows = HeadRows::union(answering.into_iter());
        self.decoder.head_rows(&hidden, head_rows.ranges(), logits)?;

        let (mut prefilled, mut decoded) = (0, 0);
        let mut candidates = Vec::new();
        let mut rows_of_logits = logits.chunks_exact(self.decoder.vocab_size());
        for (row, count) in self.rows.iter_mut().zip(counts) {
            if row.read < row.prompt_len {
                prefilled += count;
            }
            row.read += count;
            if count == 0 || row.read < row.tokens.len() {
                continue;
            }
            row.head_rows.gather(rows_of_logits.next().unwrap_or_default(), &mut candidates);
            let Choice { index, logprob } =
                row.sampler.choose(&mut candidates).ok_or_else(|| self.decoder.unusable())?;
            let token = row.head_rows.get(index).and_then(|row| self.decoder.token(row));
            row.tokens.push(token.ok_or_else(|| Error::runtime("a choice outside the vocabulary"))?);
            row.logprobs.push(logprob);
            decoded += 1;
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
    fn retire(&mut self) -> Result<Vec<(usize, Hypothesis)>> {
        let mut finished = Vec::new();
        let mut kept = Vec::with_capacity(self.rows.len());
        for row in std::mem::take(&mut self.rows) {
            match self.finish(&row) {
                Ok(None) => kept.push(row),
                Ok(Some(hypothesis)) => {
                    self.slots.free(row.slot);
                    finished.push((row.index, hypothesis));
                }
                Err(error) => {
                    kept.push(row);
                    self.rows = kept;
                    return Err(error);
                }
            }
        }
        self.rows = kept;
        Ok(finished)
    }

    /// The row's result, if it is finished.
    fn finish(&self, row: &Active) -> Result<Option<Hypothesis>> {
        let produced = &row.tokens[row.prompt_len..];
        let Some(last) = produced.last() else { return Ok(None) };
        let before_last = produced.len() - 1;
        let (kept, finish) = if self.stops.contains(last) {
            (before_last, Finish::Stop)
        } else if self.ends_line(produced)? {
            (produced.len(), Finish::Stop)
        } else if let Some(kept) = before_loop(produced) {
            (kept, Finish::Loop)
        } else if produced.len() >= row.max_tokens {
            (row.max_tokens, Finish::Length)
        } else {
            return Ok(None);
        };
        self.hypothesis(row, kept, finish).map(Some)
    }

    /// Whether the last token brings the line break that ends an answer.
    fn ends_line(&self, produced: &[u32]) -> Result<bool> {
        let fresh = produced.len().saturating_sub(1);
        if !self.stop_at_line_break || !self.tokenizer.decode(&produced[fresh..])?.contains('\n') {
            return Ok(false);
        }
        Ok(self.tokenizer.decode(produced)?.trim_start().contains('\n'))
    }

    fn hypothesis(&self, row: &Active, kept: usize, finish: Finish) -> Result<Hypothesis> {
        let produced = &row.tokens[row.prompt_len..][..kept];
        let mut text = self.tokenizer.decode(produced)?;
        if self.stop_at_line_break
            && let Some(line) = text.trim_start().lines().next()
        {
            text = line.to_string();
        }
        let logprobs = &row.logprobs[..kept];
        let logprob = (kept > 0).then(|| logprobs.iter().sum::<f64>() / kept as f64);
        Ok(Hypothesis { text, tokens: kept, logprob, finish })
    }
}

fn both(a: Flow, b: Flow) -> Flow {
    if a == Flow::Stop { a } else { b }
}
