//! Formality: how a text addresses its reader, in languages that have a polite and a familiar way.

use crate::error::{Error, Result};
use crate::lang::Lang;

/// How the reader is addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Formality {
    /// As a stranger is: `Sie`, `vous`, `usted`.
    Formal,
    /// As a friend is: `du`, `tu`, `tú`.
    Informal,
}

/// The ways of a language.
#[derive(Debug)]
struct Ways {
    /// The language's tag.
    lang: &'static str,
    /// The formal and the informal pronoun.
    pronouns: [&'static str; 2],
    /// Words by which each is told, and nothing else: some pronouns are those of `she` or of several friends as well.
    words: [&'static str; 2],
}

const WAYS: [Ways; 6] = [
    Ways {
        lang: "de",
        pronouns: ["Sie", "du"],
        words: ["Sie Ihnen", "du dich dir dein deine deinem deinen deiner deines"],
    },
    Ways { lang: "es", pronouns: ["usted", "tú"], words: ["usted ustedes", "tú ti contigo"] },
    Ways { lang: "fr", pronouns: ["vous", "tu"], words: ["", "tu toi te tes"] },
    Ways { lang: "it", pronouns: ["Lei", "tu"], words: ["", "tu ti te tuo tua tuoi tue"] },
    Ways { lang: "nl", pronouns: ["u", "jij"], words: ["u uw", "jij jou jouw"] },
    Ways { lang: "ru", pronouns: ["Вы", "ты"], words: ["", "ты тебя тебе тобой"] },
];

impl Formality {
    /// Checks that a language has several ways of address, of which this is one.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage), naming the languages that are known to have.
    pub(crate) fn check(self, lang: &Lang) -> Result<()> {
        if ways(lang).is_some() {
            return Ok(());
        }
        let known: Vec<Lang> = WAYS.iter().filter_map(|ways| Lang::parse(ways.lang).ok()).collect();
        let known: Vec<&str> = known.iter().map(Lang::name).collect();
        Err(Error::usage(format!("no formal and informal address is known of {}", lang.name()))
            .hint(format!("leave the formality out; it is known of {}", known.join(", "))))
    }

    /// The way's name and its pronoun in a language.
    pub(crate) fn described(self, lang: &Lang) -> Option<(&'static str, &'static str)> {
        let name = ["formally", "informally"][self.index()];
        ways(lang).map(|ways| (name, ways.pronouns[self.index()]))
    }

    /// A word of `text` that addresses the reader in the other way, if one is seen. A capital says nothing where a
    /// sentence begins.
    pub(crate) fn breach<'a>(self, text: &'a str, lang: &Lang) -> Option<&'a str> {
        let others = ways(lang)?.words[1 - self.index()];
        let is_other = |word: &&str| {
            let same = |other: &str| match other.starts_with(char::is_uppercase) {
                true => other == *word && !begins_sentence(text, word),
                false => other == word.to_lowercase(),
            };
            others.split_ascii_whitespace().any(same)
        };
        text.split(|c: char| !c.is_alphanumeric()).find(is_other)
    }

    fn index(self) -> usize {
        match self {
            Self::Formal => 0,
            Self::Informal => 1,
        }
    }
}

fn ways(lang: &Lang) -> Option<&'static Ways> {
    WAYS.iter().find(|ways| ways.lang == lang.primary())
}

/// Whether a word of a text stands at the beginning or behind what ends a sentence or opens speech.
fn begins_sentence(text: &str, word: &str) -> bool {
    let at = word.as_ptr() as usize - text.as_ptr() as usize;
    let before = text.get(..at).unwrap_or_default().trim_end();
    before.is_empty() || before.ends_with(['.', '!', '?', ':', '…', '"', '„', '“', '»', '«', '‚', '‘'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_way_is_seen() {
        for (formality, text, seen) in [
            (Formality::Formal, "Hast du deinen Schlüssel?", Some("du")),
            (Formality::Formal, "Haben Sie Ihren Schlüssel?", None),
            (Formality::Formal, "Dein Schlüssel liegt hier.", Some("Dein")),
            (Formality::Informal, "Haben Sie den Schlüssel?", Some("Sie")),
            (Formality::Informal, "Sie hat den Schlüssel. Sie geht.", None),
            (Formality::Informal, "Er sagte: „Sie geht.“ Das half ihnen.", None),
            (Formality::Informal, "Hast du ihn?", None),
        ] {
            assert_eq!(formality.breach(text, &Lang::DE), seen, "{text}");
        }
        let french = Lang::parse("fr").unwrap();
        assert_eq!(Formality::Formal.breach("As-tu la clé ?", &french), Some("tu"));
        assert_eq!(Formality::Informal.breach("Avez-vous la clé ?", &french), None, "`vous` may be several");
    }

    #[test]
    fn a_language_with_one_way_is_refused() {
        let error = Formality::Formal.check(&Lang::EN).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.next_step().is_some_and(|hint| hint.contains("German")));
        assert!(Formality::Informal.check(&Lang::DE).is_ok());
    }
}
