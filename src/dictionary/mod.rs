//! Dictionaries: what words can mean that a small model may not know. German to English only.
//!
//! A model is told of the words that its first translations pass over ("dictionary-based prompting", Ghazvininejad,
//! Gonen and Zettlemoyer 2023). Some 25,000 words come with the program, written for it; a whole dictionary is a file
//! in the format of Ding.

mod comparative;
mod ding;
mod entries;
mod forms;

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use sha2::{Digest, Sha256};

use crate::document::Document;
use crate::error::{Error, Result};
use crate::glossary::Term;
use crate::lang::{self, Lang, LangPair};
use entries::Entries;
use forms::Word;
pub(crate) use forms::{EnglishWords, stem, stems};

/// The words that come with the program.
const OWN_WORDS: &str = include_str!("de-en.txt");

/// The same, read.
static OWN: LazyLock<Arc<Dictionary>> =
    LazyLock::new(|| Arc::new(Dictionary { entries: ding::read(OWN_WORDS), sha256: None }));

/// Of so many meanings a word is told at most; the commonest come first.
const TOLD_MEANINGS: usize = 3;

/// A word of more meanings than this is a common one, which says little by itself.
const MOST_MEANINGS: usize = 12;

/// Stands in a verb for what is between its parts.
pub(crate) const GAP: &str = " … ";

/// What German words can mean in English: some 25,000 that come with the program, and those of a file.
///
/// ```
/// use diglot::Dictionary;
///
/// let ding = "Fahrplan {m} | Fahrpläne {pl} :: timetable; road map | timetables";
/// assert!(Dictionary::parse("de-en", ding).is_ok());
/// assert!(Dictionary::parse("de-en", "no dictionary").is_err());
/// ```
#[derive(Clone, Debug)]
pub struct Dictionary {
    entries: Entries,
    /// Of the text that was read, in hexadecimal digits.
    sha256: Option<String>,
}

/// A word of a text with what it can mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    /// The word as the text has it, the parts of a verb with a gap between them.
    word: String,
    /// What it can mean; of a compound, what its parts can mean.
    parts: Vec<Vec<String>>,
}

impl Default for Dictionary {
    /// The words that come with the program.
    fn default() -> Self {
        Self::clone(&OWN)
    }
}

impl Dictionary {
    /// Reads a dictionary of German and English in the format of Ding: `German :: English` in each line, forms between
    /// `|`, words of one meaning between `;`. What words of the program mean stays as it is.
    ///
    /// # Errors
    /// [`ErrorKind::Input`](crate::ErrorKind::Input), naming the file, when it cannot be read or holds no word.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let document = Document::read(path, None)?;
        Self::parse(&document.name, &document.text)
    }

    /// Reads a dictionary from text. `name` is what errors call it.
    ///
    /// # Errors
    /// [`ErrorKind::Input`](crate::ErrorKind::Input) when it holds no word.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let others = ding::read(text);
        if others.is_empty() {
            return Err(Error::input(format!("{name} holds no word of a dictionary"))
                .hint("each line of a dictionary is `German :: English`, as in the program Ding"));
        }
        let mut entries = Self::default().entries;
        entries.extend(&others);
        let sha256 = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { entries, sha256: Some(sha256) })
    }

    /// The sha256 of the text that was read, if one was.
    pub(crate) fn sha256(&self) -> Option<&str> {
        self.sha256.as_deref()
    }

    /// The words that come with the program.
    pub(crate) fn own() -> Arc<Self> {
        OWN.clone()
    }

    /// Whether a dictionary says anything of texts of this pair.
    pub(crate) fn serves(pair: &LangPair) -> bool {
        pair.source.primary() == Lang::DE.primary() && pair.target.primary() == Lang::EN.primary()
    }

    /// The words of a text that are known, in order and each once, in any form; very common ones left out.
    pub(crate) fn known_in(&self, text: &str) -> Vec<Known> {
        let mut seen = HashSet::new();
        let words = forms::words(text);
        let known = words.iter().enumerate().filter_map(|(at, word)| match word.is_half {
            true => self.half(word.text, &words[at + 1..]),
            false => self.known(word),
        });
        let known = known.filter(|known| seen.insert(known.word.clone()));
        known.collect()
    }

    /// Whether a German word is known, and means no English word that is like it.
    pub(crate) fn is_only_german(&self, word: &str) -> bool {
        let meanings = self.entries.meanings(word, false);
        let is_alike = |meaning: &String| meaning.split(' ').any(|part| forms::are_alike(word, part));
        !meanings.is_empty() && !meanings.iter().any(is_alike) && !lang::is_function_word(word, &Lang::EN)
    }

    /// A word with what it can mean: together with the part of a verb that ends its clause, if that is its own, or else by
    /// itself.
    fn known(&self, word: &Word<'_>) -> Option<Known> {
        let with_particle = word.particle.and_then(|particle| {
            let whole = format!("{particle}{}", word.text.to_lowercase());
            let is_verb = word.opens || word.text.starts_with(char::is_lowercase);
            let parts = is_verb.then(|| self.look_up(&whole, false)).flatten()?;
            Some(Known { word: format!("{}{GAP}{particle}", word.text), parts })
        });
        with_particle.or_else(|| {
            let parts = word.is_content.then(|| self.look_up(word.text, word.opens)).flatten()?;
            Some(Known { word: word.text.to_owned(), parts })
        })
    }

    /// Half a word with what the whole one can mean, whose last part is that of the word after the next (`und`).
    fn half(&self, half: &str, next: &[Word<'_>]) -> Option<Known> {
        let other = next.get(1)?.text;
        let ends = other.char_indices().skip(entries::SHORTEST_PART).map(|(at, _)| &other[at..]);
        let long = ends.filter(|end| end.chars().count() >= entries::SHORTEST_PART);
        let mut meanings = long.map(|end| self.entries.meanings(&format!("{half}{end}"), false));
        let meanings = meanings.find(|meanings| !meanings.is_empty())?;
        Some(Known { word: format!("{half}-"), parts: vec![meanings] })
    }

    /// What a comparative can mean.
    fn comparatives(&self, word: &str) -> Option<Vec<Vec<String>>> {
        let base = comparative::base(word, |word| self.entries.have(word))?;
        let meanings = self.entries.meanings(&base, false);
        Some(vec![meanings.iter().map(|meaning| comparative::comparative(meaning)).collect()])
    }

    /// What a word can mean, or its parts; none where that says nothing.
    fn look_up(&self, word: &str, opens: bool) -> Option<Vec<Vec<String>>> {
        if let Some(comparatives) = self.comparatives(word) {
            return Some(comparatives);
        }
        let meanings = self.entries.meanings(word, opens);
        if meanings.is_empty() {
            let is_noun = word.starts_with(char::is_uppercase) && !opens;
            return is_noun.then(|| self.entries.parts(word)).flatten().map(|parts| parts.to_vec());
        }
        let tells = meanings.len() <= MOST_MEANINGS
            && meanings.iter().any(|meaning| meaning.to_lowercase() != word.to_lowercase());
        tells.then(|| vec![meanings])
    }
}

impl Known {
    /// The word as the text has it.
    pub(crate) fn word(&self) -> &str {
        &self.word
    }

    /// Whether a model is told of it: prepositions would take its mind off the other words.
    pub(crate) fn is_hint(&self) -> bool {
        !forms::is_preposition(&self.word)
    }

    /// Whether a translation has one of the meanings, in any form.
    pub(crate) fn is_told_in(&self, translation: &EnglishWords) -> bool {
        let all = self.parts.iter().all(|meanings| meanings.iter().any(|meaning| translation.tell(meaning)));
        all && !self.is_left_in(translation)
    }

    /// Whether it stands in a translation as it is, and means another word.
    fn is_left_in(&self, translation: &EnglishWords) -> bool {
        let meanings = self.parts.iter().flatten();
        translation.have(&self.word)
            && !meanings.flat_map(|meaning| meaning.split(' ')).any(|part| part == self.word)
    }

    /// What a model is told: some meanings, or the first ones of the parts.
    pub(crate) fn term(&self) -> Term {
        let target = match self.parts.as_slice() {
            [meanings] => meanings.iter().take(TOLD_MEANINGS).cloned().collect::<Vec<_>>().join(" / "),
            parts => {
                parts.iter().filter_map(|meanings| meanings.first()).cloned().collect::<Vec<_>>().join(" ")
            }
        };
        Term { source: self.word.clone(), target }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::glossary::fold_umlauts;

    #[test]
    fn own_words_are_in_order_and_none_stands_twice() {
        let words: Vec<&str> = OWN_WORDS.lines().filter_map(|line| line.split([';', ' ']).next()).collect();
        let key = |word: &str| fold_umlauts(&word.to_lowercase()).replace('ß', "ss");
        assert!(words.windows(2).all(|pair| (key(pair[0]), pair[0]) < (key(pair[1]), pair[1])));
        assert!(
            OWN_WORDS
                .lines()
                .all(|line| line.split_once(" :: ").is_some_and(|(_, english)| !english.is_empty()))
        );
    }

    #[test]
    fn words_are_known_in_their_forms_and_by_their_parts() {
        let dictionary =
            Dictionary::parse("d", "Fahrplan :: bus times\nZauberkessel :: magic kettle").unwrap();
        let told = |text| -> Vec<String> {
            let known = dictionary.known_in(text);
            known
                .iter()
                .map(|word| {
                    let term = word.term();
                    format!("{} = {}", term.source, term.target)
                })
                .collect()
        };
        assert_eq!(told("Die Fahrpläne dort."), ["Fahrpläne = timetable / schedule / road map"]);
        assert_eq!(told("Er ist im Zauberkessel, dem Zauberkessel."), ["Zauberkessel = magic kettle"]);
        assert_eq!(told("Das war der Zauberkesselgipfel."), ["Zauberkesselgipfel = magic kettle summit"]);
        assert_eq!(told("Er und sie, und das war es."), [""; 0]);
        assert_eq!(
            told("Der engere Plan."),
            ["engere = closer / tighter / narrower", "Plan = plan / schedule / scheme"]
        );
        assert_eq!(told("Die Staats- oder Regierungschefs.")[0], "Staats- = head of state / president");
        assert_eq!(
            told("Er räumte es am Montag ein, sie nicht."),
            ["räumte … ein = admit / concede / grant", "Montag = Monday"]
        );
    }

    #[test]
    fn a_word_is_told_by_any_meaning_of_each_part() {
        let dictionary = Dictionary::default();
        let told = |text, translation| {
            let translation = EnglishWords::of(translation);
            dictionary.known_in(text).iter().all(|word| word.is_told_in(&translation))
        };
        assert!(told("Das Bündnis hat einen Fahrplan.", "The alliance has a road map."));
        assert!(!told("Das Bündnis hat einen Fahrplan.", "The alliance has a travel plan."));
        assert!(told("Das Geheimdienstbündnis wächst.", "The alliance of secret services is growing."));
        assert!(!told("Das Geheimdienstbündnis wächst.", "The alliance is growing."));
    }
}
