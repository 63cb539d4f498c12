//! Where files lie: the Hugging Face cache, and diglot's own directory for what belongs to no known commit.
//! Format: `models--OWNER--NAME/{blobs,refs,snapshots}` as the hub's own tools write it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::card::Card;
use super::file::CardFile;
use super::options::StoreOptions;
use super::source::Source;
use crate::error::{Error, ErrorKind, Result};

/// The folder of a repository in the Hugging Face cache.
pub(crate) fn folder_of(repository: &str) -> String {
    format!("models--{}", repository.replace('/', "--"))
}

/// A file's name without the folders that it has in its repository.
pub(crate) fn base_name(file: &CardFile) -> &str {
    file.name.rsplit('/').next().unwrap_or(&file.name)
}

/// Where a card's file may lie on this machine, the likeliest place first. Sizes have been compared, bytes
/// have not.
pub(crate) fn candidates(options: &StoreOptions, card: &Card, file: &CardFile) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    if card.is_folder() {
        paths.extend(in_snapshot(options, card, file));
        paths.retain(|path| has_size(path, file));
        return paths;
    }
    if let Some(repository) = &card.repository {
        let snapshots = options.hub_cache.join(folder_of(repository)).join("snapshots");
        paths.extend(card.commit.iter().map(|commit| snapshots.join(commit).join(&file.name)));
        paths.extend(entries(&snapshots).into_iter().map(|snapshot| snapshot.join(&file.name)));
    }
    // A large file's blob is named by its sha256, so any repository that holds it will do.
    for folder in entries(&options.hub_cache) {
        if folder.file_name().is_some_and(|n| n.to_string_lossy().starts_with("models--")) {
            paths.push(folder.join("blobs").join(file.hash.hex()));
        }
    }
    paths.push(options.home.join("models").join(file.hash.hex()).join(base_name(file)));
    paths.extend(card.sources.iter().filter_map(|source| match source {
        Source::Path { path } => Some(path.clone()),
        _ => None,
    }));
    paths.retain(|path| has_size(path, file));
    paths
}

/// Where a folder's file lies: beside the others, in the snapshot of the card's commit.
fn in_snapshot(options: &StoreOptions, card: &Card, file: &CardFile) -> Option<PathBuf> {
    let folder = options.hub_cache.join(folder_of(card.repository.as_deref()?));
    Some(folder.join("snapshots").join(card.commit.as_deref()?).join(&file.name))
}

fn has_size(path: &Path, file: &CardFile) -> bool {
    fs::metadata(path).is_ok_and(|m| m.is_file() && m.len() == file.bytes)
}

/// The entries of a directory in order; one that cannot be read is an empty one.
pub(crate) fn entries(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// The snapshot entries of a blob's repository that lead to the blob.
pub(crate) fn links_to(blob: &Path) -> Vec<PathBuf> {
    let Some(repository) = blob.parent().and_then(Path::parent) else { return Vec::new() };
    let Ok(target) = blob.canonicalize() else { return Vec::new() };
    let mut pending = entries(&repository.join("snapshots"));
    let mut links = Vec::new();
    while let Some(path) = pending.pop() {
        let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
        if metadata.is_dir() {
            pending.extend(entries(&path));
        } else if metadata.is_symlink() && path.canonicalize().is_ok_and(|to| to == target) {
            links.push(path);
        }
    }
    links
}

/// Removes the directories above `path` that are empty, up to `root`, which stays.
pub(crate) fn remove_empty_parents(path: &Path, root: &Path) {
    for directory in path.ancestors().skip(1).take_while(|d| *d != root && d.starts_with(root)) {
        // A directory that is not empty is not removed, and neither is any above it.
        if fs::remove_dir(directory).is_err() {
            return;
        }
    }
}

/// Removes a file; one that is absent is fine. Returns whether it was there.
pub(crate) fn remove_if_there(path: &Path) -> Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(Error::io(ErrorKind::Runtime, "remove", path, e)),
    }
}

/// Makes the directory of `path`, and returns it.
pub(crate) fn create_parent(path: &Path) -> Result<&Path> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory).map_err(|e| writing("create", directory, e))?;
    Ok(directory)
}

/// An error while writing to the store: there is no room, or no permission.
pub(crate) fn writing(action: &str, path: &Path, error: io::Error) -> Error {
    let hint = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free some space; `diglot models du` shows what the models take, `diglot models rm` removes one"
        }
        _ => "set HF_HOME and DIGLOT_HOME to directories that can be written, with room for the model",
    };
    Error::io(ErrorKind::Resource, action, path, error).hint(hint)
}
