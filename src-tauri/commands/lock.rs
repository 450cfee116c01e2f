//! Commands of the lock.

use regie_client::Passphrase;
use tauri::AppHandle;

use super::app::StartView;
use crate::{Core, ask, ask::Question, error::UiError, lock_core, window};

#[tauri::command(async)]
#[specta::specta]
pub(super) fn unlock(core: Core<'_>, passphrase: String) -> Result<StartView, UiError> {
    core.unlock(&Passphrase::new(passphrase))?;
    Ok(StartView::of(&core))
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn check_recovery_code(core: Core<'_>, code: String) -> Result<(), UiError> {
    Ok(core.check_recovery_code(&code)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn unlock_with_recovery_code(
    core: Core<'_>,
    code: String,
    new_passphrase: String,
) -> Result<StartView, UiError> {
    core.unlock_with_recovery_code(&code, &Passphrase::new(new_passphrase))?;
    Ok(StartView::of(&core))
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn lock(app: AppHandle) {
    ask::close(&app);
    lock_core(&app);
    window::renew(&app);
}

#[tauri::command]
#[specta::specta]
pub(super) async fn start_over(app: AppHandle, core: Core<'_>) -> Result<Option<String>, UiError> {
    if !ask::ask(&app, Question::StartOver).await {
        return Ok(None);
    }
    Ok(Some(core.start_over()?))
}
