//! Length: outputs that are cut, or too short or too long for their source.

use super::clauses::{self, Missing};
use super::{Exchange, sentences, words};
use crate::engine::Finish;
use crate::flag::{Flag, FlagKind};
use crate::lang::Lang;

/// The output ended at the token limit, or at a word that ends no sentence.
pub(super) fn truncated(exchange: &Exchange<'_>) -> Option<Flag> {
    if exchange.finish == Finish::Length {
        return Some(Flag::new(FlagKind::Truncated, "cut at the token limit"));
    }
    let (never, rarely) = match exchange.pair.target.primary() {
        "de" => GERMAN_UNFINISHED,
        "en" => ENGLISH_UNFINISHED,
        _ => return None,
    };
    let last = words(exchange.output.trim_end_matches('.')).last()?;
    let source = words(exchange.source).last()?;
    let is_among = |list: &str| list.split(' ').any(|word| word == last);
    // Where nothing is missing, the word is the end.
    let is_short = || {
        let usual = Usual::of(&exchange.pair.source, &exchange.pair.target);
        usual.is_none_or(|usual| usual.deviation(exchange.source, exchange.output) < -1.0)
    };
    (exchange.output.ends_with(['.', last.chars().next_back()?])
        && words(exchange.output).count() > 1
        && source != last
        && (is_among(never) || (is_among(rarely) && is_short())))
    .then(|| Flag::new(FlagKind::Truncated, format!("breaks off at `{last}`")))
}

/// Words that never end a sentence and those that do so rarely. Never: conjunctions, and articles and prepositions that
/// are no parts of verbs. Rarely: what may be a pronoun.
const GERMAN_UNFINISHED: (&str, &str) = (
    "und oder sowie obwohl weil dass nachdem während falls sofern sobald sodass eines im am zum zur vom beim für \
     gegen wegen zwischen seit",
    "bevor damit ohne von eine einen einem einer des dem",
);

/// The same in English, where prepositions may end a sentence if a verb needs them (`looked into`).
const ENGLISH_UNFINISHED: (&str, &str) = (
    "the a an and or nor although because whether unless whose their its my our your which than onto during among per \
     via",
    "of into until between",
);

/// The output is far shorter or longer than translations of such a source are, or one of its sentences is.
pub(super) fn ratio(exchange: &Exchange<'_>) -> Option<Flag> {
    let (source, output) = (weight(exchange.source), weight(exchange.output));
    // Of human translations between German and English one in a thousand is outside. Short texts vary more: a
    // word can become five, so the bounds open by a constant.
    let usual = Usual::of(&exchange.pair.source, &exchange.pair.target);
    let (least, most, below, above) =
        if usual.is_some() { (0.58, 1.7, 14.0, 18.0) } else { (0.4, 2.2, 16.0, 16.0) };
    let shortest = source * least - below;
    let longest = source * most + above;
    let missing = clauses::missing(exchange.source, exchange.output, exchange.pair);
    let strays = usual.and_then(|usual| usual.strays(exchange.source, exchange.output, missing));
    let word = match output {
        output if output < shortest || strays == Some(Stray::Short) => "short",
        output if output > longest || strays == Some(Stray::Long) => "long",
        _ => return sentences::stray(exchange).map(|what| Flag::new(FlagKind::LengthRatio, what)),
    };
    Some(Flag::new(FlagKind::LengthRatio, format!("too {word}: {output:.0} characters for {source:.0}")))
}

/// How long translations usually are: characters for a character and words for a word, fitted on human ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usual {
    characters: f64,
    words: f64,
    /// The standard deviation of what `deviation` adds up.
    spread: f64,
}

/// On which side a translation is out of the usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stray {
    Short,
    Long,
}

/// The lengths of shorter texts say nothing.
pub(super) const SHORTEST: f64 = 25.0;

/// How many standard deviations a translation may be too long.
const ROOM_ABOVE: f64 = 4.0;

/// How many it may be too short. A long text says much in passing, and translators are brief.
fn room_below(missing: Missing, length: f64) -> f64 {
    let brevity = 0.3 * ((length - 100.0) / 100.0).clamp(0.0, 2.0);
    match missing {
        Missing::Nothing => 3.0 + brevity,
        Missing::Dispensable => 2.6 + brevity,
        Missing::Conjunction => 1.7 + brevity,
    }
}

impl Usual {
    pub fn of(source: &Lang, target: &Lang) -> Option<Self> {
        match (source.primary(), target.primary()) {
            ("de", "en") => Some(Self { characters: 0.9, words: 1.06, spread: 2.1 }),
            ("en", "de") => Some(Self { characters: 1.13, words: 0.96, spread: 2.3 }),
            _ => None,
        }
    }

    pub fn strays(self, source: &str, output: &str, missing: Missing) -> Option<Stray> {
        if weight(source) < SHORTEST {
            return None;
        }
        match self.deviation(source, output) {
            deviation if deviation < -room_below(missing, weight(source)) => Some(Stray::Short),
            deviation if deviation > ROOM_ABOVE => Some(Stray::Long),
            _ => None,
        }
    }

    /// How many standard deviations an output is longer than usual. Characters and words count, each in units of the
    /// square root of what is expected: the lengths of translations scatter as sums of the lengths of their parts do.
    pub fn deviation(self, source: &str, output: &str) -> f64 {
        let excess =
            |usual: f64, source: f64, output: f64| (output - usual * source) / source.max(1.0).sqrt();
        let count = |text: &str| words(text).count() as f64;
        let sum = excess(self.characters, weight(source), weight(output))
            + excess(self.words, count(source), count(output));
        sum / self.spread
    }
}

/// The length of a text in characters; those that stand for a syllable or a word count more, so that texts in
/// all scripts compare.
pub(super) fn weight(text: &str) -> f64 {
    text.chars()
        .map(|c| match c {
            '\u{3040}'..='\u{30FF}' | '\u{AC00}'..='\u{D7AF}' => 2.0,
            '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' => 3.0,
            _ => 1.0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::LangPair;

    #[test]
    fn a_word_that_may_end_a_sentence_proves_a_cut_only_where_something_is_missing() {
        let german = LangPair { source: Lang::DE, target: Lang::EN };
        let english = LangPair { source: Lang::EN, target: Lang::DE };
        for (pair, source, output, cut) in [
            (&german, "Der Vorfall wird gerade untersucht.", "The incident is being looked into.", false),
            (
                &german,
                "Der Vorfall in der alten Schule am Fluss wird untersucht.",
                "The incident is being looked into.",
                true,
            ),
            (&german, "Der Vorfall wird gerade untersucht.", "The incident is being looked into the.", true),
            (&english, "Such a walk is good for you.", "So ein Spaziergang gefällt einem.", false),
            (&english, "A long winter is coming, they say.", "Ein langer Winter steht nun bevor.", false),
            (&english, "She lives with a sister in an old house.", "Sie lebt mit einer.", true),
        ] {
            let exchange = Exchange { source, output, finish: Finish::Stop, pair };
            assert_eq!(truncated(&exchange).is_some(), cut, "{output}");
        }
    }
}
