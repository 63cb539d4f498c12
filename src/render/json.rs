//! JSON: one object on one line for each article, keys always present, the same bytes for the same article.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::Formatter;

use super::clean::is_bidi_control;
use super::{Article, ModelInfo, Renderer, Timings, View};
use crate::assemble::{Bitext, MemoryMatch, Unit};
use crate::document::{Block, BlockKind};
use crate::flag::Flag;
use crate::memory::Suggestion;
use crate::segment::SegmentKind;
use crate::summarize::{Method, Summary, SummarySentence};
use crate::translate::Alternative;

/// The version of the object's shape; it grows when a key changes its meaning.
const SCHEMA: u32 = 1;

pub(super) struct Json;

impl Renderer for Json {
    fn article(&self, article: &Article, _index: usize, _view: &View, out: &mut dyn Write) -> io::Result<()> {
        let mut serializer = serde_json::Serializer::with_formatter(&mut *out, OneLine);
        ArticleJson::new(article).serialize(&mut serializer).map_err(io::Error::from)?;
        writeln!(out)
    }
}

#[derive(Serialize)]
struct ArticleJson<'a> {
    schema: u32,
    diglot: &'static str,
    file: &'a str,
    models: ModelsJson<'a>,
    source: SourceJson<'a>,
    target: TargetJson<'a>,
    blocks: Vec<BlockJson>,
    segments: Vec<SegmentJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    glossary: Option<GlossaryJson>,
    summaries: Vec<SummaryJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timings: Option<TimingsJson>,
}

#[derive(Serialize)]
struct ModelsJson<'a> {
    translator: Option<ModelJson<'a>>,
    summarizer: Option<ModelJson<'a>>,
}

#[derive(Serialize)]
struct ModelJson<'a> {
    name: &'a str,
    files: Vec<FileJson<'a>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unlisted: bool,
}

#[derive(Serialize)]
struct FileJson<'a> {
    name: &'a str,
    sha256: &'a str,
}

#[derive(Serialize)]
struct SourceJson<'a> {
    lang: &'a str,
    confidence: Option<f64>,
}

#[derive(Serialize)]
struct TargetJson<'a> {
    lang: &'a str,
}

#[derive(Serialize)]
struct BlockJson {
    id: usize,
    kind: BlockKind,
}

#[derive(Serialize)]
struct SegmentJson<'a> {
    id: usize,
    block: usize,
    kind: SegmentKind,
    range: [usize; 2],
    source: &'a str,
    target: &'a str,
    flags: &'a [Flag],
    logprob: Option<f64>,
    confidence: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    alternatives: Vec<AlternativeJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory: Option<MemoryJson<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "match", rename_all = "lowercase")]
enum MemoryJson<'a> {
    Exact,
    Fuzzy { similarity: f64, source: &'a str, target: &'a str },
}

#[derive(Serialize)]
struct AlternativeJson<'a> {
    text: &'a str,
    logprob: Option<f64>,
}

#[derive(Serialize)]
struct GlossaryJson {
    found: usize,
    kept: usize,
}

#[derive(Serialize)]
struct SummaryJson<'a> {
    lang: &'a str,
    method: &'static str,
    text: String,
    sentences: Vec<SentenceJson<'a>>,
}

#[derive(Serialize)]
struct SentenceJson<'a> {
    text: &'a str,
    sources: &'a [usize],
    flags: &'a [Flag],
}

#[derive(Serialize)]
struct TimingsJson {
    load: f64,
    translate: f64,
    summarize: f64,
    prompt_tokens: usize,
    output_tokens: usize,
}

impl<'a> ArticleJson<'a> {
    fn new(article: &'a Article) -> Self {
        let bitext = &article.bitext;
        Self {
            schema: SCHEMA,
            diglot: env!("CARGO_PKG_VERSION"),
            file: &bitext.document.name,
            models: ModelsJson {
                translator: article.translator.as_ref().map(ModelJson::new),
                summarizer: article.summarizer.as_ref().map(ModelJson::new),
            },
            source: SourceJson {
                lang: bitext.pair.source.tag(),
                confidence: bitext.confidence.map(|confidence| round(confidence, 6)),
            },
            target: TargetJson { lang: bitext.pair.target.tag() },
            blocks: bitext.document.blocks.iter().map(BlockJson::new).collect(),
            segments: bitext.units.iter().map(|unit| SegmentJson::new(bitext, unit)).collect(),
            glossary: bitext.glossary.map(|c| GlossaryJson { found: c.found, kept: c.kept }),
            summaries: article.summaries.iter().map(SummaryJson::new).collect(),
            timings: article.timings.as_ref().map(TimingsJson::new),
        }
    }
}

impl<'a> ModelJson<'a> {
    fn new(model: &'a ModelInfo) -> Self {
        let files = model.files.iter().map(|(name, sha256)| FileJson { name, sha256 }).collect();
        Self { name: &model.name, files, unlisted: model.unlisted }
    }
}

impl BlockJson {
    fn new(block: &Block) -> Self {
        Self { id: block.id, kind: block.kind }
    }
}

impl<'a> SegmentJson<'a> {
    fn new(bitext: &'a Bitext, unit: &'a Unit) -> Self {
        let segment = &unit.segment;
        Self {
            id: segment.id,
            block: segment.block,
            kind: segment.kind,
            range: [segment.range.start, segment.range.end],
            source: bitext.source(unit),
            target: &unit.target.text,
            flags: &unit.target.flags,
            logprob: unit.target.logprob.map(|logprob| round(logprob, 6)),
            confidence: unit.target.confidence().map(|confidence| round(confidence, 3)),
            alternatives: unit.alternatives.iter().map(AlternativeJson::new).collect(),
            memory: unit.memory.as_ref().map(MemoryJson::new),
        }
    }
}

impl<'a> AlternativeJson<'a> {
    fn new(alternative: &'a Alternative) -> Self {
        let logprob = alternative.logprob.map(|logprob| round(logprob, 6));
        Self { text: &alternative.text, logprob }
    }
}

impl<'a> MemoryJson<'a> {
    fn new(found: &'a MemoryMatch) -> Self {
        match found {
            MemoryMatch::Exact => Self::Exact,
            MemoryMatch::Fuzzy(Suggestion { source, target, similarity }) => {
                Self::Fuzzy { similarity: round(*similarity, 3), source, target }
            }
        }
    }
}

impl<'a> SummaryJson<'a> {
    fn new(summary: &'a Summary) -> Self {
        let method = match summary.method {
            Method::Abstractive => "abstractive",
            Method::Extractive => "extractive",
            Method::Translated => "translated",
        };
        let sentences = summary.sentences.iter().map(SentenceJson::new).collect();
        Self { lang: summary.lang.tag(), method, text: whole_text(summary), sentences }
    }
}

/// The sentences as one text.
fn whole_text(summary: &Summary) -> String {
    let between = match summary.lang.primary() {
        _ if summary.bulleted => "\n",
        "zh" | "ja" => "",
        _ => " ",
    };
    summary.sentences.iter().map(|sentence| sentence.text.as_str()).collect::<Vec<_>>().join(between)
}

impl<'a> SentenceJson<'a> {
    fn new(sentence: &'a SummarySentence) -> Self {
        Self { text: &sentence.text, sources: &sentence.sources, flags: &sentence.flags }
    }
}

impl TimingsJson {
    fn new(timings: &Timings) -> Self {
        Self {
            load: round(timings.load, 3),
            translate: round(timings.translate, 3),
            summarize: round(timings.summarize, 3),
            prompt_tokens: timings.prompt_tokens,
            output_tokens: timings.output_tokens,
        }
    }
}

/// `value` to so many decimals, never a negative zero, so that equal runs give equal bytes.
fn round(value: f64, decimals: i32) -> f64 {
    let scale = 10f64.powi(decimals);
    (value * scale).round() / scale + 0.0
}

/// Compact JSON that is also safe to look at: what could steer a terminal, reorder a line or break it is
/// written as `\uXXXX`, which a parser reads back as the same text. (JSON itself escapes below U+0020.)
struct OneLine;

impl Formatter for OneLine {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|&(_, c)| must_escape(c)) {
            let (before, after) = rest.split_at(at);
            write!(writer, "{before}\\u{:04x}", u32::from(c))?;
            rest = &after[c.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

fn must_escape(c: char) -> bool {
    matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}') || is_bidi_control(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_stable() {
        assert_eq!(round(-0.123_456_789, 6), -0.123_457);
        assert_eq!(round(-0.000_000_01, 6).to_string(), "0");
        assert_eq!(round(0.1 + 0.2, 6).to_string(), "0.3");
    }

    #[test]
    fn text_survives_and_steers_nothing() {
        let text = "a\u{1b}[0m\u{9b}2J\u{7f} \u{202e}b\u{2028}\"</script>\\ü";
        let mut json = Vec::new();
        text.serialize(&mut serde_json::Serializer::with_formatter(&mut json, OneLine)).unwrap();
        let json = String::from_utf8(json).unwrap();
        assert!(!json.contains(|c: char| c.is_control() || c == '\u{2028}' || is_bidi_control(c)), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
}
