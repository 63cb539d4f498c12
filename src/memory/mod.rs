//! Translation memories: what was translated once, kept in a file, and used again without a model.

mod similar;
mod tmx;

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use redb::backends::FileBackend;
use redb::{Database, DatabaseError, ReadableDatabase, ReadableTable, TableDefinition};

pub use similar::Suggestion;

use crate::document::Document;
use crate::error::{Error, ErrorKind, Result};
use crate::lang::{Lang, LangPair};

/// The whole memory: languages, text, and what the translation depends on beside them, to the translation.
const ENTRIES: TableDefinition<'_, Key<'_>, Value<'_>> = TableDefinition::new("translations");

/// Source language, target language, source text, model, settings.
type Key<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);

/// The translation, and the mean logarithm of its tokens' probabilities.
type Value<'a> = (&'a str, Option<f64>);

/// What stands in the place of model and settings of a translation that came from another program: it serves all.
const IMPORTED: (&str, &str) = ("", "");

/// A store of translations in one file, which one process uses at a time. Nobody but its owner can read a new one.
///
/// Texts that differ in white space only are one text to it.
///
/// ```no_run
/// use diglot::{Lang, Model, TranslationMemory, Translator};
///
/// # fn translate(model: &Model, document: &diglot::Document) -> diglot::Result<()> {
/// let memory = TranslationMemory::open("news.tm")?;
/// memory.import_tmx("agency.tmx")?;
/// let bitext = Translator::new(model, Lang::EN).memory(memory).translate(document)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct TranslationMemory {
    path: PathBuf,
    store: Database,
}

/// What a translation depends on beside its source text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'a> {
    pub pair: &'a LangPair,
    /// The model, by the sha256 of its files.
    pub model: &'a str,
    /// Whatever else changes the model's answer.
    pub settings: &'a str,
}

/// A translation as it was kept.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kept {
    pub target: String,
    /// None for one that came from another program.
    pub logprob: Option<f64>,
}

/// A source with its translation, as other programs exchange them.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    pair: LangPair,
    source: String,
    target: String,
}

impl TranslationMemory {
    /// Opens a memory and checks it, or begins one where there is no file.
    ///
    /// # Errors
    /// [`ErrorKind::Input`](crate::ErrorKind::Input) when the file is no memory or damaged,
    /// [`ErrorKind::Runtime`](crate::ErrorKind::Runtime) when another process uses it or it cannot be opened.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_owned();
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(|e| Error::io(ErrorKind::Runtime, "open", &path, e))?;
        let open = || -> std::result::Result<Database, DatabaseError> {
            // redb may panic on a damaged file that it does not check.
            let mut builder = Database::builder();
            builder.set_check_integrity_on_open(true).create_with_backend(FileBackend::new(file)?)
        };
        let store = open().map_err(|error| unusable(&path, error.into()))?;
        let memory = Self { path, store };
        memory.write(|_| Ok(()))?;
        Ok(memory)
    }

    /// How many translations it holds.
    ///
    /// # Errors
    /// [`ErrorKind::Runtime`](crate::ErrorKind::Runtime) when the file cannot be read.
    pub fn len(&self) -> Result<usize> {
        let mut count = 0;
        self.read(|_, _| count += 1)?;
        Ok(count)
    }

    /// Whether it holds none.
    ///
    /// # Errors
    /// As [`len`](Self::len).
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Adds the translations of a TMX 1.4b file and answers how many. They serve every model, in every region of their
    /// languages, and come before what a model wrote.
    ///
    /// # Errors
    /// [`ErrorKind::Input`](crate::ErrorKind::Input) when the file cannot be read as TMX or holds no translation.
    pub fn import_tmx(&self, path: impl AsRef<Path>) -> Result<usize> {
        let Document { name, text, .. } = Document::read(path.as_ref(), None)?;
        let entries = tmx::read(&name, &text)?;
        let (model, settings) = IMPORTED;
        self.write(|table| {
            for Entry { pair, source, target } in &entries {
                let (from, to) = (written(&pair.source), written(&pair.target));
                let key = (from.as_str(), to.as_str(), source.as_str(), model, settings);
                table.insert(key, (target.as_str(), None))?;
            }
            Ok(())
        })?;
        Ok(entries.len())
    }

    /// The whole memory as TMX 1.4b, its translations in the order of their languages and texts.
    ///
    /// # Errors
    /// [`ErrorKind::Runtime`](crate::ErrorKind::Runtime) when the file cannot be read.
    pub fn to_tmx(&self) -> Result<String> {
        let mut rows: Vec<[String; 4]> = Vec::new();
        self.read(|(from, to, source, _, _), (target, _)| {
            let row = [from, to, source, target].map(str::to_owned);
            if rows.last() != Some(&row) {
                rows.push(row);
            }
        })?;
        let entries = rows.into_iter().map(|[from, to, source, target]| {
            let pair = LangPair { source: Lang::parse(&from)?, target: Lang::parse(&to)? };
            Ok(Entry { pair, source, target })
        });
        Ok(tmx::write(&entries.collect::<Result<Vec<_>>>()?))
    }

    /// The translation of this text that came from another program, or that was made under exactly these conditions.
    pub(crate) fn find(&self, origin: Origin<'_>, source: &str) -> Result<Option<Kept>> {
        let source = plain(source);
        let LangPair { source: from, target: to } = origin.pair;
        let (any_from, any_to) = (written(from), written(to));
        let imported = (any_from.as_str(), any_to.as_str(), source.as_str(), IMPORTED.0, IMPORTED.1);
        let own = (from.tag(), to.tag(), source.as_str(), origin.model, origin.settings);
        let find = || -> std::result::Result<Option<Kept>, redb::Error> {
            let table = self.store.begin_read()?.open_table(ENTRIES)?;
            for key in [imported, own] {
                if let Some(found) = table.get(key)? {
                    let (target, logprob) = found.value();
                    return Ok(Some(Kept { target: target.to_owned(), logprob }));
                }
            }
            Ok(None)
        };
        find().map_err(|error| unusable(&self.path, error))
    }

    /// Keeps translations, each with its source, in place of those that were made under the same conditions.
    pub(crate) fn keep<'a>(
        &self,
        translations: impl IntoIterator<Item = (Origin<'a>, &'a str, &'a Kept)>,
    ) -> Result<()> {
        self.write(|table| {
            for (origin, source, Kept { target, logprob }) in translations {
                let LangPair { source: from, target: to } = origin.pair;
                let source = plain(source);
                let key = (from.tag(), to.tag(), source.as_str(), origin.model, origin.settings);
                table.insert(key, (target.as_str(), *logprob))?;
            }
            Ok(())
        })
    }

    /// For each of `sources` the translation of the text that is most like it, whatever model made it.
    pub(crate) fn suggest(&self, pair: &LangPair, sources: &[&str]) -> Result<Vec<Option<Suggestion>>> {
        let mut search = similar::Search::new(sources.iter().map(|source| plain(source)));
        let pair = (written(&pair.source), written(&pair.target));
        self.read(|(from, to, source, _, _), (target, _)| {
            if is_written(from, &pair.0) && is_written(to, &pair.1) {
                search.look_at(source, target);
            }
        })?;
        Ok(search.found())
    }

    /// Shows every entry in the order of the keys.
    fn read(&self, mut show: impl FnMut(Key<'_>, Value<'_>)) -> Result<()> {
        let mut read = || -> std::result::Result<(), redb::Error> {
            for row in self.store.begin_read()?.open_table(ENTRIES)?.iter()? {
                let (key, value) = row?;
                show(key.value(), value.value());
            }
            Ok(())
        };
        read().map_err(|error| unusable(&self.path, error))
    }

    fn write(
        &self,
        fill: impl FnOnce(
            &mut redb::Table<'_, Key<'static>, Value<'static>>,
        ) -> std::result::Result<(), redb::Error>,
    ) -> Result<()> {
        let write = || -> std::result::Result<(), redb::Error> {
            let transaction = self.store.begin_write()?;
            fill(&mut transaction.open_table(ENTRIES)?)?;
            Ok(transaction.commit()?)
        };
        write().map_err(|error| unusable(&self.path, error))
    }
}

/// A text as keys hold it.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A language without its region.
fn written(lang: &Lang) -> String {
    match lang.script() {
        Some(script) => format!("{}-{script}", lang.primary()),
        None => lang.primary().to_owned(),
    }
}

/// Whether a tag is that of a language whatever its region.
fn is_written(tag: &str, language: &str) -> bool {
    tag == language || Lang::parse(tag).is_ok_and(|lang| written(&lang) == language)
}

fn unusable(path: &Path, error: redb::Error) -> Error {
    let name = path.display();
    match error {
        redb::Error::DatabaseAlreadyOpen => {
            Error::runtime(format!("the translation memory {name} is in use by another process"))
                .hint("wait until that one ends, or name another file")
        }
        redb::Error::Io(error) if error.kind() != std::io::ErrorKind::InvalidData => {
            Error::io(ErrorKind::Runtime, "use the translation memory", path, error)
        }
        error => Error::input(format!("{name} is no translation memory, or a damaged one: {error}"))
            .hint("name another file, or begin a new one and import your TMX files again")
            .with_source(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Place(tempfile::TempDir);

    impl Place {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        fn open(&self) -> Result<TranslationMemory> {
            TranslationMemory::open(self.path("a.tm"))
        }
    }

    fn pair(source: &str, target: &str) -> LangPair {
        LangPair { source: Lang::parse(source).unwrap(), target: Lang::parse(target).unwrap() }
    }

    fn kept(target: &str) -> Kept {
        Kept { target: target.into(), logprob: Some(-0.5) }
    }

    #[test]
    fn what_was_kept_is_found_under_the_same_conditions_only() {
        let (place, pair, other) = (Place::new(), pair("de", "en"), pair("de", "fr"));
        let origin = Origin { pair: &pair, model: "m", settings: "s" };
        place.open().unwrap().keep([(origin, "Ein Hund", &kept("a dog"))]).unwrap();
        let memory = place.open().unwrap();
        assert_eq!(memory.find(origin, "Ein\n Hund").unwrap(), Some(kept("a dog")));
        assert_eq!(memory.find(origin, "Ein hund").unwrap(), None);
        for origin in [
            Origin { model: "n", ..origin },
            Origin { settings: "t", ..origin },
            Origin { pair: &other, ..origin },
        ] {
            assert_eq!(memory.find(origin, "Ein Hund").unwrap(), None, "{origin:?}");
        }
        memory.keep([(origin, "Ein Hund", &kept("one dog"))]).unwrap();
        assert_eq!(memory.find(origin, "Ein Hund").unwrap(), Some(kept("one dog")));
        assert_eq!(memory.len().unwrap(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_new_memory_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let place = Place::new();
        place.open().unwrap();
        assert_eq!(std::fs::metadata(place.path("a.tm")).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_memory_in_use_is_an_error_with_a_next_step() {
        let place = Place::new();
        let _used = place.open().unwrap();
        let error = place.open().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Runtime);
        assert!(error.to_string().contains("a.tm is in use") && error.next_step().is_some(), "{error}");
    }

    #[test]
    fn a_damaged_memory_is_an_error_or_whole() {
        let (place, pair) = (Place::new(), pair("de", "en"));
        let origin = Origin { pair: &pair, model: "m", settings: "" };
        let texts: Vec<String> = (0..200).map(|number| format!("Der {number}. Satz")).collect();
        let same = kept("x");
        place.open().unwrap().keep(texts.iter().map(|text| (origin, text.as_str(), &same))).unwrap();
        let whole = std::fs::read(place.path("a.tm")).unwrap();
        let check = |bytes: &[u8], must_fail: bool| {
            std::fs::write(place.path("a.tm"), bytes).unwrap();
            match place.open().and_then(|memory| memory.len()) {
                Ok(len) => assert!(!must_fail && len <= texts.len()),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Input, "{error}");
                    assert!(error.to_string().contains("a.tm") && error.next_step().is_some(), "{error}");
                }
            }
        };
        check(b"no memory", true);
        check(&[0; 8192], true);
        check(&whole[..whole.len() / 2], true);
        for at in (0..whole.len()).step_by(whole.len() / 64) {
            let mut bytes = whole.clone();
            bytes[at] ^= 0xff;
            check(&bytes, false);
        }
    }

    #[test]
    fn tmx_comes_back_as_it_went_and_serves_every_model() {
        let (place, pair) = (Place::new(), pair("de-AT", "en-GB"));
        let origin = |model| Origin { pair: &pair, model, settings: "" };
        let memory = place.open().unwrap();
        let pairs = [("Müll & <b>Co</b>", "waste & \"co\""), ("Hund", "dog")];
        for (source, target) in pairs {
            memory
                .keep([(origin("m"), source, &kept(target)), (origin("n"), source, &kept(target))])
                .unwrap();
        }
        std::fs::write(place.path("a.tmx"), memory.to_tmx().unwrap()).unwrap();
        let other = TranslationMemory::open(place.path("b.tm")).unwrap();
        assert_eq!(other.import_tmx(place.path("a.tmx")).unwrap(), 2);
        for (source, target) in pairs {
            let found = other.find(origin("x"), source).unwrap();
            assert_eq!(found, Some(Kept { target: target.into(), logprob: None }));
        }
        other.keep([(origin("x"), "Hund", &kept("hound"))]).unwrap();
        assert_eq!(
            other.find(origin("x"), "Hund").unwrap().unwrap().target,
            "dog",
            "what was imported goes before"
        );
    }

    #[test]
    fn the_most_similar_text_is_suggested() {
        let (place, german, french) = (Place::new(), pair("de", "en-GB"), pair("de", "fr"));
        let memory = place.open().unwrap();
        let origin = Origin { pair: &german, model: "m", settings: "" };
        memory.keep([(origin, "Der Rat tagt am Montag.", &kept("The council meets on Monday."))]).unwrap();
        memory.keep([(origin, "Der Rat tagt am Dienstag.", &kept("The council meets on Tuesday."))]).unwrap();
        let origin = Origin { pair: &french, ..origin };
        memory
            .keep([(origin, "Der Rat tagt am Mittwoch.", &kept("Le conseil se réunit mercredi."))])
            .unwrap();
        let sources = ["Der Rat tagt am Mittwoch.", "Es regnet.", "Der Rat tagt am Dienstag."];
        let found = memory.suggest(&pair("de-CH", "en"), &sources).unwrap();
        let shown: Vec<_> = found.iter().flatten().map(|s| (s.source.as_str(), s.target.as_str())).collect();
        let tuesday = ("Der Rat tagt am Dienstag.", "The council meets on Tuesday.");
        assert_eq!(shown, [("Der Rat tagt am Montag.", "The council meets on Monday."), tuesday]);
        assert!(found[1].is_none());
        assert_eq!(found[2].as_ref().unwrap().similarity, 1.0);
    }
}
