//! Whether a text has anything to translate.

/// Whether `text` has words of a language: not only numbers, addresses, code, symbols and emoji.
///
/// Code is told from prose by its characters: where most of the tokens hold `{}()[]<>=;_/\` or the like,
/// the text is code. Two words of comment in ten lines of code are code too.
pub fn has_words(text: &str) -> bool {
    let (mut words, mut code) = (0usize, 0usize);
    for token in text.split_whitespace() {
        let word = token
            .trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '{' | '}' | ';' | '=' | '<' | '>'));
        if is_address(word) {
            continue;
        }
        if is_code(token, word) {
            code += 1;
        } else if is_word(word) {
            words += 1;
        }
    }
    words > code
}

/// Two letters in a row, or one of a script that writes words in one character, and no digit.
fn is_word(token: &str) -> bool {
    let letters = token.chars().filter(|c| c.is_alphabetic());
    let dense = |c: char| matches!(c, '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{2E80}'..='\u{D7FF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}');
    let count = letters.clone().count();
    (count >= 2 || token.chars().any(dense)) && !token.contains(|c: char| c.is_ascii_digit())
}

fn is_address(token: &str) -> bool {
    token.contains("://") || token.starts_with("www.") || token.starts_with("mailto:") || {
        let mail = token.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
        let host = token.split('/').next().unwrap_or("");
        let labels = host.split('.').count() > 1
            && host
                .split('.')
                .all(|l| l.len() >= 2 && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
        mail || labels
    }
}

fn is_code(token: &str, word: &str) -> bool {
    const MARKS: [char; 12] = ['{', '}', '=', '<', '>', '_', '\\', '|', '#', '$', '`', '~'];
    let call = token.contains("()")
        || token.contains("::")
        || token.contains("->")
        || token.ends_with(';') && token.contains(['(', ')', '[', ']']);
    let path = token.starts_with('/') && token.len() > 1 || token.contains("./");
    let inside = word.contains(['(', '[', '*', ':', '+', '^']) && word.is_ascii();
    let camel = word.is_ascii()
        && word.as_bytes().windows(2).any(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase());
    let keyword = matches!(
        token,
        "fn" | "let"
            | "mut"
            | "def"
            | "const"
            | "var"
            | "int"
            | "void"
            | "pub"
            | "struct"
            | "impl"
            | "elif"
            | "func"
            | "printf"
            | "println"
            | "nil"
            | "self"
    );
    token.contains(MARKS) || call || path || inside || camel || keyword
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
            "2022-06-29",
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
        ] {
            assert!(has_words(text), "{text}");
        }
    }
}
