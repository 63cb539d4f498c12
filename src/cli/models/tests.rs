//! The subcommands, on a store in a directory of its own.

use clap::Parser;
use serde_json::{Value, json};

use super::*;
use crate::catalog::{Hash, Proceed, Source, StoreOptions};

#[derive(Debug, Parser)]
struct Cli {
    #[command(flatten)]
    models: ModelsArgs,
}

/// A store in a directory of its own, and a catalog with one model whose file is there or not.
struct Bench {
    directory: tempfile::TempDir,
    catalog: Catalog,
    store: ModelStore,
    answer: Option<bool>,
}

impl Bench {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let options = StoreOptions::new(directory.path().join("hub"), directory.path().join("home"));
        let mut catalog = Catalog::built_in().unwrap();
        let mut tiny = catalog.get("smollm2-135m-instruct").unwrap().clone();
        tiny.name = "tiny".into();
        tiny.files[0].bytes = 5;
        // The sha256 of `hello`.
        let sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        tiny.files[0].hash = Hash::Sha256(sha256.into());
        tiny.sources = vec![Source::Path { path: directory.path().join("tiny.gguf") }];
        catalog.add(tiny);
        Self { directory, catalog, store: ModelStore::new(options), answer: None }
    }

    fn put(&self, bytes: &str) {
        std::fs::write(self.directory.path().join("tiny.gguf"), bytes).unwrap();
    }

    fn run(&self, arguments: &str) -> (String, Result<()>) {
        let words = std::iter::once("models").chain(arguments.split_whitespace());
        let cli = Cli::try_parse_from(words).unwrap();
        let mut out = Vec::new();
        let mut talk =
            Talk { out: &mut out, observe: &mut |_| Proceed::Continue, confirm: &mut |_| self.answer };
        let result = run(&cli.models, &self.catalog, &self.store, &mut talk);
        (String::from_utf8(out).unwrap(), result)
    }

    fn json(&self, arguments: &str) -> Value {
        let (out, result) = self.run(&format!("{arguments} --json"));
        result.unwrap();
        serde_json::from_str(&out).unwrap()
    }
}

#[test]
fn list_marks_the_default_and_what_is_here() {
    let bench = Bench::new();
    bench.put("hello");
    let (out, result) = bench.run("list");
    result.unwrap();
    let line = |name: &str| out.lines().find(|l| l.contains(name)).unwrap().to_owned();
    assert!(line("coder-1.5b").starts_with("* ") && line("coder-1.5b").contains("1.12 GB"), "{out}");
    assert!(line("tiny").ends_with("yes") && line("coder-1.5b").ends_with("no"), "{out}");
    let models = bench.json("list");
    let tiny = models.as_array().unwrap().iter().find(|m| m["name"] == "tiny").unwrap();
    assert_eq!((&tiny["on_disk"], &tiny["default"]), (&json!(true), &json!(false)));
}

#[test]
fn show_path_and_du_agree_on_where_a_model_is() {
    let bench = Bench::new();
    let (_, absent) = bench.run("path tiny");
    assert_eq!(absent.unwrap_err().exit_code(), 4);
    bench.put("hello");
    let path = bench.directory.path().join("tiny.gguf").display().to_string();
    assert_eq!(bench.run("path tiny").0, format!("{path}\n"));
    assert_eq!(bench.json("show tiny")["paths"], json!([path]));
    let usage = bench.json("du");
    assert_eq!((&usage["bytes"], &usage["models"][0]["paths"][0]), (&json!(5), &json!(path)));
    assert!(bench.run("show tiny").0.contains("sha256 2cf24dba"));
}

#[test]
fn pull_prints_paths_and_nothing_else() {
    let bench = Bench::new();
    bench.put("hello");
    let path = bench.directory.path().join("tiny.gguf").display().to_string();
    assert_eq!(bench.run("pull tiny").0, format!("{path}\n"));
    assert_eq!(bench.json("pull tiny")[0]["path"], json!(path));
    assert_eq!(bench.run("pull tinny").1.unwrap_err().exit_code(), 2);
}

#[test]
fn verify_names_what_is_damaged_and_fails() {
    let bench = Bench::new();
    bench.put("hello");
    assert_eq!(bench.run("verify").0, "tiny: ok\n");
    bench.put("hellO");
    let (out, result) = bench.run("verify tiny");
    assert_eq!(result.unwrap_err().exit_code(), 4);
    assert!(out.starts_with("tiny: ") && out.contains("damaged"), "{out}");
}

#[test]
fn rm_keeps_what_diglot_did_not_fetch() {
    let bench = Bench::new();
    bench.put("hello");
    let (out, result) = bench.run("rm tiny --yes");
    result.unwrap();
    assert!(out.contains("kept") && bench.run("path tiny").1.is_ok(), "{out}");
}

#[test]
fn removal_asks_first() {
    let mut bench = Bench::new();
    let home = bench.store.options().home.clone();
    let orphan = home.join("models").join("orphan.incomplete");
    let begin = || {
        std::fs::create_dir_all(orphan.parent().unwrap()).unwrap();
        std::fs::write(&orphan, "half").unwrap();
        let unfinished = json!({ orphan.to_str().unwrap(): home.join("lock").to_str().unwrap() });
        std::fs::write(home.join("ledger.json"), json!({ "unfinished": unfinished }).to_string()).unwrap();
    };
    begin();
    assert_eq!(bench.run("prune").1.unwrap_err().exit_code(), 2, "nobody answers");
    bench.answer = Some(false);
    bench.run("prune").1.unwrap();
    assert!(bench.run("prune --dry-run").0.contains("would remove"));
    assert!(orphan.exists());
    bench.answer = Some(true);
    assert!(bench.run("prune").0.contains("4 B freed"));
    assert!(!orphan.exists());
    begin();
    bench.answer = None;
    assert_eq!(bench.json("prune -y")["freed"], json!(4));
    assert!(!orphan.exists());
}
