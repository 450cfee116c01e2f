//! Commands of the diary.

use regie_client::{
    DayMarkView, DayView, DiaryCount, DiaryFilter, DiaryPageView, DiarySettings, EntryBase, EntryDraft,
    EntryRow, EntryView, PlaceView, PromptView, SavedView, SearchView, TagView,
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
pub(super) fn diary_months(core: Core<'_>, filter: DiaryFilter) -> Result<Vec<DiaryCount>, UiError> {
    Ok(core.diary_months(&filter)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn diary_rows(
    core: Core<'_>,
    filter: DiaryFilter,
    month: i32,
    skip: u32,
    limit: u32,
) -> Result<Vec<EntryRow>, UiError> {
    Ok(core.diary_rows(&filter, month, skip, limit)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn diary_days(core: Core<'_>, month: i32) -> Result<Vec<DayMarkView>, UiError> {
    Ok(core.diary_days(month)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn diary_day(core: Core<'_>, day: i32) -> Result<DayView, UiError> {
    Ok(core.diary_day(day)?)
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
pub(super) fn diary_save(
    core: Core<'_>,
    entry: EntryDraft,
    base: Option<EntryBase>,
) -> Result<SavedView, UiError> {
    #[cfg(feature = "leaks-on-purpose")]
    crate::leak(&entry.markdown);
    Ok(core.diary_save_on(entry, base)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn diary_place(core: Core<'_>, place: Option<PlaceView>) -> Result<(), UiError> {
    Ok(core.diary_place(place)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn diary_delete(core: Core<'_>, id: Uuid) -> Result<Option<String>, UiError> {
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

#[tauri::command(async)]
#[specta::specta]
pub(super) fn diary_move(core: Core<'_>, id: Uuid, local: String) -> Result<EntryView, UiError> {
    Ok(core.diary_move(id, &local)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn diary_prompt(core: Core<'_>, turn: u32) -> Result<Option<PromptView>, UiError> {
    Ok(core.diary_prompt(turn)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn diary_settings(core: Core<'_>) -> Result<DiarySettings, UiError> {
    Ok(core.diary_settings()?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn save_diary_settings(core: Core<'_>, settings: DiarySettings) -> Result<(), UiError> {
    Ok(core.save_diary_settings(settings)?)
}
