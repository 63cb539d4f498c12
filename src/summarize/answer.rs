//! A model's answer, cut into the sentences of a summary: chat around it, Markdown, numbering and repetitions
//! are taken off, and an unfinished end is dropped.

use std::collections::HashSet;

use super::extract::is_heading;
use super::words::{fold, words};
use crate::engine::{Finish, Hypothesis};
use crate::lang::Lang;
use crate::plan::Length;
use crate::segment::sentences;

/// What is left of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Answer {
    /// Sentences, bullet points or a headline, in order.
    pub(super) sentences: Vec<String>,
    /// Whether the only sentence is unfinished.
    pub(super) truncated: bool,
    /// Whether the model declined.
    pub(super) refused: bool,
}

impl Answer {
    /// Reads the answer to a request for a summary of this length.
    pub(super) fn read(hypothesis: &Hypothesis, length: Length, lang: &Lang) -> Self {
        let lines = content_lines(&hypothesis.text);
        let mut sentences = match length {
            Length::Headline => lines.iter().take(1).map(|line| without_quotes(line).to_owned()).collect(),
            Length::Bullets(_) if lines.len() > 1 => lines,
            _ => lines.iter().flat_map(|line| split(line, lang)).collect(),
        };
        if let Some(end) = sentences.iter().skip(1).position(|text| is_afterword(text)) {
            sentences.truncate(end + 1);
        }
        let unfinished =
            hypothesis.finish != Finish::Stop && sentences.last().is_some_and(|last| is_heading(last));
        let truncated = unfinished && sentences.len() == 1;
        if unfinished && !truncated {
            sentences.pop();
        }
        let refused = sentences.first().is_some_and(|first| starts_with_any(first, REFUSALS));
        Self { sentences: without_repetitions(sentences), truncated, refused }
    }
}

/// The lines that hold the summary, without marks of lists and headings, opening chat and enclosing quotes.
fn content_lines(text: &str) -> Vec<String> {
    let text = text.replace("**", "").replace("__", "").replace('`', "");
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let line = without_list_mark(line.trim());
        let line = if lines.is_empty() { without_preamble(line) } else { line };
        if line.chars().any(char::is_alphanumeric) {
            lines.push(line.to_owned());
        }
    }
    if let [line] = lines.as_mut_slice() {
        *line = without_quotes(line).to_owned();
    }
    lines
}

/// Drops the mark of a heading, quotation, bullet or numbered point.
fn without_list_mark(line: &str) -> &str {
    let line = line.trim_start_matches(['#', '>']).trim_start();
    let bullet = line.strip_prefix(['-', '*', '\u{2022}', '\u{b7}', '\u{2013}']);
    if let Some(rest) = bullet.and_then(|rest| rest.strip_prefix(char::is_whitespace)) {
        return rest.trim_start();
    }
    let unbracketed = line.strip_prefix('(').unwrap_or(line);
    let digits = unbracketed.bytes().take_while(u8::is_ascii_digit).count();
    let (_, rest) = unbracketed.split_at(digits);
    match rest.strip_prefix(['.', ')']).and_then(|rest| rest.strip_prefix(char::is_whitespace)) {
        Some(rest) if (1..=2).contains(&digits) => rest.trim_start(),
        _ => line,
    }
}

/// Drops `Sure!` and `Here is a summary of the text:`, `Summary:` and the like.
fn without_preamble(line: &str) -> &str {
    let mut line = line;
    if starts_with_any(line, INTERJECTIONS)
        && let Some(end) = line.find(['!', ',', '.', ':'])
    {
        line = line.get(end + 1..).unwrap_or("").trim_start();
    }
    let label = line.split(':').next().unwrap_or(line);
    let words = words(label).len();
    let is_label = words <= 4 || (words <= 16 && starts_with_any(label, ANNOUNCEMENTS));
    let lower = label.to_lowercase();
    if !is_label || !LABELS.iter().any(|word| lower.contains(word)) {
        return line;
    }
    match line.get(label.len() + 1..) {
        Some(rest) => without_list_mark(rest.trim_start()),
        None if is_heading(line) => "",
        None => line,
    }
}

/// Drops quotation marks that enclose the whole answer.
fn without_quotes(line: &str) -> &str {
    const PAIRS: [(char, char); 5] = [
        ('"', '"'),
        ('\u{201c}', '\u{201d}'),
        ('\u{201e}', '\u{201c}'),
        ('\u{ab}', '\u{bb}'),
        ('\u{bb}', '\u{ab}'),
    ];
    for (open, close) in PAIRS {
        let inner = line.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        match inner {
            Some(inner) if !inner.contains([open, close]) => return inner.trim(),
            _ => {}
        }
    }
    line
}

fn split(line: &str, lang: &Lang) -> Vec<String> {
    let ranges = sentences(line, lang);
    ranges.into_iter().filter_map(|range| line.get(range)).map(|text| text.trim().to_owned()).collect()
}

/// Whether a sentence speaks about the summary instead of being part of it.
fn is_afterword(text: &str) -> bool {
    starts_with_any(text.trim_start_matches(['(', '*', '[']), AFTERWORDS)
}

/// Keeps the first of sentences that have the same words.
fn without_repetitions(sentences: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::new();
    let key = |text: &str| words(text).iter().map(|word| fold(word.text)).collect::<Vec<_>>();
    sentences.into_iter().filter(|sentence| seen.insert(key(sentence))).collect()
}

fn starts_with_any(text: &str, openings: &[&str]) -> bool {
    let text = text.to_lowercase().replace('\u{2019}', "'");
    openings.iter().any(|opening| text.starts_with(opening))
}

const INTERJECTIONS: &[&str] = &[
    "sure!",
    "sure,",
    "sure.",
    "sure:",
    "certainly!",
    "certainly,",
    "certainly.",
    "of course!",
    "of course.",
    "absolutely!",
    "okay,",
    "okay!",
    "gerne!",
    "gern!",
    "nat\u{fc}rlich!",
    "klar!",
    "selbstverst\u{e4}ndlich!",
];

const ANNOUNCEMENTS: &[&str] = &[
    "here",
    "below",
    "this is",
    "the following",
    "in summary",
    "hier",
    "im folgenden",
    "das ist",
    "dies ist",
];

const LABELS: &[&str] = &[
    "summar",
    "headline",
    "title",
    "bullet point",
    "main point",
    "key point",
    "sentences",
    "zusammenfassung",
    "\u{fc}berschrift",
    "schlagzeile",
    "titel",
    "stichpunkt",
    "kernpunkt",
    "hauptpunkt",
    "s\u{e4}tze",
];

const AFTERWORDS: &[&str] = &[
    "let me know",
    "please let me",
    "i hope",
    "note:",
    "note that this summary",
    "word count",
    "this summary",
    "if you need",
    "feel free",
    "ich hoffe",
    "hinweis:",
    "anmerkung:",
    "wortzahl",
    "diese zusammenfassung",
];

const REFUSALS: &[&str] = &[
    "i'm sorry",
    "i am sorry",
    "i apologi",
    "sorry,",
    "i cannot",
    "i can't",
    "i'm unable",
    "i am unable",
    "as an ai",
    "as a language model",
    "es tut mir leid",
    "tut mir leid",
    "ich kann nicht",
    "ich kann dies",
    "als ki",
    "als sprachmodell",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, length: Length) -> Vec<String> {
        let hypothesis = Hypothesis { text: text.into(), tokens: 9, logprob: None, finish: Finish::Stop };
        Answer::read(&hypothesis, length, &Lang::EN).sentences
    }

    #[test]
    fn chat_and_markdown_are_taken_off() {
        for text in [
            "The ferry was late. Nobody was hurt.",
            "Here is a summary of the text in two sentences:\n\nThe ferry was late. Nobody was hurt.",
            "Sure! Here's the summary: The ferry was late. Nobody was hurt.",
            "**Summary:** The ferry was late. Nobody was hurt.",
            "# Summary\n\nThe ferry was late. Nobody was hurt.",
            "\"The ferry was late. Nobody was hurt.\"",
            "1. The ferry was late.\n2. Nobody was hurt.",
            "- The ferry was late.\n- Nobody was hurt.\n\nLet me know if you need more.",
            "The ferry was late.\nNobody was hurt. The ferry was late!",
            "Zusammenfassung: The ferry was late. Nobody was hurt.",
        ] {
            assert_eq!(
                read(text, Length::Sentences(2)),
                ["The ferry was late.", "Nobody was hurt."],
                "{text}"
            );
        }
    }

    #[test]
    fn what_looks_like_chat_but_is_content_stays() {
        for text in [
            "The summary of the talks was short: nobody agreed.",
            "He wrote: the summary was wrong.",
            "2022 was a good year.",
            "\"Yes\" and \"no\"",
            "Summaries are useful.",
        ] {
            assert_eq!(read(text, Length::Sentences(1)), [text]);
        }
    }

    #[test]
    fn bullets_and_headlines_are_lines() {
        let bullets = "Main points:\n- The ferry was late. It waited.\n- Nobody was hurt";
        assert_eq!(read(bullets, Length::Bullets(2)), ["The ferry was late. It waited.", "Nobody was hurt"]);
        assert_eq!(read("One. Two.", Length::Bullets(2)), ["One.", "Two."]);
        assert_eq!(read("Headline: \"Ferry late. Again\"\nMore", Length::Headline), ["Ferry late. Again"]);
    }

    #[test]
    fn an_unfinished_end_is_dropped_or_told() {
        let cut = |text: &str| {
            let hypothesis =
                Hypothesis { text: text.into(), tokens: 9, logprob: None, finish: Finish::Length };
            Answer::read(&hypothesis, Length::Sentences(3), &Lang::EN)
        };
        assert_eq!(cut("The ferry was late. Nobody was").sentences, ["The ferry was late."]);
        assert!(!cut("The ferry was late. Nobody was").truncated);
        assert!(cut("The ferry was").truncated);
        assert!(cut("I'm sorry, but I can't do that.").refused);
    }
}
