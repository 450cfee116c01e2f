//! Dialogs of the system: the person says there which file or folder is meant, and the page learns the path only afterwards,
//! if at all.

use std::path::PathBuf;

use tauri::{AppHandle, WebviewWindow, Wry};
use tauri_plugin_dialog::{DialogExt, FileDialogBuilder, FilePath};
use tokio::sync::oneshot;

use crate::error::UiError;

/// Takes the path that was chosen.
pub(crate) type Answer = Box<dyn FnOnce(Option<FilePath>) + Send>;

/// Where to save a file; `None` when the person changed their mind.
pub(crate) async fn ask_where(
    app: &AppHandle,
    window: &WebviewWindow,
    name: &str,
) -> Result<Option<PathBuf>, UiError> {
    choose(window, app, |dialog, answer| {
        dialog.set_file_name(name).save_file(answer);
    })
    .await
}

/// Files of some kinds; none when the person changed their mind.
pub(crate) async fn choose_several(
    window: &WebviewWindow,
    app: &AppHandle,
    name: &str,
    endings: &[&str],
) -> Result<Vec<PathBuf>, UiError> {
    let (answer, choice) = oneshot::channel();
    let dialog = app.dialog().file().set_parent(window);
    dialog.add_filter(name, endings).pick_files(move |paths| {
        // Whoever asked may have gone.
        let _ = answer.send(paths);
    });
    let paths = choice.await.ok().flatten().unwrap_or_default();
    let paths = paths.into_iter().map(FilePath::into_path);
    paths
        .collect::<Result<_, _>>()
        .map_err(|_| UiError::ReadOnlyFolder)
}

/// A file or folder, as `show` asks for it; `None` when the person changed their mind.
pub(crate) async fn choose(
    window: &WebviewWindow,
    app: &AppHandle,
    show: impl FnOnce(FileDialogBuilder<Wry>, Answer),
) -> Result<Option<PathBuf>, UiError> {
    let (answer, choice) = oneshot::channel();
    let dialog = app.dialog().file().set_parent(window);
    show(
        dialog,
        Box::new(move |path| {
            // Whoever asked may have gone.
            let _ = answer.send(path);
        }),
    );
    let path = choice.await.ok().flatten();
    path.map(|path| path.into_path().map_err(|_| UiError::ReadOnlyFolder))
        .transpose()
}
