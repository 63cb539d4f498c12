//! Attention of an encoder-decoder: of whole sources to themselves, of decoder rows to their source, and of decoder
//! rows to what they wrote before. Sources have their own lengths, so nothing is padded and nothing masked.

#[cfg(test)]
mod definition;
mod panels;
mod paths;
mod sources;

pub(crate) use panels::{Memory, panels};
pub(crate) use paths::to_paths;
pub(crate) use sources::{to_sources, within_sources};

/// The heads of a layer's attention.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Heads {
    pub(crate) count: usize,
    /// Dimensions of a head.
    pub(crate) dim: usize,
    /// What scores are multiplied by.
    pub(crate) scale: f32,
}
