//! Which terms stand in a text, and which translations are missing from its target.

use std::collections::HashMap;

use super::forms::Inflection;
use super::{Compliance, Term};
use crate::lang::LangPair;

/// The terms of one language pair, ready to be looked for.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    terms: Vec<Entry>,
    /// Terms by the first letter of their first word, in lower case and without an umlaut.
    by_letter: HashMap<char, Vec<usize>>,
    source: Inflection,
    target: Inflection,
}

#[derive(Clone, Debug)]
struct Entry {
    term: Term,
    /// The words of the source side; none where it holds signs that are not of words, and is looked for as it is.
    words: Vec<String>,
}

/// A word with its bytes in the text.
#[derive(Clone, Copy, Debug)]
struct Word<'a> {
    text: &'a str,
    start: usize,
}

impl Terms {
    /// The first of several terms for the same words is kept.
    pub(super) fn new(terms: impl Iterator<Item = Term>, pair: &LangPair) -> Self {
        let (source, target) = (Inflection::of(&pair.source), Inflection::of(&pair.target));
        let mut kept = Self { terms: Vec::new(), by_letter: HashMap::new(), source, target };
        let mut known = std::collections::HashSet::new();
        for term in terms.filter(|term| known.insert(term.source.clone())) {
            let words = match source == Inflection::Unspaced || has_signs(&term.source) {
                true => Vec::new(),
                false => words(&term.source, true).iter().map(|word| word.text.to_owned()).collect(),
            };
            let first = words.first().map_or(term.source.as_str(), String::as_str);
            if let Some(letter) = letter(first) {
                kept.by_letter.entry(letter).or_default().push(kept.terms.len());
                kept.terms.push(Entry { term, words });
            }
        }
        kept
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The terms in a text, in order and each once. Whole words count, in any of their forms; where terms overlap
    /// the longest counts. A term with a capital is not found in small letters, nor the other way round but at the
    /// beginning of a text.
    pub(crate) fn found_in(&self, text: &str) -> Vec<Term> {
        let mut found: Vec<Term> = Vec::new();
        let mut add = |entry: &Entry| {
            if !found.contains(&entry.term) {
                found.push(entry.term.clone());
            }
        };
        if self.source == Inflection::Unspaced {
            self.terms.iter().filter(|entry| text.contains(&entry.term.source)).for_each(&mut add);
            return found;
        }
        let words = words(text, true);
        let mut at = 0;
        while let Some(word) = words.get(at) {
            let longest = letter(word.text)
                .and_then(|letter| self.by_letter.get(&letter))
                .into_iter()
                .flatten()
                .filter_map(|&index| self.terms.get(index))
                .filter_map(|entry| Some((self.length_at(entry, text, &words[at..], at == 0)?, entry)))
                .max_by_key(|(length, entry)| (*length, entry.term.source.len()));
            at += match longest {
                Some((length, entry)) => {
                    add(entry);
                    length
                }
                None => 1,
            };
        }
        found
    }

    /// How many words a term takes at the beginning of `words`; none where it does not stand there.
    fn length_at(&self, entry: &Entry, text: &str, words: &[Word<'_>], opens: bool) -> Option<usize> {
        let first = words.first()?;
        if entry.words.is_empty() {
            let rest = text.get(first.start..)?.strip_prefix(entry.term.source.as_str())?;
            let ends = !rest.starts_with(char::is_alphanumeric);
            let end = text.len() - rest.len();
            return ends.then(|| words.iter().take_while(|word| word.start < end).count());
        }
        let own = words.get(..entry.words.len())?;
        let last = own.len() - 1;
        let together = own.windows(2).all(|pair| {
            let between = text.get(pair[0].start + pair[0].text.len()..pair[1].start);
            between.is_some_and(|between| between.chars().all(char::is_whitespace))
        });
        let alike = own.iter().zip(&entry.words).enumerate().all(|(i, (word, base))| {
            same_case(word.text, base, opens && i == 0)
                && self.source.is_form(&word.text.to_lowercase(), &base.to_lowercase(), i == last)
        });
        (together && alike).then_some(own.len())
    }

    /// Those of `terms` whose translation does not stand in `output`, in any form of its words.
    pub(crate) fn missing<'t>(&self, terms: &'t [Term], output: &str) -> Vec<&'t Term> {
        let lower = output.to_lowercase();
        let output = words(&lower, false);
        terms.iter().filter(|term| !self.stands_in(&term.target, &lower, &output)).collect()
    }

    fn stands_in(&self, target: &str, lower: &str, output: &[Word<'_>]) -> bool {
        let target = target.to_lowercase();
        let wanted = words(&target, false);
        if self.target == Inflection::Unspaced || wanted.is_empty() || has_signs(&target) {
            return lower.contains(&target);
        }
        let last = wanted.len() - 1;
        output.windows(wanted.len()).any(|window| {
            window
                .iter()
                .zip(&wanted)
                .enumerate()
                .all(|(i, (word, base))| self.target.is_form(word.text, base.text, i == last))
        })
    }

    /// How targets kept to the terms of their sources.
    pub(crate) fn compliance<'a>(&self, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Compliance {
        pairs.fold(Compliance::default(), |sum, (source, target)| {
            let found = self.found_in(source);
            let missing = self.missing(&found, target).len();
            Compliance { found: sum.found + found.len(), kept: sum.kept + found.len() - missing }
        })
    }
}

/// The words of a text: letters and digits, with apostrophes and, where asked, hyphens inside them.
fn words(text: &str, hyphens: bool) -> Vec<Word<'_>> {
    let is_part =
        |c: char| c.is_alphanumeric() || matches!(c, '\'' | '’') || (hyphens && matches!(c, '-' | '‑'));
    let mut found = Vec::new();
    let mut rest = 0;
    for run in text.split(|c: char| !is_part(c)) {
        let core = run.trim_matches(|c: char| !c.is_alphanumeric());
        if !core.is_empty() {
            let inside = run.find(core).unwrap_or(0);
            found.push(Word { text: core, start: rest + inside });
        }
        rest += run.len();
        rest += text.get(rest..).and_then(|text| text.chars().next()).map_or(0, char::len_utf8);
    }
    found
}

/// Whether a term holds more than words: `C++`, `§ 34`.
fn has_signs(term: &str) -> bool {
    term.chars().any(|c| !c.is_alphanumeric() && !c.is_whitespace() && !matches!(c, '-' | '‑' | '\'' | '’'))
}

fn letter(word: &str) -> Option<char> {
    let first = word.chars().next()?.to_lowercase().next()?;
    Some(match first {
        'ä' => 'a',
        'ö' => 'o',
        'ü' => 'u',
        first => first,
    })
}

/// Whether a word is written with the capitals of a term. Words in capitals throughout stand for any.
fn same_case(word: &str, base: &str, opens: bool) -> bool {
    let is_upper = |word: &str| word.chars().next().is_some_and(char::is_uppercase);
    let all_upper = |word: &str| word.chars().count() > 1 && !word.chars().any(char::is_lowercase);
    let capitals = base.chars().filter(|c| c.is_uppercase()).count();
    match capitals {
        _ if all_upper(word) => true,
        0 => !is_upper(word) || opens,
        1 => is_upper(word),
        _ => word.starts_with(base),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Lang;

    fn terms(list: &[(&str, &str)]) -> Terms {
        let pair = LangPair { source: Lang::DE, target: Lang::EN };
        let list = list.iter().map(|(s, t)| Term { source: s.to_string(), target: t.to_string() });
        Terms::new(list, &pair)
    }

    fn found(terms: &Terms, text: &str) -> Vec<String> {
        terms.found_in(text).into_iter().map(|term| term.source).collect()
    }

    #[test]
    fn whole_words_in_their_forms_and_the_longest_of_them() {
        let terms =
            terms(&[("Rat", "council"), ("Rat der Stadt", "city council"), ("Rotes Kreuz", "Red Cross")]);
        assert_eq!(found(&terms, "Die Mehrheit des Rates stimmte zu."), ["Rat"]);
        assert_eq!(found(&terms, "Beide Räte stimmten zu."), ["Rat"]);
        assert_eq!(found(&terms, "Der Rat der Stadt tagt."), ["Rat der Stadt"]);
        assert_eq!(found(&terms, "Der Rat, der Stadt nah, tagt."), ["Rat"]);
        assert_eq!(found(&terms, "Im Rathaus tagt der Rats-Ausschuss."), [""; 0]);
        assert_eq!(found(&terms, "Helfer des Roten Kreuzes und der Rat, der Rat."), ["Rotes Kreuz", "Rat"]);
    }

    #[test]
    fn capitals_count() {
        let terms = terms(&[("steuern", "steer"), ("Steuer", "tax"), ("EU", "European Union")]);
        assert_eq!(found(&terms, "Er will das Boot steuern."), ["steuern"]);
        assert_eq!(found(&terms, "Die Steuern steigen, auch in der EU."), ["Steuer", "EU"]);
        assert_eq!(found(&terms, "STEUERN STEIGEN"), ["steuern"]);
        assert_eq!(found(&terms, "Ein Eu ist kein Wort."), [""; 0]);
    }

    #[test]
    fn signs_are_matched_as_they_are() {
        let terms = terms(&[("C++", "C++"), ("C", "C")]);
        assert_eq!(found(&terms, "Er schreibt C++ und C."), ["C++", "C"]);
    }

    #[test]
    fn what_is_missing_is_told_in_any_form() {
        let terms = terms(&[("Amt", "authority"), ("Vorfahrt", "right of way")]);
        let both = terms.found_in("Das Amt regelt die Vorfahrt.");
        assert_eq!(both.len(), 2);
        let missing = |output: &str| terms.missing(&both, output).len();
        assert_eq!(missing("The Authorities rule on the right-of-way."), 0);
        assert_eq!(missing("The office rules on priority."), 2);
        assert_eq!(missing("The authority rules on the way."), 1);
        let pairs = [("Das Amt.", "The office."), ("Die Vorfahrt.", "Right of way.")];
        assert_eq!(terms.compliance(pairs.into_iter()), Compliance { found: 2, kept: 1 });
    }
}
