//! Commands of the small window that asks.

use regie_client::Appearance;
use regie_protocol::Language;
use serde::Serialize;
use specta::Type;
use tauri::State;

use crate::{Core, ask::Questions, error::UiError};

/// A question to the person.
#[derive(Serialize, Type)]
pub(super) struct AskView {
    /// To be named with the answer.
    number: u32,
    /// Its heading.
    title: String,
    /// What it means.
    text: String,
    /// The word for yes.
    yes: String,
    /// The word for no.
    no: String,
    /// Language in use.
    language: Language,
    /// How it looks.
    appearance: Appearance,
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn ask_view(core: Core<'_>, questions: State<'_, Questions>) -> Result<AskView, UiError> {
    let language = core.language();
    let (number, wording) = questions.asked(language).ok_or(UiError::NotNow)?;
    Ok(AskView {
        number,
        title: wording.title,
        text: wording.text,
        yes: wording.yes,
        no: wording.no,
        language,
        appearance: core.appearance(),
    })
}

#[tauri::command(async)]
#[specta::specta]
pub(super) fn ask_answer(questions: State<'_, Questions>, number: u32, yes: bool) {
    questions.answer(number, yes);
}
