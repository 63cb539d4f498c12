//! Who works on which source. A small model's products are too small to be shared out among threads without loss, so
//! each thread searches sources of its own where there are enough; of fewer, all threads work on each product.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};

use super::options::{SearchOptions, Source};
use super::{Search, Told};
use crate::engine::Flow;
use crate::engine::seq2seq::parts::Model;
use crate::error::{Error, Result};
use crate::plan::Decoding;

/// Sources that are worth a thread of their own.
const LEAST: usize = 4;
/// The most rows at once.
const MAX_ROWS: usize = 128;
/// The most memory for logits in bytes where all of them are kept.
const LOGITS: usize = 64 << 20;

/// Sources that wait for a place: for each worker its own, the longest first.
pub(super) struct Waiting<'a>(Mutex<Vec<VecDeque<(usize, &'a Source)>>>);

impl<'a> Waiting<'a> {
    /// Deals sources out, so that each worker gets long and short ones.
    fn new(sources: &'a [Source], workers: usize) -> Self {
        // The longest first: sources of one length end at about the same time, and the last ones soon.
        let mut sorted: Vec<(usize, &Source)> = sources.iter().enumerate().collect();
        sorted.sort_by_key(|(_, source)| Reverse(source.tokens.len()));
        let mut dealt = vec![VecDeque::new(); workers];
        for (turn, source) in sorted.into_iter().enumerate() {
            dealt[turn % workers].push_back(source);
        }
        Self(Mutex::new(dealt))
    }

    /// Takes at most `count` sources for a worker, one at least if there is one, and not many more than `tokens`
    /// tokens: its own, or else another's last.
    pub(super) fn take(&self, worker: usize, count: usize, tokens: usize) -> Vec<(usize, &'a Source)> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut taken, mut total) = (Vec::new(), 0);
        while taken.len() < count && total < tokens {
            let own = waiting.get_mut(worker).and_then(VecDeque::pop_front);
            let mut others = waiting.iter_mut().rev();
            let Some(next) = own.or_else(|| others.find_map(VecDeque::pop_back)) else { break };
            total += next.1.tokens.len();
            taken.push(next);
        }
        taken
    }
}

/// Searches the outputs of every source and tells of them on this thread.
pub(super) fn run(
    model: &Model,
    sources: &[Source],
    options: &SearchOptions,
    hear: &mut dyn FnMut(Told) -> Flow,
) -> Result<()> {
    let (places, threads) = (places(model, options).min(sources.len()), model.pool.threads());
    let workers = if places >= LEAST * threads { threads } else { 1 };
    let waiting = Waiting::new(sources, workers);
    let search = || Search::new(model, options, places.div_ceil(workers));
    if workers == 1 {
        return search().run(&waiting, 0, hear);
    }
    model.pool.alone(|| together(&search, &waiting, workers, hear))
}

/// Several searches, the first one on this thread.
fn together<'a>(
    search: &(dyn Fn() -> Search<'a> + Sync),
    waiting: &Waiting<'_>,
    workers: usize,
    hear: &mut dyn FnMut(Told) -> Flow,
) -> Result<()> {
    let stopped = &AtomicBool::new(false);
    let stop = || stopped.store(true, Ordering::Relaxed);
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..workers)
            .map_while(|worker| {
                let sender = sender.clone();
                let work = move || {
                    let result = search().run(waiting, worker, &mut |told| {
                        let heard = sender.send(told).is_ok() && !stopped.load(Ordering::Relaxed);
                        if heard { Flow::Continue } else { Flow::Stop }
                    });
                    if result.is_err() {
                        stopped.store(true, Ordering::Relaxed);
                    }
                    result
                };
                // Without another thread this one does all the work.
                std::thread::Builder::new().name(format!("search-{worker}")).spawn_scoped(scope, work).ok()
            })
            .collect();
        drop(sender);
        let mut hear = |told| {
            let flow = hear(told);
            if flow == Flow::Stop {
                stop();
            }
            flow
        };
        let mut results = vec![search().run(waiting, 0, &mut |told| {
            hear(told);
            receiver.try_iter().for_each(|told| _ = hear(told));
            if stopped.load(Ordering::Relaxed) { Flow::Stop } else { Flow::Continue }
        })];
        if results.iter().any(Result::is_err) {
            stop();
        }
        receiver.iter().for_each(|told| _ = hear(told));
        results.extend(
            others.into_iter().map(|other| other.join().unwrap_or_else(|panic| resume_unwind(panic))),
        );
        first_cause(results, stopped.load(Ordering::Relaxed))
    })
}

/// Why the searches ended, where one failed or was told to stop: the others were interrupted then.
fn first_cause(results: Vec<Result<()>>, stopped: bool) -> Result<()> {
    let failed: Vec<Error> = results.into_iter().filter_map(Result::err).collect();
    let (interrupted, causes): (Vec<Error>, Vec<Error>) = failed.into_iter().partition(Error::is_interrupted);
    match causes.into_iter().chain(interrupted).next() {
        Some(cause) => Err(cause),
        None if stopped => Err(Error::interrupted()),
        None => Ok(()),
    }
}

/// How many sources may be active.
fn places(model: &Model, options: &SearchOptions) -> usize {
    let rows = match (options.max_rows, &options.decoding) {
        (0, Decoding::Sample { .. }) => (LOGITS / size_of::<f32>() / model.vocab()).min(MAX_ROWS),
        (0, _) => MAX_ROWS,
        (rows, _) => rows,
    };
    (rows / options.beams).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_worker_gets_long_and_short_sources_and_helps_the_others_at_the_end() {
        let sources: Vec<Source> = [3, 9, 5, 7, 1].map(|len| Source::from(vec![0; len])).into();
        let waiting = Waiting::new(&sources, 2);
        let take = |worker, count, tokens| -> Vec<usize> {
            waiting.take(worker, count, tokens).iter().map(|(index, _)| *index).collect()
        };
        assert_eq!(take(0, 2, 100), [1, 2]);
        assert_eq!(take(1, 2, 1), [3]);
        assert_eq!(take(1, 0, 100), [0; 0]);
        assert_eq!(take(1, 4, 100), [0, 4]);
        assert_eq!(take(0, 4, 100), [0; 0]);
    }

    #[test]
    fn a_failure_counts_more_than_what_it_interrupted() {
        let failed = || Err(Error::runtime("on purpose"));
        let cause = first_cause(vec![Err(Error::interrupted()), failed()], true).unwrap_err();
        assert!(cause.to_string().contains("on purpose"));
        assert!(first_cause(vec![Ok(()), Ok(())], true).unwrap_err().is_interrupted());
        assert!(first_cause(vec![Ok(()), Ok(())], false).is_ok());
    }
}
