//! The packed layouts.
//!
//! Sixteen output columns make a *tile*. A tile holds a *head* (scales) and a *body* (quants) for each block
//! of its input dimension, all heads first, so that a kernel walks two straight streams:
//!
//! ```text
//! tile = head[0] head[1] … (padded to 64 bytes) body[0] body[1] …
//! ```
//!
//! A body is a sequence of 64-byte vectors: column `c` owns bytes `4c..4c + 4`, which belong to four
//! consecutive inputs, the operand shape of `vpdpbusd`. ggml's own nibble order is kept, so that packing
//! only interleaves 4-byte words. All quants are unsigned; what a format subtracts from them is made up for
//! with sums of the activations ("corrections").
//!
//! | format | head | body, for each vector |
//! |---|---|---|
//! | Q4_0 | d f16×16 | 4: low nibbles inputs 4g.., high nibbles inputs 16 + 4g.. |
//! | Q5_0 | d f16×16 | 4 as Q4_0, then 1 with the fifth bits: bit g (low), bit 4 + g (high) |
//! | Q8_0 | d f16×16 | 8: value + 128 |
//! | Q4_K | d f16×16, dmin f16×16, scale u8 [8][16], min u8 [4][16][2] | 4 × 8: low nibbles inputs 64c + 4g.., high nibbles 64c + 32 + 4g.. |
//! | Q6_K | d f16×16, scale i8 [8][16][2] | 2 halves of 16 with nibbles, 8 with 2-bit fields |
//!
//! In Q6_K, vector `g < 8` of a half holds inputs `4g..` in its low and `64 + 4g..` in its high nibbles,
//! vector `8 + g` holds `32 + 4g..` and `96 + 4g..`; fields 0 to 3 of the third group's vector `g` are
//! the upper bits of inputs `4g..`, `32 + 4g..`, `64 + 4g..`, `96 + 4g..` of that half.
//!
//! Source of the block formats: the ggml quantization formats as candle reads them.

use candle_core::quantized::GgmlDType;

/// Output columns in a tile.
pub(super) const COLUMNS: usize = 16;
/// Bytes in a vector of a body.
pub(super) const VECTOR: usize = 64;

/// A weight format that has kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Q4_0,
    Q5_0,
    Q8_0,
    Q4K,
    Q6K,
}

impl Format {
    /// The format of a ggml type, if it has kernels.
    pub(super) fn of(dtype: GgmlDType) -> Option<Self> {
        match dtype {
            GgmlDType::Q4_0 => Some(Self::Q4_0),
            GgmlDType::Q5_0 => Some(Self::Q5_0),
            GgmlDType::Q8_0 => Some(Self::Q8_0),
            GgmlDType::Q4K => Some(Self::Q4K),
            GgmlDType::Q6K => Some(Self::Q6K),
            _ => None,
        }
    }

    /// Inputs in a block.
    pub(super) const fn block(self) -> usize {
        match self {
            Self::Q4_0 | Self::Q5_0 | Self::Q8_0 => 32,
            Self::Q4K | Self::Q6K => 256,
        }
    }

    /// Bytes of a block of one column in the file.
    pub(super) const fn source_bytes(self) -> usize {
        match self {
            Self::Q4_0 => 2 + 16,
            Self::Q5_0 => 2 + 4 + 16,
            Self::Q8_0 => 2 + 32,
            Self::Q4K => 2 + 2 + 12 + 128,
            Self::Q6K => 128 + 64 + 16 + 2,
        }
    }

    /// Bytes of a block's head.
    pub(super) const fn head_bytes(self) -> usize {
        COLUMNS
            * match self {
                Self::Q4_0 | Self::Q5_0 | Self::Q8_0 => 2,
                Self::Q4K => 2 + 2 + 8 + 8,
                Self::Q6K => 2 + 16,
            }
    }

    /// Bytes of a block's body.
    pub(super) const fn body_bytes(self) -> usize {
        VECTOR
            * match self {
                Self::Q4_0 => 4,
                Self::Q5_0 => 5,
                Self::Q8_0 => 8,
                Self::Q4K => 4 * 8,
                Self::Q6K => 2 * (16 + 8),
            }
    }

    /// Where the bodies of a tile with `blocks` blocks begin.
    pub(super) const fn heads_bytes(self, blocks: usize) -> usize {
        (blocks * self.head_bytes()).next_multiple_of(VECTOR)
    }

    /// Bytes of a tile with `blocks` blocks.
    pub(super) const fn tile_bytes(self, blocks: usize) -> usize {
        self.heads_bytes(blocks) + blocks * self.body_bytes()
    }

    /// What the activations' corrections are for this format.
    pub(super) const fn correction(self) -> Correction {
        match self {
            Self::Q4_0 => Correction::Bias(8),
            Self::Q5_0 => Correction::Bias(16),
            Self::Q8_0 => Correction::Bias(128),
            Self::Q4K => Correction::SumsOf32,
            Self::Q6K => Correction::SumsOf16,
        }
    }
}

/// The words that stand beside the quantized activations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Correction {
    /// One word for each 32 inputs: minus this bias times their sum.
    Bias(i32),
    /// One word for each 64 inputs: the sums of both halves as two 16-bit integers, the first one low.
    SumsOf32,
    /// One word for each 32 inputs: likewise the sums of both halves.
    SumsOf16,
}

impl Correction {
    /// Inputs that share a word.
    pub(super) const fn span(self) -> usize {
        match self {
            Self::Bias(_) | Self::SumsOf16 => 32,
            Self::SumsOf32 => 64,
        }
    }

    /// Inputs that share a scale.
    pub(super) const fn block(self) -> usize {
        match self {
            Self::Bias(_) => 32,
            Self::SumsOf16 | Self::SumsOf32 => 256,
        }
    }
}
