//! The use cases of photos and recordings: adding, describing, moving, taking out, saving as a file.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use regie_domain::{
    AttachmentId, EntryId,
    attachment::{Extent, LONGEST_DESCRIPTION, MOST_NAMED, Media, sound::LARGEST_SOUND},
    diary::Entry,
    moment::Moment,
};
use regie_protocol::{Language, purpose::KeepOnDevice};
use regie_vault::{
    Vault, VaultError,
    attachment::{Named, New, NoRoom, Place},
    settings::Setting,
    write_for_person,
};
use serde::{Deserialize, Serialize};
use specta::Type;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    AttachmentError, Refused, photo,
    sound::{self, Packing, Sound},
};
use crate::{Client, ClientError, diary};

/// The largest recording, and one byte: more is not read.
pub(crate) const MOST_READ: u64 = LARGEST_SOUND + 1;

/// What an attachment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum AttachmentKind {
    /// To be looked at.
    Photo,
    /// To be listened to.
    Sound,
}

/// Where the whole of an attachment is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum AttachmentPlace {
    /// On this device.
    Here,
    /// On this device, and not on its way: the server has no room for it.
    NoRoom {
        /// How many megabytes the server keeps for them, where it says so.
        megabytes: Option<u32>,
    },
    /// On the server.
    Server,
    /// Not on the server yet: another device has it.
    Coming {
        /// Its name.
        from: Option<String>,
    },
    /// Not on the server any more.
    Lost,
}

/// A photo or recording of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AttachmentView {
    /// Which one.
    pub id: Uuid,
    /// What it is.
    pub kind: AttachmentKind,
    /// What the person says is on it.
    pub description: String,
    /// Dots, of a photo.
    pub width: Option<u32>,
    /// Dots, of a photo.
    pub height: Option<u32>,
    /// Length of a recording.
    pub seconds: Option<u32>,
    /// Size.
    pub bytes: u32,
    /// Where the whole of it is.
    pub place: AttachmentPlace,
}

/// What adding files came to.
#[derive(Debug)]
pub struct AddedFiles {
    /// Which entry has them; made with the first.
    pub entry: Uuid,
    /// What was added.
    pub added: Vec<AttachmentView>,
    /// What was not taken: its name, without its folder, and why.
    pub refused: Vec<(String, ClientError)>,
}

/// What was taken of a file.
pub(crate) struct Taken {
    media: Media,
    bytes: Vec<u8>,
    extent: Extent,
    preview: Vec<u8>,
}

impl Taken {
    /// For the vault to keep.
    pub(crate) fn as_new(&self) -> New<'_> {
        New {
            media: self.media,
            bytes: &self.bytes,
            extent: self.extent,
            preview: &self.preview,
        }
    }
}

/// How photos and recordings are kept on this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AttachmentSettings {
    /// Whether all of them are kept here; else those shown longest ago make room.
    pub keeps_all: bool,
    /// Whether that is asked: on a phone, and where it was chosen; computers keep all.
    pub is_asked: bool,
}

/// The largest photos and recordings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LargestView {
    /// The largest first; of many not all.
    pub rows: Vec<LargeRow>,
    /// How many there are in all.
    pub count: u32,
    /// How large all of them are.
    pub bytes: u64,
}

/// One of them, in the newest entry that has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LargeRow {
    /// What it is.
    pub attachment: AttachmentView,
    /// Which entry.
    pub entry: Uuid,
    /// Its own title or first line.
    pub title: String,
    /// When it was begun, RFC 3339 with the offset of then and there.
    pub written_at: String,
    /// IANA zone of then and there.
    pub zone: String,
}

/// So many of the largest are listed: deleting others would make little room.
const LISTED: u32 = 100;

/// A phone has little room.
const IS_PHONE: bool = cfg!(any(target_os = "android", target_os = "ios"));

/// Whether all originals are to be on this device.
pub(crate) fn keeps_all(vault: &Vault) -> Result<bool, ClientError> {
    Ok(vault.setting(Setting::KeepsOriginals)?.unwrap_or(!IS_PHONE))
}

impl Client {
    /// The same with room for so many bytes of originals where not all are kept, on a device that has less than others.
    #[must_use]
    pub const fn with_most_originals(mut self, bytes: u64) -> Self {
        self.most_originals = bytes;
        self
    }

    /// How photos and recordings are kept on this device.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the database says.
    pub fn attachment_settings(&self) -> Result<AttachmentSettings, ClientError> {
        let keeps_all = self.with_vault(|vault| keeps_all(vault))?;
        Ok(AttachmentSettings {
            keeps_all,
            // Also where a phone's backup was brought back.
            is_asked: IS_PHONE || !keeps_all,
        })
    }

    /// Chooses whether all photos and recordings are kept on this device.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the disk says.
    pub fn keep_all_attachments(&self, keeps_all: bool) -> Result<(), ClientError> {
        self.with_vault(|vault| Ok(vault.set_setting(Setting::KeepsOriginals, &keeps_all)?))
    }

    /// The largest photos and recordings, for whoever makes room.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the database says.
    pub fn largest_attachments(&self) -> Result<LargestView, ClientError> {
        self.with_vault(|vault| {
            let no_room = vault.without_room()?;
            let (count, bytes) = vault.attachments_in_all()?;
            let rows = vault
                .largest_attachments(LISTED)?
                .into_iter()
                .map(|large| LargeRow {
                    attachment: view(large.named, &no_room),
                    entry: large.entry.0,
                    title: large.title,
                    written_at: large.written.at.to_rfc3339(),
                    zone: large.written.zone,
                });
            Ok(LargestView {
                rows: rows.collect(),
                count,
                bytes,
            })
        })
    }

    /// Adds photos and recordings from files to an entry; without one, the first that is taken makes one.
    ///
    /// # Errors
    /// [`ClientError::Locked`]; [`VaultError::NoConsent`]; [`VaultError::NotFound`] when the entry was deleted; of the first file, when
    /// none was taken and there is no entry.
    pub fn attach_files(&self, entry: Option<Uuid>, paths: &[PathBuf]) -> Result<AddedFiles, ClientError> {
        self.with_vault(|vault| Ok(vault.consent::<KeepOnDevice>().map(drop)?))?;
        let (mut entry, mut added, mut refused) = (entry, Vec::new(), Vec::new());
        for path in paths {
            let one = read_file(path).and_then(|bytes| self.attach_to(entry, &bytes));
            match one {
                Ok((into, view)) => {
                    entry = Some(into);
                    added.push(view);
                }
                Err(error @ (ClientError::Locked | ClientError::Vault(VaultError::NoConsent(_)))) => {
                    return Err(error);
                }
                Err(error) => {
                    let name = path.file_name().unwrap_or_default().to_string_lossy();
                    refused.push((name.into_owned(), error));
                }
            }
        }
        match (entry, refused.first()) {
            (Some(entry), _) => Ok(AddedFiles {
                entry,
                added,
                refused,
            }),
            (None, Some((_, error))) => Err(*error),
            (None, None) => Err(ClientError::Malformed),
        }
    }

    /// Adds one photo or recording to an entry, from what was pasted or dropped.
    ///
    /// # Errors
    /// [`ClientError::Attachment`] for what is not taken; else as [`Client::attach_files`].
    pub fn attach_bytes(&self, entry: Option<Uuid>, bytes: &[u8]) -> Result<AddedFiles, ClientError> {
        let (entry, view) = self.attach_to(entry, bytes)?;
        Ok(AddedFiles {
            entry,
            added: vec![view],
            refused: Vec::new(),
        })
    }

    fn attach_to(&self, entry: Option<Uuid>, bytes: &[u8]) -> Result<(Uuid, AttachmentView), ClientError> {
        // Taken apart before the vault is held: it may take seconds.
        let taken = take(bytes)?;
        let now = self.clock.now();
        self.with_vault(|vault| self.attach_taken(vault, entry, &taken, &now))
    }

    /// Adds to an entry what was taken; without one, it begins an entry of that moment.
    pub(super) fn attach_taken(
        &self,
        vault: &mut Vault,
        entry: Option<Uuid>,
        taken: &Taken,
        written: &Moment,
    ) -> Result<(Uuid, AttachmentView), ClientError> {
        let edited = self.clock.now().at.to_utc();
        let consent = vault.consent::<KeepOnDevice>()?;
        let into = match entry {
            Some(entry) => EntryId(entry),
            None => {
                let entry = Entry {
                    edited,
                    ..diary::begun(written.clone())
                };
                vault.save_entry(&consent, &entry)?;
                entry.id
            }
        };
        let is_full = vault.attachments_of(into)?.len() >= MOST_NAMED;
        let id = if is_full {
            Err(ClientError::from(AttachmentError::Full))
        } else {
            vault
                .attach(&consent, into, &taken.as_new(), edited)
                .map_err(ClientError::from)
        };
        if id.is_err() && entry.is_none() {
            // An entry with nothing in it is none.
            vault.delete_entry(into, edited)?;
        }
        let id = id?;
        note_shown(vault, id, edited.date_naive());
        self.sync.pen_down(into);
        let view = views(vault, into)?.into_iter().find(|view| view.id == id.0);
        Ok((into.0, view.ok_or(VaultError::NotFound)?))
    }

    /// The small picture of a photo, as JPEG.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when there is none; [`ClientError::Locked`]; what the database says.
    pub fn attachment_preview(&self, id: Uuid) -> Result<Vec<u8>, ClientError> {
        self.with_vault(|vault| Ok(vault.attachment_preview(AttachmentId(id))?))
    }

    /// The whole photo or recording. What is on the server is fetched first, which takes as long as it takes.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when it is neither on this device nor on the server; [`VaultError::VaultDamaged`] when it is not what was
    /// kept; [`VaultError::DiskFull`] when there is no room for it; [`ClientError::Locked`]; what the network or the disk says.
    pub fn attachment_original(&self, id: Uuid) -> Result<Zeroizing<Vec<u8>>, ClientError> {
        let id = AttachmentId(id);
        let today = self.clock.now().at.date_naive();
        self.sync.shows(id);
        let read = || {
            self.with_vault(|vault| {
                let original = vault.attachment_original(id)?;
                note_shown(vault, id, today);
                Ok(original)
            })
        };
        match read() {
            Err(ClientError::Vault(VaultError::NotFound)) => {
                self.fetch_original(id, &mut |_| Ok(()))?;
                read()
            }
            done => done,
        }
    }

    /// Keeps what the person says is on it.
    ///
    /// # Errors
    /// [`VaultError::NoConsent`]; [`VaultError::NotFound`]; [`ClientError::Locked`]; what the disk says.
    pub fn attachment_describe(&self, entry: Uuid, id: Uuid, text: &str) -> Result<(), ClientError> {
        let end = text.floor_char_boundary(LONGEST_DESCRIPTION);
        let text = text.get(..end).unwrap_or_default().trim();
        let now = self.clock.now().at.to_utc();
        self.with_vault(|vault| {
            let consent = vault.consent::<KeepOnDevice>()?;
            Ok(vault.describe_attachment(&consent, (EntryId(entry), AttachmentId(id)), text, now)?)
        })
    }

    /// Moves it to another place among those of its entry, counted from 0.
    ///
    /// # Errors
    /// As [`Client::attachment_describe`].
    pub fn attachment_move(&self, entry: Uuid, id: Uuid, to: u32) -> Result<(), ClientError> {
        let to = usize::try_from(to).unwrap_or(usize::MAX);
        let now = self.clock.now().at.to_utc();
        self.with_vault(|vault| {
            let consent = vault.consent::<KeepOnDevice>()?;
            Ok(vault.move_attachment(&consent, (EntryId(entry), AttachmentId(id)), to, now)?)
        })
    }

    /// Takes it out of an entry; it can be taken back for ten seconds, and is gone for good within a minute when no other entry has it.
    /// Returns the day on which the last local copy of what is known of it goes, ISO 8601; `None` when there is no copy.
    ///
    /// # Errors
    /// [`VaultError::NotFound`]; [`ClientError::Locked`]; what the disk says.
    pub fn attachment_remove(&self, entry: Uuid, id: Uuid) -> Result<Option<String>, ClientError> {
        let now = self.clock.now().at.to_utc();
        self.with_vault(|vault| {
            vault.let_attachment_go(EntryId(entry), AttachmentId(id), now)?;
            Ok(self.leaves_copies_by(vault))
        })
    }

    /// Takes that back.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when it is gone for good.
    pub fn attachment_undo_remove(&self, entry: Uuid, id: Uuid) -> Result<(), ClientError> {
        self.with_vault(|vault| Ok(vault.take_attachment_back(EntryId(entry), AttachmentId(id))?))
    }

    /// How a file with it would be called.
    ///
    /// # Errors
    /// [`VaultError::NotFound`]; [`ClientError::Locked`].
    pub fn attachment_file_name(&self, id: Uuid) -> Result<String, ClientError> {
        let language = self.language();
        let media = self.with_vault(|vault| Ok(vault.attachment(AttachmentId(id))?.content.media))?;
        let name = match (media.is_photo(), language) {
            (true, Language::Nl) => "foto",
            (true, Language::En) => "photo",
            (false, Language::Nl) => "opname",
            (false, Language::En) => "recording",
        };
        Ok(format!("{name}.{}", media.extension()))
    }

    /// Saves it as a file that anybody can open, where the person said.
    ///
    /// # Errors
    /// As [`Client::attachment_original`].
    pub fn attachment_save_as(&self, id: Uuid, path: &Path) -> Result<(), ClientError> {
        let content = self.attachment_original(id)?;
        Ok(write_for_person(path, &content)?)
    }
}

/// Which day is forgotten on a disk that is full is no reason to show nothing.
fn note_shown(vault: &mut Vault, id: AttachmentId, day: NaiveDate) {
    if let Err(error) = vault.note_shown(id, day) {
        tracing::warn!(%error, "the day was not kept");
    }
}

/// What an entry has, as the window shows it.
pub(crate) fn views(vault: &Vault, entry: EntryId) -> Result<Vec<AttachmentView>, ClientError> {
    let no_room = vault.without_room()?;
    let named = vault.attachments_of(entry)?.into_iter();
    Ok(named.map(|named| view(named, &no_room)).collect())
}

fn view(named: Named, no_room: &NoRoom) -> AttachmentView {
    let content = named.manifest.content;
    let (width, height, milliseconds) = match content.extent {
        Extent::Dots { width, height } => (Some(width), Some(height), None),
        Extent::Lasts { milliseconds } => (None, None, Some(milliseconds)),
    };
    let seconds = milliseconds.map(|milliseconds| milliseconds.div_ceil(1_000));
    AttachmentView {
        id: named.manifest.id.0,
        kind: if content.media.is_photo() {
            AttachmentKind::Photo
        } else {
            AttachmentKind::Sound
        },
        description: named.description,
        width,
        height,
        seconds: seconds.map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX)),
        bytes: u32::try_from(content.bytes).unwrap_or(u32::MAX),
        place: match named.place {
            Place::Here if no_room.is_for(&named.manifest) => AttachmentPlace::NoRoom {
                megabytes: no_room.megabytes,
            },
            Place::Here => AttachmentPlace::Here,
            Place::Server => AttachmentPlace::Server,
            Place::Coming { from } => AttachmentPlace::Coming {
                from: (!from.is_empty()).then_some(from),
            },
            Place::Lost => AttachmentPlace::Lost,
        },
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, ClientError> {
    // A pipe would keep whoever opens it waiting.
    if !path.metadata()?.is_file() {
        return Err(AttachmentError::Unknown.into());
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_READ).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Takes a photo or a recording, whichever it is.
fn take(bytes: &[u8]) -> Result<Taken, AttachmentError> {
    let refused = match take_photo(bytes) {
        Ok(photo) => return Ok(photo),
        Err(refused) => refused,
    };
    match take_sound(bytes) {
        Ok(sound) => Ok(sound),
        // What has no sound was a photo, or nothing.
        Err(Refused::Unknown) => Err(refused.into()),
        Err(other) => Err(other.into()),
    }
}

pub(crate) fn take_photo(bytes: &[u8]) -> Result<Taken, Refused> {
    let photo = photo::take(bytes)?;
    Ok(Taken {
        media: Media::Jpeg,
        bytes: photo.jpeg,
        extent: Extent::Dots {
            width: photo.width,
            height: photo.height,
        },
        preview: photo.preview,
    })
}

pub(crate) fn take_sound(bytes: &[u8]) -> Result<Taken, Refused> {
    sound::take(bytes).map(Taken::from)
}

impl From<Sound> for Taken {
    fn from(sound: Sound) -> Self {
        Self {
            media: match sound.packing {
                Packing::Opus => Media::Opus,
                Packing::Aac => Media::Aac,
                Packing::Mp3 => Media::Mp3,
            },
            bytes: sound.bytes,
            extent: Extent::Lasts {
                milliseconds: sound.milliseconds,
            },
            preview: Vec::new(),
        }
    }
}
