//! Where to save a file: the person says it in a dialog of the system, and the page learns the path only afterwards.

use std::path::PathBuf;

use tauri::{AppHandle, WebviewWindow};
use tauri_plugin_dialog::DialogExt;
use tokio::sync::oneshot;

use crate::error::UiError;

/// Asks; `None` when the person changed their mind.
pub(crate) async fn ask_where(
    app: &AppHandle,
    window: &WebviewWindow,
    name: &str,
) -> Result<Option<PathBuf>, UiError> {
    let (chosen, choice) = oneshot::channel();
    let dialog = app.dialog().file().set_parent(window).set_file_name(name);
    dialog.save_file(move |path| {
        let _ = chosen.send(path);
    });
    let path = choice.await.ok().flatten().map(|path| path.into_path());
    path.transpose().map_err(|_| UiError::ReadOnlyFolder)
}
