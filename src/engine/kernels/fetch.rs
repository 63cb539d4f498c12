//! Fetching: asking for memory a little before it is needed.

/// Fetches numbers that will be written when the product is done, so that nothing waits for them then.
pub(super) fn fetch_to_write(first: *const f32, len: usize) {
    fetch_lines(first.cast(), len * size_of::<f32>());
}

/// Fetches numbers that will be read soon from places that the processor does not foresee.
pub(crate) fn fetch<T>(numbers: &[T]) {
    fetch_lines(numbers.as_ptr().cast(), size_of_val(numbers));
}

/// Fetches `bytes` from an address, line by line.
pub(super) fn fetch_lines(first: *const u8, bytes: usize) {
    #[cfg(target_arch = "x86_64")]
    for line in (0..bytes).step_by(64) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: an address to fetch may lie anywhere.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(first.wrapping_add(line).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (first, bytes);
}
