//! Commands about what the person allows.

use regie_client::{ChoiceView, PurposeView};

use crate::{Core, error::UiError};

#[tauri::command(async)]
#[specta::specta]
pub(super) fn purposes(core: Core<'_>) -> Result<Vec<PurposeView>, UiError> {
    Ok(core.purposes()?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn set_consent(core: Core<'_>, purpose: String, given: bool) -> Result<Vec<PurposeView>, UiError> {
    core.set_consent(&purpose, given)?;
    Ok(core.purposes()?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn consent_story(core: Core<'_>) -> Result<Vec<ChoiceView>, UiError> {
    Ok(core.consent_story()?)
}
