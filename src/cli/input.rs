//! Documents from files and standard input.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::document::Document;
use crate::error::{Error, ErrorKind, Result};

/// The name that stands for standard input.
const STDIN: &str = "-";

/// What to read: the named files, or standard input when it is a pipe and no file is named.
pub(crate) fn inputs(files: &[PathBuf], stdin_is_terminal: bool) -> Result<Vec<PathBuf>> {
    if !files.is_empty() {
        return Ok(files.to_vec());
    }
    if stdin_is_terminal {
        return Err(Error::usage("no document named").hint("name a file, or `-` to read standard input"));
    }
    Ok(vec![STDIN.into()])
}

/// Reads one document.
pub(crate) fn read(path: &Path, encoding: Option<&str>) -> Result<Document> {
    if path.as_os_str() != STDIN {
        return Document::read(path, encoding);
    }
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .read_to_end(&mut bytes)
        .map_err(|error| Error::io(ErrorKind::Input, "read", Path::new("standard input"), error))?;
    Document::decode(STDIN, bytes, encoding)
}
