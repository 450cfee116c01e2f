//! Commands of the reminders.

use regie_client::RemindersView;
use regie_domain::reminder::Schedule;

use crate::{Core, error::UiError};

#[tauri::command(async)]
#[specta::specta]
pub(super) fn reminders(core: Core<'_>) -> Result<RemindersView, UiError> {
    Ok(core.reminders()?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn remind_here(core: Core<'_>, on: bool) -> Result<RemindersView, UiError> {
    Ok(core.remind_here(on)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn save_reminders(core: Core<'_>, schedule: Schedule) -> Result<RemindersView, UiError> {
    Ok(core.save_reminders(schedule)?)
}
