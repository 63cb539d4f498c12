//! The models that diglot knows, and the verified store of their weights.
//!
//! A [`Card`] describes a model and names its files by sha256. A [`Catalog`] holds the cards that are
//! compiled in, extended or overridden by the user's own. A [`ModelStore`] finds a card's files on this
//! machine, or brings them there from the card's sources, and never gives out bytes that it did not verify.
//!
//! A hub repository that no card names has an empty card ([`Catalog::find`]), and some cards leave their files to the hub.
//! The store asks the hub once which commit is meant and what its files hash to, and records the answer
//! ([`ModelStore::pin`]).
//!
//! ```no_run
//! use diglot::catalog::{Catalog, ModelStore, Proceed};
//!
//! # fn main() -> diglot::Result<()> {
//! let (catalog, store) = (Catalog::load()?, ModelStore::from_env()?);
//! let card = catalog.get("qwen2.5-coder-1.5b-instruct")?;
//! let model = store.fetch(card, &mut |_| Proceed::Continue)?;
//! println!("{}", model.weights()?.path.display());
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "hub")]
mod address;
mod card;
mod events;
#[cfg(feature = "hub")]
mod families;
#[cfg(feature = "hub")]
mod fetch;
mod file;
#[cfg(feature = "hub")]
mod http;
#[cfg(feature = "hub")]
mod hub;
mod layout;
mod ledger;
mod lock;
mod options;
#[cfg(feature = "hub")]
mod packages;
#[cfg(feature = "hub")]
mod pin;
#[cfg(feature = "hub")]
mod place;
mod removal;
mod repository;
mod source;
mod store;
mod suggest;

use std::path::Path;

pub use card::{Card, Licence, Role, Trust};
pub use events::{Proceed, StoreEvent};
pub use file::{CardFile, Hash};
pub use options::StoreOptions;
pub use removal::{Removal, Usage};
pub use repository::RepositoryName;
pub use source::{Part, Source};
pub use store::{ModelStore, StoredFile, StoredModel};

use crate::error::{Error, ErrorKind, Result};
use crate::lang::{Lang, LangPair};

macro_rules! card {
    ($name:literal) => {
        (concat!("models/", $name, ".toml"), include_str!(concat!("../../models/", $name, ".toml")))
    };
}

/// The cards that are compiled in.
const BUILT_IN: [(&str, &str); 17] = [
    card!("qwen2.5-coder-1.5b-instruct"),
    card!("qwen2.5-coder-0.5b-instruct"),
    card!("hy-mt2-1.8b"),
    card!("eurollm-1.7b-instruct"),
    card!("qwen3-1.7b"),
    card!("gemma-3-1b-it"),
    card!("gemma-3-270m"),
    card!("smollm2-135m-instruct"),
    card!("opus-mt-de-en"),
    card!("opus-mt-en-de"),
    card!("m2m100-418m"),
    card!("nllb-200-distilled-600m"),
    card!("madlad400-3b-mt"),
    card!("mbart-large-50-many-to-many-mmt"),
    card!("bart-large-cnn"),
    card!("mt5-small-sum-de-mit-v1"),
    card!("flan-t5-base"),
];

/// The known models.
#[derive(Clone, Debug)]
pub struct Catalog {
    cards: Vec<Card>,
}

impl Catalog {
    /// The cards that are compiled in.
    pub fn built_in() -> Result<Self> {
        let cards = BUILT_IN.iter().map(|(origin, text)| Card::parse(text, origin)).collect::<Result<_>>()?;
        Ok(Self { cards })
    }

    /// The compiled-in cards, extended or overridden by the user's own: `$DIGLOT_MODELS_DIR`, else
    /// `diglot/models` in the user's configuration directory.
    pub fn load() -> Result<Self> {
        let mut catalog = Self::built_in()?;
        if let Some(directory) = options::cards_directory() {
            catalog.extend_from(&directory)?;
        }
        Ok(catalog)
    }

    /// Adds the cards (`*.toml`) of a directory; a card replaces the one of the same name. A directory that
    /// is absent is an empty one.
    pub fn extend_from(&mut self, directory: &Path) -> Result<()> {
        let entries = match std::fs::read_dir(directory) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(Error::io(ErrorKind::Usage, "read", directory, e)),
        };
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry.map_err(|e| Error::io(ErrorKind::Usage, "read", directory, e))?.path();
            if path.extension().is_some_and(|e| e == "toml") {
                paths.push(path);
            }
        }
        paths.sort();
        for path in paths {
            let text =
                std::fs::read_to_string(&path).map_err(|e| Error::io(ErrorKind::Usage, "read", &path, e))?;
            self.add(Card::parse(&text, &path.display().to_string())?);
        }
        Ok(())
    }

    /// Adds a card, or replaces the one of the same name.
    pub fn add(&mut self, card: Card) {
        self.cards.retain(|known| !known.name.eq_ignore_ascii_case(&card.name));
        self.cards.push(card);
    }

    /// Every card, the best-ranked first.
    pub fn cards(&self) -> Vec<&Card> {
        let mut cards: Vec<_> = self.cards.iter().collect();
        cards.sort_by_key(|card| (card.rank, &card.name));
        cards
    }

    /// The card with this name, whatever the case.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`], with the nearest name as a hint.
    pub fn get(&self, name: &str) -> Result<&Card> {
        let known = |card: &&Card| card.name.eq_ignore_ascii_case(name);
        self.cards.iter().find(known).ok_or_else(|| {
            let hint = match self.nearest(name) {
                Some(nearest) => format!("did you mean `{nearest}`? `diglot models list` shows every model"),
                None => "`diglot models list` shows every model".into(),
            };
            Error::usage(format!("unknown model `{name}`")).hint(hint)
        })
    }

    /// The card of this name, or of the hub repository of this name (`OWNER/NAME`); an empty one that only names the
    /// repository where no card does.
    ///
    /// # Errors
    /// Those of [`get`](Self::get) when it is no repository's name.
    pub fn find(&self, name: &str) -> Result<Card> {
        let error = match self.get(name) {
            Ok(card) => return Ok(card.clone()),
            Err(error) => error,
        };
        let Some(named) = RepositoryName::parse(name) else { return Err(error) };
        let known = |card: &&Card| card.repository_name().as_ref() == Some(&named);
        Ok(self.cards().into_iter().find(known).cloned().unwrap_or_else(|| Card::of_repository(&named)))
    }

    /// The card that has a file with this sha256.
    pub fn by_sha256(&self, sha256: &str) -> Option<&Card> {
        self.by_hash(&sha256.to_ascii_lowercase())
    }

    /// The card that has a file with this sha256 or git blob id.
    pub(crate) fn by_hash(&self, hex: &str) -> Option<&Card> {
        self.cards.iter().find(|card| card.files.iter().any(|f| f.hash.hex() == hex))
    }

    /// The model that translates `pair` unless the user names another: the best-ranked one that has been run
    /// here and whose licence is permissive.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when no model fits.
    pub fn default_translator(&self, pair: &LangPair) -> Result<&Card> {
        self.default_for(Role::Translator, |card| card.translates(pair)).ok_or_else(|| {
            let names = (pair.source.name(), pair.target.name());
            Error::usage(format!("no model that was run here translates from {} to {}", names.0, names.1))
                .hint(self.who_translates(pair))
        })
    }

    /// The model that summarises in `lang` unless the user names another.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when no model fits.
    pub fn default_summarizer(&self, lang: &Lang) -> Result<&Card> {
        self.default_for(Role::Summarizer, |card| card.speaks(lang)).ok_or_else(|| {
            Error::usage(format!("no model summarises in {lang}"))
                .hint("name one with --model; `diglot models list` shows what each of them can do")
        })
    }

    fn default_for(&self, role: Role, fits: impl Fn(&Card) -> bool) -> Option<&Card> {
        let allowed = |card: &&Card| {
            card.is_offered(role) && card.run_here && card.licence.is_permissive() && fits(card)
        };
        self.cards().into_iter().find(allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::{FLORES_200, LangCodes, M2M100, MBART_50};

    fn pair(source: &str, target: &str) -> LangPair {
        LangPair { source: Lang::parse(source).unwrap(), target: Lang::parse(target).unwrap() }
    }

    #[test]
    fn the_cards_compiled_in_are_whole() {
        let catalog = Catalog::built_in().unwrap();
        assert_eq!(catalog.cards().len(), BUILT_IN.len());
        let (pinned, left): (Vec<_>, Vec<_>) =
            catalog.cards().into_iter().partition(|c| c.trust == Trust::Card);
        let mut hashes: Vec<_> = pinned.iter().map(|c| c.files[0].hash.hex().to_owned()).collect();
        hashes.sort();
        hashes.dedup();
        assert_eq!(hashes.len(), pinned.len(), "two cards name one file");
        for card in pinned {
            assert!(card.bytes() > 50_000_000 && card.context >= 1024, "{}", card.name);
            assert!(card.languages.iter().any(|l| l == "en"), "{}", card.name);
        }
        for card in left {
            assert!(card.trust == Trust::Hub && card.files.is_empty() && !card.run_here, "{}", card.name);
            assert!(
                card.languages.iter().all(|tag| Lang::parse(tag).is_ok_and(|l| l.tag() == tag)),
                "{}",
                card.name
            );
        }
    }

    #[test]
    fn cards_of_multilingual_models_list_what_the_models_have_codes_for() {
        let catalog = Catalog::built_in().unwrap();
        for (name, codes) in [
            ("m2m100-418m", M2M100),
            ("nllb-200-distilled-600m", FLORES_200),
            ("mbart-large-50-many-to-many-mmt", MBART_50),
        ] {
            let codes = LangCodes::listed(codes);
            let listed = catalog.get(name).unwrap().languages.join(", ");
            let of_card = LangCodes::new(listed.split(", ").map(|tag| (tag, tag)));
            assert_eq!(of_card.tags(), codes.tags(), "{name}");
        }
    }

    #[test]
    fn a_repository_is_found_by_its_card_or_without_one() {
        let catalog = Catalog::built_in().unwrap();
        assert_eq!(catalog.find("Helsinki-NLP/opus-mt-de-en").unwrap().name, "opus-mt-de-en");
        let other = catalog.find("Helsinki-NLP/opus-mt-de-en@v1").unwrap();
        assert_eq!((other.trust, other.revision.as_str()), (Trust::Unlisted, "v1"));
        assert_eq!(catalog.find("nobody/nothing").unwrap().trust, Trust::Unlisted);
        assert_eq!(catalog.find("opus-mt-de-e").unwrap_err().exit_code(), 2);
    }

    #[test]
    fn the_default_was_run_here_and_is_free_to_use() {
        let catalog = Catalog::built_in().unwrap();
        let default = "qwen2.5-coder-1.5b-instruct";
        assert_eq!(catalog.default_translator(&pair("de", "en")).unwrap().name, default);
        assert_eq!(catalog.default_summarizer(&Lang::EN).unwrap().name, default);

        let mut restricted = catalog.get(default).unwrap().clone();
        restricted.licence.name = "Own terms".into();
        let mut catalog = catalog;
        catalog.add(restricted);
        assert_eq!(
            catalog.default_translator(&pair("de", "en")).unwrap().name,
            "qwen2.5-coder-0.5b-instruct"
        );
    }

    #[test]
    fn models_for_tests_are_never_offered() {
        let catalog = Catalog::built_in().unwrap();
        let tests: Vec<_> = catalog.cards().into_iter().filter(|c| c.roles.contains(&Role::Test)).collect();
        assert_eq!(tests.len(), 2);
        for card in tests {
            assert!(!card.speaks(&Lang::DE) && !card.is_offered(Role::Translator), "{}", card.name);
        }
    }

    #[test]
    fn names_are_found_whatever_their_case_and_misses_are_guessed() {
        let catalog = Catalog::built_in().unwrap();
        assert_eq!(catalog.get("QWEN3-1.7B").unwrap().name, "qwen3-1.7b");
        for (typed, meant) in [("qwen3-1.7", "qwen3-1.7b"), ("eurolm-1.7b-instruct", "eurollm-1.7b-instruct")]
        {
            let error = catalog.get(typed).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            assert!(error.next_step().unwrap().contains(&format!("`{meant}`")), "{:?}", error.next_step());
        }
        assert!(!catalog.get("zzzzzz").unwrap_err().next_step().unwrap().contains("mean"));
    }

    #[test]
    fn a_file_is_known_by_its_hash() {
        let catalog = Catalog::built_in().unwrap();
        let hash = "CC324AF070C2ECBFD324A30884D2F951A7FF756ABA85CB811A6EC436933BB046";
        assert_eq!(catalog.by_sha256(hash).unwrap().name, "qwen2.5-coder-1.5b-instruct");
        assert!(catalog.by_sha256(&"0".repeat(64)).is_none());
    }

    #[test]
    fn own_cards_extend_and_override() {
        let directory = tempfile::tempdir().unwrap();
        let own = BUILT_IN[0].1.replace("rank = 50", "rank = 1").replace("context = 8192", "context = 1000");
        std::fs::write(directory.path().join("own.toml"), &own).unwrap();
        std::fs::write(directory.path().join("notes.txt"), "not a card").unwrap();
        let mut catalog = Catalog::built_in().unwrap();
        catalog.extend_from(directory.path()).unwrap();
        catalog.extend_from(&directory.path().join("absent")).unwrap();
        assert_eq!(catalog.cards().len(), BUILT_IN.len());
        assert_eq!(catalog.cards()[0].context, 1000);

        std::fs::write(directory.path().join("bad.toml"), "name = 1").unwrap();
        let error = catalog.extend_from(directory.path()).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("bad.toml"), "{error}");
    }
}
