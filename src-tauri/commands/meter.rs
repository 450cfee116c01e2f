//! Commands of the check.

use regie_client::{
    AddedView, AnswerChoice, InstrumentFaultView, ItemAnswer, MeterView, ResultView, ResultsPage, RunView,
    SheetFormat, TrendView,
};
use regie_protocol::Text;
use tauri::{AppHandle, WebviewWindow};
use uuid::Uuid;

use crate::{Core, dialog, error::UiError};

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
pub(super) fn meter_results(core: Core<'_>, earlier: Uuid) -> Result<ResultsPage, UiError> {
    Ok(core.meter_results(earlier)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn meter_annotate(core: Core<'_>, id: Uuid, note: String) -> Result<(), UiError> {
    Ok(core.meter_annotate(id, &note)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn meter_correct(
    core: Core<'_>,
    id: Uuid,
    answers: Vec<ItemAnswer>,
    local: Option<String>,
) -> Result<ResultView, UiError> {
    Ok(core.meter_correct(id, &answers, local.as_deref())?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn meter_delete(core: Core<'_>, id: Uuid) -> Result<Option<String>, UiError> {
    Ok(core.meter_delete(id)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn meter_undo_delete(core: Core<'_>, id: Uuid) -> Result<(), UiError> {
    Ok(core.meter_undo_delete(id)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn meter_page(core: Core<'_>, instrument: String) -> Result<RunView, UiError> {
    Ok(core.meter_page(&instrument)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn meter_check_in(
    core: Core<'_>,
    instrument: String,
    answers: Vec<ItemAnswer>,
    note: String,
) -> Result<Uuid, UiError> {
    Ok(core.meter_check_in(&instrument, &answers, &note)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn meter_trend(core: Core<'_>, from: Option<i64>, to: Option<i64>) -> Result<TrendView, UiError> {
    Ok(core.meter_trend(from, to)?)
}

/// Saves a result where the person says, in a dialog of the system; `None` when they changed their mind.
#[tauri::command]
#[specta::specta]
pub(super) async fn save_result(
    window: WebviewWindow,
    app: AppHandle,
    core: Core<'_>,
    id: Uuid,
    format: SheetFormat,
) -> Result<Option<String>, UiError> {
    let result = core.meter_result(id)?;
    let day = result.taken_at.get(..10).unwrap_or_default();
    let title: String = result
        .title
        .chars()
        .map(|sign| if sign.is_alphanumeric() { sign } else { ' ' })
        .collect();
    let name = format!("Regie {} {day}.{}", title.trim(), format.ending());
    let Some(path) = dialog::ask_where(&app, &window, &name).await? else {
        return Ok(None);
    };
    core.save_result(id, format, &path)?;
    Ok(Some(path.display().to_string()))
}

/// Adds an instrument from a file that the person chooses in a dialog of the system: the faults that it has, none when it
/// was added; `None` when they changed their mind.
#[tauri::command]
#[specta::specta]
pub(super) async fn add_instrument(
    window: WebviewWindow,
    app: AppHandle,
    core: Core<'_>,
) -> Result<Option<Vec<InstrumentFaultView>>, UiError> {
    const KIND: Text = Text {
        nl: "Vragenlijst (JSON)",
        en: "Questionnaire (JSON)",
    };
    const TITLE: Text = Text {
        nl: "Vragenlijst openen",
        en: "Open a questionnaire",
    };
    let language = core.language();
    let chosen = dialog::choose(&window, &app, |dialog, answer| {
        dialog
            .set_title(TITLE.in_language(language))
            .add_filter(KIND.in_language(language), &["json"])
            .pick_file(answer);
    });
    let Some(path) = chosen.await? else {
        return Ok(None);
    };
    Ok(Some(core.add_instrument(&path)?))
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn added_instruments(core: Core<'_>) -> Result<Vec<AddedView>, UiError> {
    Ok(core.added_instruments()?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn remove_instrument(core: Core<'_>, id: String, version: String) -> Result<(), UiError> {
    Ok(core.remove_instrument(&id, &version)?)
}
