//! A report as one self-contained page: scores, their distribution, and the worst segments side by side.

use std::io::{self, Write};

use crate::eval::plot::histogram;
use crate::eval::{Report, SegmentScore, System, TestSet};
use crate::lang::Lang;
use crate::render::html::{esc, flag_marks, lang_attributes, open_page};

const STYLE: &str = include_str!("page.css");

/// Writes the page of a report. `system` is the report's first; its `worst` segments with the lowest scores are shown.
///
/// # Errors
/// Those of `out`; [`io::ErrorKind::InvalidInput`] when report, set and system are not of the same segments.
pub fn write_page(
    report: &Report,
    set: &TestSet,
    system: &System,
    worst: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let count = report.segments.len();
    if (set.segments.len(), system.outputs.len()) != (count, count) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the report is of other segments"));
    }
    let title = format!("{} on {}", esc(&system.name), esc(&set.name));
    open_page(&title, STYLE, out)?;
    writeln!(out, "<main>\n<article>\n<header>\n<h1 dir=\"auto\">{title}</h1>")?;
    writeln!(out, "<p>{}</p>\n</header>", esc(&report.heading()))?;
    write_scores(report, out)?;
    let scores: Vec<f64> = report.segments.iter().map(|segment| segment.score).collect();
    write!(out, "{}", histogram(&scores, &esc(&report.segment_metric)))?;
    write_worst(report, set, system, worst, out)?;
    write_signatures(report, out)?;
    writeln!(out, "</article>\n</main>\n<footer><p>Made with diglot {}.</p></footer>", report.diglot)?;
    writeln!(out, "</body>\n</html>")
}

fn write_scores(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<div class=\"scores\"><table>")?;
    for (index, row) in report.rows().iter().enumerate() {
        let element = if index == 0 { "th" } else { "td" };
        let cells: String = row.iter().map(|cell| format!("<{element}>{}</{element}>", esc(cell))).collect();
        writeln!(out, "<tr>{cells}</tr>")?;
    }
    writeln!(out, "</table></div>")
}

fn write_worst(
    report: &Report,
    set: &TestSet,
    system: &System,
    worst: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut order: Vec<usize> = (0..report.segments.len()).collect();
    order.sort_by(|&a, &b| report.segments[a].score.total_cmp(&report.segments[b].score));
    order.truncate(worst);
    let texts = if set.sources.is_some() { 3 } else { 2 };
    writeln!(
        out,
        "<section class=\"worst\" style=\"--texts: {texts}\">\n<h2>The worst {}</h2>",
        order.len()
    )?;
    let source = if texts == 3 { "<h2>Source</h2>" } else { "" };
    writeln!(out, "<div class=\"heads\"><span></span>{source}<h2>Reference</h2><h2>Output</h2></div>")?;
    for index in order {
        write_segment(&report.segments[index], index, set, system, out)?;
    }
    writeln!(out, "</section>")
}

fn write_segment(
    segment: &SegmentScore,
    index: usize,
    set: &TestSet,
    system: &System,
    out: &mut dyn Write,
) -> io::Result<()> {
    let languages = set.pair.as_ref();
    let doubtful = segment.flags.iter().any(|flag| flag.kind.is_doubt());
    writeln!(out, "<div class=\"pair{}\" tabindex=\"-1\">", if doubtful { " doubtful" } else { "" })?;
    writeln!(out, "<div class=\"number\"><b>{:.1}</b>{}</div>", segment.score, esc(&segment.name))?;
    if let Some(source) = set.sources.as_ref().map(|sources| &sources[index]) {
        write_text(&esc(source), languages.map(|pair| &pair.source), out)?;
    }
    let target = languages.map(|pair| &pair.target);
    write_text(&esc(&set.references[index]), target, out)?;
    let output = esc(&system.outputs[index].text) + &flag_marks(&segment.flags);
    write_text(&output, target, out)?;
    writeln!(out, "</div>")
}

/// A text that is escaped already.
fn write_text(html: &str, lang: Option<&Lang>, out: &mut dyn Write) -> io::Result<()> {
    let attributes = lang.map_or_else(|| "dir=\"auto\"".to_owned(), lang_attributes);
    writeln!(out, "<p {attributes}>{html}</p>")
}

fn write_signatures(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<dl class=\"colophon\">")?;
    for metric in &report.metrics {
        writeln!(out, "<div><dt>{}</dt><dd>{}</dd></div>", esc(&metric.name), esc(&metric.signature))?;
    }
    for model in report.systems.iter().flat_map(|system| &system.models) {
        let files: Vec<String> =
            model.files.iter().map(|(name, sha256)| format!("{name} {sha256}")).collect();
        writeln!(out, "<div><dt>{}</dt><dd>{}</dd></div>", esc(&model.name), esc(&files.join(", ")))?;
    }
    writeln!(out, "</dl>")
}
