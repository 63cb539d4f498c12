//! Guards: what can be wrong with a translation, seen from source and output alone.
//!
//! Each guard looks for one of the ways in which machine translation is known to fail and answers with a flag
//! or nothing. A flag means a second look, not a proof.

pub(super) mod attribution;
mod chat;
mod clauses;
mod false_friends;
pub(crate) mod language;
mod length;
mod meaning;
mod names;
pub(crate) mod numbers;
pub(super) mod quotes;
mod repetition;
mod sentences;

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

/// Every guard with the kind of its flag, in the order in which flags are listed.
const GUARDS: [(FlagKind, Guard); 14] = [
    (FlagKind::Empty, empty),
    (FlagKind::Loop, repetition::repeats),
    (FlagKind::Echo, repetition::echo),
    (FlagKind::WrongLanguage, language::wrong_language),
    (FlagKind::LengthRatio, length::ratio),
    (FlagKind::Truncated, length::truncated),
    (FlagKind::Preamble, chat::preamble),
    (FlagKind::Refusal, chat::refusal),
    (FlagKind::Numbers, numbers::numbers),
    (FlagKind::Names, names::names),
    (FlagKind::Quotes, quotes::quotes),
    (FlagKind::Quotes, attribution::attribution),
    (FlagKind::Meaning, meaning::meaning),
    (FlagKind::DoNotTranslate, do_not_translate),
];

/// The guards that look at a translation, whoever made it: every one, unless it is switched off.
///
/// ```
/// use diglot::translate::Guards;
/// use diglot::{FlagKind, Lang, LangPair};
///
/// let pair = LangPair { source: Lang::DE, target: Lang::EN };
/// let (source, translation) = ("Im Saal saßen 48 Kinder.", "There were 84 children in the hall.");
///
/// let flags = Guards::default().check(source, translation, &pair);
/// assert_eq!(flags[0].kind, FlagKind::Numbers);
/// assert_eq!(flags[0].detail, "`48` missing; `84` added");
/// assert!(Guards::default().without(FlagKind::Numbers).check(source, translation, &pair).is_empty());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Guards {
    off: Vec<FlagKind>,
}

impl Guards {
    /// The same guards without those that raise flags of `kind`.
    #[must_use]
    pub fn without(mut self, kind: FlagKind) -> Self {
        self.off.push(kind);
        self
    }

    /// What is wrong with `translation` as a translation of `source`: a sentence or a few, not a document. An
    /// empty one has no other fault.
    pub fn check(&self, source: &str, translation: &str, pair: &LangPair) -> Vec<Flag> {
        self.judge(&Exchange { source, output: translation, finish: Finish::Stop, pair })
    }

    /// What is wrong with an output.
    pub(super) fn judge(&self, exchange: &Exchange<'_>) -> Vec<Flag> {
        let (source, output) = (quotes::out_of_table(exchange.source), quotes::out_of_table(exchange.output));
        let exchange = &Exchange { source: &source, output: &output, ..*exchange };
        let mut flags = Vec::new();
        for (_, guard) in GUARDS.iter().filter(|(kind, _)| !self.off.contains(kind)) {
            flags.extend(guard(exchange));
            if flags.iter().any(|flag| flag.kind == FlagKind::Empty) {
                break;
            }
        }
        flags
    }
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
            FlagKind::LengthRatio
            | FlagKind::Numbers
            | FlagKind::Names
            | FlagKind::Meaning
            | FlagKind::DoNotTranslate => 10,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Lang;

    #[test]
    fn without_its_guard_a_cut_output_passes() {
        let pair = LangPair { source: Lang::DE, target: Lang::EN };
        let exchange = Exchange {
            source: "Der Hund schläft im Garten.",
            output: "The dog is sleeping in the",
            finish: Finish::Length,
            pair: &pair,
        };
        let kinds = |guards: &Guards| -> Vec<FlagKind> {
            guards.judge(&exchange).into_iter().map(|flag| flag.kind).collect()
        };
        assert_eq!(kinds(&Guards::default()), [FlagKind::Truncated]);
        assert!(kinds(&Guards::default().without(FlagKind::Truncated)).is_empty());
    }
}
