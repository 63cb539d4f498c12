//! The other ways in which hub repositories keep what `model.safetensors` holds. Each takes that file's place.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};
use zip::CompressionMethod;

use crate::pytorch::{self, Tensor};

/// A tensor of a safetensors file: its name, its shape and its bytes.
type Stored = (String, Vec<usize>, Vec<u8>);

/// The tensors of `model.safetensors`, which is removed.
fn take(folder: &Path) -> Vec<Stored> {
    let path = folder.join("model.safetensors");
    let file = fs::read(&path).unwrap();
    fs::remove_file(path).unwrap();
    let (len, rest) = file.split_first_chunk().unwrap();
    let (header, data) = rest.split_at(u64::from_le_bytes(*len) as usize);
    let header: Map<String, Value> = serde_json::from_slice(header).unwrap();
    let size = |value: &Value| value.as_u64().unwrap() as usize;
    let tensor = |(name, entry): (String, Value)| {
        assert_eq!(entry["dtype"], "F32");
        let shape = entry["shape"].as_array().unwrap().iter().map(size).collect();
        let offsets = &entry["data_offsets"];
        (name, shape, data[size(&offsets[0])..size(&offsets[1])].to_vec())
    };
    header.into_iter().map(tensor).collect()
}

fn safetensors(tensors: &[Stored]) -> Vec<u8> {
    let (mut header, mut data) = (Map::new(), Vec::new());
    for (name, shape, bytes) in tensors {
        let offsets = [data.len(), data.len() + bytes.len()];
        header.insert(name.clone(), json!({"dtype": "F32", "shape": shape, "data_offsets": offsets}));
        data.extend(bytes);
    }
    let header = Value::Object(header).to_string();
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat()
}

/// An archive as `torch.save` writes it.
fn pytorch(tensors: &[Stored]) -> Vec<u8> {
    let strides: Vec<Vec<usize>> = tensors.iter().map(|(_, shape, _)| row_major(shape)).collect();
    let described =
        tensors.iter().zip(&strides).enumerate().map(|(storage, ((name, shape, bytes), stride))| Tensor {
            name,
            storage,
            len: bytes.len() / 4,
            offset: 0,
            shape,
            stride,
        });
    let mut described: Vec<_> = described.collect();
    // Published models name their one table of embeddings three times.
    let tied = ["model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight"];
    if let Some(shared) = described.iter().find(|tensor| tensor.name == "model.shared.weight").copied() {
        described.extend(tied.map(|name| Tensor { name, ..shared }));
    }

    let names: Vec<String> = (0..tensors.len()).map(|number| format!("archive/data/{number}")).collect();
    let pickle = pytorch::pickle(&described);
    let mut entries = vec![("archive/data.pkl", &pickle[..]), ("archive/byteorder", &b"little"[..])];
    entries.extend(names.iter().zip(tensors).map(|(name, (_, _, bytes))| (name.as_str(), &bytes[..])));
    pytorch::archive(&entries, CompressionMethod::Stored)
}

fn row_major(shape: &[usize]) -> Vec<usize> {
    (1..=shape.len()).map(|from| shape[from..].iter().product()).collect()
}

/// One `pytorch_model.bin`.
pub fn pickle(folder: &Path) {
    let tensors = take(folder);
    fs::write(folder.join("pytorch_model.bin"), pytorch(&tensors)).unwrap();
}

/// Two shards of safetensors with their index.
pub fn shards(folder: &Path) -> [String; 2] {
    split(folder, "model", "safetensors", safetensors)
}

/// Two shards of pickles with their index.
pub fn pickled_shards(folder: &Path) -> [String; 2] {
    split(folder, "pytorch_model", "bin", pytorch)
}

/// Writes every second tensor into the first file, the others into the second.
fn split(folder: &Path, stem: &str, extension: &str, write: fn(&[Stored]) -> Vec<u8>) -> [String; 2] {
    let names = [1, 2].map(|number| format!("{stem}-0000{number}-of-00002.{extension}"));
    let (mut shards, mut places) = ([Vec::new(), Vec::new()], Map::new());
    for (number, tensor) in take(folder).into_iter().enumerate() {
        places.insert(tensor.0.clone(), names[number % 2].clone().into());
        shards[number % 2].push(tensor);
    }
    for (name, tensors) in names.iter().zip(&shards) {
        fs::write(folder.join(name), write(tensors)).unwrap();
    }
    let index = json!({"metadata": {}, "weight_map": places}).to_string();
    fs::write(folder.join(format!("{stem}.{extension}.index.json")), index).unwrap();
    names
}
