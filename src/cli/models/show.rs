//! `diglot models show`.

use serde_json::{Value, json};

use super::words::{hashes, roles, sizes, yes};
use super::{Desk, Talk};
use crate::catalog::Trust;
use crate::error::{Error, Result};

/// Prints all that is known of a model.
pub(super) fn show(desk: &Desk<'_>, name: &str, talk: &mut Talk<'_>) -> Result<()> {
    let card = desk.catalog.get(name)?;
    let stored = desk.store.resolve(card);
    let paths: Vec<String> = match &stored {
        Ok(Some(model)) => model.files.iter().map(|f| f.path.display().to_string()).collect(),
        _ => Vec::new(),
    };
    if desk.json {
        let mut value = serde_json::to_value(card).map_err(|e| Error::runtime(e.to_string()))?;
        if let Value::Object(fields) = &mut value {
            fields.insert("paths".into(), json!(paths));
        }
        return talk.json(&value);
    }
    let licence = &card.licence;
    let commercial = match (licence.commercial, card.trust) {
        (true, _) => "commercial use allowed",
        (false, Trust::Unlisted) => "commercial use not allowed or not stated",
        (false, _) => "no commercial use",
    };
    let gated = if licence.gated { ", gated" } else { "" };
    let mut lines = vec![
        ("name", card.name.clone()),
        ("summary", card.summary.clone()),
        ("size", format!("{} ({} bytes)", sizes(card), card.bytes())),
        ("licence", format!("{} ({commercial}{gated}), {}", licence.name, licence.url)),
        ("roles", roles(card)),
        ("languages", card.languages.join(" ")),
        ("architecture", card.architecture.clone()),
        ("hashes", hashes(card).into()),
        ("run here", yes(card.run_here)),
    ];
    lines.extend((card.context > 0).then(|| ("context", format!("{} tokens", card.context))));
    lines.extend(card.profile.clone().map(|profile| ("profile", profile)));
    lines.extend(card.score.clone().map(|score| ("score", score)));
    lines.extend(card.repository.clone().map(|repository| ("repository", repository)));
    lines.extend(card.commit.clone().map(|commit| ("commit", commit)));
    lines.extend(card.files.iter().map(|file| ("file", format!("{} {}", file.name, file.hash))));
    lines.extend(paths.into_iter().map(|path| ("on disk", path)));
    for (name, value) in lines {
        talk.print(&format!("{name:<13} {value}\n"))?;
    }
    // Damage is worth an error here too, after all that is known.
    stored.map(drop)
}
