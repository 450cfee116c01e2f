//! Commands of the help pages and of the report.

use regie_client::{GuideView, ReportView, Surroundings};
use regie_protocol::Text;
use tauri::{AppHandle, WebviewWindow};

use crate::{
    Core, at_login, dialog,
    error::{self, UiError},
};

#[tauri::command(async)]
#[specta::specta]
pub(super) fn guide(core: Core<'_>, query: String) -> GuideView {
    core.guide(&query)
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn report(core: Core<'_>) -> ReportView {
    core.report(&Surroundings {
        version: env!("CARGO_PKG_VERSION").into(),
        web_view: tauri::webview_version().unwrap_or_default(),
        desktop: desktop(),
        errors: error::seen(),
        at_login: at_login::is_on(core.profile()),
    })
}

/// Saves the report as it was shown, where the person says; `None` when they changed their mind.
#[tauri::command]
#[specta::specta]
pub(super) async fn save_report(
    window: WebviewWindow,
    app: AppHandle,
    core: Core<'_>,
) -> Result<Option<String>, UiError> {
    const NAME: Text = Text {
        nl: "Regie verslag.txt",
        en: "Regie report.txt",
    };
    let Some(path) = dialog::ask_where(&app, &window, NAME.in_language(core.language())).await? else {
        return Ok(None);
    };
    core.save_report(&path)?;
    Ok(Some(path.display().to_string()))
}

/// Kind of desktop and display server; words of the system only, and short ones.
fn desktop() -> String {
    let word = |name: &str| {
        let value = std::env::var(name).unwrap_or_default();
        let plain = value
            .chars()
            .filter(|sign| sign.is_ascii_alphanumeric() || "-:".contains(*sign));
        plain.take(40).collect::<String>()
    };
    let words = ["XDG_CURRENT_DESKTOP", "XDG_SESSION_TYPE"].map(word);
    let known: Vec<_> = words.into_iter().filter(|word| !word.is_empty()).collect();
    if known.is_empty() {
        "–".into()
    } else {
        known.join(" ")
    }
}
