//! The summariser role: a bitext in, a summary out whose sentences point at segments.

use crate::assemble::Bitext;
use crate::engine::{Event, Flow};
use crate::error::{Error, Result};
use crate::lang::Lang;
use crate::pipeline::{Model, Progress, Translator, unobserved};
use crate::plan::Length;
use crate::segment::SegmentKind;
use crate::summarize::{
    Method, Passage, Summary, SummaryOptions, SummaryRounds, SummarySentence, extract, usual_length,
};

/// Summarises bitexts in their target language.
///
/// ```no_run
/// use diglot::{Catalog, Document, Lang, Length, LoadOptions, Model, ModelStore, Summarizer, Translator};
///
/// # fn main() -> diglot::Result<()> {
/// let catalog = Catalog::load()?;
/// let store = ModelStore::from_env()?;
/// let model = Model::load(&store, catalog.get("qwen2.5-coder-1.5b-instruct")?, &LoadOptions::default())?;
/// let document = Document::read("article.txt", None)?;
/// let bitext = Translator::new(&model, Lang::EN).translate(&document)?;
/// let summary = Summarizer::new(&model).length(Length::Sentences(3)).summarize(&bitext)?;
/// for sentence in &summary.sentences {
///     println!("{} (segments {:?})", sentence.text, sentence.sources);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Summarizer {
    model: Option<Model>,
    /// As the text is long, if none.
    length: Option<Length>,
}

impl Summarizer {
    /// A summariser that writes as many sentences as suit the text ([`usual_length`]).
    pub fn new(model: &Model) -> Self {
        Self { model: Some(model.clone()), length: None }
    }

    /// A summariser that picks sentences of the text and needs no model.
    pub fn extractive() -> Self {
        Self { model: None, length: None }
    }

    /// Sets the length; `None` is one that suits the text.
    #[must_use]
    pub fn length(mut self, length: impl Into<Option<Length>>) -> Self {
        self.length = length.into();
        self
    }

    /// The model that fills the role, if one does.
    pub fn model(&self) -> Option<&Model> {
        self.model.as_ref()
    }

    /// Summarises the target texts of a bitext.
    ///
    /// # Errors
    /// When the model fails. A sentence without support is no error: it is flagged.
    pub fn summarize(&self, bitext: &Bitext) -> Result<Summary> {
        self.summarize_observed(bitext, &mut unobserved)
    }

    /// As [`summarize`](Self::summarize), telling `observe` what happens.
    ///
    /// # Errors
    /// Also [`ErrorKind::Interrupted`](crate::ErrorKind::Interrupted) when `observe` answers [`Flow::Stop`].
    pub fn summarize_observed(
        &self,
        bitext: &Bitext,
        observe: &mut dyn FnMut(Progress<'_>) -> Flow,
    ) -> Result<Summary> {
        let passages: Vec<Passage<'_>> = bitext
            .units
            .iter()
            .filter(|unit| unit.segment.kind == SegmentKind::Text)
            .map(|unit| Passage { id: unit.segment.id, block: unit.segment.block, text: &unit.target.text })
            .collect();
        let length = self.length.unwrap_or_else(|| usual_length(&passages));
        let mut options = SummaryOptions { lang: bitext.pair.target.clone(), length, budget: usize::MAX };
        let Some(model) = &self.model else {
            return Ok(extract(&passages, &options));
        };
        options.budget = model.budget();
        run_rounds(model, &passages, &options, observe)
    }

    /// Sets a summary beside its translation: the same sentences in `target`, with the same sources.
    ///
    /// # Errors
    /// When the model fails.
    pub fn translate_summary(
        summary: &Summary,
        model: &Model,
        target: Lang,
        observe: &mut dyn FnMut(Progress<'_>) -> Flow,
    ) -> Result<Summary> {
        let texts: Vec<&str> = summary.sentences.iter().map(|s| s.text.as_str()).collect();
        let targets = Translator::new(model, target.clone()).translate_texts_observed(
            &texts,
            &summary.lang,
            observe,
        )?;
        let sentences = summary
            .sentences
            .iter()
            .zip(targets)
            .map(|(original, target)| SummarySentence {
                text: target.text,
                sources: original.sources.clone(),
                // What is doubtful in one language is so in the other.
                flags: original.flags.iter().cloned().chain(target.flags).collect(),
            })
            .collect();
        Ok(Summary { lang: target, method: Method::Translated, sentences, ..summary.clone() })
    }
}

fn run_rounds(
    model: &Model,
    passages: &[Passage<'_>],
    options: &SummaryOptions,
    observe: &mut dyn FnMut(Progress<'_>) -> Flow,
) -> Result<Summary> {
    let mut rounds = SummaryRounds::new(passages, options, &|text| model.count_tokens(text))?;
    for number in 1.. {
        let requests = rounds.requests()?;
        if requests.is_empty() {
            break;
        }
        if observe(Progress::Round { requests: requests.len(), number }) == Flow::Stop {
            return Err(Error::interrupted());
        }
        model.run(&requests, &mut |event| match event {
            Event::Prefilled { tokens } => observe(Progress::Prefilled { tokens }),
            Event::Decoded { tokens } => observe(Progress::Decoded { tokens }),
            Event::Finished { index, hypothesis } => {
                rounds.accept(index, hypothesis);
                observe(Progress::Answered)
            }
        })?;
    }
    Ok(rounds.finish())
}
