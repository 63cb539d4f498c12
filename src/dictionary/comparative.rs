//! Comparatives: `enger` is no dictionary's word, and its translation is not `close`.

/// What makes a comparative of an adjective, where no other word ends in the same way.
const ENDINGS: [&str; 5] = ["ere", "eren", "erem", "erer", "eres"];

/// Comparatives of their own.
const IRREGULAR: [(&str, &str); 5] =
    [("good", "better"), ("bad", "worse"), ("far", "further"), ("little", "less"), ("much", "more")];

/// What the adjective of a German comparative may be (`starken` has `stark`, and so has `stärkeren`), and the form that a
/// dictionary would have if it were none (`sicheren` has `sicher`).
pub(super) fn bases(word: &str) -> Option<([String; 2], String)> {
    let stem = ENDINGS.iter().find_map(|ending| word.strip_suffix(ending))?;
    let is_adjective = stem.chars().count() >= 3 && word.starts_with(char::is_lowercase);
    let plain = stem.replace('ä', "a").replace('ö', "o").replace('ü', "u");
    is_adjective.then(|| ([stem.to_owned(), plain], format!("{stem}er")))
}

/// The comparative of an English adjective or adverb.
pub(super) fn comparative(word: &str) -> String {
    if let Some((_, irregular)) = IRREGULAR.iter().find(|(base, _)| *base == word) {
        return (*irregular).to_owned();
    }
    let is_vowel = |letter: char| "aeiouy".contains(letter);
    let letters: Vec<char> = word.chars().collect();
    let sounded = letters.strip_suffix(&['e']).unwrap_or(&letters);
    let syllables = sounded.chunk_by(|&one, &other| is_vowel(one) == is_vowel(other));
    let syllables = syllables.filter(|run| run.first().is_some_and(|&letter| is_vowel(letter))).count();
    match letters.as_slice() {
        [.., 'l', 'y'] => format!("more {word}"),
        [start @ .., 'y'] if syllables == 2 => format!("{}ier", start.iter().collect::<String>()),
        [.., 'o', 'w'] => format!("{word}er"),
        _ if syllables != 1 || word.contains(' ') => format!("more {word}"),
        [.., 'e'] => format!("{word}r"),
        // `bigger`, but `weaker`.
        [.., before, vowel, last]
            if !is_vowel(*before) && is_vowel(*vowel) && !is_vowel(*last) && *last != 'x' =>
        {
            format!("{word}{last}er")
        }
        _ => format!("{word}er"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_comparatives() {
        for (word, expected) in [
            ("close", "closer"),
            ("big", "bigger"),
            ("slow", "slower"),
            ("weak", "weaker"),
            ("strong", "stronger"),
            ("heavy", "heavier"),
            ("closely", "more closely"),
            ("narrow", "narrower"),
            ("important", "more important"),
            ("well known", "more well known"),
            ("good", "better"),
        ] {
            assert_eq!(comparative(word), expected);
        }
    }

    #[test]
    fn german_comparatives() {
        let found = |word| bases(word).map(|([own, plain], other)| format!("{own} {plain} {other}"));
        assert_eq!(found("engere").unwrap(), "eng eng enger");
        assert_eq!(found("stärkeren").unwrap(), "stärk stark stärker");
        for word in ["enge", "enger", "Engere", "ihre"] {
            assert_eq!(found(word), None, "{word}");
        }
    }
}
