//! An encoder-decoder with its tokenizer as an engine: requests become sources, beams become hypotheses.

use std::path::Path;

use super::config::Settings;
use super::{Family, Precision, Seq2Seq, family};
use crate::engine::repetition::before_loop;
use crate::engine::search::{Beam, SearchEvent, SearchOptions, Source};
use crate::engine::{Engine, Event, Finish, Flow, Hypothesis};
use crate::error::{Error, Result};
use crate::gguf::Gguf;
use crate::lang::LangPair;
use crate::plan::{Decoding, Request, Task, Wording};
use crate::tokenize::Seq2SeqTokenizer;

/// What T5 and its kin are trained to read before a text that they are to summarise.
const SUMMARIZE: &str = "summarize: ";

/// The most beams that phrases ask for.
const MOST_PLACES: usize = 32;

/// How an engine works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// How weights are kept.
    pub precision: Precision,
    /// Threads that work on a step; 0 for all cores.
    pub threads: usize,
    /// The most rows, all beams together, that are decoded at once; 0 for as many as seem good.
    pub max_rows: usize,
}

/// An encoder-decoder that answers requests.
///
/// The first time a text is asked for, it is searched as the model's own `generation_config.json` says. With
/// [`Wording::Strict`] the search is wider and writes no four tokens twice; [`Decoding::Sample`] draws. What a search
/// finds, unless it is drawn, holds the terms of the request.
pub struct Seq2SeqEngine {
    name: String,
    family: Family,
    model: Seq2Seq,
    tokenizer: Seq2SeqTokenizer,
    /// What the model recommends, and settings of which it recommends more than a search can do.
    search: SearchOptions,
    unheeded: Vec<&'static str>,
}

/// Requests that are searched alike, each with its place among all.
struct Group {
    options: SearchOptions,
    places: Vec<usize>,
    sources: Vec<Source>,
}

impl Seq2SeqEngine {
    /// Reads the model in `folder`, laid out as a hub repository.
    ///
    /// # Errors
    /// [`ErrorKind::Model`](crate::ErrorKind::Model), naming the file, when the folder lacks one, one is damaged, or
    /// the model is of a kind that is not known here.
    pub fn load(folder: &Path, options: Options) -> Result<Self> {
        let config = Settings::read(folder.join("config.json"))?;
        let tokenizer = Seq2SeqTokenizer::open(folder)?;
        let mut search = SearchOptions { max_rows: options.max_rows, ..SearchOptions::of_folder(folder)? };
        if search.eos.is_empty() {
            search.eos.push(tokenizer.eos());
        }
        let model = Seq2Seq::load(folder, options.precision, options.threads)?;
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let unheeded = SearchOptions::unheeded(folder)?;
        Ok(Self { name, family: family(&config)?, model, tokenizer, search, unheeded })
    }

    /// Reads the T5 or MADLAD-400 model in a GGUF file, which recommends no search: tokens are written greedily.
    ///
    /// # Errors
    /// [`ErrorKind::Model`](crate::ErrorKind::Model) when the file holds another kind of model or is damaged.
    pub fn load_gguf(gguf: &Gguf, options: Options) -> Result<Self> {
        let tokenizer = Seq2SeqTokenizer::from_gguf(gguf)?;
        let model = Seq2Seq::load_gguf(gguf, options.precision, options.threads)?;
        let search = SearchOptions {
            max_rows: options.max_rows,
            start: tokenizer.start()?,
            eos: vec![tokenizer.eos()],
            ..SearchOptions::default()
        };
        let name = gguf.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { name, family: Family::T5, model, tokenizer, search, unheeded: Vec::new() })
    }

    /// The model.
    pub fn model(&self) -> &Seq2Seq {
        &self.model
    }

    /// The tokenizer.
    pub fn tokenizer(&self) -> &Seq2SeqTokenizer {
        &self.tokenizer
    }

    /// Settings that the model recommends and that no search here knows, as [`SearchOptions::unheeded`] names them.
    pub fn unheeded(&self) -> &[&'static str] {
        &self.unheeded
    }

    /// The ids of a request, and how its output begins and ends.
    fn source(&self, request: &Request) -> Result<Source> {
        if matches!(request.decoding, Decoding::Forced { .. }) {
            return Err(Error::usage(format!("{} cannot weigh an answer that is given", self.name))
                .hint("only chat models can"));
        }
        let (tokens, target) = match &request.task {
            Task::Translate { pair, text, .. } => {
                self.check_translates()?;
                (self.tokenizer.encode_source(text, &pair.source, &pair.target)?, &pair.target)
            }
            Task::Summarize { lang, text, .. } => {
                (self.tokenizer.encode_text(self.summary_prefix()?, text, lang)?, lang)
            }
            Task::Write { .. } => {
                return Err(Error::usage(format!("{} writes nothing without a source", self.name))
                    .hint("only chat models do"));
            }
        };
        if tokens.len() > self.context() {
            let (len, most) = (tokens.len(), self.context());
            return Err(Error::runtime(format!("a text of {len} tokens exceeds the context of {most}"))
                .hint("split the text into smaller parts"));
        }
        let (start, forced_bos) = self.tokenizer.decoder_start(target)?;
        // Lengths of a search count the start, what must come first, and the end.
        let around = 2 + usize::from(forced_bos.is_some());
        let max_length = Some(request.max_tokens.saturating_add(around));
        Ok(Source { tokens, start: Some(start), forced_bos, max_length, phrases: self.phrases(request)? })
    }

    /// What the output of a request has to hold: its terms.
    fn phrases(&self, request: &Request) -> Result<Vec<Vec<Vec<u32>>>> {
        match &request.task {
            Task::Translate { terms, .. } => terms.iter().map(|term| self.ways(&term.target)).collect(),
            Task::Summarize { .. } | Task::Write { .. } => Ok(Vec::new()),
        }
    }

    /// The ways to write a phrase in ids, also at the beginning of a sentence; none for letters that the model has not.
    fn ways(&self, phrase: &str) -> Result<Vec<Vec<u32>>> {
        let mut ways = Vec::new();
        for phrase in [phrase.to_owned(), capitalised(phrase)] {
            let way = self.tokenizer.encode_target(&phrase)?;
            if self.tokenizer.decode(&way) == phrase && !ways.contains(&way) {
                ways.push(way);
            }
        }
        Ok(ways)
    }

    fn check_translates(&self) -> Result<()> {
        match self.family {
            Family::Bart | Family::Pegasus => {
                Err(Error::usage(format!("{} writes summaries and does not translate", self.name))
                    .hint("name a translator with --translator"))
            }
            _ => Ok(()),
        }
    }

    /// What stands before a text to summarise.
    fn summary_prefix(&self) -> Result<&'static str> {
        match self.family {
            Family::Bart | Family::Pegasus => Ok(""),
            Family::T5 | Family::Mt5 | Family::Umt5 if !self.tokenizer.is_translator() => Ok(SUMMARIZE),
            _ => Err(Error::usage(format!("{} translates and does not summarise", self.name))
                .hint("name a summariser with --summarizer, or pick sentences with --method extractive")),
        }
    }

    /// How a request is searched that has to hold phrases of so many tokens.
    fn options(&self, request: &Request, phrases: usize) -> SearchOptions {
        let own = self.search.clone();
        let (own, wording) = match &request.task {
            // Lengths that the model recommends are meant for whole texts; a request says what its own may be.
            Task::Translate { wording, .. } => (SearchOptions { max_length: usize::MAX, ..own }, *wording),
            Task::Summarize { wording, .. } => {
                (SearchOptions { min_length: own.min_length.min(request.max_tokens / 2), ..own }, *wording)
            }
            Task::Write { .. } => (own, Wording::Plain),
        };
        // A place for each token of the phrases and some more, in few different numbers, so that requests go together.
        let places = if phrases > 0 { (phrases + 4).next_multiple_of(4).min(MOST_PLACES) } else { 0 };
        match (&request.decoding, wording) {
            (Decoding::Sample { .. }, _) => {
                SearchOptions { beams: 1, decoding: request.decoding.clone(), ..own }
            }
            (_, Wording::Strict) => {
                let wider = (own.beams + 2).max(4);
                SearchOptions { beams: wider.max(places), no_repeat_ngram: 4, ..own }
            }
            _ => SearchOptions { beams: own.beams.max(places), ..own },
        }
    }

    /// Puts requests together that are searched alike, which a seed of its own prevents.
    fn groups(
        &self,
        requests: &[Request],
        change: impl Fn(SearchOptions) -> SearchOptions,
    ) -> Result<Vec<Group>> {
        let mut groups: Vec<Group> = Vec::new();
        for (place, request) in requests.iter().enumerate() {
            let source = self.source(request)?;
            let phrases =
                source.phrases.iter().map(|ways| ways.iter().map(Vec::len).max().unwrap_or(0)).sum();
            let options = change(self.options(request, phrases));
            match groups.iter_mut().find(|group| group.options == options) {
                Some(group) => {
                    group.places.push(place);
                    group.sources.push(source);
                }
                None => groups.push(Group { options, places: vec![place], sources: vec![source] }),
            }
        }
        Ok(groups)
    }

    /// Searches the outputs of every request, the best first.
    fn search(
        &self,
        groups: &[Group],
        count: usize,
        observe: &mut dyn FnMut(Event<'_>) -> Flow,
    ) -> Result<Vec<Vec<Hypothesis>>> {
        let mut results: Vec<Vec<Hypothesis>> = vec![Vec::new(); count];
        for Group { options, places, sources } in groups {
            self.model.generate(sources, options, &mut |event| match event {
                SearchEvent::Encoded { tokens } => observe(Event::Prefilled { tokens }),
                SearchEvent::Decoded { tokens } => observe(Event::Decoded { tokens }),
                SearchEvent::Finished { index, beams } => {
                    let (Some(place), Some(source)) = (places.get(index), sources.get(index)) else {
                        return Flow::Continue;
                    };
                    let mut found: Vec<_> =
                        beams.iter().map(|beam| self.hypothesis(beam, source, options)).collect();
                    if found.is_empty() {
                        found.push(self.hypothesis(&NOTHING, source, options));
                    }
                    let result = results.get_mut(*place).map(|result| {
                        *result = found;
                        &*result
                    });
                    match result.and_then(|found| found.first()) {
                        Some(hypothesis) => observe(Event::Finished { index: *place, hypothesis }),
                        None => Flow::Continue,
                    }
                }
            })?;
        }
        Ok(results)
    }

    fn hypothesis(&self, beam: &Beam, source: &Source, options: &SearchOptions) -> Hypothesis {
        let longest = source.max_length.unwrap_or(usize::MAX).min(options.max_length);
        let longest = longest.min(self.model.context() + 1);
        // An end that was forced at the greatest length cuts a text as well as none does.
        let cut = !beam.complete || (options.forced_eos.is_some() && beam.tokens.len() + 2 >= longest);
        let (tokens, finish) = match before_loop(&beam.tokens).filter(|_| cut) {
            Some(before) => (beam.tokens.get(..before).unwrap_or_default(), Finish::Loop),
            None => (beam.tokens.as_slice(), if cut { Finish::Length } else { Finish::Stop }),
        };
        let scored = beam.tokens.len() + usize::from(beam.complete);
        Hypothesis {
            text: self.tokenizer.decode(tokens),
            tokens: tokens.len(),
            logprob: (scored > 0).then(|| (beam.logprob / scored as f64).min(0.0)),
            finish,
        }
    }
}

/// A text with a capital at its beginning.
fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().into_iter().flat_map(char::to_uppercase).chain(rest).collect()
}

/// What a search that ended without an output found.
const NOTHING: Beam = Beam { tokens: Vec::new(), score: 0.0, logprob: 0.0, complete: true };

impl Engine for Seq2SeqEngine {
    /// The most tokens of a source; an output may have as many.
    fn context(&self) -> usize {
        self.model.context()
    }

    fn count_tokens(&self, text: &str) -> Result<usize> {
        self.tokenizer.count(text)
    }

    fn check_pair(&self, pair: &LangPair) -> Result<()> {
        self.check_translates()?;
        self.tokenizer.check_pair(&pair.source, &pair.target)
    }

    fn run(
        &mut self,
        requests: &[Request],
        observe: &mut dyn FnMut(Event<'_>) -> Flow,
    ) -> Result<Vec<Hypothesis>> {
        let groups = self.groups(requests, |options| options)?;
        let found = self.search(&groups, requests.len(), observe)?;
        let unanswered = || Error::runtime("a request was left without an answer");
        found.into_iter().map(|found| found.into_iter().next().ok_or_else(unanswered)).collect()
    }

    fn alternatives(
        &mut self,
        requests: &[Request],
        count: usize,
        observe: &mut dyn FnMut(Event<'_>) -> Flow,
    ) -> Result<Vec<Vec<Hypothesis>>> {
        let groups = self.groups(requests, |options| SearchOptions {
            beams: options.beams.max(count),
            n_best: count,
            decoding: Decoding::Greedy,
            ..options
        })?;
        self.search(&groups, requests.len(), observe)
    }
}
