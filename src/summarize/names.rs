//! Names in a summary, found without a model, and whether a text has them.
//!
//! A word is a name when
//! - it is in capitals (`NATO`, `G7`) or has a capital inside (`McNeil`);
//! - it is capitalised inside the sentence, in a language that does not capitalise nouns;
//! - it opens the sentence and the source has it capitalised inside a sentence, or the source does not have it
//!   in any form and the next word is capitalised or it does not look like a common word: a plural without a
//!   singular verb, or a usual ending of nouns, adjectives and adverbs;
//! - in German, where all nouns are capitalised, it is told from common nouns as the file on German says.
//!
//! Function words, months and days are no names. In a title-cased line only the first two rules and the first
//! half of the third count. What these rules miss goes unnoticed: a common word that opens a sentence and is
//! a name (`Brussels plan`), a name in lower case, a German one after an article (`die Waal`).

use std::collections::HashSet;

use super::german::is_german_name;
use super::words::{Word, fold, is_stop_word, stem};
use crate::lang::Lang;

/// A word of a name in a summary.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Name<'a> {
    /// As it stands in the text.
    pub(super) shown: &'a str,
    /// Where it starts.
    pub(super) start: usize,
    folded: String,
    stem: String,
    /// The initials of the capitalised words that it stands among (`un` in `United Nations`).
    initials: String,
}

/// What a text has to offer to names.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    folded: HashSet<String>,
    stems: HashSet<String>,
    acronyms: HashSet<String>,
    /// Initials of neighbouring capitalised words.
    initials: HashSet<String>,
    /// Words that are capitalised, and those that are so inside a sentence.
    capitalised: HashSet<String>,
    proper: HashSet<String>,
}

impl Known {
    pub(super) fn new(text: &str, words: &[Word<'_>], lang: &Lang) -> Self {
        let mut known = Self::default();
        let title_case = is_title_case(text, words, lang);
        for (index, word) in words.iter().enumerate() {
            let folded = fold(word.text);
            if is_acronym(word.text) {
                known.acronyms.insert(folded.clone());
            }
            if is_capitalised(word.text) && !title_case && !opens_sentence(text, words, index) {
                known.proper.insert(folded.clone());
            }
            if is_capitalised(word.text) {
                known.capitalised.insert(folded.clone());
            }
            known.stems.insert(stem(&folded, lang));
            known.folded.insert(folded);
        }
        for run in runs(text, words, lang) {
            for (first, _) in run.iter().enumerate() {
                for last in first + 1..run.len().min(first + LONGEST_ACRONYM) {
                    known.initials.insert(initials(words, &run[first..=last]));
                }
            }
        }
        known
    }

    /// Adds what another text has to offer.
    pub(super) fn extend(&mut self, other: &Self) {
        self.folded.extend(other.folded.iter().cloned());
        self.stems.extend(other.stems.iter().cloned());
        self.acronyms.extend(other.acronyms.iter().cloned());
        self.initials.extend(other.initials.iter().cloned());
        self.capitalised.extend(other.capitalised.iter().cloned());
        self.proper.extend(other.proper.iter().cloned());
    }

    /// Whether the text has the name in some form: another ending, another word for the same country, its
    /// acronym or what the acronym stands for; in German also as a part of a compound.
    pub(super) fn has(&self, name: &Name<'_>, lang: &Lang) -> bool {
        if is_acronym(name.shown) {
            let letters = name.folded.trim_end_matches('s');
            return [name.folded.as_str(), letters].iter().any(|form| {
                self.stands_for(form)
                    || self.folded.contains(*form) && form.len() > 2
                    || same_country(form).any(|other| self.folded.contains(other) || self.stands_for(other))
            });
        }
        self.folded.contains(&name.folded)
            || self.stems.contains(&name.stem)
            || self.acronyms.contains(&name.initials)
            || same_country(&name.folded)
                .any(|other| self.stems.contains(&stem(other, lang)) || self.stands_for(other))
            || lang.tag() == "de" && self.capitalised.iter().any(|word| is_part(word, &name.stem))
    }

    /// Whether the text has the acronym or capitalised words with these initials.
    fn stands_for(&self, acronym: &str) -> bool {
        self.acronyms.contains(acronym) || self.initials.contains(acronym)
    }
}

const LONGEST_ACRONYM: usize = 6;

/// Whether a German word has the other as its first or last part, or is the last part of the other.
fn is_part(word: &str, stem: &str) -> bool {
    stem.len() >= 4 && (word.starts_with(stem) || word.ends_with(stem))
        || word.len() >= 5 && stem.ends_with(word)
}

/// Words for the same country whose stems differ.
fn same_country(folded: &str) -> impl Iterator<Item = &'static str> {
    const COUNTRIES: [&[&str]; 16] = [
        &["us", "usa", "america", "american"],
        &["uk", "britain", "british", "briton"],
        &["eu", "europe", "european"],
        &["france", "french", "frankreich", "franzosisch", "franzose"],
        &["spain", "spanish", "spaniard", "spanien", "spanisch"],
        &["poland", "polish", "pole", "polen", "polnisch"],
        &["turkey", "turkish", "turk", "turkei", "turkisch"],
        &["greece", "greek", "griechenland", "griechisch", "grieche"],
        &["denmark", "danish", "dane", "danemark", "danisch"],
        &["sweden", "swedish", "swede", "schweden", "schwedisch"],
        &["netherlands", "dutch", "niederlande", "niederlandisch"],
        &["switzerland", "swiss", "schweiz", "schweizerisch"],
        &["ireland", "irish", "irland", "irisch"],
        &["scotland", "scottish", "wales", "welsh"],
        &["portugal", "portuguese", "portugiesisch"],
        &["norway", "norwegian", "norwegen", "norwegisch"],
    ];
    let folded = folded.to_owned();
    let group = COUNTRIES.into_iter().find(move |group| group.contains(&folded.as_str()));
    group.into_iter().flatten().copied()
}

/// The names in a sentence whose words are `words`. `source` is what the whole source has to offer.
pub(super) fn names<'a>(sentence: &'a str, words: &[Word<'a>], source: &Known, lang: &Lang) -> Vec<Name<'a>> {
    if !sentence.chars().any(char::is_lowercase) {
        return Vec::new();
    }
    let title_case = is_title_case(sentence, words, lang);
    let mut names = Vec::new();
    for run in runs(sentence, words, lang) {
        for (position, &index) in run.iter().enumerate() {
            let Some(word) = words.get(index) else { continue };
            let folded = fold(word.text);
            let initials = initials(words, &run);
            let name =
                Name { shown: word.text, start: word.start, stem: stem(&folded, lang), folded, initials };
            let is_name = if is_acronym(word.text) || has_inner_capital(word.text) {
                true
            } else if word.text.chars().count() < 2 {
                false
            } else if lang.tag() == "de" {
                is_german_name(sentence, words, &run, position)
            } else if title_case || opens_sentence(sentence, words, index) {
                let next_capitalised = run.get(position + 1) == Some(&(index + 1));
                if source.has(&name, lang) {
                    source.proper.contains(&name.folded)
                } else {
                    (index == 0 || !title_case)
                        && (next_capitalised && !title_case || !looks_common(word.text, words.get(index + 1)))
                }
            } else {
                true
            };
            if is_name {
                names.push(name);
            }
        }
    }
    names
}

/// Capitalised words that stand together, as indices into `words`; small words such as `of` may stand between
/// them. Function words are left out.
fn runs(text: &str, words: &[Word<'_>], lang: &Lang) -> Vec<Vec<usize>> {
    const LINKS: [&str; 10] = ["of", "for", "the", "and", "de", "la", "und", "der", "fur", "von"];
    let mut runs: Vec<Vec<usize>> = Vec::new();
    let mut open = false;
    for (index, word) in words.iter().enumerate() {
        let folded = fold(word.text);
        let joined = index > 0 && gap(text, words, index).chars().all(|c| c.is_whitespace() || c == '-');
        if is_capitalised(word.text) && (is_acronym(word.text) || !is_stop_word(&folded, lang)) {
            match runs.last_mut() {
                Some(run) if open && joined => run.push(index),
                _ => runs.push(vec![index]),
            }
            open = true;
        } else {
            open = open && joined && LINKS.contains(&folded.as_str());
        }
    }
    runs
}

fn initials(words: &[Word<'_>], run: &[usize]) -> String {
    run.iter().filter_map(|&index| fold(words.get(index)?.text).chars().next()).collect()
}

/// What stands between a word and the one before it.
pub(super) fn gap<'a>(text: &'a str, words: &[Word<'_>], index: usize) -> &'a str {
    let start = index.checked_sub(1).and_then(|i| words.get(i)).map_or(0, Word::end);
    words.get(index).and_then(|word| text.get(start..word.start)).unwrap_or("")
}

/// Whether a capital at this word may be due to its place. The period of `Mr.` and `U.S.` opens nothing.
pub(super) fn opens_sentence(text: &str, words: &[Word<'_>], index: usize) -> bool {
    let Some(before) = index.checked_sub(1).and_then(|i| words.get(i)) else { return true };
    let gap = gap(text, words, index);
    let abbreviation = is_capitalised(before.text) && (before.text.len() <= 3 || before.text.contains('.'));
    gap.contains(['!', '?', ':', '\u{2026}', '"', '\u{201c}', '\u{201e}', '\u{ab}', '\u{bb}', '\n'])
        || gap.contains('.') && !abbreviation
}

/// Whether the line is a headline in which most words are capitalised.
fn is_title_case(text: &str, words: &[Word<'_>], lang: &Lang) -> bool {
    let content = || words.iter().filter(|w| w.text.len() > 3 && !is_stop_word(&fold(w.text), lang));
    let capitalised = content().filter(|w| is_capitalised(w.text)).count();
    lang.tag() != "de"
        && capitalised >= 3
        && 4 * capitalised >= 3 * content().count()
        && !text.trim_end().ends_with('.')
}

fn is_capitalised(word: &str) -> bool {
    word.starts_with(char::is_uppercase)
}

/// Two or more capitals or digits, the first a capital, a plural `s` and a possessive aside (`NATO`, `MPs`,
/// `G7's`).
fn is_acronym(word: &str) -> bool {
    let word = word.split(['\'', '\u{2019}']).next().unwrap_or(word);
    let word = word.strip_suffix('s').unwrap_or(word);
    let signs = || word.chars().filter(|c| *c != '.');
    is_capitalised(word) && signs().count() >= 2 && signs().all(|c| c.is_uppercase() || c.is_ascii_digit())
}

fn has_inner_capital(word: &str) -> bool {
    let mut chars = word.chars();
    chars.next().is_some_and(char::is_uppercase)
        && chars.next().is_some_and(char::is_lowercase)
        && chars.any(char::is_uppercase)
}

/// Whether a word that opens an English sentence looks like a common word.
fn looks_common(word: &str, next: Option<&Word<'_>>) -> bool {
    let folded = fold(word);
    let possessive = word.contains(['\'', '\u{2019}']);
    let plural = folded.ends_with('s') && !folded.ends_with("ss");
    let singular_verb = next.is_some_and(|next| next.text.ends_with('s') || next.text == "had");
    OPENERS.split_ascii_whitespace().any(|opener| opener == folded)
        || plural && !possessive && !singular_verb
        || has_ending(&folded, ENGLISH_ENDINGS, 7)
}

pub(super) fn has_ending(folded: &str, endings: &str, shortest: usize) -> bool {
    folded.chars().count() >= shortest
        && endings.split_ascii_whitespace().any(|ending| folded.ends_with(ending))
}

const ENGLISH_ENDINGS: &str = "tion sion ment ness ity ance ence ship ism ing ure age hood al ic ive ous ary ful less able ible ed ly ent ant";

const OPENERS: &str = "
    access additional aid air amid big crime early earlier eight eleven fewer final fire five food former four full
    future global great growth health heavy high higher key large later leaders local long low lower main major
    media military military modern money mostly nearby new next nine old oil overall peace people plans police
    poor power present prior public recent research rescue rich rising science second seven short similar six small
    society staff strong talks ten third thousands three today tomorrow total trade traffic trust twelve two water
    weak weather work workers world yesterday young";

#[cfg(test)]
mod tests {
    use super::super::words::words;
    use super::*;

    const SOURCE: &str = "The ferry to Rostock left late, said Captain Inga Holm. The harbour office of the \
        European Union sent two boats, and NATO watched. Residents of the United States filmed it.";

    fn unknown<'a>(sentence: &'a str, source: &str, lang: &Lang) -> Vec<&'a str> {
        let known = Known::new(source, &words(source), lang);
        let names = names(sentence, &words(sentence), &known, lang);
        names.into_iter().filter(|name| !known.has(name, lang)).map(|name| name.shown).collect()
    }

    #[test]
    fn known_names_pass_in_any_form() {
        for sentence in [
            "Captain Holm's ferry left Rostock.",
            "Holm said the EU and the US saw it.",
            "An American filmed the U.S. boats.",
            "Europeans and N\u{e1}to watched Inga H\u{f6}lm.",
            "However, officials were late.",
            "Nearby residents filmed it.",
            "Two boats arrived.",
            "Cooperation was quick.",
            "He said: \u{201c}Filming is allowed.\u{201d}",
        ] {
            assert_eq!(unknown(sentence, SOURCE, &Lang::EN), Vec::<&str>::new(), "{sentence}");
        }
    }

    #[test]
    fn unknown_names_are_found() {
        for (sentence, expected) in [
            ("Captain Berg said the ferry left late.", vec!["Berg"]),
            ("Macron said the ferry left late.", vec!["Macron"]),
            ("Emmanuel Macron said so.", vec!["Emmanuel", "Macron"]),
            ("Paris has sent two boats.", vec!["Paris"]),
            ("The ferry to Kiel left.", vec!["Kiel"]),
            ("The WHO and McNeil watched.", vec!["WHO", "McNeil"]),
            ("The boats came from the United Nations.", vec!["Nations"]),
        ] {
            assert_eq!(unknown(sentence, SOURCE, &Lang::EN), expected, "{sentence}");
        }
    }

    #[test]
    fn a_title_hides_all_but_its_first_word_and_acronyms() {
        assert_eq!(unknown("Ferry Leaves Rostock Very Late", SOURCE, &Lang::EN), Vec::<&str>::new());
        assert_eq!(
            unknown("Macron Sends Boats to Rostock After WHO Warning", SOURCE, &Lang::EN),
            ["Macron", "WHO"]
        );
    }

    #[test]
    fn german_nouns_are_no_names() {
        let source = "Die F\u{e4}hre nach Rostock fuhr zu sp\u{e4}t ab, sagte Kapit\u{e4}nin Inga Holm. Das Hafenamt half.";
        for sentence in [
            "Die Hilfe kam von Helfern und Menschen aus Booten.",
            "Die Verz\u{f6}gerung \u{e4}rgerte das Amt.",
            "Holm lobte die Rostocker Helfer.",
            "Das kalte Wetter half.",
        ] {
            assert_eq!(unknown(sentence, source, &Lang::DE), Vec::<&str>::new(), "{sentence}");
        }
        assert_eq!(unknown("Die F\u{e4}hre nach Kiel fuhr ab.", source, &Lang::DE), ["Kiel"]);
        assert_eq!(
            unknown("Macron sagte, die UNO half Inga Berg.", source, &Lang::DE),
            ["Macron", "UNO", "Berg"]
        );
        for (sentence, expected) in [
            ("Klinger hat die F\u{e4}hre gesehen.", vec!["Klinger"]),
            ("Sie kam aus Bergedorfe und aus Ketteringen.", vec!["Bergedorfe", "Ketteringen"]),
            ("Kapit\u{e4}n R\u{fc}diger Lange half.", vec!["R\u{fc}diger", "Lange"]),
            ("Die F\u{e4}hre \u{201e}Linde\u{201c} half.", vec!["Linde"]),
        ] {
            assert_eq!(unknown(sentence, source, &Lang::DE), expected, "{sentence}");
        }
    }
}
