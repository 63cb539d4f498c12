//! The prompts that an article makes, for those who send the same to another program.

use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use crate::bench::{Event, Observe, Subject};
use crate::document::Document;
use crate::engine::causal::CausalEngine;
use crate::engine::{self, Engine, Flow, Hypothesis};
use crate::error::Result;
use crate::lang::Lang;
use crate::pipeline::{Summarizer, Translator};
use crate::plan::{Decoding, Profile, Request, Task};

/// Everything that `diglot bench --prompts` prints.
#[derive(Debug, Serialize)]
pub(crate) struct Prompts {
    pub(crate) model: String,
    /// Whether a line break ends an answer; else only the model's own end does.
    pub(crate) stop_at_line_break: bool,
    /// The requests of a round may be answered together, rounds only one after the other.
    pub(crate) rounds: Vec<Round>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Round {
    /// `translate` or `summarize`.
    pub(crate) task: &'static str,
    pub(crate) prompts: Vec<Prompt>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Prompt {
    pub(crate) tokens: Vec<u32>,
    pub(crate) max_tokens: usize,
    /// 0 for the likeliest token.
    pub(crate) temperature: f64,
    pub(crate) answer: String,
    pub(crate) answer_tokens: usize,
}

/// Translates and summarises an article and tells what was asked.
pub(crate) fn prompts(
    subject: &Subject,
    article: &Document,
    target: &Lang,
    observe: Observe<'_>,
) -> Result<Prompts> {
    let profile = Profile::named(subject.profile()?)?;
    let rounds = Arc::new(Mutex::new(Vec::new()));
    let model = subject.model(|engine| Recorder { engine, rounds: rounds.clone() })?;
    let bitext = Translator::new(&model, target.clone())
        .translate_observed(article, &mut |_| observe(Event::Working))?;
    Summarizer::new(&model).summarize_observed(&bitext, &mut |_| observe(Event::Working))?;
    let rounds = std::mem::take(&mut *rounds.lock().unwrap_or_else(PoisonError::into_inner));
    let model = subject.info.name.clone();
    Ok(Prompts { model, stop_at_line_break: profile.stops_at_line_break(), rounds })
}

/// An engine that writes down what it is asked.
struct Recorder {
    engine: CausalEngine,
    rounds: Arc<Mutex<Vec<Round>>>,
}

impl Engine for Recorder {
    fn context(&self) -> usize {
        self.engine.context()
    }

    fn count_tokens(&self, text: &str) -> Result<usize> {
        self.engine.count_tokens(text)
    }

    fn run(
        &mut self,
        requests: &[Request],
        observe: &mut dyn FnMut(engine::Event<'_>) -> Flow,
    ) -> Result<Vec<Hypothesis>> {
        let answers = self.engine.run(requests, observe)?;
        let prompts = requests
            .iter()
            .zip(&answers)
            .map(|(request, answer)| {
                Ok(Prompt {
                    tokens: self.engine.encode(&request.task)?,
                    max_tokens: request.max_tokens,
                    temperature: match request.decoding {
                        Decoding::Greedy | Decoding::Forced { .. } => 0.0,
                        Decoding::Sample { temperature, .. } => temperature,
                    },
                    answer: answer.text.clone(),
                    answer_tokens: answer.tokens,
                })
            })
            .collect::<Result<_>>()?;
        let task = match requests.first().map(|request| &request.task) {
            Some(Task::Summarize { .. }) => "summarize",
            Some(Task::Write { .. }) => "write",
            _ => "translate",
        };
        let mut rounds = self.rounds.lock().unwrap_or_else(PoisonError::into_inner);
        rounds.push(Round { task, prompts });
        Ok(answers)
    }
}
