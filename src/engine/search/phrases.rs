//! Phrases that an output has to hold, by dynamic beam allocation (Post and Vilar 2018,
//! <https://aclanthology.org/N18-1119>): rows that have come equally far with the phrases compete with each other
//! only, so that one which has begun a phrase is not lost to likelier ones which have not.

/// The phrases of one source, each with the ways in which it may be written.
#[derive(Clone, Debug, Default)]
pub(super) struct Phrases {
    phrases: Vec<Vec<Vec<u32>>>,
}

/// How far a row has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// Whether it holds each phrase.
    held: Vec<bool>,
    /// How many of its last tokens begin one that it does not hold yet.
    begun: usize,
}

impl Phrases {
    pub(super) fn new(phrases: &[Vec<Vec<u32>>]) -> Self {
        let written = |phrase: &Vec<Vec<u32>>| -> Vec<Vec<u32>> {
            phrase.iter().filter(|way| !way.is_empty()).cloned().collect()
        };
        Self { phrases: phrases.iter().map(written).filter(|phrase| !phrase.is_empty()).collect() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.phrases.is_empty()
    }

    /// The progress of a row that holds nothing.
    pub(super) fn none(&self) -> Progress {
        Progress { held: vec![false; self.phrases.len()], begun: 0 }
    }

    /// The progress of a row after the last of its tokens, from that before it.
    pub(super) fn after(&self, progress: &Progress, tokens: &[u32]) -> Progress {
        let mut held = progress.held.clone();
        // The longest end that is a phrase or begins one counts.
        for length in (1..=(progress.begun + 1).min(tokens.len())).rev() {
            let end = &tokens[tokens.len() - length..];
            if let Some(phrase) =
                self.missing(progress).find(|&p| self.phrases[p].iter().any(|way| way == end))
            {
                held[phrase] = true;
                return Progress { held, begun: 0 };
            }
            if self.missing(progress).any(|p| self.phrases[p].iter().any(|way| way.starts_with(end))) {
                return Progress { held, begun: length };
            }
        }
        Progress { held, begun: 0 }
    }

    /// The tokens that bring a row further: the next ones of what it has begun, or the first ones of all that it lacks.
    pub(super) fn next(&self, progress: &Progress, tokens: &[u32]) -> Vec<u32> {
        let begun = &tokens[tokens.len().saturating_sub(progress.begun)..];
        let ways = self.missing(progress).flat_map(|p| &self.phrases[p]).filter(|way| way.starts_with(begun));
        let mut next: Vec<u32> = ways.filter_map(|way| way.get(begun.len()).copied()).collect();
        next.sort_unstable();
        next.dedup();
        next
    }

    /// Whether a row lacks nothing.
    pub(super) fn are_held(&self, progress: &Progress) -> bool {
        self.missing(progress).next().is_none()
    }

    /// How far a row has come, in tokens.
    pub(super) fn distance(&self, progress: &Progress) -> usize {
        let lengths = self.phrases.iter().map(|ways| ways.iter().map(Vec::len).max().unwrap_or(0));
        let held = lengths.zip(&progress.held).filter(|(_, held)| **held).map(|(length, _)| length);
        held.sum::<usize>() + progress.begun
    }

    fn missing<'a>(&'a self, progress: &'a Progress) -> impl Iterator<Item = usize> + 'a {
        (0..self.phrases.len()).filter(|&phrase| !progress.held.get(phrase).copied().unwrap_or(true))
    }
}

/// Which of the candidates, the likeliest first, go on: the likeliest of each distance in turn, the farthest first, until
/// `places` are taken. They come in the order of the candidates.
pub(super) fn allocate(distances: &[usize], places: usize) -> Vec<usize> {
    let mut banks: Vec<usize> = distances.to_vec();
    banks.sort_unstable_by(|a, b| b.cmp(a));
    banks.dedup();
    let mut taken: Vec<usize> = Vec::new();
    for rank in 0.. {
        let before = taken.len();
        for bank in &banks {
            let own = (0..distances.len()).filter(|&candidate| distances[candidate] == *bank).nth(rank);
            taken.extend(own.filter(|_| taken.len() < places));
        }
        if taken.len() == before {
            break;
        }
    }
    taken.sort_unstable();
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The distance and the next tokens after each token of a row.
    fn followed(phrases: &Phrases, tokens: &[u32]) -> Vec<(usize, Vec<u32>)> {
        let mut progress = phrases.none();
        (1..=tokens.len())
            .map(|end| {
                progress = phrases.after(&progress, &tokens[..end]);
                (phrases.distance(&progress), phrases.next(&progress, &tokens[..end]))
            })
            .collect()
    }

    #[test]
    fn a_phrase_is_followed_left_and_held() {
        let phrases = Phrases::new(&[vec![vec![1, 2, 3]], vec![vec![4]]]);
        let expected = [(1, vec![2]), (2, vec![3]), (0, vec![1, 4]), (1, vec![1])];
        assert_eq!(followed(&phrases, &[1, 2, 9, 4]), expected);
        let expected = [(1, vec![2]), (2, vec![3]), (3, vec![4]), (4, vec![])];
        assert_eq!(followed(&phrases, &[1, 2, 3, 4]), expected);
        let progress = Progress { held: vec![true, true], begun: 0 };
        assert!(phrases.are_held(&progress) && !phrases.are_held(&phrases.none()));
    }

    #[test]
    fn phrases_and_ways_that_begin_alike_are_told_apart() {
        let phrases = Phrases::new(&[vec![vec![1, 2], vec![7, 2]], vec![vec![1, 3]]]);
        assert_eq!(followed(&phrases, &[1]), [(1, vec![2, 3])]);
        assert_eq!(followed(&phrases, &[1, 3, 7, 2]).pop().unwrap(), (4, vec![]));
        // A token that leaves one phrase may begin another, and a phrase is not held twice.
        assert_eq!(followed(&phrases, &[1, 1, 2, 1, 2]).pop().unwrap(), (2, vec![1]));
        let twice = Phrases::new(&[vec![vec![5]], vec![vec![5]], vec![]]);
        assert_eq!(followed(&twice, &[5, 6, 5]), [(1, vec![5]), (1, vec![5]), (2, vec![])]);
    }

    #[test]
    fn places_go_round_the_banks_from_the_farthest() {
        assert_eq!(allocate(&[0, 0, 0, 1, 2], 3), [0, 3, 4]);
        assert_eq!(allocate(&[0, 0, 0, 1, 2], 4), [0, 1, 3, 4]);
        assert_eq!(allocate(&[0, 0, 0, 1, 2], 9), [0, 1, 2, 3, 4]);
        assert_eq!(allocate(&[0, 0, 2, 2, 2], 2), [0, 2]);
        assert_eq!(allocate(&[], 2), [0; 0]);
    }
}
