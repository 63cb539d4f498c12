//! Languages: tags, names and detection.

mod alphabet;
mod codes;
mod detect;
mod parse;

use std::borrow::Cow;
use std::fmt;

pub(crate) use alphabet::Alphabet;
pub(crate) use codes::{FLORES_200, LangCodes, M2M100, MBART_50, WMT21};
pub(crate) use detect::is_function_word;
pub use detect::{detect, detect_among};

use crate::error::Result;

/// A language, held as its canonical BCP-47 tag (`de`, `en-GB`, `zh-Hant`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lang {
    tag: Cow<'static, str>,
    name: Cow<'static, str>,
}

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
    pub const DE: Lang = Lang { tag: Cow::Borrowed("de"), name: Cow::Borrowed("German") };
    /// English.
    pub const EN: Lang = Lang { tag: Cow::Borrowed("en"), name: Cow::Borrowed("English") };

    /// Reads a language in any usual form: a tag (`en`, `eng`, `en-GB`, `zh-Hant`, `eng_Latn`, `de_AT.UTF-8`),
    /// a retired or bibliographic code (`iw`, `ger`), or a name (`German`, `Deutsch`).
    ///
    /// The tag is brought into its canonical form: the shortest code, no script that the language has
    /// anyway, no variants and extensions. `no` is read as `nb`, `zh-TW` as `zh-Hant-TW`.
    ///
    /// ```
    /// # use diglot::Lang;
    /// assert_eq!(Lang::parse("EN_us")?.tag(), "en-US");
    /// assert_eq!(Lang::parse("deu_Latn")?, Lang::DE);
    /// assert_eq!(Lang::parse("zh-hant")?.name(), "Chinese (Traditional)");
    /// # Ok::<(), diglot::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage), with a suggestion, when the tag is unknown.
    pub fn parse(tag: &str) -> Result<Self> {
        parse::parse(tag)
    }

    /// The canonical tag.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// The language's name in English, as prompts use it (`German`, `Chinese (Traditional)`).
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The language subtag alone (`en` for `en-GB`).
    pub fn primary(&self) -> &str {
        self.tag.split('-').next().unwrap_or(&self.tag)
    }

    /// The script subtag, where the tag has one (`Hant`).
    pub fn script(&self) -> Option<&str> {
        self.tag.split('-').find(|part| part.len() == 4)
    }

    /// Whether both are the same written language, whatever their regions (`en-GB` and `en-US`).
    pub fn same_language(&self, other: &Lang) -> bool {
        self.primary() == other.primary() && self.script() == other.script()
    }

    /// Whether the language is written from right to left.
    pub fn is_rtl(&self) -> bool {
        let script = self.script().unwrap_or_else(|| parse::usual_script(self.primary()));
        matches!(script, "Arab" | "Hebr" | "Thaa" | "Syrc" | "Nkoo" | "Adlm" | "Rohg" | "Mand" | "Samr")
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}
