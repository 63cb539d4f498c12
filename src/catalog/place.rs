//! Publishing: bytes are gathered under another name, verified, and given their final name in one step.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::card::Card;
use super::file::CardFile;
use super::layout::{base_name, create_parent, folder_of, remove_if_there, writing};
use super::options::StoreOptions;
use crate::error::Result;

/// Where a file of a card is to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The Hugging Face cache, under a commit that is known.
    Hub { cache: PathBuf, folder: String, commit: String },
    /// diglot's own directory.
    Own { home: PathBuf },
}

/// A published file: where its bytes are, and the snapshot's link to them.
#[derive(Clone, Debug)]
pub(crate) struct Published {
    pub(crate) path: PathBuf,
    pub(crate) link: Option<PathBuf>,
}

impl Place {
    /// The place of a card's files; `commit` is the one that the card or the hub gave.
    pub(crate) fn of(options: &StoreOptions, card: &Card, commit: Option<&str>) -> Self {
        match (&card.repository, commit) {
            (Some(repository), Some(commit)) => Self::Hub {
                cache: options.hub_cache.clone(),
                folder: folder_of(repository),
                commit: commit.into(),
            },
            _ => Self::Own { home: options.home.clone() },
        }
    }

    /// Where the bytes are gathered, on the same file system as their final name.
    pub(crate) fn staging(&self, file: &CardFile) -> PathBuf {
        let name = format!("{}.incomplete", file.hash.hex());
        match self {
            Self::Hub { cache, folder, .. } => cache.join(folder).join("blobs").join(name),
            Self::Own { home } => home.join("models").join(name),
        }
    }

    /// The lock that writers of the file hold; in the Hugging Face cache, the one that its tools use too.
    pub(crate) fn lock(&self, file: &CardFile) -> PathBuf {
        let name = format!("{}.lock", file.hash.hex());
        match self {
            Self::Hub { cache, folder, .. } => cache.join(".locks").join(folder).join(name),
            Self::Own { home } => home.join("locks").join(format!("own-{name}")),
        }
    }

    /// The directory that users know.
    pub(crate) fn directory(&self) -> PathBuf {
        match self {
            Self::Hub { cache, folder, .. } => cache.join(folder),
            Self::Own { home } => home.join("models"),
        }
    }

    /// The names that `file` will have here.
    pub(crate) fn names(&self, file: &CardFile) -> Published {
        match self {
            Self::Hub { cache, folder, commit } => {
                let repository = cache.join(folder);
                let link = repository.join("snapshots").join(commit).join(&file.name);
                Published { path: repository.join("blobs").join(file.hash.hex()), link: Some(link) }
            }
            Self::Own { home } => Published {
                path: home.join("models").join(file.hash.hex()).join(base_name(file)),
                link: None,
            },
        }
    }

    /// Gives verified, synced bytes their final name in one step, and shows them in the snapshot.
    pub(crate) fn publish(&self, staging: &Path, file: &CardFile) -> Result<Published> {
        move_into_place(staging, &self.names(file).path)?;
        self.show(file)
    }

    /// Shows a published file in the snapshot.
    pub(crate) fn show(&self, file: &CardFile) -> Result<Published> {
        let names = self.names(file);
        let Some(link) = names.link else { return Ok(names) };
        if shows(&link, &names.path) {
            return Ok(Published { path: names.path, link: Some(link) });
        }
        match make_link(&link, &names.path) {
            Ok(()) => Ok(Published { path: names.path, link: Some(link) }),
            // Where links cannot be made the snapshot holds the file itself, as the hub's own tools do.
            Err(_) => {
                move_into_place(&names.path, &link)?;
                Ok(Published { path: link, link: None })
            }
        }
    }

    /// Writes `refs/REVISION`, which the hub itself said stands at this commit.
    pub(crate) fn write_ref(&self, revision: &str) -> Result<()> {
        let Self::Hub { cache, folder, commit } = self else { return Ok(()) };
        let path = cache.join(folder).join("refs").join(revision);
        let directory = create_parent(&path)?;
        let mut file = tempfile::NamedTempFile::new_in(directory).map_err(|e| writing("write", &path, e))?;
        io::Write::write_all(&mut file, commit.as_bytes()).map_err(|e| writing("write", &path, e))?;
        file.persist(&path).map_err(|e| writing("write", &path, e.error))?;
        Ok(())
    }
}

/// Opens a staging file for writing; a link that someone planted in its place is removed, not followed.
pub(crate) fn open_staging(path: &Path) -> Result<File> {
    create_parent(path)?;
    if fs::symlink_metadata(path).is_ok_and(|m| !m.is_file()) {
        remove_if_there(path)?;
    }
    let mut options = fs::OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true);
    options.open(path).map_err(|e| writing("write", path, e))
}

/// Flushes `from` to the disk and renames it, so that a crash leaves the old state or the new one.
fn move_into_place(from: &Path, to: &Path) -> Result<()> {
    let directory = create_parent(to)?;
    let synced = File::open(from).and_then(|file| file.sync_all());
    synced.map_err(|e| writing("write", from, e))?;
    fs::rename(from, to).map_err(|e| writing("write", to, e))?;
    #[cfg(unix)]
    File::open(directory).and_then(|d| d.sync_all()).map_err(|e| writing("write", directory, e))?;
    #[cfg(not(unix))]
    let _ = directory;
    Ok(())
}

fn shows(link: &Path, blob: &Path) -> bool {
    matches!((link.canonicalize(), blob.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// Links `link` to `blob` by a relative path, replacing a link that leads elsewhere or nowhere.
fn make_link(link: &Path, blob: &Path) -> io::Result<()> {
    let (Some(directory), Some(repository)) = (link.parent(), blob.parent().and_then(Path::parent)) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    fs::create_dir_all(directory)?;
    let inside = directory.strip_prefix(repository).map_err(io::Error::other)?;
    let mut target: PathBuf = inside.components().map(|_| "..").collect();
    target.push(blob.strip_prefix(repository).map_err(io::Error::other)?);
    let temporary = link.with_extension(format!("link-{}", std::process::id()));
    symlink(&target, &temporary)?;
    fs::rename(&temporary, link).inspect_err(|_| {
        let _ = fs::remove_file(&temporary);
    })
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(windows)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(target, link)
}

#[cfg(not(any(unix, windows)))]
fn symlink(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The bytes that are free for this user where `path` is, or will be.
pub(crate) fn free_space(path: &Path) -> Option<u64> {
    let existing = path.ancestors().find(|p| p.exists())?;
    available(existing)
}

#[cfg(unix)]
fn available(path: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(path).ok()?;
    found.f_bavail.checked_mul(found.f_frsize)
}

#[cfg(not(unix))]
fn available(_: &Path) -> Option<u64> {
    None
}
