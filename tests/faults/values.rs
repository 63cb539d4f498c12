//! Numbers, amounts and dates: as German and English write them, and changed into others.

use diglot::Lang;
use fastrand::Rng;

/// The two languages of the texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tongue {
    German,
    English,
}

impl Tongue {
    pub fn of(lang: &Lang) -> Self {
        if *lang == Lang::DE { Self::German } else { Self::English }
    }
}

/// The classes of numbers that translations get wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Digits,
    Words,
    Units,
    Dates,
}

/// A value in a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A whole number.
    Count(u64),
    /// Tenths.
    Decimal(u64),
    /// A number word, by its place in the list.
    Word(usize),
    /// Tenths of a scale, the scale, and what is counted.
    Amount {
        tenths: u64,
        scale: usize,
        unit: usize,
    },
    /// Day, month from 0, year.
    Date(u64, usize, u64),
    /// Hour and minute.
    Time(u64, u64),
    Weekday(usize),
}

const WORDS: [(&str, &str); 15] = [
    ("zwei", "two"),
    ("drei", "three"),
    ("vier", "four"),
    ("fünf", "five"),
    ("sechs", "six"),
    ("sieben", "seven"),
    ("acht", "eight"),
    ("neun", "nine"),
    ("zehn", "ten"),
    ("elf", "eleven"),
    ("zwölf", "twelve"),
    ("fünfzehn", "fifteen"),
    ("zwanzig", "twenty"),
    ("dreißig", "thirty"),
    ("vierzig", "forty"),
];

const SCALES: [(&str, &str); 3] = [("", ""), (" Millionen", " million"), (" Milliarden", " billion")];

/// Currencies, lengths, weights and volumes; those without a German word come from faults only.
const UNITS: [(&str, &str); 17] = [
    ("Euro", "euros"),
    ("Dollar", "dollars"),
    ("Pfund", "pounds"),
    ("Franken", "francs"),
    ("Yen", "yen"),
    ("Kilometer", "kilometres"),
    ("Meter", "metres"),
    ("Zentimeter", "centimetres"),
    ("Meilen", "miles"),
    ("Fuß", "feet"),
    ("Tonnen", "tonnes"),
    ("Kilogramm", "kilograms"),
    ("Gramm", "grams"),
    ("Liter", "litres"),
    ("Gallonen", "gallons"),
    ("Kubikmeter", "cubic metres"),
    ("Milliliter", "millilitres"),
];
const MONEY: std::ops::Range<usize> = 0..5;
const LENGTH: std::ops::Range<usize> = 5..10;
const WEIGHT: std::ops::Range<usize> = 10..13;
const VOLUME: std::ops::Range<usize> = 13..17;

const MONTHS: [(&str, &str); 12] = [
    ("Januar", "January"),
    ("Februar", "February"),
    ("März", "March"),
    ("April", "April"),
    ("Mai", "May"),
    ("Juni", "June"),
    ("Juli", "July"),
    ("August", "August"),
    ("September", "September"),
    ("Oktober", "October"),
    ("November", "November"),
    ("Dezember", "December"),
];

const WEEKDAYS: [(&str, &str); 7] = [
    ("Montag", "Monday"),
    ("Dienstag", "Tuesday"),
    ("Mittwoch", "Wednesday"),
    ("Donnerstag", "Thursday"),
    ("Freitag", "Friday"),
    ("Samstag", "Saturday"),
    ("Sonntag", "Sunday"),
];

impl Value {
    /// A value for a slot of this kind.
    pub fn random(kind: &str, rng: &mut Rng) -> Self {
        let scale = rng.usize(..SCALES.len());
        let mut amount = |units: std::ops::Range<usize>, scale| {
            let whole = rng.u64(2..900);
            let tenths = if rng.bool() { 10 * whole } else { 10 * (whole % 90 + 1) + rng.u64(1..10) };
            Self::Amount { tenths, scale, unit: rng.usize(units) }
        };
        match kind {
            "money" => amount(MONEY, scale),
            "length" => amount(LENGTH, 0),
            "weight" => amount(WEIGHT, 0),
            "volume" => amount(VOLUME, 0),
            "count" => Self::Count(match rng.u8(..3) {
                0 => rng.u64(13..1_000),
                1 => rng.u64(1_001..100_000),
                _ => rng.u64(100_001..9_000_000),
            }),
            "decimal" => Self::Decimal(10 * rng.u64(1..60) + rng.u64(1..10)),
            "word" => Self::Word(rng.usize(..WORDS.len())),
            "date" => Self::Date(rng.u64(1..29), rng.usize(..12), rng.u64(1950..2030)),
            "time" => Self::Time(rng.u64(7..23), *rng.choice(&[0, 15, 20, 30, 45]).unwrap()),
            "weekday" => Self::Weekday(rng.usize(..7)),
            _ => panic!("no slot is called {kind}"),
        }
    }

    pub fn class(&self) -> Class {
        match self {
            Self::Count(_) | Self::Decimal(_) => Class::Digits,
            Self::Word(_) => Class::Words,
            Self::Amount { .. } => Class::Units,
            Self::Date(..) | Self::Time(..) | Self::Weekday(_) => Class::Dates,
        }
    }

    /// The value as a language writes it.
    pub fn written(&self, tongue: Tongue, style: u8) -> String {
        let choose = |both: (&'static str, &'static str)| match tongue {
            Tongue::German => both.0,
            Tongue::English => both.1,
        };
        match *self {
            Self::Count(n) => grouped(n, tongue),
            Self::Decimal(tenths) => fraction(tenths, tongue),
            Self::Word(at) => choose(WORDS[at]).to_owned(),
            Self::Amount { tenths, scale, unit } => {
                let number = format!("{}{}", fraction(tenths, tongue), choose(SCALES[scale]));
                match (tongue, unit, style % 4) {
                    (Tongue::English, 0, 0) => format!("€{number}"),
                    (Tongue::English, 1, 0 | 1) => format!("${number}"),
                    (Tongue::English, 2, 0 | 1) => format!("£{number}"),
                    _ => format!("{number} {}", choose(UNITS[unit])),
                }
            }
            Self::Date(day, month, year) => match (tongue, style % 3) {
                (Tongue::German, _) => format!("{day}. {} {year}", MONTHS[month].0),
                (Tongue::English, 0) => format!("{} {day}, {year}", MONTHS[month].1),
                (Tongue::English, _) => format!("{day} {} {year}", MONTHS[month].1),
            },
            Self::Time(hour, 0) if tongue == Tongue::German => format!("{hour} Uhr"),
            Self::Time(hour, minute) => match (tongue, style % 3) {
                (Tongue::German, 0) => format!("{hour}:{minute:02} Uhr"),
                (Tongue::German, _) => format!("{hour}.{minute:02} Uhr"),
                (Tongue::English, 0) => format!("{hour:02}:{minute:02}"),
                (Tongue::English, _) => {
                    let half = if hour < 12 { "a.m." } else { "p.m." };
                    format!("{}:{minute:02} {half}", (hour + 11) % 12 + 1)
                }
            },
            Self::Weekday(at) => choose(WEEKDAYS[at]).to_owned(),
        }
    }

    /// Another value of the same kind.
    pub fn changed(&self, rng: &mut Rng) -> Self {
        let other = |n: usize, len: usize, rng: &mut Rng| (n + rng.usize(1..len)) % len;
        let changed = match *self {
            Self::Count(n) => Self::Count(changed_digits(n, rng)),
            Self::Decimal(tenths) => Self::Decimal(changed_digits(tenths, rng)),
            Self::Word(at) => Self::Word(other(at, WORDS.len(), rng)),
            Self::Amount { tenths, scale, unit } => match rng.u8(..4) {
                0 => Self::Amount { tenths: changed_digits(tenths, rng), scale, unit },
                1 => Self::Amount { tenths, scale: other(scale, SCALES.len(), rng), unit },
                _ => {
                    let kind =
                        [MONEY, LENGTH, WEIGHT, VOLUME].into_iter().find(|k| k.contains(&unit)).unwrap();
                    let unit = kind.start + other(unit - kind.start, kind.len(), rng);
                    Self::Amount { tenths, scale, unit }
                }
            },
            Self::Date(day, month, year) => match rng.u8(..3) {
                0 => Self::Date((day + rng.u64(1..27)) % 28 + 1, month, year),
                1 => Self::Date(day, other(month, 12, rng), year),
                _ => Self::Date(day, month, year + rng.u64(1..40)),
            },
            Self::Time(hour, minute) => match rng.u8(..3) {
                0 => Self::Time((hour + 12) % 24, minute),
                1 => Self::Time(7 + (hour - 7 + rng.u64(1..16)) % 16, minute),
                _ => Self::Time(hour, (minute + *rng.choice(&[5, 10, 25, 35]).unwrap()) % 60),
            },
            Self::Weekday(at) => Self::Weekday(other(at, 7, rng)),
        };
        if changed == *self { self.changed(rng) } else { changed }
    }
}

/// A digit changed, two exchanged, one lost or one too many.
fn changed_digits(n: u64, rng: &mut Rng) -> u64 {
    let mut digits: Vec<u8> = n.to_string().into_bytes();
    let at = rng.usize(..digits.len());
    match rng.u8(..4) {
        0 => digits[at] = b'1' + (digits[at] - b'0' + rng.u8(..8)) % 9,
        1 => {
            let last = digits.len() - 1;
            digits.swap(at, last);
        }
        2 if digits.len() > 2 => _ = digits.remove(at),
        _ => digits.insert(at, b'1' + rng.u8(..9)),
    }
    let changed = String::from_utf8(digits).unwrap().parse().unwrap();
    if changed == n { changed_digits(n, rng) } else { changed }
}

fn grouped(n: u64, tongue: Tongue) -> String {
    let separator = if tongue == Tongue::German { '.' } else { ',' };
    let digits = n.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

fn fraction(tenths: u64, tongue: Tongue) -> String {
    let whole = grouped(tenths / 10, tongue);
    match (tenths % 10, tongue) {
        (0, _) => whole,
        (rest, Tongue::German) => format!("{whole},{rest}"),
        (rest, Tongue::English) => format!("{whole}.{rest}"),
    }
}
