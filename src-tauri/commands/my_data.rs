//! Commands about everything that is kept, and the settings.

use regie_client::{MyDataView, Settings};

use crate::{Core, error::UiError};

#[tauri::command(async)]
#[specta::specta]
pub(super) fn my_data(core: Core<'_>) -> Result<MyDataView, UiError> {
    Ok(core.my_data()?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn settings(core: Core<'_>) -> Result<Settings, UiError> {
    Ok(core.settings()?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn save_settings(core: Core<'_>, settings: Settings) -> Result<(), UiError> {
    Ok(core.save_settings(settings)?)
}
