//! What only real weights can show. A missing model is fetched through the store; where that cannot be done, its
//! tests are reported as skipped, by name. In continuous integration (`CI` set) they fail instead.

#[path = "support/real_parity.rs"]
mod real_parity;
#[path = "support/real_tokenizers.rs"]
mod real_tokenizers;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use diglot::assemble::MemoryMatch;
use diglot::catalog::{Catalog, Proceed, StoreEvent};
use diglot::translate::Target;
use diglot::{
    Bitext, Document, FlagKind, Glossary, Lang, LoadOptions, Model, ModelStore, Result, Summarizer, Summary,
    TranslationMemory, Translator,
};
use libtest_mimic::{Arguments, Failed, Trial};

/// A test of one model's weights.
struct Check {
    name: &'static str,
    card: &'static str,
    run: fn(&Path) -> std::result::Result<(), Failed>,
}

const CHECKS: &[Check] = &[
    Check {
        name: "smollm2_equals_the_reference",
        card: "smollm2-135m-instruct",
        run: |gguf| equals_the_reference("smollm2", gguf),
    },
    Check {
        name: "gemma_equals_the_reference",
        card: "gemma-3-270m",
        run: |gguf| equals_the_reference("gemma", gguf),
    },
    Check {
        name: "qwen_0_5b_equals_the_reference",
        card: "qwen2.5-coder-0.5b-instruct",
        run: |gguf| equals_the_reference("q05", gguf),
    },
    Check {
        name: "qwen_0_5b_answers_alike_however_it_is_computed",
        card: "qwen2.5-coder-0.5b-instruct",
        run: answers_alike_however_computed,
    },
    Check {
        name: "qwen_1_5b_makes_a_bilingual_article",
        card: "qwen2.5-coder-1.5b-instruct",
        run: makes_a_bilingual_article,
    },
    Check {
        name: "qwen_1_5b_keeps_to_a_glossary_and_is_remembered",
        card: "qwen2.5-coder-1.5b-instruct",
        run: keeps_to_a_glossary_and_is_remembered,
    },
    Check {
        name: "qwen_1_5b_leaves_alone_what_is_not_to_be_translated",
        card: "qwen2.5-coder-1.5b-instruct",
        run: leaves_alone_what_is_not_to_be_translated,
    },
];

fn main() -> ExitCode {
    let args = Arguments::from_args();
    let mut weights = Weights::default();
    let trials = CHECKS
        .iter()
        .map(|check| {
            let wanted = !args.list && args.filter.as_ref().is_none_or(|part| check.name.contains(part));
            let gguf = if wanted { weights.get(check.card) } else { Err(String::new()) };
            let skipped = gguf.is_err() && std::env::var_os("CI").is_none();
            if let (true, true, Err(why)) = (wanted, skipped, &gguf) {
                eprintln!("skipped {}: {why}", check.name);
            }
            let run = check.run;
            Trial::test(check.name, move || run(&gguf?)).with_ignored_flag(skipped)
        })
        .collect();
    libtest_mimic::run(&args, trials).exit_code()
}

/// Model files by card, each looked for and fetched at most once.
#[derive(Default)]
struct Weights {
    known: HashMap<&'static str, std::result::Result<PathBuf, String>>,
}

impl Weights {
    fn get(&mut self, card: &'static str) -> std::result::Result<PathBuf, String> {
        self.known.entry(card).or_insert_with(|| fetch(card).map_err(|error| error.to_string())).clone()
    }
}

fn fetch(name: &str) -> Result<PathBuf> {
    let catalog = Catalog::load()?;
    let store = ModelStore::from_env()?;
    let card = catalog.get(name)?;
    // The test's author accepts the terms of the models that are only here to be measured.
    store.accept_licence(card)?;
    let stored = store.fetch(card, &mut |event| {
        if let StoreEvent::Announce { model, bytes, source, .. } = event {
            eprintln!("fetching {model}, {} MB, from {source}", bytes / 1_000_000);
        }
        Proceed::Continue
    })?;
    Ok(stored.weights()?.path.clone())
}

/// Ids equal to Python's, and at least 97 % of the most likely next tokens.
fn equals_the_reference(name: &str, gguf: &Path) -> std::result::Result<(), Failed> {
    real_tokenizers::check_ids(name, gguf);
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/real/{name}.json"));
    let agree = real_parity::top_1_agrees(gguf, &reference)?;
    println!("{name}: {:.1} % of the most likely tokens agree", 100.0 * agree);
    if agree < 0.97 {
        return Err(format!("only {:.1} % of the most likely tokens agree", 100.0 * agree).into());
    }
    Ok(())
}

/// The project's own articles, one segment at a time on one thread and together on two, with and without
/// speculation: the same text and the same probabilities. With the full vocabulary, nearly the same text.
fn answers_alike_however_computed(gguf: &Path) -> std::result::Result<(), Failed> {
    let (store, catalog) = (ModelStore::from_env()?, Catalog::load()?);
    let answers = |options: &LoadOptions| -> Result<Vec<(Bitext, Summary)>> {
        let model = Model::load_file(&store, &catalog, gguf, options)?;
        ["bibliothek.de.txt", "stadtwerke.de.txt"]
            .iter()
            .map(|name| {
                let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/articles").join(name);
                let bitext = Translator::new(&model, Lang::EN).translate(&Document::read(path, None)?)?;
                let summary = Summarizer::new(&model).summarize(&bitext)?;
                Ok((bitext, summary))
            })
            .collect()
    };
    let (one, two) = (Some(1), Some(2));
    let usual = answers(&LoadOptions { threads: two, batch: Some(16), ..LoadOptions::default() })?;
    let alone = LoadOptions { threads: one, batch: one, no_speculation: true, ..LoadOptions::default() };
    for ((usual, summary), (alone, other)) in usual.iter().zip(&answers(&alone)?) {
        for (usual, alone) in usual.units.iter().zip(&alone.units) {
            check(usual.target == alone.target, &format!("{:?} is {:?}", usual.target, alone.target))?;
        }
        check(summary.sentences == other.sentences, "the summaries are the same")?;
    }
    let free = LoadOptions { threads: two, full_vocabulary: true, ..LoadOptions::default() };
    let free = answers(&free)?;
    let units = |all: &[(Bitext, Summary)]| -> Vec<String> {
        all.iter().flat_map(|(bitext, _)| &bitext.units).map(|unit| unit.target.text.clone()).collect()
    };
    let (usual, free) = (units(&usual), units(&free));
    let differing = usual.iter().zip(&free).filter(|(a, b)| a != b).count();
    println!("{differing} of {} segments differ with the full vocabulary", usual.len());
    check(differing * 10 <= usual.len(), "the restriction changes at most one segment in ten")
}

/// The project's own article, through the binary, with the model's own card found by its sha256.
fn makes_a_bilingual_article(gguf: &Path) -> std::result::Result<(), Failed> {
    let run = || {
        Command::new(env!("CARGO_BIN_EXE_summarize"))
            .args(["--lang", "en", "--bilingual", "--format", "json", "--offline", "--model"])
            .arg(gguf)
            .arg("examples/articles/bibliothek.de.txt")
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
    };
    let (first, second) = (run()?, run()?);
    if !first.status.success() {
        return Err(String::from_utf8_lossy(&first.stderr).into_owned().into());
    }
    check(first.stdout == second.stdout, "two runs give the same bytes")?;
    let article: serde_json::Value = serde_json::from_slice(&first.stdout)?;
    let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();

    check(article["models"]["translator"]["name"] == "qwen2.5-coder-1.5b-instruct", "the card is found")?;
    check(article["source"]["lang"] == "de" && article["target"]["lang"] == "en", "the languages")?;
    let segments = list(&article["segments"]);
    check(segments.len() > 4, "the article has several segments")?;
    for (index, segment) in segments.iter().enumerate() {
        check(segment["id"] == index, "segments come in order")?;
        let target = segment["target"].as_str().unwrap_or_default();
        let copied = segment["kind"] == "meta";
        check(!target.is_empty(), "every segment has a target")?;
        check(copied == (segment["target"] == segment["source"]), "sentences are translated, stamps copied")?;
    }
    let flagged = segments.iter().filter(|segment| !list(&segment["flags"]).is_empty()).count();
    check(flagged * 2 < segments.len(), "most segments carry no flag")?;

    let summaries = list(&article["summaries"]);
    check(summaries.len() == 2, "the summary stands in both languages")?;
    let (english, german) = (list(&summaries[0]["sentences"]), list(&summaries[1]["sentences"]));
    check(english.len() == 3 && german.len() == 3, "three sentences on both sides")?;
    for (english, german) in english.iter().zip(&german) {
        check(english["sources"] == german["sources"], "the same sources on both sides")?;
    }
    check(english.iter().any(|s| !list(&s["sources"]).is_empty()), "some sentence is supported")
}

/// At least 95 % of a glossary's terms, and the same targets from a translation memory.
fn keeps_to_a_glossary_and_is_remembered(gguf: &Path) -> std::result::Result<(), Failed> {
    let model = Model::load_file(&ModelStore::from_env()?, &Catalog::load()?, gguf, &LoadOptions::default())?;
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/glossary");
    let sentences = std::fs::read_to_string(data.join("sentences.de.txt"))?;
    let sentences: Vec<&str> = sentences.lines().take(30).collect();
    let document = Document::decode("sentences", sentences.join("\n\n"), None)?;
    let place = tempfile::tempdir()?;
    let translate = || {
        let translator = Translator::new(&model, Lang::EN).from(Lang::DE);
        let memory = TranslationMemory::open(place.path().join("a.tm"))?;
        translator.glossary(Glossary::read(data.join("terms.csv"))?).memory(memory).translate(&document)
    };
    let (first, second) = (translate()?, translate()?);
    let compliance = first.glossary.unwrap_or_default();
    println!("{} of {} terms kept", compliance.kept, compliance.found);
    check(compliance.found >= 30 && compliance.kept * 100 >= compliance.found * 95, "terms are kept")?;
    check(second.target_text() == first.target_text(), "the same text from the memory")?;
    let exact = second.units.iter().filter(|unit| unit.memory == Some(MemoryMatch::Exact)).count();
    check(exact * 10 >= second.units.len() * 8, "most of it is in the memory")
}

/// Addresses, code, placeholders and tags of every second sentence.
fn leaves_alone_what_is_not_to_be_translated(gguf: &Path) -> std::result::Result<(), Failed> {
    let model = Model::load_file(&ModelStore::from_env()?, &Catalog::load()?, gguf, &LoadOptions::default())?;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/verbatim.de.txt");
    let sentences = std::fs::read_to_string(path)?;
    let sentences: Vec<&str> = sentences.lines().step_by(2).collect();
    let targets = Translator::new(&model, Lang::EN).translate_texts(&sentences, &Lang::DE)?;
    let is_lost = |target: &&Target| target.flags.iter().any(|flag| flag.kind == FlagKind::DoNotTranslate);
    let lost: Vec<&str> = targets.iter().filter(is_lost).map(|target| target.text.as_str()).collect();
    check(lost.len() <= 1, &format!("{lost:?}"))
}

fn check(holds: bool, what: &str) -> std::result::Result<(), Failed> {
    if holds { Ok(()) } else { Err(format!("not so: {what}").into()) }
}
