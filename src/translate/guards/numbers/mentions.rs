//! The numbers that a text mentions, with every reading that a translation may give them.

use super::lexer::{Kind, Numeral, Separators, Token, tokens};
use super::value::Value;
use super::words::{self, Meaning};
use crate::lang::Lang;

/// A number in a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mention {
    /// As it stands in the text.
    pub text: String,
    /// What it may mean, the most likely first; never empty.
    pub values: Vec<Value>,
    /// How sure it is that a translation says it too.
    pub weight: Weight,
    /// Whether it is a month's name.
    pub month: bool,
}

/// How sure it is that a translation says a number too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    /// It may be a counterpart, no more (`both`, `ein`).
    Hint,
    /// It may be left out, but not become another (`first`, `Juni`).
    Loose,
    /// It must be there.
    Firm,
}

/// The numbers of a text in `lang`. Number words are known for German and English.
pub(crate) fn mentions(text: &str, lang: &Lang) -> Vec<Mention> {
    let language = Language::of(lang);
    let tokens = tokens(text, language.separators());
    let reader = Reader { tokens: &tokens, language };
    let mut mentions = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        at += match tokens[at].kind {
            Kind::Number(ref numeral) => reader.digits(at, numeral, &mut mentions),
            Kind::Word => reader.word(at, &mut mentions),
            Kind::Sign => reader.sign(at, &mut mentions),
        };
    }
    mentions
}

/// Whether the number words of a language are known.
pub(super) fn knows_words(lang: &Lang) -> bool {
    !matches!(Language::of(lang), Language::Other(_))
}

/// The languages whose number words are known, and how the others write digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    German,
    English,
    Other(Separators),
}

impl Language {
    fn of(lang: &Lang) -> Self {
        match lang.tag().split('-').next().unwrap_or_default() {
            "de" => Self::German,
            "en" => Self::English,
            "zh" | "ja" | "ko" | "th" | "he" | "hi" | "bn" | "ms" => Self::Other(Separators::Point),
            _ => Self::Other(Separators::Comma),
        }
    }

    fn separators(self) -> Separators {
        match self {
            Self::German => Separators::Comma,
            Self::English => Separators::Point,
            Self::Other(separators) => separators,
        }
    }

    fn meaning(self, word: &str) -> Option<Meaning> {
        match self {
            Self::German => words::german(word),
            Self::English => words::english(word),
            Self::Other(_) => None,
        }
    }
}

/// Reads mentions off tokens. Each function says how many tokens it took.
struct Reader<'a> {
    tokens: &'a [Token<'a>],
    language: Language,
}

impl Reader<'_> {
    fn digits(&self, at: usize, numeral: &Numeral, mentions: &mut Vec<Mention>) -> usize {
        match numeral {
            Numeral::Plain { value, decimal } => {
                let text = self.token(at).text;
                let parts = text.split_once('.').filter(|_| *decimal && self.is_clock(at));
                match parts {
                    // `2.30 p.m.`
                    Some((hour, minutes)) => {
                        mentions.extend(clock(
                            text,
                            [hour, minutes].map(|digits| Value::from_digits(digits, "")),
                        ));
                        1
                    }
                    None => self.plain(at, *value, *decimal, mentions),
                }
            }
            Numeral::Dotted { value, parts } => {
                let text = self.token(at).text;
                if self.is_clock(at) {
                    mentions.extend(clock(text, *parts));
                } else if self.word_at(at + 1) == "."
                    && at + 2 < self.tokens.len()
                    && is_date(parts[0], parts[1])
                {
                    // `29.6.`, unless it ends the sentence
                    mentions.extend(date(text, parts));
                } else {
                    return self.plain(at, *value, true, mentions);
                }
                1
            }
            Numeral::Parts(parts) => {
                let text = self.token(at).text;
                match parts[..] {
                    [day, month, _] if is_date(day, month) => mentions.extend(date(text, parts)),
                    _ => mentions.extend(parts.iter().map(|&part| firm(text, vec![part]))),
                }
                1
            }
        }
    }

    /// A number in digits, with the scale words and endings behind it.
    fn plain(&self, at: usize, value: Value, decimal: bool, mentions: &mut Vec<Mention>) -> usize {
        let own = self.token(at).text;
        let (scaled, taken) = self.scaled(value, at + 1);
        if taken > 0 {
            let text = self.text(at, taken + 1);
            mentions.push(firm(text, vec![scaled]));
            return taken + 1;
        }
        let mut values = vec![value];
        let next = self.token(at + 1);
        if next.glued {
            values.extend(suffix_scale(next.text).map(|scale| value.times(scale)));
        }
        // The eighties, with or without their century.
        let decade = |text: &str| matches!(text, "er" | "ern" | "s");
        if own.len() == 2 && (decade(next.text) || (next.text == "-" && decade(self.token(at + 2).text))) {
            values.extend(in_centuries(value));
        }
        values.extend(self.scaled_by_range(value, at));
        let hour = value.as_whole().filter(|&n| !decimal && n <= 24);
        let colon = next.glued && next.text == ":" && self.token(at + 2).glued;
        let minutes = self.token(at + 2);
        if let Some(hour) = hour
            && (self.is_clock(at) || (colon && minutes.text.len() == 2))
        {
            values.extend(other_half_of_day(hour));
        }
        // The second year of `2017/18`, the short year of `'98`.
        if own.len() == 2 && self.follows_year(at) {
            values.extend(in_centuries(value));
        }
        if own.len() == 4 && self.follows_year(at) {
            values.extend(value.as_whole().map(|year| Value::whole(year % 100)));
        }
        let before = at.checked_sub(1).map_or("", |at| self.token(at).text);
        let glued = self.token(at).glued;
        let full_hour = own == "00" && before == ":";
        // The power of a unit (`km2`) or the count of an atom (`CO2`) may be set as a small figure.
        let power =
            glued && matches!(own, "2" | "3") && matches!(before, "mm" | "cm" | "dm" | "m" | "km" | "CO");
        // East Asian scale words multiply by powers of ten thousand; they are not read here.
        let scaled =
            next.glued && next.text.starts_with(['百', '千', '万', '萬', '億', '亿', '천', '만', '억']);
        let weight = if full_hour || power || scaled { Weight::Hint } else { Weight::Firm };
        mentions.push(Mention { text: own.to_owned(), values, weight, month: false });
        1
    }

    fn word(&self, at: usize, mentions: &mut Vec<Mention>) -> usize {
        let word = self.token(at).text;
        if self.language == Language::English
            && let Some(taken) = self.english_number(at, mentions)
        {
            return taken;
        }
        if let Some(n) = words::roman(word) {
            mentions.push(Mention { weight: Weight::Hint, ..firm(word, vec![Value::whole(n)]) });
            return 1;
        }
        // `an hour and a half`
        if matches!(word, "a" | "an" | "one") && self.and_a_half(at + 2) {
            mentions.push(firm(self.text(at, 5), vec![Value::and_a_half(1)]));
            return 5;
        }
        let Some(meaning) = self.language.meaning(word) else { return 1 };
        let (scaled_one, scale_words) = self.scaled(Value::whole(1), at + 1);
        let (mention, taken) = match meaning {
            Meaning::Cardinal(value) => {
                let (value, more) = self.scaled(value, at + 1);
                let mut values = vec![value];
                values.extend(self.scaled_by_range(value, at + more));
                (firm(self.text(at, more + 1), values), more + 1)
            }
            // `eine Million`
            Meaning::Hint(1) if scale_words > 0 => {
                (firm(self.text(at, scale_words + 1), vec![scaled_one]), scale_words + 1)
            }
            // `an hour and a half`
            Meaning::Hint(1) if self.and_a_half(at + 2) => {
                (firm(self.text(at, 5), vec![Value::and_a_half(1)]), 5)
            }
            Meaning::Hint(n) => (Mention { weight: Weight::Hint, ..firm(word, vec![Value::whole(n)]) }, 1),
            // `hundred thousand`, `Millionen`
            Meaning::Scale(scale) => {
                let (value, more) = self.scaled(scale, at + 1);
                (loose(self.text(at, more + 1), vec![value]), more + 1)
            }
            Meaning::Decade(n) => {
                let values = std::iter::once(Value::whole(n)).chain(in_centuries(Value::whole(n)));
                (loose(word, values.collect()), 1)
            }
            Meaning::Ordinal(n) => (loose(word, vec![Value::whole(n)]), 1),
            Meaning::Month(n) => (Mention { month: true, ..loose(word, vec![Value::whole(n)]) }, 1),
        };
        mentions.push(mention);
        taken
    }

    /// A number in English words, which may take several tokens; hyphens between them count as white space.
    fn english_number(&self, at: usize, mentions: &mut Vec<Mention>) -> Option<usize> {
        const LONGEST: usize = 16;
        let mut words = Vec::new();
        let mut ends = Vec::new();
        for (index, token) in self.tokens.iter().enumerate().skip(at).take(2 * LONGEST) {
            match token.kind {
                Kind::Word => {
                    words.push(token.text.to_lowercase());
                    ends.push(index + 1);
                }
                Kind::Sign if token.text == "-" && token.glued => {}
                _ => break,
            }
        }
        let (value, taken) = words::english_number(&words)?;
        let end = *ends.get(taken - 1)?;
        let text = self.text(at, end - at);
        // `twenty-first`
        if let Some(Meaning::Ordinal(unit @ 1..=9)) = words.get(taken).and_then(|word| words::english(word))
            && value.as_whole().is_some_and(|tens| tens % 10 == 0 && (20..100).contains(&tens))
        {
            let end = *ends.get(taken)?;
            let value = value.plus(unit)?;
            mentions.push(loose(self.text(at, end - at), vec![value]));
            return Some(end - at);
        }
        let (value, more) = self.scaled(value, end);
        let hint = value == Value::whole(1);
        let weight = if hint { Weight::Hint } else { Weight::Firm };
        let mut values = vec![value];
        values.extend(self.scaled_by_range(value, end + more - 1));
        mentions.push(Mention { weight, ..firm(text, values) });
        Some(end - at + more)
    }

    /// Whether `and a half` stands here.
    fn and_a_half(&self, at: usize) -> bool {
        self.language == Language::English
            && ["and", "a", "half"].iter().enumerate().all(|(n, word)| self.word_at(at + n) == *word)
    }

    /// The reading of the number that ends here as the first of a range: `two` in `two to three million`.
    fn scaled_by_range(&self, value: Value, at: usize) -> Option<Value> {
        let joined =
            matches!(self.word_at(at + 1).as_str(), "bis" | "to" | "-" | "–" | "und" | "and" | "oder" | "or");
        let second = self.token(at + 2);
        let number = match second.kind {
            Kind::Number(_) => true,
            Kind::Word => {
                words::english_number(&[second.text.to_lowercase()]).is_some()
                    && self.language == Language::English
                    || matches!(self.language.meaning(second.text), Some(Meaning::Cardinal(_)))
            }
            Kind::Sign => false,
        };
        let (scaled, taken) = self.scaled(value, at + 3);
        (joined && number && taken > 0).then_some(scaled)
    }

    /// Vulgar fractions.
    fn sign(&self, at: usize, mentions: &mut Vec<Mention>) -> usize {
        let value = match self.token(at).text {
            "½" => Value::from_digits("0", "5"),
            "¼" => Value::from_digits("0", "25"),
            "¾" => Value::from_digits("0", "75"),
            _ => return 1,
        };
        mentions.push(Mention { weight: Weight::Hint, ..firm(self.token(at).text, vec![value]) });
        1
    }

    /// `value` times the scale words from `at` on, and how many tokens they take.
    fn scaled(&self, mut value: Value, at: usize) -> (Value, usize) {
        let mut taken = 0;
        loop {
            let hyphen = usize::from(self.token(at + taken).text == "-" && self.token(at + taken).glued);
            let word = self.token(at + taken + hyphen).text;
            let lower = word.to_lowercase();
            let scale = match self.language.meaning(word) {
                Some(Meaning::Scale(scale)) => scale,
                // `2 Tausend`, `3 hundert`
                Some(Meaning::Cardinal(scale)) if matches!(lower.as_str(), "hundert" | "tausend") => scale,
                _ => return (value, taken),
            };
            value = value.times(scale);
            taken += hyphen + 1;
            if matches!(lower.as_str(), "mio" | "mrd" | "bio" | "tsd") && self.token(at + taken).text == "." {
                taken += 1;
            }
        }
    }

    /// Whether the number here is the time of day.
    fn is_clock(&self, at: usize) -> bool {
        let after = |offset: usize| self.word_at(at + offset);
        match self.language {
            Language::German => after(1) == "uhr" || (after(1) == ":" && after(3) == "uhr"),
            _ => {
                let noon = |offset: usize| {
                    matches!(after(offset).as_str(), "am" | "pm" | "o")
                        || (matches!(after(offset).as_str(), "a" | "p")
                            && after(offset + 1) == "."
                            && after(offset + 2) == "m")
                };
                noon(1) || (after(1) == ":" && noon(3))
            }
        }
    }

    /// Whether a year and a stroke stand before the number here, or an apostrophe.
    fn follows_year(&self, at: usize) -> bool {
        let before = |offset: usize| at.checked_sub(offset).map_or("", |at| self.token(at).text);
        matches!(before(1), "'" | "’")
            || (matches!(before(1), "/" | "-" | "–")
                && before(2).len() == 4
                && before(2).starts_with(['1', '2']))
    }

    fn token(&self, at: usize) -> &Token<'_> {
        const NONE: Token<'static> = Token { text: "", kind: Kind::Sign, glued: false };
        self.tokens.get(at).unwrap_or(&NONE)
    }

    fn word_at(&self, at: usize) -> String {
        self.token(at).text.to_lowercase()
    }

    /// The text of several tokens.
    fn text(&self, at: usize, count: usize) -> String {
        let mut text = String::new();
        for token in self.tokens.iter().skip(at).take(count) {
            if !token.glued && !text.is_empty() {
                text.push(' ');
            }
            text.push_str(token.text);
        }
        text
    }
}

fn loose(text: impl Into<String>, values: Vec<Value>) -> Mention {
    Mention { weight: Weight::Loose, ..firm(text, values) }
}

fn firm(text: impl Into<String>, values: Vec<Value>) -> Mention {
    Mention { text: text.into(), values, weight: Weight::Firm, month: false }
}

/// The scale that a letter or two directly after a number may mean.
fn suffix_scale(suffix: &str) -> Option<Value> {
    Some(Value::whole(match suffix {
        "k" | "K" => 1_000,
        "m" | "mn" => 1_000_000,
        "b" | "bn" => 1_000_000_000,
        "tn" => 1_000_000_000_000,
        _ => return None,
    }))
}

/// A year of two digits in the centuries that it may belong to.
fn in_centuries(short: Value) -> impl Iterator<Item = Value> {
    [1900, 2000, 1800].into_iter().filter_map(move |century| short.plus(century))
}

/// Hour and minutes; a full hour may be said without them.
fn clock(text: &str, [hour, minutes]: [Value; 2]) -> [Mention; 2] {
    let mut hours = vec![hour];
    hours.extend(hour.as_whole().and_then(other_half_of_day));
    let weight = if minutes == Value::whole(0) { Weight::Hint } else { Weight::Firm };
    [firm(text, hours), Mention { weight, ..firm(text, vec![minutes]) }]
}

/// The same hour on the other side of noon.
fn other_half_of_day(hour: u128) -> Option<Value> {
    match hour {
        0..=11 => Some(Value::whole(hour + 12)),
        12..=24 => Some(Value::whole(hour - 12)),
        _ => None,
    }
}

fn is_date(day: Value, month: Value) -> bool {
    let within = |value: Value, most| value.as_whole().is_some_and(|n| (1..=most).contains(&n));
    within(day, 31) && within(month, 12)
}

/// Day, month and perhaps year; the month may become a name, the year may gain its century.
fn date(text: &str, parts: &[Value]) -> Vec<Mention> {
    let mut mentions: Vec<Mention> = parts.iter().map(|&part| firm(text, vec![part])).collect();
    if let Some(month) = mentions.get_mut(1) {
        month.weight = Weight::Loose;
        month.month = true;
    }
    if let Some(year) = mentions.get_mut(2) {
        let short = year.values[0];
        if short.as_whole().is_some_and(|n| n < 100) {
            year.values.extend(in_centuries(short));
        }
    }
    mentions
}
