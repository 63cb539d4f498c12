//! Meaning: what the source says and the output turns into something else. German to English only.

use std::sync::LazyLock;

use regex::Regex;

use super::{Exchange, words};
use crate::dictionary::Dictionary;
use crate::flag::{Flag, FlagKind};
use crate::lang::{self, Lang};

/// Says that somebody wants something; the English word that looks like it says that it will be.
const WANTING: [&str; 3] = ["will", "wollen", "wolle"];

/// German words that speak of what will be.
const FUTURE: [&str; 4] = ["wird", "werden", "werde", "werdet"];

/// How English words begin that tell a wish or a plan.
const WISHES: [&str; 29] = [
    "want", "wish", "intend", "intent", "plan", "seek", "sought", "aim", "hop", "willing", "try", "tries",
    "tried", "decid", "determin", "like", "keen", "eager", "look", "propos", "would", "pledg", "vow",
    "aspir", "going", "ready", "prepar", "refus", "ambition",
];

/// A relative clause that may begin with its object, and its verb, where that is in the present and of one person:
/// `…, die die Gemeinde pachtet`.
static OBJECT_FIRST: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r", (?:die|welche) (?:die|das|der|eine?) [^,.;:!?–]+? (\p{Ll}+t)(?:[,.;:!?–”“\x22]|$)").ok()
});

/// Words that end such a clause and are no verbs of this kind.
const OTHER_ENDINGS: [&str; 3] = ["nicht", "hat", "ist"];

/// A relative pronoun that is the subject, with its verb and what the object begins with.
static SUBJECT_FIRST: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b(?:who|which|that) (\p{Ll}+) (?:the|an?|this|its|their|\p{Lu})").ok());

/// The source tells a wish, and the output has none; or several do in the output what one does in the source.
pub(super) fn meaning(exchange: &Exchange<'_>) -> Option<Flag> {
    if !Dictionary::serves(exchange.pair) {
        return None;
    }
    let wish = || untold_wish(exchange).map(|word| format!("the wish of `{word}` is missing"));
    let turned = || turned_round(exchange).map(|verb| format!("who does what in `{verb}` is turned round"));
    wish().or_else(turned).map(|detail| Flag::new(FlagKind::Meaning, detail))
}

/// The German word for a wish, where the output has none.
fn untold_wish<'a>(exchange: &Exchange<'a>) -> Option<&'a str> {
    let wish = words(exchange.source).find(|word| WANTING.contains(word))?;
    let has_future = words(exchange.source).any(|word| FUTURE.contains(&word));
    let tells = |word: &str| WISHES.iter().any(|wish| word.to_lowercase().starts_with(wish));
    (!has_future && exchange.source != exchange.output && !words(exchange.output).any(tells)).then_some(wish)
}

/// The verb of a relative clause, which one does, where the output has a subject that its form does not fit: `the fields,
/// which lease the village` for `die Felder, die die Gemeinde pachtet`.
fn turned_round<'a>(exchange: &Exchange<'a>) -> Option<&'a str> {
    let verb = OBJECT_FIRST.as_ref()?.captures(exchange.source)?.get(1)?.as_str();
    let is_plural = |verb: &str| !verb.ends_with('s') && !lang::is_function_word(verb, &Lang::EN);
    let is_turned = SUBJECT_FIRST
        .as_ref()?
        .captures_iter(exchange.output)
        .any(|found| found.get(1).is_some_and(|verb| is_plural(verb.as_str())));
    (!OTHER_ENDINGS.contains(&verb) && is_turned).then_some(verb)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Finish;
    use crate::lang::LangPair;

    fn assert_seen(told: &str, faulty: &[(&str, &str)], sound: &[(&str, &str)]) {
        let pair = LangPair { source: Lang::DE, target: Lang::EN };
        let flag = |source, output| meaning(&Exchange { source, output, finish: Finish::Stop, pair: &pair });
        for &(source, output) in faulty {
            assert!(flag(source, output).is_some_and(|flag| flag.detail.contains(told)), "{output}");
        }
        for &(source, output) in sound {
            assert_eq!(flag(source, output), None, "{output}");
        }
    }

    #[test]
    fn a_wish_is_told() {
        assert_seen(
            "the wish of",
            &[
                ("Die Stadt will das Bad erhalten.", "The city will keep the pool."),
                ("Die Bauern wollen klagen.", "The farmers are expected to sue."),
            ],
            &[
                ("Die Stadt will das Bad erhalten.", "The city wants to keep the pool."),
                ("Die Stadt will das Bad erhalten.", "It is willing to keep the pool, so it will stay."),
                ("Er will klagen und wird das tun.", "He is going to law, and he will."),
                ("Die Stadt erhält das Bad.", "The city will keep the pool."),
            ],
        );
    }

    #[test]
    fn who_does_what_stays() {
        let fields = "Die Felder, die die Gemeinde pachtet, blühen.";
        assert_seen(
            "`pachtet`",
            &[
                (fields, "The fields, which lease the village, are in bloom."),
                (fields, "The fields that leased Hagen are in bloom."),
            ],
            &[
                (fields, "The fields, which the village leases, are in bloom."),
                (fields, "The fields, which are leased by the village, are in bloom."),
                ("Die Frau, die die Felder pachtet, kommt.", "The woman who leases the fields is coming."),
                ("Die Leute, die die Felder pachten, kommen.", "The people who lease the fields are coming."),
            ],
        );
    }
}
