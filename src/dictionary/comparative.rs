//! Comparatives: `enger` is no dictionary's word, and its translation is not `close`.

/// How comparatives end before a noun. `enger` may be `eng` in another case.
const ENDINGS: [&str; 5] = ["ere", "eren", "erem", "erer", "eres"];

/// Comparatives of their own.
const IRREGULAR: [(&str, &str); 5] =
    [("good", "better"), ("bad", "worse"), ("far", "further"), ("little", "less"), ("much", "more")];

/// The adjective of a German comparative, `eng` of `engere` and `stark` of `stärkere`, if that is known and no other word is
/// that ends so (`sichere` is of `sicher`).
pub(super) fn base(word: &str, is_known: impl Fn(&str) -> bool) -> Option<String> {
    let stem = ENDINGS.iter().find_map(|ending| word.strip_suffix(ending))?;
    let is_other = word.starts_with(char::is_uppercase) || is_known(word) || is_known(&format!("{stem}er"));
    let plain = stem.replace('ä', "a").replace('ö', "o").replace('ü', "u");
    [stem.to_owned(), plain].into_iter().find(|base| !is_other && is_known(base))
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
        let is_known = |word: &str| ["eng", "stark", "weit", "weiter", "leer", "sicher"].contains(&word);
        assert_eq!(base("engeren", is_known).unwrap(), "eng");
        assert_eq!(base("stärkeres", is_known).unwrap(), "stark");
        for word in ["enge", "enger", "Engere", "leere", "sichere", "weitere", "andere", "ere"] {
            assert_eq!(base(word, is_known), None, "{word}");
        }
    }
}
