//! Quantized linear layers on the processor.
//!
//! ```
//! use candle_core::quantized::GgmlDType;
//! use diglot::engine::kernels::{Form, PackedLinear, Pool};
//!
//! let pool = Pool::with_default_threads();
//! let (n, k) = (48, 64); // outputs, inputs
//! let blocks = vec![0; n * k / 32 * 34]; // as a GGUF file stores them
//! let form = Form::choose()?.unwrap_or(Form::Portable);
//! match PackedLinear::new(form, GgmlDType::Q8_0, n, k, &blocks, &pool)? {
//!     Some(linear) => {
//!         let (m, x) = (2, vec![1.0; 2 * k]);
//!         let mut y = vec![0.0; m * n];
//!         linear.forward(&x, m, &mut y, &pool); // y[m][n] = x[m][k] · weightᵀ
//!     }
//!     None => println!("no kernel for this type or shape: use candle's own product"),
//! }
//! # Ok::<(), diglot::Error>(())
//! ```
//!
//! [`PackedLinear`] copies the blocks of a ggml tensor once into its own layout (`format`), as large as the
//! original to within 3 %, so that the original need not stay in memory; [`PackedLinear::row`] gives rows
//! back, for an embedding table that is the output head as well. A product quantizes its activations to 8
//! bits (`activations`) and walks the weights once for each 8 rows, with AVX2 for each 128. Results do not depend
//! on the number of rows in a product nor on the number of threads.
//!
//! There is one kernel for each format and [`Form`]; `portable` is the reference, and every other form is
//! held to it and to candle's dequantized weights. `unsafe` stands in this room and nowhere else in the
//! engine.

use std::ops::Range;

use candle_core::quantized::GgmlDType;
use memmap2::MmapMut;

use crate::engine::ops;
use crate::error::{Error, Result};

mod activations;
mod ahead;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod fetch;
mod format;
mod multiply;
mod pack;
mod pool;
mod portable;
mod shares;
#[cfg(test)]
mod tests;

use activations::{Activations, Group};
pub(crate) use activations::{Precision, Scratch};
pub(crate) use fetch::fetch;
use format::{COLUMNS, Format};
pub(crate) use multiply::{Product, fetch_ahead, multiply, multiply_in_parts};
pub use pool::{Pool, default_threads};

/// The environment variable that overrides the choice of the form.
pub const FORM_VARIABLE: &str = "DIGLOT_KERNEL";

/// The instruction set that the kernels use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// Plain Rust: the reference, slow.
    Portable,
    /// AVX2 and FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512 with VNNI.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Form {
    /// The form to use: what `DIGLOT_KERNEL` names (`portable`, `avx2`, `avx512`), else the best that this
    /// processor has, `None` where candle's own product is better than ours.
    ///
    /// # Errors
    /// A usage error if the variable names a form that is unknown or that this processor lacks.
    pub fn choose() -> Result<Option<Self>> {
        match std::env::var(FORM_VARIABLE) {
            Ok(name) if !name.is_empty() => Self::named(&name).map(Some),
            _ => Ok(Self::best()),
        }
    }

    /// The form with this name, if this processor has it.
    pub fn named(name: &str) -> Result<Self> {
        let all = Self::all();
        all.iter().copied().find(|form| form.name() == name).ok_or_else(|| {
            let known: Vec<&str> = all.iter().map(|form| form.name()).collect();
            Error::usage(format!("{FORM_VARIABLE}: no kernels `{name}` for this processor"))
                .hint(format!("use one of {}, or unset the variable", known.join(", ")))
        })
    }

    /// The forms that this processor has, the best one last.
    pub fn all() -> Vec<Self> {
        vec![
            Self::Portable,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2,
            #[cfg(target_arch = "x86_64")]
            Self::Avx512,
        ]
        .into_iter()
        .filter(|form| form.supported())
        .collect()
    }

    /// Whether this processor has it.
    fn supported(self) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => avx2::supported(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => avx512::supported(),
        }
    }

    /// Groups of rows, and tiles, that its kernels work on together, of so many groups.
    fn at_once(self, groups: usize) -> (usize, usize) {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 if groups > 1 => (AT_ONCE, 1),
            _ => (1, AT_ONCE),
        }
    }

    /// The best form, if there is one that beats candle.
    fn best() -> Option<Self> {
        Self::all().pop().filter(|&form| form != Self::Portable)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => "avx512",
        }
    }
}

/// The weights of a linear layer, `n` outputs by `k` inputs, packed for one of the kernels.
pub struct PackedLinear {
    form: Form,
    format: Format,
    n: usize,
    k: usize,
    /// The tiles, one after the other.
    data: MmapMut,
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
    fn strips(&self, wanted: &[Range<usize>], len: usize) -> Vec<Range<usize>> {
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
    fn tiles_at_once(&self, once: bool, threads: usize) -> usize {
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
    fn each_piece(
        &self,
        x: &Activations<'_>,
        strip: Range<usize>,
        mut announce: impl FnMut(usize, Range<usize>),
        mut f: impl FnMut(usize, usize, &mut [f32]),
    ) {
        let (groups_at_once, tiles_at_once) = self.form.at_once(x.groups());
        let mut results: Results = [[0.0; COLUMNS]; activations::ROWS * AT_ONCE];
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

    fn tile_bytes(&self) -> usize {
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
type Results = [[f32; COLUMNS]; activations::ROWS * AT_ONCE];

/// A range in pieces of at most `len`.
fn pieces(range: Range<usize>, len: usize) -> impl Iterator<Item = Range<usize>> {
    let end = range.end;
    range.step_by(len).map(move |first| first..end.min(first + len))
}

/// Groups times tiles that a kernel is given at once, at most.
const AT_ONCE: usize = 16;

/// Neighbouring tiles of a weight, each sixteen columns; see `format`.
struct Tiles<'a> {
    format: Format,
    /// Blocks of each.
    blocks: usize,
    count: usize,
    data: &'a [u8],
}

impl<'a> Tiles<'a> {
    /// Each tile by itself.
    fn each(&self) -> impl Iterator<Item = Tile<'a>> {
        let (format, blocks) = (self.format, self.blocks);
        self.data.chunks_exact(format.tile_bytes(blocks)).map(move |data| Tile { format, blocks, data })
    }

    /// Asserts what the kernels rely on: the tiles, the groups and the results have the sizes that belong to
    /// each other.
    #[cfg(target_arch = "x86_64")]
    fn check(&self, groups: &[Group<'_>], out: &[[f32; COLUMNS]]) {
        let (format, correction) = (self.format, self.format.correction());
        let inputs = self.blocks * format.block();
        assert_eq!(self.data.len(), self.count * format.tile_bytes(self.blocks));
        assert_eq!(out.len(), groups.iter().map(|group| group.rows).sum::<usize>() * self.count);
        for group in groups {
            assert_eq!(group.values.len(), group.rows * inputs);
            assert_eq!(group.scales.len(), group.rows * (inputs / correction.block()));
            assert_eq!(group.corrections.len(), group.rows * (inputs / correction.span()));
        }
    }
}

/// One of them.
struct Tile<'a> {
    format: Format,
    blocks: usize,
    data: &'a [u8],
}

impl Tile<'_> {
    /// The head of a block.
    fn head(&self, block: usize) -> &[u8] {
        &self.data[block * self.format.head_bytes()..][..self.format.head_bytes()]
    }

    /// The body of a block.
    fn body(&self, block: usize) -> &[u8] {
        let bodies = &self.data[self.format.heads_bytes(self.blocks)..];
        &bodies[block * self.format.body_bytes()..][..self.format.body_bytes()]
    }

    /// The address of the head of a block below `blocks`.
    #[cfg(target_arch = "x86_64")]
    fn head_ptr(&self, block: usize) -> *const u8 {
        self.data.as_ptr().wrapping_add(block * self.format.head_bytes())
    }

    /// The address of the body of a block below `blocks`.
    #[cfg(target_arch = "x86_64")]
    fn body_ptr(&self, block: usize) -> *const u8 {
        let offset = self.format.heads_bytes(self.blocks) + block * self.format.body_bytes();
        self.data.as_ptr().wrapping_add(offset)
    }
}
