//! Commands of the check.

use regie_client::{AnswerChoice, MeterView, ResultView, RunView};
use uuid::Uuid;

use crate::{Core, error::UiError};

#[tauri::command(async)]
#[specta::specta]
pub(super) fn meter_overview(core: Core<'_>) -> Result<MeterView, UiError> {
    Ok(core.meter_overview()?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn meter_start(core: Core<'_>, instrument: String) -> Result<RunView, UiError> {
    Ok(core.meter_start(&instrument)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn meter_run(core: Core<'_>, run: Uuid) -> Result<RunView, UiError> {
    Ok(core.meter_run(run)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn meter_answer(
    core: Core<'_>,
    run: Uuid,
    item: String,
    answer: AnswerChoice,
    position: u32,
) -> Result<(), UiError> {
    Ok(core.meter_answer(run, &item, answer, position)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn meter_finish(core: Core<'_>, run: Uuid) -> Result<ResultView, UiError> {
    Ok(core.meter_finish(run)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn meter_result(core: Core<'_>, id: Uuid) -> Result<ResultView, UiError> {
    Ok(core.meter_result(id)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn meter_annotate(core: Core<'_>, id: Uuid, note: String) -> Result<(), UiError> {
    Ok(core.meter_annotate(id, &note)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn meter_delete(core: Core<'_>, id: Uuid) -> Result<(), UiError> {
    Ok(core.meter_delete(id)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn meter_undo_delete(core: Core<'_>, id: Uuid) -> Result<(), UiError> {
    Ok(core.meter_undo_delete(id)?)
}
