//! What every format shows, and that text from outside stays text in all of them.

use diglot::assemble::Bitext;
use diglot::document::{Block, BlockKind, Document};
use diglot::render::{Article, Format, JSON_SCHEMA, Layout, ModelInfo, Timings, View, render, render_all};
use diglot::segment::{Segment, SegmentKind};
use diglot::summarize::{Method, Summary, SummarySentence};
use diglot::translate::Target;
use diglot::{Flag, FlagKind, Lang, LangPair};
use serde_json::{Value, json};

/// A block with its segments as (source, target).
type Lines<'a> = (BlockKind, &'a [(&'a str, &'a str)]);

/// An article of blocks separated by blank lines; segments of a block are separated by a space.
fn article(file: &str, blocks: &[Lines<'_>]) -> Article {
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

fn model(name: &str) -> ModelInfo {
    ModelInfo { name: name.into(), files: vec![("weights.gguf".into(), "0123456789abcdef".repeat(4))] }
}

fn summary(lang: Lang, method: Method, sentences: &[(&str, &[usize])]) -> Summary {
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
fn harbour() -> Article {
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

fn view(layout: Layout) -> View {
    View { layout, texts: true, named: false, width: 72 }
}

fn summaries_only() -> View {
    View { layout: Layout::Target, texts: false, named: false, width: 0 }
}

fn shown(article: &Article, format: Format, view: &View) -> String {
    let mut out = Vec::new();
    render(article, format, view, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn all_shown(articles: &[Article], format: Format, view: &View) -> String {
    let mut out = Vec::new();
    render_all(articles, format, view, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

// Text

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

/// Case 107 and case 77.
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

// JSON

fn check_schema(line: &str) -> Value {
    let schema: Value = serde_json::from_str(JSON_SCHEMA).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let value: Value = serde_json::from_str(line).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:?}\n{line}");
    value
}

#[test]
fn json_is_what_the_schema_says() {
    let line = shown(&harbour(), Format::Json, &summaries_only());
    assert_eq!(line.matches('\n').count(), 1);
    let files = json!([{"name": "weights.gguf", "sha256": "0123456789abcdef".repeat(4)}]);
    let expected = json!({
        "schema": 1,
        "diglot": env!("CARGO_PKG_VERSION"),
        "file": "hafen.txt",
        "models": {
            "translator": {"name": "small-translator", "files": files},
            "summarizer": {"name": "small-summariser", "files": files},
        },
        "source": {"lang": "de", "confidence": 0.987654},
        "target": {"lang": "en"},
        "blocks": [{"id": 0, "kind": "title"}, {"id": 1, "kind": "paragraph"}, {"id": 2, "kind": "paragraph"}],
        "segments": [
            {"id": 0, "block": 0, "kind": "meta", "range": [0, 12],
             "source": "date 2026-03", "target": "date 2026-03", "flags": [], "logprob": null},
            {"id": 1, "block": 0, "kind": "text", "range": [13, 30],
             "source": "Der Hafen wächst", "target": "The harbour grows", "flags": [], "logprob": -0.25},
            {"id": 2, "block": 1, "kind": "text", "range": [32, 77],
             "source": "Der Hafen bekommt bis 2029 einen dritten Kai.",
             "target": "The harbour will get a third quay by 2028.",
             "flags": [{"kind": "numbers", "detail": "2029 missing"}], "logprob": -0.25},
            {"id": 3, "block": 1, "kind": "text", "range": [78, 118],
             "source": "„Das hilft allen“, sagte Ute Brandt.",
             "target": "“This helps everyone,” said Ute Brandt.", "flags": [], "logprob": -0.25},
            {"id": 4, "block": 2, "kind": "text", "range": [120, 155],
             "source": "Der Bau kostet 14,5 Millionen Euro.",
             "target": "Construction costs 14.5 million euros.", "flags": [], "logprob": -0.25},
        ],
        "summaries": [
            {"lang": "en", "method": "abstractive",
             "text": "The harbour gets a third quay. Fishermen object.",
             "sentences": [
                {"text": "The harbour gets a third quay.", "sources": [1, 2], "flags": []},
                {"text": "Fishermen object.", "sources": [], "flags": [{"kind": "unsupported", "detail": ""}]}]},
            {"lang": "de", "method": "translated",
             "text": "Der Hafen erhält einen dritten Kai. Die Fischer sind dagegen.",
             "sentences": [
                {"text": "Der Hafen erhält einen dritten Kai.", "sources": [1, 2], "flags": []},
                {"text": "Die Fischer sind dagegen.", "sources": [],
                 "flags": [{"kind": "unsupported", "detail": ""}]}]},
        ],
    });
    let value = check_schema(&line);
    assert_eq!(value, expected);
    // Keys come in the documented order too, and a second rendering gives the same bytes.
    assert_eq!(serde_json::to_string(&value).unwrap(), serde_json::to_string(&expected).unwrap());
    assert_eq!(line, shown(&harbour(), Format::Json, &view(Layout::SideBySide)));
}

#[test]
fn json_of_every_kind_of_article_fits_the_schema() {
    let mut plain = article("-", &[(BlockKind::Quote, &[("Ja.", "")])]);
    plain.bitext.confidence = None;
    plain.translator = None;
    plain.summaries.push(summary(Lang::EN, Method::Extractive, &[]));
    let mut flagged = harbour();
    for kind in FlagKind::ALL {
        flagged.bitext.units[1].target.flags.push(Flag::new(kind, "detail"));
    }
    flagged.summaries[0].bulleted = true;
    let empty = article("empty.txt", &[]);
    let view = summaries_only();
    let lines = all_shown(&[plain, flagged, empty], Format::Json, &view);
    let values: Vec<Value> = lines.lines().map(check_schema).collect();
    assert_eq!(values.len(), 3);
    assert_eq!(values[0]["source"]["confidence"], Value::Null);
    assert_eq!(values[0]["models"], json!({"translator": null, "summarizer": null}));
    assert_eq!(values[1]["summaries"][0]["text"], "The harbour gets a third quay.\nFishermen object.");
    assert_eq!(values[1]["segments"][1]["flags"].as_array().unwrap().len(), FlagKind::ALL.len());
}

#[test]
fn json_timings_only_when_asked_for() {
    let mut article = harbour();
    article.timings =
        Some(Timings { load: 1.23456, translate: 2.0, summarize: 0.5, prompt_tokens: 7, output_tokens: 9 });
    let value = check_schema(&shown(&article, Format::Json, &summaries_only()));
    let expected =
        json!({"load": 1.235, "translate": 2.0, "summarize": 0.5, "prompt_tokens": 7, "output_tokens": 9});
    assert_eq!(value["timings"], expected);
}

#[test]
fn the_schema_refuses_what_is_not_in_it() {
    let schema: Value = serde_json::from_str(JSON_SCHEMA).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let good: Value = serde_json::from_str(&shown(&harbour(), Format::Json, &summaries_only())).unwrap();
    assert!(validator.is_valid(&good));
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut value = good.clone();
        change(&mut value);
        !validator.is_valid(&value)
    };
    assert!(refused(&|v| v["extra"] = json!(1)));
    assert!(refused(&|v| drop(v.as_object_mut().unwrap().remove("blocks"))));
    assert!(refused(&|v| v["schema"] = json!(2)));
    assert!(refused(&|v| v["segments"][0]["extra"] = json!(1)));
    assert!(refused(&|v| v["segments"][2]["flags"][0]["kind"] = json!("typo")));
    assert!(refused(&|v| v["segments"][0]["range"] = json!([1])));
    assert!(refused(&|v| v["segments"][0]["id"] = json!(-1)));
    assert!(refused(&|v| v["blocks"][0]["kind"] = json!("table")));
    assert!(refused(&|v| v["summaries"][0]["method"] = json!("magic")));
    assert!(refused(&|v| v["models"]["translator"]["files"][0]["sha256"] = json!("abc")));
    assert!(refused(&|v| v["source"]["lang"] = json!("German")));
}
