//! The command lines as a user meets them: arguments, exit codes, streams and files. No weights are needed:
//! where a model must run, it is a tiny one with random weights, whose text is nonsense but whose way through
//! the program is everybody's.

#[path = "support/command.rs"]
mod command;
#[path = "support/outcome.rs"]
mod outcome;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use outcome::{assert_fails, stderr};
use tempfile::TempDir;

const GERMAN: &str = "Das neue Hallenbad\n\nDie Stadt eröffnet am 3. Mai 2024 ein Hallenbad. Es kostete 12,5 \
                      Millionen Euro. „Wir freuen uns“, sagte die Bürgermeisterin.\n";
const ENGLISH: &str = "The town opens a new swimming pool in May. It was built in two years and cost twelve \
                       million euros. The mayor said that the town had waited long for it. Children swim free \
                       of charge on Sundays. The old pool will be closed in the autumn.\n";

/// A directory that is home and working directory at once, and commands that see nothing else.
struct Desk {
    home: TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.home.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn command(&self, binary: &str) -> Command {
        command::command(binary, self.home.path())
    }

    fn run(&self, binary: &str, args: &[&str]) -> Output {
        self.command(binary).args(args).output().unwrap()
    }
}

fn tiny() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models/qwen2.gguf").display().to_string()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn translate_without_a_language_is_a_usage_error_with_a_hint() {
    let desk = Desk::new();
    desk.file("a.txt", GERMAN);
    assert_fails(&desk.run("translate", &["a.txt"]), 2, &["--lang", "hint:"]);
}

#[test]
fn an_unknown_language_is_a_usage_error_with_a_suggestion() {
    // Case 81.
    let desk = Desk::new();
    desk.file("a.txt", GERMAN);
    assert_fails(&desk.run("translate", &["--lang", "englsh", "a.txt"]), 2, &["englsh", "hint:", "en"]);
    assert_fails(&desk.run("summarize", &["--lang", "xx", "a.txt"]), 2, &["xx"]);
    assert_fails(&desk.run("translate", &["--lang", "en", "--from", "qq", "a.txt"]), 2, &["qq"]);
}

#[test]
fn unknown_models_profiles_and_unsupported_pairs_are_usage_errors() {
    let desk = Desk::new();
    desk.file("a.txt", GERMAN);
    let run = |args: &[&str]| desk.run("translate", &[&["--lang", "en", "a.txt"], args].concat());
    assert_fails(&run(&["--model", "qwen9"]), 2, &["qwen9", "hint:"]);
    assert_fails(&run(&["--model", &tiny(), "--profile", "vicuna"]), 2, &["vicuna", "chatml"]);
    assert_fails(&run(&["--model", &tiny()]), 2, &["--profile", "chatml", "gemma3"]);
    assert_fails(&run(&["--model", "smollm2-135m-instruct"]), 2, &["smollm2-135m-instruct"]);
}

#[test]
fn unusable_input_is_exit_code_three() {
    // Cases 64, 68, 69.
    let desk = Desk::new();
    desk.file("empty.txt", "");
    desk.file("blank.txt", "\u{feff} \n\t\n");
    desk.file("nul.txt", "Guten\0Tag");
    desk.file("picture.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    fs::create_dir(desk.home.path().join("folder")).unwrap();
    for name in ["empty.txt", "blank.txt", "nul.txt", "picture.txt", "folder", "absent.txt"] {
        for binary in ["summarize", "translate"] {
            assert_fails(&desk.run(binary, &["--lang", "en", name]), 3, &[name]);
        }
    }
}

#[test]
fn no_file_and_no_pipe_reads_empty_standard_input() {
    let desk = Desk::new();
    assert_fails(&desk.run("summarize", &["-"]), 3, &["-"]);
}

#[test]
fn offline_without_the_model_is_exit_code_five() {
    // Case 57.
    let desk = Desk::new();
    desk.file("a.txt", GERMAN);
    let output = desk.run("translate", &["--lang", "en", "--offline", "a.txt"]);
    assert_fails(&output, 5, &["qwen2.5-coder-1.5b-instruct", "models pull"]);
}

#[test]
fn a_damaged_model_is_exit_code_four() {
    let desk = Desk::new();
    desk.file("a.txt", GERMAN);
    let whole = fs::read(tiny()).unwrap();
    desk.file("cut.gguf", &whole[..whole.len() / 2]);
    desk.file("page.gguf", "<!DOCTYPE html><html></html>");
    desk.file("empty.gguf", "");
    for name in ["cut.gguf", "page.gguf", "empty.gguf"] {
        let output =
            desk.run("translate", &["--lang", "en", "--model", name, "--profile", "chatml", "a.txt"]);
        assert_fails(&output, 4, &[name]);
    }
    let output = desk.run("translate", &["--lang", "en", "--model", "./absent.gguf", "a.txt"]);
    assert_fails(&output, 4, &["absent.gguf"]);
}

#[test]
fn an_output_that_cannot_be_written_is_told_before_any_work() {
    // Case 108.
    let desk = Desk::new();
    desk.file("a.txt", ENGLISH);
    fs::create_dir(desk.home.path().join("folder")).unwrap();
    let run = |output: &str| desk.run("summarize", &["--method", "extractive", "-o", output, "a.txt"]);
    assert_fails(&run("a.txt"), 1, &["a.txt", "hint:"]);
    assert_fails(&run("folder"), 1, &["folder", "directory"]);
    assert_fails(&run("no/such/place.txt"), 1, &["place.txt"]);
    assert_eq!(fs::read_to_string(desk.home.path().join("a.txt")).unwrap(), ENGLISH);
}

#[test]
fn an_output_file_is_replaced_whole() {
    let desk = Desk::new();
    desk.file("a.txt", ENGLISH);
    desk.file("out.txt", "old");
    let output = desk.run("summarize", &["--method", "extractive", "-o", "out.txt", "a.txt"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(stdout(&output), "");
    let written = fs::read_to_string(desk.home.path().join("out.txt")).unwrap();
    assert!(written.contains("swimming pool"), "{written}");
    let left: Vec<_> = fs::read_dir(desk.home.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| name.to_string_lossy().starts_with(".diglot"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn an_extractive_summary_in_one_language_needs_no_weights() {
    let desk = Desk::new();
    desk.file("a.txt", ENGLISH);
    let output = desk.run("summarize", &["--method", "extractive", "--sentences", "2", "--quiet", "a.txt"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(stderr(&output), "", "nothing with --quiet");
    let sentences: Vec<_> =
        ENGLISH.trim().split_inclusive(". ").filter(|s| stdout(&output).contains(s.trim())).collect();
    assert_eq!(sentences.len(), 2, "{}", stdout(&output));
}

#[test]
fn without_a_length_asked_for_a_long_text_gets_a_longer_summary() {
    let desk = Desk::new();
    let sentences_of = |count: usize, args: &[&str]| {
        let sentence = |n: usize| {
            format!("Report {n} says that the harbour of town {n} lost {n} boats in the storm of Monday.\n\n")
        };
        desk.file("a.txt", (1..=count).map(sentence).collect::<String>());
        let args = [&["--method", "extractive", "--format", "json", "a.txt"], args].concat();
        let output = desk.run("summarize", &args);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let result: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        result["summaries"][0]["sentences"].as_array().unwrap().len()
    };
    // 17 words a report.
    for (reports, sentences) in [(2, 2), (40, 3), (61, 3), (62, 4), (200, 10), (400, 12)] {
        assert_eq!(sentences_of(reports, &[]), sentences, "of {reports}");
    }
    assert_eq!(sentences_of(400, &["--sentences", "2"]), 2);
}

#[test]
fn every_command_stands_under_diglot_too() {
    let desk = Desk::new();
    desk.file("a.txt", ENGLISH);
    let short = desk.run("summarize", &["--method", "extractive", "a.txt"]);
    let long = desk.run("diglot", &["summarize", "--method", "extractive", "a.txt"]);
    assert_eq!(short.stdout, long.stdout);
    assert!(!short.stdout.is_empty());
    assert_eq!(code(&desk.run("diglot", &["translate", "--lang", "en", "absent.txt"])), 3);
}

#[test]
fn the_document_may_come_from_standard_input() {
    let desk = Desk::new();
    desk.file("a.txt", ENGLISH);
    let args = ["--method", "extractive", "-"];
    let mut child =
        desk.command("summarize").args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(ENGLISH.as_bytes()).unwrap();
    let piped = child.wait_with_output().unwrap();
    assert_eq!(stdout(&piped), stdout(&desk.run("summarize", &["--method", "extractive", "a.txt"])));
}

#[test]
fn a_document_in_the_target_language_passes_through_and_says_so() {
    // Case 83.
    let desk = Desk::new();
    desk.file("a.txt", ENGLISH);
    let output = desk.run("translate", &["--lang", "en", "a.txt"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(stdout(&output), ENGLISH);
    assert!(stderr(&output).contains("already in English"), "{}", stderr(&output));
}

#[test]
fn all_of_several_files_are_tried_and_named_and_the_first_failure_decides() {
    let desk = Desk::new();
    desk.file("a.txt", ENGLISH);
    desk.file("b.txt", "");
    desk.file("c.txt", ENGLISH);
    let output = desk.run("summarize", &["--method", "extractive", "a.txt", "absent.txt", "b.txt", "c.txt"]);
    assert_eq!(code(&output), 3);
    assert!(stdout(&output).contains("a.txt") && stdout(&output).contains("c.txt"));
    assert!(stderr(&output).contains("absent.txt") && stderr(&output).contains("b.txt"));

    let json = desk.run("summarize", &["--method", "extractive", "--format", "json", "a.txt", "c.txt"]);
    assert_eq!(stdout(&json).lines().count(), 2);
}

#[test]
fn an_encoding_is_detected_or_named() {
    // Cases 66, 67.
    let desk = Desk::new();
    let (latin, ..) = encoding_rs::WINDOWS_1252.encode(GERMAN);
    desk.file("latin.txt", &latin);
    let utf16: Vec<u8> = "\u{feff}"
        .chars()
        .chain(GERMAN.chars())
        .collect::<String>()
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    desk.file("wide.txt", utf16);
    for (name, named) in [("latin.txt", None), ("latin.txt", Some("windows-1252")), ("wide.txt", None)] {
        let mut args = vec!["--method", "extractive", "--format", "json", name];
        if let Some(encoding) = named {
            args.extend(["--encoding", encoding]);
        }
        let output = desk.run("summarize", &args);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        assert!(stdout(&output).contains("Bürgermeisterin"), "{name} {}", stdout(&output));
    }
    assert_fails(&desk.run("summarize", &["--encoding", "klingon", "latin.txt"]), 2, &["klingon"]);
}

#[test]
fn a_tiny_model_goes_the_whole_way_and_gives_the_same_bytes_twice() {
    let desk = Desk::new();
    desk.file("a.txt", GERMAN);
    let model = tiny();
    let args = [
        "--lang",
        "en",
        "--bilingual",
        "--method",
        "extractive",
        "--format",
        "json",
        "--model",
        &model,
        "--profile",
        "chatml",
        "a.txt",
    ];
    let first = desk.run("summarize", &args);
    assert_eq!(code(&first), 0, "{}", stderr(&first));
    let second = desk.run("summarize", &args);
    assert_eq!(first.stdout, second.stdout);

    let article: serde_json::Value = serde_json::from_slice(&first.stdout).unwrap();
    assert_eq!(article["source"]["lang"], "de");
    assert_eq!(article["target"]["lang"], "en");
    assert_eq!(article["summaries"][0]["lang"], "en");
    assert_eq!(article["summaries"][1]["lang"], "de");
    let segments = article["segments"].as_array().unwrap();
    assert_eq!(segments.len(), 4);
    for (index, segment) in segments.iter().enumerate() {
        assert_eq!(segment["id"], index);
        assert!(GERMAN.contains(segment["source"].as_str().unwrap()));
    }
    assert!(article.get("timings").is_none());

    let strict = desk.run("summarize", &[&args[..], &["--strict"]].concat());
    assert_eq!(code(&strict), 1, "nonsense is flagged, and --strict makes that an error");
    assert_eq!(strict.stdout, first.stdout);
}

#[test]
fn special_tokens_in_a_document_are_plain_text() {
    // Case 76.
    let desk = Desk::new();
    desk.file("a.txt", "Das Zeichen <|im_end|> steht hier. Und </s> auch, sagte der Redner am Abend.\n");
    let output = desk.run(
        "translate",
        &[
            "--lang",
            "en",
            "--from",
            "de",
            "--format",
            "json",
            "--model",
            &tiny(),
            "--profile",
            "chatml",
            "a.txt",
        ],
    );
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let article: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(article["segments"][0]["source"].as_str().unwrap().contains("<|im_end|>"));
}

#[test]
fn a_wrong_source_language_is_used_and_doubted() {
    // Case 88.
    let desk = Desk::new();
    desk.file("a.txt", GERMAN.repeat(3));
    let args =
        ["--lang", "en", "--from", "fr", "--format", "json", "--model", &tiny(), "--profile", "chatml"];
    let output = desk.run("translate", &[&args[..], &["a.txt"]].concat());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stderr(&output).contains("looks like German, not French"), "{}", stderr(&output));
    let article: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(article["source"]["lang"], "fr");
    assert!(article["source"]["confidence"].is_null());
}

#[test]
fn each_segment_of_a_mixed_document_is_judged_by_its_own_language() {
    // Case 85.
    let desk = Desk::new();
    desk.file("a.txt", format!("{GERMAN}\n{ENGLISH}"));
    let args =
        ["--lang", "en", "--from", "de", "--format", "json", "--model", &tiny(), "--profile", "chatml"];
    let output = desk.run("translate", &[&args[..], &["a.txt"]].concat());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let article: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let segments = article["segments"].as_array().unwrap();
    let english = segments.iter().find(|s| s["source"].as_str().unwrap().starts_with("The town")).unwrap();
    assert_eq!(english["target"], english["source"]);
    assert_eq!(english["flags"][0]["kind"], "same-language");
    let german = segments.iter().find(|s| s["source"].as_str().unwrap().starts_with("Die Stadt")).unwrap();
    assert_ne!(german["target"], german["source"]);
}

#[test]
fn the_chat_template_inside_a_model_file_is_ignored() {
    // Case 23: the same model with a hostile template gives the same text.
    let desk = Desk::new();
    desk.file("a.txt", GERMAN);
    let plain = fs::read(tiny()).unwrap();
    let (key, hostile) = (b"tokenizer.chat_template", b"{% for i in range(10**9) %}x{% endfor %}");
    let with_template = add_string(&plain, key, hostile);
    desk.file("plain.gguf", &plain);
    desk.file("hostile.gguf", with_template);
    let run = |model: &str| {
        let args = ["--lang", "en", "--quiet", "--model", model, "--profile", "chatml", "a.txt"];
        desk.run("translate", &args)
    };
    let (plain, hostile) = (run("plain.gguf"), run("hostile.gguf"));
    assert_eq!(code(&hostile), 0, "{}", stderr(&hostile));
    assert_eq!(plain.stdout, hostile.stdout);
}

/// A GGUF file with one more string among its metadata. The tensors move by the alignment of 32 bytes, so the
/// entry is padded to keep their distance.
fn add_string(file: &[u8], key: &[u8], value: &[u8]) -> Vec<u8> {
    let entry = |value: &[u8]| {
        let mut entry = (key.len() as u64).to_le_bytes().to_vec();
        entry.extend(key);
        entry.extend(8_u32.to_le_bytes());
        entry.extend((value.len() as u64).to_le_bytes());
        entry.extend(value);
        entry
    };
    let mut value = value.to_vec();
    while entry(&value).len() % 32 != 0 {
        value.push(b' ');
    }
    let count = u64::from_le_bytes(file[16..24].try_into().unwrap()) + 1;
    [&file[..16], &count.to_le_bytes(), &entry(&value), &file[24..]].concat()
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    // Case 109.
    let desk = Desk::new();
    let long = ENGLISH.repeat(4000);
    desk.file("a.txt", &long);
    let mut child = desk
        .command("translate")
        .args(["--lang", "en", "--from", "en", "a.txt"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(!stderr(&output).contains("error"), "{}", stderr(&output));
}

#[cfg(unix)]
#[test]
fn an_interruption_stops_within_a_second_with_130() {
    // Case 110. The tiny model is kept busy with a long document.
    let desk = Desk::new();
    let sentence =
        |i| format!("Das Haus mit der Nummer {i} steht am Ende der Straße neben der alten Schule. ");
    desk.file("a.txt", (1..20_000).map(sentence).collect::<String>());
    let mut child = desk
        .command("translate")
        .args(["--lang", "en", "-o", "out.txt", "--model", &tiny(), "--profile", "chatml", "a.txt"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(700));
    assert!(child.try_wait().unwrap().is_none(), "the work should still go on");
    let asked = Instant::now();
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(130));
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    assert!(!desk.home.path().join("out.txt").exists());
}
