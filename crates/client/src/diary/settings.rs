//! What the diary offers unasked, and may not.

use regie_vault::settings::Setting;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{Client, ClientError};

/// What the diary offers unasked. What it would take from the diary for that is not a setting but a purpose of its own:
/// [`regie_protocol::purpose::LookBack`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DiarySettings {
    /// A question to begin with.
    pub prompts: bool,
}

impl Default for DiarySettings {
    fn default() -> Self {
        Self { prompts: true }
    }
}

impl Client {
    /// What the diary offers unasked.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the database says.
    pub fn diary_settings(&self) -> Result<DiarySettings, ClientError> {
        self.with_vault(|vault| Ok(vault.setting(Setting::DiaryOffers)?.unwrap_or_default()))
    }

    /// Chooses what the diary offers unasked.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the disk says.
    pub fn save_diary_settings(&self, settings: DiarySettings) -> Result<(), ClientError> {
        self.with_vault(|vault| Ok(vault.set_setting(Setting::DiaryOffers, &settings)?))
    }
}
