//! Names and numbers put into true summaries: each that the source does not have is flagged, and what is true is not.
//!
//! The summaries are the references of `tests/data/summaries`, one German and one English for each article. Each number
//! and each name in them is replaced, one at a time, by those of other articles: a number by one, a name by all of its
//! kind, in a long article by every eighth. A German summary is held against its article, an English one against itself. Names that stand after an article
//! (`die Waal`) are not in the table: in German nothing tells them from common nouns.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use diglot::document::Document;
use diglot::segment::segment;
use diglot::summarize::{Passage, ground};
use diglot::{FlagKind, Lang};

/// A summary that says what its source says.
struct Summary {
    article: String,
    lang: Lang,
    sentences: Vec<String>,
    source: Vec<String>,
}

impl Summary {
    /// The details of the flags of this kind that a sentence gets.
    fn flags(&self, sentence: &str, kind: FlagKind) -> Vec<String> {
        let passage = |(id, text): (usize, &'_ String)| (id, text.clone());
        let texts: Vec<(usize, String)> = self.source.iter().enumerate().map(passage).collect();
        let passages: Vec<Passage<'_>> =
            texts.iter().map(|(id, text)| Passage { id: *id, block: *id, text }).collect();
        let flags = ground(sentence, &passages, &self.lang).flags;
        flags.into_iter().filter(|flag| flag.kind == kind).map(|flag| flag.detail).collect()
    }

    fn has(&self, word: &str) -> bool {
        self.source.iter().any(|text| text.contains(word))
    }
}

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/summaries")
}

fn sentences(path: &Path, lang: &Lang) -> Vec<String> {
    let document = Document::read(path, None).unwrap();
    let segments = segment(&document, lang);
    segments.into_iter().map(|segment| document.text[segment.range].to_owned()).collect()
}

fn summaries() -> Vec<Summary> {
    let mut articles: Vec<PathBuf> =
        fs::read_dir(data().join("articles")).unwrap().map(|entry| entry.unwrap().path()).collect();
    articles.sort();
    let summary = |article: &PathBuf, lang: Lang| {
        let reference = data().join("references").join(lang.tag()).join(article.file_name().unwrap());
        let source = if lang == Lang::DE { article } else { &reference };
        Summary {
            article: article.file_stem().unwrap().to_str().unwrap().to_owned(),
            sentences: sentences(&reference, &lang),
            source: sentences(source, &lang),
            lang,
        }
    };
    [Lang::DE, Lang::EN].iter().flat_map(|lang| articles.iter().map(|a| summary(a, lang.clone()))).collect()
}

/// A name of a summary.
struct Name {
    article: String,
    text: String,
    kind: String,
}

fn names() -> Vec<Name> {
    let table = fs::read_to_string(data().join("names.tsv")).unwrap();
    let row = |line: &str| {
        let mut columns = line.split('\t').map(str::to_owned);
        let mut column = || columns.next().unwrap();
        Name { article: column(), text: column(), kind: column() }
    };
    table.lines().skip(1).map(row).collect()
}

/// The numbers of a text that are written in digits.
fn numbers(text: &str) -> Vec<&str> {
    let numeral = |c: char| c.is_ascii_digit() || c == '.' || c == ',' || c == ':';
    text.split(|c| !numeral(c))
        .map(|number| number.trim_matches(['.', ',', ':']))
        .filter(|number| !number.is_empty())
        .collect()
}

/// Replaces a whole word once.
fn replaced(sentence: &str, word: &str, by: &str) -> Option<String> {
    let is_inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let (at, _) = sentence.match_indices(word).find(|(at, _)| {
        !is_inside(sentence[..*at].chars().next_back())
            && !is_inside(sentence[at + word.len()..].chars().next())
    })?;
    Some(format!("{}{by}{}", &sentence[..at], &sentence[at + word.len()..]))
}

#[test]
fn names_that_the_source_lacks_are_flagged() {
    let names = names();
    let (mut seeded, mut missed) = (0, Vec::new());
    for summary in summaries() {
        for name in names.iter().filter(|name| name.article == summary.article) {
            let others = names.iter().filter(|other| other.kind == name.kind && !summary.has(&other.text));
            let step = if summary.source.len() > 100 { 8 } else { 1 };
            for other in others.step_by(step).map(|other| other.text.as_str()) {
                for sentence in summary.sentences.iter().filter_map(|s| replaced(s, &name.text, other)) {
                    seeded += 1;
                    let flags = summary.flags(&sentence, FlagKind::UnknownName);
                    if !flags.iter().any(|detail| detail.contains(other)) {
                        missed.push(format!("{other}: {sentence}"));
                    }
                }
            }
        }
    }
    assert!(seeded > 4000, "{seeded}");
    assert!(100 * missed.len() <= seeded, "{} of {seeded} missed:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn every_number_that_the_source_lacks_is_flagged() {
    let summaries = summaries();
    let all: Vec<String> = summaries
        .iter()
        .flat_map(|s| s.sentences.iter().flat_map(|t| numbers(t)))
        .map(str::to_owned)
        .collect();
    let (mut seeded, mut missed) = (0, Vec::new());
    for summary in &summaries {
        let own: HashSet<&str> = summary.source.iter().flat_map(|text| numbers(text)).collect();
        let mut others =
            all.iter().filter(|number| !own.contains(number.as_str()) && number.len() > 1).cycle();
        for sentence in &summary.sentences {
            for number in numbers(sentence) {
                let other = others.next().unwrap();
                let Some(sentence) = replaced(sentence, number, other) else { continue };
                seeded += 1;
                let flags = summary.flags(&sentence, FlagKind::UnknownNumber);
                if flags.is_empty() {
                    missed.push(format!("{other}: {sentence}"));
                }
            }
        }
    }
    assert!(seeded > 200, "{seeded}");
    assert!(missed.is_empty(), "{} of {seeded} missed:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn true_names_and_numbers_are_rarely_flagged() {
    let (mut flagged, mut all) = (Vec::new(), 0);
    for summary in summaries() {
        for sentence in &summary.sentences {
            all += 1;
            for kind in [FlagKind::UnknownName, FlagKind::UnknownNumber] {
                let details = summary.flags(sentence, kind).join(", ");
                if !details.is_empty() {
                    flagged.push(format!("{details}: {sentence}"));
                }
            }
        }
    }
    assert!(25 * flagged.len() < all, "{} of {all}:\n{}", flagged.len(), flagged.join("\n"));
}
