//! Glossaries as CSV (RFC 4180), and as spreadsheets write it: with semicolons or tabs.

use super::Concept;
use crate::error::{Error, Result};
use crate::lang::Lang;

pub(super) fn concepts(name: &str, text: &str) -> Result<Vec<Concept>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let mut languages: Option<Vec<Option<Lang>>> = None;
    let mut concepts = Vec::new();
    for (number, record) in reader.records().enumerate() {
        let record = record.map_err(|error| Error::input(format!("{name}: {error}")).with_source(error))?;
        let cells: Vec<&str> = record.iter().collect();
        if cells.iter().all(|cell| cell.is_empty()) {
            continue;
        }
        if number == 0 && is_title(&cells) {
            continue;
        }
        if number == 0
            && let Some(header) = header(&cells)
        {
            languages = Some(header);
            continue;
        }
        let names: Vec<_> = match &languages {
            Some(languages) => languages
                .iter()
                .zip(&cells)
                .filter(|(lang, cell)| lang.is_some() && !cell.is_empty())
                .map(|(lang, cell)| (lang.clone(), cell.to_string()))
                .collect(),
            None => {
                cells.iter().take(2).filter(|c| !c.is_empty()).map(|cell| (None, cell.to_string())).collect()
            }
        };
        if names.len() < 2 {
            let line = line_of(text, record.position());
            return Err(Error::input(format!("{name}: line {line} has a term without its translation"))
                .hint("write each line as `source,target`"));
        }
        concepts.push(Concept { names });
    }
    Ok(concepts)
}

/// The line of a record, counted from 1. Its position is that of the blank lines before it.
fn line_of(text: &str, position: Option<&csv::Position>) -> usize {
    let start = position.map_or(0, |position| position.byte() as usize);
    let blank = text.get(start..).unwrap_or_default();
    let blank = blank.len() - blank.trim_start_matches(['\r', '\n']).len();
    1 + text.bytes().take(start + blank).filter(|byte| *byte == b'\n').count()
}

/// What stands between the cells, by the first line that has any of it.
fn delimiter(text: &str) -> u8 {
    let line = text.lines().find(|line| line.contains([',', ';', '\t'])).unwrap_or_default();
    let count = |sign: u8| line.bytes().filter(|byte| *byte == sign).count();
    *[b',', b';', b'\t'].iter().max_by_key(|sign| count(**sign)).unwrap_or(&b',')
}

/// A first row that says what columns are, in words.
fn is_title(cells: &[&str]) -> bool {
    let is = |place: usize, word: &str| cells.get(place).is_some_and(|cell| cell.eq_ignore_ascii_case(word));
    is(0, "source") && is(1, "target")
}

/// A first row of language codes. Whatever is not a code stands above a column that is not read.
fn header(cells: &[&str]) -> Option<Vec<Option<Lang>>> {
    let languages: Vec<_> = cells.iter().map(|cell| code(cell)).collect();
    (languages.iter().take(2).flatten().count() == 2).then_some(languages)
}

/// A language by its code; not by a name, which may as well be a term.
fn code(cell: &str) -> Option<Lang> {
    let primary = cell.split(['-', '_']).next()?;
    let is_code = matches!(primary.len(), 2 | 3) && primary.bytes().all(|byte| byte.is_ascii_lowercase());
    is_code.then(|| Lang::parse(cell).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn names(text: &str) -> Vec<Vec<String>> {
        let concepts = concepts("t.csv", text).unwrap();
        let shown = |(lang, name): &(Option<Lang>, String)| match lang {
            Some(lang) => format!("{lang}:{name}"),
            None => name.clone(),
        };
        concepts.iter().map(|concept| concept.names.iter().map(shown).collect()).collect()
    }

    #[test]
    fn rows_with_and_without_a_header() {
        assert_eq!(names("Rat,council,a note\n\nAmt,office\n"), [["Rat", "council"], ["Amt", "office"]]);
        assert_eq!(names("source,target,note\nRat,council,\n"), [["Rat", "council"]]);
        assert_eq!(names("Der,the\nRat,council\n").len(), 2, "names of languages, or words");
        assert_eq!(names("de;en;fr\nRat;council;conseil\n"), [["de:Rat", "en:council", "fr:conseil"]]);
        assert_eq!(names("Rat\tcouncil, town\n"), [["Rat", "council, town"]]);
        assert_eq!(names("\"Rat, der\",\"the \"\"council\"\"\"\n"), [["Rat, der", "the \"council\""]]);
    }

    #[test]
    fn a_term_without_its_translation_is_named_by_its_line() {
        let error = concepts("t.csv", "Rat,council\n\nAmt,\n").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input);
        assert!(error.to_string().contains("line 3"), "{error}");
    }
}
