//! `diglot models verify`.

use serde_json::json;

use super::{Desk, Talk};
use crate::error::Result;

/// Hashes the files of models, of all that are here when none is named, and prints a verdict for each.
pub(super) fn verify(desk: &Desk<'_>, names: &[String], talk: &mut Talk<'_>) -> Result<()> {
    let here = desk.store.usage(desk.catalog)?;
    let names: Vec<&str> = match names {
        [] => here.iter().map(|usage| usage.name.as_str()).collect(),
        names => names.iter().map(String::as_str).collect(),
    };
    let cards = names.into_iter().map(|name| desk.catalog.get(name)).collect::<Result<Vec<_>>>()?;
    let mut first_error = None;
    let mut results = Vec::new();
    for card in cards {
        let error = match desk.store.verify(card, talk.observe) {
            Ok(_) => None,
            Err(error) if error.is_interrupted() => return Err(error),
            Err(error) => Some(error),
        };
        let message = error.as_ref().map(ToString::to_string);
        if !desk.json {
            let verdict = message.as_deref().unwrap_or("ok");
            talk.print(&format!("{}: {verdict}\n", card.name))?;
        }
        results.push(json!({"name": card.name, "ok": error.is_none(), "error": message}));
        first_error = first_error.or(error);
    }
    if desk.json {
        talk.json(&json!(results))?;
    }
    first_error.map_or(Ok(()), Err)
}
