//! Flags in words.

use super::clean::one_line;
use crate::flag::{Flag, FlagKind};

/// The mark that follows a flagged text, such as `[check: numbers – 2022 missing; echo]`; none without flags.
pub(super) fn mark(flags: &[Flag]) -> Option<String> {
    if flags.is_empty() {
        return None;
    }
    let word = if flags.iter().all(|flag| is_note(flag.kind)) { "note" } else { "check" };
    let flags: Vec<String> = flags.iter().map(describe).collect();
    Some(format!("[{word}: {}]", flags.join("; ")))
}

/// The text with its mark.
pub(super) fn marked(text: String, flags: &[Flag]) -> String {
    match mark(flags) {
        Some(mark) if text.is_empty() => mark,
        Some(mark) => format!("{text} {mark}"),
        None => text,
    }
}

/// A flag in a few words: its kind and what was seen.
pub(super) fn describe(flag: &Flag) -> String {
    let detail = one_line(&flag.detail);
    if detail.is_empty() { flag.kind.name().to_owned() } else { format!("{} – {detail}", flag.kind.name()) }
}

/// Whether a flag only informs, and nothing is wrong with the text.
pub(super) fn is_note(kind: FlagKind) -> bool {
    kind == FlagKind::SameLanguage
}

/// What a kind means to a reader, in one sentence.
pub(super) fn meaning(kind: FlagKind) -> &'static str {
    match kind {
        FlagKind::Empty => "The model returned nothing.",
        FlagKind::Loop => "The output repeats itself.",
        FlagKind::Echo => "The output is the source again.",
        FlagKind::WrongLanguage => "The output is not in the target language.",
        FlagKind::LengthRatio => "The output is far shorter or longer than the source suggests.",
        FlagKind::Numbers => "Numbers of the source are missing or different.",
        FlagKind::Names => "Names of the source are missing or different.",
        FlagKind::Quotes => "What the source quotes is not quoted, or nobody says it any more.",
        FlagKind::Meaning => "A wish is told as none, or who does what is turned round.",
        FlagKind::DoNotTranslate => "Addresses, code, placeholders or tags were lost, changed or made up.",
        FlagKind::Glossary => "Terms of the glossary were not translated as it says.",
        FlagKind::Formality => "The reader is addressed otherwise than was asked for.",
        FlagKind::Preamble => "The output opens with a chat phrase that is not in the source.",
        FlagKind::Refusal => "The model declined instead of translating.",
        FlagKind::Truncated => "The output was cut at the length limit, or breaks off.",
        FlagKind::Unsupported => {
            "No sentence of the text was found that supports this, or what the model wrote in its place."
        }
        FlagKind::UnknownName => "A name that the text does not contain.",
        FlagKind::UnknownNumber => "A number that the text does not contain.",
        FlagKind::SummaryLength => "The summary is not of the length that was asked for.",
        FlagKind::SameLanguage => "Copied, because it is already in the target language.",
        FlagKind::ControlCharacters => {
            "The source contains invisible characters that can change how it reads."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks() {
        let numbers = Flag::new(FlagKind::Numbers, "2022\nmissing");
        let echo = Flag::new(FlagKind::Echo, "");
        let same = Flag::new(FlagKind::SameLanguage, "");
        assert_eq!(mark(&[]), None);
        assert_eq!(mark(&[numbers, echo.clone()]).unwrap(), "[check: numbers – 2022 missing; echo]");
        assert_eq!(mark(std::slice::from_ref(&same)).unwrap(), "[note: same-language]");
        assert_eq!(mark(&[same, echo]).unwrap(), "[check: same-language; echo]");
        assert_eq!(marked(String::new(), &[Flag::new(FlagKind::Empty, "")]), "[check: empty]");
    }
}
