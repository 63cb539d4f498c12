//! Documents: bytes in, text with blocks out. Nothing of the text is changed or dropped.

mod blocks;
mod controls;
mod decode;
mod stamp;

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::Path;

use serde::Serialize;

pub(crate) use blocks::trim;
pub use controls::{control_characters, strip_control_characters};
pub(crate) use stamp::{dateline, stamp};

use crate::error::{Error, ErrorKind, Result};

/// The largest document that [`Document::read`] takes, in bytes.
pub const MAX_BYTES: u64 = 1 << 30;

/// A decoded document.
#[derive(Clone, Debug)]
pub struct Document {
    /// The file name as the user gave it, `-` for standard input.
    pub name: String,
    /// The whole text as UTF-8, without a byte order mark; every range in the crate counts bytes of it.
    pub text: String,
    /// The encoding that the bytes were read in (`UTF-8`, `windows-1252`).
    pub encoding: &'static str,
    /// The blocks in order; only white space lies between them.
    pub blocks: Vec<Block>,
}

/// A stretch of text that stands by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// From 0, in order.
    pub id: usize,
    /// What it is.
    pub kind: BlockKind,
    /// Its bytes in [`Document::text`], without surrounding white space.
    pub range: Range<usize>,
}

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BlockKind {
    /// The first line, when it stands apart and is short.
    Title,
    /// Running text.
    Paragraph,
    /// A paragraph that is one quotation.
    Quote,
    /// Code between two lines of three backticks or more, these included. It is not translated.
    Code,
}

impl Document {
    /// Decodes `bytes` and finds the blocks. `encoding` is a label of the WHATWG Encoding Standard
    /// (`latin1`, `windows-1251`, `shift_jis`, `gb18030`); none means a byte order mark, UTF-16, UTF-8 or
    /// what the bytes look like, in this order.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for an unknown label; [`ErrorKind::Input`] for text that is empty, holds NUL, is
    /// binary, or does not decode without loss.
    pub fn decode(
        name: impl Into<String>,
        bytes: impl Into<Vec<u8>>,
        encoding: Option<&str>,
    ) -> Result<Self> {
        let name = name.into();
        let (text, encoding) = decode::decode(&name, bytes.into(), encoding)?;
        if text.chars().all(is_blank) {
            return Err(
                Error::input(format!("{name} holds no text")).hint("give a file with some text in it")
            );
        }
        let blocks = blocks::blocks(&text);
        Ok(Self { name, text, encoding, blocks })
    }

    /// Reads and decodes the file at `path`; the file name is the document's name.
    ///
    /// # Errors
    /// As [`Document::decode`]; [`ErrorKind::Input`] too when the file is missing, a directory, unreadable or
    /// larger than [`MAX_BYTES`].
    pub fn read(path: impl AsRef<Path>, encoding: Option<&str>) -> Result<Self> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let failed = |e| Error::io(ErrorKind::Input, "read", path, e);
        let missing = |e: std::io::Error| match e.kind() {
            std::io::ErrorKind::NotFound => failed(e).hint("check the path; `-` reads from standard input"),
            std::io::ErrorKind::PermissionDenied => failed(e).hint("make the file readable for this user"),
            _ => failed(e),
        };
        let file = File::open(path).map_err(missing)?;
        if file.metadata().map_err(failed)?.is_dir() {
            return Err(Error::input(format!("{name} is a directory")).hint("name the files inside it"));
        }
        let mut bytes = Vec::new();
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(Error::input(format!("{name} is larger than {MAX_BYTES} bytes"))
                .hint("split it into several files"));
        }
        Self::decode(name, bytes, encoding)
    }
}

/// White space and the characters that leave no mark on paper by themselves.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
}
