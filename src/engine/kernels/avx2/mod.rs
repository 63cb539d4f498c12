//! The AVX2 form: `vpmaddubsw` multiplies unsigned quants by signed activations into 16-bit sums, which are
//! widened before they can overflow.

use std::arch::x86_64::*;

use super::activations::Group;
use super::format::COLUMNS;
use super::tile::Tiles;

mod few;
mod many;

/// Whether the processor has what this form needs.
pub(super) fn supported() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c")
}

/// Columns in a register.
const HALF: usize = COLUMNS / 2;

/// The product of groups of rows with some tiles: `out[row][tile][column]`.
///
/// # Safety
/// The processor must have what [`supported`] asks for.
pub(super) unsafe fn product(tiles: &Tiles<'_>, groups: &[Group<'_>], out: &mut [[f32; COLUMNS]]) {
    tiles.check(groups, out);
    // SAFETY: passed on from the caller, and checked above.
    unsafe {
        match groups {
            [group] => few::product(tiles, group, out),
            groups => many::product(tiles, groups, out),
        }
    }
}

/// The activations of some rows of a group: one word, or one scale, of one row in all lanes.
#[derive(Clone, Copy)]
struct Rows<const R: usize> {
    stride: usize,
    values: *const i32,
    scales: *const f32,
    corrections: *const i32,
}

impl<const R: usize> Rows<R> {
    /// The `R` rows from `first` of a group that has `stride` rows.
    #[inline]
    fn new(group: &Group<'_>, first: usize, stride: usize) -> Self {
        Self {
            stride,
            values: group.values.as_ptr().cast::<i32>().wrapping_add(first),
            scales: group.scales.as_ptr().wrapping_add(first),
            corrections: group.corrections.as_ptr().wrapping_add(first),
        }
    }

    /// Where inputs `4 * word..` of the rows are.
    #[inline]
    fn words(self, word: usize) -> *const i32 {
        self.values.wrapping_add(word * self.stride)
    }

    /// Inputs `4 * word..` of a row.
    ///
    /// # Safety
    /// The group has that word.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn word(self, word: usize, r: usize) -> __m256i {
        // SAFETY: the caller's promise; the words may lie at any address.
        _mm256_set1_epi32(unsafe { self.words(word).add(r).read_unaligned() })
    }

    /// # Safety
    /// The group has that block.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn scale(self, block: usize, r: usize) -> __m256 {
        // SAFETY: the caller's promise.
        _mm256_set1_ps(unsafe { *self.scales.add(block * self.stride + r) })
    }

    /// # Safety
    /// The group has that word of corrections.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn correction(self, word: usize, r: usize) -> __m256i {
        // SAFETY: the caller's promise.
        _mm256_set1_epi32(unsafe { *self.corrections.add(word * self.stride + r) })
    }
}

/// Eight f16 numbers.
///
/// # Safety
/// `from` points into a head with 16 more bytes.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn load_f16(from: *const u8) -> __m256 {
    // SAFETY: the caller's promise.
    _mm256_cvtph_ps(unsafe { _mm_loadu_si128(from.cast()) })
}

/// The low and the high nibbles.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn nibbles(quants: __m256i) -> (__m256i, __m256i) {
    let mask = _mm256_set1_epi8(15);
    (_mm256_and_si256(quants, mask), _mm256_and_si256(_mm256_srli_epi16::<4>(quants), mask))
}

/// `low | (high & mask)`.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn or_masked(low: __m256i, high: __m256i, mask: __m256i) -> __m256i {
    _mm256_or_si256(low, _mm256_and_si256(high, mask))
}
