//! Commands of the diary.

use regie_client::{
    DiaryCount, DiaryFilter, DiaryPageView, EntryDraft, EntryRow, EntryView, PlaceView, SavedView,
    SearchView, TagView,
};
use uuid::Uuid;

use crate::{Core, error::UiError};

#[tauri::command(async)]
#[specta::specta]
pub(super) fn diary_page(
    core: Core<'_>,
    filter: Option<DiaryFilter>,
    before: Option<String>,
    limit: u32,
) -> Result<DiaryPageView, UiError> {
    Ok(core.diary_page(&filter.unwrap_or_default(), before.as_deref(), limit)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn diary_months(core: Core<'_>) -> Result<Vec<DiaryCount>, UiError> {
    Ok(core.diary_months()?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn diary_days(core: Core<'_>, month: i32) -> Result<Vec<DiaryCount>, UiError> {
    Ok(core.diary_days(month)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn diary_on_this_day(core: Core<'_>) -> Result<Vec<EntryRow>, UiError> {
    Ok(core.diary_on_this_day()?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn diary_tags(core: Core<'_>) -> Result<Vec<TagView>, UiError> {
    Ok(core.diary_tags()?)
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
pub(super) fn diary_search(core: Core<'_>, query: String, limit: u32) -> Result<SearchView, UiError> {
    Ok(core.diary_search(&query, limit)?)
}
