//! Weights for which there is no packed kernel, and their products.

use std::borrow::Cow;

use candle_core::quantized::{GgmlDType, QMatMul, QStorage, QTensor, QuantizedType};
use candle_core::{Module, Tensor};

use super::Linear;
use super::plain::PlainLinear;
use crate::engine::formats::Kernel;
use crate::engine::kernels::Pool;
use crate::engine::ops::{self, nearest};
use crate::error::Result;

/// Weights by what multiplies them.
pub(super) enum Unpacked {
    /// Not quantized, for our own product.
    Plain(PlainLinear),
    /// For candle's own product. It is called below `QTensor`, which would keep a repacked copy beside the
    /// original and so double the memory.
    Candle(Box<dyn QuantizedType>),
    /// For candle's product on a GPU.
    Device(QMatMul, candle_core::Device),
}

impl Unpacked {
    /// Numbers of `[rows, cols]`.
    pub(super) fn plain(weights: &[f32], rows: usize, cols: usize) -> Self {
        Self::Plain(PlainLinear::new(weights, rows, cols))
    }

    /// Stored weights for a device.
    pub(super) fn on_device(
        device: &candle_core::Device,
        dtype: GgmlDType,
        data: Cow<'_, [u8]>,
        rows: usize,
        cols: usize,
    ) -> Result<Self> {
        let stored = QTensor::new(QStorage::from_data(data, device, dtype)?, (rows, cols))?;
        Ok(Self::Device(QMatMul::from_qtensor(stored)?, device.clone()))
    }

    /// `out = x W^T` for `x` of `[m, cols]` and weights of `[rows, cols]`.
    fn product(
        &self,
        x: &[f32],
        (m, cols, rows): (usize, usize, usize),
        out: &mut [f32],
        pool: &Pool,
    ) -> Result<()> {
        match self {
            Self::Plain(weight) => weight.forward(x, m, out, pool),
            // Its rounding would hide a value that is not a number.
            Self::Candle(_) | Self::Device(..) if !ops::all_finite(x) => out.fill(f32::NAN),
            Self::Candle(weight) => weight.matmul_t((m, cols, rows), x, out)?,
            Self::Device(weight, device) => {
                let x = Tensor::from_slice(x, (m, cols), device)?;
                out.copy_from_slice(&weight.forward(&x)?.flatten_all()?.to_vec1::<f32>()?);
            }
        }
        Ok(())
    }

    /// What multiplies them.
    pub(super) fn kernel(&self) -> Kernel {
        match self {
            Self::Plain(_) => Kernel::Plain,
            Self::Candle(_) => Kernel::Candle,
            Self::Device(..) => Kernel::Device,
        }
    }
}

impl Linear {
    /// The layer's outputs for `x` of `[m, cols]`, with its bias, and as fine as it is said to be.
    pub(super) fn forward_unpacked(
        &self,
        weight: &Unpacked,
        x: &[f32],
        m: usize,
        out: &mut [f32],
        pool: &Pool,
    ) -> Result<()> {
        match self.fine_block {
            None => weight.product(x, (m, self.cols, self.rows), out, pool)?,
            Some(block) => {
                let mut both = Vec::with_capacity(2 * x.len());
                both.extend(x.chunks(block).flat_map(coarse));
                let rest: Vec<f32> = x.iter().zip(&both).map(|(x, coarse)| x - coarse).collect();
                both.extend(rest);
                let mut products = vec![0.0; 2 * out.len()];
                weight.product(&both, (2 * m, self.cols, self.rows), &mut products, pool)?;
                let (coarse, rest) = products.split_at(out.len());
                out.copy_from_slice(coarse);
                ops::add(out, rest);
            }
        }
        if let Some(bias) = &self.bias {
            out.chunks_exact_mut(self.rows).for_each(|out| ops::add(out, bias));
        }
        Ok(())
    }
}

/// Activations as the products round them: to 127 steps of the block's largest magnitude.
fn coarse(block: &[f32]) -> impl Iterator<Item = f32> {
    let largest = block.iter().fold(0f32, |max, x| max.max(x.abs()));
    let step = largest / 127.0;
    let per_step = if step > 0.0 { 1.0 / step } else { 0.0 };
    block.iter().map(move |x| nearest(x * per_step) * step)
}
