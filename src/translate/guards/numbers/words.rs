//! Number words of German and English.

use super::value::Value;

/// What a word says about a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Meaning {
    /// A counting number (`zwei`, `fünfundzwanzig`).
    Cardinal(Value),
    /// A place in an order (`dritte`, `third`), a multiple or a share.
    Ordinal(u128),
    /// A word that multiplies the number before it (`Millionen`, `dozen`).
    Scale(Value),
    /// A word that may stand for a number or for something else (`both`, `ein`, `double`).
    Hint(u128),
    /// The decade of a century (`achtziger`, `eighties`).
    Decade(u128),
    /// A month, from 1.
    Month(u128),
}

const GERMAN_UNITS: [&str; 10] =
    ["", "ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"];
const GERMAN_TEENS: [&str; 10] = [
    "zehn",
    "elf",
    "zwölf",
    "dreizehn",
    "vierzehn",
    "fünfzehn",
    "sechzehn",
    "siebzehn",
    "achtzehn",
    "neunzehn",
];
const GERMAN_TENS: [&str; 10] =
    ["", "", "zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"];
const GERMAN_MONTHS: [&str; 12] = [
    "januar",
    "februar",
    "märz",
    "april",
    "mai",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "dezember",
];

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

/// The meaning of a German word.
pub(super) fn german(word: &str) -> Option<Meaning> {
    let lower = word.to_lowercase().replace("dreissig", "dreißig");
    let lower = lower.as_str();
    if let Some(month) = GERMAN_MONTHS.iter().position(|month| *month == lower.trim_end_matches('s')) {
        return Some(Meaning::Month(month as u128 + 1));
    }
    match lower {
        "jänner" => return Some(Meaning::Month(1)),
        "ein" | "eins" | "eine" | "einen" | "einem" | "einer" | "eines" | "einmal" | "einzige"
        | "einzigen" => {
            return Some(Meaning::Hint(1));
        }
        "beide" | "beiden" | "beider" | "beides" | "paar" | "doppelt" | "doppelte" | "doppelten"
        | "doppelter" | "duo" | "zwo" | "verdoppeln" | "verdoppelt" | "verdoppelte" | "zweimal" | "zweit"
        | "doppel" => {
            return Some(Meaning::Hint(2));
        }
        "dreimal" | "trio" | "verdreifacht" => return Some(Meaning::Hint(3)),
        "viertel" | "quartett" => return Some(Meaning::Hint(4)),
        "elf" if word.starts_with('E') => return Some(Meaning::Hint(11)),
        "acht" if word.starts_with('A') => return Some(Meaning::Hint(8)),
        "anderthalb" => return Some(Meaning::Cardinal(Value::and_a_half(1))),
        "zweier" | "zweien" => return Some(Meaning::Cardinal(Value::whole(2))),
        "dreier" | "dreien" => return Some(Meaning::Cardinal(Value::whole(3))),
        _ => {}
    }
    german_scale(lower)
        .map(Meaning::Scale)
        .or_else(|| german_half(lower).map(Meaning::Cardinal))
        .or_else(|| german_cardinal(lower).map(|n| Meaning::Cardinal(Value::whole(n))))
        .or_else(|| german_decade(lower).map(Meaning::Decade))
        .or_else(|| german_ordinal(lower).map(Meaning::Ordinal))
        .or_else(|| german_measure(lower).map(|n| Meaning::Cardinal(Value::whole(n))))
        .or_else(|| german_compound(lower))
}

/// Words that multiply what stands before them.
fn german_scale(lower: &str) -> Option<Value> {
    Some(Value::whole(match lower {
        "dutzend" | "dutzende" | "dutzenden" => 12,
        "hunderte" | "hunderten" | "hunderter" => 100,
        "tausende" | "tausenden" | "tausender" | "tsd" => 1_000,
        "million" | "millionen" | "mio" => 1_000_000,
        "milliarde" | "milliarden" | "mrd" | "mia" => 1_000_000_000,
        "billion" | "billionen" | "bio" => 1_000_000_000_000,
        "billiarde" | "billiarden" => 1_000_000_000_000_000,
        "trillion" | "trillionen" => 1_000_000_000_000_000_000,
        _ => return None,
    }))
}

/// `eineinhalb`, `zweieinhalb`.
fn german_half(lower: &str) -> Option<Value> {
    german_cardinal(lower.strip_suffix("einhalb")?).map(Value::and_a_half)
}

/// `achtziger`
fn german_decade(lower: &str) -> Option<u128> {
    let stem = ["ern", "er"].iter().find_map(|end| lower.strip_suffix(end))?;
    german_cardinal(stem).filter(|&n| (20..100).contains(&n) && n % 10 == 0)
}

/// A whole number written as one word, up to 999,999.
fn german_cardinal(lower: &str) -> Option<u128> {
    let (thousands, rest) = match lower.split_once("tausend") {
        Some(("", rest)) => (1, rest),
        Some((left, rest)) => (german_below_1000(left)?, rest),
        None => (0, lower),
    };
    let rest = if thousands > 0 { rest.strip_prefix("und").unwrap_or(rest) } else { rest };
    match rest {
        "" if thousands > 0 => Some(thousands * 1000),
        _ => german_below_1000(rest).map(|n| thousands * 1000 + n),
    }
}

fn german_below_1000(lower: &str) -> Option<u128> {
    let (hundreds, rest) = match lower.split_once("hundert") {
        Some(("", rest)) => (1, rest),
        Some((left, rest)) => (german_below_100(left)?, rest),
        None => (0, lower),
    };
    let rest = if hundreds > 0 { rest.strip_prefix("und").unwrap_or(rest) } else { rest };
    match rest {
        "" if hundreds > 0 => Some(hundreds * 100),
        _ => german_below_100(rest).map(|n| hundreds * 100 + n),
    }
}

fn german_below_100(lower: &str) -> Option<u128> {
    let find =
        |list: &[&str], word: &str| list.iter().position(|w| !w.is_empty() && *w == word).map(|n| n as u128);
    find(&GERMAN_UNITS, lower)
        .or_else(|| (lower == "eins").then_some(1))
        .or_else(|| find(&GERMAN_TEENS, lower).map(|n| n + 10))
        .or_else(|| find(&GERMAN_TENS, lower).map(|n| n * 10))
        .or_else(|| {
            let (unit, tens) = lower.split_once("und")?;
            Some(find(&GERMAN_UNITS, unit)? + 10 * find(&GERMAN_TENS, tens)?)
        })
}

/// `erste`, `dritter`, `zwanzigsten`, `Drittel`.
fn german_ordinal(lower: &str) -> Option<u128> {
    let stem =
        ["ens", "en", "er", "es", "em", "el", "eln", "e"].iter().find_map(|end| lower.strip_suffix(end))?;
    match stem {
        "erst" => return Some(1),
        "zweit" => return Some(2),
        "dritt" => return Some(3),
        "siebt" => return Some(7),
        // `achten` is a verb as well.
        "acht" => return (lower != "achten").then_some(8),
        _ => {}
    }
    let large = stem.strip_suffix("st").and_then(german_cardinal).filter(|&n| n >= 20);
    large.or_else(|| stem.strip_suffix('t').and_then(german_cardinal).filter(|&n| (4..20).contains(&n)))
}

/// A number with a measure in one word: `zweitägig`, `dreijährige`, `fünfköpfigen`.
fn german_measure(lower: &str) -> Option<u128> {
    const MEASURES: [&str; 13] = [
        "tägig",
        "wöchig",
        "monatig",
        "jährig",
        "stündig",
        "minütig",
        "köpfig",
        "stöckig",
        "teilig",
        "stellig",
        "fach",
        "prozentig",
        "mal",
    ];
    let stem = ["en", "er", "es", "em", "e", ""]
        .iter()
        .filter_map(|end| lower.strip_suffix(end))
        .find_map(|stem| MEASURES.iter().find_map(|measure| stem.strip_suffix(measure)))?;
    german_cardinal(stem).filter(|&n| n > 1)
}

/// A number that opens a longer word: `Dreikampf`, `zweitgrößte`, `Vierjahresplan`.
fn german_compound(lower: &str) -> Option<Meaning> {
    // Words that only look so.
    const OTHER: [&str; 13] = [
        "zweif",
        "zweigst",
        "zweignied",
        "dreist",
        "achtu",
        "achts",
        "achtl",
        "achtb",
        "achte",
        "elfen",
        "elfme",
        "viertel",
        "einzel",
    ];
    if matches!(lower, "zweige" | "zweigen" | "zweiges")
        || OTHER.iter().any(|prefix| lower.starts_with(prefix))
    {
        return None;
    }
    let ordinals = [("zweit", 2), ("dritt", 3), ("viert", 4), ("fünft", 5), ("sechst", 6)];
    let ordinal = ordinals.iter().find(|(stem, _)| lower.starts_with(stem));
    ordinal.map(|&(_, n)| Meaning::Ordinal(n)).or_else(|| {
        GERMAN_UNITS
            .iter()
            .enumerate()
            .skip(2)
            .chain(GERMAN_TEENS.iter().enumerate().map(|(n, word)| (n + 10, word)))
            .filter(|(_, word)| lower.starts_with(**word) && lower.len() >= word.len() + 3)
            .max_by_key(|(_, word)| word.len())
            .map(|(n, _)| Meaning::Hint(n as u128))
    })
}

/// The meaning of an English word that stands alone; several words make larger numbers, see [`english_number`].
pub(super) fn english(word: &str) -> Option<Meaning> {
    if let Some(month) = ENGLISH_MONTHS.iter().position(|month| *month == word) {
        return Some(Meaning::Month(month as u128 + 1));
    }
    let lower = word.to_lowercase();
    Some(match lower.as_str() {
        "once" | "single" | "sole" => Meaning::Hint(1),
        "both" | "couple" | "pair" | "pairs" | "twin" | "twins" | "twice" | "double" | "doubled"
        | "doubles" | "doubling" | "duo" | "two-fold" | "twofold" => Meaning::Hint(2),
        "triple" | "tripled" | "treble" | "thrice" | "threefold" | "trio" | "triplets" => Meaning::Hint(3),
        "quarter" | "quarters" | "quadruple" | "quadrupled" | "fourfold" | "quartet" => Meaning::Hint(4),
        "fortnight" => Meaning::Hint(2),
        "decade" | "decades" | "tens" | "tenfold" => Meaning::Hint(10),
        "first" | "firstly" => Meaning::Ordinal(1),
        "second" | "secondly" => Meaning::Ordinal(2),
        "third" | "thirds" | "thirdly" => Meaning::Ordinal(3),
        "fifth" | "fifths" => Meaning::Ordinal(5),
        "eighth" | "eighths" => Meaning::Ordinal(8),
        "ninth" | "ninths" => Meaning::Ordinal(9),
        "twelfth" => Meaning::Ordinal(12),
        "dozen" | "dozens" => Meaning::Scale(Value::whole(12)),
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
pub(super) fn english_scale(lower: &str) -> Option<Value> {
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
pub(super) fn english_number(words: &[String]) -> Option<(Value, usize)> {
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

/// A Roman numeral of at least two letters (`XIV.`), below 40.
pub(super) fn roman(word: &str) -> Option<u128> {
    if word.len() < 2 || !word.bytes().all(|b| matches!(b, b'I' | b'V' | b'X')) {
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

    fn cardinal(n: u128) -> Option<Meaning> {
        Some(Meaning::Cardinal(Value::whole(n)))
    }

    #[test]
    fn german_words() {
        for (word, n) in [
            ("zwei", 2),
            ("zwölf", 12),
            ("fünfundzwanzig", 25),
            ("hundert", 100),
            ("zweihundertfünfzig", 250),
            ("neunzehnhundertachtundvierzig", 1948),
            ("dreitausendvierhundert", 3400),
            ("einhunderttausend", 100_000),
            ("zweitägigen", 2),
            ("dreijährige", 3),
        ] {
            assert_eq!(german(word), cardinal(n), "{word}");
        }
        assert_eq!(german("eineinhalb"), Some(Meaning::Cardinal(Value::and_a_half(1))));
        assert_eq!(german("zweieinhalb"), Some(Meaning::Cardinal(Value::and_a_half(2))));
        for (word, n) in
            [("erster", 1), ("zweiten", 2), ("siebte", 7), ("zwanzigste", 20), ("Drittel", 3), ("elften", 11)]
        {
            assert_eq!(german(word), Some(Meaning::Ordinal(n)), "{word}");
        }
        for word in [
            "Zweifel",
            "Zweig",
            "achten",
            "Achtung",
            "Elfmeter",
            "dreist",
            "und",
            "sein",
            "Einsatz",
            "hundertfach x",
        ] {
            assert_eq!(german(word), None, "{word}");
        }
        assert_eq!(german("achtziger"), Some(Meaning::Decade(80)));
        assert_eq!(english("eighties"), Some(Meaning::Decade(80)));
        assert_eq!(german("zweitgrößte"), Some(Meaning::Ordinal(2)));
        assert_eq!(german("Dreikampf"), Some(Meaning::Hint(3)));
        assert_eq!(german("Milliarden"), Some(Meaning::Scale(Value::whole(1_000_000_000))));
        assert_eq!(german("Juni"), Some(Meaning::Month(6)));
    }

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
    }

    #[test]
    fn roman_numerals() {
        assert_eq!(roman("II"), Some(2));
        assert_eq!(roman("XIV"), Some(14));
        assert_eq!(roman("XX"), Some(20));
        assert_eq!(roman("I"), None);
        assert_eq!(roman("IIX"), None);
        assert_eq!(roman("XVX"), None);
    }
}
