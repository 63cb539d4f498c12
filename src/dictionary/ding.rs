//! The format of Ding, a dictionary program: `German :: English` in each line, forms and phrases of the headword between
//! `|` on both sides, words of one meaning between `;`, remarks in brackets.

use std::sync::LazyLock;

use regex::Regex;

use super::entries::Entries;

/// Longer translations explain a word, and fit no sentence.
const LONGEST: usize = 4;

/// Grammar, fields, examples and abbreviations: `{m}`, `[pol.]`, `(on sth.)`, `<road map>`, `/Fri/`.
static REMARK: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\{[^}]*\}|\[[^\]]*\]|\([^)]*\)|<[^>]*>|(?:^|\s)/[^/;|]*/").ok());

/// What stands before a form of a verb.
const SUBJECTS: [&str; 12] = [
    "er/sie/es ",
    "ich/er/sie/es ",
    "er/sie ",
    "ich/er/sie ",
    "ich ",
    "du ",
    "sich ",
    "he/she/it ",
    "he/she ",
    "I/he/she/it ",
    "I/he/she ",
    "to ",
];

pub(super) fn read(text: &str) -> Entries {
    let mut entries = Entries::default();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    for (german, english) in lines.filter_map(|line| line.split_once("::")) {
        let (german, english) = (without_remarks(german), without_remarks(english));
        for (words, meanings) in german.split('|').zip(english.split('|')) {
            let meanings: Vec<&str> = alternatives(meanings).filter(|meaning| is_short(meaning)).collect();
            for word in alternatives(words).filter(|word| is_word(word)) {
                meanings.iter().for_each(|meaning| entries.add(word, meaning));
            }
        }
    }
    entries.sort();
    entries
}

fn without_remarks(side: &str) -> String {
    match REMARK.as_ref() {
        Some(remark) => remark.replace_all(side, "").into_owned(),
        None => side.to_owned(),
    }
}

/// The words or translations of one meaning.
fn alternatives(side: &str) -> impl Iterator<Item = &str> {
    side.split(';').map(|part| {
        let part = part.trim_matches(|c: char| c.is_whitespace() || matches!(c, ',' | '.' | '!' | '?' | '…'));
        SUBJECTS.iter().find_map(|subject| part.strip_prefix(subject)).unwrap_or(part).trim()
    })
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(char::is_alphabetic)
}

fn is_short(text: &str) -> bool {
    !text.is_empty() && !text.contains('/') && text.split_whitespace().count() <= LONGEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_stand_beside_their_translations() {
        let entries = read(
            "# a remark\n\
             Bündnis {n}; Bund {m} [pol.] | Bündnisse {pl} | im Bündnis mit :: alliance {one; two}; pact (of two) | alliances | allied with\n\
             geben | er/sie/es gibt :: to give {gave | given} | he/she gives\n\
             Freitag {m} /Fr/ :: Friday /Fri/\n\
             no line\n",
        );
        let meanings = |word| entries.meanings(word, false).join(", ");
        assert_eq!(meanings("Bündnis"), "alliance, pact");
        assert_eq!(meanings("Bund"), "alliance, pact");
        assert_eq!(meanings("Bündnisse"), "alliances");
        assert_eq!(meanings("Bündnissen"), "alliance, pact", "by its base form");
        assert_eq!(meanings("gibt"), "gives");
        assert_eq!(meanings("Freitag"), "Friday");
        assert_eq!(meanings("im"), "");
    }

    #[test]
    fn what_is_said_most_often_comes_first() {
        let entries = read("Fahrplan :: schedule\nFahrplan :: timetable; road map\nFahrplan :: timetable");
        assert_eq!(entries.meanings("Fahrpläne", false), ["timetable", "schedule", "road map"]);
    }
}
