//! The bytes of photos and recordings, each held to the size and the hash that `data.json` tells.

use std::io::{self, Read};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Parts, read_with};
use crate::{
    ArchiveError, Reason,
    model::{Attachment, Content, Item},
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

/// Takes one after the other with its bytes; an error ends the reading. A reader tells once what is wrong with a part: whoever has heard it
/// and goes on hears of the next one.
pub type EachArriving<'a> = &'a mut dyn FnMut(Arriving, &mut dyn Read) -> Result<(), ArchiveError>;

/// Hands out the bytes of all photos and recordings that an archive has. An error of a reader carries its [`ArchiveError`]: see
/// [`ArchiveError::reading`].
///
/// # Errors
/// Those of `each` and of [`read`](super::read); with the name of the part, unless `each` has heard it: [`Reason::Missing`] when it is not
/// there, and [`Reason::Altered`] when its size or its hash is not what `data.json` says.
pub fn attachments(parts: &mut dyn Parts, each: EachArriving<'_>) -> Result<(), ArchiveError> {
    let (mut list, mut has_ended) = (Vec::new(), false);
    let read = read_with(
        parts,
        // Behind the first entry no more are told of: a life's text is not read for them.
        &mut |item| {
            has_ended = matches!(item, Item::Entry(_));
            if has_ended {
                Err(ArchiveError::Stopped)
            } else {
                Ok(())
            }
        },
        &mut |one| list.push(one),
    );
    if !has_ended {
        read?;
    }
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
        match parts.open(&content.part) {
            Ok(from) => hand_out(arriving, &content.part, &mut Checked::new(from, &content), each)?,
            Err(error) => hand_out(arriving, &content.part, &mut Unopened(Some(error)), each)?,
        }
    }
    Ok(())
}

/// Hands out one. Whoever took less than all of it has not seen whether it is what it should be.
pub(crate) fn hand_out(
    arriving: Arriving,
    part: &str,
    from: &mut dyn Read,
    each: EachArriving<'_>,
) -> Result<(), ArchiveError> {
    each(arriving, &mut *from)?;
    io::copy(from, &mut io::sink()).map_err(|error| ArchiveError::reading(part, error))?;
    Ok(())
}

/// A part that cannot be opened, which is told where its bytes would be.
pub(crate) struct Unopened(pub(crate) Option<ArchiveError>);

impl Read for Unopened {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), |error| Err(io::Error::other(error)))
    }
}

/// Fails at its end, or one byte behind where that should be, when it is not what was written. What failed has ended.
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
        let Some(mut digest) = self.digest.take() else {
            return Ok(0);
        };
        let altered = || io::Error::other(ArchiveError::bad(&self.content.part, Reason::Altered));
        let count = loop {
            match self.from.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        if count == 0 {
            let is_whole = self.left == 0 && HEXLOWER.encode(&digest.finalize()) == self.content.sha256;
            return if is_whole { Ok(0) } else { Err(altered()) };
        }
        self.left = self.left.checked_sub(count as u64).ok_or_else(altered)?;
        digest.update(buffer.get(..count).unwrap_or_default());
        self.digest = Some(digest);
        Ok(count)
    }
}
