//! Sentences: which of the output belong to which of the source, by their lengths (Gale and Church, A program for
//! aligning sentences in bilingual corpora, 1993), and where one is missing, too many, too short or too long.

use super::length::{SHORTEST, Stray, Usual, weight};
use super::{Exchange, clauses};

/// What is wrong with a sentence: it is missing, was added, or lost or gained a part.
pub(super) fn stray(exchange: &Exchange<'_>) -> Option<String> {
    let (source, output) = (split(exchange.source), split(exchange.output));
    let said = |what: &str| Some(what.to_owned());
    let Some(usual) = Usual::of(&exchange.pair.source, &exchange.pair.target) else {
        return counted(exchange, source.len(), output.len());
    };
    if source.len() + output.len() > MOST_SENTENCES {
        return counted(exchange, source.len(), output.len());
    }
    for bead in aligned(&source, &output, usual) {
        let (source, output) = (source[bead.source].join(" "), output[bead.output].join(" "));
        if output.is_empty() && weight(&source) >= SHORTEST {
            return said("a sentence without a translation");
        }
        if source.is_empty() {
            return said("a sentence without a source");
        }
        let missing = clauses::missing(&source, exchange.output, exchange.pair);
        match usual.strays(&source, &output, missing) {
            Some(Stray::Short) => return said("a sentence too short"),
            Some(Stray::Long) => return said("a sentence too long"),
            None => {}
        }
    }
    None
}

/// More sentences together are not aligned: it would take long and tell little.
const MOST_SENTENCES: usize = 60;

/// What numbers of sentences say where the usual lengths are not known.
fn counted(exchange: &Exchange<'_>, source: usize, output: usize) -> Option<String> {
    let longer = weight(exchange.output) > 1.4 * weight(exchange.source) + 10.0;
    let shorter = weight(exchange.output) < 0.65 * weight(exchange.source);
    // One more is a matter of style if nothing is added, and so are fewer if nothing is lost.
    (output > source + 1 || (output > source && longer) || (output < source && shorter))
        .then(|| format!("{output} sentences for {source}"))
}

/// Sentences that belong together.
struct Bead {
    source: std::ops::Range<usize>,
    output: std::ops::Range<usize>,
}

/// The most probable alignment, in order.
fn aligned(source: &[&str], output: &[&str], usual: Usual) -> Vec<Bead> {
    // Twice the negative logarithm of how often such a bead is expected.
    const BEADS: [(usize, usize, f64); 7] =
        [(1, 1, 0.0), (2, 1, 5.0), (1, 2, 5.0), (3, 1, 10.0), (1, 3, 10.0), (1, 0, 9.5), (0, 1, 9.5)];
    let mut best = vec![vec![(f64::INFINITY, (0, 0)); output.len() + 1]; source.len() + 1];
    best[0][0].0 = 0.0;
    for i in 0..=source.len() {
        for j in 0..=output.len() {
            for (a, b, rarity) in BEADS {
                let (Some(from), Some(to)) = (i.checked_sub(a), j.checked_sub(b)) else { continue };
                // Short sentences are seldom three parts of one.
                let mut parts = source[from..i].iter().chain(&output[to..j]);
                if a + b == 4 && parts.any(|part| weight(part) < SHORTEST) {
                    continue;
                }
                let stray = match (a, b) {
                    (0, _) | (_, 0) => 0.0,
                    _ => usual.deviation(&source[from..i].join(" "), &output[to..j].join(" ")),
                };
                let cost = best[from][to].0 + rarity + stray * stray;
                if cost < best[i][j].0 {
                    best[i][j] = (cost, (a, b));
                }
            }
        }
    }
    let (mut i, mut j) = (source.len(), output.len());
    let mut beads = Vec::new();
    while i + j > 0 {
        let (a, b) = best[i][j].1;
        beads.push(Bead { source: i - a..i, output: j - b..j });
        (i, j) = (i - a, j - b);
    }
    beads.reverse();
    beads
}

/// The sentences of a text: ends followed by a new beginning, and the last.
fn split(text: &str) -> Vec<&str> {
    let at = |token: &str| token.as_ptr() as usize - text.as_ptr() as usize;
    let tokens: Vec<&str> = text.split_whitespace().collect();
    let mut sentences = Vec::new();
    let mut start = 0;
    for pair in tokens.windows(2).filter(|pair| ends_sentence(pair[0]) && begins_sentence(pair[1])) {
        sentences.push(text[start..at(pair[1])].trim());
        start = at(pair[1]);
    }
    sentences.push(text[start..].trim());
    sentences
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
    use crate::engine::Finish;
    use crate::lang::{Lang, LangPair};

    #[test]
    fn a_sentence_that_is_missing_or_too_many_is_found() {
        let pair = LangPair { source: Lang::DE, target: Lang::EN };
        let source = "Der Bäcker öffnet früh am Morgen. Die Kinder warten schon vor der Tür. Es regnet.";
        for (output, seen) in [
            (
                "The baker opens early in the morning. The children are already waiting outside. It is raining.",
                false,
            ),
            (
                "The baker opens early in the morning while the children wait outside, and it is raining.",
                false,
            ),
            ("The baker opens early in the morning. It is raining.", true),
            (
                "The baker opens early in the morning. The cheese comes from the farm next door. The children are \
                 already waiting outside. It is raining.",
                true,
            ),
        ] {
            let exchange = Exchange { source, output, finish: Finish::Stop, pair: &pair };
            assert_eq!(stray(&exchange).is_some(), seen, "{output}");
        }
    }

    #[test]
    fn three_sentences_may_become_one() {
        let pair = LangPair { source: Lang::DE, target: Lang::EN };
        let source = "Der Bäcker öffnet früh am Morgen. Die Kinder warten schon vor der Tür. Ihre Mütter sind müde, \
                      denn die Nacht war kurz.";
        let judged = |output: &str| stray(&Exchange { source, output, finish: Finish::Stop, pair: &pair });
        let output = "The baker opens early in the morning, the children are already waiting outside the door, and \
                      their mothers are tired because the night was short.";
        assert_eq!(judged(output), None);
        let source = "Der Bäcker öffnet am Morgen die Tür und begrüßt die Kinder am Brunnen.";
        let added = "The baker opens a shop. Everybody is happy. There is cake for all.";
        assert!(stray(&Exchange { source, output: added, finish: Finish::Stop, pair: &pair }).is_some());
        let output = "The baker opens early in the morning, and the children are already waiting.";
        assert!(judged(output).is_some());
    }

    #[test]
    fn sentences_are_counted_with_care() {
        for (text, count) in [
            ("Er kommt morgen.", 1),
            ("Dr. Maier kommt am 3. Mai.", 1),
            ("He lives in the U.S. Army base there.", 1),
            ("He came yesterday. She left. They met.", 3),
            ("“Why not today?” He shrugged.", 2),
        ] {
            assert_eq!(split(text).len(), count, "{text}");
        }
    }
}
