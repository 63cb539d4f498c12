//! Products in one parallel region: strips of the weights' tiles are shared out to the threads.

use std::ops::Range;

use super::activations::{Precision, Quantized, Scratch};
use super::fetch::fetch_to_write;
use super::format::COLUMNS;
use super::packed::{PackedLinear, pieces};
use super::pool::{Pool, Shareable};
use super::shares;
use crate::engine::ops;

/// One of the products of [`multiply`].
pub(crate) struct Product<'a> {
    pub(crate) weight: &'a PackedLinear,
    /// What is added to each row of results.
    pub(crate) bias: Option<&'a [f32]>,
    /// The outputs that are asked for, ranges in ascending order. What the others hold afterwards is not
    /// said.
    pub(crate) wanted: &'a [Range<usize>],
    /// `m` rows of the weight's outputs.
    pub(crate) out: &'a mut [f32],
}

/// Multiplies `x`, `m` rows of inputs, with several weights in one parallel region; what they share is
/// quantized once. `scratch` is working memory and may be used again.
///
/// # Panics
/// If lengths do not fit each other.
pub(crate) fn multiply(
    products: &mut [Product<'_>],
    x: &[f32],
    m: usize,
    precision: Precision,
    scratch: &mut Scratch,
    pool: &Pool,
) {
    for product in products.iter() {
        let (n, k) = (product.weight.n, product.weight.k);
        assert_eq!(x.len(), m * k, "activations");
        assert_eq!(product.out.len(), m * n, "results");
        assert!(product.bias.is_none_or(|bias| bias.len() == n), "bias");
    }
    let quantized = Quantized::new(products, x, m, precision, scratch, pool);
    let strips: Vec<(usize, Range<usize>)> = products
        .iter()
        .enumerate()
        .flat_map(|(index, product)| {
            let weight = product.weight;
            let once = quantized.of(weight).groups() == 1;
            let strips = weight.strips(product.wanted, weight.tiles_at_once(once, pool.threads()));
            strips.into_iter().map(move |strip| (index, strip))
        })
        .collect();
    let outs: Vec<Shareable<f32>> =
        products.iter_mut().map(|product| Shareable(product.out.as_mut_ptr())).collect();
    let products = &*products;
    pool.for_each(strips.len(), |strip| {
        let (index, tiles) = &strips[strip];
        let Product { weight, bias, .. } = &products[*index];
        let fetch = |row: usize, columns: Range<usize>| {
            fetch_to_write(outs[*index].get().wrapping_add(row * weight.n + columns.start), columns.len());
        };
        weight.each_piece(quantized.of(weight), tiles.clone(), fetch, |row, first, results| {
            // SAFETY: the row is below m and the results are of columns below n, so the range lies inside `out`,
            // which the caller borrows for the whole region; tiles have columns of their own, and each tile of a
            // product stands in one strip.
            let out = unsafe {
                std::slice::from_raw_parts_mut(outs[*index].get().add(row * weight.n + first), results.len())
            };
            match bias {
                Some(bias) => ops::sum_of(results, &bias[first..][..results.len()], out),
                None => out.copy_from_slice(results),
            }
        });
    });
}

/// Says that the next region is a product of one row, or of few, with all of these weights: threads that wait fetch
/// those with which they will begin.
pub(crate) fn fetch_ahead<'a>(weights: impl Iterator<Item = &'a PackedLinear> + Clone, pool: &Pool) {
    let threads = pool.threads();
    let len = |weight: &PackedLinear| weight.tiles_at_once(true, threads);
    let strips = |weight: &PackedLinear| weight.n.div_ceil(COLUMNS).div_ceil(len(weight));
    let count = weights.clone().map(strips).sum();
    for thread in 0..threads {
        let mut first = shares::run(count, thread, threads).start;
        for weight in weights.clone() {
            if first < strips(weight) {
                pool.fetch_ahead(thread, &weight.data[first * len(weight) * weight.tile_bytes()..]);
                break;
            }
            first -= strips(weight);
        }
    }
}

/// Multiplies `x`, `m` rows of inputs, with a weight and hands results over in pieces: `take` is called with what is
/// kept of the part of the columns in which the piece lies, the row, the piece's first column and its results. Parts
/// go from the first columns to the last, and so do a part's pieces of one row.
///
/// # Panics
/// If lengths do not fit each other.
#[allow(clippy::too_many_arguments)]
pub(crate) fn multiply_in_parts<Kept: Send>(
    weight: &PackedLinear,
    bias: Option<&[f32]>,
    x: &[f32],
    m: usize,
    precision: Precision,
    parts: &mut [Kept],
    scratch: &mut Scratch,
    pool: &Pool,
    take: impl Fn(&mut Kept, usize, usize, &mut [f32]) + Sync,
) {
    assert_eq!(x.len(), m * weight.k, "activations");
    assert!(bias.is_none_or(|bias| bias.len() == weight.n), "bias");
    let product = Product { weight, bias, wanted: &[], out: &mut [] };
    let quantized = Quantized::new(&[product], x, m, precision, scratch, pool);
    let x = quantized.of(weight);
    let (tiles, count) = (weight.n.div_ceil(COLUMNS), parts.len());
    let at_once = weight.tiles_at_once(x.groups() == 1, pool.threads());
    pool.for_each_chunk(parts, 1, |part, kept| {
        for kept in kept {
            for strip in pieces(tiles * part / count..tiles * (part + 1) / count, at_once) {
                weight.each_piece(
                    x,
                    strip,
                    |_, _| {},
                    |row, first, results| {
                        if let Some(bias) = bias {
                            ops::add(results, &bias[first..][..results.len()]);
                        }
                        take(kept, row, first, results);
                    },
                );
            }
        }
    });
}
