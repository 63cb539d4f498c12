//! Which model fills which role, and getting it into memory.

use std::path::Path;
use std::time::Instant;

use crate::catalog::{Card, Catalog, ModelStore, StoreOptions};
use crate::cli::args::ModelArgs;
use crate::cli::download;
use crate::cli::progress::Reporter;
use crate::error::{Error, Result};
use crate::lang::{Lang, LangPair};
use crate::pipeline::{LoadOptions, Model};
use crate::render::ModelInfo;

/// The models that a command has loaded. A model that fills two roles is loaded once.
pub(crate) struct Roles<'a> {
    catalog: Catalog,
    store: ModelStore,
    args: &'a ModelArgs,
    reporter: &'a Reporter,
    loaded: Vec<(String, Model)>,
    /// Seconds spent loading since this was last read.
    pub load_seconds: f64,
}

impl<'a> Roles<'a> {
    pub(crate) fn new(args: &'a ModelArgs, reporter: &'a Reporter) -> Result<Self> {
        let mut options = StoreOptions::from_env()?;
        options.offline |= args.offline;
        let (catalog, store) = (Catalog::load()?, ModelStore::new(options));
        Ok(Self { catalog, store, args, reporter, loaded: Vec::new(), load_seconds: 0.0 })
    }

    /// The translator for a pair.
    pub(crate) fn translator(&mut self, pair: &LangPair) -> Result<Model> {
        match self.args.translator.as_deref().or(self.args.model.as_deref()) {
            Some(name) if is_path(name) => self.file(name),
            Some(name) => {
                let card = self.catalog.get(name)?.clone();
                if !card.translates(pair) {
                    return Err(unsupported(
                        &card,
                        &format!("{} to {}", pair.source.name(), pair.target.name()),
                    ));
                }
                self.card(&card)
            }
            None => {
                let card = self.catalog.default_translator(pair)?.clone();
                self.card(&card)
            }
        }
    }

    /// The summariser for a language.
    pub(crate) fn summarizer(&mut self, named: Option<&str>, lang: &Lang) -> Result<Model> {
        match named.or(self.args.model.as_deref()) {
            Some(name) if is_path(name) => self.file(name),
            Some(name) => {
                let card = self.catalog.get(name)?.clone();
                if !card.speaks(lang) {
                    return Err(unsupported(&card, lang.name()));
                }
                self.card(&card)
            }
            None => {
                let card = self.catalog.default_summarizer(lang)?.clone();
                self.card(&card)
            }
        }
    }

    /// A card's model, downloaded if it is not here.
    fn card(&mut self, card: &Card) -> Result<Model> {
        self.once(&card.name, |roles| {
            if roles.store.resolve(card)?.is_none() {
                download::fetch(&roles.store, card, roles.args.accept_licence, roles.reporter)?;
            }
            roles.timed(|roles| Model::load(&roles.store, card, &roles.load_options()))
        })
    }

    /// A GGUF file's model, or that of a folder or repository.
    fn file(&mut self, path: &str) -> Result<Model> {
        self.once(path, |roles| {
            roles.timed(|roles| match Path::new(path) {
                folder if folder.is_dir() => Model::load_folder(&roles.store, folder, &roles.load_options()),
                absent if is_repository(path) && !absent.exists() => {
                    Model::load_repository(&roles.store, path, &roles.load_options())
                }
                file => Model::load_file(&roles.store, &roles.catalog, file, &roles.load_options()),
            })
        })
    }

    fn once(&mut self, name: &str, load: impl FnOnce(&mut Self) -> Result<Model>) -> Result<Model> {
        if let Some((_, model)) = self.loaded.iter().find(|(loaded, _)| loaded == name) {
            return Ok(model.clone());
        }
        let model = load(self)?;
        self.loaded.push((name.into(), model.clone()));
        Ok(model)
    }

    fn timed(&mut self, load: impl FnOnce(&Self) -> Result<Model>) -> Result<Model> {
        let started = Instant::now();
        let model = load(self)?;
        let seconds = started.elapsed().as_secs_f64();
        self.load_seconds += seconds;
        let ModelInfo { name, unlisted, .. } = model.info();
        let unlisted = if *unlisted { " (unlisted: no model card knows it)" } else { "" };
        self.reporter.note(format!("loaded {name}{unlisted} in {seconds:.1} s"));
        Ok(model)
    }

    fn load_options(&self) -> LoadOptions {
        LoadOptions {
            threads: self.args.threads,
            device: self.args.device,
            batch: None,
            profile: self.args.profile.clone(),
            full_vocabulary: self.args.full_vocabulary,
            no_speculation: self.args.no_speculation,
        }
    }
}

fn unsupported(card: &Card, what: &str) -> Error {
    Error::usage(format!("{} does not do {what}", card.name))
        .hint(format!("its languages: {}; `diglot models list` shows every model", card.languages.join(", ")))
}

/// Whether a name may be that of a hub repository (`Helsinki-NLP/opus-mt-de-en`).
fn is_repository(name: &str) -> bool {
    let plain = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    };
    !name.ends_with(".gguf") && name.split_once('/').is_some_and(|(owner, name)| plain(owner) && plain(name))
}

/// Whether a model is named by path: an existing file or model folder, or something that only a path looks like.
pub(crate) fn is_path(name: &str) -> bool {
    let path = Path::new(name);
    name.contains(std::path::MAIN_SEPARATOR)
        || name.ends_with(".gguf")
        || path.is_file()
        || path.join("config.json").is_file()
}
