//! New candidates from old ones: a candidate with the words of another in one place (Vernikos and Popescu-Belis 2024,
//! "Don't Rank, Combine!", fuse candidates span by span in this way).

use std::collections::BTreeSet;
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};
use unicode_segmentation::UnicodeSegmentation;

use super::pieces::normalised;

/// `text` with each stretch in which one of `others` differs from it, as that one has it; none twice, and none that is
/// the text or one of the others.
pub(super) fn recombinations(text: &str, others: &[&str]) -> Vec<String> {
    let mut found = BTreeSet::new();
    for other in others {
        let (own, theirs) = (words(text), words(other));
        let keys = |words: &[Range<usize>], text: &'_ str| -> Vec<String> {
            words.iter().map(|word| text[word.clone()].trim().to_owned()).collect()
        };
        let (own_keys, their_keys) = (keys(&own, text), keys(&theirs, other));
        for op in capture_diff_slices(Algorithm::Myers, &own_keys, &their_keys) {
            if matches!(op, DiffOp::Equal { .. }) {
                continue;
            }
            let (taken_out, put_in) = (stretch(&own, op.old_range()), stretch(&theirs, op.new_range()));
            found.insert(replaced(text, taken_out, other, put_in));
        }
    }
    found.retain(|new| !new.is_empty() && new != text && !others.contains(&new.as_str()));
    found.into_iter().collect()
}

/// The words and marks of a text, each with the white space before it.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    for (at, word) in text.split_word_bound_indices() {
        if !word.trim().is_empty() {
            words.push(start..at + word.len());
            start = at + word.len();
        }
    }
    words
}

/// The bytes of some neighbouring words; the place between two when there are none.
fn stretch(words: &[Range<usize>], range: Range<usize>) -> Range<usize> {
    let end = |count: usize| count.checked_sub(1).and_then(|last| words.get(last)).map_or(0, |word| word.end);
    end(range.start)..end(range.end)
}

/// The text with words of another in a stretch of it, and with the first letter as large as it was.
fn replaced(text: &str, range: Range<usize>, other: &str, words: Range<usize>) -> String {
    let (before, after) = (&text[..range.start], &text[range.end..]);
    let is_spaced = |text: &str| text.starts_with(char::is_whitespace);
    // What begins a text has no white space before it, and gets it inside of one that has some there.
    let opening = !before.is_empty() && !is_spaced(&other[words.clone()]) && is_spaced(&text[range.start..]);
    let closing = before.is_empty() && !is_spaced(after) && is_spaced(&other[words.end..]);
    let space = |is_needed: bool| if is_needed { " " } else { "" };
    let new = normalised(&format!("{before}{}{}{}{after}", space(opening), &other[words], space(closing)));
    let was_capital = text.trim_start().starts_with(char::is_uppercase);
    match new.chars().next() {
        Some(first) if was_capital => first.to_uppercase().chain(new.chars().skip(1)).collect(),
        _ => new,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_another_come_in_one_place_at_a_time() {
        let new = recombinations(
            "The costs are rising, the mayor said on Monday.",
            &["The expenses are rising, the mayor declared on Monday."],
        );
        assert_eq!(
            new,
            [
                "The costs are rising, the mayor declared on Monday.",
                "The expenses are rising, the mayor said on Monday."
            ]
        );
    }

    #[test]
    fn words_come_and_go_with_their_spaces() {
        let new = |text, other| recombinations(text, &[other]);
        assert_eq!(
            new("It opens soon, he said.", "It opens on Monday, she said."),
            ["It opens on Monday, he said.", "It opens soon, she said."]
        );
        assert_eq!(
            new("Today it opens late.", "It opens very late."),
            ["It opens late.", "Today it opens very late."]
        );
        assert_eq!(
            new("It opens late.", "Today it opens early."),
            ["It opens early.", "Today it opens late."]
        );
    }

    #[test]
    fn what_is_there_already_is_not_made() {
        assert!(
            recombinations("The bridge is open.", &["The bridge is open.", "The bridge is closed."])
                .is_empty()
        );
        assert!(recombinations("", &["One."]).is_empty());
        let shared = recombinations("A b c d e.", &["A x c d e.", "A x c y e."]);
        assert_eq!(shared, ["A b c y e."], "`A x c d e.` stands among the others");
    }

    #[test]
    fn texts_without_spaces_are_cut_too() {
        let new = recombinations("市長は月曜日に学校を開いた。", &["市長は火曜日に校舎を開いた。"]);
        assert!(!new.is_empty());
        assert!(new.iter().all(|text| text.starts_with("市長は") && !text.contains(' ')), "{new:?}");
    }
}
