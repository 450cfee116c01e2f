//! Journals that were kept in other programs.
//!
//! Each reader hands out entries one by one, and says of everything else why it does not come along. What they share stands here:
//! the limits of an entry, and ids that are the same each time a journal is read.

pub mod day_one;
pub mod daylio;
pub mod folder;

mod dates;
mod front_matter;
mod mood;
mod text;

use std::{
    cell::Cell,
    io::{self, Read},
    rc::Rc,
};

use chrono::{DateTime, Utc};
use regie_domain::{
    diary::{LONGEST_BYTES, LONGEST_TAG, LONGEST_TITLE, MOST_TAGS, tidy_tag},
    search::fold,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    ArchiveError, Reason,
    model::{Attached, Entry, Item, LeftOut, Moment, Restriction},
};

/// Takes what is read, one after the other; an error ends the reading.
pub type EachItem<'a> = &'a mut dyn FnMut(Item) -> Result<(), ArchiveError>;

/// An entry as another program had it.
struct Draft {
    id: Uuid,
    written: Moment,
    /// When it was last changed; absent where the journal does not tell.
    edited: Option<DateTime<Utc>>,
    title: String,
    mood: Option<u8>,
    tags: Vec<String>,
    markdown: String,
    attachments: Vec<Attached>,
    restriction: Option<Restriction>,
}

impl Draft {
    /// Hands it on as far as it fits.
    fn hand_in(mut self, each: EachItem<'_>) -> Result<(), ArchiveError> {
        let mut tags: Vec<String> = Vec::new();
        let mut known: Vec<String> = Vec::new();
        for tag in &self.tags {
            let Some(tidy) = tidy_tag(tag) else { continue };
            let whole = tag.split_whitespace().map(str::len).sum::<usize>() <= LONGEST_TAG;
            let folded = fold(&tidy);
            if whole && known.contains(&folded) {
                continue;
            }
            if !whole || tags.len() == MOST_TAGS {
                each(Item::LeftOut(LeftOut::Tags))?;
                continue;
            }
            known.push(folded);
            tags.push(tidy);
        }
        if self.title.len() > LONGEST_TITLE {
            self.markdown = format!("# {}\n\n{}", text::escape(&self.title), self.markdown);
            self.title.clear();
        }
        if self.markdown.len() > LONGEST_BYTES {
            return each(Item::LeftOut(LeftOut::TooLong));
        }
        if self.markdown.trim().is_empty()
            && self.title.is_empty()
            && self.mood.is_none()
            && tags.is_empty()
            && self.attachments.is_empty()
        {
            return each(Item::LeftOut(LeftOut::Empty));
        }
        each(Item::Entry(Entry {
            id: self.id,
            edited: self.edited.unwrap_or_else(|| self.written.at.to_utc()),
            written: self.written,
            title: self.title,
            mood: self.mood,
            tags,
            markdown: self.markdown,
            attachments: self.attachments,
            restriction: self.restriction,
        }))
    }
}

/// Lets no entry grow without end: what may be read for one is counted anew when it begins.
struct Budget<R> {
    reader: R,
    part: String,
    left: Rc<Cell<u64>>,
}

impl<R> Budget<R> {
    fn new(reader: R, part: &str, bytes: u64) -> Self {
        Self {
            reader,
            part: part.to_owned(),
            left: Rc::new(Cell::new(bytes)),
        }
    }

    /// To be set when an entry has been read.
    fn left(&self) -> Rc<Cell<u64>> {
        Rc::clone(&self.left)
    }
}

impl<R: Read> Read for Budget<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        match self.left.get().checked_sub(count as u64) {
            Some(left) => self.left.set(left),
            None => return Err(io::Error::other(ArchiveError::bad(&self.part, Reason::TooLarge))),
        }
        Ok(count)
    }
}

/// The id of a foreign entry: the same whenever it is read again. Parts are told apart by their lengths.
fn derive_id(kind: &str, parts: &[&[u8]]) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(b"regie/import/1");
    for part in std::iter::once(kind.as_bytes()).chain(parts.iter().copied()) {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let mut bytes = [0; 16];
    for (byte, hashed) in bytes.iter_mut().zip(hash.finalize()) {
        *byte = hashed;
    }
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
