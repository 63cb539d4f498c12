//! Reads mentions of numbers off tokens.

use super::calendar::{clock, date, in_centuries, is_date, is_time, other_half_of_day};
use super::lexer::{Kind, Numeral, Token};
use super::mentions::{Language, Mention, Sense, Weight};
use super::value::Value;
use super::words::{self, Meaning};

/// Reads mentions off tokens. Each function says how many tokens it took.
pub(super) struct Reader<'a> {
    tokens: &'a [Token<'a>],
    pub(super) language: Language,
}

impl<'a> Reader<'a> {
    pub fn new(tokens: &'a [Token<'a>], language: Language) -> Self {
        Self { tokens, language }
    }

    /// A number in digits: a time, a date, or a plain number.
    pub fn digits(&self, at: usize, numeral: &Numeral, mentions: &mut Vec<Mention>) -> usize {
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
                    mentions.extend(clock(&self.text(at, 2), *parts));
                } else if self.word_at(at + 1) == "."
                    && self.token(at + 2).text != "."
                    && at + 2 < self.tokens.len()
                    && is_date(parts[0], parts[1])
                {
                    // `29.6.`, unless it ends the sentence
                    mentions.extend(date(text, parts));
                } else if self.language == Language::German && is_time(text) {
                    // `ab 17.30`; fractions have a comma
                    mentions.extend(clock(text, *parts));
                } else {
                    return self.plain(at, *value, true, mentions);
                }
                1
            }
            Numeral::Parts(parts) => {
                let text = self.token(at).text;
                match parts[..] {
                    [day, month, _] if is_date(day, month) => mentions.extend(date(text, parts)),
                    _ => mentions.extend(parts.iter().map(|&part| Mention::firm(text, vec![part]))),
                }
                1
            }
        }
    }

    /// A number in digits, with the scale words and endings behind it.
    fn plain(&self, at: usize, value: Value, decimal: bool, mentions: &mut Vec<Mention>) -> usize {
        let own = self.token(at).text;
        if let Some(time) = self.military(at) {
            mentions.extend(clock(own, time));
            return 1;
        }
        if let Some(taken) = self.feet_and_inches(at, mentions) {
            return taken;
        }
        let (scaled, taken) = self.scaled(value, at + 1);
        if taken > 0 {
            let text = self.text(at, taken + 1);
            mentions.push(Mention::firm(text, vec![scaled]));
            return taken + 1;
        }
        let mut values = vec![value];
        values.extend(self.scaled_by_suffix(value, at));
        values.extend(self.scaled_by_range(value, at));
        if !decimal {
            values.extend(self.other_hour(value, at));
            self.add_years(value, at, &mut values);
        }
        let weight = if self.may_be_left_out(at) { Weight::Hint } else { Weight::Firm };
        mentions.push(Mention { weight, ..Mention::firm(own, values) });
        1
    }

    /// The number with the letter behind it read as a scale: `5m`, `3.2bn`.
    fn scaled_by_suffix(&self, value: Value, at: usize) -> Option<Value> {
        let next = self.token(at + 1);
        let scale = suffix_scale(next.text).filter(|_| next.glued)?;
        Some(value.times(scale))
    }

    /// The hour on the other side of noon, where the number may be an hour.
    fn other_hour(&self, value: Value, at: usize) -> Option<Value> {
        let (colon, minutes) = (self.token(at + 1), self.token(at + 2));
        let written = colon.text == ":" && colon.glued && minutes.glued && minutes.text.len() == 2;
        let hour = value.as_whole().filter(|&hour| hour <= 24)?;
        other_half_of_day(hour).filter(|_| written || self.is_clock(at))
    }

    /// Years with or without their century: `90er`, `2017/18`, `'98`.
    fn add_years(&self, value: Value, at: usize, values: &mut Vec<Value>) {
        let digits = self.token(at).text.len();
        let next = self.token(at + 1);
        let decade = |text: &str| matches!(text, "er" | "ern" | "s");
        let is_decade = decade(next.text) || (next.text == "-" && decade(self.token(at + 2).text));
        if digits == 2 && (is_decade || self.follows_year(at)) {
            values.extend(in_centuries(value));
        }
        // `the 1700s`, the 18th century
        let hundreds = value.as_whole().filter(|year| digits == 4 && next.text == "s" && year % 100 == 0);
        values.extend(hundreds.map(|year| Value::whole(year / 100 + 1)));
        if digits == 4 && self.follows_year(at) {
            values.extend(value.as_whole().map(|year| Value::whole(year % 100)));
        }
    }

    /// Whether a translation may write the number otherwise than in digits of its own.
    fn may_be_left_out(&self, at: usize) -> bool {
        let own = self.token(at);
        let before = at.checked_sub(1).map_or("", |at| self.token(at).text);
        let full_hour = own.text == "00" && before == ":";
        // The power of a unit (`km2`) or the count of an atom (`CO2`) may be set as a small figure.
        let small = own.glued
            && matches!(own.text, "2" | "3")
            && matches!(before, "mm" | "cm" | "dm" | "m" | "km" | "CO");
        // East Asian scale words multiply by powers of ten thousand; they are not read here.
        let next = self.token(at + 1);
        let scaled =
            next.glued && next.text.starts_with(['百', '千', '万', '萬', '億', '亿', '천', '만', '억']);
        full_hour || small || scaled
    }

    /// A word: a number word, a month, or nothing.
    pub fn word(&self, at: usize, mentions: &mut Vec<Mention>) -> usize {
        let word = self.token(at).text;
        if let Some(taken) = self.phrase(at, mentions) {
            return taken;
        }
        if self.language == Language::English
            && let Some(taken) = self.english_number(at, mentions)
        {
            return taken;
        }
        let after_name =
            at.checked_sub(1).is_some_and(|at| self.token(at).text.starts_with(char::is_uppercase));
        if let Some(n) = words::roman(word, after_name) {
            mentions.push(Mention::hint(word, vec![Value::whole(n)]));
            return 1;
        }
        // `an hour and a half`
        if matches!(word, "a" | "an" | "one") && self.and_a_half(at + 2) {
            let text = self.text(at, 5);
            mentions
                .push(Mention { unit: self.unit(at + 1), ..Mention::firm(text, vec![Value::and_a_half(1)]) });
            return 5;
        }
        let Some(meaning) = self.language.meaning(word) else { return 1 };
        let (scaled_one, scale_words) = self.scaled(Value::whole(1), at + 1);
        let (mention, taken) = match meaning {
            Meaning::Cardinal(value) => {
                let (value, more) = self.scaled(value, at + 1);
                let mut values = vec![value];
                values.extend(self.scaled_by_range(value, at + more));
                let weight = word_weight(value);
                let text = self.text(at, more + 1);
                (Mention { weight, sense: Sense::Count, ..Mention::firm(text, values) }, more + 1)
            }
            Meaning::Measure(n) => {
                let value = Value::whole(n);
                let weight = word_weight(value);
                (Mention { weight, sense: Sense::Measure, ..Mention::firm(word, vec![value]) }, 1)
            }
            // `eine Million`
            Meaning::Hint(1) if scale_words > 0 => {
                (Mention::firm(self.text(at, scale_words + 1), vec![scaled_one]), scale_words + 1)
            }
            Meaning::Hint(n) => (Mention::hint(word, vec![Value::whole(n)]), 1),
            Meaning::Either(numbers) => {
                (Mention::hint(word, numbers.iter().map(|&n| Value::whole(n)).collect()), 1)
            }
            // `hundred thousand`, `Millionen`
            Meaning::Scale(scale) => {
                let (value, more) = self.scaled(scale, at + 1);
                (Mention::loose(self.text(at, more + 1), vec![value]), more + 1)
            }
            Meaning::Decade(n) => {
                let values = std::iter::once(Value::whole(n)).chain(in_centuries(Value::whole(n)));
                (Mention::loose(word, values.collect()), 1)
            }
            Meaning::Ordinal(n) => {
                (Mention { sense: Sense::Order, ..Mention::loose(word, vec![Value::whole(n)]) }, 1)
            }
            Meaning::Month(n) => {
                (Mention { sense: Sense::Month, ..Mention::loose(word, vec![Value::whole(n)]) }, 1)
            }
            Meaning::Weekday(n) => {
                let mut values = vec![Value::whole(n)];
                values.extend(self.is_night_before(at).then(|| Value::whole(if n == 1 { 7 } else { n - 1 })));
                (Mention { sense: Sense::Weekday, ..Mention::loose(word, values) }, 1)
            }
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
            mentions.push(Mention {
                sense: Sense::Order,
                ..Mention::loose(self.text(at, end - at), vec![value])
            });
            return Some(end - at);
        }
        let (value, more) = self.scaled(value, end);
        let hint = value == Value::whole(1);
        let weight = if hint { Weight::Hint } else { word_weight(value) };
        let mut values = vec![value];
        values.extend(self.scaled_by_range(value, end + more - 1));
        let sense = if hint { Sense::Open } else { Sense::Count };
        mentions.push(Mention { weight, sense, ..Mention::firm(text, values) });
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
    pub fn sign(&self, at: usize, mentions: &mut Vec<Mention>) -> usize {
        let value = match self.token(at).text {
            "½" => Value::from_digits("0", "5"),
            "¼" => Value::from_digits("0", "25"),
            "¾" => Value::from_digits("0", "75"),
            _ => return 1,
        };
        mentions.push(Mention::hint(self.token(at).text, vec![value]));
        1
    }

    /// `value` times the scale words from `at` on, and how many tokens they take.
    pub(super) fn scaled(&self, mut value: Value, at: usize) -> (Value, usize) {
        let mut taken = 0;
        loop {
            let token = self.token(at + taken);
            // `tens of thousands`
            let of = token.text == "of" && self.word_at(at + taken + 1).ends_with('s');
            let hyphen = usize::from(of || token.text == "-" && token.glued);
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
            // `zwischen 17 und 18.30 Uhr`
            Language::German => {
                let range = matches!(after(1).as_str(), "und" | "bis" | "oder" | "-" | "–");
                after(1) == "uhr" || (after(1) == ":" && after(3) == "uhr") || (range && after(3) == "uhr")
            }
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

    pub(super) fn token(&self, at: usize) -> &Token<'_> {
        const NONE: Token<'static> = Token { text: "", kind: Kind::Sign, glued: false };
        self.tokens.get(at).unwrap_or(&NONE)
    }

    pub(super) fn word_at(&self, at: usize) -> String {
        self.token(at).text.to_lowercase()
    }

    /// The text of several tokens.
    pub(super) fn text(&self, at: usize, count: usize) -> String {
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

/// How sure it is that a translation says a number in words too: `two` comes and goes with the turn of a phrase
/// (`zwischen den Fronten`, `between two fronts`), but becomes no other.
fn word_weight(value: Value) -> Weight {
    if value == Value::whole(2) { Weight::Loose } else { Weight::Firm }
}
