//! Phrases in which a number word does not say its own number: `halb neun`, `one in five`, `season three`.

use super::calendar::other_half_of_day;
use super::lexer::{Kind, Numeral};
use super::mentions::{Language, Mention, Sense, Weight};
use super::reader::Reader;
use super::units;
use super::value::Value;
use super::words::{self, Meaning};

impl Reader<'_> {
    /// A phrase that begins here, and how many tokens it takes.
    pub(super) fn phrase(&self, at: usize, mentions: &mut Vec<Mention>) -> Option<usize> {
        match self.language {
            Language::German => self.half_to(at, mentions).or_else(|| self.half_of(at, 1, mentions)),
            Language::English => self
                .other(at, mentions)
                .or_else(|| self.half_of(at, 2, mentions))
                .or_else(|| self.feet_and_inches(at, mentions)),
            Language::Other(_) => None,
        }
    }

    /// `halb neun`, which English calls half past eight.
    fn half_to(&self, at: usize, mentions: &mut Vec<Mention>) -> Option<usize> {
        let Some(Meaning::Cardinal(hour)) = self.language.meaning(self.token(at + 1).text) else {
            return None;
        };
        let hour = hour.as_whole().filter(|hour| self.word_at(at) == "halb" && (1..=12).contains(hour))?;
        let hours = [Some(Value::whole(hour - 1)), other_half_of_day(hour - 1)];
        mentions.push(Mention::firm(self.text(at, 2), hours.into_iter().flatten().collect()));
        mentions.push(Mention::hint(self.token(at).text, vec![Value::whole(30)]));
        Some(2)
    }

    /// `halbe Million`, `half a million`; `halbe Stunde`, `half an hour`, which may be told in minutes.
    fn half_of(&self, at: usize, words: usize, mentions: &mut Vec<Mention>) -> Option<usize> {
        let half = matches!(self.word_at(at).as_str(), "half" | "halbe" | "halben" | "halber" | "halbes");
        if !half || (words == 2 && !matches!(self.word_at(at + 1).as_str(), "a" | "an")) {
            return None;
        }
        let half = Value::from_digits("0", "5");
        let (value, taken) = self.scaled(half, at + words);
        if taken == 0 {
            self.unit(at + words)?;
            mentions.push(Mention::hint(self.text(at, words), vec![half]));
            return Some(words);
        }
        mentions.push(Mention::firm(self.text(at, words + taken), vec![value]));
        Some(words + taken)
    }

    /// `every other week`
    fn other(&self, at: usize, mentions: &mut Vec<Mention>) -> Option<usize> {
        let every = self.word_at(at) == "every" && self.word_at(at + 1) == "other";
        every.then(|| mentions.push(Mention::hint(self.text(at, 2), vec![Value::whole(2)])))?;
        Some(2)
    }

    /// `five feet six inches`, `5ft 6in`
    pub(super) fn feet_and_inches(&self, at: usize, mentions: &mut Vec<Mention>) -> Option<usize> {
        let amount = |at: usize, names: &[&str]| {
            let value = match self.token(at).kind {
                Kind::Number(Numeral::Plain { value, .. }) => value,
                _ => words::english_number(&[self.word_at(at)])?.0,
            };
            names.contains(&self.word_at(at + 1).as_str()).then(|| value.as_whole()).flatten()
        };
        let feet = amount(at, &["ft", "feet", "foot"])?;
        let inches = amount(at + 2, &["in", "ins", "inch", "inches"]).filter(|&inches| inches < 12)?;
        let value = Value::from_digits(&feet.to_string(), &format!("{:03}", inches * 1000 / 12));
        mentions.push(Mention { unit: self.unit(at + 1), ..Mention::firm(self.text(at, 4), vec![value]) });
        Some(4)
    }

    /// Whether the German weekday here ends a night that English names by the day before: `in der Nacht zum Dienstag`.
    pub(super) fn is_night_before(&self, at: usize) -> bool {
        let before = |offset: usize| at.checked_sub(offset).map_or(String::new(), |at| self.word_at(at));
        let is_night = |offset: usize| before(offset) == "nacht" || before(offset).ends_with("abend");
        matches!(before(1).as_str(), "zum" | "auf") && (is_night(2) || is_night(4))
            || before(1) == "den" && before(2) == "auf" && is_night(3)
    }

    /// What the words around the last mention, which stands from `at` to `end`, make of it.
    pub(super) fn refine(&self, at: usize, end: usize, mention: &mut Mention) {
        mention.unit = self.unit(end).or(mention.unit);
        let before = |back: usize| at.checked_sub(back).map_or(String::new(), |at| self.word_at(at));
        let counts = mention.sense == Sense::Count;
        // A measure is no turn of phrase.
        if counts && mention.unit.is_some() {
            mention.weight = Weight::Firm;
            if self.token(end).text == "-" && self.token(end).glued {
                mention.sense = Sense::Measure;
            }
        }
        let is_share = before(1) == "in" && matches!(before(2).as_str(), "one" | "1");
        let Some(number) = mention.values.first().and_then(|value| value.as_whole()) else { return };
        let percent = |number: u128, of: u128| {
            (of > 1 && (100 * number).is_multiple_of(of)).then(|| Value::whole(100 * number / of))
        };
        let text = mention.text.to_lowercase();
        let is_fraction = text.ends_with("tel") || text.ends_with("teln") || self.word_at(end) == "of";
        if is_share || (mention.sense == Sense::Order && mention.weight == Weight::Loose && is_fraction) {
            mention.values.extend(percent(1, number));
        }
        if let Some(denominator) = self.denominator(end).filter(|_| counts && number < 100) {
            mention.values.extend(percent(number, denominator));
        }
    }

    /// The denominator that is the word here: `quarters`, `Fünftel`.
    fn denominator(&self, at: usize) -> Option<u128> {
        let word = self.word_at(at);
        let is_one = match self.language {
            Language::German => word.ends_with("tel") || word.ends_with("teln"),
            _ => word.ends_with("ths") || matches!(word.as_str(), "thirds" | "quarters"),
        };
        match self.language.meaning(&word).filter(|_| is_one)? {
            Meaning::Ordinal(n) => Some(n),
            Meaning::Either(numbers) => numbers.first().copied(),
            _ => None,
        }
    }

    /// The unit that stands here, by its place in the table of units.
    pub(super) fn unit(&self, at: usize) -> Option<usize> {
        let german = match self.language {
            Language::German => true,
            Language::English => false,
            Language::Other(_) => return None,
        };
        let hyphen = self.token(at).text == "-" && self.token(at).glued;
        let at = at + usize::from(hyphen);
        let (first, second) = (self.word_at(at), self.word_at(at + 1));
        match first.as_str() {
            "grad" | "degree" | "degrees" | "°" | "square" | "cubic" => {
                units::unit_behind(&first, &second, german)
            }
            name if self.token(at).kind == Kind::Word => units::unit(name, german),
            _ => None,
        }
    }

    /// The hour and the minutes of `0230 UTC`.
    pub(super) fn military(&self, at: usize) -> Option<[Value; 2]> {
        let (hour, minutes) = self.token(at).text.split_at_checked(2)?;
        let next = self.word_at(at + 1);
        let is_time = matches!(next.as_str(), "utc" | "gmt")
            || (hour.starts_with('0') && matches!(next.as_str(), "uhr" | "hours" | "hrs" | "local" | "z"));
        let below = |digits: &str, limit: u32| digits.parse().is_ok_and(|number: u32| number < limit);
        (is_time && minutes.len() == 2 && below(hour, 24) && below(minutes, 60))
            .then(|| [hour, minutes].map(|digits| Value::from_digits(digits, "")))
    }
}

#[cfg(test)]
mod tests {
    use super::super::numbers;
    use crate::engine::Finish;
    use crate::lang::{Lang, LangPair};
    use crate::translate::guards::Exchange;

    fn is_flagged(source: (&str, Lang), output: (&str, Lang)) -> bool {
        let pair = LangPair { source: source.1, target: output.1 };
        numbers(&Exchange { source: source.0, output: output.0, finish: Finish::Stop, pair: &pair }).is_some()
    }

    /// German, English, and the English with another number.
    const PHRASES: [(&str, &str, &str); 43] = [
        ("Um halb neun geht es los.", "It starts at half past eight.", "It starts at half past nine."),
        ("Der Zug fährt um halb drei.", "The train leaves at 2:30.", "The train leaves at 3:30."),
        ("Eine halbe Million wohnt hier.", "Half a million live here.", "A million live here."),
        (
            "500.000 Menschen wohnen hier.",
            "Half a million people live here.",
            "Half a billion people live here.",
        ),
        ("Nach 30 Minuten kam er.", "After half an hour he came.", "After an hour he came."),
        ("Nach einer Dreiviertelstunde kam er.", "After 45 minutes he came.", "After 40 minutes he came."),
        (
            "Vor 100 Jahren war das anders.",
            "A century ago this was different.",
            "Ten years ago this was different.",
        ),
        ("Er lag auf Platz drei.", "He was in third place.", "He was in second place."),
        (
            "Das Haus ist aus dem 18. Jahrhundert.",
            "The house is from the 1700s.",
            "The house is from the 1800s.",
        ),
        ("Jede fünfte Brücke ist alt.", "One in five bridges is old.", "One in six bridges is old."),
        ("20 Prozent der Brücken sind alt.", "One in five bridges is old.", "One in four bridges is old."),
        ("75 Prozent stimmten zu.", "Three quarters agreed.", "Three fifths agreed."),
        ("Ein Fünftel stimmte zu.", "20 percent agreed.", "50 percent agreed."),
        ("Die Hälfte stimmte zu.", "50 percent agreed.", "15 percent agreed."),
        (
            "Die dritte Staffel kommt im Herbst.",
            "Season three is due in autumn.",
            "Season four is due in autumn.",
        ),
        ("Im vierten Kapitel stirbt er.", "He dies in chapter four.", "He dies in chapter five."),
        ("Er kommt alle zwei Wochen.", "He comes every other week.", "He comes every three weeks."),
        ("Er kommt alle vierzehn Tage.", "He comes every fortnight.", "He comes every week."),
        ("Der Tabellenzweite gewann.", "The team in 2nd place won.", "The team in 12th place won."),
        ("Das gilt vom Monatsersten an.", "This applies from the 1st.", "This applies from the 5th."),
        ("Um 02:45 UTC riss der Funk ab.", "Contact was lost at 0245 UTC.", "Contact was lost at 0254 UTC."),
        (
            "Mehrere zehn Millionen Euro fehlen.",
            "Tens of millions of euros are missing.",
            "Tens of billions of euros are missing.",
        ),
        ("Zehntausende kamen.", "Tens of thousands came.", "Hundreds of thousands came."),
        ("Sie kamen zu dritt.", "The three of them came.", "The five of them came."),
        ("In den Achtzigerjahren war es so.", "It was so in the 1980s.", "It was so in the 1960s."),
        ("Um Mitternacht war Schluss.", "It was over at 12 a.m.", "It was over at 11 a.m."),
        ("Um zwölf Uhr mittags war Schluss.", "It was over at noon.", "It was over at ten."),
        (
            "Er kaufte drei Viertel der Anteile.",
            "He bought 75% of the shares.",
            "He bought 57% of the shares.",
        ),
        (
            "In der Nacht zum Dienstag brannte es.",
            "There was a fire on Monday night.",
            "There was a fire on Sunday night.",
        ),
        ("Sie steht im Achtelfinale.", "She is in the last 16.", "She is in the last 14."),
        ("Er wählte den Notruf.", "He dialled 911.", "He dialled 119."),
        (
            "Die Schule ist ab 17.30 offen.",
            "The school is open from 5:30 p.m.",
            "The school is open from 5:20 p.m.",
        ),
        (
            "Sie proben zwischen 17 und 18 Uhr.",
            "They rehearse between 5 and 6 p.m.",
            "They rehearse between 4 and 6 p.m.",
        ),
        ("In seinem dritten Jahr ging er.", "He left after three years.", "He left after four years."),
        ("Das gilt für Kategorie I.", "This applies to category 1.", "This applies to category 2."),
        (
            "Es ist der achtgrößte See des Landes.",
            "It is the country's 8th largest lake.",
            "It is the country's 9th largest lake.",
        ),
        (
            "Sie verkauften 3 Millionen bzw. 5 Millionen.",
            "They sold three million and five million.",
            "They sold three million and six million.",
        ),
        (
            "Das Heft kostet einen Schilling und 7 Groschen.",
            "The booklet costs a shilling and 7 groschen.",
            "The booklet costs a shilling and 9 groschen.",
        ),
        ("Ein Werk für 1 Milliarde Euro.", "A €1bn plant.", "A €1m plant."),
        ("Wir nutzen Version 4.5...", "We use version 4.5.", "We use version 4.7."),
        ("Der Brief ging am 18.12. ab.", "The letter was sent on 18.12.", "The letter was sent on 18.11."),
        ("Kapitel V ist kurz.", "Chapter 5 is short.", "Chapter 6 is short."),
        (
            "In Kapitel drei wird es ernst.",
            "The third chapter gets serious.",
            "The fourth chapter gets serious.",
        ),
    ];

    /// The same for amounts in other units.
    const AMOUNTS: [(&str, &str, &str); 18] = [
        ("Das Boot ist 20 Meter lang.", "The boat is 65 feet long.", "The boat is 56 feet long."),
        ("Sie ist 1,68 Meter groß.", "She is 5ft 6in tall.", "She is 6ft 5in tall."),
        ("Er wog 136 Kilogramm.", "He weighed 300 pounds.", "He weighed 200 pounds."),
        ("Er wog 300 Pfund (136 kg).", "He weighed 300 pounds.", "He weighed 136 pounds."),
        ("Es waren 95 °F (35 °C).", "It was 95 °F.", "It was 59 °F."),
        ("Es waren 95 °F (35 °C).", "It was 95 °F (35 °C).", "It was 95 °F (53 °C)."),
        ("Es waren 35 Grad Celsius.", "It was 95 degrees Fahrenheit.", "It was 35 degrees Fahrenheit."),
        (
            "Der Turm ist 30 Meter hoch.",
            "The tower is 98 feet (30 metres) tall.",
            "The tower is 98 feet (40 metres) tall.",
        ),
        (
            "Der Ort ist fünf Kilometer entfernt.",
            "The town is three miles away.",
            "The town is five miles away.",
        ),
        ("Es fuhr 160 Kilometer pro Stunde.", "It was doing 100 mph.", "It was doing 160 mph."),
        ("Das Feld ist 2 Hektar groß.", "The field covers 5 acres.", "The field covers 15 acres."),
        ("Nach anderthalb Jahren kam er.", "He came after 18 months.", "He came after 16 months."),
        (
            "Der Film läuft 90 Minuten.",
            "The film lasts an hour and a half.",
            "The film lasts two hours and a half.",
        ),
        ("Er trank einen halben Liter.", "He drank 500 ml.", "He drank 400 ml."),
        ("Sie blieb sechs Monate.", "She stayed for half a year.", "She stayed for a year."),
        ("Es dauerte 24 Stunden.", "It took one day.", "It took two days."),
        (
            "Seit zwei Jahrzehnten sinkt der Preis.",
            "The price has fallen for 20 years.",
            "The price has fallen for 12 years.",
        ),
        ("Das kostet 20 Euro.", "That costs 20 euros.", "That costs 22 dollars."),
    ];

    #[test]
    fn a_span_is_no_place_in_an_order() {
        for (german, english) in [
            ("Am zweiten Tag des Treffens wurde gestritten.", "They argued at the two-day meeting."),
            ("Am dritten Tag der Reise regnete es.", "It rained on the three-day trip."),
            ("Auf der dreitägigen Reise regnete es.", "It rained on the third day of the trip."),
        ] {
            assert!(is_flagged((german, Lang::DE), (english, Lang::EN)), "{german} -> {english}");
            assert!(is_flagged((english, Lang::EN), (german, Lang::DE)), "{english} -> {german}");
        }
    }

    #[test]
    fn small_numbers_may_come_and_go_but_not_change() {
        for (german, english, wrong) in [
            (
                "Sie standen zwischen den Fronten.",
                "They were caught between two fronts.",
                "They were caught between 12 fronts.",
            ),
            ("Die zwei Brüder gingen.", "The brothers left.", "The three brothers left."),
            (
                "Das Gesetz von 1983 (Act 1983) gilt.",
                "The act of 1983 applies.",
                "The act of 1983 and 1985 applies.",
            ),
            ("Das ist eine zweistellige Summe.", "That is a large sum.", "That is a sum of 300."),
            (
                "Das zweitägige Treffen beginnt morgen.",
                "The two-day meeting begins tomorrow.",
                "The second day of the meeting begins tomorrow.",
            ),
            (
                "Die Messe läuft bis Donnerstag.",
                "The fair runs until Thursday.",
                "The fair runs from Monday to Thursday.",
            ),
        ] {
            assert!(!is_flagged((german, Lang::DE), (english, Lang::EN)), "{german} -> {english}");
            assert!(!is_flagged((english, Lang::EN), (german, Lang::DE)), "{english} -> {german}");
            assert!(is_flagged((german, Lang::DE), (wrong, Lang::EN)), "{german} -> {wrong}");
        }
    }

    #[test]
    fn weekdays_of_a_german_text_stay_and_none_becomes_another() {
        let (german, english) = ("Das teilte die Stadt am Freitag mit.", "The city announced this.");
        assert!(is_flagged((german, Lang::DE), (english, Lang::EN)));
        assert!(!is_flagged((english, Lang::EN), (german, Lang::DE)));
        assert!(is_flagged((german, Lang::DE), ("The city announced this on Thursday.", Lang::EN)));
        assert!(!is_flagged(
            ("The city said so on Friday.", Lang::EN),
            ("Das teilte die Stadt mit.", Lang::DE)
        ));
    }

    #[test]
    fn other_words_for_a_number_are_known_and_other_numbers_seen() {
        for (german, english, wrong) in PHRASES.into_iter().chain(AMOUNTS) {
            assert!(!is_flagged((german, Lang::DE), (english, Lang::EN)), "{german} -> {english}");
            assert!(!is_flagged((english, Lang::EN), (german, Lang::DE)), "{english} -> {german}");
            assert!(is_flagged((german, Lang::DE), (wrong, Lang::EN)), "{german} -> {wrong}");
            assert!(is_flagged((wrong, Lang::EN), (german, Lang::DE)), "{wrong} -> {german}");
        }
    }
}
