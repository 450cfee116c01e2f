//! Commands about the copy that a person takes along.

use std::fs::File;
use std::io::Read;

use regie_client::{ExportPlanView, ExportProtection, ExportRequest, ExportedView, Passphrase};
use serde::Deserialize;
use specta::Type;
use tauri::{AppHandle, WebviewWindow};
use tauri_plugin_opener::OpenerExt;

use crate::{Core, ask, ask::Question, dialog, error::UiError};

/// A file with a public key is a few lines.
const LONGEST_KEY_FILE: u64 = 64 * 1024;

/// How the copy is protected.
#[derive(Deserialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum ExportKey {
    /// Encrypted to a passphrase.
    Passphrase { passphrase: String },
    /// Encrypted to somebody's key.
    Recipient { key: String },
    /// Not at all.
    Plain,
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn plan_export(core: Core<'_>, request: ExportRequest) -> Result<ExportPlanView, UiError> {
    Ok(core.plan_export(&request)?)
}

/// The recipient's key in a pasted text.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn export_recipient(core: Core<'_>, text: String) -> Result<String, UiError> {
    Ok(core.recipient(&text)?)
}

/// The recipient's key in a file that the person chooses in a dialog of the system; `None` when they changed their mind.
#[tauri::command]
#[specta::specta]
pub(super) async fn choose_recipient(
    window: WebviewWindow,
    app: AppHandle,
    core: Core<'_>,
) -> Result<Option<String>, UiError> {
    let chosen = dialog::choose(&window, &app, |dialog, answer| dialog.pick_file(answer));
    let Some(path) = chosen.await? else {
        return Ok(None);
    };
    let mut text = String::new();
    let file = File::open(path).map_err(|_| UiError::NotFound)?;
    let read = file.take(LONGEST_KEY_FILE).read_to_string(&mut text);
    read.map_err(|_| UiError::BadRecipient)?;
    Ok(Some(core.recipient(&text)?))
}

/// Writes the copy where the person says, in a dialog of the system; `None` when they changed their mind. One that anybody
/// can read is asked about outside the page.
#[tauri::command]
#[specta::specta]
pub(super) async fn export(
    window: WebviewWindow,
    app: AppHandle,
    core: Core<'_>,
    request: ExportRequest,
    protection: ExportKey,
) -> Result<Option<ExportedView>, UiError> {
    let protection = match protection {
        ExportKey::Passphrase { passphrase } => ExportProtection::Passphrase(Passphrase::new(passphrase)),
        ExportKey::Recipient { key } => ExportProtection::Recipient(key),
        ExportKey::Plain => ExportProtection::Plain,
    };
    core.check_protection(&protection)?;
    let plain = matches!(protection, ExportProtection::Plain);
    if plain && !ask::ask(&app, Question::ExportPlain).await {
        return Ok(None);
    }
    let name = core.export_name(&request, !plain)?;
    let Some(path) = dialog::ask_where(&app, &window, &name).await? else {
        return Ok(None);
    };
    let client = std::sync::Arc::clone(&core);
    let exported = tauri::async_runtime::spawn_blocking(move || client.export(&request, &protection, &path));
    Ok(Some(exported.await.map_err(|_| UiError::Internal)??))
}

#[tauri::command]
#[specta::specta]
pub(super) fn export_progress(core: Core<'_>) -> Option<u32> {
    core.export_progress()
}

#[tauri::command]
#[specta::specta]
pub(super) fn stop_export(core: Core<'_>) {
    core.stop_export();
}

/// Shows the last copy in the folder where it lies.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn show_exported(app: AppHandle, core: Core<'_>) -> Result<(), UiError> {
    let path = core.exported()?;
    app.opener()
        .reveal_item_in_dir(path)
        .map_err(|_| UiError::NotFound)
}
