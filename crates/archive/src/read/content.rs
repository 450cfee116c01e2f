//! The bytes of photos and recordings, each held to the size and the hash that `data.json` tells.

use std::io::{self, Read};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Parts, read_with};
use crate::{
    ArchiveError, Reason,
    model::{Attachment, Content},
};

/// A photo or a recording that comes in. What its bytes are is still to be found out, as of any file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arriving {
    /// The id by which entries name it.
    pub id: Uuid,
    /// Whether it is a photo; else it is a recording.
    pub is_photo: bool,
    /// Whether it is only a small picture in place of a photo.
    pub preview: bool,
}

/// Takes one after the other with its bytes; an error ends the reading.
pub type EachArriving<'a> = &'a mut dyn FnMut(Arriving, &mut dyn Read) -> Result<(), ArchiveError>;

/// Hands out the bytes of all photos and recordings that an archive has. An error of a reader carries its [`ArchiveError`]: see
/// [`ArchiveError::reading`].
///
/// # Errors
/// Those of `each` and of [`read`](super::read); with the name of the part: [`Reason::Missing`] when it is not there, and
/// [`Reason::Altered`] when its size or its hash is not what `data.json` says.
pub fn attachments(parts: &mut dyn Parts, each: EachArriving<'_>) -> Result<(), ArchiveError> {
    let mut list = Vec::new();
    read_with(parts, &mut |_| Ok(()), &mut |one| list.push(one))?;
    for Attachment {
        id, media, content, ..
    } in list
    {
        let Some(content) = content else { continue };
        let arriving = Arriving {
            id,
            is_photo: media.is_photo(),
            preview: content.preview,
        };
        let mut reader = Checked::new(parts.open(&content.part)?, &content);
        each(arriving, &mut reader)?;
        // Whoever took less than all of it has not seen whether it is what it should be.
        io::copy(&mut reader, &mut io::sink())
            .map_err(|error| ArchiveError::reading(&content.part, error))?;
    }
    Ok(())
}

/// Fails at its end, or one byte behind where that should be, when it is not what was written.
struct Checked<'a, R> {
    from: R,
    content: &'a Content,
    left: u64,
    digest: Option<Sha256>,
}

impl<'a, R> Checked<'a, R> {
    fn new(from: R, content: &'a Content) -> Self {
        Self {
            from,
            content,
            left: content.bytes,
            digest: Some(Sha256::new()),
        }
    }
}

impl<R: Read> Read for Checked<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let altered = || io::Error::other(ArchiveError::bad(&self.content.part, Reason::Altered));
        let count = self.from.read(buffer)?;
        let Some(digest) = &mut self.digest else {
            return Ok(0);
        };
        if count == 0 {
            let digest = self
                .digest
                .take()
                .map(|digest| HEXLOWER.encode(&digest.finalize()));
            let is_whole = self.left == 0 && digest.as_ref() == Some(&self.content.sha256);
            return if is_whole { Ok(0) } else { Err(altered()) };
        }
        self.left = self.left.checked_sub(count as u64).ok_or_else(altered)?;
        digest.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}
