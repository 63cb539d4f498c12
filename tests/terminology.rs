//! Glossaries and translation memories as a user meets them. The models are tiny ones with random weights, or write what
//! a script says.

#[path = "support/command.rs"]
mod command;
#[path = "support/outcome.rs"]
mod outcome;
#[path = "support/scripted.rs"]
mod scripted;

use std::fs;
use std::path::Path;
use std::process::Output;

use command::command;
use diglot::assemble::MemoryMatch;
use diglot::engine::Hypothesis;
use diglot::plan::{Formality, Request, Task, Wording};
use diglot::render::ModelInfo;
use diglot::translate::Target;
use diglot::{Bitext, Document, FlagKind, Glossary, Lang, Model, TranslationMemory, Translator};
use outcome::{assert_fails, stderr};
use scripted::{Scripted, said, text_of};
use serde_json::{Value, json};
use tempfile::TempDir;

const GERMAN: &str = "Das neue Hallenbad\n\nDie Stadt eröffnet am 3. Mai 2024 ein Hallenbad. Es kostete 12,5 \
                      Millionen Euro. „Wir freuen uns“, sagte die Bürgermeisterin.\n";

/// A directory that is home and working directory at once, with the article `a.txt` in it.
struct Desk {
    home: TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { home: tempfile::tempdir().unwrap() };
        desk.file("a.txt", GERMAN);
        desk
    }

    fn file(&self, name: &str, text: &str) {
        fs::write(self.home.path().join(name), text).unwrap();
    }

    fn run(&self, binary: &str, args: &[&str]) -> Output {
        command(binary, self.home.path()).args(args).output().unwrap()
    }

    fn translate(&self, args: &[&str]) -> Output {
        let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models/qwen2.gguf");
        let model = model.display().to_string();
        let own = ["--lang", "en", "--from", "de", "--model", &model, "--profile", "chatml", "a.txt"];
        self.run("translate", &[args, &own].concat())
    }
}

/// The JSON of a run that succeeds.
#[track_caller]
fn article(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn flags(segment: &Value) -> Vec<&str> {
    segment["flags"].as_array().unwrap().iter().map(|flag| flag["kind"].as_str().unwrap()).collect()
}

#[test]
fn a_glossary_is_reported_and_its_misses_are_flagged() {
    let desk = Desk::new();
    desk.file(
        "terms.csv",
        "de,en,fr\nHallenbad,indoor pool,piscine\nBürgermeisterin,mayor,maire\nRathaus,town hall,mairie\n",
    );
    desk.file(
        "terms.tbx",
        "<tbx><text><body><conceptEntry><langSec xml:lang='de'><termSec><term>Hallenbad</term></termSec></langSec>\
         <langSec xml:lang='en'><termSec><term>indoor pool</term></termSec></langSec></conceptEntry></body></text></tbx>",
    );
    for (file, found) in [("terms.csv", 3), ("terms.tbx", 2)] {
        let output = desk.translate(&["--glossary", file, "--format", "json"]);
        let article = article(&output);
        assert_eq!(article["glossary"], json!({"found": found, "kept": 0}), "nonsense keeps to nothing");
        assert!(
            stderr(&output).contains(&format!("a.txt: 0 of {found} glossary terms")),
            "{}",
            stderr(&output)
        );
        let segments = article["segments"].as_array().unwrap();
        for segment in segments {
            let has_term = segment["source"].as_str().unwrap().contains("Hallenbad");
            assert!(!has_term || flags(segment).contains(&"glossary"), "{segment}");
        }
        assert!(!flags(&segments[2]).contains(&"glossary"), "no term stands in it");
    }
    assert!(article(&desk.translate(&["--format", "json"])).get("glossary").is_none());
}

#[test]
fn an_unusable_glossary_is_told_before_any_work() {
    let desk = Desk::new();
    for (name, text) in
        [("lone.csv", "Rat,council\nAmt,\n"), ("empty.csv", "de,en\n"), ("cut.tbx", "<tbx><a>")]
    {
        desk.file(name, text);
        assert_fails(&desk.translate(&["--glossary", name]), 3, &[name, "hint:"]);
    }
    assert_fails(&desk.translate(&["--glossary", "absent.csv"]), 3, &["absent.csv"]);
}

/// A model that writes what `answer` says, and counts nothing.
fn model(name: &str, answer: impl FnMut(&Request) -> Hypothesis + Send + 'static) -> Model {
    let info = ModelInfo { name: name.into(), files: Vec::new(), unlisted: true };
    Model::from_engine(Scripted::new(answer), info)
}

fn document(text: &str) -> Document {
    Document::decode("a.txt", text, None).unwrap()
}

fn targets(bitext: &Bitext) -> Vec<&Target> {
    bitext.units.iter().map(|unit| &unit.target).collect()
}

#[test]
fn the_terms_of_a_text_are_told_where_its_translation_lacks_one() {
    let glossary = Glossary::parse_csv("t.csv", "Rat,council\nAmt,authority\n").unwrap();
    let mut asked = 0;
    let model = model("m", move |request| {
        let Task::Translate { terms, .. } = &request.task else { panic!("a summary was asked for") };
        let terms: Vec<&str> = terms.iter().map(|term| term.target.as_str()).collect();
        asked += 1;
        match (text_of(request), asked) {
            ("Das Amt schließt am Dienstag.", 4..) => {
                assert_eq!(terms, ["authority"]);
                said("The authority closes on Tuesday.")
            }
            (text, _) => {
                assert_eq!(terms, [""; 0], "{text} was not tried without");
                said(match text {
                    "Der Rat tagt am Montag." => "The councils meet on Monday.",
                    "Das Amt schließt am Dienstag." => "The office closes on Tuesday.",
                    _ => "The sun is shining today.",
                })
            }
        }
    });
    let document =
        document("Der Rat tagt am Montag.\n\nDas Amt schließt am Dienstag.\n\nHeute scheint die Sonne.\n");
    let translator = Translator::new(&model, Lang::EN).from(Lang::DE).glossary(glossary);
    let bitext = translator.translate(&document).unwrap();
    assert_eq!(bitext.units[1].target.text, "The authority closes on Tuesday.");
    assert!(bitext.units.iter().all(|unit| unit.target.flags.is_empty()));
    let compliance = bitext.glossary.unwrap();
    assert_eq!((compliance.found, compliance.kept), (2, 2));
}

#[test]
fn the_reader_is_addressed_as_asked_or_a_flag_says_so() {
    let ways = |formality, stubborn: bool| {
        let model = model("m", move |request| {
            let Task::Translate { formality, wording, .. } = request.task else { panic!("a summary") };
            let familiar =
                (formality == Some(Formality::Informal)) && (wording == Wording::Strict) && !stubborn;
            said(if familiar { "Hast du den Schlüssel?" } else { "Haben Sie den Schlüssel?" })
        });
        let translator = Translator::new(&model, Lang::DE).from(Lang::EN).formality(formality);
        let unit = translator.translate(&document("Do you have the key?\n")).unwrap().units.remove(0);
        (unit.target.text, unit.target.flags.into_iter().map(|flag| flag.detail).collect::<Vec<_>>())
    };
    assert_eq!(ways(Formality::Formal, false), ("Haben Sie den Schlüssel?".into(), vec![]));
    assert_eq!(ways(Formality::Informal, false), ("Hast du den Schlüssel?".into(), vec![]));
    let doubt = vec!["`Sie`, and `du` was asked for".to_owned()];
    assert_eq!(ways(Formality::Informal, true), ("Haben Sie den Schlüssel?".into(), doubt));
}

#[test]
fn a_language_with_one_way_of_address_is_told_before_any_work() {
    let desk = Desk::new();
    let args = ["--lang", "en", "--formality", "formal", "--model", "absent.gguf", "a.txt"];
    assert_fails(&desk.run("translate", &args), 2, &["English", "German", "hint:"]);
}

#[test]
fn a_memory_tells_ways_of_address_apart() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("a.tm");
    let is_exact = |formality: Option<Formality>| {
        let model = model("m", |_| said("Der Schlüssel liegt auf dem Tisch."));
        let memory = TranslationMemory::open(&path).unwrap();
        let mut translator = Translator::new(&model, Lang::DE).from(Lang::EN).memory(memory);
        if let Some(formality) = formality {
            translator = translator.formality(formality);
        }
        let bitext = translator.translate(&document("The key lies on the table.\n")).unwrap();
        bitext.units[0].memory == Some(MemoryMatch::Exact)
    };
    let asked = [None, Some(Formality::Formal), Some(Formality::Informal)];
    assert_eq!(asked.map(is_exact), [false; 3]);
    assert_eq!(asked.map(is_exact), [true; 3]);
}

#[test]
fn a_memory_gives_the_same_targets_without_the_model() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("a.tm");
    let text = "Der Rat tagt am Montag.\n\nDer Rat tagt\nam Montag.\n\nEs gab 12 Einwände gegen den Plan.\n\n12,5 %\n";
    let answer = |request: &Request| match text_of(request).starts_with("Der Rat") {
        true => said("The council meets on Monday."),
        // A doubtful translation is not kept.
        false => said("There were 13 objections to the plan."),
    };
    let translate = |model: &Model| {
        let memory = TranslationMemory::open(&path).unwrap();
        let translator = Translator::new(model, Lang::EN).from(Lang::DE).memory(memory);
        translator.translate(&document(text)).unwrap()
    };
    let first = translate(&model("m", answer));
    assert!(first.units.iter().all(|unit| unit.memory.is_none()));
    assert_eq!(TranslationMemory::open(&path).unwrap().len().unwrap(), 1);

    let second = translate(&model("m", move |request| {
        assert!(!text_of(request).starts_with("Der Rat"), "asked for what is in the memory");
        answer(request)
    }));
    assert_eq!(targets(&second), targets(&first));
    assert_eq!(second.units[2].target.flags[0].kind, FlagKind::Numbers);
    let matches: Vec<_> = second.units.iter().map(|unit| unit.memory.clone()).collect();
    assert_eq!(matches, [Some(MemoryMatch::Exact), Some(MemoryMatch::Exact), None, None]);

    // What another model wrote is a suggestion.
    let other = translate(&model("n", |_| said("On Monday the council is in session.")));
    assert_eq!(other.units[0].target.text, "On Monday the council is in session.");
    match &other.units[0].memory {
        Some(MemoryMatch::Fuzzy(found)) => {
            assert_eq!((found.target.as_str(), found.similarity), ("The council meets on Monday.", 1.0));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_memory_tells_glossaries_apart_by_the_terms_of_a_text() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("a.tm");
    let translate = |glossary: &str| {
        let model = model("m", |request| {
            let Task::Translate { terms, .. } = &request.task else { panic!("a summary was asked for") };
            let council = terms.first().map_or("council", |term| &term.target);
            said(&format!("The {council} meets on Monday."))
        });
        let glossary = Glossary::parse_csv("t.csv", glossary).unwrap();
        let memory = TranslationMemory::open(&path).unwrap();
        let translator = Translator::new(&model, Lang::EN).from(Lang::DE).glossary(glossary).memory(memory);
        let bitext = translator.translate(&document("Der Rat tagt am Montag.\n")).unwrap();
        let is_exact = bitext.units[0].memory == Some(MemoryMatch::Exact);
        (bitext.units[0].target.text.clone(), is_exact, bitext.glossary.unwrap().kept)
    };
    assert_eq!(translate("Rat,board\n"), ("The board meets on Monday.".into(), false, 1));
    assert_eq!(translate("Rat,assembly\n"), ("The assembly meets on Monday.".into(), false, 1));
    assert_eq!(translate("Rat,board\nAmt,office\n"), ("The board meets on Monday.".into(), true, 1));
    assert_eq!(translate("Amt,office\n"), ("The council meets on Monday.".into(), false, 0));
}

#[test]
fn tmx_goes_in_and_out_and_is_used_and_suggested() {
    let desk = Desk::new();
    let unit = |german: &str, english: &str| {
        format!(
            "<tu><tuv xml:lang=\"de-DE\"><seg>{german}</seg></tuv><tuv xml:lang=\"en-US\"><seg>{english}</seg></tuv></tu>"
        )
    };
    let units = [
        unit("Das neue Hallenbad", "The new indoor pool"),
        unit("Es kostete 11,5 Millionen Euro.", "It cost 11.5 million euros."),
        unit("Die Stadt eröffnet am 3. Mai 2024 ein Hallenbad.", "The town opens a pool on 4 May 2024."),
    ];
    desk.file(
        "in.tmx",
        &format!("<tmx version=\"1.4\"><header srclang=\"de-DE\"/><body>{}</body></tmx>", units.concat()),
    );
    let import = desk.run("diglot", &["tm", "import", "a.tm", "in.tmx"]);
    assert_eq!(import.status.code(), Some(0), "{}", stderr(&import));
    assert_eq!(import.stdout, b"");
    assert!(stderr(&import).contains("in.tmx: 3 translations added"), "{}", stderr(&import));

    let output = desk.translate(&["--tm", "a.tm", "--format", "json"]);
    let article = article(&output);
    let segments = article["segments"].as_array().unwrap();
    assert_eq!(segments[0]["target"], "The new indoor pool");
    assert_eq!((&segments[0]["memory"], &segments[0]["logprob"]), (&json!({"match": "exact"}), &Value::Null));
    assert_eq!(flags(&segments[1]), ["numbers"], "what was imported is checked like an answer");
    let fuzzy = &segments[2]["memory"];
    assert_eq!((&fuzzy["match"], &fuzzy["target"]), (&"fuzzy".into(), &"It cost 11.5 million euros.".into()));
    assert_eq!(fuzzy["similarity"], 0.968);
    assert_ne!(segments[2]["target"], fuzzy["target"]);
    assert!(segments[3].get("memory").is_none());
    let told = "a.txt: 2 of 4 segments from the translation memory, similar texts for 1 more";
    assert!(stderr(&output).contains(told), "{}", stderr(&output));
    let page = desk.translate(&["--tm", "a.tm", "--format", "html"]);
    let page = String::from_utf8(page.stdout).unwrap();
    assert!(page.contains("from the translation memory") && page.contains("96 % similar"), "{page}");

    let export = desk.run("diglot", &["tm", "export", "a.tm"]);
    assert_eq!(export.status.code(), Some(0), "{}", stderr(&export));
    desk.file("out.tmx", std::str::from_utf8(&export.stdout).unwrap());
    desk.run("diglot", &["tm", "import", "b.tm", "out.tmx"]);
    assert_eq!(desk.run("diglot", &["tm", "export", "b.tm", "-o", "again.tmx"]).status.code(), Some(0));
    assert_eq!(fs::read(desk.home.path().join("again.tmx")).unwrap(), export.stdout);
}

#[test]
fn a_memory_that_cannot_be_used_is_a_clear_error() {
    let desk = Desk::new();
    let held = TranslationMemory::open(desk.home.path().join("held.tm")).unwrap();
    let run = |name: &str| desk.translate(&["--tm", name]);
    assert_fails(&run("held.tm"), 1, &["held.tm", "in use", "hint:"]);
    assert_fails(&desk.run("diglot", &["tm", "export", "held.tm"]), 1, &["held.tm", "in use"]);
    drop(held);
    assert_eq!(run("held.tm").status.code(), Some(0));
    desk.file("damaged.tm", "no memory");
    assert_fails(&run("damaged.tm"), 3, &["damaged.tm", "hint:"]);
    assert_fails(&run("no/such/place.tm"), 1, &["place.tm"]);
    assert_fails(&desk.translate(&["--tm", "held.tm", "-o", "held.tm"]), 1, &["held.tm", "hint:"]);
    assert_fails(&desk.run("diglot", &["tm", "export", "absent.tm"]), 3, &["absent.tm", "hint:"]);
    assert!(!desk.home.path().join("absent.tm").exists());
    assert_fails(&desk.run("diglot", &["tm", "import", "b.tm", "a.txt"]), 3, &["a.txt", "TMX"]);
}

#[test]
fn nothing_is_kept_unless_a_memory_is_named() {
    let desk = Desk::new();
    assert_eq!(desk.translate(&["--quiet"]).status.code(), Some(0));
    let files: Vec<_> =
        fs::read_dir(desk.home.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(
        files.iter().all(|name| [".cache", ".local", "a.txt"].iter().any(|own| name == own)),
        "{files:?}"
    );
}
