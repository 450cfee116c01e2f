//! One encoding for all that is said: a list of the version and what is said in it.

use crate::signed::{Fields, Header, HeaderKind, Reader, SignedError, canonical};

use super::limits::LONGEST_MESSAGE;

/// The version of this form.
pub const VERSION: u64 = 1;
/// Parts that a message may have, lists and their heads included. A hostile one of four mebibytes could have millions, and each costs memory.
const MOST_PARTS: usize = 128 * 1024;

/// Something that travels.
pub trait Wire: Sized {
    /// Its parts, in their fixed order.
    fn fields(&self) -> Fields;

    /// The same of something that nobody else needs: what is long in it need not be copied.
    fn into_fields(self) -> Fields {
        self.fields()
    }

    /// The same parts, read.
    ///
    /// # Errors
    /// What cannot be read.
    fn read(fields: &mut Reader) -> Result<Self, SignedError>;

    /// Whether it makes sense: asked before it is sent and after it was read.
    ///
    /// # Errors
    /// What makes none.
    fn check(&self) -> Result<(), SignedError> {
        Ok(())
    }

    /// Its one encoding.
    ///
    /// # Errors
    /// [`SignedError::TooLong`], and what makes no sense in it.
    fn to_bytes(&self) -> Result<Vec<u8>, SignedError> {
        self.check()?;
        encoded(self.fields())
    }

    /// The same of something that nobody else needs.
    ///
    /// # Errors
    /// As [`Wire::to_bytes`].
    fn into_bytes(self) -> Result<Vec<u8>, SignedError> {
        self.check()?;
        encoded(self.into_fields())
    }

    /// Reads its one encoding.
    ///
    /// # Errors
    /// [`SignedError::Version`] for another version; everything else that [`Wire::to_bytes`] would not have written.
    fn from_bytes(bytes: &[u8]) -> Result<Self, SignedError> {
        if bytes.len() > LONGEST_MESSAGE {
            return Err(SignedError::TooLong);
        }
        canonical::check_parts(bytes, MOST_PARTS)?;
        let said: Self = canonical::decode_long(bytes, read_whole, |said: &Self| whole(said.fields()))?;
        said.check()?;
        Ok(said)
    }
}

fn whole(said: Fields) -> Fields {
    Fields::default().number(VERSION).nested(said)
}

fn encoded(said: Fields) -> Result<Vec<u8>, SignedError> {
    let bytes = canonical::encode(whole(said))?;
    if bytes.len() > LONGEST_MESSAGE {
        return Err(SignedError::TooLong);
    }
    Ok(bytes)
}

fn read_whole<T: Wire>(fields: &mut Reader) -> Result<T, SignedError> {
    if fields.number()? != VERSION {
        return Err(SignedError::Version);
    }
    let mut inner = fields.nested()?;
    let said = T::read(&mut inner)?;
    inner.end()?;
    Ok(said)
}

/// A header as it travels among others, with its kind. Nothing of it was read yet.
#[derive(Clone, PartialEq, Eq)]
pub struct HeaderBytes {
    /// Which kind it is said to be.
    pub kind: HeaderKind,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl HeaderBytes {
    /// Of a header.
    ///
    /// # Errors
    /// Never in practice.
    pub fn of(header: &Header) -> Result<Self, SignedError> {
        Ok(Self {
            kind: header.kind(),
            bytes: header.to_bytes()?,
        })
    }

    /// The header. Nothing of it is checked yet.
    ///
    /// # Errors
    /// As [`Header::from_bytes`].
    pub fn header(&self) -> Result<Header, SignedError> {
        Header::from_bytes(self.kind, &self.bytes)
    }

    pub(super) fn fields(&self) -> Fields {
        Fields::default().number(self.kind.number()).bytes(&self.bytes)
    }

    pub(super) fn read(mut fields: Reader) -> Result<Self, SignedError> {
        let read = Self {
            kind: HeaderKind::from_number(fields.number()?)?,
            bytes: fields.any_bytes()?,
        };
        fields.end()?;
        Ok(read)
    }
}

impl std::fmt::Debug for HeaderBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HeaderBytes({:?}, {} bytes)", self.kind, self.bytes.len())
    }
}

/// A list of things, each as a list of its parts.
pub(super) fn list<T>(things: &[T], fields: impl Fn(&T) -> Fields) -> Fields {
    things
        .iter()
        .fold(Fields::default(), |list, thing| list.nested(fields(thing)))
}

pub(super) fn read_list<T>(
    mut list: Reader,
    read: impl Fn(Reader) -> Result<T, SignedError>,
) -> Result<Vec<T>, SignedError> {
    let mut things = Vec::new();
    while !list.is_done() {
        things.push(read(list.nested()?)?);
    }
    Ok(things)
}

/// A list of bytes of any length.
pub(super) fn blobs(blobs: &[Vec<u8>]) -> Fields {
    blobs
        .iter()
        .fold(Fields::default(), |list, bytes| list.bytes(bytes))
}

pub(super) fn read_blobs(mut list: Reader) -> Result<Vec<Vec<u8>>, SignedError> {
    let mut blobs = Vec::new();
    while !list.is_done() {
        blobs.push(list.any_bytes()?);
    }
    Ok(blobs)
}

pub(super) fn at_most(count: usize, most: usize, what: &'static str) -> Result<(), SignedError> {
    if count > most {
        Err(SignedError::Senseless(what))
    } else {
        Ok(())
    }
}
