//! Small articles, and how they look.

use diglot::assemble::Bitext;
use diglot::document::{Block, BlockKind, Document};
use diglot::render::{Article, Format, Layout, ModelInfo, View, render, render_all};
use diglot::segment::{Segment, SegmentKind};
use diglot::summarize::{Method, Summary, SummarySentence};
use diglot::translate::Target;
use diglot::{Flag, FlagKind, Lang, LangPair};

/// A block with its segments as (source, target).
pub type Lines<'a> = (BlockKind, &'a [(&'a str, &'a str)]);

/// An article of blocks separated by blank lines; segments of a block are separated by a space.
pub fn article(file: &str, blocks: &[Lines<'_>]) -> Article {
    let mut text = String::new();
    let mut document_blocks = Vec::new();
    let mut segments = Vec::new();
    let mut targets = Vec::new();
    for (block, (kind, lines)) in blocks.iter().enumerate() {
        if block > 0 {
            text.push_str("\n\n");
        }
        let block_start = text.len();
        for (index, (source, target)) in lines.iter().enumerate() {
            if index > 0 {
                text.push(' ');
            }
            let start = text.len();
            text.push_str(source);
            let id = segments.len();
            segments.push(Segment { id, block, kind: SegmentKind::Text, range: start..text.len() });
            targets.push(Target { text: target.to_string(), flags: Vec::new(), logprob: Some(-0.25) });
        }
        document_blocks.push(Block { id: block, kind: *kind, range: block_start..text.len() });
    }
    text.push('\n');
    let document = Document { name: file.into(), text, encoding: "UTF-8", blocks: document_blocks };
    let pair = LangPair { source: Lang::DE, target: Lang::EN };
    Article {
        bitext: Bitext::new(document, pair, Some(0.987_654_321), segments, targets).unwrap(),
        summaries: Vec::new(),
        translator: Some(model("small-translator")),
        summarizer: None,
        timings: None,
    }
}

pub fn model(name: &str) -> ModelInfo {
    let files = vec![("weights.gguf".into(), "0123456789abcdef".repeat(4))];
    ModelInfo { name: name.into(), files, unlisted: false }
}

pub fn summary(lang: Lang, method: Method, sentences: &[(&str, &[usize])]) -> Summary {
    let sentences = sentences
        .iter()
        .map(|(text, sources)| SummarySentence {
            text: text.to_string(),
            sources: sources.to_vec(),
            flags: Vec::new(),
        })
        .collect();
    Summary { lang, method, sentences, bulleted: false }
}

/// A stamp, a title and two paragraphs; a wrong number and an unsupported summary sentence are flagged.
pub fn harbour() -> Article {
    let mut article = article(
        "hafen.txt",
        &[
            (
                BlockKind::Title,
                &[("date 2026-03", "date 2026-03"), ("Der Hafen wächst", "The harbour grows")],
            ),
            (
                BlockKind::Paragraph,
                &[
                    (
                        "Der Hafen bekommt bis 2029 einen dritten Kai.",
                        "The harbour will get a third quay by 2028.",
                    ),
                    ("„Das hilft allen“, sagte Ute Brandt.", "“This helps everyone,” said Ute Brandt."),
                ],
            ),
            (
                BlockKind::Paragraph,
                &[("Der Bau kostet 14,5 Millionen Euro.", "Construction costs 14.5 million euros.")],
            ),
        ],
    );
    article.bitext.units[0].segment.kind = SegmentKind::Meta;
    article.bitext.units[0].target.logprob = None;
    article.bitext.units[2].target.flags.push(Flag::new(FlagKind::Numbers, "2029 missing"));
    let mut english = summary(
        Lang::EN,
        Method::Abstractive,
        &[("The harbour gets a third quay.", &[1, 2]), ("Fishermen object.", &[])],
    );
    english.sentences[1].flags.push(Flag::new(FlagKind::Unsupported, ""));
    let mut german = summary(
        Lang::DE,
        Method::Translated,
        &[("Der Hafen erhält einen dritten Kai.", &[1, 2]), ("Die Fischer sind dagegen.", &[])],
    );
    german.sentences[1].flags.push(Flag::new(FlagKind::Unsupported, ""));
    article.summaries = vec![english, german];
    article.summarizer = Some(model("small-summariser"));
    article
}

pub fn view(layout: Layout) -> View {
    View { layout, texts: true, named: false, width: 72 }
}

pub fn summaries_only() -> View {
    View { layout: Layout::Target, texts: false, named: false, width: 0 }
}

pub fn shown(article: &Article, format: Format, view: &View) -> String {
    let mut out = Vec::new();
    render(article, format, view, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

pub fn all_shown(articles: &[Article], format: Format, view: &View) -> String {
    let mut out = Vec::new();
    render_all(articles, format, view, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}
