//! What a search is asked to do.

use std::path::Path;

use crate::engine::seq2seq::parts::Settings;
use crate::error::Result;
use crate::plan::Decoding;

/// When a beam search ends, as in Python's transformers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum EarlyStopping {
    /// When no running beam would beat the finished ones if it ended now.
    #[default]
    Heuristic,
    /// As soon as there are as many finished beams as are asked for.
    FirstComplete,
    /// When no running beam could beat the finished ones at any length.
    Never,
}

/// Settings of `generation_config.json` that change what transformers writes and that no search here knows, with the
/// value at which they change nothing, if it is a number.
const UNHEEDED: [(&str, Option<f64>); 12] = [
    ("repetition_penalty", Some(1.0)),
    ("encoder_repetition_penalty", Some(1.0)),
    ("encoder_no_repeat_ngram_size", Some(0.0)),
    ("num_beam_groups", Some(1.0)),
    ("diversity_penalty", Some(0.0)),
    ("guidance_scale", Some(1.0)),
    ("penalty_alpha", Some(0.0)),
    ("sequence_bias", None),
    ("force_words_ids", None),
    ("constraints", None),
    ("exponential_decay_length_penalty", None),
    ("forced_decoder_ids", None),
];

/// How outputs are searched. Lengths count the token that the decoder starts from, as they do in
/// `generation_config.json`.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchOptions {
    /// How many beams; with 1, tokens are chosen one after the other as `decoding` says.
    pub beams: usize,
    /// How many outputs are wanted of each source, at most `beams`.
    pub n_best: usize,
    /// With one beam, how a token is chosen.
    pub decoding: Decoding,
    /// Beams are ranked by their log-probability over their length to the power of this.
    pub length_penalty: f32,
    /// When a beam search ends.
    pub early_stopping: EarlyStopping,
    /// No sequence of this many tokens is written twice; 0 for no such rule.
    pub no_repeat_ngram: usize,
    /// No output is shorter.
    pub min_length: usize,
    /// No output is longer; the model's positions are a limit as well.
    pub max_length: usize,
    /// What the decoder starts from.
    pub start: u32,
    /// What ends an output.
    pub eos: Vec<u32>,
    /// What must come first.
    pub forced_bos: Option<u32>,
    /// What must come last at the greatest length.
    pub forced_eos: Option<u32>,
    /// Tokens that are never written.
    pub suppressed: Vec<u32>,
    /// Tokens that are not written first, or first after what must come first.
    pub suppressed_first: Vec<u32>,
    /// Sequences of several tokens that are never written to their end.
    pub suppressed_sequences: Vec<Vec<u32>>,
    /// Whether the probabilities of what may be written are made to sum to one again.
    pub renormalize: bool,
    /// The most rows, all sources' beams together, that are decoded at once; 0 for as many as seem good.
    pub max_rows: usize,
}

impl Default for SearchOptions {
    fn default() -> Self {
        Self {
            beams: 1,
            n_best: 1,
            decoding: Decoding::Greedy,
            length_penalty: 1.0,
            early_stopping: EarlyStopping::Heuristic,
            no_repeat_ngram: 0,
            min_length: 0,
            max_length: usize::MAX,
            start: 0,
            eos: Vec::new(),
            forced_bos: None,
            forced_eos: None,
            suppressed: Vec::new(),
            suppressed_first: Vec::new(),
            suppressed_sequences: Vec::new(),
            renormalize: false,
            max_rows: 0,
        }
    }
}

impl SearchOptions {
    /// What the model in `folder` recommends beyond what a search can do: names of settings in its
    /// `generation_config.json` that would change the output.
    ///
    /// # Errors
    /// [`ErrorKind::Model`](crate::ErrorKind::Model) when the file is damaged.
    pub fn unheeded(folder: &Path) -> Result<Vec<&'static str>> {
        let settings = Settings::of_generation(folder)?;
        let heeded = |(key, neutral): &(&str, Option<f64>)| match neutral {
            Some(_) => settings.number(key).or(*neutral) == *neutral,
            None => !settings.has(key),
        };
        let unheeded = UNHEEDED.iter().filter(|setting| !heeded(setting)).map(|(key, _)| *key);
        let sampling = (settings.flag("do_sample") == Some(true)).then_some("do_sample");
        Ok(unheeded.chain(sampling).collect())
    }

    /// What the model in `folder` recommends.
    ///
    /// # Errors
    /// [`ErrorKind::Model`](crate::ErrorKind::Model) when the files are damaged or say not where outputs start.
    pub fn of_folder(folder: &Path) -> Result<Self> {
        let config = Settings::read(folder.join("config.json"))?;
        let settings = Settings::of_generation(folder)?;
        let token = |key: &str| match settings.token(key)? {
            Some(token) => Ok(Some(token)),
            None => config.token(key),
        };
        let bos = token("bos_token_id")?;
        let start = match token("decoder_start_token_id")?.or(bos) {
            Some(start) => start,
            None => return Err(config.wrong("decoder_start_token_id", "is missing")),
        };
        let eos = match settings.tokens("eos_token_id")? {
            eos if !eos.is_empty() => eos,
            _ => config.tokens("eos_token_id")?,
        };
        let count = |key: &str| settings.count(key);
        let beams = count("num_beams")?.unwrap_or(1).max(1);
        // New tokens are those after the start.
        let min_new = count("min_new_tokens")?.map_or(0, |new| new + 1);
        let max_new = count("max_new_tokens")?.map(|new| new + 1);
        // An end that is listed as a bad word may be written all the same, as in transformers.
        let is_end = |word: &[u32]| matches!(word, [only] if eos.contains(only));
        let words = settings.sequences("bad_words_ids")?.into_iter().filter(|word| !is_end(word));
        let (single, suppressed_sequences): (Vec<_>, Vec<_>) = words.partition(|word| word.len() == 1);
        let suppressed = single.concat().into_iter().chain(settings.tokens("suppress_tokens")?).collect();
        Ok(Self {
            beams,
            n_best: 1,
            decoding: Decoding::Greedy,
            length_penalty: settings.number("length_penalty").unwrap_or(1.0) as f32,
            early_stopping: match (settings.flag("early_stopping"), settings.text("early_stopping")) {
                (Some(true), _) => EarlyStopping::FirstComplete,
                (_, Some("never")) => EarlyStopping::Never,
                _ => EarlyStopping::Heuristic,
            },
            no_repeat_ngram: count("no_repeat_ngram_size")?.unwrap_or(0),
            min_length: count("min_length")?.unwrap_or(0).max(min_new),
            max_length: max_new.or(count("max_length")?).filter(|max| *max > 1).unwrap_or(usize::MAX),
            start,
            eos,
            forced_bos: settings.token("forced_bos_token_id")?,
            forced_eos: settings.token("forced_eos_token_id")?,
            suppressed,
            suppressed_first: settings.tokens("begin_suppress_tokens")?,
            suppressed_sequences,
            renormalize: settings.flag("renormalize_logits") == Some(true),
            max_rows: 0,
        })
    }
}

/// A text to write an output for, in tokens, with what it has of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The text as the encoder reads it, special tokens included.
    pub tokens: Vec<u32>,
    /// What the decoder starts from, if not what the options say.
    pub start: Option<u32>,
    /// What must come first, if not what the options say: the target language of some families.
    pub forced_bos: Option<u32>,
    /// The greatest length, if it is less than what the options say.
    pub max_length: Option<usize>,
    /// What the output has to hold: phrases, each in one of several ways to write it in tokens. The more tokens they
    /// have, the more beams it takes not to write them too soon; a drawn output takes no notice.
    pub phrases: Vec<Vec<Vec<u32>>>,
}

impl From<Vec<u32>> for Source {
    fn from(tokens: Vec<u32>) -> Self {
        Self { tokens, ..Self::default() }
    }
}

/// An output.
#[derive(Clone, Debug, PartialEq)]
pub struct Beam {
    /// What was written, without the start and without the end.
    pub tokens: Vec<u32>,
    /// What outputs of one source are ranked by: `logprob` over the length, the end included, to the power of the
    /// length penalty.
    pub score: f32,
    /// The natural logarithm of the probability of all tokens, the end included. Forced tokens count nothing.
    pub logprob: f64,
    /// Whether the model ended it, or the greatest length did.
    pub complete: bool,
}
