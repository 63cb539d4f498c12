//! An engine that answers from a closure and remembers what it was asked.

use diglot::engine::{Engine, Event, Finish, Flow, Hypothesis};
use diglot::plan::{Request, Task};
use diglot::{Error, Result};

/// Answers each request with what `answer` makes of it. Its tokens are words of up to eight bytes.
pub struct Scripted<F> {
    answer: F,
    /// Every request so far, in order.
    pub asked: Vec<Request>,
    /// The tokens that prompt text and output may hold together.
    pub context: usize,
}

impl<F: FnMut(&Request) -> Hypothesis + Send> Scripted<F> {
    pub fn new(answer: F) -> Self {
        Self { answer, asked: Vec::new(), context: 4096 }
    }
}

impl<F: FnMut(&Request) -> Hypothesis + Send> Engine for Scripted<F> {
    fn context(&self) -> usize {
        self.context
    }

    fn count_tokens(&self, text: &str) -> Result<usize> {
        Ok(text.split_whitespace().map(|word| word.len().div_ceil(8)).sum())
    }

    fn weighs(&self) -> bool {
        true
    }

    fn run(
        &mut self,
        requests: &[Request],
        observe: &mut dyn FnMut(Event<'_>) -> Flow,
    ) -> Result<Vec<Hypothesis>> {
        let mut hypotheses = Vec::with_capacity(requests.len());
        for (index, request) in requests.iter().enumerate() {
            self.asked.push(request.clone());
            let hypothesis = (self.answer)(request);
            if observe(Event::Finished { index, hypothesis: &hypothesis }) == Flow::Stop {
                return Err(Error::interrupted());
            }
            hypotheses.push(hypothesis);
        }
        Ok(hypotheses)
    }
}

/// A hypothesis that ended by itself, with a made-up probability.
pub fn said(text: &str) -> Hypothesis {
    let tokens = text.split_whitespace().count();
    Hypothesis { text: text.to_owned(), tokens, logprob: (tokens > 0).then_some(-0.25), finish: Finish::Stop }
}

/// The text that a request asks about.
pub fn text_of(request: &Request) -> &str {
    match &request.task {
        Task::Translate { text, .. } | Task::Summarize { text, .. } => text,
        Task::Write { .. } => "",
    }
}
