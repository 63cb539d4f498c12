//! Tables of embeddings.

use super::tensor::{dequantize, tensor};
use crate::error::{Error, Result};
use crate::gguf::Gguf;

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
