//! Halves of the day: `21 Uhr` must not become `9 a.m.`.

use crate::lang::Lang;

/// A time of day that is said to be in one half of it.
#[derive(Clone, Debug, PartialEq)]
struct Time {
    /// From 0 to 11.
    hour: u32,
    minute: u32,
    afternoon: bool,
}

/// Whether the output puts a time of the source in the other half of the day.
pub(super) fn changed(source: (&str, &Lang), output: (&str, &Lang)) -> bool {
    let (source, output) = (times(source.0, source.1), times(output.0, output.1));
    source.iter().any(|time| {
        let other = Time { afternoon: !time.afternoon, ..time.clone() };
        output.contains(&other) && !output.contains(time) && !source.contains(&other)
    })
}

/// The times of a text whose half of the day is known.
fn times(text: &str, lang: &Lang) -> Vec<Time> {
    match lang.primary() {
        "de" => german(text),
        "en" => english(text),
        _ => Vec::new(),
    }
}

/// `14.30 Uhr`; an hour up to twelve is before noon unless the text speaks of a later part of the day.
fn german(text: &str) -> Vec<Time> {
    let lower = text.to_lowercase();
    let later = ["abend", "nachmittag", "mittag", "nacht"].iter().any(|part| lower.contains(part));
    let times = lower.match_indices("uhr").filter_map(|(at, _)| clock(lower[..at].trim_end()));
    times
        .filter(|&(hour, _)| hour <= 24 && (hour > 12 || !later))
        .map(|(hour, minute)| Time { hour: hour % 12, minute, afternoon: (12..24).contains(&hour) })
        .collect()
}

/// `2:30 p.m.`, `14:30`, `09:00`
fn english(text: &str) -> Vec<Time> {
    let lower = text.to_lowercase();
    let mut times = Vec::new();
    for (mark, afternoon) in [("a.m", false), ("p.m", true), ("am", false), ("pm", true)] {
        for (at, _) in lower.match_indices(mark) {
            let ends = !lower[at + mark.len()..].starts_with(char::is_alphanumeric);
            if let Some((hour @ 1..=12, minute)) = clock(lower[..at].trim_end()).filter(|_| ends) {
                times.push(Time { hour: hour % 12, minute, afternoon });
            }
        }
    }
    for (at, _) in lower.match_indices(':') {
        let digits = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        let (Some(hour), Some(minute)) =
            (at.checked_sub(2).and_then(|from| lower.get(from..at)), lower.get(at + 1..at + 3))
        else {
            continue;
        };
        if digits(hour)
            && digits(minute)
            && let (Ok(hour), Ok(minute)) = (hour.parse::<u32>(), minute.parse())
            && (hour < 10 || (13..=24).contains(&hour))
        {
            times.push(Time { hour: hour % 12, minute, afternoon: (12..24).contains(&hour) });
        }
    }
    times
}

/// The hour and minute with which a text ends.
fn clock(text: &str) -> Option<(u32, u32)> {
    let start = text
        .rfind(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ':'))
        .map_or(0, |at| at + text[at..].chars().next().map_or(0, char::len_utf8));
    let (hour, minute) = text[start..].split_once(['.', ':']).unwrap_or((&text[start..], "0"));
    Some((hour.parse().ok()?, minute.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_the_day_are_kept() {
        for (source, output, wrong) in [
            ("Um 14.30 Uhr", "At 2:30 p.m.", false),
            ("Um 14.30 Uhr", "At 2:30 a.m.", true),
            ("Um 14.30 Uhr", "At 2:30", false),
            ("Um 9 Uhr", "At 9 am", false),
            ("Um 9 Uhr", "At 9 pm", true),
            ("Um 9 Uhr abends", "At 9 pm", false),
            ("Um 9 Uhr", "At 21:00", true),
            ("Um 12 Uhr", "At 12 p.m.", false),
            ("Um 0.15 Uhr", "At 12:15 a.m.", false),
            ("Von 9 bis 21 Uhr", "From 9 a.m. to 9 p.m.", false),
        ] {
            assert_eq!(changed((source, &Lang::DE), (output, &Lang::EN)), wrong, "{source}: {output}");
        }
    }
}
