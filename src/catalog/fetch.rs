//! Bringing a card's file to this machine: sources in order, bytes hashed before they are published.

use std::fs;
use std::path::{Path, PathBuf};

use super::address::host_of;
use super::card::{Card, Trust};
use super::events::{Observe, StoreEvent, tell};
use super::file::{CardFile, Hash};
use super::layout::remove_if_there;
use super::ledger::{Fetched, Ledger, key};
use super::lock::Lock;
use super::place::{Place, free_space};
use super::source::Source;
use super::store::{Local, ModelStore};
use super::{http, hub, packages};
use crate::error::{Error, Result};

/// Why a source did not give a file.
pub(crate) enum Failure {
    /// It cannot be reached, or is of no use; the reason in one line.
    Unusable(String),
    /// It does not have what was asked for.
    Absent(String),
    /// It does not give it to this user.
    Refused(String),
    /// It gave, or offers, other bytes than the card's.
    WrongBytes(String),
    /// Going on is no use: a full disk, an interrupt.
    Fatal(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Fatal(error)
    }
}

/// One source's file on its way to its place.
struct Delivery<'a> {
    store: &'a ModelStore,
    card: &'a Card,
    file: &'a CardFile,
    place: Place,
    source: String,
    /// The bytes of all files that are to come, where this is the first of them.
    announce: Option<u64>,
}

/// Fetches a file from the first source that gives the right bytes; one process at a time. The first of a model's files
/// is announced, with the bytes of all that are to come.
pub(crate) fn fetch_file(
    store: &ModelStore,
    card: &Card,
    file: &CardFile,
    announce: Option<u64>,
    observe: Observe<'_>,
) -> Result<PathBuf> {
    let lock = store.options().home.join("locks").join(format!("{}.lock", file.hash.hex()));
    let _lock = Lock::acquire(&lock, || observe(StoreEvent::Waiting { model: &card.name }))?;
    if let Local::Found(path) = store.locate(card, file)? {
        return Ok(path);
    }
    let mut wrong_bytes = false;
    let mut reasons = Vec::new();
    for source in &card.sources {
        // Wrong bytes earn a second try: the fault may have been on the way.
        for _ in 0..2 {
            let again = match from_source(store, card, file, source, announce, observe) {
                Ok(path) => return Ok(path),
                Err(Failure::Fatal(error)) => return Err(error),
                Err(Failure::Unusable(why) | Failure::Absent(why) | Failure::Refused(why)) => (false, why),
                Err(Failure::WrongBytes(why)) => (true, why),
            };
            let (wrong, why) = again;
            let name = describe(store, source);
            tell(observe, StoreEvent::SourceFailed { source: &name, why: &why })?;
            reasons.push(format!("{name}: {why}"));
            wrong_bytes |= wrong;
            if !wrong {
                break;
            }
        }
    }
    reasons.dedup();
    let reasons = reasons.join("; ");
    Err(if wrong_bytes {
        Error::model(format!("no source gave the right bytes of {}: {reasons}", card.name))
            .hint("try again later, or copy the file here and name it with --model PATH")
    } else {
        Error::network(format!("{} cannot be fetched: {reasons}", card.name))
            .hint("connect to the network, or copy the file here and name it with --model PATH")
    })
}

/// A source in the words that users see.
fn describe(store: &ModelStore, source: &Source) -> String {
    match source {
        Source::Hub => format!("hub {}", host_of(&store.options().endpoint)),
        Source::Packages { parts } => {
            let first = parts.first().map_or("", |p| p.package.as_str());
            match parts.len() {
                1 => format!("Python package {first}"),
                n => format!("{n} Python packages from {first}"),
            }
        }
        Source::Url { url } => host_of(url),
        Source::Path { path } => path.display().to_string(),
    }
}

fn from_source(
    store: &ModelStore,
    card: &Card,
    file: &CardFile,
    source: &Source,
    announce: Option<u64>,
    observe: Observe<'_>,
) -> Result<PathBuf, Failure> {
    let options = store.options();
    let at = |commit: Option<&str>| Delivery {
        store,
        card,
        file,
        place: Place::of(options, card, commit),
        source: describe(store, source),
        announce,
    };
    match source {
        Source::Hub => {
            let remote = hub::locate(options, card, file, observe)?;
            let delivery = at(remote.commit.as_deref());
            let path = delivery.run(observe, |staging, observe| {
                http::download(options, &remote.url, options.token.as_deref(), file.bytes, staging, observe)
            })?;
            if card.commit.is_none() || card.trust != Trust::Card {
                delivery.place.write_ref(&card.revision)?;
            }
            Ok(path)
        }
        Source::Packages { parts } => at(card.commit.as_deref())
            .run(observe, |staging, observe| packages::join(options, parts, file.bytes, staging, observe)),
        Source::Url { url } => at(card.commit.as_deref()).run(observe, |staging, observe| {
            http::download(options, url, None, file.bytes, staging, observe)
        }),
        // A usable one was found before any source was asked.
        Source::Path { path } if path.exists() => {
            Err(Failure::WrongBytes("it is not the file that the card names".into()))
        }
        Source::Path { .. } => Err(Failure::Unusable("there is no such file".into())),
    }
}

impl Delivery<'_> {
    /// Fills the staging file, verifies it and publishes it. The ledger hears of a file before the file
    /// exists, so that nothing is ever left behind that `rm` and `prune` do not know.
    fn run(
        &self,
        observe: Observe<'_>,
        fill: impl FnOnce(&Path, Observe<'_>) -> Result<(), Failure>,
    ) -> Result<PathBuf, Failure> {
        let (file, home) = (self.file, &self.store.options().home);
        let lock = self.place.lock(file);
        let _lock = Lock::acquire(&lock, || observe(StoreEvent::Waiting { model: &self.card.name }))?;
        if let Local::Found(path) = self.store.locate(self.card, file)? {
            return Ok(path);
        }
        if let Some(link) = self.show_known_blob()? {
            return Ok(link);
        }
        let staging = self.place.staging(file);
        self.announce(&staging, observe)?;
        let (staging_key, lock_key) = (key(&staging)?, key(&lock)?);
        Ledger::update(home, |ledger| {
            ledger.unfinished.insert(staging_key.clone(), lock_key);
        })?;
        fill(&staging, observe)?;
        self.verify(&staging, observe)?;

        let names = self.place.names(file);
        let link = names.link.as_deref().map(key).transpose()?;
        let record =
            Fetched { model: self.card.name.clone(), hash: file.hash.hex().into(), link: link.clone() };
        let path_key = key(&names.path)?;
        Ledger::update(home, |ledger| {
            ledger.fetched.insert(path_key.clone(), record.clone());
        })?;
        let published = self.place.publish(&staging, file)?;
        let real_key = key(&published.path)?;
        let real = published.path.canonicalize().unwrap_or_else(|_| published.path.clone());
        Ledger::update(home, |ledger| {
            ledger.unfinished.remove(&staging_key);
            if real_key != path_key {
                ledger.fetched.remove(&path_key);
                ledger.fetched.insert(real_key, Fetched { link: None, ..record });
            }
            if let (Ok(metadata), Hash::Sha256(sha256)) = (fs::metadata(&real), &file.hash) {
                ledger.remember(&real, &metadata, sha256);
            }
        })?;
        let path = published.link.unwrap_or(published.path);
        tell(observe, StoreEvent::Done { path: &path })?;
        Ok(path)
    }

    /// A folder's file that is in the cache already, of another commit: it only needs to be shown at this one, too.
    fn show_known_blob(&self) -> Result<Option<PathBuf>> {
        let blob = self.place.names(self.file).path;
        let is_known = self.card.is_folder()
            && fs::metadata(&blob).is_ok_and(|m| m.is_file() && m.len() == self.file.bytes)
            && self.store.holds(&blob, self.file)?;
        if is_known { Ok(self.place.show(self.file)?.link) } else { Ok(None) }
    }

    fn announce(&self, staging: &Path, observe: Observe<'_>) -> Result<()> {
        let Some(bytes) = self.announce else { return Ok(()) };
        let directory = self.place.directory();
        let present = fs::metadata(staging).map_or(0, |m| m.len());
        let free = free_space(&directory);
        let needed = bytes.saturating_sub(present);
        if free.is_some_and(|free| free < needed) {
            let free = free.unwrap_or(0);
            return Err(Error::resource(format!(
                "{} needs {needed} bytes in {}, where {free} are free",
                self.card.name,
                directory.display()
            ))
            .hint("free some space, or set HF_HOME and DIGLOT_HOME to a larger disk"));
        }
        tell(
            observe,
            StoreEvent::Announce {
                model: &self.card.name,
                trust: self.card.trust,
                bytes,
                present,
                licence: &self.card.licence,
                destination: &directory,
                free,
                source: &self.source,
            },
        )
    }

    /// Deletes bytes whose hash is not the card's.
    fn verify(&self, staging: &Path, observe: Observe<'_>) -> Result<(), Failure> {
        let total = self.file.bytes;
        let expected = &self.file.hash;
        let found = expected.of_file(staging, &mut |done| observe(StoreEvent::Verifying { done, total }))?;
        if found == *expected {
            return Ok(());
        }
        remove_if_there(staging)?;
        Err(Failure::WrongBytes(format!(
            "the bytes of {} have the {found} instead of {}; they were deleted",
            self.file.name,
            expected.hex()
        )))
    }
}
