//! Commands for putting on hold and releasing.

use regie_client::OnHoldView;
use uuid::Uuid;

use crate::{Core, error::UiError};

#[tauri::command(async)]
#[specta::specta]
pub(super) fn on_hold(core: Core<'_>) -> Result<OnHoldView, UiError> {
    Ok(core.on_hold()?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn put_on_hold(core: Core<'_>, record: Option<Uuid>, reason: String) -> Result<(), UiError> {
    Ok(core.put_on_hold(record, &reason)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn release(core: Core<'_>, record: Option<Uuid>) -> Result<(), UiError> {
    Ok(core.release(record)?)
}
