//! The weights of a model folder as the hub lays it out: `model.safetensors` or `pytorch_model.bin`, whole or in
//! shards that an index lists.
//!
//! Files are mapped into memory and checked in full when a folder is opened, so that no accessor can read outside
//! them; nothing in them is ever executed.

mod dtype;
mod index;
mod pickle;
mod pytorch;
mod safetensors;
mod storage;

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use memmap2::Mmap;

use crate::error::{Error, ErrorKind, Result};
use crate::gguf::sniff;
use dtype::DType;
pub(crate) use index::weight_files;

/// What is wrong with a file, in words that follow its name.
type Fault = String;

/// The tensors of a model folder.
#[derive(Debug)]
pub struct Checkpoint {
    folder: PathBuf,
    files: Vec<File>,
    tensors: HashMap<String, Place>,
}

#[derive(Debug)]
struct File {
    path: PathBuf,
    map: Mmap,
}

/// A tensor as it lies in a file, with its data in row-major order.
#[derive(Debug)]
struct Stored {
    dtype: DType,
    shape: Vec<usize>,
    data: Range<usize>,
}

/// Which file holds a tensor, and where.
#[derive(Debug)]
struct Place {
    file: usize,
    tensor: Stored,
}

impl Checkpoint {
    /// Opens and checks the weights of `folder`.
    ///
    /// # Errors
    /// [`ErrorKind::Model`] when the folder holds no weights, a shard that the index lists is missing, or a file is
    /// damaged or something else than its name says (which is named).
    pub fn open(folder: &Path) -> Result<Self> {
        let mut checkpoint = Self { folder: folder.into(), files: Vec::new(), tensors: HashMap::new() };
        for name in weight_files(folder)? {
            checkpoint.add(&folder.join(name))?;
        }
        Ok(checkpoint)
    }

    /// Whether there is a tensor of that name.
    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// The names of all tensors, in no order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// The shape of a tensor, outermost dimension first; empty for a single number.
    ///
    /// # Errors
    /// [`ErrorKind::Model`] when there is none of that name.
    pub fn shape(&self, name: &str) -> Result<&[usize]> {
        Ok(&self.place(name)?.tensor.shape)
    }

    /// The numbers of a tensor in row-major order, converted from 16 bits where they are stored so.
    ///
    /// # Errors
    /// [`ErrorKind::Model`] when there is none of that name, it has another shape, or holds integers.
    pub fn tensor(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let place = self.place(name)?;
        let file = self.files.get(place.file).ok_or_else(|| self.lacks(name))?;
        let Stored { dtype, shape: found, data } = &place.tensor;
        if found != shape {
            let fault = format!("has a tensor `{name}` of shape {found:?}, not {shape:?}");
            return Err(damaged(&file.path, &fault));
        }
        let bytes = file.map.get(data.clone()).ok_or_else(|| self.lacks(name))?;
        let numbers = dtype.to_f32(bytes).ok_or_else(|| {
            damaged(
                &file.path,
                &format!("has a tensor `{name}` of {}, not of 16 or 32-bit floats", dtype.name()),
            )
        })?;
        file.release(data);
        Ok(numbers)
    }

    /// Adds the tensors of one file.
    fn add(&mut self, path: &Path) -> Result<()> {
        let map = map(path)?;
        let tensors = match path.extension() {
            Some(extension) if extension == "bin" => pytorch::read(&map),
            _ => safetensors::read(&map),
        };
        for (name, tensor) in tensors.map_err(|fault| damaged(path, &fault))? {
            let place = Place { file: self.files.len(), tensor };
            if let Some(other) = self.tensors.insert(name.clone(), place) {
                let other = self.files.get(other.file).map(|file| file.path.display().to_string());
                let other = other.unwrap_or_else(|| "it".into());
                return Err(damaged(path, &format!("has the tensor `{name}`, which {other} has too")));
            }
        }
        self.files.push(File { path: path.into(), map });
        Ok(())
    }

    fn place(&self, name: &str) -> Result<&Place> {
        self.tensors.get(name).ok_or_else(|| self.lacks(name))
    }

    fn lacks(&self, name: &str) -> Error {
        match &self.files[..] {
            [file] => damaged(&file.path, &format!("has no tensor `{name}`")),
            _ => damaged(&self.folder, &format!("has no tensor `{name}` in its shards")),
        }
    }
}

impl File {
    /// Lets the system take back the memory of data that has been copied. Reading it again reads the file again.
    fn release(&self, data: &Range<usize>) {
        #[cfg(unix)]
        {
            // SAFETY: the map is of a file and read only, so its pages come back as they were.
            // A refusal costs memory and nothing else.
            let _ = unsafe {
                self.map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, data.start, data.len())
            };
        }
    }
}

/// Maps a regular file that is not empty.
fn map(path: &Path) -> Result<Mmap> {
    // Asked before opening, since opening a FIFO would wait for a writer.
    let about = std::fs::metadata(path).map_err(|e| Error::io(ErrorKind::Model, "open", path, e))?;
    if !about.is_file() {
        let kind = if about.is_dir() { "is a directory" } else { "is a device or pipe" };
        return Err(damaged(path, kind));
    }
    if about.len() == 0 {
        return Err(damaged(path, "is empty"));
    }
    let file = std::fs::File::open(path).map_err(|e| Error::io(ErrorKind::Model, "open", path, e))?;
    // SAFETY: the map is read only; a file that is truncated while mapped is a documented limit.
    unsafe { Mmap::map(&file) }.map_err(|e| Error::io(ErrorKind::Model, "map", path, e))
}

/// What `file` is instead of `wanted`.
fn foreign(file: &[u8], wanted: &str) -> Fault {
    sniff::foreign(&file[..file.len().min(64)], wanted)
}

fn damaged(path: &Path, fault: &str) -> Error {
    Error::model(format!("{} {fault}", path.display())).hint("fetch the model's files again")
}
