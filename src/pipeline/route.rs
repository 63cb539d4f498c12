//! Two translators, one after the other: by way of a language that both know.

use crate::assemble::Bitext;
use crate::document::Document;
use crate::engine::Flow;
use crate::error::Result;
use crate::flag::Flag;
use crate::pipeline::{Progress, Translator, unobserved};
use crate::segment::SegmentKind;
use crate::translate::Target;

/// A translation in two steps, for a pair that no model at hand translates directly.
///
/// ```no_run
/// use diglot::{Document, Lang, LoadOptions, Model, ModelStore, Route, Translator};
///
/// # fn main() -> diglot::Result<()> {
/// let (store, options) = (ModelStore::from_env()?, LoadOptions::default());
/// let into = Model::load_folder(&store, "opus-mt-de-en".as_ref(), &options)?;
/// let from = Model::load_folder(&store, "opus-mt-en-fr".as_ref(), &options)?;
/// let route = Route::new(Translator::new(&into, Lang::EN), Translator::new(&from, Lang::parse("fr")?));
/// print!("{}", route.translate(&Document::read("artikel.txt", None)?)?.target_text());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Route {
    into: Translator,
    from: Translator,
}

impl Route {
    /// A route through the target language of `into`, from which `from` translates.
    pub fn new(into: Translator, from: Translator) -> Self {
        Self { into, from }
    }

    /// Translates a document in two steps. What was doubtful in the first is flagged, with the language between named.
    ///
    /// # Errors
    /// When a model fails.
    pub fn translate(&self, document: &Document) -> Result<Bitext> {
        self.translate_observed(document, &mut unobserved)
    }

    /// As [`translate`](Self::translate), telling `observe` what happens. No segment is told as ready.
    ///
    /// # Errors
    /// Also [`ErrorKind::Interrupted`](crate::ErrorKind::Interrupted) when `observe` answers [`Flow::Stop`].
    pub fn translate_observed(
        &self,
        document: &Document,
        observe: &mut dyn FnMut(Progress<'_>) -> Flow,
    ) -> Result<Bitext> {
        let mut bitext = self.into.translate_observed(document, &mut |event| match event {
            // Its target is only the text between.
            Progress::Ready { .. } => Flow::Continue,
            event => observe(event),
        })?;
        let via = std::mem::replace(&mut bitext.pair.target, self.from.target().clone());
        let mut units: Vec<_> =
            bitext.units.iter_mut().filter(|unit| unit.segment.kind != SegmentKind::Meta).collect();
        let texts: Vec<&str> = units.iter().map(|unit| unit.target.text.as_str()).collect();
        let targets = self.from.translate_texts_observed(&texts, &via, observe)?;
        for (unit, target) in units.iter_mut().zip(targets) {
            unit.target = joined(&unit.target, target, via.name());
            // What a memory knew was the text between.
            unit.memory = None;
        }
        Ok(bitext)
    }
}

/// The last target, with what was seen on the way to it. It is no surer than the less sure of both steps.
fn joined(first: &Target, last: Target, via: &str) -> Target {
    let on_the_way =
        first.flags.iter().map(|flag| Flag { detail: format!("in {via}: {}", flag.detail), ..flag.clone() });
    let logprob = match (first.logprob, last.logprob) {
        (Some(first), Some(last)) => Some(first.min(last)),
        (first, last) => first.or(last),
    };
    Target { text: last.text, flags: on_the_way.chain(last.flags).collect(), logprob }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flag::FlagKind;

    #[test]
    fn doubts_of_both_steps_are_kept() {
        let flag = |detail: &str| Flag { kind: FlagKind::Numbers, detail: detail.into() };
        let target = |text: &str, flag, logprob| Target { text: text.into(), flags: vec![flag], logprob };
        let joined = joined(
            &target("one", flag("`3` missing"), Some(-0.5)),
            target("un", flag("`2` added"), Some(-0.1)),
            "English",
        );
        let details: Vec<&str> = joined.flags.iter().map(|flag| flag.detail.as_str()).collect();
        assert_eq!((joined.text.as_str(), joined.logprob), ("un", Some(-0.5)));
        assert_eq!(details, ["in English: `3` missing", "`2` added"]);
    }
}
