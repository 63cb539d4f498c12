//! Glossaries: how words of a domain are to be translated, which of them stand in a text, and whether a
//! translation kept to them.

mod csv;
mod forms;
mod tbx;
mod terms;

use std::path::Path;

pub(crate) use forms::fold_umlauts;
pub(crate) use terms::Terms;

use crate::document::Document;
use crate::error::{Error, Result};
use crate::lang::{Lang, LangPair};

/// How one word or phrase is to be translated.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Term {
    /// The word or phrase in the language of the text.
    pub source: String,
    /// What it is in a translation.
    pub target: String,
}

/// The terms of any number of language pairs.
///
/// ```
/// use diglot::Glossary;
///
/// let glossary = Glossary::parse_csv("terms.csv", "de,en\nBebauungsplan,zoning plan\n")?;
/// assert_eq!(glossary.len(), 1);
/// # Ok::<(), diglot::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Glossary {
    concepts: Vec<Concept>,
}

/// One thing with its names. A name without a language is the source's or the target's by its place.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Concept {
    names: Vec<(Option<Lang>, String)>,
}

/// How a translation kept to its glossary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compliance {
    /// Terms that stand in the source, counted once a segment.
    pub found: usize,
    /// Those of them whose translation stands in the target.
    pub kept: usize,
}

impl Glossary {
    /// Reads a glossary: TBX by the ending `.tbx` or `.xml`, anything else as CSV.
    ///
    /// # Errors
    /// [`ErrorKind::Input`](crate::ErrorKind::Input), naming file and line, when it cannot be read or holds no term.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let Document { name, text, .. } = Document::read(path, None)?;
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        match ending.as_str() {
            "tbx" | "xml" => Self::parse_tbx(&name, &text),
            _ => Self::parse_csv(&name, &text),
        }
    }

    /// Reads CSV with commas, semicolons or tabs: `source,target` and columns that are not read. A first row of
    /// language codes (`de,en,fr`) says what each column holds; without it the terms are taken for whatever pair
    /// a text is translated in. `name` stands in errors.
    ///
    /// # Errors
    /// [`ErrorKind::Input`](crate::ErrorKind::Input) for a row without a translation, and when there is no term.
    pub fn parse_csv(name: &str, text: &str) -> Result<Self> {
        Self { concepts: csv::concepts(name, text)? }.not_empty(name)
    }

    /// Reads TBX (ISO 30042), versions 2 and 3: the first term of a language is how it is translated, further ones
    /// are other names for it in a source.
    ///
    /// # Errors
    /// [`ErrorKind::Input`](crate::ErrorKind::Input) for XML that is not well-formed, and when there is no term.
    pub fn parse_tbx(name: &str, text: &str) -> Result<Self> {
        Self { concepts: tbx::concepts(name, text)? }.not_empty(name)
    }

    /// How many concepts it names.
    pub fn len(&self) -> usize {
        self.concepts.len()
    }

    /// Whether it names none.
    pub fn is_empty(&self) -> bool {
        self.concepts.is_empty()
    }

    /// How well translations kept to the terms of their sources, each pair a source with its translation.
    pub fn compliance<'a>(
        &self,
        pair: &LangPair,
        texts: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Compliance {
        self.terms(pair).compliance(texts.into_iter())
    }

    /// The terms for texts of a pair.
    pub(crate) fn terms(&self, pair: &LangPair) -> Terms {
        Terms::new(self.concepts.iter().flat_map(|concept| concept.terms(pair)), pair)
    }

    fn not_empty(self, name: &str) -> Result<Self> {
        match self.is_empty() {
            true => Err(Error::input(format!("{name} holds no terms"))
                .hint("write one term a line: `Stadtrat,city council`")),
            false => Ok(self),
        }
    }
}

impl Concept {
    /// Every name in the source language with the first one in the target language.
    fn terms(&self, pair: &LangPair) -> impl Iterator<Item = Term> {
        let by_place = self.names.iter().all(|(lang, _)| lang.is_none());
        let is_in =
            |lang: &Option<Lang>, wanted: &Lang| lang.as_ref().is_some_and(|lang| lang.same_language(wanted));
        let target = match by_place {
            true => self.names.get(1),
            false => self.names.iter().find(|(lang, _)| is_in(lang, &pair.target)),
        };
        let sources = self.names.iter().enumerate().filter(move |(place, (lang, _))| match by_place {
            true => *place == 0,
            false => is_in(lang, &pair.source),
        });
        sources.filter_map(move |(_, (_, source))| {
            target.map(|(_, target)| Term { source: source.clone(), target: target.clone() })
        })
    }
}
