//! The bilingual document: every source segment beside its target, in document order.

use crate::document::Document;
use crate::lang::LangPair;
use crate::segment::Segment;
use crate::translate::Target;

/// A document in two languages, segment by segment.
#[derive(Clone, Debug)]
pub struct Bitext {
    /// The source document.
    pub document: Document,
    /// Its language and the target's.
    pub pair: LangPair,
    /// The detector's confidence in the source language; none when the user named it.
    pub confidence: Option<f64>,
    /// Every segment in document order. Segment `id` is the index.
    pub units: Vec<Unit>,
}

/// A source segment with its target.
#[derive(Clone, Debug)]
pub struct Unit {
    /// The source segment.
    pub segment: Segment,
    /// The translation, or a copy of the source.
    pub target: Target,
}

impl Bitext {
    /// The source text of a unit.
    pub fn source<'a>(&'a self, unit: &Unit) -> &'a str {
        &self.document.text[unit.segment.range.clone()]
    }
}
