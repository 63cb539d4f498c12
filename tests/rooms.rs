//! Imports between the rooms of the crate run one way.

use std::fs;
use std::path::{Path, PathBuf};

/// Every room, each importing only from those before it.
const ORDER: [&str; 24] = [
    "error",
    "flag",
    "lang",
    "metrics",
    "document",
    "glossary",
    "dictionary",
    "memory",
    "segment",
    "gguf",
    "weights",
    "catalog",
    "tokenize",
    "plan",
    "engine",
    "translate",
    "summarize",
    "assemble",
    "render",
    "pipeline",
    "bench",
    "eval",
    "cli",
    "lib",
];

fn position(room: &str) -> Option<usize> {
    ORDER.iter().position(|&r| r == room)
}

fn sources(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}

/// The room of a source file: the first part of its path below `src`.
fn room(path: &Path) -> String {
    let first = path.strip_prefix("src").unwrap().components().next().unwrap();
    Path::new(first.as_os_str()).file_stem().unwrap().to_string_lossy().into_owned()
}

/// The rooms named in `crate::room` paths of the code before the file's unit tests.
fn imports(source: &str) -> Vec<(usize, String)> {
    let code = source.split("#[cfg(test)]\nmod tests").next().unwrap_or(source);
    let mut found = Vec::new();
    for (number, line) in code.lines().enumerate() {
        let line = line.split("//").next().unwrap_or(line);
        for rest in line.split("crate::").skip(1) {
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            found.push((number + 1, name));
        }
    }
    found
}

#[test]
fn imports_run_one_way() {
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    let mut wrong = Vec::new();
    for file in files.iter().filter(|f| !f.starts_with("src/bin")) {
        let room = room(file);
        let here = position(&room).unwrap_or_else(|| panic!("{} is in no known room", file.display()));
        for (line, import) in imports(&fs::read_to_string(file).unwrap()) {
            if position(&import).is_some_and(|there| there > here) {
                wrong.push(format!("{}:{line} imports {import}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "against the order of the rooms:\n{}", wrong.join("\n"));
}

#[test]
fn a_wrong_import_would_be_seen() {
    let found = imports("use crate::error::Error;\nfn f() { crate::cli::diglot(); }\n");
    assert_eq!(found, [(1, "error".to_string()), (2, "cli".to_string())]);
}
