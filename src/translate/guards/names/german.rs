//! Names in German, where every noun has a capital.

use super::{Kind, Name, Word, places, runs};

/// Articles and words like them. A run of capitals after one may be an office or an institution.
const ARTICLES: &str = "der die das dem den des ein eine einem einen einer eines im am zum zur vom beim ins ans kein \
    keine keinem keinen keiner dieser diese dieses diesem diesen jeder jede jedes jedem jeden sein seine seinem seinen \
    seiner seines ihr ihre ihrem ihren ihrer ihres unser unsere unserem unseren unserer mein meine meinem meinen meiner";

/// What stands before places and people without an article.
const PREPOSITIONS: &str = "in aus nach von bei für gegen mit um durch über zwischen";

/// Nouns that stand bare or before another noun and are no names: time, amounts, forms of address, and nouns that
/// follow a preposition without an article.
const NO_NAMES: &str = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember Montag \
    Dienstag Mittwoch Donnerstag Freitag Samstag Sonnabend Sonntag Morgen Abend Nacht Mittag Nachmittag Vormittag Uhr \
    Anfang Mitte Ende Prozent Euro Dollar Cent Pfund Franken Yen Million Millionen Milliarde Milliarden Tonnen Kilo \
    Kilometer Meter Grad Liter Gramm Stunden Minuten Sekunden Tage Tagen Wochen Monate Monaten Jahr Jahre Jahren \
    Jahrhundert Mal Dutzend Hunderte Hunderten Tausende Tausenden Sie Ihnen Ihr Ihre Ihrem Ihren Ihrer Herr Herrn Frau \
    Menschen Leute Leuten Kinder Kindern Frauen Männer Männern Kraft Rahmen Angaben Angst Bezug Frage Fragen Form \
    Folge Hilfe Haus Hause Zukunft Not Gefahr Ordnung Betrieb Sicht Schutz Platz Person Personen Recht Bord Berichten \
    Grund Tod Geburt Beginn Art Erfolg Geld Wasser Beispiel Internet Leben Teil Teile Teilen Seiten Seite Kauf Bau \
    Einsatz Streit Verlust Krieg Frieden Druck Arbeit Freude Wut Freunden Freunde Kollegen Kunden Rücksicht Blick Jahres \
    Spiel Spiele Spielen Tore Punkte Punkten Platz Plätze Land Stadt Staat Hand Händen Fuß Erde Luft Feuer Welt Wort \
    Worte Worten Polizei Experten Gott Familie Familien Kind Zeit Zeiten Kosten Steuern Waffen Gewalt Verdacht Mord \
    Union Mitternacht Wahl Wahlen Schulen Häuser Häusern Autos Büchern Bildern Schätzungen Meinung Öffentlichkeit";

/// Endings of common nouns.
const ENDINGS: [&str; 16] = [
    "ung", "ungen", "heit", "heiten", "keit", "keiten", "schaft", "schaften", "tion", "tionen", "ismus",
    "tät", "nis", "ment", "ieren", "erung",
];

/// Endings of plurals and of nouns made of verbs.
const PLURALS: [&str; 6] = ["en", "ern", "eln", "inge", "innen", "ie"];

/// Endings of adjectives, which may be part of an institution's name (`Zweiter Weltkrieg`).
const INFLECTED: [&str; 4] = ["er", "en", "es", "em"];

/// The words of a text that may be names.
pub(super) fn names<'a>(words: &[Word<'a>]) -> Vec<Name<'a>> {
    let mut names = Vec::new();
    for run in runs(words) {
        let before = run.start.checked_sub(1).map(|at| words[at]);
        let last = run.end - 1;
        let of_several = run.len() >= 2 && is_title(words[last - 1], last - 1 == run.start, before);
        let after_preposition = words[run.start].joined
            && before.is_some_and(|before| is_among(before.text, PREPOSITIONS))
            && !PLURALS.iter().any(|ending| words[run.start].text.ends_with(ending));
        let after_office = before.is_some_and(|before| words[run.start].joined && is_office(before));
        for at in run.clone() {
            let Word { text, .. } = words[at];
            let kind = match at {
                _ if is_no_name(text) || words[at].is_acronym() => continue,
                _ if places::is_place(text) => Kind::Place,
                _ if at == last && of_several => Kind::Last,
                _ if is_foreign(text) || (at == run.start && (after_preposition || after_office)) => {
                    Kind::Likely
                }
                _ if at + 1 == last && of_several && !INFLECTED.iter().any(|end| text.ends_with(end)) => {
                    Kind::First
                }
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
    let number =
        before.is_some_and(|before| word.joined && before.text.ends_with(|c: char| c.is_ascii_digit()));
    let adjective = ["e", "en", "er", "es", "em"].iter().any(|ending| word.text.ends_with(ending));
    let common = is_among(word.text, NO_NAMES) && !matches!(word.text, "Herr" | "Herrn" | "Frau");
    !common && !number && !(opens_run && article && adjective)
}

/// Whether a word that opens a sentence may be an office or a profession (`Ministerin Sandu`).
fn is_office(word: Word<'_>) -> bool {
    const OFFICES: [&str; 9] = ["in", "er", "or", "ent", "ant", "chef", "ist", "ler", "rat"];
    word.opens && word.text.chars().count() >= 7 && OFFICES.iter().any(|ending| word.text.ends_with(ending))
}

fn is_no_name(word: &str) -> bool {
    is_among(word, NO_NAMES)
        || is_among(&word.to_lowercase(), ARTICLES)
        || ENDINGS.iter().any(|ending| word.ends_with(ending))
        || word.contains('-')
}

/// Letters that German has in names of other languages only.
fn is_foreign(word: &str) -> bool {
    word.chars().any(|c| c.is_alphabetic() && !c.is_ascii() && !"äöüßÄÖÜéèàêâ’".contains(c))
}

fn is_among(word: &str, list: &str) -> bool {
    list.split_ascii_whitespace().any(|other| other == word)
}
