//! Kernels for many rows: a block of a tile is unpacked once, a byte for each quant, and multiplied with four
//! rows after four. The two halves (eight columns) of its vectors share the activations.
//!
//! The results are those of `few` to the last bit: sums of integers are exact, and what follows them is the same.

use std::arch::asm;
use std::arch::x86_64::*;

use super::super::activations::{Group, ROWS};
use super::super::format::{COLUMNS, Format, VECTOR};
use super::super::tile::{Tile, Tiles};
use super::{HALF, Rows, few, load_f16, nibbles, or_masked};

/// Rows that are worked together; there are registers for the 16-bit sums of four.
const R: usize = 4;

/// How far ahead of their use the weights are fetched, in bytes.
const AHEAD: usize = 4096;

/// Sums of each row for both halves.
type Sums = [[__m256i; 2]; R];

/// The product of groups of rows with some tiles: `out[row][tile][column]`.
///
/// # Safety
/// The processor must have the features; the tiles, the groups and the results must have the sizes that belong to
/// each other.
pub(super) unsafe fn product(tiles: &Tiles<'_>, groups: &[Group<'_>], out: &mut [[f32; COLUMNS]]) {
    let full = match tiles.format {
        Format::Q4K | Format::Q6K => groups.iter().take_while(|group| group.rows == ROWS).count(),
        Format::Q4_0 | Format::Q5_0 | Format::Q8_0 => 0,
    };
    let (full, rest) = groups.split_at(full);
    let (out, out_of_rest) = out.split_at_mut(full.len() * ROWS * tiles.count);
    if !full.is_empty() {
        for (index, tile) in tiles.each().enumerate() {
            // SAFETY: passed on from the caller; these groups have all the rows that a group can have.
            unsafe { one_tile(&tile, full, &mut out[index..], tiles.count) };
        }
    }
    let mut out = out_of_rest;
    for group in rest {
        let (of_group, others) = out.split_at_mut(group.rows * tiles.count);
        // SAFETY: passed on from the caller.
        unsafe { few::product(tiles, group, of_group) };
        out = others;
    }
}

/// # Safety
/// As [`product`], and the groups are full.
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn one_tile(tile: &Tile<'_>, groups: &[Group<'_>], out: &mut [[f32; COLUMNS]], stride: usize) {
    out.iter_mut().step_by(stride).for_each(|out| *out = [0.0; COLUMNS]);
    let mut block = Block::empty();
    for index in 0..tile.blocks {
        // SAFETY: the tile has this block.
        unsafe {
            match tile.format {
                Format::Q6K => block.unpack_q6_k(tile.head_ptr(index), tile.body_ptr(index)),
                _ => block.unpack_q4_k(tile.head_ptr(index), tile.body_ptr(index)),
            }
        }
        for (g, group) in groups.iter().enumerate() {
            for first in (0..ROWS).step_by(R) {
                let rows = Rows::<R>::new(group, first, ROWS);
                // SAFETY: the group has these rows, and they have this block.
                unsafe {
                    let values = match tile.format {
                        Format::Q6K => block.q6_k(rows, index),
                        _ => block.q4_k(rows, index),
                    };
                    add_scaled(&values, rows, index, &mut out[(g * ROWS + first) * stride..], stride);
                }
            }
        }
    }
}

/// Adds the values of a block, times the rows' scales, to the results of the rows, `stride` apart.
///
/// # Safety
/// The rows must have block `index`.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn add_scaled(
    values: &Values,
    rows: Rows<R>,
    index: usize,
    out: &mut [[f32; COLUMNS]],
    stride: usize,
) {
    for (r, values) in values.iter().enumerate() {
        let out = &mut out[r * stride];
        for (value, half) in values.iter().zip(out.as_chunks_mut::<HALF>().0) {
            // SAFETY: the caller's promise; half a row of results is a vector.
            unsafe {
                let total = _mm256_loadu_ps(half.as_ptr());
                _mm256_storeu_ps(half.as_mut_ptr(), _mm256_fmadd_ps(rows.scale(index, r), *value, total));
            }
        }
    }
}

/// The values of a block's products before the rows' scales.
type Values = [[__m256; 2]; R];

/// A vector for both halves.
type Pair = [__m256i; 2];

/// An unpacked block of 256 inputs.
struct Block {
    /// `[input / 4]`, for each column four inputs.
    quants: [Pair; 64],
    /// For each part of the block and each column its scale, twice, in 16 bits.
    scales: [Pair; 16],
    /// What the corrections are multiplied by, pairs of 16-bit integers for each column.
    offsets: [Pair; 8],
    d: [__m256; 2],
    dmin: [__m256; 2],
}

impl Block {
    #[target_feature(enable = "avx2,fma,f16c")]
    fn empty() -> Self {
        let (zero, pair) = ([_mm256_setzero_ps(); 2], [_mm256_setzero_si256(); 2]);
        Self { quants: [pair; 64], scales: [pair; 16], offsets: [pair; 8], d: zero, dmin: zero }
    }

    /// # Safety
    /// The processor must have the features; `head` and `body` must be those of a block of that format. The same
    /// holds for the other functions here, whose rows must have block `index`.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn unpack_q4_k(&mut self, head: *const u8, body: *const u8) {
        for side in 0..2 {
            // SAFETY: see above.
            unsafe {
                for v in 0..32 {
                    let (low, high) = nibbles(load(body.add(v * VECTOR + side * VECTOR / 2)));
                    let word = v / 8 * 16 + v % 8;
                    (self.quants[word][side], self.quants[word + 8][side]) = (low, high);
                }
                for j in 0..8 {
                    let scale = _mm_loadl_epi64(head.add((4 + j) * COLUMNS + side * HALF).cast());
                    self.scales[j][side] = twice(_mm256_cvtepu8_epi32(scale));
                }
                for p in 0..4 {
                    let mins = _mm_loadu_si128(head.add((12 + 2 * p) * COLUMNS + side * 2 * HALF).cast());
                    self.offsets[p][side] = _mm256_cvtepu8_epi16(mins);
                }
                self.d[side] = load_f16(head.add(2 * HALF * side));
                self.dmin[side] = load_f16(head.add(2 * COLUMNS + 2 * HALF * side));
            }
        }
    }

    /// # Safety
    /// As [`unpack_q4_k`](Self::unpack_q4_k).
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn unpack_q6_k(&mut self, head: *const u8, body: *const u8) {
        let mask = _mm256_set1_epi8(0x30);
        for side in 0..2 {
            // SAFETY: see above.
            unsafe {
                for half in 0..2 {
                    let vector = |v: usize| load(body.add((half * 24 + v) * VECTOR + side * VECTOR / 2));
                    for g in 0..8 {
                        let upper = vector(16 + g);
                        let (a, c) = nibbles(vector(g));
                        let (b, d) = nibbles(vector(8 + g));
                        let fields = [
                            or_masked(a, _mm256_slli_epi16::<4>(upper), mask),
                            or_masked(b, _mm256_slli_epi16::<2>(upper), mask),
                            or_masked(c, upper, mask),
                            or_masked(d, _mm256_srli_epi16::<2>(upper), mask),
                        ];
                        for (field, quants) in fields.into_iter().enumerate() {
                            self.quants[half * 32 + field * 8 + g][side] = quants;
                        }
                    }
                }
                for p in 0..8 {
                    let scales = _mm_loadu_si128(head.add((2 + 2 * p) * COLUMNS + side * 2 * HALF).cast());
                    let scales = _mm256_cvtepi8_epi16(scales);
                    self.offsets[p][side] = scales;
                    self.scales[2 * p][side] = twice(_mm256_and_si256(scales, _mm256_set1_epi32(0xffff)));
                    self.scales[2 * p + 1][side] = twice(_mm256_srli_epi32::<16>(scales));
                }
                self.d[side] = load_f16(head.add(2 * HALF * side));
            }
        }
    }

    /// # Safety
    /// As [`unpack_q4_k`](Self::unpack_q4_k).
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn q4_k(&self, rows: Rows<R>, index: usize) -> Values {
        let mut sums = [[_mm256_setzero_si256(); 2]; R];
        for j in 0..8 {
            // SAFETY: see above. 8 · 2 · 15 · 127 fits 16 bits.
            let narrow = unsafe { eight_words(&self.quants[8 * j], rows.words(index * 64 + 8 * j)) };
            widen(&mut sums, &narrow, &self.scales[j]);
        }
        // SAFETY: see above.
        let offsets = unsafe { self.corrected::<4>(rows, index) };
        std::array::from_fn(|r| {
            std::array::from_fn(|side| {
                let value = _mm256_mul_ps(self.d[side], _mm256_cvtepi32_ps(sums[r][side]));
                _mm256_fnmadd_ps(self.dmin[side], _mm256_cvtepi32_ps(offsets[r][side]), value)
            })
        })
    }

    /// # Safety
    /// As [`unpack_q4_k`](Self::unpack_q4_k).
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn q6_k(&self, rows: Rows<R>, index: usize) -> Values {
        let mut sums = [[_mm256_setzero_si256(); 2]; R];
        for (pair, quants) in self.quants.as_chunks().0.iter().enumerate() {
            // SAFETY: see above. 2 · 2 · 63 · 127 fits 16 bits.
            let narrow = unsafe { two_words(quants, rows.words(index * 64 + 2 * pair)) };
            widen(&mut sums, &narrow, &self.scales[pair / 2]);
        }
        // SAFETY: see above.
        let offsets = unsafe { self.corrected::<8>(rows, index) };
        std::array::from_fn(|r| {
            std::array::from_fn(|side| {
                let sum = _mm256_sub_epi32(sums[r][side], _mm256_slli_epi32::<5>(offsets[r][side]));
                _mm256_mul_ps(self.d[side], _mm256_cvtepi32_ps(sum))
            })
        })
    }

    /// The products of the offsets with the `N` words of corrections of a block.
    ///
    /// # Safety
    /// As [`unpack_q4_k`](Self::unpack_q4_k).
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn corrected<const N: usize>(&self, rows: Rows<R>, index: usize) -> Sums {
        let mut sums = [[_mm256_setzero_si256(); 2]; R];
        for (p, offsets) in self.offsets[..N].iter().enumerate() {
            // SAFETY: the rows have these corrections.
            let words = std::array::from_fn(|r| [unsafe { rows.correction(index * N + p, r) }; 2]);
            widen(&mut sums, &words, offsets);
        }
        sums
    }
}

/// 16-bit sums of the products of eight words of quants with four rows.
///
/// Written out, since the compiler puts the loads of all words before the first product, for which there are not
/// the registers. Four products at a time, so that no sum waits for its product; those of the first word are the
/// first sums.
///
/// # Safety
/// `quants` points at the words' vectors and `words` at the first of the four rows' words of activations, where a
/// group has [`ROWS`].
#[rustfmt::skip]
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn eight_words(quants: *const Pair, words: *const i32) -> Sums {
    /// Loads the quants of word `$word`.
    macro_rules! quants {
        ($word:literal) => {
            concat!("vmovdqa {a}, [{quants} + 64*", $word, "]\n", "vmovdqa {b}, [{quants} + 64*", $word, " + 32]\n")
        };
    }
    /// The products of word `$word` with rows `$row` and `$row + 1`.
    macro_rules! products {
        ($word:literal, $row:literal, $p:literal $q:literal $r:literal $s:literal) => {
            concat!(
                "vpbroadcastd {x}, [{words} + 32*", $word, " + 4*", $row, "]\n",
                "vpbroadcastd {y}, [{words} + 32*", $word, " + 4*", $row, " + 4]\n",
                "vpmaddubsw {", $p, "}, {a}, {x}\n", "vpmaddubsw {", $q, "}, {b}, {x}\n",
                "vpmaddubsw {", $r, "}, {a}, {y}\n", "vpmaddubsw {", $s, "}, {b}, {y}\n",
            )
        };
    }
    /// Adds them to sums.
    macro_rules! add {
        ($p:literal $q:literal $r:literal $s:literal) => {
            concat!(
                "vpaddw {", $p, "}, {", $p, "}, {p}\n", "vpaddw {", $q, "}, {", $q, "}, {q}\n",
                "vpaddw {", $r, "}, {", $r, "}, {r}\n", "vpaddw {", $s, "}, {", $s, "}, {s}\n",
            )
        };
    }
    macro_rules! word {
        ($word:literal) => {
            concat!(
                quants!($word),
                products!($word, 0, "p" "q" "r" "s"), add!("s0" "s1" "s2" "s3"),
                products!($word, 2, "p" "q" "r" "s"), add!("s4" "s5" "s6" "s7"),
            )
        };
    }
    let [s0, s1, s2, s3, s4, s5, s6, s7]: [__m256i; 8];
    // SAFETY: AVX2 instructions that read what the caller promised and write nothing but registers.
    unsafe {
        asm!(
            quants!(0),
            products!(0, 0, "s0" "s1" "s2" "s3"),
            products!(0, 2, "s4" "s5" "s6" "s7"),
            word!(1), word!(2), word!(3), word!(4), word!(5), word!(6), word!(7),
            quants = in(reg) quants,
            words = in(reg) words,
            a = out(ymm_reg) _, b = out(ymm_reg) _,
            x = out(ymm_reg) _, y = out(ymm_reg) _,
            p = out(ymm_reg) _, q = out(ymm_reg) _, r = out(ymm_reg) _, s = out(ymm_reg) _,
            s0 = out(ymm_reg) s0, s1 = out(ymm_reg) s1, s2 = out(ymm_reg) s2, s3 = out(ymm_reg) s3,
            s4 = out(ymm_reg) s4, s5 = out(ymm_reg) s5, s6 = out(ymm_reg) s6, s7 = out(ymm_reg) s7,
            options(pure, readonly, nostack, preserves_flags),
        );
    }
    [[s0, s1], [s2, s3], [s4, s5], [s6, s7]]
}

/// As [`eight_words`].
///
/// # Safety
/// As [`eight_words`].
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn two_words(quants: &[Pair; 2], words: *const i32) -> Sums {
    std::array::from_fn(|r| {
        // SAFETY: the caller's promise; the words may lie at any address.
        let [x, y] = unsafe { [words.add(r).read_unaligned(), words.add(ROWS + r).read_unaligned()] };
        std::array::from_fn(|side| {
            let first = _mm256_maddubs_epi16(quants[0][side], _mm256_set1_epi32(x));
            _mm256_add_epi16(first, _mm256_maddubs_epi16(quants[1][side], _mm256_set1_epi32(y)))
        })
    })
}

/// Adds 16-bit numbers, times pairs of 16-bit factors, to 32-bit sums.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn widen(sums: &mut Sums, narrow: &Sums, factors: &Pair) {
    for (sums, narrow) in sums.iter_mut().zip(narrow) {
        for ((sum, narrow), factors) in sums.iter_mut().zip(narrow).zip(factors) {
            *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(*narrow, *factors));
        }
    }
}

/// Numbers of 16 bits in both halves of their lanes.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn twice(numbers: __m256i) -> __m256i {
    _mm256_or_si256(numbers, _mm256_slli_epi32::<16>(numbers))
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
