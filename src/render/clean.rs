//! Text that is safe to show: nothing from a document or a model steers a terminal or reorders what
//! stands beside it.

/// `text` without control characters. Line breaks of every kind become `\n` (`\r\n` stays), tabs stay, and
/// the rest (escape sequences begin with one of them) is dropped.
pub(super) fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => clean.push(c),
            '\r' | '\u{b}' | '\u{c}' | '\u{85}' => clean.push('\n'),
            '\n' | '\t' => clean.push(c),
            c if c.is_control() => {}
            c => clean.push(c),
        }
    }
    isolate(&clean)
}

/// `text` on one line, for a table cell, a label or a wrapped paragraph. No-break spaces stay.
pub(super) fn one_line(text: &str) -> String {
    let spaces = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}');
    clean(text).split(spaces).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Whether `c` opens or closes a bidirectional embedding, override or isolate.
pub(super) fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text` with its bidirectional controls closed and isolated line by line, so that an override ends where
/// the text ends (Unicode Standard Annex 9, section 2.7).
pub(super) fn isolate(text: &str) -> String {
    if !text.contains(is_bidi_control) {
        return text.to_owned();
    }
    text.split_inclusive('\n').map(isolate_line).collect()
}

fn isolate_line(line: &str) -> String {
    const FIRST_STRONG_ISOLATE: char = '\u{2068}';
    const POP_EMBEDDING: char = '\u{202c}';
    const POP_ISOLATE: char = '\u{2069}';

    if !line.contains(is_bidi_control) {
        return line.to_owned();
    }
    let content = line.trim_end_matches(['\n', '\r']);
    let mut isolated = String::from(FIRST_STRONG_ISOLATE);
    let mut open = Vec::new();
    for c in content.chars() {
        match c {
            '\u{2066}'..='\u{2068}' => open.push(POP_ISOLATE),
            POP_ISOLATE => match open.iter().rposition(|&closer| closer == POP_ISOLATE) {
                Some(at) => open.truncate(at),
                None => continue,
            },
            POP_EMBEDDING if open.last() == Some(&POP_EMBEDDING) => drop(open.pop()),
            POP_EMBEDDING => continue,
            '\u{202a}'..='\u{202e}' => open.push(POP_EMBEDDING),
            _ => {}
        }
        isolated.push(c);
    }
    isolated.extend(open.into_iter().rev());
    isolated.push(POP_ISOLATE);
    isolated.push_str(&line[content.len()..]);
    isolated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_dropped_and_line_breaks_kept() {
        assert_eq!(clean("a\u{1b}[31mred\u{1b}[0m\u{7}\u{9b}2J\0\u{7f}"), "a[31mred[0m2J");
        assert_eq!(clean("a\r\nb\rc\u{c}d\u{85}e\tf"), "a\r\nb\nc\nd\ne\tf");
        assert_eq!(clean("Straße, 5\u{a0}000 €, \u{200d}ok"), "Straße, 5\u{a0}000 €, \u{200d}ok");
    }

    #[test]
    fn one_line_keeps_no_break_spaces() {
        assert_eq!(one_line("  a \r\n\t b\u{2028}c\u{a0}d "), "a b c\u{a0}d");
    }

    #[test]
    fn overrides_end_with_the_text() {
        let isolated = |text: &str| {
            let visible = clean(text);
            visible
                .replace('\u{2068}', "<")
                .replace('\u{2069}', ">")
                .replace('\u{202c}', "^")
                .replace('\u{202e}', "~")
        };
        assert_eq!(isolated("plain"), "plain");
        assert_eq!(isolated("a\u{202e}b"), "<a~b^>");
        assert_eq!(isolated("a\u{202e}b\u{202c}c"), "<a~b^c>");
        assert_eq!(isolated("a\u{2069}\u{2069}b\u{202c}"), "<ab>");
        assert_eq!(isolated("\u{2068}a\u{202e}b\u{2069}c"), "<<a~b>c>");
        assert_eq!(isolated("a\u{202e}b\r\nc"), "<a~b^>\r\nc");
    }
}
