//! Chat: outputs in which the model speaks for itself instead of translating.

use super::{Exchange, words};
use crate::flag::{Flag, FlagKind};

/// Openings of an answer that is about the translation, in lower case.
const OPENINGS: [&str; 42] = [
    "of course.",
    "absolutely!",
    "okay, here",
    "happy to help",
    "glad to help",
    "i'd be happy to",
    "i'd be glad to",
    "gerne!",
    "natürlich!",
    "klar!",
    "a possible translation",
    "this sentence can be",
    "sure,",
    "sure!",
    "sure.",
    "sure thing",
    "certainly!",
    "certainly,",
    "certainly.",
    "of course!",
    "of course,",
    "here is the",
    "here's the",
    "here is a translation",
    "here's a translation",
    "here is your",
    "here's your",
    "below is the",
    "the translation",
    "the translated",
    "the english translation",
    "the german translation",
    "the given text",
    "the given sentence",
    "the text translates",
    "the sentence translates",
    "this translates to",
    "translation of ",
    "translation from ",
    "hier ist die übersetzung",
    "die übersetzung",
    "übersetzung von ",
];

/// Labels before a colon, in lower case.
const LABELS: [&str; 14] = [
    "translation",
    "english translation",
    "german translation",
    "translated text",
    "translated sentence",
    "translated",
    "english",
    "in english",
    "german",
    "output",
    "answer",
    "response",
    "übersetzung",
    "antwort",
];

/// What a label of several words is about, in lower case: `In English, this would be:`.
const ABOUT_THE_TASK: [&str; 14] = [
    "translat",
    "übersetz",
    "in english",
    "in german",
    "auf deutsch",
    "auf englisch",
    "sentence",
    "the text",
    "version",
    "here you go",
    "here is",
    "here's",
    "hier ist",
    "target text",
];

/// Notes that follow a translation, in lower case.
const NOTES: [&str; 12] = [
    "note:",
    "(note:",
    "note that the translation",
    "translation note",
    "anmerkung:",
    "(anmerkung:",
    "hinweis:",
    "explanation:",
    "(this is a literal",
    "literal translation",
    "translated from",
    "wörtlich übersetzt",
];

/// Polite endings of an answer, in lower case, and the words by which a source says the same.
const CLOSINGS: [(&str, &str); 8] = [
    ("let me know if", "bescheid lass sag let"),
    ("i hope this helps", "hoff hope"),
    ("i hope that helps", "hoff hope"),
    ("feel free to ask", "frag gern free"),
    ("feel free to let me", "frag gern free"),
    ("anything else i can help", "helf hilf help"),
    ("ich hoffe, das hilft", "hoff hope"),
    ("lassen sie es mich wissen", "know tell lass"),
];

/// Phrases with which a model declines, in lower case and with straight apostrophes, and the words by which a
/// source says the same.
const REFUSALS: [(&[&str], &str); 7] = [
    (
        &[
            "i'm sorry",
            "i am sorry",
            "i apologize",
            "i apologise",
            "sorry, i can't",
            "sorry, but i",
            "tut mir leid",
        ],
        "leid leider entschuldig bedau sorry verzeih verzieh pardon apolog",
    ),
    (
        &[
            "as an ai",
            "language model",
            "i'm an ai",
            "i am an ai",
            "i'm just an ai",
            "als ki",
            "als sprachmodell",
        ],
        "ki ai sprachmodell intelligenz intelligence chatbot",
    ),
    (
        &[
            "i cannot assist",
            "i can't assist",
            "i cannot help",
            "i can't help",
            "i cannot fulfill",
            "i can't fulfill",
            "i cannot translate",
            "i can't translate",
            "i cannot provide",
            "i can't provide",
            "ich kann ihnen dabei nicht",
            "ich kann diesen text nicht",
        ],
        "helf hilf hilfe half unterstütz erfüll übersetz biet anbiet liefer geb gib",
    ),
    (
        &["i'm unable to", "i am unable to", "i'm not able to", "i am not able to", "i can't do that"],
        "kann könn konnt unfähig imstande lage vermag schaff unable able can't",
    ),
    (
        &[
            "provide the text",
            "the text you provided",
            "you want translated",
            "you have pasted",
            "ich übersetzen soll",
        ],
        "text übersetz translat",
    ),
    (
        &[
            "like me to translate",
            "like me to do with",
            "i need more context",
            "must decline to",
            "i have no opinion",
        ],
        "möcht soll zusammenhang kontext ablehn meinung like context declin opinion",
    ),
    (
        &["my guidelines", "usage policy", "my programming"],
        "richtlini vorschrift leitlini programm guideline policy",
    ),
];

/// What a model says it cannot do, in lower case.
const INABILITY: [&str; 14] = [
    "nicht in der lage",
    "i cannot",
    "i can't",
    "i can not",
    "i won't be able",
    "i will not",
    "i do not have the ability",
    "i don't feel comfortable",
    "i don't understand",
    "it is not possible to",
    "i am not able",
    "i'm not able",
    "ich kann",
    "kann ich",
];

/// What a translator is asked for, in lower case.
const TASK: [&str; 12] = [
    "translat",
    "request",
    "assist",
    "this text",
    "the text",
    "this sentence",
    "this content",
    "this passage",
    "comment on",
    "übersetz",
    "anfrage",
    "diesen text",
];

/// A chat phrase around the translation: an opening, a note after it, quotation marks or a code fence that the
/// source does not have.
pub(super) fn preamble(exchange: &Exchange<'_>) -> Option<Flag> {
    let detail = opening(exchange)
        .or_else(|| label(exchange))
        .or_else(|| note(exchange))
        .or_else(|| closing(exchange))
        .or_else(|| fence(exchange))
        .or_else(|| quoted(exchange))?;
    Some(Flag::new(FlagKind::Preamble, detail))
}

/// The model declines, or speaks of itself as a model, and the source does not.
pub(super) fn refusal(exchange: &Exchange<'_>) -> Option<Flag> {
    let output = plain(exchange.output);
    let said =
        |phrases: &[&'static str]| phrases.iter().copied().find(|phrase| holds_phrase(&output, phrase));
    let phrase = REFUSALS
        .iter()
        .filter(|(_, reasons)| !says(exchange.source, reasons))
        .find_map(|(phrases, _)| said(phrases))
        .or_else(|| unable(&output, exchange.source))?;
    Some(Flag::new(FlagKind::Refusal, format!("`{phrase}`")))
}

/// The phrase by which a model says that it cannot do its task, of which the source says nothing.
fn unable(output: &str, source: &str) -> Option<&'static str> {
    let source = plain(source);
    let about = |text: &str| TASK.iter().any(|word| text.contains(word));
    let says_so =
        about(&source) || ["text", "satz", "antrag", "helf", "hilf"].iter().any(|word| source.contains(word));
    let phrase = INABILITY.iter().copied().find(|phrase| holds_phrase(output, phrase))?;
    (about(output) && !says_so).then_some(phrase)
}

fn closing(exchange: &Exchange<'_>) -> Option<String> {
    let output = plain(exchange.output);
    let said = |(phrase, reasons): &&(&str, &str)| output.contains(phrase) && !says(exchange.source, reasons);
    CLOSINGS.iter().find(said).map(|(phrase, _)| format!("ends with `{phrase}`"))
}

fn opening(exchange: &Exchange<'_>) -> Option<String> {
    let output = plain(exchange.output);
    let output = output.trim_start_matches(|c: char| !c.is_alphanumeric());
    let phrase = OPENINGS.iter().find(|phrase| output.starts_with(*phrase))?;
    // `The translation` may be what the source is about; then it is a translation.
    (!about_translation(exchange.source, phrase)).then(|| format!("opens with `{phrase}`"))
}

fn label(exchange: &Exchange<'_>) -> Option<String> {
    let output = plain(exchange.output);
    let output = output.trim_start_matches(|c: char| !c.is_alphanumeric());
    let (first, _) = output.split_once(':')?;
    let label = first.trim_end_matches('*');
    // A source with a colon near its start has a label of its own.
    let own = exchange.source.chars().take(2 * label.chars().count() + 8).any(|c| c == ':');
    // `Here is what you asked for, translated:`
    const LONGEST: usize = 80;
    let about = label.len() <= LONGEST && ABOUT_THE_TASK.iter().any(|word| label.contains(word));
    let said = about && (!own || label.contains("translation")) && !about_translation(exchange.source, label);
    (said || (!own && LABELS.contains(&label))).then(|| format!("opens with `{label}:`"))
}

fn note(exchange: &Exchange<'_>) -> Option<String> {
    let output = plain(exchange.output);
    let phrase = NOTES.iter().find(|phrase| holds_phrase(&output, phrase))?;
    let source = plain(exchange.source);
    let says_so =
        ["note", "notice", "notiz", "anmerkung", "hinweis", "achtung", "bemerkung", "erklärung", "beachten"];
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
    let (first, _) = phrase.split_once([' ', ',', '!', '.']).unwrap_or((phrase, ""));
    match first {
        // An adverb that moves to the front.
        "of" | "certainly"
            if phrase.ends_with(',') && says(source, "natürlich selbstverständlich freilich gewiss") =>
        {
            true
        }
        "sure" | "certainly" | "of" | "absolutely" | "okay" | "gerne" | "natürlich" | "klar" => says(
            &beginning(source),
            "sicher klar natürlich gewiss selbstverständlich freilich sure certainly gern ja gut okay course \
             absolut gladly clear",
        ),
        "happy" | "glad" | "i'd" => says(source, "freu froh gern glücklich hilf helf"),
        "here" | "here's" => says(source, "hier here") || plain(source).contains("das ist"),
        "below" => says(source, "unten folgend below"),
        _ if phrase.starts_with("the given") => says(source, "gegeben given angegeben"),
        _ => ["übersetz", "übertrag", "translat"].iter().any(|stem| plain(source).contains(stem)),
    }
}

/// The first words of a text.
fn beginning(text: &str) -> String {
    words(text).take(5).collect::<Vec<_>>().join(" ")
}

/// Whether a text has one of these words; those of three letters or more may have endings.
fn says(text: &str, list: &str) -> bool {
    let text = plain(text);
    words(&text).flat_map(|word| word.split('-')).any(|word| {
        list.split_whitespace()
            .any(|known| word == known || (known.chars().count() >= 3 && word.starts_with(known)))
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Finish;
    use crate::lang::{Lang, LangPair};

    #[test]
    fn an_adverb_of_the_source_may_open_the_translation() {
        let pair = LangPair { source: Lang::DE, target: Lang::EN };
        let output = "Of course, the baker opened his shop again.";
        for (source, talks) in [
            ("Der Bäcker an der Ecke öffnete natürlich wieder.", false),
            ("Der Bäcker an der Ecke öffnete seinen Laden wieder.", true),
        ] {
            let exchange = Exchange { source, output, finish: Finish::Stop, pair: &pair };
            assert_eq!(preamble(&exchange).is_some(), talks, "{source}");
        }
    }
}
