//! Which files of a folder hold the weights.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;
use serde::de::{self, IgnoredAny, MapAccess, Visitor};

use super::{damaged, map};
use crate::error::{Error, Result};

/// The files that hold all weights, safetensors before pickles.
const WHOLE: [&str; 2] = ["model.safetensors", "pytorch_model.bin"];

/// The largest index in bytes.
const MAX_INDEX: usize = 32 << 20;
/// The most shards.
const MAX_SHARDS: usize = 1024;

/// The names of the files in `folder` that hold its weights.
pub(crate) fn weight_files(folder: &Path) -> Result<Vec<String>> {
    for whole in WHOLE {
        let index = folder.join(format!("{whole}.index.json"));
        if folder.join(whole).exists() {
            return Ok(vec![whole.to_owned()]);
        }
        if index.exists() {
            return shards(folder, &index);
        }
    }
    let hint = match folder.join("tf_model.h5").exists() || folder.join("flax_model.msgpack").exists() {
        true => "this model comes as TensorFlow or Flax weights only, which are not read",
        false => "a model folder holds the files of its hub repository, `model.safetensors` among them",
    };
    Err(Error::model(format!("{} has neither `{}` nor `{}`", folder.display(), WHOLE[0], WHOLE[1]))
        .hint(hint))
}

/// The shards that an index lists, each a plain name of a file beside it.
fn shards(folder: &Path, path: &Path) -> Result<Vec<String>> {
    let index = map(path)?;
    if index.len() > MAX_INDEX {
        return Err(damaged(path, &format!("has more than {MAX_INDEX} bytes")));
    }
    let Index { weight_map: Shards(shards) } = serde_json::from_slice(&index)
        .map_err(|e| damaged(path, &format!("is not an index of shards: {e}")))?;
    if shards.is_empty() {
        return Err(damaged(path, "lists no shards"));
    }
    for shard in &shards {
        let shown = shard.escape_default();
        let plain = shard.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        let weights = shard.ends_with(".safetensors") || shard.ends_with(".bin");
        if !plain || !weights || shard.starts_with('.') {
            return Err(damaged(
                path,
                &format!("lists a shard `{shown}`, which is no name of a weight file"),
            ));
        }
        if !folder.join(shard).exists() {
            return Err(damaged(path, &format!("lists a shard `{shown}`, which is not in the folder")));
        }
    }
    Ok(shards.into_iter().collect())
}

#[derive(Deserialize)]
struct Index {
    weight_map: Shards,
}

/// The values of the map, each once.
struct Shards(BTreeSet<String>);

impl<'de> Deserialize<'de> for Shards {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Values)
    }
}

struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Shards;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a map from tensors to files")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shards, A::Error> {
        let mut shards = BTreeSet::new();
        while let Some((_, shard)) = map.next_entry::<IgnoredAny, String>()? {
            shards.insert(shard);
            if shards.len() > MAX_SHARDS {
                return Err(de::Error::custom(format!("more than {MAX_SHARDS} shards")));
            }
        }
        Ok(Shards(shards))
    }
}
