//! Commands of the privacy statement.

use regie_client::{NewsView, StatementChangesView, StatementView};

use crate::{Core, error::UiError};

#[tauri::command(async)]
#[specta::specta]
pub(super) fn statement(core: Core<'_>, version: Option<u32>) -> Result<StatementView, UiError> {
    Ok(core.statement_view(version)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn news(core: Core<'_>) -> Result<NewsView, UiError> {
    Ok(core.news()?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn statement_changes(core: Core<'_>, since: Option<u32>) -> Result<StatementChangesView, UiError> {
    Ok(core.statement_changes(since)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn statement_seen(core: Core<'_>) -> Result<(), UiError> {
    Ok(core.statement_seen()?)
}
