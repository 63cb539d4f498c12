//! Linear layers in floats: weights in panels of columns, so that a few rows of inputs pass by each panel while it
//! is in the cache.

use std::ops::Range;

use half::bf16;

use crate::engine::kernels::Pool;
use crate::engine::ops::matmul;

/// Outputs in a panel.
const COLUMNS: usize = 32;
/// The most rows of inputs that pass by at once.
const ROWS: usize = 64;

/// The weights of `outputs` by `inputs`: panels of `[inputs, COLUMNS]`, the last one filled up with zeros.
pub(crate) struct PlainLinear {
    outputs: usize,
    inputs: usize,
    panels: Panels,
}

enum Panels {
    F32(Vec<f32>),
    /// Half the memory; products are computed in f32 all the same.
    Bf16(Vec<bf16>),
}

impl PlainLinear {
    /// Takes `weights`, `[outputs, inputs]`.
    pub(crate) fn new(weights: &[f32], outputs: usize, inputs: usize) -> Self {
        Self { outputs, inputs, panels: Panels::F32(panels(weights, outputs, inputs, |weight| weight)) }
    }

    /// Takes `weights` and rounds them to 16 bits.
    pub(crate) fn in_bf16(weights: &[f32], outputs: usize, inputs: usize) -> Self {
        Self { outputs, inputs, panels: Panels::Bf16(panels(weights, outputs, inputs, bf16::from_f32)) }
    }

    /// The product: `x` is `[m, inputs]`, `out` is `[m, outputs]` and overwritten.
    pub(crate) fn forward(&self, x: &[f32], m: usize, out: &mut [f32], pool: &Pool) {
        if m == 1 {
            pool.for_each_chunk(out, COLUMNS, |index, out| self.rows(x, index..index + 1, out));
            return;
        }
        let rows = m.div_ceil(pool.threads()).clamp(1, ROWS);
        let all = self.outputs.div_ceil(COLUMNS);
        pool.for_each_chunk(out, rows * self.outputs, |index, out| {
            let count = out.len() / self.outputs;
            let x = &x[index * rows * self.inputs..][..count * self.inputs];
            self.rows(x, 0..all, out);
        });
    }

    /// The products of a few rows with some panels.
    fn rows(&self, x: &[f32], panels: Range<usize>, out: &mut [f32]) {
        let m = x.len() / self.inputs;
        let width = out.len() / m;
        let (mut tile, mut floats) = (vec![0.0; m * COLUMNS], Vec::new());
        for (index, panel) in panels.enumerate() {
            tile.fill(0.0);
            matmul(x, self.inputs, self.panel(panel, &mut floats), COLUMNS, &mut tile);
            let first = index * COLUMNS;
            let columns = COLUMNS.min(width - first);
            for (out, tile) in out.chunks_exact_mut(width).zip(tile.chunks_exact(COLUMNS)) {
                out[first..first + columns].copy_from_slice(&tile[..columns]);
            }
        }
    }

    /// A panel as f32, for which `floats` may be used.
    fn panel<'a>(&'a self, index: usize, floats: &'a mut Vec<f32>) -> &'a [f32] {
        let place = index * COLUMNS * self.inputs..(index + 1) * COLUMNS * self.inputs;
        match &self.panels {
            Panels::F32(panels) => &panels[place],
            Panels::Bf16(panels) => {
                floats.clear();
                floats.extend(panels[place].iter().map(|weight| weight.to_f32()));
                floats
            }
        }
    }

    /// The weights of one output.
    pub(crate) fn row(&self, output: usize, row: &mut [f32]) {
        let first = output / COLUMNS * COLUMNS * self.inputs + output % COLUMNS;
        let places = (first..).step_by(COLUMNS);
        for (to, place) in row.iter_mut().zip(places) {
            *to = match &self.panels {
                Panels::F32(panels) => panels[place],
                Panels::Bf16(panels) => panels[place].to_f32(),
            };
        }
    }
}

fn panels<T: Copy + Default>(
    weights: &[f32],
    outputs: usize,
    inputs: usize,
    stored: impl Fn(f32) -> T,
) -> Vec<T> {
    let mut panels = vec![T::default(); outputs.div_ceil(COLUMNS) * COLUMNS * inputs];
    for (output, row) in weights.chunks_exact(inputs).enumerate() {
        let panel = &mut panels[output / COLUMNS * COLUMNS * inputs..][..COLUMNS * inputs];
        for (place, weight) in panel.iter_mut().skip(output % COLUMNS).step_by(COLUMNS).zip(row) {
            *place = stored(*weight);
        }
    }
    panels
}
