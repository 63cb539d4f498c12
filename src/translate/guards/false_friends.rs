//! False friends: German words that stand in an English text as they are, or as the English word that they look like.

use std::collections::HashSet;

use super::language::{is_lower, stands_alone};
use super::quotes::is_mark;
use super::{Exchange, words};
use crate::dictionary::{self, Dictionary};

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

/// What is wrong with the first such word.
pub(super) fn left(exchange: &Exchange<'_>) -> Option<String> {
    // A copy is another fault.
    if !Dictionary::serves(exchange.pair) || exchange.source == exchange.output {
        return None;
    }
    let output = without_quoted_names(exchange);
    let (source, output): (Vec<&str>, Vec<&str>) =
        (words(exchange.source).collect(), words(&output).collect());
    let left = known_word_left(&source, &output).map(|word| format!("`{word}` is left untranslated"));
    left.or_else(|| untold_wish(&source, &output).map(|word| format!("the wish of `{word}` is missing")))
}

/// The output without what it quotes as the source does, such as names of works and associations
/// (`„Bürger helfen sich“`).
fn without_quoted_names(exchange: &Exchange<'_>) -> String {
    let quoted = |&(at, text): &(usize, &str)| at % 2 == 1 && exchange.source.contains(text);
    let parts = exchange.output.split(is_mark).enumerate();
    parts.filter(|part| !quoted(part)).map(|(_, text)| text).collect::<Vec<_>>().join(" ")
}

/// A German word that the dictionary knows and the output has: in small letters as it is, though it means another in
/// English (`plant`), or a noun in another case (`Bündnis` for `Bündnisses`), but not in a name.
fn known_word_left<'a>(source: &[&str], output: &[&'a str]) -> Option<&'a str> {
    let dictionary = Dictionary::own();
    let source: HashSet<&str> = source.iter().copied().collect();
    let nouns = source.iter().filter(|word| !is_lower(word));
    let stems: HashSet<String> = nouns.flat_map(|noun| dictionary::stems(noun)).collect();
    let is_left = |&(at, whole): &(usize, &'a str)| {
        let word = whole.split(['\'', '’']).next().unwrap_or_default();
        let is_left = match is_lower(word) {
            true => source.contains(word),
            false => {
                stands_alone(output, at) && !source.contains(word) && stems.contains(&dictionary::stem(word))
            }
        };
        is_left && word.chars().count() > 3 && dictionary.is_only_german(word)
    };
    output.iter().copied().enumerate().find(is_left).map(|(_, word)| word)
}

/// The German word for a wish, where the output has none.
fn untold_wish<'a>(source: &[&'a str], output: &[&str]) -> Option<&'a str> {
    let wish = source.iter().copied().find(|word| WANTING.contains(word))?;
    let has_future = source.iter().any(|word| FUTURE.contains(word));
    let tells = |word: &&str| WISHES.iter().any(|wish| word.to_lowercase().starts_with(wish));
    (!has_future && !output.iter().any(tells)).then_some(wish)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Finish;
    use crate::lang::{Lang, LangPair};

    fn detail(source: &str, output: &str) -> Option<String> {
        let pair = LangPair { source: Lang::DE, target: Lang::EN };
        left(&Exchange { source, output, finish: Finish::Stop, pair: &pair })
    }

    fn assert_seen(told: &str, faulty: &[(&str, &str)], sound: &[(&str, &str)]) {
        for (source, output) in faulty {
            assert!(detail(source, output).is_some_and(|detail| detail.contains(told)), "{output}");
        }
        for (source, output) in sound {
            assert_eq!(detail(source, output), None, "{output}");
        }
    }

    #[test]
    fn words_that_the_dictionary_knows_are_seen_where_they_are_left() {
        assert_seen(
            "is left untranslated",
            &[
                ("Kiel plant, die Ausgaben zu senken.", "Kiel plant plans to cut spending."),
                ("Das Papier des Bündnisses liegt vor.", "The Bündnis’s paper is there."),
            ],
            &[
                ("Kiel plant, die Ausgaben zu senken.", "Kiel plans to cut spending."),
                ("Das Papier des Bündnisses 90 liegt vor.", "The paper of Bündnis 90 is there."),
                ("Das Schiff sank im Sturm.", "The ship sank in the storm."),
                ("Die Dänen kamen.", "The Danes came."),
            ],
        );
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
}
