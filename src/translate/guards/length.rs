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
    let unfinished = match exchange.pair.target.primary() {
        "de" => GERMAN_UNFINISHED,
        "en" => ENGLISH_UNFINISHED,
        _ => return None,
    };
    let last = words(exchange.output.trim_end_matches('.')).last()?;
    let source = words(exchange.source).last()?;
    (exchange.output.ends_with(['.', last.chars().next_back()?])
        && words(exchange.output).count() > 1
        && source != last
        && unfinished.split(' ').any(|word| word == last))
    .then(|| Flag::new(FlagKind::Truncated, format!("breaks off at `{last}`")))
}

/// Articles, possessives, conjunctions, and prepositions that are no parts of verbs.
const GERMAN_UNFINISHED: &str = "und oder sowie obwohl weil dass nachdem bevor während falls sofern sobald sodass damit \
    eine einen einem einer eines des dem im am zum zur vom beim von für gegen ohne wegen zwischen seit";

/// The same in English, where prepositions may end a sentence if a verb needs them: only those that never do.
const ENGLISH_UNFINISHED: &str = "the a an and or nor although because whether unless whose their its my our your which \
    of than into onto until during between among per via";

/// The output is far shorter or longer than translations of such a source are, or one of its sentences is.
pub(super) fn ratio(exchange: &Exchange<'_>) -> Option<Flag> {
    let (source, output) = (weight(exchange.source), weight(exchange.output));
    // Of human translations between German and English one in a thousand is outside. Short texts vary more: a
    // word can become five, so the bounds open by a constant.
    let usual = Usual::of(&exchange.pair.source, &exchange.pair.target);
    let (least, most, slack) = if usual.is_some() { (0.58, 1.7, 14.0) } else { (0.4, 2.2, 16.0) };
    let shortest = source * least - slack;
    let longest = source * most + slack;
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
const ROOM_ABOVE: f64 = 3.7;

/// How many it may be too short.
fn room_below(missing: Missing) -> f64 {
    match missing {
        Missing::Nothing => 3.0,
        Missing::Dispensable => 2.6,
        Missing::Conjunction => 1.7,
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
            deviation if deviation < -room_below(missing) => Some(Stray::Short),
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
