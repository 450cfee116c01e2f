//! Commands about what travels between the person's devices.

use regie_client::{SyncDecision, SyncView};

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

/// The entry under the pen was closed.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn pen_up(core: Core<'_>) {
    core.pen_up();
}
