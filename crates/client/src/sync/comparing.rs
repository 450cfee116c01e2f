//! Comparing what two devices see: the head's place and a short code of it, which no server can make (docs/adr/0014).

use regie_protocol::signed::{EpochHeader, Head, signs};
use regie_vault::Vault;
use serde::Serialize;
use specta::Type;

use crate::{Client, ClientError};

use super::{checking::read_header, damaged, keys::EpochKeys};

/// Where this device is in the account's history, and the code of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SyncCode {
    /// The head's place.
    pub number: u32,
    /// Eight signs in two groups.
    pub code: String,
}

/// What comparing came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum SyncCompared {
    /// Both see the same history.
    Same,
    /// They see two. A sign that was typed wrongly looks the same.
    Differs,
    /// The other device is further: this one has to sync first, or its own number is to be typed there.
    Behind,
    /// What stood there this device no longer remembers.
    Unknown,
    /// What was typed is no code.
    NoCode,
}

impl Client {
    /// The code of what this device sees; `None` before it has seen anything.
    ///
    /// # Errors
    /// [`ClientError::Locked`]; what the database says.
    pub fn sync_code(&self) -> Result<Option<SyncCode>, ClientError> {
        self.with_vault(|vault| {
            let Some(head) = vault.sync_head()? else {
                return Ok(None);
            };
            let epoch = read_header(&head.header)?.epoch();
            let at = Head {
                sequence: head.sequence,
                hash: head.hash,
            };
            Ok(Some(SyncCode {
                number: u32::try_from(head.sequence).unwrap_or(u32::MAX),
                code: code(vault, epoch, at)?,
            }))
        })
    }

    /// Compares another device's number and code with what this one knows of that place.
    ///
    /// # Errors
    /// [`ClientError::Locked`]; what the database says.
    pub fn sync_compare(&self, number: u32, typed: &str) -> Result<SyncCompared, ClientError> {
        let alphabet = signs::alphabet().map_err(|_| damaged())?;
        let read = |text: &str| alphabet.decode(signs::tidy(text).as_bytes()).ok();
        let sequence = u64::from(number);
        let (Some(theirs), 1..) = (read(typed).filter(|bytes| bytes.len() == 5), sequence) else {
            return Ok(SyncCompared::NoCode);
        };
        self.with_vault(|vault| {
            let Some(head) = vault.sync_head()? else {
                return Ok(SyncCompared::Behind);
            };
            if sequence > head.sequence {
                return Ok(SyncCompared::Behind);
            }
            let known = match sequence == head.sequence {
                true => Some((read_header(&head.header)?.epoch(), head.hash)),
                false => match vault.header_hash(sequence)? {
                    Some(hash) => epoch_at(vault, sequence)?.map(|epoch| (epoch, hash)),
                    None => None,
                },
            };
            let Some((epoch, hash)) = known else {
                return Ok(SyncCompared::Unknown);
            };
            let ours = code(vault, epoch, Head { sequence, hash })?;
            Ok(match read(&ours).as_ref() == Some(&theirs) {
                true => SyncCompared::Same,
                false => SyncCompared::Differs,
            })
        })
    }
}

fn code(vault: &Vault, epoch: u64, head: Head) -> Result<String, ClientError> {
    let mut keys = EpochKeys::default();
    let heads = &keys.own(vault, epoch)?.heads;
    Ok(heads.derive_comparison(head)?.as_str().to_owned())
}

/// The epoch that was at a place of the chain.
fn epoch_at(vault: &Vault, sequence: u64) -> Result<Option<u64>, ClientError> {
    let mut at = None;
    for kept in vault.epochs()? {
        let header = EpochHeader::from_bytes(&kept.header).map_err(|_| damaged())?;
        if header.statement().sequence <= sequence {
            at = at.max(Some(header.statement().number));
        }
    }
    Ok(at)
}
