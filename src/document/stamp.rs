//! Stamps: the date or the place and agency that open a news text and are copied, not translated.
//!
//! Known forms: `date 2022-06`, `2022-06-29`, `29. Juni 2022`, `29.06.2022`, `Wednesday, June 29, 2022`,
//! `MADRID, 29. Juni –`, `Berlin (dpa) –`, `BERLIN, June 29 (Reuters) -`.

/// The longest dateline, in characters.
const LONGEST_DATELINE: usize = 90;

/// The length in bytes of the stamp that opens the first line of `text`, if there is one.
pub(crate) fn stamp(text: &str) -> Option<usize> {
    let line = first_line(text);
    date_stamp(line).or_else(|| dateline(line))
}

/// The length in bytes of a dateline (`MADRID, 29. Juni –`, dash included) at the start of `text`.
pub(crate) fn dateline(text: &str) -> Option<usize> {
    let line = first_line(text);
    let (head, length) = before_dash(line)?;
    let (head, agency) = split_agency(head);
    let (place, has_date) = split_date(head);
    let is_known = agency.is_some_and(is_agency);
    let in_capitals = place.chars().all(|c| !c.is_lowercase());
    let plausible = has_date || is_known || (agency.is_some() && in_capitals);
    let goes_on = opens_text(line[length..].trim_start());
    (plausible && goes_on && is_place(place)).then_some(length)
}

fn first_line(text: &str) -> &str {
    text.split(['\n', '\r', '\u{2028}', '\u{2029}', '\u{85}']).next().unwrap_or("").trim_end()
}

/// A date, labelled (`date`, `Stand:`) or bare, that stands apart from what follows.
fn date_stamp(line: &str) -> Option<usize> {
    let labelled = label(line);
    let (rest, _) =
        date(weekday(labelled.unwrap_or(line)), labelled.is_some()).filter(|(_, has_year)| *has_year)?;
    let rest = time(rest);
    let apart = rest.trim_start();
    let length = line.len() - rest.len();
    if apart.is_empty() {
        return Some(line.len());
    }
    let separator = apart.chars().next().filter(|c| matches!(c, ':' | '|' | '–' | '—' | '-' | '•' | '·'));
    if let Some(c) = separator {
        let after = &apart[c.len_utf8()..];
        let stands_apart = after.is_empty() || after.starts_with(char::is_whitespace);
        return stands_apart.then_some(line.len() - after.len());
    }
    let spaced = rest.starts_with(char::is_whitespace);
    (spaced && (labelled.is_some() || opens_text(apart))).then_some(length)
}

/// Whether a title or a sentence can begin so: not in lower case, not with a comma.
fn opens_text(text: &str) -> bool {
    let first = text.trim_start_matches(['"', '„', '“', '»', '«', '‚', '‘', '(']).chars().next();
    first.is_none_or(|c| c.is_uppercase() || c.is_numeric() || (c.is_alphabetic() && !c.is_lowercase()))
}

fn label(line: &str) -> Option<&str> {
    let (word, rest) = line.split_once(char::is_whitespace)?;
    let word = word.trim_end_matches(':').to_lowercase();
    matches!(word.as_str(), "date" | "datum" | "stand" | "published" | "updated").then(|| rest.trim_start())
}

fn weekday(line: &str) -> &str {
    const DAYS: [&str; 15] = [
        "montag",
        "dienstag",
        "mittwoch",
        "donnerstag",
        "freitag",
        "samstag",
        "sonnabend",
        "sonntag",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    match line.split_once(',') {
        Some((day, rest)) if DAYS.contains(&day.to_lowercase().as_str()) => rest.trim_start(),
        _ => line,
    }
}

/// What follows a date at the start of `text`, and whether the date has a year. A month without a day is a
/// date in ISO form; `any` admits it in every form.
fn date(text: &str, any: bool) -> Option<(&str, bool)> {
    iso_date(text)
        .map(|rest| (rest, true))
        .or_else(|| numeric_date(text).map(|rest| (rest, true)))
        .or_else(|| day_month(text))
        .or_else(|| month_day(text))
        .or_else(|| any.then(|| year(month(text)?.trim_start())).flatten().map(|rest| (rest, true)))
}

/// `2022-06-29`, `2022/06/29`, `2022-06`.
fn iso_date(text: &str) -> Option<&str> {
    let rest = year(text)?;
    let separator = rest.chars().next().filter(|c| matches!(c, '-' | '/' | '.'))?;
    let rest = number(&rest[1..], 2, 12)?;
    match rest.strip_prefix(separator).and_then(|r| number(r, 2, 31)) {
        Some(day) => Some(day),
        None => (separator == '-' && !rest.starts_with('-')).then_some(rest),
    }
}

/// `29.06.2022`, `29. 6. 2022`, `29/06/2022`.
fn numeric_date(text: &str) -> Option<&str> {
    let rest = number(text, 1, 31)?;
    let separator = rest.chars().next().filter(|c| matches!(c, '.' | '/'))?;
    let rest = number(rest[1..].trim_start(), 1, 31)?.strip_prefix(separator)?.trim_start();
    year(rest).or_else(|| number(rest, 2, 99))
}

/// `29. Juni 2022`, `29 June`.
fn day_month(text: &str) -> Option<(&str, bool)> {
    let rest = number(text, 1, 31)?;
    let rest = ["st", "nd", "rd", "th", "."].iter().find_map(|s| rest.strip_prefix(s)).unwrap_or(rest);
    let rest = month(rest.trim_start())?;
    Some(year(rest.trim_start()).map_or((rest, false), |after| (after, true)))
}

/// `June 29, 2022`, `June 29`.
fn month_day(text: &str) -> Option<(&str, bool)> {
    let rest = number(month(text)?.trim_start(), 1, 31)?;
    let with_year = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    Some(year(with_year).map_or((rest, false), |after| (after, true)))
}

fn month(text: &str) -> Option<&str> {
    const MONTHS: [&str; 40] = [
        "januar",
        "jänner",
        "february",
        "februar",
        "january",
        "feber",
        "märz",
        "march",
        "april",
        "mai",
        "may",
        "juni",
        "june",
        "juli",
        "july",
        "august",
        "september",
        "oktober",
        "october",
        "november",
        "dezember",
        "december",
        "jan",
        "feb",
        "mär",
        "mrz",
        "mar",
        "apr",
        "jun",
        "jul",
        "aug",
        "sept",
        "sep",
        "okt",
        "oct",
        "nov",
        "dez",
        "dec",
        "jän",
        "febr",
    ];
    let length = text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len());
    let (word, rest) = text.split_at(length);
    let known = MONTHS.contains(&word.to_lowercase().as_str());
    known.then(|| rest.strip_prefix('.').unwrap_or(rest))
}

/// A time of day, if one follows: `, 14:30 Uhr`, `T14:30:00Z`, ` 14.30 Uhr`.
fn time(text: &str) -> &str {
    let parse = || {
        let rest = text.strip_prefix('T').unwrap_or(text.trim_start_matches([',', ' ', '\u{a0}']));
        let rest = number(rest, 1, 24)?;
        let mut rest = number(rest.strip_prefix([':', '.'])?, 2, 59)?;
        if let Some(seconds) = rest.strip_prefix(':').and_then(|r| number(r, 2, 60)) {
            rest = seconds;
        }
        let rest = rest.strip_prefix('Z').unwrap_or(rest);
        Some(rest.trim_start().strip_prefix("Uhr").unwrap_or(rest))
    };
    parse().unwrap_or(text)
}

fn year(text: &str) -> Option<&str> {
    let rest = number(text, 4, 2999)?;
    text.starts_with(['1', '2']).then_some(rest)
}

/// What follows a whole number of at least `digits` digits, from 1 to `most`.
fn number(text: &str, digits: usize, most: u32) -> Option<&str> {
    let length = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(length);
    let value: u32 = if length <= 4 { number.parse().ok()? } else { return None };
    let longest = if most > 99 { 4 } else { 2 };
    (length >= digits && length <= longest && value <= most).then_some(rest)
}

/// What stands before the first dash of the line, and the length up to the end of the dash.
fn before_dash(line: &str) -> Option<(&str, usize)> {
    let mut before = None;
    for (index, (at, c)) in line.char_indices().enumerate() {
        if index > LONGEST_DATELINE {
            return None;
        }
        let end = at + c.len_utf8();
        let long = matches!(c, '–' | '—');
        let spaced = before.is_some_and(char::is_whitespace);
        if (long || (c == '-' && spaced)) && line[end..].starts_with(char::is_whitespace) {
            return Some((line[..at].trim_end_matches([' ', '\u{a0}', '-']), end));
        }
        before = Some(c);
    }
    None
}

/// `Berlin (dpa)` as place and agency.
fn split_agency(head: &str) -> (&str, Option<&str>) {
    match head.strip_suffix(')').and_then(|h| h.rsplit_once('(')) {
        Some((place, agency)) if !agency.is_empty() && agency.chars().count() <= 40 => {
            (place.trim_end(), Some(agency))
        }
        _ => (head, None),
    }
}

fn is_agency(text: &str) -> bool {
    const AGENCIES: [&str; 24] = [
        "dpa",
        "afp",
        "ap",
        "reuters",
        "rtr",
        "kna",
        "epd",
        "sid",
        "apa",
        "sda",
        "ots",
        "upi",
        "ansa",
        "efe",
        "tass",
        "xinhua",
        "kyodo",
        "pti",
        "dts",
        "ddp",
        "dapd",
        "dw",
        "bloomberg",
        "dj",
    ];
    text.split(|c: char| !c.is_alphabetic()).any(|word| AGENCIES.contains(&word.to_lowercase().as_str()))
}

/// `MADRID, 29. Juni 2022` as the place and whether a date follows it.
fn split_date(head: &str) -> (&str, bool) {
    for (at, _) in head.match_indices(',') {
        let rest = weekday(head[at + 1..].trim_start());
        if date(rest, true).is_some_and(|(after, _)| after.trim().is_empty()) {
            return (head[..at].trim_end(), true);
        }
    }
    (head, false)
}

/// One to six words in the form of a place name: `Frankfurt am Main`, `SAN FRANCISCO, Calif.`, `Berlin/Paris`.
fn is_place(text: &str) -> bool {
    const SMALL: [&str; 14] =
        ["am", "an", "der", "den", "de", "la", "le", "les", "im", "in", "bei", "ob", "upon", "of"];
    let is_name = |word: &str| {
        word.starts_with(char::is_uppercase)
            && word.chars().all(|c| c.is_alphabetic() || matches!(c, '.' | '-' | '\'' | '’' | '/' | ','))
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    (1..=6).contains(&words.len())
        && words.first().is_some_and(|w| is_name(w))
        && words.iter().all(|w| is_name(w) || SMALL.contains(w))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_found() {
        for (line, expected) in [
            ("date 2022-06 Japans Premierminister will engere Partnerschaft", "date 2022-06"),
            ("Date: 2022-06-29", "Date: 2022-06-29"),
            ("Stand: Juni 2022 Bericht zur Lage", "Stand: Juni 2022"),
            ("2022-06-29 Gipfel in Madrid beginnt", "2022-06-29"),
            ("2022-06-29T14:30:00Z", "2022-06-29T14:30:00Z"),
            ("29. Juni 2022", "29. Juni 2022"),
            ("29. Juni 2022: Der Gipfel beginnt", "29. Juni 2022:"),
            ("Mittwoch, 29. Juni 2022, 14:30 Uhr", "Mittwoch, 29. Juni 2022, 14:30 Uhr"),
            ("29.06.2022 | Politik", "29.06.2022 |"),
            ("29. 6. 2022 – Der Gipfel", "29. 6. 2022 –"),
            ("June 29, 2022 Leaders meet in Madrid", "June 29, 2022"),
            ("Wednesday, June 29, 2022", "Wednesday, June 29, 2022"),
            ("MADRID, 29. Juni – Die Staats- und Regierungschefs kamen.", "MADRID, 29. Juni –"),
            ("Berlin (dpa) – Der Bundestag hat beschlossen.", "Berlin (dpa) –"),
            ("Berlin/Paris (dpa/AFP) - Beide Länder wollen.", "Berlin/Paris (dpa/AFP) -"),
            ("BERLIN, June 29 (Reuters) - Germany will send more.", "BERLIN, June 29 (Reuters) -"),
            ("Frankfurt am Main (Reuters) – Die Aktien", "Frankfurt am Main (Reuters) –"),
            ("NEW YORK, 3 March 2021 — Shares rose", "NEW YORK, 3 March 2021 —"),
            ("WASHINGTON, June 29, 2022 (AP) — The Senate", "WASHINGTON, June 29, 2022 (AP) —"),
            ("WIEN (xyz) – „Wir“, sagte sie", "WIEN (xyz) –"),
        ] {
            assert_eq!(stamp(line).map(|n| &line[..n]), Some(expected), "{line}");
        }
    }

    #[test]
    fn lines_that_only_look_like_a_stamp_are_text() {
        for line in [
            "Am 29. Juni 2022 begann der Gipfel in Madrid.",
            "29. Juni 2022 war ein Mittwoch.",
            "2022-06-29 begann der Gipfel.",
            "2022 war ein schweres Jahr.",
            "29 Staaten nahmen teil.",
            "Berlin – eine Stadt im Wandel",
            "Angela Merkel (CDU) – die Kanzlerin",
            "Angela Merkel (CDU) – Kanzlerin der Krisen",
            "Der Minister (dpa) sagte – nichts.",
            "date night is back in fashion",
            "June was warm.",
            "3.5 Prozent mehr Lohn",
            "2022-13-45",
            "1. Mai: Demonstrationen",
            "NATO – Was nun?",
            "99999999999999-06-01 Text",
            "",
            "–",
        ] {
            assert_eq!(stamp(line), None, "{line}");
        }
    }
}
