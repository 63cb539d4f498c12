//! Length: outputs that are cut, or too short or too long for their source.

use super::{Exchange, words};
use crate::engine::Finish;
use crate::flag::{Flag, FlagKind};
use crate::lang::Lang;

/// The output ended at the token limit, or at a word that ends no sentence.
pub(super) fn truncated(exchange: &Exchange<'_>) -> Option<Flag> {
    if exchange.finish == Finish::Length {
        return Some(Flag::new(FlagKind::Truncated, "cut at the token limit"));
    }
    let unfinished = match exchange.pair.target.primary() {
        "de" => "und oder obwohl weil dass eine einen einem des dem im zum zur",
        "en" => "the a an and or although because whose their its my our your which",
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

/// The output is far shorter or longer than translations of such a source are.
pub(super) fn ratio(exchange: &Exchange<'_>) -> Option<Flag> {
    let (source, output) = (weight(exchange.source), weight(exchange.output));
    // Of human translations between German and English one in a thousand is outside. Short texts vary more: a
    // word can become five, so the bounds open by a constant.
    let usual = Usual::of(&exchange.pair.source, &exchange.pair.target);
    let (least, most, slack) = if usual.is_some() { (0.58, 1.7, 14.0) } else { (0.4, 2.2, 16.0) };
    let shortest = source * least - slack;
    let longest = source * most + slack;
    let strays = usual.and_then(|usual| usual.strays(exchange.source, exchange.output));
    let word = match output {
        output if output < shortest || strays == Some(Stray::Short) => "short",
        output if output > longest || strays == Some(Stray::Long) => "long",
        _ => return None,
    };
    Some(Flag::new(FlagKind::LengthRatio, format!("too {word}: {output:.0} characters for {source:.0}")))
}

/// How long translations usually are: characters for a character and words for a word, fitted on human ones.
#[derive(Clone, Copy, Debug)]
struct Usual {
    characters: f64,
    words: f64,
    /// How far a translation may fall short, and exceed.
    room: (f64, f64),
}

/// On which side a translation is out of the usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stray {
    Short,
    Long,
}

impl Usual {
    fn of(source: &Lang, target: &Lang) -> Option<Self> {
        match (source.primary(), target.primary()) {
            ("de", "en") => Some(Self { characters: 0.97, words: 1.1, room: (6.1, 6.1) }),
            ("en", "de") => Some(Self { characters: 1.1, words: 0.95, room: (5.9, 7.0) }),
            _ => None,
        }
    }

    /// Both differences count, each in units of the square root of what is expected: the lengths of translations
    /// scatter as sums of the lengths of their parts do. Translators tighten long texts more, so the room downwards
    /// widens a little with the length.
    fn strays(self, source: &str, output: &str) -> Option<Stray> {
        const SHORTEST: f64 = 25.0;
        let characters = weight(source);
        if characters < SHORTEST {
            return None;
        }
        let excess =
            |usual: f64, source: f64, output: f64| (output - usual * source) / source.max(1.0).sqrt();
        let count = |text: &str| words(text).count() as f64;
        let score = excess(self.characters, characters, weight(output))
            + excess(self.words, count(source), count(output));
        let (short, long) = self.room;
        match score {
            score if score < -short - 0.5 * (characters / 100.0).ln() => Some(Stray::Short),
            score if score > long => Some(Stray::Long),
            _ => None,
        }
    }
}

/// More or fewer sentences than the source holds: something was merged, dropped or added.
pub(super) fn sentences(exchange: &Exchange<'_>) -> Option<Flag> {
    let (source, output) = (sentence_count(exchange.source), sentence_count(exchange.output));
    // German takes more room than English.
    let room = match (exchange.pair.source.primary(), exchange.pair.target.primary()) {
        ("de", "en") => 0.9,
        ("en", "de") => 1.15,
        _ => 1.0,
    };
    let longer = weight(exchange.output) > 1.4 * room * weight(exchange.source) + 10.0;
    // One more is a matter of style if nothing is added, and so are fewer if nothing is lost.
    (output > source + 1 || (output > source && longer) || (output < source && shrunk(exchange)))
        .then(|| Flag::new(FlagKind::LengthRatio, format!("{output} sentences for {source}")))
}

/// Whether the output is shorter than sentences merged without loss would be.
fn shrunk(exchange: &Exchange<'_>) -> bool {
    weight(exchange.output) < 0.65 * weight(exchange.source)
}

/// The length of a text in characters; those that stand for a syllable or a word count more, so that texts in
/// all scripts compare.
fn weight(text: &str) -> f64 {
    text.chars()
        .map(|c| match c {
            '\u{3040}'..='\u{30FF}' | '\u{AC00}'..='\u{D7AF}' => 2.0,
            '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' => 3.0,
            _ => 1.0,
        })
        .sum()
}

/// How many sentences a text seems to hold: ends followed by a new beginning, and the last.
fn sentence_count(text: &str) -> usize {
    let tokens: Vec<&str> = text.split_whitespace().collect();
    let ends = tokens.windows(2).filter(|pair| ends_sentence(pair[0]) && begins_sentence(pair[1])).count();
    ends + 1
}

/// Short words in lower case whose point ends no sentence.
const ABBREVIATIONS: [&str; 17] = [
    "ca", "bzw", "vgl", "usw", "etc", "ggf", "zzt", "tel", "geb", "sog", "al", "vs", "eg", "ie", "no", "inc",
    "am",
];

fn ends_sentence(token: &str) -> bool {
    let core = token.trim_end_matches(['"', '”', '“', '«', '»', '’', '\'', ')']);
    let word = core.trim_end_matches(['.', '!', '?', '…']).trim_start_matches(|c: char| !c.is_alphanumeric());
    if core.ends_with(['!', '?', '…']) {
        return !word.is_empty();
    }
    // An abbreviation (`Dr.`, `U.S.`), an initial or an ordinal ends no sentence for certain.
    let abbreviation = ABBREVIATIONS.contains(&word) || !word.starts_with(char::is_lowercase);
    core.ends_with('.')
        && (word.chars().count() >= 4 || (word.chars().count() >= 2 && !abbreviation))
        && !word.contains('.')
        && word.chars().all(char::is_alphabetic)
}

fn begins_sentence(token: &str) -> bool {
    token
        .trim_start_matches(|c: char| !c.is_alphanumeric())
        .starts_with(|c: char| c.is_uppercase() || !c.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_counted_with_care() {
        for (text, count) in [
            ("Er kommt morgen.", 1),
            ("Dr. Maier kommt am 3. Mai.", 1),
            ("He lives in the U.S. Army base there.", 1),
            ("He came yesterday. She left. They met.", 3),
            ("“Why not today?” He shrugged.", 2),
        ] {
            assert_eq!(sentence_count(text), count, "{text}");
        }
    }
}
