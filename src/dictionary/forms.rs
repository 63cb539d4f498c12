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

/// Parts of verbs that stand at the end of a clause.
const PARTICLES: &str = "ab an auf aus bei dar durch ein entgegen fest fort her heraus herum hervor hin hinaus hinzu los mit \
                         nach nieder statt teil über überein um unter vor voran voraus vorbei weg weiter wieder zu zurück \
                         zusammen";

/// Marks that end a clause.
const CLAUSE_ENDS: [char; 8] = ['.', '!', '?', ':', ',', ';', '–', ')'];

/// Words of a meaning that say nothing by themselves.
const LITTLE: &str = "a an and as at away be by down for from in into it no not of off on one or out over sb sth that the \
                      this to up with";

/// Words of grammar that small models misread.
const MISREAD: [&str; 5] = ["will", "wollen", "wolle", "wollte", "wollten"];

/// Prepositions that small models misread; without an article they often mean another thing (`nach Rom`).
const PREPOSITIONS: [&str; 2] = ["nach", "vor"];

/// How articles and pronouns end after these.
const DATIVES: [&str; 3] = ["em", "er", "en"];

/// A word of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    /// Whether it opens a sentence, so that its capital says nothing.
    pub(super) opens: bool,
    /// Whether it may mean something by itself: it is long enough and no word of grammar.
    pub(super) is_content: bool,
    /// Whether it is the first part of a compound whose last part the next one shares: `Staats-` of `Staats- und
    /// Regierungschefs`.
    pub(super) is_half: bool,
    /// The part of a verb that ends its clause, which may be its own (`nahm` of `Er nahm gern teil`).
    pub(super) particle: Option<&'a str>,
}

/// The words of a text, in order.
pub(super) fn words(text: &str) -> Vec<Word<'_>> {
    let mut opens = true;
    let mut words: Vec<Word<'_>> = Vec::new();
    let mut clause = 0;
    let tokens = text.split_word_bound_indices().filter(|(_, token)| !token.trim().is_empty());
    for (at, token) in tokens {
        if !token.starts_with(char::is_alphanumeric) {
            opens |= token.contains(['.', '!', '?', ':', '"', '„', '“', '»', '«', '–']);
            if token.starts_with(CLAUSE_ENDS) {
                close(&mut words[clause..]);
            }
            clause = words.len();
            continue;
        }
        let is_half = text[at + token.len()..].starts_with("- ");
        let is_word = !is_half && token.chars().count() >= SHORTEST && token.chars().all(char::is_alphabetic);
        let is_grammar =
            || lang::is_function_word(&token.to_lowercase(), &Lang::DE) && !MISREAD.contains(&token);
        let is_content = is_word && !is_grammar();
        words.push(Word { text: token, opens, is_content, is_half, particle: None });
        opens = false;
    }
    close(&mut words[clause..]);
    for at in 1..words.len() {
        let governs = is_article_in_dative(words[at].text);
        let before = &mut words[at - 1];
        before.is_content |= governs && is_preposition(before.text);
    }
    words
}

pub(super) fn is_preposition(word: &str) -> bool {
    PREPOSITIONS.contains(&word.to_lowercase().as_str())
}

fn is_article_in_dative(word: &str) -> bool {
    DATIVES.iter().any(|ending| word.ends_with(ending)) && lang::is_function_word(word, &Lang::DE)
}

/// Tells the words of a clause which part of a verb ends it, if one does; that says nothing by itself.
fn close(clause: &mut [Word<'_>]) {
    let Some((last, words)) = clause.split_last_mut() else { return };
    if PARTICLES.split_ascii_whitespace().any(|particle| particle == last.text) {
        last.is_content = false;
        let content =
            words.iter_mut().filter(|word| !lang::is_function_word(&word.text.to_lowercase(), &Lang::DE));
        content.for_each(|word| word.particle = Some(last.text));
    }
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

/// What the stem of a word's base form may be, the likeliest first: of a verb, the ending of a past or of a participle
/// stays in its own (`plante`, `eingeräumt`), and so does what stands inside of an infinitive (`einzuräumen`).
pub(crate) fn stems(word: &str) -> Vec<String> {
    let own = stem(word);
    let mut stems = vec![own.clone()];
    // `Bündnisse`: the stemmer leaves the doubled letter.
    stems.extend(own.strip_suffix("niss").map(|start| format!("{start}nis")));
    if word.starts_with(char::is_lowercase) {
        let without = |stem: &str, infix: &str, first: usize| {
            let at = stem.find(infix).filter(|at| (first..=5).contains(at) && stem.len() >= at + 5)?;
            Some(format!("{}{}", &stem[..at], &stem[at + infix.len()..]))
        };
        let verbal = own.strip_suffix("et").or_else(|| own.strip_suffix('t'));
        stems.extend(verbal.and_then(|verbal| without(verbal, "ge", 0)));
        stems.extend(verbal.map(str::to_owned));
        stems.extend(without(&own, "ge", 0));
        stems.extend(without(&own, "zu", 2));
    }
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
            ("einzuräumen", "einräumen"),
            ("plant", "planen"),
            ("gebilligt", "billigen"),
        ] {
            assert!(stems(form).contains(&stem(word)), "{form}: {:?}, {}", stems(form), stem(word));
        }
        for (other, word) in [("Rathaus", "Rat"), ("Sicht", "Sicherheit")] {
            assert!(!stems(other).contains(&stem(word)), "{other}");
        }
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
                for word in words(text) {
                    prop_assert!(!spellings(word.text, word.opens).is_empty());
                    stems(word.text);
                    are_alike(word.text, word.text);
                }
                stems(text);
                told.tell(text);
            }
        }
    }

    #[test]
    fn little_words_and_openings_are_told_apart() {
        let words = words("Zudem plant er es. Gift ist „Gift“, Staats- oder nicht.");
        let known = words.iter().filter(|word| word.is_content);
        let known: Vec<(&str, bool)> = known.map(|word| (word.text, word.opens)).collect();
        assert_eq!(known, [("Zudem", true), ("plant", false), ("Gift", true), ("Gift", true)]);
    }

    #[test]
    fn prepositions_count_before_an_article() {
        let content = |text| words(text).iter().any(|word| word.is_content);
        assert!(content("Nach dem"));
        assert!(content("vor einer"));
        assert!(!content("nach Rom"));
        assert!(!content("in dem"));
    }

    #[test]
    fn a_clause_ends_with_a_part_of_its_verb() {
        let words = words("Sie nahm gern teil, weil er ein „Freund“ war.");
        let particles: Vec<Option<&str>> = words.iter().map(|word| word.particle).collect();
        let own = Some("teil");
        assert_eq!(particles, [None, own, own, None, None, None, None, None, None]);
    }
}
