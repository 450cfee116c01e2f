//! What the devices of an account are called. A name is sealed under the account key, and binds a device's id to its keys: whoever
//! gives one says that the device is the account's.

use regie_protocol::{
    account::{device::RenameRequest, path},
    wire::{Blob, Fixed},
};
use regie_vault::VaultError;

use super::{AccountError, DeviceView, RequestContent, RequestPurpose, devices::read_id};
use crate::{Client, ClientError};

/// Signs of a device's name, at most.
pub(super) const LONGEST: usize = 64;

impl Client {
    pub(super) fn rename_device_now(&self, id: &str, name: &str) -> Result<Vec<DeviceView>, ClientError> {
        let (id, name) = (read_id(id)?, tidy(name)?);
        let mut turn = self.account.turn();
        let me = self.me()?;
        self.follow_epochs(&mut turn, &me)?;
        let listed = self.look_at_devices(&mut turn, &me)?;
        let device = listed
            .iter()
            .find(|listed| listed.public.device == id && !listed.signed_out)
            .ok_or(ClientError::Vault(VaultError::NotFound))?;
        // A name from here would vouch for it.
        if !device.checked {
            return Err(AccountError::DeviceUnchecked.into());
        }
        let own = self.own()?;
        let body = RenameRequest {
            device: Fixed(id.0),
            name: Blob(own.newest()?.key.seal_for_list("name", &device.public, &name)?),
        };
        self.signed_post(
            &mut turn,
            &me,
            path::RENAME,
            &body,
            RequestPurpose::Devices,
            RequestContent::Sealed,
        )?;
        let listed = self.look_at_devices(&mut turn, &me)?;
        Ok(listed.into_iter().map(|listed| listed.view).collect())
    }
}

/// Whether a sign stands where it is written: none that turns or breaks the line around it, and with it the words of a question.
pub(super) fn is_plain(sign: char) -> bool {
    let turns = matches!(
        sign,
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}'
    );
    !sign.is_control() && !turns
}

fn tidy(typed: &str) -> Result<String, ClientError> {
    let name = typed.trim();
    let fits = (1..=LONGEST).contains(&name.chars().count()) && name.chars().all(is_plain);
    fits.then(|| name.to_owned()).ok_or(ClientError::BadName)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_to_sixty_four_signs_on_one_line() {
        let longest = "é".repeat(64);
        for (typed, name) in [(" Telefoon\n", "Telefoon"), ("x", "x"), (&longest, &longest)] {
            assert_eq!(tidy(typed).as_deref(), Ok(name));
        }
        let longer = "é".repeat(65);
        for typed in ["", " \t\n", &longer, "een\ntwee", "een\u{7}", "een\u{202e}twee"] {
            assert_eq!(tidy(typed), Err(ClientError::BadName), "{typed:?}");
        }
    }
}
