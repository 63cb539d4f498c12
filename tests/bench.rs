//! `diglot bench` as a user meets it, on tiny models. What it measures is another matter at each run; that it
//! measures what was asked, and says what it is, is not.

#[path = "support/command.rs"]
mod command;
#[path = "support/gguf_file.rs"]
#[allow(dead_code)]
mod gguf_file;
#[path = "support/opus.rs"]
#[allow(dead_code)]
mod opus;
#[path = "support/outcome.rs"]
mod outcome;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use command::command;
use gguf_file::GgufFile;
use outcome::{assert_fails, stderr};
use serde_json::Value;
use tempfile::TempDir;

const GERMAN: &str = "Das neue Bad\n\nDie Stadt eröffnet ein Bad.\n";

/// A directory that is home and working directory at once.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn bench(&self, args: &[&str]) -> Output {
        let mut command = command("diglot", self.0.path());
        command.arg("bench").args(args).env("DIGLOT_KERNEL", "portable").output().unwrap()
    }

    #[track_caller]
    fn json(&self, args: &[&str]) -> Value {
        let output = self.bench(args);
        assert!(output.status.success(), "{}", stderr(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    #[track_caller]
    fn fails(&self, args: &[&str], code: i32, words: &[&str]) {
        assert_fails(&self.bench(args), code, words);
    }
}

/// A random model of 512 tokens of context.
fn tiny() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models/qwen2.gguf").display().to_string()
}

/// A model of zeros with matrices in three formats.
fn formats() -> Vec<u8> {
    let mut file = GgufFile::tiny();
    file.set("qwen2.context_length", gguf_file::u32(1024));
    file.set("qwen2.feed_forward_length", gguf_file::u32(64));
    for (name, dims, dtype) in [("gate", [32, 64], 0), ("up", [32, 64], 8), ("down", [64, 32], 3)] {
        let name = format!("blk.0.ffn_{name}.weight");
        file.tensors.retain(|tensor| tensor.name != name);
        file.add(&name, &dims);
        file.tensor(&name).dtype = dtype;
    }
    file.bytes()
}

fn names(report: &Value) -> Vec<&str> {
    report["measures"].as_array().unwrap().iter().map(|m| m["name"].as_str().unwrap()).collect()
}

#[test]
fn every_part_has_its_lines_and_each_line_its_rounds() {
    let desk = Desk::new();
    desk.file("a.txt", GERMAN);
    let parts = ["--only", "load,article,prefill,decode", "--rounds", "3", "--json", "--threads", "1"];
    let report =
        desk.json(&[&parts[..], &["--model", &tiny(), "--profile", "chatml", "--article", "a.txt"]].concat());
    let mut expected = vec!["load", "first token"];
    expected.extend(["article, translation", "article, summary", "article, both", "article, writing"]);
    let peaks = cfg!(target_os = "linux");
    expected.extend(peaks.then_some("article, peak memory"));
    expected.extend(["prefill 512", "decode 1", "decode 4", "decode 8", "decode 16"]);
    expected.extend(peaks.then_some("decoder, peak memory"));
    assert_eq!(names(&report), expected);
    for measure in report["measures"].as_array().unwrap() {
        let number = |key: &str| measure[key].as_f64().unwrap();
        assert_eq!(measure["values"].as_array().unwrap().len(), 3, "{measure}");
        assert!(0.0 < number("min") && number("min") <= number("median"), "{measure}");
        assert!(number("median") <= number("max"), "{measure}");
    }
    assert_eq!(
        (&report["file"], &report["threads"], &report["kernel"]),
        (&"qwen2.gguf".into(), &1.into(), &"portable".into())
    );
    let article = &report["article"];
    assert_eq!((article["name"].as_str(), article["segments"].as_u64()), (Some("a.txt"), Some(2)));
    assert!(article["output_tokens"].as_u64() > Some(2), "{article}");
    assert_eq!((&article["full_vocabulary"], &article["speculation"]), (&false.into(), &true.into()));
    assert!(article["kv_budget"].as_u64() > Some(1 << 20), "{article}");
}

#[test]
fn formats_are_told_with_what_multiplies_them() {
    let desk = Desk::new();
    let model = desk.file("model.gguf", formats()).display().to_string();
    let args = ["--model", &model, "--only", "deep,prefill", "--rounds", "1"];
    let output = desk.bench(&args);
    let table = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    for words in [
        "model.gguf",
        "1 round\n",
        "device: cpu, kernels: portable\n",
        "  Q8_0: our portable kernel (1 tensors",
        "  Q4_1: no kernel of ours, candle's product (1 tensors",
        "  F32: our f32 product (6 tensors",
        "median       min       max\n",
        "tokens/s\n",
    ] {
        assert!(table.contains(words), "`{words}` not in:\n{table}");
    }
    let rows: Vec<&str> = table.lines().filter(|line| line.ends_with("tokens/s")).collect();
    assert_eq!(rows.len(), 2, "{table}");
    assert!(stderr(&output).contains("round 1 of 1: deep"), "{}", stderr(&output));

    let report = desk.json(&[&args[..], &["--json", "--quiet"]].concat());
    assert_eq!(names(&report)[..2], ["decode 1 at 512", "prefill 512"]);
    let q4_1 = report["formats"].as_array().unwrap().iter().find(|f| f["format"] == "Q4_1").unwrap();
    assert_eq!(*q4_1, serde_json::json!({"format": "Q4_1", "kernel": "candle", "tensors": 1, "bytes": 1280}));
    assert!(report["article"].is_null());
}

#[test]
fn prompts_are_those_of_the_article_and_come_with_their_answers() {
    let desk = Desk::new();
    desk.file("a.txt", GERMAN);
    let args = ["--prompts", "--quiet", "--model", &tiny(), "--profile", "chatml", "--article", "a.txt"];
    let prompts = desk.json(&args);
    assert_eq!(prompts["stop_at_line_break"], false);
    let rounds = prompts["rounds"].as_array().unwrap();
    assert_eq!(rounds[0]["task"], "translate");
    assert_eq!(rounds[0]["prompts"].as_array().unwrap().len(), 2, "a prompt for each segment");
    assert_eq!(rounds.last().unwrap()["task"], "summarize");
    for prompt in rounds.iter().flat_map(|round| round["prompts"].as_array().unwrap()) {
        let (limit, answer) = (prompt["max_tokens"].as_u64(), prompt["answer_tokens"].as_u64());
        assert!(prompt["tokens"].as_array().unwrap().len() > 10 && answer <= limit, "{prompt}");
    }
    assert_eq!(prompts, desk.json(&args), "the same each time");
    let open = desk.json(&[&args[..], &["--full-vocabulary"]].concat());
    let answer = |prompts: &Value| prompts["rounds"][0]["prompts"][0]["answer"].clone();
    let stepwise = desk.json(&[&args[..], &["--no-speculation"]].concat());
    assert_eq!(stepwise["rounds"], prompts["rounds"], "speculation changes no answer");
    assert_ne!(answer(&open), answer(&prompts), "random weights choose any script where they may");
}

#[test]
fn an_encoder_decoder_is_measured_in_translating() {
    let desk = Desk::new();
    opus::write(&desk.0.path().join("opus"));
    let args = ["--model", "opus", "--threads", "2"];
    let report = desk.json(&[&args[..], &["--rounds", "2", "--json"]].concat());
    let mut expected = vec!["load", "greedy", "greedy, mixed", "beam 4", "beam 4, mixed"];
    expected.extend(["1 stream", "1 stream, mixed", "2 streams", "2 streams, mixed"]);
    expected.extend(cfg!(target_os = "linux").then_some("peak memory"));
    assert_eq!(names(&report), expected);
    for measure in report["measures"].as_array().unwrap() {
        assert_eq!(measure["values"].as_array().unwrap().len(), 2, "{measure}");
        assert!(measure["min"].as_f64() > Some(0.0), "{measure}");
    }
    assert_eq!((&report["model"], &report["file"]), (&"opus".into(), &"opus".into()));
    let formats = report["formats"].as_array().unwrap();
    assert_eq!((formats.len(), &formats[0]["format"]), (1, &"Q8_0".into()));
    // One layer on each side: 4 and 2, 8 and 2; and the output head.
    assert_eq!((&formats[0]["kernel"], &formats[0]["tensors"]), (&"portable".into(), &17.into()));

    let output = desk.bench(&[&args[..], &["--rounds", "1", "--only", "streams"]].concat());
    let table = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(table.contains("64 texts together, 16 in streams") && !table.contains("greedy"), "{table}");
    assert!(stderr(&output).contains("round 1 of 1: streams"), "{}", stderr(&output));
}

#[test]
fn what_cannot_be_measured_is_said_before_anything_is() {
    let desk = Desk::new();
    opus::write(&desk.0.path().join("opus"));
    fs::create_dir(desk.0.path().join("empty")).unwrap();
    desk.file("english.txt", "The town opens a new swimming pool in May. It cost twelve million euros.\n");
    desk.file("page.gguf", "<!DOCTYPE html><html></html>");
    let tiny = &tiny();
    desk.fails(&["--only", "everything"], 2, &["everything", "prefill"]);
    desk.fails(&["--rounds", "0"], 2, &["--rounds"]);
    desk.fails(&["--prompts", "--json"], 2, &["--json"]);
    desk.fails(&["--device", "abacus"], 2, &["abacus"]);
    desk.fails(&["--lang", "xx"], 2, &["xx"]);
    desk.fails(&["--model", "qwen9"], 2, &["qwen9", "hint:"]);
    desk.fails(&["--model", tiny, "--profile", "vicuna"], 2, &["vicuna", "chatml"]);
    desk.fails(&["--model", tiny, "--only", "load"], 2, &["--profile", "--only prefill"]);
    desk.fails(&["--model", tiny, "--only", "deep"], 2, &["577 positions", "512", "--only"]);
    desk.fails(&["--model", tiny, "--article", "english.txt"], 2, &["English already", "--lang"]);
    desk.fails(&["--model", tiny, "--article", "absent.txt"], 3, &["absent.txt"]);
    desk.fails(
        &["--model", "opus", "--only", "load,deep"],
        2,
        &["opus", "encoder-decoder", "deep", "greedy"],
    );
    desk.fails(&["--model", "opus", "--prompts"], 2, &["opus", "--prompts"]);
    desk.fails(&["--model", tiny, "--only", "beams"], 2, &["a decoder", "beams", "prefill"]);
    desk.fails(&["--model", "empty"], 4, &["config.json"]);
    desk.fails(&["--model", "page.gguf", "--only", "prefill"], 4, &["page.gguf"]);
    desk.fails(&["--only", "prefill"], 5, &["models pull"]);
}
