//! Commands about backups.

use regie_client::{
    AsideRow, BackedUpView, BackupChoice, BackupRow, BackupSchedule, BackupSecret, BackupsView, Passphrase,
    Stage,
};
use serde::{Deserialize, Serialize};
use specta::Type;
use tauri::{AppHandle, WebviewWindow};

use super::app::StartView;
use crate::{Core, ask, ask::Question, dialog::choose, error::UiError};

/// How the person opens a backup.
#[derive(Deserialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum BackupKey {
    /// With the passphrase of that time.
    Passphrase { passphrase: String },
    /// With the recovery code of that time, and a new passphrase.
    Code { code: String, new_passphrase: String },
}

/// What came of restoring.
#[derive(Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(super) struct RestoredView {
    /// Where the app stands now.
    start: StartView,
    /// Name of the folder in which the vault from before lies; `None` when there was none.
    set_aside: Option<String>,
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn backups(core: Core<'_>) -> Result<BackupsView, UiError> {
    Ok(core.backups()?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn local_backups(core: Core<'_>) -> Result<Vec<BackupRow>, UiError> {
    Ok(core.local_backups()?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn back_up_now(core: Core<'_>) -> Result<BackedUpView, UiError> {
    Ok(core.back_up_now()?)
}

/// Lets the person choose a folder in a dialog of the system; `None` when they changed their mind.
#[tauri::command]
#[specta::specta]
pub(super) async fn choose_backup_folder(
    window: WebviewWindow,
    app: AppHandle,
    core: Core<'_>,
) -> Result<Option<BackedUpView>, UiError> {
    let folder = choose(&window, &app, |dialog, answer| {
        dialog.pick_folder(answer);
    });
    match folder.await? {
        Some(folder) => Ok(Some(core.set_backup_folder(&folder)?)),
        None => Ok(None),
    }
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn set_backup_schedule(core: Core<'_>, schedule: BackupSchedule) -> Result<BackupsView, UiError> {
    Ok(core.set_backup_schedule(schedule)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn forget_backup_folder(core: Core<'_>) -> Result<BackupsView, UiError> {
    Ok(core.forget_backup_folder()?)
}

/// Lets the person choose a backup in a dialog of the system; `None` when they changed their mind.
#[tauri::command]
#[specta::specta]
pub(super) async fn choose_backup(
    window: WebviewWindow,
    app: AppHandle,
    core: Core<'_>,
) -> Result<Option<BackupRow>, UiError> {
    let file = choose(&window, &app, |dialog, answer| {
        dialog.add_filter("Regie", &["regie-backup"]).pick_file(answer);
    });
    match file.await? {
        Some(file) => Ok(Some(core.choose_backup(&file)?)),
        None => Ok(None),
    }
}

/// Restores a backup. Where there is a vault, the person says so outside the page; `None` when they said no.
#[tauri::command]
#[specta::specta]
pub(super) async fn restore_backup(
    app: AppHandle,
    core: Core<'_>,
    backup: BackupChoice,
    key: BackupKey,
) -> Result<Option<RestoredView>, UiError> {
    let nothing_there = matches!(core.stage(), Stage::FirstRun(_)) && !core.is_open();
    if !nothing_there && !ask::ask(&app, Question::Restore).await {
        return Ok(None);
    }
    let secret = match key {
        BackupKey::Passphrase { passphrase } => BackupSecret::Passphrase(Passphrase::new(passphrase)),
        BackupKey::Code { code, new_passphrase } => BackupSecret::Code(code, Passphrase::new(new_passphrase)),
    };
    let set_aside = core.restore(&backup, &secret)?;
    Ok(Some(RestoredView {
        start: StartView::of(&core),
        set_aside,
    }))
}

/// Deletes a vault that was set aside, when the person says so outside the page; `None` when they said no.
#[tauri::command]
#[specta::specta]
pub(super) async fn delete_aside(
    app: AppHandle,
    core: Core<'_>,
    name: String,
) -> Result<Option<Vec<AsideRow>>, UiError> {
    let rows = core.backups()?.aside;
    let Some(row) = rows.into_iter().find(|row| row.name == name) else {
        return Err(UiError::NotFound);
    };
    if !ask::ask(&app, Question::DeleteAside { day: row.day }).await {
        return Ok(None);
    }
    Ok(Some(core.delete_aside(&name)?))
}
