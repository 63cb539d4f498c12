//! Forms of words: German ones as a text has them, English ones as a translation has them.

use std::collections::HashSet;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_segmentation::UnicodeSegmentation;

use crate::glossary::fold_umlauts;
use crate::lang::{self, Lang};

/// Shorter words are prepositions, articles and names.
const SHORTEST: usize = 4;

/// Letters that words of one root share at least (`security`, `secure`).
const SHARED: usize = 6;

/// Words of a meaning that say nothing by themselves.
const LITTLE: &str = "a an and as at away be by down for from in into it no not of off on one or out over sb sth that the \
                      this to up with";

/// The words of a text that may stand in a dictionary, and whether each opens a sentence.
pub(super) fn words(text: &str) -> Vec<(&str, bool)> {
    let mut opens = true;
    let mut words = Vec::new();
    for token in text.split_word_bounds().filter(|token| !token.trim().is_empty()) {
        if !token.starts_with(char::is_alphanumeric) {
            opens |= token.contains(['.', '!', '?', ':', '"', '„', '“', '»', '«', '–']);
            continue;
        }
        let is_word = token.chars().count() >= SHORTEST && token.chars().all(char::is_alphabetic);
        if is_word && !lang::is_function_word(&token.to_lowercase(), &Lang::DE) {
            words.push((token, opens));
        }
        opens = false;
    }
    words
}

/// Whether a German word may be an English one: a noun that begins as it does, another with its consonants (`sank`).
pub(super) fn are_alike(german: &str, english: &str) -> bool {
    const BEGINNING: usize = 3;
    let letters = |word: &str| fold_umlauts(&word.to_lowercase());
    let (german_letters, english) = (letters(german), letters(english));
    let consonants = |word: &str| word.replace(['a', 'e', 'i', 'o', 'u'], "");
    match german.starts_with(char::is_uppercase) {
        true => german_letters.chars().take(BEGINNING).eq(english.chars().take(BEGINNING)),
        false => consonants(&german_letters) == consonants(&english),
    }
}

/// How a dictionary may write a word: a capital may be due to its place.
pub(super) fn spellings(word: &str, opens: bool) -> Vec<String> {
    match opens {
        true => vec![word.to_owned(), word.to_lowercase()],
        false => vec![word.to_owned()],
    }
}

/// The stem of a word of a dictionary.
pub(crate) fn stem(word: &str) -> String {
    Stemmer::create(Algorithm::German).stem(&word.to_lowercase()).into_owned()
}

/// What the stem of a word's base form may be, the likeliest first: the ending of a past or of a participle stays in
/// its own (`plante`, `eingeräumt`).
pub(crate) fn stems(word: &str) -> Vec<String> {
    let own = stem(word);
    let mut stems = vec![own.clone()];
    let verbal = own.strip_suffix("et").or_else(|| own.strip_suffix('t')).map(str::to_owned);
    let without_ge = |stem: &String| {
        let at = stem.find("ge").filter(|at| *at <= 5 && stem.len() >= at + 5)?;
        Some(format!("{}{}", &stem[..at], &stem[at + 2..]))
    };
    // `Bündnisse`: the stemmer leaves the doubled letter.
    stems.extend(own.strip_suffix("niss").map(|start| format!("{start}nis")));
    stems.extend(verbal.iter().filter_map(without_ge));
    stems.extend(verbal);
    stems.extend(without_ge(&own));
    stems.retain(|stem| stem.chars().count() >= SHORTEST - 1);
    stems
}

/// The words of an English text, in any form and as they are written.
pub(crate) struct EnglishWords {
    stems: HashSet<String>,
    beginnings: HashSet<String>,
    written: HashSet<String>,
}

impl EnglishWords {
    pub(crate) fn of(text: &str) -> Self {
        let stems: HashSet<String> = english_stems(text).collect();
        let beginnings = stems.iter().filter_map(|stem| beginning(stem)).map(str::to_owned).collect();
        Self { stems, beginnings, written: text.unicode_words().map(str::to_owned).collect() }
    }

    /// Whether the text has a word as it is written.
    pub(super) fn have(&self, word: &str) -> bool {
        self.written.contains(word)
    }

    /// Whether the text has the words of a meaning, in any order and form.
    pub(super) fn tell(&self, meaning: &str) -> bool {
        let little = |stem: &String| LITTLE.split_ascii_whitespace().any(|word| word == stem);
        let has = |stem: String| {
            self.stems.contains(&stem)
                || beginning(&stem).is_some_and(|start| self.beginnings.contains(start))
        };
        english_stems(meaning).filter(|stem| !little(stem)).all(has)
    }
}

fn english_stems(text: &str) -> impl Iterator<Item = String> {
    let stemmer = Stemmer::create(Algorithm::English);
    text.unicode_words().map(move |word| stemmer.stem(&word.to_lowercase()).into_owned())
}

/// The first letters of a long word.
fn beginning(stem: &str) -> Option<&str> {
    stem.char_indices().nth(SHARED - 1).map(|(at, last)| &stem[..at + last.len_utf8()])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forms_share_a_stem_with_their_word() {
        for (form, word) in [
            ("Bündnisses", "Bündnis"),
            ("Bündnisse", "Bündnis"),
            ("Fahrpläne", "Fahrplan"),
            ("umstrittenen", "umstritten"),
            ("einräumte", "einräumen"),
            ("eingeräumt", "einräumen"),
            ("plant", "planen"),
            ("gebilligt", "billigen"),
        ] {
            assert!(stems(form).contains(&stem(word)), "{form}: {:?}, {}", stems(form), stem(word));
        }
        assert!(!stems("Rathaus").contains(&stem("Rat")));
    }

    #[test]
    fn a_meaning_is_told_in_any_form() {
        let stems = EnglishWords::of("The alliances were admitting it, on security grounds.");
        for told in ["alliance", "admit", "to admit", "secure", "on ground"] {
            assert!(stems.tell(told), "{told}");
        }
        for missing in ["coalition", "admit defeat", "be it that air"] {
            assert!(!stems.tell(missing), "{missing}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in "\\PC{0,40}", letters in "[a-zäöüßéİıſǅA-ZÄÖÜ’'\\u{300}-\\u{30f}]{0,24}") {
            for text in [&text, &letters] {
                let told = EnglishWords::of(text);
                for (word, opens) in words(text) {
                    prop_assert!(!spellings(word, opens).is_empty());
                    stems(word);
                    are_alike(word, word);
                }
                stems(text);
                told.tell(text);
            }
        }
    }

    #[test]
    fn little_words_and_openings_are_told_apart() {
        let words = words("Zudem plant er es. Gift ist „Gift“.");
        assert_eq!(words, [("Zudem", true), ("plant", false), ("Gift", true), ("Gift", true)]);
    }
}
