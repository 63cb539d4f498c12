//! The verified store: finds a card's files on this machine, checks them, removes them.

use std::fs;
use std::path::{Path, PathBuf};

use super::Catalog;
use super::card::{Card, Trust};
use super::events::{Observe, Proceed, StoreEvent};
#[cfg(feature = "hub")]
use super::fetch::fetch_file;
use super::file::{CardFile, Hash, sha256_of_file};
use super::layout::candidates;
use super::ledger::Ledger;
use super::options::StoreOptions;
use crate::error::{Error, ErrorKind, Result};

/// The weights on this machine. Nothing that it gives out has an unverified byte.
#[derive(Clone, Debug)]
pub struct ModelStore {
    options: StoreOptions,
}

/// A model whose files are on this machine and have the card's hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredModel {
    /// The card's name.
    pub name: String,
    /// The files, in the card's order.
    pub files: Vec<StoredFile>,
}

/// A verified file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    /// The name in the card.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Its hash.
    pub hash: Hash,
    /// Its size.
    pub bytes: u64,
}

impl StoredModel {
    /// The GGUF file to load: the card's first.
    ///
    /// # Errors
    /// [`ErrorKind::Model`] when the model has no file.
    pub fn weights(&self) -> Result<&StoredFile> {
        self.files.first().ok_or_else(|| Error::model(format!("{} has no file", self.name)))
    }

    /// The folder to load an encoder-decoder from.
    ///
    /// # Errors
    /// [`ErrorKind::Model`] when the model has no file.
    pub fn folder(&self) -> Result<&Path> {
        Ok(self.weights()?.path.parent().unwrap_or(Path::new(".")))
    }
}

/// What is known of a card's file on this machine.
pub(crate) enum Local {
    Found(PathBuf),
    Damaged(PathBuf),
    Absent,
}

impl ModelStore {
    /// A store with these options.
    pub fn new(options: StoreOptions) -> Self {
        Self { options }
    }

    /// A store as the environment describes it.
    ///
    /// # Errors
    /// When there is no home directory and the variables that replace it are not set.
    pub fn from_env() -> Result<Self> {
        Ok(Self::new(StoreOptions::from_env()?))
    }

    /// What the store works with.
    pub fn options(&self) -> &StoreOptions {
        &self.options
    }

    /// The card's files, if all are on this machine; no socket is opened. A file that was not seen before is
    /// hashed, and remembered by path, size, time and inode.
    ///
    /// # Errors
    /// [`ErrorKind::Model`] when a file is here under the card's name but holds other bytes.
    pub fn resolve(&self, card: &Card) -> Result<Option<StoredModel>> {
        let Some(card) = &self.pinned(card)? else { return Ok(None) };
        let mut paths = Vec::new();
        let mut damaged = None;
        for file in &card.files {
            match self.locate(card, file)? {
                Local::Found(path) => paths.push(path),
                Local::Damaged(path) => damaged = damaged.or(Some(path)),
                Local::Absent => return Ok(None),
            }
        }
        match damaged {
            Some(path) => {
                Err(Error::model(format!("{} is damaged: it is not {}", path.display(), card.name))
                    .hint(format!("`diglot models pull {}` fetches it anew", card.name)))
            }
            None => Ok(Some(stored(card, paths))),
        }
    }

    /// The card's files, fetched if they are not on this machine; a card that leaves them to the hub is
    /// [pinned](Self::pin) first. `observe` is told what happens; when it answers [`Proceed::Stop`] the call ends, and
    /// a later one goes on where it stopped.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when the licence was not accepted, [`ErrorKind::Network`] when no source can be
    /// reached or the store is offline, [`ErrorKind::Model`] when sources gave wrong bytes,
    /// [`ErrorKind::Resource`] when there is no room or no permission, [`ErrorKind::Interrupted`].
    pub fn fetch(
        &self,
        card: &Card,
        observe: &mut dyn FnMut(StoreEvent<'_>) -> Proceed,
    ) -> Result<StoredModel> {
        if card.trust != Trust::Unlisted {
            self.require_licence(card)?;
        }
        let card = &self.pin(card, observe)?;
        self.require_licence(card)?;
        let mut found = Vec::new();
        for file in &card.files {
            found.push(match self.locate(card, file)? {
                Local::Found(path) => Some(path),
                _ if self.options.offline => return Err(offline(card)),
                _ => None,
            });
        }
        let missing = card.files.iter().zip(&found).filter(|(_, path)| path.is_none());
        let mut announce = Some(missing.map(|(file, _)| file.bytes).sum());
        let mut paths = Vec::new();
        for (file, path) in card.files.iter().zip(found) {
            paths.push(match path {
                Some(path) => path,
                None => self.fetch_missing(card, file, announce.take(), observe)?,
            });
        }
        Ok(stored(card, paths))
    }

    #[cfg(feature = "hub")]
    fn fetch_missing(
        &self,
        card: &Card,
        file: &CardFile,
        announce: Option<u64>,
        observe: Observe<'_>,
    ) -> Result<PathBuf> {
        fetch_file(self, card, file, announce, observe)
    }

    #[cfg(not(feature = "hub"))]
    fn fetch_missing(&self, card: &Card, _: &CardFile, _: Option<u64>, _: Observe<'_>) -> Result<PathBuf> {
        Err(without_network(card))
    }

    /// Hashes the card's files again, whatever is remembered of them.
    ///
    /// # Errors
    /// [`ErrorKind::Model`] when a file is absent or its bytes are not the card's.
    pub fn verify(&self, card: &Card, observe: Observe<'_>) -> Result<StoredModel> {
        let absent = || {
            Error::model(format!("{} is not on this machine", card.name))
                .hint(format!("`diglot models pull {}` fetches it", card.name))
        };
        let card = &self.pinned(card)?.ok_or_else(absent)?;
        let mut paths = Vec::new();
        for file in &card.files {
            let here = candidates(&self.options, card, file);
            let path = here.first().ok_or_else(absent)?;
            let total = file.bytes;
            let found =
                file.hash.of_file(path, &mut |done| observe(StoreEvent::Verifying { done, total }))?;
            if let Hash::Sha256(sha256) = &found {
                self.remember(path, sha256);
            }
            if found != file.hash {
                let (kind, expected) = (file.hash.kind(), file.hash.hex());
                let message =
                    format!("{} is damaged: its {kind} is {}, not {expected}", path.display(), found.hex());
                let hint = format!("`diglot models pull {}` fetches it anew", card.name);
                return Err(Error::model(message).hint(hint));
            }
            paths.push(path.clone());
        }
        Ok(stored(card, paths))
    }

    /// The sha256 of a file, and the card that knows it.
    ///
    /// # Errors
    /// [`ErrorKind::Model`] when the file cannot be read.
    pub fn identify<'a>(&self, path: &Path, catalog: &'a Catalog) -> Result<(String, Option<&'a Card>)> {
        let sha256 = self.sha256_of(path)?;
        let card = catalog.by_sha256(&sha256);
        Ok((sha256, card))
    }

    /// Remembers that the user accepted the terms of a card.
    pub fn accept_licence(&self, card: &Card) -> Result<()> {
        if card.licence.is_permissive() {
            return Ok(());
        }
        Ledger::update(&self.options.home, |ledger| {
            ledger.accepted.insert(card.licence.name.clone());
        })
    }

    /// Fails unless the card's terms are permissive or were accepted.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`], naming the terms and `--accept-licence`.
    pub fn require_licence(&self, card: &Card) -> Result<()> {
        let licence = &card.licence;
        if licence.is_permissive() || Ledger::read(&self.options.home).accepted.contains(&licence.name) {
            return Ok(());
        }
        Err(Error::usage(format!("{} comes under the terms `{}` ({})", card.name, licence.name, licence.url))
            .hint("read them; if you accept them, say so once with --accept-licence"))
    }

    /// Looks for a card's file, and hashes what was not seen before.
    pub(crate) fn locate(&self, card: &Card, file: &CardFile) -> Result<Local> {
        let mut damaged = None;
        for path in candidates(&self.options, card, file) {
            match self.holds(&path, file) {
                Ok(true) => return Ok(Local::Found(path)),
                Ok(false) => damaged = damaged.or(Some(path)),
                // It vanished, or may not be read: another candidate may do.
                Err(_) => {}
            }
        }
        Ok(damaged.map_or(Local::Absent, Local::Damaged))
    }

    /// Whether the file at `path` has the hash of `file`. Small files are read each time.
    pub(crate) fn holds(&self, path: &Path, file: &CardFile) -> Result<bool> {
        match &file.hash {
            Hash::Sha256(expected) => Ok(self.sha256_of(path)? == *expected),
            git => Ok(git.of_file(path, &mut |_| Proceed::Continue)? == *git),
        }
    }

    /// The hash of a file, from memory if the file is as it was.
    pub(crate) fn sha256_of(&self, path: &Path) -> Result<String> {
        let reading = |e| Error::io(ErrorKind::Model, "read", path, e);
        let metadata = fs::metadata(path).map_err(reading)?;
        if !metadata.is_file() {
            return Err(Error::model(format!("{} is not a file", path.display())));
        }
        let real = path.canonicalize().map_err(reading)?;
        if let Some(known) = Ledger::read(&self.options.home).hash_of(&real, &metadata) {
            return Ok(known.to_owned());
        }
        let found = sha256_of_file(path, &mut |_| Proceed::Continue)?;
        self.remember(path, &found);
        Ok(found)
    }

    /// Remembers a hash. Where nothing can be written the file is hashed again the next time.
    fn remember(&self, path: &Path, sha256: &str) {
        if let (Ok(real), Ok(metadata)) = (path.canonicalize(), fs::metadata(path)) {
            let _ = Ledger::update(&self.options.home, |l| l.remember(&real, &metadata, sha256));
        }
    }
}

fn stored(card: &Card, paths: Vec<PathBuf>) -> StoredModel {
    let files = card.files.iter().zip(paths).map(|(file, path)| StoredFile {
        name: file.name.clone(),
        path,
        hash: file.hash.clone(),
        bytes: file.bytes,
    });
    StoredModel { name: card.name.clone(), files: files.collect() }
}

fn offline(card: &Card) -> Error {
    Error::network(format!("{} is not on this machine, and diglot is offline", card.name))
        .hint(format!("`diglot models pull {}` fetches it while there is a network", card.name))
}

#[cfg(not(feature = "hub"))]
fn without_network(card: &Card) -> Error {
    Error::network(format!("{} is not on this machine, and this build cannot fetch it", card.name))
        .hint("build diglot with its default features, or copy the file here and name it with --model PATH")
}
