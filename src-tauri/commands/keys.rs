//! Commands that change the ways into the vault.

use regie_client::{CopiesView, NewKeysView, Passphrase, QuickUnlockView};
use tauri::AppHandle;

use super::app::StartView;
use crate::{Core, ask, ask::Question, error::UiError};

#[tauri::command(async)]
#[specta::specta]
pub(super) fn change_passphrase(
    core: Core<'_>,
    current: String,
    new_passphrase: String,
) -> Result<CopiesView, UiError> {
    Ok(core.change_passphrase(&Passphrase::new(current), &Passphrase::new(new_passphrase))?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn new_recovery_code(core: Core<'_>, passphrase: String) -> Result<NewKeysView, UiError> {
    Ok(core.new_recovery_code(&Passphrase::new(passphrase))?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn confirm_recovery_code(core: Core<'_>, code: String) -> Result<(), UiError> {
    Ok(core.confirm_recovery_code(&code)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn put_off_recovery_check(core: Core<'_>) -> Result<(), UiError> {
    Ok(core.put_off_recovery_check()?)
}

/// "Somebody knew it"; `None` when the person said no outside the page.
#[tauri::command]
#[specta::specta]
pub(super) async fn replace_all_keys(
    app: AppHandle,
    core: Core<'_>,
    current: String,
    new_passphrase: String,
) -> Result<Option<NewKeysView>, UiError> {
    let (current, new) = (Passphrase::new(current), Passphrase::new(new_passphrase));
    core.prove(&current)?;
    if !ask::ask(&app, Question::ReplaceKeys).await {
        return Ok(None);
    }
    let core = std::sync::Arc::clone(&core);
    let work = move || core.replace_all_keys(&current, &new);
    let done = tauri::async_runtime::spawn_blocking(work).await?;
    Ok(Some(done?))
}

/// How many percent are written anew; `None` while nothing of the kind is under way.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn key_progress(core: Core<'_>) -> Option<u32> {
    core.key_progress()
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn quick_unlock(core: Core<'_>) -> QuickUnlockView {
    core.quick_unlock()
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn switch_quick_unlock_on(core: Core<'_>, passphrase: String) -> Result<QuickUnlockView, UiError> {
    Ok(core.switch_quick_unlock_on(&Passphrase::new(passphrase))?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn switch_quick_unlock_off(core: Core<'_>) -> Result<QuickUnlockView, UiError> {
    Ok(core.switch_quick_unlock_off()?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn unlock_quickly(core: Core<'_>) -> Result<StartView, UiError> {
    core.unlock_quickly()?;
    Ok(StartView::of(&core))
}
