//! The stemmer that ROUGE uses: Porter's algorithm (1980) with the extensions of NLTK's `PorterStemmer`, which
//! rouge-score 0.1.2 calls. Words are lower-case ASCII letters and digits.

/// Words whose stem follows no rule.
const IRREGULAR: [(&str, &str); 16] = [
    ("sky", "sky"),
    ("skies", "sky"),
    ("dying", "die"),
    ("lying", "lie"),
    ("tying", "tie"),
    ("news", "news"),
    ("innings", "inning"),
    ("inning", "inning"),
    ("outings", "outing"),
    ("outing", "outing"),
    ("cannings", "canning"),
    ("canning", "canning"),
    ("howe", "howe"),
    ("proceed", "proceed"),
    ("exceed", "exceed"),
    ("succeed", "succeed"),
];

/// Endings and what stands for them. The first that fits decides, whether or not its condition holds.
type Rules = &'static [(&'static str, &'static str)];

const PLURALS: Rules = &[("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", "")];

const DOUBLE_SUFFIXES: Rules = &[
    ("ational", "ate"),
    ("tional", "tion"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("izer", "ize"),
    ("bli", "ble"),
    ("alli", "al"),
    ("entli", "ent"),
    ("eli", "e"),
    ("ousli", "ous"),
    ("ization", "ize"),
    ("ation", "ate"),
    ("ator", "ate"),
    ("alism", "al"),
    ("iveness", "ive"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("aliti", "al"),
    ("iviti", "ive"),
    ("biliti", "ble"),
    ("fulli", "ful"),
];

const SUFFIXES: Rules = &[
    ("icate", "ic"),
    ("ative", ""),
    ("alize", "al"),
    ("iciti", "ic"),
    ("ical", "ic"),
    ("ful", ""),
    ("ness", ""),
];

const LAST_SUFFIXES: Rules = &[
    ("al", ""),
    ("ance", ""),
    ("ence", ""),
    ("er", ""),
    ("ic", ""),
    ("able", ""),
    ("ible", ""),
    ("ant", ""),
    ("ement", ""),
    ("ment", ""),
    ("ent", ""),
    ("ou", ""),
    ("ism", ""),
    ("ate", ""),
    ("iti", ""),
    ("ous", ""),
    ("ive", ""),
    ("ize", ""),
];

/// The stem of a word of more than two letters.
pub(super) fn stem(word: &str) -> String {
    if let Some((_, stem)) = IRREGULAR.iter().find(|(irregular, _)| *irregular == word) {
        return (*stem).to_owned();
    }
    let word = strip_plural(word);
    let word = strip_participle(&word);
    let word = soften_y(word);
    let word = simplify_double_suffix(&word);
    let word = replace(&word, SUFFIXES, |stem| measure(stem) > 0);
    let word = strip_last_suffix(&word);
    tidy(word)
}

fn strip_plural(word: &str) -> String {
    match word.strip_suffix("ies") {
        Some(stem) if stem.len() == 1 => format!("{stem}ie"),
        _ => replace(word, PLURALS, |_| true),
    }
}

/// Takes off `-ed` and `-ing` behind a stem that has a vowel, and mends what is left.
fn strip_participle(word: &str) -> String {
    if let Some(stem) = word.strip_suffix("ied") {
        return format!("{stem}{}", if stem.len() == 1 { "ie" } else { "i" });
    }
    if let Some(stem) = word.strip_suffix("eed") {
        return if measure(stem) > 0 { format!("{stem}ee") } else { word.to_owned() };
    }
    let stems = ["ed", "ing"].into_iter().filter_map(|ending| word.strip_suffix(ending));
    let Some(stem) = stems.into_iter().find(|stem| consonants(stem).contains(&false)) else {
        return word.to_owned();
    };
    if ["at", "bl", "iz"].iter().any(|ending| stem.ends_with(ending)) {
        format!("{stem}e")
    } else if ends_in_double_consonant(stem) {
        let doubled = stem.ends_with(['l', 's', 'z']);
        if doubled { stem.to_owned() } else { stem[..stem.len() - 1].to_owned() }
    } else if measure(stem) == 1 && ends_short(stem) {
        format!("{stem}e")
    } else {
        stem.to_owned()
    }
}

/// `-y` after a consonant that does not begin the word becomes `-i`.
fn soften_y(word: String) -> String {
    match word.strip_suffix('y') {
        Some(stem) if stem.len() > 1 && consonants(stem).last() == Some(&true) => format!("{stem}i"),
        _ => word,
    }
}

fn simplify_double_suffix(word: &str) -> String {
    if let Some(stem) = word.strip_suffix("alli")
        && measure(stem) > 0
    {
        return simplify_double_suffix(&format!("{stem}al"));
    }
    // The l counts with the stem, so that `geologi` is shortened as `archaeologi` is.
    match word.strip_suffix("ogi") {
        Some(stem) if stem.ends_with('l') && measure(&word[..word.len() - 3]) > 0 => format!("{stem}og"),
        _ => replace(word, DOUBLE_SUFFIXES, |stem| measure(stem) > 0),
    }
}

/// As the rules say; `-ion` goes only behind s and t, which stay.
fn strip_last_suffix(word: &str) -> String {
    match word.strip_suffix("ion") {
        Some(stem) => match measure(stem) > 1 && stem.ends_with(['s', 't']) {
            true => stem.to_owned(),
            false => word.to_owned(),
        },
        None => replace(word, LAST_SUFFIXES, |stem| measure(stem) > 1),
    }
}

/// Takes off a last `-e`, and one of two last l.
fn tidy(word: String) -> String {
    let word = match word.strip_suffix('e') {
        Some(stem) if measure(stem) > 1 || (measure(stem) == 1 && !ends_short(stem)) => stem.to_owned(),
        _ => word,
    };
    match word.strip_suffix('l') {
        Some(stem) if stem.ends_with('l') && measure(stem) > 1 => stem.to_owned(),
        _ => word,
    }
}

/// Applies the first rule that fits, if the stem before the ending meets the condition.
fn replace(word: &str, rules: Rules, condition: impl Fn(&str) -> bool) -> String {
    let fitting = rules.iter().find_map(|(ending, other)| Some((word.strip_suffix(ending)?, other)));
    match fitting {
        Some((stem, other)) if condition(stem) => format!("{stem}{other}"),
        _ => word.to_owned(),
    }
}

/// Which letters are consonants: all but a, e, i, o, u, and y where it follows a consonant.
fn consonants(word: &str) -> Vec<bool> {
    let mut consonants = Vec::with_capacity(word.len());
    for letter in word.bytes() {
        consonants.push(match letter {
            b'a' | b'e' | b'i' | b'o' | b'u' => false,
            b'y' => !consonants.last().copied().unwrap_or(false),
            _ => true,
        });
    }
    consonants
}

/// How often a consonant follows a vowel: the m of the paper.
fn measure(stem: &str) -> usize {
    consonants(stem).windows(2).filter(|pair| pair == &[false, true]).count()
}

fn ends_in_double_consonant(word: &str) -> bool {
    let letters = word.as_bytes();
    matches!(letters, [.., a, b] if a == b) && consonants(word).last() == Some(&true)
}

/// Consonant, vowel, consonant other than w, x and y; or a word of vowel and consonant.
fn ends_short(word: &str) -> bool {
    match consonants(word).as_slice() {
        [false, true] => true,
        [.., true, false, true] => !word.ends_with(['w', 'x', 'y']),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_examples_of_the_paper() {
        for (word, expected) in [
            ("caresses", "caress"),
            ("ponies", "poni"),
            ("agreed", "agre"),
            ("hopping", "hop"),
            ("filing", "file"),
            ("relational", "relat"),
            ("sensibiliti", "sensibl"),
            ("electrical", "electr"),
            ("adoption", "adopt"),
            ("controll", "control"),
        ] {
            assert_eq!(stem(word), expected, "{word}");
        }
    }

    #[test]
    fn stems_equal_those_of_nltk() {
        let fixture = include_str!("../../tests/fixtures/metrics/systems.json");
        let fixture: serde_json::Value = serde_json::from_str(fixture).unwrap();
        let stems = fixture["stems"].as_object().unwrap();
        assert!(stems.len() > 100);
        for (word, expected) in stems {
            assert_eq!(stem(word), *expected, "{word}");
        }
    }
}
