//! Units and currencies: `5 Millionen Euro` must not become `5 million dollars`.

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
}

/// One unit: what it measures, and how German and English write it. A weight of 500 g and a currency are both called
/// pound; it may be either.
type Unit = (&'static [Dimension], &'static str, &'static str);

use Dimension::{Area, Length, Mass, Money, Power, Temperature, Volume};

const UNITS: [Unit; 39] = [
    (&[Money], "euro euros € eur", "euro euros € eur"),
    (&[Money], "dollar dollars $ usd us-dollar", "dollar dollars $ usd buck bucks us$"),
    (&[Money, Mass], "pfund £ gbp", "pound pounds £ gbp quid sterling lb lbs"),
    (&[Money], "franken chf fränkli sfr", "franc francs chf"),
    (&[Money], "yen ¥", "yen ¥"),
    (&[Money], "rubel", "rouble roubles ruble rubles"),
    (&[Money], "krone kronen", "krone kroner krona kronor kroners crown crowns"),
    (&[Money], "zloty złoty", "zloty złoty zlotys zloties"),
    (&[Money], "lira lire", "lira liras lire"),
    (&[Money], "yuan renminbi", "yuan renminbi"),
    (&[Money], "rupie rupien", "rupee rupees"),
    (&[Money], "cent cents", "cent cents"),
    (&[Money], "mark d-mark", "mark marks deutschmark deutschmarks"),
    (&[Length], "kilometer kilometern km", "kilometre kilometres kilometer kilometers km kms"),
    (&[Length], "meter metern m", "metre metres meter meters m"),
    (&[Length], "zentimeter zentimetern cm", "centimetre centimetres centimeter centimeters cm"),
    (&[Length], "millimeter millimetern mm", "millimetre millimetres millimeter millimeters mm"),
    (&[Length], "meile meilen", "mile miles mi"),
    (&[Length], "fuß", "foot feet ft"),
    (&[Length], "zoll", "inch inches"),
    (&[Length], "yard yards", "yard yards yd"),
    (&[Area], "hektar ha", "hectare hectares ha"),
    (&[Area], "quadratmeter quadratmetern m² qm", "m² sqm"),
    (&[Area], "quadratkilometer quadratkilometern km²", "km²"),
    (&[Mass], "tonne tonnen t", "tonne tonnes ton tons t"),
    (&[Mass], "kilogramm kilo kilos kg", "kilogram kilograms kilogramme kilogrammes kilo kilos kg"),
    (&[Mass], "gramm g", "gram grams gramme grammes g"),
    (&[Mass], "milligramm mg", "milligram milligrams mg"),
    (&[Mass], "unze unzen", "ounce ounces oz"),
    (&[Volume], "liter litern l", "litre litres liter liters l"),
    (&[Volume], "milliliter millilitern ml", "millilitre millilitres milliliter milliliters ml"),
    (&[Volume], "gallone gallonen", "gallon gallons"),
    (&[Volume], "kubikmeter kubikmetern m³", "m³"),
    (&[Volume], "barrel fass", "barrel barrels"),
    (&[Power], "kilowatt kw", "kilowatt kilowatts kw"),
    (&[Power], "megawatt mw", "megawatt megawatts mw"),
    (&[Power], "gigawatt gw", "gigawatt gigawatts gw"),
    (&[Temperature], "celsius", "celsius"),
    (&[Temperature], "fahrenheit", "fahrenheit"),
];

/// English units of two words, and the German word that stands for both.
const TWO_WORDS: [(&str, &str); 3] = [("square", "quadrat"), ("cubic", "kubik"), ("swiss", "")];

/// A unit that the output has in the place of another, as the two texts write them; none unless both languages are
/// known.
pub(super) fn changed(source: (&str, &Lang), output: (&str, &Lang)) -> Option<(String, String)> {
    let (source, output) = (mentioned(source.0, source.1)?, mentioned(output.0, output.1)?);
    let without = |mine: &[Mention], theirs: &[Mention]| -> Vec<Mention> {
        mine.iter().filter(|one| !theirs.iter().any(|other| other.unit == one.unit)).cloned().collect()
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
        let joined = TWO_WORDS.iter().find(|(english, _)| !german && *english == before(1));
        let name = joined.map_or(token.clone(), |(_, prefix)| prefix.to_string());
        let unit = match joined {
            Some((_, prefix)) if !prefix.is_empty() => square_or_cubic(&name, token),
            _ => unit(token, german),
        };
        let Some(unit) = unit else { continue };
        let amount =
            |back: usize| before(back).starts_with(|c: char| c.is_ascii_digit()) || is_scale(before(back));
        let counted = amount(1) || (before(1) == "-" && amount(2)) || (joined.is_some() && amount(2));
        let money = UNITS[unit].0 == [Money] || matches!(token.as_str(), "£" | "sterling");
        if (counted || money) && !mentions.iter().any(|mention: &Mention| mention.unit == unit) {
            mentions.push(Mention { unit, text: token.clone() });
        }
    }
    Some(mentions)
}

fn unit(token: &str, german: bool) -> Option<usize> {
    UNITS.iter().position(|(_, in_german, in_english)| {
        let list = if german { in_german } else { in_english };
        list.split(' ').any(|name| name == token)
    })
}

/// The unit of an English name such as `square metres`, found by its German one.
fn square_or_cubic(prefix: &str, token: &str) -> Option<usize> {
    let base = UNITS[unit(token, false)?].1.split(' ').next()?;
    unit(&format!("{prefix}{base}"), true)
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
        changed((source, &Lang::DE), (output, &Lang::EN))
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
}
