//! Plain text: the target alone, source and target in turn, or two columns.

use std::io::{self, Write};

use textwrap::{Options, WrapAlgorithm};
use unicode_width::UnicodeWidthStr;

use super::clean::{clean, isolate, one_line};
use super::flags::marked;
use super::{Article, Layout, Renderer, View, blocks, number};
use crate::assemble::{Bitext, Unit};
use crate::segment::{Segment, SegmentKind};
use crate::summarize::{Summary, SummarySentence};
use crate::translate::Target;

/// The width of two columns when nothing is known of the terminal.
const DEFAULT_WIDTH: usize = 100;
/// Two columns narrower than this give way to lines in turn.
const MIN_COLUMN: usize = 16;

pub(super) struct Text;

impl Renderer for Text {
    fn article(&self, article: &Article, index: usize, view: &View, out: &mut dyn Write) -> io::Result<()> {
        if index > 0 {
            writeln!(out)?;
        }
        if view.named {
            writeln!(out, "==> {} <==", one_line(&article.bitext.document.name))?;
        }
        let labelled = view.texts || article.summaries.len() > 1;
        for (index, summary) in article.summaries.iter().enumerate() {
            if index > 0 {
                writeln!(out)?;
            }
            if labelled {
                writeln!(out, "Summary ({})\n", summary.lang.name())?;
            }
            write_summary(summary, view, out)?;
        }
        if !view.texts {
            return Ok(());
        }
        if !article.summaries.is_empty() {
            writeln!(out)?;
        }
        write_texts(&article.bitext, view, out)
    }
}

/// Sentences run on as a paragraph, or each stands on a line of its own.
fn write_summary(summary: &Summary, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let sentences = summary.sentences.iter().map(|sentence| sentence_line(sentence, view.is_numbered()));
    if summary.bulleted {
        for sentence in sentences {
            write_wrapped(&sentence, view.width, "- ", "  ", out)?;
        }
        return Ok(());
    }
    write_wrapped(&sentences.collect::<Vec<_>>().join(" "), view.width, "", "", out)
}

/// A summary sentence with the numbers of its sources and its mark.
fn sentence_line(sentence: &SummarySentence, numbered: bool) -> String {
    let mut line = one_line(&sentence.text);
    if numbered && !sentence.sources.is_empty() {
        let numbers: Vec<String> = sentence.sources.iter().map(|&id| number(id).to_string()).collect();
        line.push_str(&format!(" [{}]", numbers.join(", ")));
    }
    marked(line, &sentence.flags)
}

fn write_texts(bitext: &Bitext, view: &View, out: &mut dyn Write) -> io::Result<()> {
    if view.layout == Layout::Target {
        return write_target(bitext, view, out);
    }
    let columns = Columns::new(bitext, view);
    if !bitext.is_bilingual() || view.layout == Layout::Interleaved || columns.width < MIN_COLUMN {
        return write_interleaved(bitext, view, out);
    }
    columns.write(bitext, out)
}

fn write_target(bitext: &Bitext, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = TargetWriter::new(&bitext.document.text);
    for unit in &bitext.units {
        writer.write(&unit.segment, &unit.target, out)?;
    }
    writer.finish(out)?;
    if view.named && !bitext.document.text.ends_with('\n') {
        writeln!(out)?;
    }
    Ok(())
}

/// Writes the target layout segment by segment, so that it can be shown while the rest is translated.
#[derive(Debug)]
pub struct TargetWriter<'a> {
    text: &'a str,
    end: usize,
}

impl<'a> TargetWriter<'a> {
    /// A writer for a document's text.
    pub fn new(text: &'a str) -> Self {
        Self { text, end: 0 }
    }

    /// Writes the next segment's target after the white space that separates it in the source.
    pub fn write(&mut self, segment: &Segment, target: &Target, out: &mut dyn Write) -> io::Result<()> {
        let gap = self.text.get(self.end..segment.range.start).unwrap_or_default();
        self.end = segment.range.end;
        write!(out, "{}{}", clean(gap), marked(clean(&target.text), &target.flags))
    }

    /// Writes the white space at the end of the document.
    pub fn finish(self, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{}", clean(self.text.get(self.end..).unwrap_or_default()))
    }
}

/// Each source with its number, its target below it.
fn write_interleaved(bitext: &Bitext, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let gutter = gutter(bitext);
    let indent = " ".repeat(gutter);
    for (index, unit) in bitext.units.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        let label = label(unit, gutter);
        if unit.segment.kind == SegmentKind::Meta || !bitext.is_bilingual() {
            let source = marked(one_line(bitext.source(unit)), &unit.target.flags);
            write_wrapped(&source, view.width, &label, &indent, out)?;
        } else {
            write_wrapped(&one_line(bitext.source(unit)), view.width, &label, &indent, out)?;
            write_wrapped(&target_line(unit), view.width, &indent, &indent, out)?;
            let (first, rest) = (format!("{indent}~ "), format!("{indent}  "));
            for alternative in &unit.alternatives {
                write_wrapped(&one_line(&alternative.text), view.width, &first, &rest, out)?;
            }
        }
    }
    Ok(())
}

/// Two columns with the segments' numbers before them.
struct Columns {
    gutter: usize,
    width: usize,
}

impl Columns {
    fn new(bitext: &Bitext, view: &View) -> Self {
        let total = if view.width == 0 { DEFAULT_WIDTH } else { view.width };
        let gutter = gutter(bitext);
        Self { gutter, width: total.saturating_sub(gutter + " │ ".len() - 2) / 2 }
    }

    fn write(&self, bitext: &Bitext, out: &mut dyn Write) -> io::Result<()> {
        self.row("", bitext.pair.source.name(), bitext.pair.target.name(), out)?;
        let rule = |width: usize| "─".repeat(width);
        writeln!(out, "{}┼{}", rule(self.gutter + self.width + 1), rule(self.width + 1))?;
        for (index, (_, units)) in blocks(bitext).enumerate() {
            if index > 0 {
                self.row("", "", "", out)?;
            }
            for unit in units {
                let label = label(unit, self.gutter);
                self.row(&label, &one_line(bitext.source(unit)), &target_line(unit), out)?;
                for alternative in &unit.alternatives {
                    self.row("", "", &format!("~ {}", one_line(&alternative.text)), out)?;
                }
            }
        }
        Ok(())
    }

    /// One segment, in as many lines as the longer cell takes.
    fn row(&self, label: &str, left: &str, right: &str, out: &mut dyn Write) -> io::Result<()> {
        let (left, right) = (wrap(left, self.width), wrap(right, self.width));
        for line in 0..left.len().max(right.len()) {
            let cell = |cells: &[String]| cells.get(line).cloned().unwrap_or_default();
            let label = if line == 0 { label } else { "" };
            let (left, right) = (cell(&left), cell(&right));
            let padding = " ".repeat(self.width.saturating_sub(left.width()));
            let row = format!("{label:gutter$}{left}{padding} │ {right}", gutter = self.gutter);
            writeln!(out, "{}", row.trim_end())?;
        }
        Ok(())
    }
}

/// The width of the widest label.
fn gutter(bitext: &Bitext) -> usize {
    format!("[{}] ", bitext.units.len()).len()
}

fn label(unit: &Unit, gutter: usize) -> String {
    format!("{:<gutter$}", format!("[{}]", number(unit.segment.id)))
}

fn target_line(unit: &Unit) -> String {
    marked(one_line(&unit.target.text), &unit.target.flags)
}

/// Writes `text` in lines of at most `width` columns, or in one line if it is 0.
fn write_wrapped(text: &str, width: usize, first: &str, rest: &str, out: &mut dyn Write) -> io::Result<()> {
    let room = if width == 0 { usize::MAX } else { width.saturating_sub(rest.len()).max(MIN_COLUMN) };
    for (index, line) in wrap(text, room).iter().enumerate() {
        let indent = if index == 0 { first } else { rest };
        writeln!(out, "{}", format!("{indent}{line}").trim_end())?;
    }
    Ok(())
}

/// The lines of a one-line `text`, at least one; a directional override does not run into the next line.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let options = Options::new(width).wrap_algorithm(WrapAlgorithm::FirstFit);
    textwrap::wrap(text, options).iter().map(|line| isolate(line)).collect()
}
