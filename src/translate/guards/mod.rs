//! Guards: what can be wrong with a translation, seen from source and output alone.
//!
//! Each guard looks for one of the ways in which machine translation is known to fail and answers with a flag
//! or nothing. A flag means a second look, not a proof.

mod chat;
pub(crate) mod language;
mod length;
pub(crate) mod numbers;
mod repetition;

use crate::engine::Finish;
use crate::flag::{Flag, FlagKind};
use crate::lang::LangPair;
use crate::translate::verbatim;

/// A source and what a model made of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exchange<'a> {
    pub source: &'a str,
    pub output: &'a str,
    pub finish: Finish,
    pub pair: &'a LangPair,
}

/// One guard.
type Guard = fn(&Exchange<'_>) -> Option<Flag>;

/// Every guard, in the order in which their flags are listed.
const GUARDS: [Guard; 11] = [
    empty,
    repetition::repeats,
    repetition::echo,
    language::wrong_language,
    length::ratio,
    length::truncated,
    chat::preamble,
    chat::refusal,
    length::sentences,
    numbers::numbers,
    do_not_translate,
];

/// What is wrong with an output. An empty one has no other fault.
pub(crate) fn check(exchange: &Exchange<'_>) -> Vec<Flag> {
    if let Some(flag) = empty(exchange) {
        return vec![flag];
    }
    GUARDS.iter().filter_map(|guard| guard(exchange)).collect()
}

/// How bad flags are together; a candidate with less is preferred. A text that is no translation at all
/// weighs more than a translation with a fault.
pub(crate) fn severity(flags: &[Flag]) -> u32 {
    flags
        .iter()
        .map(|flag| match flag.kind {
            FlagKind::Empty => 100,
            FlagKind::Refusal => 60,
            FlagKind::Loop => 50,
            FlagKind::Echo => 40,
            FlagKind::WrongLanguage => 30,
            FlagKind::Truncated => 20,
            FlagKind::LengthRatio | FlagKind::Numbers | FlagKind::DoNotTranslate => 10,
            _ => 5,
        })
        .sum()
}

fn empty(exchange: &Exchange<'_>) -> Option<Flag> {
    (!exchange.output.chars().any(char::is_alphanumeric)
        && exchange.source.chars().any(char::is_alphanumeric))
    .then(|| Flag::new(FlagKind::Empty, "no translation came back"))
}

fn do_not_translate(exchange: &Exchange<'_>) -> Option<Flag> {
    verbatim::changed(exchange.source, exchange.output)
}

/// The words of a text: runs of letters and digits, apostrophes and hyphens inside them kept.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '’' | '-'))
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
}
