//! Translation edit rate (Snover et al. 2006) as sacrebleu 2.6.0 computes it by default: lower case, words as white
//! space divides them, insertions, deletions, substitutions and shifts of whole phrases, each one edit.

use super::{Metric, Score, Signature, Statistics, is_space};

/// A phrase that is shifted has at most so many words.
const LONGEST_SHIFT: usize = 10;
/// How far apart the places of a phrase in both texts may be.
const FARTHEST_SHIFT: usize = 50;
/// Cells of the table on either side of its diagonal.
const BEAM: usize = 25;
/// Shifts that are tried for one pair of texts.
const MOST_SHIFTS: usize = 1000;
const UNREACHED: usize = usize::MAX / 2;

/// TER with sacrebleu's defaults. The score is a rate of errors: 0 for equal texts, and it may exceed 100.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ter;

impl Metric for Ter {
    fn name(&self) -> String {
        "TER".to_owned()
    }

    fn signature(&self) -> Signature {
        let settings = [("case", "lc"), ("tok", "tercom"), ("norm", "no"), ("punct", "yes"), ("asian", "no")];
        Signature::new(&settings, "2.6.0")
    }

    /// The edits, and the words of the reference.
    fn statistics(&self, hypothesis: &str, reference: &str) -> Statistics {
        let (hypothesis, reference) = (hypothesis.to_lowercase(), reference.to_lowercase());
        let reference = words(&reference);
        Statistics(vec![edits(words(&hypothesis), &reference) as f64, reference.len() as f64])
    }

    fn score(&self, statistics: &Statistics) -> Score {
        let (edits, words) = (statistics.get(0), statistics.get(1));
        let rate = if words > 0.0 { edits / words } else { f64::from(edits > 0.0) };
        Score { value: 100.0 * rate, detail: String::new() }
    }

    fn lower_is_better(&self) -> bool {
        true
    }
}

fn words(text: &str) -> Vec<&str> {
    text.split(is_space).filter(|word| !word.is_empty()).collect()
}

/// Shifts while that shortens the edit distance, then counts what is left to edit.
fn edits(mut hypothesis: Vec<&str>, reference: &[&str]) -> usize {
    if reference.is_empty() {
        return hypothesis.len();
    }
    let (mut shifts, mut tried) = (0, 0);
    let mut table = Table::new(&hypothesis, reference, &[], 0);
    while let Some(shifted) = best_shift(&hypothesis, reference, &table, &mut tried) {
        if tried >= MOST_SHIFTS {
            break;
        }
        hypothesis = shifted;
        table = Table::new(&hypothesis, reference, &[], 0);
        shifts += 1;
    }
    shifts + table.distance()
}

/// The hypothesis after the shift that saves most, if one saves anything: among equals the longest phrase, then the
/// earliest, then the one that goes to the earliest place.
fn best_shift<'a>(
    hypothesis: &[&'a str],
    reference: &[&str],
    table: &Table,
    tried: &mut usize,
) -> Option<Vec<&'a str>> {
    let alignment = table.alignment();
    let mut best: Option<(isize, usize, isize, isize)> = None;
    let mut best_words = None;
    for (from, to, length) in common_phrases(hypothesis, reference) {
        let is_right = |wrong: &[bool]| wrong.iter().all(|wrong| !wrong);
        let inside = alignment.places[to] >= from as isize && alignment.places[to] < (from + length) as isize;
        if inside
            || is_right(&alignment.wrong_in_hypothesis[from..from + length])
            || is_right(&alignment.wrong_in_reference[to..to + length])
        {
            continue;
        }
        let mut last = None;
        for before in to..=to + length {
            let target = match before.checked_sub(1).map(|at| alignment.places.get(at)) {
                None => 0,
                Some(Some(place)) => (place + 1) as usize,
                Some(None) => break,
            };
            if last.replace(target) == Some(target) {
                continue;
            }
            let (shifted, kept) = shift(hypothesis, from, length, target);
            let distance = Table::new(&shifted, reference, &table.rows, kept).distance();
            let saved = table.distance() as isize - distance as isize;
            let candidate = (saved, length, -(from as isize), -(target as isize));
            *tried += 1;
            if best.is_none_or(|best| candidate > best) {
                best = Some(candidate);
                best_words = Some(shifted);
            }
        }
        if *tried >= MOST_SHIFTS {
            break;
        }
    }
    best.filter(|best| best.0 > 0).and(best_words)
}

/// Phrases that both texts have: where they begin in the hypothesis and in the reference, and their words.
fn common_phrases(hypothesis: &[&str], reference: &[&str]) -> Vec<(usize, usize, usize)> {
    let mut phrases = Vec::new();
    for from in 0..hypothesis.len() {
        for to in 0..reference.len() {
            if from.abs_diff(to) > FARTHEST_SHIFT {
                continue;
            }
            let pairs = hypothesis[from..].iter().zip(&reference[to..]).take(LONGEST_SHIFT);
            let common = pairs.take_while(|(a, b)| a == b).count();
            phrases.extend((1..=common).map(|length| (from, to, length)));
        }
    }
    phrases
}

/// Moves a phrase before the word `target`, and says how many words at the start stay as they are.
fn shift<'a>(words: &[&'a str], from: usize, length: usize, target: usize) -> (Vec<&'a str>, usize) {
    let mut rest = [&words[..from], &words[from + length..]].concat();
    let at = if target > from + length { target - length } else { target.min(rest.len()) };
    rest.splice(at..at, words[from..from + length].iter().copied());
    (rest, at.min(from))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Edit {
    Keep,
    Substitute,
    /// A word of the reference that the hypothesis lacks.
    Insert,
    /// A word of the hypothesis that the reference lacks.
    Delete,
    None,
}

/// The table of edit distances, a row for each word of the hypothesis, with the last edit of each cell.
struct Table {
    rows: Vec<Vec<(usize, Edit)>>,
}

/// Which words belong together.
#[derive(Default)]
struct Alignment {
    /// For each word of the reference the place in the hypothesis, -1 before the first.
    places: Vec<isize>,
    wrong_in_reference: Vec<bool>,
    wrong_in_hypothesis: Vec<bool>,
}

impl Table {
    /// Fills the table near its diagonal; the rows of the first `kept` words are known.
    fn new(hypothesis: &[&str], reference: &[&str], known: &[Vec<(usize, Edit)>], kept: usize) -> Self {
        let mut rows: Vec<Vec<(usize, Edit)>> = match known.get(..=kept) {
            Some(known) => known.to_vec(),
            None => vec![(0..=reference.len()).map(|j| (j, Edit::Insert)).collect()],
        };
        let ratio = match hypothesis.len() {
            0 => 1.0,
            length => reference.len() as f64 / length as f64,
        };
        let beam =
            if (BEAM as f64) < ratio / 2.0 { (ratio / 2.0 + BEAM as f64).ceil() as usize } else { BEAM };
        for i in rows.len()..=hypothesis.len() {
            let diagonal = (i as f64 * ratio).floor() as usize;
            let end = match i == hypothesis.len() {
                true => reference.len() + 1,
                false => (reference.len() + 1).min(diagonal + beam),
            };
            let mut row = vec![(UNREACHED, Edit::None); reference.len() + 1];
            for j in diagonal.saturating_sub(beam)..end {
                let above = &rows[i - 1];
                if j == 0 {
                    row[0] = (above[0].0 + 1, Edit::Delete);
                    continue;
                }
                let same = hypothesis[i - 1] == reference[j - 1];
                let edits = [
                    (above[j - 1].0 + usize::from(!same), if same { Edit::Keep } else { Edit::Substitute }),
                    (above[j].0 + 1, Edit::Delete),
                    (row[j - 1].0 + 1, Edit::Insert),
                ];
                for edit in edits {
                    if edit.0 < row[j].0 {
                        row[j] = edit;
                    }
                }
            }
            rows.push(row);
        }
        Self { rows }
    }

    fn distance(&self) -> usize {
        self.rows.last().and_then(|row| row.last()).map_or(0, |cell| cell.0)
    }

    /// Follows the edits back from the end.
    fn alignment(&self) -> Alignment {
        let (mut i, mut j) = (self.rows.len() - 1, self.rows[0].len() - 1);
        let mut trace = Vec::new();
        while i > 0 || j > 0 {
            let edit = self.rows[i][j].1;
            match edit {
                Edit::Keep | Edit::Substitute => (i, j) = (i - 1, j - 1),
                Edit::Insert => j -= 1,
                Edit::Delete => i -= 1,
                Edit::None => break,
            }
            trace.push(edit);
        }
        let mut alignment = Alignment::default();
        for edit in trace.into_iter().rev() {
            let wrong = edit != Edit::Keep;
            if edit != Edit::Insert {
                alignment.wrong_in_hypothesis.push(wrong);
            }
            if edit != Edit::Delete {
                alignment.places.push(alignment.wrong_in_hypothesis.len() as isize - 1);
                alignment.wrong_in_reference.push(wrong);
            }
        }
        alignment
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edits_of(hypothesis: &str, reference: &str) -> usize {
        edits(words(hypothesis), &words(reference))
    }

    #[test]
    fn a_phrase_that_stands_elsewhere_is_one_edit() {
        assert_eq!(edits_of("on tuesday the council met", "the council met on tuesday"), 1);
        assert_eq!(edits_of("a b c d", "a b c d"), 0);
        assert_eq!(edits_of("a x c", "a b c d"), 2);
    }

    #[test]
    fn empty_texts() {
        assert_eq!(edits_of("", "a b"), 2);
        assert_eq!(edits_of("a b", ""), 2);
        assert_eq!(Ter.corpus(&["a"], &[""]).unwrap().value, 100.0);
        assert_eq!(Ter.corpus(&[""], &[""]).unwrap().value, 0.0);
    }
}
