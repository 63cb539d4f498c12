//! What a thread does while it waits for the next region: it fetches the weights with which its share begins.
//! Between the regions of one text's step only the caller computes, and the memory is idle.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::fetch::fetch_lines;

/// How much is fetched before a region, in bytes; a part of the second cache of any processor with the kernels.
const MOST: usize = 1 << 17;
/// How much is fetched between two looks at whether the region has begun.
const STEP: usize = 2048;
/// How much the caller fetches for itself, as far as its kernels fetch ahead.
const OWN: usize = 1 << 14;

/// Where the shares of the threads begin in the next region.
#[derive(Debug)]
pub(super) struct Ahead(Vec<Place>);

/// Weights, by their address and their length. Nothing is read through the address: to fetch it is allowed
/// whatever lies there.
#[derive(Debug, Default)]
struct Place {
    first: AtomicUsize,
    len: AtomicUsize,
}

/// How far a thread has come.
#[derive(Default)]
pub(super) struct Progress {
    first: usize,
    fetched: usize,
}

impl Ahead {
    pub(super) fn new(threads: usize) -> Self {
        Self((0..threads).map(|_| Place::default()).collect())
    }

    /// Says where the share of `thread` begins; thread 0, the caller, fetches its own at once.
    pub(super) fn begin_at(&self, thread: usize, weights: &[u8]) {
        if thread == 0 {
            fetch_lines(weights.as_ptr(), weights.len().min(OWN));
        } else if let Some(place) = self.0.get(thread) {
            place.len.store(weights.len().min(MOST), Ordering::Relaxed);
            place.first.store(weights.as_ptr() as usize, Ordering::Relaxed);
        }
    }

    /// Fetches some more for `thread`.
    pub(super) fn fetch(&self, thread: usize, progress: &mut Progress) {
        let Some(place) = self.0.get(thread) else { return };
        let (first, len) = (place.first.load(Ordering::Relaxed), place.len.load(Ordering::Relaxed));
        if first != progress.first {
            *progress = Progress { first, fetched: 0 };
        }
        if progress.fetched < len {
            fetch_lines((first as *const u8).wrapping_add(progress.fetched), STEP);
            progress.fetched += STEP;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_fetches_its_place_once_and_begins_anew_with_the_next() {
        let (ahead, mut progress) = (Ahead::new(2), Progress::default());
        let weights = vec![0; 3 * STEP + 1];
        ahead.begin_at(1, &weights);
        for fetched in [1, 2, 3, 4, 4, 4] {
            ahead.fetch(1, &mut progress);
            assert_eq!(progress.fetched, fetched * STEP);
        }
        ahead.begin_at(1, &weights[64..]);
        ahead.fetch(1, &mut progress);
        assert_eq!(progress.fetched, STEP);
    }

    #[test]
    fn there_is_a_most_and_nothing_for_threads_that_are_not() {
        let (ahead, mut progress) = (Ahead::new(2), Progress::default());
        let weights = vec![0; 2 * MOST];
        ahead.begin_at(0, &weights);
        ahead.begin_at(1, &weights);
        ahead.begin_at(7, &weights);
        (0..MOST).for_each(|_| ahead.fetch(1, &mut progress));
        assert_eq!(progress.fetched, MOST);
        ahead.fetch(7, &mut progress);
        assert_eq!(progress.fetched, MOST);
    }
}
