//! Number words of German and English, and Roman numerals.

mod english;
mod german;

use super::value::Value;
pub(super) use english::{english, english_number};
pub(super) use german::german;

/// What a word says about a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Meaning {
    /// A counting number (`zwei`, `fünfundzwanzig`).
    Cardinal(Value),
    /// A number with what it measures in one word (`zweitägig`).
    Measure(u128),
    /// A place in an order (`dritte`, `third`), a multiple or a share.
    Ordinal(u128),
    /// A word that multiplies the number before it (`Millionen`, `dozen`).
    Scale(Value),
    /// A word that may stand for a number or for something else (`both`, `ein`, `double`).
    Hint(u128),
    /// A word that other words say with one of several numbers (`fortnight`, `Mitternacht`, `Hälfte`).
    Either(&'static [u128]),
    /// The decade of a century (`achtziger`, `eighties`).
    Decade(u128),
    /// A month, from 1.
    Month(u128),
    /// A day of the week, from 1 for Monday.
    Weekday(u128),
}

/// A Roman numeral of at least two letters (`XIV.`) below 40, or of one behind what it may number (`Kategorie I`).
pub(super) fn roman(word: &str, after_name: bool) -> Option<u128> {
    if (word.len() < 2 && !after_name) || !word.bytes().all(|b| matches!(b, b'I' | b'V' | b'X')) {
        return None;
    }
    let tens = word.bytes().take_while(|&b| b == b'X').count().min(3);
    const UNITS: [&str; 10] = ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"];
    let rest = &word[tens..];
    UNITS.iter().position(|unit| *unit == rest).map(|unit| (tens * 10 + unit) as u128)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roman_numerals() {
        assert_eq!(roman("II", false), Some(2));
        assert_eq!(roman("XIV", false), Some(14));
        assert_eq!(roman("XX", false), Some(20));
        assert_eq!(roman("I", false), None);
        assert_eq!(roman("V", true), Some(5));
        assert_eq!(roman("IIX", false), None);
        assert_eq!(roman("XVX", false), None);
    }
}
