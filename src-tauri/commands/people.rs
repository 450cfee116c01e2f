//! Commands about the people who share this computer.

use regie_client::PeopleView;
use tauri::{AppHandle, Manager};
use uuid::Uuid;

use super::app::StartView;
use crate::{Core, error::UiError, tray::Tray};

#[tauri::command(async)]
#[specta::specta]
pub(super) fn people(core: Core<'_>) -> PeopleView {
    core.people()
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn choose_person(app: AppHandle, core: Core<'_>, id: Uuid) -> Result<StartView, UiError> {
    core.choose_person(id)?;
    app.state::<Tray>().speak();
    Ok(StartView::of(&core))
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn leave_person(core: Core<'_>) -> Result<StartView, UiError> {
    core.leave_person()?;
    Ok(StartView::of(&core))
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn add_person(
    core: Core<'_>,
    own_name: Option<String>,
    other_name: String,
) -> Result<PeopleView, UiError> {
    Ok(core.add_person(own_name.as_deref(), &other_name)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn rename_person(core: Core<'_>, name: String) -> Result<PeopleView, UiError> {
    Ok(core.rename_person(&name)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn remove_person(core: Core<'_>) -> Result<StartView, UiError> {
    core.remove_person()?;
    Ok(StartView::of(&core))
}
