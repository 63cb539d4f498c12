//! Kernels for a few rows: the quants are unpacked where they are used. Each half (eight columns) of a vector is
//! worked by itself.

use std::arch::x86_64::*;

use super::super::activations::Group;
use super::super::format::{COLUMNS, Format, VECTOR};
use super::super::tile::{Tile, Tiles};
use super::{HALF, Rows, load_f16, nibbles, or_masked};

/// How far ahead of their use the weights are fetched, in bytes.
const AHEAD: usize = 2048;

/// The product of a group of rows with some tiles: `out[row][tile][column]`.
///
/// # Safety
/// The processor must have the features; the tiles, the group and the results must have the sizes that belong to
/// each other.
pub(super) unsafe fn product(tiles: &Tiles<'_>, group: &Group<'_>, out: &mut [[f32; COLUMNS]]) {
    for (index, tile) in tiles.each().enumerate() {
        // There are registers for the sums of four rows.
        for first in (0..group.rows).step_by(4) {
            let out = &mut out[first * tiles.count + index..];
            // SAFETY: passed on from the caller.
            unsafe {
                match group.rows - first {
                    1 => by_format::<1>(&tile, group, first, out, tiles.count),
                    2 => by_format::<2>(&tile, group, first, out, tiles.count),
                    3 => by_format::<3>(&tile, group, first, out, tiles.count),
                    _ => by_format::<4>(&tile, group, first, out, tiles.count),
                }
            }
        }
    }
}

/// The product of the `R` rows from `first`.
///
/// # Safety
/// As [`product`]; the group has those rows.
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn by_format<const R: usize>(
    tile: &Tile<'_>,
    group: &Group<'_>,
    first: usize,
    out: &mut [[f32; COLUMNS]],
    stride: usize,
) {
    let rows = Rows::<R>::new(group, first, group.rows);
    let mut totals = [[_mm256_setzero_ps(); R]; 2];
    for index in 0..tile.blocks {
        for (side, total) in totals.iter_mut().enumerate() {
            let (head, body) = (tile.head_ptr(index), tile.body_ptr(index).wrapping_add(side * VECTOR / 2));
            // SAFETY: passed on from the caller; the block is below `blocks` and `side` is 0 or 1.
            unsafe {
                match tile.format {
                    Format::Q4_0 => q4_0(rows, index, head.add(2 * HALF * side), body, total),
                    Format::Q5_0 => q5_0(rows, index, head.add(2 * HALF * side), body, total),
                    Format::Q8_0 => q8_0(rows, index, head.add(2 * HALF * side), body, total),
                    Format::Q4K => q4_k(rows, index, head, body, side, total),
                    Format::Q6K => q6_k(rows, index, head, body, side, total),
                }
            }
        }
    }
    for (side, total) in totals.iter().enumerate() {
        for (total, out) in total.iter().zip(out.iter_mut().step_by(stride)) {
            // SAFETY: eight of the row's sixteen numbers, the first or the last.
            unsafe { _mm256_storeu_ps(out[HALF * side..].as_mut_ptr(), *total) };
        }
    }
}

/// 16-bit or 32-bit sums for each row.
type Sums<const R: usize> = [__m256i; R];

impl<const R: usize> Rows<R> {
    /// Adds the product of quants with inputs `4 * word..` of every row to the 16-bit sums.
    ///
    /// # Safety
    /// The group has that word.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn dot(self, sums: &mut Sums<R>, quants: __m256i, word: usize) {
        for (r, sum) in sums.iter_mut().enumerate() {
            // SAFETY: the caller's promise.
            let x = unsafe { self.word(word, r) };
            *sum = _mm256_add_epi16(*sum, _mm256_maddubs_epi16(quants, x));
        }
    }
}

/// # Safety
/// `from` points into a body with 32 more bytes.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn load(from: *const u8) -> __m256i {
    _mm_prefetch::<_MM_HINT_T0>(from.wrapping_add(AHEAD).cast());
    // SAFETY: the caller's promise.
    unsafe { _mm256_loadu_si256(from.cast()) }
}

/// Adds 16-bit sums, times pairs of 16-bit factors, to 32-bit sums.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn widen<const R: usize>(sum: &mut Sums<R>, narrow: &Sums<R>, factors: __m256i) {
    for (sum, narrow) in sum.iter_mut().zip(narrow) {
        *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(*narrow, factors));
    }
}

/// # Safety
/// The processor must have the features. `head` and `body` must be those of block `index`, `body` at its
/// first byte for this side's columns, and the rows must have that block. The same holds for the other
/// kernels.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn q4_k<const R: usize>(
    rows: Rows<R>,
    index: usize,
    head: *const u8,
    body: *const u8,
    side: usize,
    total: &mut [__m256; R],
) {
    // SAFETY: see above.
    unsafe {
        let scale = |j: usize| {
            let scale = head.add((4 + j) * COLUMNS + side * HALF);
            let scale = _mm256_cvtepu8_epi32(_mm_loadl_epi64(scale.cast()));
            _mm256_or_si256(scale, _mm256_slli_epi32::<16>(scale))
        };
        let mut sum = [_mm256_setzero_si256(); R];
        for c in 0..4 {
            // 8 · 2 · 15 · 127 fits 16 bits.
            let (mut low, mut high) = ([_mm256_setzero_si256(); R], [_mm256_setzero_si256(); R]);
            for g in 0..8 {
                let (a, b) = nibbles(load(body.add((8 * c + g) * VECTOR)));
                rows.dot(&mut low, a, index * 64 + 16 * c + g);
                rows.dot(&mut high, b, index * 64 + 16 * c + 8 + g);
            }
            widen(&mut sum, &low, scale(2 * c));
            widen(&mut sum, &high, scale(2 * c + 1));
        }
        let mut minimum = [_mm256_setzero_si256(); R];
        for p in 0..4 {
            let mins = head.add((12 + 2 * p) * COLUMNS + side * 2 * HALF);
            let mins = _mm256_cvtepu8_epi16(_mm_loadu_si128(mins.cast()));
            for (r, minimum) in minimum.iter_mut().enumerate() {
                let products = _mm256_madd_epi16(mins, rows.correction(index * 4 + p, r));
                *minimum = _mm256_add_epi32(*minimum, products);
            }
        }
        let d = load_f16(head.add(2 * HALF * side));
        let dmin = load_f16(head.add(2 * COLUMNS + 2 * HALF * side));
        for r in 0..R {
            let value = _mm256_mul_ps(d, _mm256_cvtepi32_ps(sum[r]));
            let value = _mm256_fnmadd_ps(dmin, _mm256_cvtepi32_ps(minimum[r]), value);
            total[r] = _mm256_fmadd_ps(rows.scale(index, r), value, total[r]);
        }
    }
}

/// # Safety
/// As [`q4_k`].
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn q6_k<const R: usize>(
    rows: Rows<R>,
    index: usize,
    head: *const u8,
    body: *const u8,
    side: usize,
    total: &mut [__m256; R],
) {
    // SAFETY: see above.
    unsafe {
        let scales = |p: usize| {
            let scales = head.add((2 + 2 * p) * COLUMNS + side * 2 * HALF);
            _mm256_cvtepi8_epi16(_mm_loadu_si128(scales.cast()))
        };
        let mut sum = [_mm256_setzero_si256(); R];
        for half in 0..2 {
            let body = body.add(half * 24 * VECTOR);
            let word = index * 64 + half * 32;
            let [a, b, c, d] = [0, 1, 2, 3].map(|field| scales(4 * half + field));
            q6_k_field::<R, 0>(rows, body, word, a, c, &mut sum);
            q6_k_field::<R, 1>(rows, body, word, b, d, &mut sum);
        }
        let mut offset = [_mm256_setzero_si256(); R];
        for p in 0..8 {
            let scales = scales(p);
            for (r, offset) in offset.iter_mut().enumerate() {
                let products = _mm256_madd_epi16(scales, rows.correction(index * 8 + p, r));
                *offset = _mm256_add_epi32(*offset, products);
            }
        }
        let d = load_f16(head.add(2 * HALF * side));
        for r in 0..R {
            let sum = _mm256_sub_epi32(sum[r], _mm256_slli_epi32::<5>(offset[r]));
            let value = _mm256_mul_ps(d, _mm256_cvtepi32_ps(sum));
            total[r] = _mm256_fmadd_ps(rows.scale(index, r), value, total[r]);
        }
    }
}

/// Adds the 32 inputs of each of the fields `FIELD` and `FIELD + 2`, which share their vectors of nibbles.
/// `body` is that of the half, `word` its first word of activations; the scales are pairs of 16-bit
/// integers, one for each 16 inputs.
///
/// # Safety
/// As [`q4_k`].
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn q6_k_field<const R: usize, const FIELD: usize>(
    rows: Rows<R>,
    body: *const u8,
    word: usize,
    scales_low: __m256i,
    scales_high: __m256i,
    sum: &mut Sums<R>,
) {
    let mask = _mm256_set1_epi8(0x30);
    for pair in 0..4 {
        // 2 · 2 · 63 · 127 fits 16 bits.
        let (mut low, mut high) = ([_mm256_setzero_si256(); R], [_mm256_setzero_si256(); R]);
        for g in [2 * pair, 2 * pair + 1] {
            // SAFETY: the vectors lie inside the body and the words inside the block.
            unsafe {
                let (a, b) = nibbles(load(body.add((8 * FIELD + g) * VECTOR)));
                let upper = load(body.add((16 + g) * VECTOR));
                let (to_a, to_b) = match FIELD {
                    0 => (_mm256_slli_epi16::<4>(upper), upper),
                    _ => (_mm256_slli_epi16::<2>(upper), _mm256_srli_epi16::<2>(upper)),
                };
                let word = word + 8 * FIELD + g;
                rows.dot(&mut low, or_masked(a, to_a, mask), word);
                rows.dot(&mut high, or_masked(b, to_b, mask), word + 16);
            }
        }
        // The scale of these 16 inputs, twice.
        let twice = |pairs: __m256i| match pair {
            0 | 1 => _mm256_shufflehi_epi16::<0b10_10_00_00>(_mm256_shufflelo_epi16::<0b10_10_00_00>(pairs)),
            _ => _mm256_shufflehi_epi16::<0b11_11_01_01>(_mm256_shufflelo_epi16::<0b11_11_01_01>(pairs)),
        };
        widen(sum, &low, twice(scales_low));
        widen(sum, &high, twice(scales_high));
    }
}

/// Adds a block of 32 inputs to the totals; `sum` holds 32-bit sums.
///
/// # Safety
/// As [`q4_k`].
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn add_block<const R: usize>(
    rows: Rows<R>,
    index: usize,
    head: *const u8,
    sum: Sums<R>,
    total: &mut [__m256; R],
) {
    // SAFETY: passed on from the caller.
    unsafe {
        let d = load_f16(head);
        for r in 0..R {
            let scale = _mm256_mul_ps(d, rows.scale(index, r));
            total[r] = _mm256_fmadd_ps(scale, _mm256_cvtepi32_ps(sum[r]), total[r]);
        }
    }
}

/// # Safety
/// As [`q4_k`], with `head` at this side's scales.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn q4_0<const R: usize>(
    rows: Rows<R>,
    index: usize,
    head: *const u8,
    body: *const u8,
    total: &mut [__m256; R],
) {
    // SAFETY: see above.
    unsafe {
        // 8 · 2 · 15 · 127 fits 16 bits.
        let mut narrow = [_mm256_setzero_si256(); R];
        for g in 0..4 {
            let (a, b) = nibbles(load(body.add(g * VECTOR)));
            rows.dot(&mut narrow, a, index * 8 + g);
            rows.dot(&mut narrow, b, index * 8 + 4 + g);
        }
        let mut sum = std::array::from_fn(|r| rows.correction(index, r));
        widen(&mut sum, &narrow, _mm256_set1_epi16(1));
        add_block(rows, index, head, sum, total);
    }
}

/// # Safety
/// As [`q4_0`].
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn q5_0<const R: usize>(
    rows: Rows<R>,
    index: usize,
    head: *const u8,
    body: *const u8,
    total: &mut [__m256; R],
) {
    let mask = _mm256_set1_epi8(0x10);
    // SAFETY: see above.
    unsafe {
        // 4 · 2 · 31 · 127 fits 16 bits.
        let (mut low, mut high) = ([_mm256_setzero_si256(); R], [_mm256_setzero_si256(); R]);
        let mut upper = load(body.add(4 * VECTOR));
        for g in 0..4 {
            let (a, b) = nibbles(load(body.add(g * VECTOR)));
            // The bits of this vector are 0 and 4 of `upper`; 4 is where a fifth bit belongs.
            let a = or_masked(a, _mm256_slli_epi16::<4>(upper), mask);
            let b = or_masked(b, upper, mask);
            upper = _mm256_srli_epi16::<1>(upper);
            rows.dot(&mut low, a, index * 8 + g);
            rows.dot(&mut high, b, index * 8 + 4 + g);
        }
        let mut sum = std::array::from_fn(|r| rows.correction(index, r));
        widen(&mut sum, &low, _mm256_set1_epi16(1));
        widen(&mut sum, &high, _mm256_set1_epi16(1));
        add_block(rows, index, head, sum, total);
    }
}

/// Unsigned quants of 8 bits would overflow 16-bit sums, so the magnitudes of the signed ones are multiplied
/// by activations that took over their signs; the correction is then not needed.
///
/// # Safety
/// As [`q4_0`].
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn q8_0<const R: usize>(
    rows: Rows<R>,
    index: usize,
    head: *const u8,
    body: *const u8,
    total: &mut [__m256; R],
) {
    // SAFETY: see above.
    unsafe {
        let mut sum = [_mm256_setzero_si256(); R];
        for g in 0..8 {
            let signed = _mm256_xor_si256(load(body.add(g * VECTOR)), _mm256_set1_epi8(-128));
            let magnitude = _mm256_abs_epi8(signed);
            // 2 · 128 · 127 fits 16 bits.
            let narrow = std::array::from_fn(|r| {
                let x = _mm256_sign_epi8(rows.word(index * 8 + g, r), signed);
                _mm256_maddubs_epi16(magnitude, x)
            });
            widen(&mut sum, &narrow, _mm256_set1_epi16(1));
        }
        add_block(rows, index, head, sum, total);
    }
}
