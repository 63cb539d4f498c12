//! `diglot bench`: how fast a model is on this machine.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::{Args, ValueEnum};

use crate::bench::{self, Event, Measure, Part, Plan, Report, Subject, Unit};
use crate::bench::{DEPTH, LENGTHS, STEPS, STREAMED, TEXTS, TOKENS};
use crate::catalog::{Catalog, ModelStore, StoreOptions};
use crate::cli::args::count;
use crate::cli::output::{print, print_json};
use crate::cli::progress::{Reporter, Verbosity};
use crate::cli::roles::is_path;
use crate::cli::{download, input};
use crate::document::Document;
use crate::engine::Device;
use crate::engine::causal::{FormatUse, Kernel};
use crate::engine::kernels::default_threads;
use crate::error::{Error, ErrorKind, Result};
use crate::lang::{Lang, LangPair};
use crate::pipeline::{LoadOptions, source_language};
use crate::plan::Profile;
use crate::render::ModelInfo;

/// The article that is measured where no other is named: this project's own.
const ARTICLE: (&str, &str) =
    ("stadtwerke.de.txt", include_str!("../../examples/articles/stadtwerke.de.txt"));

#[derive(Args, Debug)]
pub(crate) struct BenchArgs {
    /// The model (a card's name, a GGUF file, or the folder of an encoder-decoder); by default the one that translates
    /// from German.
    #[arg(long, value_name = "NAME|PATH")]
    model: Option<String>,
    /// The prompt profile of a GGUF file that no card knows.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Threads to compute with; by default the cores that this process may use.
    #[arg(long, value_name = "N", value_parser = count)]
    threads: Option<usize>,
    /// Where to multiply matrices: `cpu`, `cuda`, `cuda:N`, `metal` or `metal:N`. A GPU needs a build with the
    /// feature of that name.
    #[arg(long, value_name = "DEVICE", default_value_t)]
    device: Device,
    /// How often each part is measured; the table shows medians.
    #[arg(long, value_name = "N", value_parser = count, default_value_t = 5)]
    rounds: usize,
    /// Measure only these parts.
    #[arg(long, value_name = "PART", value_enum, value_delimiter = ',')]
    only: Vec<PartArg>,
    /// The text to translate and summarise; by default one of diglot's own, in German.
    #[arg(long, value_name = "FILE")]
    article: Option<PathBuf>,
    /// The language to translate it into.
    #[arg(long, value_name = "LANG", default_value = "en")]
    lang: String,
    /// Let the model choose among all its tokens in the article, as speeds of decoding always do.
    #[arg(long)]
    full_vocabulary: bool,
    /// Write the article token after token, without speculation from the text. The output is the same.
    #[arg(long)]
    no_speculation: bool,
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// Measure nothing: print the prompts that the article makes and their answers, as JSON.
    #[arg(long, conflicts_with_all = ["json", "only", "rounds"])]
    prompts: bool,
    /// Accept the terms of a model whose licence is not Apache, MIT or BSD. Needed once for each model.
    #[arg(long)]
    accept_licence: bool,
    /// Open no network connection; fail when the model is not on this machine.
    #[arg(long)]
    offline: bool,
    /// No progress on standard error, only errors.
    #[arg(short, long)]
    quiet: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PartArg {
    /// Loading, and the time to the first token.
    Load,
    /// An article, translated and summarised.
    Article,
    /// Reading 512 tokens.
    Prefill,
    /// Writing 1, 4, 8 and 16 texts together.
    Decode,
    /// Writing one text behind 512 tokens.
    Deep,
    /// Encoder-decoders: translating 64 texts together, each token the likeliest.
    Greedy,
    /// Encoder-decoders: translating 64 texts together, by four beams.
    Beams,
    /// Encoder-decoders: translating one text after the other, on all threads, and in a stream for each thread.
    Streams,
}

impl From<PartArg> for Part {
    fn from(part: PartArg) -> Self {
        match part {
            PartArg::Load => Self::Load,
            PartArg::Article => Self::Article,
            PartArg::Prefill => Self::Prefill,
            PartArg::Decode => Self::Decode,
            PartArg::Deep => Self::Deep,
            PartArg::Greedy => Self::Greedy,
            PartArg::Beams => Self::Beams,
            PartArg::Streams => Self::Streams,
        }
    }
}

pub(crate) fn run(args: &BenchArgs, stop: Arc<AtomicBool>) -> Result<u8> {
    let verbosity = if args.quiet { Verbosity::Quiet } else { Verbosity::Normal };
    let reporter = Reporter::new(verbosity, stop);
    let target = Lang::parse(&args.lang)?;
    let article = article(args, &target)?;
    let subject = subject(args, &reporter)?;
    if args.prompts {
        let prompts = bench::prompts(&subject, &article, &target, &mut |_| reporter.flow())?;
        return print_json(&prompts);
    }
    let parts = match args.only.as_slice() {
        [] => subject.parts().to_vec(),
        only => only.iter().copied().map(Part::from).collect(),
    };
    let plan = Plan { subject: &subject, parts, rounds: args.rounds, article: &article, target: &target };
    let report = bench::measure(&plan, &mut |event| {
        if let Event::Part { round, part } = event {
            reporter.note(format!("round {round} of {}: {}", args.rounds, part.name()));
        }
        reporter.flow()
    })?;
    if args.json { print_json(&report) } else { print(table(&report).as_bytes()) }
}

/// The text to translate, which is not in the target language already.
fn article(args: &BenchArgs, target: &Lang) -> Result<Document> {
    let document = match &args.article {
        Some(path) => input::read(path, None)?,
        None => Document::decode(ARTICLE.0, ARTICLE.1.as_bytes(), None)?,
    };
    let (source, _) = source_language(&document, None, target);
    if source.same_language(target) {
        return Err(Error::usage(format!("{} is in {} already", document.name, target.name()))
            .hint("name another language with --lang"));
    }
    Ok(document)
}

/// The model that is named, or the default one, downloaded if it is not here.
fn subject(args: &BenchArgs, reporter: &Reporter) -> Result<Subject> {
    if let Some(profile) = &args.profile {
        Profile::named(profile)?;
    }
    let mut options = StoreOptions::from_env()?;
    options.offline |= args.offline;
    let (catalog, store) = (Catalog::load()?, ModelStore::new(options));
    let threads = args.threads.unwrap_or_else(default_threads);
    match &args.model {
        Some(path) if Path::new(path).is_dir() => folder(args, path.as_ref(), threads),
        Some(path) if is_path(path) => file(args, path.as_ref(), &catalog, &store, threads),
        named => {
            let pair = LangPair { source: Lang::DE, target: Lang::EN };
            let card = match named {
                Some(name) => catalog.get(name)?,
                None => catalog.default_translator(&pair)?,
            };
            if card.is_folder() {
                return Err(Error::usage(format!(
                    "{} is an encoder-decoder; bench measures GGUF files",
                    card.name
                ))
                .hint("`translate --timings` tells how long such a model takes"));
            }
            let stored = match store.resolve(card)? {
                Some(stored) => stored,
                None => download::fetch(&store, card, args.accept_licence, reporter)?,
            };
            let files = stored.files.iter().map(|f| (f.name.clone(), f.hash.hex().to_owned())).collect();
            Ok(Subject {
                path: stored.weights()?.path.clone(),
                info: ModelInfo { name: card.name.clone(), files, unlisted: false },
                profile: args.profile.clone().or_else(|| card.profile.clone()),
                card: Some(card.clone()),
                threads,
                load: load_options(args),
            })
        }
    }
}

fn file(
    args: &BenchArgs,
    path: &Path,
    catalog: &Catalog,
    store: &ModelStore,
    threads: usize,
) -> Result<Subject> {
    let (sha256, card) = store.identify(path, catalog)?;
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Subject {
        path: path.into(),
        info: ModelInfo {
            name: card.map_or_else(|| file.clone(), |card| card.name.clone()),
            files: vec![(file, sha256)],
            unlisted: card.is_none(),
        },
        profile: args.profile.clone().or_else(|| card.and_then(|card| card.profile.clone())),
        card: card.cloned(),
        threads,
        load: load_options(args),
    })
}

/// An encoder-decoder.
fn folder(args: &BenchArgs, path: &Path, threads: usize) -> Result<Subject> {
    if args.prompts {
        return Err(Error::usage(format!("{} is an encoder-decoder, which has no prompts", path.display()))
            .hint("leave --prompts out"));
    }
    let real = path.canonicalize().map_err(|e| Error::io(ErrorKind::Model, "open", path, e))?;
    let name = real.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Subject {
        info: ModelInfo { name, files: Vec::new(), unlisted: true },
        path: real,
        profile: None,
        card: None,
        threads,
        load: load_options(args),
    })
}

fn load_options(args: &BenchArgs) -> LoadOptions {
    LoadOptions {
        device: args.device,
        full_vocabulary: args.full_vocabulary,
        no_speculation: args.no_speculation,
        ..LoadOptions::default()
    }
}

/// The report for a reader.
fn table(report: &Report) -> String {
    let rounds = if report.rounds == 1 { "1 round" } else { &format!("{} rounds", report.rounds) };
    let mut text = format!("{} ({}), {rounds}\n", report.model, report.file);
    if let Some(processor) = &report.processor {
        text += &format!("{processor}, ");
    }
    text += &format!("{} threads on {} cores, ", report.threads, report.cores);
    text += &format!("device: {}, kernels: {}\n", report.device, report.kernel);
    for used in &report.formats {
        text += &format!("  {}\n", format_line(used));
    }
    text += &format!("\n{:24}{:>10}{:>10}{:>10}\n", "", "median", "min", "max");
    for measure in &report.measures {
        text += &line(measure);
    }
    if report.measures.iter().any(|measure| measure.name == "decode 1") {
        text += &format!("\nDecoding starts {DEPTH} deep and adds {STEPS} tokens to each row.\n");
    }
    if report.measures.iter().any(|measure| measure.unit == Unit::Speed && measure.name.ends_with("mixed")) {
        text += &format!(
            "\n{TEXTS} texts together, {STREAMED} in streams, each given as many tokens as it has: {TOKENS}, or mixed \
             {LENGTHS:?}.\n"
        );
    }
    if let Some(article) = &report.article {
        text += &format!(
            "\nThe article: {}, {} segments, {} prompt tokens read, {} tokens written{};\n\
             keys and values of at most {:.0} MB.\n",
            article.name,
            article.segments,
            article.prompt_tokens,
            article.output_tokens,
            match (article.full_vocabulary, article.speculation) {
                (true, true) => " with the whole vocabulary",
                (true, false) => " with the whole vocabulary, without speculation",
                (false, true) => "",
                (false, false) => " without speculation",
            },
            article.kv_budget as f64 / 1e6,
        );
    }
    text
}

fn format_line(used: &FormatUse) -> String {
    let FormatUse { format, kernel, tensors, bytes } = used;
    let product = match kernel {
        Kernel::Packed(form) => format!("our {} kernel", form.name()),
        Kernel::Plain => "our f32 product".into(),
        Kernel::Device => "candle's product on the device".into(),
        Kernel::Candle => "no kernel of ours, candle's product".into(),
    };
    format!("{format}: {product} ({tensors} tensors, {:.1} MB)", *bytes as f64 / 1e6)
}

fn line(measure: &Measure) -> String {
    let (scale, digits, unit) = match measure.unit {
        Unit::Seconds => (1.0, 2, "s"),
        Unit::Speed => (1.0, 1, "tokens/s"),
        Unit::Bytes => (1e-6, 0, "MB"),
    };
    let number = |value: f64| format!("{:10.digits$}", value * scale);
    let (median, min, max) = (number(measure.median), number(measure.min), number(measure.max));
    format!("{:24}{median}{min}{max}  {unit}\n", measure.name)
}
