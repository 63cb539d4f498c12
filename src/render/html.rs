//! HTML: one self-contained page for any number of articles, without scripts and without anything to load.

use std::io::{self, Write};

use super::clean::clean;
use super::flags::{describe, is_note, meaning};
use super::{Article, Layout, ModelInfo, Renderer, View, anchor, blocks, number};
use crate::assemble::{Bitext, MemoryMatch, Unit};
use crate::document::BlockKind;
use crate::flag::{Flag, FlagKind};
use crate::lang::{Lang, LangPair};
use crate::memory::Suggestion;
use crate::segment::SegmentKind;
use crate::summarize::{Summary, SummarySentence};

const STYLE: &str = include_str!("page.css");

pub(super) struct Html;

impl Renderer for Html {
    fn open(&self, articles: &[Article], view: &View, out: &mut dyn Write) -> io::Result<()> {
        open_page(&page_title(articles), "", out)?;
        if view.texts && view.layout != Layout::Target {
            write_language_switch(articles, out)?;
        }
        writeln!(out, "<main>")
    }

    fn article(&self, article: &Article, index: usize, view: &View, out: &mut dyn Write) -> io::Result<()> {
        let page = Page { article, index, view };
        writeln!(out, "<article>")?;
        page.write_header(out)?;
        page.write_summaries(out)?;
        if view.texts {
            page.write_text(out)?;
        }
        page.write_colophon(out)?;
        writeln!(out, "</article>")
    }

    fn close(&self, articles: &[Article], view: &View, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "</main>")?;
        write_legend(articles, view, out)?;
        writeln!(out, "</body>\n</html>")
    }
}

/// Writes everything before the content of a page: its head, with `style` behind the style of all pages, and the start
/// of its body. `title` is escaped already.
pub(crate) fn open_page(title: &str, style: &str, out: &mut dyn Write) -> io::Result<()> {
    write!(
        out,
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="diglot {version}">
<title>{title}</title>
<style>
{STYLE}{style}</style>
</head>
<body>
"#,
        version = env!("CARGO_PKG_VERSION"),
    )
}

fn page_title(articles: &[Article]) -> String {
    let name = |article: &Article| esc(&article.bitext.document.name);
    match articles {
        [] => "diglot".to_owned(),
        [article] => format!("{} · {}", name(article), languages(&article.bitext)),
        [first, others @ ..] => format!("{} and {} more", name(first), others.len()),
    }
}

fn languages(bitext: &Bitext) -> String {
    let LangPair { source, target } = &bitext.pair;
    if source == target {
        esc(source.name())
    } else {
        esc(&format!("{} → {}", source.name(), target.name()))
    }
}

/// Both languages, or one of them as running text: three radio buttons that the style sheet reads.
fn write_language_switch(articles: &[Article], out: &mut dyn Write) -> io::Result<()> {
    let Some(first) = articles.iter().find(|article| article.bitext.is_bilingual()) else {
        return Ok(());
    };
    let pair = &first.bitext.pair;
    let one_pair = articles.iter().all(|article| article.bitext.pair == *pair);
    let (source, target) =
        if one_pair { (pair.source.name(), pair.target.name()) } else { ("Original", "Translation") };
    writeln!(
        out,
        r#"<fieldset class="switch">
<legend>Show</legend>
<label><input type="radio" name="show" id="show-both" checked> Both</label>
<label><input type="radio" name="show" id="show-source"> {}</label>
<label><input type="radio" name="show" id="show-target"> {}</label>
</fieldset>"#,
        esc(source),
        esc(target),
    )
}

/// An article on its way onto the page.
struct Page<'a> {
    article: &'a Article,
    index: usize,
    view: &'a View,
}

impl Page<'_> {
    fn write_header(&self, out: &mut dyn Write) -> io::Result<()> {
        let bitext = &self.article.bitext;
        let mut facts = vec![languages(bitext), count(bitext.units.len(), "sentence")];
        let doubtful: Vec<&Unit> =
            bitext.units.iter().filter(|unit| is_doubtful(&unit.target.flags)).collect();
        if let Some(first) = doubtful.first() {
            let text = format!("{} to check", count(doubtful.len(), "sentence"));
            facts.push(match self.view.texts {
                true => format!(r##"<a href="#{}">{text}</a>"##, anchor(self.index, first.segment.id)),
                false => text,
            });
        }
        writeln!(
            out,
            "<header>\n<h1 dir=\"auto\">{}</h1>\n<p>{}</p>\n</header>",
            esc(&bitext.document.name),
            facts.join(" · ")
        )
    }

    fn write_summaries(&self, out: &mut dyn Write) -> io::Result<()> {
        match self.article.summaries.as_slice() {
            [one, other] if self.is_side_by_side() && one.sentences.len() == other.sentences.len() => {
                let source = &self.article.bitext.pair.source;
                let (left, right) = if one.lang == *source { (one, other) } else { (other, one) };
                self.write_summary_pairs(left, right, out)
            }
            summaries => summaries.iter().try_for_each(|summary| self.write_summary(summary, out)),
        }
    }

    /// A summary and its translation, sentence beside sentence.
    fn write_summary_pairs(&self, left: &Summary, right: &Summary, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "<section class=\"summary beside\">\n<h2>Summary</h2>")?;
        for (left_sentence, right_sentence) in left.sentences.iter().zip(&right.sentences) {
            writeln!(out, "<div class=\"pair\" tabindex=\"-1\">")?;
            self.write_cell("p", "src", &left.lang, &self.sentence(left_sentence), out)?;
            self.write_cell("p", "tgt", &right.lang, &self.sentence(right_sentence), out)?;
            writeln!(out, "</div>")?;
        }
        writeln!(out, "</section>")
    }

    fn write_summary(&self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "<section class=\"summary\">\n<h2>Summary ({})</h2>", esc(summary.lang.name()))?;
        let sentences: Vec<String> =
            summary.sentences.iter().map(|sentence| self.sentence(sentence)).collect();
        if summary.bulleted {
            writeln!(out, "<ul {}>", lang_attributes(&summary.lang))?;
            sentences.iter().try_for_each(|sentence| writeln!(out, "<li>{sentence}</li>"))?;
            writeln!(out, "</ul>")?;
        } else {
            self.write_cell("p", "", &summary.lang, &sentences.join(" "), out)?;
        }
        writeln!(out, "</section>")
    }

    /// A summary sentence with links to its sources and its flags.
    fn sentence(&self, sentence: &SummarySentence) -> String {
        let mut html = esc(&sentence.text);
        if self.view.texts {
            for (index, &id) in sentence.sources.iter().enumerate() {
                // The first number stays with the last word.
                let between = if index == 0 { "\u{a0}" } else { " " };
                let (anchor, number) = (anchor(self.index, id), number(id));
                html.push_str(&format!(
                    r##"{between}<a class="cite" href="#{anchor}" aria-label="Source: sentence {number}">{number}</a>"##
                ));
            }
        }
        html + &flag_marks(&sentence.flags)
    }

    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        let bitext = &self.article.bitext;
        let arrangement = match self.view.layout {
            _ if !bitext.is_bilingual() => "alone",
            Layout::Target => "alone",
            Layout::Interleaved => "below",
            Layout::SideBySide => "beside",
        };
        writeln!(out, "<section class=\"text {arrangement}\">")?;
        if self.is_side_by_side() {
            let head = |class: &str, lang: &Lang| {
                format!("<h2 class=\"{class}\" dir=\"{}\">{}</h2>", direction(lang), esc(lang.name()))
            };
            let (source, target) = (&bitext.pair.source, &bitext.pair.target);
            writeln!(out, "<div class=\"heads\">{}{}</div>", head("src", source), head("tgt", target))?;
        }
        for (kind, units) in blocks(bitext) {
            let class = match kind {
                BlockKind::Title => "title",
                BlockKind::Paragraph => "paragraph",
                BlockKind::Quote => "quote",
                BlockKind::Code => "code",
            };
            writeln!(out, "<div class=\"block {class}\">")?;
            units.iter().try_for_each(|unit| self.write_unit(kind, unit, out))?;
            writeln!(out, "</div>")?;
        }
        writeln!(out, "</section>")
    }

    fn write_unit(&self, kind: BlockKind, unit: &Unit, out: &mut dyn Write) -> io::Result<()> {
        let bitext = &self.article.bitext;
        let (anchor, number) = (anchor(self.index, unit.segment.id), number(unit.segment.id));
        let meta = unit.segment.kind == SegmentKind::Meta;
        let doubtful = is_doubtful(&unit.target.flags);
        let class =
            format!("pair{}{}", if meta { " meta" } else { "" }, if doubtful { " doubtful" } else { "" });
        let element = if kind == BlockKind::Title && !meta { "h3" } else { "p" };
        writeln!(out, r#"<div class="{class}" id="{anchor}" tabindex="-1">"#)?;
        let confidence = unit.target.confidence().map_or(String::new(), |confidence| {
            format!(r#"<small title="confidence">{:.0} %</small>"#, 100.0 * confidence)
        });
        writeln!(
            out,
            r##"<a class="number" href="#{anchor}" aria-label="Sentence {number}">{number}{confidence}</a>"##
        )?;
        let flags = flag_marks(&unit.target.flags);
        let source = esc(bitext.source(unit));
        if !bitext.is_bilingual() {
            self.write_cell(element, "src", &bitext.pair.source, &(source + &flags), out)?;
        } else {
            if self.view.layout != Layout::Target {
                self.write_cell(element, "src", &bitext.pair.source, &source, out)?;
            }
            let mut target = esc(&unit.target.text) + &flags;
            for alternative in &unit.alternatives {
                target.push_str(&format!("<br><small>~ {}</small>", esc(&alternative.text)));
            }
            target.push_str(&unit.memory.as_ref().map(from_memory).unwrap_or_default());
            self.write_cell(element, "tgt", &bitext.pair.target, &target, out)?;
        }
        writeln!(out, "</div>")
    }

    /// A text in one language; `html` is escaped already.
    fn write_cell(
        &self,
        element: &str,
        class: &str,
        lang: &Lang,
        html: &str,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let class = if class.is_empty() { String::new() } else { format!("class=\"{class}\" ") };
        writeln!(out, "<{element} {class}{}>{html}</{element}>", lang_attributes(lang))
    }

    /// How the article was made.
    fn write_colophon(&self, out: &mut dyn Write) -> io::Result<()> {
        let bitext = &self.article.bitext;
        let certainty = match bitext.confidence {
            Some(confidence) => format!("detected, confidence {:.0} %", confidence * 100.0),
            None => "as given".to_owned(),
        };
        let mut facts =
            vec![("Source language", format!("{} ({certainty})", esc(bitext.pair.source.name())))];
        match (&self.article.translator, &self.article.summarizer) {
            (Some(one), Some(other)) if one == other => {
                facts.push(("Translated and summarised by", model_facts(one)));
            }
            (translator, summarizer) => {
                facts.extend(translator.iter().map(|model| ("Translated by", model_facts(model))));
                facts.extend(summarizer.iter().map(|model| ("Summarised by", model_facts(model))));
            }
        }
        if let Some(t) = &self.article.timings {
            facts.push((
                "Time",
                format!(
                    "{:.1} s loading, {:.1} s translating, {:.1} s summarising; {} tokens read, {} written",
                    t.load, t.translate, t.summarize, t.prompt_tokens, t.output_tokens
                ),
            ));
        }
        writeln!(out, "<dl class=\"colophon\">")?;
        for (term, fact) in facts {
            writeln!(out, "<div><dt>{term}</dt><dd>{fact}</dd></div>")?;
        }
        writeln!(out, "</dl>")
    }

    fn is_side_by_side(&self) -> bool {
        self.view.texts && self.view.layout == Layout::SideBySide && self.article.bitext.is_bilingual()
    }
}

/// What a translation memory holds for a segment.
fn from_memory(found: &MemoryMatch) -> String {
    match found {
        MemoryMatch::Exact => "<br><small>from the translation memory</small>".to_owned(),
        MemoryMatch::Fuzzy(Suggestion { source, target, similarity }) => format!(
            "<br><small>{:.0} % similar in the translation memory: {} – {}</small>",
            (similarity * 100.0).floor(),
            esc(source),
            esc(target)
        ),
    }
}

fn model_facts(model: &ModelInfo) -> String {
    let files = model.files.iter().map(|(name, sha256)| {
        let short: String = sha256.chars().take(12).collect();
        format!(
            " <span class=\"file\">{}, sha256 <abbr title=\"{}\">{}…</abbr></span>",
            esc(name),
            esc(sha256),
            esc(&short)
        )
    });
    let unlisted = if model.unlisted { " (unlisted)" } else { "" };
    esc(&model.name) + unlisted + &files.collect::<String>()
}

/// What the page shows and what its flags mean.
fn write_legend(articles: &[Article], view: &View, out: &mut dyn Write) -> io::Result<()> {
    let units = articles.iter().flat_map(|a| &a.bitext.units).flat_map(|unit| &unit.target.flags);
    let sentences = articles.iter().flat_map(|a| &a.summaries).flat_map(|s| &s.sentences);
    let mut kinds: Vec<FlagKind> =
        units.chain(sentences.flat_map(|sentence| &sentence.flags)).map(|flag| flag.kind).collect();
    kinds.sort();
    kinds.dedup();

    writeln!(out, "<footer>\n<h2>Reading this page</h2>\n<p>")?;
    if view.texts && articles.iter().any(|article| article.bitext.is_bilingual()) {
        writeln!(out, "Point at a sentence, or tap it, to see the pair.")?;
    }
    if view.texts && articles.iter().any(|article| !article.summaries.is_empty()) {
        writeln!(out, "The small numbers in a summary lead to the sentences that carry it.")?;
    }
    if articles.iter().any(|article| article.translator.is_some() || article.summarizer.is_some()) {
        writeln!(
            out,
            "A machine wrote this: what is marked deserves a second look, and what is not marked can still be wrong."
        )?;
    }
    writeln!(out, "</p>")?;
    if !kinds.is_empty() {
        writeln!(out, "<dl>")?;
        for kind in kinds {
            writeln!(out, "<div><dt>{}</dt><dd>{}</dd></div>", kind.name(), esc(meaning(kind)))?;
        }
        writeln!(out, "</dl>")?;
    }
    writeln!(out, "<p>Made with diglot {}.</p>\n</footer>", env!("CARGO_PKG_VERSION"))
}

/// Flags in words, after the text that they belong to.
pub(crate) fn flag_marks(flags: &[Flag]) -> String {
    let flags = flags.iter().map(|flag| {
        let (class, word) = if is_note(flag.kind) { ("flag note", "note") } else { ("flag", "check") };
        format!(r#" <strong class="{class}" lang="en" dir="ltr">{word}: {}</strong>"#, esc(&describe(flag)))
    });
    flags.collect()
}

fn is_doubtful(flags: &[Flag]) -> bool {
    flags.iter().any(|flag| !is_note(flag.kind))
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// The attributes that every text in a language carries.
pub(crate) fn lang_attributes(lang: &Lang) -> String {
    format!(r#"lang="{}" dir="{}""#, esc(lang.tag()), direction(lang))
}

fn direction(lang: &Lang) -> &'static str {
    if lang.is_rtl() { "rtl" } else { "ltr" }
}

/// `text` as HTML text or attribute value.
pub(crate) fn esc(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}
