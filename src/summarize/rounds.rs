//! An abstractive summary in rounds. A text that one request holds is summarised whole; the answer is checked
//! against the source; one that does not hold is asked for once more, in two other ways, and the best answer is
//! taken. A long text is summarised chunk by chunk, and the summary is joined from what the chunks say; only a
//! headline is asked for again, of what remains.

use super::answer::Answer;
use super::chunks::{Chunk, Piece, chunks, pieces, text, tokens};
use super::extract::{extract, is_heading, too_long};
use super::ground::Source;
use super::join::{join, most_sentences};
use super::words::count_words;
use super::{Method, Passage, Summary, SummaryOptions, SummarySentence};
use crate::engine::Hypothesis;
use crate::error::Result;
use crate::flag::{Flag, FlagKind};
use crate::plan::{Decoding, Length, Request, Task, Wording};

/// A wording and a way to choose tokens.
type Way = (Wording, Decoding);

const FIRST_TRY: [Way; 1] = [(Wording::Plain, Decoding::Greedy)];
/// The prompts of both are the same, so that an engine reads it once.
const SECOND_TRY: [Way; 2] = [
    (Wording::Strict, Decoding::Greedy),
    (Wording::Strict, Decoding::Sample { temperature: 0.6, top_p: 0.9, seed: 1 }),
];
/// How often a text is shortened before it is given a headline. Each level shortens it several times, so that no
/// text of a sensible length needs as many.
const MOST_LEVELS: usize = 8;
/// The most tokens of text that are summarised whole. Of a longer one a small model tells the beginning.
const MOST_TEXT: usize = 2048;
/// The most tokens of a chunk, about 400 words.
const CHUNK: usize = 768;
/// A headline with more words is too long.
const HEADLINE_WORDS: usize = 20;

/// An abstractive summary in the making: asks, checks, asks again, and ends with a summary.
///
/// A summary keeps its length: surplus sentences at the end are dropped, never parts of one. What cannot be had
/// is flagged: a missing sentence on the last one, names and numbers that the source does not have and a lack
/// of support on the sentence itself. When the model writes nothing, or declines, or says nothing that the text does,
/// sentences of the text stand in ([`Method::Extractive`]), the first flagged [`FlagKind::Empty`],
/// [`FlagKind::Refusal`] or [`FlagKind::Unsupported`].
#[derive(Debug)]
pub struct SummaryRounds {
    source: Source,
    options: SummaryOptions,
    /// The tokens of text that one request may hold.
    budget: usize,
    /// The extractive summary, for when the model fails.
    fallback: Summary,
    stage: Stage,
    /// The answers to the last round's requests.
    answers: Vec<Option<Hypothesis>>,
    drafts: Vec<Draft>,
}

/// What is asked for.
#[derive(Debug)]
enum Stage {
    /// A summary of each chunk; `level` chunkings came before.
    Chunks {
        chunks: Vec<Chunk>,
        level: usize,
    },
    /// The summary of a text that one request holds.
    Whole {
        text: String,
    },
    Done,
}

impl SummaryRounds {
    /// Starts a summary of `passages`. `count` is the engine's token count of a text.
    ///
    /// # Errors
    /// Those of `count`.
    pub fn new(
        passages: &[Passage<'_>],
        options: &SummaryOptions,
        count: &dyn Fn(&str) -> Result<usize>,
    ) -> Result<Self> {
        let fallback = extract(passages, options);
        let sentences = passages.iter().filter(|passage| !is_heading(passage.text)).count().max(1);
        let options = SummaryOptions { length: at_most(options.length, sentences), ..options.clone() };
        let longest = [options.length, Length::Sentences(most_sentences(options.length))];
        let reserved = longest.map(|length| answer_tokens(&options, length));
        let budget = options.budget.saturating_sub(reserved[0].max(reserved[1])).clamp(1, MOST_TEXT);
        let stage = if fallback.sentences.is_empty() {
            Stage::Done
        } else {
            Stage::new(&pieces(passages, budget, count)?, budget, 0)
        };
        let source = Source::new(passages, &options.lang);
        Ok(Self { source, options, budget, fallback, stage, answers: Vec::new(), drafts: Vec::new() })
    }

    /// The next round's requests; empty when the summary is done.
    ///
    /// # Errors
    /// None so far.
    pub fn requests(&mut self) -> Result<Vec<Request>> {
        self.take_answers();
        let requests = match &self.stage {
            Stage::Chunks { chunks, .. } => {
                let length = self.chunk_length(chunks.len());
                chunks.iter().map(|chunk| self.request(text(chunk), length, FIRST_TRY[0].clone())).collect()
            }
            Stage::Whole { text } => {
                let ways: &[Way] = if self.drafts.is_empty() { &FIRST_TRY } else { &SECOND_TRY };
                ways.iter().map(|way| self.request(text.clone(), self.options.length, way.clone())).collect()
            }
            Stage::Done => Vec::new(),
        };
        self.answers = vec![None; requests.len()];
        Ok(requests)
    }

    /// Takes the answer to the request with this index in the last round.
    pub fn accept(&mut self, index: usize, hypothesis: &Hypothesis) {
        if let Some(answer) = self.answers.get_mut(index) {
            *answer = Some(hypothesis.clone());
        }
    }

    /// The summary: of the drafts that say something of the text the one with the least to doubt, the earliest of
    /// several.
    pub fn finish(mut self) -> Summary {
        self.take_answers();
        let failure = Failure::of(&self.drafts);
        let usable = self.drafts.into_iter().filter(Draft::is_supported);
        match usable.min_by_key(|draft| draft.doubts(self.options.length)) {
            Some(draft) => Summary {
                lang: self.options.lang,
                method: Method::Abstractive,
                sentences: draft.sentences,
                bulleted: self.fallback.bulleted,
            },
            None => without_model(self.fallback, failure),
        }
    }

    /// Moves on with the answers of the last round, if there was one.
    fn take_answers(&mut self) {
        let answers = std::mem::take(&mut self.answers);
        if answers.is_empty() {
            return;
        }
        match &self.stage {
            Stage::Chunks { chunks, level } => {
                let shorten = |(part, (chunk, answer)): (usize, (&Chunk, &Option<Hypothesis>))| {
                    self.shortened(chunk, answer.as_ref(), part, chunks.len())
                };
                let parts: Vec<Chunk> = chunks.iter().zip(&answers).enumerate().map(shorten).collect();
                let level = level + 1;
                self.move_on(&parts, level);
            }
            Stage::Whole { .. } => {
                let retried = !self.drafts.is_empty();
                for answer in answers.iter().flatten() {
                    let answer = Answer::read(answer, self.options.length, &self.options.lang);
                    self.drafts.push(Draft::new(answer, &self.source, self.options.length));
                }
                if retried || self.drafts.iter().any(Draft::holds) {
                    self.stage = Stage::Done;
                } else if self.drafts.is_empty() {
                    self.drafts.push(Draft::default());
                }
            }
            Stage::Done => {}
        }
    }

    /// Joins what the chunks say, or asks for a headline of it.
    fn move_on(&mut self, parts: &[Chunk], level: usize) {
        self.stage = if self.options.length == Length::Headline {
            Stage::new(&parts.concat(), self.budget, level)
        } else {
            let answer = Answer { sentences: join(parts, &self.options), ..Answer::default() };
            self.drafts.push(Draft::new(answer, &self.source, self.options.length));
            Stage::Done
        };
    }

    /// What a chunk's summary says, as one block. Only sentences that one passage carries are kept: those that a small
    /// model makes of several are too often wrong. When they are too few, sentences of the chunk stand in, so that no
    /// part of the text is lost.
    fn shortened(&self, chunk: &Chunk, answer: Option<&Hypothesis>, block: usize, chunks: usize) -> Chunk {
        let written =
            answer.map(|answer| self.supported(answer, self.chunk_length(chunks))).unwrap_or_default();
        let mut kept: Chunk =
            written.into_iter().map(|(text, tokens)| Piece { text, block, tokens }).collect();
        let missing = most_sentences(self.options.length).div_ceil(chunks).saturating_sub(kept.len());
        if missing > 0 {
            let passages: Vec<Passage<'_>> = chunk
                .iter()
                .enumerate()
                .map(|(id, p)| Passage { id, block: p.block, text: &p.text })
                .collect();
            let options = SummaryOptions { length: Length::Sentences(missing), ..self.options.clone() };
            let picked = extract(&passages, &options).sentences.into_iter().flat_map(|s| s.sources);
            let picked = picked.filter_map(|id| chunk.get(id)).map(|piece| Piece { block, ..piece.clone() });
            kept.extend(picked);
        }
        kept
    }

    /// The sentences of an answer that one passage carries, and about how many tokens each has.
    fn supported(&self, hypothesis: &Hypothesis, length: Length) -> Vec<(String, usize)> {
        let answer = Answer::read(hypothesis, length, &self.options.lang);
        if answer.refused || answer.truncated {
            return Vec::new();
        }
        let bytes = hypothesis.text.len().max(1);
        let is_supported = |text: &String| {
            let grounding = self.source.ground(text);
            grounding.flags.is_empty() && grounding.sources.len() == 1
        };
        let supported = answer.sentences.into_iter().filter(is_supported);
        supported
            .map(|text| {
                let tokens = (hypothesis.tokens * text.len()).div_ceil(bytes) + 1;
                (text, tokens)
            })
            .collect()
    }

    /// How long the summary of one of several chunks is. A small model tells what a chunk comes to in one sentence,
    /// and how it begins in several.
    fn chunk_length(&self, chunks: usize) -> Length {
        Length::Sentences(most_sentences(self.options.length).div_ceil(chunks.max(1)))
    }

    fn request(&self, text: String, length: Length, (wording, decoding): Way) -> Request {
        Request {
            task: Task::Summarize { lang: self.options.lang.clone(), text, length, wording },
            decoding,
            max_tokens: answer_tokens(&self.options, length),
        }
    }
}

impl Stage {
    fn new(pieces: &[Piece], budget: usize, level: usize) -> Self {
        if tokens(pieces) <= budget || level == MOST_LEVELS {
            Self::Whole { text: text(pieces) }
        } else {
            Self::Chunks { chunks: chunks(pieces, budget.min(CHUNK)), level }
        }
    }
}

/// A summary with what was found wrong with it.
#[derive(Clone, Debug, Default)]
struct Draft {
    sentences: Vec<SummarySentence>,
    refused: bool,
}

impl Draft {
    fn new(answer: Answer, source: &Source, length: Length) -> Self {
        let (texts, length_flag) = fit(answer.sentences, length);
        let mut sentences: Vec<SummarySentence> = texts
            .into_iter()
            .map(|text| {
                let grounding = source.ground(&text);
                SummarySentence { text, sources: grounding.sources, flags: grounding.flags }
            })
            .collect();
        let refused = answer.refused && sentences.first().is_some_and(|first| first.sources.is_empty());
        if refused {
            sentences.clear();
        }
        if let Some(last) = sentences.last_mut() {
            let truncated =
                answer.truncated.then(|| Flag::new(FlagKind::Truncated, "the answer is unfinished"));
            last.flags.extend(truncated);
            last.flags.extend(length_flag);
        }
        Self { sentences, refused }
    }

    /// Whether the draft is good enough: complete, nothing invented, and not all of it without support.
    fn holds(&self) -> bool {
        let bad = |flag: &Flag| flag.kind != FlagKind::Unsupported;
        !self.sentences.iter().any(|sentence| sentence.flags.iter().any(bad)) && self.is_supported()
    }

    /// Whether the text carries any of it. An answer to a question in the text, or to an order, is no summary of it.
    fn is_supported(&self) -> bool {
        self.sentences.iter().any(|sentence| !sentence.sources.is_empty())
    }

    /// How much there is to doubt: flags, and sentences that are missing.
    fn doubts(&self, length: Length) -> usize {
        let missing = match length {
            Length::Sentences(n) | Length::Bullets(n) => n.saturating_sub(self.sentences.len()),
            Length::Words(_) | Length::Headline => 0,
        };
        missing + self.sentences.iter().map(|sentence| sentence.flags.len()).sum::<usize>()
    }
}

/// Drops surplus sentences from the end. The flag says what is missing or too long.
fn fit(mut sentences: Vec<String>, length: Length) -> (Vec<String>, Option<Flag>) {
    let flag = match length {
        Length::Sentences(n) | Length::Bullets(n) => {
            sentences.truncate(n);
            let what = if matches!(length, Length::Bullets(_)) { "bullet points" } else { "sentences" };
            let (have, short) = (sentences.len(), sentences.len() < n);
            short.then(|| Flag::new(FlagKind::SummaryLength, format!("{have} {what}, {n} asked for")))
        }
        Length::Words(limit) => {
            let mut words = 0;
            let fitting = sentences.iter().take_while(|sentence| {
                words += count_words(sentence);
                words <= limit
            });
            let fitting = fitting.count();
            sentences.truncate(fitting.max(1));
            let first = sentences.first().filter(|_| fitting == 0);
            first.map(|first| too_long(count_words(first), limit))
        }
        Length::Headline => {
            sentences.truncate(1);
            let words = sentences.first().map_or(0, |headline| count_words(headline));
            (words > HEADLINE_WORDS).then(|| too_long(words, HEADLINE_WORDS))
        }
    };
    (sentences, flag)
}

/// The length that a text of this many sentences can have.
fn at_most(length: Length, sentences: usize) -> Length {
    match length {
        Length::Sentences(n) => Length::Sentences(n.min(sentences)),
        Length::Bullets(n) => Length::Bullets(n.min(sentences)),
        Length::Words(_) | Length::Headline => length,
    }
}

/// How many tokens an answer may take: enough in any language, and never more than half of the budget.
fn answer_tokens(options: &SummaryOptions, length: Length) -> usize {
    let tokens = match length {
        Length::Sentences(n) | Length::Bullets(n) => n.saturating_mul(80).saturating_add(40),
        Length::Words(n) => n.saturating_mul(3).saturating_add(40),
        Length::Headline => 64,
    };
    tokens.min(options.budget / 2).max(1)
}

/// Why no draft could be used.
#[derive(Clone, Copy, Debug)]
enum Failure {
    Refused,
    Unsupported,
    Empty,
}

impl Failure {
    fn of(drafts: &[Draft]) -> Self {
        if drafts.iter().any(|draft| draft.refused) {
            Self::Refused
        } else if drafts.iter().any(|draft| !draft.sentences.is_empty()) {
            Self::Unsupported
        } else {
            Self::Empty
        }
    }
}

/// The extractive summary in place of one that the model did not write, and the flag that says so.
fn without_model(mut fallback: Summary, failure: Failure) -> Summary {
    let (kind, what) = match failure {
        Failure::Refused => (FlagKind::Refusal, "the model declined"),
        Failure::Unsupported => (FlagKind::Unsupported, "no passage says what the model wrote"),
        Failure::Empty => (FlagKind::Empty, "the model wrote no summary"),
    };
    if let Some(first) = fallback.sentences.first_mut() {
        first.flags.push(Flag::new(kind, format!("{what}; sentences of the text stand here")));
    }
    fallback
}
