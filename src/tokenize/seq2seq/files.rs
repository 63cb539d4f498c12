//! The small JSON files of a model folder, none of which is believed about sizes.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::super::spm::{damaged, read_file};
use crate::error::{Error, Result};

/// The largest settings file, and the largest vocabulary, in bytes.
const MAX_SETTINGS: u64 = 4 << 20;
const MAX_VOCABULARY: u64 = 64 << 20;
/// The most tokens of a vocabulary.
const MAX_TOKENS: usize = 1 << 21;

/// A JSON object with settings.
#[derive(Debug)]
pub(super) struct Settings {
    path: PathBuf,
    value: Value,
}

impl Settings {
    /// Reads a file that must be there.
    pub(super) fn read(path: PathBuf) -> Result<Self> {
        let bytes = read_file(&path, MAX_SETTINGS)?;
        let value: Value = serde_json::from_slice(&bytes)
            .map_err(|e| damaged(&path, &format!("is not the JSON that it should be: {e}")))?;
        match value.is_object() {
            true => Ok(Self { path, value }),
            false => Err(damaged(&path, "is not a JSON object")),
        }
    }

    /// Reads a file that may be left out.
    pub(super) fn read_optional(path: PathBuf) -> Result<Self> {
        match path.exists() {
            true => Self::read(path),
            false => Ok(Self { path, value: Value::Null }),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Text, if it is there.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.value.get(key)?.as_str()
    }

    /// Whether something is said to be so.
    pub(super) fn flag(&self, key: &str) -> bool {
        self.value.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A number that fits an id, if it is there.
    pub(super) fn id(&self, key: &str) -> Result<Option<u32>> {
        let value = match self.value.get(key) {
            None | Some(Value::Null) => return Ok(None),
            // Several ids may end a text; the first is the one that is written.
            Some(Value::Array(ids)) => ids.first().unwrap_or(&Value::Null),
            Some(value) => value,
        };
        let id = value.as_u64().and_then(|id| u32::try_from(id).ok()).filter(|&id| id < MAX_TOKENS as u32);
        let fault = || damaged(&self.path, &format!("has a setting `{key}` that is no token"));
        id.map(Some).ok_or_else(fault)
    }

    /// What comes before the text in each task (`task_specific_params`).
    pub(super) fn prefixes(&self) -> impl Iterator<Item = (&str, &str)> {
        let tasks = self.value.get("task_specific_params").and_then(Value::as_object);
        tasks
            .into_iter()
            .flatten()
            .filter_map(|(name, task)| Some((name.as_str(), task.get("prefix")?.as_str()?)))
    }
}

/// The pieces of a vocabulary with their ids, both ways. Ids may have gaps.
#[derive(Debug, Default)]
pub(super) struct PieceList {
    pieces: Vec<Option<Box<str>>>,
    ids: HashMap<Box<str>, u32>,
}

impl PieceList {
    /// Takes pieces in order of their ids. Of equal pieces the first keeps its id.
    pub(super) fn in_order<'a>(pieces: impl Iterator<Item = &'a str>) -> Self {
        let mut list = Self::default();
        pieces.for_each(|piece| list.push(piece));
        list
    }

    /// Reads a `vocab.json`: an object of pieces and their ids.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let bytes = read_file(path, MAX_VOCABULARY)?;
        let ids: HashMap<Box<str>, u32> = serde_json::from_slice(&bytes)
            .map_err(|e| damaged(path, &format!("is no list of tokens with their numbers: {e}")))?;
        Self::numbered(ids).map_err(|fault| damaged(path, &fault))
    }

    /// Takes pieces with their ids.
    pub(super) fn numbered(ids: HashMap<Box<str>, u32>) -> Result<Self, String> {
        let len = ids.values().max().map_or(0, |&max| max as usize + 1);
        // A list with more gaps than tokens is no vocabulary, and could take any amount of memory.
        if len == 0 || len > MAX_TOKENS || len > 2 * ids.len() + 1024 {
            return Err(format!("has {} tokens with numbers up to {len}", ids.len()));
        }
        let mut pieces: Vec<Option<Box<str>>> = vec![None; len];
        for (piece, &id) in &ids {
            match pieces.get_mut(id as usize) {
                Some(place @ None) => *place = Some(piece.clone()),
                _ => return Err(format!("has the number {id} twice")),
            }
        }
        Ok(Self { pieces, ids })
    }

    /// Adds a piece after the last one.
    pub(super) fn push(&mut self, piece: &str) {
        let id = self.pieces.len() as u32;
        self.pieces.push(Some(piece.into()));
        self.ids.entry(piece.into()).or_insert(id);
    }

    pub(super) fn len(&self) -> usize {
        self.pieces.len()
    }

    pub(super) fn id(&self, piece: &str) -> Option<u32> {
        self.ids.get(piece).copied()
    }

    pub(super) fn piece(&self, id: u32) -> Option<&str> {
        self.pieces.get(id as usize)?.as_deref()
    }

    pub(super) fn numbered_pieces(&self) -> impl Iterator<Item = (u32, &str)> {
        (0..).zip(&self.pieces).filter_map(|(id, piece)| Some((id, piece.as_deref()?)))
    }

    /// The pieces between two marks, without them.
    pub(super) fn marked_pieces<'a>(
        &'a self,
        before: &'a str,
        after: &'a str,
    ) -> impl Iterator<Item = &'a str> {
        let inner = move |(_, piece): (u32, &'a str)| piece.strip_prefix(before)?.strip_suffix(after);
        self.numbered_pieces().filter_map(inner)
    }
}

/// The first of several files that is there.
pub(super) fn first_of(folder: &Path, names: &[&str]) -> Result<PathBuf> {
    let found = names.iter().map(|name| folder.join(name)).find(|path| path.exists());
    found.ok_or_else(|| {
        let names = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ");
        Error::model(format!("{} lacks {names}, which holds the model's tokens", folder.display()))
            .hint("fetch every file of the model's repository into the folder")
    })
}
