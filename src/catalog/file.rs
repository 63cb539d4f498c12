//! A file of a model and what its bytes hash to, in the two ways of the hub: large files by their sha256, small ones by
//! the id that git gives them. The Hugging Face cache names its blobs by the same digits.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::events::Proceed;
use crate::error::{Error, ErrorKind, Result};

/// A file of a model. Written with one of `sha256` and `git_sha1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawFile", into = "RawFile")]
pub struct CardFile {
    /// The name in the repository.
    pub name: String,
    /// The size.
    pub bytes: u64,
    /// What the content hashes to.
    pub hash: Hash,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    name: String,
    bytes: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    git_sha1: Option<String>,
}

impl TryFrom<RawFile> for CardFile {
    type Error = String;

    fn try_from(raw: RawFile) -> Result<Self, String> {
        let hash = match (raw.sha256, raw.git_sha1) {
            (Some(hex), None) => Hash::Sha256(hex),
            (None, Some(hex)) => Hash::GitSha1(hex),
            _ => return Err(format!("{} needs either `sha256` or `git_sha1`", raw.name)),
        };
        Ok(Self { name: raw.name, bytes: raw.bytes, hash })
    }
}

impl From<CardFile> for RawFile {
    fn from(CardFile { name, bytes, hash }: CardFile) -> Self {
        let (sha256, git_sha1) = match hash {
            Hash::Sha256(hex) => (Some(hex), None),
            Hash::GitSha1(hex) => (None, Some(hex)),
        };
        Self { name, bytes, sha256, git_sha1 }
    }
}

/// What the bytes of a file hash to, in lower-case hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hash {
    /// The sha256 of the content: 64 digits.
    Sha256(String),
    /// The id of the content as a git blob, the SHA-1 of a header and the content: 40 digits.
    GitSha1(String),
}

impl Hash {
    /// The digits.
    pub fn hex(&self) -> &str {
        match self {
            Self::Sha256(hex) | Self::GitSha1(hex) => hex,
        }
    }

    /// The name of the way of hashing, as cards and JSON write it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sha256(_) => "sha256",
            Self::GitSha1(_) => "git_sha1",
        }
    }

    /// Whether the digits can be such a hash.
    pub(crate) fn is_sound(&self) -> bool {
        match self {
            Self::Sha256(hex) => is_lower_hex(hex, 64),
            Self::GitSha1(hex) => is_lower_hex(hex, 40),
        }
    }

    /// The hash of this kind of a file; `observe` is told how many bytes are done.
    pub(crate) fn of_file(&self, path: &Path, observe: &mut dyn FnMut(u64) -> Proceed) -> Result<Self> {
        match self {
            Self::Sha256(_) => sha256_of_file(path, observe).map(Self::Sha256),
            Self::GitSha1(_) => {
                let reading = |e| Error::io(ErrorKind::Model, "read", path, e);
                let bytes = std::fs::metadata(path).map_err(reading)?.len();
                digest(Sha1::new_with_prefix(git_header(bytes)), path, observe).map(Self::GitSha1)
            }
        }
    }

    /// Whether `content` has this hash.
    #[cfg(feature = "hub")]
    pub(crate) fn fits(&self, content: &[u8]) -> bool {
        let found = match self {
            Self::Sha256(_) => hex(&Sha256::digest(content)),
            Self::GitSha1(_) => {
                hex(&Sha1::new_with_prefix(git_header(content.len() as u64)).chain_update(content).finalize())
            }
        };
        found == self.hex()
    }
}

impl std::fmt::Display for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind(), self.hex())
    }
}

/// The sha256 of a file; `observe` is told how many bytes are done.
pub(crate) fn sha256_of_file(path: &Path, observe: &mut dyn FnMut(u64) -> Proceed) -> Result<String> {
    digest(Sha256::new(), path, observe)
}

/// What git puts before the content of a blob.
fn git_header(bytes: u64) -> String {
    format!("blob {bytes}\0")
}

fn digest<D: Digest>(mut hasher: D, path: &Path, observe: &mut dyn FnMut(u64) -> Proceed) -> Result<String> {
    let reading = |e| Error::io(ErrorKind::Model, "read", path, e);
    let mut file = File::open(path).map_err(reading)?;
    let mut buffer = vec![0; 1 << 20];
    let mut done = 0;
    loop {
        let count = match file.read(&mut buffer) {
            Ok(count) => count,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(reading(e)),
        };
        if count == 0 {
            return Ok(hex(&hasher.finalize()));
        }
        hasher.update(buffer.get(..count).unwrap_or_default());
        done += count as u64;
        if observe(done) == Proceed::Stop {
            return Err(Error::interrupted());
        }
    }
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether `text` is `len` lower-case hexadecimal digits.
pub(crate) fn is_lower_hex(text: &str, len: usize) -> bool {
    text.len() == len && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_sha256sum_and_git() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        std::fs::write(&path, "hello\n").unwrap();
        // `printf 'hello\n' | sha256sum` and `printf 'hello\n' | git hash-object --stdin`.
        let sha256 = Hash::Sha256("5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03".into());
        let git = Hash::GitSha1("ce013625030ba8dba906f756967f9e9ca394464a".into());
        for hash in [sha256, git] {
            assert_eq!(hash.of_file(&path, &mut |_| Proceed::Continue).unwrap(), hash);
            assert!(hash.is_sound());
        }
    }

    #[cfg(feature = "hub")]
    #[test]
    fn content_fits_its_own_hash_alone() {
        let git = Hash::GitSha1("ce013625030ba8dba906f756967f9e9ca394464a".into());
        assert!(git.fits(b"hello\n") && !git.fits(b"hello"));
        assert!(!Hash::Sha256(git.hex().into()).is_sound());
    }
}
