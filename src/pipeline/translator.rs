//! The translator role: a document in, a bitext out.

use std::sync::Arc;

use crate::assemble::Bitext;
use crate::dictionary::Dictionary;
use crate::document::Document;
use crate::engine::{Event, Flow};
use crate::error::{Error, Result};
use crate::glossary::Glossary;
use crate::lang::{self, Detected, Lang, LangPair};
use crate::memory::TranslationMemory;
use crate::pipeline::alternatives::add_alternatives;
use crate::pipeline::recall::{Asked, Recall};
use crate::pipeline::{Model, Progress, unobserved};
use crate::plan::Formality;
use crate::segment::{Segment, SegmentKind, segment};
use crate::translate::{Quality, Source, Target, TranslationRounds};

/// Translates documents into one language.
///
/// ```no_run
/// use diglot::{Catalog, Document, Lang, LoadOptions, Model, ModelStore, Translator};
///
/// # fn main() -> diglot::Result<()> {
/// let catalog = Catalog::load()?;
/// let store = ModelStore::from_env()?;
/// let model = Model::load(&store, catalog.get("qwen2.5-coder-1.5b-instruct")?, &LoadOptions::default())?;
/// let document = Document::read("article.txt", None)?;
/// let bitext = Translator::new(&model, Lang::EN).translate(&document)?;
/// print!("{}", bitext.target_text());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Translator {
    model: Model,
    target: Lang,
    source: Option<Lang>,
    alternatives: usize,
    quality: Quality,
    formality: Option<Formality>,
    glossary: Option<Arc<Glossary>>,
    dictionary: Option<Arc<Dictionary>>,
    memory: Option<Arc<TranslationMemory>>,
}

impl Translator {
    /// A translator into `target`; the source language is detected for each document.
    pub fn new(model: &Model, target: Lang) -> Self {
        Self {
            model: model.clone(),
            target,
            source: None,
            alternatives: 0,
            quality: Quality::default(),
            formality: None,
            glossary: None,
            dictionary: None,
            memory: None,
        }
    }

    /// The language that is translated into.
    pub(crate) fn target(&self) -> &Lang {
        &self.target
    }

    /// Names the source language instead of detecting it.
    #[must_use]
    pub fn from(mut self, source: Lang) -> Self {
        self.source = Some(source);
        self
    }

    /// Asks for up to so many other translations of each segment of a document. Encoder-decoders have them; chat models
    /// have the candidates that were not chosen, at a [`quality`](Self::quality) with a choice, and fail with
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) at another.
    #[must_use]
    pub fn alternatives(mut self, count: usize) -> Self {
        self.alternatives = count;
        self
    }

    /// How much work each segment is worth; [`Quality::Fast`] unless told. Models that are no chat models have no
    /// other, and fail with [`ErrorKind::Usage`](crate::ErrorKind::Usage).
    #[must_use]
    pub fn quality(mut self, quality: Quality) -> Self {
        self.quality = quality;
        self
    }

    /// How the reader is addressed; what addresses them otherwise is asked for again, then flagged. Models that are no
    /// chat models, and languages that have one way only, fail with [`ErrorKind::Usage`](crate::ErrorKind::Usage).
    #[must_use]
    pub fn formality(mut self, formality: Formality) -> Self {
        self.formality = Some(formality);
        self
    }

    /// Holds translations against a glossary. One that lacks a term of its text is asked for again with the terms of the
    /// text, then flagged.
    #[must_use]
    pub fn glossary(mut self, glossary: impl Into<Arc<Glossary>>) -> Self {
        self.glossary = Some(glossary.into());
        self
    }

    /// Looks words up in this dictionary, and not only among those that come with the program: at a
    /// [`quality`](Self::quality) with a choice, German to English, a model is told what words mean that its first
    /// translations pass over.
    #[must_use]
    pub fn dictionary(mut self, dictionary: impl Into<Arc<Dictionary>>) -> Self {
        self.dictionary = Some(dictionary.into());
        self
    }

    /// Takes what a translation memory holds of a document, reports what is similar, and adds what the model translates
    /// without a doubt.
    #[must_use]
    pub fn memory(mut self, memory: impl Into<Arc<TranslationMemory>>) -> Self {
        self.memory = Some(memory.into());
        self
    }

    /// The sha256 of the dictionary that was named.
    pub(crate) fn dictionary_sha256(&self) -> Option<&str> {
        self.dictionary.as_ref()?.sha256()
    }

    /// The model that fills the role.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Translates a document, segment by segment. A document that is in the target language already comes
    /// back as it is, its segments flagged.
    ///
    /// # Errors
    /// When the model fails. A translation that looks wrong is no error: it is flagged.
    pub fn translate(&self, document: &Document) -> Result<Bitext> {
        self.translate_observed(document, &mut unobserved)
    }

    /// As [`translate`](Self::translate), telling `observe` what happens.
    ///
    /// # Errors
    /// Also [`ErrorKind::Interrupted`](crate::ErrorKind::Interrupted) when `observe` answers [`Flow::Stop`].
    pub fn translate_observed(
        &self,
        document: &Document,
        observe: &mut dyn FnMut(Progress<'_>) -> Flow,
    ) -> Result<Bitext> {
        let (source, confidence) = source_language(document, self.source.as_ref(), &self.target);
        let pair = LangPair { source, target: self.target.clone() };
        let searches = self.alternatives > 0 && self.quality == Quality::Fast;
        if searches {
            // A model without alternatives is told before the work.
            self.model.alternatives(&[], self.alternatives, &mut |_| Flow::Continue)?;
        }
        let segments = segment(document, &pair.source);
        let sources: Vec<Source<'_>> = segments
            .iter()
            .map(|s| Source { text: source_text(document, s), copy: s.kind == SegmentKind::Meta })
            .collect();
        let mut recall = self.recall(&sources, &pair)?;
        let suggestions = recall.suggestions()?;
        let rounds = self.run_rounds(&sources, &pair, &mut recall, &mut |event| match event {
            RoundEvent::Progress(progress) => observe(progress),
            RoundEvent::Ready { index, target } => {
                observe(Progress::Ready { segment: &segments[index], target })
            }
        })?;
        let targets = finished(&rounds)?;
        let matches = recall.matches(suggestions, &targets);
        let mut bitext = Bitext::new(document.clone(), pair, confidence, segments, targets)?;
        bitext.units.iter_mut().zip(matches).for_each(|(unit, found)| unit.memory = found);
        if let Some(glossary) = &self.glossary {
            let translated = bitext.units.iter().filter(|unit| unit.is_translated());
            let pairs = translated.map(|unit| (bitext.source(unit), unit.target.text.as_str()));
            bitext.glossary = Some(glossary.terms(&bitext.pair).compliance(pairs));
        }
        for (index, unit) in bitext.units.iter_mut().enumerate() {
            unit.alternatives = rounds.alternatives(index, self.alternatives);
        }
        if searches {
            add_alternatives(&self.model, &mut bitext, self.alternatives, observe)?;
        }
        Ok(bitext)
    }

    /// Translates texts that stand for themselves from a named language, one target for each.
    ///
    /// # Errors
    /// When the model fails.
    pub fn translate_texts(&self, texts: &[&str], source: &Lang) -> Result<Vec<Target>> {
        self.translate_texts_observed(texts, source, &mut unobserved)
    }

    /// As [`translate_texts`](Self::translate_texts), telling `observe` what happens.
    ///
    /// # Errors
    /// Also [`ErrorKind::Interrupted`](crate::ErrorKind::Interrupted) when `observe` answers [`Flow::Stop`].
    pub fn translate_texts_observed(
        &self,
        texts: &[&str],
        source: &Lang,
        observe: &mut dyn FnMut(Progress<'_>) -> Flow,
    ) -> Result<Vec<Target>> {
        let pair = LangPair { source: source.clone(), target: self.target.clone() };
        let sources: Vec<Source<'_>> = texts.iter().map(|&text| Source { text, copy: false }).collect();
        let mut recall = self.recall(&sources, &pair)?;
        let rounds = self.run_rounds(&sources, &pair, &mut recall, &mut |event| match event {
            RoundEvent::Progress(progress) => observe(progress),
            RoundEvent::Ready { .. } => Flow::Continue,
        })?;
        finished(&rounds)
    }

    fn recall<'a>(&'a self, sources: &'a [Source<'a>], pair: &'a LangPair) -> Result<Recall<'a>> {
        let terms = self.glossary.as_ref().map(|glossary| glossary.terms(pair));
        let dictionary = self.dictionary_sha256();
        let asked = Asked { quality: self.quality, formality: self.formality, dictionary, terms };
        Recall::new(self.memory.as_deref(), &self.model, asked, sources, pair)
    }

    /// Translates what is not known already, and keeps it in the memory even when the work is cut short.
    fn run_rounds(
        &self,
        sources: &[Source<'_>],
        pair: &LangPair,
        recall: &mut Recall<'_>,
        observe: &mut dyn FnMut(RoundEvent<'_>) -> Flow,
    ) -> Result<TranslationRounds> {
        let model = &self.model;
        if self.quality != Quality::Fast && !model.weighs() {
            return Err(Error::usage("this model cannot weigh several translations of a text")
                .hint("leave out the quality: encoder-decoders search for the best one by themselves"));
        }
        if self.dictionary.is_some() {
            self.check_dictionary(pair)?;
        }
        if let Some(formality) = self.formality {
            formality.check(&pair.target)?;
            if !model.follows_instructions() {
                return Err(Error::usage("this model cannot be told how to address the reader")
                    .hint("leave out the formality, or name a chat model"));
            }
        }
        let mut rounds = TranslationRounds::new(sources, pair, model.budget_for(self.quality), &|text| {
            model.count_tokens(text)
        })?
        .quality(self.quality);
        if let Some(glossary) = &self.glossary {
            rounds = rounds.glossary(glossary);
        }
        if self.quality != Quality::Fast {
            rounds = rounds.dictionary(self.dictionary.clone().unwrap_or_else(Dictionary::own));
        }
        if let Some(formality) = self.formality {
            rounds = rounds.formality(formality);
        }
        recall.reuse(&mut rounds);
        let asked = self.ask(&mut rounds, observe);
        let kept = recall.keep(rounds.targets());
        asked.and(kept)?;
        Ok(rounds)
    }

    /// Refuses a dictionary that would say nothing.
    fn check_dictionary(&self, pair: &LangPair) -> Result<()> {
        if self.quality == Quality::Fast {
            return Err(Error::usage("a dictionary needs a choice among translations")
                .hint("add `--quality balanced`, or leave the dictionary out"));
        }
        if !Dictionary::serves(pair) {
            let (source, target) = (pair.source.name(), pair.target.name());
            return Err(Error::usage(format!(
                "a dictionary serves German to English, not {source} to {target}"
            ))
            .hint("leave the dictionary out, or write the words that matter in a glossary"));
        }
        Ok(())
    }

    /// Asks, lets the room decide what is good enough, and asks again until nothing is left to ask.
    fn ask(
        &self,
        rounds: &mut TranslationRounds,
        observe: &mut dyn FnMut(RoundEvent<'_>) -> Flow,
    ) -> Result<()> {
        let mut ready = 0;
        for number in 1.. {
            let requests = rounds.requests();
            if announce_ready(rounds, &mut ready, observe) == Flow::Stop {
                return Err(Error::interrupted());
            }
            if requests.is_empty() {
                break;
            }
            let round = Progress::Round { requests: requests.len(), number };
            if observe(RoundEvent::Progress(round)) == Flow::Stop {
                return Err(Error::interrupted());
            }
            self.model.run(&requests, &mut |event| match event {
                Event::Prefilled { tokens } => observe(RoundEvent::Progress(Progress::Prefilled { tokens })),
                Event::Decoded { tokens } => observe(RoundEvent::Progress(Progress::Decoded { tokens })),
                Event::Finished { index, hypothesis } => {
                    rounds.accept(index, hypothesis);
                    match announce_ready(rounds, &mut ready, observe) {
                        Flow::Stop => Flow::Stop,
                        Flow::Continue => observe(RoundEvent::Progress(Progress::Answered)),
                    }
                }
            })?;
        }
        Ok(())
    }
}

/// The targets of rounds that are over.
fn finished(rounds: &TranslationRounds) -> Result<Vec<Target>> {
    let unanswered = || Error::runtime("a segment was left without a translation");
    rounds.targets().iter().map(|target| target.clone().ok_or_else(unanswered)).collect()
}

/// A document that is read in its own language: every target is its source.
pub(crate) fn untranslated(document: &Document, lang: &Lang, confidence: Option<f64>) -> Result<Bitext> {
    let segments = segment(document, lang);
    let targets = segments
        .iter()
        .map(|s| Target { text: source_text(document, s).into(), flags: Vec::new(), logprob: None })
        .collect();
    let pair = LangPair { source: lang.clone(), target: lang.clone() };
    Bitext::new(document.clone(), pair, confidence, segments, targets)
}

fn source_text<'a>(document: &'a Document, segment: &Segment) -> &'a str {
    document.text.get(segment.range.clone()).unwrap_or_default()
}

/// The language of a document: as named, as detected, or, in a document without words, the target's.
pub(crate) fn source_language(
    document: &Document,
    named: Option<&Lang>,
    target: &Lang,
) -> (Lang, Option<f64>) {
    match named {
        Some(lang) => (lang.clone(), None),
        None => match lang::detect(&document.text) {
            Some(Detected { lang, confidence }) => (lang, Some(confidence)),
            None => (target.clone(), Some(0.0)),
        },
    }
}

/// What happens in the rounds of a translation.
enum RoundEvent<'a> {
    Progress(Progress<'a>),
    /// A source, and all before it, have their target.
    Ready {
        index: usize,
        target: &'a Target,
    },
}

/// Tells of the sources that have their target now and whose predecessors have theirs.
fn announce_ready(
    rounds: &TranslationRounds,
    ready: &mut usize,
    observe: &mut dyn FnMut(RoundEvent<'_>) -> Flow,
) -> Flow {
    while let Some(Some(target)) = rounds.targets().get(*ready) {
        if observe(RoundEvent::Ready { index: *ready, target }) == Flow::Stop {
            return Flow::Stop;
        }
        *ready += 1;
    }
    Flow::Continue
}
