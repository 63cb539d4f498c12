//! JSON and its schema.

use diglot::assemble::MemoryMatch;
use diglot::document::BlockKind;
use diglot::render::{Format, JSON_SCHEMA, Layout, Timings};
use diglot::summarize::Method;
use diglot::translate::Alternative;
use diglot::{Compliance, Flag, FlagKind, Lang, Suggestion};
use serde_json::{Value, json};

use crate::articles::*;

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
             "source": "date 2026-03", "target": "date 2026-03", "flags": [], "logprob": null,
             "confidence": null},
            {"id": 1, "block": 0, "kind": "text", "range": [13, 30],
             "source": "Der Hafen wächst", "target": "The harbour grows", "flags": [], "logprob": -0.25,
             "confidence": 0.652},
            {"id": 2, "block": 1, "kind": "text", "range": [32, 77],
             "source": "Der Hafen bekommt bis 2029 einen dritten Kai.",
             "target": "The harbour will get a third quay by 2028.",
             "flags": [{"kind": "numbers", "detail": "2029 missing"}], "logprob": -0.25,
             "confidence": 0.629},
            {"id": 3, "block": 1, "kind": "text", "range": [78, 118],
             "source": "„Das hilft allen“, sagte Ute Brandt.",
             "target": "“This helps everyone,” said Ute Brandt.", "flags": [], "logprob": -0.25,
             "confidence": 0.652},
            {"id": 4, "block": 2, "kind": "text", "range": [120, 155],
             "source": "Der Bau kostet 14,5 Millionen Euro.",
             "target": "Construction costs 14.5 million euros.", "flags": [], "logprob": -0.25,
             "confidence": 0.652},
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
fn json_has_alternatives_and_unlisted_models_where_there_are_any() {
    let mut article = harbour();
    let texts = ["The port grows", "The harbour is growing"];
    article.bitext.units[1].alternatives =
        texts.map(|text| Alternative { text: text.into(), logprob: Some(-0.123_456_789) }).into();
    article.translator.as_mut().unwrap().unlisted = true;
    let value = check_schema(&shown(&article, Format::Json, &summaries_only()));
    assert_eq!(value["models"]["translator"]["unlisted"], true);
    assert!(value["models"]["summarizer"].get("unlisted").is_none());
    let expected = texts.map(|text| json!({"text": text, "logprob": -0.123457}));
    assert_eq!(value["segments"][1]["alternatives"], json!(expected));
    assert!(value["segments"][2].get("alternatives").is_none());
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
fn memory_glossary_and_code_are_told() {
    let mut article = article("a.txt", &[(BlockKind::Paragraph, &[("Ja.", "Yes."), ("Nein.", "No.")])]);
    let suggestion = Suggestion { source: "Nein!".into(), target: "No!".into(), similarity: 0.812_345 };
    article.bitext.units[0].memory = Some(MemoryMatch::Exact);
    article.bitext.units[1].memory = Some(MemoryMatch::Fuzzy(suggestion));
    article.bitext.glossary = Some(Compliance { found: 3, kept: 2 });
    article.bitext.document.blocks[0].kind = BlockKind::Code;
    let value = check_schema(&shown(&article, Format::Json, &summaries_only()));
    let memory = |index: usize| &value["segments"][index]["memory"];
    assert_eq!(*memory(0), json!({"match": "exact"}));
    let fuzzy = json!({"match": "fuzzy", "similarity": 0.812, "source": "Nein!", "target": "No!"});
    assert_eq!(*memory(1), fuzzy);
    assert_eq!(value["glossary"], json!({"found": 3, "kept": 2}));
    assert_eq!(value["blocks"][0]["kind"], "code");
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
