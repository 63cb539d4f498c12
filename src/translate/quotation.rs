//! Quotation marks that a model set in the wrong place.

use super::guards::quotes::{has_outgrown, marks};
use super::guards::words;

/// The output without spaces before its closing marks, and with a quotation that takes in what stands behind it closed
/// where that of the source ends: at the comma that follows as many as are quoted, if about as much is quoted then.
pub(super) fn closed(source: &str, output: &str) -> String {
    let output = without_spaces(output);
    let (Some((_, quoted, _)), Some((before, inner, behind))) = (parts(source), parts(&output)) else {
        return output;
    };
    let commas = quoted.trim().trim_end_matches(',').matches(',').count();
    let Some((comma, _)) = inner.match_indices(',').nth(commas) else { return output };
    let (wanted, got) = (words(quoted).count(), words(&inner[..comma]).count());
    let is_alike = 5 * got >= 3 * wanted && 5 * wanted >= 3 * got;
    if !is_alike || !has_outgrown(source, &output) {
        return output;
    }
    let (mark, behind) = behind.split_at(behind.chars().next().map_or(0, char::len_utf8));
    // Where the model has a comma inside of its marks this one stands there as well.
    let is_inside = inner.trim_end().ends_with([',', '.']);
    let closing = if is_inside { format!(",{mark}") } else { format!("{mark},") };
    format!("{before}{}{closing}{}{behind}", &inner[..comma], inner[comma + 1..].trim_end())
}

/// A text with two marks up to the first one, between them, and from the second one on.
fn parts(text: &str) -> Option<(&str, &str, &str)> {
    let [(open, mark), (close, _)] = *marks(text) else { return None };
    let inner = open + mark.len_utf8();
    Some((&text[..inner], &text[inner..close], &text[close..]))
}

/// The text without spaces before its closing marks: `…, " he said`.
fn without_spaces(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut rest = 0;
    for pair in marks(text).chunks_exact(2) {
        let [(open, mark), (close, _)] = *pair else { continue };
        // Where a quotation began in an earlier segment the second of two marks may open the next one.
        let mut from = text[close..].chars();
        let closes =
            matches!(from.next(), Some('"' | '”' | '“')) && !from.next().is_some_and(char::is_alphanumeric);
        let inner = &text[open + mark.len_utf8()..close];
        tidy.push_str(&text[rest..open + mark.len_utf8()]);
        tidy.push_str(if closes { inner.trim_end() } else { inner });
        rest = close;
    }
    tidy + &text[rest..]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_taken(source in "[a-zä ,.\"„“”«»é]{0,40}", output in "[a-zä ,.\"„“”«»é\u{300}]{0,60}") {
            closed(&source, &output);
        }
    }

    const SOURCE: &str = "Der Plan werde „frühe und klare Warnungen vor Hochwasser“ bringen, darunter Sirenen, Lautsprecher \
                          und Nachrichten, so der Bürgermeister der Stadt.";

    #[test]
    fn a_quotation_ends_where_that_of_the_source_does() {
        for (output, expected) in [
            (
                "The plan will bring “early and clear warnings of floods, including sirens, speakers and messages to all of the town,” he said.",
                "The plan will bring “early and clear warnings of floods,” including sirens, speakers and messages to all of the town, he said.",
            ),
            (
                "The plan will bring \"early and clear warnings of floods, such as sirens and messages, said the mayor\".",
                "The plan will bring \"early and clear warnings of floods\", such as sirens and messages, said the mayor.",
            ),
        ] {
            assert_eq!(closed(SOURCE, output), expected);
        }
    }

    #[test]
    fn where_it_is_not_clear_where_that_is_it_stays() {
        for output in [
            "The plan will bring “warnings, sirens, speakers and messages to all who live there,” said the mayor.",
            "The plan will bring “early and clear warnings of floods with sirens and speakers and messages,” said he.",
            "The plan will bring “early and clear warnings of floods,” including sirens, said the mayor.",
            "The plan will bring early and clear warnings of floods, including sirens, said the mayor.",
        ] {
            assert_eq!(closed(SOURCE, output), output);
        }
    }

    #[test]
    fn no_space_stands_before_a_closing_mark() {
        assert_eq!(closed("", "“We wait, ” he said, \"for rain. \""), "“We wait,” he said, \"for rain.\"");
        assert_eq!(closed("", "We wait.\" He said: \"It rains."), "We wait.\" He said: \"It rains.");
        assert_eq!(closed("", "Il a dit : « Nous attendons »."), "Il a dit : « Nous attendons ».");
    }
}
