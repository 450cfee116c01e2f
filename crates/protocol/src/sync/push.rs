//! Pushing: one header and the envelopes that belong to it, taken or refused as one.

use std::collections::BTreeSet;

use crate::{
    account::device::Identity,
    signed::{ChangeHeader, EpochHeader, Fields, Head, Reader, SignedError},
    wire::{Blob, Fixed},
};

use super::{
    BlobId, Envelope,
    limits::{BLOB_ROWS, MOST, PART_BYTES, PART_RECORDS},
    wire::{Wire, at_most, blobs, list, read_blobs, read_list},
};

/// A push. A device keeps these bytes before it sends them, and sends them byte for byte until it knows what became of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushRequest {
    /// [`ChangeHeader`] as it travels.
    pub header: Vec<u8>,
    /// [`Envelope`]s as they travel, one for each record, at most [`PART_BYTES`] or one, and at most [`PART_RECORDS`].
    pub envelopes: Vec<Vec<u8>>,
    /// Blobs that are kept from now on: each has to be there whole. In order of ids.
    pub keep: Vec<BlobId>,
    /// Blobs that go, with all their chunks. In order of ids.
    pub drop: Vec<BlobId>,
}

/// What became of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushResponse {
    /// It stands in the chain, now or since it was sent before; this is the chain's head, which may be beyond it.
    Stored(Head),
    /// Another header was first: this is the head, and nothing of the push was written.
    Ahead(Head),
}

/// An epoch that begins with a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochBegun {
    /// [`EpochHeader`] as it travels.
    pub header: Vec<u8>,
    /// The key for each way.
    pub wraps: Vec<(String, Vec<u8>)>,
    /// The keys of this epoch by which other people know the account.
    pub identity: Identity,
}

/// Goes on from an older state of the server that also lost epochs: their headers are put back, and another epoch begins, for their wraps are
/// gone. Where no epoch was lost, a [`PushRequest`] whose header bears the restart is enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestartRequest {
    /// [`EpochHeader`]s that the server lost, oldest first. They lie beside the chain: told with the epochs, never in a stretch of it.
    pub put_back: Vec<Vec<u8>>,
    /// The epoch that begins.
    pub epoch: EpochBegun,
    /// The header after it, with the restart.
    pub header: Vec<u8>,
}

impl PushRequest {
    /// What is in it, read: each envelope of the header's epoch, and no record twice. Signature and place of the header are not looked at.
    ///
    /// # Errors
    /// [`SignedError`] for what cannot be read or makes no sense together.
    pub fn read_parts(&self) -> Result<(ChangeHeader, Vec<Envelope>), SignedError> {
        let header = ChangeHeader::from_bytes(&self.header)?;
        let envelopes = self.envelopes.iter().map(|bytes| Envelope::from_bytes(bytes));
        let envelopes = envelopes.collect::<Result<Vec<_>, _>>()?;
        let epoch = header.statement().epoch;
        if envelopes.iter().any(|envelope| envelope.label.epoch != epoch) {
            return Err(SignedError::Senseless("epoch"));
        }
        let ids: BTreeSet<_> = envelopes.iter().map(|envelope| envelope.label.id).collect();
        if ids.len() != envelopes.len() {
            return Err(SignedError::Senseless("list of records"));
        }
        Ok((header, envelopes))
    }
}

impl Wire for PushRequest {
    fn fields(&self) -> Fields {
        Fields::default()
            .bytes(&self.header)
            .nested(blobs(&self.envelopes))
            .nested(ids(&self.keep))
            .nested(ids(&self.drop))
    }

    fn into_fields(self) -> Fields {
        let envelopes = self.envelopes.into_iter();
        Fields::default()
            .owned(self.header)
            .nested(envelopes.fold(Fields::default(), Fields::owned))
            .nested(ids(&self.keep))
            .nested(ids(&self.drop))
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        Ok(Self {
            header: fields.any_bytes()?,
            envelopes: read_blobs(fields.nested()?)?,
            keep: read_ids(fields.nested()?)?,
            drop: read_ids(fields.nested()?)?,
        })
    }

    fn check(&self) -> Result<(), SignedError> {
        let bytes: usize = self.envelopes.iter().map(Vec::len).sum();
        if self.envelopes.len() > 1 && bytes > PART_BYTES {
            return Err(SignedError::TooLong);
        }
        for ids in [&self.keep, &self.drop] {
            at_most(ids.len(), BLOB_ROWS, "number of blobs")?;
            if !ids.is_sorted_by(|one, next| one < next) {
                return Err(SignedError::Senseless("list of blobs"));
            }
        }
        if self.keep.iter().any(|id| self.drop.binary_search(id).is_ok()) {
            return Err(SignedError::Senseless("list of blobs"));
        }
        at_most(self.envelopes.len(), PART_RECORDS, "number of records")
    }
}

fn ids(ids: &[BlobId]) -> Fields {
    ids.iter().fold(Fields::default(), |list, id| list.bytes(&id.0))
}

fn read_ids(mut list: Reader) -> Result<Vec<BlobId>, SignedError> {
    let mut ids = Vec::new();
    while !list.is_done() {
        ids.push(BlobId(list.bytes()?));
    }
    Ok(ids)
}

impl Wire for PushResponse {
    fn fields(&self) -> Fields {
        let (what, head) = match self {
            Self::Stored(head) => ("stored", head),
            Self::Ahead(head) => ("ahead", head),
        };
        Fields::default().text(what).nested(head.fields())
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        let what = fields.text()?;
        let head = Head::read_all(fields.nested()?)?;
        match what.as_str() {
            "stored" => Ok(Self::Stored(head)),
            "ahead" => Ok(Self::Ahead(head)),
            _ => Err(SignedError::Senseless("answer")),
        }
    }
}

impl RestartRequest {
    /// What is in it, read: the headers that are put back, the new epoch's and the one after it. Signatures and places are not looked at.
    ///
    /// # Errors
    /// [`SignedError`] for what cannot be read or makes no sense together.
    pub fn read_parts(&self) -> Result<(Vec<EpochHeader>, EpochHeader, ChangeHeader), SignedError> {
        let put_back = self.put_back.iter().map(|bytes| EpochHeader::from_bytes(bytes));
        let put_back = put_back.collect::<Result<Vec<_>, _>>()?;
        let epoch = EpochHeader::from_bytes(&self.epoch.header)?;
        let header = ChangeHeader::from_bytes(&self.header)?;
        let mut last: Option<&EpochHeader> = None;
        for next in &put_back {
            last.map_or(Ok(()), |last| next.check_follows(last))?;
            last = Some(next);
        }
        let number = epoch.statement().number;
        if last.is_some_and(|last| last.statement().number.checked_add(1) != Some(number))
            || header.statement().epoch != number
            || header.statement().restart().is_none()
        {
            return Err(SignedError::Senseless("epoch"));
        }
        Ok((put_back, epoch, header))
    }
}

fn read_identity(mut fields: Reader) -> Result<Identity, SignedError> {
    let read = Identity {
        sign_key: Fixed(fields.bytes()?),
        seal_key: Fixed(fields.bytes()?),
        statement: Blob(fields.any_bytes()?),
    };
    fields.end()?;
    Ok(read)
}

impl Wire for RestartRequest {
    fn fields(&self) -> Fields {
        let wraps = list(&self.epoch.wraps, |(way, wrap)| {
            Fields::default().text(way).bytes(wrap)
        });
        let identity = &self.epoch.identity;
        let identity = Fields::default()
            .bytes(&identity.sign_key.0)
            .bytes(&identity.seal_key.0)
            .bytes(&identity.statement.0);
        let epoch = Fields::default()
            .bytes(&self.epoch.header)
            .nested(wraps)
            .nested(identity);
        Fields::default()
            .nested(blobs(&self.put_back))
            .nested(epoch)
            .bytes(&self.header)
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        let put_back = read_blobs(fields.nested()?)?;
        let mut epoch = fields.nested()?;
        let begun = EpochBegun {
            header: epoch.any_bytes()?,
            wraps: read_list(epoch.nested()?, |mut wrap| {
                let read = (wrap.text()?, wrap.any_bytes()?);
                wrap.end()?;
                Ok(read)
            })?,
            identity: read_identity(epoch.nested()?)?,
        };
        epoch.end()?;
        Ok(Self {
            put_back,
            epoch: begun,
            header: fields.any_bytes()?,
        })
    }

    fn check(&self) -> Result<(), SignedError> {
        at_most(self.put_back.len(), MOST, "number of epochs")?;
        at_most(self.epoch.wraps.len(), MOST, "number of wraps")
    }
}
