//! Sealing what an attachment is made of: chunks under a key that is used for one blob alone, each bound to its place in it. As they are sealed
//! they rest in a file and travel (docs/adr/0015).

use regie_protocol::sync::blob::{BlobId, PREVIEW, Shape};
use zeroize::Zeroizing;

use crate::{
    CryptoError, Key, make_random,
    seal::{open, seal},
};

pub use regie_protocol::sync::blob::CHUNK;

/// The longest preview: what is filled up ends in one byte that is none of it.
pub const LONGEST_PREVIEW: usize = PREVIEW - 1;
/// Behind a preview, before what fills it up.
const END: u8 = 0x80;

/// One blob: its name, its key, and how much content it has.
pub struct Blob {
    id: BlobId,
    key: Key,
    bytes: u64,
    shape: Shape,
}

impl Blob {
    /// A new one for so many bytes of content, with a random id and a random key.
    ///
    /// # Errors
    /// [`CryptoError::Parameters`] for more than a blob holds; [`CryptoError::Randomness`].
    pub fn make_random(bytes: u64) -> Result<Self, CryptoError> {
        Self::from_parts(BlobId(make_random()?), Key::make_random()?, bytes)
    }

    /// The one that a manifest tells of.
    ///
    /// # Errors
    /// [`CryptoError::Parameters`] for more than a blob holds.
    pub fn from_parts(id: BlobId, key: Key, bytes: u64) -> Result<Self, CryptoError> {
        let shape = Shape::of_content(bytes).ok_or(CryptoError::Parameters)?;
        Ok(Self {
            id,
            key,
            bytes,
            shape,
        })
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> BlobId {
        self.id
    }

    /// Its key, for keeping it.
    #[must_use]
    pub const fn key(&self) -> &Key {
        &self.key
    }

    /// How many bytes of content it has.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How it is cut.
    #[must_use]
    pub const fn shape(&self) -> Shape {
        self.shape
    }

    /// The size of its content after filling.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.shape.size()
    }

    /// How many chunks it has, the preview included.
    #[must_use]
    pub const fn chunks(&self) -> u32 {
        self.shape.chunks()
    }

    /// How much of the content lies in a chunk: nothing in one that only fills up, and none where there is no such chunk or it is the preview.
    #[must_use]
    pub fn content_length(&self, number: u32) -> Option<usize> {
        let before = u64::from(number.checked_sub(1)?) * CHUNK as u64;
        let most = self.shape.length(number)?;
        let left = self.bytes.saturating_sub(before);
        Some(usize::try_from(left).map_or(most, |left| left.min(most)))
    }
}

/// Seals one chunk with a fresh nonce, filled up. Chunk 0 is the preview, of [`LONGEST_PREVIEW`] at most; of the others, what
/// [`Blob::content_length`] says.
///
/// # Errors
/// [`CryptoError::Parameters`] for what does not fit this place; [`CryptoError::Randomness`].
pub fn seal_chunk(blob: &Blob, number: u32, plain: &[u8]) -> Result<Vec<u8>, CryptoError> {
    let length = blob.shape.length(number).ok_or(CryptoError::Parameters)?;
    let is_right = match blob.content_length(number) {
        None => plain.len() <= LONGEST_PREVIEW,
        Some(content) => plain.len() == content,
    };
    if !is_right {
        return Err(CryptoError::Parameters);
    }
    let bound = blob.shape.bound_to(blob.id, number)?;
    if plain.len() == length {
        return seal(&blob.key, plain, &bound);
    }
    let mut filled = Zeroizing::new(Vec::with_capacity(length));
    filled.extend_from_slice(plain);
    if number == 0 {
        filled.push(END);
    }
    filled.resize(length, 0);
    seal(&blob.key, &filled, &bound)
}

/// Opens what [`seal_chunk`] made for this place of this blob, without what filled it up.
///
/// # Errors
/// [`CryptoError::WrongKey`] for anything else: altered, cut, another place's, another blob's, or filled up in another way.
pub fn open_chunk(blob: &Blob, number: u32, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    if blob.shape.sealed_length(number) != Some(sealed.len()) {
        return Err(CryptoError::WrongKey);
    }
    let mut plain = open(&blob.key, sealed, &blob.shape.bound_to(blob.id, number)?)?;
    let length = match blob.content_length(number) {
        None => preview_length(&plain),
        Some(content) => is_empty(plain.get(content..)).then_some(content),
    };
    plain.truncate(length.ok_or(CryptoError::WrongKey)?);
    Ok(plain)
}

/// Checks a chunk without giving what is in it.
///
/// # Errors
/// As [`open_chunk`].
pub fn check_chunk(blob: &Blob, number: u32, sealed: &[u8]) -> Result<(), CryptoError> {
    open_chunk(blob, number, sealed).map(drop)
}

fn preview_length(filled: &[u8]) -> Option<usize> {
    let end = filled.iter().rposition(|byte| *byte != 0)?;
    (filled.get(end) == Some(&END)).then_some(end)
}

fn is_empty(filling: Option<&[u8]>) -> bool {
    filling.is_some_and(|filling| filling.iter().all(|byte| *byte == 0))
}

impl std::fmt::Debug for Blob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Blob({} chunks)", self.chunks())
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::Index};
    use regie_protocol::sync::{blob::SMALLEST, envelope::SEAL_BYTES};

    use super::*;

    fn blob(bytes: usize) -> Blob {
        Blob::from_parts(BlobId([1; 16]), Key::from_bytes([2; 32]), bytes as u64).expect("a blob")
    }

    fn other(of: &Blob, id: u8, key: u8, bytes: u64) -> Blob {
        let (id, key) = (BlobId([id; 16]), Key::from_bytes([key; 32]));
        assert_ne!((id, key.expose(), bytes), (of.id, of.key.expose(), of.bytes));
        Blob::from_parts(id, key, bytes).expect("a blob")
    }

    fn part<'a>(blob: &Blob, content: &'a [u8], number: u32) -> &'a [u8] {
        let rest = &content[((number as usize - 1) * CHUNK).min(content.len())..];
        &rest[..blob.content_length(number).expect("a chunk")]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn what_was_sealed_in_chunks_comes_back_whole(
            content in vec(any::<u8>(), 1..100).prop_flat_map(|some| (Just(some), 0_usize..3 * CHUNK))
                .prop_map(|(some, length)| some.into_iter().cycle().take(length).collect::<Vec<_>>()),
            preview in vec(any::<u8>(), 0..=LONGEST_PREVIEW)
        ) {
            let blob = blob(content.len());
            let mut back = Vec::new();
            for number in 1..blob.chunks() {
                let plain = part(&blob, &content, number);
                let sealed = seal_chunk(&blob, number, plain)?;
                prop_assert_eq!(Some(sealed.len()), blob.shape().sealed_length(number));
                back.extend_from_slice(&open_chunk(&blob, number, &sealed)?);
            }
            prop_assert!(back == content);
            let sealed = seal_chunk(&blob, 0, &preview)?;
            prop_assert_eq!(sealed.len(), PREVIEW + SEAL_BYTES);
            prop_assert!(*open_chunk(&blob, 0, &sealed)? == preview);
            prop_assert!(seal_chunk(&blob, 0, &preview)? != sealed, "a fresh nonce each time");
        }

        #[test]
        fn every_chunk_fits_one_place_of_one_blob(number in 0_u32..4, place in 0_u32..5) {
            let content = vec![7; 3 * CHUNK];
            let blob = blob(content.len());
            let plain = if number == 0 { &content[..9] } else { part(&blob, &content, number) };
            let sealed = seal_chunk(&blob, number, plain)?;
            prop_assert_eq!(open_chunk(&blob, place, &sealed).is_ok(), place == number, "another place");
            let bytes = blob.bytes();
            for wrong in [other(&blob, 9, 2, bytes), other(&blob, 1, 9, bytes), other(&blob, 1, 2, 2 * bytes)] {
                prop_assert!(open_chunk(&wrong, number, &sealed).is_err());
            }
        }

        #[test]
        fn a_chunk_that_was_altered_cut_or_lengthened_does_not_open(at: Index, flip in 1_u8.., cut in 1_usize..200) {
            let blob = blob(1_000);
            let sealed = seal_chunk(&blob, 1, &[5; 1_000])?;
            let mut altered = sealed.clone();
            altered[at.index(sealed.len())] ^= flip;
            prop_assert_eq!(open_chunk(&blob, 1, &altered).err(), Some(CryptoError::WrongKey));
            prop_assert!(open_chunk(&blob, 1, &sealed[..sealed.len() - cut]).is_err());
            prop_assert!(open_chunk(&blob, 1, &[sealed.as_slice(), &vec![0; cut]].concat()).is_err());
        }
    }

    #[test]
    fn the_same_key_and_id_with_another_count_of_chunks_open_nothing() {
        // The lengths of these chunks are the same: only the count and the size that are bound tell them apart.
        let (two, three) = (blob(2 * CHUNK), blob(3 * CHUNK));
        let sealed = seal_chunk(&two, 1, &vec![3; CHUNK]).expect("seals");
        assert!(open_chunk(&two, 1, &sealed).is_ok());
        assert_eq!(open_chunk(&three, 1, &sealed).err(), Some(CryptoError::WrongKey));
        let sealed = seal_chunk(&two, 0, b"preview").expect("seals");
        assert_eq!(open_chunk(&three, 0, &sealed).err(), Some(CryptoError::WrongKey));
    }

    #[test]
    fn what_does_not_fit_a_place_is_not_sealed() {
        let blob = blob(CHUNK + 10);
        assert_eq!((blob.chunks(), blob.content_length(2)), (3, Some(10)));
        for (number, length) in [
            (0, LONGEST_PREVIEW + 1),
            (1, CHUNK - 1),
            (1, CHUNK + 1),
            (2, 11),
            (3, 0),
        ] {
            let sealed = seal_chunk(&blob, number, &vec![0; length]);
            assert_eq!(sealed, Err(CryptoError::Parameters), "{number}, {length}");
        }
        assert!(Blob::make_random(1 << 40).is_err());
    }

    #[test]
    fn what_was_filled_up_in_another_way_is_refused() {
        let blob = blob(10);
        let bound = |number| blob.shape().bound_to(blob.id(), number).expect("bytes");
        let opens = |number, plain: &[u8]| {
            let sealed = seal(blob.key(), plain, &bound(number)).expect("seals");
            open_chunk(&blob, number, &sealed).is_ok()
        };
        let mut content = vec![0; usize::try_from(SMALLEST).expect("small")];
        content[9] = 1;
        assert!(opens(1, &content), "ten bytes and zeros");
        content[10] = 1;
        assert!(!opens(1, &content), "something behind them");
        let mut preview = vec![0; PREVIEW];
        assert!(!opens(0, &preview), "no end");
        preview[5] = END;
        assert!(opens(0, &preview));
        preview[6] = 1;
        assert!(!opens(0, &preview), "something behind the end");
    }

    #[test]
    fn a_blob_shows_neither_key_nor_id() {
        let said = format!("{:?}", blob(10));
        assert_eq!(said, "Blob(2 chunks)");
    }
}
