//! Clauses: the pieces of a sentence that may be true or invented by themselves.

use super::words::{fold, words};

/// The pieces of a sentence between commas, dashes, brackets and the like, and from words on that add a statement.
pub(super) fn clauses(sentence: &str) -> Vec<&str> {
    let words = words(sentence);
    let mut starts = vec![0];
    for pair in words.windows(2) {
        let [before, word] = pair else { continue };
        let gap = sentence.get(before.end()..word.start).unwrap_or("");
        if gap.contains(MARKS) || LINKS.contains(&fold(word.text).as_str()) {
            starts.push(word.start);
        }
    }
    starts.push(sentence.len());
    starts
        .windows(2)
        .filter_map(|pair| sentence.get(pair[0]..pair[1]))
        .map(|clause| clause.trim_matches(|c: char| !c.is_alphanumeric()))
        .collect()
}

const MARKS: [char; 8] = [',', ';', ':', '(', ')', '\u{2013}', '\u{2014}', '\u{2026}'];

const LINKS: [&str; 18] = [
    "and", "but", "so", "because", "while", "whereas", "although", "which", "und", "aber", "sondern", "weil",
    "sodass", "wahrend", "obwohl", "denn", "damit", "wobei",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_falls_into_clauses() {
        assert_eq!(
            clauses("The plant, which costs 3,200 pounds, is late \u{2013} and nobody knows why."),
            ["The plant", "which costs 3,200 pounds", "is late", "and nobody knows why"]
        );
        assert_eq!(clauses("Er kam, weil es regnete."), ["Er kam", "weil es regnete"]);
        assert_eq!(clauses("One clause only."), ["One clause only"]);
        assert!(clauses("").concat().is_empty());
    }
}
