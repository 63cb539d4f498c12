//! The reference form: plain loops over the packed layout, with the same integer arithmetic and the same
//! order of blocks as the vector forms.

use super::activations::Group;
use super::format::{COLUMNS, Format};
use super::pack::{f16_at, pair, quant};
use super::tile::{Tile, Tiles};

/// The product of groups of rows with some tiles: `out[row][tile][column]`.
pub(super) fn product(tiles: &Tiles<'_>, groups: &[Group<'_>], mut out: &mut [[f32; COLUMNS]]) {
    out.fill([0.0; COLUMNS]);
    for group in groups {
        let (of_group, others) = out.split_at_mut(group.rows * tiles.count);
        for (index, tile) in tiles.each().enumerate() {
            one_tile(&tile, group, of_group.iter_mut().skip(index).step_by(tiles.count).collect());
        }
        out = others;
    }
}

fn one_tile(tile: &Tile<'_>, group: &Group<'_>, mut out: Vec<&mut [f32; COLUMNS]>) {
    let format = tile.format;
    // One block of one column, unpacked.
    let mut quants = [0u8; 256];
    let quants = &mut quants[..format.block()];
    for index in 0..tile.blocks {
        let (head, body) = (tile.head(index), tile.body(index));
        for c in 0..COLUMNS {
            for (l, q) in quants.iter_mut().enumerate() {
                *q = quant(format, body, c, l);
            }
            for (row, out) in out.iter_mut().enumerate() {
                let x = Block { group, row, index, format };
                let d = f16_at(head, c);
                let scale = group.scales[index * group.rows + row];
                out[c] += match format {
                    Format::Q4_0 | Format::Q5_0 | Format::Q8_0 => {
                        d * scale * (x.dot(quants, 0) + x.correction(0)) as f32
                    }
                    Format::Q4K => {
                        let (mut sum, mut minimum) = (0, 0);
                        for j in 0..8 {
                            sum += i32::from(head[(4 + j) * COLUMNS + c])
                                * x.dot(&quants[32 * j..][..32], 32 * j);
                            minimum += i32::from(head[12 * COLUMNS + pair(j, c)]) * x.half_correction(j);
                        }
                        scale * (d * sum as f32 - f16_at(head, COLUMNS + c) * minimum as f32)
                    }
                    Format::Q6K => {
                        let mut sum = 0;
                        for j in 0..16 {
                            let dot = x.dot(&quants[16 * j..][..16], 16 * j) - 32 * x.half_correction(j);
                            sum += i32::from(head[2 * COLUMNS + pair(j, c)] as i8) * dot;
                        }
                        scale * d * sum as f32
                    }
                };
            }
        }
    }
}

/// One block of one row of activations.
struct Block<'a> {
    group: &'a Group<'a>,
    row: usize,
    index: usize,
    format: Format,
}

impl Block<'_> {
    /// The product of `quants` with the activations from input `first` of the block.
    fn dot(&self, quants: &[u8], first: usize) -> i32 {
        let rows = self.group.rows;
        let start = (self.index * self.format.block() + first) * rows + 4 * self.row;
        let words = self.group.values[start..].chunks(4 * rows);
        let pairs = quants.chunks_exact(4).zip(words);
        pairs.map(|(q, x)| q.iter().zip(x).map(|(&q, &x)| i32::from(q) * i32::from(x)).sum::<i32>()).sum()
    }

    /// The block's correction word with this number.
    fn correction(&self, word: usize) -> i32 {
        let words = self.format.block() / self.format.correction().span();
        self.group.corrections[(self.index * words + word) * self.group.rows + self.row]
    }

    /// Half `j` of the block's correction words, two halves a word.
    fn half_correction(&self, j: usize) -> i32 {
        let word = self.correction(j / 2);
        if j.is_multiple_of(2) { i32::from(word as i16) } else { word >> 16 }
    }
}
