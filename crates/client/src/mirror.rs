//! What a person chose for all their devices, and what a device has to know while it is locked: language and reminders stand in the
//! vault, from where they travel, and in the device file. Here both are brought in line.

use regie_domain::reminder::{Occasion, Past, Schedule};
use regie_protocol::Language;
use regie_vault::{Vault, settings::Setting};
use serde::{Deserialize, Serialize};

use crate::{Client, ClientError, device::Reminders};

/// What the file and the vault last agreed on: who of them differs from it was changed since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Agreed {
    language: Option<Language>,
    schedule: Option<Schedule>,
}

/// Whose word holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds<T> {
    /// They agree, or the account has not said yet what it has.
    Both,
    /// It was chosen on this device.
    File(T),
    /// It was chosen on another one.
    Vault(T),
}

/// A device that comes into an account takes over what was chosen there: until the account was heard (`is_heard`), nothing of it goes out.
fn settle<T: Copy + PartialEq>(
    file: Option<T>,
    vault: Option<T>,
    agreed: Option<T>,
    is_heard: bool,
) -> Holds<T> {
    match (file, vault) {
        (file, vault) if file == vault => Holds::Both,
        (Some(file), Some(_)) if agreed.is_some_and(|agreed| agreed != file) => Holds::File(file),
        (_, Some(vault)) => Holds::Vault(vault),
        (Some(file), None) if is_heard => Holds::File(file),
        _ => Holds::Both,
    }
}

impl Client {
    /// Brings language and reminders in the device file and in the open vault in line. Whether the vault was changed, so that there is
    /// something to send. Nothing happens while it is locked.
    pub(crate) fn mirror(&self) -> Result<bool, ClientError> {
        let now = self.clock.now().at.to_utc();
        let mut state = self.state();
        let Some(vault) = state.vault.as_ref() else {
            return Ok(false);
        };
        let (language, schedule): (Option<Language>, Option<Schedule>) = (
            vault.setting(Setting::Language)?,
            vault.setting(Setting::Reminders)?,
        );
        let is_heard = is_heard(vault)?;
        let mut device = state.device.clone();
        let before = device.agreed;
        let mut to_vault = (None, None);
        match settle(device.language, language, before.language, is_heard) {
            Holds::Both => {}
            Holds::File(language) => to_vault.0 = Some(language),
            Holds::Vault(language) => device.language = Some(language),
        }
        // Without a choice there is nothing to travel.
        let chosen = device.reminders.schedule;
        let chosen = (chosen != Schedule::default() || before.schedule.is_some()).then_some(chosen);
        match settle(chosen, schedule, before.schedule, is_heard) {
            Holds::Both => {}
            Holds::File(schedule) => to_vault.1 = Some(schedule),
            Holds::Vault(schedule) => device.reminders.follow(schedule, now),
        }
        device.agreed = Agreed {
            language: to_vault.0.or(language),
            schedule: to_vault.1.or(schedule),
        };
        // The vault first: where it ends in between, the file still differs from what was agreed on.
        if let Some(vault) = state.vault.as_mut() {
            if let Some(language) = to_vault.0 {
                vault.set_setting(Setting::Language, &language)?;
            }
            if let Some(schedule) = to_vault.1 {
                vault.set_setting(Setting::Reminders, &schedule)?;
            }
        }
        if device.agreed != before || device.language != state.device.language {
            device.save(&self.person_folder())?;
            state.device = device;
        }
        drop(state);
        let written = to_vault != (None, None);
        if written {
            self.sync.written();
        }
        Ok(written)
    }

    /// The same where it is not what was asked for: it is tried again.
    pub(crate) fn try_to_mirror(&self) {
        match self.mirror() {
            Ok(_) | Err(ClientError::Locked) => {}
            Err(error) => tracing::warn!(%error, "language and reminders were not brought in line"),
        }
    }
}

/// Whether it is known what the account has: there is none, it keeps no copy, or its head was verified.
fn is_heard(vault: &Vault) -> Result<bool, ClientError> {
    let waits = vault.account()?.is_some_and(|account| account.copy_day.is_some());
    Ok(!waits || vault.sync_head()?.is_some())
}

impl Reminders {
    /// Another schedule holds. What changes counts from now on.
    pub(crate) fn follow(&mut self, schedule: Schedule, now: chrono::DateTime<chrono::Utc>) {
        let before = std::mem::replace(&mut self.schedule, schedule);
        for occasion in Occasion::ALL {
            if before.rhythms.of(occasion) != schedule.rhythms.of(occasion) {
                *self.past.of_mut(occasion) = Past {
                    since: now,
                    reminded: None,
                };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_chosen_last_on_either_side_holds_and_then_both_agree(
            file: Option<u8>, vault: Option<u8>, agreed: Option<u8>, is_heard: bool
        ) {
            let (mut here, mut there) = (file, vault);
            let held = settle(file, vault, agreed, is_heard);
            match held {
                Holds::Both => {}
                Holds::File(value) => there = Some(value),
                Holds::Vault(value) => here = Some(value),
            }
            // Only before the account was heard does a choice wait.
            prop_assert!(here == there || (!is_heard && vault.is_none()));
            // One side that was not touched since never wins over one that was.
            if let (Some(file), Some(vault), Some(agreed)) = (file, vault, agreed) {
                if file == agreed && vault != agreed {
                    prop_assert_eq!(held, Holds::Vault(vault));
                }
                if vault == agreed && file != agreed {
                    prop_assert_eq!(held, Holds::File(file));
                }
            }
            prop_assert_eq!(settle(here, there, here, is_heard), if here == there { Holds::Both } else { held });
        }
    }
}
