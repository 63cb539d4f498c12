//! `diglot eval` as a user meets it. Scores are those of sacrebleu and rouge-score in
//! `tests/fixtures/metrics/systems.json`; where a model must run, it is a tiny one with random weights.

#[path = "support/command.rs"]
mod command;
#[path = "support/outcome.rs"]
mod outcome;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use command::command;
use outcome::{assert_fails, stderr};
use serde_json::Value;
use tempfile::TempDir;

const GERMAN: [&str; 5] = [
    "Die Stadt eröffnet am 3. Mai ein Bad.",
    "Es kostete 12,5 Millionen Euro.",
    "Kinder schwimmen sonntags umsonst.",
    "Das alte Bad wird im Herbst geschlossen.",
    "Darüber freuen sich nicht alle.",
];
const ENGLISH: [&str; 5] = [
    "The town opens a pool on 3 May.",
    "It cost 12.5 million euros.",
    "Children swim free of charge on Sundays.",
    "The old pool will be closed in the autumn.",
    "Not everybody is happy about that.",
];

/// A directory that is home and working directory at once.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// With a small test set, `src` and `ref`.
    fn with_test_set() -> Self {
        let desk = Self::new();
        desk.lines("src", &GERMAN);
        desk.lines("ref", &ENGLISH);
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn lines(&self, name: &str, lines: &[impl AsRef<str>]) {
        let text: String = lines.iter().map(|line| line.as_ref().to_owned() + "\n").collect();
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = command("diglot", self.0.path());
        command.arg("eval").args(args).env("DIGLOT_KERNEL", "portable").output().unwrap()
    }

    #[track_caller]
    fn succeeds(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    #[track_caller]
    fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.succeeds(&[args, &["--json"]].concat())).unwrap()
    }

    #[track_caller]
    fn fails(&self, args: &[&str], code: i32, words: &[&str]) {
        assert_fails(&self.run(args), code, words);
    }
}

/// The arguments of a run of the tiny model on the small test set.
fn tiny<'a>(more: &[&'a str]) -> Vec<&'a str> {
    const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/models/qwen2.gguf");
    let args =
        ["--source", "src", "--reference", "ref", "--model", MODEL, "--profile", "chatml", "--threads", "1"];
    [&args[..], more].concat()
}

fn systems() -> Value {
    serde_json::from_str(include_str!("fixtures/metrics/systems.json")).unwrap()
}

fn strings(value: &Value) -> Vec<String> {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn scores_of_given_outputs_equal_sacrebleu() {
    let (desk, expected) = (Desk::new(), systems());
    desk.lines("ref", &strings(&expected["references"]));
    let systems = expected["systems"].as_array().unwrap();
    let name = |index: usize| systems[index]["name"].as_str().unwrap();
    (0..systems.len()).for_each(|index| desk.lines(name(index), &strings(&systems[index]["lines"])));

    // The first system of the fixture is the baseline of all the others.
    let mut args = vec!["--reference", "ref", "--hypothesis", name(0)];
    (1..systems.len()).for_each(|index| args.extend(["--against", name(index)]));
    let report = desk.json(&args);
    for (column, metric) in report["metrics"].as_array().unwrap().iter().enumerate() {
        let metric = metric["name"].as_str().unwrap();
        for (index, system) in systems.iter().enumerate() {
            let (ours, theirs) =
                (&report["systems"][index]["scores"][column], &expected["bootstrap"][metric][index]);
            let number = |value: &Value| value.as_f64().unwrap();
            let what = format!("{metric} of {}", name(index));
            assert_eq!(
                format!("{:.4}", number(&ours["score"])),
                system["scores"][metric].as_str().unwrap(),
                "{what}"
            );
            assert!((number(&ours["mean"]) - number(&theirs["mean"])).abs() < 5e-4, "mean {what}");
            assert!(
                (number(&ours["interval"]) - number(&theirs["interval"])).abs() < 5e-4,
                "interval {what}"
            );
            if index > 0 {
                assert!((number(&ours["difference"]["p"]) - number(&theirs["p"])).abs() < 5e-5, "p {what}");
                let ahead = number(&report["systems"][0]["scores"][column]["score"]) - number(&ours["score"]);
                assert!((number(&ours["difference"]["score"]) - ahead).abs() < 1e-9, "{what}");
            }
        }
        let signature = report["metrics"][column]["signature"].as_str().unwrap();
        assert!(
            signature.starts_with(expected["bootstrap"]["signatures"][metric].as_str().unwrap()),
            "{signature}"
        );
    }
}

#[test]
fn scores_of_given_summaries_equal_rouge_score() {
    let (desk, expected) = (Desk::new(), systems());
    let write = |folder: &str, lines: &Value| {
        for (index, lines) in strings(lines).chunks(3).enumerate() {
            desk.lines(&format!("{folder}/{index}.txt"), lines);
        }
    };
    write("ref", &expected["references"]);
    for system in expected["systems"].as_array().unwrap().iter().take(5) {
        write("out", &system["lines"]);
        for (key, option) in [("rouge", None), ("rouge_stemmed", Some("--stem"))] {
            let mut args = vec!["--task", "summary", "--reference", "ref", "--hypothesis", "out"];
            args.extend(option);
            let report = desk.json(&args);
            for (column, metric) in report["metrics"].as_array().unwrap().iter().enumerate() {
                let ours = report["systems"][0]["scores"][column]["score"].as_f64().unwrap();
                let theirs = &system[key]["summaries"][metric["name"].as_str().unwrap()][2];
                assert!(
                    (ours - theirs.as_f64().unwrap()).abs() < 1e-5,
                    "{metric} of {}: {ours}",
                    system["name"]
                );
            }
        }
    }
}

#[test]
fn the_table_shows_scores_differences_and_doubts() {
    let desk = Desk::with_test_set();
    desk.lines("good", &ENGLISH);
    let mut faulty = ENGLISH.map(str::to_owned);
    faulty[1] = "It cost 21.5 million euros.".into();
    faulty[4] = GERMAN[4].into();
    desk.lines("faulty", &faulty);
    let args = ["--source", "src", "--reference", "ref", "--hypothesis", "good", "--against", "faulty"];
    let table = desk.succeeds(&args);
    let row = |name: &str| table.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(table.starts_with("ref, 5 segments, de to en\n"), "{table}");
    assert!(
        row("system")
            .split_whitespace()
            .eq("system BLEU chrF2 chrF2++ TER flagged segments/s tokens/s peak memory".split_whitespace())
    );
    assert!(row("good").contains("100.00 ± 0.00"), "{table}");
    assert!(row("good").split_whitespace().any(|cell| cell == "0"), "{table}");
    assert!(row("faulty").split_whitespace().any(|cell| cell == "2"), "two are flagged:\n{table}");
    assert!(row("  difference").contains(" p="), "{table}");
    assert!(
        row("BLEU:")
            .contains("nrefs:1|bs:1000|seed:12345|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0")
    );

    // Without the source there is nothing to compare with.
    let report = desk.json(&args[2..]);
    assert_eq!(report["systems"][1]["flagged"], Value::Null);
    let report = desk.json(&args);
    assert_eq!(
        report["systems"][1]["flags"],
        serde_json::json!({"echo": 1, "wrong-language": 1, "numbers": 1})
    );
}

#[test]
fn chosen_lines_may_stand_alone_in_an_output() {
    let desk = Desk::with_test_set();
    desk.lines("all", &ENGLISH);
    desk.lines("some", &ENGLISH[1..4]);
    for output in ["all", "some"] {
        let report = desk.json(&["--reference", "ref", "--hypothesis", output, "--lines", "2-4"]);
        let names: Vec<&str> =
            report["segments"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["2", "3", "4"]);
        let score = report["systems"][0]["scores"][0]["score"].as_f64().unwrap();
        assert!((score - 100.0).abs() < 1e-9, "{output}: {score}");
    }
    let limited = desk.json(&["--reference", "ref", "--hypothesis", "all", "--lines", "2-4", "--limit", "2"]);
    assert_eq!(limited["segments"].as_array().unwrap().len(), 2);
}

#[test]
fn a_run_goes_on_where_it_was_interrupted() {
    let desk = Desk::with_test_set();
    let whole = desk.json(&tiny(&["-o", "whole"]));
    let run = &whole["systems"][0]["run"];
    assert_eq!(run["segments"], 5);
    assert!(run["seconds"].as_f64() > Some(0.0) && run["output_tokens"].as_u64() > Some(5), "{run}");
    assert_eq!(whole["systems"][0]["models"][0]["files"]["qwen2.gguf"].as_str().unwrap().len(), 64);
    assert_eq!(desk.read("whole").lines().count(), 5);

    desk.succeeds(&tiny(&["--state", "state", "--limit", "2"]));
    let begun = desk.read("state");
    assert_eq!(begun.lines().count(), 2, "settings, and a batch");
    // A line that was cut short is made again.
    fs::write(desk.path("state"), begun.clone() + r#"{"segments":3,"seconds":1.0,"outp"#).unwrap();
    let output = desk.run(&tiny(&["--state", "state", "-o", "resumed"]));
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("2 of 5 segments are done already"), "{}", stderr(&output));
    let resumed = desk.read("state");
    assert!(resumed.starts_with(&begun) && resumed.lines().count() == 3, "{resumed}");
    assert!(
        resumed.lines().nth(2).unwrap().starts_with(r#"{"segments":3,"#),
        "only what was left: {resumed}"
    );
    assert_eq!(desk.read("resumed").lines().count(), 5);

    // Nothing is left to do: the same outputs, and the numbers of the run that made them.
    let first = desk.json(&tiny(&["--state", "state", "-o", "again", "--quiet"]));
    assert_eq!(desk.read("again"), desk.read("resumed"));
    assert_eq!(desk.read("state"), resumed);
    assert_eq!(first["systems"][0]["run"]["segments"], 5);
}

#[test]
fn a_state_of_other_settings_is_refused_and_left_alone() {
    let desk = Desk::with_test_set();
    desk.succeeds(&tiny(&["--state", "state"]));
    let state = desk.read("state");
    let refused =
        |args: &[&str], words: &[&str]| desk.fails(&tiny(&[&["--state", "state"], args].concat()), 2, words);
    refused(
        &["--full-vocabulary"],
        &["state was begun with other settings", "full vocabulary was no and is yes", "--state"],
    );
    refused(&["--lang", "fr"], &["lang was en and is fr"]);
    desk.lines("src", &[GERMAN[0], "Es kostete weniger.", GERMAN[2], GERMAN[3], GERMAN[4]]);
    refused(&[], &["source sha256 was", "and is"]);
    assert_eq!(desk.read("state"), state);

    desk.lines("src", &GERMAN);
    fs::write(desk.path("state"), state.replacen("\"segments\"", "\"sagments\"", 1)).unwrap();
    desk.fails(&tiny(&["--state", "state"]), 3, &["line 2 of state is damaged"]);
    for other in ["no state\n", "no state"] {
        fs::write(desk.path("letter"), other).unwrap();
        desk.fails(&tiny(&["--state", "letter"]), 3, &["letter is no state file"]);
        assert_eq!(desk.read("letter"), other);
    }
}

#[test]
fn summaries_are_made_and_scored_by_folder() {
    let desk = Desk::new();
    for (name, first) in [("a.txt", 0), ("b.txt", 2)] {
        desk.lines(&format!("src/{name}"), &ENGLISH[first..first + 3]);
        desk.lines(&format!("ref/{name}"), &ENGLISH[first..first + 1]);
    }
    let args = ["--task", "summary", "--source", "src", "--reference", "ref", "--method", "extractive"];
    let more = ["--sentences", "1", "--state", "state", "-o", "out", "--lang", "en", "--from", "en"];
    let report = desk.json(&[&args[..], &more].concat());
    assert_eq!(report["systems"][0]["name"], "extractive");
    assert_eq!(report["segments"][1]["name"], "b.txt");
    assert_eq!(desk.read("out/a.txt").lines().count(), 1);
    let scored = desk.json(&["--task", "summary", "--reference", "ref", "--hypothesis", "out"]);
    assert_eq!(scored["systems"][0]["scores"], report["systems"][0]["scores"]);
    desk.fails(
        &[&args[..], &["--state", "state", "--lang", "en", "--from", "en"]].concat(),
        2,
        &["sentences was 1 and is by length"],
    );

    fs::remove_file(desk.path("out/b.txt")).unwrap();
    desk.fails(
        &["--task", "summary", "--reference", "ref", "--hypothesis", "out"],
        3,
        &["out has 1 files, but ref has 2", "b.txt"],
    );
}

#[test]
fn what_does_not_fit_is_said() {
    let desk = Desk::with_test_set();
    desk.lines("three", &ENGLISH[..3]);
    desk.lines("dots", &["...", "...", "...", "...", "..."]);
    fs::write(desk.path("latin1"), b"Stra\xdfe\n").unwrap();
    let score = ["--reference", "ref", "--hypothesis"];
    let with = |more: &[&'static str]| [&score[..], more].concat();
    desk.fails(&with(&["three"]), 3, &["three has 3 lines, but ref has 5"]);
    desk.fails(&with(&["ref", "--against", "three"]), 3, &["three has 3 lines, but ref has 5"]);
    desk.fails(&with(&["ref", "--source", "three"]), 3, &["three has 3 lines, but ref has 5"]);
    desk.fails(&with(&["absent"]), 3, &["absent", "hint:"]);
    desk.fails(&with(&["latin1"]), 3, &["latin1", "UTF-8"]);
    desk.fails(&with(&["ref", "--lines", "4-9"]), 3, &["ref has only 5 lines"]);
    desk.fails(&with(&["ref", "--lines", "9-4"]), 2, &["1-500"]);
    desk.fails(&with(&["ref", "--model", "x.gguf"]), 2, &["--model"]);
    desk.fails(&with(&["ref", "--stem"]), 2, &["--stem", "--task summary"]);
    desk.fails(&with(&["ref", "--html", "ref"]), 1, &["ref"]);
    desk.fails(&with(&["ref", "--source", "dots"]), 2, &["--from"]);
    desk.fails(&["--reference", "ref"], 2, &["--source", "--hypothesis"]);
    desk.fails(&["--reference", "ref", "--source", "src", "--model", "qwen9"], 2, &["qwen9"]);
}

#[test]
fn the_page_shows_the_worst_segments_and_escapes_what_is_hostile() {
    let desk = Desk::with_test_set();
    let mut hostile = ENGLISH.map(str::to_owned);
    hostile[2] = "<script>alert(1)</script> \"><img src=x onerror=alert(2)> & \u{1b}[31m \u{202e}".into();
    desk.lines("<b>out", &hostile);
    let args = [
        "--source",
        "src",
        "--reference",
        "ref",
        "--hypothesis",
        "<b>out",
        "--html",
        "page.html",
        "--worst",
        "2",
    ];
    desk.succeeds(&args);
    let page = desk.read("page.html");
    assert!(page.contains(
        "&lt;script&gt;alert(1)&lt;/script&gt; &quot;&gt;&lt;img src=x onerror=alert(2)&gt; &amp;"
    ));
    for raw in ["<script", "<img", "<b>out", "\u{1b}"] {
        assert!(!page.contains(raw), "{raw:?} is not escaped");
    }
    assert!(page.contains("\u{202e}\u{202c}"), "an override ends with its text");
    assert!(page.contains("default-src 'none'"));
    assert!(page.contains("<svg") && page.contains("<title>95 to 100: 4</title>"), "{page}");
    assert_eq!(page.matches("class=\"pair").count(), 2, "the two worst");
    // The worst comes first: its number, source, reference, output and flags.
    let worst = page.split("class=\"pair").nth(1).unwrap();
    let places: Vec<usize> = [">3</div>", GERMAN[2], ENGLISH[2], "&lt;script", "check: "]
        .map(|text| worst.find(text).unwrap_or_else(|| panic!("{text} not in {worst}")))
        .to_vec();
    assert!(places.is_sorted(), "{worst}");
    assert!(worst.contains(r#"<p lang="de" dir="ltr">"#) && worst.contains(r#"<p lang="en" dir="ltr">"#));
}

#[test]
fn two_runs_do_not_share_a_state() {
    let desk = Desk::with_test_set();
    let state = fs::File::create(desk.path("state")).unwrap();
    state.lock().unwrap();
    desk.fails(&tiny(&["--state", "state"]), 1, &["another run is writing state"]);
    assert!(Path::new(&desk.path("state")).metadata().unwrap().len() == 0);
}
