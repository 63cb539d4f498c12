//! Languages: tags, names and detection.

use std::borrow::Cow;
use std::fmt;

use crate::error::{Error, Result};

/// A language, held as its canonical BCP-47 tag (`de`, `en`, `zh-Hant`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lang(Cow<'static, str>);

/// A source and a target language.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LangPair {
    /// The language of the document.
    pub source: Lang,
    /// The language it is translated into.
    pub target: Lang,
}

/// A detected language with the detector's confidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Detected {
    /// The most likely language.
    pub lang: Lang,
    /// From 0 (a guess) to 1 (certain).
    pub confidence: f64,
}

impl Lang {
    /// German.
    pub const DE: Lang = Lang(Cow::Borrowed("de"));
    /// English.
    pub const EN: Lang = Lang(Cow::Borrowed("en"));

    /// Reads a language tag in any usual form (`en`, `eng`, `en-GB`, `zh-Hant`, `eng_Latn`).
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage), with a suggestion, when the tag is unknown.
    pub fn parse(tag: &str) -> Result<Self> {
        match tag {
            "de" => Ok(Self::DE),
            "en" => Ok(Self::EN),
            _ => Err(Error::usage(format!("unknown language `{tag}`"))),
        }
    }

    /// The canonical tag.
    pub fn tag(&self) -> &str {
        &self.0
    }

    /// The language's name in English, as prompts use it.
    pub fn name(&self) -> &str {
        match self.tag() {
            "de" => "German",
            _ => "English",
        }
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}
