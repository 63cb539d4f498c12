//! Forms of a word, as far as a glossary needs them: endings, not a dictionary.

use crate::lang::Lang;

/// What German nouns and adjectives end in when they are inflected.
const GERMAN: [&str; 9] = ["e", "en", "er", "es", "em", "s", "n", "ns", "nen"];
/// Those of German adjectives, which replace each other.
const GERMAN_ADJECTIVES: [&str; 5] = ["en", "er", "es", "em", "e"];
/// Plural, possessive, and what makes a verb's forms.
const ENGLISH: [&str; 8] = ["s", "es", "'s", "’s", "'", "’", "ed", "ing"];

/// How words of a language change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inflection {
    German,
    English,
    /// Not known: the last letters may differ a little.
    Other,
    /// Written without spaces between words.
    Unspaced,
}

impl Inflection {
    pub(super) fn of(lang: &Lang) -> Self {
        match lang.primary() {
            "de" => Self::German,
            "en" => Self::English,
            "zh" | "yue" | "ja" | "th" | "lo" | "km" | "my" | "bo" | "dz" => Self::Unspaced,
            _ => Self::Other,
        }
    }

    /// Whether `word` is `base` or a form of it, both in lower case. The `last` word of a term is its noun.
    pub(super) fn is_form(self, word: &str, base: &str, last: bool) -> bool {
        if word == base {
            return true;
        }
        match self {
            Self::German => is_german_form(word, base) || (!last && same_stem(word, base)),
            Self::English => is_english_form(word, base),
            Self::Other => differ_at_the_end(word, base),
            Self::Unspaced => false,
        }
    }
}

fn is_german_form(word: &str, base: &str) -> bool {
    if word.strip_prefix(base).is_some_and(|ending| GERMAN.contains(&ending)) {
        return true;
    }
    // A plural with an umlaut: Rat, Räte; Garten, Gärten.
    let plain = fold_umlauts(word);
    plain != word
        && base == fold_umlauts(base)
        && plain.strip_prefix(base).is_some_and(|ending| match ending {
            "" => ["el", "en", "er"].iter().any(|end| base.ends_with(end)),
            ending => ["e", "er", "en", "ern", "n"].contains(&ending),
        })
}

/// Whether two words are one adjective: Rotes, Roten.
fn same_stem(word: &str, base: &str) -> bool {
    let stem = |word: &str| {
        let stem = GERMAN_ADJECTIVES.iter().find_map(|ending| word.strip_suffix(ending)).unwrap_or(word);
        (stem.chars().count() >= 3).then(|| stem.to_owned())
    };
    stem(word).is_some_and(|own| Some(own) == stem(base))
}

fn is_english_form(word: &str, base: &str) -> bool {
    let adds = |base: &str, endings: &[&str]| {
        word.strip_prefix(base).is_some_and(|ending| endings.contains(&ending))
    };
    adds(base, &ENGLISH)
        || base.strip_suffix('y').is_some_and(|stem| adds(stem, &["ies", "ied"]))
        || base.strip_suffix('e').is_some_and(|stem| adds(stem, &["ed", "ing"]))
}

/// At most two letters of the base gone and three others in their place, four letters kept.
fn differ_at_the_end(word: &str, base: &str) -> bool {
    let (word, base): (Vec<char>, Vec<char>) = (word.chars().collect(), base.chars().collect());
    let common = word.iter().zip(&base).take_while(|(a, b)| a == b).count();
    common >= 4 && base.len() - common <= 2 && word.len() - common <= 3
}

/// A word in small letters without its umlauts.
pub(crate) fn fold_umlauts(word: &str) -> String {
    word.chars()
        .map(|c| match c {
            'ä' => 'a',
            'ö' => 'o',
            'ü' => 'u',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn german_endings_and_umlauts() {
        let german = |word, base| Inflection::German.is_form(word, base, true);
        for (word, base) in [
            ("bebauungsplans", "bebauungsplan"),
            ("räte", "rat"),
            ("gärten", "garten"),
            ("häusern", "haus"),
            ("namens", "name"),
            ("lehrerinnen", "lehrerin"),
        ] {
            assert!(german(word, base), "{word}");
        }
        for (word, base) in
            [("rathaus", "rat"), ("ratsherr", "rat"), ("mieten", "mieter"), ("schön", "schon")]
        {
            assert!(!german(word, base), "{word}");
        }
        assert!(Inflection::German.is_form("roten", "rotes", false));
        assert!(!Inflection::German.is_form("roten", "rotes", true));
    }

    #[test]
    fn english_and_other_endings() {
        for (word, base) in [
            ("councils", "council"),
            ("authorities", "authority"),
            ("council's", "council"),
            ("leased", "lease"),
        ] {
            assert!(Inflection::English.is_form(word, base, true), "{word}");
        }
        assert!(!Inflection::English.is_form("councillor", "council", true));
        assert!(!Inflection::Other.is_form("radou", "rada", true), "too short to tell");
        assert!(Inflection::Other.is_form("městskou", "městská", true));
    }
}
