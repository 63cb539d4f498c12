//! The verified store: finds a card's files on this machine, checks them, removes them.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::card::{Card, CardFile};
use super::fetch::{Observe, Proceed, StoreEvent, fetch_file};
use super::layout::{candidates, links_to, remove_empty_parents, remove_if_there};
use super::ledger::{Ledger, fetched_for};
use super::lock::Lock;
use super::options::StoreOptions;
use super::{Catalog, card};
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
    /// Its hash, in lower-case hexadecimal.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
}

impl StoredModel {
    /// The file to load: the card's first.
    ///
    /// # Errors
    /// [`ErrorKind::Model`] when the model has no file.
    pub fn weights(&self) -> Result<&StoredFile> {
        self.files.first().ok_or_else(|| Error::model(format!("{} has no file", self.name)))
    }
}

/// What `rm` or `prune` removed, or would remove.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removal {
    /// The files and links.
    pub removed: Vec<PathBuf>,
    /// The bytes that this frees.
    pub freed: u64,
    /// What stays, each with the reason.
    pub kept: Vec<(PathBuf, String)>,
}

/// What a model takes on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// The card's name.
    pub name: String,
    /// The bytes of the files that are here.
    pub bytes: u64,
    /// Where they are.
    pub paths: Vec<PathBuf>,
    /// Whether diglot fetched all of them, so that `rm` may remove them.
    pub fetched_here: bool,
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

    /// The card's files, fetched if they are not on this machine. `observe` is told what happens; when it
    /// answers [`Proceed::Stop`] the call ends, and a later one goes on where it stopped.
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
        self.require_licence(card)?;
        let mut paths = Vec::new();
        for file in &card.files {
            let path = match self.locate(card, file)? {
                Local::Found(path) => path,
                _ if self.options.offline => return Err(offline(card)),
                _ => fetch_file(self, card, file, observe)?,
            };
            paths.push(path);
        }
        Ok(stored(card, paths))
    }

    /// Hashes the card's files again, whatever is remembered of them.
    ///
    /// # Errors
    /// [`ErrorKind::Model`] when a file is absent or its bytes are not the card's.
    pub fn verify(&self, card: &Card, observe: Observe<'_>) -> Result<StoredModel> {
        let mut paths = Vec::new();
        for file in &card.files {
            let here = candidates(&self.options, card, file);
            let path = here.first().ok_or_else(|| {
                Error::model(format!("{} is not on this machine", card.name))
                    .hint(format!("`diglot models pull {}` fetches it", card.name))
            })?;
            let total = file.bytes;
            let found = hash_file(path, &mut |done| observe(StoreEvent::Verifying { done, total }))?;
            self.remember(path, &found);
            if found != file.sha256 {
                let message =
                    format!("{} is damaged: its sha256 is {found}, not {}", path.display(), file.sha256);
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

    /// Removes what diglot fetched for a card, unless something else refers to it. With `dry_run` it only
    /// tells.
    pub fn remove(&self, card: &Card, dry_run: bool) -> Result<Removal> {
        let mut removal = Removal::default();
        let ledger = Ledger::read(&self.options.home);
        for (path, record) in fetched_for(&ledger, &card.name) {
            self.remove_fetched(&path, record.link.as_deref().map(Path::new), dry_run, &mut removal)?;
        }
        for file in &card.files {
            for path in candidates(&self.options, card, file) {
                let known = removal.removed.contains(&path) || removal.kept.iter().any(|(p, _)| *p == path);
                if !known && path.exists() {
                    removal.kept.push((path, "diglot did not fetch it".into()));
                }
            }
        }
        Ok(removal)
    }

    /// Removes unfinished downloads that nobody works on, and fetched files that no card of `catalog` names.
    /// With `dry_run` it only tells.
    pub fn prune(&self, catalog: &Catalog, dry_run: bool) -> Result<Removal> {
        let mut removal = Removal::default();
        let ledger = Ledger::read(&self.options.home);
        for (path, lock) in &ledger.unfinished {
            self.remove_unfinished(Path::new(path), Path::new(lock), dry_run, &mut removal)?;
        }
        for (path, record) in &ledger.fetched {
            if catalog.by_sha256(&record.sha256).is_none() {
                let link = record.link.as_deref().map(Path::new);
                self.remove_fetched(Path::new(path), link, dry_run, &mut removal)?;
            }
        }
        if !dry_run && ledger.hashed.keys().any(|path| !Path::new(path).exists()) {
            Ledger::update(&self.options.home, |l| l.hashed.retain(|path, _| Path::new(path).exists()))?;
        }
        Ok(removal)
    }

    /// What each card takes on this machine; cards without a file here are left out.
    pub fn usage(&self, catalog: &Catalog) -> Vec<Usage> {
        let ledger = Ledger::read(&self.options.home);
        let mut usages = Vec::new();
        for card in catalog.cards() {
            let found: Vec<(u64, PathBuf)> = card
                .files
                .iter()
                .filter_map(|f| Some((f.bytes, candidates(&self.options, card, f).into_iter().next()?)))
                .collect();
            if found.is_empty() {
                continue;
            }
            let ours = fetched_for(&ledger, &card.name);
            let is_ours = |path: &PathBuf| {
                ours.iter().any(|(p, f)| p == path || f.link.as_deref().map(Path::new) == Some(path))
            };
            usages.push(Usage {
                name: card.name.clone(),
                bytes: found.iter().map(|(bytes, _)| bytes).sum(),
                fetched_here: found.iter().all(|(_, path)| is_ours(path)),
                paths: found.into_iter().map(|(_, path)| path).collect(),
            });
        }
        usages
    }

    /// Looks for a card's file, and hashes what was not seen before.
    pub(crate) fn locate(&self, card: &Card, file: &CardFile) -> Result<Local> {
        let mut damaged = None;
        for path in candidates(&self.options, card, file) {
            match self.sha256_of(&path) {
                Ok(found) if found == file.sha256 => return Ok(Local::Found(path)),
                Ok(_) => damaged = damaged.or(Some(path)),
                // It vanished, or may not be read: another candidate may do.
                Err(_) => {}
            }
        }
        Ok(damaged.map_or(Local::Absent, Local::Damaged))
    }

    /// The hash of a file, from memory if the file is as it was.
    fn sha256_of(&self, path: &Path) -> Result<String> {
        let reading = |e| Error::io(ErrorKind::Model, "read", path, e);
        let metadata = fs::metadata(path).map_err(reading)?;
        if !metadata.is_file() {
            return Err(Error::model(format!("{} is not a file", path.display())));
        }
        let real = path.canonicalize().map_err(reading)?;
        if let Some(known) = Ledger::read(&self.options.home).hash_of(&real, &metadata) {
            return Ok(known.to_owned());
        }
        let found = hash_file(path, &mut |_| Proceed::Continue)?;
        self.remember(path, &found);
        Ok(found)
    }

    /// Remembers a hash. Where nothing can be written the file is hashed again the next time.
    fn remember(&self, path: &Path, sha256: &str) {
        if let (Ok(real), Ok(metadata)) = (path.canonicalize(), fs::metadata(path)) {
            let _ = Ledger::update(&self.options.home, |l| l.remember(&real, &metadata, sha256));
        }
    }

    /// Removes our link and, when no other link leads to it, the file.
    fn remove_fetched(
        &self,
        path: &Path,
        link: Option<&Path>,
        dry_run: bool,
        removal: &mut Removal,
    ) -> Result<()> {
        let others: Vec<_> = links_to(path).into_iter().filter(|l| Some(l.as_path()) != link).collect();
        if let Some(link) = link
            && fs::symlink_metadata(link).is_ok_and(|m| m.is_symlink())
        {
            if !dry_run {
                remove_if_there(link)?;
            }
            removal.removed.push(link.into());
        }
        if let Some(other) = others.first() {
            removal.kept.push((path.into(), format!("{} refers to it", other.display())));
            return Ok(());
        }
        if let Ok(metadata) = fs::symlink_metadata(path) {
            if !dry_run {
                remove_if_there(path)?;
            }
            removal.removed.push(path.into());
            removal.freed += metadata.len();
        }
        if !dry_run {
            self.forget(path, link)?;
        }
        Ok(())
    }

    /// Forgets a removed file, and removes the directories that it leaves empty.
    fn forget(&self, path: &Path, link: Option<&Path>) -> Result<()> {
        for gone in [Some(path), link].into_iter().flatten() {
            remove_empty_parents(gone, &self.options.hub_cache);
            remove_empty_parents(gone, &self.options.home);
        }
        Ledger::update(&self.options.home, |ledger| {
            if let Some(path) = path.to_str() {
                ledger.fetched.remove(path);
                ledger.hashed.remove(path);
            }
        })
    }

    fn remove_unfinished(
        &self,
        path: &Path,
        lock: &Path,
        dry_run: bool,
        removal: &mut Removal,
    ) -> Result<()> {
        let Some(_lock) = Lock::try_acquire(lock)? else {
            removal.kept.push((path.into(), "it is being downloaded".into()));
            return Ok(());
        };
        for path in [path.to_owned(), path.with_extension("parts")] {
            if let Ok(metadata) = fs::symlink_metadata(&path) {
                if !dry_run {
                    remove_if_there(&path)?;
                }
                removal.removed.push(path);
                removal.freed += metadata.len();
            }
        }
        if !dry_run {
            remove_empty_parents(path, &self.options.hub_cache);
            Ledger::update(&self.options.home, |ledger| {
                ledger.unfinished.retain(|known, _| Path::new(known) != path);
            })?;
        }
        Ok(())
    }
}

fn stored(card: &Card, paths: Vec<PathBuf>) -> StoredModel {
    let files = card.files.iter().zip(paths).map(|(file, path)| StoredFile {
        name: file.name.clone(),
        path,
        sha256: file.sha256.clone(),
        bytes: file.bytes,
    });
    StoredModel { name: card.name.clone(), files: files.collect() }
}

fn offline(card: &Card) -> Error {
    Error::network(format!("{} is not on this machine, and diglot is offline", card.name))
        .hint(format!("`diglot models pull {}` fetches it while there is a network", card.name))
}

/// The sha256 of a file in lower-case hexadecimal; `observe` is told how many bytes are done.
pub(crate) fn hash_file(path: &Path, observe: &mut dyn FnMut(u64) -> Proceed) -> Result<String> {
    let reading = |e| Error::io(ErrorKind::Model, "read", path, e);
    let mut file = File::open(path).map_err(reading)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut done = 0;
    loop {
        let count = match file.read(&mut buffer) {
            Ok(count) => count,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(reading(e)),
        };
        if count == 0 {
            break;
        }
        hasher.update(buffer.get(..count).unwrap_or_default());
        done += count as u64;
        if observe(done) == Proceed::Stop {
            return Err(Error::interrupted());
        }
    }
    let digest = hasher.finalize();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    debug_assert!(card::is_lower_hex(&hex, 64));
    Ok(hex)
}
