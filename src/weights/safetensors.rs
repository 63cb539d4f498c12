//! The header of a safetensors file, checked in full: a length, then JSON that places every tensor in the bytes
//! that follow. Format: the safetensors documentation, which also asks for no holes, overlaps or trailing bytes.

use std::collections::{HashMap, HashSet};
use std::fmt;

use serde::Deserialize;
use serde::de::{self, IgnoredAny, MapAccess, Visitor};

use super::dtype::DType;
use super::{Fault, Stored, foreign};

/// The longest header in bytes: what so many tensors take. The format's own library reads up to 100 MB.
const MAX_HEADER: u64 = 32 << 20;
/// The most tensors; the largest known models have some ten thousand.
const MAX_TENSORS: usize = 1 << 17;
const MAX_RANK: usize = 8;

/// The tensors of `file`, with offsets into the whole file.
pub(super) fn read(file: &[u8]) -> Result<HashMap<String, Stored>, Fault> {
    let (header, data) = split(file)?;
    let header = str::from_utf8(header).map_err(|_| "has a header that is not UTF-8")?;
    let Header(entries) = serde_json::from_str(header).map_err(|e| format!("has a damaged header: {e}"))?;
    let start = file.len() - data.len();
    let tensors = entries
        .into_iter()
        .map(|(name, entry)| Ok((entry.stored(&name, start, file.len())?, name)))
        .collect::<Result<Vec<_>, Fault>>()?;
    check_tiling(&tensors, start, file.len())?;
    Ok(tensors.into_iter().map(|(tensor, name)| (name, tensor)).collect())
}

/// Parts a file into its header and its data.
fn split(file: &[u8]) -> Result<(&[u8], &[u8]), Fault> {
    let Some((len, rest)) = file.split_first_chunk::<8>() else {
        return Err(foreign(file, "safetensors"));
    };
    if rest.first() != Some(&b'{') {
        return Err(foreign(file, "safetensors"));
    }
    let len = u64::from_le_bytes(*len);
    if len > MAX_HEADER {
        // Text that happens to have a brace in the ninth place claims an absurd length.
        return Err(match len >> 40 {
            0 => format!("claims a header of {len} bytes, more than {MAX_HEADER}"),
            _ => foreign(file, "safetensors"),
        });
    }
    let cut = || "ends within its header: it is cut short or damaged".to_owned();
    rest.split_at_checked(usize::try_from(len).map_err(|_| cut())?).ok_or_else(cut)
}

/// Holds the places of tensors against each other: end to end they fill the data, as the format demands.
fn check_tiling(tensors: &[(Stored, String)], start: usize, file_len: usize) -> Result<(), Fault> {
    let mut order: Vec<&(Stored, String)> = tensors.iter().collect();
    order.sort_by_key(|(tensor, _)| (tensor.data.start, tensor.data.end));
    let mut end = start;
    for (tensor, name) in order {
        if tensor.data.start != end {
            let what = if tensor.data.start < end { "that overlaps another" } else { "after a hole" };
            return Err(format!("has a tensor `{name}` {what}"));
        }
        end = tensor.data.end;
    }
    match file_len - end {
        0 => Ok(()),
        more => Err(format!("has {more} bytes after its last tensor")),
    }
}

/// What the header says of a tensor.
#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (usize, usize),
}

impl Entry {
    fn stored(self, name: &str, start: usize, file_len: usize) -> Result<Stored, Fault> {
        let Self { dtype, shape, data_offsets: (from, to) } = self;
        let dtype = self::dtype(&dtype)
            .ok_or_else(|| format!("has a tensor `{name}` of unknown type `{}`", dtype.escape_default()))?;
        let impossible = || format!("has a tensor `{name}` of impossible shape");
        if shape.len() > MAX_RANK {
            return Err(impossible());
        }
        let len = dtype.byte_len(&shape).ok_or_else(impossible)?;
        if to.checked_sub(from) != Some(len) {
            return Err(format!("has a tensor `{name}` whose place does not fit its shape {shape:?}"));
        }
        match (start.checked_add(from), start.checked_add(to)) {
            (Some(from), Some(to)) if to <= file_len => Ok(Stored { dtype, shape, data: from..to }),
            _ => Err(format!("ends before its tensor `{name}` does: it is cut short or damaged")),
        }
    }
}

fn dtype(name: &str) -> Option<DType> {
    Some(match name {
        "F32" => DType::F32,
        "F16" => DType::F16,
        "BF16" => DType::Bf16,
        "F64" => DType::Other("64-bit floats", 8),
        "I64" | "U64" => DType::Other("64-bit integers", 8),
        "I32" | "U32" => DType::Other("32-bit integers", 4),
        "I16" | "U16" => DType::Other("16-bit integers", 2),
        "I8" | "U8" => DType::Other("8-bit integers", 1),
        "F8_E4M3" | "F8_E5M2" => DType::Other("8-bit floats", 1),
        "BOOL" => DType::Other("truth values", 1),
        _ => return None,
    })
}

/// The entries of a header. Names are unique, and `__metadata__` is left out.
struct Header(Vec<(String, Entry)>);

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries)
    }
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Header;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
        let mut names = HashSet::new();
        let mut entries = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if name == "__metadata__" {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            if !names.insert(name.clone()) {
                return Err(de::Error::custom(format!("the tensor `{name}` twice")));
            }
            entries.push((name, map.next_value()?));
            if entries.len() > MAX_TENSORS {
                return Err(de::Error::custom(format!("more than {MAX_TENSORS} tensors")));
            }
        }
        Ok(Header(entries))
    }
}
