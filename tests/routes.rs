//! Pairs that a model does not translate, as a user meets them: the two-step route by way of another language, and what
//! is said where there is none. Tiny OPUS-MT models with random weights stand in; what they write is nonsense.

#[path = "support/command.rs"]
mod command;
#[path = "support/opus.rs"]
#[allow(dead_code)]
mod opus;
#[path = "support/outcome.rs"]
mod outcome;

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use command::command;
use diglot::{Document, Lang, LoadOptions, Model, ModelStore, Route, Translator, catalog::StoreOptions};
use outcome::{assert_fails, stderr};
use serde_json::{Value, json};
use tempfile::TempDir;

const GERMAN: &str = "Das neue Hallenbad\n\nDie Stadt eröffnet am 3. Mai 2024 ein Hallenbad. Es kostete 12,5 Millionen \
                      Euro.\n";

/// A home with an article and two models: German to English, English to French.
struct Desk {
    home: TempDir,
}

impl Desk {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        opus::write(&home.path().join("opus-mt-de-en"));
        opus::write(&home.path().join("opus-mt-en-fr"));
        let names = json!({"source_lang": "en", "target_lang": "fr"}).to_string();
        fs::write(home.path().join("opus-mt-en-fr/tokenizer_config.json"), names).unwrap();
        fs::write(home.path().join("a.txt"), GERMAN).unwrap();
        Self { home }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn translate(&self, args: &str) -> Output {
        command("translate", self.home.path()).args(args.split(' ')).arg("a.txt").output().unwrap()
    }

    fn article(&self, args: &str) -> Value {
        let output = self.translate(&format!("--format json {args}"));
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn model(&self, name: &str) -> Model {
        let store = ModelStore::new(StoreOptions::new(self.path("hub"), self.path("own")));
        Model::load_folder(&store, &self.path(name), &LoadOptions::default()).unwrap()
    }
}

const TWO_STEPS: &str = "--model ./opus-mt-de-en --via en --via-model ./opus-mt-en-fr";

#[test]
fn two_models_translate_by_way_of_english() {
    let desk = Desk::new();
    let article = desk.article(&format!("--from de --lang fr {TWO_STEPS}"));
    assert_eq!((&article["source"]["lang"], &article["target"]["lang"]), (&json!("de"), &json!("fr")));
    let model = &article["models"]["translator"];
    assert_eq!(model["name"], "opus-mt-de-en, opus-mt-en-fr");
    assert_eq!((&model["files"].as_array().unwrap().len(), &model["unlisted"]), (&2, &json!(true)));

    // Each step by itself gives the same.
    let (french, [into, from]) =
        (Lang::parse("fr").unwrap(), ["opus-mt-de-en", "opus-mt-en-fr"].map(|m| desk.model(m)));
    let (into, from) =
        (Translator::new(&into, Lang::EN).from(Lang::DE), Translator::new(&from, french.clone()));
    let document = Document::decode("a.txt", GERMAN.as_bytes(), None).unwrap();
    let english = into.translate(&document).unwrap();
    let texts: Vec<&str> = english.units.iter().map(|unit| unit.target.text.as_str()).collect();
    let expected = from.translate_texts(&texts, &Lang::EN).unwrap();
    let bitext = Route::new(into, from).translate(&document).unwrap();
    assert_eq!((&bitext.pair.source, &bitext.pair.target), (&Lang::DE, &french));
    let segments = article["segments"].as_array().unwrap();
    assert_eq!((segments.len(), bitext.units.len(), expected.len()), (3, 3, 3));
    for ((unit, segment), (first, last)) in
        bitext.units.iter().zip(segments).zip(english.units.iter().zip(&expected))
    {
        assert!(GERMAN.contains(segment["source"].as_str().unwrap()));
        assert_eq!((&unit.target.text, &segment["target"]), (&last.text, &json!(last.text)));
        assert_eq!(unit.target.flags.len(), first.target.flags.len() + last.flags.len());
        assert!(unit.target.logprob.unwrap() <= first.target.logprob.unwrap());
    }
    let flagged = segments.iter().flat_map(|segment| segment["flags"].as_array().unwrap());
    assert!(flagged.clone().any(|flag| flag["detail"].as_str().unwrap().starts_with("in English: ")));

    let text = desk.translate(&format!("--from de --lang fr --quiet {TWO_STEPS}"));
    assert_eq!((text.status.code(), stderr(&text).as_str()), (Some(0), ""));
    assert_eq!(String::from_utf8(text.stdout).unwrap().matches("\n\n").count(), 1);
}

#[test]
fn a_text_at_the_stop_between_takes_the_other_step_alone() {
    let desk = Desk::new();
    let name = |args: &str| desk.article(args)["models"]["translator"]["name"].clone();
    assert_eq!(name(&format!("--from en --lang fr {TWO_STEPS}")), "opus-mt-en-fr");
    assert_eq!(name(&format!("--from de --lang en {TWO_STEPS}")), "opus-mt-de-en");
}

#[test]
fn a_step_that_no_model_makes_is_refused() {
    let desk = Desk::new();
    let from_de = "--from de --lang fr";
    assert_fails(
        &desk.translate(&format!("{from_de} --model ./opus-mt-de-en --via en")),
        2,
        &["English to French"],
    );
    assert_fails(&desk.translate(&format!("{from_de} --via es {TWO_STEPS}")), 2, &["--via"]);
    assert_fails(&desk.translate(&format!("{from_de} --via-model ./opus-mt-en-fr")), 2, &["--via"]);
    assert_fails(&desk.translate(&format!("{from_de} --alternatives 2 {TWO_STEPS}")), 2, &["--alternatives"]);
    for shared in ["--glossary terms.csv", "--tm news.tm"] {
        let flag = shared.split_once(' ').unwrap().0;
        assert_fails(
            &desk.translate(&format!("{from_de} {shared} {TWO_STEPS}")),
            2,
            &["--via", flag, "hint:"],
        );
    }
    assert_fails(&desk.translate(&format!("{from_de} --model ./opus-mt-de-en --via xx")), 2, &["xx"]);
}

#[test]
fn an_unsupported_pair_says_what_is_supported_what_is_near_and_who_could() {
    // Case 84. Of a folder, of a card for one pair, and of cards for many languages.
    let desk = Desk::new();
    for (args, words) in [
        (
            "--from de --lang fr --model ./opus-mt-de-en",
            [
                "opus-mt-de-en does not translate from German to French",
                "de to en",
                "`--model qwen2.5-coder-1.5b",
            ],
        ),
        (
            "--from de --lang fr --model opus-mt-de-en",
            [
                "opus-mt-de-en does not translate from German to French",
                "de-en",
                "`--model qwen2.5-coder-1.5b",
            ],
        ),
        (
            "--from de --lang fj --model Helsinki-NLP/opus-mt-de-en",
            ["from German to Fijian", "de-en", "`--model nllb-200-distilled-600m` does"],
        ),
        (
            "--from de --lang sr-Latn --model m2m100-418m",
            ["from German to Serbian (Latin)", "between 100 languages", "nearest to sr-Latn is sr"],
        ),
        (
            "--from nn --lang de --model mbart-large-50-many-to-many-mmt",
            [
                "from Norwegian Nynorsk to German",
                "nearest to nn is sv",
                "`--model nllb-200-distilled-600m` does",
            ],
        ),
        (
            "--from de --lang xh",
            ["no model that was run here", "German to Xhosa", "`--model m2m100-418m` does"],
        ),
        ("--from de --lang got", ["German to Gothic", "no model of `diglot models list` does", "OWNER/NAME"]),
    ] {
        assert_fails(&desk.translate(args), 2, &words);
    }
}
