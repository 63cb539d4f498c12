//! `summarize` and `translate`: every input is tried, results come in order, the first failure decides the
//! exit code.

mod job;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use job::Job;

use crate::cli::args::{FormatArg, SharedArgs, SummarizeArgs, TranslateArgs};
use crate::cli::output::Output;
use crate::cli::progress::{Reporter, Verbosity};
use crate::cli::roles::Roles;
use crate::cli::{input, report};
use crate::dictionary::Dictionary;
use crate::document::Document;
use crate::error::{Error, ErrorKind, Result};
use crate::glossary::Glossary;
use crate::lang::Lang;
use crate::memory::TranslationMemory;
use crate::plan::Formality;
use crate::render::{self, Article, Format, Layout, Timings, View};
use crate::translate::Quality;

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
    let dictionary = args.dictionary.as_ref().map(Dictionary::read).transpose()?.map(Arc::new);
    each_input(&args.shared, stop, view, |document, job| {
        job.dictionary = dictionary.clone();
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
        dictionary: None,
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
