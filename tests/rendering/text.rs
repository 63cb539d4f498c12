//! Plain text.

use diglot::assemble::Bitext;
use diglot::document::{BlockKind, Document};
use diglot::render::{Format, Layout, View};
use diglot::segment::{Segment, segment};
use diglot::summarize::Method;
use diglot::translate::{Alternative, Target};
use diglot::{Lang, LangPair};
use proptest::prelude::*;

use crate::articles::*;

#[test]
fn text_summary() {
    let mut article = harbour();
    article.summaries.truncate(1);
    assert_eq!(
        shown(&article, Format::Text, &summaries_only()),
        "The harbour gets a third quay. Fishermen object. [check: unsupported]\n"
    );
    article.summaries[0].bulleted = true;
    assert_eq!(
        shown(&article, Format::Text, &summaries_only()),
        "- The harbour gets a third quay.\n- Fishermen object. [check: unsupported]\n"
    );
}

#[test]
fn text_target() {
    let mut article = harbour();
    article.summaries.clear();
    assert_eq!(
        shown(&article, Format::Text, &view(Layout::Target)),
        "\
date 2026-03 The harbour grows

The harbour will get a third quay by 2028. [check: numbers – 2029 missing] “This helps everyone,” said Ute Brandt.

Construction costs 14.5 million euros.
"
    );
}

#[test]
fn text_interleaved() {
    assert_eq!(
        shown(&harbour(), Format::Text, &view(Layout::Interleaved)),
        "\
Summary (English)

The harbour gets a third quay. [2, 3] Fishermen object. [check:
unsupported]

Summary (German)

Der Hafen erhält einen dritten Kai. [2, 3] Die Fischer sind dagegen.
[check: unsupported]

[1] date 2026-03

[2] Der Hafen wächst
    The harbour grows

[3] Der Hafen bekommt bis 2029 einen dritten Kai.
    The harbour will get a third quay by 2028. [check: numbers – 2029
    missing]

[4] „Das hilft allen“, sagte Ute Brandt.
    “This helps everyone,” said Ute Brandt.

[5] Der Bau kostet 14,5 Millionen Euro.
    Construction costs 14.5 million euros.
"
    );
}

#[test]
fn text_side_by_side() {
    let mut article = harbour();
    article.summaries.truncate(1);
    assert_eq!(
        shown(&article, Format::Text, &view(Layout::SideBySide)),
        "\
Summary (English)

The harbour gets a third quay. [2, 3] Fishermen object. [check:
unsupported]

    German                           │ English
─────────────────────────────────────┼─────────────────────────────────
[1] date 2026-03                     │ date 2026-03
[2] Der Hafen wächst                 │ The harbour grows
                                     │
[3] Der Hafen bekommt bis 2029 einen │ The harbour will get a third
    dritten Kai.                     │ quay by 2028. [check: numbers –
                                     │ 2029 missing]
[4] „Das hilft allen“, sagte Ute     │ “This helps everyone,” said Ute
    Brandt.                          │ Brandt.
                                     │
[5] Der Bau kostet 14,5 Millionen    │ Construction costs 14.5 million
    Euro.                            │ euros.
"
    );
}

#[test]
fn text_columns_hold_whatever_is_in_them() {
    let long = "x".repeat(500);
    let article = article(
        "a.txt",
        &[(
            BlockKind::Paragraph,
            &[("日本は北大西洋条約機構との協力を強めたいと述べた。", long.as_str()), ("Ja.", "")],
        )],
    );
    for width in [0, 10, 40, 61, 120] {
        let view = View { width, ..view(Layout::SideBySide) };
        let text = shown(&article, Format::Text, &view);
        let widest = text.lines().map(unicode_width::UnicodeWidthStr::width).max().unwrap();
        let room = if width == 0 { 100 } else { width.max(20) };
        assert!(widest <= room, "{widest} columns in {room}:\n{text}");
        let together: String = text.split_whitespace().collect();
        assert!(width >= 40 || width == 0 || together.contains(&long), "{text}");
    }
}

#[test]
fn text_names_several_files() {
    let mut second = article("b.txt", &[(BlockKind::Paragraph, &[("Zwei.", "Two.")])]);
    second.bitext.document.text.pop();
    let articles = [second.clone(), second];
    let view = View { named: true, ..view(Layout::Target) };
    assert_eq!(all_shown(&articles, Format::Text, &view), "==> b.txt <==\nTwo.\n\n==> b.txt <==\nTwo.\n");
    assert_eq!(shown(&articles[0], Format::Text, &View { named: false, ..view }), "Two.");
}

#[test]
fn an_identity_translation_keeps_the_bytes() {
    let mut article = harbour();
    article.summaries.clear();
    for index in 0..article.bitext.units.len() {
        let source = article.bitext.source(&article.bitext.units[index]).to_owned();
        article.bitext.units[index].target = Target { text: source, flags: Vec::new(), logprob: None };
    }
    assert_eq!(shown(&article, Format::Text, &view(Layout::Target)), article.bitext.document.text);
}

#[test]
fn an_own_language_summary_shows_one_text() {
    let mut article = article("a.txt", &[(BlockKind::Paragraph, &[("Eins.", ""), ("Zwei.", "")])]);
    article.bitext.pair.target = Lang::DE;
    article.summaries.push(summary(Lang::DE, Method::Extractive, &[("Zwei.", &[1])]));
    assert_eq!(
        shown(&article, Format::Text, &view(Layout::SideBySide)),
        "Summary (German)\n\nZwei. [2]\n\n[1] Eins.\n\n[2] Zwei.\n"
    );
}

proptest! {
    /// Reading, segmenting, joining and writing lose nothing of a text, whatever it is made of.
    #[test]
    fn an_identity_translation_of_any_text_keeps_its_bytes(
        text in "([A-Za-zÄöß]{1,6}|[ \t]|\n|\r\n|[.!?:,„“»«-]|z\\. B\\.|[0-9]{1,3}\\.|[\u{a0}\u{200b}\u{feff}\u{3000}\u{2028}]|日本。){1,60}",
    ) {
        let Ok(document) = Document::decode("a.txt", text.as_bytes(), None) else { return Ok(()) };
        let segments = segment(&document, &Lang::DE);
        let target = |text: String| Target { text, flags: Vec::new(), logprob: None };
        let targets = segments.iter().map(|segment: &Segment| target(document.text[segment.range.clone()].to_owned())).collect();
        let pair = LangPair { source: Lang::DE, target: Lang::EN };
        let bitext = Bitext::new(document.clone(), pair, None, segments, targets);
        let bitext = bitext.map_err(|error| TestCaseError::fail(format!("{error} in {text:?}")))?;
        prop_assert_eq!(bitext.target_text(), document.text);
    }
}

#[test]
fn alternatives_stand_below_the_target() {
    let mut article = article("a.txt", &[(BlockKind::Paragraph, &[("Guten Tag.", "Good day.")])]);
    let alternative = |text: &str| Alternative { text: text.into(), logprob: Some(-0.5) };
    article.bitext.units[0].alternatives = vec![alternative("Hello <b>."), alternative("Good *afternoon*.")];
    let shown_as = |format, layout| shown(&article, format, &view(layout));
    assert_eq!(
        shown_as(Format::Text, Layout::Interleaved),
        "[1] Guten Tag.\n    Good day.\n    ~ Hello <b>.\n    ~ Good *afternoon*.\n"
    );
    let columns = shown_as(Format::Text, Layout::SideBySide);
    assert!(columns.lines().last().is_some_and(|line| line.ends_with("│ ~ Good *afternoon*.")), "{columns}");
    assert_eq!(shown_as(Format::Text, Layout::Target), "Good day.\n");
    let markdown = shown_as(Format::Markdown, Layout::Interleaved);
    assert!(
        markdown.contains("> Good day.\n>\n> \\~ Hello \\<b\\>.\n>\n> \\~ Good \\*afternoon\\*."),
        "{markdown}"
    );
    let table = shown_as(Format::Markdown, Layout::SideBySide);
    assert!(table.contains("| Good day.<br>\\~ Hello \\<b\\>.<br>\\~ Good"), "{table}");
    let page = shown_as(Format::Html, Layout::SideBySide);
    assert!(page.contains("Good day.<br><small>~ Hello &lt;b&gt;.</small><br><small>~ Good"), "{page}");
}
