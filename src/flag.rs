//! What a reader should doubt: the closed list of flags that a segment or a summary sentence can carry.

use serde::{Deserialize, Serialize};

/// Why a segment or a summary sentence deserves a second look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FlagKind {
    /// The model returned nothing.
    Empty,
    /// The output repeats itself.
    Loop,
    /// The output is the source again.
    Echo,
    /// The output is not in the target language.
    WrongLanguage,
    /// The output is far shorter or longer than the source allows.
    LengthRatio,
    /// Numbers of the source are missing or different, or what they count is.
    Numbers,
    /// Names of the source are missing or different.
    Names,
    /// What the source quotes is not quoted, or what somebody says in it is said by nobody.
    Quotes,
    /// A wish of the source is none in the output, or somebody else does there what one does in the source.
    Meaning,
    /// Addresses, code, placeholders or tags were lost, changed or made up.
    DoNotTranslate,
    /// Terms of the glossary are missing.
    Glossary,
    /// The reader is addressed otherwise than was asked for.
    Formality,
    /// The output opens with a chat phrase (`Sure, here is …`).
    Preamble,
    /// The model declined to do the task.
    Refusal,
    /// The output was cut at the token limit, or breaks off.
    Truncated,
    /// A summary sentence that no source segment supports, or a sentence of the text in place of such a summary.
    Unsupported,
    /// A summary sentence names someone or something that the source does not.
    UnknownName,
    /// A summary sentence holds a number that the source does not.
    UnknownNumber,
    /// A summary is not of the length that was asked for.
    SummaryLength,
    /// Not translated because the text is already in the target language.
    SameLanguage,
    /// Text control characters (bidirectional overrides, tag characters) were found in the source.
    ControlCharacters,
}

impl FlagKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [FlagKind; 21] = [
        Self::Empty,
        Self::Loop,
        Self::Echo,
        Self::WrongLanguage,
        Self::LengthRatio,
        Self::Numbers,
        Self::Names,
        Self::Quotes,
        Self::Meaning,
        Self::DoNotTranslate,
        Self::Glossary,
        Self::Formality,
        Self::Preamble,
        Self::Refusal,
        Self::Truncated,
        Self::Unsupported,
        Self::UnknownName,
        Self::UnknownNumber,
        Self::SummaryLength,
        Self::SameLanguage,
        Self::ControlCharacters,
    ];

    /// Whether the flag is a doubt, and not merely a remark on what was done.
    pub fn is_doubt(self) -> bool {
        !matches!(self, Self::SameLanguage)
    }

    /// The name used in JSON and in every rendering (`wrong-language`).
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Loop => "loop",
            Self::Echo => "echo",
            Self::WrongLanguage => "wrong-language",
            Self::LengthRatio => "length-ratio",
            Self::Numbers => "numbers",
            Self::Names => "names",
            Self::Quotes => "quotes",
            Self::Meaning => "meaning",
            Self::DoNotTranslate => "do-not-translate",
            Self::Glossary => "glossary",
            Self::Formality => "formality",
            Self::Preamble => "preamble",
            Self::Refusal => "refusal",
            Self::Truncated => "truncated",
            Self::Unsupported => "unsupported",
            Self::UnknownName => "unknown-name",
            Self::UnknownNumber => "unknown-number",
            Self::SummaryLength => "summary-length",
            Self::SameLanguage => "same-language",
            Self::ControlCharacters => "control-characters",
        }
    }
}

/// A flag with what was seen, in a few words (`2022 missing`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flag {
    /// The kind of doubt.
    pub kind: FlagKind,
    /// What was seen.
    pub detail: String,
}

impl Flag {
    /// A flag of `kind`.
    pub fn new(kind: FlagKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }
}
