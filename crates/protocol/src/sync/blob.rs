//! The shape of a blob, sealed bytes of an attachment (docs/adr/0015): a preview and the content, in chunks. All of it follows from one size.

use crate::signed::{Fields, SignedError, canonical};

use super::{envelope::SEAL_BYTES, padding::padme};

/// How much content one chunk holds; the last of a blob holds what is left.
pub const CHUNK: usize = 1024 * 1024;
/// To how much the preview is filled up, which is chunk 0 of each blob.
pub const PREVIEW: usize = 24 * 1024;
/// Content is filled up to this at least.
pub const SMALLEST: u64 = 64 * 1024;
/// The largest blob, without its preview.
pub const LARGEST: u64 = 128 * 1024 * 1024;
const CONTEXT: &str = "regie/1/chunk";

/// A blob's random id, never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId(pub [u8; 16]);

/// How a blob is cut into chunks: the preview, then content filled up to a step of Padmé.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape(u64);

impl Shape {
    /// Of so many bytes of content, filled up. Nothing for more than [`LARGEST`].
    #[must_use]
    pub const fn of_content(bytes: u64) -> Option<Self> {
        let least = if bytes < SMALLEST { SMALLEST } else { bytes };
        match padme(least) {
            Some(size) if size <= LARGEST => Some(Self(size)),
            _ => None,
        }
    }

    /// Of this size after filling. Nothing for one that no filling leads to.
    #[must_use]
    pub fn of_size(size: u64) -> Option<Self> {
        Self::of_content(size).filter(|shape| shape.0 == size)
    }

    /// The size of the content after filling, without what sealing adds.
    #[must_use]
    pub const fn size(self) -> u64 {
        self.0
    }

    /// How many chunks there are, the preview included.
    #[must_use]
    pub const fn chunks(self) -> u32 {
        // At most 129.
        #[expect(clippy::cast_possible_truncation, reason = "no blob is larger than LARGEST")]
        let content = self.0.div_ceil(CHUNK as u64) as u32;
        1 + content
    }

    /// How long a chunk is before it is sealed; nothing where there is no such chunk.
    #[must_use]
    pub fn length(self, number: u32) -> Option<usize> {
        if number == 0 {
            return Some(PREVIEW);
        }
        let before = u64::from(number - 1) * CHUNK as u64;
        let left = self.0.checked_sub(before).filter(|left| *left > 0)?;
        usize::try_from(left.min(CHUNK as u64)).ok()
    }

    /// How long a chunk is as it rests and travels.
    #[must_use]
    pub fn sealed_length(self, number: u32) -> Option<usize> {
        Some(self.length(number)? + SEAL_BYTES)
    }

    /// Where a chunk begins when all are put one behind the other, as they rest; behind the last one, where all end.
    #[must_use]
    pub fn offset(self, number: u32) -> Option<u64> {
        if number > self.chunks() {
            return None;
        }
        let Some(content) = number.checked_sub(1) else {
            return Some(0);
        };
        let content = (u64::from(content) * CHUNK as u64).min(self.0);
        Some(content + PREVIEW as u64 + u64::from(number) * SEAL_BYTES as u64)
    }

    /// How many bytes all chunks are as they rest and travel.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0 + PREVIEW as u64 + self.chunks() as u64 * SEAL_BYTES as u64
    }

    /// What is bound to a sealed chunk (associated data): which place it has, of which blob. So it fits no other, and a cut is seen.
    ///
    /// # Errors
    /// Never in practice.
    pub fn bound_to(self, id: BlobId, number: u32) -> Result<Vec<u8>, SignedError> {
        canonical::encode(
            Fields::default()
                .text(CONTEXT)
                .bytes(&id.0)
                .number(number.into())
                .number(self.chunks().into())
                .number(self.0),
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn chunks_lie_one_behind_the_other_and_are_all_there_is(bytes in 0..=LARGEST) {
            let shape = Shape::of_content(bytes).expect("a shape");
            prop_assert!(shape.size() >= bytes.max(SMALLEST));
            prop_assert_eq!(Shape::of_size(shape.size()), Some(shape));
            let (mut offset, mut content) = (0, 0);
            for number in 0..shape.chunks() {
                prop_assert_eq!(shape.offset(number), Some(offset));
                let length = shape.length(number).expect("a chunk");
                prop_assert!(length > 0 && length <= CHUNK);
                offset += shape.sealed_length(number).expect("a chunk") as u64;
                content += if number == 0 { 0 } else { length as u64 };
            }
            prop_assert_eq!((content, offset), (shape.size(), shape.bytes()));
            prop_assert_eq!(shape.offset(shape.chunks()), Some(offset));
            prop_assert_eq!(shape.length(shape.chunks()), None);
            prop_assert_eq!(shape.offset(shape.chunks() + 1), None);
        }
    }

    #[test]
    fn sizes_are_those_that_were_worked_out() {
        let figures = |bytes| {
            let shape = Shape::of_content(bytes).expect("a shape");
            (shape.size(), shape.chunks(), shape.bytes())
        };
        assert_eq!(figures(1_234_567), (1_245_184, 3, 1_269_880));
        assert_eq!(figures(50 << 20), (50 << 20, 51, 52_455_416));
        assert_eq!(figures(0), figures(64 * 1024));
        assert_eq!(figures(LARGEST).1, 129);
    }

    #[test]
    fn what_is_too_large_or_was_not_filled_up_has_no_shape() {
        assert_eq!(Shape::of_content(LARGEST + 1), None);
        assert_eq!(Shape::of_content(u64::MAX), None);
        for size in [0, SMALLEST - 1, SMALLEST + 1, 1_234_567, LARGEST + 1, u64::MAX] {
            assert_eq!(Shape::of_size(size), None, "{size}");
        }
    }
}
