//! Commands that work in every state, and the home screen.

use regie_client::{Appearance, FirstRunStep, HelpView, PeopleView, Stage as CoreStage, TodayView};
use regie_domain::seal::Seal;
use regie_protocol::Language;
use serde::Serialize;
use specta::Type;
use tauri::{AppHandle, Manager, WebviewWindow};
use tauri_plugin_opener::OpenerExt;

use crate::{Core, ask, ask::Question, error::UiError, tray::Tray, window};

/// What the window shows first.
#[derive(Serialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum Stage {
    /// Several people share this computer; which of them is here?
    Choose,
    /// The first run, at this step.
    FirstRun { step: FirstRunStep },
    /// There is a vault, locked.
    Locked { wait_seconds: u32 },
    /// The vault is open.
    Open,
    /// The vault cannot be opened, whatever the passphrase; nothing was changed.
    Broken { error: UiError },
}

/// Where the app stands.
#[derive(Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(super) struct StartView {
    /// What the window shows first.
    stage: Stage,
    /// Language in use.
    language: Language,
    /// How it looks.
    appearance: Appearance,
    /// What the seal says.
    seal: SealView,
    /// Version of the program.
    version: String,
    /// Folder of this profile.
    folder: String,
    /// A neutral screen stands before the lock.
    hidden: bool,
    /// Who uses Regie on this computer.
    people: PeopleView,
    /// The keychain can open this vault.
    quick_unlock: bool,
}

/// What the seal says.
#[derive(Serialize, Type)]
pub(super) struct SealView {
    /// The state behind the text.
    state: SealState,
    /// The text in the language in use.
    text: String,
}

/// The state behind the seal's text.
#[derive(Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(super) enum SealState {
    /// Locked.
    Locked,
    /// Nothing kept yet.
    NotYet,
    /// Only on this device.
    OnlyHere,
    /// Paused by the person.
    Paused,
    Copied,
    CopyBehind,
    Fetching,
    Asking,
    Stopped,
}

impl StartView {
    pub(super) fn of(core: &Core<'_>) -> Self {
        let stage = match core.stage() {
            CoreStage::Choose => Stage::Choose,
            CoreStage::FirstRun(step) => Stage::FirstRun { step },
            CoreStage::Locked { wait_seconds } => Stage::Locked { wait_seconds },
            CoreStage::Open => Stage::Open,
            CoreStage::Broken(error) => Stage::Broken { error: error.into() },
        };
        Self {
            stage,
            language: core.language(),
            appearance: core.appearance(),
            seal: SealView::of(core),
            version: env!("CARGO_PKG_VERSION").into(),
            folder: core.folder().display().to_string(),
            hidden: core.is_hidden(),
            people: core.people(),
            quick_unlock: core.quick_unlock_is_on(),
        }
    }
}

/// Tells a new window where the app stands before its page loads, so that the first frame shows it.
pub(crate) fn start_script(core: &Core<'_>) -> String {
    let view = serde_json::to_string(&StartView::of(core)).unwrap_or_else(|_| "null".into());
    // Some platforms put the script into the page, where a folder's name must not end it.
    format!("window.regieStart = {};", view.replace('<', "\\u003c"))
}

impl SealView {
    fn of(core: &Core<'_>) -> Self {
        let seal = core.seal();
        let state = match seal {
            Seal::Locked => SealState::Locked,
            Seal::NotYet => SealState::NotYet,
            Seal::OnlyHere => SealState::OnlyHere,
            Seal::Paused => SealState::Paused,
            Seal::Copied => SealState::Copied,
            Seal::CopyBehind => SealState::CopyBehind,
            Seal::Fetching => SealState::Fetching,
            Seal::Asking => SealState::Asking,
            Seal::Stopped => SealState::Stopped,
        };
        Self {
            state,
            text: seal.text().in_language(core.language()).into(),
        }
    }
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn start(core: Core<'_>) -> StartView {
    StartView::of(&core)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn set_language(app: AppHandle, core: Core<'_>, language: Language) -> Result<StartView, UiError> {
    core.set_language(language)?;
    app.state::<Tray>().speak();
    Ok(StartView::of(&core))
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn set_appearance(core: Core<'_>, appearance: Appearance) -> Result<(), UiError> {
    Ok(core.set_appearance(appearance)?)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn seal(core: Core<'_>) -> SealView {
    SealView::of(&core)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn help_now(core: Core<'_>) -> HelpView {
    core.help_now()
}

/// Tells that a screen has been drawn; for measuring, and for what can wait until then.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn screen_drawn(window: WebviewWindow, screen: String) {
    if matches!(screen.as_str(), "diary" | "check-result") {
        window::turn_spell_checking_on(&window);
    }
    let known = screen
        .chars()
        .all(|sign| sign.is_ascii_alphanumeric() || sign == '-');
    tracing::info!(target: "regie::drawn", screen = if known { screen.as_str() } else { "?" });
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn touch(core: Core<'_>) {
    core.touch();
}

#[tauri::command]
#[specta::specta]
pub(super) async fn open_link(app: AppHandle, core: Core<'_>, url: String) -> Result<(), UiError> {
    let link = core.web_link(&url)?;
    if ask::ask(
        &app,
        Question::OpenLink {
            host: link.host().into(),
        },
    )
    .await
    {
        app.opener()
            .open_url(link.as_str(), None::<&str>)
            .map_err(|_| UiError::Internal)?;
    }
    Ok(())
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn close_window(window: WebviewWindow) {
    window::close(&window);
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn today(core: Core<'_>) -> Result<TodayView, UiError> {
    Ok(core.today()?)
}
