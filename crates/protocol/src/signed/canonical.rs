//! One encoding for each statement: deterministic CBOR (RFC 8949, 4.2) without maps and floats, so that a fixed order, definite
//! lengths and shortest heads are all there is to keep. `ciborium` writes so; reading proves it by writing again.

use ciborium::Value;
use ciborium_ll::{Decoder, Header};

use super::SignedError;

/// Longest statement that is read.
pub const LONGEST: usize = 1024 * 1024;
/// Lists in lists that a statement may have; a hostile one could have any number.
const DEEPEST: usize = 8;

/// The parts of something on its way to bytes.
#[derive(Debug, Default)]
pub struct Fields(Vec<Value>);

impl Fields {
    /// One more: a text.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        self.with(Value::Text(text.to_owned()))
    }

    /// One more: bytes.
    #[must_use]
    pub fn bytes(self, bytes: &[u8]) -> Self {
        self.with(Value::Bytes(bytes.to_vec()))
    }

    /// One more: a number.
    #[must_use]
    pub fn number(self, number: u64) -> Self {
        self.with(Value::from(number))
    }

    /// One more: a list.
    #[must_use]
    pub fn nested(self, inner: Self) -> Self {
        self.with(Value::Array(inner.0))
    }

    fn with(mut self, value: Value) -> Self {
        self.0.push(value);
        self
    }
}

/// The parts of something that is read, one after the other.
#[derive(Debug)]
pub struct Reader(std::vec::IntoIter<Value>);

impl Reader {
    /// The next part, a text.
    ///
    /// # Errors
    /// [`SignedError::Malformed`] when it is anything else.
    pub fn text(&mut self) -> Result<String, SignedError> {
        self.next()?.into_text().map_err(|_| SignedError::Malformed)
    }

    /// The next part, bytes of this length.
    ///
    /// # Errors
    /// [`SignedError::Malformed`] when it is anything else.
    pub fn bytes<const N: usize>(&mut self) -> Result<[u8; N], SignedError> {
        self.any_bytes()?.try_into().map_err(|_| SignedError::Malformed)
    }

    /// The next part, bytes.
    ///
    /// # Errors
    /// [`SignedError::Malformed`] when it is anything else.
    pub fn any_bytes(&mut self) -> Result<Vec<u8>, SignedError> {
        self.next()?.into_bytes().map_err(|_| SignedError::Malformed)
    }

    /// The next part, a number.
    ///
    /// # Errors
    /// [`SignedError::Malformed`] when it is anything else.
    pub fn number(&mut self) -> Result<u64, SignedError> {
        let number = self.next()?.into_integer().map_err(|_| SignedError::Malformed)?;
        number.try_into().map_err(|_| SignedError::Malformed)
    }

    /// The next part, 0 for no or 1 for yes.
    ///
    /// # Errors
    /// [`SignedError::Malformed`] when it is anything else.
    pub fn flag(&mut self) -> Result<bool, SignedError> {
        match self.number()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(SignedError::Malformed),
        }
    }

    /// The next part, a list.
    ///
    /// # Errors
    /// [`SignedError::Malformed`] when it is anything else.
    pub fn nested(&mut self) -> Result<Self, SignedError> {
        let list = self.next()?.into_array().map_err(|_| SignedError::Malformed)?;
        Ok(Self(list.into_iter()))
    }

    /// Whether all was read.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.0.len() == 0
    }

    /// Makes sure that all was read.
    ///
    /// # Errors
    /// [`SignedError::Malformed`] when there is more.
    pub fn end(&self) -> Result<(), SignedError> {
        if self.is_done() {
            Ok(())
        } else {
            Err(SignedError::Malformed)
        }
    }

    fn next(&mut self) -> Result<Value, SignedError> {
        self.0.next().ok_or(SignedError::Malformed)
    }
}

/// The one encoding of these parts.
///
/// # Errors
/// Never in practice: memory is the sink.
pub fn encode(fields: Fields) -> Result<Vec<u8>, SignedError> {
    // Made as large as it becomes: what grows leaves copies behind, and each is wiped.
    let mut bytes = Vec::with_capacity(room_for(&fields.0));
    ciborium::into_writer(&Value::Array(fields.0), &mut bytes).map_err(|_| SignedError::Malformed)?;
    Ok(bytes)
}

/// So many bytes these parts take at most, as far as they are of the kinds that are written.
fn room_for(parts: &[Value]) -> usize {
    const HEAD: usize = 9;
    let room = |part: &Value| match part {
        Value::Bytes(bytes) => bytes.len(),
        Value::Text(text) => text.len(),
        Value::Array(parts) => room_for(parts),
        _ => 0,
    };
    parts
        .iter()
        .map(|part| room(part).saturating_add(HEAD))
        .fold(HEAD, usize::saturating_add)
}

/// Reads what [`encode`] wrote, at most [`LONGEST`] bytes of it. `write` gives the parts of what was read: its encoding must be
/// the bytes.
///
/// # Errors
/// [`SignedError::TooLong`], [`SignedError::Malformed`], [`SignedError::NotCanonical`]; those of `read`.
pub fn decode<T>(
    bytes: &[u8],
    read: impl FnOnce(&mut Reader) -> Result<T, SignedError>,
    write: impl FnOnce(&T) -> Fields,
) -> Result<T, SignedError> {
    if bytes.len() > LONGEST {
        return Err(SignedError::TooLong);
    }
    decode_long(bytes, read, write)
}

pub(crate) fn decode_long<T>(
    bytes: &[u8],
    read: impl FnOnce(&mut Reader) -> Result<T, SignedError>,
    write: impl FnOnce(&T) -> Fields,
) -> Result<T, SignedError> {
    let value: Value =
        ciborium::de::from_reader_with_recursion_limit(bytes, DEEPEST).map_err(|_| SignedError::Malformed)?;
    let list = value.into_array().map_err(|_| SignedError::Malformed)?;
    let mut fields = Reader(list.into_iter());
    let read = read(&mut fields)?;
    fields.end()?;
    let mut same = Same(bytes);
    let is_written = ciborium::into_writer(&Value::Array(write(&read).0), &mut same).is_ok();
    if is_written && same.0.is_empty() {
        Ok(read)
    } else {
        Err(SignedError::NotCanonical)
    }
}

/// Takes what these bytes are, and nothing else: what is written again is compared as it comes, for it may be megabytes.
struct Same<'b>(&'b [u8]);

impl std::io::Write for Same<'_> {
    fn write(&mut self, written: &[u8]) -> std::io::Result<usize> {
        self.0 = self
            .0
            .strip_prefix(written)
            .ok_or(std::io::ErrorKind::InvalidData)?;
        Ok(written.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Whether something long has no more parts than it may: each costs memory when it is read, and a hostile one could have one with each byte.
///
/// # Errors
/// [`SignedError::TooLong`]; [`SignedError::Malformed`] for what is no CBOR, or has no definite lengths.
pub(crate) fn check_parts(bytes: &[u8], most: usize) -> Result<(), SignedError> {
    let mut rest = bytes;
    for _ in 0..most {
        if rest.is_empty() {
            return Ok(());
        }
        let mut decoder = Decoder::from(rest);
        let body = match decoder.pull().map_err(|_| SignedError::Malformed)? {
            Header::Bytes(length) | Header::Text(length) => length.ok_or(SignedError::Malformed)?,
            _ => 0,
        };
        let end = decoder.offset().checked_add(body);
        rest = end
            .and_then(|end| rest.get(end..))
            .ok_or(SignedError::Malformed)?;
    }
    if rest.is_empty() {
        Ok(())
    } else {
        Err(SignedError::TooLong)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Parts = (u64, String, Vec<u8>);

    fn write((number, text, bytes): &Parts) -> Fields {
        let list = Fields::default().number(*number).bytes(bytes);
        Fields::default().number(*number).text(text).nested(list)
    }

    fn read(fields: &mut Reader) -> Result<Parts, SignedError> {
        let (number, text, mut list) = (fields.number()?, fields.text()?, fields.nested()?);
        let again = list.number()?;
        let bytes = list.any_bytes()?;
        list.end()?;
        (again == number)
            .then_some((number, text, bytes))
            .ok_or(SignedError::Malformed)
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_back(number: u64, text in ".{0,40}", bytes: Vec<u8>) {
            let parts = (number, text, bytes);
            let encoded = encode(write(&parts))?;
            prop_assert_eq!(decode(&encoded, read, write)?, parts);
        }

        #[test]
        fn whatever_is_read_was_written_so(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(parts) = decode(&bytes, read, write) {
                prop_assert_eq!(encode(write(&parts))?, bytes);
            }
        }
    }

    #[test]
    fn every_other_way_to_write_the_same_is_refused() {
        let plain = [0x83, 0x05, 0x61, b'a', 0x82, 0x05, 0x41, 0xff];
        assert_eq!(
            decode(&plain, read, write),
            Ok((5, "a".to_owned(), vec![0xff])),
            "the one way"
        );
        let others: [(&str, &[u8]); 9] = [
            (
                "a number in two bytes",
                &[0x83, 0x18, 0x05, 0x61, b'a', 0x82, 0x05, 0x41, 0xff],
            ),
            (
                "a number in nine bytes",
                &[
                    0x83, 0x1b, 0, 0, 0, 0, 0, 0, 0, 5, 0x61, b'a', 0x82, 0x05, 0x41, 0xff,
                ],
            ),
            (
                "a length in two bytes",
                &[0x83, 0x05, 0x78, 0x01, b'a', 0x82, 0x05, 0x41, 0xff],
            ),
            (
                "a list without a length",
                &[0x9f, 0x05, 0x61, b'a', 0x82, 0x05, 0x41, 0xff, 0xff],
            ),
            (
                "an inner list without a length",
                &[0x83, 0x05, 0x61, b'a', 0x9f, 0x05, 0x41, 0xff, 0xff],
            ),
            (
                "a text in pieces",
                &[0x83, 0x05, 0x7f, 0x61, b'a', 0xff, 0x82, 0x05, 0x41, 0xff],
            ),
            (
                "bytes in pieces",
                &[0x83, 0x05, 0x61, b'a', 0x82, 0x05, 0x5f, 0x41, 0xff, 0xff],
            ),
            (
                "a number as bytes",
                &[0x83, 0xc2, 0x41, 0x05, 0x61, b'a', 0x82, 0x05, 0x41, 0xff],
            ),
            (
                "more behind it",
                &[0x83, 0x05, 0x61, b'a', 0x82, 0x05, 0x41, 0xff, 0x00],
            ),
        ];
        for (what, bytes) in others {
            assert!(decode(bytes, read, write).is_err(), "{what}");
        }
    }

    #[test]
    fn a_hostile_shape_costs_nothing() {
        let deep = [0x81_u8; 100_000];
        let huge = [0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        let wide = [0x83, 0x05, 0x7b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        for bytes in [deep.as_slice(), &huge, &wide, &[]] {
            assert_eq!(decode(bytes, read, write), Err(SignedError::Malformed));
        }
        let long = vec![0; LONGEST + 1];
        assert_eq!(decode(&long, read, write), Err(SignedError::TooLong));
    }
}
