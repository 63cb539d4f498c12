//! The tensors of a GGUF file, checked, as numbers.

use std::borrow::Cow;

use candle_core::CpuStorage;
use candle_core::quantized::GgmlDType;

use crate::error::{Error, Result};
use crate::gguf::{Gguf, TensorView};

/// The numbers of a tensor of this shape.
pub(crate) fn numbers(gguf: &Gguf, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
    let view = tensor(gguf, name, shape)?;
    let numbers = values(view.dtype, view.data, shape.iter().product());
    gguf.release(name);
    numbers
}

/// Stored numbers as `f32`.
pub(super) fn values(dtype: GgmlDType, data: &[u8], len: usize) -> Result<Vec<f32>> {
    let mut out = vec![0.0; len];
    dequantize(dtype, data, &mut out)?;
    Ok(out)
}

/// A tensor of the expected shape whose bytes candle can read.
pub(super) fn tensor<'a>(gguf: &'a Gguf, name: &str, shape: &[usize]) -> Result<TensorView<'a>> {
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

/// Writes stored numbers as `f32`.
pub(super) fn dequantize(dtype: GgmlDType, data: &[u8], out: &mut [f32]) -> Result<()> {
    match dtype.from_data(Cow::Borrowed(data)).dequantize(out.len())? {
        CpuStorage::F32(values) if values.len() == out.len() => out.copy_from_slice(&values),
        _ => return Err(Error::runtime(format!("{dtype:?} was not dequantized to f32"))),
    }
    Ok(())
}
