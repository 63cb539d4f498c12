//! Markdown (CommonMark with the tables of GitHub): every character of a text stands for itself.

use std::io::{self, Write};

use super::clean::{clean, one_line};
use super::flags::mark;
use super::{Article, Layout, Renderer, View, anchor, blocks, number};
use crate::assemble::{Bitext, Unit};
use crate::document::BlockKind;
use crate::flag::Flag;
use crate::segment::SegmentKind;
use crate::summarize::{Summary, SummarySentence};

pub(super) struct Markdown;

impl Renderer for Markdown {
    fn article(&self, article: &Article, index: usize, view: &View, out: &mut dyn Write) -> io::Result<()> {
        if index > 0 {
            writeln!(out)?;
        }
        let mut parts = Vec::new();
        if view.named {
            parts.push(format!("# {}", escape(&article.bitext.document.name)));
        }
        let labelled = view.texts || article.summaries.len() > 1;
        for summary in &article.summaries {
            if labelled {
                parts.push(format!("## Summary ({})", summary.lang.name()));
            }
            parts.push(summary_part(summary, index, view));
        }
        if view.texts {
            if !article.summaries.is_empty() {
                parts.push("## Text".to_owned());
            }
            parts.push(text_part(&article.bitext, index, view));
        }
        writeln!(out, "{}", parts.join("\n\n"))
    }
}

/// A paragraph, or a list where sentences point at their sources or stand by themselves.
fn summary_part(summary: &Summary, article: usize, view: &View) -> String {
    let sentences =
        summary.sentences.iter().map(|sentence| sentence_line(sentence, article, view.is_numbered()));
    if summary.bulleted || view.is_numbered() {
        sentences.map(|sentence| format!("- {sentence}")).collect::<Vec<_>>().join("\n")
    } else {
        sentences.collect::<Vec<_>>().join(" ")
    }
}

/// A summary sentence with links to its sources and its mark.
fn sentence_line(sentence: &SummarySentence, article: usize, numbered: bool) -> String {
    let mut line = line_start(&escape(&sentence.text));
    if numbered {
        for &id in &sentence.sources {
            line.push_str(&format!(" [\\[{}\\]](#{})", number(id), anchor(article, id)));
        }
    }
    marked(line, &sentence.flags)
}

fn text_part(bitext: &Bitext, article: usize, view: &View) -> String {
    match view.layout {
        Layout::Target => targets(bitext),
        Layout::SideBySide if bitext.is_bilingual() => table(bitext, article),
        Layout::SideBySide | Layout::Interleaved => pairs(bitext, article),
    }
}

/// The target text with its titles, paragraphs and quotations.
fn targets(bitext: &Bitext) -> String {
    let blocks = blocks(bitext).map(|(kind, units)| {
        if kind == BlockKind::Code {
            return code(bitext, units);
        }
        let mut lines = vec![String::new()];
        for (index, unit) in units.iter().enumerate() {
            let gap = bitext.gap(unit.segment.id);
            match lines.last_mut() {
                Some(line) if index == 0 || kind == BlockKind::Title || !gap.contains(['\n', '\r']) => {
                    line.push_str(if index == 0 || gap.is_empty() { "" } else { " " });
                    line.push_str(&target(unit));
                }
                _ => lines.push(target(unit)),
            }
        }
        let start = match kind {
            BlockKind::Title => "# ",
            BlockKind::Paragraph | BlockKind::Code => "",
            BlockKind::Quote => "> ",
        };
        lines.iter().map(|line| format!("{start}{}", line_start(line))).collect::<Vec<_>>().join("\n")
    });
    blocks.collect::<Vec<_>>().join("\n\n")
}

/// Code between fences of its own, which nothing inside it can close.
fn code(bitext: &Bitext, units: &[Unit]) -> String {
    let units = units.iter().enumerate().map(|(index, unit)| match index {
        0 => unit.target.text.clone(),
        _ => format!("{}{}", bitext.gap(unit.segment.id), unit.target.text),
    });
    let code = clean(&units.collect::<String>());
    let lines: Vec<&str> = code.lines().collect();
    let inside = match lines.as_slice() {
        [first, inside @ .., last] if [first, last].iter().all(|line| line.trim().starts_with("```")) => {
            inside
        }
        all => all,
    };
    let inside = inside.join("\n");
    let longest = inside.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}\n{inside}\n{fence}")
}

/// One row for each segment.
fn table(bitext: &Bitext, article: usize) -> String {
    let mut rows = vec![
        format!("| | {} | {} |", bitext.pair.source.name(), bitext.pair.target.name()),
        "|---:|---|---|".to_owned(),
    ];
    rows.extend(bitext.units.iter().map(|unit| {
        let alternatives: String = alternatives(unit).map(|line| format!("<br>{line}")).collect();
        format!(
            "| {} | {} | {}{alternatives} |",
            label(unit, article),
            escape(bitext.source(unit)),
            target(unit)
        )
    }));
    rows.join("\n")
}

/// Each source as a paragraph, its target as a quotation below.
fn pairs(bitext: &Bitext, article: usize) -> String {
    let pairs = bitext.units.iter().map(|unit| {
        let (label, source) = (label(unit, article), escape(bitext.source(unit)));
        if unit.segment.kind == SegmentKind::Meta || !bitext.is_bilingual() {
            format!("{label} {}", marked(source, &unit.target.flags))
        } else {
            let alternatives: String = alternatives(unit).map(|line| format!("\n>\n> {line}")).collect();
            format!("{label} {source}\n\n> {}{alternatives}", line_start(&target(unit)))
        }
    });
    pairs.collect::<Vec<_>>().join("\n\n")
}

fn label(unit: &Unit, article: usize) -> String {
    let id = unit.segment.id;
    format!("<a id=\"{}\"></a>**{}**", anchor(article, id), number(id))
}

fn target(unit: &Unit) -> String {
    marked(escape(&unit.target.text), &unit.target.flags)
}

fn alternatives(unit: &Unit) -> impl Iterator<Item = String> {
    unit.alternatives.iter().map(|alternative| format!("\\~ {}", escape(&alternative.text)))
}

/// Escaped text with its mark in bold.
fn marked(text: String, flags: &[Flag]) -> String {
    match mark(flags).map(|mark| format!("**{}**", escape(&mark))) {
        Some(mark) if text.is_empty() => mark,
        Some(mark) => format!("{text} {mark}"),
        None => text,
    }
}

/// `text` on one line, without any character that means something inside a line of Markdown.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        if "\\`*_[]<>#|~&$".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// An escaped line that begins neither a list nor a heading underline.
fn line_start(line: &str) -> String {
    if line.starts_with(['-', '+', '=']) {
        return format!("\\{line}");
    }
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, rest) = line.split_at(digits);
    if digits > 0 && rest.starts_with(['.', ')']) { format!("{number}\\{rest}") } else { line.to_owned() }
}
