//! The search for the outputs of one source: which rows go on, and which are finished. Pure bookkeeping, equal to
//! the beam search of Python's transformers.

use super::choose::{Likeliest, RowRules, Rules};
use super::options::{Beam, EarlyStopping, SearchOptions};
use super::phrases::{Phrases, Progress, allocate};

/// A row that is being written.
#[derive(Clone, Debug, Default)]
pub(super) struct Running {
    /// The start, then what was written.
    pub(super) tokens: Vec<u32>,
    /// The nodes of the tokens that the decoder has read.
    pub(super) path: Vec<u32>,
    /// The sum of the logarithms of probabilities.
    pub(super) logprob: f32,
    /// How far it has come with what it has to hold.
    progress: Progress,
}

/// The rows of one source.
pub(super) struct Hypotheses {
    phrases: Phrases,
    pub(super) running: Vec<Running>,
    finished: Vec<Beam>,
    pub(super) max_length: usize,
    done: bool,
}

/// A way for a row to go on.
struct Candidate {
    parent: usize,
    token: u32,
    logprob: f32,
}

impl Hypotheses {
    pub(super) fn new(start: u32, max_length: usize, phrases: Phrases) -> Self {
        let first = Running { tokens: vec![start], progress: phrases.none(), ..Running::default() };
        Self { phrases, running: vec![first], finished: Vec::new(), max_length, done: false }
    }

    /// Whether nothing is left to be written.
    pub(super) fn is_done(&self) -> bool {
        self.done || self.running.is_empty()
    }

    /// The outputs, the best first.
    pub(super) fn into_beams(mut self, n_best: usize) -> Vec<Beam> {
        self.finished.truncate(n_best.max(1));
        self.finished
    }

    /// What decides about the next token of a row.
    pub(super) fn row_rules(&self, rules: &Rules<'_>, row: &Running) -> RowRules {
        match self.phrases.are_held(&row.progress) {
            true => rules.row(&row.tokens),
            false => rules.open_row(&row.tokens, self.phrases.next(&row.progress, &row.tokens)),
        }
    }

    /// Goes on by one token. `likeliest` holds what may follow each row.
    pub(super) fn advance(&mut self, likeliest: &[Likeliest], options: &SearchOptions) {
        let candidates = self.candidates(likeliest, options);
        let written = self.running.first().map_or(0, |row| row.tokens.len());
        let ends = |c: &Candidate| options.eos.contains(&c.token) || written + 1 >= self.max_length;
        // Only what is among the first may finish; the rest is there so that enough can go on.
        let may_end = candidates.iter().filter(|c| self.lacks_nothing(c)).take(options.beams);
        let mut ending: Vec<&Candidate> = may_end.filter(|c| ends(c)).collect();
        if ending.is_empty() && self.finished.is_empty() && written + 1 >= self.max_length {
            ending = candidates.iter().take(options.beams).collect();
        }
        for candidate in ending {
            let beam = self.beam(candidate, written, options);
            let at = self.finished.partition_point(|other| other.score >= beam.score);
            self.finished.insert(at, beam);
        }
        self.finished.truncate(options.beams);
        let going_on = candidates.iter().filter(|c| !ends(c));
        self.running = match self.phrases.is_empty() {
            true => going_on.take(options.beams).map(|c| self.running(c)).collect(),
            false => self.allocated(going_on.map(|c| self.running(c)).collect(), options),
        };
        self.done = self.ends_here(written, options);
    }

    /// Whether a row that goes on so holds all that it has to.
    fn lacks_nothing(&self, candidate: &Candidate) -> bool {
        self.phrases.is_empty() || self.phrases.are_held(&self.running(candidate).progress)
    }

    /// Those of the rows that go on where there is something to hold.
    fn allocated(&self, rows: Vec<Running>, options: &SearchOptions) -> Vec<Running> {
        let distances: Vec<usize> = rows.iter().map(|row| self.phrases.distance(&row.progress)).collect();
        let taken = allocate(&distances, options.beams);
        rows.into_iter().enumerate().filter(|(place, _)| taken.contains(place)).map(|(_, row)| row).collect()
    }

    /// The likeliest ways to go on, of all rows together, the likeliest first.
    fn candidates(&self, likeliest: &[Likeliest], options: &SearchOptions) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for (parent, (row, likeliest)) in self.running.iter().zip(likeliest).enumerate() {
            candidates.extend(likeliest.iter().map(|(token, logprob)| Candidate {
                parent,
                token: *token,
                logprob: row.logprob + logprob,
            }));
        }
        candidates.sort_by(|a, b| b.logprob.total_cmp(&a.logprob));
        if self.phrases.is_empty() {
            candidates.truncate(kept(options));
        }
        candidates
    }

    fn running(&self, candidate: &Candidate) -> Running {
        let mut row = self.running.get(candidate.parent).cloned().unwrap_or_default();
        row.tokens.push(candidate.token);
        row.logprob = candidate.logprob;
        row.progress = self.phrases.after(&row.progress, &row.tokens);
        row
    }

    fn beam(&self, candidate: &Candidate, written: usize, options: &SearchOptions) -> Beam {
        let Running { mut tokens, .. } = self.running(candidate);
        tokens.drain(..1.min(tokens.len()));
        let complete = options.eos.contains(&candidate.token);
        if complete {
            tokens.pop();
        }
        Beam {
            tokens,
            score: penalized(candidate.logprob, written, options),
            logprob: f64::from(candidate.logprob),
            complete,
        }
    }

    /// Whether no better output is to be hoped for; `written` is the length before the last token.
    fn ends_here(&self, written: usize, options: &SearchOptions) -> bool {
        let Some(best) = self.running.first() else { return true };
        let worst = match self.finished.last() {
            Some(worst) if self.finished.len() == options.beams => worst.score,
            _ => return false,
        };
        if options.early_stopping == EarlyStopping::FirstComplete {
            return true;
        }
        let length = match options.early_stopping {
            EarlyStopping::Never if options.length_penalty > 0.0 => self.max_length.saturating_sub(1),
            _ => written,
        };
        penalized(best.logprob, length, options) <= worst
    }
}

/// How many ways to go on are looked at: as many as leave enough when some of them end.
pub(super) fn kept(options: &SearchOptions) -> usize {
    options.beams * (1 + options.eos.len()).max(2)
}

/// What beams are ranked by; `length` does not count the start.
pub(super) fn penalized(logprob: f32, length: usize, options: &SearchOptions) -> f32 {
    logprob / (length as f32).powf(options.length_penalty)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EOS: u32 = 0;

    fn options(early_stopping: EarlyStopping) -> SearchOptions {
        SearchOptions { beams: 2, early_stopping, eos: vec![EOS], ..SearchOptions::default() }
    }

    fn tokens(rows: &[Running]) -> Vec<&[u32]> {
        rows.iter().map(|row| &row.tokens[1..]).collect()
    }

    #[test]
    fn rows_part_and_finish_and_are_ranked_by_length() {
        let options = options(EarlyStopping::Heuristic);
        let mut h = Hypotheses::new(9, 10, Phrases::default());
        h.advance(&[vec![(5, -0.5), (6, -1.0), (EOS, -1.5), (7, -4.0)]], &options);
        assert_eq!(tokens(&h.running), [[5], [6]]);
        // An end that is not among the first is no output.
        assert!(h.finished.is_empty() && !h.is_done());
        h.advance(&[vec![(EOS, -0.1), (5, -0.3)], vec![(8, -0.2), (6, -3.0)]], &options);
        assert_eq!(tokens(&h.running), [[5, 5], [6, 8]]);
        assert_eq!(h.finished[0].tokens, [5]);
        assert!((h.finished[0].score + 0.3).abs() < 1e-6, "{}", h.finished[0].score);
        h.advance(&[vec![(EOS, -0.1)], vec![(EOS, -0.2), (4, -9.0), (3, -9.5)]], &options);
        assert_eq!(h.finished.len(), 2);
        assert!(h.is_done(), "what runs on is far behind");
        let beams = h.into_beams(2);
        assert_eq!(beams[0].tokens, [5]);
        assert_eq!(beams[1].tokens, [5, 5]);
        assert!(beams[0].complete && (beams[1].logprob + 0.9).abs() < 1e-6);
    }

    #[test]
    fn the_first_complete_set_ends_a_search_that_asks_for_it() {
        for (early_stopping, ends) in [
            (EarlyStopping::FirstComplete, true),
            (EarlyStopping::Heuristic, false),
            (EarlyStopping::Never, false),
        ] {
            let options = options(early_stopping);
            let mut h = Hypotheses::new(9, 10, Phrases::default());
            // What goes on is always likelier than what ends.
            h.advance(&[vec![(5, -1.0), (6, -1.1), (7, -5.0), (8, -6.0)]], &options);
            h.advance(&[vec![(5, -0.05), (EOS, -0.5)], vec![(6, -2.0), (7, -3.0)]], &options);
            assert!(!h.is_done(), "one of two is finished");
            h.advance(&[vec![(5, -0.05), (EOS, -0.6)], vec![(6, -2.0), (7, -3.0)]], &options);
            assert_eq!(h.is_done(), ends, "{early_stopping:?}");
        }
    }

    #[test]
    fn a_phrase_is_written_though_it_is_unlikely() {
        let options = options(EarlyStopping::Heuristic);
        let mut h = Hypotheses::new(9, 10, Phrases::new(&[vec![vec![3, 4]]]));
        h.advance(&[vec![(5, -0.1), (6, -0.2), (3, -7.0)]], &options);
        assert_eq!(tokens(&h.running), [[5], [3]], "the likeliest of each bank");
        h.advance(&[vec![(5, -0.1), (6, -0.2), (3, -1.0)], vec![(5, -0.1), (4, -5.0)]], &options);
        assert_eq!(tokens(&h.running), [[5, 3], [3, 4]]);
        // What ends competes only with rows that lack nothing.
        h.advance(&[vec![(5, -0.1), (4, -0.1)], vec![(EOS, -1.0), (7, -9.0)]], &options);
        assert_eq!(tokens(&h.running), [[5, 3, 5], [5, 3, 4]]);
        h.advance(&[vec![(5, -0.1), (3, -5.0)], vec![(EOS, -0.1), (7, -3.0)]], &options);
        let beams = h.into_beams(2);
        assert_eq!([&beams[0].tokens[..], &beams[1].tokens], [&[5, 3, 4][..], &[3, 4]]);
    }

    #[test]
    fn what_lacks_a_phrase_ends_only_where_nothing_holds_it() {
        let options = options(EarlyStopping::Never);
        for (phrase, expected) in [(vec![3, 4], [3, 4]), (vec![3, 8], [5, 5])] {
            let mut h = Hypotheses::new(9, 3, Phrases::new(&[vec![phrase]]));
            h.advance(&[vec![(5, -0.1), (6, -0.2), (3, -7.0)]], &options);
            h.advance(&[vec![(5, -0.1), (6, -0.2)], vec![(5, -0.1), (4, -5.0)]], &options);
            assert!(h.is_done());
            assert_eq!(h.into_beams(1)[0].tokens, expected);
        }
    }

    #[test]
    fn the_greatest_length_ends_everything() {
        let options = options(EarlyStopping::Never);
        let mut h = Hypotheses::new(9, 2, Phrases::default());
        h.advance(&[vec![(5, -1.0), (6, -2.0), (7, -3.0), (8, -4.0)]], &options);
        assert!(h.is_done());
        let beams = h.into_beams(2);
        assert_eq!([&beams[0].tokens[..], &beams[1].tokens], [[5], [6]]);
        assert!(!beams[0].complete);
    }
}
