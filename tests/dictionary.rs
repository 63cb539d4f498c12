//! Dictionaries: what a model is told of words that its first translations pass over, and when.

#[path = "support/command.rs"]
mod command;
#[path = "support/outcome.rs"]
mod outcome;
#[path = "support/scripted.rs"]
mod scripted;

use std::sync::{Arc, Mutex};

use command::command;
use diglot::engine::{Flow, Hypothesis};
use diglot::plan::{Decoding, Request, Task};
use diglot::render::ModelInfo;
use diglot::translate::{Quality, Target};
use diglot::{Dictionary, ErrorKind, FlagKind, Glossary, Lang, Model, Progress, Result, Translator};
use outcome::assert_fails;
use scripted::{Scripted, said, text_of};

const SOURCE: &str = "Das Bündnis hat einen Fahrplan.";
const DRAFT: &str = "The Bündnis has a travel plan.";
const TOLD: &str = "The alliance has a timetable.";

/// A model that says `DRAFT` until it is told what words mean, with all that it was told.
fn model() -> (Model, Arc<Mutex<Vec<String>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = told.clone();
    let answer = move |request: &Request| match (&request.decoding, &request.task) {
        (Decoding::Forced { answer }, _) => Hypothesis { logprob: Some(-1.0), ..said(answer) },
        (_, Task::Translate { terms, .. }) if !terms.is_empty() => {
            let terms: Vec<String> =
                terms.iter().map(|term| format!("{} = {}", term.source, term.target)).collect();
            heard.lock().unwrap().push(terms.join("; "));
            said(TOLD)
        }
        _ => said(if text_of(request) == SOURCE { DRAFT } else { TOLD }),
    };
    let info = ModelInfo { name: "scripted".into(), files: Vec::new(), unlisted: true };
    (Model::from_engine(Scripted::new(answer), info), told)
}

fn translate(translator: &Translator, text: &str) -> Result<Target> {
    translator.translate_texts(&[text], &Lang::DE).map(|mut targets| targets.remove(0))
}

#[test]
fn a_model_is_told_of_the_words_that_its_draft_passes_over() {
    let (model, told) = model();
    let balanced = Translator::new(&model, Lang::EN).quality(Quality::Balanced);
    assert_eq!(translate(&balanced, SOURCE).unwrap().text, TOLD);
    let first = told.lock().unwrap().first().cloned();
    assert_eq!(first.as_deref(), Some("Bündnis = alliance; Fahrplan = timetable / schedule / road map"));
}

#[test]
fn nothing_is_told_where_the_draft_has_every_word_or_one_answer_is_wanted() {
    let (model, told) = model();
    let balanced = Translator::new(&model, Lang::EN).quality(Quality::Balanced);
    assert_eq!(translate(&balanced, "Ein Bündnis hat einen Fahrplan.").unwrap().text, TOLD);
    assert_eq!(translate(&Translator::new(&model, Lang::EN), SOURCE).unwrap().text, DRAFT);
    let french = Translator::new(&model, Lang::parse("fr").unwrap()).quality(Quality::Balanced);
    assert_eq!(translate(&french, SOURCE).unwrap().text, DRAFT);
    assert!(told.lock().unwrap().is_empty());
}

#[test]
fn the_words_of_a_file_come_to_those_of_the_program() {
    let (model, told) = model();
    let dictionary =
        Dictionary::parse("d", "Zauberkessel {m} | Zauberkessel {pl} :: magic kettle | magic kettles")
            .unwrap();
    let translator = Translator::new(&model, Lang::EN).quality(Quality::Balanced).dictionary(dictionary);
    translate(&translator, "Das Bündnis hat einen Zauberkessel.").unwrap();
    let first = told.lock().unwrap().first().cloned();
    assert_eq!(first.as_deref(), Some("Zauberkessel = magic kettle / magic kettles"));
}

#[test]
fn what_a_glossary_says_of_a_word_stands() {
    let (model, told) = model();
    let glossary = Glossary::parse_csv("g.csv", "de,en\nFahrplan,roadmap\n").unwrap();
    let translator = Translator::new(&model, Lang::EN).quality(Quality::Balanced).glossary(glossary);
    let target = translate(&translator, SOURCE).unwrap();
    assert_eq!(target.flags[0].kind, FlagKind::Glossary, "the model never says it");
    let told = told.lock().unwrap();
    assert_eq!(told[0], "Bündnis = alliance");
    assert_eq!(told.last().unwrap(), "Fahrplan = roadmap; Bündnis = alliance");
}

#[test]
fn a_term_that_was_not_asked_for_yet_is_no_reason_to_draw_more() {
    let (model, _) = model();
    let glossary = Glossary::parse_csv(
        "g.csv",
        "de,en
Fahrplan,roadmap
",
    )
    .unwrap();
    let translator = Translator::new(&model, Lang::EN).quality(Quality::Balanced).glossary(glossary);
    let mut rounds = Vec::new();
    let mut observe = |progress: Progress<'_>| {
        if let Progress::Round { requests, .. } = progress {
            rounds.push(requests);
        }
        Flow::Continue
    };
    translator
        .translate_texts_observed(&["Ein Bündnis hat einen Fahrplan."], &Lang::DE, &mut observe)
        .unwrap();
    assert_eq!(rounds, [2, 10, 1, 1], "the candidates, then two retries with the term");
}

#[test]
fn a_dictionary_that_would_say_nothing_is_refused() {
    let (model, _) = model();
    let dictionary = || Dictionary::parse("d", "Haus :: house").unwrap();
    let fast = Translator::new(&model, Lang::EN).dictionary(dictionary());
    assert_eq!(translate(&fast, SOURCE).unwrap_err().kind(), ErrorKind::Usage);
    let french = Translator::new(&model, Lang::parse("fr").unwrap()).quality(Quality::Balanced);
    let error = translate(&french.dictionary(dictionary()), SOURCE).unwrap_err();
    assert_eq!(error.to_string(), "a dictionary serves German to English, not German to French");
}

#[test]
fn a_file_without_words_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("words.txt"), "Haus = house\n").unwrap();
    std::fs::write(folder.path().join("a.txt"), "Guten Tag.\n").unwrap();
    let run = |dictionary: &str| {
        let options = ["--lang", "en", "--quality", "balanced", "--dictionary", dictionary, "a.txt"];
        command("translate", folder.path()).args(options).output().unwrap()
    };
    assert_fails(&run("words.txt"), 3, &["words.txt holds no word of a dictionary", "German :: English"]);
    assert_fails(&run("none.txt"), 3, &["none.txt"]);
}
