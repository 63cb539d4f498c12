//! Scores translations or summaries line by line against references.
//!
//! ```text
//! evaluate score --reference ref.en --hypothesis out.en
//! evaluate score --reference ref.en --hypothesis out.en --lines 1-500 --metric bleu --metric chrf
//! evaluate translate --source src.de --from de --lang en --reference ref.en --lines 1-500 -o out.en
//! ```
//!
//! BLEU and chrF equal those of sacrebleu 2.6.0, ROUGE those of rouge-score 0.1.2.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, Subcommand, ValueEnum};
use diglot::metrics::{Bleu, Chrf, Metric, Rouge};
use diglot::{
    Catalog, Error, ErrorKind, Lang, LangPair, LoadOptions, Model, ModelStore, Quality, Result, Translator,
};

#[derive(Parser)]
#[command(about = "Score translations or summaries line by line against references")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Score a file of translations or summaries, one on each line.
    Score {
        /// The file to score.
        #[arg(long)]
        hypothesis: PathBuf,
        #[command(flatten)]
        against: Against,
    },
    /// Translate a file line by line with a model, and score the result.
    Translate {
        /// The file to translate, one text on each line.
        #[arg(long)]
        source: PathBuf,
        /// Its language.
        #[arg(long)]
        from: String,
        /// The language to translate into.
        #[arg(long)]
        lang: String,
        /// The model card or file; the default for the languages unless named.
        #[arg(long)]
        model: Option<String>,
        /// How much work each text is worth: `fast`, `balanced` or `best`.
        #[arg(long, default_value = "fast", value_parser = quality)]
        quality: Quality,
        /// Where the translations go, one on each line.
        #[arg(short, long)]
        output: PathBuf,
        #[command(flatten)]
        against: Against,
    },
}

/// What to compare with, and how.
#[derive(clap::Args)]
struct Against {
    /// The references, one on each line.
    #[arg(long)]
    reference: PathBuf,
    /// Only these lines of every file, such as 1-500. A file with exactly that many lines is taken whole.
    #[arg(long, value_parser = parse_lines)]
    lines: Option<Lines>,
    /// The metrics; all of them unless named.
    #[arg(long, value_enum)]
    metric: Vec<MetricName>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MetricName {
    Bleu,
    Chrf,
    Chrfpp,
    Rouge1,
    Rouge2,
    RougeL,
}

impl MetricName {
    fn metric(self) -> Box<dyn Metric> {
        match self {
            Self::Bleu => Box::new(Bleu),
            Self::Chrf => Box::new(Chrf::default()),
            Self::Chrfpp => Box::new(Chrf::plus_plus()),
            Self::Rouge1 => Box::new(Rouge::One),
            Self::Rouge2 => Box::new(Rouge::Two),
            Self::RougeL => Box::new(Rouge::L),
        }
    }
}

/// Lines `first` to `last`, counted from 1.
#[derive(Clone, Copy)]
struct Lines {
    first: usize,
    last: usize,
}

fn parse_lines(text: &str) -> std::result::Result<Lines, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.parse(), last.parse()) {
        (Ok(first), Ok(last)) if 1 <= first && first <= last => Ok(Lines { first, last }),
        _ => Err("expected a range of lines such as 1-500".to_owned()),
    }
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            if let Some(hint) = error.next_step() {
                eprintln!("hint: {hint}");
            }
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    match &arguments.command {
        Command::Score { hypothesis, against } => {
            let hypotheses = read_lines(hypothesis, against.lines)?;
            print_scores(&hypotheses, against)
        }
        Command::Translate { source, from, lang, model, quality, output, against } => {
            let pair = LangPair { source: Lang::parse(from)?, target: Lang::parse(lang)? };
            let sources = read_lines(source, against.lines)?;
            let hypotheses = translate(&sources, &pair, model.as_deref(), *quality)?;
            let text: String = hypotheses.iter().map(|line| format!("{line}\n")).collect();
            fs::write(output, text).map_err(|e| Error::io(ErrorKind::Runtime, "write", output, e))?;
            print_scores(&hypotheses, against)
        }
    }
}

/// Translates each text by itself, as the product does at this quality, and counts what was flagged.
fn translate(
    texts: &[String],
    pair: &LangPair,
    model: Option<&str>,
    quality: Quality,
) -> Result<Vec<String>> {
    let (catalog, store) = (Catalog::load()?, ModelStore::from_env()?);
    let options = LoadOptions::default();
    let model = match model {
        Some(file) if Path::new(file).is_file() => {
            Model::load_file(&store, &catalog, Path::new(file), &options)?
        }
        Some(name) => Model::load(&store, catalog.get(name)?, &options)?,
        None => Model::load(&store, catalog.default_translator(pair)?, &options)?,
    };
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let started = Instant::now();
    let translator = Translator::new(&model, pair.target.clone()).quality(quality);
    let targets = translator.translate_texts(&texts, &pair.source)?;
    let flagged = targets.iter().filter(|target| target.flags.iter().any(|f| f.kind.is_doubt())).count();
    eprintln!(
        "{}: {} texts in {:.0} s, {flagged} flagged",
        card.name,
        texts.len(),
        started.elapsed().as_secs_f64()
    );
    Ok(targets.into_iter().map(|target| target.text).collect())
}

fn quality(name: &str) -> std::result::Result<Quality, String> {
    match name {
        "fast" => Ok(Quality::Fast),
        "balanced" => Ok(Quality::Balanced),
        "best" => Ok(Quality::Best),
        _ => Err("one of `fast`, `balanced` and `best` is needed".into()),
    }
}

/// Prints one line for each metric: its name, its signature and the score.
fn print_scores(hypotheses: &[String], against: &Against) -> Result<()> {
    let references = read_lines(&against.reference, against.lines)?;
    let hypotheses: Vec<&str> = hypotheses.iter().map(String::as_str).collect();
    let references: Vec<&str> = references.iter().map(String::as_str).collect();
    let names = if against.metric.is_empty() { MetricName::value_variants() } else { &against.metric };
    for name in names {
        let metric = name.metric();
        let score = metric.corpus(&hypotheses, &references)?;
        println!("{}|{} = {score}", metric.name(), metric.signature());
    }
    Ok(())
}

/// The chosen lines of a file without their ends. A file that was written from just those lines already is
/// read whole.
fn read_lines(path: &Path, lines: Option<Lines>) -> Result<Vec<String>> {
    let text = fs::read_to_string(path).map_err(|e| Error::io(ErrorKind::Input, "read", path, e))?;
    let all: Vec<String> = text.lines().map(str::to_owned).collect();
    let Some(Lines { first, last }) = lines else { return Ok(all) };
    if all.len() == last - first + 1 {
        return Ok(all);
    }
    match all.get(first - 1..last) {
        Some(chosen) => Ok(chosen.to_vec()),
        None => Err(Error::input(format!("{} has only {} lines", path.display(), all.len()))
            .hint("choose fewer with --lines")),
    }
}
