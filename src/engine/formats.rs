//! Which weights are multiplied by what, for those who measure.

use candle_core::quantized::GgmlDType;
use serde::Serialize;

use crate::engine::kernels::Form;

/// What multiplies the weights of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kernel {
    /// A kernel of ours for quantized weights.
    Packed(Form),
    /// Our own product in f32, of weights that are floats.
    Plain,
    /// candle's product on a GPU.
    Device,
    /// candle's product, since there is no kernel of ours.
    Candle,
}

impl Kernel {
    /// Its name: the kernel's form, `f32`, `device` or `candle`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Packed(form) => form.name(),
            Self::Plain => "f32",
            Self::Device => "device",
            Self::Candle => "candle",
        }
    }
}

impl Serialize for Kernel {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// The matrices of one format that one kernel multiplies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FormatUse {
    /// The format by its ggml name (`Q4_K`).
    pub format: String,
    /// What multiplies them.
    pub kernel: Kernel,
    /// How many matrices.
    pub tensors: usize,
    /// Their bytes in the file.
    pub bytes: usize,
}

/// Counts matrices by format and kernel, the most bytes first.
pub(crate) fn tally(matrices: impl Iterator<Item = (GgmlDType, usize, Kernel)>) -> Vec<FormatUse> {
    let mut uses: Vec<FormatUse> = Vec::new();
    for (dtype, bytes, kernel) in matrices {
        let format = name(dtype);
        match uses.iter_mut().find(|known| known.format == format && known.kernel == kernel) {
            Some(known) => {
                known.tensors += 1;
                known.bytes += bytes;
            }
            None => uses.push(FormatUse { format, kernel, tensors: 1, bytes }),
        }
    }
    uses.sort_by_key(|known| std::cmp::Reverse(known.bytes));
    uses
}

/// ggml's name of a format; candle leaves out the line before the `K`.
fn name(dtype: GgmlDType) -> String {
    let name = format!("{dtype:?}");
    match name.strip_suffix('K') {
        Some(bits) => format!("{bits}_K"),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matrices_are_counted_by_format_and_kernel() {
        let ours = Kernel::Packed(Form::Portable);
        let uses = tally(
            [
                (GgmlDType::Q4_1, 5, Kernel::Candle),
                (GgmlDType::Q4K, 20, ours),
                (GgmlDType::Q4_1, 7, Kernel::Candle),
                (GgmlDType::Q4K, 1, Kernel::Candle),
            ]
            .into_iter(),
        );
        let seen: Vec<_> =
            uses.iter().map(|u| (u.format.as_str(), u.kernel.name(), u.tensors, u.bytes)).collect();
        assert_eq!(seen, [("Q4_K", "portable", 1, 20), ("Q4_1", "candle", 2, 12), ("Q4_K", "candle", 1, 1)]);
    }
}
