//! Encoder-decoder models from their hub folders, on the processor: Marian (OPUS-MT), M2M100 and NLLB-200, mBART,
//! BART, Pegasus, and T5 in its versions, which is read from GGUF files as well.
//!
//! ```no_run
//! # fn main() -> diglot::Result<()> {
//! use diglot::engine::Flow;
//! use diglot::engine::search::{SearchOptions, Source};
//! use diglot::engine::seq2seq::{Precision, Seq2Seq};
//!
//! let folder = "opus-mt-de-en".as_ref();
//! let model = Seq2Seq::load(folder, Precision::Int8, 0)?;
//! let options = SearchOptions { beams: 4, ..SearchOptions::of_folder(folder)? };
//! let sources = [Source::from(vec![43, 2006, 17, 0])];
//! let found = model.generate(&sources, &options, &mut |_| Flow::Continue)?;
//! println!("{:?}", found[0][0].tokens);
//! # Ok(())
//! # }
//! ```

mod attend;
mod bart;
mod config;
mod engine;
mod gguf;
mod layers;
mod loader;
mod model;
mod relative;
mod tree;

pub use engine::{Options, Seq2SeqEngine};

use std::path::Path;

use crate::engine::formats::{self, FormatUse};
use crate::engine::kernels::{Form, Pool, default_threads};
use crate::engine::linear::{Linear, Stored};
use crate::engine::search::{self, Beam, SearchEvent, SearchOptions, Source};
use crate::engine::{Flow, ops, t5};
use crate::error::Result;
use crate::gguf::Gguf;
use crate::weights::Checkpoint;
use config::Settings;
use layers::Buffers;
use loader::Weights;
use model::Model;

/// What models of another kind are made of.
pub(super) mod parts {
    pub(in crate::engine) use super::attend::{Heads, Memory};
    pub(in crate::engine) use super::config::Settings;
    pub(in crate::engine) use super::layers::{Attend, Buffers, FeedForward, Norm, Positions, WhenNormed};
    pub(in crate::engine) use super::loader::{Loader, Weights};
    pub(in crate::engine) use super::model::{DecoderLayer, DecoderRow, EncoderLayer, Model, Side};
    pub(in crate::engine) use super::relative::RelativeBias;
    pub(in crate::engine) use super::tree::Tree;
    pub(in crate::engine) use super::{Family, LIMITS, activation};
    pub(in crate::engine) use crate::engine::linear::Stored;
}

/// How weights are kept in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Precision {
    /// As 32-bit floats.
    F32,
    /// Rounded to bfloat16, as which many models are published; computed with as 32-bit floats.
    Bf16,
    /// Rounded to 8 bits with a scale for each 32 inputs, and so are activations in products. Keys and values that the
    /// decoder attends to are kept in 16 bits.
    #[default]
    Int8,
}

/// A family of encoder-decoders, by the `model_type` of `config.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Marian,
    M2m100,
    Mbart,
    Bart,
    Pegasus,
    T5,
    Mt5,
    Umt5,
}

/// The `model_type` of each family.
const FAMILIES: [(&str, Family); 8] = [
    ("marian", Family::Marian),
    ("m2m_100", Family::M2m100),
    ("mbart", Family::Mbart),
    ("bart", Family::Bart),
    ("pegasus", Family::Pegasus),
    ("t5", Family::T5),
    ("mt5", Family::Mt5),
    ("umt5", Family::Umt5),
];

/// The largest sizes that a configuration may give.
pub(super) struct Limits {
    pub(super) width: usize,
    pub(super) feed_forward: usize,
    pub(super) heads: usize,
    pub(super) layers: usize,
    pub(super) vocab: usize,
    pub(super) positions: usize,
}

pub(super) const LIMITS: Limits = Limits {
    width: 1 << 13,
    feed_forward: 1 << 16,
    heads: 256,
    layers: 256,
    vocab: 1 << 21,
    positions: 1 << 14,
};

/// The activation of this name; `key` is where a configuration names it.
pub(super) fn activation(config: &Settings, key: &str, name: Option<&str>) -> Result<fn(&mut [f32])> {
    match name {
        Some("relu") => Ok(ops::relu),
        Some("silu" | "swish") => Ok(ops::silu),
        Some("gelu" | "gelu_python") => Ok(ops::gelu),
        Some("gelu_new" | "gelu_fast" | "gelu_pytorch_tanh" | "gelu_accurate") => Ok(ops::gelu_tanh),
        Some(other) => {
            Err(config.wrong(key, &format!("names `{other}`, an activation that is not known here")))
        }
        None => Err(config.wrong(key, "is missing")),
    }
}

/// An encoder-decoder.
pub struct Seq2Seq {
    model: Model,
}

impl Seq2Seq {
    /// Reads the model in `folder`, laid out as a hub repository: `config.json` and the weights. `threads` work on
    /// a step, all cores when it is 0.
    ///
    /// # Errors
    /// [`ErrorKind::Model`](crate::ErrorKind::Model), naming file and tensor, when the family is not known here, a
    /// file is missing or damaged, or a tensor has another shape than the configuration says.
    pub fn load(folder: &Path, precision: Precision, threads: usize) -> Result<Self> {
        let config = Settings::read(folder.join("config.json"))?;
        let family = family(&config)?;
        let checkpoint = Checkpoint::open(folder)?;
        let weights = Weights::Folder(&checkpoint);
        let load = match family {
            Family::T5 | Family::Mt5 | Family::Umt5 => t5::load,
            _ => bart::load,
        };
        let (stored, pool) = (stored(precision)?, pool(threads));
        Ok(Self { model: load(family, &config, weights, stored, pool, folder.into())? })
    }

    /// Reads a T5 or MADLAD-400 model from a GGUF file. With [`Precision::Int8`] layers that the file holds in few
    /// bits stay as they are.
    ///
    /// # Errors
    /// [`ErrorKind::Model`](crate::ErrorKind::Model), naming file and tensor, when the file holds another kind of model
    /// or is damaged.
    pub fn load_gguf(gguf: &Gguf, precision: Precision, threads: usize) -> Result<Self> {
        let config = gguf::settings(gguf)?;
        let (stored, pool) = (stored(precision)?, pool(threads));
        let path = gguf.path().into();
        Ok(Self { model: t5::load(Family::T5, &config, Weights::Gguf(gguf), stored, pool, path)? })
    }

    /// Whether `folder` holds a model of these families.
    pub fn recognizes(folder: &Path) -> bool {
        Settings::read(folder.join("config.json")).is_ok_and(|config| family(&config).is_ok())
    }

    /// The most tokens of a source, and the most that can be written for it.
    pub fn context(&self) -> usize {
        self.model.max_positions
    }

    /// How many tokens can be written; the width of logits.
    pub fn vocab_size(&self) -> usize {
        self.model.vocab()
    }

    /// The formats of the model's matrices with what multiplies them, the most bytes first.
    pub fn formats(&self) -> Vec<FormatUse> {
        formats::tally(self.model.matrices().map(Linear::format))
    }

    /// Searches the best outputs for each source, in order; each one's, the best first.
    /// `observe` is told of progress; when it answers [`Flow::Stop`] the search ends before its next step with
    /// [`Error::interrupted`](crate::Error::interrupted).
    ///
    /// # Errors
    /// [`ErrorKind::Input`](crate::ErrorKind::Input) for a source longer than [`context`](Self::context).
    pub fn generate(
        &self,
        sources: &[Source],
        options: &SearchOptions,
        observe: &mut dyn FnMut(SearchEvent<'_>) -> Flow,
    ) -> Result<Vec<Vec<Beam>>> {
        search::run(&self.model, sources, options, observe)
    }

    /// The encoder's last states of each source, `[tokens, width]`.
    pub fn encode(&self, sources: &[&[u32]]) -> Result<Vec<Vec<f32>>> {
        let states = self.model.states(sources)?;
        let mut rest = states.as_slice();
        let mut of = |source: &&[u32]| {
            let (own, after) = rest.split_at((source.len() * self.model.width).min(rest.len()));
            rest = after;
            own.to_vec()
        };
        Ok(sources.iter().map(&mut of).collect())
    }

    /// The logits after each token of `target`, which the decoder reads one after the other: `[tokens, vocab_size]`.
    pub fn logits(&self, source: &[u32], target: &[u32]) -> Result<Vec<Vec<f32>>> {
        let memory = self.model.read(&[source])?;
        let (mut tree, mut path) = (self.model.tree(), Vec::new());
        let mut buffers = Buffers::default();
        let mut all = Vec::new();
        for token in target {
            path.push(tree.grow());
            let groups: Vec<_> = memory.iter().map(|memory| (1, memory)).collect();
            let rows = [model::DecoderRow { token: *token, path: &path }];
            let mut hidden = self.model.step(&mut tree, &groups, &rows, &mut buffers)?;
            let mut logits = Vec::new();
            self.model.head(&mut hidden, &mut logits, &mut buffers)?;
            all.push(logits);
        }
        Ok(all)
    }
}

fn stored(precision: Precision) -> Result<Stored> {
    Ok(match precision {
        Precision::F32 => Stored::F32,
        Precision::Bf16 => Stored::Bf16,
        Precision::Int8 => Stored::Q8(Form::choose()?),
    })
}

fn pool(threads: usize) -> Pool {
    Pool::new(if threads == 0 { default_threads() } else { threads })
}

fn family(config: &Settings) -> Result<Family> {
    let name = config.text("model_type").unwrap_or_default();
    FAMILIES.iter().find(|(known, _)| *known == name).map(|(_, family)| *family).ok_or_else(|| {
        let known: Vec<&str> = FAMILIES.iter().map(|(name, _)| *name).collect();
        config
            .wrong("model_type", &format!("is `{name}`, a kind of model that is not known here"))
            .hint(format!("encoder-decoders of these kinds are: {}", known.join(", ")))
    })
}
