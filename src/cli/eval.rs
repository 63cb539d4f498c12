//! `diglot eval`: how good a system is on a test set.

use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::{Args, ValueEnum};

use crate::cli::args::{MethodArg, ModelArgs, QualityArg, count};
use crate::cli::output::{Output, print, print_json};
use crate::cli::progress::{Reporter, Verbosity};
use crate::cli::roles::Roles;
use crate::dictionary::Dictionary;
use crate::error::{Error, ErrorKind, Result};
use crate::eval::{self, Selection, Settings, State, System, Task, TestSet};
use crate::lang::{Lang, LangPair};
use crate::pipeline::{Model, Progress, Summarizer, Translator};
use crate::plan::{Length, Profile};

#[derive(Args, Debug)]
pub(crate) struct EvalArgs {
    /// What is evaluated. A translation is one line of a file, a summary one file of a folder, with a sentence on each
    /// line; files of the same name belong together.
    #[arg(long, value_enum, default_value_t)]
    task: TaskArg,
    /// The references: a file, or for summaries a folder.
    #[arg(long, value_name = "PATH")]
    reference: PathBuf,
    /// The texts that were translated or summarised. A model needs them; beside an output they show what looks wrong.
    #[arg(long, value_name = "PATH")]
    source: Option<PathBuf>,
    /// What a system made of the source. Without it a model is run.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["model", "translator", "state", "output", "method", "sentences", "quality", "dictionary"])]
    hypothesis: Option<PathBuf>,
    /// Compare with what another system made, by paired bootstrap resampling. May be given several times.
    #[arg(long, value_name = "PATH")]
    against: Vec<PathBuf>,
    /// Only these lines of every file, such as 1-500. An output may hold just these.
    #[arg(long, value_name = "A-B", value_parser = lines)]
    lines: Option<RangeInclusive<usize>>,
    /// Only so many lines.
    #[arg(long, value_name = "N", value_parser = count)]
    limit: Option<usize>,
    /// The language of the source; by default it is detected.
    #[arg(long, value_name = "LANG", requires = "source")]
    from: Option<String>,
    /// The language of the references; by default it is detected.
    #[arg(long, value_name = "LANG", requires = "source")]
    lang: Option<String>,
    /// How much work each translation is worth.
    #[arg(long, value_enum, default_value_t)]
    quality: QualityArg,
    /// Look words up in this dictionary too, in the format of Ding, with a quality that chooses.
    #[arg(long, value_name = "FILE")]
    dictionary: Option<PathBuf>,
    /// Keep what the model makes in this file, and go on with it after an interruption.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Write what the model makes to this file, one text on each line; for summaries into this folder.
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// How the model summarises.
    #[arg(long, value_enum)]
    method: Option<MethodArg>,
    /// Sentences of a summary that the model writes (by default 3, of a long text one for every 350 words, at most 12).
    #[arg(long, value_name = "N", value_parser = count)]
    sentences: Option<usize>,
    /// Compare stems in ROUGE (Porter's, for English).
    #[arg(long)]
    stem: bool,
    /// Write a page with the scores and the worst segments side by side.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Segments on that page.
    #[arg(long, value_name = "N", value_parser = count, default_value_t = 20)]
    worst: usize,
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    models: ModelArgs,
    /// No progress on standard error, only errors.
    #[arg(short, long)]
    quiet: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum TaskArg {
    /// BLEU, chrF, chrF++ and TER, as sacrebleu has them.
    #[default]
    Translation,
    /// ROUGE-1, -2, -L and -Lsum, as rouge-score has them.
    Summary,
}

pub(crate) fn run(args: &EvalArgs, stop: Arc<AtomicBool>) -> Result<u8> {
    let verbosity = if args.quiet { Verbosity::Quiet } else { Verbosity::Normal };
    let reporter = Reporter::new(verbosity, stop);
    let task = task(args)?;
    let page = page(args)?;
    let set = test_set(args)?;
    let mut systems = args.against.iter().map(|path| set.system(path)).collect::<Result<Vec<_>>>()?;
    let system = match &args.hypothesis {
        Some(path) => set.system(path)?,
        None => made_by_model(args, &set, &reporter)?,
    };
    systems.insert(0, system);

    let report = eval::evaluate(&set, task, &systems)?;
    if let Some(mut page) = page {
        let mut bytes = Vec::new();
        eval::write_page(&report, &set, &systems[0], args.worst, &mut bytes)
            .map_err(|error| Error::runtime(format!("cannot render: {error}")).with_source(error))?;
        page.write(&bytes)?;
        page.finish()?;
    }
    if args.json { print_json(&report) } else { print(report.to_string().as_bytes()) }
}

/// What is evaluated, if the other arguments go with it.
fn task(args: &EvalArgs) -> Result<Task> {
    let summary = args.task == TaskArg::Summary;
    // An option, whether it is for summaries, and whether it was given.
    let special = [
        ("--lines", false, args.lines.is_some()),
        ("--limit", false, args.limit.is_some()),
        ("--stem", true, args.stem),
        ("--method", true, args.method.is_some()),
        ("--sentences", true, args.sentences.is_some()),
    ];
    if let Some((name, ..)) = special.iter().find(|(_, for_summary, given)| *given && *for_summary != summary)
    {
        let (wrong, right) = if summary { ("summary", "translation") } else { ("translation", "summary") };
        return Err(Error::usage(format!("{name} means nothing with `--task {wrong}`"))
            .hint(format!("leave it out, or add `--task {right}`")));
    }
    if let Some(profile) = &args.models.profile {
        Profile::named(profile)?;
    }
    Ok(match (summary, args.stem) {
        (false, _) => Task::Translation,
        (true, false) => Task::Summary,
        (true, true) => Task::StemmedSummary,
    })
}

/// Where the page goes, checked before any work is done.
fn page(args: &EvalArgs) -> Result<Option<Output>> {
    args.html.as_deref().map(|path| Output::new(Some(path), &inputs(args))).transpose()
}

/// Files that nothing may be written over.
fn inputs(args: &EvalArgs) -> Vec<PathBuf> {
    let named = [Some(&args.reference), args.source.as_ref(), args.hypothesis.as_ref(), args.state.as_ref()];
    named.into_iter().flatten().chain(&args.against).cloned().collect()
}

fn test_set(args: &EvalArgs) -> Result<TestSet> {
    let (source, reference) = (args.source.as_deref(), args.reference.as_path());
    let mut set = match args.task {
        TaskArg::Translation => {
            let selection = Selection { lines: args.lines.clone(), limit: args.limit };
            TestSet::lines(source, reference, selection)?
        }
        TaskArg::Summary => TestSet::folders(source, reference)?,
    };
    if source.is_some() {
        let parse = |lang: &Option<String>| lang.as_deref().map(Lang::parse).transpose();
        set.detect_languages(parse(&args.from)?, parse(&args.lang)?)?;
    }
    Ok(set)
}

/// Runs a model on the test set, or goes on with what a state file has.
fn made_by_model(args: &EvalArgs, set: &TestSet, reporter: &Reporter) -> Result<System> {
    let pair = set.pair()?;
    let mut outputs = Destination::new(args)?;
    let mut roles = Roles::new(&args.models, reporter)?;
    let needs_translator = args.task == TaskArg::Translation || !pair.source.same_language(&pair.target);
    let translator = match needs_translator {
        true => {
            let translator = Translator::new(&roles.translator(None, pair)?, pair.target.clone());
            let translator = translator.from(pair.source.clone()).quality(args.quality.into());
            Some(match &args.dictionary {
                Some(path) => translator.dictionary(Dictionary::read(path)?),
                None => translator,
            })
        }
        false => None,
    };
    let summarizer = match (args.task, args.method.unwrap_or_default()) {
        (TaskArg::Translation, _) => None,
        (TaskArg::Summary, MethodArg::Extractive) => Some(Summarizer::extractive()),
        (TaskArg::Summary, MethodArg::Abstractive) => {
            Some(Summarizer::new(&roles.summarizer(None, &pair.target)?))
        }
    };
    let summarizer = summarizer.map(|summarizer| summarizer.length(args.sentences.map(Length::Sentences)));

    let settings = settings(args, set, pair, translator.as_ref(), summarizer.as_ref());
    let mut state = match &args.state {
        Some(path) => State::open(path, &settings)?,
        None => State::default(),
    };
    let left = set.segments().iter().filter(|segment| state.get(segment).is_none()).count();
    if left < set.segments().len() {
        reporter.note(format!(
            "{} of {} segments are done already",
            set.segments().len() - left,
            set.segments().len()
        ));
    }
    let mut stage = reporter.stage(format!("evaluating on {}", set.name()));
    stage.observe(Progress::Round { requests: left, number: 1 });
    let mut announced = left;
    let mut observe = |event: Progress<'_>| match event {
        // Batches are of the same whole.
        Progress::Round { requests, number: 1 } if args.task == TaskArg::Translation => {
            stage.observe(Progress::Round { requests: beyond(&mut announced, requests), number: 1 })
        }
        event => stage.observe(event),
    };
    let system = match (&summarizer, &translator) {
        (Some(summarizer), translator) => {
            eval::summarize(set, translator.as_ref(), summarizer, &mut state, &mut observe)?
        }
        (None, Some(translator)) => eval::translate(set, translator, &mut state, &mut observe)?,
        (None, None) => return Err(Error::runtime("a translation without a translator")),
    };
    stage.finish();
    outputs.write(set, &system)?;
    Ok(system)
}

/// How many of these requests go beyond those that were `announced`, one a segment, and not asked yet.
fn beyond(announced: &mut usize, requests: usize) -> usize {
    let expected = requests.min(*announced);
    *announced -= expected;
    requests - expected
}

/// Everything that the outputs depend on.
fn settings(
    args: &EvalArgs,
    set: &TestSet,
    pair: &LangPair,
    translator: Option<&Translator>,
    summarizer: Option<&Summarizer>,
) -> Settings {
    let models = &args.models;
    let files = |model: &Model| {
        let hashes: Vec<&str> = model.info().files.iter().map(|(_, sha256)| sha256.as_str()).collect();
        hashes.join(" ")
    };
    let yes = |given: bool| if given { "yes" } else { "no" }.to_owned();
    let mut settings = vec![
        ("diglot", env!("CARGO_PKG_VERSION").to_owned()),
        ("source sha256", set.source_sha256().unwrap_or_default().to_owned()),
        ("profile", models.profile.clone().unwrap_or_else(|| "the card's".to_owned())),
        ("device", models.device.to_string()),
        ("full vocabulary", yes(models.full_vocabulary)),
        ("precision", format!("{:?}", models.precision)),
        ("quality", format!("{:?}", args.quality).to_lowercase()),
        (
            "dictionary sha256",
            translator.and_then(Translator::dictionary_sha256).unwrap_or("none").to_owned(),
        ),
        ("from", pair.source.tag().to_owned()),
        ("lang", pair.target.tag().to_owned()),
    ];
    settings.extend(translator.map(|translator| ("translator sha256", files(translator.model()))));
    if let Some(summarizer) = summarizer {
        let sha256 = summarizer.model().map_or_else(|| "none, extractive".to_owned(), files);
        settings.push(("summarizer sha256", sha256));
        settings.push((
            "sentences",
            args.sentences.map_or_else(|| "by length".to_owned(), |count| count.to_string()),
        ));
    }
    settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Where a model's outputs go.
enum Destination {
    Nowhere,
    File(Output),
    Folder(PathBuf),
}

impl Destination {
    /// Checks the destination before any work is done.
    fn new(args: &EvalArgs) -> Result<Self> {
        Ok(match (&args.output, args.task) {
            (None, _) => Self::Nowhere,
            (Some(path), TaskArg::Translation) => Self::File(Output::new(Some(path), &inputs(args))?),
            (Some(path), TaskArg::Summary) => {
                fs::create_dir_all(path)
                    .map_err(|error| Error::io(ErrorKind::Runtime, "create", path, error))?;
                if inputs(args).iter().any(|input| is_same(input, path)) {
                    return Err(Error::runtime(format!("cannot write into {}: it is read", path.display()))
                        .hint("name another folder with -o"));
                }
                Self::Folder(path.clone())
            }
        })
    }

    fn write(&mut self, set: &TestSet, system: &System) -> Result<()> {
        match std::mem::replace(self, Self::Nowhere) {
            Self::Nowhere => Ok(()),
            Self::File(mut file) => {
                let lines: String = system.outputs.iter().map(|output| output.text.clone() + "\n").collect();
                file.write(lines.as_bytes())?;
                file.finish()
            }
            Self::Folder(folder) => {
                for (name, output) in set.segments().iter().zip(&system.outputs) {
                    let mut file = Output::new(Some(&folder.join(name)), &[])?;
                    file.write(format!("{}\n", output.text).as_bytes())?;
                    file.finish()?;
                }
                Ok(())
            }
        }
    }
}

fn is_same(a: &Path, b: &Path) -> bool {
    a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b))
}

/// A range of lines, counted from 1.
fn lines(text: &str) -> std::result::Result<RangeInclusive<usize>, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.parse(), last.parse()) {
        (Ok(first), Ok(last)) if 1 <= first && first <= last => Ok(first..=last),
        _ => Err("a range of lines such as 1-500 is needed".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_done_than_was_announced() {
        let segments = 250;
        for batches in [[128, 122], [256, 244], [100, 20]] {
            let (mut announced, mut total, mut asked) = (segments, segments, 0);
            for requests in batches {
                total += beyond(&mut announced, requests);
                asked += requests;
                assert!(asked <= total, "{asked} of {total}");
            }
            assert_eq!(total, asked.max(segments));
        }
    }
}
