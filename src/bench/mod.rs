//! Measures a model on this machine: what `diglot bench` shows.
//!
//! Loading, the first token and an article go the way that every document goes. Prefill and decoding are
//! measured on the decoder alone, in the setting of llama.cpp's `llama-batched-bench -npp 128 -ntg 64 -pps`:
//! the rows share their first [`DEPTH`] positions and each then gets [`STEPS`] tokens; the whole output head
//! is computed, nothing is sampled. Encoder-decoders, which are folders, are measured in writing as many tokens as
//! they read.

mod article;
mod decoder;
mod machine;
mod prompts;
mod report;
mod translation;

use std::path::PathBuf;

use crate::catalog::Card;
use crate::document::Document;
use crate::engine::causal::{CausalEngine, Decoder};
use crate::engine::seq2seq::{Precision, Seq2Seq};
use crate::engine::{Engine, Flow};
use crate::error::{Error, Result};
use crate::gguf::Gguf;
use crate::lang::Lang;
use crate::pipeline::{LoadOptions, Model};
use crate::plan::Profile;
use crate::render::ModelInfo;

pub(crate) use machine::peak_memory;
pub(crate) use prompts::prompts;
pub(crate) use report::{Measure, Report, Unit};
pub(crate) use translation::{LENGTHS, STREAMED, TEXTS, TOKENS};

/// Tokens that a prefill reads, and the positions before a deep decoding.
pub(crate) const PREFILL: usize = 512;
/// Positions before a decoding.
pub(crate) const DEPTH: usize = 128;
/// Tokens that each row gets in a decoding.
pub(crate) const STEPS: usize = 64;
/// Rows that are decoded together.
pub(crate) const BATCHES: [usize; 4] = [1, 4, 8, 16];

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Loading, and the time to the first token.
    Load,
    /// An article, translated and summarised.
    Article,
    /// Reading a prompt.
    Prefill,
    /// Writing, at several batch sizes.
    Decode,
    /// Writing one text behind a long prompt.
    Deep,
    /// Translating many texts together, each token the likeliest.
    Greedy,
    /// Translating many texts together, by beams.
    Beams,
    /// Translating texts one after the other.
    Streams,
}

impl Part {
    /// The parts of a decoder.
    const DECODER: [Self; 5] = [Self::Load, Self::Article, Self::Prefill, Self::Decode, Self::Deep];
    /// The parts of an encoder-decoder.
    const TRANSLATION: [Self; 4] = [Self::Load, Self::Greedy, Self::Beams, Self::Streams];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Article => "article",
            Self::Prefill => "prefill",
            Self::Decode => "decode",
            Self::Deep => "deep",
            Self::Greedy => "greedy",
            Self::Beams => "beams",
            Self::Streams => "streams",
        }
    }

    /// Whether documents' whole way is needed, or the decoder alone.
    fn needs_model(self) -> bool {
        matches!(self, Self::Load | Self::Article)
    }

    /// Positions that the decoder must hold.
    fn positions(self) -> usize {
        match self {
            Self::Load | Self::Article | Self::Greedy | Self::Beams | Self::Streams => 0,
            Self::Prefill => PREFILL,
            Self::Decode => DEPTH + 1 + STEPS,
            Self::Deep => PREFILL + 1 + STEPS,
        }
    }
}

/// A model's file or folder and what is known of it.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) path: PathBuf,
    pub(crate) info: ModelInfo,
    pub(crate) card: Option<Card>,
    /// The prompt profile, where one is named or the card knows it.
    pub(crate) profile: Option<String>,
    pub(crate) threads: usize,
    /// How the model is loaded otherwise.
    pub(crate) load: LoadOptions,
}

impl Subject {
    /// Whether it is an encoder-decoder.
    fn is_folder(&self) -> bool {
        self.path.is_dir()
    }

    /// The parts that can be measured.
    pub(crate) fn parts(&self) -> &'static [Part] {
        if self.is_folder() { &Part::TRANSLATION } else { &Part::DECODER }
    }

    /// The model as documents use it.
    fn model<E: Engine + 'static>(&self, wrap: impl FnOnce(CausalEngine) -> E) -> Result<Model> {
        let options = LoadOptions { threads: Some(self.threads), ..self.load.clone() };
        Model::open(&self.path, self.info.clone(), self.profile()?, self.card.as_ref(), &options, wrap)
    }

    /// The weights alone.
    fn decoder(&self) -> Result<Decoder> {
        Decoder::load_on(Gguf::open(&self.path)?, self.threads, self.load.device)
    }

    fn profile(&self) -> Result<&str> {
        self.profile.as_deref().ok_or_else(|| {
            let names: Vec<&str> = Profile::names().collect();
            Error::usage(format!(
                "no model card knows {}, so its prompt format must be named",
                self.path.display()
            ))
            .hint(format!("add --profile NAME ({}), or `--only prefill,decode,deep`", names.join(", ")))
        })
    }
}

/// What is to be measured.
pub(crate) struct Plan<'a> {
    pub(crate) subject: &'a Subject,
    pub(crate) parts: Vec<Part>,
    pub(crate) rounds: usize,
    pub(crate) article: &'a Document,
    pub(crate) target: &'a Lang,
}

/// What an observer of measurements sees.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    /// A part begins.
    Part { round: usize, part: Part },
    /// Work goes on.
    Working,
}

type Observe<'a> = &'a mut dyn FnMut(Event) -> Flow;

/// Measures every part of the plan in each round.
///
/// # Errors
/// When the model fails, or its context is too small for a part; interrupted when `observe` says so.
pub(crate) fn measure(plan: &Plan<'_>, observe: Observe<'_>) -> Result<Report> {
    check_parts(plan)?;
    if plan.subject.is_folder() {
        let model = Seq2Seq::load(&plan.subject.path, Precision::default(), plan.subject.threads)?;
        let mut report = Report::new(plan, model.formats())?;
        drop(model);
        for round in 1..=plan.rounds {
            translation::measure(plan, round, &mut report, observe)?;
        }
        return Ok(report);
    }
    if plan.parts.iter().any(|part| part.needs_model()) {
        plan.subject.profile()?;
    }
    // Besides telling the formats, this warms the file cache.
    let decoder = plan.subject.decoder()?;
    check_context(plan, &decoder)?;
    let mut report = Report::new(plan, decoder.formats())?;
    drop(decoder);
    for round in 1..=plan.rounds {
        let (documents, decoding): (Vec<Part>, Vec<Part>) =
            plan.parts.iter().copied().partition(|part| part.needs_model());
        if !documents.is_empty() {
            article::measure(plan, round, &mut report, observe)?;
        }
        if !decoding.is_empty() {
            decoder::measure(plan, round, &mut report, observe)?;
        }
    }
    Ok(report)
}

fn check_parts(plan: &Plan<'_>) -> Result<()> {
    let able = plan.subject.parts();
    match plan.parts.iter().find(|part| !able.contains(part)) {
        None => Ok(()),
        Some(part) => {
            let kind = if plan.subject.is_folder() { "an encoder-decoder" } else { "a decoder" };
            let names: Vec<&str> = able.iter().map(|part| part.name()).collect();
            Err(Error::usage(format!(
                "{} is {kind}, which has no part {}",
                plan.subject.info.name,
                part.name()
            ))
            .hint(format!("its parts: {}", names.join(", "))))
        }
    }
}

fn check_context(plan: &Plan<'_>, decoder: &Decoder) -> Result<()> {
    let context = decoder.config().context;
    match plan.parts.iter().find(|part| part.positions() > context) {
        None => Ok(()),
        Some(part) => Err(Error::usage(format!(
            "measuring {} takes {} positions, and the model's context is {context}",
            part.name(),
            part.positions()
        ))
        .hint("leave it out with --only")),
    }
}

fn go_on(flow: Flow) -> Result<()> {
    if flow == Flow::Stop { Err(Error::interrupted()) } else { Ok(()) }
}
