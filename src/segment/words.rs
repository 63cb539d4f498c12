//! Whether a text has anything to translate.

/// Whether `text` has words of a language: not only numbers, addresses, signs, emoji and code.
///
/// A text with at least as many tokens of code as words is code: this is a count, not a parser, and errs
/// towards words.
pub fn has_words(text: &str) -> bool {
    let (mut words, mut code) = (0usize, 0usize);
    for token in text.split_whitespace().filter(|token| !is_address(token)) {
        if is_code(token) {
            code += 1;
        } else if is_word(token) {
            words += 1;
        }
    }
    words > code
}

/// Two letters in a row, or one of a script that has no capitals: there it may be a word.
fn is_word(token: &str) -> bool {
    let uncased = |c: char| c.is_alphabetic() && !c.is_lowercase() && !c.is_uppercase();
    let mut letters = 0;
    token.chars().any(|c| {
        letters = if c.is_alphabetic() { letters + 1 } else { 0 };
        letters == 2 || uncased(c)
    })
}

/// Web and mail addresses, hosts (`example.org/page`) and file paths.
fn is_address(token: &str) -> bool {
    let core = token.trim_matches(|c: char| !c.is_alphanumeric() && c != '/');
    let host = core.split('/').next().unwrap_or("");
    let is_label = |l: &str| l.len() >= 2 && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let is_host = host.contains('.') && host.split('.').all(is_label);
    let is_mail = core.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    core.contains("://") || is_host || is_mail || core.starts_with('/') || core.matches('/').count() >= 2
}

/// Names in a program and markup: `snake_case`, `a::b`, `f()`, `x=1`, `</p>`, `{name}`, `def`.
fn is_code(token: &str) -> bool {
    let is_keyword = matches!(token, "fn" | "def" | "int" | "void" | "const" | "mut" | "elif");
    let marks = ['{', '}', '=', '<', '>', '_', '\\', '|', '$', '`', '~'];
    let is_call = ["()", "::", "->", ");"].iter().any(|sign| token.contains(sign));
    is_keyword || is_call || token.contains(marks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_without_words_has_nothing_to_translate() {
        for text in [
            "https://example.org/a?b=c#d www.example.de/seite",
            "anna.muster@example.org",
            "1.234,56 € / 30 % – 12:45",
            "🎉🎉 👩\u{200D}👩\u{200D}👧 ❤️",
            "^^^^ *** --- ###",
            "2022-06-29T14:30Z",
            "+49 30 123456",
            "std::mem::swap",
            "/usr/share/doc",
            "</div>",
            "A 3 B 7",
            "fn main() { let x = foo(3); println!(\"{x}\"); }",
            "def f(x):\n    return x_1 + y_2",
            "#include <stdio.h>\nint main(void) { return 0; }",
            "",
        ] {
            assert!(!has_words(text), "{text}");
        }
    }

    #[test]
    fn words_are_found() {
        for text in [
            "NATO",
            "Ja.",
            "Am 3. Oktober 2022 um 12:45 Uhr (MESZ) kam er an.",
            "Mehr dazu auf https://example.org/a.",
            "Die Funktion foo() gibt eine Zahl zurück.",
            "日本",
            "Привет",
            "Der/die Leiter(in) bzw. „Chef“",
            "Und/oder (siehe Seite 3)",
            "Lehrer(innen)",
            "Lehrer:innen",
            "Die BahnCard",
            "G7-Gipfel",
            "13 Uhr",
            "#Wahl",
            "Rufe foo() auf.",
        ] {
            assert!(has_words(text), "{text}");
        }
    }
}
