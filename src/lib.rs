//! Translate and summarise documents with open models on your own machine, both languages side by side.

pub mod assemble;
pub mod catalog;
pub mod document;
pub mod engine;
mod error;
mod flag;
pub mod gguf;
mod lang;
pub mod metrics;
pub mod plan;
pub mod render;
pub mod segment;
pub mod summarize;
pub mod tokenize;
pub mod translate;

pub use error::{Error, ErrorKind, Result};
pub use flag::{Flag, FlagKind};
pub use lang::{Detected, Lang, LangPair, detect, detect_among};
