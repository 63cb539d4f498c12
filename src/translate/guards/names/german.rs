//! Names in German, where every noun has a capital.

use super::{Kind, Name, Tongue, Word, is_among, places, runs};

/// Articles and words like them. A run of capitals after one may be an office or an institution.
const ARTICLES: &str = "der die das dem den des ein eine einem einen einer eines im am zum zur vom beim ins ans kein \
    keine keinem keinen keiner dieser diese dieses diesem diesen jeder jede jedes jedem jeden sein seine seinem seinen \
    seiner seines ihr ihre ihrem ihren ihrer ihres unser unsere unserem unseren unserer mein meine meinem meinen meiner deren dessen";

/// Words before a plural, behind which another noun may stand bare (`suchten zwei Wanderer Schutz`).
const AMOUNTS: &str = "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf viele vielen einige einigen mehrere \
    mehreren alle allen wenige wenigen beide beiden andere anderen manche manchen";

/// What stands before places and people without an article.
const PREPOSITIONS: &str = "in aus nach von bei für gegen mit um durch über zwischen";

/// Forms of address that stand before a last name.
const ADDRESS: &str = "Herr Herrn Frau";

/// Nouns that stand bare before others, or between an amount and others, and are no names.
const NO_NAMES: [&str; 6] = [
    // The calendar.
    "Januar Jänner Februar März April Mai Juni Juli August September Oktober November Dezember Montag Dienstag Mittwoch \
     Donnerstag Freitag Samstag Sonnabend Sonntag Morgen Vormittag Mittag Nachmittag Abend Nacht Mitternacht Frühling \
     Frühjahr Sommer Herbst Winter Ostern Pfingsten Weihnachten Silvester Neujahr Uhr Anfang Mitte Ende",
    // Times and measures.
    "Sekunde Sekunden Minute Minuten Stunde Stunden Tag Tage Tagen Woche Wochen Monat Monate Monaten Jahr Jahre Jahren \
     Jahrzehnt Jahrzehnte Jahrzehnten Jahrhundert Jahrhunderte Mal Prozent Grad Millimeter Zentimeter Meter Kilometer \
     Meile Meilen Hektar Quadratmeter Quadratkilometer Kubikmeter Gramm Kilo Kilogramm Tonne Tonnen Liter Euro Cent \
     Dollar Pfund Franken Yen Rubel Kronen Dutzend Hundert Hunderte Hunderten Tausend Tausende Tausenden Million \
     Millionen Milliarde Milliarden Billion Billionen Paar Stück Art Teil Teile Seite Seiten Nummer Punkt Punkte",
    // What goods come in: `Flaschen Wein`.
    "Fass Fässer Fässern Flasche Flaschen Glas Gläser Gläsern Tasse Tassen Kiste Kisten Sack Säcke Säcken Dose Dosen Becher \
     Bechern Teller Tellern Eimer Eimern Stapel Haufen Ladung Ladungen Portion Portionen Scheibe Scheiben Barrel Barrels",
    // Ordinals in the names of wars, parliaments and the like.
    "Erste Ersten Erster Erstes Zweite Zweiten Zweiter Zweites Dritte Dritten Dritter Drittes Vierte Vierten Vierter",
    // Address.
    "Sie Ihnen Ihr Ihre Ihrem Ihren Ihrer Ihres Du Dir Dich Dein Deine Euch Euer Eure Herr Herrn Frau",
    // What news and people write with a capital and without an article everywhere.
    "Menschen Leute Leuten Frauen Männer Männern Kinder Kindern Gott",
];

/// Endings of nouns that are made of other words.
const ENDINGS: [&str; 12] = [
    "ung", "ungen", "heit", "heiten", "keit", "keiten", "schaft", "schaften", "tion", "tionen", "ismus",
    "tät",
];

/// Endings of plurals, of adjectives, and of nouns made of verbs.
const PLURALS: [&str; 4] = ["en", "ern", "eln", "e"];

/// Endings of adjectives, which may be part of an institution's name (`Zweiter Weltkrieg`).
const INFLECTED: [&str; 4] = ["er", "en", "es", "em"];

/// The words of a text that may be names.
pub(super) fn names<'a>(words: &[Word<'a>]) -> Vec<Name<'a>> {
    let mut names = Vec::new();
    for run in runs(words) {
        let before = run.start.checked_sub(1).map(|at| words[at]);
        let last = run.end - 1;
        let of_several = run.len() >= 2 && is_title(words[last - 1], last - 1 == run.start, before);
        let addressed = run.len() == 2 && is_among(words[run.start].text, ADDRESS);
        let after_preposition =
            words[run.start].joined && before.is_some_and(|before| is_among(before.text, PREPOSITIONS));
        let plural = PLURALS.iter().any(|ending| words[run.start].text.ends_with(ending));
        let common = run.len() == 2 && after_article(&words[..run.start], words[run.start]);
        let after_office = before.is_some_and(|before| words[run.start].joined && is_office(before));
        for at in run.clone() {
            let Word { text, .. } = words[at];
            let kind = match at {
                _ if is_no_name(text) || words[at].is_acronym() => continue,
                _ if places::is_place(text, Tongue::German) => Kind::Place,
                _ if at == last && addressed => Kind::Addressed,
                _ if at == last && of_several => Kind::Last,
                _ if is_foreign(text)
                    || (at == run.start && (after_preposition && !plural || after_office)) =>
                {
                    Kind::Likely
                }
                _ if at + 1 == last
                    && of_several
                    && !common
                    && !INFLECTED.iter().any(|end| text.ends_with(end)) =>
                {
                    Kind::First
                }
                _ if at == run.start && after_preposition => Kind::Faint,
                _ => continue,
            };
            names.push(Name { text, at, kind });
        }
    }
    names
}

/// Whether a capitalised word before another makes that one a name: a first name, or an office that is no
/// adjective (`der Deutsche Wetterdienst`).
fn is_title(word: Word<'_>, opens_run: bool, before: Option<Word<'_>>) -> bool {
    let article = before.is_some_and(|before| word.joined && is_among(&before.text.to_lowercase(), ARTICLES));
    let number = before.is_some_and(|before| {
        let amount = is_among(&before.text.to_lowercase(), AMOUNTS);
        word.joined && (amount || before.text.ends_with(|c: char| c.is_ascii_digit()))
    });
    // The dative of a plural, which no first name is like.
    let plural = ["ern", "eln"].iter().any(|ending| word.text.ends_with(ending)) && word.text.len() > 5;
    let adjective = word.text.ends_with('e') || INFLECTED.iter().any(|ending| word.text.ends_with(ending));
    let common = is_no_name(word.text) && !is_among(word.text, ADDRESS);
    !(common || number || plural || opens_run && article && adjective)
}

/// Whether an article and adjectives stand before the first of two nouns, so that the second stands bare or in the
/// genitive (`auf dem schmalen Weg Schutz suchen`, `die älteste Stadt Böhmens`).
fn after_article(before: &[Word<'_>], first: Word<'_>) -> bool {
    const MOST_ADJECTIVES: usize = 3;
    let is_adjective = |word: &&Word<'_>| {
        let inflected = word.text.ends_with('e') || INFLECTED.iter().any(|end| word.text.ends_with(end));
        // `der 45-jährige Max Maier`
        let of_a_person = word.text.ends_with("jährige") || is_among(word.text, PREPOSITIONS);
        word.joined && word.text.starts_with(char::is_lowercase) && inflected && !of_a_person
    };
    let is_article = |word: &Word<'_>| is_among(&word.text.to_lowercase(), ARTICLES);
    let mut back = before.iter().rev();
    let adjectives =
        back.clone().take(MOST_ADJECTIVES).take_while(|word| is_adjective(word) && !is_article(word));
    first.joined && back.nth(adjectives.count()).is_some_and(is_article)
}

/// Whether a word that opens a sentence may be an office or a profession (`Ministerin Sandu`).
fn is_office(word: Word<'_>) -> bool {
    const OFFICES: [&str; 9] = ["in", "er", "or", "ent", "ant", "chef", "ist", "ler", "rat"];
    word.opens && word.text.chars().count() >= 7 && OFFICES.iter().any(|ending| word.text.ends_with(ending))
}

fn is_no_name(word: &str) -> bool {
    NO_NAMES.iter().any(|list| is_among(word, list))
        || is_among(&word.to_lowercase(), ARTICLES)
        || ENDINGS.iter().any(|ending| word.ends_with(ending))
        || word.contains('-')
}

/// Letters that German has in names of other languages only.
fn is_foreign(word: &str) -> bool {
    word.chars().any(|c| c.is_alphabetic() && !c.is_ascii() && !"äöüßÄÖÜéèàêâ’".contains(c))
}
