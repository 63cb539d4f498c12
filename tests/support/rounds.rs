//! Translation rounds run with a scripted engine.
#![allow(dead_code)]

use diglot::engine::{Engine, Event, Flow, Hypothesis};
use diglot::plan::Request;
use diglot::translate::{Alternative, Quality, Source, Target, TranslationRounds};
use diglot::{FlagKind, Lang, LangPair};

use crate::scripted::Scripted;

/// What a translation of texts came to.
pub struct Outcome {
    pub targets: Vec<Target>,
    /// Up to three for each target.
    pub alternatives: Vec<Vec<Alternative>>,
    /// The requests of each round.
    pub rounds: Vec<Vec<Request>>,
    pub retries: usize,
    pub counts: Vec<(FlagKind, usize)>,
}

impl Outcome {
    pub fn kinds(&self, index: usize) -> Vec<FlagKind> {
        self.targets[index].flags.iter().map(|flag| flag.kind).collect()
    }
}

pub fn pair() -> LangPair {
    LangPair { source: Lang::DE, target: Lang::EN }
}

pub fn texts<'a>(texts: &[&'a str]) -> Vec<Source<'a>> {
    texts.iter().map(|&text| Source { text, copy: false }).collect()
}

/// The loop of the pipeline.
pub fn translate(
    sources: &[Source<'_>],
    context: usize,
    answer: impl FnMut(&Request) -> Hypothesis + Send,
) -> Outcome {
    translate_with(Quality::Fast, sources, context, answer)
}

pub fn translate_with(
    quality: Quality,
    sources: &[Source<'_>],
    context: usize,
    answer: impl FnMut(&Request) -> Hypothesis + Send,
) -> Outcome {
    let mut engine = Scripted::new(answer);
    engine.context = context;
    let mut rounds =
        TranslationRounds::new(sources, &pair(), engine.context(), &|text| engine.count_tokens(text))
            .unwrap()
            .quality(quality);
    let mut asked = Vec::new();
    loop {
        let requests = rounds.requests();
        if requests.is_empty() {
            break;
        }
        engine
            .run(&requests, &mut |event| {
                if let Event::Finished { index, hypothesis } = event {
                    rounds.accept(index, hypothesis);
                }
                Flow::Continue
            })
            .unwrap();
        asked.push(requests);
        assert!(asked.len() < 10, "the rounds do not end");
    }
    let targets = rounds.targets().iter().map(|target| target.clone().expect("a target")).collect();
    let alternatives = (0..sources.len()).map(|index| rounds.alternatives(index, 3)).collect();
    Outcome { targets, alternatives, rounds: asked, retries: rounds.retries(), counts: rounds.flag_counts() }
}
