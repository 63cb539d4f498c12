//! Asking the hub what a repository holds at a revision, before any weights are fetched.
//!
//! Source: the hub's API, `GET /api/models/OWNER/NAME/revision/REVISION?blobs=true`, whose `siblings` give each file's
//! size and hash.

use std::io::Write;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::address::host_of;
use super::card::{Card, Licence, Role};
use super::events::{Observe, StoreEvent};
use super::families::{self, Family, unknown_kind};
use super::fetch::Failure;
use super::file::{CardFile, Hash, is_lower_hex};
use super::http;
use super::layout::{create_parent, writing};
use super::lock::Lock;
use super::options::StoreOptions;
use super::repository::{RepositoryName, Snapshot, unreached};
use crate::error::{Error, Result};
use crate::lang::Lang;

/// The longest description of a repository, and the longest `config.json`, in bytes.
const MAX_DESCRIPTION: usize = 32 << 20;
const MAX_CONFIG: u64 = 4 << 20;

/// Licences under their SPDX names, where the hub writes them otherwise. All but the first four want acceptance.
const LICENCES: [(&str, &str); 8] = [
    ("apache-2.0", "Apache-2.0"),
    ("mit", "MIT"),
    ("bsd-2-clause", "BSD-2-Clause"),
    ("bsd-3-clause", "BSD-3-Clause"),
    ("cc-by-4.0", "CC-BY-4.0"),
    ("cc-by-sa-4.0", "CC-BY-SA-4.0"),
    ("cc0-1.0", "CC0-1.0"),
    ("cc-by-nc-4.0", "CC-BY-NC-4.0"),
];

/// What the hub's API says of a repository. Only what is used is read.
#[derive(Deserialize)]
struct Description {
    sha: String,
    #[serde(default)]
    gated: Value,
    #[serde(default)]
    siblings: Vec<Sibling>,
    #[serde(default, rename = "cardData")]
    card: Option<CardData>,
    #[serde(default)]
    gguf: Option<Gguf>,
}

#[derive(Deserialize)]
struct Sibling {
    rfilename: String,
    size: Option<u64>,
    #[serde(rename = "blobId")]
    blob_id: Option<String>,
    lfs: Option<Lfs>,
}

#[derive(Deserialize)]
struct Lfs {
    sha256: String,
    size: Option<u64>,
}

/// The head of the repository's README, where people write what they like.
#[derive(Default, Deserialize)]
struct CardData {
    #[serde(default)]
    license: Value,
    #[serde(default)]
    license_name: Value,
    #[serde(default)]
    language: Value,
}

#[derive(Deserialize)]
struct Gguf {
    architecture: Option<String>,
}

#[derive(Deserialize)]
struct Config {
    model_type: Option<String>,
}

/// What a repository holds at the commit where its revision stands now, recorded in `record`. Of several processes that
/// ask for one, the first decides.
pub(crate) fn resolve(
    options: &StoreOptions,
    name: &RepositoryName,
    record: &Path,
    observe: Observe<'_>,
) -> Result<Snapshot> {
    let model = name.to_string();
    let _lock =
        Lock::acquire(&record.with_extension("lock"), || observe(StoreEvent::Waiting { model: &model }))?;
    if let Some(known) = Snapshot::read(record)? {
        return Ok(known);
    }
    let found = snapshot(options, name, observe)?;
    // What cannot be right is not recorded.
    found.clone().complete(&Card::of_repository(name))?;
    write(&found, record)?;
    Ok(found)
}

fn write(snapshot: &Snapshot, path: &Path) -> Result<()> {
    let text =
        toml::to_string(snapshot).map_err(|e| Error::runtime(format!("cannot write a record: {e}")))?;
    let directory = create_parent(path)?;
    let mut file = tempfile::NamedTempFile::new_in(directory).map_err(|e| writing("write", path, e))?;
    file.write_all(text.as_bytes()).map_err(|e| writing("write", path, e))?;
    file.as_file().sync_all().map_err(|e| writing("write", path, e))?;
    file.persist(path).map_err(|e| writing("write", path, e.error))?;
    Ok(())
}

fn snapshot(options: &StoreOptions, name: &RepositoryName, observe: Observe<'_>) -> Result<Snapshot> {
    let description = describe(options, name, observe)?;
    let there: Vec<&str> = description.siblings.iter().map(|sibling| sibling.rfilename.as_str()).collect();
    let lacking = |why: String| {
        Error::model(format!("{name} {why}"))
            .hint("name another repository of this model, or another revision of it")
    };
    let family = match there.contains(&"config.json") {
        true => config(options, name, &description, observe)?.model_type,
        false => None,
    };
    let (files, roles, architecture) = match family.as_deref().and_then(Family::named) {
        Some(family) => {
            (family.files(&there).map_err(lacking)?, family.roles.to_vec(), family.name.to_owned())
        }
        None => {
            let Some(file) = families::gguf(&there).map_err(|why| choose_yourself(name, &why))? else {
                return Err(match family {
                    Some(kind) => unknown_kind(&name.to_string(), &kind),
                    None => lacking("has neither `config.json` nor a GGUF file".into()),
                });
            };
            (vec![file], vec![Role::Translator, Role::Summarizer], description.gguf_architecture(name)?)
        }
    };
    let files = files.iter().map(|file| description.file(file).map_err(lacking)).collect::<Result<_>>()?;
    Ok(Snapshot {
        repository: name.repository.clone(),
        revision: name.revision.clone(),
        licence: description.licence(name, &page(options, name)),
        languages: description.languages(),
        commit: description.sha,
        architecture,
        roles,
        files,
    })
}

/// Asks the API.
fn describe(options: &StoreOptions, name: &RepositoryName, observe: Observe<'_>) -> Result<Description> {
    let url = format!(
        "{}/api/models/{}/revision/{}?blobs=true",
        options.endpoint.trim_end_matches('/'),
        name.repository,
        name.revision_component()
    );
    let answer = http::get(options, &url, options.token.as_deref(), MAX_DESCRIPTION, observe);
    let answer = answer.map_err(|failure| refusal(options, name, failure))?;
    let description: Description = serde_json::from_slice(&answer)
        .map_err(|_| unreached(name, &format!("{} does not answer as a hub does", host(options))))?;
    if !is_lower_hex(&description.sha, 40) {
        return Err(unreached(name, &format!("{} names a commit that cannot be one", host(options))));
    }
    if description.is_gated() && options.token.is_none() {
        return Err(gated(options, name, "its owner asks for consent"));
    }
    Ok(description)
}

/// The repository's `config.json`, held against its hash. Wrong bytes earn a second try.
fn config(
    options: &StoreOptions,
    name: &RepositoryName,
    description: &Description,
    observe: Observe<'_>,
) -> Result<Config> {
    let file = description.file("config.json").map_err(|why| Error::model(format!("{name} {why}")))?;
    if file.bytes > MAX_CONFIG {
        return Err(Error::model(format!("{name} has a `config.json` of {} bytes", file.bytes)));
    }
    let endpoint = options.endpoint.trim_end_matches('/');
    let url = format!("{endpoint}/{}/resolve/{}/config.json", name.repository, description.sha);
    for _ in 0..2 {
        let answer = http::get(options, &url, options.token.as_deref(), MAX_CONFIG as usize, observe);
        let answer = answer.map_err(|failure| refusal(options, name, failure))?;
        if file.hash.fits(&answer) {
            return serde_json::from_slice(&answer).map_err(|e| {
                Error::model(format!("{name} has a `config.json` that is no JSON object: {e}"))
            });
        }
    }
    Err(Error::model(format!("{} gave other bytes of {name}/config.json than it names", host(options)))
        .hint("try again later, or ask another mirror with HF_ENDPOINT"))
}

impl Description {
    /// A file with its size and hash. A large file's sha256 is that of its content; its blob is only a pointer.
    fn file(&self, name: &str) -> Result<CardFile, String> {
        let sibling = self.siblings.iter().find(|sibling| sibling.rfilename == name);
        let sibling = sibling.ok_or_else(|| format!("lacks `{name}`"))?;
        let (hash, bytes) = match &sibling.lfs {
            Some(lfs) => (Some(Hash::Sha256(lfs.sha256.clone())), lfs.size.or(sibling.size)),
            None => (sibling.blob_id.clone().map(Hash::GitSha1), sibling.size),
        };
        match (hash.filter(Hash::is_sound), bytes) {
            (Some(hash), Some(bytes)) => Ok(CardFile { name: name.into(), bytes, hash }),
            _ => Err(format!("comes without the hash or the size of `{name}`, so it cannot be checked")),
        }
    }

    fn is_gated(&self) -> bool {
        !matches!(self.gated, Value::Null | Value::Bool(false))
    }

    /// The architecture of the GGUF file, where the hub says it; one that is not known here is refused.
    fn gguf_architecture(&self, name: &RepositoryName) -> Result<String> {
        let said = self.gguf.as_ref().and_then(|gguf| gguf.architecture.clone()).unwrap_or_default();
        let known = said.is_empty() || families::gguf_kinds().any(|known| known == said);
        if known { Ok(said) } else { Err(unknown_kind(&name.to_string(), &said)) }
    }

    /// The terms as the README's head names them. Terms without a common name are those of this repository alone.
    fn licence(&self, name: &RepositoryName, url: &str) -> Licence {
        let text = |value: &Value| value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned);
        let card = self.card.as_ref();
        let said = card.and_then(|card| text(&card.license));
        let known = said.as_deref().and_then(|said| LICENCES.iter().find(|(hub, _)| *hub == said));
        let own = || card.and_then(|card| text(&card.license_name)).or_else(|| said.clone());
        Licence {
            name: match (known, own()) {
                (Some((_, spdx)), _) => (*spdx).to_owned(),
                (None, Some(own)) => format!("{own} of {}", name.repository),
                (None, None) => format!("not stated by {}", name.repository),
            },
            url: url.to_owned(),
            commercial: known.is_some_and(|(hub, _)| !hub.contains("-nc-")),
            gated: self.is_gated(),
        }
    }

    fn languages(&self) -> Vec<String> {
        let said = match self.card.as_ref().map(|card| &card.language) {
            Some(Value::String(one)) => vec![one.as_str()],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let known = said.into_iter().filter_map(|tag| Lang::parse(tag).ok());
        let mut tags: Vec<String> = known.map(|lang| lang.tag().to_owned()).collect();
        tags.sort();
        tags.dedup();
        tags
    }
}

/// What a refused request means to the user.
fn refusal(options: &StoreOptions, name: &RepositoryName, failure: Failure) -> Error {
    match failure {
        Failure::Fatal(error) => error,
        Failure::Absent(why) => Error::usage(format!("{} has no model {name}: {why}", host(options))).hint(
            "look at the spelling of OWNER/NAME and of the revision after `@`; a private repository needs a token in \
             HF_TOKEN",
        ),
        Failure::Refused(why) if options.token.is_some() => {
            gated(options, name, &format!("it refuses the token of HF_TOKEN: {why}"))
        }
        Failure::Refused(why) => gated(options, name, &why),
        Failure::Unusable(why) | Failure::WrongBytes(why) => {
            unreached(name, &format!("the hub {} cannot be asked: {why}", host(options)))
        }
    }
}

/// A repository that its owner does not give to everybody.
fn gated(options: &StoreOptions, name: &RepositoryName, why: &str) -> Error {
    Error::network(format!("{} does not give {name}: {why}", host(options))).hint(format!(
        "accept its terms at {} with an account of yours, then put a token of that account into HF_TOKEN; a repository \
         that does not exist is refused in the same way",
        page(options, name)
    ))
}

fn choose_yourself(name: &RepositoryName, why: &str) -> Error {
    Error::usage(format!("{name} {why}"))
        .hint("fetch the one that you want by hand and name it: --model FILE.gguf")
}

/// The page of a repository.
fn page(options: &StoreOptions, name: &RepositoryName) -> String {
    format!("{}/{}", options.endpoint.trim_end_matches('/'), name.repository)
}

fn host(options: &StoreOptions) -> String {
    host_of(&options.endpoint)
}
