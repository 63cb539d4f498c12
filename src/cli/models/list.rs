//! `diglot models list`.

use serde_json::json;

use super::words::{hashes, roles, sizes, terms, yes};
use super::{Desk, Talk, default_name};
use crate::catalog::{Card, Trust};
use crate::error::Result;

/// Prints a line for each known model.
pub(super) fn list(desk: &Desk<'_>, talk: &mut Talk<'_>) -> Result<()> {
    let usages = desk.store.usage(desk.catalog)?;
    let here = |card: &Card| usages.iter().any(|usage| usage.name == card.name);
    let default = default_name(desk.catalog);
    let is_default = |card: &Card| default.as_deref() == Some(&card.name);
    if desk.json {
        let models: Vec<_> = desk
            .catalog
            .cards()
            .into_iter()
            .map(|card| {
                json!({
                    "name": card.name, "summary": card.summary, "bytes": card.bytes(),
                    "licence": card.licence, "roles": card.roles, "languages": card.languages,
                    "rank": card.rank, "run_here": card.run_here, "score": card.score,
                    "default": is_default(card), "on_disk": here(card), "hashes": card.trust,
                    "unlisted": card.trust == Trust::Unlisted,
                })
            })
            .collect();
        return talk.json(&json!(models));
    }
    let mut rows =
        vec![["  NAME", "SIZE", "LICENCE", "ROLES", "HASHES", "RUN HERE", "ON DISK"].map(str::to_owned)];
    for card in desk.catalog.cards() {
        let mark = if is_default(card) { '*' } else { ' ' };
        rows.push([
            format!("{mark} {}", card.name),
            sizes(card),
            terms(card),
            roles(card),
            hashes(card).into(),
            yes(card.run_here),
            yes(here(card)),
        ]);
    }
    talk.table(&rows)
}
