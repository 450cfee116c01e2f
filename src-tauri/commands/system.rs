//! Commands about the computer around Regie. What it cannot do is not offered.

use serde::Serialize;
use specta::Type;
use tauri::{AppHandle, Manager};

use crate::{
    Core, at_login,
    error::UiError,
    remind,
    sleep::Told,
    tray::{self, Tray},
};

/// What this computer can do for Regie, and what of it is on; `null` for what it cannot.
#[derive(Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(super) struct SystemView {
    /// Whether it shows notifications.
    reminders: bool,
    /// An icon in the tray.
    tray: Option<bool>,
    /// Starting at login.
    at_login: Option<bool>,
    /// Locking when it goes to sleep; also `null` while locked.
    lock_at_sleep: Option<bool>,
}

impl SystemView {
    fn of(app: &AppHandle, core: &Core<'_>) -> Self {
        let told = app.state::<Told>().is_possible();
        Self {
            reminders: remind::is_possible(),
            tray: tray::is_possible().then(|| core.tray()),
            at_login: at_login::is_on(core.profile()),
            lock_at_sleep: core.locks_at_sleep().ok().filter(|_| told),
        }
    }
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn system(app: AppHandle, core: Core<'_>) -> SystemView {
    SystemView::of(&app, &core)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn set_tray(app: AppHandle, core: Core<'_>, on: bool) -> Result<SystemView, UiError> {
    if !app.state::<Tray>().show(&app, on) {
        return Err(UiError::NotNow);
    }
    core.set_tray(on)?;
    Ok(SystemView::of(&app, &core))
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn set_at_login(app: AppHandle, core: Core<'_>, on: bool) -> Result<SystemView, UiError> {
    if !at_login::set(core.profile(), on) {
        return Err(UiError::ReadOnlyFolder);
    }
    Ok(SystemView::of(&app, &core))
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn set_lock_at_sleep(app: AppHandle, core: Core<'_>, on: bool) -> Result<SystemView, UiError> {
    core.set_lock_at_sleep(on)?;
    Ok(SystemView::of(&app, &core))
}
