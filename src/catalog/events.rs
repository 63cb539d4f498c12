//! What the store tells while it works.

use std::path::Path;

use super::card::{Licence, Trust};
#[cfg(feature = "hub")]
use crate::error::{Error, Result};

/// What a [`ModelStore`](super::ModelStore) tells while it works.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum StoreEvent<'a> {
    /// A host is being asked what it has.
    Asking {
        /// The host.
        host: &'a str,
    },
    /// A source answered, and bytes will be asked for next.
    Announce {
        /// The model.
        model: &'a str,
        /// Who says what its files hash to.
        trust: Trust,
        /// The size in bytes of all files that are to be fetched.
        bytes: u64,
        /// How much of the first an earlier, interrupted download left here.
        present: u64,
        /// The terms.
        licence: &'a Licence,
        /// The directory that the file goes to.
        destination: &'a Path,
        /// Free bytes there, if the system tells.
        free: Option<u64>,
        /// Where the bytes come from, in words.
        source: &'a str,
    },
    /// A source did not give the file; the next one is tried, if there is one.
    SourceFailed {
        /// The source, in words.
        source: &'a str,
        /// Why, in one line.
        why: &'a str,
    },
    /// Bytes have arrived.
    Progress {
        /// Bytes that are here.
        done: u64,
        /// All bytes of the file.
        total: u64,
    },
    /// Another process is fetching the same file. Told again about ten times a second.
    Waiting {
        /// The model.
        model: &'a str,
    },
    /// The bytes are being hashed.
    Verifying {
        /// Bytes hashed.
        done: u64,
        /// All bytes of the file.
        total: u64,
    },
    /// The file is published.
    Done {
        /// Where it is.
        path: &'a Path,
    },
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proceed {
    /// Go on.
    Continue,
    /// Stop; what has arrived is kept for the next time.
    Stop,
}

/// Who is told of events.
pub(crate) type Observe<'a> = &'a mut dyn FnMut(StoreEvent<'_>) -> Proceed;

/// Tells `observe`, and turns its wish to stop into an error.
#[cfg(feature = "hub")]
pub(crate) fn tell(observe: Observe<'_>, event: StoreEvent<'_>) -> Result<()> {
    match observe(event) {
        Proceed::Continue => Ok(()),
        Proceed::Stop => Err(Error::interrupted()),
    }
}
