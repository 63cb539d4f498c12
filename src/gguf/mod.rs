//! GGUF files, validated before anything believes them.
//!
//! The whole header is checked against the file's own bytes when a file is opened: counts, names, types, shapes and
//! the places of tensors. After that no accessor can read outside the file, and nothing was allocated on the word of
//! a number in it. Format: the GGUF specification of the ggml project.

mod config;
mod header;
pub(crate) mod sniff;
mod value;

use std::path::{Path, PathBuf};

use candle_core::quantized::GgmlDType;
use memmap2::Mmap;

use crate::error::{Error, ErrorKind, Result};
use header::Header;

pub(crate) use config::ROPE_FREQS;
pub use config::{Architecture, MAX_CONTEXT, ModelConfig};
pub use value::{Array, Value};

/// A validated GGUF file, mapped into memory.
pub struct Gguf {
    path: PathBuf,
    map: Mmap,
    header: Header,
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
    ///
    /// # Errors
    /// [`ErrorKind::Model`] when the file is missing, is no regular file, is something else than GGUF (which is
    /// named), or does not keep to the format.
    pub fn open(path: &Path) -> Result<Self> {
        // Asked before opening, since opening a FIFO would wait for a writer.
        let about = std::fs::metadata(path).map_err(|e| Error::io(ErrorKind::Model, "open", path, e))?;
        if !about.is_file() {
            let kind = if about.is_dir() { "a directory" } else { "a device or pipe" };
            return Err(Error::model(format!("{} is {kind}, not a model file", path.display()))
                .hint("give the path of the .gguf file itself"));
        }
        if about.len() == 0 {
            return Err(damaged(path, "is empty"));
        }
        let file = std::fs::File::open(path).map_err(|e| Error::io(ErrorKind::Model, "open", path, e))?;
        // SAFETY: the map is read only; a file that is truncated while mapped is a documented limit.
        let map = unsafe { Mmap::map(&file) }.map_err(|e| Error::io(ErrorKind::Model, "map", path, e))?;
        if !map.starts_with(b"GGUF") {
            return Err(damaged(path, &sniff::foreign(&map[..map.len().min(64)], "GGUF")));
        }
        let header = Header::read(&map).map_err(|fault| damaged(path, &fault))?;
        Ok(Self { path: path.into(), map, header })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The architecture (`qwen2`).
    pub fn architecture(&self) -> Result<&str> {
        self.str("general.architecture")
    }

    /// A metadata value, if it is there.
    pub fn value(&self, key: &str) -> Option<Value<'_>> {
        self.header.metadata.get(key)?.value(&self.map)
    }

    /// An integer that fits a `u32`, whatever its width in the file.
    pub fn u32(&self, key: &str) -> Result<u32> {
        self.typed(key, "a number of 32 bits", |value| value.as_u64().and_then(|v| u32::try_from(v).ok()))
    }

    /// A float.
    pub fn f32(&self, key: &str) -> Result<f32> {
        self.typed(key, "a floating-point number", |value| value.as_f64().map(|v| v as f32))
    }

    /// A truth value.
    pub fn bool(&self, key: &str) -> Result<bool> {
        self.typed(key, "true or false", |value| value.as_bool())
    }

    /// Text.
    pub fn str(&self, key: &str) -> Result<&str> {
        self.typed(key, "text", |value| value.as_str())
    }

    /// A list of texts.
    pub fn strings(&self, key: &str) -> Result<Vec<&str>> {
        self.typed(key, "a list of texts", |value| value.as_array()?.iter().map(|v| v.as_str()).collect())
    }

    /// A list of floats.
    pub fn f32s(&self, key: &str) -> Result<Vec<f32>> {
        let floats =
            |value: Value<'_>| value.as_array()?.iter().map(|v| v.as_f64().map(|v| v as f32)).collect();
        self.typed(key, "a list of floating-point numbers", floats)
    }

    /// A list of integers that fit a `u32`.
    pub fn u32s(&self, key: &str) -> Result<Vec<u32>> {
        let integers =
            |value: Value<'_>| value.as_array()?.iter().map(|v| u32::try_from(v.as_u64()?).ok()).collect();
        self.typed(key, "a list of numbers", integers)
    }

    /// Whether a tensor exists.
    pub fn has_tensor(&self, name: &str) -> bool {
        self.header.tensors.contains_key(name)
    }

    /// The names of all tensors, in no order.
    pub fn tensor_names(&self) -> impl Iterator<Item = &str> {
        self.header.tensors.keys().map(String::as_str)
    }

    /// A tensor.
    pub fn tensor(&self, name: &str) -> Result<TensorView<'_>> {
        let info = self.header.tensors.get(name);
        let view = info.and_then(|info| {
            let data = self.map.get(info.data.clone())?;
            Some(TensorView { dtype: info.dtype, shape: &info.shape, data })
        });
        view.ok_or_else(|| self.damaged(&format!("has no tensor `{name}`")))
    }

    /// Lets the system take back the memory of a tensor that has been copied elsewhere. Reading it again reads
    /// the file again.
    pub(crate) fn release(&self, name: &str) {
        #[cfg(unix)]
        if let Some(info) = self.header.tensors.get(name) {
            // SAFETY: the map is of a file and read only, so its pages come back as they were.
            // A refusal costs memory and nothing else.
            let _ = unsafe {
                let range = info.data.clone();
                self.map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, range.start, range.len())
            };
        }
    }

    fn typed<'a, T>(&'a self, key: &str, what: &str, read: impl FnOnce(Value<'a>) -> Option<T>) -> Result<T> {
        let value = self.value(key).ok_or_else(|| self.damaged(&format!("has no metadata key `{key}`")))?;
        read(value).ok_or_else(|| self.damaged(&format!("has a metadata key `{key}` that is not {what}")))
    }

    /// The error for a file that breaks a rule; `fault` follows its name.
    pub(crate) fn damaged(&self, fault: &str) -> Error {
        damaged(&self.path, fault)
    }
}

fn damaged(path: &Path, fault: &str) -> Error {
    Error::model(format!("{} {fault}", path.display()))
        .hint("check it with `diglot models verify`, or delete it and fetch it again")
}
