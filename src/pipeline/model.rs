//! A loaded model that any number of roles share.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::catalog::{Card, Catalog, ModelStore, RepositoryName, Trust};
use crate::engine::causal::{self, CausalEngine};
use crate::engine::seq2seq::{self, Precision, Seq2SeqEngine};
use crate::engine::{Device, Engine, Event, Flow, Hypothesis};
use crate::error::{Error, ErrorKind, Result};
use crate::gguf::Gguf;
use crate::lang::{Lang, LangPair};
use crate::plan::{Formality, Length, Piece, Profile, Request, Task, Wording};
use crate::render::ModelInfo;
use crate::translate::Quality;
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
    /// How an encoder-decoder keeps its weights; other models keep them as their file does.
    pub precision: Precision,
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
    /// The sha256 of all its files, or its name where there are none.
    fingerprint: Arc<str>,
    /// How it was loaded, as far as that changes what it writes.
    settings: Arc<str>,
    /// What its own settings recommend that is not heeded.
    unheeded: Arc<[&'static str]>,
    /// Tokens set aside for the wording around a text.
    prompt_tokens: usize,
    /// What examples of a translation add to it.
    example_tokens: usize,
    /// Whether it can be told how to write.
    follows_instructions: bool,
}

impl Model {
    /// Loads the model of a card from what the store holds already. Nothing is downloaded:
    /// [`ModelStore::fetch`] does that, and says so.
    ///
    /// # Errors
    /// [`ErrorKind::Network`](crate::ErrorKind::Network) when the store does not have the model,
    /// [`ErrorKind::Model`](crate::ErrorKind::Model) when the file is damaged.
    pub fn load(store: &ModelStore, card: &Card, options: &LoadOptions) -> Result<Self> {
        let absent = || {
            Error::network(format!("the model {} is not on this machine", card.name))
                .hint(format!("run `diglot models pull {}` once with a network", card.name))
        };
        let card = &store.pinned(card)?.ok_or_else(absent)?;
        let stored = store.resolve(card)?.ok_or_else(absent)?;
        let (name, unlisted) = name_of(card);
        if card.is_folder() {
            return Self::open_folder(store, stored.folder()?, name, unlisted, options);
        }
        let files = stored.files.iter().map(|f| (f.name.clone(), f.hash.hex().to_owned())).collect();
        let info = ModelInfo { name, files, unlisted };
        let path = &stored.weights()?.path;
        let gguf = Gguf::open(path)?;
        if writes_from_an_encoder(&gguf) {
            return Self::open_t5(&gguf, info, options);
        }
        let profile = named_profile(card, options)?;
        Self::open(path, info, profile, Some(card), options, |engine| engine)
    }

    /// Loads a GGUF file. Its sha256 finds its card in the catalog; a file that no card knows needs a profile
    /// named in `options`, unless it is an encoder-decoder (T5, MADLAD-400).
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
        let gguf = Gguf::open(path)?;
        if writes_from_an_encoder(&gguf) {
            let name = card.map_or_else(|| file.clone(), |card| card.name.clone());
            let info = ModelInfo { name, files: vec![(file, sha256)], unlisted: card.is_none() };
            return Self::open_t5(&gguf, info, options);
        }
        let (name, profile) = match (card, &options.profile) {
            (_, Some(profile)) => (file.clone(), profile.as_str()),
            (Some(card), None) => (card.name.clone(), named_profile(card, options)?),
            (None, None) => return Err(needs_profile(&path.display().to_string())),
        };
        let info = ModelInfo { name, files: vec![(file, sha256)], unlisted: card.is_none() };
        Self::open(path, info, profile, card, options, |engine| engine)
    }

    /// Loads an encoder-decoder (OPUS-MT, NLLB-200, mBART-50, T5 and their kin) from a folder that is laid out as its
    /// hub repository, its weights kept as `precision` says. `profile` and `full_vocabulary` mean nothing to it.
    ///
    /// # Errors
    /// [`ErrorKind::Model`](crate::ErrorKind::Model), naming the file, when the folder lacks one, one is damaged, or
    /// the model is of a kind that is not known here.
    pub fn load_folder(store: &ModelStore, folder: &Path, options: &LoadOptions) -> Result<Self> {
        // `.` and `..` are no names.
        let real = folder.canonicalize().map_err(|e| Error::io(ErrorKind::Model, "open", folder, e))?;
        let folder = if folder.file_name().is_some() { folder } else { &real };
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self::open_folder(store, folder, name, true, options)
    }

    /// Loads an encoder-decoder from the Hugging Face cache, where the hub's own tools put it; nothing is fetched, and
    /// its bytes are not held against anything. The model is named `OWNER/NAME@COMMIT`.
    ///
    /// # Errors
    /// [`ErrorKind::Network`](crate::ErrorKind::Network) when the repository is not in the cache, and those of
    /// [`load_folder`](Self::load_folder).
    pub fn load_repository(store: &ModelStore, name: &RepositoryName, options: &LoadOptions) -> Result<Self> {
        let (folder, commit) = store.snapshot(name).ok_or_else(|| {
            Error::network(format!("the repository {name} is not on this machine"))
                .hint(format!("run `diglot models pull {name}` once with a network"))
        })?;
        Self::open_folder(store, &folder, format!("{}@{commit}", name.repository), true, options)
    }

    /// T5 and MADLAD-400 from a GGUF file, of which no profile is needed.
    fn open_t5(gguf: &Gguf, info: ModelInfo, options: &LoadOptions) -> Result<Self> {
        let engine = Seq2SeqEngine::load_gguf(gguf, seq2seq_options(options))?;
        let settings = format!("{:?}", options.precision).into();
        let model = Self::from_engine(engine, info);
        Ok(Self { prompt_tokens: FRAME_TOKENS, settings, follows_instructions: false, ..model })
    }

    fn open_folder(
        store: &ModelStore,
        folder: &Path,
        name: String,
        unlisted: bool,
        options: &LoadOptions,
    ) -> Result<Self> {
        let engine = Seq2SeqEngine::load(folder, seq2seq_options(options))?;
        let files = weight_files(folder)?
            .into_iter()
            .map(|file| {
                let sha256 = store.sha256_of(&folder.join(&file))?;
                Ok((file, sha256))
            })
            .collect::<Result<_>>()?;
        let info = ModelInfo { name, files, unlisted };
        let settings = format!("{:?}", options.precision).into();
        let unheeded = engine.unheeded().into();
        let model = Self::from_engine(engine, info);
        Ok(Self { prompt_tokens: FRAME_TOKENS, settings, unheeded, follows_instructions: false, ..model })
    }

    /// A model around an engine of your own.
    pub fn from_engine(engine: impl Engine + 'static, info: ModelInfo) -> Self {
        let hashes: Vec<&str> = info.files.iter().map(|(_, sha256)| sha256.as_str()).collect();
        let fingerprint = if hashes.is_empty() { info.name.as_str().into() } else { hashes.join(" ").into() };
        Self {
            engine: Arc::new(Mutex::new(Box::new(engine))),
            info: Arc::new(info),
            fingerprint,
            settings: "".into(),
            unheeded: [].into(),
            prompt_tokens: PROMPT_TOKENS,
            example_tokens: 0,
            follows_instructions: true,
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
        let vocabulary = if options.full_vocabulary { ", full vocabulary" } else { "" };
        let settings = format!("{}{vocabulary}", profile.name());
        let gguf = Gguf::open(path)?;
        let defaults = causal::Options::default();
        let options = causal::Options {
            threads: options.threads.unwrap_or(defaults.threads),
            device: options.device,
            max_rows: options.batch.unwrap_or(defaults.max_rows),
            context: card.map(|card| card.context).filter(|&most| most > 0).unwrap_or(defaults.context),
            full_vocabulary: options.full_vocabulary,
            speculate: !options.no_speculation,
            ..defaults
        };
        let engine = CausalEngine::load(gguf, profile, options)?;
        let wordings = [Wording::Plain, Wording::Free, Wording::Strict];
        let prompt_tokens = longest_prompt(&engine, profile, &wordings)?;
        let with_examples = longest_prompt(&engine, profile, &[Wording::Glossed])?;
        let example_tokens = with_examples.saturating_sub(prompt_tokens);
        let settings = settings.into();
        let follows_instructions = profile.is_chat();
        let model = Self::from_engine(wrap(engine), info);
        Ok(Self { prompt_tokens, example_tokens, settings, follows_instructions, ..model })
    }

    /// The model as the output names it.
    pub fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// Settings of an encoder-decoder's `generation_config.json` that would change what it writes and are not known
    /// here, such as `repetition_penalty`.
    pub fn unheeded(&self) -> &[&'static str] {
        &self.unheeded
    }

    /// The model by the sha256 of its files.
    pub(crate) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// How it was loaded, as far as that changes what it writes.
    pub(crate) fn settings(&self) -> &str {
        &self.settings
    }

    /// The tokens that a text and what is made of it may hold together. A sixteenth is kept back, since a text
    /// that is joined from parts does not make exactly the parts' tokens.
    pub(crate) fn budget(&self) -> usize {
        self.room_beside(self.prompt_tokens)
    }

    /// The same for a text that is translated with this quality, which may show examples.
    pub(crate) fn budget_for(&self, quality: Quality) -> usize {
        match quality {
            Quality::Fast => self.budget(),
            _ => self.room_beside(self.prompt_tokens + self.example_tokens),
        }
    }

    fn room_beside(&self, prompt_tokens: usize) -> usize {
        self.lock().context().saturating_sub(prompt_tokens) / 16 * 15
    }

    pub(crate) fn count_tokens(&self, text: &str) -> Result<usize> {
        self.lock().count_tokens(text)
    }

    /// Whether the model can weigh its own candidates.
    pub(crate) fn weighs(&self) -> bool {
        self.lock().weighs()
    }

    /// Whether the model can be told how to write: chat models can.
    pub(crate) fn follows_instructions(&self) -> bool {
        self.follows_instructions
    }

    /// Whether the model translates a pair. Models that are asked in words are not sure, and say yes.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage), saying what is supported and what comes nearest, when it does not.
    pub fn check_pair(&self, pair: &LangPair) -> Result<()> {
        self.lock().check_pair(pair)
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

/// Whether a file holds an encoder-decoder, or half of one.
fn writes_from_an_encoder(gguf: &Gguf) -> bool {
    gguf.architecture().is_ok_and(|architecture| architecture.starts_with("t5"))
}

fn seq2seq_options(options: &LoadOptions) -> seq2seq::Options {
    seq2seq::Options {
        threads: options.threads.unwrap_or(0),
        max_rows: options.batch.unwrap_or(0),
        precision: options.precision,
    }
}

/// The name of a card's model in the output, and whether no card knows its bytes.
fn name_of(card: &Card) -> (String, bool) {
    match (card.trust, &card.repository, &card.commit) {
        (Trust::Hub | Trust::Unlisted, Some(repository), Some(commit)) => {
            (format!("{repository}@{commit}"), true)
        }
        _ => (card.name.clone(), false),
    }
}

/// The prompt profile of a card's GGUF file: the one that the user names, or the card's.
///
/// # Errors
/// [`ErrorKind::Usage`] when there is none.
pub(crate) fn named_profile<'a>(card: &'a Card, options: &'a LoadOptions) -> Result<&'a str> {
    let named = options.profile.as_deref().or(card.profile.as_deref());
    named.ok_or_else(|| needs_profile(&card.name))
}

fn needs_profile(model: &str) -> Error {
    let names = Profile::names().collect::<Vec<_>>().join(", ");
    Error::usage(format!("no model card knows {model}, so its prompt format must be named"))
        .hint(format!("add --profile NAME: {names}"))
}

/// The tokens of a profile's longest prompt in these wordings, its text left out.
fn longest_prompt(engine: &CausalEngine, profile: &Profile, wordings: &[Wording]) -> Result<usize> {
    let mut longest = 0;
    for &wording in wordings {
        let translate = Task::Translate {
            pair: LangPair { source: Lang::EN, target: Lang::DE },
            text: String::new(),
            terms: Vec::new(),
            formality: Some(Formality::Informal),
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
            let known = card.profile.as_deref().map(|profile| Profile::named(profile).is_ok());
            assert!(known.unwrap_or(card.is_folder()), "{}: {:?}", card.name, card.profile);
        }
    }
}
