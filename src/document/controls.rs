//! Characters that change how text is shown, or that hide text, without being seen themselves.

use std::borrow::Cow;

/// What is hidden in `text`, in words (`2 bidirectional controls, 14 tag characters`); none when nothing is.
///
/// Counted are bidirectional embeddings, overrides and isolates (U+202A–202E, U+2066–2069), tag characters
/// (U+E0000–E007F) outside an emoji flag, and control codes other than white space. Joiners (U+200C, U+200D)
/// and direction marks (U+200E, U+200F, U+061C) are ordinary parts of many scripts and not counted.
pub fn control_characters(text: &str) -> Option<String> {
    let mut counts = [0usize; 3];
    for (_, kind) in controls(text) {
        counts[kind as usize] += 1;
    }
    let names = ["bidirectional control", "tag character", "control code"];
    let parts: Vec<String> = counts
        .iter()
        .zip(names)
        .filter(|(count, _)| **count > 0)
        .map(|(count, name)| format!("{count} {name}{}", if *count == 1 { "" } else { "s" }))
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// `text` without what [`control_characters`] counts: the form that a model is shown.
pub fn strip_control_characters(text: &str) -> Cow<'_, str> {
    let mut kept = String::new();
    let mut from = 0;
    for ((at, c), _) in controls(text) {
        kept.push_str(&text[from..at]);
        from = at + c.len_utf8();
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    kept.push_str(&text[from..]);
    Cow::Owned(kept)
}

#[derive(Clone, Copy)]
enum Control {
    Bidi,
    Tag,
    Code,
}

fn controls(text: &str) -> impl Iterator<Item = ((usize, char), Control)> {
    let mut in_flag = false;
    text.char_indices().filter_map(move |(at, c)| {
        let tag = matches!(c, '\u{E0000}'..='\u{E007F}');
        // A black flag followed by tags is the flag of a region (England, Scotland, Wales).
        in_flag = c == '\u{1F3F4}' || (in_flag && tag && c != '\u{E007F}');
        let kind = match c {
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => Control::Bidi,
            _ if tag && !in_flag && !ends_flag(text, at, c) => Control::Tag,
            _ if c.is_control() && !c.is_whitespace() => Control::Code,
            _ => return None,
        };
        Some(((at, c), kind))
    })
}

/// Whether the cancel tag at `at` closes an emoji flag.
fn ends_flag(text: &str, at: usize, c: char) -> bool {
    let is_tag = |c: &char| matches!(c, '\u{E0020}'..='\u{E007E}');
    // A flag has at most six tags; a longer run is not one.
    c == '\u{E007F}' && text[..at].chars().rev().take(7).find(|c| !is_tag(c)) == Some('\u{1F3F4}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_counted_and_can_be_stripped() {
        let text = "Konto \u{202E}4321\u{202C} und\u{E0041}\u{E0042}\u{E0043} \u{1b}[31mrot";
        let found = control_characters(text).unwrap();
        assert_eq!(found, "2 bidirectional controls, 3 tag characters, 1 control code");
        assert_eq!(strip_control_characters(text), "Konto 4321 und [31mrot");
    }

    #[test]
    fn joiners_marks_and_flags_are_ordinary_text() {
        for text in [
            "می\u{200C}خواهم",
            "क्\u{200D}ष",
            "👩\u{200D}👩\u{200D}👧",
            "שלום\u{200F}!",
            "Zeile\r\nZeile\tTab",
            "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F} England",
        ] {
            assert_eq!(control_characters(text), None, "{text:?}");
            assert!(matches!(strip_control_characters(text), Cow::Borrowed(same) if same == text));
        }
        let hidden = "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}\u{E0041}";
        assert_eq!(control_characters(hidden).unwrap(), "1 tag character");
    }
}
