//! `pytorch_model.bin`: a pickle that describes tensors, and their numbers outside it. Since PyTorch 1.6 both are
//! stored entries of a zip archive; before, one followed the other in a plain file.

use std::collections::HashMap;
use std::io::Cursor;
use std::ops::Range;

use zip::{CompressionMethod, ZipArchive};

use super::pickle::{self, Value};
use super::storage::Tensor;
use super::{Fault, Stored, foreign};

/// The most entries of an archive.
const MAX_ENTRIES: usize = 1 << 17;

/// The first pickle of a plain file: protocol 2, PyTorch's magic number, stop.
const MAGIC: [u8; 15] = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, b'.'];

/// The tensors of `file`, with offsets into the whole file.
pub(super) fn read(file: &[u8]) -> Result<HashMap<String, Stored>, Fault> {
    if file.starts_with(b"PK\x03\x04") {
        read_archive(file)
    } else if file.starts_with(&MAGIC) {
        read_plain(file)
    } else {
        Err(foreign(file, "PyTorch"))
    }
}

fn read_archive(file: &[u8]) -> Result<HashMap<String, Stored>, Fault> {
    let entries = entries(file)?;
    let mut pickles =
        entries.iter().filter_map(|(name, place)| Some((name.strip_suffix("data.pkl")?, place)));
    let (root, place) = match (pickles.next(), pickles.next()) {
        (Some(pickle), None) => pickle,
        _ => return Err("is a zip archive, but not of PyTorch weights".into()),
    };
    if let Some(order) = entries.get(&format!("{root}byteorder"))
        && file.get(order.clone()) != Some(b"little")
    {
        return Err("holds big-endian numbers; only little-endian is read".into());
    }
    let mut bytes = file.get(place.clone()).unwrap_or_default();
    let pickle = pickle::read(&mut bytes)?;
    let mut places = HashMap::new();
    for (key, storage) in &pickle.storages {
        let place = entries.get(&format!("{root}data/{key}"));
        let place = place.ok_or_else(|| format!("lacks the numbers `{}`", key.escape_default()))?;
        if Some(place.len()) != storage.dtype.byte_len(&[storage.len]) {
            return Err(format!("has numbers `{}` of another length than it says", key.escape_default()));
        }
        places.insert(key.to_string(), place.clone());
    }
    tensors(pickle.value, &places)
}

/// Where the entries of an archive lie: each stored as it is, apart from the others, under a name of its own.
fn entries(file: &[u8]) -> Result<HashMap<String, Range<usize>>, Fault> {
    let damage = |e: zip::result::ZipError| format!("is a damaged zip archive: {e}");
    let mut archive = ZipArchive::new(Cursor::new(file)).map_err(damage)?;
    if archive.len() > MAX_ENTRIES {
        return Err(format!("is a zip archive of more than {MAX_ENTRIES} entries"));
    }
    if archive.has_duplicate_names() {
        return Err("is a zip archive with two entries of one name".into());
    }
    let mut entries = HashMap::new();
    for number in 0..archive.len() {
        let entry = archive.by_index(number).map_err(damage)?;
        let name = entry.name().map_err(damage)?.into_owned();
        if entry.compression() != CompressionMethod::Stored || entry.size() != entry.compressed_size() {
            return Err("is a compressed zip archive, which PyTorch does not write".into());
        }
        let start = entry.data_start().and_then(|start| usize::try_from(start).ok());
        let len = usize::try_from(entry.size()).ok();
        let end = start.zip(len).and_then(|(start, len)| start.checked_add(len));
        match start.zip(end) {
            Some((start, end)) if end <= file.len() => entries.insert(name, start..end),
            _ => return Err(format!("ends before its entry `{}` does", name.escape_default())),
        };
    }
    let mut places: Vec<_> = entries.values().filter(|place| !place.is_empty()).collect();
    places.sort_by_key(|place| place.start);
    if places.windows(2).any(|pair| pair[1].start < pair[0].end) {
        return Err("is a zip archive whose entries overlap".into());
    }
    Ok(entries)
}

/// Five pickles (magic number, version, about the system, the tensors, the order of storages), then each storage
/// with its length before it.
fn read_plain(file: &[u8]) -> Result<HashMap<String, Stored>, Fault> {
    let mut rest = &file[MAGIC.len()..];
    pickle::read(&mut rest)?;
    pickle::read(&mut rest)?;
    let pickle = pickle::read(&mut rest)?;
    let Value::List(order) = pickle::read(&mut rest)?.value else {
        return Err("does not say where its numbers are".into());
    };
    let cut = || "ends before its numbers do: it is cut short or damaged".to_owned();
    let mut places = HashMap::new();
    let mut at = file.len() - rest.len();
    for key in &order {
        let Value::Text(key) = key else { return Err("does not say where its numbers are".into()) };
        let storage = pickle.storages.get(key).ok_or("holds numbers that belong to no tensor")?;
        let len = file.get(at..).and_then(|rest| rest.first_chunk()).ok_or_else(cut)?;
        if u64::from_le_bytes(*len) != storage.len as u64 {
            return Err(format!("has numbers `{}` of another length than it says", key.escape_default()));
        }
        let start = at + len.len();
        let end = storage.dtype.byte_len(&[storage.len]).and_then(|len| start.checked_add(len));
        at = end.filter(|&end| end <= file.len()).ok_or_else(cut)?;
        if places.insert(key.to_string(), start..at).is_some() {
            return Err("holds the same numbers twice".into());
        }
    }
    tensors(pickle.value, &places)
}

/// The tensors of a dictionary, given where the storages lie.
fn tensors(value: Value, places: &HashMap<String, Range<usize>>) -> Result<HashMap<String, Stored>, Fault> {
    let Value::Dict(items) = value else {
        return Err("is a pickle of something else than named tensors".into());
    };
    let mut tensors = HashMap::new();
    for (name, value) in items {
        let Value::Tensor(tensor) = value else { continue };
        let stored = stored(&tensor, places).map_err(|why| format!("has a tensor `{name}` {why}"))?;
        if tensors.insert(name.to_string(), stored).is_some() {
            return Err(format!("has the tensor `{name}` twice"));
        }
    }
    match tensors.is_empty() {
        true => Err("is a pickle of something else than named tensors".into()),
        false => Ok(tensors),
    }
}

fn stored(tensor: &Tensor, places: &HashMap<String, Range<usize>>) -> Result<Stored, &'static str> {
    let dtype = tensor.storage.dtype;
    let place = places.get(&*tensor.storage.key).ok_or("without numbers")?;
    if !tensor.contiguous {
        return Err("whose numbers are not in row-major order");
    }
    let len = dtype.byte_len(&tensor.shape).ok_or("of impossible shape")?;
    let start = place.start + tensor.offset * dtype.size();
    match start.checked_add(len) {
        Some(end) if end <= place.end => Ok(Stored { dtype, shape: tensor.shape.clone(), data: start..end }),
        _ => Err("outside its numbers"),
    }
}
