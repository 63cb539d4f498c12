//! What the models take on the disk, and how they go again: only what diglot itself fetched is removed, and
//! only while nothing else refers to it.

use std::fs;
use std::path::{Path, PathBuf};

use super::Catalog;
use super::card::Card;
use super::layout::{candidates, links_to, remove_empty_parents, remove_if_there};
use super::ledger::{Ledger, fetched_for};
use super::lock::Lock;
use super::store::ModelStore;
use crate::error::{Error, ErrorKind, Result};

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

impl Removal {
    /// Adds what another removal did.
    pub(crate) fn append(&mut self, other: Self) {
        self.removed.extend(other.removed);
        self.freed += other.freed;
        self.kept.extend(other.kept);
    }
}

impl ModelStore {
    /// Removes what diglot fetched for a card, unless something else refers to it. With `dry_run` it only
    /// tells.
    pub fn remove(&self, card: &Card, dry_run: bool) -> Result<Removal> {
        let card = &self.pinned(card)?.unwrap_or_else(|| card.clone());
        let mut removal = Removal::default();
        let ledger = Ledger::read(&self.options().home);
        for (path, record) in fetched_for(&ledger, &card.name) {
            self.remove_fetched(&path, record.link.as_deref().map(Path::new), dry_run, &mut removal)?;
        }
        for file in &card.files {
            for path in candidates(self.options(), card, file) {
                let known = removal.removed.contains(&path) || removal.kept.iter().any(|(p, _)| *p == path);
                if !known && path.exists() {
                    removal.kept.push((path, "diglot did not fetch it".into()));
                }
            }
        }
        if !dry_run {
            self.forget_record(card)?;
        }
        Ok(removal)
    }

    /// Removes unfinished downloads that nobody works on, and fetched files that neither a card of `catalog` nor the
    /// record of a repository names. With `dry_run` it only tells.
    pub fn prune(&self, catalog: &Catalog, dry_run: bool) -> Result<Removal> {
        let catalog = self.with_recorded(catalog)?;
        let mut removal = Removal::default();
        let ledger = Ledger::read(&self.options().home);
        for (path, lock) in &ledger.unfinished {
            self.remove_unfinished(Path::new(path), Path::new(lock), dry_run, &mut removal)?;
        }
        for (path, record) in &ledger.fetched {
            if catalog.by_hash(&record.hash).is_none() {
                let link = record.link.as_deref().map(Path::new);
                self.remove_fetched(Path::new(path), link, dry_run, &mut removal)?;
            }
        }
        if !dry_run && ledger.hashed.keys().any(|path| !Path::new(path).exists()) {
            Ledger::update(&self.options().home, |l| l.hashed.retain(|path, _| Path::new(path).exists()))?;
        }
        Ok(removal)
    }

    /// What each card, and each recorded repository, takes on this machine; those without a file here are left out.
    ///
    /// # Errors
    /// [`ErrorKind::Model`] when the record of a repository is damaged.
    pub fn usage(&self, catalog: &Catalog) -> Result<Vec<Usage>> {
        let catalog = self.with_recorded(catalog)?;
        let ledger = Ledger::read(&self.options().home);
        let mut usages = Vec::new();
        for card in catalog.cards() {
            let found: Vec<(u64, PathBuf)> = card
                .files
                .iter()
                .filter_map(|f| Some((f.bytes, candidates(self.options(), card, f).into_iter().next()?)))
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
        Ok(usages)
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
            remove_empty_parents(gone, &self.options().hub_cache);
            remove_empty_parents(gone, &self.options().home);
        }
        Ledger::update(&self.options().home, |ledger| {
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
        let scratch = path.with_extension("pip");
        if scratch.is_dir() {
            if !dry_run {
                fs::remove_dir_all(&scratch)
                    .map_err(|e| Error::io(ErrorKind::Runtime, "remove", &scratch, e))?;
            }
            removal.removed.push(scratch);
        }
        if !dry_run {
            remove_empty_parents(path, &self.options().hub_cache);
            Ledger::update(&self.options().home, |ledger| {
                ledger.unfinished.retain(|known, _| Path::new(known) != path);
            })?;
        }
        Ok(())
    }
}
