//! One model card: what a model is, what its files must hash to, and where they can be had.

use serde::{Deserialize, Serialize};

use super::file::{CardFile, is_lower_hex};
use super::repository::RepositoryName;
use super::source::Source;
use crate::error::{Error, Result};
use crate::lang::{Lang, LangCodes, LangPair};

/// A model that diglot knows. Written as TOML in `models/` or in the user's own directory of cards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// The name that `--model` takes.
    pub name: String,
    /// One line for `diglot models list`.
    #[serde(default)]
    pub summary: String,
    /// The Hugging Face repository (`Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF`), if there is one.
    #[serde(default)]
    pub repository: Option<String>,
    /// The commit of the repository that holds the files: 40 hexadecimal digits.
    #[serde(default)]
    pub commit: Option<String>,
    /// The branch or tag that is asked for while no commit is known.
    #[serde(default = "main_branch")]
    pub revision: String,
    /// Who says what the files hash to.
    #[serde(default)]
    pub trust: Trust,
    /// The files, each named by its hash: one GGUF file, or those of an encoder-decoder's folder. None on a card that
    /// leaves them to the hub, until [`ModelStore::pin`](super::ModelStore::pin) has asked it.
    #[serde(default)]
    pub files: Vec<CardFile>,
    /// The terms of the weights.
    pub licence: Licence,
    /// The languages that the model writes, as BCP-47 tags.
    pub languages: Vec<String>,
    /// Language pairs (`de-en`); every pair of `languages` when there are none.
    #[serde(default)]
    pub pairs: Vec<String>,
    /// What the model is used for.
    pub roles: Vec<Role>,
    /// Order among the cards of a role; 1 is the best.
    pub rank: u32,
    /// `general.architecture` of the GGUF file (`qwen2`), or `model_type` of an encoder-decoder (`marian`).
    pub architecture: String,
    /// The prompt profile (`chatml`). Encoder-decoders have none.
    #[serde(default)]
    pub profile: Option<String>,
    /// The most tokens of context that diglot uses with this model; 0 for as many as the model has.
    #[serde(default)]
    pub context: usize,
    /// Whether diglot's authors ran and measured this model.
    #[serde(default)]
    pub run_here: bool,
    /// A measured score, in words.
    #[serde(default)]
    pub score: Option<String>,
    /// Where the files can be had, in the order in which the places are tried.
    pub sources: Vec<Source>,
}

/// Who says what a model's files hash to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trust {
    /// The card itself.
    #[default]
    Card,
    /// The hub, at the commit that was found when the model was first asked for. The rest is the card's.
    Hub,
    /// The hub, of a repository that no card names. The rest is the hub's, too.
    Unlisted,
}

/// The terms of a model's weights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Licence {
    /// The SPDX identifier, or the name of the terms.
    pub name: String,
    /// Where the text is.
    pub url: String,
    /// Whether commercial use is allowed.
    pub commercial: bool,
    /// Whether the publisher asks for consent before a download.
    pub gated: bool,
}

impl Licence {
    /// Whether the terms are Apache, MIT or BSD, which need no acceptance.
    pub fn is_permissive(&self) -> bool {
        matches!(self.name.as_str(), "Apache-2.0" | "MIT" | "BSD-2-Clause" | "BSD-3-Clause")
    }
}

/// What a model is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Translates.
    Translator,
    /// Summarises.
    Summarizer,
    /// Serves diglot's own tests; never offered, never a default.
    Test,
}

fn main_branch() -> String {
    "main".into()
}

impl Card {
    /// Reads a card; `origin` names it in errors.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) when it is not a card, or holds values that cannot be right.
    pub fn parse(text: &str, origin: &str) -> Result<Self> {
        let card: Self = toml::from_str(text)
            .map_err(|e| Error::usage(format!("{origin} is not a model card: {}", e.message())))?;
        card.check().map_err(|why| Error::usage(format!("{origin}: {why}")))?;
        Ok(card)
    }

    /// The bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|f| f.bytes).sum()
    }

    /// Whether the model is a folder of files, as encoder-decoders are, and not one GGUF file.
    pub fn is_folder(&self) -> bool {
        self.profile.is_none() && !self.files.iter().any(|file| file.name.ends_with(".gguf"))
    }

    /// The hub repository and its revision, where the card has one.
    pub fn repository_name(&self) -> Option<RepositoryName> {
        Some(RepositoryName { repository: self.repository.clone()?, revision: self.revision.clone() })
    }

    /// Whether the model writes `lang`.
    pub fn speaks(&self, lang: &Lang) -> bool {
        self.languages.iter().any(|tag| self.covers(tag, lang))
    }

    /// Whether the model translates `pair`.
    pub fn translates(&self, pair: &LangPair) -> bool {
        if self.pairs.is_empty() {
            return self.speaks(&pair.source) && self.speaks(&pair.target);
        }
        let covers_pair = |listed: &String| {
            let (source, target) = listed.split_once('-').unwrap_or_default();
            self.covers(source, &pair.source) && self.covers(target, &pair.target)
        };
        self.pairs.iter().any(covers_pair)
    }

    /// What the model has that comes nearest to a pair that it does not translate, in words.
    pub(crate) fn nearest(&self, pair: &LangPair) -> Option<String> {
        let listed = LangCodes::new(self.languages.iter().map(|tag| (tag.as_str(), tag.as_str())));
        let near = |lang: &Lang| {
            let nearest = listed.nearest(lang).filter(|_| !self.speaks(lang))?;
            Some(format!("nearest to {lang} is {nearest}"))
        };
        let near: Vec<String> = [near(&pair.source), near(&pair.target)].into_iter().flatten().collect();
        (self.pairs.is_empty() && !near.is_empty()).then(|| near.join(", "))
    }

    /// Whether `tag` (`zh`) covers `lang` (`zh-Hant`). Encoder-decoders know a language by a code of its own, so that
    /// another script is another language to them.
    fn covers(&self, tag: &str, lang: &Lang) -> bool {
        if self.is_folder() {
            return LangCodes::new(std::iter::once((tag, tag))).code(lang).is_some();
        }
        Lang::parse(tag).is_ok_and(|listed| listed == *lang || listed.tag() == lang.primary())
    }

    /// Whether the model may be offered, or chosen unasked, for `role`.
    pub(crate) fn is_offered(&self, role: Role) -> bool {
        self.roles.contains(&role) && !self.roles.contains(&Role::Test)
    }

    /// Says why the values cannot be right. File names and hashes become paths, package names become
    /// arguments: neither may be anything else.
    pub(super) fn check(&self) -> Result<(), String> {
        self.check_name()?;
        if self.sources.is_empty() {
            return Err("a card needs at least one source".into());
        }
        match self.trust {
            Trust::Card if self.files.is_empty() => {
                return Err("a card needs at least one file, or `trust = \"hub\"`".into());
            }
            Trust::Card if self.is_folder() && self.commit.is_none() => {
                return Err("the card of a model that is a folder of files needs its commit".into());
            }
            Trust::Hub | Trust::Unlisted if self.sources != [Source::Hub] => {
                return Err("a card that leaves its files to the hub has the hub as its one source".into());
            }
            _ => {}
        }
        for file in &self.files {
            if !file.name.split('/').all(is_plain_name) {
                return Err(format!("`{}` cannot be a file's name", file.name));
            }
            if file.bytes == 0 {
                return Err(format!("{} has no size", file.name));
            }
            if !file.hash.is_sound() {
                return Err(format!("the hash of {} is not 64 or 40 hexadecimal digits", file.name));
            }
        }
        if self.commit.as_deref().is_some_and(|c| !is_lower_hex(c, 40)) {
            return Err("a commit is 40 hexadecimal digits".into());
        }
        if let Some(repository) = &self.repository {
            let parts: Vec<_> = repository.split('/').collect();
            if parts.len() != 2 || !parts.iter().all(|p| is_plain_name(p)) {
                return Err(format!("`{repository}` is not OWNER/NAME"));
            }
        }
        if !self.revision.split('/').all(is_plain_name) {
            return Err(format!("`{}` is not a revision", self.revision));
        }
        self.sources.iter().try_for_each(|source| source.check(self))
    }

    /// Of an unlisted model, the name is that of its repository.
    fn check_name(&self) -> Result<(), String> {
        let fits = match self.trust {
            Trust::Unlisted => RepositoryName::parse(&self.name).is_some(),
            Trust::Card | Trust::Hub => is_plain_name(&self.name),
        };
        if fits { Ok(()) } else { Err(format!("`{}` cannot be a model's name", self.name)) }
    }
}

/// Whether `text` is safe as one component of a path and of a web address.
pub(crate) fn is_plain_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 200
        && !text.starts_with(['.', '-'])
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'+'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: &str = r#"
        name = "tiny"
        repository = "org/tiny"
        files = [{ name = "tiny.gguf", bytes = 3, sha256 = "SHA" }]
        licence = { name = "MIT", url = "https://example.org", commercial = true, gated = false }
        languages = ["de", "en", "zh"]
        roles = ["translator"]
        rank = 1
        architecture = "llama"
        profile = "chatml"
        context = 128
        sources = [{ kind = "hub" }]
    "#;

    fn card(edit: impl Fn(String) -> String) -> Result<Card> {
        Card::parse(&edit(CARD.replace("SHA", &"a".repeat(64))), "tiny.toml")
    }

    fn pair(source: &Lang, target: &Lang) -> LangPair {
        LangPair { source: source.clone(), target: target.clone() }
    }

    #[test]
    fn reads_a_card_and_fills_in_what_is_optional() {
        let card = card(|text| text).unwrap();
        assert_eq!((card.revision.as_str(), card.commit, card.run_here), ("main", None, false));
        assert_eq!(card.files[0].bytes, 3);
    }

    #[test]
    fn refuses_values_that_would_become_paths_or_arguments() {
        let bad = [
            ("name = \"tiny\"", "name = \"../tiny\""),
            ("tiny.gguf", "../../tiny.gguf"),
            ("tiny.gguf", "/etc/tiny"),
            ("bytes = 3", "bytes = 0"),
            ("org/tiny", "org/../tiny"),
            ("org/tiny", "tiny"),
            ("aaaa\" }]", "AAAA\" }]"),
            ("rank = 1", "rank = 1\ncommit = \"main\""),
            ("rank = 1", "rank = 1\nrevision = \"--x\""),
            ("rank = 1", "rank = 1\nunknown = 1"),
            (
                "{ kind = \"hub\" }",
                "{ kind = \"packages\", parts = [{ package = \"--index=x\", member = \"m\" }] }",
            ),
            ("{ kind = \"hub\" }", "{ kind = \"packages\", parts = [] }"),
            ("{ kind = \"hub\" }", "{ kind = \"url\", url = \"file:///etc/passwd\" }"),
            ("{ kind = \"hub\" }", "{ kind = \"path\", path = \"relative\" }"),
        ];
        for (from, to) in bad {
            assert!(CARD.replace("SHA", &"a".repeat(64)).contains(from), "{from}");
            let error = card(|text| text.replace(from, to)).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{to}: {error}");
        }
    }

    #[test]
    fn pairs_are_all_of_the_languages_unless_listed() {
        let all = card(|text| text).unwrap();
        assert!(all.translates(&pair(&Lang::DE, &Lang::EN)) && all.translates(&pair(&Lang::EN, &Lang::DE)));
        let one = card(|text| text.replace("rank = 1", "rank = 1\npairs = [\"de-en\"]")).unwrap();
        assert!(one.translates(&pair(&Lang::DE, &Lang::EN)));
        assert!(!one.translates(&pair(&Lang::EN, &Lang::DE)));
    }

    #[test]
    fn languages_are_known_by_any_of_their_tags() {
        // Case 82. A model that is asked in words takes a script as it is told, a folder has a code for each.
        let with = |languages: &str, profile: &str| {
            card(|text| {
                let text = text.replace("[\"de\", \"en\", \"zh\"]", languages);
                let text =
                    text.replace("profile = \"chatml\"", profile).replace("tiny.gguf", "model.safetensors");
                text.replace("rank = 1", &format!("rank = 1\ncommit = \"{}\"", "a".repeat(40)))
            })
            .unwrap()
        };
        let listed = "[\"no\", \"iw\", \"pt\", \"zh\", \"sr\"]";
        let (chat, folder) = (with(listed, "profile = \"chatml\""), with(listed, ""));
        assert!(folder.is_folder() && !chat.is_folder());
        for (tag, asked_in_words, has_code) in [
            ("nb", true, true),
            ("no", true, true),
            ("he", true, true),
            ("pt-BR", true, true),
            ("zh", true, true),
            ("zh-Hans", true, true),
            ("zh-Hant", true, false),
            ("sr-Latn", true, false),
            ("nn", false, false),
        ] {
            let lang = Lang::parse(tag).unwrap();
            assert_eq!((chat.speaks(&lang), folder.speaks(&lang)), (asked_in_words, has_code), "{tag}");
        }
    }
}
