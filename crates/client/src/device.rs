//! What must be known before the vault is open: language, appearance, how far the first run is. No content.

use std::fs;
use std::path::{Path, PathBuf};

use regie_domain::reminder::{Past, PerOccasion, Schedule};
use regie_protocol::Language;
use regie_vault::{VaultError, write_atomically};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::mirror::Agreed;

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Theme {
    /// As the operating system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// How strongly things stand out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Contrast {
    /// As the operating system has it.
    #[default]
    System,
    /// More.
    More,
}

/// How Regie looks on this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Appearance {
    /// Light or dark.
    pub theme: Theme,
    /// Contrast.
    pub contrast: Contrast,
    /// Text size in percent: 100, 125, 150 or 200.
    pub text_size: u16,
}

/// A step of the first run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum FirstRunStep {
    /// Language, and what Regie is.
    #[default]
    Welcome,
    /// Intended use and statement.
    Statement,
    /// What is allowed.
    Consent,
    /// Choosing a passphrase.
    Passphrase,
    /// Keeping the recovery code.
    Recovery,
}

/// The file `device.json`. Losing it loses no data, so a broken one is simply begun again.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct DeviceFile {
    pub(crate) language: Option<Language>,
    theme: Theme,
    contrast: Contrast,
    text_size: Option<u16>,
    pub(crate) first_run_step: FirstRunStep,
    pub(crate) failed_unlocks: u32,
    pub(crate) reminders: Reminders,
    pub(crate) agreed: Agreed,
}

/// When to remind, and what was reminded of: times only. Outside the vault, since reminders come while it is locked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Reminders {
    pub(crate) schedule: Schedule,
    pub(crate) past: PerOccasion<Past>,
    /// Whether this device reminds of nothing, whatever is chosen for all.
    pub(crate) silent: bool,
}

impl DeviceFile {
    pub(crate) fn load(folder: &Path) -> Self {
        let read = fs::read(path(folder)).ok();
        read.and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    }

    /// How the chooser looks, before it is known for whom: as all have it, and as easy to read as anybody needs it.
    pub(crate) fn common(all: impl Iterator<Item = Self>) -> Self {
        let all: Vec<_> = all.collect();
        let Some(one) = all.first() else {
            return Self::default();
        };
        Self {
            language: one
                .language
                .filter(|_| all.iter().all(|each| each.language == one.language)),
            theme: if all.iter().all(|each| each.theme == one.theme) {
                one.theme
            } else {
                Theme::System
            },
            contrast: if all.iter().any(|each| each.contrast == Contrast::More) {
                Contrast::More
            } else {
                Contrast::System
            },
            text_size: all.iter().filter_map(|each| each.text_size).max(),
            ..Self::default()
        }
    }

    pub(crate) fn save(&self, folder: &Path) -> Result<(), VaultError> {
        let bytes = serde_json::to_vec_pretty(self).map_err(|_| VaultError::TooLarge)?;
        Ok(write_atomically(&path(folder), &bytes)?)
    }

    pub(crate) fn appearance(&self) -> Appearance {
        Appearance {
            theme: self.theme,
            contrast: self.contrast,
            text_size: self.text_size.unwrap_or(100),
        }
    }

    pub(crate) fn set_appearance(&mut self, appearance: Appearance) {
        self.theme = appearance.theme;
        self.contrast = appearance.contrast;
        self.text_size = Some(appearance.text_size.clamp(100, 200));
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join("device.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_the_file_is_in_the_data_map() {
        let value = serde_json::to_value(DeviceFile::default()).expect("json");
        let fields: Vec<_> = value.as_object().expect("an object").keys().cloned().collect();
        assert_eq!(regie_vault::data_map::fields_of("device file"), fields);
    }

    #[test]
    fn a_broken_file_is_begun_again() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(path(folder.path()), b"{\"language\": 7").expect("writes");
        assert_eq!(DeviceFile::load(folder.path()).language, None);
    }
}
