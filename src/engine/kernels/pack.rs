//! From ggml blocks to tiles, and single columns back to f32.

use super::format::{COLUMNS, Format, VECTOR};

/// Packs one tile. `columns` holds the ggml blocks of each of the tile's columns, 16 or, in the last tile,
/// fewer; what is missing becomes zero, which `tile` holds before.
pub(super) fn pack_tile(format: Format, columns: &[&[u8]], blocks: usize, tile: &mut [u8]) {
    let (heads, bodies) = tile.split_at_mut(format.heads_bytes(blocks));
    let heads = heads.chunks_exact_mut(format.head_bytes());
    let bodies = bodies.chunks_exact_mut(format.body_bytes());
    for (index, (head, body)) in heads.zip(bodies).take(blocks).enumerate() {
        for (c, column) in columns.iter().enumerate() {
            let block = &column[index * format.source_bytes()..][..format.source_bytes()];
            match format {
                Format::Q4_0 => {
                    put(head, 2 * c, &block[..2]);
                    interleave(body, c, &block[2..], 0);
                }
                Format::Q5_0 => {
                    put(head, 2 * c, &block[..2]);
                    put(body, 4 * VECTOR + 4 * c, &gather_fifth_bits(&block[2..6]));
                    interleave(body, c, &block[6..], 0);
                }
                Format::Q8_0 => {
                    put(head, 2 * c, &block[..2]);
                    interleave(body, c, &block[2..], 0x80);
                }
                Format::Q4K => {
                    put(head, 2 * c, &block[..2]);
                    put(head, 2 * COLUMNS + 2 * c, &block[2..4]);
                    let (scales, mins) = scales_and_mins(&block[4..16]);
                    for j in 0..8 {
                        head[(4 + j) * COLUMNS + c] = scales[j];
                        head[12 * COLUMNS + pair(j, c)] = mins[j];
                    }
                    interleave(body, c, &block[16..], 0);
                }
                Format::Q6K => {
                    put(head, 2 * c, &block[208..]);
                    for (j, &scale) in block[192..208].iter().enumerate() {
                        head[2 * COLUMNS + pair(j, c)] = scale;
                    }
                    for half in 0..2 {
                        let body = &mut body[half * 24 * VECTOR..];
                        interleave(body, c, &block[64 * half..][..64], 0);
                        interleave(&mut body[16 * VECTOR..], c, &block[128 + 32 * half..][..32], 0);
                    }
                }
            }
        }
    }
}

/// Copies `source` to `target[at..]`.
fn put(target: &mut [u8], at: usize, source: &[u8]) {
    target[at..at + source.len()].copy_from_slice(source);
}

/// Writes each 4-byte word of `source`, its bytes xored with `flip`, to column `c` of the next vector.
fn interleave(body: &mut [u8], c: usize, source: &[u8], flip: u8) {
    for (word, vector) in source.chunks_exact(4).zip(body.chunks_exact_mut(VECTOR)) {
        for (to, from) in vector[4 * c..4 * c + 4].iter_mut().zip(word) {
            *to = from ^ flip;
        }
    }
}

/// The place of item `j` of column `c` among items that are stored in pairs.
pub(super) fn pair(j: usize, c: usize) -> usize {
    (j / 2) * 2 * COLUMNS + 2 * c + j % 2
}

/// The 6-bit scales and minima of a Q4_K block.
fn scales_and_mins(packed: &[u8]) -> ([u8; 8], [u8; 8]) {
    let (mut scales, mut mins) = ([0; 8], [0; 8]);
    for j in 0..4 {
        scales[j] = packed[j] & 63;
        mins[j] = packed[j + 4] & 63;
        scales[j + 4] = (packed[j + 8] & 15) | ((packed[j] >> 6) << 4);
        mins[j + 4] = (packed[j + 8] >> 4) | ((packed[j + 4] >> 6) << 4);
    }
    (scales, mins)
}

/// The fifth bits of a Q5_0 block, bit `l` of the input word for input `l`: byte `i` of the result has those
/// of inputs `i`, `4 + i`, … `28 + i`.
fn gather_fifth_bits(bits: &[u8]) -> [u8; 4] {
    let mut gathered = [0; 4];
    for l in 0..32 {
        gathered[l % 4] |= ((bits[l / 8] >> (l % 8)) & 1) << (l / 4);
    }
    gathered
}

/// Column `c` of a tile as f32.
pub(super) fn unpack_column(format: Format, tile: &[u8], blocks: usize, c: usize, column: &mut [f32]) {
    let (heads, bodies) = tile.split_at(format.heads_bytes(blocks));
    for (index, values) in column.chunks_exact_mut(format.block()).enumerate() {
        let head = &heads[index * format.head_bytes()..][..format.head_bytes()];
        let body = &bodies[index * format.body_bytes()..][..format.body_bytes()];
        let d = f16_at(head, c);
        for (l, value) in values.iter_mut().enumerate() {
            let q = i32::from(quant(format, body, c, l));
            *value = match format {
                Format::Q4_0 => d * (q - 8) as f32,
                Format::Q5_0 => d * (q - 16) as f32,
                Format::Q8_0 => d * (q - 128) as f32,
                Format::Q4K => {
                    let scale = f32::from(head[(4 + l / 32) * COLUMNS + c]);
                    let min = f32::from(head[12 * COLUMNS + pair(l / 32, c)]);
                    d * scale * q as f32 - f16_at(head, COLUMNS + c) * min
                }
                Format::Q6K => {
                    let scale = head[2 * COLUMNS + pair(l / 16, c)] as i8;
                    d * f32::from(scale) * (q - 32) as f32
                }
            };
        }
    }
}

/// The f16 with this index.
pub(super) fn f16_at(head: &[u8], index: usize) -> f32 {
    half::f16::from_le_bytes([head[2 * index], head[2 * index + 1]]).to_f32()
}

/// The unsigned quant of input `l` of a block in column `c`.
pub(super) fn quant(format: Format, body: &[u8], c: usize, l: usize) -> u8 {
    let byte = |vector: usize| body[vector * VECTOR + 4 * c + l % 4];
    match format {
        Format::Q4_0 => nibble(byte(l / 4 % 4), l >= 16),
        Format::Q5_0 => nibble(byte(l / 4 % 4), l >= 16) | ((byte(4) >> (l / 4)) & 1) << 4,
        Format::Q8_0 => byte(l / 4),
        Format::Q4K => nibble(byte(l / 64 * 8 + l / 4 % 8), l % 64 >= 32),
        Format::Q6K => {
            let (half, field, g) = (l / 128 * 24, l % 128 / 32, l / 4 % 8);
            let low = nibble(byte(half + field % 2 * 8 + g), field >= 2);
            low | ((byte(half + 16 + g) >> (2 * field)) & 3) << 4
        }
    }
}

/// The low or the high half of a byte.
fn nibble(byte: u8, high: bool) -> u8 {
    if high { byte >> 4 } else { byte & 15 }
}
