//! Rephrasing: German turns of phrase that small models misread, put in other words before a model is asked.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::guards::attribution::so_speaker;

/// The text in plainer words.
pub(super) fn rephrased(text: &str) -> Cow<'_, str> {
    let text = said(text);
    let text = regarding(text);
    let text = besides(text);
    let text = reported(text);
    let text = day_last(text);
    relative(text)
}

/// `…, sagte der Minister` for `…, so der Minister`.
fn said(text: &str) -> Cow<'_, str> {
    let Some(words) = so_speaker(text) else { return Cow::Borrowed(text) };
    let (before, after) = (&text[..words.start()], &text[words.start() + "so".len()..]);
    Cow::Owned(format!("{before}sagte{after}"))
}

/// `was diese Frage angeht` and `Was die Kosten betrifft, so steigen sie`.
static REGARDING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let verbs = "angeht|angehe|anging|anbelangt|anbelange|anbelangte|anbetrifft|betrifft|betreffe|betraf";
    Regex::new(&format!(r"\b([Ww])as ([^,.;:!?]{{3,160}}?) (?:{verbs})\b(?:, so\b)?")).ok()
});

/// `in Bezug auf diese Frage` for `was diese Frage angeht`.
fn regarding(text: Cow<'_, str>) -> Cow<'_, str> {
    replaced(text, REGARDING.as_ref(), |found| {
        let opening = if &found[1] == "W" { "In" } else { "in" };
        format!("{opening} Bezug auf {}", &found[2])
    })
}

/// `Neben dem Rat …`, `neben anderen Städten` and `neben Köln`: besides them. What stands next to a thing has an article
/// before it mostly; the names of a few countries have one too.
static BESIDES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let countries = "Vereinigten|USA|Niederlanden|Philippinen|Schweiz|Türkei|Ukraine|Slowakei|Mongolei";
    Regex::new(&format!(
        r"^Neben\b|\bneben( (?:ander|weiter)en\b| (?:(?:den|der) (?:{countries})\b|\p{{Lu}}))"
    ))
    .ok()
});

/// `zusammen mit Köln` for `neben Köln`.
fn besides(text: Cow<'_, str>) -> Cow<'_, str> {
    replaced(text, BESIDES.as_ref(), |found| match found.get(1) {
        Some(others) => format!("zusammen mit{}", others.as_str()),
        None => "Zusammen mit".to_owned(),
    })
}

/// `Man müsse sparen` and `müsse man sparen`, with what follows: he who says it means himself and others. Other verbs may
/// speak of others alone (`Man habe ihn entlassen`).
static REPORTED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let verbs = MODALS.map(|(verb, _)| verb).join("|");
    Regex::new(&format!(r"\b(?:([Mm])an ({verbs})|({verbs}) man)\b([^,.;:!?]*)")).ok()
});

/// Verbs as `man` has them in reported speech, and as `wir` has them.
const MODALS: [(&str, &str); 5] = [
    ("müsse", "müssen"),
    ("dürfe", "dürfen"),
    ("könne", "können"),
    ("solle", "sollen"),
    ("brauche", "brauchen"),
];

/// `Wir müssen uns wehren` for `Man müsse sich wehren`.
fn reported(text: Cow<'_, str>) -> Cow<'_, str> {
    replaced(text, REPORTED.as_ref(), |found| {
        let part = |number: usize| found.get(number).map_or("", |part| part.as_str());
        let verb = format!("{}{}", part(2), part(3));
        let verb = MODALS.iter().find(|(one, _)| *one == verb).map_or("", |(_, several)| several);
        let rest = part(4).replace(" sich ", " uns ");
        match part(1) {
            "M" => format!("Wir {verb}{rest}"),
            "m" => format!("wir {verb}{rest}"),
            _ => format!("{verb} wir{rest}"),
        }
    })
}

/// `am Montag` amid a clause, what follows it there, and the mark behind.
static DAY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let days = "Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag|Sonnabend|Sonntag";
    let hours = "vormittag|mittag|nachmittag|abend";
    Regex::new(&format!(r"( am (?:{days})(?:{hours})?)((?: [^\s.,;:!?–„“”»«\x22]+){{2,}})([.,;:!?]?)")).ok()
});

/// A weekday at the end of its clause, where English has it (on clauses in the order of the target: Collins, Koehn and
/// Kučerová 2005).
fn day_last(text: Cow<'_, str>) -> Cow<'_, str> {
    replaced(text, DAY.as_ref(), |found| {
        let (day, rest, mark) = (&found[1], &found[2], &found[3]);
        let goes_on = [" bis ", " und ", " oder "].iter().any(|word| rest.starts_with(word));
        // An ordinal or a time goes on behind its point.
        let is_cut = rest.ends_with(|c: char| c.is_ascii_digit()) && !mark.is_empty();
        if goes_on || is_cut { found[0].to_owned() } else { format!("{rest}{day}{mark}") }
    })
}

/// `die Felder, die die Gemeinde pachtet`: two equal words, the first of which is no article.
const RELATIVE: [(&str, &str); 5] = [
    (", die die ", ", welche die "),
    (", der der ", ", welcher der "),
    (", das das ", ", welches das "),
    (", den den ", ", welchen den "),
    (", dem dem ", ", welchem dem "),
];

/// `welche die Gemeinde pachtet` for `die die Gemeinde pachtet`.
fn relative(mut text: Cow<'_, str>) -> Cow<'_, str> {
    for (twice, relative) in RELATIVE {
        if text.contains(twice) {
            text = Cow::Owned(text.replace(twice, relative));
        }
    }
    text
}

/// The text with what a pattern finds in other words.
fn replaced<'a>(
    text: Cow<'a, str>,
    pattern: Option<&Regex>,
    in_other_words: impl Fn(&Captures<'_>) -> String,
) -> Cow<'a, str> {
    match pattern {
        Some(pattern) if pattern.is_match(&text) => {
            Cow::Owned(pattern.replace_all(&text, in_other_words).into_owned())
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_taken(
            words in prop::collection::vec("[a-zäß.,é“]{0,3}| am Montag|Man müsse|müsse man| sich |was|betrifft|, so der|die die", 0..12),
        ) {
            rephrased(&words.concat());
            rephrased(&words.join(" "));
        }
    }

    #[test]
    fn turns_of_phrase_become_plain() {
        for (text, plain) in [
            ("Man müsse sparen, so der Minister weiter.", "Wir müssen sparen, sagte der Minister weiter."),
            ("„Wir sparen“, so Maier.", "„Wir sparen“, sagte Maier."),
            ("Es sei so der Brauch, so die Wirtin.", "Es sei so der Brauch, sagte die Wirtin."),
            ("Was die Kosten betrifft, so steigen sie.", "In Bezug auf die Kosten steigen sie."),
            (
                "Er ist ratlos, was die Zukunft des Bades angeht.",
                "Er ist ratlos, in Bezug auf die Zukunft des Bades.",
            ),
            ("Das ist so, was auch immer der Rat sagt.", "Das ist so, was auch immer der Rat sagt."),
            ("Neben dem Rat kam auch der Chor.", "Zusammen mit dem Rat kam auch der Chor."),
            ("Er nannte neben Köln und Ulm auch Jena.", "Er nannte zusammen mit Köln und Ulm auch Jena."),
            ("Sie ist neben den USA das Ziel.", "Sie ist zusammen mit den USA das Ziel."),
            ("Man müsse sich wehren, so sie.", "Wir müssen uns wehren, so sie."),
            ("Er sagte, nun könne man gehen.", "Er sagte, nun können wir gehen."),
            ("Man habe ihn entlassen, so er.", "Man habe ihn entlassen, so er."),
            ("Man muss sich wehren.", "Man muss sich wehren."),
            ("Das Haus steht neben der Kirche.", "Das Haus steht neben der Kirche."),
            (
                "Der Rat hat am Freitag in Ulm getagt, als es regnete.",
                "Der Rat hat in Ulm getagt am Freitag, als es regnete.",
            ),
            ("Er kam am Freitag um 14.30 Uhr an.", "Er kam am Freitag um 14.30 Uhr an."),
            ("Er kam am Freitag und am Montag spät an.", "Er kam am Freitag und am Montag spät an."),
            ("Er kam am Freitag.", "Er kam am Freitag."),
            ("Die Felder, die die Stadt pachtet, blühen.", "Die Felder, welche die Stadt pachtet, blühen."),
            ("Die Felder, die der Stadt gehören, blühen.", "Die Felder, die der Stadt gehören, blühen."),
        ] {
            assert_eq!(rephrased(text), plain);
        }
    }
}
