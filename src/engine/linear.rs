//! The seam between model code and matrix products: a linear layer as a model file stores it.

use std::borrow::Cow;
use std::ops::Range;

use candle_core::quantized::{GgmlDType, QMatMul, QStorage, QTensor, QuantizedType};
use candle_core::{CpuStorage, Module, Tensor};

use crate::engine::formats::Kernel;
use crate::engine::kernels::{self, Form, PackedLinear, Pool, Precision, Product, Scratch};
use crate::engine::ops::{self, simd};
use crate::engine::plain::PlainLinear;
use crate::error::{Error, Result};
use crate::gguf::{Gguf, TensorView};

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

/// What is needed to read layers from a file.
#[derive(Clone, Copy)]
pub(crate) struct Loader<'a> {
    pub(crate) gguf: &'a Gguf,
    /// The kernels to pack for; none for candle's product.
    pub(crate) form: Option<Form>,
    /// Products round activations to 8 bits. Fine ones do it twice, the second time for what the first left
    /// over, which gives about 15 bits at up to twice the work.
    pub(crate) fine: bool,
    /// The GPU to put the weights on; none for the processor.
    pub(crate) device: Option<&'a candle_core::Device>,
    pub(crate) pool: &'a Pool,
}

enum Weight {
    /// Our own product of quantized weights.
    Packed(PackedLinear),
    /// Weights that are not quantized.
    Plain(PlainLinear),
    /// candle's own product. It is called below `QTensor`, which would keep a repacked copy beside the
    /// original and so double the memory.
    Candle(Box<dyn QuantizedType>),
    /// candle's product on a GPU.
    Device(QMatMul, candle_core::Device),
}

impl Loader<'_> {
    /// Reads `{name}.weight` of `[rows, cols]` and, where the file has one, `{name}.bias`. The weights are
    /// copied, so the file's own pages are given back.
    pub(crate) fn linear(&self, name: &str, rows: usize, cols: usize) -> Result<Linear> {
        self.linear_in_order(name, rows, cols, None)
    }

    /// As [`linear`](Self::linear) for a layer without a bias, with the rows in another order: output `i` is
    /// row `order[i]`.
    pub(crate) fn linear_in_order(
        &self,
        name: &str,
        rows: usize,
        cols: usize,
        order: Option<&[u32]>,
    ) -> Result<Linear> {
        let Self { gguf, form, fine, device, pool } = *self;
        let weight_name = format!("{name}.weight");
        let view = tensor(gguf, &weight_name, &[rows, cols])?;
        let packed = match form {
            Some(form) if device.is_none() => {
                PackedLinear::in_order(form, view.dtype, rows, cols, view.data, order, pool)?
            }
            _ => None,
        };
        let weight = match packed {
            Some(packed) => Weight::Packed(packed),
            None => {
                let data = in_order(view.data, rows, order);
                match (view.dtype, device) {
                    (dtype, Some(device)) => on_device(device, dtype, data, rows, cols)?,
                    (GgmlDType::F32, None) => {
                        let values = values(view.dtype, &data, rows * cols)?;
                        Weight::Plain(PlainLinear::new(&values, rows, cols))
                    }
                    (dtype, None) => Weight::Candle(dtype.from_data(data)),
                }
            }
        };
        gguf.release(&weight_name);
        let bias_name = format!("{name}.bias");
        let has_bias = order.is_none() && gguf.has_tensor(&bias_name);
        let bias = if has_bias { Some(vector(gguf, &bias_name, rows)?) } else { None };
        let rounds = view.dtype.block_size() > 1;
        let fine_block = (fine && rounds).then(|| view.dtype.block_size());
        Ok(Linear { rows, cols, dtype: view.dtype, weight, bias, fine_block })
    }

    /// A small tensor as `f32`.
    pub(crate) fn vector(&self, name: &str, len: usize) -> Result<Vec<f32>> {
        vector(self.gguf, name, len)
    }
}

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
        let (dtype, weight) = match stored {
            Stored::Q8(form) if cols.is_multiple_of(Q8_BLOCK) => {
                let blocks = quantize(weights, cols, pool);
                let packed = match form {
                    Some(form) => PackedLinear::new(form, GgmlDType::Q8_0, rows, cols, &blocks, pool)?,
                    None => None,
                };
                let candle = || Weight::Candle(GgmlDType::Q8_0.from_data(Cow::Borrowed(&blocks)));
                (GgmlDType::Q8_0, packed.map_or_else(candle, Weight::Packed))
            }
            Stored::Bf16 => (GgmlDType::BF16, Weight::Plain(PlainLinear::in_bf16(weights, rows, cols))),
            _ => (GgmlDType::F32, Weight::Plain(PlainLinear::new(weights, rows, cols))),
        };
        Ok(Self { rows, cols, dtype, weight, bias, fine_block: None })
    }

    /// Writes the weights of output `index` to `row` of `cols` numbers; whether it could, which it cannot for
    /// candle's product.
    pub(crate) fn row(&self, index: usize, row: &mut [f32]) -> bool {
        match &self.weight {
            Weight::Packed(weight) => weight.row(index, row),
            Weight::Plain(weight) => weight.row(index, row),
            Weight::Candle(_) | Weight::Device(..) => return false,
        }
        true
    }

    /// Whether [`row`](Self::row) can.
    pub(crate) fn has_rows(&self) -> bool {
        !matches!(self.weight, Weight::Candle(_) | Weight::Device(..))
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
            _ => self.unpacked(x, m, out, pool),
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
            _ => None,
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

    /// The product without our kernels.
    fn unpacked(&self, x: &[f32], m: usize, out: &mut [f32], pool: &Pool) -> Result<()> {
        match self.fine_block {
            None => self.unpacked_product(x, m, out, pool)?,
            Some(block) => {
                let mut both = Vec::with_capacity(2 * x.len());
                both.extend(x.chunks(block).flat_map(coarse));
                let rest: Vec<f32> = x.iter().zip(&both).map(|(x, coarse)| x - coarse).collect();
                both.extend(rest);
                let mut products = vec![0.0; 2 * out.len()];
                self.unpacked_product(&both, 2 * m, &mut products, pool)?;
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

    fn unpacked_product(&self, x: &[f32], m: usize, out: &mut [f32], pool: &Pool) -> Result<()> {
        match &self.weight {
            Weight::Packed(weight) => weight.forward(x, m, out, pool),
            Weight::Plain(weight) => weight.forward(x, m, out, pool),
            // Its rounding would hide a value that is not a number.
            Weight::Candle(_) | Weight::Device(..) if !ops::all_finite(x) => out.fill(f32::NAN),
            Weight::Candle(weight) => weight.matmul_t((m, self.cols, self.rows), x, out)?,
            Weight::Device(weight, device) => {
                let x = Tensor::from_slice(x, (m, self.cols), device)?;
                out.copy_from_slice(&weight.forward(&x)?.flatten_all()?.to_vec1::<f32>()?);
            }
        }
        Ok(())
    }

    /// How the file stores the weights, their bytes there, and what multiplies them.
    pub(crate) fn format(&self) -> (GgmlDType, usize, Kernel) {
        let kernel = match &self.weight {
            Weight::Packed(weight) => Kernel::Packed(weight.form()),
            Weight::Plain(_) => Kernel::Plain,
            Weight::Device(..) => Kernel::Device,
            Weight::Candle(_) => Kernel::Candle,
        };
        (self.dtype, self.rows * self.cols / self.dtype.block_size() * self.dtype.type_size(), kernel)
    }
}

/// Added to a number below 2^22 and taken away again, it leaves the nearest integer.
const TO_INTEGER: f32 = 12_582_912.0;

/// Activations as the products round them: to 127 steps of the block's largest magnitude.
fn coarse(block: &[f32]) -> impl Iterator<Item = f32> {
    let largest = block.iter().fold(0f32, |max, x| max.max(x.abs()));
    let step = largest / 127.0;
    let per_step = if step > 0.0 { 1.0 / step } else { 0.0 };
    block.iter().map(move |x| (x * per_step + TO_INTEGER - TO_INTEGER) * step)
}

/// Weights for candle's product on a device.
fn on_device(
    device: &candle_core::Device,
    dtype: GgmlDType,
    data: Cow<'_, [u8]>,
    rows: usize,
    cols: usize,
) -> Result<Weight> {
    let stored = QTensor::new(QStorage::from_data(data, device, dtype)?, (rows, cols))?;
    Ok(Weight::Device(QMatMul::from_qtensor(stored)?, device.clone()))
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
                // The low bits of the sum are the integer in two's complement.
                *byte = ((weight * per_step).clamp(-127.0, 127.0) + TO_INTEGER).to_bits() as u8;
            }
        }
    }
}

/// The bytes of `rows` rows in another order.
fn in_order<'a>(data: &'a [u8], rows: usize, order: Option<&[u32]>) -> Cow<'a, [u8]> {
    match order {
        None => Cow::Borrowed(data),
        Some(order) => {
            let bytes = data.len() / rows;
            Cow::Owned(
                order.iter().flat_map(|&row| &data[row as usize * bytes..][..bytes]).copied().collect(),
            )
        }
    }
}

/// The numbers of a tensor of this shape.
pub(crate) fn numbers(gguf: &Gguf, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
    let view = tensor(gguf, name, shape)?;
    let numbers = values(view.dtype, view.data, shape.iter().product());
    gguf.release(name);
    numbers
}

fn vector(gguf: &Gguf, name: &str, len: usize) -> Result<Vec<f32>> {
    let view = tensor(gguf, name, &[len])?;
    values(view.dtype, view.data, len)
}

fn values(dtype: GgmlDType, data: &[u8], len: usize) -> Result<Vec<f32>> {
    let mut out = vec![0.0; len];
    dequantize(dtype, data, &mut out)?;
    Ok(out)
}

/// A table of embeddings that stays in the file; rows are dequantized when they are asked for.
pub(crate) struct Embedding {
    name: String,
    rows: usize,
    cols: usize,
}

impl Embedding {
    /// The table `name` of `[rows, cols]`.
    pub(crate) fn load(gguf: &Gguf, name: &str, rows: usize, cols: usize) -> Result<Self> {
        tensor(gguf, name, &[rows, cols])?;
        Ok(Self { name: name.into(), rows, cols })
    }

    /// Writes the rows of `ids` to `out`, `[ids, cols]`. The file is the one that the table was loaded from.
    pub(crate) fn lookup(&self, gguf: &Gguf, ids: &[u32], out: &mut [f32]) -> Result<()> {
        let view = gguf.tensor(&self.name)?;
        let row_bytes = self.cols / view.dtype.block_size() * view.dtype.type_size();
        for (id, out) in ids.iter().zip(out.chunks_exact_mut(self.cols)) {
            let start = *id as usize * row_bytes;
            let data = view.data.get(start..start + row_bytes).ok_or_else(|| {
                Error::runtime(format!("token {id} is outside the model's {} tokens", self.rows))
            })?;
            dequantize(view.dtype, data, out)?;
        }
        Ok(())
    }
}

/// A tensor of the expected shape whose bytes candle can read.
fn tensor<'a>(gguf: &'a Gguf, name: &str, shape: &[usize]) -> Result<TensorView<'a>> {
    let view = gguf.tensor(name)?;
    let damaged = |what: String| Error::model(format!("{}: tensor `{name}` {what}", gguf.path().display()));
    if view.shape != shape {
        return Err(damaged(format!("has shape {:?}, expected {shape:?}", view.shape)));
    }
    let cols = shape.last().copied().unwrap_or(0);
    if cols == 0 || !cols.is_multiple_of(view.dtype.block_size()) {
        return Err(damaged(format!("has rows of {cols}, which {:?} cannot hold", view.dtype)));
    }
    // candle asserts the alignment of the types it reads, at most that of `f32`.
    if !(view.data.as_ptr() as usize).is_multiple_of(align_of::<f32>()) {
        return Err(damaged("is not aligned to 4 bytes".into()));
    }
    Ok(view)
}

fn dequantize(dtype: GgmlDType, data: &[u8], out: &mut [f32]) -> Result<()> {
    match dtype.from_data(Cow::Borrowed(data)).dequantize(out.len())? {
        CpuStorage::F32(values) if values.len() == out.len() => out.copy_from_slice(&values),
        _ => return Err(Error::runtime(format!("{dtype:?} was not dequantized to f32"))),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(seed: usize, len: usize) -> Vec<f32> {
        (0..len).map(|i| ((i * 7919 + seed * 104_729) as f32 * 0.37).sin()).collect()
    }

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
            By::Plain => Weight::Plain(PlainLinear::new(&exact, rows, cols)),
            By::Packed => Weight::Packed(
                PackedLinear::new(Form::Portable, dtype, rows, cols, data, &pool).unwrap().unwrap(),
            ),
            By::Candle => Weight::Candle(dtype.from_data(Cow::Borrowed(data))),
            By::Device => {
                on_device(&candle_core::Device::Cpu, dtype, Cow::Borrowed(data), rows, cols).unwrap()
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
