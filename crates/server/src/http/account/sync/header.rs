//! Headers, from the wire's types to the store's and back.

use regie_protocol::{
    ProblemCode,
    signed::{self, ChangeHeader, Entry, Header, HeaderHash},
    sync::HeaderBytes,
    wire::Blob,
};

use super::super::{join::said, signed::Caller};
use crate::{
    error::Refusal,
    store::{self, AccountId},
};

/// Whether a header is of the account and by the device that signed the request.
pub(in crate::http::account) fn by(caller: &Caller, header: &Header) -> Result<(), Refusal> {
    of_account(caller.account, header)?;
    if header.device().0 != caller.device.0 || header.check_signature(&caller.key).is_err() {
        return Err(ProblemCode::HeaderRefused.into());
    }
    Ok(())
}

/// Whether a header is of an account's chain.
pub(in crate::http::account) fn of_account(account: AccountId, header: &Header) -> Result<(), Refusal> {
    if header.account().0 == account.0 {
        Ok(())
    } else {
        Err(ProblemCode::HeaderRefused.into())
    }
}

/// A header as the store takes it, with its bytes.
pub(in crate::http::account) fn placed(header: &Header, bytes: Vec<u8>) -> Result<store::NewHeader, Refusal> {
    let of_devices = match header {
        Header::Epoch(_) => true,
        Header::Change(change) => {
            let mut entries = change.statement().entries.iter();
            entries.any(|entry| !matches!(entry, Entry::Restart(_)))
        }
    };
    let restarts = header.restart().map(|head| number(head.sequence));
    Ok(store::NewHeader {
        sequence: number(header.sequence())?,
        before: header.before().map(|hash| hash.0),
        hash: header.hash()?.0,
        restarts: restarts.transpose()?,
        of_devices,
        bytes: bounded(bytes)?,
    })
}

/// The header that vouches for the records there are, behind what begins an epoch.
pub(in crate::http::account) fn vouching(
    account: AccountId,
    begins: &Header,
    bytes: Vec<u8>,
) -> Result<(Header, store::NewHeader), Refusal> {
    let header = ChangeHeader::from_bytes(&bytes).map_err(|_| ProblemCode::Malformed)?;
    let header = Header::Change(header);
    of_account(account, &header)?;
    if header.epoch() != begins.epoch() || header.device() != begins.device() {
        return Err(ProblemCode::HeaderRefused.into());
    }
    let placed = placed(&header, bytes)?;
    Ok((header, placed))
}

/// A number of the wire in a column.
pub(super) fn number(number: u64) -> Result<i64, Refusal> {
    Ok(i64::try_from(number).map_err(|_| ProblemCode::Malformed)?)
}

/// A number of a column on the wire.
pub(super) fn place(number: i64) -> Result<u64, Refusal> {
    Ok(u64::try_from(number).map_err(|_| ProblemCode::Internal)?)
}

/// No header is longer than what a device may say.
pub(super) fn bounded(bytes: Vec<u8>) -> Result<Vec<u8>, Refusal> {
    said(Blob(bytes))
}

pub(super) fn outward(head: store::Head) -> Result<signed::Head, Refusal> {
    Ok(signed::Head {
        sequence: place(head.sequence)?,
        hash: HeaderHash(head.hash),
    })
}

pub(super) fn as_bytes(header: store::StoredHeader) -> HeaderBytes {
    HeaderBytes {
        kind: match header.kind {
            store::HeaderKind::Epoch => signed::HeaderKind::Epoch,
            store::HeaderKind::Change => signed::HeaderKind::Change,
        },
        bytes: header.bytes,
    }
}
