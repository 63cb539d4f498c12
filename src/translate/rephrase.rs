//! Rephrasing: German turns of phrase that small models misread, put in other words before a model is asked.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use super::guards::attribution::speaker;

/// `was diese Frage angeht` and `Was die Kosten betrifft, so steigen sie`.
static REGARDING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let verbs = "angeht|angehe|anging|anbelangt|anbelange|anbelangte|anbetrifft|betrifft|betreffe|betraf";
    Regex::new(&format!(r"\b([Ww])as ([^,.;:!?]{{3,160}}?) (?:{verbs})\b(?:, so\b)?")).ok()
});

/// The text in plainer words: `…, sagte der Minister` for `…, so der Minister`, `in Bezug auf diese Frage` for `was diese
/// Frage angeht`.
pub(super) fn rephrased(text: &str) -> Cow<'_, str> {
    let said = match speaker(text) {
        Some(words) => {
            let (before, after) = (&text[..words.start()], &text[words.start() + "so".len()..]);
            Cow::Owned(format!("{before}sagte{after}"))
        }
        None => Cow::Borrowed(text),
    };
    let Some(regarding) = REGARDING.as_ref().filter(|regarding| regarding.is_match(&said)) else {
        return said;
    };
    let in_other_words = |found: &regex::Captures<'_>| {
        let opening = if &found[1] == "W" { "In" } else { "in" };
        format!("{opening} Bezug auf {}", &found[2])
    };
    Cow::Owned(regarding.replace_all(&said, in_other_words).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_of_phrase_become_plain() {
        for (text, plain) in [
            ("Man müsse sparen, so der Minister weiter.", "Man müsse sparen, sagte der Minister weiter."),
            ("„Wir sparen“, so Maier.", "„Wir sparen“, sagte Maier."),
            ("Es sei so der Brauch, so die Wirtin.", "Es sei so der Brauch, sagte die Wirtin."),
            ("Was die Kosten betrifft, so steigen sie.", "In Bezug auf die Kosten steigen sie."),
            (
                "Er ist ratlos, was die Zukunft des Bades angeht.",
                "Er ist ratlos, in Bezug auf die Zukunft des Bades.",
            ),
            ("Das ist so, was auch immer der Rat sagt.", "Das ist so, was auch immer der Rat sagt."),
        ] {
            assert_eq!(rephrased(text), plain);
        }
    }
}
