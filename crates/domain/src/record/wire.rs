//! CBOR of one form: lists of definite length, shortest heads, no maps and no floats. `ciborium` writes so; [`super::read`]
//! proves that something was written so by writing it again.

use chrono::{DateTime, FixedOffset, SubsecRound, Utc};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, DeserializeOwned, Visitor},
};

use super::{LONGEST_CONTENT, RecordError};
use crate::{
    moment::Moment,
    restriction::{LONGEST_REASON, Restriction},
};

/// A list of three.
const THREE: u8 = 0x83;
/// Longest name of a zone, a purpose, a statement or an instrument, in bytes.
pub(crate) const LONGEST_NAME: usize = 256;

/// The parts of a value as one piece of CBOR.
///
/// # Errors
/// Never in practice: memory is the sink.
pub(crate) fn encode(parts: &impl Serialize) -> Result<Vec<u8>, RecordError> {
    let mut bytes = Vec::new();
    ciborium::into_writer(parts, &mut bytes).map_err(|_| RecordError::Malformed)?;
    Ok(bytes)
}

/// Reads what [`encode`] wrote, and more than that: whether the form is the right one is not looked at here.
///
/// # Errors
/// [`RecordError::Malformed`].
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, RecordError> {
    ciborium::from_reader(bytes).map_err(|_| RecordError::Malformed)
}

/// The content of a kind, a version and a body.
///
/// # Errors
/// [`RecordError::TooLong`].
pub(super) fn join(kind: u16, version: u16, body: &[u8]) -> Result<Vec<u8>, RecordError> {
    let mut content = Vec::with_capacity(body.len().saturating_add(8));
    content.push(THREE);
    for number in [kind, version] {
        content.append(&mut encode(&number)?);
    }
    content.extend_from_slice(body);
    within(content.len(), LONGEST_CONTENT)?;
    Ok(content)
}

/// Kind, version and body of a content; the body is not looked at.
///
/// # Errors
/// [`RecordError::TooLong`], [`RecordError::Malformed`].
pub(super) fn split(content: &[u8]) -> Result<(u16, u16, &[u8]), RecordError> {
    within(content.len(), LONGEST_CONTENT)?;
    let mut rest = content.strip_prefix(&[THREE]).ok_or(RecordError::Malformed)?;
    let mut number = || -> Result<u16, RecordError> {
        let before = rest;
        let number: u16 = ciborium::from_reader(&mut rest).map_err(|_| RecordError::Malformed)?;
        let shortest = before.starts_with(&encode(&number)?);
        shortest.then_some(number).ok_or(RecordError::Malformed)
    };
    let (kind, version) = (number()?, number()?);
    // Versions count from 1.
    if version == 0 {
        return Err(RecordError::Malformed);
    }
    Ok((kind, version, rest))
}

/// Makes sure that a length keeps to its limit.
///
/// # Errors
/// [`RecordError::TooLong`].
pub(crate) const fn within(length: usize, limit: usize) -> Result<(), RecordError> {
    if length <= limit {
        Ok(())
    } else {
        Err(RecordError::TooLong)
    }
}

/// The years 1 to 9999 in milliseconds since 1970: dates of a person's life, and of no calendar's ends.
const YEARS_MS: std::ops::RangeInclusive<i64> = -62_135_596_800_000..=253_402_300_799_999;

/// A moment as it travels: milliseconds since 1970, offset in seconds, zone.
pub(crate) type MomentParts = (i64, i32, String);

pub(crate) fn moment_parts(moment: &Moment) -> (i64, i32, &str) {
    (
        moment.at.timestamp_millis(),
        moment.at.offset().local_minus_utc(),
        &moment.zone,
    )
}

/// # Errors
/// [`RecordError::TooLong`], [`RecordError::Malformed`].
pub(crate) fn moment((ms, offset_s, zone): MomentParts) -> Result<Moment, RecordError> {
    let offset = FixedOffset::east_opt(offset_s).ok_or(RecordError::Malformed)?;
    let at = instant(ms)?.with_timezone(&offset);
    let moment = Moment { at, zone };
    check_moment(&moment)?;
    Ok(moment)
}

/// # Errors
/// [`RecordError::Malformed`].
pub(crate) fn instant(ms: i64) -> Result<DateTime<Utc>, RecordError> {
    let known = YEARS_MS
        .contains(&ms)
        .then(|| DateTime::from_timestamp_millis(ms));
    known.flatten().ok_or(RecordError::Malformed)
}

/// # Errors
/// [`RecordError::TooLong`], [`RecordError::Malformed`]: whoever read it would refuse it.
pub(crate) fn check_moment(moment: &Moment) -> Result<(), RecordError> {
    within(moment.zone.len(), LONGEST_NAME)?;
    check_instant(moment.at.to_utc())
}

/// # Errors
/// [`RecordError::Malformed`]: whoever read it would refuse it.
pub(crate) fn check_instant(at: DateTime<Utc>) -> Result<(), RecordError> {
    instant(at.timestamp_millis()).map(|_| ())
}

/// # Errors
/// [`RecordError::TooLong`], [`RecordError::Malformed`]: whoever read it would refuse it.
pub(crate) fn check_hold(hold: Option<&Restriction>) -> Result<(), RecordError> {
    let Some(hold) = hold else { return Ok(()) };
    within(hold.reason.len(), LONGEST_REASON)?;
    check_moment(&hold.since)
}

/// To the millisecond, as it is kept and travels.
pub(crate) fn round(moment: Moment) -> Moment {
    Moment {
        at: moment.at.trunc_subsecs(3),
        ..moment
    }
}

/// A restriction as it travels: since when, and why.
pub(crate) type HoldParts = (MomentParts, String);

pub(crate) fn hold_parts(hold: &Restriction) -> ((i64, i32, &str), &str) {
    (moment_parts(&hold.since), &hold.reason)
}

/// # Errors
/// [`RecordError::TooLong`], [`RecordError::Malformed`].
pub(crate) fn hold((since, reason): HoldParts) -> Result<Restriction, RecordError> {
    let since = moment(since)?;
    let hold = Restriction { since, reason };
    check_hold(Some(&hold))?;
    Ok(hold)
}

/// Thirty-two bytes as CBOR has bytes.
#[derive(Clone, Copy)]
pub(crate) struct Octets(pub(crate) [u8; 32]);

impl Serialize for Octets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Octets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;

        impl Visitor<'_> for Bytes {
            type Value = Octets;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("32 bytes")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Octets, E> {
                let octets = bytes.try_into().map(Octets);
                octets.map_err(|_| E::invalid_length(bytes.len(), &self))
            }
        }

        deserializer.deserialize_bytes(Bytes)
    }
}
