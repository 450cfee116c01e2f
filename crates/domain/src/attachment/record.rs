//! An attachment as it travels: its manifest, within a kilobyte whatever its size.

use chrono::SubsecRound;
use regie_protocol::sync::blob::Shape;
use serde::Serialize;
use uuid::Uuid;

use super::{Blob, BlobKey, Content, Extent, LONGEST_DEVICE, Manifest, Media, State};
use crate::{
    AttachmentId,
    record::{
        Kind, Merged, Record, RecordError,
        fields::only_change,
        wire::{self, Octets},
    },
};

/// Number of a media type, length, BLAKE3, and width and height or milliseconds and nothing.
type ContentParts = (u8, u64, Octets, u64, Option<u32>);
/// Number of the state, and the name of a device or a day; id; key.
type BlobParts = (StateParts, Uuid, Octets);
type StateParts = (u8, Option<String>, Option<i64>);

impl Manifest {
    fn check(&self) -> Result<(), RecordError> {
        let content = &self.content;
        let is_photo = matches!(content.extent, Extent::Dots { .. });
        if content.media.is_photo() != is_photo {
            return Err(RecordError::Malformed);
        }
        if Shape::of_content(content.bytes).is_none() {
            return Err(RecordError::TooLong);
        }
        match &self.blob.state {
            State::There => Ok(()),
            State::Coming { from } => wire::within(from.len(), LONGEST_DEVICE),
            State::Lost { since } => wire::check_instant(*since),
        }
    }
}

fn content_parts(content: &Content) -> impl Serialize {
    let (extent, height) = match content.extent {
        Extent::Dots { width, height } => (u64::from(width), Some(height)),
        Extent::Lasts { milliseconds } => (milliseconds, None),
    };
    let hash = Octets(content.hash);
    (content.media.number(), content.bytes, hash, extent, height)
}

fn content((media, bytes, hash, extent, height): ContentParts) -> Result<Content, RecordError> {
    Ok(Content {
        media: Media::of(media).ok_or(RecordError::Malformed)?,
        bytes,
        hash: hash.0,
        extent: match height {
            Some(height) => Extent::Dots {
                width: u32::try_from(extent).map_err(|_| RecordError::Malformed)?,
                height,
            },
            None => Extent::Lasts { milliseconds: extent },
        },
    })
}

fn blob_parts(blob: &Blob) -> impl Serialize + '_ {
    let state = match &blob.state {
        State::Coming { from } => (1_u8, Some(from.as_str()), None),
        State::There => (2, None, None),
        State::Lost { since } => (3, None, Some(since.timestamp_millis())),
    };
    (state, Uuid::from_bytes(blob.id), Octets(blob.key.0))
}

fn blob((state, id, key): BlobParts) -> Result<Blob, RecordError> {
    Ok(Blob {
        state: match state {
            (1, Some(from), None) => State::Coming { from },
            (2, None, None) => State::There,
            (3, None, Some(since)) => State::Lost {
                since: wire::instant(since)?,
            },
            _ => return Err(RecordError::Malformed),
        },
        id: id.into_bytes(),
        key: BlobKey(key.0),
    })
}

impl Record for Manifest {
    const KIND: Kind = Kind::Attachment;
    const VERSION: u16 = 1;

    fn encode(&self) -> Result<Vec<u8>, RecordError> {
        self.check()?;
        wire::encode(&(self.id.0, content_parts(&self.content), blob_parts(&self.blob)))
    }

    fn decode(_: u16, body: &[u8]) -> Result<Self, RecordError> {
        let (id, content_parts, blob_parts): (Uuid, ContentParts, BlobParts) = wire::decode(body)?;
        let manifest = Self {
            id: AttachmentId(id),
            content: content(content_parts)?,
            blob: blob(blob_parts)?,
        };
        manifest.check()?;
        Ok(manifest)
    }

    /// What it is never changes. Of two seals of it the one that is nearer to all devices, and of one seal's two states the one
    /// that who has the bytes looks into: lost.
    fn join(base: Option<&Self>, one: &Self, other: &Self) -> Merged<Self> {
        let id = one.id.min(other.id);
        if one.content != other.content {
            let kept = if one.content <= other.content { one } else { other };
            return Merged::plain(Self { id, ..kept.clone() });
        }
        let (mine, theirs) = (&one.blob, &other.blob);
        let blob = match only_change(base.map(|base| &base.blob), mine, theirs) {
            Some(blob) => blob.clone(),
            None if mine.id == theirs.id && mine.key == theirs.key => Blob {
                state: later(&mine.state, &theirs.state).clone(),
                ..mine.clone()
            },
            None => {
                let rank = |blob: &Blob| (blob.state.clone(), blob.id, blob.key.clone());
                let kept = if rank(mine) <= rank(theirs) { mine } else { theirs };
                kept.clone()
            }
        };
        Merged::plain(Self {
            id,
            content: one.content,
            blob,
        })
    }
}

/// What was on the server is known to be later than what never was, and what was found missing later than what was there. Who has
/// the bytes looks, and mends what is said wrongly.
fn later<'a>(one: &'a State, other: &'a State) -> &'a State {
    let rank = |state: &'a State| match state {
        State::Lost { since } => (0, Some(since), None),
        State::There => (1, None, None),
        State::Coming { from } => (2, None, Some(from)),
    };
    if rank(one) <= rank(other) { one } else { other }
}

impl State {
    /// To the millisecond, as it is kept and travels.
    #[must_use]
    pub fn rounded(self) -> Self {
        match self {
            Self::Lost { since } => Self::Lost {
                since: since.trunc_subsecs(3),
            },
            other => other,
        }
    }
}
