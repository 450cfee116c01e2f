//! What the person allows.

use regie_protocol::purpose::{self, KeepOnDevice, Purpose};
use regie_vault::{Vault, consent::Choice};
use serde::Serialize;
use specta::Type;

use crate::{Client, ClientError};

/// A purpose as the person reads it, with the choice made.
#[derive(Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PurposeView {
    /// Permanent name.
    pub id: String,
    /// Version of the purpose.
    pub version: u32,
    /// What the switch says.
    pub title: String,
    /// A sentence beside it.
    pub text: String,
    /// Which data.
    pub data: String,
    /// Who receives them.
    pub recipients: String,
    /// For how long.
    pub retention: String,
    /// Whether it is on.
    pub given: bool,
    /// When the last choice was made, RFC 3339; `None` when it was never asked.
    pub since: Option<String>,
}

impl Client {
    /// Every purpose, with the choice made where a vault is open.
    ///
    /// # Errors
    /// What the database says.
    pub fn purposes(&self) -> Result<Vec<PurposeView>, ClientError> {
        let language = self.language();
        let state = self.state();
        let view = |purpose: &Purpose| {
            let choice = state
                .vault
                .as_ref()
                .map(|vault| vault.last_choice(purpose))
                .transpose()?
                .flatten();
            Ok(PurposeView {
                id: purpose.id.into(),
                version: purpose.version,
                title: purpose.title.in_language(language).into(),
                text: purpose.text.in_language(language).into(),
                data: purpose.data.in_language(language).into(),
                recipients: purpose.recipients.in_language(language).into(),
                retention: purpose.retention.in_language(language).into(),
                given: choice
                    .as_ref()
                    .is_some_and(|choice: &Choice| choice.given && choice.version == purpose.version),
                since: choice.map(|choice| choice.at),
            })
        };
        purpose::ALL.iter().map(view).collect()
    }

    /// Switches a purpose on or off; it holds at once, also for what is under way.
    ///
    /// # Errors
    /// [`ClientError::Locked`]; [`ClientError::Malformed`] for an unknown purpose; what the disk says.
    pub fn set_consent(&self, purpose: &str, given: bool) -> Result<(), ClientError> {
        let purpose = purpose::find(purpose).ok_or(ClientError::Malformed)?;
        let now = self.clock.now();
        self.with_vault(|vault| Ok(vault.record_choice(purpose, given, &now)?))
    }
}

/// Whether checks and diary may be written at this moment.
pub(crate) fn may_write(vault: &Vault) -> bool {
    vault.consent::<KeepOnDevice>().is_ok()
}
