//! Locks between processes. The operating system drops them when their holder dies, however it dies.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::Duration;

use super::events::Proceed;
use super::layout::{create_parent, writing};
use crate::error::{Error, Result};

const POLL: Duration = Duration::from_millis(100);

/// Held until dropped. The file stays: deleting it would let two processes lock two files of one name.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock at `path`, asking `wait` again and again whether to go on while another holds it.
    pub(crate) fn acquire(path: &Path, mut wait: impl FnMut() -> Proceed) -> Result<Self> {
        let file = open(path)?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) => {
                    if wait() == Proceed::Stop {
                        return Err(Error::interrupted());
                    }
                    std::thread::sleep(POLL);
                }
                // A file system without locks: at worst the same bytes are fetched twice, each verified.
                Err(TryLockError::Error(e)) if e.kind() == std::io::ErrorKind::Unsupported => {
                    return Ok(Self { _file: file });
                }
                Err(TryLockError::Error(e)) => return Err(writing("lock", path, e)),
            }
        }
    }

    /// Takes the lock if nobody holds it.
    pub(crate) fn try_acquire(path: &Path) -> Result<Option<Self>> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) if e.kind() == std::io::ErrorKind::Unsupported => {
                Ok(Some(Self { _file: file }))
            }
            Err(TryLockError::Error(e)) => Err(writing("lock", path, e)),
        }
    }
}

fn open(path: &Path) -> Result<File> {
    create_parent(path)?;
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true).read(true);
    options.open(path).map_err(|e| writing("open", path, e))
}
