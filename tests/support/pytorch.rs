//! Archives of weights as PyTorch writes them: a pickle that describes tensors, and the numbers of each storage.

use std::io::{Cursor, Write};

use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

/// A tensor of 32-bit floats as the pickle describes it.
#[derive(Clone, Copy)]
pub struct Tensor<'a> {
    pub name: &'a str,
    /// Which storage holds its numbers, and how many that one has.
    pub storage: usize,
    pub len: usize,
    pub offset: usize,
    pub shape: &'a [usize],
    pub stride: &'a [usize],
}

/// A zip archive.
pub fn archive(entries: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        zip.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The pickle of a dictionary of tensors.
pub fn pickle(tensors: &[Tensor<'_>]) -> Vec<u8> {
    let items = tensors.iter().flat_map(item).collect();
    [b"\x80\x02}".to_vec(), items, b".".to_vec()].concat()
}

/// A name, the call that makes its tensor, and the instruction that adds both to the dictionary.
fn item(tensor: &Tensor<'_>) -> Vec<u8> {
    let Tensor { name, storage, len, offset, shape, stride } = tensor;
    [
        text(name),
        b"ctorch._utils\n_rebuild_tensor_v2\n((".to_vec(),
        text("storage"),
        b"ctorch\nFloatStorage\n".to_vec(),
        text(&storage.to_string()),
        text("cpu"),
        int(*len),
        b"tQ".to_vec(),
        int(*offset),
        tuple(shape),
        tuple(stride),
        b"\x89ccollections\nOrderedDict\n)RtRs".to_vec(),
    ]
    .concat()
}

fn text(text: &str) -> Vec<u8> {
    [b"X".to_vec(), (text.len() as u32).to_le_bytes().to_vec(), text.into()].concat()
}

fn int(int: usize) -> Vec<u8> {
    [&b"J"[..], &(int as u32).to_le_bytes()].concat()
}

fn tuple(values: &[usize]) -> Vec<u8> {
    [b"(".to_vec(), values.iter().flat_map(|&value| int(value)).collect(), b"t".to_vec()].concat()
}
