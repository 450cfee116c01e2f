//! A folder, or a zip, of notes: each file of Markdown or text is an entry.
//!
//! The day comes from the file: from its front matter, else from its name, else from the folders it lies in. Never from when the file
//! was changed, which is when it was last copied. Links are not followed.

use std::{
    fs::{self, File},
    io::{Read, Seek},
    path::{Path, PathBuf},
};

use chrono_tz::Tz;
use regie_domain::diary::LONGEST_BYTES;
use uuid::Uuid;
use walkdir::WalkDir;

use super::{
    Draft, EachItem,
    dates::{self, Written},
    derive_id, front_matter, text,
};
use crate::{
    ArchiveError, Reason,
    model::{Item, LeftOut, Restriction},
    parts::diary,
    unpack::{Limits, Unpacked},
};

/// Largest file that is read: the longest entry in UTF-16, with front matter.
const LONGEST_FILE: u64 = 2 * LONGEST_BYTES as u64 + 64 * 1024;
/// Folders in folders.
const DEEPEST: usize = 64;
const MARKDOWN: [&str; 4] = ["md", "markdown", "mdown", "mkd"];
const PLAIN: [&str; 2] = ["txt", "text"];
const MEDIA: [&str; 30] = [
    "jpg", "jpeg", "png", "gif", "webp", "heic", "heif", "avif", "tif", "tiff", "bmp", "svg", "mp3", "m4a",
    "aac", "wav", "ogg", "opus", "flac", "caf", "amr", "mp4", "m4v", "mov", "avi", "mkv", "webm", "3gp",
    "pdf", "jxl",
];

/// What a file is, by the end of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Markdown,
    Plain,
    Media,
    Other,
    /// Not the person's: what programs and systems keep beside the notes.
    Unseen,
}

fn kind(name: &str) -> Kind {
    let hidden = |step: &str| step.starts_with('.') || step == "__MACOSX";
    let file = name.rsplit('/').next().unwrap_or(name);
    if name.split('/').any(hidden) || matches!(file, "Thumbs.db" | "desktop.ini" | "Icon\r") {
        return Kind::Unseen;
    }
    let Some((_, end)) = file.rsplit_once('.') else {
        return Kind::Other;
    };
    let end = end.to_ascii_lowercase();
    match end.as_str() {
        end if MARKDOWN.contains(&end) => Kind::Markdown,
        end if PLAIN.contains(&end) => Kind::Plain,
        end if MEDIA.contains(&end) => Kind::Media,
        _ => Kind::Other,
    }
}

/// Whether a file of this name could be a note.
#[must_use]
pub fn is_note(name: &str) -> bool {
    matches!(kind(name), Kind::Markdown | Kind::Plain)
}

/// Whether a file beside journals is one of which nothing comes along: no photo, which its entry counts, and none of the system's.
#[must_use]
pub fn is_foreign(name: &str) -> bool {
    !matches!(kind(name), Kind::Media | Kind::Unseen)
}

/// A folder whose files have been listed.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    files: Vec<Listed>,
}

#[derive(Debug)]
struct Listed {
    name: String,
    size: u64,
    /// A link, or a thing that is no file.
    odd: bool,
}

impl Folder {
    /// Lists what lies in a folder, by name.
    ///
    /// # Errors
    /// [`Reason::TooManyFiles`], [`Reason::BadName`] for a name that is no Unicode, [`ArchiveError::Disk`].
    pub fn open(root: &Path, limits: Limits) -> Result<Self, ArchiveError> {
        let mut files = Vec::new();
        let mut seen = 0_usize;
        let walk = WalkDir::new(root)
            .min_depth(1)
            .max_depth(DEEPEST)
            .follow_links(false)
            .sort_by_file_name();
        for found in walk
            .into_iter()
            .filter_entry(|found| found.file_name().to_str().is_none_or(|name| !is_unseen(name)))
        {
            let found = found.map_err(|error| match error.loop_ancestor() {
                Some(_) => ArchiveError::bad("", Reason::Link),
                None => ArchiveError::Disk(error.into()),
            })?;
            seen += 1;
            if seen > limits.files {
                return Err(ArchiveError::bad("", Reason::TooManyFiles));
            }
            let name = below(root, found.path())?;
            if found.file_type().is_dir() {
                if found.depth() == DEEPEST {
                    return Err(ArchiveError::bad(&name, Reason::BadName));
                }
                continue;
            }
            let odd = !found.file_type().is_file();
            let size = match odd {
                true => 0,
                false => found
                    .metadata()
                    .map_err(|error| ArchiveError::Disk(error.into()))?
                    .len(),
            };
            files.push(Listed { name, size, odd });
        }
        Ok(Self {
            root: root.to_owned(),
            files,
        })
    }

    /// Names of all files below the folder, with `/` between steps.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files
            .iter()
            .filter(|file| !file.odd)
            .map(|file| file.name.as_str())
    }

    /// Opens a file for reading.
    ///
    /// # Errors
    /// [`Reason::Link`] when a link stands in its place by now, [`ArchiveError::Disk`].
    pub fn file(&self, name: &str) -> Result<File, ArchiveError> {
        let path = self.root.join(name);
        if !fs::symlink_metadata(&path)?.is_file() {
            return Err(ArchiveError::bad(name, Reason::Link));
        }
        Ok(File::open(path)?)
    }

    /// Hands out all notes.
    ///
    /// # Errors
    /// Those of `each`, and [`ArchiveError::Disk`].
    pub fn read(&self, zone: Tz, each: EachItem<'_>) -> Result<(), ArchiveError> {
        for file in &self.files {
            let kind = if file.odd { Kind::Other } else { kind(&file.name) };
            hand_in(&file.name, kind, file.size, zone, each, || {
                let mut bytes = Vec::new();
                self.file(&file.name)?
                    .take(LONGEST_FILE + 1)
                    .read_to_end(&mut bytes)?;
                Ok(bytes)
            })?;
        }
        Ok(())
    }
}

fn is_unseen(name: &str) -> bool {
    kind(name) == Kind::Unseen
}

fn below(root: &Path, path: &Path) -> Result<String, ArchiveError> {
    let steps = path.strip_prefix(root).unwrap_or(path).iter();
    let steps: Option<Vec<_>> = steps.map(|step| step.to_str()).collect();
    steps
        .map(|steps| steps.join("/"))
        .ok_or_else(|| ArchiveError::bad(&path.to_string_lossy(), Reason::BadName))
}

/// Hands out all notes in a zip.
///
/// # Errors
/// Those of `each`, and [`ArchiveError::Bad`] for a part that is damaged.
pub fn read_zip<R: Read + Seek>(
    zip: &mut Unpacked<R>,
    zone: Tz,
    each: EachItem<'_>,
) -> Result<(), ArchiveError> {
    let names: Vec<_> = zip.names().map(str::to_owned).collect();
    for name in names {
        let size = zip.size(&name).unwrap_or_default();
        hand_in(&name, kind(&name), size, zone, each, || {
            let mut bytes = Vec::new();
            let read = zip.part(&name)?.take(LONGEST_FILE + 1).read_to_end(&mut bytes);
            read.map_err(|error| ArchiveError::reading(&name, error))?;
            Ok(bytes)
        })?;
    }
    Ok(())
}

fn hand_in(
    name: &str,
    kind: Kind,
    size: u64,
    zone: Tz,
    each: EachItem<'_>,
    bytes: impl FnOnce() -> Result<Vec<u8>, ArchiveError>,
) -> Result<(), ArchiveError> {
    let left_out = match kind {
        Kind::Unseen => return Ok(()),
        Kind::Media => LeftOut::Attachment,
        Kind::Other => LeftOut::ForeignFile,
        Kind::Markdown | Kind::Plain if size > LONGEST_FILE => LeftOut::TooLong,
        Kind::Markdown | Kind::Plain => match text::decode(&bytes()?) {
            Some(note) => return hand_in_note(name, &note, kind == Kind::Plain, zone, each),
            None => LeftOut::ForeignFile,
        },
    };
    each(Item::LeftOut(left_out))
}

fn hand_in_note(
    name: &str,
    note: &str,
    is_plain: bool,
    own: Tz,
    each: EachItem<'_>,
) -> Result<(), ArchiveError> {
    let (fields, body) = front_matter::split(note);
    let zone = fields.one(&["zone", "timezone", "tz"]).and_then(dates::zone);
    let Some(written) = date(&fields, name).and_then(|written| written.moment(zone, own)) else {
        let empty = body.trim().is_empty();
        return each(Item::LeftOut(if empty {
            LeftOut::Empty
        } else {
            LeftOut::NoDate
        }));
    };
    let edited = fields
        .one(&["edited", "modified", "updated", "lastmod"])
        .and_then(dates::parse)
        .and_then(|edited| edited.moment(zone, own));
    let title = fields.one(&["title", "titel"]).map(str::to_owned);
    let mood = fields.one(&["mood"]).and_then(|mood| mood.parse().ok());
    let mut draft = Draft {
        id: Uuid::nil(),
        edited: edited.as_ref().map(|moment| moment.at.to_utc()),
        title: title.unwrap_or_default(),
        mood: mood.filter(|mood| (1..=5).contains(mood)),
        tags: fields.many(&["tags", "tag"]),
        markdown: String::new(),
        attachments: Vec::new(),
        restriction: None,
        written,
    };
    if let Some(id) = fields.one(&["id"]).and_then(|id| Uuid::try_parse(id).ok()) {
        // Regie wrote this: its title stands in front, its text as it was, and what was not to be used is still not.
        let body = body.strip_prefix('\n').unwrap_or(body);
        draft.id = id;
        without_links(body.strip_suffix('\n').unwrap_or(body)).clone_into(&mut draft.markdown);
        draft.restriction = (fields.one(&["restricted"]) == Some("true")).then(|| Restriction {
            since: edited.unwrap_or_else(|| draft.written.clone()),
            reason: String::new(),
        });
        return draft.hand_in(each);
    }
    let body = body.trim_start_matches('\n').trim_end();
    let has_title = fields.has("title") || fields.has("titel");
    draft.markdown = match text::split_title(body) {
        _ if is_plain => text::escape(body),
        Some((heading, rest)) if !has_title || heading == draft.title => {
            draft.title = heading;
            rest.to_owned()
        }
        _ => body.to_owned(),
    };
    let day = draft.written.at.to_rfc3339();
    draft.id = derive_id(
        "file",
        &[day.as_bytes(), draft.title.as_bytes(), draft.markdown.as_bytes()],
    );
    draft.hand_in(each)
}

/// The text without the links that an archive puts behind it: what they lead to is told of by its own file.
fn without_links(body: &str) -> &str {
    let Some((text, links)) = body.rsplit_once(diary::MARK) else {
        return body;
    };
    let Some(text) = text.strip_suffix("\n\n") else {
        return body;
    };
    let is_link = |line: &str| line.is_empty() || line.starts_with("- ");
    if links.lines().all(is_link) { text } else { body }
}

/// The date in front, or the one in the name; a day in front and the time of that day in the name together.
fn date(fields: &front_matter::FrontMatter, name: &str) -> Option<Written> {
    let front = ["date", "created", "created_at", "datum", "creation date"]
        .iter()
        .find_map(|field| dates::parse(fields.one(&[field])?));
    let path = dates::in_path(name);
    match (front, path) {
        (Some(Written::Day(day)), Some(clock @ Written::Clock(_))) if clock.day() == Some(day) => Some(clock),
        (front, path) => front.or(path),
    }
}
