//! Which model fills which role, and getting it into memory.

use std::path::Path;
use std::time::Instant;

use crate::catalog::{Card, Catalog, ModelStore, RepositoryName, StoreOptions, Trust};
use crate::cli::args::ModelArgs;
use crate::cli::download;
use crate::cli::progress::Reporter;
use crate::error::{Error, Result};
use crate::lang::{Lang, LangPair};
use crate::pipeline::{LoadOptions, Model, named_profile};
use crate::render::ModelInfo;

/// The most languages that an error lists.
const SHORT_LIST: usize = 20;

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

    /// The translator for a pair: the one of this name, else that of the arguments.
    pub(crate) fn translator(&mut self, named: Option<&str>, pair: &LangPair) -> Result<Model> {
        let model = match named.or(self.args.translator.as_deref()).or(self.args.model.as_deref()) {
            Some(name) if is_path(name) => self.file(name)?,
            Some(name) => {
                let card = self.catalog.find(name)?;
                // What an unlisted model translates is known once its tokenizer has been read.
                if card.trust != Trust::Unlisted && !card.translates(pair) {
                    return Err(self.unsupported_pair(&card, pair));
                }
                self.card(&card)?
            }
            None => {
                let card = self.catalog.default_translator(pair)?.clone();
                self.card(&card)?
            }
        };
        model.check_pair(pair).map_err(|error| self.with_other_models(error, pair))?;
        Ok(model)
    }

    /// A card does not list a pair.
    fn unsupported_pair(&self, card: &Card, pair: &LangPair) -> Error {
        let (source, target) = (pair.source.name(), pair.target.name());
        let supported = match (card.pairs.as_slice(), card.languages.as_slice()) {
            ([], languages) if languages.len() > SHORT_LIST => {
                format!(
                    "between {} languages, which `diglot models show {}` lists",
                    languages.len(),
                    card.name
                )
            }
            ([], languages) => format!("between {}", languages.join(", ")),
            (pairs, _) => pairs.join(", "),
        };
        let nearest: String = card.nearest(pair).map(|near| format!("; {near}")).into_iter().collect();
        let error = Error::usage(format!("{} does not translate from {source} to {target}", card.name))
            .hint(format!("it translates {supported}{nearest}"));
        self.with_other_models(error, pair)
    }

    /// Adds who does translate a pair.
    fn with_other_models(&self, error: Error, pair: &LangPair) -> Error {
        let other = self.catalog.who_translates(pair);
        let hint = match error.next_step() {
            Some(supported) => format!("{supported}; {other}"),
            None => other,
        };
        error.hint(hint)
    }

    /// The summariser for a language.
    pub(crate) fn summarizer(&mut self, named: Option<&str>, lang: &Lang) -> Result<Model> {
        match named.or(self.args.model.as_deref()) {
            Some(name) if is_path(name) => self.file(name),
            Some(name) => {
                let card = self.catalog.find(name)?;
                if card.trust != Trust::Unlisted && !card.speaks(lang) {
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
            let options = roles.load_options();
            if let Some(name) = roles.fetched_by_others(card)? {
                roles.reporter.note(format!(
                    "{name}: as the Hugging Face cache holds it, unchecked; `diglot models pull {name}` checks its bytes"
                ));
                return roles.timed(|roles| Model::load_repository(&roles.store, &name, &options));
            }
            let card = download::pin(&roles.store, card, roles.reporter)?;
            // A T5 in a GGUF file is asked in no words.
            if !card.is_folder() && card.architecture != "t5" {
                named_profile(&card, &options)?;
            }
            if roles.store.resolve(&card)?.is_none() {
                download::fetch(&roles.store, &card, roles.args.accept_licence, roles.reporter)?;
            }
            roles.timed(|roles| Model::load(&roles.store, &card, &options))
        })
    }

    /// The repository of a card for which the hub was never asked, where other tools have put it into their cache.
    fn fetched_by_others(&self, card: &Card) -> Result<Option<RepositoryName>> {
        if card.trust == Trust::Card || self.store.pinned(card)?.is_some() {
            return Ok(None);
        }
        Ok(card.repository_name().filter(|name| self.store.snapshot(name).is_some()))
    }

    /// A GGUF file's model, or that of a folder.
    fn file(&mut self, path: &str) -> Result<Model> {
        self.once(path, |roles| {
            roles.timed(|roles| match Path::new(path) {
                folder if folder.is_dir() => Model::load_folder(&roles.store, folder, &roles.load_options()),
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
        let unlisted = if *unlisted { " (unlisted: no model card knows its bytes)" } else { "" };
        self.reporter.note(format!("loaded {name}{unlisted} in {seconds:.1} s"));
        if let unheeded @ [_, ..] = model.unheeded() {
            self.reporter.note(format!(
                "{name}: its generation_config.json recommends {}, which diglot does not know; its output may differ",
                unheeded.join(", ")
            ));
        }
        Ok(model)
    }

    fn load_options(&self) -> LoadOptions {
        LoadOptions {
            threads: self.args.threads,
            device: self.args.device,
            batch: None,
            precision: self.args.precision.into(),
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

/// Whether a model is named by path: an existing file or model folder, or something that only a path looks like.
pub(crate) fn is_path(name: &str) -> bool {
    let path = Path::new(name);
    let looks_so = name.contains(std::path::MAIN_SEPARATOR) && RepositoryName::parse(name).is_none();
    let exists = path.is_file() || path.join("config.json").is_file();
    looks_so || exists || name.ends_with(".gguf")
}
