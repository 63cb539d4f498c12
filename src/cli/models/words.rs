//! What is known of a model, in words.

use crate::catalog::{Card, Licence, Role, Trust};

/// What it is good for.
pub(super) fn roles(card: &Card) -> String {
    let names = card.roles.iter().map(|role| match role {
        Role::Translator => "translate",
        Role::Summarizer => "summarize",
        Role::Test => "test",
    });
    names.collect::<Vec<_>>().join(", ")
}

/// Who says what the files hash to.
pub(super) fn hashes(card: &Card) -> &'static str {
    match card.trust {
        Trust::Card => "card",
        Trust::Hub => "hub",
        Trust::Unlisted => "hub, unlisted",
    }
}

/// The licence with the restriction that matters most.
pub(super) fn terms(card: &Card) -> String {
    let Licence { name, commercial, .. } = &card.licence;
    if *commercial || card.trust == Trust::Unlisted {
        name.clone()
    } else {
        format!("{name}, no commercial use")
    }
}

/// The size, where the files are known.
pub(super) fn sizes(card: &Card) -> String {
    match card.bytes() {
        0 => "?".into(),
        bytes => size(bytes),
    }
}

/// An answer as a cell of a table.
pub(super) fn yes(answer: bool) -> String {
    if answer { "yes" } else { "no" }.into()
}

/// A size in the decimal units that disks and downloads are sold in.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_decimal() {
        let sizes = [(999, "999 B"), (1_500, "1.5 kB"), (98_362_432, "98.4 MB"), (1_117_320_768, "1.12 GB")];
        for (bytes, text) in sizes {
            assert_eq!(size(bytes), text);
        }
    }
}
