//! `diglot models pull`.

use serde_json::json;

use super::{Desk, Talk, default_name};
use crate::catalog::Trust;
use crate::error::Result;

/// Fetches models, the default one when none is named, and prints where their files are.
pub(super) fn pull(desk: &Desk<'_>, names: &[String], accept: bool, talk: &mut Talk<'_>) -> Result<()> {
    let default = default_name(desk.catalog);
    let names: Vec<&str> = match names {
        [] => default.as_deref().into_iter().collect(),
        names => names.iter().map(String::as_str).collect(),
    };
    let mut pulled = Vec::new();
    for name in names {
        let mut card = desk.catalog.find(name)?;
        if accept {
            // The terms of an unlisted repository are known only once the hub has been asked.
            card = desk.store.pin(&card, talk.observe)?;
            desk.store.accept_licence(&card)?;
        }
        let model = desk.store.fetch(&card, talk.observe)?;
        for file in &model.files {
            if !desk.json {
                talk.print(&format!("{}\n", file.path.display()))?;
            }
            let path = file.path.to_string_lossy();
            pulled.push(json!({
                "name": model.name, "unlisted": card.trust == Trust::Unlisted, "path": path, "bytes": file.bytes,
                file.hash.kind(): file.hash.hex(),
            }));
        }
    }
    if desk.json { talk.json(&json!(pulled)) } else { Ok(()) }
}
