//! A small thread pool for short parallel regions.
//!
//! A decoding step has hundreds of regions of a few dozen microseconds, so a waiting thread spins for a
//! moment before it sleeps. Each thread has its share of a region's items and takes from the others' when it is
//! done; one that is not scheduled in time is simply left out of the region, so another process on the same cores
//! slows the work in proportion.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::ahead::{Ahead, Progress};
use super::shares::Shares;

/// How long a thread spins before it sleeps.
const SPIN: Duration = Duration::from_micros(50);

/// A pool of threads of which the calling thread is one.
#[derive(Debug)]
pub struct Pool {
    shared: Arc<Shared>,
    /// Held by the thread whose region is running.
    caller: Mutex<()>,
    workers: Vec<JoinHandle<()>>,
}

/// What the caller and the workers see.
#[derive(Debug)]
struct Shared {
    /// Counts the regions; a change is what spinning workers wait for. Written under `state`.
    epoch: AtomicUsize,
    /// Workers inside the current region. Written under `state`.
    running: AtomicUsize,
    state: Mutex<State>,
    /// Signalled when a region opens or the pool ends.
    opened: Condvar,
    /// Signalled when the last worker leaves a region.
    left: Condvar,
    /// What waiting threads fetch.
    ahead: Ahead,
}

#[derive(Default)]
struct State {
    /// The open region, if any.
    task: Option<Task>,
    /// Workers that sleep.
    sleeping: usize,
    /// The first panic of a worker in this region.
    panic: Option<Box<dyn Any + Send>>,
    /// The pool is being dropped.
    ended: bool,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("sleeping", &self.sleeping).finish_non_exhaustive()
    }
}

/// A region's work: every thread that joins calls it once, with its number; the caller's is 0.
type Task = &'static (dyn Fn(usize) + Sync);

impl Pool {
    /// A pool of `threads` threads, the caller included; at least one. Where the system grants fewer
    /// threads the pool has fewer.
    pub fn new(threads: usize) -> Self {
        let shared = Arc::new(Shared {
            epoch: AtomicUsize::new(0),
            running: AtomicUsize::new(0),
            state: Mutex::new(State::default()),
            opened: Condvar::new(),
            left: Condvar::new(),
            ahead: Ahead::new(threads),
        });
        let workers = (1..threads.max(1))
            .map_while(|index| {
                let shared = shared.clone();
                let builder = std::thread::Builder::new().name(format!("compute-{index}"));
                builder.spawn(move || shared.work(index)).ok()
            })
            .collect();
        Self { shared, caller: Mutex::new(()), workers }
    }

    /// A pool with [`default_threads`].
    pub fn with_default_threads() -> Self {
        Self::new(default_threads())
    }

    /// How many threads work, the caller included.
    pub fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Calls `work` once for each index in `0..count`, in parallel, and returns when all are done.
    ///
    /// A region opened inside another, or while another thread's region runs, is worked off by its caller
    /// alone.
    ///
    /// # Panics
    /// Passes on a panic of `work` once every thread has left the region; the pool stays usable.
    pub fn for_each(&self, count: usize, work: impl Fn(usize) + Sync) {
        let turn = self.turn();
        if turn.is_none() || count <= 1 || self.workers.is_empty() {
            return (0..count).for_each(work);
        }
        let shares = Shares::new(count, self.threads());
        self.broadcast(&|thread| shares.work(thread, &work));
    }

    /// Calls `f`. Regions that are opened meanwhile, by whatever thread, are worked off by their callers alone, so that
    /// several threads can work side by side.
    pub(crate) fn alone<T>(&self, f: impl FnOnce() -> T) -> T {
        let _turn = self.turn();
        f()
    }

    /// The right to open a region, unless another has it.
    fn turn(&self) -> Option<MutexGuard<'_, ()>> {
        match self.caller.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Cuts `data` into pieces of `len` items (the last may be shorter) and calls `work` with each piece and
    /// its index, in parallel.
    ///
    /// # Panics
    /// If `len` is zero, and as [`Pool::for_each`].
    pub fn for_each_chunk<T: Send>(&self, data: &mut [T], len: usize, work: impl Fn(usize, &mut [T]) + Sync) {
        assert!(len > 0, "a piece has at least one item");
        let total = data.len();
        let base = Shareable(data.as_mut_ptr());
        self.for_each(total.div_ceil(len), |index| {
            let start = index * len;
            // SAFETY: the pieces [start, start + len) of different indices do not overlap, each lies inside
            // `data`, which is borrowed for the whole call, and each index is given out once.
            let piece =
                unsafe { std::slice::from_raw_parts_mut(base.get().add(start), len.min(total - start)) };
            work(index, piece);
        });
    }

    /// Says with which weights the share of a thread will begin in the next region, so that it fetches them while it
    /// waits.
    pub(super) fn fetch_ahead(&self, thread: usize, weights: &[u8]) {
        self.shared.ahead.begin_at(thread, weights);
    }

    /// Runs `task` on the caller and on every worker that comes in time. Holds the caller's turn.
    fn broadcast(&self, task: &(dyn Fn(usize) + Sync)) {
        // SAFETY: only the lifetime changes. Workers reach the task through `state.task` alone, enter the
        // region under the lock, and `close` below takes the task away and waits until none is inside. It
        // is reached on every path, since a panic of the caller's part is caught.
        let task: Task = unsafe { std::mem::transmute::<&(dyn Fn(usize) + Sync), Task>(task) };
        self.shared.open(task);
        let own = catch_unwind(AssertUnwindSafe(|| task(0)));
        let theirs = self.shared.close();
        if let Some(panic) = own.err().or(theirs) {
            resume_unwind(panic);
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.shared.epoch.fetch_add(1, Ordering::Release);
        self.shared.opened.notify_all();
        for worker in self.workers.drain(..) {
            // A worker catches its tasks' panics, so joining cannot fail in a way that matters here.
            let _ = worker.join();
        }
    }
}

impl Shared {
    /// The state. No code panics while it holds the lock, so poison carries no meaning.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a region.
    fn open(&self, task: Task) {
        let mut state = self.lock();
        state.task = Some(task);
        self.epoch.fetch_add(1, Ordering::Release);
        if state.sleeping > 0 {
            self.opened.notify_all();
        }
    }

    /// Closes the region, waits for the workers inside it, and returns the first panic.
    fn close(&self) -> Option<Box<dyn Any + Send>> {
        self.lock().task = None;
        spin_until(|| self.running.load(Ordering::Acquire) == 0);
        let mut state = self.lock();
        while self.running.load(Ordering::Acquire) > 0 {
            state = self.left.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.panic.take()
    }

    /// A worker's life.
    fn work(&self, thread: usize) {
        let (mut seen, mut fetched) = (0, Progress::default());
        loop {
            spin_until(|| {
                self.ahead.fetch(thread, &mut fetched);
                self.epoch.load(Ordering::Acquire) != seen
            });
            let mut state = self.lock();
            while self.epoch.load(Ordering::Acquire) == seen && !state.ended {
                state.sleeping += 1;
                state = self.opened.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.sleeping -= 1;
            }
            if state.ended {
                return;
            }
            seen = self.epoch.load(Ordering::Acquire);
            let Some(task) = state.task else { continue };
            self.running.fetch_add(1, Ordering::Relaxed);
            drop(state);
            let result = catch_unwind(AssertUnwindSafe(|| task(thread)));
            let mut state = self.lock();
            if let Err(panic) = result {
                state.panic.get_or_insert(panic);
            }
            if self.running.fetch_sub(1, Ordering::Release) == 1 {
                self.left.notify_one();
            }
        }
    }
}

/// Spins until `done`, for [`SPIN`] at most.
fn spin_until(mut done: impl FnMut() -> bool) {
    let mut start = None;
    while !done() {
        for _ in 0..8 {
            std::hint::spin_loop();
        }
        if start.get_or_insert_with(Instant::now).elapsed() > SPIN {
            break;
        }
    }
}

/// A pointer that threads may share; whoever uses it answers for disjoint access.
pub(super) struct Shareable<T>(pub *mut T);

impl<T> Shareable<T> {
    /// The pointer. (A method, so that closures capture the wrapper and not the field.)
    pub(super) fn get(&self) -> *mut T {
        self.0
    }
}

// SAFETY: sending or sharing the address is harmless; every dereference states its own reason. `T: Send`
// because items are handed to other threads.
unsafe impl<T: Send> Send for Shareable<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Shareable<T> {}

/// The number of threads to use unless told otherwise: the physical cores that this process may use, with
/// processor affinity and, on Linux, cgroup limits taken into account.
pub fn default_threads() -> usize {
    let granted = std::thread::available_parallelism().map_or(1, |n| n.get());
    physical_cores().map_or(granted, |cores| granted.min(cores)).max(1)
}

/// The physical cores among the processors that this process may run on, where Linux tells.
fn physical_cores() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    let mut cores = std::collections::BTreeSet::new();
    for cpu in parse_cpu_list(allowed.trim())? {
        let file = format!("/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list");
        // Siblings share one list, so a core is counted once.
        cores.insert(std::fs::read_to_string(file).ok()?);
    }
    Some(cores.len()).filter(|&n| n > 0)
}

/// Processor numbers from the kernel's list format, `0-3,8`.
fn parse_cpu_list(list: &str) -> Option<Vec<usize>> {
    let mut cpus = Vec::new();
    for part in list.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        cpus.extend(first..=last.min(first + 4096));
    }
    Some(cpus)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn every_index_is_worked_once() {
        for threads in [1, 2, 3, 8] {
            let pool = Pool::new(threads);
            for count in [0, 1, 2, 7, 1000] {
                let hits: Vec<AtomicUsize> = (0..count).map(|_| AtomicUsize::new(0)).collect();
                pool.for_each(count, |i| {
                    hits[i].fetch_add(1, Ordering::Relaxed);
                });
                assert!(hits.iter().all(|h| h.load(Ordering::Relaxed) == 1), "{threads} threads, {count}");
            }
        }
    }

    #[test]
    fn chunks_cover_the_slice() {
        let pool = Pool::new(3);
        let mut data = vec![0usize; 1001];
        pool.for_each_chunk(&mut data, 10, |index, piece| {
            for (i, item) in piece.iter_mut().enumerate() {
                *item = index * 10 + i;
            }
        });
        assert!(data.iter().enumerate().all(|(i, &item)| i == item));
    }

    #[test]
    fn a_panic_is_passed_on_and_leaves_the_pool_usable() {
        let pool = Pool::new(4);
        for round in 0..20 {
            let result = catch_unwind(AssertUnwindSafe(|| {
                pool.for_each(64, |i| assert!(i != round, "on purpose"));
            }));
            assert!(result.is_err());
            let sum = AtomicUsize::new(0);
            pool.for_each(64, |i| {
                sum.fetch_add(i, Ordering::Relaxed);
            });
            assert_eq!(sum.into_inner(), 64 * 63 / 2);
        }
    }

    #[test]
    fn nested_and_concurrent_regions_finish() {
        let pool = Pool::new(2);
        let sum = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        pool.for_each(4, |_| {
                            pool.for_each(4, |i| {
                                sum.fetch_add(i, Ordering::Relaxed);
                            });
                        });
                    }
                });
            }
        });
        assert_eq!(sum.into_inner(), 3 * 50 * 4 * 6);
    }

    #[test]
    fn sleeping_workers_wake() {
        let pool = Pool::new(2);
        let threads = AtomicBool::new(false);
        let caller = std::thread::current().id();
        for _ in 0..100 {
            std::thread::sleep(SPIN * 4);
            pool.for_each(200, |_| {
                std::thread::sleep(Duration::from_micros(20));
                if std::thread::current().id() != caller {
                    threads.store(true, Ordering::Relaxed);
                }
            });
            if threads.load(Ordering::Relaxed) {
                return;
            }
        }
        panic!("no worker ever joined");
    }

    #[test]
    fn cpu_lists_are_read() {
        assert_eq!(parse_cpu_list("0-3,8"), Some(vec![0, 1, 2, 3, 8]));
        assert_eq!(parse_cpu_list("5"), Some(vec![5]));
        assert_eq!(parse_cpu_list(""), None);
        assert!(default_threads() >= 1);
    }
}
