//! The work on one input: which models it takes, what is asked of them, and what the user is told.

use std::sync::Arc;

use crate::assemble::{Bitext, MemoryMatch};
use crate::cli::args::{MethodArg, SharedArgs, SummarizeArgs};
use crate::cli::output::Output;
use crate::cli::progress::{Reporter, Stage};
use crate::cli::roles::Roles;
use crate::dictionary::Dictionary;
use crate::document::Document;
use crate::engine::Flow;
use crate::error::{Error, Result};
use crate::glossary::{Compliance, Glossary};
use crate::lang::{self, Lang, LangPair};
use crate::memory::TranslationMemory;
use crate::pipeline::{Progress, Route, Summarizer, Translator, source_language, untranslated};
use crate::plan::Formality;
use crate::render::{self, Article, TargetWriter, Timings};
use crate::summarize::Summary;
use crate::translate::Quality;

/// The detector's confidence from which a language named with `--from` is doubted.
const SURE: f64 = 0.8;

/// The work on one input, with the models that all inputs share.
pub(super) struct Job<'a> {
    pub(super) args: &'a SharedArgs,
    pub(super) from: Option<Lang>,
    pub(super) reporter: &'a Reporter,
    pub(super) roles: Roles<'a>,
    pub(super) streams: bool,
    /// How many other translations of each segment are wanted.
    pub(super) alternatives: usize,
    pub(super) quality: Quality,
    pub(super) formality: Option<Formality>,
    pub(super) dictionary: Option<Arc<Dictionary>>,
    pub(super) glossary: Option<Arc<Glossary>>,
    pub(super) memory: Option<Arc<TranslationMemory>>,
    pub(super) timings: Timings,
}

impl Job<'_> {
    /// The document beside its translation, by way of a third language where one is named.
    pub(super) fn translate(
        &mut self,
        document: &Document,
        target: &Lang,
        via: Option<&Lang>,
        via_model: Option<&str>,
    ) -> Result<Article> {
        self.timings = Timings::default();
        let (source, confidence) = source_language(document, self.from.as_ref(), target);
        let pair = LangPair { source, target: target.clone() };
        let (bitext, translator) = match via {
            Some(via) if [&pair.source, target].iter().all(|lang| !lang.same_language(via)) => {
                self.tell_language(document, &pair, confidence);
                self.bitext_via(document, &pair, via, via_model)?
            }
            // A text that is in the language between needs the second step alone.
            Some(via) if pair.source.same_language(via) => self.bitext(document, target, via_model)?,
            _ => self.bitext(document, target, None)?,
        };
        Ok(self.article(bitext, Vec::new(), translator, None))
    }

    /// The document beside its translation by way of a third language.
    fn bitext_via(
        &mut self,
        document: &Document,
        pair: &LangPair,
        via: &Lang,
        via_model: Option<&str>,
    ) -> Result<(Bitext, Option<render::ModelInfo>)> {
        let step = |source: &Lang, target: &Lang| LangPair { source: source.clone(), target: target.clone() };
        let into = self.roles.translator(None, &step(&pair.source, via))?;
        let from = self.roles.translator(via_model, &step(via, &pair.target))?;
        let mut first = Translator::new(&into, via.clone());
        if let Some(source) = &self.from {
            first = first.from(source.clone());
        }
        let route = Route::new(first, Translator::new(&from, pair.target.clone()));
        let mut stage =
            self.reporter.stage(format!("translating {} by way of {}", document.name, via.name()));
        let bitext = route.translate_observed(document, &mut |event| stage.observe(event))?;
        if self.streams {
            let mut writer = TargetWriter::new(&document.text);
            bitext.units.iter().try_for_each(|u| stream(|out| writer.write(&u.segment, &u.target, out)))?;
            stream(|out| writer.finish(out))?;
        }
        self.timings.translate += self.finish(&stage);
        Ok((bitext, Some(into.info().clone().followed_by(from.info()))))
    }

    /// The document, translated where it must be, with a summary.
    pub(super) fn summarize(
        &mut self,
        document: &Document,
        target: Option<&Lang>,
        args: &SummarizeArgs,
    ) -> Result<Article> {
        self.timings = Timings::default();
        let (source, _) = source_language(document, self.from.as_ref(), target.unwrap_or(&Lang::EN));
        let target = target.unwrap_or(&source);
        let (bitext, translator) = self.bitext(document, target, None)?;

        let model = match args.method {
            MethodArg::Abstractive => {
                Some(self.roles.summarizer(args.summarizer.as_deref(), &bitext.pair.target)?)
            }
            MethodArg::Extractive => None,
        };
        let summarizer = model.as_ref().map_or_else(Summarizer::extractive, Summarizer::new);
        let mut stage = self.reporter.stage(format!("summarizing {}", document.name));
        let summary = summarizer
            .length(args.length())
            .summarize_observed(&bitext, &mut |event| stage.observe(event))?;
        if model.is_some() {
            self.timings.summarize += self.finish(&stage);
        }

        let mut summaries = vec![summary];
        if args.bilingual && !bitext.pair.source.same_language(&bitext.pair.target) {
            let translated = self.summary_in_source_language(&summaries[0], &bitext)?;
            summaries.push(translated);
        }
        Ok(self.article(bitext, summaries, translator, model.map(|m| m.info().clone())))
    }

    /// Ends a stage, counts its tokens and answers its seconds.
    fn finish(&mut self, stage: &Stage) -> f64 {
        self.timings.prompt_tokens += stage.prompt_tokens;
        self.timings.output_tokens += stage.output_tokens;
        stage.finish()
    }

    /// The document beside its translation. In its own language it stands beside itself, and no model is
    /// needed.
    fn bitext(
        &mut self,
        document: &Document,
        target: &Lang,
        named: Option<&str>,
    ) -> Result<(Bitext, Option<render::ModelInfo>)> {
        let (source, confidence) = source_language(document, self.from.as_ref(), target);
        let pair = LangPair { source, target: target.clone() };
        self.tell_language(document, &pair, confidence);
        if pair.source.same_language(&pair.target) {
            return Ok((untranslated(document, &pair.target, confidence)?, None));
        }
        let model = self.roles.translator(named, &pair)?;
        let mut translator =
            Translator::new(&model, target.clone()).alternatives(self.alternatives).quality(self.quality);
        if let Some(from) = &self.from {
            translator = translator.from(from.clone());
        }
        if let Some(formality) = self.formality {
            translator = translator.formality(formality);
        }
        if let Some(dictionary) = &self.dictionary {
            translator = translator.dictionary(dictionary.clone());
        }
        if let Some(glossary) = &self.glossary {
            translator = translator.glossary(glossary.clone());
        }
        if let Some(memory) = &self.memory {
            translator = translator.memory(memory.clone());
        }
        let what = format!("translating {}", document.name);
        let mut stage =
            if self.streams { self.reporter.silent_stage(what) } else { self.reporter.stage(what) };
        let mut writer = self.streams.then(|| TargetWriter::new(&document.text));
        let mut failure = None;
        let result = translator.translate_observed(document, &mut |event| {
            if let (Some(writer), Progress::Ready { segment, target }) = (&mut writer, event) {
                failure = stream(|out| writer.write(segment, target, out)).err();
                if failure.is_some() {
                    return Flow::Stop;
                }
            }
            stage.observe(event)
        });
        let bitext = match failure {
            Some(error) => return Err(error),
            None => result?,
        };
        if let Some(writer) = writer {
            stream(|out| writer.finish(out))?;
        }
        self.timings.translate += self.finish(&stage);
        self.tell_terms(&bitext);
        Ok((bitext, Some(model.info().clone())))
    }

    /// How the translation stands to the glossary and to the translation memory.
    fn tell_terms(&self, bitext: &Bitext) {
        let name = &bitext.document.name;
        if let Some(Compliance { found, kept }) = bitext.glossary {
            self.reporter.note(format!("{name}: {kept} of {found} glossary terms are translated as it says"));
        }
        if self.memory.is_some() {
            let is_exact = |found: &&MemoryMatch| **found == MemoryMatch::Exact;
            let (exact, similar): (Vec<_>, Vec<_>) =
                bitext.units.iter().filter_map(|unit| unit.memory.as_ref()).partition(is_exact);
            self.reporter.note(format!(
                "{name}: {} of {} segments from the translation memory, similar texts for {} more",
                exact.len(),
                bitext.units.len(),
                similar.len()
            ));
        }
    }

    fn summary_in_source_language(&mut self, summary: &Summary, bitext: &Bitext) -> Result<Summary> {
        let back = LangPair { source: bitext.pair.target.clone(), target: bitext.pair.source.clone() };
        let model = self.roles.translator(None, &back)?;
        let mut stage = self.reporter.stage(format!("translating the summary into {}", back.target.name()));
        let translated =
            Summarizer::translate_summary(summary, &model, back.target, &mut |event| stage.observe(event))?;
        self.timings.summarize += self.finish(&stage);
        Ok(translated)
    }

    fn tell_language(&self, document: &Document, pair: &LangPair, confidence: Option<f64>) {
        let name = &document.name;
        match confidence {
            Some(confidence) => self
                .reporter
                .note(format!("{name}: {} (detected, confidence {confidence:.2})", pair.source.name())),
            None => match lang::detect(&document.text) {
                Some(seen) if seen.confidence > SURE && !seen.lang.same_language(&pair.source) => {
                    let (seen, named) = (seen.lang.name(), pair.source.name());
                    self.reporter.note(format!("{name}: looks like {seen}, not {named} as --from says"));
                }
                _ => self.reporter.detail(format!("{name}: {}", pair.source.name())),
            },
        }
        if pair.source.same_language(&pair.target) {
            self.reporter.note(format!("{name}: already in {}, not translated", pair.target.name()));
        }
    }

    fn article(
        &mut self,
        bitext: Bitext,
        summaries: Vec<Summary>,
        translator: Option<render::ModelInfo>,
        summarizer: Option<render::ModelInfo>,
    ) -> Article {
        self.timings.load = std::mem::take(&mut self.roles.load_seconds);
        let timings = self.args.timings.then_some(self.timings);
        if let Some(t) = timings {
            self.reporter.note(format!(
                "load {:.2} s, translate {:.2} s, summarize {:.2} s, {} prompt tokens, {} output tokens",
                t.load, t.translate, t.summarize, t.prompt_tokens, t.output_tokens
            ));
        }
        Article { bitext, summaries, translator, summarizer, timings }
    }
}

/// Writes a part of the result to standard output at once.
fn stream(write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>) -> Result<()> {
    let mut bytes = Vec::new();
    write(&mut bytes).map_err(|error| Error::runtime(format!("cannot render: {error}")))?;
    Output::Stdout.write(&bytes)
}
