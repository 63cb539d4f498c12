//! Repetition: an output that repeats itself, or repeats its source.

use std::collections::HashMap;

use super::{Exchange, language, words};
use crate::engine::Finish;
use crate::flag::{Flag, FlagKind};

/// The output runs in circles: the engine stopped it, or the same words stand there again and again.
pub(super) fn repeats(exchange: &Exchange<'_>) -> Option<Flag> {
    if exchange.finish == Finish::Loop {
        return Some(Flag::new(FlagKind::Loop, "stopped while repeating"));
    }
    let (phrase, times) = repeated_phrase(exchange.output)?;
    let in_source = repeated_phrase(exchange.source).map_or(1, |(_, times)| times);
    // A word said twice is common speech, a long phrase said twice is not.
    let allowed = if words(&phrase).count() >= LONG_PHRASE { in_source } else { in_source + 1 };
    (times > allowed).then(|| Flag::new(FlagKind::Loop, format!("`{phrase}` {times} times")))
}

/// A phrase of so many words is long.
const LONG_PHRASE: usize = 5;

/// The phrase that fills most of a text by standing several times in a row.
fn repeated_phrase(text: &str) -> Option<(String, usize)> {
    const LONGEST_PERIOD: usize = 120;
    let words: Vec<String> = words(text).map(str::to_lowercase).collect();
    let mut most: Option<(String, usize)> = None;
    for period in 1..=LONGEST_PERIOD.min(words.len() / 2) {
        // How many words in a row equal the word one period earlier.
        let mut run = 0;
        for at in period..words.len() {
            run = if words[at] == words[at - period] { run + 1 } else { 0 };
            let times = run / period + 1;
            let suspicious = if period >= LONG_PHRASE { 2 } else { 3 };
            if times >= suspicious && most.as_ref().is_none_or(|&(_, best)| times > best) {
                most = Some((words[at + 1 - period..=at].join(" "), times));
            }
        }
    }
    most
}

/// The output is the source again, or nearly. Names stay as they are, so they are no echo.
pub(super) fn echo(exchange: &Exchange<'_>) -> Option<Flag> {
    if exchange.pair.source.same_language(&exchange.pair.target)
        || stays_the_same(exchange.source)
        || language::reads_as_target(exchange.source, exchange.pair)
    {
        return None;
    }
    let source: Vec<String> = words(exchange.source).map(str::to_lowercase).collect();
    let output: Vec<String> = words(exchange.output).map(str::to_lowercase).collect();
    let kept = common(&source, &output);
    let longer = source.len().max(output.len());
    // Nine words of ten in their places, or all of them.
    (longer > 0 && (source == output || (longer >= 5 && kept * 10 >= longer * 9)))
        .then(|| Flag::new(FlagKind::Echo, "the source again"))
}

/// How many words two texts have in common, each counted as often as it stands in both.
fn common(a: &[String], b: &[String]) -> usize {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in a {
        *counts.entry(word).or_default() += 1;
    }
    b.iter()
        .filter(|word| match counts.get_mut(word.as_str()) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        })
        .count()
}

/// Whether a text may read the same in both languages: a few names, numbers, and words that many languages
/// share (`Hotel in Berlin`).
fn stays_the_same(text: &str) -> bool {
    const MOST_WORDS: usize = 4;
    const SHARED: [&str; 9] = ["in", "de", "von", "van", "der", "la", "le", "of", "a"];
    let words: Vec<&str> = words(text).collect();
    words.len() <= MOST_WORDS
        && words.iter().all(|word| SHARED.contains(word) || !word.starts_with(char::is_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_in_a_row_are_counted() {
        assert_eq!(repeated_phrase("the man saw the dog and the man ran"), None);
        assert_eq!(repeated_phrase("very, very good"), None);
        assert_eq!(repeated_phrase("no, no, no!"), Some(("no".to_owned(), 3)));
        let text = "he said that he said that he said that he";
        assert_eq!(repeated_phrase(text), Some(("he said that".to_owned(), 3)));
        let text = "the city council of Bremen the city council of Bremen decided";
        assert_eq!(repeated_phrase(text), Some(("the city council of bremen".to_owned(), 2)));
    }

    #[test]
    fn names_may_stay_as_they_are() {
        for text in ["Berlin", "Angela Merkel", "Ursula von der Leyen", "Hotel in Berlin", "FC Bayern 2:1"] {
            assert!(stays_the_same(text), "{text}");
        }
        for text in ["Der Mann schläft", "guten Tag", "Angela Merkel trifft Macron"] {
            assert!(!stays_the_same(text), "{text}");
        }
    }
}
