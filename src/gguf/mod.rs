//! GGUF files, validated before anything believes them.
//! Format: the GGUF specification of the ggml project.

use std::path::{Path, PathBuf};

use candle_core::quantized::GgmlDType;
use candle_core::quantized::gguf_file::{Content, Value};
use memmap2::Mmap;

use crate::error::{Error, ErrorKind, Result};

/// A validated GGUF file, mapped into memory.
pub struct Gguf {
    path: PathBuf,
    map: Mmap,
    content: Content,
}

/// A tensor as it lies in the file.
#[derive(Clone, Copy, Debug)]
pub struct TensorView<'a> {
    /// The storage type.
    pub dtype: GgmlDType,
    /// Outermost dimension first (rows, then columns), the reverse of the file's order.
    pub shape: &'a [usize],
    /// The raw bytes.
    pub data: &'a [u8],
}

impl Gguf {
    /// Opens and validates a file.
    pub fn open(path: &Path) -> Result<Self> {
        let file = std::fs::File::open(path).map_err(|e| Error::io(ErrorKind::Model, "open", path, e))?;
        // SAFETY: the map is read only; a file that is truncated while mapped is a documented limit.
        let map = unsafe { Mmap::map(&file) }.map_err(|e| Error::io(ErrorKind::Model, "map", path, e))?;
        let content = Content::read(&mut std::io::Cursor::new(&map[..]))?;
        Ok(Self { path: path.into(), map, content })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The architecture (`qwen2`).
    pub fn architecture(&self) -> Result<&str> {
        Ok(self.value("general.architecture")?.to_string()?)
    }

    /// A metadata value.
    pub fn value(&self, key: &str) -> Result<&Value> {
        self.content
            .metadata
            .get(key)
            .ok_or_else(|| Error::model(format!("{}: no metadata key `{key}`", self.path.display())))
    }

    /// Whether a tensor exists.
    pub fn has_tensor(&self, name: &str) -> bool {
        self.content.tensor_infos.contains_key(name)
    }

    /// A tensor.
    pub fn tensor(&self, name: &str) -> Result<TensorView<'_>> {
        let info = self
            .content
            .tensor_infos
            .get(name)
            .ok_or_else(|| Error::model(format!("{}: no tensor `{name}`", self.path.display())))?;
        let start = (self.content.tensor_data_offset + info.offset) as usize;
        let len = info.shape.elem_count() / info.ggml_dtype.block_size() * info.ggml_dtype.type_size();
        let data = self.map.get(start..start + len).ok_or_else(|| {
            Error::model(format!("{}: tensor `{name}` lies outside the file", self.path.display()))
        })?;
        Ok(TensorView { dtype: info.ggml_dtype, shape: info.shape.dims(), data })
    }

    /// candle's view of the header.
    pub fn content(&self) -> &Content {
        &self.content
    }
}
