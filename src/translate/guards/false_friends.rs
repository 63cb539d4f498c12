//! False friends: German words that stand in an English text as they are, or in another case.

use std::collections::HashSet;

use super::language::{is_lower, stands_alone};
use super::quotes::is_mark;
use super::{Exchange, words};
use crate::dictionary::{self, Dictionary};

/// The first such word.
pub(super) fn left(exchange: &Exchange<'_>) -> Option<String> {
    // A copy is another fault.
    if !Dictionary::serves(exchange.pair) || exchange.source == exchange.output {
        return None;
    }
    let output = without_quoted_names(exchange);
    let (source, output): (Vec<&str>, Vec<&str>) =
        (words(exchange.source).collect(), words(&output).collect());
    known_word_left(&source, &output).map(|word| format!("`{word}` is left untranslated"))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Finish;
    use crate::lang::{Lang, LangPair};

    #[test]
    fn words_that_the_dictionary_knows_are_seen_where_they_are_left() {
        let pair = LangPair { source: Lang::DE, target: Lang::EN };
        for (source, output, is_left) in [
            ("Kiel plant, die Ausgaben zu senken.", "Kiel plant plans to cut spending.", true),
            ("Das Papier des Bündnisses liegt vor.", "The Bündnis’s paper is there.", true),
            ("Kiel plant, die Ausgaben zu senken.", "Kiel plans to cut spending.", false),
            ("Das Papier des Bündnisses 90 liegt vor.", "The paper of Bündnis 90 is there.", false),
            ("Das Schiff sank im Sturm.", "The ship sank in the storm.", false),
            ("Die Dänen kamen.", "The Danes came.", false),
        ] {
            let exchange = Exchange { source, output, finish: Finish::Stop, pair: &pair };
            assert_eq!(left(&exchange).is_some(), is_left, "{output}");
        }
    }
}
