//! Linear layers in `f32`: weights in panels of columns, so that a few rows of inputs pass by each panel while it
//! is in the cache.

use crate::engine::attention::multiply;
use crate::engine::kernels::Pool;

/// Outputs in a panel.
const COLUMNS: usize = 32;
/// The most rows of inputs that pass by at once.
const ROWS: usize = 64;

/// The weights of `outputs` by `inputs`: panels of `[inputs, COLUMNS]`, the last one filled up with zeros.
pub(crate) struct PlainLinear {
    outputs: usize,
    inputs: usize,
    panels: Vec<f32>,
}

impl PlainLinear {
    /// Takes `weights`, `[outputs, inputs]`.
    pub(crate) fn new(weights: &[f32], outputs: usize, inputs: usize) -> Self {
        let mut panels = vec![0.0; outputs.div_ceil(COLUMNS) * COLUMNS * inputs];
        for (output, row) in weights.chunks_exact(inputs).enumerate() {
            let panel = &mut panels[output / COLUMNS * COLUMNS * inputs..][..COLUMNS * inputs];
            for (place, weight) in panel.iter_mut().skip(output % COLUMNS).step_by(COLUMNS).zip(row) {
                *place = *weight;
            }
        }
        Self { outputs, inputs, panels }
    }

    /// The product: `x` is `[m, inputs]`, `out` is `[m, outputs]` and overwritten.
    pub(crate) fn forward(&self, x: &[f32], m: usize, out: &mut [f32], pool: &Pool) {
        let panel_len = COLUMNS * self.inputs;
        if m == 1 {
            pool.for_each_chunk(out, COLUMNS, |index, out| {
                self.rows(x, &self.panels[index * panel_len..][..panel_len], out);
            });
            return;
        }
        let rows = m.div_ceil(pool.threads()).clamp(1, ROWS);
        pool.for_each_chunk(out, rows * self.outputs, |index, out| {
            let count = out.len() / self.outputs;
            let x = &x[index * rows * self.inputs..][..count * self.inputs];
            self.rows(x, &self.panels, out);
        });
    }

    /// The products of a few rows with some panels.
    fn rows(&self, x: &[f32], panels: &[f32], out: &mut [f32]) {
        let m = x.len() / self.inputs;
        let width = out.len() / m;
        let mut tile = vec![0.0; m * COLUMNS];
        for (index, panel) in panels.chunks_exact(COLUMNS * self.inputs).enumerate() {
            tile.fill(0.0);
            multiply(x, self.inputs, panel, COLUMNS, &mut tile);
            let first = index * COLUMNS;
            let columns = COLUMNS.min(width - first);
            for (out, tile) in out.chunks_exact_mut(width).zip(tile.chunks_exact(COLUMNS)) {
                out[first..first + columns].copy_from_slice(&tile[..columns]);
            }
        }
    }

    /// The weights of one output.
    pub(crate) fn row(&self, output: usize, row: &mut [f32]) {
        let panel = &self.panels[output / COLUMNS * COLUMNS * self.inputs..][..COLUMNS * self.inputs];
        for (to, from) in row.iter_mut().zip(panel.iter().skip(output % COLUMNS).step_by(COLUMNS)) {
            *to = *from;
        }
    }
}
