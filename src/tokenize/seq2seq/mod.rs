//! Tokenizers of encoder-decoder models, read from the files of their hub repositories: which ids a text becomes,
//! with the tokens that each family puts around it, and which ids the decoder starts from.
//!
//! The families and their rules are those of Python's transformers; the pieces are those of the SentencePiece library.
//! A special token never comes from text: `</s>` or `<2fr>` in a document is spelled in letters, where transformers would
//! make the token of it.

mod families;
mod files;
mod gguf;
mod json;
mod spelling;

use std::path::Path;

use crate::error::{Error, Result};
use crate::gguf::Gguf;
use crate::lang::{Lang, LangCodes};
use files::Settings;
use spelling::Spelling;

/// How many more rows than tokens an embedding may have: rows are added to fill up blocks.
const MAX_PADDING: usize = 1024;

/// The tokenizer of an encoder-decoder model.
#[derive(Debug)]
pub struct Seq2SeqTokenizer {
    /// What the model is called in messages.
    name: String,
    source: Spelling,
    /// Where the target side has a vocabulary or a way of writing of its own.
    target: Option<Spelling>,
    frame: Frame,
    languages: Languages,
    eos: u32,
    pad: Option<u32>,
    start: Option<u32>,
    forced_bos: Option<u32>,
}

/// What stands around a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    /// The text, `</s>`.
    Plain,
    /// `<s>`, the text, `</s>` (BART).
    Enclosed { bos: u32 },
    /// The source language, the text, `</s>`; the target begins with its language (M2M100, NLLB, mBART-50).
    SourceFirst,
    /// The text, `</s>`, the source language; the target begins with its language (NLLB as it was first read).
    SourceLast,
    /// As before, but the decoder starts from the target's language (mBART).
    SourceLastStartTarget,
    /// The target language, the text, `</s>` (OPUS-MT with several targets).
    TargetFirst,
    /// The target language, where the text begins and a space before it (MADLAD-400).
    TargetInText,
}

/// What a model translates between.
#[derive(Debug)]
enum Languages {
    /// It does not say.
    Unsaid,
    /// One pair.
    Pair(Lang, Lang),
    /// Any of these into any other, or from any language into these.
    Among(LangCodes),
    /// Pairs, each with what stands before the text (T5).
    Prompted(Vec<(Lang, Lang, String)>),
}

impl Seq2SeqTokenizer {
    /// Reads the tokenizer in a model folder: `config.json` says the family, and the other files are the family's.
    ///
    /// # Errors
    /// [`ErrorKind::Model`](crate::ErrorKind::Model) when the family is not known here, a file is missing or damaged,
    /// or the vocabulary does not fit the size that `config.json` gives.
    pub fn open(folder: &Path) -> Result<Self> {
        let config = Settings::read(folder.join("config.json"))?;
        let settings = Settings::read_optional(folder.join("tokenizer_config.json"))?;
        let tokenizer = families::open(folder, &config, &settings)?;
        tokenizer.check_size(&config)?;
        Ok(tokenizer)
    }

    /// Reads the tokenizer in a GGUF file of a T5 or MADLAD-400 model.
    ///
    /// # Errors
    /// [`ErrorKind::Model`](crate::ErrorKind::Model) when the file has another kind of tokenizer, or its lists do not
    /// fit together.
    pub fn from_gguf(gguf: &Gguf) -> Result<Self> {
        gguf::from_gguf(gguf)
    }

    /// The ids of a text to translate, with the family's tokens around it.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage), saying what is supported, for languages that the model does not
    /// translate between.
    pub fn encode_source(&self, text: &str, from: &Lang, to: &Lang) -> Result<Vec<u32>> {
        self.check_pair(from, to)?;
        match (&self.languages, self.frame) {
            (Languages::Prompted(pairs), _) => {
                let pair = pairs.iter().find(|pair| joins(pair, from, to));
                let prefix = pair.map_or("", |(_, _, prefix)| prefix);
                self.encode_framed(&format!("{prefix}{text}"), None)
            }
            (_, Frame::TargetFirst | Frame::TargetInText) => {
                self.encode_framed(text, Some(self.language_token(to)?))
            }
            (_, Frame::SourceFirst | Frame::SourceLast | Frame::SourceLastStartTarget) => {
                self.encode_framed(text, Some(self.language_token(from)?))
            }
            (_, Frame::Plain | Frame::Enclosed { .. }) => self.encode_framed(text, None),
        }
    }

    /// The ids of a text to summarise in its own language, after the words `prefix` that the model was trained with
    /// (`summarize: `) or none.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) when the model does not know the language.
    pub fn encode_text(&self, prefix: &str, text: &str, lang: &Lang) -> Result<Vec<u32>> {
        let token = match self.frame {
            Frame::Plain | Frame::Enclosed { .. } => None,
            _ => Some(self.language_token(lang)?),
        };
        self.encode_framed(&format!("{prefix}{text}"), token)
    }

    /// The id that the decoder starts from, and the id that must come first, where the family has one.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) when the model does not know the language.
    pub fn decoder_start(&self, to: &Lang) -> Result<(u32, Option<u32>)> {
        match self.frame {
            Frame::SourceFirst | Frame::SourceLast => Ok((self.start()?, Some(self.language_token(to)?))),
            Frame::SourceLastStartTarget => Ok((self.language_token(to)?, None)),
            _ => Ok((self.start()?, self.forced_bos)),
        }
    }

    /// The ids in which the decoder writes a text that stands after others.
    ///
    /// # Errors
    /// As [`encode_source`](Self::encode_source), but for the languages.
    pub fn encode_target(&self, text: &str) -> Result<Vec<u32>> {
        let mut ids = Vec::new();
        self.target.as_ref().unwrap_or(&self.source).encode(text, &mut ids)?;
        Ok(ids)
    }

    /// The text of ids that the decoder wrote. Special tokens and ids beyond the vocabulary are left out.
    pub fn decode(&self, ids: &[u32]) -> String {
        self.target.as_ref().unwrap_or(&self.source).decode(ids)
    }

    /// How many ids a text has by itself.
    ///
    /// # Errors
    /// As [`encode_source`](Self::encode_source), but for the languages.
    pub fn count(&self, text: &str) -> Result<usize> {
        let mut ids = Vec::new();
        self.source.encode(text, &mut ids)?;
        Ok(ids.len())
    }

    /// Whether every text that the model reads says into which language it is to be translated.
    pub(crate) fn is_translator(&self) -> bool {
        matches!(self.frame, Frame::TargetInText | Frame::TargetFirst)
    }

    /// How many ids there are on the source side, and on both where they share one vocabulary.
    pub fn vocab_size(&self) -> usize {
        self.source.len()
    }

    /// How many ids there are on the target side.
    pub fn target_vocab_size(&self) -> usize {
        self.target.as_ref().unwrap_or(&self.source).len()
    }

    /// The id that ends a text.
    pub fn eos(&self) -> u32 {
        self.eos
    }

    /// The id that fills up short texts of a batch.
    pub fn pad(&self) -> Option<u32> {
        self.pad
    }

    /// The model's own code of a language (`deu_Latn`, `de_DE`), where it has codes and knows the language.
    pub fn language_code(&self, lang: &Lang) -> Option<&str> {
        match &self.languages {
            Languages::Among(codes) => codes.code(lang),
            _ => None,
        }
    }

    /// Whether the model translates from one language into another.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage), saying what is supported and what comes nearest, when it does not.
    pub fn check_pair(&self, from: &Lang, to: &Lang) -> Result<()> {
        let known = |lang: &Lang| self.language_code(lang).is_some();
        let (fits, supported) = match &self.languages {
            Languages::Unsaid => return Ok(()),
            Languages::Pair(source, target) => {
                (source.same_language(from) && target.same_language(to), format!("{source} to {target}"))
            }
            Languages::Among(codes) if matches!(self.frame, Frame::TargetFirst | Frame::TargetInText) => {
                (known(to), format!("to {}{}", codes.tags(), nearest(codes, &[to])))
            }
            Languages::Among(codes) => {
                let near = nearest(codes, &[from, to]);
                (known(from) && known(to), format!("between {}{near}", codes.tags()))
            }
            Languages::Prompted(pairs) => {
                let list: Vec<_> = pairs.iter().map(|(from, to, _)| format!("{from} to {to}")).collect();
                (pairs.iter().any(|pair| joins(pair, from, to)), list.join(", "))
            }
        };
        match fits {
            true => Ok(()),
            false => Err(self.unsupported(&format!("from {} to {}", from.name(), to.name()), &supported)),
        }
    }

    fn unsupported(&self, what: &str, supported: &str) -> Error {
        Error::usage(format!("{} does not translate {what}", self.name))
            .hint(format!("it translates {supported}"))
    }

    fn encode_framed(&self, text: &str, language: Option<u32>) -> Result<Vec<u32>> {
        let mut ids = Vec::new();
        match self.frame {
            Frame::Enclosed { bos } => ids.push(bos),
            Frame::SourceFirst | Frame::TargetFirst => ids.extend(language),
            _ => {}
        }
        match (self.frame, language) {
            (Frame::TargetInText, Some(tag)) => self.source.encode_after(tag, text, &mut ids)?,
            _ => self.source.encode(text, &mut ids)?,
        }
        ids.push(self.eos);
        if matches!(self.frame, Frame::SourceLast | Frame::SourceLastStartTarget) {
            ids.extend(language);
        }
        Ok(ids)
    }

    /// The token of a language.
    fn language_token(&self, lang: &Lang) -> Result<u32> {
        let Languages::Among(codes) = &self.languages else {
            return Err(self.unsupported(lang.name(), "without saying between what"));
        };
        let token = codes.code(lang).and_then(|code| self.source.language_id(code));
        token.ok_or_else(|| {
            let supported = format!("between {}{}", codes.tags(), nearest(codes, &[lang]));
            self.unsupported(&format!("{} ({lang})", lang.name()), &supported)
        })
    }

    /// The id that the decoder starts from, whatever the language.
    pub(crate) fn start(&self) -> Result<u32> {
        self.start.ok_or_else(|| {
            Error::model(format!("{} does not say what the decoder starts from", self.name))
                .hint("`config.json` or `generation_config.json` gives it as `decoder_start_token_id`")
        })
    }

    /// Holds the vocabulary against the size that the model's configuration gives.
    fn check_size(&self, config: &Settings) -> Result<()> {
        let Some(rows) = config.id("vocab_size")? else { return Ok(()) };
        let (tokens, rows) = (self.vocab_size(), rows as usize);
        if tokens <= rows && rows <= tokens + MAX_PADDING {
            return Ok(());
        }
        Err(Error::model(format!(
            "{} gives the model {rows} tokens, but its tokenizer has {tokens}",
            config.path().display()
        ))
        .hint("the files come from different models: fetch them again from one repository"))
    }
}

/// What comes nearest to those of `wanted` that a model does not know, in words that follow a list of languages.
fn nearest(codes: &LangCodes, wanted: &[&Lang]) -> String {
    let unknown = wanted.iter().filter(|lang| codes.code(lang).is_none());
    let near = unknown.filter_map(|lang| Some(format!("; nearest to {lang} is {}", codes.nearest(lang)?)));
    near.collect()
}

/// Whether a pair of a prompted model is the one that is asked for.
fn joins((source, target, _): &(Lang, Lang, String), from: &Lang, to: &Lang) -> bool {
    source.same_language(from) && target.same_language(to)
}
