//! A loaded model that any number of roles share.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::catalog::{Card, Catalog, ModelStore};
use crate::engine::causal::{self, CausalEngine};
use crate::engine::seq2seq::{self, Seq2SeqEngine};
use crate::engine::{Device, Engine, Event, Flow, Hypothesis};
use crate::error::{Error, ErrorKind, Result};
use crate::gguf::Gguf;
use crate::lang::{Lang, LangPair};
use crate::plan::{Length, Piece, Profile, Request, Task, Wording};
use crate::render::ModelInfo;
use crate::weights::weight_files;

/// Tokens set aside for the wording around a text where the engine's own wording is not known.
const PROMPT_TOKENS: usize = 160;

/// Tokens set aside for what an encoder-decoder reads beside a text: languages, ends, a few words of T5.
const FRAME_TOKENS: usize = 16;

/// How a model is loaded.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Threads to compute with; by default the cores that the process may use.
    pub threads: Option<usize>,
    /// Where matrix products are computed.
    pub device: Device,
    /// Requests that are decoded together; by default 16.
    pub batch: Option<usize>,
    /// The prompt profile, where it is not to be the card's.
    pub profile: Option<String>,
    /// Whether an answer may hold any token of the model, as
    /// [`causal::Options::full_vocabulary`] says.
    pub full_vocabulary: bool,
    /// Whether every token is computed in a step of its own, as
    /// [`causal::Options::speculate`] is unset. The output is the same.
    pub no_speculation: bool,
}

/// A model in memory. Clones share it.
#[derive(Clone)]
pub struct Model {
    engine: Arc<Mutex<Box<dyn Engine>>>,
    info: Arc<ModelInfo>,
    /// Tokens set aside for the wording around a text.
    prompt_tokens: usize,
}

impl Model {
    /// Loads the model of a card from what the store holds already. Nothing is downloaded:
    /// [`ModelStore::fetch`] does that, and says so.
    ///
    /// # Errors
    /// [`ErrorKind::Network`](crate::ErrorKind::Network) when the store does not have the model,
    /// [`ErrorKind::Model`](crate::ErrorKind::Model) when the file is damaged.
    pub fn load(store: &ModelStore, card: &Card, options: &LoadOptions) -> Result<Self> {
        let stored = store.resolve(card)?.ok_or_else(|| {
            Error::network(format!("the model {} is not on this machine", card.name))
                .hint(format!("run `diglot models pull {}` once with a network", card.name))
        })?;
        let files = stored.files.iter().map(|f| (f.name.clone(), f.sha256.clone())).collect();
        let info = ModelInfo { name: card.name.clone(), files, unlisted: false };
        let profile = options.profile.as_ref().unwrap_or(&card.profile);
        Self::open(&stored.weights()?.path, info, profile, Some(card), options, |engine| engine)
    }

    /// Loads a GGUF file. Its sha256 finds its card in the catalog; a file that no card knows needs a profile
    /// named in `options`.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) when no profile is known or named,
    /// [`ErrorKind::Model`](crate::ErrorKind::Model) when the file is not a model that can be run.
    pub fn load_file(
        store: &ModelStore,
        catalog: &Catalog,
        path: &Path,
        options: &LoadOptions,
    ) -> Result<Self> {
        let (sha256, card) = store.identify(path, catalog)?;
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (name, profile) = match (card, &options.profile) {
            (_, Some(profile)) => (file.clone(), profile.clone()),
            (Some(card), None) => (card.name.clone(), card.profile.clone()),
            (None, None) => {
                return Err(Error::usage(format!(
                    "no model card knows {}, so its prompt format must be named",
                    path.display()
                ))
                .hint(format!("add --profile NAME: {}", Profile::names().collect::<Vec<_>>().join(", "))));
            }
        };
        let info = ModelInfo { name, files: vec![(file, sha256)], unlisted: card.is_none() };
        Self::open(path, info, &profile, card, options, |engine| engine)
    }

    /// Loads an encoder-decoder (OPUS-MT, NLLB-200, mBART-50, T5 and their kin) from a folder that is laid out as its
    /// hub repository, its weights rounded to 8 bits. `profile` and `full_vocabulary` mean nothing to it.
    ///
    /// # Errors
    /// [`ErrorKind::Model`](crate::ErrorKind::Model), naming the file, when the folder lacks one, one is damaged, or
    /// the model is of a kind that is not known here.
    pub fn load_folder(store: &ModelStore, folder: &Path, options: &LoadOptions) -> Result<Self> {
        // `.` and `..` are no names.
        let real = folder.canonicalize().map_err(|e| Error::io(ErrorKind::Model, "open", folder, e))?;
        let folder = if folder.file_name().is_some() { folder } else { &real };
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self::open_folder(store, folder, name, options)
    }

    /// Loads an encoder-decoder from the Hugging Face cache, where the hub's own tools put it; nothing is fetched. The
    /// model is named `OWNER/NAME@COMMIT`.
    ///
    /// # Errors
    /// [`ErrorKind::Network`](crate::ErrorKind::Network) when the repository is not in the cache, and those of
    /// [`load_folder`](Self::load_folder).
    pub fn load_repository(store: &ModelStore, repository: &str, options: &LoadOptions) -> Result<Self> {
        let (folder, commit) = store.snapshot(repository).ok_or_else(|| {
            let name = repository.rsplit('/').next().unwrap_or(repository);
            Error::network(format!(
                "the repository {repository} is not on this machine, and diglot fetches no repository without a card"
            ))
            .hint(format!(
                "download it with the hub's own tools (`hf download {repository}`), or its files into a folder, and name \
                 that: --model ./{name}"
            ))
        })?;
        Self::open_folder(store, &folder, format!("{repository}@{commit}"), options)
    }

    fn open_folder(store: &ModelStore, folder: &Path, name: String, options: &LoadOptions) -> Result<Self> {
        let engine = Seq2SeqEngine::load(
            folder,
            seq2seq::Options {
                threads: options.threads.unwrap_or(0),
                max_rows: options.batch.unwrap_or(0),
                ..seq2seq::Options::default()
            },
        )?;
        let files = weight_files(folder)?
            .into_iter()
            .map(|file| {
                let sha256 = store.sha256_of(&folder.join(&file))?;
                Ok((file, sha256))
            })
            .collect::<Result<_>>()?;
        let info = ModelInfo { name, files, unlisted: true };
        Ok(Self { prompt_tokens: FRAME_TOKENS, ..Self::from_engine(engine, info) })
    }

    /// A model around an engine of your own.
    pub fn from_engine(engine: impl Engine + 'static, info: ModelInfo) -> Self {
        Self {
            engine: Arc::new(Mutex::new(Box::new(engine))),
            info: Arc::new(info),
            prompt_tokens: PROMPT_TOKENS,
        }
    }

    /// Loads a file whose profile is known. `wrap` may put another engine around the file's own.
    pub(crate) fn open<E: Engine + 'static>(
        path: &Path,
        info: ModelInfo,
        profile: &str,
        card: Option<&Card>,
        options: &LoadOptions,
        wrap: impl FnOnce(CausalEngine) -> E,
    ) -> Result<Self> {
        let profile = Profile::named(profile)?;
        let gguf = Gguf::open(path)?;
        let defaults = causal::Options::default();
        let options = causal::Options {
            threads: options.threads.unwrap_or(defaults.threads),
            device: options.device,
            max_rows: options.batch.unwrap_or(defaults.max_rows),
            context: card.map_or(defaults.context, |card| card.context),
            full_vocabulary: options.full_vocabulary,
            speculate: !options.no_speculation,
            ..defaults
        };
        let engine = CausalEngine::load(gguf, profile, options)?;
        let prompt_tokens = longest_prompt(&engine, profile)?;
        Ok(Self { prompt_tokens, ..Self::from_engine(wrap(engine), info) })
    }

    /// The model as the output names it.
    pub fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// The tokens that a text and what is made of it may hold together. A sixteenth is kept back, since a text
    /// that is joined from parts does not make exactly the parts' tokens.
    pub(crate) fn budget(&self) -> usize {
        self.lock().context().saturating_sub(self.prompt_tokens) / 16 * 15
    }

    pub(crate) fn count_tokens(&self, text: &str) -> Result<usize> {
        self.lock().count_tokens(text)
    }

    /// Whether the model can weigh its own candidates.
    pub(crate) fn weighs(&self) -> bool {
        self.lock().weighs()
    }

    pub(crate) fn run(
        &self,
        requests: &[Request],
        observe: &mut dyn FnMut(Event<'_>) -> Flow,
    ) -> Result<Vec<Hypothesis>> {
        self.lock().run(requests, observe)
    }

    pub(crate) fn alternatives(
        &self,
        requests: &[Request],
        count: usize,
        observe: &mut dyn FnMut(Event<'_>) -> Flow,
    ) -> Result<Vec<Vec<Hypothesis>>> {
        self.lock().alternatives(requests, count, observe)
    }

    /// An engine keeps no state between runs, so one that panicked can be used again.
    fn lock(&self) -> MutexGuard<'_, Box<dyn Engine>> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The tokens of a profile's longest prompt, its text left out.
fn longest_prompt(engine: &CausalEngine, profile: &Profile) -> Result<usize> {
    let mut longest = 0;
    for wording in [Wording::Plain, Wording::Examples, Wording::Strict] {
        let translate = Task::Translate {
            pair: LangPair { source: Lang::DE, target: Lang::EN },
            text: String::new(),
            wording,
        };
        let summarize =
            Task::Summarize { lang: Lang::EN, text: String::new(), length: Length::Bullets(10), wording };
        for task in [translate, summarize] {
            let mut tokens = 0;
            for piece in profile.prompt(&task) {
                tokens += match piece {
                    Piece::Special(_) => 1,
                    Piece::Text(text) => engine.count_tokens(&text)?,
                };
            }
            longest = longest.max(tokens);
        }
    }
    // Other languages have longer names, and text may join with the wording before it.
    Ok(longest + 16)
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model").field("info", &self.info).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_card_names_a_known_profile() {
        for card in Catalog::built_in().unwrap().cards() {
            assert!(Profile::named(&card.profile).is_ok(), "{}: {}", card.name, card.profile);
        }
    }
}
