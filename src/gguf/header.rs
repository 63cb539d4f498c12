//! The header of a GGUF file: everything before the tensor data, checked in full before any of it is used.
//! Format: the GGUF specification of the ggml project, versions 2 and 3, little-endian.

use std::collections::HashMap;
use std::ops::Range;

use candle_core::quantized::GgmlDType;

use super::value::{Array, Value, ValueType};

/// The most metadata entries, and the most tensors.
const MAX_ENTRIES: u64 = 65_536;
/// The most elements of one metadata array.
const MAX_ARRAY: u64 = 4 << 20;
/// The most bytes of a header.
const MAX_HEADER: usize = 256 << 20;
/// The longest metadata key and tensor name in bytes, as in the specification.
const MAX_KEY: u64 = 65_535;
const MAX_NAME: u64 = 64;
/// The most tensor dimensions, and the longest of them.
const MAX_RANK: u32 = 4;
const MAX_DIM: u64 = 1 << 31;

/// Where the data of tensors begins when `general.alignment` is absent.
const DEFAULT_ALIGNMENT: u64 = 32;

/// What is wrong with a header, in words that follow the file's name.
pub(super) type Fault = String;

/// A checked header. Offsets are into the whole file.
pub(super) struct Header {
    pub(super) metadata: HashMap<String, Entry>,
    pub(super) tensors: HashMap<String, TensorInfo>,
}

/// Where a metadata value lies.
pub(super) struct Entry {
    kind: ValueType,
    /// For arrays, the type and count of the elements.
    elements: Option<(ValueType, usize)>,
    /// The value's bytes; for strings without, for arrays' elements with their lengths.
    bytes: Range<usize>,
}

impl Entry {
    /// The value, read from the file that the header was read from.
    pub(super) fn value<'a>(&self, file: &'a [u8]) -> Option<Value<'a>> {
        let bytes = file.get(self.bytes.clone())?;
        match (self.kind, self.elements) {
            (ValueType::String, _) => Some(Value::Str(std::str::from_utf8(bytes).ok()?)),
            (ValueType::Array, Some((kind, len))) => Some(Value::Array(Array { kind, len, bytes })),
            (kind, _) => Value::scalar(kind, bytes),
        }
    }
}

/// Where a tensor lies and what it is.
pub(super) struct TensorInfo {
    pub(super) dtype: GgmlDType,
    /// Outermost dimension first.
    pub(super) shape: Vec<usize>,
    pub(super) data: Range<usize>,
}

impl Header {
    /// Reads and checks the header of `file`, which begins with the magic number.
    pub(super) fn read(file: &[u8]) -> Result<Self, Fault> {
        let mut reader = Reader { file, position: 4 };
        check_version(reader.u32()?)?;
        let tensor_count = reader.count("tensors")?;
        let entry_count = reader.count("metadata entries")?;
        let metadata = read_metadata(&mut reader, entry_count)?;
        let alignment = alignment(&metadata, file)?;
        let unplaced = read_tensor_infos(&mut reader, tensor_count)?;
        let tensors = place_tensors(unplaced, reader.position, alignment, file.len())?;
        Ok(Self { metadata, tensors })
    }
}

fn check_version(version: u32) -> Result<(), Fault> {
    match version {
        2 | 3 => Ok(()),
        1 => Err("is a GGUF file of version 1, which is no longer read".into()),
        v if (1..=3).contains(&v.swap_bytes()) => {
            Err("is a big-endian GGUF file; only little-endian is read".into())
        }
        v => Err(format!("is a GGUF file of unknown version {v}")),
    }
}

fn read_metadata(reader: &mut Reader<'_>, count: u64) -> Result<HashMap<String, Entry>, Fault> {
    let mut metadata = HashMap::new();
    for _ in 0..count {
        let key = reader.name("metadata key", MAX_KEY)?.to_owned();
        let entry = read_entry(reader, &key)?;
        if metadata.contains_key(&key) {
            return Err(format!("has the metadata key `{key}` twice"));
        }
        metadata.insert(key, entry);
    }
    Ok(metadata)
}

fn read_entry(reader: &mut Reader<'_>, key: &str) -> Result<Entry, Fault> {
    let kind = reader.value_type(key)?;
    match kind {
        ValueType::String => {
            let bytes = reader.string(key)?;
            Ok(Entry { kind, elements: None, bytes })
        }
        ValueType::Array => {
            let element = reader.value_type(key)?;
            let len = reader.u64()?;
            if element == ValueType::Array {
                return Err(format!("has arrays within an array in `{key}`"));
            }
            if len > MAX_ARRAY {
                return Err(format!("claims {len} elements for `{key}`, more than {MAX_ARRAY}"));
            }
            let start = reader.position;
            for _ in 0..len {
                reader.element(element, key)?;
            }
            Ok(Entry { kind, elements: Some((element, len as usize)), bytes: start..reader.position })
        }
        _ => {
            let start = reader.position;
            reader.element(kind, key)?;
            Ok(Entry { kind, elements: None, bytes: start..reader.position })
        }
    }
}

fn alignment(metadata: &HashMap<String, Entry>, file: &[u8]) -> Result<u64, Fault> {
    let Some(entry) = metadata.get("general.alignment") else { return Ok(DEFAULT_ALIGNMENT) };
    match entry.value(file) {
        Some(Value::Unsigned(a))
            if entry.kind == ValueType::U32 && a.is_power_of_two() && (8..=4096).contains(&a) =>
        {
            Ok(a)
        }
        other => Err(format!("has an impossible `general.alignment`: {other:?}")),
    }
}

/// A tensor whose offset is still relative to the data section.
struct Unplaced {
    name: String,
    dtype: GgmlDType,
    shape: Vec<usize>,
    offset: u64,
    len: u64,
}

fn read_tensor_infos(reader: &mut Reader<'_>, count: u64) -> Result<Vec<Unplaced>, Fault> {
    let mut tensors = Vec::new();
    for _ in 0..count {
        let name = reader.name("tensor name", MAX_NAME)?.to_owned();
        let rank = reader.u32()?;
        if !(1..=MAX_RANK).contains(&rank) {
            return Err(format!("has a tensor `{name}` of {rank} dimensions"));
        }
        let mut shape = Vec::with_capacity(rank as usize);
        for _ in 0..rank {
            let dim = reader.u64()?;
            if !(1..=MAX_DIM).contains(&dim) {
                return Err(format!("has a tensor `{name}` with a dimension of {dim}"));
            }
            shape.push(dim as usize);
        }
        let number = reader.u32()?;
        let dtype =
            dtype(number).ok_or_else(|| format!("has a tensor `{name}` of unsupported type {number}"))?;
        let len = byte_len(&shape, dtype)
            .ok_or_else(|| format!("has a tensor `{name}` of impossible shape {shape:?}"))?;
        shape.reverse();
        tensors.push(Unplaced { name, dtype, shape, offset: reader.u64()?, len });
    }
    Ok(tensors)
}

/// The storage types that are read. The intermediate types Q8_1 and Q8_K never lie in a file.
fn dtype(number: u32) -> Option<GgmlDType> {
    Some(match number {
        0 => GgmlDType::F32,
        1 => GgmlDType::F16,
        2 => GgmlDType::Q4_0,
        3 => GgmlDType::Q4_1,
        6 => GgmlDType::Q5_0,
        7 => GgmlDType::Q5_1,
        8 => GgmlDType::Q8_0,
        10 => GgmlDType::Q2K,
        11 => GgmlDType::Q3K,
        12 => GgmlDType::Q4K,
        13 => GgmlDType::Q5K,
        14 => GgmlDType::Q6K,
        30 => GgmlDType::BF16,
        _ => return None,
    })
}

/// How many bytes a tensor takes, its innermost dimension first; rows hold whole blocks.
fn byte_len(shape: &[usize], dtype: GgmlDType) -> Option<u64> {
    let block = dtype.block_size();
    if shape.first()? % block != 0 {
        return None;
    }
    let elements = shape.iter().try_fold(1u64, |product, &dim| product.checked_mul(dim as u64))?;
    (elements / block as u64).checked_mul(dtype.type_size() as u64)
}

/// Turns relative offsets into places in the file, which must be aligned, inside it and apart from each other.
fn place_tensors(
    mut tensors: Vec<Unplaced>,
    header_len: usize,
    alignment: u64,
    file_len: usize,
) -> Result<HashMap<String, TensorInfo>, Fault> {
    let base = (header_len as u64).next_multiple_of(alignment);
    let mut placed = HashMap::new();
    let mut end = base;
    tensors.sort_by_key(|tensor| tensor.offset);
    for Unplaced { name, dtype, shape, offset, len } in tensors {
        if offset % alignment != 0 {
            return Err(format!("has a tensor `{name}` at the misaligned offset {offset}"));
        }
        let start = base.checked_add(offset);
        let (start, stop) = match start.and_then(|start| Some((start, start.checked_add(len)?))) {
            Some((start, stop)) if stop <= file_len as u64 => (start, stop),
            _ => return Err(format!("ends before its tensor `{name}` does: it is cut short or damaged")),
        };
        if start < end {
            return Err(format!("has a tensor `{name}` that overlaps another"));
        }
        end = stop;
        let info = TensorInfo { dtype, shape, data: start as usize..stop as usize };
        if placed.insert(name.clone(), info).is_some() {
            return Err(format!("has the tensor `{name}` twice"));
        }
    }
    Ok(placed)
}

/// A position in the file's bytes, which never goes past their end.
struct Reader<'a> {
    file: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: u64) -> Result<&'a [u8], Fault> {
        let end = usize::try_from(len).ok().and_then(|len| self.position.checked_add(len));
        match end {
            Some(end) if end > MAX_HEADER => Err(format!("has a header of more than {MAX_HEADER} bytes")),
            Some(end) if end <= self.file.len() => {
                let bytes = &self.file[self.position..end];
                self.position = end;
                Ok(bytes)
            }
            _ => Err("ends within its header: it is cut short or damaged".into()),
        }
    }

    fn u32(&mut self) -> Result<u32, Fault> {
        Ok(self.take(4)?.iter().rev().fold(0, |value, &byte| value << 8 | u32::from(byte)))
    }

    fn u64(&mut self) -> Result<u64, Fault> {
        Ok(self.take(8)?.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte)))
    }

    fn count(&mut self, what: &str) -> Result<u64, Fault> {
        match self.u64()? {
            count if count <= MAX_ENTRIES => Ok(count),
            count => Err(format!("claims {count} {what}, more than {MAX_ENTRIES}")),
        }
    }

    /// A key or a tensor's name: short UTF-8 that is not empty and holds no NUL.
    fn name(&mut self, what: &str, max: u64) -> Result<&'a str, Fault> {
        let len = self.u64()?;
        if !(1..=max).contains(&len) {
            return Err(format!("has a {what} of {len} bytes"));
        }
        match std::str::from_utf8(self.take(len)?) {
            Ok(name) if !name.contains('\0') => Ok(name),
            _ => Err(format!("has a {what} that is not text")),
        }
    }

    fn value_type(&mut self, key: &str) -> Result<ValueType, Fault> {
        let number = self.u32()?;
        ValueType::from_u32(number).ok_or_else(|| format!("has a value of unknown type {number} in `{key}`"))
    }

    /// Where a string's text lies.
    fn string(&mut self, key: &str) -> Result<Range<usize>, Fault> {
        let len = self.u64()?;
        let text = self.take(len)?;
        std::str::from_utf8(text).map_err(|_| format!("has text in `{key}` that is not UTF-8"))?;
        Ok(self.position - text.len()..self.position)
    }

    /// Checks and skips one value that is not an array.
    fn element(&mut self, kind: ValueType, key: &str) -> Result<(), Fault> {
        match kind.size() {
            Some(size) => match Value::scalar(kind, self.take(size as u64)?) {
                Some(_) => Ok(()),
                None => Err(format!("has a truth value in `{key}` that is neither 0 nor 1")),
            },
            None => self.string(key).map(drop),
        }
    }
}
