//! The page.

use std::collections::HashSet;

use diglot::document::BlockKind;
use diglot::render::{Format, Layout, Timings, View};
use diglot::summarize::Method;
use diglot::{Flag, FlagKind, Lang};

use crate::articles::*;

/// The part of a page between two texts that are in it.
fn between<'a>(html: &'a str, start: &str, end: &str) -> &'a str {
    let from = html.find(start).unwrap_or_else(|| panic!("no {start} in {html}"));
    let to = html[from..].find(end).unwrap_or_else(|| panic!("no {end} after {start}"));
    &html[from..from + to + end.len()]
}

/// The values of an attribute, in order.
fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    html.split(&format!(" {name}=\"")).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[test]
fn a_pair_with_a_flag() {
    let html = shown(&harbour(), Format::Html, &view(Layout::SideBySide));
    assert_eq!(
        between(&html, "<div class=\"pair doubtful\"", "</div>"),
        r##"<div class="pair doubtful" id="s3" tabindex="-1">
<a class="number" href="#s3" aria-label="Sentence 3">3<small title="confidence">63 %</small></a>
<p class="src" lang="de" dir="ltr">Der Hafen bekommt bis 2029 einen dritten Kai.</p>
<p class="tgt" lang="en" dir="ltr">The harbour will get a third quay by 2028. <strong class="flag" lang="en" dir="ltr">check: numbers – 2029 missing</strong></p>
</div>"##
    );
}

#[test]
fn a_bilingual_summary_stands_sentence_beside_sentence() {
    let html = shown(&harbour(), Format::Html, &view(Layout::SideBySide));
    assert_eq!(
        between(&html, "<section class=\"summary beside\"", "</section>"),
        "<section class=\"summary beside\">
<h2>Summary</h2>
<div class=\"pair\" tabindex=\"-1\">
<p class=\"src\" lang=\"de\" dir=\"ltr\">Der Hafen erhält einen dritten Kai.\u{a0}\
<a class=\"cite\" href=\"#s2\" aria-label=\"Source: sentence 2\">2</a> \
<a class=\"cite\" href=\"#s3\" aria-label=\"Source: sentence 3\">3</a></p>
<p class=\"tgt\" lang=\"en\" dir=\"ltr\">The harbour gets a third quay.\u{a0}\
<a class=\"cite\" href=\"#s2\" aria-label=\"Source: sentence 2\">2</a> \
<a class=\"cite\" href=\"#s3\" aria-label=\"Source: sentence 3\">3</a></p>
</div>
<div class=\"pair\" tabindex=\"-1\">
<p class=\"src\" lang=\"de\" dir=\"ltr\">Die Fischer sind dagegen. \
<strong class=\"flag\" lang=\"en\" dir=\"ltr\">check: unsupported</strong></p>
<p class=\"tgt\" lang=\"en\" dir=\"ltr\">Fishermen object. \
<strong class=\"flag\" lang=\"en\" dir=\"ltr\">check: unsupported</strong></p>
</div>
</section>"
    );
}

#[test]
fn layouts_show_what_they_say() {
    let html = |layout| shown(&harbour(), Format::Html, &view(layout));
    let shows = |html: &str| (html.contains("Der Hafen wächst"), html.contains("The harbour grows"));
    assert_eq!(shows(&html(Layout::SideBySide)), (true, true));
    assert_eq!(shows(&html(Layout::Interleaved)), (true, true));
    assert_eq!(shows(&html(Layout::Target)), (false, true));
    assert!(html(Layout::SideBySide).contains("<section class=\"text beside\">"));
    assert!(html(Layout::Interleaved).contains("<section class=\"text below\">"));
    assert!(html(Layout::Target).contains("<section class=\"text alone\">"));
    assert!(!html(Layout::Target).contains("<fieldset"));

    let summary = shown(&harbour(), Format::Html, &summaries_only());
    assert_eq!(shows(&summary), (false, false));
    assert!(summary.contains("The harbour gets a third quay.") && !summary.contains("href="));
}

#[test]
fn one_page_for_several_files_with_every_link_leading_somewhere() {
    let html = all_shown(&[harbour(), harbour(), harbour()], Format::Html, &view(Layout::SideBySide));
    for once in ["<!doctype html>", "<html lang=\"en\">", "<style>", "<main>", "</html>"] {
        assert_eq!(html.matches(once).count(), 1, "{once}");
    }
    assert_eq!(html.matches("<article>").count(), 3);
    assert!(html.contains("<title>hafen.txt and 2 more</title>"));
    let ids = attributes(&html, "id");
    let unique: HashSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len());
    let links = attributes(&html, "href");
    assert_eq!(links.len(), 3 * (1 + 4 + 5));
    for link in links {
        assert!(unique.contains(link.strip_prefix('#').unwrap()), "{link}");
    }
}

#[test]
fn nothing_is_loaded_and_nothing_runs() {
    let html = shown(&harbour(), Format::Html, &view(Layout::SideBySide));
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
    assert!(html.contains(&format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">")));
    for absent in ["<script", "<link", "<img", "<iframe", "url(", "@import", "http://", "https://", " style="]
    {
        assert!(!html.contains(absent), "{absent}");
    }
    assert_eq!(html, shown(&harbour(), Format::Html, &view(Layout::SideBySide)));
}

/// Case 89.
#[test]
fn a_right_to_left_target_says_so() {
    let mut article = article("a.txt", &[(BlockKind::Paragraph, &[("Frieden.", "سلام.")])]);
    article.bitext.pair.target = Lang::parse("ar").unwrap();
    article.summaries.push(summary(Lang::parse("ar").unwrap(), Method::Abstractive, &[("سلام.", &[0])]));
    let html = shown(&article, Format::Html, &view(Layout::SideBySide));
    assert!(html.contains("<p class=\"src\" lang=\"de\" dir=\"ltr\">Frieden.</p>"));
    assert!(html.contains("<p class=\"tgt\" lang=\"ar\" dir=\"rtl\">سلام.</p>"));
    assert!(html.contains("<p lang=\"ar\" dir=\"rtl\">سلام."));
}

#[test]
fn an_own_language_summary_shows_one_text() {
    let mut article = article("a.txt", &[(BlockKind::Paragraph, &[("Eins.", ""), ("Zwei.", "")])]);
    article.bitext.pair.target = Lang::DE;
    article.translator = None;
    article.summaries.push(summary(Lang::DE, Method::Extractive, &[("Zwei.", &[1])]));
    let html = shown(&article, Format::Html, &view(Layout::SideBySide));
    assert!(html.contains("<title>a.txt · German</title>"));
    assert!(html.contains("<p class=\"src\" lang=\"de\" dir=\"ltr\">Eins.</p>"));
    assert!(
        !html.contains("class=\"tgt\"") && !html.contains("<fieldset") && !html.contains("A machine wrote")
    );
}

#[test]
fn the_colophon_and_the_legend_say_how_it_was_made() {
    let mut article = harbour();
    article.timings =
        Some(Timings { load: 1.25, translate: 20.0, summarize: 3.0, prompt_tokens: 900, output_tokens: 400 });
    article.bitext.units[4].target.flags.push(Flag::new(FlagKind::SameLanguage, ""));
    let html = shown(&article, Format::Html, &view(Layout::SideBySide));
    let colophon = between(&html, "<dl class=\"colophon\">", "</dl>");
    for fact in [
        "German (detected, confidence 99 %)",
        "small-translator",
        "small-summariser",
        "0123456789ab…",
        "900 tokens read",
    ] {
        assert!(colophon.contains(fact), "{fact} in {colophon}");
    }
    article.summarizer = article.translator.clone();
    let one_model = shown(&article, Format::Html, &view(Layout::SideBySide));
    assert_eq!(one_model.matches("small-translator").count(), 1);
    assert!(one_model.contains("<dt>Translated and summarised by</dt>"));
    let legend = between(&html, "<footer>", "</footer>");
    for kind in FlagKind::ALL {
        let used = [FlagKind::Numbers, FlagKind::Unsupported, FlagKind::SameLanguage].contains(&kind);
        assert_eq!(legend.contains(&format!("<dt>{}</dt>", kind.name())), used, "{}", kind.name());
    }
    // A note is no doubt: one sentence is to check.
    assert!(html.contains("<a href=\"#s3\">1 sentence to check</a>"));
    assert!(
        html.contains("<strong class=\"flag note\" lang=\"en\" dir=\"ltr\">note: same-language</strong>")
    );
}

#[test]
fn an_empty_article_is_still_a_page() {
    let html = shown(&article("a.txt", &[]), Format::Html, &View { ..view(Layout::SideBySide) });
    assert!(html.starts_with("<!doctype html>") && html.ends_with("</html>\n"));
    assert!(html.contains("0 sentences"));
}
