//! Loading, the first token and an article, on the way that every document goes.

use std::time::Instant;

use crate::bench::report::{ArticleFacts, Report, Unit};
use crate::bench::{Event, Observe, Part, Plan, go_on, machine};
use crate::engine::Flow;
use crate::engine::causal::Options;
use crate::error::Result;
use crate::lang::{Lang, LangPair};
use crate::pipeline::{Model, Progress, Summarizer, Translator};
use crate::plan::{Decoding, Request, Task, Wording};

/// Loads the model and measures the plan's parts that need the whole of it.
pub(super) fn measure(
    plan: &Plan<'_>,
    round: usize,
    report: &mut Report,
    observe: Observe<'_>,
) -> Result<()> {
    machine::reset_peak_memory();
    if plan.parts.contains(&Part::Load) {
        go_on(observe(Event::Part { round, part: Part::Load }))?;
    }
    let started = Instant::now();
    let model = plan.subject.model(|engine| engine)?;
    if plan.parts.contains(&Part::Load) {
        report.add("load", Unit::Seconds, started.elapsed().as_secs_f64());
        first_token(&model)?;
        report.add("first token", Unit::Seconds, started.elapsed().as_secs_f64());
    }
    if plan.parts.contains(&Part::Article) {
        go_on(observe(Event::Part { round, part: Part::Article }))?;
        article(&model, plan, report, observe)?;
        if let Some(bytes) = machine::peak_memory() {
            report.add("article, peak memory", Unit::Bytes, bytes);
        }
    }
    Ok(())
}

/// Answers a short request with one token.
fn first_token(model: &Model) -> Result<()> {
    let task = Task::Translate {
        pair: LangPair { source: Lang::DE, target: Lang::EN },
        text: "Der Zug nach Neuenwalde fährt um 9.40 Uhr.".into(),
        terms: Vec::new(),
        formality: None,
        wording: Wording::Plain,
    };
    let request = Request { task, decoding: Decoding::Greedy, max_tokens: 1 };
    model.run(&[request], &mut |_| Flow::Continue)?;
    Ok(())
}

/// Translates the plan's article and summarises the translation.
fn article(model: &Model, plan: &Plan<'_>, report: &mut Report, observe: Observe<'_>) -> Result<()> {
    let mut tokens = Tokens::default();
    let started = Instant::now();
    let translator = Translator::new(model, plan.target.clone());
    let bitext = translator.translate_observed(plan.article, &mut |event| tokens.count(event, observe))?;
    let translated = started.elapsed().as_secs_f64();
    Summarizer::new(model).summarize_observed(&bitext, &mut |event| tokens.count(event, observe))?;
    let both = started.elapsed().as_secs_f64();

    report.add("article, translation", Unit::Seconds, translated);
    report.add("article, summary", Unit::Seconds, both - translated);
    report.add("article, both", Unit::Seconds, both);
    report.add("article, writing", Unit::Speed, tokens.output as f64 / both);
    report.article = Some(ArticleFacts {
        name: plan.article.name.clone(),
        segments: bitext.units.len(),
        prompt_tokens: tokens.prompt,
        output_tokens: tokens.output,
        full_vocabulary: plan.subject.load.full_vocabulary,
        speculation: !plan.subject.load.no_speculation,
        kv_budget: Options::default().kv_bytes,
    });
    Ok(())
}

#[derive(Default)]
struct Tokens {
    prompt: usize,
    output: usize,
}

impl Tokens {
    fn count(&mut self, event: Progress<'_>, observe: Observe<'_>) -> Flow {
        match event {
            Progress::Prefilled { tokens } => self.prompt += tokens,
            Progress::Decoded { tokens } => self.output += tokens,
            _ => {}
        }
        observe(Event::Working)
    }
}
