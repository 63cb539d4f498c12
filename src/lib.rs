//! Translate and summarise documents with open models, on your own machine, and set both languages side by
//! side. A diglot is a book in two languages.
//!
//! # A guide
//!
//! A [`ModelStore`] finds model files and, when asked, fetches and verifies them. A [`Model`] is loaded from
//! it once and fills two roles: a [`Translator`] turns a [`Document`] into a [`Bitext`], a [`Summarizer`]
//! turns a bitext into a [`Summary`] whose sentences point at the segments that carry them. [`render`] writes
//! both as text, Markdown, HTML or JSON. [`eval`] scores systems on test sets, with the [`metrics`].
//!
//! ```no_run
//! use diglot::{Catalog, Document, Lang, LoadOptions, Model, ModelStore, Summarizer, Translator};
//!
//! # fn main() -> diglot::Result<()> {
//! let catalog = Catalog::load()?;
//! let store = ModelStore::from_env()?;
//! let model = Model::load(&store, catalog.get("qwen2.5-coder-1.5b-instruct")?, &LoadOptions::default())?;
//!
//! let document = Document::decode("note.txt", "Der Zug fährt um 9.40 Uhr.".as_bytes(), None)?;
//! let bitext = Translator::new(&model, Lang::EN).translate(&document)?;
//! let summary = Summarizer::new(&model).summarize(&bitext)?;
//!
//! println!("{}", bitext.target_text());
//! for sentence in &summary.sentences {
//!     println!("{} {:?}", sentence.text, sentence.sources);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What flows
//!
//! ```text
//! bytes -> Document -> segments -> requests -> hypotheses -> Bitext (+ Summary) -> bytes
//!          document    segment     plan        engine        translate, summarize,  render
//!                                                            assemble
//! ```
//!
//! Rooms import one way, in the order of the modules of this list. Nothing here prints, logs document text or
//! ends the process; errors are one type, [`Error`], whose kind decides a command's exit code.

mod error;
mod flag;
mod lang;

pub mod metrics;

mod dictionary;
pub mod document;
mod glossary;
mod memory;
pub mod segment;

pub mod catalog;
pub mod gguf;
pub mod tokenize;
pub mod weights;

pub mod engine;
pub mod plan;

pub mod summarize;
pub mod translate;

pub mod assemble;
pub mod render;

mod pipeline;

mod bench;

pub mod eval;

#[doc(hidden)]
pub mod cli;

pub use assemble::Bitext;
pub use catalog::{Catalog, ModelStore};
pub use dictionary::Dictionary;
pub use document::Document;
pub use error::{Error, ErrorKind, Result};
pub use flag::{Flag, FlagKind};
pub use glossary::{Compliance, Glossary, Term};
pub use lang::{Detected, Lang, LangPair, detect, detect_among};
pub use memory::{Suggestion, TranslationMemory};
pub use pipeline::{LoadOptions, Model, Progress, Route, Summarizer, Translator};
pub use plan::Length;
pub use summarize::Summary;
pub use translate::Quality;
