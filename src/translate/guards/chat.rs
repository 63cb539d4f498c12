//! Chat: outputs in which the model speaks for itself instead of translating.

use super::Exchange;
use crate::flag::{Flag, FlagKind};

/// Openings of an answer that is about the translation, in lower case.
const OPENINGS: [&str; 26] = [
    "sure,",
    "sure!",
    "sure.",
    "sure thing",
    "certainly!",
    "certainly,",
    "of course!",
    "here is the",
    "here's the",
    "here is a translation",
    "here's a translation",
    "here is your",
    "the translation",
    "the translated text",
    "the english translation",
    "the german translation",
    "the text translates",
    "the sentence translates",
    "this translates to",
    "translation:",
    "translated text:",
    "english:",
    "german:",
    "übersetzung:",
    "hier ist die übersetzung",
    "die übersetzung",
];

/// Notes that follow a translation, in lower case.
const NOTES: [&str; 8] = [
    "note:",
    "(note:",
    "note that the translation",
    "translation note",
    "anmerkung:",
    "(anmerkung:",
    "hinweis:",
    "explanation:",
];

/// Phrases with which a model declines, in lower case and with straight apostrophes.
const REFUSALS: [&str; 24] = [
    "i'm sorry, but",
    "i am sorry, but",
    "i apologize, but",
    "i cannot assist",
    "i can't assist",
    "i cannot help",
    "i can't help with",
    "i cannot fulfill",
    "i cannot translate",
    "i can't translate",
    "i'm unable to",
    "i am unable to",
    "i cannot provide",
    "i can't provide",
    "as an ai",
    "as a language model",
    "i'm an ai",
    "i am an ai",
    "i'm just an ai",
    "als ki",
    "als sprachmodell",
    "es tut mir leid, aber",
    "ich kann ihnen dabei nicht",
    "ich kann diesen text nicht",
];

/// A chat phrase around the translation: an opening, a note after it, quotation marks or a code fence that the
/// source does not have.
pub(super) fn preamble(exchange: &Exchange<'_>) -> Option<Flag> {
    let detail = opening(exchange)
        .or_else(|| note(exchange))
        .or_else(|| fence(exchange))
        .or_else(|| quoted(exchange))?;
    Some(Flag::new(FlagKind::Preamble, detail))
}

/// The model declines, or speaks of itself as a model, and the source does not.
pub(super) fn refusal(exchange: &Exchange<'_>) -> Option<Flag> {
    let output = plain(exchange.output);
    let phrase = REFUSALS.iter().find(|phrase| holds_phrase(&output, phrase))?;
    (!speaks_so(exchange.source)).then(|| Flag::new(FlagKind::Refusal, format!("`{phrase}`")))
}

fn opening(exchange: &Exchange<'_>) -> Option<String> {
    let output = plain(exchange.output);
    let output = output.trim_start_matches(|c: char| !c.is_alphanumeric());
    let phrase = OPENINGS.iter().find(|phrase| output.starts_with(*phrase))?;
    // `The translation` may be what the source is about; then it is a translation.
    (!about_translation(exchange.source, phrase)).then(|| format!("opens with `{phrase}`"))
}

fn note(exchange: &Exchange<'_>) -> Option<String> {
    let output = plain(exchange.output);
    let phrase = NOTES.iter().find(|phrase| holds_phrase(&output, phrase))?;
    let source = plain(exchange.source);
    let says_so = ["note", "notiz", "anmerkung", "hinweis", "achtung", "bemerkung", "erklärung", "beachten"];
    (!says_so.iter().any(|word| source.contains(word))).then(|| format!("adds `{phrase}`"))
}

fn fence(exchange: &Exchange<'_>) -> Option<String> {
    (exchange.output.contains("```") && !exchange.source.contains("```")).then(|| "a code fence".to_owned())
}

fn quoted(exchange: &Exchange<'_>) -> Option<String> {
    const OPEN: [char; 6] = ['"', '“', '„', '«', '»', '\''];
    const CLOSE: [char; 5] = ['"', '”', '“', '»', '«'];
    let output = exchange.output.trim_end_matches(['.', ',']);
    (output.starts_with(OPEN)
        && (output.ends_with(CLOSE) || (output.starts_with('\'') && output.ends_with('\'')))
        && !exchange.source.contains(OPEN)
        && !exchange.source.contains(CLOSE)
        && !exchange.source.contains(['‚', '‘', '’', '›', '‹']))
    .then(|| "quotation marks that the source lacks".to_owned())
}

/// Whether the source itself says what a suspicious opening says.
fn about_translation(source: &str, phrase: &str) -> bool {
    let source = plain(source);
    let words: &[&str] = match phrase {
        p if p.starts_with("sure") || p.starts_with("certainly") || p.starts_with("of course") => &[
            "sicher",
            "klar",
            "natürlich",
            "gewiss",
            "selbstverständlich",
            "freilich",
            "sure",
            "certainly",
            "gern",
            "ja",
        ],
        "here is the" | "here's the" | "here is your" => &["hier", "das ist", "here"],
        "english:" | "german:" => &["englisch", "deutsch", "english", "german"],
        _ => &["übersetz", "übertrag", "fassung", "translat"],
    };
    words.iter().any(|word| source.contains(word))
}

/// Whether the source speaks of models, apologies or inability in such words itself.
fn speaks_so(source: &str) -> bool {
    let source = plain(source);
    [
        "leid",
        "kann",
        "können",
        "unfähig",
        "lage",
        "als ki",
        "ki-",
        "sprachmodell",
        "entschuldig",
        "sorry",
        "cannot",
        "can't",
        "unable",
        " ai",
    ]
    .iter()
    .any(|word| source.contains(word))
}

/// Lower case with straight apostrophes.
fn plain(text: &str) -> String {
    text.to_lowercase().replace('’', "'")
}

/// Whether a phrase stands in a text where a word begins.
fn holds_phrase(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + phrase.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}
