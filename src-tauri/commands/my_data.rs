//! Commands about everything that is kept, and the settings.

use regie_client::{DeletedView, DeletionPlanView, DeletionRequest, MyDataView, Passphrase, Settings};
use tauri::{AppHandle, Manager};

use super::app::StartView;
use crate::{Core, ask, ask::Question, at_login, error::UiError, tray::Tray, window};

#[tauri::command(async)]
#[specta::specta]
pub(super) fn my_data(core: Core<'_>) -> Result<MyDataView, UiError> {
    Ok(core.my_data()?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn plan_deletion(core: Core<'_>, request: DeletionRequest) -> Result<DeletionPlanView, UiError> {
    Ok(core.plan_deletion(&request)?)
}

/// Deletes for good, when the person says so outside the page; `None` when they said no.
#[tauri::command]
#[specta::specta]
pub(super) async fn delete_period(
    app: AppHandle,
    core: Core<'_>,
    request: DeletionRequest,
) -> Result<Option<DeletedView>, UiError> {
    let plan = core.plan_deletion(&request)?;
    let question = Question::Delete {
        count: plan.count,
        set_aside: plan.set_aside > 0,
        backups_too: request.backups_too || plan.copies == 0,
        until: plan.copies_until,
    };
    if !ask::ask(&app, question).await {
        return Ok(None);
    }
    Ok(Some(core.delete_period(&request)?))
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn clean_backups(core: Core<'_>) -> Result<DeletedView, UiError> {
    Ok(core.clean_backups()?)
}

/// Deletes everything, when the person says so outside the page; `None` when they said no.
#[tauri::command]
#[specta::specta]
pub(super) async fn delete_everything(
    app: AppHandle,
    core: Core<'_>,
    passphrase: String,
) -> Result<Option<StartView>, UiError> {
    let passphrase = Passphrase::new(passphrase);
    core.prove(&passphrase)?;
    let elsewhere = core
        .copies_elsewhere()?
        .map(|folder| folder.display().to_string());
    if !ask::ask(&app, Question::DeleteEverything { elsewhere }).await {
        return Ok(None);
    }
    if core.people().people.len() < 2 {
        // First: what a crash leaves of the rest is ended at the next start.
        at_login::set(core.profile(), false);
        app.state::<Tray>().show(&app, false);
    }
    core.delete_everything(&passphrase)?;
    window::renew(&app);
    Ok(Some(StartView::of(&core)))
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
