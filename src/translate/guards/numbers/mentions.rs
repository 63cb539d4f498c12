//! The numbers that a text mentions, with every reading that a translation may give them.

use super::lexer::{Kind, Separators, tokens};
use super::reader::Reader;
use super::value::Value;
use super::words::{self, Meaning};
use crate::lang::Lang;

/// A number in a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mention {
    /// As it stands in the text.
    pub text: String,
    /// What it may mean, the most likely first; never empty.
    pub values: Vec<Value>,
    /// How sure it is that a translation says it too.
    pub weight: Weight,
    /// What it counts or names.
    pub sense: Sense,
    /// The unit behind it, by its place in the table of units.
    pub unit: Option<usize>,
}

impl Mention {
    /// A number that must be there.
    pub fn firm(text: impl Into<String>, values: Vec<Value>) -> Self {
        Self { text: text.into(), values, weight: Weight::Firm, sense: Sense::Open, unit: None }
    }

    /// A number that may be left out.
    pub fn loose(text: impl Into<String>, values: Vec<Value>) -> Self {
        Self { weight: Weight::Loose, ..Self::firm(text, values) }
    }

    /// A possible counterpart.
    pub fn hint(text: impl Into<String>, values: Vec<Value>) -> Self {
        Self { weight: Weight::Hint, ..Self::firm(text, values) }
    }
}

/// What a number counts or names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sense {
    /// Figures and words that may be any of the others, weekdays apart.
    Open,
    /// How many (`zwei`).
    Count,
    /// How many, as a measure of something (`zweitägig`, `two-day`): which one it is, it does not say.
    Measure,
    /// Which one, or what share (`zweite`, `Drittel`).
    Order,
    /// A month.
    Month,
    /// A day of the week.
    Weekday,
}

impl Sense {
    /// Whether a mention in this sense may be the counterpart of one in the other.
    pub fn fits(self, other: Self) -> bool {
        let senses = [self, other];
        self == other
            || (senses.contains(&Self::Open) && !senses.contains(&Self::Weekday))
            || (senses.contains(&Self::Count) && senses.contains(&Self::Measure))
    }
}

/// How sure it is that a translation says a number too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    /// It may be a counterpart, no more (`both`, `ein`).
    Hint,
    /// It may be left out, but not become another (`first`, `Juni`).
    Loose,
    /// It must be there.
    Firm,
}

/// The numbers of a text in `lang`. Number words are known for German and English.
pub(crate) fn mentions(text: &str, lang: &Lang) -> Vec<Mention> {
    let language = Language::of(lang);
    let tokens = tokens(text, language.separators());
    let reader = Reader::new(&tokens, language);
    let mut mentions = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let (start, before) = (at, mentions.len());
        at += match tokens[at].kind {
            Kind::Number(ref numeral) => reader.digits(at, numeral, &mut mentions),
            Kind::Word => reader.word(at, &mut mentions),
            Kind::Sign => reader.sign(at, &mut mentions),
        };
        if let [mention] = &mut mentions[before..] {
            reader.refine(start, at, mention);
        }
    }
    mentions
}

/// Whether the number words of a language are known.
pub(super) fn knows_words(lang: &Lang) -> bool {
    !matches!(Language::of(lang), Language::Other(_))
}

/// The languages whose number words are known, and how the others write digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    German,
    English,
    Other(Separators),
}

impl Language {
    fn of(lang: &Lang) -> Self {
        match lang.primary() {
            "de" => Self::German,
            "en" => Self::English,
            "zh" | "ja" | "ko" | "th" | "he" | "hi" | "bn" | "ms" => Self::Other(Separators::Point),
            _ => Self::Other(Separators::Comma),
        }
    }

    fn separators(self) -> Separators {
        match self {
            Self::German => Separators::Comma,
            Self::English => Separators::Point,
            Self::Other(separators) => separators,
        }
    }

    pub fn meaning(self, word: &str) -> Option<Meaning> {
        match self {
            Self::German => words::german(word),
            Self::English => words::english(word),
            Self::Other(_) => None,
        }
    }
}
