//! Segments: the sentences of a document as byte ranges, with nothing but white space between them.

use std::ops::Range;

use serde::Serialize;

/// A sentence, or a stamp that is copied and not translated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// From 0, in document order.
    pub id: usize,
    /// The id of the block it belongs to.
    pub block: usize,
    /// Whether it is translated.
    pub kind: SegmentKind,
    /// Its bytes in the document's text, without surrounding white space.
    pub range: Range<usize>,
}

/// Whether a segment is translated or copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SegmentKind {
    /// A sentence of the text.
    Text,
    /// A date stamp or dateline, copied unchanged.
    Meta,
}
