//! What is the same in every language: web and mail addresses, code, placeholders and tags.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::copy;
use super::pieces::Piece;
use crate::flag::{Flag, FlagKind};

/// What comes through a translation unchanged. Of two forms that begin at one place the earlier counts.
const FORMS: [&str; 7] = [
    CODE,
    // Tags of HTML and XLIFF: `<b>`, `</b>`, `<x id="1"/>`.
    r#"</?[A-Za-z][\w:.-]*(?:\s+[\w:.-]+(?:=(?:"[^"<>]*"|'[^'<>]*'|[^\s<>"']+))?)*\s*/?>"#,
    // Web addresses (RFC 3986), without the sign that ends a sentence.
    r#"\b(?:https?://|ftp://|www\.)[^\s<>"`{}|\\^„“”»«]*[\w/#=&~%-]"#,
    // Mail addresses (RFC 5322), as they are commonly written.
    r"\b[\w.+-]*\w@[\w-]+(?:\.[\w-]+)+\b",
    // `{name}`, `{0}`, `${name}`, `%{name}`, `{{ name }}`, `{% end %}`.
    r"\{\{\s*[\w.:|-]+\s*\}\}|\{%[^%{}\n]*%\}|[$#%]?\{[\w.:-]*\}",
    // printf(3), with the names of Python, the positions of POSIX and the objects of Objective-C.
    r"%(?:\d+\$|\([\w.]+\))?[-+0#]*\d*(?:\.\d+)?l{0,2}(?:[sdifxuc]\b|@)",
    // Variables of a shell.
    r"\$[A-Z_][A-Z0-9_]+\b",
];

/// Code in Markdown.
const CODE: &str = r"``[^\n]+?``|`[^`\n]+`";

/// Every form as a group of its own.
static ANY: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(&FORMS.map(|form| format!("({form})")).join("|")).ok());

/// A stretch of a text that has to stay as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Span<'a> {
    text: &'a str,
    range: Range<usize>,
    /// Which of [`FORMS`].
    form: usize,
}

/// The flag of a translation in which such a stretch was lost, changed or made up.
pub(super) fn changed(source: &str, output: &str) -> Option<Flag> {
    let (wanted, got) = (spans(source), spans(output));
    let told = |spans: Vec<&Span<'_>>, what: &str| {
        let spans: Vec<String> =
            spans.iter().map(|span| format!("`{}`", span.text.trim_matches('`'))).collect();
        (!spans.is_empty()).then(|| format!("{} {what}", spans.join(", ")))
    };
    let details: Vec<String> =
        [told(unmatched(&wanted, &got), "missing"), told(unmatched(&got, &wanted), "added")]
            .into_iter()
            .flatten()
            .collect();
    (!details.is_empty()).then(|| Flag::new(FlagKind::DoNotTranslate, details.join("; ")))
}

/// The output with every stretch put back of which it is clear where it stood: with other spaces, capitals or
/// quotation marks (`{ Name }`), or as the only one of its form that is not of the source (`{nom}`).
pub(super) fn restored(source: &str, output: &str) -> String {
    let wanted = spans(source);
    let mut text = output.to_owned();
    let lost: Vec<Span<'_>> = unmatched(&wanted, &spans(output)).into_iter().cloned().collect();
    for span in &lost {
        let is_only = lost.iter().filter(|other| other.form == span.form).count() == 1;
        let place = distorted(span, &text)
            .or_else(|| is_only.then(|| single_addition(span.form, &wanted, &text)).flatten());
        if let Some(place) = place {
            text.replace_range(place, span.text);
        }
    }
    text
}

/// A text in pieces, of which those that have to stay as they are, are copied; none when nothing in it has to.
pub(super) fn apart(text: &str) -> Option<Vec<Piece>> {
    let spans = spans(text);
    let mut pieces = Vec::new();
    let mut end = 0;
    let mut add = |range: Range<usize>, copy: bool| {
        let part = text.get(range.clone()).unwrap_or_default();
        let spaced = part.starts_with(char::is_whitespace)
            || text.get(..range.start).is_some_and(|before| before.ends_with(char::is_whitespace));
        let part = part.trim();
        if !part.is_empty() {
            let copy = copy || copy::nothing_to_translate(part);
            pieces.push(Piece { text: part.to_owned(), spaced, copy });
        }
    };
    for span in &spans {
        add(end..span.range.start, false);
        add(span.range.clone(), true);
        end = span.range.end;
    }
    add(end..text.len(), false);
    (!spans.is_empty()).then_some(pieces)
}

/// The text without what has to stay as it is.
pub(super) fn rest(text: &str) -> String {
    match ANY.as_ref() {
        Some(any) => any.replace_all(text, " ").into_owned(),
        None => text.to_owned(),
    }
}

fn spans(text: &str) -> Vec<Span<'_>> {
    let found = ANY.iter().flat_map(|any| any.captures_iter(text)).filter_map(|captures| {
        let (form, found) =
            captures.iter().skip(1).enumerate().find_map(|(form, group)| Some((form, group?)))?;
        Some(Span { text: found.as_str(), range: found.range(), form })
    });
    // `50%s` is a share and no placeholder.
    let before = |span: &Span<'_>| text.get(..span.range.start).unwrap_or_default();
    found
        .filter(|span| !span.text.starts_with('%') || !before(span).ends_with(|c: char| c.is_ascii_digit()))
        .collect()
}

/// Those of `spans` that have no equal among `others`, each of which is the equal of one only.
fn unmatched<'s, 'a>(spans: &'s [Span<'a>], others: &[Span<'_>]) -> Vec<&'s Span<'a>> {
    let mut others: Vec<&str> = others.iter().map(|span| span.text).collect();
    let is_unmatched = |span: &&Span<'_>| match others.iter().position(|other| *other == span.text) {
        Some(at) => {
            others.swap_remove(at);
            false
        }
        None => true,
    };
    spans.iter().filter(is_unmatched).collect()
}

/// The one place where a span stands with other spaces, capitals or quotation marks.
fn distorted(span: &Span<'_>, text: &str) -> Option<Range<usize>> {
    let quote = if span.text.starts_with('`') { r#"[`'"‘’‚“”„´]*"# } else { "" };
    let signs = span.text.trim_matches('`').chars().filter(|c| !c.is_whitespace());
    let loose: Vec<String> = signs.map(|c| regex::escape(c.encode_utf8(&mut [0; 4]))).collect();
    let loose = Regex::new(&format!("(?i){quote}{}{quote}", loose.join(r"\s*"))).ok()?;
    let intact = spans(text);
    let mut places = loose.find_iter(text).map(|found| found.range()).filter(|place| {
        stands_alone(place, text)
            && intact.iter().all(|other| other.range.end <= place.start || place.end <= other.range.start)
    });
    places.next().filter(|_| places.next().is_none())
}

/// Whether a stretch is no part of a longer word.
fn stands_alone(place: &Range<usize>, text: &str) -> bool {
    let joins = |a: Option<char>, b: Option<char>| {
        a.is_some_and(char::is_alphanumeric) && b.is_some_and(char::is_alphanumeric)
    };
    let (before, rest) = text.split_at(place.start);
    let (inside, after) = rest.split_at(place.len());
    !joins(before.chars().next_back(), inside.chars().next())
        && !joins(inside.chars().next_back(), after.chars().next())
}

/// The one stretch of this form that is not of the source.
fn single_addition(form: usize, wanted: &[Span<'_>], text: &str) -> Option<Range<usize>> {
    let got = spans(text);
    let mut added = unmatched(&got, wanted).into_iter().filter(|span| span.form == form);
    added.next().filter(|_| added.next().is_none()).map(|span| span.range.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        spans(text).into_iter().map(|span| span.text).collect()
    }

    #[test]
    fn every_form_is_seen() {
        for (text, span) in [
            ("Siehe https://example.org/a?b=c.", "https://example.org/a?b=c"),
            ("Siehe (www.example.org), bitte.", "www.example.org"),
            ("Siehe [hier](https://example.org/x).", "https://example.org/x"),
            ("Post an vor.nach+x@mail.example.org.", "vor.nach+x@mail.example.org"),
            ("Mit `cargo run` starten.", "`cargo run`"),
            ("Mit ``a`b`` starten.", "``a`b``"),
            ("Hallo {name}!", "{name}"),
            ("Hallo {}!", "{}"),
            ("Hallo ${user.name}!", "${user.name}"),
            ("Hallo %{name}!", "%{name}"),
            ("Hallo {{ name }}!", "{{ name }}"),
            ("Hallo {% if x %}!", "{% if x %}"),
            ("Es sind %s da.", "%s"),
            ("Es sind %1$d da.", "%1$d"),
            ("Es sind %(zahl)s da.", "%(zahl)s"),
            ("Es sind %5.2f da.", "%5.2f"),
            ("Es sind %@ da.", "%@"),
            ("In $HOME liegt es.", "$HOME"),
            ("Ein <b> Wort.", "<b>"),
            ("Ein <x id=\"1\"/> Wort.", "<x id=\"1\"/>"),
            ("Ein <a href='b' hidden> Wort.", "<a href='b' hidden>"),
        ] {
            assert_eq!(found(text), [span], "{text}");
        }
        for text in [
            "5 % der Stimmen",
            "50%s",
            "100%ig",
            "a < b und c > d",
            "Bürger:innen",
            "100 US$",
            "5%",
            "``Wort''",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn what_is_missing_or_added_is_named() {
        let told = |source: &str, output: &str| changed(source, output).map(|flag| flag.detail);
        assert_eq!(told("Hallo {name}, {name}!", "Hello {name}, {name}!"), None);
        assert_eq!(told("Das Wort.", "The word."), None);
        assert_eq!(told("Hallo {name}, {name}!", "Hello {name}!").unwrap(), "`{name}` missing");
        assert_eq!(told("Für %s.", "For %d.").unwrap(), "`%s` missing; `%d` added");
        assert_eq!(told("Mit `ls`.", "With ls.").unwrap(), "`ls` missing");
    }

    #[test]
    fn what_is_distorted_is_put_back() {
        for (source, output, expected) in [
            ("Hallo {name}!", "Hello { Name }!", "Hello {name}!"),
            ("Hallo {name}!", "Hello {nom}!", "Hello {name}!"),
            ("Es sind %s und %d.", "There are % s and %d.", "There are %s and %d."),
            ("Mit `cargo run` starten.", "Start with “cargo run”.", "Start with `cargo run`."),
            ("Mit `Datei öffnen` starten.", "Start with `Open file`.", "Start with `Datei öffnen`."),
            (
                "Siehe https://example.org/a/b.",
                "See https: //example.org/a/ b.",
                "See https://example.org/a/b.",
            ),
            ("Ein <b>Wort</b>.", "A < b >word</ b>.", "A <b>word</b>."),
            ("An a@b.de schreiben.", "Write to a@b.com.", "Write to a@b.de."),
        ] {
            assert_eq!(restored(source, output), expected);
            assert_eq!(changed(source, expected), None);
        }
        for (source, output) in [
            ("Hallo {a} und {b}!", "Hello {x} and {y}!"),
            ("Es sind %s da.", "5 % sank."),
            ("Mit `in` und `an`.", "With in, in and on."),
            ("Hallo {name}!", "Hello!"),
            ("Das Wort.", "The `word`."),
        ] {
            assert_eq!(restored(source, output), output, "{source}");
        }
    }

    #[test]
    fn a_text_falls_apart_where_something_stays() {
        let apart = |text: &str| {
            let pieces = apart(text)?;
            let shown = |piece: &Piece| {
                let (space, copy) = (if piece.spaced { " " } else { "" }, if piece.copy { "=" } else { "" });
                format!("{space}{copy}{}", piece.text)
            };
            Some(pieces.iter().map(shown).collect::<Vec<_>>())
        };
        assert_eq!(apart("Nichts davon."), None);
        assert_eq!(apart("Hallo {name}, willkommen!").unwrap(), ["Hallo", " ={name}", ", willkommen!"]);
        assert_eq!(apart("Ein <b>Wort</b>.").unwrap(), ["Ein", " =<b>", "Wort", "=</b>", "=."]);
        assert_eq!(rest("Hallo {name}, `x y`").split_whitespace().collect::<Vec<_>>(), ["Hallo", ","]);
    }
}
