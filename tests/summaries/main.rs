//! Summaries through the public API, with answers that a test writes in place of a model.

mod answers;
mod article;
mod extracts;
mod grounding;
mod long_texts;
