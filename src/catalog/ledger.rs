//! What diglot remembers between runs: hashes of files it has read, files it has fetched, terms accepted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::layout::{create_parent, writing};
use super::lock::Lock;
use crate::error::{Error, Result};

/// The ledger's content. Paths are keys; one that is not UTF-8 is not remembered.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Ledger {
    /// Files that were hashed, by path.
    pub(crate) hashed: BTreeMap<String, Seen>,
    /// Files that diglot itself fetched, by path.
    pub(crate) fetched: BTreeMap<String, Fetched>,
    /// Unfinished downloads that diglot began, by path, each with the lock that a running one holds.
    pub(crate) unfinished: BTreeMap<String, String>,
    /// Names of licences that the user accepted.
    pub(crate) accepted: BTreeSet<String>,
}

/// A file as it was when it was hashed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen {
    #[serde(flatten)]
    stamp: Stamp,
    pub(crate) sha256: String,
}

/// What tells one state of a file from another without reading it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    bytes: u64,
    modified_ns: u64,
    inode: u64,
}

/// A file that diglot fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fetched {
    pub(crate) model: String,
    /// Its sha256, or of a small file the id that git gives it.
    #[serde(rename = "sha256")]
    pub(crate) hash: String,
    /// The name under which a snapshot shows the file.
    pub(crate) link: Option<String>,
}

impl Ledger {
    /// The ledger in diglot's directory; one that is absent or unreadable is empty, since all it saves is work.
    pub(crate) fn read(home: &Path) -> Self {
        let text = std::fs::read(home.join("ledger.json")).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// Changes the ledger while no other process does.
    pub(crate) fn update(home: &Path, change: impl FnOnce(&mut Self)) -> Result<()> {
        let path = home.join("ledger.json");
        let _lock = Lock::acquire(&home.join("ledger.lock"), || super::Proceed::Continue)?;
        let mut ledger = Self::read(home);
        change(&mut ledger);
        create_parent(&path)?;
        let text = serde_json::to_vec_pretty(&ledger)
            .map_err(|e| Error::runtime(format!("cannot write {}: {e}", path.display())))?;
        let mut file = tempfile::NamedTempFile::new_in(home).map_err(|e| writing("write", &path, e))?;
        std::io::Write::write_all(&mut file, &text).map_err(|e| writing("write", &path, e))?;
        file.as_file().sync_all().map_err(|e| writing("write", &path, e))?;
        file.persist(&path).map_err(|e| writing("write", &path, e.error))?;
        Ok(())
    }

    /// The hash of `path` if the file is as it was when it was hashed.
    pub(crate) fn hash_of(&self, path: &Path, metadata: &Metadata) -> Option<&str> {
        let seen = self.hashed.get(path.to_str()?)?;
        (seen.stamp == Stamp::of(metadata)).then_some(seen.sha256.as_str())
    }

    /// Remembers a hash.
    pub(crate) fn remember(&mut self, path: &Path, metadata: &Metadata, sha256: &str) {
        if let Some(key) = path.to_str() {
            self.hashed.insert(key.into(), Seen { stamp: Stamp::of(metadata), sha256: sha256.into() });
        }
    }
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        let modified = metadata.modified().ok();
        let since_epoch = modified.and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
        Self {
            bytes: metadata.len(),
            modified_ns: since_epoch.map_or(0, |d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX)),
            inode: inode(metadata),
        }
    }
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> u64 {
    0
}

/// The path as a ledger's key.
#[cfg(feature = "hub")]
pub(crate) fn key(path: &Path) -> Result<String> {
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| {
        Error::resource(format!("{} is not UTF-8, so diglot cannot keep models there", path.display()))
            .hint("set HF_HOME and DIGLOT_HOME to directories whose names are plain text")
    })
}

/// The files that were fetched for a model: path and record.
pub(crate) fn fetched_for(ledger: &Ledger, model: &str) -> Vec<(PathBuf, Fetched)> {
    let of_model = ledger.fetched.iter().filter(|(_, f)| f.model == model);
    of_model.map(|(path, f)| (PathBuf::from(path), f.clone())).collect()
}
