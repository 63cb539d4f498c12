//! Segments: the sentences of a document as byte ranges, with nothing but white space between them.

mod limit;
mod rules;
mod split;
mod words;

use std::ops::Range;

use serde::Serialize;

pub use limit::MAX_CHARS;
pub use words::has_words;

use crate::document::{BlockKind, Document, dateline, stamp, trim};
use crate::lang::Lang;
use rules::Rules;

/// A sentence, or a stamp or code that is copied and not translated.
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
    /// A date stamp, a dateline or code, copied unchanged.
    Meta,
}

/// The sentences of `document`, in order, split by the rules of `lang`: German and English have their own,
/// other languages share a plain set that knows the world's full stops.
///
/// Every character that is not white space lies in exactly one segment, and no segment has more than
/// [`MAX_CHARS`] characters: a longer sentence is cut at a clause, else at white space, else anywhere.
/// A stamp on the first line, and a dateline that opens the text after the title, are [`SegmentKind::Meta`], and so is
/// a block of code.
pub fn segment(document: &Document, lang: &Lang) -> Vec<Segment> {
    let text = document.text.as_str();
    let rules = Rules::of(lang);
    let mut segments: Vec<Segment> = Vec::new();
    let mut push = |block, kind, range: Range<usize>| {
        if !range.is_empty() {
            segments.push(Segment { id: segments.len(), block, kind, range });
        }
    };
    let mut head = true;
    for block in &document.blocks {
        if block.kind == BlockKind::Code {
            for piece in limit::pieces(text, block.range.clone()) {
                push(block.id, SegmentKind::Meta, piece);
            }
            continue;
        }
        let body = &text[block.range.clone()];
        let stamped = match block.id {
            0 => stamp(body),
            _ if head => dateline(body),
            _ => None,
        };
        let from = block.range.start + stamped.unwrap_or(0);
        push(block.id, SegmentKind::Meta, trim(text, block.range.start..from));
        // Until running text has begun, the next block may still open with a dateline.
        head &= block.kind == BlockKind::Title || from == block.range.end;
        for sentence in split::sentences(&text[from..block.range.end], &rules) {
            for piece in limit::pieces(text, from + sentence.start..from + sentence.end) {
                push(block.id, SegmentKind::Text, piece);
            }
        }
    }
    segments
}

/// The sentences of a text that is no document, as ranges of its bytes without surrounding white space.
pub(crate) fn sentences(text: &str, lang: &Lang) -> Vec<Range<usize>> {
    split::sentences(text, &Rules::of(lang))
}
