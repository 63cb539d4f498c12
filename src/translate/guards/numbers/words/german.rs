//! German number words.

use super::{Meaning, Value};

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
/// The beginnings of `Montag`, `montags`, `Montagabend`.
const GERMAN_WEEKDAYS: [&str; 7] =
    ["montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag"];
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
/// The meaning of a German word.
pub(in crate::translate::guards::numbers) fn german(word: &str) -> Option<Meaning> {
    let lower = word.to_lowercase().replace("dreissig", "dreißig");
    let lower = lower.as_str();
    if let Some(month) = GERMAN_MONTHS.iter().position(|month| *month == lower.trim_end_matches('s')) {
        return Some(Meaning::Month(month as u128 + 1));
    }
    // `die Montage` is work.
    if let Some(day) = GERMAN_WEEKDAYS.iter().position(|day| lower.starts_with(day))
        && !lower.starts_with("montage")
    {
        return Some(Meaning::Weekday(day as u128 + 1));
    }
    match lower {
        "sonnabend" | "sonnabends" => return Some(Meaning::Weekday(6)),
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
        "quartett" => return Some(Meaning::Hint(4)),
        // `the last 16`, `the quarter-finals`
        "achtelfinale" | "achtelfinales" => return Some(Meaning::Either(&[16, 8])),
        "viertelfinale" | "viertelfinales" => return Some(Meaning::Either(&[4, 8])),
        // English calls it by its number.
        "notruf" | "notrufe" | "notrufs" => return Some(Meaning::Either(&[911, 999, 112])),
        "viertel" => return Some(Meaning::Either(&[4, 25])),
        "hälfte" | "hälften" => return Some(Meaning::Either(&[50])),
        "viertelstunde" | "viertelstunden" => return Some(Meaning::Either(&[15])),
        "dreiviertelstunde" => return Some(Meaning::Either(&[45])),
        "vierteljahr" | "quartal" => return Some(Meaning::Either(&[3])),
        "halbjahr" | "halbjahres" => return Some(Meaning::Either(&[6])),
        "jahrzehnt" | "jahrzehnte" | "jahrzehnten" => return Some(Meaning::Either(&[10])),
        "jahrhundert" | "jahrhunderts" | "jahrhunderte" | "jahrhunderten" => {
            return Some(Meaning::Either(&[100]));
        }
        "jahrtausend" | "jahrtausende" | "jahrtausenden" => return Some(Meaning::Either(&[1000])),
        "mittag" | "mittags" => return Some(Meaning::Either(&[12])),
        "mitternacht" | "mitternachts" => return Some(Meaning::Either(&[0, 24, 12])),
        // `zu dritt`
        "dritt" => return Some(Meaning::Cardinal(Value::whole(3))),
        "viert" => return Some(Meaning::Cardinal(Value::whole(4))),
        "fünft" => return Some(Meaning::Cardinal(Value::whole(5))),
        "sechst" => return Some(Meaning::Cardinal(Value::whole(6))),
        "elf" if word.starts_with('E') => return Some(Meaning::Hint(11)),
        "acht" if word.starts_with('A') => return Some(Meaning::Hint(8)),
        "anderthalb" => return Some(Meaning::Cardinal(Value::and_a_half(1))),
        "zweier" | "zweien" => return Some(Meaning::Cardinal(Value::whole(2))),
        "dreier" | "dreien" => return Some(Meaning::Cardinal(Value::whole(3))),
        _ => {}
    }
    // `four-wheel drive`
    if lower.starts_with("allrad") {
        return Some(Meaning::Hint(4));
    }
    german_scale(lower)
        .map(Meaning::Scale)
        .or_else(|| german_half(lower).map(Meaning::Cardinal))
        .or_else(|| german_cardinal(lower).map(|n| Meaning::Cardinal(Value::whole(n))))
        .or_else(|| german_decade(lower).map(Meaning::Decade))
        .or_else(|| german_ordinal(lower).map(Meaning::Ordinal))
        .or_else(|| german_rank(lower).map(Meaning::Hint))
        .or_else(|| german_measure(lower).map(Meaning::Measure))
        .or_else(|| german_group(lower).map(|n| Meaning::Cardinal(Value::whole(n))))
        .or_else(|| german_compound(lower))
}

/// Words that multiply what stands before them.
fn german_scale(lower: &str) -> Option<Value> {
    Some(Value::whole(match lower {
        "dutzend" | "dutzende" | "dutzenden" => 12,
        "hunderte" | "hunderten" | "hunderter" => 100,
        "tausende" | "tausenden" | "tausender" | "tsd" => 1_000,
        "zehntausende" | "zehntausenden" | "zehntausender" => 10_000,
        "hunderttausende" | "hunderttausenden" | "hunderttausender" => 100_000,
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

/// `achtziger`, `Achtzigerjahre`
fn german_decade(lower: &str) -> Option<u128> {
    let stem = ["erjahren", "erjahre", "ern", "er"].iter().find_map(|end| lower.strip_suffix(end))?;
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

/// A rank at the end of a longer word: `Tabellenzweiter`, `Monatsersten`.
fn german_rank(lower: &str) -> Option<u128> {
    const RANKS: [&str; 10] =
        ["erst", "zweit", "dritt", "viert", "fünft", "sechst", "siebt", "acht", "neunt", "zehnt"];
    let stem = ["e", "er", "en", "em", "es"].iter().find_map(|end| lower.strip_suffix(end))?;
    // What joins the parts of a compound tells it from superlatives (`äußerste`) and verbs (`machte`).
    let joined = |rank: &str| {
        stem.strip_suffix(rank).is_some_and(|first| first.len() >= 3 && first.ends_with(['n', 's']))
    };
    RANKS.iter().position(|rank| joined(rank)).map(|at| at as u128 + 1)
}

/// A number with a measure in one word: `zweitägig`, `dreijährige`, `fünfköpfigen`.
fn german_measure(lower: &str) -> Option<u128> {
    const MEASURES: [&str; 12] = [
        "tägig",
        "wöchig",
        "monatig",
        "jährig",
        "stündig",
        "minütig",
        "köpfig",
        "stöckig",
        "teilig",
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

/// So many who do something together, in one word: `Vierergipfel`. A `Dreierpack` is a hat-trick.
fn german_group(lower: &str) -> Option<u128> {
    const GROUPS: [(&str, u128); 5] =
        [("zweier", 2), ("dreier", 3), ("vierer", 4), ("fünfer", 5), ("sechser", 6)];
    const SHORTEST_PART: usize = 4;
    let found = GROUPS.iter().find_map(|(group, n)| Some((lower.strip_prefix(group)?, *n)));
    found.filter(|(part, _)| part.len() >= SHORTEST_PART && *part != "pack").map(|(_, n)| n)
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
    // `siebtgrößte`; other words begin so too
    let superlatives = [("siebt", 7), ("acht", 8), ("neunt", 9), ("zehnt", 10)];
    let superlative = ["te", "ten", "ter", "tes"].iter().any(|end| lower.ends_with(end));
    let mut ordinals = ordinals.iter().chain(superlatives.iter().filter(|_| superlative));
    let ordinal = ordinals.find(|(stem, _)| lower.starts_with(stem));
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
        ] {
            assert_eq!(german(word), cardinal(n), "{word}");
        }
        for (word, n) in [("zweitägigen", 2), ("dreijährige", 3)] {
            assert_eq!(german(word), Some(Meaning::Measure(n)), "{word}");
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
        assert_eq!(german("Neunzigerjahren"), Some(Meaning::Decade(90)));
        for (word, n) in
            [("Tabellenzweiter", 2), ("Monatsersten", 1), ("Gruppendritte", 3), ("Zehnkampf", 10)]
        {
            assert_eq!(german(word), Some(Meaning::Hint(n)), "{word}");
        }
        assert_eq!(german("Allradantrieb"), Some(Meaning::Hint(4)));
        assert_eq!(german("Vierergipfels"), cardinal(4));
        assert_eq!(german("Dreierpack"), Some(Meaning::Hint(3)));
        for word in ["äußersten", "sicherste", "oberster", "machten", "aktivierte", "Gerste"] {
            assert_eq!(german(word), None, "{word}");
        }
        assert_eq!(german("zweitgrößte"), Some(Meaning::Ordinal(2)));
        assert_eq!(german("Dreikampf"), Some(Meaning::Hint(3)));
        assert_eq!(german("Milliarden"), Some(Meaning::Scale(Value::whole(1_000_000_000))));
        assert_eq!(german("Mittwochabend"), Some(Meaning::Weekday(3)));
        assert_eq!(german("Juni"), Some(Meaning::Month(6)));
        assert_eq!(german("Montageanleitung"), None);
        assert_eq!(german("neunthöchste"), Some(Meaning::Ordinal(9)));
        assert_eq!(german("siebtgrößter"), Some(Meaning::Ordinal(7)));
        assert_eq!(german("Achtelfinale"), Some(Meaning::Either(&[16, 8])));
    }
}
