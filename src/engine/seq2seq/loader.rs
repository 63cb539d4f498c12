//! From a model's tensors to layers.

use std::sync::Arc;

use super::gguf::tensor_name;
use super::layers::{Norm, Rows, Table};
use crate::engine::kernels::Pool;
use crate::engine::linear::{self, Linear, Stored};
use crate::error::{Error, Result};
use crate::gguf::Gguf;
use crate::weights::Checkpoint;

/// Where tensors come from. Their names are those of Python's transformers in either case.
pub(crate) enum Weights<'a> {
    Folder(&'a Checkpoint),
    Gguf(&'a Gguf),
}

/// What is needed to read layers.
pub(crate) struct Loader<'a> {
    pub(crate) weights: Weights<'a>,
    pub(crate) stored: Stored,
    pub(crate) pool: &'a Pool,
}

impl Loader<'_> {
    /// Whether there is a tensor of that name.
    pub(crate) fn has(&self, name: &str) -> bool {
        match self.weights {
            Weights::Folder(checkpoint) => checkpoint.has(name),
            Weights::Gguf(gguf) => tensor_name(name).is_some_and(|name| gguf.has_tensor(&name)),
        }
    }

    /// The numbers of a tensor in row-major order.
    pub(crate) fn tensor(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        match self.weights {
            Weights::Folder(checkpoint) => checkpoint.tensor(name, shape),
            Weights::Gguf(gguf) => linear::numbers(gguf, tensor_name(name).as_deref().unwrap_or(name), shape),
        }
    }

    /// Reads `{name}.weight` of `[rows, cols]` and, where the model has one, `{name}.bias`.
    pub(crate) fn linear(&self, name: &str, rows: usize, cols: usize) -> Result<Linear> {
        let bias_name = format!("{name}.bias");
        let bias = match self.has(&bias_name) {
            true => Some(self.tensor(&bias_name, &[rows])?),
            false => None,
        };
        let name = format!("{name}.weight");
        if let Some(quantized) = self.quantized(&name, rows, cols)? {
            return Ok(quantized);
        }
        let weights = self.tensor(&name, &[rows, cols])?;
        Linear::from_f32(&weights, rows, cols, bias, self.stored, self.pool)
    }

    /// A layer that its file holds in few bits, as it is; none where it does not, or where all is to be kept as
    /// floats.
    fn quantized(&self, name: &str, rows: usize, cols: usize) -> Result<Option<Linear>> {
        let (Weights::Gguf(gguf), Stored::Q8(form)) = (&self.weights, self.stored) else { return Ok(None) };
        let Some(name) = tensor_name(name) else { return Ok(None) };
        if gguf.tensor(&name)?.dtype.block_size() == 1 {
            return Ok(None);
        }
        let loader = linear::Loader { gguf, form, fine: false, device: None, pool: self.pool };
        loader.linear(name.trim_end_matches(".weight"), rows, cols).map(Some)
    }

    /// A layer norm.
    pub(crate) fn layer_norm(&self, name: &str, width: usize) -> Result<Norm> {
        Ok(Norm::Layer {
            weight: self.tensor(&format!("{name}.weight"), &[width])?,
            bias: self.tensor(&format!("{name}.bias"), &[width])?,
            eps: 1e-5,
        })
    }

    /// The first of several names that there is a tensor of.
    pub(crate) fn first_of<'n>(&self, names: &[&'n str]) -> Result<&'n str> {
        names.iter().copied().find(|name| self.has(name)).ok_or_else(|| {
            Error::model(format!("the weights lack a tensor {}", names.join(" or ")))
                .hint("fetch the model's files again, all from one repository")
        })
    }

    /// A table of embeddings as a layer, so that it may be the output head as well.
    pub(crate) fn embeddings(&self, name: &str, vocab: usize, width: usize) -> Result<Embeddings> {
        let layer = match self.quantized(name, vocab, width)? {
            Some(layer) => layer,
            None => {
                let weights = self.tensor(name, &[vocab, width])?;
                Linear::from_f32(&weights, vocab, width, None, self.stored, self.pool)?
            }
        };
        let layer = Arc::new(layer);
        let rows = match layer.has_rows() {
            true => Rows::Shared(layer.clone()),
            false => Rows::Own(Arc::new(self.tensor(name, &[vocab, width])?)),
        };
        Ok(Embeddings { name: name.into(), layer, rows })
    }

    /// The table of `name`: one of those that are read already, or another one.
    pub(crate) fn embeddings_among(
        &self,
        read: &[&Embeddings],
        name: &str,
        vocab: usize,
        width: usize,
    ) -> Result<Embeddings> {
        match read.iter().find(|table| table.name == name && table.layer.rows() == vocab) {
            Some(table) => Ok((*table).clone()),
            None => self.embeddings(name, vocab, width),
        }
    }
}

/// A table of embeddings, which may serve several ends.
#[derive(Clone)]
pub(crate) struct Embeddings {
    name: String,
    pub(crate) layer: Arc<Linear>,
    rows: Rows,
}

impl Embeddings {
    /// The table, its rows multiplied by `scale`.
    pub(crate) fn table(&self, width: usize, scale: f32) -> Table {
        Table { rows: self.rows.clone(), width, scale }
    }
}
