//! Stretches of numbers that a pickle names, and the tensors that are views of them.

use std::rc::Rc;

use super::dtype::DType;

const MAX_RANK: usize = 8;

/// A stretch of numbers outside the pickle.
#[derive(Debug)]
pub(super) struct Storage {
    pub(super) dtype: DType,
    pub(super) key: Rc<str>,
    /// How many numbers.
    pub(super) len: usize,
}

/// A view of a storage, which lies within it.
#[derive(Debug)]
pub(super) struct Tensor {
    pub(super) storage: Rc<Storage>,
    /// Where it begins, in numbers.
    pub(super) offset: usize,
    pub(super) shape: Vec<usize>,
    /// Whether its numbers lie in row-major order without gaps.
    pub(super) contiguous: bool,
}

impl Tensor {
    /// A view, unless it reaches beyond its storage.
    pub(super) fn new(
        storage: &Rc<Storage>,
        offset: i64,
        shape: Vec<usize>,
        stride: &[usize],
    ) -> Option<Self> {
        if shape.len() != stride.len() || shape.len() > MAX_RANK {
            return None;
        }
        let mut elements = 1usize;
        let mut contiguous = true;
        for (&dim, &step) in shape.iter().zip(stride).rev() {
            contiguous &= dim == 1 || step == elements;
            elements = elements.checked_mul(dim)?;
        }
        let offset = usize::try_from(offset).ok()?;
        let end = offset.checked_add(elements)?;
        (end <= storage.len).then(|| Self { storage: storage.clone(), offset, shape, contiguous })
    }
}
