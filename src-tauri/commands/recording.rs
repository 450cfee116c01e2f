//! Commands of recording a voice note. What was said crosses the border in base64, as all bytes do.

use data_encoding::BASE64;
use regie_client::{AttachmentError, LARGEST_PIECE, RecordingPiece, RecordingRules, RecordingView};
use serde::Deserialize;
use specta::Type;
use tauri::{AppHandle, State, WebviewWindow};
use uuid::Uuid;

use super::{account::away, attachment::AttachedView};
use crate::{
    Core,
    capture::{self, Device, Permit},
    dialog,
    error::UiError,
};

/// The most signs that a piece takes on its way.
const LONGEST: usize = LARGEST_PIECE.div_ceil(3) * 4;

/// What was said since the piece before.
#[derive(Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub(super) struct PieceForm {
    recording: Uuid,
    /// None before there is one.
    entry: Option<Uuid>,
    /// Counted from 0.
    number: u32,
    /// Each pause begins another part.
    part: u32,
    /// How much was said up to its end.
    said_ms: u32,
    /// In base64.
    bytes: String,
}

/// Whether a microphone may be asked for here at all.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn may_record(core: Core<'_>) -> bool {
    capture::is_possible() && core.may_record()
}

/// The person pressed: the page may ask for the microphone, once and soon.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn begin_listening(
    window: WebviewWindow,
    core: Core<'_>,
    permit: State<'_, Permit>,
) -> Result<(), UiError> {
    if !core.may_record() {
        return Err(UiError::Locked);
    }
    permit.give(Device::Microphone, window.label());
    Ok(())
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn recording_begin(core: Core<'_>, entry: Option<Uuid>) -> Result<RecordingRules, UiError> {
    Ok(core.recording_begin(entry)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn recording_piece(core: Core<'_>, piece: PieceForm) -> Result<(), UiError> {
    Ok(core.recording_piece(&read(piece)?)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn recording(core: Core<'_>) -> Result<Option<RecordingView>, UiError> {
    Ok(core.recording()?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn recording_keep(core: Core<'_>, id: Uuid, entry: Option<Uuid>) -> Result<AttachedView, UiError> {
    Ok(core.recording_keep(id, entry)?.into())
}

/// The day on which it has left the backups, where there are any.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn recording_throw_away(core: Core<'_>, id: Uuid) -> Result<Option<String>, UiError> {
    Ok(core.recording_throw_away(id)?)
}

/// Where it was saved; `None` when the person changed their mind.
#[tauri::command]
#[specta::specta]
pub(super) async fn recording_save_as(
    window: WebviewWindow,
    app: AppHandle,
    core: Core<'_>,
    id: Uuid,
) -> Result<Option<String>, UiError> {
    let name = core.recording_file_name(id)?;
    let Some(path) = dialog::ask_where(&app, &window, &name).await? else {
        return Ok(None);
    };
    let target = path.clone();
    away(&core, move |core| core.recording_save_as(id, &target)).await?;
    Ok(Some(path.display().to_string()))
}

fn read(form: PieceForm) -> Result<RecordingPiece, UiError> {
    if form.bytes.len() > LONGEST {
        return Err(UiError::TooLarge);
    }
    let bytes = BASE64
        .decode(form.bytes.as_bytes())
        .map_err(|_| UiError::Attachment {
            why: AttachmentError::Damaged,
        })?;
    Ok(RecordingPiece {
        recording: form.recording,
        entry: form.entry,
        number: form.number,
        part: form.part,
        said_ms: form.said_ms,
        bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_taken_as_large_as_it_may_be_and_no_larger() {
        let of = |signs: usize| {
            read(PieceForm {
                recording: Uuid::nil(),
                entry: None,
                number: 0,
                part: 0,
                said_ms: 5_000,
                bytes: "A".repeat(signs),
            })
            .map(|piece| piece.bytes.len() / 1024)
        };
        assert_eq!(of(LONGEST - 4), Ok(4 * 1024 - 1));
        assert_eq!(of(LONGEST + 4), Err(UiError::TooLarge));
        let damaged = UiError::Attachment {
            why: AttachmentError::Damaged,
        };
        assert_eq!(of(3), Err(damaged));
    }
}
