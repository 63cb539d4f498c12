//! Rotary position embeddings.

/// How a rotary embedding pairs the dimensions of a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RopeLayout {
    /// Dimension `2i` with `2i + 1` (llama files, whose rows the converter permutes for this).
    Interleaved,
    /// Dimension `i` with `i + n / 2`.
    HalfSplit,
}

/// Rotary position embedding (Su et al. 2021).
#[derive(Clone, Debug)]
pub(crate) struct Rope {
    layout: RopeLayout,
    /// Radians a position, one for each pair.
    frequencies: Vec<f32>,
}

impl Rope {
    /// For the first `dims` dimensions of a head. `factors` divide the frequencies (llama 3).
    pub(crate) fn new(
        layout: RopeLayout,
        dims: usize,
        theta: f32,
        scale: f32,
        factors: Option<&[f32]>,
    ) -> Self {
        let frequencies = (0..dims / 2).map(|i| {
            let frequency = 1.0 / theta.powf((2 * i) as f32 / dims as f32) / scale;
            frequency / factors.and_then(|f| f.get(i)).copied().unwrap_or(1.0)
        });
        Self { layout, frequencies: frequencies.collect() }
    }

    /// Cosines and sines for each position, `[positions, dims / 2]` each.
    pub(crate) fn angles(&self, positions: &[usize]) -> Angles {
        let mut cos = Vec::with_capacity(positions.len() * self.frequencies.len());
        let mut sin = Vec::with_capacity(cos.capacity());
        for position in positions {
            for frequency in &self.frequencies {
                let (s, c) = (*position as f32 * frequency).sin_cos();
                cos.push(c);
                sin.push(s);
            }
        }
        Angles { layout: self.layout, pairs: self.frequencies.len(), cos, sin }
    }
}

/// The rotations of the positions of one step.
pub(crate) struct Angles {
    layout: RopeLayout,
    pairs: usize,
    cos: Vec<f32>,
    sin: Vec<f32>,
}

impl Angles {
    /// Rotates every head of `x`, `[positions, width]`, in place; its first row is that of position `first` of
    /// the step.
    pub(crate) fn rotate(&self, first: usize, x: &mut [f32], width: usize, head_dim: usize) {
        let angles = self.cos.chunks_exact(self.pairs).zip(self.sin.chunks_exact(self.pairs)).skip(first);
        for (row, (cos, sin)) in x.chunks_exact_mut(width).zip(angles) {
            for head in row.chunks_exact_mut(head_dim) {
                match self.layout {
                    RopeLayout::Interleaved => rotate_interleaved(head, cos, sin),
                    RopeLayout::HalfSplit => {
                        let (low, rest) = head.split_at_mut(self.pairs);
                        rotate_halves(low, &mut rest[..self.pairs], cos, sin);
                    }
                }
            }
        }
    }
}

fn rotate_interleaved(head: &mut [f32], cos: &[f32], sin: &[f32]) {
    for ((pair, c), s) in head.as_chunks_mut::<2>().0.iter_mut().zip(cos).zip(sin) {
        let [a, b] = *pair;
        *pair = [a * c - b * s, a * s + b * c];
    }
}

fn rotate_halves(low: &mut [f32], high: &mut [f32], cos: &[f32], sin: &[f32]) {
    for (((low, high), c), s) in low.iter_mut().zip(high).zip(cos).zip(sin) {
        let (a, b) = (*low, *high);
        *low = a * c - b * s;
        *high = a * s + b * c;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotation_keeps_length_and_depends_on_distance_only() {
        let head: Vec<f32> = (0..16).map(|i| (i as f32).cos()).collect();
        for layout in [RopeLayout::Interleaved, RopeLayout::HalfSplit] {
            let rope = Rope::new(layout, 16, 10_000.0, 1.0, None);
            let at = |position| {
                let mut x = head.clone();
                rope.angles(&[position]).rotate(0, &mut x, 16, 16);
                x
            };
            let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
            assert_eq!(at(0), head);
            assert!((dot(&at(9), &at(9)) - dot(&head, &head)).abs() < 1e-4);
            assert!((dot(&at(3), &at(7)) - dot(&at(13), &at(17))).abs() < 1e-4);
        }
    }
}
