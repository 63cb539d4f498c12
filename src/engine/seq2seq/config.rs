//! The settings of a model folder: `config.json`, and `generation_config.json` where there is one. Nothing in them
//! is believed about sizes.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind, Result};

/// The largest settings file in bytes.
const MAX_BYTES: u64 = 4 << 20;
/// The largest of any size in a configuration.
const MAX_SIZE: usize = 1 << 22;

/// A JSON object with settings.
#[derive(Debug)]
pub(crate) struct Settings {
    path: PathBuf,
    values: Map<String, Value>,
}

impl Settings {
    /// Reads a file that must be there.
    ///
    /// # Errors
    /// [`ErrorKind::Model`] when it is missing, too large or no JSON object.
    pub(crate) fn read(path: PathBuf) -> Result<Self> {
        let about = std::fs::metadata(&path).map_err(|e| {
            Error::io(ErrorKind::Model, "open", &path, e)
                .hint("fetch every file of the model's repository into the folder")
        })?;
        let fault = |what: &str| Error::model(format!("{} {what}", path.display()));
        if !about.is_file() || about.len() > MAX_BYTES {
            return Err(fault("is no settings file"));
        }
        let bytes = std::fs::read(&path).map_err(|e| Error::io(ErrorKind::Model, "read", &path, e))?;
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(values)) => Ok(Self { path, values }),
            Ok(_) => Err(fault("is not a JSON object")),
            Err(error) => Err(fault(&format!("is not the JSON that it should be: {error}"))),
        }
    }

    /// Settings that do not come from a file of their own; `path` is where they were read from.
    pub(super) fn of_values(path: &Path, values: Value) -> Self {
        let values = match values {
            Value::Object(values) => values,
            _ => Map::new(),
        };
        Self { path: path.into(), values }
    }

    /// `generation_config.json` of a folder; where there is none, `config.json` holds its settings.
    pub(crate) fn of_generation(folder: &Path) -> Result<Self> {
        let path = folder.join("generation_config.json");
        Self::read(if path.exists() { path } else { folder.join("config.json") })
    }

    /// What is wrong with a setting.
    pub(crate) fn wrong(&self, key: &str, what: &str) -> Error {
        Error::model(format!("{}: `{key}` {what}", self.path.display()))
    }

    fn get(&self, key: &str) -> Option<&Value> {
        self.values.get(key).filter(|value| !value.is_null())
    }

    /// Whether something is said.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Text, if it is there.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }

    /// Whether something is said to be so, if it is said.
    pub(crate) fn flag(&self, key: &str) -> Option<bool> {
        self.get(key)?.as_bool()
    }

    /// A number, if it is there.
    pub(crate) fn number(&self, key: &str) -> Option<f64> {
        self.get(key)?.as_f64()
    }

    /// A count from 0, if it is there.
    pub(crate) fn count(&self, key: &str) -> Result<Option<usize>> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let count = value.as_u64().and_then(|n| usize::try_from(n).ok()).filter(|n| *n <= MAX_SIZE);
        count.map(Some).ok_or_else(|| self.wrong(key, &format!("is {value}, not a number in reason")))
    }

    /// A size from 1 to `most` that must be there.
    pub(crate) fn size(&self, key: &str, most: usize) -> Result<usize> {
        let size = self.count(key)?.ok_or_else(|| self.wrong(key, "is missing"))?;
        match (1..=most).contains(&size) {
            true => Ok(size),
            false => Err(self.wrong(key, &format!("is {size}, not from 1 to {most}"))),
        }
    }

    /// A token, if it is there; of several the first.
    pub(crate) fn token(&self, key: &str) -> Result<Option<u32>> {
        Ok(self.tokens(key)?.first().copied())
    }

    /// Tokens: one, several or none.
    pub(crate) fn tokens(&self, key: &str) -> Result<Vec<u32>> {
        let values = match self.get(key) {
            None => return Ok(Vec::new()),
            Some(Value::Array(values)) => values.as_slice(),
            Some(value) => std::slice::from_ref(value),
        };
        values.iter().map(|value| token(value).ok_or_else(|| self.wrong(key, "is no token"))).collect()
    }

    /// Sequences of tokens, none of them empty.
    pub(crate) fn sequences(&self, key: &str) -> Result<Vec<Vec<u32>>> {
        let wrong = || self.wrong(key, "is no list of lists of tokens");
        let Some(value) = self.get(key) else { return Ok(Vec::new()) };
        let sequence = |value: &Value| {
            let tokens: Option<Vec<u32>> = value.as_array()?.iter().map(token).collect();
            tokens.filter(|tokens| !tokens.is_empty())
        };
        let sequences = value.as_array().ok_or_else(wrong)?.iter().map(sequence);
        sequences.collect::<Option<_>>().ok_or_else(wrong)
    }
}

fn token(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|id| u32::try_from(id).ok()).filter(|id| (*id as usize) < MAX_SIZE)
}
