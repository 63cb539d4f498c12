//! Activations as 8-bit integers, in the order in which the kernels read them.

use super::Form;
use super::format::Correction;
use super::pool::{Pool, Shareable};

/// Rows that a kernel takes at once.
pub(super) const ROWS: usize = 8;

/// Quantized activations, `m` rows of `k` values.
///
/// Rows go in groups of [`ROWS`]; a group of `r` rows lies together, four consecutive inputs of each row side
/// by side: `values[k / 4][r][4]`, `scales[k / block][r]`, `corrections[k / span][r]`.
pub(super) struct Activations {
    k: usize,
    m: usize,
    correction: Correction,
    values: Vec<i8>,
    scales: Vec<f32>,
    corrections: Vec<i32>,
}

/// A group of rows.
#[derive(Clone, Copy)]
pub(super) struct Group<'a> {
    pub(super) rows: usize,
    pub(super) values: &'a [i8],
    pub(super) scales: &'a [f32],
    pub(super) corrections: &'a [i32],
}

impl Activations {
    /// Quantizes `x`, `m` rows of `k` values, where `k` is a multiple of the block.
    pub(super) fn new(
        form: Form,
        correction: Correction,
        x: &[f32],
        m: usize,
        k: usize,
        pool: &Pool,
    ) -> Self {
        let (scale_stride, word_stride) = (k / correction.block(), k / correction.span());
        let mut values = vec![0; m * k];
        let mut scales = vec![0.0; m * scale_stride];
        let mut corrections = vec![0; m * word_stride];
        let to = (
            Shareable(values.as_mut_ptr()),
            Shareable(scales.as_mut_ptr()),
            Shareable(corrections.as_mut_ptr()),
        );
        let work = |group: usize| {
            let first = group * ROWS;
            let rows = ROWS.min(m - first);
            let x = &x[first * k..(first + rows) * k];
            // SAFETY: a group owns the rows first..first + rows of each vector, which lie inside it, and
            // each group is worked once; the vectors outlive the region.
            let (values, scales, corrections) = unsafe {
                (
                    std::slice::from_raw_parts_mut(to.0.get().add(first * k), rows * k),
                    std::slice::from_raw_parts_mut(to.1.get().add(first * scale_stride), rows * scale_stride),
                    std::slice::from_raw_parts_mut(to.2.get().add(first * word_stride), rows * word_stride),
                )
            };
            quantize(form, correction, x, rows, values, scales, corrections);
        };
        let groups = m.div_ceil(ROWS);
        // A few rows take less time than waking a thread.
        if m * k < 1 << 15 {
            (0..groups).for_each(work)
        } else {
            pool.for_each(groups, work)
        }
        Self { k, m, correction, values, scales, corrections }
    }

    /// How many groups there are.
    pub(super) fn groups(&self) -> usize {
        self.m.div_ceil(ROWS)
    }

    /// A group.
    pub(super) fn group(&self, group: usize) -> Group<'_> {
        let first = group * ROWS;
        let rows = ROWS.min(self.m - first);
        let (scale_stride, word_stride) = (self.k / self.correction.block(), self.k / self.correction.span());
        Group {
            rows,
            values: &self.values[first * self.k..][..rows * self.k],
            scales: &self.scales[first * scale_stride..][..rows * scale_stride],
            corrections: &self.corrections[first * word_stride..][..rows * word_stride],
        }
    }
}

/// Quantizes one group with the widest vectors that `form` allows. All forms give the same bits.
fn quantize(
    form: Form,
    correction: Correction,
    x: &[f32],
    rows: usize,
    values: &mut [i8],
    scales: &mut [f32],
    corrections: &mut [i32],
) {
    match form {
        Form::Portable => quantize_group(correction, x, rows, values, scales, corrections),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the layer was only made because the processor has the form's features.
        Form::Avx2 => unsafe { quantize_avx2(correction, x, rows, values, scales, corrections) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the layer was only made because the processor has the form's features.
        Form::Avx512 => unsafe { quantize_avx512(correction, x, rows, values, scales, corrections) },
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn quantize_avx2(c: Correction, x: &[f32], rows: usize, v: &mut [i8], s: &mut [f32], w: &mut [i32]) {
    quantize_group(c, x, rows, v, s, w);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl")]
fn quantize_avx512(c: Correction, x: &[f32], rows: usize, v: &mut [i8], s: &mut [f32], w: &mut [i32]) {
    quantize_group(c, x, rows, v, s, w);
}

/// Quantizes one group: each block of a row to -127..=127 by its largest magnitude. A block that holds
/// anything but finite numbers gets the scale NaN, so that the fault shows in the product.
#[inline(always)]
fn quantize_group(
    correction: Correction,
    x: &[f32],
    rows: usize,
    values: &mut [i8],
    scales: &mut [f32],
    corrections: &mut [i32],
) {
    let (block, span) = (correction.block(), correction.span());
    let k = x.len() / rows;
    let words = values.as_chunks_mut::<4>().0;
    for (row, x) in x.chunks_exact(k).enumerate() {
        for (b, x) in x.chunks_exact(block).enumerate() {
            let (scale, inverse) = scale_of(x);
            scales[b * rows + row] = scale;
            for (s, x) in x.chunks_exact(span).enumerate() {
                let first = b * block + s * span;
                // In pieces of sixteen, which become single vector operations.
                let mut sums = [0; 4];
                for (p, (x, sum)) in x.as_chunks::<16>().0.iter().zip(&mut sums).enumerate() {
                    let q = x.map(|x| round(x * inverse));
                    *sum = q.iter().map(|&q| i32::from(q)).sum();
                    let words = &mut words[(first / 4 + 4 * p) * rows + row..];
                    for (word, q) in words.iter_mut().step_by(rows).zip(q.as_chunks::<4>().0) {
                        *word = *q;
                    }
                }
                corrections[first / span * rows + row] = match correction {
                    Correction::Bias(bias) => -bias * (sums[0] + sums[1]),
                    Correction::SumsOf16 => pair(sums[0], sums[1]),
                    Correction::SumsOf32 => pair(sums[0] + sums[1], sums[2] + sums[3]),
                };
            }
        }
    }
}

/// Two 16-bit integers in a word.
fn pair(low: i32, high: i32) -> i32 {
    (low & 0xffff) | (high << 16)
}

/// A block's scale and its reciprocal.
#[inline(always)]
fn scale_of(x: &[f32]) -> (f32, f32) {
    // The bits of magnitudes are ordered as the magnitudes are, with infinity and NaN on top.
    let bits = x.iter().fold(0, |max: u32, x| max.max(x.to_bits() & 0x7fff_ffff));
    let largest = f32::from_bits(bits);
    if !largest.is_finite() {
        (f32::NAN, 0.0)
    } else if largest < 1e-30 {
        // Nothing that a product could show, and the reciprocal might overflow.
        (0.0, 0.0)
    } else {
        (largest / 127.0, 127.0 / largest)
    }
}

/// Rounds a number in -127..=127 to the nearest integer, ties to even: adding 1.5 · 2^23 leaves no room for
/// a fraction, and the low bits are then the integer in two's complement.
#[inline(always)]
fn round(x: f32) -> i8 {
    (x + 12_582_912.0).to_bits() as i8
}
