//! Commands of photos and recordings. Bytes cross the border in base64, as those of the camera do.

use data_encoding::BASE64;
use regie_client::{
    AddedFiles, AttachmentError, AttachmentKind, AttachmentSettings, AttachmentView, ExportRequest,
    LargestView, NotHereView,
};
use regie_protocol::Language;
use serde::Serialize;
use specta::Type;
use tauri::{AppHandle, WebviewWindow};
use uuid::Uuid;

use super::account::away;
use crate::{Core, dialog, error::UiError};

/// The most signs that a file takes on its way: the largest recording, and a little.
const LONGEST: usize = 86 * 1024 * 1024;

/// What adding photos or recordings came to.
#[derive(Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(super) struct AttachedView {
    /// Which entry has them; made with the first.
    entry: Uuid,
    /// What was added.
    added: Vec<AttachmentView>,
    /// What was not taken, and why.
    refused: Vec<RefusedFile>,
}

/// A file that was not taken.
#[derive(Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(super) struct RefusedFile {
    /// What it is called, without its folder.
    name: String,
    /// Why.
    error: UiError,
}

impl From<AddedFiles> for AttachedView {
    fn from(files: AddedFiles) -> Self {
        let refused = files.refused.into_iter().map(|(name, error)| RefusedFile {
            name,
            error: error.into(),
        });
        Self {
            entry: files.entry,
            added: files.added,
            refused: refused.collect(),
        }
    }
}

/// Photos or recordings that the person chooses in the system's dialog, outside the page; `None` when they chose none.
#[tauri::command]
#[specta::specta]
pub(super) async fn attach_choose(
    window: WebviewWindow,
    app: AppHandle,
    core: Core<'_>,
    entry: Option<Uuid>,
    kind: AttachmentKind,
) -> Result<Option<AttachedView>, UiError> {
    let name = match (kind, core.language()) {
        (AttachmentKind::Photo, Language::Nl) => "Foto's",
        (AttachmentKind::Photo, Language::En) => "Photos",
        (AttachmentKind::Sound, Language::Nl) => "Opnamen",
        (AttachmentKind::Sound, Language::En) => "Recordings",
    };
    let endings: &[&str] = match kind {
        AttachmentKind::Photo => &["jpg", "jpeg", "png", "webp"],
        AttachmentKind::Sound => &["m4a", "mp3", "aac", "ogg", "opus", "oga", "webm"],
    };
    let paths = dialog::choose_several(&window, &app, name, endings).await?;
    if paths.is_empty() {
        return Ok(None);
    }
    let files = away(&core, move |core| core.attach_files(entry, &paths)).await?;
    Ok(Some(files.into()))
}

/// What was pasted or dropped: the bytes of one file, in base64.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn attach_bytes(
    core: Core<'_>,
    entry: Option<Uuid>,
    bytes: String,
) -> Result<AttachedView, UiError> {
    let unreadable = |why| UiError::Attachment { why };
    if bytes.len() > LONGEST {
        return Err(unreadable(AttachmentError::TooLarge));
    }
    let bytes = BASE64.decode(bytes.as_bytes());
    let bytes = bytes.map_err(|_| unreadable(AttachmentError::Damaged))?;
    Ok(core.attach_bytes(entry, &bytes)?.into())
}

/// The small picture, in base64.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn attachment_preview(core: Core<'_>, id: Uuid) -> Result<String, UiError> {
    Ok(BASE64.encode(&core.attachment_preview(id)?))
}

/// The whole photo or recording, in base64.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn attachment_original(core: Core<'_>, id: Uuid) -> Result<String, UiError> {
    Ok(BASE64.encode(&core.attachment_original(id)?))
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn attachment_describe(
    core: Core<'_>,
    entry: Uuid,
    id: Uuid,
    text: String,
) -> Result<(), UiError> {
    Ok(core.attachment_describe(entry, id, &text)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn attachment_move(core: Core<'_>, entry: Uuid, id: Uuid, to: u32) -> Result<(), UiError> {
    Ok(core.attachment_move(entry, id, to)?)
}

/// Takes it out of the entry; the day on which it has left the backups, where there are any.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn attachment_remove(core: Core<'_>, entry: Uuid, id: Uuid) -> Result<Option<String>, UiError> {
    Ok(core.attachment_remove(entry, id)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn attachment_undo_remove(core: Core<'_>, entry: Uuid, id: Uuid) -> Result<(), UiError> {
    Ok(core.attachment_undo_remove(entry, id)?)
}

/// What of all photos and recordings is not on this device.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn originals_not_here(core: Core<'_>) -> Result<NotHereView, UiError> {
    Ok(core.originals_not_here()?)
}

/// Fetches what the server has of what would be taken along, or of everything; what is not here even then.
#[tauri::command]
#[specta::specta]
pub(super) async fn fetch_originals(
    core: Core<'_>,
    along: Option<ExportRequest>,
) -> Result<NotHereView, UiError> {
    away(&core, move |core| core.fetch_originals(along.as_ref())).await
}

/// The largest photos and recordings.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn largest_attachments(core: Core<'_>) -> Result<LargestView, UiError> {
    Ok(core.largest_attachments()?)
}

/// How photos and recordings are kept on this device.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn attachment_settings(core: Core<'_>) -> Result<AttachmentSettings, UiError> {
    Ok(core.attachment_settings()?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn keep_all_attachments(core: Core<'_>, keeps_all: bool) -> Result<(), UiError> {
    Ok(core.keep_all_attachments(keeps_all)?)
}

/// Where it was saved; `None` when the person changed their mind.
#[tauri::command]
#[specta::specta]
pub(super) async fn attachment_save_as(
    window: WebviewWindow,
    app: AppHandle,
    core: Core<'_>,
    id: Uuid,
) -> Result<Option<String>, UiError> {
    let name = core.attachment_file_name(id)?;
    let Some(path) = dialog::ask_where(&app, &window, &name).await? else {
        return Ok(None);
    };
    let target = path.clone();
    // It may have to come from the server first.
    away(&core, move |core| core.attachment_save_as(id, &target)).await?;
    Ok(Some(path.display().to_string()))
}
