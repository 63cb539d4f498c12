//! What the command lines accept.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::cli::bench::BenchArgs;
use crate::cli::eval::EvalArgs;
use crate::cli::memory::MemoryArgs;
use crate::cli::models::ModelsArgs;
use crate::engine::Device;
use crate::engine::seq2seq::Precision;
use crate::plan::{Formality, Length};
use crate::render;
use crate::translate::Quality;

/// Summarise documents in your own language, on your own machine.
#[derive(Debug, Parser)]
#[command(name = "summarize", version, max_term_width = 100)]
pub(crate) struct SummarizeCli {
    #[command(flatten)]
    pub args: SummarizeArgs,
}

/// Translate documents on your own machine.
#[derive(Debug, Parser)]
#[command(name = "translate", version, max_term_width = 100)]
pub(crate) struct TranslateCli {
    #[command(flatten)]
    pub args: TranslateArgs,
}

/// Translate and summarise documents with open models on your own machine, both languages side by side.
#[derive(Debug, Parser)]
#[command(name = "diglot", version, max_term_width = 100, arg_required_else_help = true)]
pub(crate) struct DiglotCli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Summarise documents.
    Summarize(Box<SummarizeArgs>),
    /// Translate documents.
    Translate(Box<TranslateArgs>),
    /// List, fetch, check and remove models.
    Models(ModelsArgs),
    /// Import and export translation memories.
    Tm(MemoryArgs),
    /// Measure how fast a model is on this machine.
    Bench(BenchArgs),
    /// Score translations or summaries on a test set with references.
    Eval(Box<EvalArgs>),
}

#[derive(Args, Debug)]
pub(crate) struct SummarizeArgs {
    /// The language of the summary (`en`, `de`, `zh-Hant`); by default the document's own.
    #[arg(long, value_name = "LANG")]
    pub lang: Option<String>,
    /// Exactly this many sentences (by default 3, of a long text one for every 350 words, at most 12).
    #[arg(long, value_name = "N", value_parser = count, group = "length")]
    pub sentences: Option<usize>,
    /// At most this many words.
    #[arg(long, value_name = "N", value_parser = count, group = "length")]
    pub words: Option<usize>,
    /// This many bullet points.
    #[arg(long, value_name = "N", value_parser = count, group = "length")]
    pub bullets: Option<usize>,
    /// One headline.
    #[arg(long, group = "length")]
    pub headline: bool,
    /// Write the summary, or pick sentences of the text.
    #[arg(long, value_enum, default_value_t)]
    pub method: MethodArg,
    /// The summary in both languages, then both texts side by side.
    #[arg(long)]
    pub bilingual: bool,
    /// Summarise with this model (a card's name, a hub repository `OWNER/NAME`, a GGUF file, or a folder).
    #[arg(long, value_name = "NAME|PATH")]
    pub summarizer: Option<String>,
    #[command(flatten)]
    pub shared: SharedArgs,
}

#[derive(Args, Debug)]
pub(crate) struct TranslateArgs {
    /// The language to translate into (`en`, `de`, `zh-Hant`).
    #[arg(long, value_name = "LANG")]
    pub lang: Option<String>,
    /// How the two texts stand to each other; by default the target alone, in HTML and Markdown side by side.
    #[arg(long, value_enum)]
    pub layout: Option<LayoutArg>,
    /// How much work each sentence is worth: one translation, or a choice among 12 to 27 (`balanced`) or 16 to 37 (`best`),
    /// for chat models.
    #[arg(long, value_enum, default_value_t)]
    pub quality: QualityArg,
    /// Look words up in this dictionary too, in the format of Ding (`German :: English`), with a --quality that chooses;
    /// from German into English only.
    #[arg(long, value_name = "FILE", conflicts_with = "via")]
    pub dictionary: Option<PathBuf>,
    /// How the reader is addressed, in languages that have several ways (`Sie` or `du`); for chat models.
    #[arg(long, value_enum, conflicts_with = "via")]
    pub formality: Option<FormalityArg>,
    /// Up to this many other translations of each segment, in JSON or below the target, source and target in turn
    /// unless another layout of both is named. Encoder-decoders have them, and chat models with a --quality that chooses.
    #[arg(long, value_name = "N", value_parser = few, default_value_t = 0)]
    pub alternatives: usize,
    /// Translate in two steps: into this language with --model, and from it into the target with --via-model. Goes
    /// with none of --alternatives, --dictionary, --formality, --glossary and --tm.
    #[arg(long, value_name = "LANG", conflicts_with = "alternatives")]
    pub via: Option<String>,
    /// The model of the second step; by default that of the first.
    #[arg(long, value_name = "NAME|PATH", requires = "via")]
    pub via_model: Option<String>,
    #[command(flatten)]
    pub shared: SharedArgs,
}

#[derive(Args, Debug)]
pub(crate) struct SharedArgs {
    /// Text files; `-` is standard input.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The language of the documents; by default it is detected.
    #[arg(long, value_name = "LANG")]
    pub from: Option<String>,
    /// The output format.
    #[arg(long, value_enum, default_value_t)]
    pub format: FormatArg,
    /// Write to this file instead of standard output. It is replaced only when the work is done.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Translate words as this file says: CSV (`source,target`, or a first row of language codes) or TBX.
    #[arg(long, value_name = "FILE")]
    pub glossary: Option<PathBuf>,
    /// Keep translations in this file, and take from it what was translated before by the same model under the same
    /// settings, or imported with `diglot tm import`. It is made when there is none.
    #[arg(long, value_name = "FILE")]
    pub tm: Option<PathBuf>,
    #[command(flatten)]
    pub models: ModelArgs,
    /// The encoding of the documents (`windows-1252`); by default it is detected.
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,
    /// Exit with 1 when a segment or a summary sentence is flagged.
    #[arg(long)]
    pub strict: bool,
    /// Tell how long each stage took, in JSON too.
    #[arg(long)]
    pub timings: bool,
    /// No progress and no notes on standard error, only errors.
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// More notes on standard error.
    #[arg(short, long)]
    pub verbose: bool,
}

// Which models fill the roles, and how they run. No doc comment: it would stand in for the command's.
#[derive(Args, Debug)]
pub(crate) struct ModelArgs {
    /// Use this model for both roles (a card's name, a hub repository `OWNER/NAME`, a GGUF file, or a folder).
    #[arg(long, value_name = "NAME|PATH")]
    pub model: Option<String>,
    /// Translate with this model (a card's name, a hub repository `OWNER/NAME`, a GGUF file, or a folder).
    #[arg(long, value_name = "NAME|PATH")]
    pub translator: Option<String>,
    /// The prompt profile of a GGUF file that no card knows.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Accept the terms of a model whose licence is not Apache, MIT or BSD. Needed once for each model.
    #[arg(long)]
    pub accept_licence: bool,
    /// Threads to compute with; by default the cores that this process may use.
    #[arg(long, value_name = "N", value_parser = count)]
    pub threads: Option<usize>,
    /// Where to multiply matrices: `cpu`, `cuda`, `cuda:N`, `metal` or `metal:N`. A GPU needs a build with the
    /// feature of that name.
    #[arg(long, value_name = "DEVICE", default_value_t)]
    pub device: Device,
    /// How an encoder-decoder keeps its weights in memory: rounded to 8 or 16 bits, or as they are. Other models keep
    /// theirs as their file does.
    #[arg(long, value_enum, default_value_t)]
    pub precision: PrecisionArg,
    /// Let the model choose among all its tokens. By default it keeps to the script of the language that it writes in
    /// and to what stands in the text, which is quicker.
    #[arg(long)]
    pub full_vocabulary: bool,
    /// Compute every token in a step of its own.
    #[arg(long, hide = true)]
    pub no_speculation: bool,
    /// Open no network connection; fail when a model is not on this machine.
    #[arg(long)]
    pub offline: bool,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum FormatArg {
    #[default]
    Text,
    Markdown,
    Html,
    Json,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum PrecisionArg {
    #[default]
    Int8,
    Bf16,
    F32,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LayoutArg {
    Target,
    Interleaved,
    SideBySide,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum QualityArg {
    #[default]
    Fast,
    Balanced,
    Best,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum FormalityArg {
    Formal,
    Informal,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum MethodArg {
    /// The model writes it.
    #[default]
    Abstractive,
    /// Sentences of the text; within one language this needs no model.
    Extractive,
}

impl SummarizeArgs {
    /// The length that is asked for, if one is.
    pub(crate) fn length(&self) -> Option<Length> {
        match (self.sentences, self.words, self.bullets, self.headline) {
            (Some(n), ..) => Some(Length::Sentences(n)),
            (_, Some(n), ..) => Some(Length::Words(n)),
            (_, _, Some(n), _) => Some(Length::Bullets(n)),
            (_, _, _, true) => Some(Length::Headline),
            _ => None,
        }
    }
}

impl From<PrecisionArg> for Precision {
    fn from(precision: PrecisionArg) -> Self {
        match precision {
            PrecisionArg::Int8 => Self::Int8,
            PrecisionArg::Bf16 => Self::Bf16,
            PrecisionArg::F32 => Self::F32,
        }
    }
}

impl From<FormatArg> for render::Format {
    fn from(format: FormatArg) -> Self {
        match format {
            FormatArg::Text => Self::Text,
            FormatArg::Markdown => Self::Markdown,
            FormatArg::Html => Self::Html,
            FormatArg::Json => Self::Json,
        }
    }
}

impl From<QualityArg> for Quality {
    fn from(quality: QualityArg) -> Self {
        match quality {
            QualityArg::Fast => Self::Fast,
            QualityArg::Balanced => Self::Balanced,
            QualityArg::Best => Self::Best,
        }
    }
}

impl From<FormalityArg> for Formality {
    fn from(formality: FormalityArg) -> Self {
        match formality {
            FormalityArg::Formal => Self::Formal,
            FormalityArg::Informal => Self::Informal,
        }
    }
}

impl From<LayoutArg> for render::Layout {
    fn from(layout: LayoutArg) -> Self {
        match layout {
            LayoutArg::Target => Self::Target,
            LayoutArg::Interleaved => Self::Interleaved,
            LayoutArg::SideBySide => Self::SideBySide,
        }
    }
}

/// A number of alternatives.
fn few(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n @ 0..=20) => Ok(n),
        _ => Err("a number from 0 to 20 is needed".into()),
    }
}

/// A number of anything, at least one.
pub(crate) fn count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n @ 1..=10_000) => Ok(n),
        _ => Err("a number from 1 to 10000 is needed".into()),
    }
}
