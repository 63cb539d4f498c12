//! Encoder-decoder models from a folder as a user meets them: a tiny OPUS-MT snapshot with random weights, whose text is
//! nonsense but whose way through the program is everybody's.

#[path = "support/bart.rs"]
mod bart;
#[path = "support/command.rs"]
mod command;
#[path = "support/layouts.rs"]
mod layouts;
#[path = "support/opus.rs"]
mod opus;
#[path = "support/outcome.rs"]
mod outcome;
#[path = "support/pytorch.rs"]
mod pytorch;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use command::command;
use diglot::catalog::StoreOptions;
use diglot::engine::seq2seq::{Options, Seq2SeqEngine};
use diglot::engine::{Engine, Event, Flow};
use diglot::plan::{Decoding, Formality, Length, Request, Task, Wording};
use diglot::{ErrorKind, Lang, LangPair, LoadOptions, Model, ModelStore, Term, Translator};
use outcome::{assert_fails, stderr};
use serde_json::{Value, json};
use tempfile::TempDir;

const GERMAN: &str = "Das neue Hallenbad\n\nDie Stadt eröffnet am 3. Mai 2024 ein Hallenbad. Es kostete 12,5 \
                      Millionen Euro. „Wir freuen uns“, sagte die Bürgermeisterin.\n";

/// A directory that is home and working directory at once, with a model folder in it.
struct Desk {
    home: TempDir,
}

impl Desk {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        opus::write(&home.path().join("opus-mt-de-en"));
        fs::write(home.path().join("a.txt"), GERMAN).unwrap();
        Self { home }
    }

    fn model(&self) -> PathBuf {
        self.home.path().join("opus-mt-de-en")
    }

    fn run(&self, binary: &str, args: &[&str]) -> Output {
        command(binary, self.home.path()).args(args).output().unwrap()
    }

    fn translate(&self, args: &[&str]) -> Output {
        self.run(
            "translate",
            &[&["--lang", "en", "--from", "de", "--model", "./opus-mt-de-en"], args, &["a.txt"]].concat(),
        )
    }

    fn article(&self, args: &[&str]) -> Value {
        let output = self.translate(&[&["--format", "json"], args].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

#[test]
fn a_folder_translates_offline_and_gives_the_same_bytes_twice() {
    let desk = Desk::new();
    let first = desk.translate(&["--format", "json", "--offline"]);
    assert_eq!(first.status.code(), Some(0), "{}", stderr(&first));
    assert!(stderr(&first).contains("loaded opus-mt-de-en (unlisted"), "{}", stderr(&first));
    assert_eq!(desk.translate(&["--format", "json", "--offline"]).stdout, first.stdout);

    let article: Value = serde_json::from_slice(&first.stdout).unwrap();
    let segments = article["segments"].as_array().unwrap();
    assert_eq!(segments.len(), 4);
    for segment in segments {
        assert!(GERMAN.contains(segment["source"].as_str().unwrap()));
        assert!(!segment["target"].as_str().unwrap().is_empty());
        assert!(segment["logprob"].as_f64().is_some_and(|logprob| logprob < 0.0), "{segment}");
        assert!(segment.get("alternatives").is_none());
    }
    let model = &article["models"]["translator"];
    assert_eq!((&model["name"], &model["unlisted"]), (&"opus-mt-de-en".into(), &true.into()));
    assert_eq!(model["files"][0]["name"], "model.safetensors");
    assert_eq!(model["files"].as_array().unwrap().len(), 1);

    let text = desk.translate(&["--quiet"]);
    assert_eq!((text.status.code(), stderr(&text).as_str()), (Some(0), ""));
    assert_eq!(String::from_utf8(text.stdout).unwrap().matches("\n\n").count(), 1);
}

#[test]
fn weights_are_kept_as_asked() {
    let desk = Desk::new();
    let logprob = |precision: &str| {
        let article = desk.article(&["--precision", precision]);
        article["segments"][1]["logprob"].as_f64().unwrap()
    };
    let [int8, bf16, f32] = ["int8", "bf16", "f32"].map(logprob);
    assert_eq!(desk.article(&[])["segments"][1]["logprob"].as_f64(), Some(int8), "8 bits are the default");
    assert!(int8 != f32 && bf16 != f32 && int8 != bf16, "{int8} {bf16} {f32}");
    assert_fails(&desk.translate(&["--precision", "int2"]), 2, &["int2", "bf16"]);
}

#[test]
fn an_unsupported_pair_says_what_is_supported() {
    // Case 84.
    let desk = Desk::new();
    let args = ["--model", "./opus-mt-de-en", "--from", "de", "--lang", "fr", "a.txt"];
    assert_fails(
        &desk.run("translate", &args),
        2,
        &["opus-mt-de-en", "German to French", "hint:", "de to en"],
    );
}

#[test]
fn a_translator_writes_no_summaries() {
    let desk = Desk::new();
    let args = ["--model", "./opus-mt-de-en", "a.txt"];
    assert_fails(
        &desk.run("summarize", &args),
        2,
        &["opus-mt-de-en", "does not summarise", "hint:", "--summarizer"],
    );
    let args =
        ["--model", "./opus-mt-de-en", "--lang", "en", "--from", "de", "--method", "extractive", "a.txt"];
    let output = desk.run("summarize", &args);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn a_summariser_writes_summaries_and_no_translations() {
    let desk = Desk::new();
    bart::write(&desk.home.path().join("bart-large-cnn"));
    fs::write(
        desk.home.path().join("town.txt"),
        "The town opens a pool in May. It was closed for two years.\n",
    )
    .unwrap();
    let summarize = |args: &[&str]| {
        let usual = ["--model", "./bart-large-cnn", "--from", "en", "--format", "json", "town.txt"];
        desk.run("summarize", &[&usual, args].concat())
    };
    let first = summarize(&[]);
    assert_eq!(first.status.code(), Some(0), "{}", stderr(&first));
    assert_eq!(summarize(&["--method", "abstractive"]).stdout, first.stdout, "the same, and the same twice");
    let article: Value = serde_json::from_slice(&first.stdout).unwrap();
    let model = &article["models"]["summarizer"];
    assert_eq!((&model["name"], &model["unlisted"]), (&"bart-large-cnn".into(), &true.into()));
    let summary = &article["summaries"][0];
    assert_eq!(summary["lang"], "en");
    assert!(!summary["sentences"][0]["text"].as_str().unwrap().is_empty());

    let args = ["--model", "./bart-large-cnn", "--from", "en", "--lang", "de", "town.txt"];
    assert_fails(&desk.run("translate", &args), 2, &["writes summaries", "hint:", "--translator"]);
}

#[test]
fn an_incomplete_folder_names_the_missing_piece() {
    for missing in ["config.json", "vocab.json", "source.spm", "target.spm", "model.safetensors"] {
        let desk = Desk::new();
        fs::remove_file(desk.model().join(missing)).unwrap();
        assert_fails(&desk.translate(&[]), 4, &["opus-mt-de-en", missing, "hint:"]);
    }
    let desk = Desk::new();
    for optional in ["generation_config.json", "tokenizer_config.json"] {
        fs::remove_file(desk.model().join(optional)).unwrap();
    }
    assert_eq!(desk.translate(&[]).status.code(), Some(0));
}

#[test]
fn weights_in_shards_and_pickles_are_the_same_weights() {
    let segments = |desk: &Desk, files: &[&str]| {
        let article = desk.article(&[]);
        let named = article["models"]["translator"]["files"].as_array().unwrap().iter();
        assert_eq!(named.map(|file| file["name"].as_str().unwrap()).collect::<Vec<_>>(), files);
        article["segments"].clone()
    };
    let expected = segments(&Desk::new(), &["model.safetensors"]);

    let desk = Desk::new();
    layouts::pickle(&desk.model());
    assert_eq!(segments(&desk, &["pytorch_model.bin"]), expected);

    for split in [layouts::shards, layouts::pickled_shards] {
        let desk = Desk::new();
        let shards = split(&desk.model());
        assert_eq!(segments(&desk, &shards.each_ref().map(String::as_str)), expected);
        for shard in shards {
            let path = desk.model().join(&shard);
            let bytes = fs::read(&path).unwrap();
            fs::remove_file(&path).unwrap();
            assert_fails(&desk.translate(&[]), 4, &[&shard, "not in the folder", "hint:"]);
            fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
            assert_fails(&desk.translate(&[]), 4, &[&shard, "hint:"]);
            fs::write(&path, &bytes).unwrap();
        }
    }
}

#[test]
fn a_recommended_setting_that_is_not_known_is_told() {
    let desk = Desk::new();
    let path = desk.model().join("generation_config.json");
    let own: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let said = |settings: Value| {
        let mut all = own.clone();
        all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        fs::write(&path, all.to_string()).unwrap();
        let output = desk.translate(&[]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        stderr(&output)
    };
    let neutral = json!({
        "repetition_penalty": 1.0, "num_beam_groups": 1, "sequence_bias": null, "do_sample": false, "top_k": 50,
        "begin_suppress_tokens": [5], "bad_words_ids": [[5, 6]],
    });
    assert!(!said(neutral).contains("recommends"));
    let known = said(json!({"repetition_penalty": 1.3, "sequence_bias": [[[5], -2.0]], "do_sample": true}));
    assert!(known.contains("recommends repetition_penalty, sequence_bias, do_sample"), "{known}");
}

#[test]
fn a_repository_is_found_in_the_cache_by_its_name() {
    let desk = Desk::new();
    let name = "Helsinki-NLP/opus-mt-de-en";
    let run = || {
        desk.run("translate", &["--lang", "en", "--from", "de", "--format", "json", "--model", name, "a.txt"])
    };
    assert_fails(&run(), 5, &[name, "hint:", "--model ./opus-mt-de-en"]);
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let folder = desk.home.path().join(".cache/huggingface/hub/models--Helsinki-NLP--opus-mt-de-en");
    fs::create_dir_all(folder.join("refs")).unwrap();
    fs::write(folder.join("refs/main"), "../../../opus-mt-de-en").unwrap();
    assert_fails(&run(), 5, &[name]);
    fs::write(folder.join("refs/main"), commit).unwrap();
    opus::write(&folder.join("snapshots").join(commit));
    let output = run();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let article: Value = serde_json::from_slice(&output.stdout).unwrap();
    let model = &article["models"]["translator"];
    assert_eq!((&model["name"], &model["unlisted"]), (&format!("{name}@{commit}").into(), &true.into()));

    let args = ["--lang", "en", "--from", "de", "--model", "./absent", "a.txt"];
    assert_fails(&desk.run("translate", &args), 4, &["./absent"]);
}

#[test]
fn a_damaged_folder_names_the_damaged_piece() {
    for damaged in opus::FILES {
        let desk = Desk::new();
        let path = desk.model().join(damaged);
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        assert_fails(&desk.translate(&[]), 4, &[damaged]);
    }
    let desk = Desk::new();
    fs::write(desk.model().join("config.json"), r#"{"model_type": "wav2vec2"}"#).unwrap();
    assert_fails(&desk.translate(&[]), 4, &["config.json", "wav2vec2", "hint:"]);
}

#[test]
fn an_encoder_decoder_has_one_quality() {
    assert_fails(&Desk::new().translate(&["--quality", "best"]), 2, &["weigh", "hint:"]);
}

#[test]
fn an_encoder_decoder_is_not_told_how_to_address_the_reader() {
    let desk = Desk::new();
    let home = desk.home.path();
    let store = ModelStore::new(StoreOptions::new(home.join("hub"), home.join("own")));
    let model = Model::load_folder(&store, &desk.model(), &LoadOptions::default()).unwrap();
    let translator = Translator::new(&model, Lang::DE).formality(Formality::Formal);
    let error = translator.translate_texts(&["Are you well?"], &Lang::EN).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert!(error.to_string().contains("address the reader"), "{error}");
}

#[test]
fn alternatives_stand_below_the_target_and_in_json() {
    let desk = Desk::new();
    let (plain, article) = (desk.article(&[]), desk.article(&["--alternatives", "3"]));
    let mut found = 0;
    for (segment, plain) in
        article["segments"].as_array().unwrap().iter().zip(plain["segments"].as_array().unwrap())
    {
        assert_eq!(segment["target"], plain["target"]);
        let mut texts = vec![segment["target"].as_str().unwrap()];
        for alternative in segment["alternatives"].as_array().into_iter().flatten() {
            assert!(alternative["logprob"].as_f64().is_some_and(|logprob| logprob <= 0.0));
            texts.push(alternative["text"].as_str().unwrap());
        }
        assert!(texts.len() <= 4);
        found += texts.len() - 1;
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len() - 1, segment["alternatives"].as_array().map_or(0, Vec::len), "all differ");
    }
    assert!(found >= 8, "{found}");

    let output = desk.translate(&["--alternatives", "3"]);
    assert_eq!(String::from_utf8(output.stdout).unwrap().matches("    ~ ").count(), found);
    assert_fails(
        &desk.translate(&["--alternatives", "3", "--layout", "target"]),
        2,
        &["alternatives", "interleaved"],
    );
    assert_fails(&desk.translate(&["--alternatives", "100"]), 2, &["alternatives"]);
    let gguf =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models/qwen2.gguf").display().to_string();
    let args = [
        "--lang",
        "en",
        "--from",
        "de",
        "--model",
        &gguf,
        "--profile",
        "chatml",
        "--alternatives",
        "2",
        "a.txt",
    ];
    assert_fails(
        &desk.run("translate", &args),
        2,
        &["alternatives", "hint:", "--quality balanced", "OPUS-MT"],
    );
}

fn request(text: &str, wording: Wording, decoding: Decoding, max_tokens: usize) -> Request {
    let pair = LangPair { source: Lang::DE, target: Lang::EN };
    Request {
        task: Task::Translate { pair, text: text.into(), terms: Vec::new(), formality: None, wording },
        decoding,
        max_tokens,
    }
}

#[test]
fn the_answer_to_a_request_does_not_depend_on_the_others() {
    let desk = Desk::new();
    let mut engine = Seq2SeqEngine::load(&desk.model(), Options::default()).unwrap();
    let drawn = |seed| Decoding::Sample { temperature: 1.0, top_p: 1.0, seed };
    let requests = [
        request("Die Stadt eröffnet ein Hallenbad.", Wording::Plain, Decoding::Greedy, 40),
        request("Es kostete viel.", Wording::Strict, Decoding::Greedy, 40),
        request("Es kostete viel.", Wording::Plain, drawn(1), 40),
        request("Es kostete viel.", Wording::Plain, drawn(2), 40),
        request("Es kostete viel.", Wording::Plain, Decoding::Greedy, 5),
        request(
            "Die Züge fahren um 8 Uhr, und die Schule beginnt später.",
            Wording::Plain,
            Decoding::Greedy,
            40,
        ),
    ];
    let mut told = Vec::new();
    let together = engine.run(&requests, &mut |event| {
        if let Event::Finished { index, hypothesis } = event {
            told.push((index, hypothesis.clone()));
        }
        Flow::Continue
    });
    let together = together.unwrap();
    told.sort_by_key(|(index, _)| *index);
    assert_eq!(told, together.iter().cloned().enumerate().collect::<Vec<_>>());
    assert_ne!(together[2], together[3], "seeds differ");
    assert!(together[4].tokens <= 5, "{:?}", together[4]);
    for (request, expected) in requests.iter().zip(&together) {
        let alone = engine.run(std::slice::from_ref(request), &mut |_| Flow::Continue).unwrap();
        assert_eq!(alone[0].text, expected.text);
        assert_eq!(alone[0].finish, expected.finish);
    }
}

#[test]
fn the_terms_of_a_request_are_written() {
    let desk = Desk::new();
    let mut engine = Seq2SeqEngine::load(&desk.model(), Options::default()).unwrap();
    let terms = ["swimming pool", "town"].map(|target| Term { source: "x".into(), target: target.into() });
    let mut ask = |terms: &[Term], wording: Wording| {
        let mut request = request("Die Stadt eröffnet ein Hallenbad.", wording, Decoding::Greedy, 40);
        let Task::Translate { terms: asked, .. } = &mut request.task else { panic!("a summary") };
        *asked = terms.to_vec();
        engine.run(&[request], &mut |_| Flow::Continue).unwrap().remove(0).text.to_lowercase()
    };
    for wording in [Wording::Plain, Wording::Strict] {
        let (without, with) = (ask(&[], wording), ask(&terms, wording));
        for term in ["swimming pool", "town"] {
            assert!(!without.contains(term) && with.contains(term), "{without} | {with}");
        }
    }
}

#[test]
fn a_glossary_is_reported_and_its_misses_are_flagged() {
    let desk = Desk::new();
    fs::write(desk.home.path().join("terms.csv"), "Hallenbad,swimming pool\nBürgermeisterin,mayor\n")
        .unwrap();
    let article = desk.article(&["--glossary", "terms.csv"]);
    let mut kept = 0;
    for segment in article["segments"].as_array().unwrap() {
        let (source, target) = (segment["source"].as_str().unwrap(), segment["target"].as_str().unwrap());
        let terms = [("Hallenbad", "swimming pool"), ("Bürgermeisterin", "mayor")];
        if let Some((_, term)) = terms.iter().find(|(term, _)| source.contains(term)) {
            let missed = segment["flags"].as_array().unwrap().iter().any(|flag| flag["kind"] == "glossary");
            assert_eq!(target.to_lowercase().contains(term), !missed, "{segment}");
            kept += usize::from(!missed);
        }
    }
    assert_eq!(article["glossary"], json!({"found": 3, "kept": kept}));
}

#[test]
fn an_engine_refuses_what_it_cannot_do_and_stops_when_asked() {
    let desk = Desk::new();
    let mut engine = Seq2SeqEngine::load(&desk.model(), Options::default()).unwrap();
    let long = "Die Stadt eröffnet ein Hallenbad. ".repeat(100);
    assert!(engine.count_tokens(&long).unwrap() > engine.context());
    let requests = [request(&long, Wording::Plain, Decoding::Greedy, 10)];
    let error = engine.run(&requests, &mut |_| Flow::Continue).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Runtime);
    assert!(error.to_string().contains("exceeds the context of 256"), "{error}");
    let task = Task::Summarize {
        lang: Lang::DE,
        text: "x".into(),
        length: Length::Headline,
        wording: Wording::Plain,
    };
    let requests = [Request { task, decoding: Decoding::Greedy, max_tokens: 10 }];
    assert_eq!(engine.run(&requests, &mut |_| Flow::Continue).unwrap_err().kind(), ErrorKind::Usage);
    let requests = [request("Es kostete viel.", Wording::Plain, Decoding::Greedy, 40)];
    assert!(engine.run(&requests, &mut |_| Flow::Stop).unwrap_err().is_interrupted());
}
