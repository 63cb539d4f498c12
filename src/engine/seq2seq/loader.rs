//! From a model folder's tensors to layers.

use std::sync::Arc;

use super::layers::{Norm, Rows, Table};
use crate::engine::kernels::Pool;
use crate::engine::linear::{Linear, Stored};
use crate::error::{Error, Result};
use crate::weights::Checkpoint;

/// What is needed to read layers.
pub(crate) struct Loader<'a> {
    pub(crate) checkpoint: &'a Checkpoint,
    pub(crate) stored: Stored,
    pub(crate) pool: &'a Pool,
}

impl Loader<'_> {
    /// Reads `{name}.weight` of `[rows, cols]` and, where the model has one, `{name}.bias`.
    pub(crate) fn linear(&self, name: &str, rows: usize, cols: usize) -> Result<Linear> {
        let bias_name = format!("{name}.bias");
        let bias = match self.checkpoint.has(&bias_name) {
            true => Some(self.checkpoint.tensor(&bias_name, &[rows])?),
            false => None,
        };
        let weights = self.checkpoint.tensor(&format!("{name}.weight"), &[rows, cols])?;
        Linear::from_f32(&weights, rows, cols, bias, self.stored, self.pool)
    }

    /// A layer norm.
    pub(crate) fn layer_norm(&self, name: &str, width: usize) -> Result<Norm> {
        Ok(Norm::Layer {
            weight: self.checkpoint.tensor(&format!("{name}.weight"), &[width])?,
            bias: self.checkpoint.tensor(&format!("{name}.bias"), &[width])?,
            eps: 1e-5,
        })
    }

    /// The first of several names that there is a tensor of.
    pub(crate) fn first_of<'n>(&self, names: &[&'n str]) -> Result<&'n str> {
        names.iter().copied().find(|name| self.checkpoint.has(name)).ok_or_else(|| {
            Error::model(format!("the weights lack a tensor {}", names.join(" or ")))
                .hint("fetch the model's files again, all from one repository")
        })
    }

    /// A table of embeddings as a layer, so that it may be the output head as well.
    pub(crate) fn embeddings(&self, name: &str, vocab: usize, width: usize) -> Result<Embeddings> {
        let weights = self.checkpoint.tensor(name, &[vocab, width])?;
        let layer = Arc::new(Linear::from_f32(&weights, vocab, width, None, self.stored, self.pool)?);
        let rows = if layer.has_rows() { Rows::Shared(layer.clone()) } else { Rows::Own(Arc::new(weights)) };
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
