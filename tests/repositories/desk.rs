//! A user's machine and a hub: what the tests share.

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

use super::hub::Hub;
use super::outcome::stderr;
use super::repository::{COMMIT, Served};
use super::{command, opus};

pub const NAME: &str = "org/opus-mt-xx-yy";
pub const GERMAN: &str = "Die Stadt eröffnet am 3. Mai 2024 ein Hallenbad. Es kostete 12,5 Millionen Euro.\n";

/// A home with an article in it, and the address of a hub.
pub struct Desk {
    pub home: TempDir,
    pub endpoint: String,
    pub token: Option<&'static str>,
}

impl Desk {
    pub fn new(hub: &Hub) -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("a.txt"), GERMAN).unwrap();
        Self { home, endpoint: hub.url.clone(), token: None }
    }

    pub fn run(&self, binary: &str, args: &[&str]) -> Output {
        let mut command = command::command(binary, self.home.path());
        command
            .env_remove("HF_HUB_OFFLINE")
            .env("HF_ENDPOINT", &self.endpoint)
            .env("DIGLOT_MODELS_DIR", self.home.path().join("cards"))
            .args(args);
        if let Some(token) = self.token {
            command.env("HF_TOKEN", token);
        }
        command.output().unwrap()
    }

    pub fn models(&self, args: &str) -> Output {
        self.run("diglot", &["models"].into_iter().chain(args.split(' ')).collect::<Vec<_>>())
    }

    pub fn translate(&self, model: &str, args: &[&str]) -> Output {
        let usual = ["--lang", "en", "--from", "de", "--format", "json", "--model", model];
        self.run("translate", &[&usual, args, &["a.txt"]].concat())
    }

    pub fn snapshot(&self) -> PathBuf {
        self.home.path().join(".cache/huggingface/hub/models--org--opus-mt-xx-yy/snapshots").join(COMMIT)
    }

    /// Every file below the cache, but for locks.
    pub fn cached(&self) -> Vec<PathBuf> {
        let mut pending = vec![self.home.path().join(".cache")];
        let mut files = Vec::new();
        while let Some(path) = pending.pop() {
            match fs::read_dir(&path) {
                Ok(entries) => pending.extend(entries.map(|entry| entry.unwrap().path())),
                Err(_) if path.exists() && !path.to_string_lossy().contains(".locks") => files.push(path),
                Err(_) => {}
            }
        }
        files
    }
}

/// The tiny model, with files beside it that nobody needs.
pub fn tiny_opus() -> Served {
    let folder = tempfile::tempdir().unwrap();
    opus::write(folder.path());
    let mut served = Served::of_folder(NAME, folder.path());
    for useless in ["README.md", "tf_model.h5", "pytorch_model.bin", ".gitattributes"] {
        served.files.insert(useless.into(), b"not needed".to_vec());
    }
    served
}

pub fn serve(served: Served) -> Hub {
    Hub::start(move |request| served.answer(request))
}

pub fn json_of(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[track_caller]
pub fn assert_works(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
}

/// What was asked for, without the address of the repository.
pub fn asked(hub: &Hub) -> Vec<String> {
    let short = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    hub.requests().iter().map(|request| format!("{} {}", request.method, short(&request.path))).collect()
}

pub fn asked_for_weights(hub: &Hub) -> bool {
    asked(hub).iter().any(|request| request.contains("model."))
}
