//! What every format shows, and that text from outside stays text in all of them.

mod articles;
mod hostile;
mod html;
mod json;
mod markdown;
mod text;
