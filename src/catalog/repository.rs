//! Hub repositories by name: what was found when one was first asked for, recorded, so that every later run uses the same
//! commit and asks nobody.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Catalog;
use super::card::{Card, Licence, Role, Trust, is_plain_name};
use super::events::Observe;
use super::file::{CardFile, is_lower_hex};
use super::layout::{entries, folder_of, remove_if_there};
#[cfg(feature = "hub")]
use super::pin;
use super::source::Source;
use super::store::ModelStore;
use crate::error::{Error, ErrorKind, Result};

/// The branch that is meant where none is named.
pub(crate) const MAIN: &str = "main";

/// A hub repository at a revision, as users name it: `OWNER/NAME` or `OWNER/NAME@REVISION`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryName {
    /// `OWNER/NAME`.
    pub repository: String,
    /// A branch, a tag or a commit; `main` unless it is named.
    pub revision: String,
}

/// A repository as the hub described it: the commit at which its revision stood, and the files that are needed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Snapshot {
    pub(crate) repository: String,
    pub(crate) revision: String,
    pub(crate) commit: String,
    /// `model_type` of `config.json`, or `general.architecture` of a GGUF file where the hub says it.
    pub(crate) architecture: String,
    pub(crate) roles: Vec<Role>,
    pub(crate) languages: Vec<String>,
    pub(crate) licence: Licence,
    pub(crate) files: Vec<CardFile>,
}

impl RepositoryName {
    /// Reads a name; `None` when it cannot be that of a repository.
    pub fn parse(text: &str) -> Option<Self> {
        let (repository, revision) = text.split_once('@').unwrap_or((text, MAIN));
        let (owner, name) = repository.split_once('/')?;
        let fits = is_plain_name(owner) && is_plain_name(name) && revision.split('/').all(is_plain_name);
        fits.then(|| Self { repository: repository.into(), revision: revision.into() })
    }

    /// The revision as one component of a path or of a web address.
    pub(crate) fn revision_component(&self) -> String {
        self.revision.replace('/', "%2F")
    }

    /// The file that records what was found.
    fn record(&self, home: &Path) -> PathBuf {
        let name = format!("{}@{}.toml", self.repository.replace('/', "--"), self.revision_component());
        records(home).join(name)
    }
}

impl std::fmt::Display for RepositoryName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.revision.as_str() {
            MAIN => f.write_str(&self.repository),
            revision => write!(f, "{}@{revision}", self.repository),
        }
    }
}

impl Card {
    /// A card for a repository that none names. It is empty until the store has asked the hub.
    pub fn of_repository(name: &RepositoryName) -> Self {
        Self {
            name: name.to_string(),
            summary: "a hub repository without a model card".into(),
            repository: Some(name.repository.clone()),
            commit: None,
            revision: name.revision.clone(),
            trust: Trust::Unlisted,
            files: Vec::new(),
            licence: Licence { name: "unknown".into(), url: String::new(), commercial: false, gated: false },
            languages: Vec::new(),
            pairs: Vec::new(),
            roles: Vec::new(),
            rank: 1000,
            architecture: String::new(),
            profile: None,
            context: 0,
            run_here: false,
            score: None,
            sources: vec![Source::Hub],
        }
    }
}

impl Snapshot {
    /// The card with what the hub said. Of a card that only leaves its files to the hub, the rest stays.
    pub(super) fn complete(self, card: &Card) -> Result<Card> {
        let mut card = Card { commit: Some(self.commit), files: self.files, ..card.clone() };
        if card.trust == Trust::Unlisted {
            card.licence = self.licence;
            card.languages = self.languages;
            card.roles = self.roles;
            card.architecture = self.architecture;
        }
        let damaged =
            |why| Error::model(format!("what the hub said of {} cannot be right: {why}", card.name));
        card.check().map_err(damaged)?;
        Ok(card)
    }

    fn name(&self) -> RepositoryName {
        RepositoryName { repository: self.repository.clone(), revision: self.revision.clone() }
    }

    /// Reads a record; one that is absent is none.
    pub(super) fn read(path: &Path) -> Result<Option<Self>> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(Error::io(ErrorKind::Model, "read", path, e)),
        };
        toml::from_str(&text).map(Some).map_err(|e| {
            Error::model(format!("{} is not a record of a repository: {}", path.display(), e.message()))
                .hint("delete it; `diglot models pull` asks the hub again")
        })
    }
}

impl ModelStore {
    /// The card with its files, without asking anybody: they are on the card, or were recorded when the hub was first
    /// asked. `None` when it never was.
    ///
    /// # Errors
    /// [`ErrorKind::Model`] when the record is damaged.
    pub fn pinned(&self, card: &Card) -> Result<Option<Card>> {
        match card.repository_name() {
            _ if !card.files.is_empty() => Ok(Some(card.clone())),
            Some(name) => {
                let found = Snapshot::read(&name.record(&self.options().home))?;
                found.map(|snapshot| snapshot.complete(card)).transpose()
            }
            None => Ok(None),
        }
    }

    /// The card with its files. A card that leaves them to the hub has them from the record, or else the hub is asked
    /// for the commit at which the revision stands, and for what the files hash to, and both are recorded. No weights
    /// are fetched.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when the hub has no such repository, [`ErrorKind::Model`] when it lacks a file or holds a
    /// model of a kind that is not known here, [`ErrorKind::Network`] when the hub cannot be asked or refuses, or the
    /// store is offline.
    pub fn pin(&self, card: &Card, observe: Observe<'_>) -> Result<Card> {
        if let Some(pinned) = self.pinned(card)? {
            return Ok(pinned);
        }
        let name = card.repository_name().ok_or_else(|| {
            Error::usage(format!("the card of {} names neither files nor a repository", card.name))
        })?;
        if self.options().offline {
            return Err(unreached(&name, "diglot is offline"));
        }
        #[cfg(feature = "hub")]
        {
            let record = name.record(&self.options().home);
            pin::resolve(self.options(), &name, &record, observe)?.complete(card)
        }
        #[cfg(not(feature = "hub"))]
        {
            let _ = observe;
            Err(unreached(&name, "this build of diglot has no network"))
        }
    }

    /// The folder and commit at which the Hugging Face cache holds an encoder-decoder that other tools fetched. Its bytes
    /// are not held against anything.
    pub(crate) fn snapshot(&self, name: &RepositoryName) -> Option<(PathBuf, String)> {
        let folder = self.options().hub_cache.join(folder_of(&name.repository));
        let commit = match is_lower_hex(&name.revision, 40) {
            true => name.revision.clone(),
            false => fs::read_to_string(folder.join("refs").join(&name.revision)).ok()?.trim().to_owned(),
        };
        let snapshot = folder.join("snapshots").join(&commit);
        (is_lower_hex(&commit, 40) && snapshot.join("config.json").is_file()).then_some((snapshot, commit))
    }

    /// The catalog with what was recorded: files of cards that leave them to the hub, and unlisted repositories.
    ///
    /// # Errors
    /// [`ErrorKind::Model`] when a record is damaged.
    pub fn with_recorded(&self, catalog: &Catalog) -> Result<Catalog> {
        let mut known = catalog.clone();
        for card in catalog.cards() {
            if let Some(pinned) = self.pinned(card)? {
                known.add(pinned);
            }
        }
        for path in entries(&records(&self.options().home)) {
            if path.extension().is_some_and(|e| e == "toml")
                && let Some(snapshot) = Snapshot::read(&path)?
                && !known.cards().into_iter().any(|c| c.repository_name() == Some(snapshot.name()))
            {
                let stub = Card::of_repository(&snapshot.name());
                known.add(snapshot.complete(&stub)?);
            }
        }
        Ok(known)
    }

    /// Forgets what was recorded of a card, so that the next fetch asks the hub again.
    pub(crate) fn forget_record(&self, card: &Card) -> Result<()> {
        if card.trust != Trust::Card
            && let Some(name) = card.repository_name()
        {
            remove_if_there(&name.record(&self.options().home))?;
        }
        Ok(())
    }
}

fn records(home: &Path) -> PathBuf {
    home.join("repositories")
}

/// A repository that is not here and cannot be asked for.
pub(crate) fn unreached(name: &RepositoryName, why: &str) -> Error {
    let folder = name.repository.rsplit('/').next().unwrap_or(&name.repository);
    Error::network(format!("the repository {name} is not on this machine, and {why}")).hint(format!(
        "`diglot models pull {name}` fetches it while there is a network; or put its files into a folder and name that: \
         --model ./{folder}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_an_owner_and_perhaps_a_revision() {
        let read = |text| RepositoryName::parse(text).map(|name| (name.repository, name.revision));
        let main = |repository: &str| Some((repository.to_owned(), "main".to_owned()));
        assert_eq!(read("Helsinki-NLP/opus-mt-de-en"), main("Helsinki-NLP/opus-mt-de-en"));
        assert_eq!(read("a/b@v1.0"), Some(("a/b".into(), "v1.0".into())));
        assert_eq!(read("a/b@refs/pr/3"), Some(("a/b".into(), "refs/pr/3".into())));
        for wrong in
            ["", "name", "/name", "a/", "a/b/c", "./model", "../model", "a/b@", "a/b@../x", "a/b@v 1", "~/b"]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_name_reads_back_as_it_was_written() {
        for text in ["a/b", "a/b@v1", "a/b@refs/pr/3"] {
            assert_eq!(RepositoryName::parse(text).unwrap().to_string(), text);
        }
        let name = RepositoryName::parse("a/b@refs/pr/3").unwrap();
        assert!(name.record(Path::new("/home")).ends_with("repositories/a--b@refs%2Fpr%2F3.toml"));
    }
}
