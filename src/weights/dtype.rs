//! The number formats of stored tensors.

use half::{bf16, f16};

/// How the elements of a tensor are stored, little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DType {
    F32,
    F16,
    Bf16,
    /// A format whose tensors are passed over unless they are asked for: its name and the bytes of an element.
    Other(&'static str, usize),
}

impl DType {
    /// The bytes of an element.
    pub(super) fn size(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::Other(_, size) => size,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::F32 => "32-bit floats",
            Self::F16 | Self::Bf16 => "16-bit floats",
            Self::Other(name, _) => name,
        }
    }

    /// How many bytes a tensor takes, if that can be said in a `usize`.
    pub(super) fn byte_len(self, shape: &[usize]) -> Option<usize> {
        let elements = shape.iter().try_fold(1usize, |product, &dim| product.checked_mul(dim))?;
        elements.checked_mul(self.size())
    }

    /// The numbers in `bytes`; none for a format that is not read.
    pub(super) fn to_f32(self, bytes: &[u8]) -> Option<Vec<f32>> {
        Some(match self {
            Self::F32 => bytes.as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect(),
            Self::F16 => bytes.as_chunks().0.iter().map(|&b| f16::from_le_bytes(b).to_f32()).collect(),
            Self::Bf16 => bytes.as_chunks().0.iter().map(|&b| bf16::from_le_bytes(b).to_f32()).collect(),
            Self::Other(..) => return None,
        })
    }
}
