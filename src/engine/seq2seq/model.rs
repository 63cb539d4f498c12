//! One encoder-decoder for every family: immutable weights, state as an argument. The tokens of all sources, and
//! the rows of all beams, stand below one another in `[tokens, width]`, so that each linear layer is one matrix
//! product whatever the batch looks like; only attention looks at sources and rows.

use std::path::PathBuf;
use std::sync::Arc;

use super::attend::{self, Memory};
use super::layers::{Attend, Buffers, FeedForward, Norm, Positions, Table, WhenNormed, normed, residual};
use super::relative::RelativeBias;
use super::tree::Tree;
use crate::engine::kernels::Pool;
use crate::engine::linear::Linear;
use crate::engine::ops;
use crate::error::{Error, Result};

/// The weights of an encoder-decoder.
pub(crate) struct Model {
    pub(crate) folder: PathBuf,
    pub(crate) width: usize,
    /// The most positions of a source, and of what the decoder writes.
    pub(crate) max_positions: usize,
    pub(crate) when_normed: WhenNormed,
    pub(crate) source: Table,
    pub(crate) encoder: Side<EncoderLayer>,
    pub(crate) target: Table,
    pub(crate) decoder: Side<DecoderLayer>,
    pub(crate) head: Arc<Linear>,
    /// What hidden states are multiplied by before the head.
    pub(crate) head_scale: f32,
    pub(crate) head_bias: Option<Vec<f32>>,
    pub(crate) pool: Pool,
}

/// The encoder or the decoder.
pub(crate) struct Side<Layer> {
    pub(crate) positions: Positions,
    pub(crate) embedding_norm: Option<Norm>,
    pub(crate) layers: Vec<Layer>,
    pub(crate) final_norm: Option<Norm>,
    /// None, one for all layers, or one for each.
    pub(crate) biases: Vec<RelativeBias>,
}

pub(crate) struct EncoderLayer {
    pub(crate) attend: Attend,
    pub(crate) feed_forward: FeedForward,
}

pub(crate) struct DecoderLayer {
    pub(crate) attend: Attend,
    pub(crate) cross: Attend,
    pub(crate) feed_forward: FeedForward,
}

/// A row of a decoding step.
pub(crate) struct DecoderRow<'a> {
    /// The token that is read.
    pub(crate) token: u32,
    /// The nodes of the tokens before and, last, the node of this one.
    pub(crate) path: &'a [u32],
}

impl Model {
    /// The encoder's states of each source, all tokens in order, `[tokens, width]`.
    ///
    /// # Errors
    /// [`ErrorKind::Input`](crate::ErrorKind::Input) when a source is empty or longer than the model's positions.
    pub(crate) fn states(&self, sources: &[&[u32]]) -> Result<Vec<f32>> {
        if sources.iter().any(|source| source.is_empty()) {
            return Err(Error::runtime("a source without tokens cannot be read"));
        }
        if let Some(long) = sources.iter().map(|source| source.len()).find(|len| *len > self.max_positions) {
            let most = self.max_positions;
            return Err(Error::input(format!("a text of {long} tokens is longer than the model's {most}"))
                .hint("split the text into smaller parts"));
        }
        let lengths: Vec<usize> = sources.iter().map(|source| source.len()).collect();
        let tokens: Vec<u32> = sources.iter().flat_map(|source| source.iter().copied()).collect();
        let positions = lengths.iter().flat_map(|len| 0..*len);
        let mut stream = self.embed(&self.source, &self.encoder, &tokens, positions)?;
        let longest = lengths.iter().copied().max().unwrap_or(0);
        let biases: Vec<_> = self.encoder.biases.iter().map(|bias| bias.both_ways(longest)).collect();
        let mut b = Buffers::default();
        for (index, layer) in self.encoder.layers.iter().enumerate() {
            let EncoderLayer { attend, feed_forward } = layer;
            residual(&mut stream, &attend.norm, self.when_normed, &mut b, &self.pool, |x, b| {
                attend.project(x, b, &self.pool)?;
                b.attended.resize(b.query.len(), 0.0);
                let inputs = [&b.query[..], &b.key, &b.value];
                let bias = of_layer(&biases, index);
                attend::within_sources(attend.heads, &lengths, inputs, bias, &mut b.attended, &self.pool);
                attend.project_back(b, &self.pool)
            })?;
            self.feed_forward(feed_forward, &mut stream, &mut b)?;
        }
        if let Some(norm) = &self.encoder.final_norm {
            normed(&mut stream, norm, &self.pool);
        }
        self.check(&stream)?;
        Ok(stream)
    }

    /// What the decoder keeps of each source.
    pub(crate) fn read(&self, sources: &[&[u32]]) -> Result<Vec<Memory>> {
        let states = self.states(sources)?;
        let lengths: Vec<usize> = sources.iter().map(|source| source.len()).collect();
        let mut of_sources: Vec<Vec<_>> = lengths.iter().map(|_| Vec::new()).collect();
        let mut b = Buffers::default();
        for DecoderLayer { cross, .. } in &self.decoder.layers {
            cross.project_memory(&states, &mut b, &self.pool)?;
            let panels = attend::panels(cross.heads, &lengths, &b.key, &b.value, self.halves(), &self.pool);
            of_sources.iter_mut().zip(panels).for_each(|(layers, panels)| layers.push(panels));
        }
        Ok(of_sources.into_iter().map(|layers| Memory(Arc::new(layers))).collect())
    }

    /// An empty tree for the decoder's keys and values.
    pub(crate) fn tree(&self) -> Tree {
        let width = self.decoder.layers.first().map_or(0, |layer| layer.attend.width());
        Tree::new(self.decoder.layers.len(), width, self.halves())
    }

    /// Whether the decoder's keys and values are kept in 16 bits: where weights and activations are rounded, that
    /// changes little, and reading them takes half the time.
    fn halves(&self) -> bool {
        self.decoder.layers.first().is_some_and(|layer| layer.attend.query.rounds())
    }

    /// Reads a token in each row. `groups` says for each source how many of the rows, in order, belong to it.
    /// Answers hidden states, `[rows, width]`, of which [`head`](Self::head) makes logits.
    ///
    /// # Errors
    /// [`ErrorKind::Runtime`](crate::ErrorKind::Runtime) for an unknown token or a row beyond the model's
    /// positions, [`ErrorKind::Model`](crate::ErrorKind::Model) when the weights give no usable numbers.
    pub(crate) fn step(
        &self,
        tree: &mut Tree,
        groups: &[(usize, &Memory)],
        rows: &[DecoderRow<'_>],
        b: &mut Buffers,
    ) -> Result<Vec<f32>> {
        if rows.iter().any(|row| row.path.is_empty() || row.path.len() > self.max_positions) {
            let most = self.max_positions;
            return Err(Error::runtime(format!("a text outgrew the {most} tokens that the model can write")));
        }
        let tokens: Vec<u32> = rows.iter().map(|row| row.token).collect();
        let paths: Vec<&[u32]> = rows.iter().map(|row| row.path).collect();
        let positions = paths.iter().map(|path| path.len() - 1);
        let mut stream = self.embed(&self.target, &self.decoder, &tokens, positions)?;
        let longest = paths.iter().map(|path| path.len()).max().unwrap_or(0);
        let biases: Vec<_> = self.decoder.biases.iter().map(|bias| bias.backwards(longest)).collect();
        for (index, layer) in self.decoder.layers.iter().enumerate() {
            let DecoderLayer { attend, cross, feed_forward } = layer;
            residual(&mut stream, &attend.norm, self.when_normed, b, &self.pool, |x, b| {
                attend.project(x, b, &self.pool)?;
                let (keys, values) =
                    (b.key.chunks_exact(attend.width()), b.value.chunks_exact(attend.width()));
                for ((path, key), value) in paths.iter().zip(keys).zip(values) {
                    path.last().iter().for_each(|node| tree.write(**node, index, key, value));
                }
                b.attended.resize(b.query.len(), 0.0);
                let (bias, state) = (of_layer(&biases, index), (&*tree, &paths[..]));
                attend::to_paths(attend.heads, index, state, &b.query, bias, &mut b.attended, &self.pool);
                attend.project_back(b, &self.pool)
            })?;
            residual(&mut stream, &cross.norm, self.when_normed, b, &self.pool, |x, b| {
                cross.project_queries(x, b, &self.pool)?;
                b.attended.resize(b.query.len(), 0.0);
                let groups: Vec<_> =
                    groups.iter().filter_map(|(rows, memory)| Some((*rows, memory.0.get(index)?))).collect();
                attend::to_sources(cross.heads, &groups, &b.query, &mut b.attended, &self.pool);
                cross.project_back(b, &self.pool)
            })?;
            self.feed_forward(feed_forward, &mut stream, b)?;
        }
        if let Some(norm) = &self.decoder.final_norm {
            normed(&mut stream, norm, &self.pool);
        }
        self.check(&stream)?;
        Ok(stream)
    }

    /// The logits of hidden states, `[n, width]` to `[n, vocab]`. `logits` is resized and overwritten.
    pub(crate) fn head(&self, hidden: &mut [f32], logits: &mut Vec<f32>, b: &mut Buffers) -> Result<()> {
        self.scale_for_head(hidden);
        self.head.forward(hidden, hidden.len() / self.width, logits, &mut b.scratch, &self.pool)?;
        if let Some(bias) = &self.head_bias {
            self.pool.for_each_chunk(logits, bias.len(), |_, logits| ops::add(logits, bias));
        }
        Ok(())
    }

    /// The logits that [`head`](Self::head) makes, of pieces of the vocabulary: `look` is called with what is kept of
    /// the part in which the piece lies, the row, the piece's first token and its logits. Parts go from the first tokens
    /// to the last, and so do a part's pieces.
    pub(crate) fn head_in_parts<Kept: Send>(
        &self,
        hidden: &mut [f32],
        b: &mut Buffers,
        parts: &mut [Kept],
        look: impl Fn(&mut Kept, usize, usize, &mut [f32]) + Sync,
    ) -> Result<()> {
        self.scale_for_head(hidden);
        let rows = hidden.len() / self.width;
        self.head.forward_in_parts(
            hidden,
            rows,
            parts,
            &mut b.scratch,
            &self.pool,
            |kept, row, first, logits| {
                if let Some(bias) = &self.head_bias {
                    ops::add(logits, &bias[first..][..logits.len()]);
                }
                look(kept, row, first, logits);
            },
        )
    }

    fn scale_for_head(&self, hidden: &mut [f32]) {
        if self.head_scale != 1.0 {
            hidden.iter_mut().for_each(|x| *x *= self.head_scale);
        }
    }

    /// Every layer that is a matrix product, the output head last.
    pub(crate) fn matrices(&self) -> impl Iterator<Item = &Linear> {
        let encoder = self.encoder.layers.iter().flat_map(|layer| {
            let EncoderLayer { attend, feed_forward } = layer;
            attend.matrices().into_iter().chain(feed_forward.matrices())
        });
        let decoder = self.decoder.layers.iter().flat_map(|layer| {
            let DecoderLayer { attend, cross, feed_forward } = layer;
            attend.matrices().into_iter().chain(cross.matrices()).chain(feed_forward.matrices())
        });
        encoder.chain(decoder).chain([&*self.head])
    }

    /// How many tokens the decoder can write.
    pub(crate) fn vocab(&self) -> usize {
        self.head.rows()
    }

    fn embed<L>(
        &self,
        table: &Table,
        side: &Side<L>,
        tokens: &[u32],
        positions: impl Iterator<Item = usize>,
    ) -> Result<Vec<f32>> {
        let mut stream = table.lookup(tokens)?;
        side.positions.add(&mut stream, self.width, positions);
        if let Some(norm) = &side.embedding_norm {
            normed(&mut stream, norm, &self.pool);
        }
        Ok(stream)
    }

    fn feed_forward(&self, layer: &FeedForward, stream: &mut [f32], b: &mut Buffers) -> Result<()> {
        residual(stream, &layer.norm, self.when_normed, b, &self.pool, |x, b| layer.run(x, b, &self.pool))
    }

    /// Weights that are no numbers show at the end: every operation passes them on.
    fn check(&self, x: &[f32]) -> Result<()> {
        if ops::all_finite(x) { Ok(()) } else { Err(self.unusable()) }
    }

    pub(crate) fn unusable(&self) -> Error {
        Error::model(format!("{} gives no usable numbers: its weights are damaged", self.folder.display()))
            .hint("fetch the model's files again")
    }
}

/// The bias of a layer, of each head by distance: its own or the one that all share.
fn of_layer(biases: &[Vec<Vec<f32>>], layer: usize) -> Option<&[Vec<f32>]> {
    biases.get(layer).or(biases.first()).map(Vec::as_slice)
}
