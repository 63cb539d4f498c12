//! The weights of a linear layer, packed for one of the kernels.

use std::ops::Range;

use candle_core::quantized::GgmlDType;
use memmap2::MmapMut;

use super::activations::{Activations, Group, Precision, ROWS, Scratch};
use super::form::{AT_ONCE, Form};
use super::format::{COLUMNS, Format};
use super::multiply::{Product, multiply};
use super::pool::Pool;
use super::tile::Tiles;
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512};
use super::{pack, portable};
use crate::engine::ops;
use crate::error::{Error, Result};

/// The weights of a linear layer, `n` outputs by `k` inputs, packed for one of the kernels.
pub struct PackedLinear {
    pub(super) form: Form,
    pub(super) format: Format,
    pub(super) n: usize,
    pub(super) k: usize,
    /// The tiles, one after the other.
    pub(super) data: MmapMut,
}

impl PackedLinear {
    /// Packs `data`, the ggml blocks of `n` rows (outputs) of `k` inputs each. `None` if there is no kernel
    /// for the type or the shape.
    ///
    /// # Errors
    /// A model error if `data` has not the length that type and shape ask for; a usage error if the processor
    /// lacks the form; a resource error if there is no memory.
    pub fn new(
        form: Form,
        dtype: GgmlDType,
        n: usize,
        k: usize,
        data: &[u8],
        pool: &Pool,
    ) -> Result<Option<Self>> {
        Self::in_order(form, dtype, n, k, data, None, pool)
    }

    /// As [`new`](Self::new), with the rows of `data` in another order: output `i` is row `order[i]`.
    ///
    /// # Panics
    /// If `order` does not hold `n` numbers below `n`.
    pub(crate) fn in_order(
        form: Form,
        dtype: GgmlDType,
        n: usize,
        k: usize,
        data: &[u8],
        order: Option<&[u32]>,
        pool: &Pool,
    ) -> Result<Option<Self>> {
        assert!(order.is_none_or(|order| order.len() == n), "an order of {n} rows");
        if !form.supported() {
            return Err(Error::usage(format!("this processor has no {} kernels", form.name())));
        }
        let Some(format) = Format::of(dtype) else { return Ok(None) };
        if n == 0 || k == 0 || !k.is_multiple_of(format.block()) {
            return Ok(None);
        }
        let blocks = k / format.block();
        let column_bytes = blocks * format.source_bytes();
        if column_bytes.checked_mul(n) != Some(data.len()) {
            return Err(Error::model(format!("{} bytes of {dtype:?} are not {n} rows of {k}", data.len())));
        }
        let tile_bytes = format.tile_bytes(blocks);
        let bytes = n.div_ceil(COLUMNS) * tile_bytes;
        let mut packed = MmapMut::map_anon(bytes).map_err(|error| {
            Error::resource(format!("no memory for {bytes} bytes of weights: {error}")).with_source(error)
        })?;
        #[cfg(target_os = "linux")]
        // Fewer, larger pages where the system allows; a refusal changes nothing but speed.
        let _ = packed.advise(memmap2::Advice::HugePage);
        pool.for_each_chunk(&mut packed, tile_bytes, |index, tile| {
            let places = index * COLUMNS..n.min((index + 1) * COLUMNS);
            let row = |place: usize| order.map_or(place, |order| order[place] as usize);
            let columns: Vec<&[u8]> =
                places.map(|place| &data[row(place) * column_bytes..][..column_bytes]).collect();
            pack::pack_tile(format, &columns, blocks, tile);
        });
        Ok(Some(Self { form, format, n, k, data: packed }))
    }

    /// The number of outputs.
    pub fn outputs(&self) -> usize {
        self.n
    }

    /// The number of inputs.
    pub fn inputs(&self) -> usize {
        self.k
    }

    /// The kernels that it is packed for.
    pub fn form(&self) -> Form {
        self.form
    }

    /// The bytes that the weights take.
    pub fn bytes(&self) -> usize {
        self.data.len()
    }

    /// Writes the weights of output `index` as f32 to `row`, exactly as dequantizing the original does.
    ///
    /// # Panics
    /// If `index` is not below [`outputs`](Self::outputs) or `row` does not hold [`inputs`](Self::inputs).
    pub fn row(&self, index: usize, row: &mut [f32]) {
        assert!(index < self.n && row.len() == self.k, "row {index} into {} numbers", row.len());
        let tile = index / COLUMNS;
        let tile = self.tiles(tile..tile + 1);
        pack::unpack_column(self.format, tile.data, tile.blocks, index % COLUMNS, row);
    }

    /// The product: `x` holds `m` rows of `k` inputs, `out` gets `m` rows of `n` outputs. A row that holds
    /// anything but finite numbers gives NaN.
    ///
    /// # Panics
    /// If `x` or `out` has another length.
    pub fn forward(&self, x: &[f32], m: usize, out: &mut [f32], pool: &Pool) {
        let whole = 0..self.n;
        let product = Product { weight: self, bias: None, wanted: std::slice::from_ref(&whole), out };
        multiply(&mut [product], x, m, Precision::Coarse, &mut Scratch::default(), pool);
    }

    /// The tiles that hold the `wanted` outputs, each once, in strips of at most `len`.
    pub(super) fn strips(&self, wanted: &[Range<usize>], len: usize) -> Vec<Range<usize>> {
        let mut strips = Vec::new();
        let mut next = 0;
        for range in wanted {
            let end = range.end.min(self.n).div_ceil(COLUMNS);
            next = next.max(range.start / COLUMNS);
            while next < end {
                let to = end.min(next + len);
                strips.push(next..to);
                next = to;
            }
        }
        strips
    }

    /// How many tiles a thread takes at once: so few that no thread waits long for another, and where several
    /// groups of rows pass by, that they stay in its cache. Tiles that are read once are read in long strips.
    pub(super) fn tiles_at_once(&self, once: bool, threads: usize) -> usize {
        const CACHED: usize = 1 << 16;
        let fair = self.n.div_ceil(COLUMNS) / (8 * threads);
        let cached = if once { usize::MAX } else { CACHED / self.tile_bytes() };
        fair.min(cached).max(1)
    }

    /// Multiplies groups of quantized rows with some tiles: `results[row][tile][column]`.
    fn product(&self, groups: &[Group<'_>], tiles: Range<usize>, results: &mut [[f32; COLUMNS]]) {
        let tiles = self.tiles(tiles);
        match self.form {
            Form::Portable => portable::product(&tiles, groups, results),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `new` has made sure that the processor has the form.
            Form::Avx2 => unsafe { avx2::product(&tiles, groups, results) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `new` has made sure that the processor has the form.
            Form::Avx512 => unsafe { avx512::product(&tiles, groups, results) },
        }
    }

    /// Multiplies quantized rows with a strip of tiles and calls `f` with pieces of the results: the number of the
    /// row, the first output, and the results from there on. The pieces of a row come in order. Before they are worked
    /// out, `announce` is called with the row and the outputs.
    pub(super) fn each_piece(
        &self,
        x: &Activations<'_>,
        strip: Range<usize>,
        mut announce: impl FnMut(usize, Range<usize>),
        mut f: impl FnMut(usize, usize, &mut [f32]),
    ) {
        let (groups_at_once, tiles_at_once) = self.form.at_once(x.groups());
        let mut results: Results = [[0.0; COLUMNS]; ROWS * AT_ONCE];
        for groups in pieces(0..x.groups(), groups_at_once) {
            for tiles in pieces(strip.clone(), tiles_at_once) {
                let (first, end) = (tiles.start * COLUMNS, self.n.min(tiles.end * COLUMNS));
                (x.rows(groups.start).start..x.rows(groups.end - 1).end)
                    .for_each(|row| announce(row, first..end));
                self.each_row(x, groups.clone(), tiles, &mut results, |row, results| f(row, first, results));
            }
        }
    }

    /// Multiplies groups of quantized rows with some tiles and calls `f` with the number of each row and its
    /// results, the sum of its parts. `results` is working memory.
    fn each_row(
        &self,
        x: &Activations<'_>,
        groups: Range<usize>,
        tiles: Range<usize>,
        results: &mut Results,
        mut f: impl FnMut(usize, &mut [f32]),
    ) {
        let columns = self.n.min(tiles.end * COLUMNS) - tiles.start * COLUMNS;
        let rows = x.rows(groups.start).start..x.rows(groups.end - 1).end;
        let groups: Vec<Group<'_>> = groups.map(|group| x.group(group)).collect();
        let results = &mut results[..rows.len() * x.parts() * tiles.len()];
        let row_len = results.len() / rows.len();
        self.product(&groups, tiles, results);
        for (row, results) in rows.zip(results.chunks_exact_mut(row_len)) {
            let (results, rest) = results.as_flattened_mut().split_at_mut(row_len * COLUMNS / x.parts());
            ops::add(results, rest);
            f(row, &mut results[..columns]);
        }
    }

    pub(super) fn tile_bytes(&self) -> usize {
        self.format.tile_bytes(self.k / self.format.block())
    }

    fn tiles(&self, range: Range<usize>) -> Tiles<'_> {
        let bytes = self.tile_bytes();
        let data = &self.data[range.start * bytes..range.end * bytes];
        Tiles { format: self.format, blocks: self.k / self.format.block(), count: range.len(), data }
    }
}

impl std::fmt::Debug for PackedLinear {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PackedLinear({:?} {:?} {} x {})", self.form, self.format, self.n, self.k)
    }
}

/// Where a kernel puts the results of rows and tiles that it is given at once.
type Results = [[f32; COLUMNS]; ROWS * AT_ONCE];

/// A range in pieces of at most `len`.
pub(super) fn pieces(range: Range<usize>, len: usize) -> impl Iterator<Item = Range<usize>> {
    let end = range.end;
    range.step_by(len).map(move |first| first..end.min(first + len))
}
