//! Small operations on the rows of a step, shared out to threads.

use crate::engine::kernels::Pool;

/// What a thread takes at once, in numbers: so much that waking it is worth it, and so little that no work stays on one.
const AT_ONCE: usize = 1 << 14;

/// Calls `f` with rows of `x`, `[rows, width]`, and the index of the first.
pub(crate) fn by_rows(x: &mut [f32], width: usize, pool: &Pool, f: impl Fn(usize, &mut [f32]) + Sync) {
    let rows = (AT_ONCE / width).max(1);
    pool.for_each_chunk(x, rows * width, |index, x| f(index * rows, x));
}

/// Calls `f` with rows of `a` and the same rows of `b`, both `[rows, width]`.
pub(crate) fn zip_rows(
    a: &mut [f32],
    b: &[f32],
    width: usize,
    pool: &Pool,
    f: impl Fn(&mut [f32], &[f32]) + Sync,
) {
    by_rows(a, width, pool, |first, a| f(a, &b[first * width..][..a.len()]));
}
