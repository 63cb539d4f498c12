//! The seam between model code and matrix products: a linear layer as a model file stores it.

use std::ops::Range;

use candle_core::quantized::GgmlDType;

use crate::engine::formats::Kernel;
use crate::engine::kernels::{self, PackedLinear, Pool, Precision, Product, Scratch};
use crate::error::Result;

mod embedding;
mod loader;
mod plain;
mod stored;
mod tensor;
mod unpacked;

pub(crate) use embedding::Embedding;
pub(crate) use loader::Loader;
pub(crate) use stored::Stored;
pub(crate) use tensor::numbers;
use unpacked::Unpacked;

/// A linear layer: `out = x W^T + b`, with `W` of `[rows, cols]` in the file's own quantization.
pub(crate) struct Linear {
    rows: usize,
    cols: usize,
    /// How the file stores the weights.
    dtype: GgmlDType,
    weight: Weight,
    bias: Option<Vec<f32>>,
    /// For fine activations: how many of them share a scale.
    fine_block: Option<usize>,
}

enum Weight {
    /// Quantized, for a kernel of ours.
    Packed(PackedLinear),
    /// All others.
    Unpacked(Unpacked),
}

impl Linear {
    /// Writes the weights of output `index` to `row` of `cols` numbers; whether it could, which it cannot for
    /// candle's product.
    pub(crate) fn row(&self, index: usize, row: &mut [f32]) -> bool {
        match &self.weight {
            Weight::Packed(weight) => weight.row(index, row),
            Weight::Unpacked(Unpacked::Plain(weight)) => weight.row(index, row),
            Weight::Unpacked(_) => return false,
        }
        true
    }

    /// Whether [`row`](Self::row) can.
    pub(crate) fn has_rows(&self) -> bool {
        matches!(self.weight, Weight::Packed(_) | Weight::Unpacked(Unpacked::Plain(_)))
    }

    /// Whether weights, and so activations, are rounded to a few bits.
    pub(crate) fn rounds(&self) -> bool {
        self.dtype.block_size() > 1
    }

    /// How many outputs there are.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// `x` is `[m, cols]`, `out` is resized to `[m, rows]` and overwritten.
    pub(crate) fn forward(
        &self,
        x: &[f32],
        m: usize,
        out: &mut Vec<f32>,
        scratch: &mut Scratch,
        pool: &Pool,
    ) -> Result<()> {
        out.resize(m * self.rows, 0.0);
        self.forward_some(x, m, std::slice::from_ref(&(0..self.rows)), out, scratch, pool)
    }

    /// As [`forward`](Self::forward), for the outputs in `wanted` at least, ranges in ascending order. What
    /// the other outputs hold afterwards is not said.
    pub(crate) fn forward_some(
        &self,
        x: &[f32],
        m: usize,
        wanted: &[Range<usize>],
        out: &mut [f32],
        scratch: &mut Scratch,
        pool: &Pool,
    ) -> Result<()> {
        match &self.weight {
            Weight::Packed(weight) => {
                let product = Product { weight, bias: self.bias.as_deref(), wanted, out };
                kernels::multiply(&mut [product], x, m, self.precision(), scratch, pool);
                Ok(())
            }
            Weight::Unpacked(weight) => self.forward_unpacked(weight, x, m, out, pool),
        }
    }

    /// As [`forward`](Self::forward), with results handed over in pieces and not kept: `take` is called with what is
    /// kept of the part of the outputs in which the piece lies, the row, the piece's first output and its results.
    /// Parts go from the first outputs to the last, and so do a part's pieces of one row.
    pub(crate) fn forward_in_parts<Kept: Send>(
        &self,
        x: &[f32],
        m: usize,
        parts: &mut [Kept],
        scratch: &mut Scratch,
        pool: &Pool,
        take: impl Fn(&mut Kept, usize, usize, &mut [f32]) + Sync,
    ) -> Result<()> {
        if let Weight::Packed(weight) = &self.weight {
            let (bias, precision) = (self.bias.as_deref(), self.precision());
            kernels::multiply_in_parts(weight, bias, x, m, precision, parts, scratch, pool, take);
            return Ok(());
        }
        let mut out = Vec::new();
        self.forward(x, m, &mut out, scratch, pool)?;
        let count = parts.len();
        pool.for_each_chunk(parts, 1, |part, kept| {
            let outputs = self.rows * part / count..self.rows * (part + 1) / count;
            for kept in kept {
                for (row, out) in out.chunks_exact(self.rows).enumerate() {
                    take(kept, row, outputs.start, &mut out[outputs.clone()].to_vec());
                }
            }
        });
        Ok(())
    }

    /// Says that [`forward_all`](Self::forward_all) of these layers comes next, so that waiting threads fetch weights.
    pub(crate) fn fetch_ahead<const N: usize>(layers: [&Self; N], pool: &Pool) {
        let packed = layers.iter().filter_map(|layer| match &layer.weight {
            Weight::Packed(weight) => Some(weight),
            Weight::Unpacked(_) => None,
        });
        kernels::fetch_ahead(packed, pool);
    }

    /// Several layers of the same inputs, at once where the kernels can.
    pub(crate) fn forward_all<const N: usize>(
        layers: [(&Self, &mut Vec<f32>); N],
        x: &[f32],
        m: usize,
        scratch: &mut Scratch,
        pool: &Pool,
    ) -> Result<()> {
        let whole = layers.each_ref().map(|(layer, _)| 0..layer.rows);
        let first = layers.first().map_or(Precision::Coarse, |(layer, _)| layer.precision());
        let mut products = Vec::with_capacity(N);
        for ((layer, out), whole) in layers.into_iter().zip(&whole) {
            match &layer.weight {
                Weight::Packed(weight) if layer.precision() == first => {
                    out.resize(m * layer.rows, 0.0);
                    let wanted = std::slice::from_ref(whole);
                    products.push(Product { weight, bias: layer.bias.as_deref(), wanted, out });
                }
                _ => layer.forward(x, m, out, scratch, pool)?,
            }
        }
        kernels::multiply(&mut products, x, m, first, scratch, pool);
        Ok(())
    }

    fn precision(&self) -> Precision {
        if self.fine_block.is_some() { Precision::Fine } else { Precision::Coarse }
    }

    /// How the file stores the weights, their bytes there, and what multiplies them.
    pub(crate) fn format(&self) -> (GgmlDType, usize, Kernel) {
        let kernel = match &self.weight {
            Weight::Packed(weight) => Kernel::Packed(weight.form()),
            Weight::Unpacked(weight) => weight.kernel(),
        };
        (self.dtype, self.rows * self.cols / self.dtype.block_size() * self.dtype.type_size(), kernel)
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use candle_core::CpuStorage;

    use super::*;
    use crate::engine::kernels::Form;
    use crate::engine::noise::noise;

    #[derive(Clone, Copy)]
    enum By {
        Plain,
        Packed,
        Candle,
        Device,
    }

    /// The largest error of a product with weights of `dtype`, against the dequantized weights in `f64`.
    fn error(dtype: GgmlDType, by: By, fine: bool) -> f64 {
        let (rows, cols, m, pool) = (48, 512, 3, Pool::new(2));
        let mut stored = dtype.cpu_zeros(rows * cols);
        stored.from_float(&noise(1, rows * cols));
        let CpuStorage::F32(exact) = stored.dequantize(rows * cols).unwrap() else { panic!("f32") };
        // SAFETY: the pointer and the size are those of the storage, which outlives the slice.
        let data = unsafe { std::slice::from_raw_parts(stored.as_ptr(), stored.storage_size_in_bytes()) };
        let weight = match by {
            By::Plain => Weight::Unpacked(Unpacked::plain(&exact, rows, cols)),
            By::Packed => Weight::Packed(
                PackedLinear::new(Form::Portable, dtype, rows, cols, data, &pool).unwrap().unwrap(),
            ),
            By::Candle => Weight::Unpacked(Unpacked::Candle(dtype.from_data(Cow::Borrowed(data)))),
            By::Device => {
                let device = &candle_core::Device::Cpu;
                Weight::Unpacked(Unpacked::on_device(device, dtype, Cow::Borrowed(data), rows, cols).unwrap())
            }
        };
        let bias = noise(3, rows);
        let fine_block = fine.then(|| dtype.block_size());
        let linear = Linear { rows, cols, dtype, weight, bias: Some(bias.clone()), fine_block };
        let x = noise(2, m * cols);
        let mut out = vec![0.0; m * rows];
        linear.forward(&x, m, &mut out, &mut Scratch::default(), &pool).unwrap();
        let mut error = 0f64;
        for (i, out) in out.iter().enumerate() {
            let (x, w) = (&x[i / rows * cols..][..cols], &exact[i % rows * cols..][..cols]);
            let sum: f64 = x.iter().zip(w).map(|(x, w)| f64::from(*x) * f64::from(*w)).sum();
            error = error.max((f64::from(*out) - sum - f64::from(bias[i % rows])).abs());
        }
        error
    }

    #[test]
    fn products_are_those_of_the_weights_and_fine_ones_are_finer() {
        assert!(error(GgmlDType::F32, By::Plain, false) < 1e-3);
        assert!(error(GgmlDType::F32, By::Device, false) < 1e-3);
        for (dtype, by) in [
            (GgmlDType::Q8_0, By::Packed),
            (GgmlDType::Q4K, By::Packed),
            (GgmlDType::Q4_1, By::Candle),
            (GgmlDType::Q8_0, By::Candle),
            (GgmlDType::Q4K, By::Device),
        ] {
            let (coarse, fine) = (error(dtype, by, false), error(dtype, by, true));
            assert!(coarse < 0.5, "{dtype:?}: {coarse}");
            // candle keeps the scales of activations in 16 bits, so less is gained there.
            let gain = if matches!(by, By::Packed) { 30.0 } else { 5.0 };
            assert!(fine < coarse / gain, "{dtype:?}: {fine} {coarse}");
        }
    }
}
