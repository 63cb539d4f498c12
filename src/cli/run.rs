//! `summarize` and `translate`: every input is tried, results come in order, the first failure decides the
//! exit code.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::assemble::{Bitext, MemoryMatch};
use crate::cli::args::{FormatArg, MethodArg, SharedArgs, SummarizeArgs, TranslateArgs};
use crate::cli::output::Output;
use crate::cli::progress::{Reporter, Verbosity};
use crate::cli::roles::Roles;
use crate::cli::{input, report};
use crate::document::Document;
use crate::engine::Flow;
use crate::error::{Error, ErrorKind, Result};
use crate::glossary::{Compliance, Glossary};
use crate::lang::{self, Lang, LangPair};
use crate::memory::TranslationMemory;
use crate::pipeline::{Progress, Route, Summarizer, Translator, source_language, untranslated};
use crate::plan::Formality;
use crate::render::{self, Article, Format, Layout, TargetWriter, Timings, View};
use crate::summarize::Summary;
use crate::translate::Quality;

/// The detector's confidence from which a language named with `--from` is doubted.
const SURE: f64 = 0.8;

/// Columns of a text layout off a terminal.
const WIDTH: usize = 100;

pub(crate) fn translate(args: &TranslateArgs, stop: Arc<AtomicBool>) -> Result<u8> {
    let Some(lang) = &args.lang else {
        return Err(Error::usage("translate needs a target language").hint("add `--lang en`, for example"));
    };
    let target = Lang::parse(lang)?;
    let formality = args.formality.map(Formality::from);
    if let Some(formality) = formality {
        formality.check(&target)?;
    }
    let via = args.via.as_deref().map(Lang::parse).transpose()?;
    if via.is_some() && (args.shared.glossary.is_some() || args.shared.tm.is_some()) {
        return Err(Error::usage("--via goes with neither --glossary nor --tm, which serve a single step")
            .hint("translate in two runs, each with what serves it"));
    }
    let format = Format::from(args.shared.format);
    let layout = match args.layout {
        Some(layout) => Layout::from(layout),
        // The target alone is running text, which leaves no room for alternatives.
        None if args.alternatives > 0 && format == Format::Text => Layout::Interleaved,
        None => default_layout(format),
    };
    if args.alternatives > 0 && layout == Layout::Target && format != Format::Json {
        return Err(Error::usage("the target alone has no place for alternatives")
            .hint("choose `--layout interleaved`, `--layout side-by-side` or `--format json`"));
    }
    let view = View { layout, texts: true, named: args.shared.files.len() > 1, width: width() };
    each_input(&args.shared, stop, view, |document, job| {
        job.alternatives = args.alternatives;
        job.quality = args.quality.into();
        job.formality = formality;
        job.translate(document, &target, via.as_ref(), args.via_model.as_deref())
    })
}

pub(crate) fn summarize(args: &SummarizeArgs, stop: Arc<AtomicBool>) -> Result<u8> {
    let target = args.lang.as_deref().map(Lang::parse).transpose()?;
    let layout = if args.bilingual { Layout::SideBySide } else { Layout::Target };
    let view = View { layout, texts: args.bilingual, named: args.shared.files.len() > 1, width: width() };
    each_input(&args.shared, stop, view, |document, job| job.summarize(document, target.as_ref(), args))
}

/// Reading pages show both texts unless told otherwise; plain text is for piping.
fn default_layout(format: Format) -> Layout {
    match format {
        Format::Html | Format::Markdown => Layout::SideBySide,
        Format::Text | Format::Json => Layout::Target,
    }
}

fn width() -> usize {
    if std::io::stdout().is_terminal() { textwrap::termwidth().clamp(40, 160) } else { WIDTH }
}

/// Runs a job on every input.
fn each_input(
    args: &SharedArgs,
    stop: Arc<AtomicBool>,
    view: View,
    work: impl Fn(&Document, &mut Job<'_>) -> Result<Article>,
) -> Result<u8> {
    let verbosity = match (args.quiet, args.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    };
    let reporter = Reporter::new(verbosity, stop);
    let from = args.from.as_deref().map(Lang::parse).transpose()?;
    if let Some(profile) = &args.models.profile {
        crate::plan::Profile::named(profile)?;
    }
    let inputs = input::inputs(&args.files, std::io::stdin().is_terminal())?;
    let needed: Vec<PathBuf> = inputs.iter().chain(&args.glossary).chain(&args.tm).cloned().collect();
    let mut output = Output::new(args.output.as_deref(), &needed)?;
    let streams = output.is_stdout()
        && matches!(args.format, FormatArg::Text)
        && (view.layout, view.texts, view.named) == (Layout::Target, true, false)
        && std::io::stdout().is_terminal();
    let mut job = Job {
        args,
        from,
        reporter: &reporter,
        roles: Roles::new(&args.models, &reporter)?,
        streams,
        alternatives: 0,
        quality: Quality::default(),
        formality: None,
        glossary: args.glossary.as_ref().map(Glossary::read).transpose()?.map(Arc::new),
        memory: args.tm.as_ref().map(TranslationMemory::open).transpose()?.map(Arc::new),
        timings: Timings::default(),
    };

    let mut outcome = Outcome::default();
    let mut page = Vec::new();
    for path in &inputs {
        let result = read(path, args, &reporter).and_then(|document| work(&document, &mut job));
        match result {
            Ok(article) => {
                outcome.flagged += tell_flags(&article, &reporter);
                outcome.done += 1;
                match args.format {
                    _ if streams => {}
                    // One page holds all articles; every other format is written as soon as it can be.
                    FormatArg::Html => page.push(article),
                    FormatArg::Json => write(&mut output, &[article], args, &view)?,
                    FormatArg::Text | FormatArg::Markdown => {
                        if outcome.done > 1 {
                            output.write(b"\n")?;
                        }
                        write(&mut output, &[article], args, &view)?;
                    }
                }
            }
            Err(error) if error.is_interrupted() || error.kind() == ErrorKind::BrokenPipe => {
                return Err(error);
            }
            Err(error) => outcome.failed(error),
        }
    }
    if !page.is_empty() {
        write(&mut output, &page, args, &view)?;
    }
    if outcome.done > 0 {
        output.finish()?;
    }
    Ok(outcome.exit_code(args.strict))
}

/// What became of the inputs.
#[derive(Default)]
struct Outcome {
    /// The exit code of the first failure, or 0.
    code: u8,
    /// Articles that were made.
    done: usize,
    /// Segments and sentences that carry a doubt.
    flagged: usize,
}

impl Outcome {
    fn failed(&mut self, error: Error) {
        report(&error);
        if self.code == 0 {
            self.code = error.exit_code();
        }
    }

    fn exit_code(&self, strict: bool) -> u8 {
        match self.code {
            0 if strict && self.flagged > 0 => 1,
            code => code,
        }
    }
}

fn read(path: &Path, args: &SharedArgs, reporter: &Reporter) -> Result<Document> {
    let document = input::read(path, args.encoding.as_deref())?;
    if document.encoding != "UTF-8" {
        reporter.note(format!("{}: read as {}", document.name, document.encoding));
    }
    Ok(document)
}

fn write(output: &mut Output, articles: &[Article], args: &SharedArgs, view: &View) -> Result<()> {
    let mut bytes = Vec::new();
    render::render_all(articles, args.format.into(), view, &mut bytes)
        .map_err(|error| Error::runtime(format!("cannot render: {error}")).with_source(error))?;
    output.write(&bytes)
}

/// Writes a part of the result to standard output at once.
fn stream(write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>) -> Result<()> {
    let mut bytes = Vec::new();
    write(&mut bytes).map_err(|error| Error::runtime(format!("cannot render: {error}")))?;
    Output::Stdout.write(&bytes)
}

/// Counts the flags on standard error and returns how many segments and sentences carry one.
fn tell_flags(article: &Article, reporter: &Reporter) -> usize {
    let mut counts = std::collections::BTreeMap::new();
    let units = article.bitext.units.iter().map(|unit| &unit.target.flags);
    let sentences = article.summaries.iter().flat_map(|s| s.sentences.iter().map(|s| &s.flags));
    let mut flagged = 0;
    for flags in units.chain(sentences) {
        flagged += usize::from(flags.iter().any(|flag| flag.kind.is_doubt()));
        for flag in flags {
            *counts.entry(flag.kind).or_insert(0_usize) += 1;
        }
    }
    if !counts.is_empty() {
        let list: Vec<String> = counts.iter().map(|(kind, n)| format!("{} {n}", kind.name())).collect();
        reporter.note(format!("{}: check {}", article.bitext.document.name, list.join(", ")));
    }
    flagged
}

/// The work on one input, with the models that all inputs share.
struct Job<'a> {
    args: &'a SharedArgs,
    from: Option<Lang>,
    reporter: &'a Reporter,
    roles: Roles<'a>,
    streams: bool,
    /// How many other translations of each segment are wanted.
    alternatives: usize,
    quality: Quality,
    formality: Option<Formality>,
    glossary: Option<Arc<Glossary>>,
    memory: Option<Arc<TranslationMemory>>,
    timings: Timings,
}

impl Job<'_> {
    fn translate(
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
        self.timings.translate += stage.finish();
        self.timings.prompt_tokens += stage.prompt_tokens;
        self.timings.output_tokens += stage.output_tokens;
        Ok((bitext, Some(into.info().clone().followed_by(from.info()))))
    }

    fn summarize(
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
            self.timings.summarize += stage.finish();
            self.timings.prompt_tokens += stage.prompt_tokens;
            self.timings.output_tokens += stage.output_tokens;
        }

        let mut summaries = vec![summary];
        if args.bilingual && !bitext.pair.source.same_language(&bitext.pair.target) {
            let translated = self.summary_in_source_language(&summaries[0], &bitext)?;
            summaries.push(translated);
        }
        Ok(self.article(bitext, summaries, translator, model.map(|m| m.info().clone())))
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
        self.timings.translate += stage.finish();
        self.timings.prompt_tokens += stage.prompt_tokens;
        self.timings.output_tokens += stage.output_tokens;
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
        self.timings.summarize += stage.finish();
        self.timings.prompt_tokens += stage.prompt_tokens;
        self.timings.output_tokens += stage.output_tokens;
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
