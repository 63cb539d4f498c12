//! Times of day, dates and years, with what a translation may make of them.

use super::mentions::{Mention, Sense, Weight};
use super::value::Value;

/// A year of two digits in the centuries that it may belong to.
pub(super) fn in_centuries(short: Value) -> impl Iterator<Item = Value> {
    [1900, 2000, 1800].into_iter().filter_map(move |century| short.plus(century))
}

/// Hour and minutes; a full hour may be said without them.
pub(super) fn clock(text: &str, [hour, minutes]: [Value; 2]) -> [Mention; 2] {
    let mut hours = vec![hour];
    hours.extend(hour.as_whole().and_then(other_half_of_day));
    let weight = if minutes == Value::whole(0) { Weight::Hint } else { Weight::Firm };
    [Mention::firm(text, hours), Mention { weight, ..Mention::firm(text, vec![minutes]) }]
}

/// The same hour on the other side of noon.
pub(super) fn other_half_of_day(hour: u128) -> Option<Value> {
    match hour {
        0..=11 => Some(Value::whole(hour + 12)),
        12..=24 => Some(Value::whole(hour - 12)),
        _ => None,
    }
}

/// Whether digits with a point are a time of day: `17.30`.
pub(super) fn is_time(text: &str) -> bool {
    let below = |digits: &str, limit: u32| digits.parse().is_ok_and(|number: u32| number < limit);
    text.split_once('.')
        .is_some_and(|(hour, minutes)| below(hour, 25) && minutes.len() == 2 && below(minutes, 60))
}

pub(super) fn is_date(day: Value, month: Value) -> bool {
    let within = |value: Value, most| value.as_whole().is_some_and(|n| (1..=most).contains(&n));
    within(day, 31) && within(month, 12)
}

/// Day, month and perhaps year; the month may become a name, the year may gain its century.
pub(super) fn date(text: &str, parts: &[Value]) -> Vec<Mention> {
    let mut mentions: Vec<Mention> = parts.iter().map(|&part| Mention::firm(text, vec![part])).collect();
    if let Some(month) = mentions.get_mut(1) {
        month.weight = Weight::Loose;
        month.sense = Sense::Month;
    }
    if let Some(year) = mentions.get_mut(2) {
        let short = year.values[0];
        if short.as_whole().is_some_and(|n| n < 100) {
            year.values.extend(in_centuries(short));
        }
    }
    mentions
}
