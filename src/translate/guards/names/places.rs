//! Places and peoples in German and English, from `places.txt`.

use super::Tongue;
use super::spelling::fold;

const PLACES: &str = include_str!("places.txt");

/// Names that mean something else as well, and prove no place where they stand alone.
const AMBIGUOUS: [&str; 12] = [
    "cape",
    "constance",
    "franken",
    "ivory",
    "nice",
    "north",
    "posen",
    "seine",
    "solomon",
    "south",
    "staaten",
    "states",
];

/// Whether a word is the name of a known place in its language, and no adjective.
pub(super) fn is_place(word: &str, tongue: Tongue) -> bool {
    let folded = fold(word);
    word.starts_with(char::is_uppercase)
        && folded.len() >= 4
        && !AMBIGUOUS.contains(&folded.as_str())
        && (is_named(&folded, tongue) || (tongue == Tongue::German && is_directed(&folded)))
}

/// Whether a folded German word is a known place behind a point of the compass (`Ostasien`).
pub(super) fn is_directed(folded: &str) -> bool {
    let place = without_direction(folded).filter(|place| place.len() >= 4);
    place.is_some_and(|place| is_named(place, Tongue::German))
}

fn is_named(folded: &str, tongue: Tongue) -> bool {
    lines().any(|line| line.names(tongue).any(|name| name == folded))
}

/// Whether folded words of two languages name the same place or its people; `Südfrankreich` is southern France.
pub(super) fn are_the_same(a: &str, a_tongue: Tongue, b: &str, b_tongue: Tongue) -> bool {
    lines().any(|line| line.has(a, a_tongue) && line.has(b, b_tongue))
}

/// One place.
#[derive(Clone, Copy)]
struct Line {
    german: &'static str,
    english: &'static str,
}

impl Line {
    fn names(self, tongue: Tongue) -> impl Iterator<Item = &'static str> {
        let names = if tongue == Tongue::German { self.german } else { self.english };
        names.split_ascii_whitespace()
    }

    /// Whether a word is one of the names, perhaps with an ending, or in German the last part of a compound
    /// (`Niederbayern`, `oberfränkisch`, `Nachkriegsfrankreich`).
    fn has(self, word: &str, tongue: Tongue) -> bool {
        const SHORTEST_PART: usize = 4;
        let named = |word: &str| {
            self.names(tongue).any(|name| match name.strip_suffix('*') {
                Some(stem) => word.starts_with(stem),
                None => word == name || word.strip_suffix('s') == Some(name),
            })
        };
        let is_part = |name: &str| {
            let stem = name.trim_end_matches('*');
            let tail = word.rfind(stem).map(|at| &word[at..]);
            stem.len() >= SHORTEST_PART && tail.is_some_and(named)
        };
        named(word) || (tongue == Tongue::German && self.names(tongue).any(is_part))
    }
}

/// What a folded German word has behind a point of the compass.
pub(super) fn without_direction(word: &str) -> Option<&str> {
    const BEFORE: [&str; 8] = ["sudost", "sudwest", "nordost", "nordwest", "sud", "nord", "ost", "west"];
    BEFORE.iter().find_map(|part| word.strip_prefix(part)).filter(|rest| rest.len() >= 3)
}

fn lines() -> impl Iterator<Item = Line> {
    let lines = PLACES.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('|')).map(|(german, english)| Line { german, english })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_folded_and_known_from_both_sides() {
        assert!(
            PLACES
                .lines()
                .all(|line| line.is_empty() || line.starts_with('#') || line == line.to_lowercase())
        );
        for (german, english) in [
            ("Köln", "Cologne"),
            ("Südfrankreich", "French"),
            ("Österreicher", "Austria"),
            ("Niederösterreichs", "Austria"),
            ("Mitteldeutschland", "Germany"),
            ("oberfränkische", "Franconia"),
        ] {
            let (a, b) = (fold(german), fold(english));
            assert!(are_the_same(&a, Tongue::German, &b, Tongue::English), "{german}");
            assert!(!are_the_same(&a, Tongue::German, "spain", Tongue::English), "{german}");
        }
        assert!(is_place("Köln", Tongue::German) && !is_place("Köln", Tongue::English));
        assert!(!is_place("Französisch", Tongue::German));
        assert!(is_place("Ostasien", Tongue::German) && !is_place("Westwind", Tongue::German));
    }
}
