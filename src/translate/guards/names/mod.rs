//! Names: whether the names of the source are in the output, and no others. German and English only.
//!
//! German capitalises every noun and English every word of a title, so a capital alone proves nothing. A flag needs
//! more than one word that the other side has in no spelling:
//! - a name is missing and another was added, as when a model puts a better known name in the place of one that it
//!   does not know;
//! - two words of one name are missing (`Priya Raman`);
//! - or a known place is missing (`Köln` without `Cologne`).

mod english;
mod german;
mod places;
mod spelling;

use super::Exchange;
use crate::flag::{Flag, FlagKind};
use crate::lang::Lang;
use spelling::Spellings;

/// A word that may be a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Name<'a> {
    text: &'a str,
    /// Which word of the text it is.
    at: usize,
    kind: Kind,
}

/// Why a word may be a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// It is a known place.
    Place,
    /// It stands as a name would.
    Likely,
    /// It ends a row of capitalised words, as the last names of people do.
    Last,
    /// It stands before such a word and may be a first name or an office.
    First,
}

/// Names of the source are missing, or were replaced by others.
pub(super) fn names(exchange: &Exchange<'_>) -> Option<Flag> {
    let source = names_of(exchange.source, &exchange.pair.source)?;
    let output = names_of(exchange.output, &exchange.pair.target)?;
    let mut lost = without_counterpart(source, exchange.output);
    let mut added = without_counterpart(output, exchange.source);
    let place = |names: &[Name<'_>]| names.iter().any(|name| name.kind == Kind::Place);
    // Most common nouns end as these do, and stand behind other capitals too.
    let common = |name: &Name<'_>| ["e", "en", "er"].iter().any(|ending| name.text.ends_with(ending));
    let whole = lost
        .windows(2)
        .any(|pair| pair[1].kind == Kind::Last && pair[1].at == pair[0].at + 1 && !common(&pair[1]));
    let alone = whole || place(&lost);
    lost.retain(|name| whole || name.kind != Kind::First);
    added.retain(|name| name.kind != Kind::First);
    (alone || (!lost.is_empty() && !added.is_empty())).then(|| {
        let said = |names: &[Name<'_>], what: &str| {
            let texts: Vec<String> = names.iter().map(|name| format!("`{}`", name.text)).collect();
            (!texts.is_empty()).then(|| format!("{} {what}", texts.join(", ")))
        };
        let details: Vec<String> =
            [said(&lost, "missing"), said(&added, "added")].into_iter().flatten().collect();
        Flag::new(FlagKind::Names, details.join("; "))
    })
}

/// The names of a text; none where the language's use of capitals is not known here.
fn names_of<'a>(text: &'a str, lang: &Lang) -> Option<Vec<Name<'a>>> {
    let words = words(text);
    match lang.primary() {
        "de" => Some(german::names(&words)),
        "en" => Some(english::names(&words)),
        _ => None,
    }
}

fn without_counterpart<'a>(mut names: Vec<Name<'a>>, other: &str) -> Vec<Name<'a>> {
    let other = Spellings::of(other);
    names.retain(|name| !other.have(name.text));
    names
}

/// A word of a text with what stands before it.
#[derive(Clone, Copy, Debug)]
struct Word<'a> {
    text: &'a str,
    /// A capital may be due to its place: it opens a sentence, a quotation or what follows a colon.
    opens: bool,
    /// Only white space stands between it and the word before.
    joined: bool,
}

impl Word<'_> {
    fn is_capitalised(&self) -> bool {
        self.text.starts_with(char::is_uppercase)
    }

    /// An abbreviation in capitals, which the other language may abbreviate otherwise.
    fn is_acronym(&self) -> bool {
        self.text.chars().filter(|c| c.is_uppercase()).count() >= 2
            && self.text.chars().filter(|c| c.is_lowercase()).count() <= 2
    }
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut words: Vec<Word<'_>> = Vec::new();
    let mut end = 0;
    for word in super::words(text) {
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        let gap = &text[end..start];
        let joined = !words.is_empty() && gap.chars().all(char::is_whitespace);
        // `Dr. Maier`, `St. Gallen`, `J. Maier`
        let abbreviation =
            words.last().is_some_and(|word| word.is_capitalised() && word.text.chars().count() <= 3);
        let ends = gap.contains(['!', '?', ':', '…', '"', '“', '”', '„', '«', '»', '‘', '(', '|', '–', '—'])
            || gap.contains('.') && !abbreviation;
        words.push(Word { text: word, opens: words.is_empty() || ends, joined });
        end = start + word.len();
    }
    words
}

/// The runs of capitalised words with white space between them, as ranges. A word that opens a sentence is in none.
fn runs(words: &[Word<'_>]) -> Vec<std::ops::Range<usize>> {
    let mut runs: Vec<std::ops::Range<usize>> = Vec::new();
    for (index, word) in words.iter().enumerate().filter(|(_, word)| word.is_capitalised() && !word.opens) {
        match runs.last_mut() {
            Some(run) if run.end == index && word.joined => run.end += 1,
            _ => runs.push(index..index + 1),
        }
    }
    runs
}

/// Whether most words of a text are capitalised, as in an English headline.
fn is_title_case(words: &[Word<'_>]) -> bool {
    let long = || words.iter().filter(|word| word.text.chars().count() > 3);
    3 * long().filter(|word| word.is_capitalised()).count() > 2 * long().count()
}
