//! Decoding state apart from the weights: slots that hold the keys and values of one row each.
//!
//! A slot is a list of pages of [`PAGE`] positions, every layer's keys and values in each. Forked slots
//! share their pages; a page that several slots share is copied when one of them writes to it.

use std::sync::Arc;

use crate::engine::kernels::Scratch;
use crate::error::{Error, Result};

/// Positions in a page.
pub(crate) const PAGE: usize = 32;

/// The shape of the keys and values that a model keeps for each position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KvShape {
    /// Decoder layers.
    pub layers: usize,
    /// Key and value heads of a layer.
    pub heads: usize,
    /// Dimensions of a head.
    pub head_dim: usize,
}

impl KvShape {
    /// Bytes for each position.
    pub fn bytes(&self) -> usize {
        self.layers * self.heads * self.head_dim * 2 * size_of::<f32>()
    }

    fn page_len(&self) -> usize {
        self.layers * self.heads * self.head_dim * 2 * PAGE
    }
}

/// [`PAGE`] positions: for each layer and head the keys as `[head_dim, PAGE]`, so that scores of a whole
/// page are computed at once, then the values as `[PAGE, head_dim]`.
#[derive(Clone)]
struct Page(Vec<f32>);

/// Names a slot of [`Slots`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SlotId(usize);

#[derive(Clone, Default)]
struct Slot {
    pages: Vec<Arc<Page>>,
    len: usize,
}

/// Working memory of a step, kept for the next: rows of a layer, one for each token.
#[derive(Default)]
pub(crate) struct Buffers {
    pub(crate) normed: Vec<f32>,
    pub(crate) query: Vec<f32>,
    pub(crate) key: Vec<f32>,
    pub(crate) value: Vec<f32>,
    pub(crate) attended: Vec<f32>,
    pub(crate) gate: Vec<f32>,
    pub(crate) up: Vec<f32>,
    pub(crate) result: Vec<f32>,
    pub(crate) scratch: Scratch,
}

/// A pool of row slots. Memory grows by pages as rows grow and is given back when they are freed.
pub struct Slots {
    shape: KvShape,
    slots: Vec<Option<Slot>>,
    pub(crate) buffers: Buffers,
}

impl Slots {
    /// An empty pool for a model of this shape.
    pub fn new(shape: KvShape) -> Self {
        Self { shape, slots: Vec::new(), buffers: Buffers::default() }
    }

    /// The shape of the model.
    pub fn shape(&self) -> KvShape {
        self.shape
    }

    /// A new, empty slot.
    pub fn alloc(&mut self) -> SlotId {
        self.insert(Slot::default())
    }

    /// A new slot that begins with the first `len` positions of `id` and shares their memory.
    pub fn fork(&mut self, id: SlotId, len: usize) -> Result<SlotId> {
        let mut slot = self.slot(id)?.clone();
        slot.truncate(len)?;
        Ok(self.insert(slot))
    }

    /// Forgets all positions of a slot from `len` on.
    pub fn truncate(&mut self, id: SlotId, len: usize) -> Result<()> {
        self.slot_mut(id)?.truncate(len)
    }

    /// Makes each slot of `targets` continue what the slot at the same place in `sources` held before the
    /// call, as a beam search does when it keeps some beams and drops others.
    pub fn reorder(&mut self, targets: &[SlotId], sources: &[SlotId]) -> Result<()> {
        if targets.len() != sources.len() {
            return Err(Error::runtime("a reorder needs a source for each target"));
        }
        let kept: Vec<Slot> = sources.iter().map(|id| self.slot(*id).cloned()).collect::<Result<_>>()?;
        for (id, slot) in targets.iter().zip(kept) {
            *self.slot_mut(*id)? = slot;
        }
        Ok(())
    }

    /// Gives a slot back. Its name may be used again.
    pub fn free(&mut self, id: SlotId) {
        if let Some(slot) = self.slots.get_mut(id.0) {
            *slot = None;
        }
    }

    /// Positions held by a slot.
    pub fn len(&self, id: SlotId) -> Result<usize> {
        Ok(self.slot(id)?.len)
    }

    /// Whether no slot is in use.
    pub fn is_empty(&self) -> bool {
        self.slots.iter().all(Option::is_none)
    }

    /// Bytes of keys and values held, shared pages counted once.
    pub fn bytes(&self) -> usize {
        let mut pages: Vec<_> =
            self.slots.iter().flatten().flat_map(|slot| &slot.pages).map(Arc::as_ptr).collect();
        pages.sort_unstable();
        pages.dedup();
        pages.len() * self.shape.page_len() * size_of::<f32>()
    }

    /// Makes room for `count` more positions, in pages of the slot's own.
    pub(crate) fn extend(&mut self, id: SlotId, count: usize) -> Result<()> {
        let page_len = self.shape.page_len();
        let slot = self.slot_mut(id)?;
        let first = slot.len / PAGE;
        slot.len += count;
        slot.pages.resize_with(slot.len.div_ceil(PAGE), || Arc::new(Page(vec![0.0; page_len])));
        slot.pages.iter_mut().skip(first).for_each(|page| {
            Arc::make_mut(page);
        });
        Ok(())
    }

    /// Writes the key and value of one position and layer, `[heads, head_dim]` each, into room that
    /// [`extend`](Self::extend) made.
    pub(crate) fn write(
        &mut self,
        id: SlotId,
        layer: usize,
        position: usize,
        key: &[f32],
        value: &[f32],
    ) -> Result<()> {
        let shape = self.shape;
        let slot = self.slot_mut(id)?;
        let Some(page) = slot.pages.get_mut(position / PAGE).and_then(Arc::get_mut) else {
            return Err(Error::runtime("a position was written before room was made for it"));
        };
        let heads = key.chunks_exact(shape.head_dim).zip(value.chunks_exact(shape.head_dim));
        for (head, (key, value)) in heads.enumerate() {
            let (keys, values) = page.head_mut(shape, layer, head);
            for (column, key) in keys.chunks_exact_mut(PAGE).zip(key) {
                column[position % PAGE] = *key;
            }
            values[position % PAGE * shape.head_dim..][..shape.head_dim].copy_from_slice(value);
        }
        Ok(())
    }

    /// Keys and values of one layer and head, page by page.
    pub(crate) fn head(&self, id: SlotId, layer: usize, head: usize) -> Result<HeadPages<'_>> {
        Ok(HeadPages { pages: &self.slot(id)?.pages, shape: self.shape, layer, head })
    }

    fn insert(&mut self, slot: Slot) -> SlotId {
        match self.slots.iter().position(Option::is_none) {
            Some(free) => {
                self.slots[free] = Some(slot);
                SlotId(free)
            }
            None => {
                self.slots.push(Some(slot));
                SlotId(self.slots.len() - 1)
            }
        }
    }

    fn slot(&self, id: SlotId) -> Result<&Slot> {
        self.slots.get(id.0).and_then(Option::as_ref).ok_or_else(freed)
    }

    fn slot_mut(&mut self, id: SlotId) -> Result<&mut Slot> {
        self.slots.get_mut(id.0).and_then(Option::as_mut).ok_or_else(freed)
    }
}

fn freed() -> Error {
    Error::runtime("a slot was used after it was freed")
}

impl Slot {
    fn truncate(&mut self, len: usize) -> Result<()> {
        if len > self.len {
            return Err(Error::runtime(format!("a slot of {} positions cannot be cut to {len}", self.len)));
        }
        self.len = len;
        self.pages.truncate(len.div_ceil(PAGE));
        Ok(())
    }
}

impl Page {
    fn head_mut(&mut self, shape: KvShape, layer: usize, head: usize) -> (&mut [f32], &mut [f32]) {
        let half = shape.head_dim * PAGE;
        let start = (layer * shape.heads + head) * 2 * half;
        self.0[start..start + 2 * half].split_at_mut(half)
    }

    fn head(&self, shape: KvShape, layer: usize, head: usize) -> (&[f32], &[f32]) {
        let half = shape.head_dim * PAGE;
        let start = (layer * shape.heads + head) * 2 * half;
        self.0[start..start + 2 * half].split_at(half)
    }
}

/// The pages of one layer and head.
#[derive(Clone, Copy)]
pub(crate) struct HeadPages<'a> {
    pages: &'a [Arc<Page>],
    shape: KvShape,
    layer: usize,
    head: usize,
}

impl<'a> HeadPages<'a> {
    /// Keys `[head_dim, PAGE]` and values `[PAGE, head_dim]` of one page.
    pub(crate) fn page(&self, index: usize) -> (&'a [f32], &'a [f32]) {
        self.pages[index].head(self.shape, self.layer, self.head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: KvShape = KvShape { layers: 1, heads: 1, head_dim: 2 };

    fn append(slots: &mut Slots, id: SlotId, values: &[f32]) {
        let start = slots.len(id).unwrap();
        slots.extend(id, values.len()).unwrap();
        for (i, v) in values.iter().enumerate() {
            slots.write(id, 0, start + i, &[*v, -v], &[*v, -v]).unwrap();
        }
    }

    fn values(slots: &Slots, id: SlotId) -> Vec<f32> {
        let head = slots.head(id, 0, 0).unwrap();
        (0..slots.len(id).unwrap()).map(|p| head.page(p / PAGE).1[p % PAGE * 2]).collect()
    }

    #[test]
    fn forks_share_what_was_and_part_in_what_comes() {
        let mut slots = Slots::new(SHAPE);
        let prefix: Vec<f32> = (0..40).map(|i| i as f32).collect();
        let a = slots.alloc();
        append(&mut slots, a, &prefix);
        let one = slots.bytes();
        let b = slots.fork(a, 36).unwrap();
        assert_eq!(slots.bytes(), one);
        append(&mut slots, b, &[100.0]);
        append(&mut slots, a, &[200.0]);
        assert_eq!(values(&slots, b), [&prefix[..36], &[100.0]].concat());
        assert_eq!(values(&slots, a), [&prefix[..], &[200.0]].concat());
        assert_eq!(slots.bytes(), one / 2 * 3);
    }

    #[test]
    fn truncated_and_reordered_slots_go_on_from_there() {
        let mut slots = Slots::new(SHAPE);
        let (a, b) = (slots.alloc(), slots.alloc());
        append(&mut slots, a, &[1.0, 2.0, 3.0]);
        append(&mut slots, b, &[4.0]);
        slots.truncate(a, 1).unwrap();
        append(&mut slots, a, &[5.0]);
        slots.reorder(&[a, b], &[b, a]).unwrap();
        append(&mut slots, b, &[6.0]);
        assert_eq!(values(&slots, a), [4.0]);
        assert_eq!(values(&slots, b), [1.0, 5.0, 6.0]);
        assert!(slots.truncate(a, 2).is_err());
    }

    #[test]
    fn freed_slots_are_used_again_and_give_their_memory_back() {
        let mut slots = Slots::new(SHAPE);
        let a = slots.alloc();
        append(&mut slots, a, &[1.0]);
        slots.free(a);
        assert!(slots.len(a).is_err());
        assert!(slots.is_empty());
        assert_eq!(slots.bytes(), 0);
        let b = slots.alloc();
        assert_eq!(slots.len(b).unwrap(), 0);
    }
}
