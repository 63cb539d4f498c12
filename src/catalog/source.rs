//! Where the files of a model can be had.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::card::{Card, is_plain_name};

/// A place where a model's files can be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind", deny_unknown_fields)]
pub enum Source {
    /// The Hugging Face hub, or the mirror that `HF_ENDPOINT` names.
    Hub,
    /// Python packages whose members, joined in order, are the file.
    Packages {
        /// The packages, in order.
        parts: Vec<Part>,
    },
    /// A web address.
    Url {
        /// The address of the file.
        url: String,
    },
    /// A file on this machine, used where it lies.
    Path {
        /// Its absolute path.
        path: PathBuf,
    },
}

/// One package of [`Source::Packages`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The pinned requirement (`name==1.0.0`).
    pub package: String,
    /// The exact name of the wheel's member.
    pub member: String,
}

impl Source {
    /// Says why a card's source cannot be right. Package names become arguments, and may be nothing else.
    pub(super) fn check(&self, card: &Card) -> Result<(), String> {
        match self {
            Self::Hub if card.repository.is_none() => Err("the hub needs a repository".into()),
            Self::Hub => Ok(()),
            _ if card.files.len() != 1 => Err("only the hub can serve several files".into()),
            Self::Url { url } if !url.starts_with("https://") && !url.starts_with("http://") => {
                Err(format!("`{url}` is not a web address"))
            }
            Self::Path { path } if !path.is_absolute() => {
                Err(format!("{} is not an absolute path", path.display()))
            }
            Self::Packages { parts } if parts.is_empty() => Err("there are no packages".into()),
            Self::Packages { parts } => match parts.iter().find(|p| !is_pinned(&p.package)) {
                Some(part) => Err(format!("`{}` is not NAME==VERSION", part.package)),
                None => Ok(()),
            },
            Self::Url { .. } | Self::Path { .. } => Ok(()),
        }
    }
}

/// Whether `text` is a pinned requirement (`name==1.0.0`) and nothing else.
fn is_pinned(text: &str) -> bool {
    text.split_once("==").is_some_and(|(name, version)| is_plain_name(name) && is_plain_name(version))
}
