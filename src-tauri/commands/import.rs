//! Commands about what comes in from elsewhere.

use std::path::PathBuf;

use regie_client::{ImportLook, ImportOutcome, ImportRow, ImportSecret, Passphrase, UndoneView};
use regie_protocol::Text;
use serde::Deserialize;
use specta::Type;
use tauri::{AppHandle, WebviewWindow};

use crate::{Core, ask, ask::Question, dialog::choose, error::UiError};

/// What opens an encrypted archive.
#[derive(Deserialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub(super) enum ImportKey {
    /// A passphrase.
    Passphrase { passphrase: String },
    /// An age key.
    Key { key: String },
}

/// Lets the person choose a file in a dialog of the system; whether they did.
#[tauri::command]
#[specta::specta]
pub(super) async fn choose_import_file(
    window: WebviewWindow,
    app: AppHandle,
    core: Core<'_>,
) -> Result<bool, UiError> {
    const KIND: Text = Text {
        nl: "Archief of dagboek",
        en: "Archive or journal",
    };
    let kind = KIND.in_language(core.language());
    let endings = ["age", "zip", "json", "csv", "md", "txt"];
    let chosen = choose(&window, &app, |dialog, answer| {
        dialog.add_filter(kind, &endings).pick_file(answer);
    });
    take(&core, chosen.await?)
}

/// Lets the person choose a folder in a dialog of the system; whether they did.
#[tauri::command]
#[specta::specta]
pub(super) async fn choose_import_folder(
    window: WebviewWindow,
    app: AppHandle,
    core: Core<'_>,
) -> Result<bool, UiError> {
    let chosen = choose(&window, &app, |dialog, answer| {
        dialog.pick_folder(answer);
    });
    take(&core, chosen.await?)
}

fn take(core: &Core<'_>, chosen: Option<PathBuf>) -> Result<bool, UiError> {
    if let Some(path) = &chosen {
        core.choose_import(path);
    }
    Ok(chosen.is_some())
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn leave_import(core: Core<'_>) {
    core.leave_import();
}

#[tauri::command]
#[specta::specta]
pub(super) async fn look_at_import(core: Core<'_>, key: Option<ImportKey>) -> Result<ImportLook, UiError> {
    let secret = key.map(|key| match key {
        ImportKey::Passphrase { passphrase } => ImportSecret::Passphrase(Passphrase::new(passphrase)),
        ImportKey::Key { key } => ImportSecret::Key(Passphrase::new(key)),
    });
    let client = std::sync::Arc::clone(&core);
    let looked = tauri::async_runtime::spawn_blocking(move || client.look_at_import(secret.as_ref()));
    Ok(looked.await.map_err(|_| UiError::Internal)??)
}

#[tauri::command]
#[specta::specta]
pub(super) async fn import(core: Core<'_>) -> Result<ImportOutcome, UiError> {
    let client = std::sync::Arc::clone(&core);
    let imported = tauri::async_runtime::spawn_blocking(move || client.import());
    Ok(imported.await.map_err(|_| UiError::Internal)??)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn imports(core: Core<'_>) -> Result<Vec<ImportRow>, UiError> {
    Ok(core.imports()?)
}

/// Takes an import back, when the person says so outside the page; `None` when they said no.
#[tauri::command]
#[specta::specta]
pub(super) async fn undo_import(
    app: AppHandle,
    core: Core<'_>,
    id: u32,
) -> Result<Option<UndoneView>, UiError> {
    let rows = core.imports()?;
    let row = rows.iter().find(|row| row.id == id).ok_or(UiError::NotFound)?;
    if !ask::ask(&app, Question::UndoImport { count: row.records }).await {
        return Ok(None);
    }
    Ok(Some(core.undo_import(id)?))
}
