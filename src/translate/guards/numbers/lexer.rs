//! Texts as tokens: numbers in digits, words, and signs.

use super::value::Value;

/// A stretch of a text that may be or scale a number.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token<'a> {
    pub text: &'a str,
    pub kind: Kind,
    /// Whether no white space stands before it.
    pub glued: bool,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Number(Numeral),
    Word,
    Sign,
}

/// What digits with separators between them say.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Numeral {
    /// A whole number, or a number with a fraction.
    Plain { value: Value, decimal: bool },
    /// Two numbers with a point between: a fraction in one convention, a time or a date in another.
    Dotted { value: Value, parts: [Value; 2] },
    /// Several numbers with points between: a date, a version.
    Parts(Vec<Value>),
}

/// Which sign stands before a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Separators {
    /// `1.234,5`
    Comma,
    /// `1,234.5`
    Point,
}

/// Cuts a text into tokens. White space is left out.
pub(super) fn tokens(text: &str, separators: Separators) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    let mut glued = false;
    while let Some(c) = text[at..].chars().next() {
        if c.is_whitespace() {
            (at, glued) = (at + c.len_utf8(), false);
            continue;
        }
        let (len, kind) = if c.is_ascii_digit() {
            let len = numeral_len(&text[at..]);
            (len, Kind::Number(numeral(&text[at..at + len], separators)))
        } else if c.is_alphabetic() {
            (text[at..].find(|c: char| !c.is_alphabetic()).unwrap_or(text.len() - at), Kind::Word)
        } else {
            (c.len_utf8(), Kind::Sign)
        };
        tokens.push(Token { text: &text[at..at + len], kind, glued });
        (at, glued) = (at + len, true);
    }
    tokens
}

/// How far a run of digits goes, separators between digits included.
fn numeral_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut len = 0;
    loop {
        let group = len;
        while digit(len) {
            len += 1;
        }
        let Some(sign) = text[len..].chars().next() else { return len };
        let after = len + sign.len_utf8();
        let three = (0..3).all(|n| digit(after + n)) && !digit(after + 3);
        let goes_on = match sign {
            '.' | ',' => digit(after),
            // Grouping signs stand before exactly three digits, white space also after no more than three.
            '\'' | '’' => three,
            ' ' | '\u{A0}' | '\u{202F}' | '\u{2009}' => three && len - group <= 3 && !text.starts_with('0'),
            _ => false,
        };
        if !goes_on {
            return len;
        }
        len = after;
    }
}

/// Reads digits with separators by the convention of a language.
fn numeral(text: &str, separators: Separators) -> Numeral {
    let (group, point) = match separators {
        Separators::Comma => ('.', ','),
        Separators::Point => (',', '.'),
    };
    let text: String =
        text.chars().map(|c| if c.is_ascii_digit() || matches!(c, '.' | ',') { c } else { group }).collect();
    let (whole, fraction) = text.split_once(point).unwrap_or((&text, ""));
    let groups: Vec<&str> = whole.split(group).collect();
    let grouped = groups.len() == 1
        || (groups[0].len() <= 3
            && !groups[0].starts_with('0')
            && groups.iter().skip(1).all(|digits| digits.len() == 3));
    if grouped && !fraction.contains(['.', ',']) {
        let value = Value::from_digits(&groups.concat(), fraction);
        return Numeral::Plain { value, decimal: !fraction.is_empty() };
    }
    let parts: Vec<&str> = text.split(['.', ',']).collect();
    match parts[..] {
        [first, second] if text.contains('.') => Numeral::Dotted {
            value: Value::from_digits(first, second),
            parts: [Value::from_digits(first, ""), Value::from_digits(second, "")],
        },
        _ => Numeral::Parts(parts.iter().map(|digits| Value::from_digits(digits, "")).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(whole: &str, fraction: &str) -> Numeral {
        Numeral::Plain { value: Value::from_digits(whole, fraction), decimal: !fraction.is_empty() }
    }

    #[test]
    fn separators_follow_the_language() {
        for (text, german, english) in [
            ("1.234,56", plain("1234", "56"), None),
            (
                "1,234.56",
                Numeral::Parts(vec![Value::whole(1), Value::whole(234), Value::whole(56)]),
                Some(plain("1234", "56")),
            ),
            ("3.000", plain("3000", ""), Some(plain("3", "000"))),
            ("3,5", plain("3", "5"), None),
            ("2018", plain("2018", ""), Some(plain("2018", ""))),
            ("10’000", plain("10000", ""), Some(plain("10000", ""))),
            ("833 333", plain("833333", ""), Some(plain("833333", ""))),
            ("10\u{A0}000", plain("10000", ""), Some(plain("10000", ""))),
        ] {
            assert_eq!(numeral(text, Separators::Comma), german, "{text}");
            if let Some(english) = english {
                assert_eq!(numeral(text, Separators::Point), english, "{text}");
            }
        }
        assert!(matches!(numeral("14.30", Separators::Comma), Numeral::Dotted { .. }));
        assert!(
            matches!(numeral("29.06.2022", Separators::Comma), Numeral::Parts(parts) if parts.len() == 3)
        );
        assert!(matches!(numeral("1,5", Separators::Point), Numeral::Parts(parts) if parts.len() == 2));
    }

    #[test]
    fn words_and_numbers_are_cut_apart() {
        let text = "Im U21-Team: 3,5 km, 12 000 im Jahr 2018 300.";
        let texts: Vec<&str> = tokens(text, Separators::Comma).iter().map(|token| token.text).collect();
        assert_eq!(
            texts,
            ["Im", "U", "21", "-", "Team", ":", "3,5", "km", ",", "12 000", "im", "Jahr", "2018", "300", "."]
        );
    }
}
