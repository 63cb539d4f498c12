//! One error type for the whole crate: what happened, what to do next, and which exit code it means.

use std::error::Error as StdError;
use std::fmt;
use std::path::Path;

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The condition behind an [`Error`]; it decides the exit code of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Anything that went wrong while working, an unwritable output included (exit code 1).
    Runtime,
    /// A wrong argument: unknown language, model or profile, unsupported pair (exit code 2).
    Usage,
    /// The input is missing, unreadable, binary or empty (exit code 3).
    Input,
    /// A model file is missing or damaged, or a source gave wrong bytes (exit code 4).
    Model,
    /// No source could be reached, or offline without the model (exit code 5).
    Network,
    /// Disk or memory is exhausted (exit code 6).
    Resource,
    /// The user interrupted the work (exit code 130).
    Interrupted,
    /// Whoever read the output went away (`| head`); a quiet success (exit code 0).
    BrokenPipe,
}

/// What went wrong, with the next step for the user where there is one.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of `kind`; `message` names the file and the cause.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, source: None }
    }

    /// A failure while working.
    pub fn runtime(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Runtime, message)
    }

    /// A wrong argument.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// Unusable input.
    pub fn input(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Input, message)
    }

    /// A missing or damaged model file.
    pub fn model(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Model, message)
    }

    /// No source within reach.
    pub fn network(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Network, message)
    }

    /// Disk or memory exhausted.
    pub fn resource(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Resource, message)
    }

    /// The user asked to stop.
    pub fn interrupted() -> Self {
        Self::new(ErrorKind::Interrupted, "interrupted")
    }

    /// The reader of the output went away.
    pub fn broken_pipe() -> Self {
        Self::new(ErrorKind::BrokenPipe, "the reader of the output went away")
    }

    /// An operating system error on `path`; a full disk is [`ErrorKind::Resource`] whatever `kind` says.
    pub fn io(kind: ErrorKind, action: &str, path: &Path, error: std::io::Error) -> Self {
        use std::io::ErrorKind::{OutOfMemory, QuotaExceeded, StorageFull};
        let kind = match error.kind() {
            StorageFull | QuotaExceeded | OutOfMemory => ErrorKind::Resource,
            _ => kind,
        };
        Self::new(kind, format!("cannot {action} {}: {error}", path.display())).with_source(error)
    }

    /// Adds the next step for the user.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the error that caused this one.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The condition.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The next step, if one is known.
    pub fn next_step(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Whether the user interrupted the work.
    pub fn is_interrupted(&self) -> bool {
        self.kind == ErrorKind::Interrupted
    }

    /// The exit code of a command that ends with this error.
    pub fn exit_code(&self) -> u8 {
        match self.kind {
            ErrorKind::Runtime => 1,
            ErrorKind::Usage => 2,
            ErrorKind::Input => 3,
            ErrorKind::Model => 4,
            ErrorKind::Network => 5,
            ErrorKind::Resource => 6,
            ErrorKind::Interrupted => 130,
            ErrorKind::BrokenPipe => 0,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|e| e as _)
    }
}

impl From<candle_core::Error> for Error {
    fn from(error: candle_core::Error) -> Self {
        Self::runtime(format!("computation failed: {error}")).with_source(error)
    }
}
