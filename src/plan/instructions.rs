//! Instructions: the words in which a task is put to a model, whatever stands around them.

use crate::glossary::Term;
use crate::lang::Lang;
use crate::plan::{Formality, Length, Task, Wording};

/// The instruction for a chat model.
pub(super) fn instruct(task: &Task) -> String {
    match task {
        Task::Translate { pair, text, terms, formality, wording } => {
            let (source, target) = (pair.source.name(), pair.target.name());
            let address =
                formality.and_then(|formality| address(formality, &pair.target)).unwrap_or_default();
            match wording {
                Wording::Plain | Wording::Examples | Wording::Glossed => {
                    let terms = use_terms(terms);
                    format!(
                        "Translate the following {source} text into {target}. {terms}{address}Output only the \
                         translation.\n\n{text}"
                    )
                }
                Wording::Free => {
                    let terms = use_terms(terms);
                    format!(
                        "Write this {source} passage as a native speaker of {target} would put it. \
                         {terms}{address}Leave nothing out.\n\n{text}"
                    )
                }
                Wording::Strict => {
                    let terms = require_terms(terms, target);
                    format!(
                        "{address}Below is one passage of a {source} document. Write the same passage in {target}: \
                         every statement, name and number, nothing added, no comment, no {source} \
                         words.{terms}\n\n{text}"
                    )
                }
            }
        }
        Task::Summarize { lang, text, length, wording } => {
            let lang = lang.name();
            let length = describe(*length);
            match wording {
                Wording::Plain | Wording::Examples | Wording::Glossed | Wording::Free => format!(
                    "Summarise the following text in {lang} in {length}. State only what the text says, and \
                     keep its names and numbers as they are. Output only the summary.\n\nText:\n{text}"
                ),
                Wording::Strict => format!(
                    "Read this text and report its main points in {lang} in {length}. Use only facts, names and \
                     numbers that stand in the text. No introduction, no comment.\n\nText:\n{text}"
                ),
            }
        }
        Task::Write { lang } => format!("Write one sentence in {}.", lang.name()),
    }
}

/// The opening of a text that a base model continues.
pub(super) fn complete(task: &Task) -> String {
    match task {
        Task::Translate { pair, text, terms, .. } => {
            let (source, target) = (pair.source.name(), pair.target.name());
            // Terms are examples of what follows.
            let terms: String = terms
                .iter()
                .map(|term| format!("{source}: {}\n{target}: {}\n\n", term.source, term.target))
                .collect();
            format!("{terms}{source}: {text}\n{target}:")
        }
        Task::Summarize { lang, text, length, .. } => {
            format!("{text}\n\nSummary in {} in {}:", lang.name(), describe(*length))
        }
        Task::Write { lang } => format!("{}:", lang.name()),
    }
}

/// How to address the reader, in a sentence of its own, if the language has several ways.
fn address(formality: Formality, target: &Lang) -> Option<String> {
    let (manner, pronoun) = formality.described(target)?;
    Some(format!("Address the reader {manner}, as \"{pronoun}\". "))
}

/// Terms in a sentence of their own before the last one, if there are any.
fn use_terms(terms: &[Term]) -> String {
    match terms {
        [] => String::new(),
        terms => format!("Use this glossary: {}. ", list(terms)),
    }
}

/// Terms as a demand.
fn require_terms(terms: &[Term], target: &str) -> String {
    match terms {
        [] => String::new(),
        terms => format!(" The {target} text must contain these terms exactly: {}.", list(terms)),
    }
}

fn list(terms: &[Term]) -> String {
    let terms: Vec<String> = terms.iter().map(|term| format!("{} = {}", term.source, term.target)).collect();
    terms.join("; ")
}

fn describe(length: Length) -> String {
    match length {
        Length::Sentences(1) => "exactly one sentence".into(),
        Length::Sentences(n) => format!("exactly {n} sentences"),
        Length::Words(n) => format!("at most {n} words"),
        Length::Bullets(n) => format!(
            "exactly {n} bullet points, each one short sentence on its own line that begins with \"- \""
        ),
        Length::Headline => "one headline of at most twelve words".into(),
    }
}
