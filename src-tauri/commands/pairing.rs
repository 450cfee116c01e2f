//! Commands about pairing: a new device and one that is there come together. Letting it in is asked outside the page.

use regie_client::{Client, ClientError, PairForm, PairOffer, PairState, Passphrase};
use tauri::AppHandle;

use super::account::away;
use crate::{Core, ask, ask::Question, error::UiError};

/// Begins on the new device; gives the code to show.
#[tauri::command]
#[specta::specta]
pub(super) async fn pair_offer(core: Core<'_>, form: PairForm) -> Result<PairOffer, UiError> {
    away(&core, move |core| core.pair_offer(&form)).await
}

/// Enters, on a device of the account, the code that the new one shows.
#[tauri::command]
#[specta::specta]
pub(super) async fn pair_enter(core: Core<'_>, code: String) -> Result<(), UiError> {
    away(&core, move |core| core.pair_enter(&code)).await
}

/// Where the pairing stands; does its next step.
#[tauri::command]
#[specta::specta]
pub(super) async fn pair_state(core: Core<'_>) -> Result<PairState, UiError> {
    away(&core, Client::pair_state).await
}

/// Whether the digits on both devices are the same.
#[tauri::command]
#[specta::specta]
pub(super) async fn pair_compare(core: Core<'_>, same: bool) -> Result<(), UiError> {
    away(&core, move |core| core.pair_compare(same)).await
}

/// Lets the new device in, when the person says so outside the page; after a no the passphrase is asked still.
#[tauri::command]
#[specta::specta]
pub(super) async fn pair_finish(
    app: AppHandle,
    core: Core<'_>,
    passphrase: String,
    factor: Option<String>,
) -> Result<(), UiError> {
    let passphrase = Passphrase::new(passphrase);
    let newcomer = away(&core, |core| core.pair_newcomer().ok_or(ClientError::NotNow)).await?;
    core.prove(&passphrase)?;
    let question = Question::LetIn {
        name: newcomer.name.clone(),
        digits: newcomer.digits.clone(),
    };
    if !ask::ask(&app, question).await {
        return Ok(());
    }
    away(&core, move |core| {
        core.pair_finish(&newcomer, &passphrase, factor.as_deref())
    })
    .await
}

/// Stops; nothing of the pairing stays.
#[tauri::command]
#[specta::specta]
pub(super) async fn pair_stop(core: Core<'_>) -> Result<(), UiError> {
    away(&core, |core| {
        core.pair_stop();
        Ok(())
    })
    .await
}
