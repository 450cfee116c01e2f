//! Commands about what travels between the person's devices.

use regie_client::{OriginalsView, SyncAsked, SyncCode, SyncCompared, SyncDecision, SyncView};
use uuid::Uuid;

use super::account::away;
use crate::{Core, error::UiError};

/// Where syncing stands.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn sync_view(core: Core<'_>) -> Result<SyncView, UiError> {
    Ok(core.sync_view()?)
}

/// Syncs now.
#[tauri::command]
#[specta::specta]
pub(super) async fn sync_now(core: Core<'_>) -> Result<SyncView, UiError> {
    away(&core, |core| core.sync_now()).await
}

/// The person read what was told.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn sync_read(core: Core<'_>) {
    core.sync_read();
}

/// The person decided.
#[tauri::command]
#[specta::specta]
pub(super) async fn sync_decide(core: Core<'_>, decision: SyncDecision) -> Result<SyncView, UiError> {
    away(&core, move |core| core.sync_decide(decision)).await
}

/// What a person has to say about single records.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn sync_asked(core: Core<'_>) -> Result<Vec<SyncAsked>, UiError> {
    Ok(core.sync_asked()?)
}

/// The person said whether a record is kept or let go.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn sync_answer(core: Core<'_>, id: String, keep: bool) -> Result<Vec<SyncAsked>, UiError> {
    Ok(core.sync_answer(&id, keep)?)
}

/// The code by which people compare what their devices see.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn sync_code(core: Core<'_>) -> Result<Option<SyncCode>, UiError> {
    Ok(core.sync_code()?)
}

/// Compares another device's number and code.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn sync_compare(core: Core<'_>, number: u32, typed: String) -> Result<SyncCompared, UiError> {
    Ok(core.sync_compare(number, &typed)?)
}

/// Entries that came from another device and were not opened here since.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn diary_came(core: Core<'_>) -> Result<Vec<Uuid>, UiError> {
    Ok(core.diary_came()?)
}

/// An entry was opened.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn diary_seen(core: Core<'_>, id: Uuid) -> Result<(), UiError> {
    Ok(core.diary_seen(id)?)
}

/// Both texts from before an entry was brought together from two devices.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn entry_originals(core: Core<'_>, id: Uuid) -> Result<Option<OriginalsView>, UiError> {
    Ok(core.entry_originals(id)?)
}

/// The person keeps an entry as it was brought together.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn forget_entry_originals(core: Core<'_>, id: Uuid) -> Result<(), UiError> {
    Ok(core.forget_entry_originals(id)?)
}

/// The entry under the pen was closed.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn pen_up(core: Core<'_>) {
    core.pen_up();
}
