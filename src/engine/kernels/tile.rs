//! Tiles: sixteen columns of a packed weight, as the kernels see them.

#[cfg(target_arch = "x86_64")]
use super::activations::Group;
#[cfg(target_arch = "x86_64")]
use super::format::COLUMNS;
use super::format::Format;

/// Neighbouring tiles of a weight, each sixteen columns; see `format`.
pub(super) struct Tiles<'a> {
    pub(super) format: Format,
    /// Blocks of each.
    pub(super) blocks: usize,
    pub(super) count: usize,
    pub(super) data: &'a [u8],
}

impl<'a> Tiles<'a> {
    /// Each tile by itself.
    pub(super) fn each(&self) -> impl Iterator<Item = Tile<'a>> {
        let (format, blocks) = (self.format, self.blocks);
        self.data.chunks_exact(format.tile_bytes(blocks)).map(move |data| Tile { format, blocks, data })
    }

    /// Asserts what the kernels rely on: the tiles, the groups and the results have the sizes that belong to
    /// each other.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn check(&self, groups: &[Group<'_>], out: &[[f32; COLUMNS]]) {
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
pub(super) struct Tile<'a> {
    pub(super) format: Format,
    pub(super) blocks: usize,
    pub(super) data: &'a [u8],
}

impl Tile<'_> {
    /// The head of a block.
    pub(super) fn head(&self, block: usize) -> &[u8] {
        &self.data[block * self.format.head_bytes()..][..self.format.head_bytes()]
    }

    /// The body of a block.
    pub(super) fn body(&self, block: usize) -> &[u8] {
        let bodies = &self.data[self.format.heads_bytes(self.blocks)..];
        &bodies[block * self.format.body_bytes()..][..self.format.body_bytes()]
    }

    /// The address of the head of a block below `blocks`.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn head_ptr(&self, block: usize) -> *const u8 {
        self.data.as_ptr().wrapping_add(block * self.format.head_bytes())
    }

    /// The address of the body of a block below `blocks`.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn body_ptr(&self, block: usize) -> *const u8 {
        let offset = self.format.heads_bytes(self.blocks) + block * self.format.body_bytes();
        self.data.as_ptr().wrapping_add(offset)
    }
}
