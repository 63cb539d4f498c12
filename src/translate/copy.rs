//! Segments that need no model: nothing to translate in them, or already in the target language.

use super::guards::language;
use crate::document;
use crate::flag::{Flag, FlagKind};
use crate::lang::LangPair;
use crate::translate::verbatim;

/// Whether `text` holds no word of a language: only numbers, signs, emoji, addresses or code.
pub(super) fn nothing_to_translate(text: &str) -> bool {
    !verbatim::rest(text).split_whitespace().any(is_word)
}

/// The flag of a text that is already in the target language, when that is beyond doubt.
pub(super) fn same_language(text: &str, pair: &LangPair) -> Option<Flag> {
    (pair.source.same_language(&pair.target) || language::is_surely(text, &pair.target, Some(&pair.source)))
        .then(|| Flag::new(FlagKind::SameLanguage, format!("already in {}", pair.target.name())))
}

/// The flag of a source with control characters that change how it is shown.
pub(super) fn control_characters(text: &str) -> Option<Flag> {
    document::control_characters(text).map(|seen| Flag::new(FlagKind::ControlCharacters, seen))
}

/// Whether a token between white space is a word that a translator would look at.
fn is_word(token: &str) -> bool {
    let core = token.trim_matches(|c: char| !c.is_alphanumeric());
    let letters = core.chars().filter(|c| c.is_alphabetic()).count();
    // A single letter is a label, unless its script has no upper case: there it may be a word.
    let uncased = core.chars().any(|c| c.is_alphabetic() && !c.is_lowercase() && !c.is_uppercase());
    (letters >= 2 || uncased) && !is_address(core) && !is_code(token)
}

/// Web and mail addresses, file paths, and hosts such as `www.example.org`.
fn is_address(core: &str) -> bool {
    core.contains("://") || core.contains('@') || core.starts_with("www.") || core.matches('/').count() >= 2
}

/// Names in a program and markup: `snake_case`, `a::b`, `f()`, `x=1`, `</p>`, `{name}`.
fn is_code(token: &str) -> bool {
    let inner = token.trim_matches(|c: char| c.is_ascii_punctuation());
    inner.contains(['_', '='])
        || ["::", "->", "</", "/>", "()", "{", "}"].iter().any(|sign| token.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Lang;

    #[test]
    fn numbers_addresses_emoji_and_code_hold_nothing_to_translate() {
        for text in [
            "",
            "12,5 %",
            "3:2",
            "🎉🎉",
            "* * *",
            "https://example.org/a?b=c",
            "www.example.org",
            "info@example.org",
            "+49 30 123456",
            "src/translate/mod.rs",
            "std::mem::swap",
            "snake_case",
            "x=1",
            "</div>",
            "`cargo run --release`",
            "<a href=\"x y\"> {name}, %s",
            "^^^^^^",
        ] {
            assert!(nothing_to_translate(text), "{text}");
        }
        for text in
            ["Berlin", "13 Uhr", "Ja!", "Siehe https://example.org", "(CDU)", "Bürger(innen)", "und/oder"]
        {
            assert!(!nothing_to_translate(text), "{text}");
        }
    }

    #[test]
    fn a_text_in_the_target_language_is_told_apart() {
        let pair = LangPair { source: Lang::DE, target: Lang::EN };
        let english =
            "The council has decided that the old bridge will be closed for the whole of the summer.";
        assert!(same_language(english, &pair).is_some());
        for text in [
            "Der Rat hat beschlossen, dass die alte Brücke im Sommer gesperrt wird.",
            "Manchester United",
            "Das Lied heißt „Blowing in the Wind“.",
            "In the Heat of the Night",
        ] {
            assert_eq!(same_language(text, &pair), None, "{text}");
        }
    }
}
