//! Agreeing to a later version of the terms than the one that the account joined with. The server notes it first, then this device; without a
//! yes the earlier version holds on, and nothing else changes.

use regie_protocol::account::{AccountResponse, change::TermsRequest, path};
use regie_vault::{Vault, VaultError, settings::Setting};

use super::{AccountView, RequestContent, RequestPurpose};
use crate::{Client, ClientError, terms::asked};

impl Client {
    pub(super) fn agree_now(&self, version: u32) -> Result<AccountView, ClientError> {
        let asked = self.with_vault(|vault| Ok(asked(vault)?))?;
        // A yes is for the text that was read here.
        let is_known = self.notices.terms_in_version(version).is_some();
        if !is_known || asked.is_none_or(|(_, there)| there != version) {
            return Err(ClientError::NotNow);
        }
        let told = {
            let mut turn = self.account.turn();
            let me = self.me()?;
            self.signed_post(
                &mut turn,
                &me,
                path::TERMS,
                &TermsRequest { version },
                RequestPurpose::Terms,
                RequestContent::Choice,
            )
        };
        told?;
        let now = self.clock.now().at.timestamp();
        self.with_vault(|vault| Ok(keep(vault, version, now)?))?;
        self.account_view()
    }
}

/// Keeps which version the person agreed to, and when.
pub(super) fn keep(vault: &mut Vault, version: u32, at: i64) -> Result<(), VaultError> {
    vault.set_setting(Setting::TermsAgreed, &version)?;
    vault.set_setting(Setting::TermsAgreedAt, &at)
}

/// Takes over what the server says: another device may have agreed, and there may be a later version.
pub(super) fn take_over(vault: &mut Vault, said: &AccountResponse) -> Result<(), VaultError> {
    if let Ok(version) = u32::try_from(said.terms_version) {
        keep(vault, version, said.terms_at)?;
    }
    vault.set_setting(Setting::TermsThere, &said.newest_terms)
}
