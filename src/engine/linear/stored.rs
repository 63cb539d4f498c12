//! Layers of weights that are read as numbers, kept as they are or in fewer bits.

use std::borrow::Cow;

use candle_core::quantized::GgmlDType;

use super::plain::PlainLinear;
use super::unpacked::Unpacked;
use super::{Linear, Weight};
use crate::engine::kernels::{Form, PackedLinear, Pool};
use crate::engine::ops::{nearest_i8, simd};
use crate::error::Result;

/// How weights that a file holds as numbers are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stored {
    /// As they are.
    F32,
    /// Rounded to 16 bits.
    Bf16,
    /// In 8 bits with a scale for each 32 inputs (ggml's Q8_0), for the kernels of this form or candle's.
    Q8(Option<Form>),
}

impl Linear {
    /// A layer of `weights`, `[rows, cols]`. Where `cols` is no multiple of 32 they stay as they are.
    pub(crate) fn from_f32(
        weights: &[f32],
        rows: usize,
        cols: usize,
        bias: Option<Vec<f32>>,
        stored: Stored,
        pool: &Pool,
    ) -> Result<Self> {
        let plain = |weight| Weight::Unpacked(Unpacked::Plain(weight));
        let (dtype, weight) = match stored {
            Stored::Q8(form) if cols.is_multiple_of(Q8_BLOCK) => {
                let blocks = quantize(weights, cols, pool);
                let packed = match form {
                    Some(form) => PackedLinear::new(form, GgmlDType::Q8_0, rows, cols, &blocks, pool)?,
                    None => None,
                };
                let candle =
                    || Weight::Unpacked(Unpacked::Candle(GgmlDType::Q8_0.from_data(Cow::Borrowed(&blocks))));
                (GgmlDType::Q8_0, packed.map_or_else(candle, Weight::Packed))
            }
            Stored::Bf16 => (GgmlDType::BF16, plain(PlainLinear::in_bf16(weights, rows, cols))),
            _ => (GgmlDType::F32, plain(PlainLinear::new(weights, rows, cols))),
        };
        Ok(Self { rows, cols, dtype, weight, bias, fine_block: None })
    }
}

/// Numbers that share a scale in Q8_0, and the bytes they take with it.
const Q8_BLOCK: usize = 32;
const Q8_BYTES: usize = 2 + Q8_BLOCK;

/// Rows of `cols` numbers as Q8_0: for each block its scale in 16 bits and the numbers as multiples of it.
fn quantize(weights: &[f32], cols: usize, pool: &Pool) -> Vec<u8> {
    let mut blocks = vec![0; weights.len() / Q8_BLOCK * Q8_BYTES];
    pool.for_each_chunk(&mut blocks, cols / Q8_BLOCK * Q8_BYTES, |row, blocks| {
        quantize_row(&weights[row * cols..][..cols], blocks);
    });
    blocks
}

simd! {
    /// One row of [`quantize`].
    fn quantize_row(weights: &[f32], blocks: &mut [u8]) {
        for (block, weights) in blocks.chunks_exact_mut(Q8_BYTES).zip(weights.chunks_exact(Q8_BLOCK)) {
            // The bits of magnitudes are ordered as the magnitudes are, with what is no number on top.
            let bits = weights.iter().fold(0, |max: u32, w| max.max(w.to_bits() & 0x7fff_ffff));
            let scale = half::f16::from_f32(f32::from_bits(bits) / 127.0);
            let step = scale.to_f32();
            let per_step = if step > 0.0 { 1.0 / step } else { 0.0 };
            block[..2].copy_from_slice(&scale.to_le_bytes());
            for (byte, weight) in block[2..].iter_mut().zip(weights) {
                *byte = nearest_i8((weight * per_step).clamp(-127.0, 127.0)) as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::kernels::Scratch;
    use crate::engine::noise::noise;

    #[test]
    fn numbers_become_layers_in_either_form() {
        let (rows, cols, m, pool) = (70, 96, 5, Pool::new(2));
        let (weights, bias, x) = (noise(1, rows * cols), noise(2, rows), noise(3, m * cols));
        for (stored, tolerance) in [
            (Stored::F32, 1e-4),
            (Stored::Bf16, 0.05),
            (Stored::Q8(Some(Form::Portable)), 0.1),
            (Stored::Q8(None), 0.1),
        ] {
            let linear = Linear::from_f32(&weights, rows, cols, Some(bias.clone()), stored, &pool).unwrap();
            let mut row = vec![0.0; cols];
            assert_eq!(linear.row(69, &mut row), stored != Stored::Q8(None));
            if linear.has_rows() {
                let exact = &weights[69 * cols..];
                assert!(row.iter().zip(exact).all(|(a, b)| (a - b).abs() < 0.005), "{stored:?}");
            }
            for m in [1, m] {
                let mut out = Vec::new();
                linear.forward(&x[..m * cols], m, &mut out, &mut Scratch::default(), &pool).unwrap();
                for (i, out) in out.iter().enumerate() {
                    let (x, w) = (&x[i / rows * cols..][..cols], &weights[i % rows * cols..][..cols]);
                    let sum = x.iter().zip(w).map(|(x, w)| x * w).sum::<f32>() + bias[i % rows];
                    assert!((out - sum).abs() < tolerance, "{stored:?}: {out} {sum}");
                }
            }
        }
    }
}
