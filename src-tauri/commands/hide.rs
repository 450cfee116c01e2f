//! Commands of hiding.

use tauri::{AppHandle, WebviewWindow};

use crate::{Core, ask, window};

/// Locks behind a neutral screen; `spot` says where to come back to, in ids and numbers.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn hide(app: AppHandle, core: Core<'_>, spot: String) {
    ask::close(&app);
    if let Err(error) = core.hide(spot) {
        tracing::warn!(%error, "the vault closed with a warning");
    }
    window::renew(&app);
}

/// The neutral screen gives way to the lock.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn leave_hiding(core: Core<'_>, window: WebviewWindow) {
    core.leave_hiding();
    window::name(&window);
}

/// Where the person was when they hid, told once.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn take_spot(core: Core<'_>) -> Option<String> {
    core.take_spot()
}
