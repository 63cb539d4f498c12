//! Layers from the tensors of a GGUF file.

use std::borrow::Cow;

use candle_core::quantized::GgmlDType;

use super::tensor::{numbers, tensor, values};
use super::unpacked::Unpacked;
use super::{Linear, Weight};
use crate::engine::kernels::{Form, PackedLinear, Pool};
use crate::error::Result;
use crate::gguf::Gguf;

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
                Weight::Unpacked(match (view.dtype, device) {
                    (dtype, Some(device)) => Unpacked::on_device(device, dtype, data, rows, cols)?,
                    (GgmlDType::F32, None) => {
                        Unpacked::plain(&values(view.dtype, &data, rows * cols)?, rows, cols)
                    }
                    (dtype, None) => Unpacked::Candle(dtype.from_data(data)),
                })
            }
        };
        gguf.release(&weight_name);
        let bias_name = format!("{name}.bias");
        let has_bias = order.is_none() && gguf.has_tensor(&bias_name);
        let bias = if has_bias { Some(self.vector(&bias_name, rows)?) } else { None };
        let rounds = view.dtype.block_size() > 1;
        let fine_block = (fine && rounds).then(|| view.dtype.block_size());
        Ok(Linear { rows, cols, dtype: view.dtype, weight, bias, fine_block })
    }

    /// A small tensor as `f32`.
    pub(crate) fn vector(&self, name: &str, len: usize) -> Result<Vec<f32>> {
        numbers(self.gguf, name, &[len])
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
