//! English number words.

use super::{Meaning, Value};

const ENGLISH_SMALL: [&str; 20] = [
    "",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const ENGLISH_TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const ENGLISH_WEEKDAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const ENGLISH_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// The meaning of an English word that stands alone; several words make larger numbers, see [`english_number`].
pub(in crate::translate::guards::numbers) fn english(word: &str) -> Option<Meaning> {
    if let Some(month) = ENGLISH_MONTHS.iter().position(|month| *month == word) {
        return Some(Meaning::Month(month as u128 + 1));
    }
    if let Some(day) = ENGLISH_WEEKDAYS.iter().position(|day| *day == word.trim_end_matches('s')) {
        return Some(Meaning::Weekday(day as u128 + 1));
    }
    let lower = word.to_lowercase();
    Some(match lower.as_str() {
        "once" | "single" | "sole" => Meaning::Hint(1),
        "both" | "couple" | "pair" | "pairs" | "twin" | "twins" | "twice" | "double" | "doubled"
        | "doubles" | "doubling" | "duo" | "two-fold" | "twofold" | "bilateral" => Meaning::Hint(2),
        "triple" | "tripled" | "treble" | "thrice" | "threefold" | "trio" | "triplets" | "trilateral" => {
            Meaning::Hint(3)
        }
        "quarter" | "quarters" => Meaning::Either(&[4, 25]),
        "quadruple" | "quadrupled" | "fourfold" | "quartet" | "quadrilateral" | "quad" => Meaning::Hint(4),
        "fortnight" | "fortnights" | "fortnightly" => Meaning::Either(&[2, 14]),
        "noon" | "midday" => Meaning::Either(&[12]),
        "midnight" => Meaning::Either(&[0, 24, 12]),
        "half" | "halves" => Meaning::Either(&[50]),
        "century" | "centuries" => Meaning::Either(&[100]),
        "millennium" | "millennia" => Meaning::Either(&[1000]),
        "decade" | "decades" | "tenfold" => Meaning::Hint(10),
        "first" | "firstly" => Meaning::Ordinal(1),
        "second" | "secondly" => Meaning::Ordinal(2),
        "third" | "thirds" | "thirdly" => Meaning::Ordinal(3),
        "fifth" | "fifths" => Meaning::Ordinal(5),
        "eighth" | "eighths" => Meaning::Ordinal(8),
        "ninth" | "ninths" => Meaning::Ordinal(9),
        "twelfth" => Meaning::Ordinal(12),
        "dozen" | "dozens" => Meaning::Scale(Value::whole(12)),
        "tens" => Meaning::Scale(Value::whole(10)),
        "hundreds" => Meaning::Scale(Value::whole(100)),
        "thousands" => Meaning::Scale(Value::whole(1_000)),
        "hundredth" => Meaning::Ordinal(100),
        "thousandth" => Meaning::Ordinal(1_000),
        other => english_scale(other)
            .map(Meaning::Scale)
            .or_else(|| english_decade(other).map(Meaning::Decade))
            .or_else(|| english_ordinal(other).map(Meaning::Ordinal))?,
    })
}

/// Words that multiply what stands before them.
pub(in crate::translate::guards::numbers) fn english_scale(lower: &str) -> Option<Value> {
    Some(Value::whole(match lower {
        "hundred" => 100,
        "thousand" => 1_000,
        "million" | "millions" => 1_000_000,
        "billion" | "billions" => 1_000_000_000,
        "trillion" | "trillions" => 1_000_000_000_000,
        "quadrillion" => 1_000_000_000_000_000,
        _ => return None,
    }))
}

/// `eighties`
fn english_decade(lower: &str) -> Option<u128> {
    let stem = lower.strip_suffix("ies")?;
    ENGLISH_TENS.iter().position(|word| word.strip_suffix('y') == Some(stem)).map(|n| n as u128 * 10)
}

/// `fourth`, `twentieth`.
fn english_ordinal(lower: &str) -> Option<u128> {
    let lower = lower.strip_suffix("ths").map(|stem| format!("{stem}th")).unwrap_or_else(|| lower.to_owned());
    if let Some(stem) = lower.strip_suffix("ieth") {
        return ENGLISH_TENS
            .iter()
            .position(|word| word.strip_suffix('y') == Some(stem))
            .map(|n| n as u128 * 10);
    }
    let stem = lower.strip_suffix("th")?;
    ENGLISH_SMALL.iter().position(|word| !word.is_empty() && *word == stem).map(|n| n as u128)
}

/// The number at the start of `words` (in lower case) and how many words it takes: `two hundred and fifty`.
pub(in crate::translate::guards::numbers) fn english_number(words: &[String]) -> Option<(Value, usize)> {
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let (mut total, mut group, mut taken) = (0u128, 0u128, 0);
    let mut smallest_scale = u128::MAX;
    loop {
        let here = word(taken);
        if let Some(n) = small_or_tens(here) {
            let fits = group % 100 == 0 || (n < 10 && (group % 100) % 10 == 0 && group % 100 >= 20);
            if !fits {
                break;
            }
            group += n;
        } else if here == "hundred" && group < 100 {
            if group == 0 {
                break;
            }
            group *= 100;
        } else if let Some(scale) = english_scale(here).and_then(Value::as_whole).filter(|&s| s >= 1000) {
            if group == 0 || scale >= smallest_scale || here.ends_with('s') {
                break;
            }
            total = group.checked_mul(scale).and_then(|n| n.checked_add(total))?;
            (group, smallest_scale) = (0, scale);
        } else if taken == 0 && matches!(here, "a" | "an") && is_scale(word(1)) {
            group = 1;
        } else if here == "and"
            && taken > 0
            && is_scale(word(taken - 1))
            && small_or_tens(word(taken + 1)).is_some()
            // `three million and five million`
            && english_scale(word(taken + 2)).and_then(Value::as_whole).is_none_or(|s| s < smallest_scale)
        {
            // Part of the number.
        } else {
            break;
        }
        taken += 1;
    }
    if taken == 0 {
        return None;
    }
    let value = Value::whole(total + group);
    if word(taken) == "and" && word(taken + 1) == "a" && word(taken + 2) == "half" {
        let half = Value::and_a_half(total + group);
        return Some(match english_scale(word(taken + 3)) {
            Some(scale) => (half.times(scale), taken + 4),
            None => (half, taken + 3),
        });
    }
    Some((value, taken))
}

fn is_scale(lower: &str) -> bool {
    english_scale(lower).is_some_and(|_| !lower.ends_with('s'))
}

fn small_or_tens(lower: &str) -> Option<u128> {
    let find =
        |list: &[&str]| list.iter().position(|word| !word.is_empty() && *word == lower).map(|n| n as u128);
    find(&ENGLISH_SMALL).or_else(|| find(&ENGLISH_TENS).map(|n| n * 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_words() {
        for (text, n, taken) in [
            ("two", 2, 1),
            ("twenty five men", 25, 2),
            ("two hundred and fifty", 250, 4),
            ("a hundred", 100, 2),
            ("one million two hundred thousand", 1_200_000, 5),
            ("three thousand and twelve", 3012, 4),
            ("two and three", 2, 1),
            ("three million and five million", 3_000_000, 2),
            ("one million and two hundred", 1_000_200, 5),
            ("nineteen eighty four", 19, 1),
        ] {
            let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
            assert_eq!(english_number(&words), Some((Value::whole(n), taken)), "{text}");
        }
        let words: Vec<String> = "two and a half million".split(' ').map(str::to_owned).collect();
        assert_eq!(english_number(&words), Some((Value::whole(2_500_000), 5)));
        assert_eq!(english("twentieth"), Some(Meaning::Ordinal(20)));
        assert_eq!(english("fourth"), Some(Meaning::Ordinal(4)));
        assert_eq!(english("north"), None);
        assert_eq!(english_number(&["the".to_owned()]), None);
        assert_eq!(english("eighties"), Some(Meaning::Decade(80)));
    }
}
