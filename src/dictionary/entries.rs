//! The words of a dictionary, by how they are written and by their stems.

use std::collections::HashMap;

use super::forms;

/// Parts of a compound have so many letters at least.
pub(super) const SHORTEST_PART: usize = 4;

/// German words with what they mean.
#[derive(Clone, Debug, Default)]
pub(super) struct Entries {
    entries: Vec<Entry>,
    by_word: HashMap<String, usize>,
    /// Places of entries by the stem of their word.
    by_stem: HashMap<String, Vec<usize>>,
}

#[derive(Clone, Debug)]
struct Entry {
    word: String,
    /// English, what was said most often first.
    meanings: Vec<Meaning>,
}

#[derive(Clone, Debug)]
struct Meaning {
    text: String,
    count: usize,
}

impl Entries {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether a word is known as it is written.
    pub(super) fn have(&self, word: &str) -> bool {
        self.by_word.contains_key(word)
    }

    /// Notes that a word can mean this.
    pub(super) fn add(&mut self, word: &str, meaning: &str) {
        let place = self.place_of(word);
        let meanings = &mut self.entries[place].meanings;
        match meanings.iter_mut().find(|known| known.text == meaning) {
            Some(known) => known.count += 1,
            None => meanings.push(Meaning { text: meaning.to_owned(), count: 1 }),
        }
    }

    /// Sorts the meanings of each word by how often they were said.
    pub(super) fn sort(&mut self) {
        for entry in &mut self.entries {
            entry.meanings.sort_by_key(|meaning| std::cmp::Reverse(meaning.count));
        }
    }

    /// Adds the words of others that are not known yet.
    pub(super) fn extend(&mut self, others: &Self) {
        let known = self.entries.len();
        for other in &others.entries {
            if self.by_word.get(&other.word).is_some_and(|&place| place < known) {
                continue;
            }
            other.meanings.iter().for_each(|meaning| self.add(&other.word, &meaning.text));
        }
    }

    /// What a word of a text means: as it is written or else by its stem, with a capital or without where it `opens` a
    /// sentence. None when it is not known.
    pub(super) fn meanings(&self, word: &str, opens: bool) -> Vec<String> {
        let spellings = forms::spellings(word, opens);
        let place = spellings.iter().find_map(|spelling| self.by_word.get(spelling).copied()).or_else(|| {
            let stems = spellings.iter().flat_map(|spelling| forms::stems(spelling));
            stems.into_iter().find_map(|stem| self.with_stem(&stem, word, opens))
        });
        self.meanings_at(place)
    }

    /// What the two parts of a noun that is put together of known words mean, with the longest last part.
    pub(super) fn parts(&self, word: &str) -> Option<[Vec<String>; 2]> {
        let cuts = word.char_indices().skip(SHORTEST_PART).map(|(at, _)| word.split_at(at));
        let long = cuts.filter(|(_, last)| last.chars().count() >= SHORTEST_PART);
        long.map(|(first, last)| [self.first_part(first), self.meanings(&capitalised(last), false)])
            .find(|parts| parts.iter().all(|meanings| !meanings.is_empty()))
    }

    /// What the first part of a compound means, without what joins it to the next.
    fn first_part(&self, part: &str) -> Vec<String> {
        let joints = ["", "s", "es", "n", "en", "er", "e"];
        let bases = joints.iter().filter_map(|joint| part.strip_suffix(joint));
        let long = bases.filter(|base| base.chars().count() >= SHORTEST_PART);
        let place = long.flat_map(|base| [base.to_owned(), base.to_lowercase(), format!("{base}e")]);
        self.meanings_at(place.into_iter().find_map(|base| self.by_word.get(&base).copied()))
    }

    fn meanings_at(&self, place: Option<usize>) -> Vec<String> {
        let meanings = place.map_or(&[][..], |place| &self.entries[place].meanings);
        meanings.iter().map(|meaning| meaning.text.clone()).collect()
    }

    /// The shortest word of a stem, which is the base form.
    fn with_stem(&self, stem: &str, word: &str, opens: bool) -> Option<usize> {
        let is_upper = |word: &str| word.starts_with(char::is_uppercase);
        let fits = |place: &&usize| opens || is_upper(&self.entries[**place].word) == is_upper(word);
        self.by_stem
            .get(stem)?
            .iter()
            .filter(fits)
            .min_by_key(|place| self.entries[**place].word.len())
            .copied()
    }

    fn place_of(&mut self, word: &str) -> usize {
        if let Some(&place) = self.by_word.get(word) {
            return place;
        }
        let place = self.entries.len();
        self.entries.push(Entry { word: word.to_owned(), meanings: Vec::new() });
        self.by_word.insert(word.to_owned(), place);
        self.by_stem.entry(forms::stem(word)).or_default().push(place);
        place
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
