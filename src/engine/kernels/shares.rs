//! How a region's items are dealt out: each thread walks its own run of neighbours, which is a straight stream
//! through memory, and takes from the end of another's when its own is done.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

/// The items of a region, a run for each thread.
pub(super) struct Shares {
    runs: Vec<Run>,
}

/// The run of one of several threads among `count` items.
pub(super) fn run(count: usize, thread: usize, threads: usize) -> Range<usize> {
    count * thread / threads..count * (thread + 1) / threads
}

/// Items `first..end` that are left, both in one word: `end << 32 | first`.
struct Run(AtomicU64);

impl Shares {
    /// Shares `count` items out to `threads` threads, at least one.
    ///
    /// # Panics
    /// If there are 2^32 items.
    pub(super) fn new(count: usize, threads: usize) -> Self {
        assert!(u32::try_from(count).is_ok(), "{count} items");
        let runs = (0..threads).map(|thread| run(count, thread, threads));
        let runs = runs.map(|run| Run(AtomicU64::new((run.end as u64) << 32 | run.start as u64)));
        Self { runs: runs.collect() }
    }

    /// Calls `work` with one item after the other until none is left. Thread `own` of the region calls this once.
    pub(super) fn work(&self, own: usize, work: impl Fn(usize)) {
        while let Some(item) = self.runs[own].first() {
            work(item);
        }
        for other in self.runs[own + 1..].iter().chain(&self.runs[..own]) {
            while let Some(item) = other.last() {
                work(item);
            }
        }
    }
}

impl Run {
    /// Takes the first item.
    fn first(&self) -> Option<usize> {
        self.take(|first, end| (first, (first + 1, end)))
    }

    /// Takes the last item.
    fn last(&self) -> Option<usize> {
        self.take(|first, end| (end - 1, (first, end - 1)))
    }

    /// Takes what `choose` names of `first..end`, which has an item; it answers what is left, too.
    fn take(&self, choose: impl Fn(u64, u64) -> (u64, (u64, u64))) -> Option<usize> {
        let bounds = |word: u64| (word & u64::from(u32::MAX), word >> 32);
        let left = |word| {
            let (first, end) = bounds(word);
            (first < end).then(|| choose(first, end).1).map(|(first, end)| end << 32 | first)
        };
        let before = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).ok()?;
        let (first, end) = bounds(before);
        Some(choose(first, end).0 as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn a_thread_walks_its_own_run_and_then_the_others_from_their_ends() {
        let shares = Shares::new(7, 2);
        let order = RefCell::new(Vec::new());
        shares.work(0, |item| order.borrow_mut().push(item));
        assert_eq!(order.into_inner(), [0, 1, 2, 6, 5, 4, 3]);
        shares.work(1, |item| panic!("{item} was taken twice"));
    }

    #[test]
    fn few_items_and_many_threads() {
        for (count, threads) in [(0, 3), (1, 4), (2, 5), (9, 1)] {
            let shares = Shares::new(count, threads);
            let seen = RefCell::new(vec![0; count]);
            (0..threads).for_each(|own| shares.work(own, |item| seen.borrow_mut()[item] += 1));
            assert!(seen.into_inner().iter().all(|&n| n == 1), "{count} {threads}");
        }
    }
}
