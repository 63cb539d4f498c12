//! Long numbers that a model took apart.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// A number in groups of three digits, as any language writes it: `3.200`, `3,200`, `3 200`, `3'200`.
static GROUPED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b\d{1,3}(?:[.,'’ \u{a0}\u{202f}\u{2009}]\d{3})+\b").ok());

/// What may be one with a space behind its separators, or numbers of a list.
static APART: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b\d{1,3}(?:[.,] \d{3})+\b").ok());

/// The output with each number in one piece that is one in the source: `3, 200` is `3,200` where that has `3.200`.
pub(super) fn in_one_piece<'a>(source: &str, output: &'a str) -> Cow<'a, str> {
    let (Some(grouped), Some(apart)) = (GROUPED.as_ref(), APART.as_ref()) else {
        return Cow::Borrowed(output);
    };
    let numbers: HashSet<String> = grouped.find_iter(source).map(|number| digits(number.as_str())).collect();
    apart.replace_all(output, |found: &Captures<'_>| {
        let text = &found[0];
        let is_one = numbers.contains(&digits(text)) && !source.contains(text);
        if is_one { text.replace(' ', "") } else { text.to_owned() }
    })
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn only_spaces_go(source in "[0-9a., '\u{a0}]{0,30}", output in "[0-9a., ’é]{0,40}") {
            let joined = in_one_piece(&source, &output);
            prop_assert_eq!(joined.replace(' ', ""), output.replace(' ', ""));
        }
    }

    #[test]
    fn a_number_of_the_source_is_put_together_again() {
        for (source, output, expected) in [
            ("Rund 3.200 Bücher.", "About 3, 200 books.", "About 3,200 books."),
            ("1.250.000 Euro, nicht 85.000", "1, 250, 000 euros, not 85, 000", "1,250,000 euros, not 85,000"),
            ("It cost 210,000 euros.", "Es kostete 210. 000 Euro.", "Es kostete 210.000 Euro."),
            ("Il y a 3 200 livres.", "There are 3, 200 books.", "There are 3,200 books."),
        ] {
            assert_eq!(in_one_piece(source, output), expected);
        }
    }

    #[test]
    fn what_may_be_a_list_stays_apart() {
        for (source, output) in [
            ("Linie 3, 200 Plätze", "Line 3, 200 seats"),
            ("3.200 Plätze, Linie 3, 200 mehr", "3,200 seats, line 3, 200 more"),
            ("Die Häuser 4 und 200", "Houses 4, 200"),
            ("Rund 13.200 Bücher", "About 3, 200 books"),
            ("Rund 3.200 Bücher", "About 3, 2000 books"),
        ] {
            assert_eq!(in_one_piece(source, output), output);
        }
    }
}
