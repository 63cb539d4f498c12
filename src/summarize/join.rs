//! The summary of a long text, joined from the summaries of its parts.
//!
//! Neighbouring parts are gathered in as many groups as the summary can have sentences. Each group has its say
//! before any has a second one, so that the end of a text counts as much as its beginning. Within that, sentences
//! are taken as in an extractive summary: those that tell most of the whole, and none that repeats another.

use super::chunks::Chunk;
use super::extract::Ranking;
use super::{Passage, SummaryOptions};
use crate::plan::Length;

/// A sentence of a summary has about this many words.
const SENTENCE_WORDS: usize = 15;

/// Sentences of the parts' summaries that make a summary of the length asked for, in order.
///
/// When every sentence alone is longer than the words asked for, the shortest is given.
pub(super) fn join(parts: &[Chunk], options: &SummaryOptions) -> Vec<String> {
    let sentences: Vec<Passage<'_>> = parts
        .iter()
        .enumerate()
        .flat_map(|(part, pieces)| pieces.iter().map(move |piece| (part, piece)))
        .enumerate()
        .map(|(id, (part, piece))| Passage { id, block: part, text: &piece.text })
        .collect();
    let groups = most_sentences(options.length).min(parts.len());
    let group = |index: usize| sentences[index].block * groups / parts.len();
    let ranking = Ranking::new(&sentences.iter().collect::<Vec<_>>(), options);
    let mut chosen: Vec<usize> = Vec::new();
    for said in 1..=sentences.len() {
        chosen = ranking.pick(chosen, |chosen, index| {
            let has_said = chosen.iter().filter(|&&other| group(other) == group(index)).count();
            has_said < said && ranking.has_room(chosen, index, options.length)
        });
    }
    if chosen.is_empty() {
        chosen.extend(ranking.shortest());
    }
    chosen.sort_unstable();
    chosen.into_iter().map(|index| sentences[index].text.to_owned()).collect()
}

/// About how many sentences a summary of this length has at most.
pub(super) fn most_sentences(length: Length) -> usize {
    match length {
        Length::Sentences(n) | Length::Bullets(n) => n.max(1),
        Length::Words(words) => (words / SENTENCE_WORDS).max(1),
        Length::Headline => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::super::chunks::Piece;
    use super::*;
    use crate::lang::Lang;

    /// Parts of three sentences each; those of the first part are the likeliest.
    fn parts(count: usize) -> Vec<Chunk> {
        const PLACES: [&str; 7] = ["Arnside", "Borth", "Cromer", "Deal", "Exmouth", "Filey", "Girvan"];
        let part = |part: usize| {
            let place = PLACES[part];
            let sentences = [
                format!("The storm reached the harbour of {place} in the night of the storm."),
                format!("In {place} the repairs of quays and boats will last until spring."),
                format!("Insurers of {place} expect claims from many owners of cottages."),
            ];
            sentences.into_iter().map(|text| Piece { text, block: part, tokens: 12 }).collect()
        };
        (0..count).map(part).collect()
    }

    fn joined(parts: &[Chunk], length: Length) -> Vec<String> {
        join(parts, &SummaryOptions { lang: Lang::EN, length, budget: 100 })
    }

    fn part_of(sentence: &str, parts: &[Chunk]) -> usize {
        parts.iter().position(|part| part.iter().any(|piece| piece.text == sentence)).unwrap()
    }

    #[test]
    fn every_part_has_its_say_in_order() {
        for count in 2..=7 {
            for wanted in count..=3 * count {
                let parts = parts(count);
                let sentences = joined(&parts, Length::Sentences(wanted));
                assert_eq!(sentences.len(), wanted);
                let said: Vec<usize> = sentences.iter().map(|sentence| part_of(sentence, &parts)).collect();
                assert!(said.is_sorted(), "{said:?}");
                for part in 0..count {
                    let times = said.iter().filter(|&&other| other == part).count();
                    assert!((wanted / count..=wanted.div_ceil(count)).contains(&times), "{said:?}");
                }
            }
        }
    }

    #[test]
    fn a_short_summary_has_something_of_each_third() {
        let parts = parts(7);
        for length in [Length::Sentences(3), Length::Bullets(3)] {
            let said: Vec<usize> = joined(&parts, length).iter().map(|s| part_of(s, &parts)).collect();
            assert_eq!(said.len(), 3, "{length:?}");
            assert!(said[0] < 3 && (3..5).contains(&said[1]) && said[2] >= 5, "{said:?}");
        }
    }

    #[test]
    fn words_are_kept_unless_no_sentence_is_short_enough() {
        let parts = parts(4);
        let sentences = joined(&parts, Length::Words(40));
        let words: usize = sentences.iter().map(|sentence| sentence.split(' ').count()).sum();
        assert!((20..=40).contains(&words), "{sentences:?}");
        assert_eq!(joined(&parts, Length::Words(3)).len(), 1);
    }
}
