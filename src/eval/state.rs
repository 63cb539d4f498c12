//! The state file: what a run has made so far, so that it can go on after an interruption.
//!
//! One JSON object on each line. The first says under which settings the outputs are made; each of the others holds a
//! batch of outputs and what it took. A line that was cut short by the interruption is dropped.

use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::eval::{Output, Run};

/// Everything that outputs depend on, by name: model, languages, source. A run goes on only under the same.
pub type Settings = BTreeMap<String, String>;

/// What a run has made so far, by the names of segments.
#[derive(Debug, Default)]
pub struct State {
    file: Option<(PathBuf, File)>,
    outputs: HashMap<String, Output>,
    pub(super) run: Run,
}

#[derive(Serialize, Deserialize)]
struct Header {
    diglot_eval: Settings,
}

#[derive(Serialize, Deserialize)]
struct Batch {
    #[serde(flatten)]
    run: Run,
    outputs: Vec<(String, Output)>,
}

impl State {
    /// Begins a state file, or goes on with one. Nothing else can write to it meanwhile.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when it was begun under other settings, naming them; [`ErrorKind::Input`] when the file is
    /// something else, which is left as it is; [`ErrorKind::Runtime`] when it cannot be written.
    pub fn open(path: &Path, settings: &Settings) -> Result<Self> {
        let failed = |error| Error::io(ErrorKind::Runtime, "write", path, error);
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(failed)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                return Err(Error::runtime(format!("another run is writing {}", path.display()))
                    .hint("wait for it, or name another file with --state"));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
            Ok(()) => {}
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|error| Error::io(ErrorKind::Input, "read", path, error))?;
        let mut state = Self::default();
        let complete = state.read(path, &bytes, settings)?;
        file.set_len(complete as u64).map_err(failed)?;
        file.seek(std::io::SeekFrom::End(0)).map_err(failed)?;
        state.file = Some((path.into(), file));
        if complete == 0 {
            state.append(&Header { diglot_eval: settings.clone() })?;
        }
        Ok(state)
    }

    /// Takes what is complete in a state file, and says how many bytes that is.
    fn read(&mut self, path: &Path, bytes: &[u8], settings: &Settings) -> Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let foreign = || {
            Error::input(format!("{} is no state file of `diglot eval`", path.display()))
                .hint("name another file with --state")
        };
        let complete = bytes.iter().rposition(|&byte| byte == b'\n').ok_or_else(foreign)? + 1;
        let mut lines = bytes[..complete].split_inclusive(|&byte| byte == b'\n').enumerate();
        let header = lines.next().and_then(|(_, line)| serde_json::from_slice(line).ok());
        let Header { diglot_eval } = header.ok_or_else(foreign)?;
        check_settings(path, &diglot_eval, settings)?;
        for (index, line) in lines {
            let Batch { run, outputs } = serde_json::from_slice(line).map_err(|_| {
                Error::input(format!("line {} of {} is damaged", index + 1, path.display()))
                    .hint("delete the line, or the file to begin anew")
            })?;
            self.run += run;
            self.outputs.extend(outputs);
        }
        Ok(complete)
    }

    /// How many outputs there are.
    pub fn count(&self) -> usize {
        self.outputs.len()
    }

    /// The output of a segment.
    pub fn get(&self, segment: &str) -> Option<&Output> {
        self.outputs.get(segment)
    }

    /// Adds a batch of outputs, and writes it to the file.
    pub(super) fn add(&mut self, outputs: Vec<(String, Output)>, run: Run) -> Result<()> {
        let batch = Batch { run, outputs };
        self.append(&batch)?;
        self.run += batch.run;
        self.outputs.extend(batch.outputs);
        Ok(())
    }

    fn append(&mut self, line: &impl Serialize) -> Result<()> {
        let Some((path, file)) = &mut self.file else { return Ok(()) };
        let mut text = serde_json::to_string(line)
            .map_err(|error| Error::runtime(format!("cannot write JSON: {error}")).with_source(error))?;
        text.push('\n');
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_data())
            .map_err(|error| Error::io(ErrorKind::Runtime, "write", path, error))
    }
}

fn check_settings(path: &Path, begun: &Settings, now: &Settings) -> Result<()> {
    let nothing = "nothing".to_owned();
    let names = begun.keys().chain(now.keys().filter(|name| !begun.contains_key(*name)));
    let changes: Vec<String> = names
        .map(|name| (name, begun.get(name).unwrap_or(&nothing), now.get(name).unwrap_or(&nothing)))
        .filter(|(_, was, is)| was != is)
        .map(|(name, was, is)| format!("{name} was {was} and is {is}"))
        .collect();
    if changes.is_empty() {
        return Ok(());
    }
    Err(Error::usage(format!("{} was begun with other settings: {}", path.display(), changes.join("; ")))
        .hint("go on with the settings that it was begun with, or name another file with --state"))
}
