//! Test sets: sources, references and outputs, segment beside segment.

use std::collections::BTreeSet;
use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorKind, Result};
use crate::eval::{Output, System};
use crate::lang::{self, Lang, LangPair};
use crate::translate::Guards;

/// References, mostly with their sources.
#[derive(Clone, Debug)]
pub struct TestSet {
    pub(super) name: String,
    pub(super) pair: Option<LangPair>,
    pub(super) segments: Vec<String>,
    /// One for each segment, as are the references.
    pub(super) sources: Option<Vec<String>>,
    pub(super) references: Vec<String>,
    source_sha256: Option<String>,
    form: Form,
}

/// How segments lie in files.
#[derive(Clone, Debug)]
enum Form {
    /// One on each line: these, of so many.
    Lines { first: usize, all: usize },
    /// One in each file of a folder.
    Folder,
}

/// Which lines of a test set are meant.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only these, counted from 1.
    pub lines: Option<RangeInclusive<usize>>,
    /// Of these only so many.
    pub limit: Option<usize>,
}

impl TestSet {
    /// Reads files with one segment on each line.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] when a file cannot be read, the counts of lines differ, or no line is left.
    pub fn lines(source: Option<&Path>, reference: &Path, selection: Selection) -> Result<Self> {
        let references = read_lines(reference)?;
        let sources = source.map(read_lines).transpose()?;
        if let (Some(path), Some(sources)) = (source, &sources)
            && sources.len() != references.len()
        {
            return Err(unequal(path, sources.len(), reference, references.len(), "lines"));
        }
        let (first, last) = selection.bounds(references.len()).ok_or_else(|| {
            Error::input(format!("{} has only {} lines", reference.display(), references.len()))
                .hint("choose others with --lines")
        })?;
        let chosen = |lines: &[String]| lines[first..last].to_vec();
        Ok(Self {
            name: reference.display().to_string(),
            pair: None,
            segments: (first + 1..=last).map(|number| number.to_string()).collect(),
            source_sha256: sources.as_deref().map(sha256),
            sources: sources.as_deref().map(chosen),
            references: chosen(&references),
            form: Form::Lines { first, all: references.len() },
        })
    }

    /// Reads folders with one file for each document; files of the same name belong together.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] when a folder or file cannot be read, or a folder lacks a file that the other has.
    pub fn folders(source: Option<&Path>, reference: &Path) -> Result<Self> {
        let segments = file_names(reference)?;
        if segments.is_empty() {
            return Err(Error::input(format!("{} holds no files", reference.display())));
        }
        let sources = source.map(|source| read_folder(source, reference, &segments)).transpose()?;
        Ok(Self {
            name: reference.display().to_string(),
            pair: None,
            source_sha256: sources.as_deref().map(sha256),
            sources,
            references: read_folder(reference, reference, &segments)?,
            segments,
            form: Form::Folder,
        })
    }

    /// The reference file or folder.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What each segment is called: the number of its line, or its file.
    pub fn segments(&self) -> &[String] {
        &self.segments
    }

    /// The sha256 of all lines of the source, each with a line feed, or of all documents, in hexadecimal.
    pub fn source_sha256(&self) -> Option<&str> {
        self.source_sha256.as_deref()
    }

    /// The languages.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when there is no source, or the languages were not set.
    pub fn pair(&self) -> Result<&LangPair> {
        self.sources()?;
        self.pair.as_ref().ok_or_else(|| Error::usage("the languages of the test set are not known"))
    }

    /// Sets the languages: those that are named, or those that the texts seem to be in.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when a language is not named and the texts have no letters.
    pub fn detect_languages(&mut self, source: Option<Lang>, target: Option<Lang>) -> Result<&LangPair> {
        let detect = |texts: &[String], option: &str| match lang::detect(&texts.join("\n")) {
            Some(detected) => Ok(detected.lang),
            None => {
                Err(Error::usage("a language cannot be told from the texts").hint(format!("add {option}")))
            }
        };
        let source = match source {
            Some(named) => named,
            None => detect(self.sources()?, "--from")?,
        };
        let target = match target {
            Some(named) => named,
            None => detect(&self.references, "--lang")?,
        };
        Ok(self.pair.insert(LangPair { source, target }))
    }

    /// Reads what a system made of the test set, from a file or folder like the reference's. A file of lines may hold
    /// just the chosen ones. Translations are checked as the translator checks its own, where source and languages are
    /// known.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] when it cannot be read, or does not fit the reference.
    pub fn system(&self, path: &Path) -> Result<System> {
        let texts = match self.form {
            Form::Lines { first, all } => {
                let lines = read_lines(path)?;
                match lines.len() {
                    count if count == all => lines[first..first + self.references.len()].to_vec(),
                    count if count == self.references.len() => lines,
                    count => return Err(unequal(path, count, Path::new(&self.name), all, "lines")),
                }
            }
            Form::Folder => read_folder(path, Path::new(&self.name), &self.segments)?,
        };
        let outputs = texts.into_iter().enumerate().map(|(index, text)| self.output(index, text)).collect();
        Ok(System { name: path.display().to_string(), outputs, models: Vec::new(), run: None })
    }

    /// Whether outputs that are read are checked.
    pub(super) fn is_checked(&self) -> bool {
        matches!(self.form, Form::Lines { .. }) && self.pair.is_some() && self.sources.is_some()
    }

    fn output(&self, index: usize, text: String) -> Output {
        let flags = match (&self.form, &self.pair, &self.sources) {
            (Form::Lines { .. }, Some(pair), Some(sources)) => {
                Guards::default().check(&sources[index], &text, pair)
            }
            _ => Vec::new(),
        };
        Output { text, flags }
    }

    pub(super) fn sources(&self) -> Result<&[String]> {
        self.sources.as_deref().ok_or_else(|| {
            Error::usage("a model needs the source of the test set")
                .hint("add --source, or name a system's output with --hypothesis")
        })
    }
}

impl Selection {
    /// The first line counted from 0, and the end; none where a line is missing.
    fn bounds(&self, all: usize) -> Option<(usize, usize)> {
        let (first, end) = match &self.lines {
            Some(lines) => (lines.start().checked_sub(1)?, *lines.end()),
            None => (0, all),
        };
        let limited = self.limit.map_or(end, |limit| end.min(first.saturating_add(limit)));
        (first < limited && end <= all).then_some((first, limited))
    }
}

fn read(path: &Path) -> Result<String> {
    let text = fs::read_to_string(path).map_err(|error| {
        Error::io(ErrorKind::Input, "read", path, error).hint("a text file in UTF-8 is needed")
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn read_lines(path: &Path) -> Result<Vec<String>> {
    Ok(read(path)?.lines().map(str::to_owned).collect())
}

fn file_names(folder: &Path) -> Result<Vec<String>> {
    let failed =
        |error| Error::io(ErrorKind::Input, "read", folder, error).hint("a folder of text files is needed");
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_file() && !name.starts_with('.') {
            names.insert(name);
        }
    }
    Ok(names.into_iter().collect())
}

/// The texts of the files with these names, which are all that the folder has.
fn read_folder(folder: &Path, reference: &Path, names: &[String]) -> Result<Vec<String>> {
    let found = file_names(folder)?;
    if let Some(name) = names.iter().find(|name| !found.contains(name)) {
        return Err(unequal(folder, found.len(), reference, names.len(), "files")
            .hint(format!("{name} is missing; texts that belong together have the same name")));
    }
    if found.len() != names.len() {
        return Err(unequal(folder, found.len(), reference, names.len(), "files"));
    }
    let text = |name| Ok(read(&folder.join(name))?.trim_end().to_owned());
    names.iter().map(text).collect()
}

fn unequal(path: &Path, count: usize, reference: &Path, expected: usize, what: &str) -> Error {
    let (path, reference) = (path.display(), reference.display());
    Error::input(format!("{path} has {count} {what}, but {reference} has {expected}"))
        .hint("each text must have its counterpart in the same place")
}

fn sha256(texts: &[String]) -> String {
    let mut hasher = Sha256::new();
    texts.iter().for_each(|text| {
        hasher.update(text);
        hasher.update("\n");
    });
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_chosen_within_the_file() {
        let bounds = |lines: Option<RangeInclusive<usize>>, limit| Selection { lines, limit }.bounds(10);
        assert_eq!(bounds(None, None), Some((0, 10)));
        assert_eq!(bounds(None, Some(3)), Some((0, 3)));
        assert_eq!(bounds(None, Some(99)), Some((0, 10)));
        assert_eq!(bounds(Some(4..=6), None), Some((3, 6)));
        assert_eq!(bounds(Some(4..=6), Some(2)), Some((3, 5)));
        assert_eq!(bounds(Some(9..=11), None), None);
        assert_eq!(bounds(Some(0..=3), None), None);
        assert_eq!(bounds(None, Some(0)), None);
    }
}
