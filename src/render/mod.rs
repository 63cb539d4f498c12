//! Renderings of a finished [`Article`]: plain text, Markdown, HTML, JSON. A renderer knows the article and nothing else.
//!
//! Whatever the format, text from the document and from a model is only ever text: it is escaped, cannot
//! steer a terminal, and a flagged passage says so where it stands. Readers count segments from 1, as the
//! lines of a file; JSON ids count from 0.

mod clean;
mod flags;
pub(crate) mod html;
mod json;
mod markdown;
mod text;

use std::io::{self, Write};

use crate::assemble::{Bitext, Unit};
use crate::document::BlockKind;
use crate::summarize::Summary;

pub use text::TargetWriter;

/// The JSON Schema (draft 2020-12) of [`Format::Json`].
pub const JSON_SCHEMA: &str = include_str!("article.schema.json");

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
    /// The card's name, or that of a file, folder or repository that no card knows.
    pub name: String,
    /// File names with their lower-case hexadecimal sha256.
    pub files: Vec<(String, String)>,
    /// Whether no card knows the model.
    pub unlisted: bool,
}

impl ModelInfo {
    /// Two models that worked one after the other, as one.
    pub fn followed_by(mut self, next: &Self) -> Self {
        if self != *next {
            self.name = format!("{}, {}", self.name, next.name);
            self.files.extend(next.files.iter().cloned());
            self.unlisted |= next.unlisted;
        }
        self
    }
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
    /// One JSON object on one line, always complete whatever the [`View`]; [`JSON_SCHEMA`] describes it.
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
    /// Columns that a text layout may use. With 0 lines are not wrapped, and two columns take 100.
    pub width: usize,
}

/// Writes one article.
///
/// # Errors
/// Those of `out`.
pub fn render(article: &Article, format: Format, view: &View, out: &mut dyn Write) -> io::Result<()> {
    render_all(std::slice::from_ref(article), format, view, out)
}

/// Writes several articles: one page of HTML, one line of JSON for each, and otherwise one after the other
/// with a blank line between.
///
/// # Errors
/// Those of `out`.
pub fn render_all(articles: &[Article], format: Format, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let renderer: &dyn Renderer = match format {
        Format::Text => &text::Text,
        Format::Markdown => &markdown::Markdown,
        Format::Html => &html::Html,
        Format::Json => &json::Json,
    };
    renderer.open(articles, view, out)?;
    for (index, article) in articles.iter().enumerate() {
        renderer.article(article, index, view, out)?;
    }
    renderer.close(articles, view, out)
}

/// Writes articles in one format.
trait Renderer {
    /// What comes before the first article.
    fn open(&self, _articles: &[Article], _view: &View, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// The article with this index.
    fn article(&self, article: &Article, index: usize, view: &View, out: &mut dyn Write) -> io::Result<()>;

    /// What comes after the last article.
    fn close(&self, _articles: &[Article], _view: &View, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

impl View {
    /// Whether segments carry numbers, so that a summary can point at them.
    fn is_numbered(&self) -> bool {
        self.texts && self.layout != Layout::Target
    }
}

/// The number of a segment as readers see it.
fn number(id: usize) -> usize {
    id + 1
}

/// The anchor of a segment of the article with this index, unique in a page of several articles.
fn anchor(article: usize, id: usize) -> String {
    match article {
        0 => format!("s{}", number(id)),
        _ => format!("a{}-s{}", article + 1, number(id)),
    }
}

/// The units of each block, in order, with the block's kind.
fn blocks(bitext: &Bitext) -> impl Iterator<Item = (BlockKind, &[Unit])> {
    bitext.units.chunk_by(|a, b| a.segment.block == b.segment.block).map(|units| {
        let block = units.first().and_then(|unit| bitext.document.blocks.get(unit.segment.block));
        (block.map_or(BlockKind::Paragraph, |block| block.kind), units)
    })
}
