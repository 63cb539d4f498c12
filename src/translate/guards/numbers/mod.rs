//! Numbers: whether every number of the source is in the output, and no other.
//!
//! Number errors of machine translation come in four classes: whole numbers, fractions, number words, and
//! separators (`1.234` read as 1,234 or as 1.234). Numbers are compared by value, so `1,5 Milliarden` is `1.5
//! billion`, `zwei` is `2` and `15 Uhr` is `3 p.m.`. Units, currencies and halves of the day are compared as well.

mod calendar;
mod halves;
mod lexer;
mod mentions;
mod phrases;
mod reader;
mod units;
mod value;
mod words;

use super::Exchange;
use crate::flag::{Flag, FlagKind};
use crate::lang::Lang;
use mentions::{Mention, Sense, Weight, mentions};

/// Numbers of the source are missing or different, or the output has others, or what they count is another.
pub(super) fn numbers(exchange: &Exchange<'_>) -> Option<Flag> {
    let pair = exchange.pair;
    let mut numbers = [mentions(exchange.source, &pair.source), mentions(exchange.output, &pair.target)];
    if ![&pair.source, &pair.target].into_iter().all(mentions::knows_words) {
        numbers.iter_mut().flatten().for_each(trust_digits_only);
    }
    let source = (exchange.source, &pair.source);
    let output = (exchange.output, &pair.target);
    let unit = units::changed(source, output, &converted(&numbers))
        .map(|(lost, added)| format!("`{added}` for `{lost}`"));
    let half = halves::changed(source, output).then(|| "another half of the day".to_owned());
    let details: Vec<String> = [values(exchange, numbers), unit, half].into_iter().flatten().collect();
    (!details.is_empty()).then(|| Flag::new(FlagKind::Numbers, details.join("; ")))
}

/// The values that are missing and added, if that is more than a translator's freedom.
fn values(exchange: &Exchange<'_>, [source, output]: [Vec<Mention>; 2]) -> Option<String> {
    let (mut lost, mut added) = unmatched(source.clone(), output.clone());
    lost.retain(|mention| !(stands_in(mention, exchange.output) || is_told(mention, &output, &source)));
    added.retain(|mention| {
        // A number word of a name or a loan (`Six Days`, `Top Ten`) stands in both as it is.
        !(stands_in(mention, exchange.source) || is_told(mention, &source, &output))
    });
    // Where no number became another, one that is said twice may be said once.
    let is_said =
        |mention: &Mention, theirs: &[Mention]| theirs.iter().any(|other| same_value(mention, other));
    match (lost.is_empty(), added.is_empty()) {
        (false, true) => lost.retain(|mention| !is_said(mention, &output)),
        (true, false) => added.retain(|mention| !is_said(mention, &source)),
        _ => {}
    }
    let firm = |mentions: &[Mention]| mentions.iter().any(|mention| mention.weight == Weight::Firm);
    // What may be left out must still not become another of its kind.
    let named = |sense: Sense| matches!(sense, Sense::Month | Sense::Weekday).then_some(sense);
    let loose = |mentions: &[Mention], kind| {
        mentions.iter().any(|mention| mention.weight == Weight::Loose && named(mention.sense) == kind)
    };
    let changed = [None, Some(Sense::Month), Some(Sense::Weekday)]
        .into_iter()
        .any(|kind| loose(&lost, kind) && loose(&added, kind));
    // A weekday beside another makes a span of a day.
    let days = |mentions: &[Mention]| {
        mentions.iter().any(|mention| mention.sense == Sense::Weekday && mention.weight == Weight::Loose)
    };
    let changed = changed || (days(&lost) && days(&output)) || (days(&added) && days(&source));
    // One turn of phrase has one of them.
    let several = |mentions: &[Mention]| {
        let said = |mention: &&Mention| {
            mention.weight == Weight::Loose
                && matches!(mention.sense, Sense::Count | Sense::Measure | Sense::Weekday)
        };
        mentions.iter().filter(said).count() > 1
    };
    // Of 3,995 references from German none leaves a weekday out. English news name it where German ones do without.
    let is_weekday = |mention: &Mention| mention.sense == Sense::Weekday && mention.weight == Weight::Loose;
    let is_day_lost = exchange.pair.source.primary() == Lang::DE.primary() && lost.iter().any(is_weekday);
    (is_day_lost || firm(&lost) || firm(&added) || changed || several(&lost) || several(&added)).then(|| {
        let said = |mentions: &[Mention], what: &str| {
            let texts: Vec<String> = mentions
                .iter()
                .filter(|mention| mention.weight > Weight::Hint)
                .map(|mention| format!("`{}`", mention.text))
                .collect();
            (!texts.is_empty()).then(|| format!("{} {what}", texts.join(", ")))
        };
        let details: Vec<String> =
            [said(&lost, "missing"), said(&added, "added")].into_iter().flatten().collect();
        details.join("; ")
    })
}

/// Whether an amount without a counterpart is told in another unit: on the other side, or beside it on its own side
/// as it is on the other (`300 Pfund (136 kg)`). How long something took is not told twice.
fn is_told(mention: &Mention, theirs: &[Mention], own: &[Mention]) -> bool {
    let Some(unit) = mention.unit else { return false };
    let stays = |amount: &Mention| {
        let same_unit = |other: &Mention| other.unit.is_none() || other.unit == amount.unit;
        theirs.iter().any(|other| same_unit(other) && other.values.first() == amount.values.first())
    };
    theirs.iter().any(|other| agree(mention, other))
        || (!units::is_time(unit) && own.iter().any(|other| agree(mention, other) && stays(other)))
}

fn agree(a: &Mention, b: &Mention) -> bool {
    let amount = |mention: &Mention| Some((*mention.values.first()?, mention.unit?));
    matches!((amount(a), amount(b)), (Some(a), Some(b)) if units::agree(a, b))
}

/// The units of amounts that stand in the other text in another unit.
fn converted([source, output]: &[Vec<Mention>; 2]) -> Vec<usize> {
    let pairs = source.iter().flat_map(|a| output.iter().map(move |b| (a, b)));
    pairs.filter(|(a, b)| agree(a, b)).flat_map(|(a, b)| [a.unit, b.unit]).flatten().collect()
}

/// Number words of one language say nothing where those of the other are unknown.
fn trust_digits_only(mention: &mut Mention) {
    if mention.text.chars().any(char::is_alphabetic) {
        mention.weight = Weight::Hint;
    }
}

/// The mentions of each side that have no counterpart on the other.
fn unmatched(mut source: Vec<Mention>, mut output: Vec<Mention>) -> (Vec<Mention>, Vec<Mention>) {
    // Firm mentions choose first, of either side, each other before hints, and likely readings go before others.
    source.sort_by_key(|mention| std::cmp::Reverse(mention.weight));
    output.sort_by_key(|mention| std::cmp::Reverse(mention.weight));
    for least in [(Weight::Firm, Weight::Loose), (Weight::Firm, Weight::Hint), (Weight::Hint, Weight::Hint)] {
        for same in [same_value as fn(&Mention, &Mention) -> bool, shared_reading, counts_the_same] {
            let weights = |a: &Mention, b: &Mention| (a.weight.max(b.weight), a.weight.min(b.weight));
            let fits = |a: &Mention, b: &Mention| {
                let (more, less) = weights(a, b);
                more >= least.0 && less >= least.1 && same(a, b)
            };
            source.retain(|mention| match output.iter().position(|other| fits(mention, other)) {
                Some(at) => {
                    output.remove(at);
                    false
                }
                None => true,
            });
        }
    }
    (source, output)
}

/// Whether a date or a version (`4.5`) stands in a text as it is, or a number word, perhaps as a name in the genitive.
fn stands_in(mention: &Mention, text: &str) -> bool {
    let word = &mention.text;
    let is_short =
        |part: &str| matches!(part.len(), 1 | 2) && part.bytes().all(|digit| digit.is_ascii_digit());
    if word.contains('.') && word.split('.').all(is_short) {
        let digits = |c: char| !c.is_ascii_digit() && c != '.';
        return text.split(digits).any(|other| other.trim_end_matches('.') == word);
    }
    word.chars().all(char::is_alphabetic)
        && text.split(|c: char| !c.is_alphanumeric()).any(|other| {
            other.eq_ignore_ascii_case(word) || other.strip_suffix('s').is_some_and(|name| name == word)
        })
}

fn same_value(a: &Mention, b: &Mention) -> bool {
    a.sense == b.sense && a.values.first() == b.values.first()
}

fn shared_reading(a: &Mention, b: &Mention) -> bool {
    a.sense.fits(b.sense) && a.values.iter().any(|value| b.values.contains(value))
}

/// Whether one counts what the other numbers: `in seinem dritten Jahr`, `after three years`.
fn counts_the_same(a: &Mention, b: &Mention) -> bool {
    let senses = [a.sense, b.sense];
    senses.contains(&Sense::Count) && senses.contains(&Sense::Order) && a.values.first() == b.values.first()
}
