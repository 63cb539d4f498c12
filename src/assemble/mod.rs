//! The bilingual document: every source segment beside its target, in document order.

use crate::document::Document;
use crate::error::{Error, Result};
use crate::glossary::Compliance;
use crate::lang::LangPair;
use crate::memory::Suggestion;
use crate::segment::Segment;
use crate::translate::{Alternative, Target};

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
    /// How the targets kept to the glossary, where there was one.
    pub glossary: Option<Compliance>,
}

/// A source segment with its target.
#[derive(Clone, Debug)]
pub struct Unit {
    /// The source segment.
    pub segment: Segment,
    /// The translation, or a copy of the source.
    pub target: Target,
    /// Other translations, where they were asked for: the best first, all different from each other and from
    /// the target.
    pub alternatives: Vec<Alternative>,
    /// What a translation memory holds for the segment, where there was one.
    pub memory: Option<MemoryMatch>,
}

/// What a translation memory holds for a segment.
#[derive(Clone, Debug, PartialEq)]
pub enum MemoryMatch {
    /// The target was taken from it.
    Exact,
    /// The translation of a similar text, which was not used.
    Fuzzy(Suggestion),
}

impl Unit {
    /// Whether the target is a translation, by a model or from a memory, and no copy.
    pub fn is_translated(&self) -> bool {
        self.target.logprob.is_some() || self.memory == Some(MemoryMatch::Exact)
    }
}

impl Bitext {
    /// Sets each segment beside its target.
    ///
    /// # Errors
    /// [`ErrorKind::Runtime`](crate::ErrorKind::Runtime) when the counts differ, or when the segments are not
    /// the document's: ids that do not count from 0, ranges out of order, text between them.
    pub fn new(
        document: Document,
        pair: LangPair,
        confidence: Option<f64>,
        segments: Vec<Segment>,
        targets: Vec<Target>,
    ) -> Result<Self> {
        if segments.len() != targets.len() {
            let (have, got) = (segments.len(), targets.len());
            return Err(Error::runtime(format!("{}: {have} segments but {got} translations", document.name)));
        }
        check_segments(&document, &segments)?;
        let units = segments
            .into_iter()
            .zip(targets)
            .map(|(segment, target)| Unit { segment, target, alternatives: Vec::new(), memory: None })
            .collect();
        Ok(Self { document, pair, confidence, units, glossary: None })
    }

    /// The source text of a unit.
    pub fn source<'a>(&'a self, unit: &Unit) -> &'a str {
        self.document.text.get(unit.segment.range.clone()).unwrap_or_default()
    }

    /// The white space before the unit with this index; for the number of units, what follows the last one.
    pub fn gap(&self, index: usize) -> &str {
        let from = match index.checked_sub(1) {
            Some(before) => {
                self.units.get(before).map_or(self.document.text.len(), |unit| unit.segment.range.end)
            }
            None => 0,
        };
        let to = self.units.get(index).map_or(self.document.text.len(), |unit| unit.segment.range.start);
        self.document.text.get(from..to).unwrap_or_default()
    }

    /// The whole text in the target language, with the white space between segments exactly as in the source:
    /// targets equal to their sources give the document back, byte for byte.
    pub fn target_text(&self) -> String {
        let mut text = String::with_capacity(self.document.text.len());
        for (index, unit) in self.units.iter().enumerate() {
            text.push_str(self.gap(index));
            text.push_str(&unit.target.text);
        }
        text.push_str(self.gap(self.units.len()));
        text
    }

    /// Whether there is a second text to show: false for a summary in the document's own language.
    pub fn is_bilingual(&self) -> bool {
        self.pair.source != self.pair.target || self.units.iter().any(|unit| !unit.target.text.is_empty())
    }
}

/// Whether the segments cover the document in order, with nothing but white space between them.
fn check_segments(document: &Document, segments: &[Segment]) -> Result<()> {
    let mut end = 0;
    for (index, segment) in segments.iter().enumerate() {
        let gap = document.text.get(end..segment.range.start);
        let text = document.text.get(segment.range.clone());
        if segment.id != index || text.is_none() || !gap.is_some_and(is_white_space) {
            return Err(Error::runtime(format!("{}: segment {index} does not fit the text", document.name)));
        }
        end = segment.range.end;
    }
    match document.text.get(end..) {
        Some(rest) if is_white_space(rest) => Ok(()),
        _ => Err(Error::runtime(format!("{}: text after the last segment", document.name))),
    }
}

fn is_white_space(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::lang::Lang;
    use crate::segment::SegmentKind;

    /// A document of `words`, each with the white space before it, and one segment a word.
    fn document(words: &[(String, String)], end: &str) -> (Document, Vec<Segment>) {
        let mut text = String::new();
        let mut segments = Vec::new();
        for (id, (gap, word)) in words.iter().enumerate() {
            text.push_str(gap);
            let start = text.len();
            text.push_str(word);
            segments.push(Segment { id, block: 0, kind: SegmentKind::Text, range: start..text.len() });
        }
        text.push_str(end);
        (Document { name: "a.txt".into(), text, encoding: "UTF-8", blocks: Vec::new() }, segments)
    }

    fn words(words: &[(&str, &str)], end: &str) -> (Document, Vec<Segment>) {
        let words: Vec<_> = words.iter().map(|(gap, word)| (gap.to_string(), word.to_string())).collect();
        document(&words, end)
    }

    fn target(text: &str) -> Target {
        Target { text: text.into(), flags: Vec::new(), logprob: None }
    }

    fn pair() -> LangPair {
        LangPair { source: Lang::DE, target: Lang::EN }
    }

    #[test]
    fn targets_go_through_the_gaps() {
        let (document, segments) = words(&[(" \r\n", "Eins."), ("\n\n\t", "Zwei,\ndrei.")], " \n");
        let targets = vec![target("One."), target("Two, three.")];
        let bitext = Bitext::new(document, pair(), None, segments, targets).unwrap();
        assert_eq!(bitext.target_text(), " \r\nOne.\n\n\tTwo, three. \n");
        assert_eq!(bitext.source(&bitext.units[1]), "Zwei,\ndrei.");
        assert_eq!(
            [bitext.gap(0), bitext.gap(1), bitext.gap(2), bitext.gap(3)],
            [" \r\n", "\n\n\t", " \n", ""]
        );
        assert!(bitext.is_bilingual());
    }

    #[test]
    fn a_missing_translation_is_an_error() {
        let (document, segments) = words(&[("", "Eins."), (" ", "Zwei.")], "");
        let error = Bitext::new(document, pair(), None, segments, vec![target("One.")]).unwrap_err();
        assert_eq!(error.to_string(), "a.txt: 2 segments but 1 translations");
    }

    #[test]
    fn segments_that_are_not_the_documents_are_an_error() {
        let fits = |change: &dyn Fn(&mut Vec<Segment>)| {
            let (document, mut segments) = words(&[("", "Eins."), (" ", "Zwei.")], "");
            change(&mut segments);
            let targets = segments.iter().map(|_| target("x")).collect();
            Bitext::new(document, pair(), None, segments, targets).is_ok()
        };
        assert!(fits(&|_| {}));
        assert!(!fits(&|segments| segments[1].id = 7));
        assert!(!fits(&|segments| segments[1].range = 7..11));
        assert!(!fits(&|segments| segments[1].range = 6..12));
        assert!(!fits(&|segments| segments.swap(0, 1)));
        assert!(!fits(&|segments| segments.truncate(1)));
    }

    #[test]
    fn an_own_language_summary_is_not_bilingual() {
        let (document, segments) = words(&[("", "Eins.")], "");
        let pair = LangPair { source: Lang::DE, target: Lang::DE };
        let bitext = Bitext::new(document, pair, None, segments, vec![target("")]).unwrap();
        assert!(!bitext.is_bilingual());
    }

    proptest! {
        #[test]
        fn identity_gives_the_bytes_back(
            pieces in prop::collection::vec(("[ \t\r\n\u{a0}\u{2028}]{0,4}", "\\S{1,6}( \\S{1,3})?"), 0..20),
            end in "[ \r\n]{0,3}",
        ) {
            let (document, segments) = document(&pieces, &end);
            let bytes = document.text.clone();
            let targets = segments.iter().map(|s| target(&bytes[s.range.clone()])).collect();
            let bitext = Bitext::new(document, pair(), None, segments, targets).unwrap();
            prop_assert_eq!(bitext.target_text(), bytes);
        }
    }
}
