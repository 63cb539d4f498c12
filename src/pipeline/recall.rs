//! What a translation memory does for a translation.

use crate::assemble::MemoryMatch;
use crate::error::Result;
use crate::glossary::Terms;
use crate::lang::LangPair;
use crate::memory::{Kept, Origin, Suggestion, TranslationMemory};
use crate::pipeline::Model;
use crate::plan::Formality;
use crate::translate::{Quality, Source, Target, TranslationRounds};

/// What is asked of a translation.
pub(super) struct Asked<'a> {
    pub(super) quality: Quality,
    pub(super) formality: Option<Formality>,
    /// The sha256 of the dictionary that was named.
    pub(super) dictionary: Option<&'a str>,
    pub(super) terms: Option<Terms>,
}

/// The sources of a translation with what a memory, if there is one, holds of them.
pub(super) struct Recall<'a> {
    memory: Option<&'a TranslationMemory>,
    model: &'a Model,
    asked: Asked<'a>,
    sources: &'a [Source<'a>],
    pair: &'a LangPair,
    known: Vec<Option<Kept>>,
}

impl<'a> Recall<'a> {
    /// Looks every source up.
    pub(super) fn new(
        memory: Option<&'a TranslationMemory>,
        model: &'a Model,
        asked: Asked<'a>,
        sources: &'a [Source<'a>],
        pair: &'a LangPair,
    ) -> Result<Self> {
        let mut recall = Self { memory, model, asked, sources, pair, known: vec![None; sources.len()] };
        if let Some(memory) = memory {
            for (known, source) in recall.known.iter_mut().zip(sources).filter(|(_, source)| !source.copy) {
                let settings = settings(model, &recall.asked, source.text);
                let origin = Origin { pair, model: model.fingerprint(), settings: &settings };
                *known = memory.find(origin, source.text)?;
            }
        }
        Ok(recall)
    }

    /// What is similar to the sources that are not known.
    pub(super) fn suggestions(&self) -> Result<Vec<Option<Suggestion>>> {
        let mut suggestions = vec![None; self.sources.len()];
        let Some(memory) = self.memory else { return Ok(suggestions) };
        let is_unknown = |place: &usize| !self.sources[*place].copy && self.known[*place].is_none();
        let unknown: Vec<usize> = (0..self.sources.len()).filter(is_unknown).collect();
        let texts: Vec<&str> = unknown.iter().map(|&place| self.sources[place].text).collect();
        for (place, suggestion) in unknown.into_iter().zip(memory.suggest(self.pair, &texts)?) {
            suggestions[place] = suggestion;
        }
        Ok(suggestions)
    }

    /// Hands over what is known. What is copied anyway is forgotten.
    pub(super) fn reuse(&mut self, rounds: &mut TranslationRounds) {
        for (index, known) in self.known.iter_mut().enumerate() {
            known.take_if(|kept| !rounds.reuse(index, &kept.target, kept.logprob));
        }
    }

    /// Adds to the memory what the model translated without a doubt.
    pub(super) fn keep(&self, targets: &[Option<Target>]) -> Result<()> {
        let Some(memory) = self.memory else { return Ok(()) };
        let new =
            self.sources.iter().zip(&self.known).zip(targets).filter_map(|((source, known), target)| {
                let Target { text, flags, logprob } = target.as_ref()?;
                let is_new = known.is_none() && logprob.is_some() && flags.is_empty();
                let kept = Kept { target: text.clone(), logprob: *logprob };
                let settings = || settings(self.model, &self.asked, source.text);
                is_new.then(|| (settings(), source.text, kept))
            });
        let new: Vec<_> = new.collect();
        memory.keep(new.iter().map(|(settings, source, kept)| {
            (Origin { pair: self.pair, model: self.model.fingerprint(), settings }, *source, kept)
        }))
    }

    /// How each target stands to the memory.
    pub(super) fn matches(
        &self,
        suggestions: Vec<Option<Suggestion>>,
        targets: &[Target],
    ) -> Vec<Option<MemoryMatch>> {
        let all = self.known.iter().zip(suggestions).zip(targets);
        all.map(|((known, suggestion), target)| match known {
            Some(_) => Some(MemoryMatch::Exact),
            None => suggestion.filter(|_| target.logprob.is_some()).map(MemoryMatch::Fuzzy),
        })
        .collect()
    }
}

/// What changes a model's answer to a source: how it is run, how it is chosen among several, how it is to address the
/// reader, and the terms that it is told.
fn settings(model: &Model, asked: &Asked<'_>, source: &str) -> String {
    let quality = match asked.quality {
        Quality::Fast => None,
        Quality::Balanced => Some("; balanced".to_owned()),
        Quality::Best => Some("; best".to_owned()),
    };
    let formality = asked.formality.map(|formality| match formality {
        Formality::Formal => "; formal".to_owned(),
        Formality::Informal => "; informal".to_owned(),
    });
    let dictionary = asked.dictionary.map(|sha256| format!("; dictionary {sha256}"));
    let terms = asked.terms.as_ref().map(|terms| terms.found_in(source)).unwrap_or_default();
    let terms = terms.iter().map(|term| format!("; {} = {}", term.source, term.target));
    std::iter::once(model.settings().to_owned())
        .chain(quality)
        .chain(formality)
        .chain(dictionary)
        .chain(terms)
        .collect()
}
