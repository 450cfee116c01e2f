//! Commands of the first run, and of the recovery code.

use regie_client::{FirstRunStep, Passphrase, RecoveryCodeView, RehearsalAnswer, Stage, StrengthView};
use regie_protocol::Text;
use tauri::{AppHandle, WebviewWindow};

use super::app::StartView;
use crate::{Core, ask, ask::Question, dialog, error::UiError};

#[tauri::command(async)]
#[specta::specta]
pub(super) fn first_run_step(core: Core<'_>, step: FirstRunStep) -> Result<(), UiError> {
    Ok(core.first_run_step(step)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn passphrase_strength(core: Core<'_>, passphrase: String) -> StrengthView {
    core.passphrase_strength(&Passphrase::new(passphrase))
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn create_vault(
    core: Core<'_>,
    passphrase: String,
    consents: Vec<String>,
) -> Result<StartView, UiError> {
    core.create_vault(&Passphrase::new(passphrase), &consents)?;
    Ok(StartView::of(&core))
}

/// After the first run the code is shown only when the person says so outside the page.
#[tauri::command]
#[specta::specta]
pub(super) async fn recovery_code(app: AppHandle, core: Core<'_>) -> Result<RecoveryCodeView, UiError> {
    if core.stage() == Stage::Open && !ask::ask(&app, Question::RevealCode).await {
        return Err(UiError::NotNow);
    }
    Ok(core.recovery_code()?)
}

/// Saves the recovery sheet where the person says, in a dialog of the system; `None` when they changed their mind.
#[tauri::command]
#[specta::specta]
pub(super) async fn save_recovery_sheet(
    window: WebviewWindow,
    app: AppHandle,
    core: Core<'_>,
) -> Result<Option<String>, UiError> {
    const NAME: Text = Text {
        nl: "Regie herstelcode.txt",
        en: "Regie recovery code.txt",
    };
    let Some(path) = dialog::ask_where(&app, &window, NAME.in_language(core.language())).await? else {
        return Ok(None);
    };
    core.save_recovery_sheet(&path)?;
    Ok(Some(path.display().to_string()))
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn print_page(window: WebviewWindow) -> Result<(), UiError> {
    Ok(window.print()?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn rehearse_recovery(core: Core<'_>, answers: Vec<RehearsalAnswer>) -> Result<bool, UiError> {
    Ok(core.rehearse_recovery(&answers)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn finish_first_run(core: Core<'_>) -> Result<StartView, UiError> {
    core.finish_first_run()?;
    Ok(StartView::of(&core))
}
