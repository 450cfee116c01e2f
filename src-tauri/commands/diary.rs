//! Commands of the diary.

use regie_client::{DiaryPageView, EntryDraft, EntryView, PlaceView, SavedView, SearchView};
use uuid::Uuid;

use crate::{Core, error::UiError};

#[tauri::command(async)]
#[specta::specta]
pub(super) fn diary_page(
    core: Core<'_>,
    before: Option<String>,
    limit: u32,
) -> Result<DiaryPageView, UiError> {
    Ok(core.diary_page(before.as_deref(), limit)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn diary_entry(core: Core<'_>, id: Uuid) -> Result<EntryView, UiError> {
    Ok(core.diary_entry(id)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn diary_save(core: Core<'_>, entry: EntryDraft) -> Result<SavedView, UiError> {
    Ok(core.diary_save(entry)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn diary_place(core: Core<'_>, place: Option<PlaceView>) -> Result<(), UiError> {
    Ok(core.diary_place(place)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn diary_delete(core: Core<'_>, id: Uuid) -> Result<(), UiError> {
    Ok(core.diary_delete(id)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn diary_undo_delete(core: Core<'_>, id: Uuid) -> Result<(), UiError> {
    Ok(core.diary_undo_delete(id)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn diary_search(core: Core<'_>, query: String) -> Result<SearchView, UiError> {
    Ok(core.diary_search(&query)?)
}
