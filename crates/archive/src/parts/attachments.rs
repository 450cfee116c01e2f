//! `attachments/`: photos and recordings as they are, and what `data.json` says about them.

use std::{
    collections::BTreeMap,
    io::{self, Read, Write},
};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    ArchiveError, Reason,
    limits::largest,
    model::{Attachment, Content},
    pack::Pack,
    source::{Bytes, Held, Source},
};

/// Bytes of a file that are in memory at once.
const CHUNK: usize = 64 * 1024;

/// What was written of each.
#[derive(Default)]
pub(crate) struct Kept {
    list: Vec<Attachment>,
    places: BTreeMap<Uuid, usize>,
}

impl Kept {
    pub(crate) fn all(&self) -> &[Attachment] {
        &self.list
    }

    pub(crate) fn find(&self, id: Uuid) -> Option<&Attachment> {
        self.list.get(*self.places.get(&id)?)
    }
}

/// Written before everything else: `data.json` names their hashes, and nothing is read twice for it.
pub(crate) fn write(pack: &mut Pack<'_>, source: &dyn Source) -> Result<Kept, ArchiveError> {
    let mut kept = Kept::default();
    source.attachments(&mut |held| {
        if kept.places.insert(held.id, kept.list.len()).is_some() {
            return Ok(());
        }
        kept.list.push(one(pack, held)?);
        Ok(())
    })?;
    Ok(kept)
}

fn one(pack: &mut Pack<'_>, held: Held<'_>) -> Result<Attachment, ArchiveError> {
    let mut attachment = Attachment {
        id: held.id,
        media: held.media,
        width: held.size.map(|(width, _)| width),
        height: held.size.map(|(_, height)| height),
        milliseconds: held.milliseconds,
        content: None,
    };
    let (from, preview) = match held.bytes {
        Bytes::Whole(from) => (from, false),
        Bytes::Preview(from) => (from, true),
        Bytes::None => return Ok(attachment),
    };
    let part = attachment.part();
    pack.begin_stored(&part)?;
    let (bytes, sha256) = copy(from, pack, largest(attachment.media), &part)?;
    attachment.content = Some(Content {
        part,
        bytes,
        sha256,
        preview,
    });
    Ok(attachment)
}

fn copy(
    from: &mut dyn Read,
    to: &mut Pack<'_>,
    most: u64,
    part: &str,
) -> Result<(u64, String), ArchiveError> {
    let mut digest = Sha256::new();
    let mut buffer = vec![0; CHUNK];
    let mut bytes = 0_u64;
    loop {
        let count = match from.read(&mut buffer) {
            Ok(0) => return Ok((bytes, HEXLOWER.encode(&digest.finalize()))),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(ArchiveError::reading(part, error)),
        };
        let piece = buffer.get(..count).unwrap_or_default();
        bytes = bytes.saturating_add(piece.len() as u64);
        if bytes > most {
            return Err(ArchiveError::bad(part, Reason::TooLarge));
        }
        digest.update(piece);
        to.write_all(piece)?;
    }
}
