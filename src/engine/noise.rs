//! Numbers for the tests of this room.

/// Numbers between -1 and 1 without a pattern, the same for the same `seed`.
pub(crate) fn noise(seed: usize, len: usize) -> Vec<f32> {
    (0..len).map(|i| ((i * 7919 + seed * 104_729) as f32 * 0.37).sin()).collect()
}
