//! A voice note that is recorded in the window: what was said goes into the vault as it is said, and becomes a recording of an entry when the
//! person is done, or when they unlock after a crash or a lock.

use std::path::Path;

use regie_domain::{
    EntryId,
    attachment::{
        MOST_NAMED,
        sound::{BITS_PER_SECOND, CHANNELS, LONGEST_SOUND, PIECE_SECONDS, TOLD_BEFORE_SECONDS},
    },
};
use regie_protocol::{Language, purpose::KeepOnDevice};
use regie_vault::{
    Vault, VaultError,
    attachment::recording::{Piece, Recording},
    write_for_person,
};
use serde::Serialize;
use specta::Type;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{AttachmentError, sound, work::Taken};
use crate::{AddedFiles, Client, ClientError, consent};

/// A recording that may begin, and what it keeps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RecordingRules {
    /// Which one it is.
    pub id: Uuid,
    /// How finely sound is encoded.
    pub bits_per_second: u32,
    /// 1 for mono.
    pub channels: u32,
    /// How often what was said is handed over.
    pub piece_seconds: u32,
    /// How long it may last.
    pub most_seconds: u32,
    /// How long before that the person is told.
    pub told_before_seconds: u32,
}

/// What was said since the piece before.
#[derive(Clone, Debug)]
pub struct RecordingPiece {
    /// Of which recording.
    pub recording: Uuid,
    /// The entry that it is said in; none before that has a word.
    pub entry: Option<Uuid>,
    /// Counted from 0.
    pub number: u32,
    /// Each pause begins another part.
    pub part: u32,
    /// How much was said up to its end.
    pub said_ms: u32,
    /// As the window encoded it.
    pub bytes: Vec<u8>,
}

/// A recording that was begun and neither kept nor thrown away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RecordingView {
    /// Which one.
    pub id: Uuid,
    /// The entry that it was said in, when that is there.
    pub entry: Option<Uuid>,
    /// When, RFC 3339 with the offset of then and there.
    pub begun_at: String,
    /// IANA zone of then and there.
    pub zone: String,
    /// How much was said.
    pub seconds: u32,
}

impl Client {
    /// Whether something may be recorded at this moment.
    #[must_use]
    pub fn may_record(&self) -> bool {
        self.with_vault(|vault| Ok(consent::may_write(vault)))
            .unwrap_or(false)
    }

    /// A recording may begin, in an entry or before there is one. Nothing is stored before its first piece.
    ///
    /// # Errors
    /// [`ClientError::NotNow`] while another one waits to be kept or thrown away; [`AttachmentError::Full`];
    /// [`VaultError::NoConsent`]; [`ClientError::Locked`]; what the database says.
    pub fn recording_begin(&self, entry: Option<Uuid>) -> Result<RecordingRules, ClientError> {
        self.with_vault(|vault| {
            vault.consent::<KeepOnDevice>()?;
            if vault.recording()?.is_some() {
                return Err(ClientError::NotNow);
            }
            let named = entry.map(|entry| vault.attachments_of(EntryId(entry)));
            if named.transpose()?.is_some_and(|named| named.len() >= MOST_NAMED) {
                return Err(AttachmentError::Full.into());
            }
            Ok(RecordingRules {
                id: Uuid::now_v7(),
                bits_per_second: BITS_PER_SECOND,
                channels: CHANNELS,
                piece_seconds: PIECE_SECONDS,
                most_seconds: u32::try_from(LONGEST_SOUND / 1_000).unwrap_or(u32::MAX),
                told_before_seconds: TOLD_BEFORE_SECONDS,
            })
        })
    }

    /// Keeps what was said since the piece before; durable when it returns. Who speaks is there, though no key is pressed.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when it does not follow upon the last, as of a recording that was thrown away; [`VaultError::TooLarge`];
    /// [`VaultError::NoConsent`]; [`VaultError::DiskFull`]; [`ClientError::Locked`]; what the disk says.
    pub fn recording_piece(&self, piece: &RecordingPiece) -> Result<(), ClientError> {
        let now = self.clock.now();
        self.with_vault(|vault| {
            let consent = vault.consent::<KeepOnDevice>()?;
            let piece = Piece {
                recording: piece.recording,
                entry: piece.entry.map(EntryId),
                number: piece.number,
                part: piece.part,
                said_ms: piece.said_ms,
                bytes: &piece.bytes,
            };
            Ok(vault.keep_piece(&consent, &piece, &now)?)
        })?;
        self.touch();
        Ok(())
    }

    /// What is left of a recording that a crash or a lock ended.
    ///
    /// # Errors
    /// [`ClientError::Locked`]; what the database says.
    pub fn recording(&self) -> Result<Option<RecordingView>, ClientError> {
        self.with_vault(|vault| Ok(vault.recording()?.map(view)))
    }

    /// What was said becomes a recording of an entry: of this one, else of the one that it was said in, else of a new one of that day. The
    /// pieces go when it is there, and not before.
    ///
    /// # Errors
    /// [`ClientError::Attachment`] when it cannot be read to its end, or the entry is full; [`VaultError::NotFound`] when there is none;
    /// [`VaultError::NoConsent`]; [`VaultError::DiskFull`]; [`ClientError::Locked`]; what the disk says. All pieces stay then.
    pub fn recording_keep(&self, id: Uuid, entry: Option<Uuid>) -> Result<AddedFiles, ClientError> {
        let parts = self.with_vault(|vault| Ok(vault.recorded(id)?))?;
        // Taken apart before the vault is held: it may take seconds.
        let taken = Taken::from(sound::take_recorded(parts).map_err(AttachmentError::from)?);
        self.with_vault(|vault| {
            let waiting = this(vault, id)?;
            let entry = entry
                .or(waiting.entry.map(|entry| entry.0))
                .filter(|entry| vault.entry(EntryId(*entry)).is_ok());
            let (entry, view) = self.attach_taken(vault, entry, &taken, &waiting.begun)?;
            // Whoever has to try again finds it there.
            vault.move_recording(id, EntryId(entry))?;
            vault.erase_recording(id, &self.deletions_file(), self.cleaned_by())?;
            Ok(AddedFiles {
                entry,
                added: vec![view],
                refused: Vec::new(),
            })
        })
    }

    /// Throws away all that was said. Returns the day on which the last local copy of it goes, ISO 8601; `None` when there is no copy.
    ///
    /// # Errors
    /// [`ClientError::Locked`]; what the disk says.
    pub fn recording_throw_away(&self, id: Uuid) -> Result<Option<String>, ClientError> {
        self.with_vault(|vault| {
            vault.erase_recording(id, &self.deletions_file(), self.cleaned_by())?;
            Ok(self.leaves_copies_by(vault))
        })
    }

    /// How a file with all that came of it would be called.
    ///
    /// # Errors
    /// [`VaultError::NotFound`]; [`ClientError::Locked`]; what the database says.
    pub fn recording_file_name(&self, id: Uuid) -> Result<String, ClientError> {
        let parts = self.with_vault(|vault| Ok(vault.recorded(id)?))?;
        let ending = parts.first().map_or("", |part| sound::ending(part));
        Ok(match self.language() {
            Language::Nl => format!("opname.{ending}"),
            Language::En => format!("recording.{ending}"),
        })
    }

    /// Saves what came of it as it came, where the person said: for what cannot be read here.
    ///
    /// # Errors
    /// As [`Client::recording_file_name`]; what the disk says.
    pub fn recording_save_as(&self, id: Uuid, path: &Path) -> Result<(), ClientError> {
        let parts = self.with_vault(|vault| Ok(vault.recorded(id)?))?;
        let bytes = parts.iter().flat_map(|part| part.iter().copied());
        Ok(write_for_person(
            path,
            &Zeroizing::new(bytes.collect::<Vec<_>>()),
        )?)
    }
}

fn this(vault: &Vault, id: Uuid) -> Result<Recording, VaultError> {
    let waiting = vault.recording()?.filter(|recording| recording.id == id);
    waiting.ok_or(VaultError::NotFound)
}

fn view(recording: Recording) -> RecordingView {
    RecordingView {
        id: recording.id,
        entry: recording.entry.map(|entry| entry.0),
        begun_at: recording.begun.at.to_rfc3339(),
        zone: recording.begun.zone,
        seconds: recording.said_ms.div_ceil(1_000),
    }
}
