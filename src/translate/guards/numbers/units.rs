//! Units and currencies: `5 Millionen Euro` must not become `5 million dollars`.

use super::value::Value;
use super::words::{self, Meaning};
use crate::lang::Lang;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dimension {
    Money,
    Length,
    Area,
    Mass,
    Volume,
    Power,
    Temperature,
    Time,
}

/// One unit: what it measures, how large it is beside others of its dimension (nothing for money), and how German and
/// English write it. A weight and a currency are both called pound; it may be either.
type Unit = (&'static [Dimension], f64, &'static str, &'static str);

use Dimension::{Area, Length, Mass, Money, Power, Temperature, Time, Volume};

const UNITS: [Unit; 51] = [
    (&[Money], 0.0, "euro euros € eur", "euro euros € eur"),
    (&[Money], 0.0, "dollar dollars $ usd us-dollar", "dollar dollars $ usd buck bucks us$"),
    (&[Money, Mass], 0.4536, "pfund £ gbp", "pound pounds £ gbp quid sterling lb lbs"),
    (&[Money], 0.0, "franken chf fränkli sfr", "franc francs chf"),
    (&[Money], 0.0, "yen ¥", "yen ¥"),
    (&[Money], 0.0, "rubel", "rouble roubles ruble rubles"),
    (&[Money], 0.0, "krone kronen", "krone kroner krona kronor kroners crown crowns"),
    (&[Money], 0.0, "zloty złoty", "zloty złoty zlotys zloties"),
    (&[Money], 0.0, "lira lire", "lira liras lire"),
    (&[Money], 0.0, "yuan renminbi", "yuan renminbi"),
    (&[Money], 0.0, "rupie rupien", "rupee rupees"),
    (&[Money], 0.0, "cent cents", "cent cents"),
    (&[Money], 0.0, "mark d-mark", "mark marks deutschmark deutschmarks"),
    (
        &[Length],
        1e3,
        "kilometer kilometern km stundenkilometer stundenkilometern kmh",
        "kilometre kilometres kilometer kilometers km kms kmh kph",
    ),
    (&[Length], 1.0, "meter metern m", "metre metres meter meters m"),
    (&[Length], 0.01, "zentimeter zentimetern cm", "centimetre centimetres centimeter centimeters cm"),
    (&[Length], 0.001, "millimeter millimetern mm", "millimetre millimetres millimeter millimeters mm"),
    (&[Length], 1609.344, "meile meilen stundenmeilen", "mile miles mi mph"),
    (&[Length], 0.3048, "fuß", "foot feet ft"),
    (&[Length], 0.0254, "zoll", "inch inches"),
    (&[Length], 0.9144, "yard yards", "yard yards yd"),
    (&[Area], 4046.9, "acre acres", "acre acres"),
    (&[Area], 2.59e6, "quadratmeile quadratmeilen", "mi²"),
    (&[Area], 0.0929, "quadratfuß", "ft²"),
    (&[Area], 1e4, "hektar ha", "hectare hectares ha"),
    (&[Area], 1.0, "quadratmeter quadratmetern m² qm", "m² sqm"),
    (&[Area], 1e6, "quadratkilometer quadratkilometern km²", "km²"),
    (&[Mass], 1e3, "tonne tonnen t", "tonne tonnes ton tons t"),
    (&[Mass], 1.0, "kilogramm kilo kilos kg", "kilogram kilograms kilogramme kilogrammes kilo kilos kg"),
    (&[Mass], 0.001, "gramm g", "gram grams gramme grammes g"),
    (&[Mass], 1e-6, "milligramm mg", "milligram milligrams mg"),
    (&[Mass], 0.02835, "unze unzen", "ounce ounces oz"),
    (&[Volume], 1.0, "liter litern l", "litre litres liter liters l"),
    (&[Volume], 0.001, "milliliter millilitern ml", "millilitre millilitres milliliter milliliters ml"),
    (&[Volume], 3.785, "gallone gallonen", "gallon gallons"),
    (&[Volume], 1e3, "kubikmeter kubikmetern m³", "m³"),
    (&[Volume], 159.0, "barrel fass", "barrel barrels"),
    (&[Power], 1e3, "kilowatt kw", "kilowatt kilowatts kw"),
    (&[Power], 1e6, "megawatt mw", "megawatt megawatts mw"),
    (&[Power], 1e9, "gigawatt gw", "gigawatt gigawatts gw"),
    (&[Temperature], 1.0, "celsius", "celsius"),
    (&[Temperature], 1.0, "fahrenheit", "fahrenheit"),
    (&[Time], 1.0, "sekunde sekunden", "second seconds"),
    (&[Time], 60.0, "minute minuten min", "minute minutes min mins"),
    (&[Time], 3600.0, "stunde stunden", "hour hours hrs"),
    (&[Time], 86_400.0, "tag tage tagen", "day days"),
    (&[Time], 604_800.0, "woche wochen", "week weeks"),
    (&[Time], 2_629_800.0, "monat monate monaten", "month months"),
    (&[Time], 31_557_600.0, "jahr jahre jahren", "year years"),
    (&[Time], 3.15576e8, "jahrzehnt jahrzehnte jahrzehnten", "decade decades"),
    (&[Time], 3.15576e9, "jahrhundert jahrhunderte jahrhunderten", "century centuries"),
];

/// A unit that the output has in the place of another, as the two texts write them; none unless both languages are
/// known. Units whose amounts were converted as well are no fault.
pub(super) fn changed(
    source: (&str, &Lang),
    output: (&str, &Lang),
    converted: &[usize],
) -> Option<(String, String)> {
    let (source, output) = (mentioned(source.0, source.1)?, mentioned(output.0, output.1)?);
    let without = |mine: &[Mention], theirs: &[Mention]| -> Vec<Mention> {
        let kept = |one: &&Mention| theirs.iter().any(|other| other.unit == one.unit);
        mine.iter().filter(|one| !kept(one) && !converted.contains(&one.unit)).cloned().collect()
    };
    let (lost, added) = (without(&source, &output), without(&output, &source));
    lost.iter().find_map(|lost| {
        let like = |other: &&Mention| UNITS[lost.unit].0.iter().any(|one| UNITS[other.unit].0.contains(one));
        let added = added.iter().find(like)?;
        Some((lost.text.clone(), added.text.clone()))
    })
}

/// A unit in a text: its place in the table and how it is written.
#[derive(Clone, Debug)]
struct Mention {
    unit: usize,
    text: String,
}

/// The units of a text that stand at a number, and every currency.
fn mentioned(text: &str, lang: &Lang) -> Option<Vec<Mention>> {
    let german = match lang.primary() {
        "de" => true,
        "en" => false,
        _ => return None,
    };
    let tokens = tokens(text);
    let mut mentions = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let before = |back: usize| at.checked_sub(back).map_or("", |at| tokens[at].as_str());
        // `20 square metres`, `20 Swiss francs`, `20 degrees Celsius`
        let joined = matches!(before(1), "grad" | "degree" | "degrees" | "°")
            || (!german && matches!(before(1), "square" | "cubic" | "swiss"));
        let unit = unit_behind(before(1), token, german);
        // Spans of time are told in many ways; their numbers are compared.
        let Some(unit) = unit.filter(|&unit| UNITS[unit].0 != [Time]) else { continue };
        let amount = |back: usize| {
            let word = before(back);
            word.starts_with(|c: char| c.is_ascii_digit()) || is_scale(word) || is_cardinal(word, german)
        };
        let counted = amount(1) || ((joined || before(1) == "-") && amount(2));
        let money = UNITS[unit].0 == [Money] || matches!(token.as_str(), "£" | "sterling");
        if (counted || money) && !mentions.iter().any(|mention: &Mention| mention.unit == unit) {
            mentions.push(Mention { unit, text: token.clone() });
        }
    }
    Some(mentions)
}

/// The place in the table of a unit's name in lower case.
pub(super) fn unit(token: &str, german: bool) -> Option<usize> {
    UNITS.iter().position(|(_, _, in_german, in_english)| {
        let list = if german { in_german } else { in_english };
        list.split(' ').any(|name| name == token)
    })
}

/// The same for a name with the word before it: `square metres`, `°C`.
pub(super) fn unit_behind(before: &str, token: &str, german: bool) -> Option<usize> {
    // The table has areas and volumes of English under their signs, and finds them by their German names.
    let joined = |prefix: &str| {
        let base = UNITS[unit(token, false)?].2.split(' ').next()?;
        unit(&format!("{prefix}{base}"), true)
    };
    match (before, token) {
        ("°", "c") => unit("celsius", german),
        ("°", "f") => unit("fahrenheit", german),
        ("square", _) if !german => joined("quadrat"),
        ("cubic", _) if !german => joined("kubik"),
        _ => unit(token, german),
    }
}

/// Whether two amounts in different units are the same but for rounding.
pub(super) fn agree(a: (Value, usize), b: (Value, usize)) -> bool {
    let (Some(&(dimensions, ..)), Some(&(others, ..))) = (UNITS.get(a.1), UNITS.get(b.1)) else {
        return false;
    };
    let Some(dimension) = dimensions.iter().find(|one| **one != Money && others.contains(one)) else {
        return false;
    };
    let (first, second) = (size(a), size(b));
    let room = match dimension {
        // A degree.
        Temperature => 1.0,
        Time => 0.02 * first.max(second),
        // `a hundred yards`, `hundert Meter`
        _ if a.0.is_round() || b.0.is_round() => 0.1 * first.max(second),
        _ => 0.04 * first.max(second),
    };
    a.1 != b.1 && (first - second).abs() <= room
}

/// Whether a unit is one of time.
pub(super) fn is_time(unit: usize) -> bool {
    UNITS.get(unit).is_some_and(|unit| unit.0 == [Time])
}

fn size((value, unit): (Value, usize)) -> f64 {
    let (_, size, german, _) = UNITS[unit];
    if german == "fahrenheit" { (value.as_f64() - 32.0) / 1.8 } else { value.as_f64() * size }
}

/// Words between a number and its unit (`5 Millionen Euro`).
fn is_scale(token: &str) -> bool {
    [
        "million", "milliard", "billion", "trillion", "mio", "mrd", "hundert", "hundred", "tausend",
        "thousand", "bn",
    ]
    .iter()
    .any(|scale| token.starts_with(scale))
        || matches!(token, "m" | "tsd")
}

fn is_cardinal(token: &str, german: bool) -> bool {
    match german {
        true => matches!(words::german(token), Some(Meaning::Cardinal(_))),
        false => words::english_number(&[token.to_owned()]).is_some(),
    }
}

/// Words in lower case, numbers, and signs, without white space and the points of abbreviations.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut last = None;
    for c in text.chars() {
        let class = match c {
            c if c.is_whitespace() || matches!(c, '.' | ',') => 0,
            c if c.is_ascii_digit() => 1,
            c if c.is_alphabetic() || matches!(c, '²' | '³') => 2,
            _ => 3,
        };
        if class > 0 {
            match tokens.last_mut() {
                Some(token) if last == Some(class) && class != 3 => token.extend(c.to_lowercase()),
                _ => tokens.push(c.to_lowercase().collect()),
            }
        }
        last = Some(class);
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(source: &str, output: &str) -> Option<(String, String)> {
        changed((source, &Lang::DE), (output, &Lang::EN), &[])
    }

    #[test]
    fn units_are_compared_within_what_they_measure() {
        for (source, output) in [
            ("Das kostet 5 Millionen Euro.", "This costs €5 million."),
            ("Er ist 12 km gelaufen.", "He ran 12 kilometres."),
            ("80 Quadratmeter groß", "80 square metres in size"),
            ("Er wiegt drei Pfund.", "He weighs three pounds."),
            ("Er ging zu Fuß, 3 Kilometer weit.", "He walked 3 kilometres."),
            ("20 Schweizer Franken", "20 Swiss francs"),
            ("Die 400-Meter-Bahn", "the 400-metre track"),
        ] {
            assert_eq!(changes(source, output), None, "{source}");
        }
        for (source, output) in [
            ("Das kostet 5 Millionen Euro.", "This costs 5 million dollars."),
            ("Er ist 12 km gelaufen.", "He ran 12 miles."),
            ("80 Quadratmeter groß", "80 metres and 80 square kilometres in size"),
            ("ein Paket von 3,5 Kilogramm", "a parcel of 3.5 grams"),
        ] {
            assert!(changes(source, output).is_some(), "{source}");
        }
    }

    #[test]
    fn converted_amounts_agree_but_for_rounding() {
        let amount = |number: &str, name: &str, german| {
            let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
            (Value::from_digits(whole, fraction), unit(name, german).expect(name))
        };
        for (german, english, same) in [
            (("20", "meter"), ("65", "feet"), true),
            (("136", "kg"), ("300", "pounds"), true),
            (("35", "celsius"), ("95", "fahrenheit"), true),
            (("1.5", "jahre"), ("18", "months"), true),
            (("2", "hektar"), ("5", "acres"), true),
            (("100", "meter"), ("100", "yards"), true),
            (("112", "meter"), ("112", "yards"), false),
            (("53", "celsius"), ("95", "fahrenheit"), false),
            (("163", "kg"), ("300", "pounds"), false),
            (("20", "meter"), ("20", "metres"), false),
            (("20", "euro"), ("20", "dollars"), false),
            (("20", "meter"), ("20", "kilograms"), false),
        ] {
            let (a, b) = (amount(german.0, german.1, true), amount(english.0, english.1, false));
            assert_eq!(agree(a, b), same, "{german:?} {english:?}");
        }
    }
}
