//! The characters that texts in a language hold.

use unicode_script::{Script, ScriptExtension, UnicodeScript};

use super::{Lang, parse};

/// The characters that a text in some language may hold: those of its scripts, those of Latin, in which names
/// and units are written everywhere, and those that all scripts share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Alphabet(ScriptExtension);

/// Languages whose usual script the tag does not tell, or not wholly.
const SEVERAL: &[(&str, &str)] = &[
    ("zh", "Hani"),
    ("yue", "Hani"),
    ("sr", "Cyrl"),
    ("uz", "Cyrl"),
    ("ku", "Arab"),
    ("mn", "Cyrl Mong"),
    ("pa", "Guru Arab"),
    ("ks", "Arab Deva"),
    ("sd", "Arab Deva"),
];

impl Alphabet {
    /// Latin alone.
    pub(crate) fn latin() -> Self {
        Self(Script::Latin.into())
    }

    /// The alphabet of a language, where it is known.
    pub(crate) fn of(lang: &Lang) -> Option<Self> {
        let several = SEVERAL.iter().find(|(primary, _)| *primary == lang.primary());
        let codes = match (lang.script(), several) {
            (Some(script), _) => script,
            (None, Some((_, scripts))) => scripts,
            (None, None) => parse::settled_script(lang.primary())?,
        };
        let mut all = Self::latin().0;
        for code in codes.split(' ') {
            for script in scripts(code)? {
                all = all.union(script.into());
            }
        }
        Some(Self(all))
    }

    /// Whether a character belongs to it.
    pub(crate) fn contains(&self, c: char) -> bool {
        match c {
            '\0'..='\u{7f}' => true,
            // Unicode counts ideographic marks and full-width forms as common to all scripts.
            '\u{3000}'..='\u{33ff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ffef}' => {
                use Script::{Bopomofo, Han, Hangul, Hiragana, Katakana};
                [Han, Bopomofo, Hiragana, Katakana, Hangul]
                    .iter()
                    .any(|&script| self.0.contains_script(script))
                    && self.shares(c)
            }
            _ => self.shares(c),
        }
    }

    /// Whether most of these characters belong to it, those left out that are none.
    pub(crate) fn contains_most(&self, characters: impl Iterator<Item = char>) -> bool {
        let (mut own, mut foreign) = (0, 0);
        for c in characters.filter(|c| c.script() != Script::Unknown) {
            if self.contains(c) { own += 1 } else { foreign += 1 }
        }
        own > foreign
    }

    fn shares(&self, c: char) -> bool {
        !c.script_extension().intersection(self.0).is_empty()
    }
}

/// The scripts behind a code of ISO 15924; some codes stand for several.
fn scripts(code: &str) -> Option<Vec<Script>> {
    Some(match code {
        "Hans" | "Hant" | "Hani" => vec![Script::Han, Script::Bopomofo],
        "Jpan" => vec![Script::Han, Script::Hiragana, Script::Katakana],
        "Kore" => vec![Script::Hangul, Script::Han],
        _ => vec![Script::from_short_name(code)?],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alphabet(tag: &str) -> Option<Alphabet> {
        Alphabet::of(&Lang::parse(tag).unwrap())
    }

    #[test]
    fn a_language_has_its_own_script_latin_and_what_all_share() {
        for (tag, has, lacks) in [
            ("en", "aé½ ’—€😀\u{301}ßə", "我жα가あ，。ا٣"),
            ("ru", "жaё№«", "我α가א"),
            ("sr", "жđ", "我"),
            ("sr-Latn", "đ", "ж"),
            ("zh", "我a，。", "ж가あ"),
            ("zh-Hant", "們", "あ"),
            ("ja", "我あアー。ａ", "가ж"),
            ("ko", "가a", "あ"),
            ("ar", "ا٣،a", "א我"),
            ("hi", "क५।", "ক"),
            ("pa", "ਕپ", "क"),
        ] {
            let alphabet = alphabet(tag).unwrap();
            for c in has.chars() {
                assert!(alphabet.contains(c), "{tag} has {c:?}");
            }
            for c in lacks.chars() {
                assert!(!alphabet.contains(c), "{tag} lacks {c:?}");
            }
        }
    }

    #[test]
    fn a_language_whose_script_is_not_known_has_no_alphabet() {
        assert_eq!(alphabet("chr"), None);
        assert_eq!(alphabet("iu"), None);
        assert!(alphabet("chr-Cher").is_some());
    }
}
