//! Names: whether the names of the source are in the output, and no others. German and English only.
//!
//! German capitalises every noun and English every word of a title, so a capital alone proves nothing. A flag needs
//! more than one word that the other side has in no spelling:
//! - a name is missing and another was added, as when a model puts a better known name in the place of one that it
//!   does not know; both have to be names for more reasons than their capital;
//! - two words of one name are missing (`Priya Raman`), or what follows a form of address (`Frau Raman`);
//! - a known place is missing (`Köln` without `Cologne`), or was added where another may be missing.

mod english;
mod german;
mod places;
mod spelling;

use super::Exchange;
use crate::flag::{Flag, FlagKind};
use crate::lang::Lang;
use spelling::Spellings;

/// A word that may be a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Name<'a> {
    text: &'a str,
    /// Which word of the text it is.
    at: usize,
    kind: Kind,
}

/// A language whose use of capitals is known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tongue {
    German,
    English,
}

impl Tongue {
    fn of(lang: &Lang) -> Option<Self> {
        match lang.primary() {
            "de" => Some(Self::German),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    fn other(self) -> Self {
        match self {
            Self::German => Self::English,
            Self::English => Self::German,
        }
    }

    fn names(self, text: &str) -> Vec<Name<'_>> {
        match self {
            Self::German => german::names(&words(text)),
            Self::English => english::names(&words(text)),
        }
    }
}

/// Why a word may be a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// It is a known place.
    Place,
    /// It stands after a form of address.
    Addressed,
    /// It stands as a name would.
    Likely,
    /// It ends a row of capitalised words, as the last names of people do.
    Last,
    /// It stands before such a word and may be a first name or an office.
    First,
    /// It stands as a place would, and may as well be a plural; enough beside a place that was added.
    Faint,
}

/// Names of the source are missing, or were replaced by others.
pub(super) fn names(exchange: &Exchange<'_>) -> Option<Flag> {
    let (source, output) = (Tongue::of(&exchange.pair.source)?, Tongue::of(&exchange.pair.target)?);
    if source == output {
        return None;
    }
    let mut lost = source.names(exchange.source);
    let mut added = output.names(exchange.output);
    let (in_source, in_output) =
        (Spellings::of(exchange.source, source), Spellings::of(exchange.output, output));
    lost.retain(|name| !in_output.have(name.text) && !is_gloss(name.text, exchange.source));
    added.retain(|name| {
        !matches!(name.kind, Kind::First | Kind::Faint)
            && !in_source.have(name.text)
            && !is_gloss(name.text, exchange.output)
    });
    drop_abbreviated(&mut lost, exchange.source, exchange.output);
    drop_abbreviated(&mut added, exchange.output, exchange.source);
    let whole = lost.windows(2).any(|pair| is_whole(pair[0], pair[1], source));
    let alone = whole || lost.iter().any(|name| matches!(name.kind, Kind::Place | Kind::Addressed));
    // A translator may say where something is, but not put one place for another.
    let elsewhere = !lost.is_empty() && added.iter().any(|name| name.kind == Kind::Place);
    lost.retain(|name| elsewhere || name.kind != Kind::Faint);
    lost.retain(|name| whole || name.kind != Kind::First);
    // What only stands as a name would may be anything.
    let sure = |names: &[Name<'_>]| names.iter().any(|name| name.kind != Kind::Likely);
    let replaced = sure(&lost) && sure(&added);
    (alone || elsewhere || replaced).then(|| {
        let said = |names: &[Name<'_>], what: &str| {
            let texts: Vec<String> = names.iter().map(|name| format!("`{}`", name.text)).collect();
            (!texts.is_empty()).then(|| format!("{} {what}", texts.join(", ")))
        };
        let details: Vec<String> =
            [said(&lost, "missing"), said(&added, "added")].into_iter().flatten().collect();
        Flag::new(FlagKind::Names, details.join("; "))
    })
}

/// Whether two words that are both missing are a first and a last name.
fn is_whole(first: Name<'_>, last: Name<'_>, tongue: Tongue) -> bool {
    // Most common nouns end as these do, and stand behind other capitals too.
    let endings: &[&str] = match tongue {
        Tongue::German => &["e", "en", "er"],
        Tongue::English => &["e", "er", "ers", "ds", "es", "ns", "ts", "ing"],
    };
    let common = endings.iter().any(|ending| last.text.ends_with(ending));
    last.kind == Kind::Last && last.at == first.at + 1 && !common
}

/// Whether a word stands in brackets, where translators explain and leave out.
fn is_gloss(word: &str, text: &str) -> bool {
    let before = &text[..word.as_ptr() as usize - text.as_ptr() as usize];
    before.rfind('(') > before.rfind(')')
}

/// Drops names that the other text abbreviates: `Victoria and Albert Museum`, `V&A`.
fn drop_abbreviated(names: &mut Vec<Name<'_>>, text: &str, other: &str) {
    let words = words(text);
    let abbreviations = abbreviations(other);
    names.retain(|name| {
        !abbreviations.iter().any(|letters| {
            let starts = (name.at + 1).saturating_sub(2 * letters.len())..=name.at;
            starts.into_iter().any(|start| {
                let capitals = words[start..].iter().enumerate().filter(|(_, word)| word.is_capitalised());
                let spelt: Vec<(usize, &Word<'_>)> = capitals.take(letters.len()).collect();
                let reaches = spelt.last().is_some_and(|(last, _)| start + last >= name.at);
                reaches && spelt.iter().filter_map(|(_, word)| word.text.chars().next()).eq(letters.chars())
            })
        })
    });
}

/// The letters of the abbreviations of a text: `V&A`, `N.Y.U.`, `RSC`.
fn abbreviations(text: &str) -> Vec<String> {
    let is_one = |word: &&str| {
        let (capitals, rest): (Vec<char>, Vec<char>) = word.chars().partition(|c| c.is_uppercase());
        (2..=6).contains(&capitals.len()) && rest.iter().all(|c| matches!(c, '.' | '&'))
    };
    let mark = |c: char| !c.is_alphanumeric() && !matches!(c, '.' | '&');
    let tokens = text.split_whitespace().map(|token| token.trim_matches(mark)).filter(is_one);
    tokens.map(|token| token.chars().filter(|c| c.is_uppercase()).collect()).collect()
}

fn is_among(word: &str, list: &str) -> bool {
    list.split_ascii_whitespace().any(|other| other == word)
}

/// A word of a text with what stands before it.
#[derive(Clone, Copy, Debug)]
struct Word<'a> {
    text: &'a str,
    /// A capital may be due to its place: it opens a sentence, a quotation or what follows a colon.
    opens: bool,
    /// Only white space stands between it and the word before.
    joined: bool,
}

impl Word<'_> {
    fn is_capitalised(&self) -> bool {
        self.text.starts_with(char::is_uppercase)
    }

    /// An abbreviation in capitals, which the other language may abbreviate otherwise.
    fn is_acronym(&self) -> bool {
        self.text.chars().filter(|c| c.is_uppercase()).count() >= 2
            && self.text.chars().filter(|c| c.is_lowercase()).count() <= 2
    }
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut words: Vec<Word<'_>> = Vec::new();
    let mut end = 0;
    for word in super::words(text) {
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        let gap = &text[end..start];
        let joined = !words.is_empty() && gap.chars().all(char::is_whitespace);
        // `Dr. Maier`, `St. Gallen`, `J. Maier`
        let abbreviation = words.last().is_some_and(|word| {
            // `World War II. Then`
            let capitals = word.text.len() > 1 && word.text.chars().all(char::is_uppercase);
            word.is_capitalised() && word.text.chars().count() <= 3 && !capitals
        });
        let ends = gap.contains(['!', '?', ':', '…', '"', '“', '”', '„', '«', '»', '‘', '(', '|', '–', '—'])
            || gap.contains(" - ")
            || gap.contains('.') && !abbreviation;
        words.push(Word { text: word, opens: words.is_empty() || ends, joined });
        end = start + word.len();
    }
    words
}

/// The runs of capitalised words with white space between them, as ranges. A word that opens a sentence is in none.
fn runs(words: &[Word<'_>]) -> Vec<std::ops::Range<usize>> {
    let mut runs: Vec<std::ops::Range<usize>> = Vec::new();
    for (index, word) in words.iter().enumerate().filter(|(_, word)| word.is_capitalised() && !word.opens) {
        match runs.last_mut() {
            Some(run) if run.end == index && word.joined => run.end += 1,
            _ => runs.push(index..index + 1),
        }
    }
    runs
}

/// Whether most words of a text are capitalised, as in an English headline.
fn is_title_case(words: &[Word<'_>]) -> bool {
    let long = || words.iter().filter(|word| word.text.chars().count() > 3);
    3 * long().filter(|word| word.is_capitalised()).count() > 2 * long().count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Finish;
    use crate::lang::LangPair;

    fn is_flagged(german: &str, english: &str, into_english: bool) -> bool {
        let (de, en) = ((german, Lang::DE), (english, Lang::EN));
        let ((source, from), (output, to)) = if into_english { (de, en) } else { (en, de) };
        let pair = LangPair { source: from, target: to };
        names(&Exchange { source, output, finish: Finish::Stop, pair: &pair }).is_some()
    }

    #[test]
    fn titles_compounds_and_common_nouns_are_no_lost_names() {
        for (german, english) in [
            (
                "Er kaufte drei Kisten voll mit Flaschen Most.",
                "He bought three crates full of bottles of cider.",
            ),
            (
                "Gestern suchten vier Wanderer Schutz in der Hütte.",
                "Yesterday four hikers sought shelter in the hut.",
            ),
            (
                "Sie schrieb über den Ersten und Zweiten Weltkrieg.",
                "She wrote about World War I and World War II. Later she stopped.",
            ),
            ("Die Ruinen auf den Hügeln Galiläas sind alt.", "The ruins in the Galilean Hills are old."),
            ("Er arbeitet für Bäcker ohne Grenzen.", "He works for Bakers Without Frontiers."),
            (
                "Im Mai begann die Gartenbauausstellung der Stadt.",
                "In May the town's Agricultural Expositions began.",
            ),
            ("Sie reiste als Erste zum Nordpol.", "She was the first to travel to the North Pole."),
            ("Er lebte lange in Nordamerika.", "He lived in North America for a long time."),
            ("Sie saß in der Spreehalle.", "She was sitting in the Spree Hall."),
            ("Dort gab es Marias Kuchen.", "They had Maria's Cake there."),
            ("Die Bundeswehr half am Deich.", "The army of Germany helped at the dike."),
            ("Sie zog nach Tampa, Florida.", "She moved to Tampa, Fla., in May."),
            ("Er wanderte durch Niederbayern.", "He hiked through Lower Bavaria."),
            (
                "Das Lager des Nordbundes (Neue Wache Lindenau) blieb leer.",
                "The camp of the northern league stayed empty.",
            ),
            (
                "Sie arbeitet im Harper and Quill Museum und spielt im Royal Maple Theatre.",
                "She works at the H&Q and acts at the R.M.T. in winter.",
            ),
            ("Das ist die älteste Stadt Böhmens.", "This is the oldest Bohemian town."),
            ("Er fuhr auf dem nassen Weg Rad.", "He rode his bicycle on the wet path."),
            ("Garten - Mehrere Hinweise", "Garden - Several hints for it."),
            ("Das ist in Südosteuropa so.", "It is like that in South-Eastern Europe."),
            ("Er war in Norditalien.", "He was in the north of Italy."),
            ("Das war in England so.", "It was like that in Britain."),
        ] {
            assert!(!is_flagged(german, english, true), "{german} -> {english}");
            assert!(!is_flagged(german, english, false), "{english} -> {german}");
        }
    }

    #[test]
    fn a_place_may_be_added_but_not_left_out() {
        let (german, english) =
            ("Auch hier wird das Wasser knapp.", "Water is running short in Spain as well.");
        assert!(!is_flagged(german, english, true));
        assert!(is_flagged(german, english, false));
    }

    #[test]
    fn lost_and_added_places_and_persons_are_seen() {
        for (german, english) in [
            ("Die Fähre liegt bei Remagen fest.", "The ferry is stuck near Toronto."),
            ("Am Abend sprach dort Jana Kowarik.", "In the evening, a speaker talked there."),
            ("Die Gefahr wächst in Ostasien.", "The danger is growing in Eastern Europe."),
            ("Er fuhr im Mai nach Oregon.", "He went there in May."),
            ("Dort siegte der 45-jährige Jan Kowarik.", "The 45-year-old won there."),
            ("Im Mai kam Ministerin Aldinger.", "Minister Brockmann came in May."),
        ] {
            assert!(is_flagged(german, english, true), "{german} -> {english}");
        }
        assert!(is_flagged("Am Abend sprach jemand.", "In the evening, Ingrid Petersen spoke.", false));
    }
}
