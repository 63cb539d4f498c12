//! Activations as 8-bit integers, in the order in which the kernels read them.

use std::ops::Range;

use super::form::Form;
use super::format::Correction;
use super::multiply::Product;
use super::packed::PackedLinear;
use super::pool::{Pool, Shareable};
use crate::engine::ops::{nearest, nearest_i8};

/// Rows that a kernel takes at once.
pub(super) const ROWS: usize = 8;
/// The longest block that shares a scale.
const MAX_BLOCK: usize = 256;

/// How finely activations are rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Precision {
    /// To 8 bits.
    Coarse,
    /// To 8 bits, and what that leaves over to 8 bits again: about 15 bits at up to twice the work.
    Fine,
}

impl Precision {
    /// Quantized rows for each row of activations.
    pub(super) const fn parts(self) -> usize {
        match self {
            Self::Coarse => 1,
            Self::Fine => 2,
        }
    }
}

/// Working memory for quantized activations, to be used again.
#[derive(Default)]
pub(crate) struct Scratch(Vec<Buffers>);

#[derive(Default)]
struct Buffers {
    values: Vec<i8>,
    scales: Vec<f32>,
    corrections: Vec<i32>,
}

/// The activations of one call, quantized as each of its products needs them.
pub(super) struct Quantized<'a>(Vec<Activations<'a>>);

impl<'a> Quantized<'a> {
    /// Quantizes `x`, `m` rows.
    pub(super) fn new(
        products: &[Product<'_>],
        x: &[f32],
        m: usize,
        precision: Precision,
        scratch: &'a mut Scratch,
        pool: &Pool,
    ) -> Self {
        let mut kinds: Vec<(Form, Correction)> = Vec::new();
        for product in products {
            let kind = (product.weight.form, product.weight.format.correction());
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        if scratch.0.len() < kinds.len() {
            scratch.0.resize_with(kinds.len(), Buffers::default);
        }
        let quantized = kinds.into_iter().zip(&mut scratch.0).map(|((form, correction), buffers)| {
            Activations::new(form, correction, precision, x, m, buffers, pool)
        });
        Self(quantized.collect())
    }

    /// As `weight` needs them, which is one of those that they were made for.
    pub(super) fn of(&self, weight: &PackedLinear) -> &Activations<'a> {
        let correction = weight.format.correction();
        let made = self.0.iter().find(|made| made.correction == correction);
        made.unwrap_or_else(|| unreachable!("no activations for {weight:?}"))
    }
}

/// Quantized activations, `m` rows of `k` values.
///
/// Rows, or with [`Precision::Fine`] their coarse and fine parts in turn, go in groups of [`ROWS`]; a group of
/// `r` lies together, four consecutive inputs of each side by side: `values[k / 4][r][4]`,
/// `scales[k / block][r]`, `corrections[k / span][r]`.
pub(super) struct Activations<'a> {
    k: usize,
    m: usize,
    correction: Correction,
    precision: Precision,
    values: &'a [i8],
    scales: &'a [f32],
    corrections: &'a [i32],
}

/// A group of rows.
#[derive(Clone, Copy)]
pub(super) struct Group<'a> {
    pub(super) rows: usize,
    pub(super) values: &'a [i8],
    pub(super) scales: &'a [f32],
    pub(super) corrections: &'a [i32],
}

impl<'a> Activations<'a> {
    /// Quantizes `x`, `m` rows whose length is a multiple of the block.
    fn new(
        form: Form,
        correction: Correction,
        precision: Precision,
        x: &[f32],
        m: usize,
        buffers: &'a mut Buffers,
        pool: &Pool,
    ) -> Self {
        let k = x.len() / m.max(1);
        let (scale_stride, word_stride) = (k / correction.block(), k / correction.span());
        let parts = precision.parts();
        let values = at_least(&mut buffers.values, parts * m * k);
        let scales = at_least(&mut buffers.scales, parts * m * scale_stride);
        let corrections = at_least(&mut buffers.corrections, parts * m * word_stride);
        let to = (
            Shareable(values.as_mut_ptr()),
            Shareable(scales.as_mut_ptr()),
            Shareable(corrections.as_mut_ptr()),
        );
        let rows_of_group = ROWS / parts;
        let work = |group: usize| {
            let rows = group * rows_of_group..m.min((group + 1) * rows_of_group);
            let (first, count) = (parts * rows.start, parts * rows.len());
            // SAFETY: a group owns the parts first..first + count of each vector, which lie inside it, and
            // each group is worked once; the vectors outlive the region.
            let (values, scales, corrections) = unsafe {
                (
                    std::slice::from_raw_parts_mut(to.0.get().add(first * k), count * k),
                    std::slice::from_raw_parts_mut(
                        to.1.get().add(first * scale_stride),
                        count * scale_stride,
                    ),
                    std::slice::from_raw_parts_mut(to.2.get().add(first * word_stride), count * word_stride),
                )
            };
            let group = GroupMut { correction, rows: count, values, scales, corrections };
            quantize(form, precision, &x[rows.start * k..rows.end * k], rows.len(), group);
        };
        let groups = m.div_ceil(rows_of_group);
        // A few rows take less time than waking a thread.
        if m * k < 1 << 15 {
            (0..groups).for_each(work)
        } else {
            pool.for_each(groups, work)
        }
        Self { k, m, correction, precision, values, scales, corrections }
    }

    /// Quantized rows for each row.
    pub(super) fn parts(&self) -> usize {
        self.precision.parts()
    }

    /// How many groups there are.
    pub(super) fn groups(&self) -> usize {
        (self.precision.parts() * self.m).div_ceil(ROWS)
    }

    /// A group.
    pub(super) fn group(&self, group: usize) -> Group<'_> {
        let first = group * ROWS;
        let rows = ROWS.min(self.precision.parts() * self.m - first);
        let (scale_stride, word_stride) = (self.k / self.correction.block(), self.k / self.correction.span());
        Group {
            rows,
            values: &self.values[first * self.k..][..rows * self.k],
            scales: &self.scales[first * scale_stride..][..rows * scale_stride],
            corrections: &self.corrections[first * word_stride..][..rows * word_stride],
        }
    }

    /// The rows of activations in a group.
    pub(super) fn rows(&self, group: usize) -> Range<usize> {
        let rows = ROWS / self.precision.parts();
        group * rows..self.m.min((group + 1) * rows)
    }
}

/// The first `len` items of a buffer that grows when it must.
fn at_least<T: Clone + Default>(buffer: &mut Vec<T>, len: usize) -> &mut [T] {
    if buffer.len() < len {
        buffer.resize(len, T::default());
    }
    &mut buffer[..len]
}

/// A group that is being written.
struct GroupMut<'a> {
    correction: Correction,
    /// Rows or parts of rows.
    rows: usize,
    values: &'a mut [i8],
    scales: &'a mut [f32],
    corrections: &'a mut [i32],
}

/// Quantizes the `rows` rows of one group with the widest vectors that `form` allows. All forms give the same
/// bits.
fn quantize(form: Form, precision: Precision, x: &[f32], rows: usize, group: GroupMut<'_>) {
    match form {
        Form::Portable => quantize_group(precision, x, rows, group),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the layer was only made because the processor has the form's features.
        Form::Avx2 => unsafe { quantize_avx2(precision, x, rows, group) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the layer was only made because the processor has the form's features.
        Form::Avx512 => unsafe { quantize_avx512(precision, x, rows, group) },
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn quantize_avx2(precision: Precision, x: &[f32], rows: usize, group: GroupMut<'_>) {
    quantize_group(precision, x, rows, group);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl")]
fn quantize_avx512(precision: Precision, x: &[f32], rows: usize, group: GroupMut<'_>) {
    quantize_group(precision, x, rows, group);
}

#[inline(always)]
fn quantize_group(precision: Precision, x: &[f32], rows: usize, mut group: GroupMut<'_>) {
    let block = group.correction.block();
    for (row, x) in x.chunks_exact(x.len() / rows).enumerate() {
        for (b, x) in x.chunks_exact(block).enumerate() {
            match precision {
                Precision::Coarse => group.quantize_block(row, b, x),
                Precision::Fine => {
                    let (scale, inverse) = scale_of(x);
                    let mut rest = [0.0; MAX_BLOCK];
                    let rest = &mut rest[..block];
                    for (rest, x) in rest.iter_mut().zip(x) {
                        *rest = x - nearest(x * inverse) * scale;
                    }
                    group.quantize_block(2 * row, b, x);
                    group.quantize_block(2 * row + 1, b, rest);
                }
            }
        }
    }
}

impl GroupMut<'_> {
    /// Quantizes block `b` of a row to -127..=127 by its largest magnitude. A block that holds anything but
    /// finite numbers gets the scale NaN, so that the fault shows in the product.
    #[inline(always)]
    fn quantize_block(&mut self, row: usize, b: usize, x: &[f32]) {
        let (rows, block, span) = (self.rows, self.correction.block(), self.correction.span());
        let words = self.values.as_chunks_mut::<4>().0;
        let (scale, inverse) = scale_of(x);
        self.scales[b * rows + row] = scale;
        for (s, x) in x.chunks_exact(span).enumerate() {
            let first = b * block + s * span;
            // In pieces of sixteen, which become single vector operations.
            let mut sums = [0; 4];
            for (p, (x, sum)) in x.as_chunks::<16>().0.iter().zip(&mut sums).enumerate() {
                let q = x.map(|x| nearest_i8(x * inverse));
                *sum = q.iter().map(|&q| i32::from(q)).sum();
                let words = &mut words[(first / 4 + 4 * p) * rows + row..];
                for (word, q) in words.iter_mut().step_by(rows).zip(q.as_chunks::<4>().0) {
                    *word = *q;
                }
            }
            self.corrections[first / span * rows + row] = match self.correction {
                Correction::Bias(bias) => -bias * (sums[0] + sums[1]),
                Correction::SumsOf16 => pair(sums[0], sums[1]),
                Correction::SumsOf32 => pair(sums[0] + sums[1], sums[2] + sums[3]),
            };
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
