//! Renderings of a finished [`Article`]: plain text, Markdown, HTML, JSON. A renderer knows the article and nothing else.

use std::io::{self, Write};

use crate::assemble::Bitext;
use crate::summarize::Summary;

/// Everything there is to show for one input file.
#[derive(Clone, Debug)]
pub struct Article {
    /// Both texts. In a summary without translation the targets are empty and source equals target language.
    pub bitext: Bitext,
    /// The summaries in the order they are shown; empty for a plain translation.
    pub summaries: Vec<Summary>,
    /// The model that translated, if one did.
    pub translator: Option<ModelInfo>,
    /// The model that summarised, if one did.
    pub summarizer: Option<ModelInfo>,
    /// Seconds spent, by stage, when asked for.
    pub timings: Option<Timings>,
}

/// A model as the output names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelInfo {
    /// The card's name.
    pub name: String,
    /// File names with their lower-case hexadecimal sha256.
    pub files: Vec<(String, String)>,
}

/// Seconds spent, by stage.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Timings {
    /// Reading and repacking weights.
    pub load: f64,
    /// Translating.
    pub translate: f64,
    /// Summarising.
    pub summarize: f64,
    /// Prompt tokens read.
    pub prompt_tokens: usize,
    /// Tokens produced.
    pub output_tokens: usize,
}

/// Which parts are shown, and how the two texts stand to each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Layout {
    /// The target text alone (for `summarize`: the summary alone).
    #[default]
    Target,
    /// Each source segment followed by its target.
    Interleaved,
    /// Two columns.
    SideBySide,
}

/// The output format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// Plain text.
    #[default]
    Text,
    /// Markdown.
    Markdown,
    /// One self-contained page.
    Html,
    /// One JSON object on one line.
    Json,
}

/// How to render.
#[derive(Clone, Copy, Debug, Default)]
pub struct View {
    /// The arrangement of the two texts.
    pub layout: Layout,
    /// Whether the texts are shown at all, or the summaries alone.
    pub texts: bool,
    /// Whether the file name is shown above (several inputs).
    pub named: bool,
    /// Columns that a text layout may use.
    pub width: usize,
}

/// Writes an article.
pub(crate) trait Renderer {
    fn render(&self, article: &Article, view: &View, out: &mut dyn Write) -> io::Result<()>;
}
