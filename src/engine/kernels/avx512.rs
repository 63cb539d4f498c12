//! The AVX-512 form: `vpdpbusd` multiplies unsigned quants by signed activations, four inputs of sixteen
//! columns at a time.

use std::arch::asm;
use std::arch::x86_64::*;

use super::activations::Group;
use super::format::{COLUMNS, Format, VECTOR};
use super::tile::{Tile, Tiles};

/// Whether the processor has what this form needs.
pub(super) fn supported() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vnni")
}

/// How far ahead of their use the weights are fetched into the second cache, in bytes.
const AHEAD: usize = 16_384;

/// The product of groups of rows with some tiles: `out[row][tile][column]`.
///
/// # Safety
/// The processor must have what [`supported`] asks for.
pub(super) unsafe fn product(tiles: &Tiles<'_>, groups: &[Group<'_>], mut out: &mut [[f32; COLUMNS]]) {
    tiles.check(groups, out);
    for group in groups {
        let (of_group, others) = out.split_at_mut(group.rows * tiles.count);
        // SAFETY: passed on from the caller, and checked above.
        unsafe { one_group(tiles, group, of_group) };
        out = others;
    }
}

/// # Safety
/// As [`product`], and the tiles, the group and the results have the sizes that belong to each other.
unsafe fn one_group(tiles: &Tiles<'_>, group: &Group<'_>, out: &mut [[f32; COLUMNS]]) {
    /// Chooses the instance for the number of rows.
    macro_rules! by_rows {
        ($kernel:ident, $($rows:literal)*) => {
            match group.rows {
                $($rows => for (index, tile) in tiles.each().enumerate() {
                    // SAFETY: passed on from the caller.
                    unsafe { $kernel::<$rows>(&tile, group, &mut out[index..], tiles.count) }
                },)*
                rows => unreachable!("a group of {rows} rows"),
            }
        };
    }
    match tiles.format {
        Format::Q4_0 => by_rows!(q4_0, 1 2 3 4 5 6 7 8),
        Format::Q5_0 => by_rows!(q5_0, 1 2 3 4 5 6 7 8),
        Format::Q8_0 => by_rows!(q8_0, 1 2 3 4 5 6 7 8),
        Format::Q4K => by_rows!(q4_k, 1 2 3 4 5 6 7 8),
        Format::Q6K => by_rows!(q6_k, 1 2 3 4 5 6 7 8),
    }
}

/// Sums for each row.
type Sums<const R: usize> = [__m512i; R];

/// The activations of a group as the kernels read them: one word, or one scale, of one row in all lanes.
#[derive(Clone, Copy)]
struct Rows<const R: usize> {
    values: *const i32,
    scales: *const f32,
    corrections: *const i32,
}

impl<const R: usize> Rows<R> {
    fn new(group: &Group<'_>) -> Self {
        Self {
            values: group.values.as_ptr().cast(),
            scales: group.scales.as_ptr(),
            corrections: group.corrections.as_ptr(),
        }
    }

    /// Adds the product of a vector of quants with inputs `4 * word..` of every row to the sums.
    ///
    /// # Safety
    /// The group has that word.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    unsafe fn dot(self, sums: &mut Sums<R>, quants: __m512i, word: usize) {
        for (r, sum) in sums.iter_mut().enumerate() {
            // SAFETY: the caller's promise; the words may lie at any address.
            let x = unsafe { self.values.add(word * R + r).read_unaligned() };
            *sum = _mm512_dpbusd_epi32(*sum, quants, _mm512_set1_epi32(x));
        }
    }

    /// # Safety
    /// The group has that block.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    unsafe fn scale(self, block: usize, r: usize) -> __m512 {
        // SAFETY: the caller's promise.
        _mm512_set1_ps(unsafe { *self.scales.add(block * R + r) })
    }

    /// # Safety
    /// The group has that word of corrections.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    unsafe fn correction(self, word: usize, r: usize) -> __m512i {
        // SAFETY: the caller's promise.
        _mm512_set1_epi32(unsafe { *self.corrections.add(word * R + r) })
    }
}

/// # Safety
/// `from` points into a tile with 64 more bytes.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn load(from: *const u8) -> __m512i {
    // SAFETY: the caller's promise.
    unsafe { _mm512_loadu_si512(from.cast()) }
}

/// Sixteen f16 numbers.
///
/// # Safety
/// `from` points into a tile with 32 more bytes.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn load_f16(from: *const u8) -> __m512 {
    // SAFETY: the caller's promise.
    _mm512_cvtph_ps(unsafe { _mm256_loadu_si256(from.cast()) })
}

/// As [`load`]; fetches what will be needed a little later, too.
///
/// # Safety
/// As [`load`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn fetch(from: *const u8) -> __m512i {
    // SAFETY: passed on from the caller; an address to fetch may lie anywhere.
    unsafe {
        _mm_prefetch::<_MM_HINT_T1>(from.wrapping_add(AHEAD).cast());
        load(from)
    }
}

/// Fetches what stands as far ahead of a block's head, so that with [`fetch`] of its body all of a tile is fetched.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn fetch_heads(format: Format, head: *const u8) {
    for line in (0..format.head_bytes()).step_by(VECTOR) {
        _mm_prefetch::<_MM_HINT_T1>(head.wrapping_add(AHEAD + line).cast());
    }
}

/// As [`load`], for a vector that was loaded a little earlier: reads it from the first cache once more, since
/// there are not the registers to keep it.
///
/// # Safety
/// As [`load`], and `from` is a multiple of 64.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn again(from: *const u8) -> __m512i {
    // SAFETY: the caller's promise.
    unsafe { from.cast::<__m512i>().read_volatile() }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn low_nibbles(quants: __m512i) -> __m512i {
    _mm512_and_si512(quants, _mm512_set1_epi8(15))
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn high_nibbles(quants: __m512i) -> __m512i {
    low_nibbles(_mm512_srli_epi16::<4>(quants))
}

/// `low | (high & mask)`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn or_masked(low: __m512i, high: __m512i, mask: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<0b1111_1000>(low, high, mask)
}

/// `sum` plus the products of pairs of 16-bit integers, in one instruction: for processors in general the compiler
/// makes two of the intrinsic, and this is where sums that are not the bulk of a product cost the most.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn dot_pairs(mut sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
    // SAFETY: it reads and writes registers only, and the processor has the instruction.
    unsafe {
        asm!(
            "vpdpwssd {sum}, {a}, {b}",
            sum = inout(zmm_reg) sum, a = in(zmm_reg) a, b = in(zmm_reg) b,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sum
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn store<const R: usize>(total: [__m512; R], out: &mut [[f32; COLUMNS]], stride: usize) {
    for (total, out) in total.into_iter().zip(out.iter_mut().step_by(stride)) {
        // SAFETY: `out` holds sixteen numbers.
        unsafe { _mm512_storeu_ps(out.as_mut_ptr(), total) };
    }
}

/// # Safety
/// The processor must have the features; the tile and the group must have passed [`Tiles::check`]. The same
/// holds for the other kernels. Every address below then lies inside head or body `index` of the tile, or
/// is one of the group's words for block `index`.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn q4_k<const R: usize>(
    tile: &Tile<'_>,
    group: &Group<'_>,
    out: &mut [[f32; COLUMNS]],
    stride: usize,
) {
    let rows = Rows::<R>::new(group);
    let mut total = [_mm512_setzero_ps(); R];
    for index in 0..tile.blocks {
        // SAFETY: see above.
        unsafe {
            let (head, body) = (tile.head_ptr(index), tile.body_ptr(index));
            fetch_heads(Format::Q4K, head);
            let scales = head.add(4 * COLUMNS);
            let mut sum = [_mm512_setzero_si512(); R];
            for pair in 0..4 {
                let (body, word) = (body.add(8 * pair * VECTOR), index * 64 + 16 * pair);
                q4_k_part::<R, false>(rows, body, word, scales.add(2 * pair * COLUMNS), &mut sum);
                q4_k_part::<R, true>(rows, body, word + 8, scales.add((2 * pair + 1) * COLUMNS), &mut sum);
            }
            let mut minimum = [_mm512_setzero_si512(); R];
            for p in 0..4 {
                let mins = head.add((12 + 2 * p) * COLUMNS);
                let mins = _mm512_cvtepu8_epi16(_mm256_loadu_si256(mins.cast()));
                for (r, minimum) in minimum.iter_mut().enumerate() {
                    *minimum = dot_pairs(*minimum, mins, rows.correction(index * 4 + p, r));
                }
            }
            let (d, dmin) = (load_f16(head), load_f16(head.add(2 * COLUMNS)));
            for r in 0..R {
                let value = _mm512_mul_ps(d, _mm512_cvtepi32_ps(sum[r]));
                let value = _mm512_fnmadd_ps(dmin, _mm512_cvtepi32_ps(minimum[r]), value);
                total[r] = _mm512_fmadd_ps(rows.scale(index, r), value, total[r]);
            }
        }
    }
    store(total, out, stride);
}

/// Adds 32 inputs, which are the low or the `HIGH` nibbles of eight vectors.
///
/// # Safety
/// As [`q4_k`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn q4_k_part<const R: usize, const HIGH: bool>(
    rows: Rows<R>,
    body: *const u8,
    word: usize,
    scales: *const u8,
    sum: &mut Sums<R>,
) {
    let mut part = [_mm512_setzero_si512(); R];
    for g in 0..8 {
        // SAFETY: the vectors lie inside the body and the words inside the block.
        unsafe {
            let quants = body.add(g * VECTOR);
            let quants = if HIGH { high_nibbles(load(quants)) } else { low_nibbles(fetch(quants)) };
            rows.dot(&mut part, quants, word + g);
        }
    }
    // SAFETY: the scales lie inside the head.
    let scale = _mm512_cvtepu8_epi32(unsafe { _mm_loadu_si128(scales.cast()) });
    for r in 0..R {
        sum[r] = _mm512_add_epi32(sum[r], _mm512_mullo_epi32(part[r], scale));
    }
}

/// # Safety
/// As [`q4_k`].
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn q6_k<const R: usize>(
    tile: &Tile<'_>,
    group: &Group<'_>,
    out: &mut [[f32; COLUMNS]],
    stride: usize,
) {
    let rows = Rows::<R>::new(group);
    let mut total = [_mm512_setzero_ps(); R];
    for index in 0..tile.blocks {
        // SAFETY: see above.
        unsafe {
            let (head, body) = (tile.head_ptr(index), tile.body_ptr(index));
            fetch_heads(Format::Q6K, head);
            let scales = |p: usize| {
                let scales = head.add((2 + 2 * p) * COLUMNS);
                _mm512_cvtepi8_epi16(_mm256_loadu_si256(scales.cast()))
            };
            // Whole numbers below 2^24 times 16, so all but the last bits of these sums are exact.
            let mut sum = [_mm512_setzero_ps(); R];
            for half in 0..2 {
                let body = body.add(half * 24 * VECTOR);
                let word = index * 64 + half * 32;
                q6_k_field::<R, 0>(rows, body, word, scales(4 * half), &mut sum);
                q6_k_field::<R, 1>(rows, body, word, scales(4 * half + 1), &mut sum);
                q6_k_field::<R, 2>(rows, body, word, scales(4 * half + 2), &mut sum);
                q6_k_field::<R, 3>(rows, body, word, scales(4 * half + 3), &mut sum);
            }
            let mut offset = [_mm512_setzero_si512(); R];
            for p in 0..8 {
                let scales = scales(p);
                for (r, offset) in offset.iter_mut().enumerate() {
                    *offset = dot_pairs(*offset, scales, rows.correction(index * 8 + p, r));
                }
            }
            let d = load_f16(head);
            for r in 0..R {
                let offset = _mm512_cvtepi32_ps(_mm512_slli_epi32::<5>(offset[r]));
                let value = _mm512_mul_ps(d, _mm512_sub_ps(sum[r], offset));
                total[r] = _mm512_fmadd_ps(rows.scale(index, r), value, total[r]);
            }
        }
    }
    store(total, out, stride);
}

/// Adds the 32 inputs of a field. `body` is that of the half, `word` its first word of activations; the
/// scales are pairs of 16-bit integers, for the first and the second 16 inputs.
///
/// # Safety
/// As [`q4_k`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn q6_k_field<const R: usize, const FIELD: usize>(
    rows: Rows<R>,
    body: *const u8,
    word: usize,
    scales: __m512i,
    sum: &mut [__m512; R],
) {
    let mask = _mm512_set1_epi8(0x30);
    for part in 0..2 {
        let mut sums = [_mm512_setzero_si512(); R];
        for g in 4 * part..4 * part + 4 {
            // SAFETY: the vectors lie inside the body and the words inside the block.
            unsafe {
                let (quants, upper) = (body.add((FIELD % 2 * 8 + g) * VECTOR), body.add((16 + g) * VECTOR));
                let quants = match FIELD {
                    0 => or_masked(low_nibbles(fetch(quants)), _mm512_slli_epi16::<4>(fetch(upper)), mask),
                    1 => or_masked(low_nibbles(fetch(quants)), _mm512_slli_epi16::<2>(again(upper)), mask),
                    2 => or_masked(high_nibbles(again(quants)), again(upper), mask),
                    _ => or_masked(high_nibbles(again(quants)), _mm512_srli_epi16::<2>(again(upper)), mask),
                };
                rows.dot(&mut sums, quants, word + 8 * FIELD + g);
            }
        }
        let scale = match part {
            0 => _mm512_srai_epi32::<16>(_mm512_slli_epi32::<16>(scales)),
            _ => _mm512_srai_epi32::<16>(scales),
        };
        let scale = _mm512_cvtepi32_ps(scale);
        for r in 0..R {
            sum[r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums[r]), scale, sum[r]);
        }
    }
}

/// Sums that begin with the corrections of a block of 32 inputs.
///
/// # Safety
/// As [`q4_k`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn begin_block<const R: usize>(rows: Rows<R>, index: usize) -> Sums<R> {
    // SAFETY: passed on from the caller.
    std::array::from_fn(|r| unsafe { rows.correction(index, r) })
}

/// Adds the sums of a block of 32 inputs to the totals.
///
/// # Safety
/// As [`q4_k`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn end_block<const R: usize>(
    rows: Rows<R>,
    index: usize,
    head: *const u8,
    sums: Sums<R>,
    total: &mut [__m512; R],
) {
    // SAFETY: passed on from the caller.
    unsafe {
        let d = load_f16(head);
        for r in 0..R {
            let scale = _mm512_mul_ps(d, rows.scale(index, r));
            total[r] = _mm512_fmadd_ps(scale, _mm512_cvtepi32_ps(sums[r]), total[r]);
        }
    }
}

/// # Safety
/// As [`q4_k`].
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn q4_0<const R: usize>(
    tile: &Tile<'_>,
    group: &Group<'_>,
    out: &mut [[f32; COLUMNS]],
    stride: usize,
) {
    let rows = Rows::<R>::new(group);
    let mut total = [_mm512_setzero_ps(); R];
    for index in 0..tile.blocks {
        // SAFETY: see above.
        unsafe {
            let body = tile.body_ptr(index);
            let mut sums = begin_block(rows, index);
            for g in 0..4 {
                let quants = fetch(body.add(g * VECTOR));
                rows.dot(&mut sums, low_nibbles(quants), index * 8 + g);
                rows.dot(&mut sums, high_nibbles(quants), index * 8 + 4 + g);
            }
            end_block(rows, index, tile.head_ptr(index), sums, &mut total);
        }
    }
    store(total, out, stride);
}

/// # Safety
/// As [`q4_k`].
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn q5_0<const R: usize>(
    tile: &Tile<'_>,
    group: &Group<'_>,
    out: &mut [[f32; COLUMNS]],
    stride: usize,
) {
    let rows = Rows::<R>::new(group);
    let mask = _mm512_set1_epi8(0x10);
    let mut total = [_mm512_setzero_ps(); R];
    for index in 0..tile.blocks {
        // SAFETY: see above.
        unsafe {
            let body = tile.body_ptr(index);
            let mut sums = begin_block(rows, index);
            let mut upper = fetch(body.add(4 * VECTOR));
            for g in 0..4 {
                let quants = fetch(body.add(g * VECTOR));
                // The bits of this vector are 0 and 4 of `upper`; 4 is where a fifth bit belongs.
                let low = or_masked(low_nibbles(quants), _mm512_slli_epi16::<4>(upper), mask);
                let high = or_masked(high_nibbles(quants), upper, mask);
                upper = _mm512_srli_epi16::<1>(upper);
                rows.dot(&mut sums, low, index * 8 + g);
                rows.dot(&mut sums, high, index * 8 + 4 + g);
            }
            end_block(rows, index, tile.head_ptr(index), sums, &mut total);
        }
    }
    store(total, out, stride);
}

/// # Safety
/// As [`q4_k`].
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn q8_0<const R: usize>(
    tile: &Tile<'_>,
    group: &Group<'_>,
    out: &mut [[f32; COLUMNS]],
    stride: usize,
) {
    let rows = Rows::<R>::new(group);
    let mut total = [_mm512_setzero_ps(); R];
    for index in 0..tile.blocks {
        // SAFETY: see above.
        unsafe {
            let body = tile.body_ptr(index);
            let mut sums = begin_block(rows, index);
            for g in 0..8 {
                rows.dot(&mut sums, fetch(body.add(g * VECTOR)), index * 8 + g);
            }
            end_block(rows, index, tile.head_ptr(index), sums, &mut total);
        }
    }
    store(total, out, stride);
}
