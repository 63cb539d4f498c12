//! What the Hugging Face hub, or a mirror of it, says of a file before its bytes are asked for.
//!
//! hf-hub 1.0 is not used for this: its `get_file_metadata` follows the redirect that every large file has, and
//! then misses the headers of the first answer.

use super::card::Card;
use super::events::Observe;
use super::fetch::Failure;
use super::file::{CardFile, is_lower_hex};
use super::http;
use super::options::StoreOptions;

/// A file on the hub.
pub(crate) struct Remote {
    /// The address of the bytes.
    pub(crate) url: String,
    /// The commit that holds them, from the card or, checked, from the hub.
    pub(crate) commit: Option<String>,
}

/// Asks the hub for a file's commit, size and hash, and compares them with the card's.
pub(crate) fn locate(
    options: &StoreOptions,
    card: &Card,
    file: &CardFile,
    observe: Observe<'_>,
) -> Result<Remote, Failure> {
    let Some(repository) = &card.repository else {
        return Err(Failure::Unusable("the card names no repository".into()));
    };
    let endpoint = options.endpoint.trim_end_matches('/');
    let address = |revision: &str| format!("{endpoint}/{repository}/resolve/{revision}/{}", file.name);
    let revision = card.commit.as_deref().unwrap_or(&card.revision);
    let headers = http::head(options, &address(revision), options.token.as_deref(), observe)?;

    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("").to_owned());
    let said = header("x-repo-commit");
    if said.as_deref().is_some_and(|commit| !is_lower_hex(commit, 40)) {
        return Err(Failure::Unusable("it names a commit that cannot be one".into()));
    }
    if let (Some(pinned), Some(said)) = (&card.commit, &said)
        && pinned != said
    {
        return Err(Failure::WrongBytes(format!("it answers for the commit {said}")));
    }
    // The ETag of a file is its hash on the hub; any other ETag says nothing that can be compared.
    let etag = header("x-linked-etag").or_else(|| header("etag")).unwrap_or_default();
    let etag = etag.trim_start_matches("W/").trim_matches('"');
    let expected = &file.hash;
    if is_lower_hex(etag, expected.hex().len()) && etag != expected.hex() {
        let kind = expected.kind();
        return Err(Failure::WrongBytes(format!(
            "it offers other bytes of {}, with the {kind} {etag}",
            file.name
        )));
    }
    let size: Option<u64> = header("x-linked-size").and_then(|size| size.parse().ok());
    if let Some(size) = size.filter(|size| *size != file.bytes) {
        return Err(Failure::WrongBytes(format!("it offers {size} bytes instead of {}", file.bytes)));
    }
    let commit = card.commit.clone().or(said);
    // The commit just read, not the branch, so that the bytes are those of the commit they are filed under.
    let url = address(commit.as_deref().unwrap_or(revision));
    Ok(Remote { url, commit })
}
