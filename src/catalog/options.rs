//! Where the store keeps things and whom it may ask, read from the environment once.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use etcetera::BaseStrategy;

use crate::error::{Error, Result};

/// What a [`ModelStore`](super::ModelStore) works with. Every field can be set by hand.
#[derive(Clone)]
pub struct StoreOptions {
    /// The Hugging Face cache (`HF_HUB_CACHE`, else `$HF_HOME/hub`, else `~/.cache/huggingface/hub`).
    pub hub_cache: PathBuf,
    /// diglot's own directory (`DIGLOT_HOME`, else `diglot` in the user's data directory): the ledger, and
    /// files that belong to no known commit.
    pub home: PathBuf,
    /// The hub (`HF_ENDPOINT`, else the public one).
    pub endpoint: String,
    /// The hub's token (`HF_TOKEN`, else the token file), sent to the endpoint alone and never printed.
    pub token: Option<String>,
    /// Opens no socket and starts no `pip` (`HF_HUB_OFFLINE`).
    pub offline: bool,
    /// Where `pip` is looked for; `None` is the `PATH` of this process.
    pub search_path: Option<OsString>,
    /// How long a server may take to be reached before the next source is tried.
    pub connect_timeout: Duration,
    /// How long a transfer may crawl below 1 KiB/s before it is resumed on a new connection.
    pub stall_timeout: Duration,
    /// The pause before the second attempt; it doubles with each further one.
    pub retry_pause: Duration,
    /// The longest pause that a server may ask for.
    pub longest_pause: Duration,
}

impl StoreOptions {
    /// The options that the environment asks for.
    ///
    /// # Errors
    /// When there is no home directory and the variables that replace it are not set.
    pub fn from_env() -> Result<Self> {
        let hf_home = variable("HF_HOME").map(PathBuf::from);
        let hf_home = match (hf_home, variable("XDG_CACHE_HOME")) {
            (Some(home), _) => Ok(home),
            (None, Some(cache)) => Ok(PathBuf::from(cache).join("huggingface")),
            (None, None) => user_home().map(|home| home.join(".cache").join("huggingface")),
        };
        let hub_cache = match variable("HF_HUB_CACHE").or_else(|| variable("HUGGINGFACE_HUB_CACHE")) {
            Some(cache) => PathBuf::from(cache),
            None => hf_home.as_ref().map_err(|_| no_home())?.join("hub"),
        };
        let home = match variable("DIGLOT_HOME") {
            Some(home) => PathBuf::from(home),
            None => strategy()?.data_dir().join("diglot"),
        };
        let token_file = variable("HF_TOKEN_PATH").map(PathBuf::from);
        let token_file = token_file.or_else(|| hf_home.ok().map(|home| home.join("token")));
        Ok(Self {
            endpoint: text("HF_ENDPOINT").unwrap_or_else(|| "https://huggingface.co".into()),
            token: token(token_file),
            offline: is_set("HF_HUB_OFFLINE"),
            ..Self::new(hub_cache, home)
        })
    }

    /// The usual options with these two directories, the public hub, and no token.
    pub fn new(hub_cache: impl Into<PathBuf>, home: impl Into<PathBuf>) -> Self {
        Self {
            hub_cache: hub_cache.into(),
            home: home.into(),
            endpoint: "https://huggingface.co".into(),
            token: None,
            offline: false,
            search_path: None,
            connect_timeout: Duration::from_secs(5),
            stall_timeout: Duration::from_secs(30),
            retry_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(60),
        }
    }
}

impl std::fmt::Debug for StoreOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoreOptions")
            .field("hub_cache", &self.hub_cache)
            .field("home", &self.home)
            .field("endpoint", &self.endpoint)
            .field("token", &self.token.as_ref().map(|_| "set"))
            .field("offline", &self.offline)
            .finish_non_exhaustive()
    }
}

/// The user's own cards: `DIGLOT_MODELS_DIR`, else `diglot/models` in the configuration directory.
pub(crate) fn cards_directory() -> Option<PathBuf> {
    let named = variable("DIGLOT_MODELS_DIR").map(PathBuf::from);
    named.or_else(|| strategy().ok().map(|s| s.config_dir().join("diglot").join("models")))
}

fn strategy() -> Result<impl BaseStrategy> {
    etcetera::choose_base_strategy().map_err(|_| no_home())
}

fn user_home() -> Result<PathBuf> {
    etcetera::home_dir().map_err(|_| no_home())
}

fn no_home() -> Error {
    Error::usage("there is no home directory to keep models in")
        .hint("set HOME, or both HF_HOME and DIGLOT_HOME")
}

/// The token of the environment, else of the file that the hub's own tools write at login.
fn token(file: Option<PathBuf>) -> Option<String> {
    if is_set("HF_HUB_DISABLE_IMPLICIT_TOKEN") {
        return None;
    }
    let token = text("HF_TOKEN").or_else(|| std::fs::read_to_string(file?).ok())?;
    let token = token.trim().to_owned();
    (!token.is_empty()).then_some(token)
}

/// A variable that is set and not empty.
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

fn text(name: &str) -> Option<String> {
    variable(name)?.into_string().ok()
}

/// Whether a variable holds one of the hub's words for yes.
fn is_set(name: &str) -> bool {
    text(name).is_some_and(|v| matches!(v.to_ascii_uppercase().as_str(), "1" | "ON" | "YES" | "TRUE"))
}
