//! A hub repository of many files, served as the hub serves one: its API names every file's size and hash, large files by
//! their sha256 and small ones by their git blob id.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::hub::{Answer, Request};

pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// What a repository holds and says. Every field may be changed before it is served.
#[derive(Clone)]
pub struct Served {
    /// `OWNER/NAME`.
    pub name: String,
    pub commit: String,
    pub files: BTreeMap<String, Vec<u8>>,
    /// Bytes that are sent in the place of a file's own.
    pub wrong: BTreeMap<String, Vec<u8>>,
    /// The head of the README.
    pub card: Value,
    pub gated: Value,
    /// What the hub read in a GGUF file.
    pub gguf: Value,
}

impl Served {
    /// A repository with the files of a folder.
    pub fn of_folder(name: &str, folder: &Path) -> Self {
        let files = std::fs::read_dir(folder).unwrap().map(|entry| {
            let path = entry.unwrap().path();
            (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(path).unwrap())
        });
        Self::new(name, files.collect())
    }

    pub fn new(name: &str, files: BTreeMap<String, Vec<u8>>) -> Self {
        Self {
            name: name.into(),
            commit: COMMIT.into(),
            files,
            wrong: BTreeMap::new(),
            card: json!({"license": "apache-2.0", "language": ["de", "en"]}),
            gated: json!(false),
            gguf: Value::Null,
        }
    }

    /// What this repository's hub answers.
    pub fn answer(&self, request: &Request) -> Answer {
        let api = format!("/api/models/{}/revision/", self.name);
        let resolve = format!("/{}/resolve/{}/", self.name, self.commit);
        if request.path.strip_prefix(&api).and_then(|rest| rest.strip_suffix("?blobs=true")).is_some() {
            return Answer::status(200).body(self.description().to_string());
        }
        match request.path.strip_prefix(&resolve).and_then(|name| Some((name, self.files.get(name)?))) {
            Some((name, content)) if request.method == "HEAD" => {
                let tag = if is_large(name) { sha256(content) } else { git_sha1(content) };
                Answer::status(200)
                    .header("X-Repo-Commit", &self.commit)
                    .header("ETag", format!("\"{tag}\""))
                    .header("X-Linked-Size", content.len().to_string())
            }
            Some((name, content)) => {
                Answer::status(200).body(self.wrong.get(name).unwrap_or(content).clone())
            }
            None => Answer::status(404).header("X-Error-Code", "RepoNotFound"),
        }
    }

    fn description(&self) -> Value {
        let sibling = |(name, content): (&String, &Vec<u8>)| match is_large(name) {
            true => {
                let lfs = json!({"sha256": sha256(content), "size": content.len(), "pointerSize": 134});
                json!({"rfilename": name, "size": content.len(), "blobId": git_sha1(b"pointer"), "lfs": lfs})
            }
            false => json!({"rfilename": name, "size": content.len(), "blobId": git_sha1(content)}),
        };
        json!({
            "id": self.name,
            "sha": self.commit,
            "gated": self.gated,
            "cardData": self.card,
            "gguf": self.gguf,
            "siblings": self.files.iter().map(sibling).collect::<Vec<_>>(),
        })
    }
}

/// Whether the hub keeps a file outside git.
fn is_large(name: &str) -> bool {
    [".safetensors", ".bin", ".gguf", ".h5", ".model"].iter().any(|end| name.ends_with(end))
}

pub fn sha256(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

/// The id that git gives a blob.
pub fn git_sha1(content: &[u8]) -> String {
    let header = format!("blob {}\0", content.len());
    hex(&Sha1::new_with_prefix(header).chain_update(content).finalize())
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
