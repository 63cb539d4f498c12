//! Text from outside that means something to a terminal, a browser or a Markdown reader.

use diglot::document::BlockKind;
use diglot::render::{Article, Format, Layout, View};
use diglot::summarize::Method;
use diglot::{Flag, FlagKind, Lang};
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};

use crate::articles::*;

const LAYOUTS: [Layout; 3] = [Layout::Target, Layout::Interleaved, Layout::SideBySide];

/// Case 101, and what breaks out of an attribute, a comment, a style sheet, a title, a table or a link.
const HOSTILE: [&str; 14] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<iframe src=\"data:text/html,<script>alert(1)</script>\"></iframe>",
    "</style></title><script>alert(1)</script>",
    "<!-- --!> <svg/onload=alert(1)>",
    "&lt;script&gt; &#x3c;b&#x3e; &amp;",
    "[x](javascript:alert(1)) ![x](data:image/svg+xml,x) [y]: javascript:alert(1)",
    "<javascript:alert(1)> <https://example.org>",
    "| a | b |\n|---|---|\n| `c` | **d** |",
    "# not a heading\n===\n---\n> quote\n    code\n```\nfence\n```",
    "- not\n+ a\n* list\n1. at\n2) all ~~no~~ __no__ $x$",
    "\u{2028}\u{feff}<\u{0}script>",
];

/// An article that says the same hostile thing wherever it can.
fn hostile(text: &str) -> Article {
    let lines: &[(&str, &str)] = &[(text, text), ("Ja.", text)];
    let blocks = [
        (BlockKind::Title, lines),
        (BlockKind::Paragraph, lines),
        (BlockKind::Quote, lines),
        (BlockKind::Code, lines),
    ];
    let mut article = article(text, &blocks);
    article.bitext.units[0].target.flags.push(Flag::new(FlagKind::Numbers, text));
    for bulleted in [false, true] {
        let mut summary = summary(Lang::EN, Method::Abstractive, &[(text, &[0, 1])]);
        summary.bulleted = bulleted;
        summary.sentences[0].flags.push(Flag::new(FlagKind::UnknownName, text));
        article.summaries.push(summary);
    }
    let mut model = model(text);
    model.files[0] = (text.into(), text.into());
    article.translator = Some(model.clone());
    article.summarizer = Some(model);
    article
}

/// Every tag of a page, without its angle brackets.
fn tags(html: &str) -> Vec<&str> {
    let body = html.split_once("</style>").unwrap().1;
    body.split('<').skip(1).map(|rest| rest.split_once('>').unwrap().0).collect()
}

#[test]
fn html_holds_no_tag_but_its_own() {
    for text in HOSTILE {
        for layout in LAYOUTS {
            let html = shown(&hostile(text), Format::Html, &View { named: true, ..view(layout) });
            let harmless = shown(&hostile("x"), Format::Html, &View { named: true, ..view(layout) });
            let names = |tags: Vec<&str>| -> Vec<String> {
                tags.iter().map(|tag| tag.split(' ').next().unwrap().to_owned()).collect()
            };
            assert_eq!(names(tags(&html)), names(tags(&harmless)), "{text}");
            for tag in tags(&html) {
                let outside_quotes: String = tag.split('"').step_by(2).collect();
                assert!(!outside_quotes.contains(" on"), "{tag}");
                assert!(!outside_quotes.contains("src="), "{tag}");
                if let Some((_, href)) = tag.strip_prefix("a ").and_then(|link| link.split_once("href=")) {
                    assert!(href.starts_with("\"#"), "{tag}");
                }
            }
        }
    }
}

fn events(markdown: &str) -> Vec<Event<'_>> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_MATH;
    Parser::new_ext(markdown, options).collect()
}

#[test]
fn markdown_holds_no_markup_but_its_own() {
    for text in HOSTILE {
        for layout in LAYOUTS {
            let markdown = shown(&hostile(text), Format::Markdown, &View { named: true, ..view(layout) });
            let harmless = shown(&hostile("x"), Format::Markdown, &View { named: true, ..view(layout) });
            let shape = |markdown: &str| -> Vec<String> {
                let visible = |event: &&Event<'_>| !matches!(event, Event::Text(_));
                events(markdown).iter().filter(visible).map(|event| format!("{event:?}")).collect()
            };
            assert_eq!(shape(&markdown), shape(&harmless), "{layout:?} {text}\n{markdown}");
            for event in events(&markdown) {
                match event {
                    Event::Html(html) | Event::InlineHtml(html) => {
                        assert!(html.starts_with("<a id=\"s") || &*html == "</a>", "{html}");
                    }
                    Event::Start(Tag::Link { dest_url, .. }) => {
                        assert!(dest_url.starts_with("#s"), "{dest_url}")
                    }
                    Event::Start(Tag::Image { .. }) => panic!("an image in {markdown}"),
                    _ => {}
                }
            }
        }
    }
}

proptest! {
    /// A reader of Markdown sees the text that was written, character for character.
    #[test]
    fn markdown_shows_the_text(
        text in "[-+=*_`~#<>|\\\\\\[\\]()!&;:.$^a1 \"'{}@/]{1,24}".prop_filter("not blank", |text| !text.trim().is_empty()),
    ) {
        for layout in LAYOUTS {
            let mut article = article("a.txt", &[(BlockKind::Paragraph, &[("Ja.", text.as_str())])]);
            article.translator = None;
            let markdown = shown(&article, Format::Markdown, &view(layout));
            let shown: String = events(&markdown)
                .iter()
                .map(|event| match event {
                    Event::Text(text) => text.as_ref(),
                    Event::Code(code) => code.as_ref(),
                    _ => "\u{1}",
                })
                .collect();
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
            prop_assert!(shown.split('\u{1}').any(|part| part == words), "{:?} in {:?}", words, markdown);
        }
    }
}

/// Cases 77 and 107.
#[test]
fn nothing_steers_the_terminal() {
    let nasty = "a\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m\0\u{8}b\rc \u{202e}d";
    let mut article = article(nasty, &[(BlockKind::Paragraph, &[(nasty, nasty)])]);
    article.bitext.units[0].target.flags.push(Flag::new(FlagKind::Numbers, nasty));
    article.summaries.push(summary(Lang::EN, Method::Abstractive, &[(nasty, &[0])]));
    article.summaries[0].sentences[0].flags.push(Flag::new(FlagKind::UnknownName, nasty));
    for format in [Format::Text, Format::Markdown, Format::Html, Format::Json] {
        for layout in [Layout::Target, Layout::Interleaved, Layout::SideBySide] {
            let view = View { named: true, ..view(layout) };
            let text = shown(&article, format, &view);
            let control = text.chars().find(|&c| c.is_control() && c != '\n');
            assert_eq!(control, None, "{format:?} {layout:?}: {text:?}");
            assert_eq!(text.matches('\u{202e}').count(), text.matches('\u{202c}').count(), "{text:?}");
        }
    }
}
