//! Numbers and dates in running text, in one notation: `1,250`, `1.250` and `1250` are one number, so are `2`,
//! `two` and `zwei`; `5 million` is 5000000.

use super::words::{Word, fold};

/// A number or a date in a text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Figure<'a> {
    /// Its canonical form.
    pub(super) key: String,
    /// As it stands in the text.
    pub(super) shown: &'a str,
    /// Where it starts.
    pub(super) start: usize,
    /// Whether it is a month or a day of the week.
    pub(super) is_date: bool,
}

/// The numbers, months and days of the week in a text. `words` are its words.
pub(super) fn figures<'a>(text: &'a str, words: &[Word<'a>]) -> Vec<Figure<'a>> {
    let mut figures = Vec::new();
    let mut index = 0;
    while let Some(word) = words.get(index) {
        if let Some(date) = numeric_date(word) {
            figures.extend(date);
            index += 1;
        } else if let Some((value, count)) = number(text, &words[index..]) {
            let end = words.get(index + count - 1).map_or(word.end(), Word::end);
            let shown = text.get(word.start..end).unwrap_or(word.text);
            figures.push(numeral(value, shown, word.start));
            index += count;
        } else {
            let before = index.checked_sub(1).and_then(|i| words.get(i));
            if let Some(date) = named_date(word, before, words.get(index + 1)) {
                figures.push(date);
            }
            index += 1;
        }
    }
    figures.extend(iso_months(text, words));
    figures
}

fn numeral(value: f64, shown: &str, start: usize) -> Figure<'_> {
    Figure { key: format!("{}", (value * 1e4).round() / 1e4), shown, start, is_date: false }
}

/// The number that starts with the first word, and how many words it takes.
fn number(text: &str, words: &[Word<'_>]) -> Option<(f64, usize)> {
    let first = words.first()?;
    let (mut value, mut count) = match digits(first.text) {
        Some(value) => (value, 1),
        None => (number_word(&fold(first.text))?, 1),
    };
    let next = |count: usize| {
        let (last, next) = (words.get(count - 1)?, words.get(count)?);
        let gap = text.get(last.end()..next.start)?;
        gap.chars().all(|c| c == ' ' || c == '-' || c == '\u{a0}').then(|| fold(next.text))
    };
    if (20.0..100.0).contains(&value)
        && digits(first.text).is_none()
        && let Some(unit) = next(count).and_then(|word| number_word(&word))
        && unit < 10.0
    {
        value += unit;
        count += 1;
    }
    while let Some(scale) = next(count).and_then(|word| scale(&word)) {
        value *= scale;
        count += 1;
    }
    Some((value, count))
}

/// Whether a folded word is a number.
pub(super) fn is_number(folded: &str) -> bool {
    digits(folded).is_some() || number_word(folded).is_some()
}

/// A number that starts with a digit; letters may follow (`5th`, `1990s`, `3.5bn`).
fn digits(word: &str) -> Option<f64> {
    let end = word.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').unwrap_or(word.len());
    let (numeral, rest) = word.split_at(end);
    if !numeral.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let numeral = numeral.trim_end_matches(['.', ',']);
    let value: f64 = without_separators(numeral).parse().ok()?;
    Some(value * scale(&fold(rest)).unwrap_or(1.0))
}

/// Drops the separators of thousands and writes the decimal one as a point. The last separator is decimal
/// unless it occurs twice or exactly three digits follow it and one to three, not `0`, precede it.
fn without_separators(numeral: &str) -> String {
    let Some(last) = numeral.rfind(['.', ',']) else { return numeral.to_owned() };
    let separator = &numeral[last..=last];
    let (whole, fraction) = (&numeral[..last], &numeral[last + 1..]);
    let grouping = whole.contains(separator)
        || (fraction.len() == 3 && whole.len() <= 3 && whole != "0" && !whole.contains(['.', ',']));
    let whole = whole.replace(['.', ','], "");
    if grouping { whole + fraction } else { format!("{whole}.{fraction}") }
}

/// Small numbers in words. One is left out: it is mostly an article or a pronoun.
fn number_word(folded: &str) -> Option<f64> {
    let value = match folded {
        "two" | "zwei" => 2,
        "three" | "drei" => 3,
        "four" | "vier" => 4,
        "five" | "funf" => 5,
        "six" | "sechs" => 6,
        "seven" | "sieben" => 7,
        "eight" | "acht" => 8,
        "nine" | "neun" => 9,
        "ten" | "zehn" => 10,
        "eleven" | "elf" => 11,
        "twelve" | "zwolf" => 12,
        "thirteen" | "dreizehn" => 13,
        "fourteen" | "vierzehn" => 14,
        "fifteen" | "funfzehn" => 15,
        "sixteen" | "sechzehn" => 16,
        "seventeen" | "siebzehn" => 17,
        "eighteen" | "achtzehn" => 18,
        "nineteen" | "neunzehn" => 19,
        "twenty" | "zwanzig" => 20,
        "thirty" | "dreissig" => 30,
        "forty" | "vierzig" => 40,
        "fifty" | "funfzig" => 50,
        "sixty" | "sechzig" => 60,
        "seventy" | "siebzig" => 70,
        "eighty" | "achtzig" => 80,
        "ninety" | "neunzig" => 90,
        _ => return None,
    };
    Some(f64::from(value))
}

fn scale(folded: &str) -> Option<f64> {
    match folded {
        "hundred" | "hundert" => Some(1e2),
        "thousand" | "tausend" | "tsd" => Some(1e3),
        "million" | "millions" | "millionen" | "mio" | "mn" => Some(1e6),
        "billion" | "billions" | "bn" | "milliarde" | "milliarden" | "mrd" => Some(1e9),
        "trillion" | "tn" | "billionen" => Some(1e12),
        _ => None,
    }
}

/// Day, month and year in one word (`29.06.2022`): the day, the year, and the month as a date.
fn numeric_date<'a>(word: &Word<'a>) -> Option<[Figure<'a>; 3]> {
    let parts: Vec<&str> = word.text.split('.').collect();
    let [day, month, year] = parts[..] else { return None };
    let month: usize = month.parse().ok()?;
    let day: u8 = day.parse().ok()?;
    let year_value: u16 = year.parse().ok()?;
    let is_date = (1..=31).contains(&day) && (1..=12).contains(&month) && matches!(year.len(), 2 | 4);
    is_date.then(|| {
        let figure = |value| numeral(f64::from(value), word.text, word.start);
        [figure(u16::from(day)), month_figure(month, word), figure(year_value)]
    })
}

/// The months of dates such as `2022-06-29` and `2022-06`; their numbers are found as numbers.
fn iso_months<'a>(text: &'a str, words: &[Word<'a>]) -> Vec<Figure<'a>> {
    let is_number =
        |word: &Word<'_>, len: usize| word.text.len() == len && word.text.bytes().all(|b| b.is_ascii_digit());
    let mut months = Vec::new();
    for pair in words.windows(2) {
        if let [year, month] = pair
            && is_number(year, 4)
            && is_number(month, 2)
            && text.get(year.end()..month.start) == Some("-")
            && let Ok(number @ 1..=12) = month.text.parse()
        {
            months.push(month_figure(number, month));
        }
    }
    months
}

fn month_figure<'a>(number: usize, word: &Word<'a>) -> Figure<'a> {
    date_figure(format!("month {number}"), word)
}

fn date_figure<'a>(key: String, word: &Word<'a>) -> Figure<'a> {
    Figure { key, shown: word.text, start: word.start, is_date: true }
}

/// A month or a day of the week by its name, which is capitalised. Short forms of months count beside a number
/// only.
fn named_date<'a>(
    word: &Word<'a>,
    before: Option<&Word<'_>>,
    after: Option<&Word<'_>>,
) -> Option<Figure<'a>> {
    if !word.text.starts_with(char::is_uppercase) {
        return None;
    }
    let folded = fold(word.text);
    if let Some(day) = WEEKDAYS.iter().position(|names| names.contains(&folded.as_str())) {
        return Some(date_figure(format!("weekday {day}"), word));
    }
    let beside_number = [before, after].into_iter().flatten().any(|w| digits(w.text).is_some());
    let full = MONTHS.iter().position(|names| names.contains(&folded.as_str()));
    let short = || MONTHS.iter().position(|names| beside_number && names[0].get(..3) == Some(&folded));
    full.or_else(short).map(|index| month_figure(index + 1, word))
}

const WEEKDAYS: [[&str; 3]; 7] = [
    ["monday", "mondays", "montag"],
    ["tuesday", "tuesdays", "dienstag"],
    ["wednesday", "wednesdays", "mittwoch"],
    ["thursday", "thursdays", "donnerstag"],
    ["friday", "fridays", "freitag"],
    ["saturday", "saturdays", "samstag"],
    ["sunday", "sundays", "sonntag"],
];

const MONTHS: [[&str; 2]; 12] = [
    ["january", "januar"],
    ["february", "februar"],
    ["march", "marz"],
    ["april", "april"],
    ["may", "mai"],
    ["june", "juni"],
    ["july", "juli"],
    ["august", "august"],
    ["september", "september"],
    ["october", "oktober"],
    ["november", "november"],
    ["december", "dezember"],
];

#[cfg(test)]
mod tests {
    use super::super::words::words;
    use super::*;

    fn keys(text: &str) -> Vec<String> {
        figures(text, &words(text)).into_iter().map(|figure| figure.key).collect()
    }

    #[test]
    fn one_notation_for_every_number() {
        for (text, expected) in [
            ("1,250 or 1.250 or 1250", vec!["1250", "1250", "1250"]),
            ("3.5 or 3,5 or 3.50", vec!["3.5", "3.5", "3.5"]),
            ("1,234,567.89", vec!["1234567.89"]),
            ("0.125 and 12.5", vec!["0.125", "12.5"]),
            ("two, zwei and 2", vec!["2", "2", "2"]),
            ("twenty-five of thirty", vec!["25", "30"]),
            ("5 million, $3.5bn and two hundred thousand", vec!["5000000", "3500000000", "200000"]),
            ("the 5th in the 1990s, 7:30", vec!["5", "1990", "7", "30"]),
            ("one of them", vec![]),
        ] {
            assert_eq!(keys(text), expected, "{text}");
        }
    }

    #[test]
    fn dates_in_words_and_figures_agree() {
        for text in ["29.06.2022", "29 June 2022", "29. Juni 2022", "Jun 29, 2022", "2022-06-29"] {
            let mut found = keys(text);
            found.sort();
            assert_eq!(found.iter().filter(|k| *k == "month 6").count(), 1, "{text}: {found:?}");
            assert!(
                found.contains(&"29".to_owned()) && found.contains(&"2022".to_owned()),
                "{text}: {found:?}"
            );
        }
        assert_eq!(keys("On Mondays"), keys("am Montag"));
        assert!(keys("it may march on").is_empty());
        assert!(keys("Jan spoke").is_empty());
    }
}
