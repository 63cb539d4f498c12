//! Documents: bytes in, text with blocks out. Nothing of the text is changed or dropped.

use std::ops::Range;

use serde::Serialize;

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
}
