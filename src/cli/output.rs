//! Where results go: standard output, or a file that is replaced only when the work is done.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::{Error, ErrorKind, Result};

/// The destination of a command's results.
#[derive(Debug)]
pub(crate) enum Output {
    Stdout,
    File { path: PathBuf, bytes: Vec<u8> },
}

impl Output {
    /// Checks the destination before any work is done.
    pub(crate) fn new(path: Option<&Path>, inputs: &[PathBuf]) -> Result<Self> {
        let Some(path) = path else { return Ok(Self::Stdout) };
        let refuse = |why: &str| {
            Err(Error::runtime(format!("cannot write {}: {why}", path.display()))
                .hint("name another file with -o"))
        };
        if path.is_dir() {
            return refuse("it is a directory");
        }
        if let Ok(target) = path.canonicalize()
            && inputs.iter().any(|input| input.canonicalize().is_ok_and(|input| input == target))
        {
            return refuse("it is a file that is read");
        }
        if path.metadata().is_ok_and(|m| m.permissions().readonly()) {
            return refuse("it is read-only");
        }
        tempfile::tempfile_in(directory(path))
            .map_err(|error| Error::io(ErrorKind::Runtime, "write", path, error))?;
        Ok(Self::File { path: path.into(), bytes: Vec::new() })
    }

    pub(crate) fn is_stdout(&self) -> bool {
        matches!(self, Self::Stdout)
    }

    /// Adds results. A reader that went away (`| head`) is no error, and ends the output.
    pub(crate) fn write(&mut self, results: &[u8]) -> Result<()> {
        match self {
            Self::File { bytes, .. } => {
                bytes.extend_from_slice(results);
                Ok(())
            }
            Self::Stdout => {
                let mut stdout = io::stdout().lock();
                match stdout.write_all(results).and_then(|()| stdout.flush()) {
                    Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Error::broken_pipe()),
                    Err(error) => {
                        Err(Error::io(ErrorKind::Runtime, "write", Path::new("standard output"), error))
                    }
                    Ok(()) => Ok(()),
                }
            }
        }
    }

    /// Puts the file in place, whole or not at all.
    pub(crate) fn finish(self) -> Result<()> {
        let Self::File { path, bytes } = self else { return Ok(()) };
        let failed = |error| Error::io(ErrorKind::Runtime, "write", &path, error);
        let mut file = temporary_beside(&path).map_err(failed)?;
        file.write_all(&bytes).map_err(failed)?;
        if let Ok(metadata) = fs::metadata(&path) {
            file.as_file().set_permissions(metadata.permissions()).map_err(failed)?;
        }
        file.as_file().sync_all().map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        Ok(())
    }
}

/// Prints a result as JSON; the exit code.
pub(crate) fn print_json(value: &impl Serialize) -> Result<u8> {
    let mut text = serde_json::to_string_pretty(value)
        .map_err(|error| Error::runtime(format!("cannot write JSON: {error}")))?;
    text.push('\n');
    print(text.as_bytes())
}

/// Prints a result; the exit code.
pub(crate) fn print(text: &[u8]) -> Result<u8> {
    Output::Stdout.write(text)?;
    Ok(0)
}

/// A temporary file is private by default; a result gets the permissions of any new file.
fn temporary_beside(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".diglot-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(directory(path))
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
