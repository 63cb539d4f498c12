//! `diglot models path` and `du`: where models are and what they take.

use serde_json::json;

use super::words::size;
use super::{Desk, Talk};
use crate::error::{Error, Result};

/// Prints where the files of a model are.
pub(super) fn path(desk: &Desk<'_>, name: &str, talk: &mut Talk<'_>) -> Result<()> {
    let card = desk.catalog.get(name)?;
    let model = desk.store.resolve(card)?.ok_or_else(|| {
        Error::model(format!("{} is not on this machine", card.name))
            .hint(format!("`diglot models pull {}` fetches it", card.name))
    })?;
    if desk.json {
        let files = model.files.iter().map(|f| json!({"name": f.name, "path": f.path.to_string_lossy()}));
        return talk.json(&json!({"name": model.name, "files": files.collect::<Vec<_>>()}));
    }
    model.files.iter().try_for_each(|file| talk.print(&format!("{}\n", file.path.display())))
}

/// Prints what each model takes, and all of them together.
pub(super) fn du(desk: &Desk<'_>, talk: &mut Talk<'_>) -> Result<()> {
    let usages = desk.store.usage(desk.catalog)?;
    let total: u64 = usages.iter().map(|usage| usage.bytes).sum();
    if desk.json {
        let models: Vec<_> = usages
            .iter()
            .map(|usage| {
                let paths: Vec<_> = usage.paths.iter().map(|p| p.to_string_lossy()).collect();
                json!({"name": usage.name, "bytes": usage.bytes, "paths": paths, "fetched_here": usage.fetched_here})
            })
            .collect();
        return talk.json(&json!({"models": models, "bytes": total}));
    }
    let mut rows = Vec::new();
    for usage in &usages {
        let paths: Vec<_> = usage.paths.iter().map(|p| p.display().to_string()).collect();
        rows.push([size(usage.bytes), usage.name.clone(), paths.join(" ")]);
    }
    rows.push([size(total), "total".into(), String::new()]);
    talk.table(&rows)
}
