//! How the person is reached, put right by themselves: name and number at once, the address once a code came to the new one.

use regie_crypto::Passphrase;
use regie_protocol::{
    account::{
        contact::{AddressBeginRequest, AddressBeginResponse, AddressRequest, ContactRequest},
        path,
    },
    wire::Blob,
};
use regie_vault::{account::Account, settings::Setting};

use super::{
    AccountError, AccountView, RequestContent, RequestPurpose,
    changes::There,
    joining::{given, tidy},
};
use crate::{Client, ClientError, net::Outgoing};

/// Another address that was begun. It rests in memory alone.
#[derive(Clone)]
pub(crate) struct Moving {
    pub(super) email: String,
    ticket: Blob,
}

impl std::fmt::Debug for Moving {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Moving(…)")
    }
}

impl Client {
    pub(super) fn set_contact_now(
        &self,
        name: &str,
        phone: Option<&str>,
    ) -> Result<AccountView, ClientError> {
        let (name, phone) = (tidy(name)?, given(phone));
        {
            let mut turn = self.account.turn();
            let me = self.me()?;
            let body = ContactRequest {
                name: name.clone(),
                phone: phone.clone(),
            };
            self.signed_post(
                &mut turn,
                &me,
                path::CONTACT,
                &body,
                RequestPurpose::Details,
                RequestContent::Contact,
            )?;
        }
        self.change_account(|account| {
            account.name = name;
            account.phone = phone;
        })?;
        self.account_view()
    }

    pub(super) fn begin_address(
        &self,
        email: &str,
        passphrase: &Passphrase,
        factor: Option<&str>,
    ) -> Result<AccountView, ClientError> {
        self.with_proof(|vault| vault.check_passphrase(passphrase))?;
        let (email, era) = (email.trim().to_owned(), self.era());
        let ticket = {
            let _turn = self.account.turn();
            let there = There::of(self.own()?)?;
            let (proven, _) = self.prove_to(&there, passphrase, factor)?;
            let body = AddressBeginRequest { email: email.clone() };
            let request = Outgoing::post(
                path::ADDRESS_BEGIN,
                &body,
                RequestPurpose::Details,
                RequestContent::Contact,
            )?;
            let answer: AddressBeginResponse =
                self.ask_for(&there.reach, &request.with_proof(&proven.proof))?;
            answer.ticket
        };
        self.state_of(&era)?.begun.moving = Some(Moving { email, ticket });
        self.account_view()
    }

    pub(super) fn confirm_address(&self, mail_code: &str) -> Result<AccountView, ClientError> {
        let moving = self.state().begun.moving.clone().ok_or(ClientError::NotNow)?;
        {
            let mut turn = self.account.turn();
            let me = self.me()?;
            let body = AddressRequest {
                ticket: moving.ticket,
                mail_code: mail_code.trim().to_owned(),
            };
            let sent = self.signed_post(
                &mut turn,
                &me,
                path::ADDRESS,
                &body,
                RequestPurpose::Details,
                RequestContent::Contact,
            );
            sent.map_err(|error| match error {
                // The login that it was begun by holds no more: another code is needed.
                ClientError::Account(AccountError::LoginFailed) => AccountError::MailCodeWrong.into(),
                error => error,
            })?;
        }
        self.state().begun.moving = None;
        self.change_account(|account| account.email = moving.email)?;
        self.with_vault(|vault| Ok(vault.clear_setting(Setting::AddressBefore)?))?;
        self.account_view()
    }

    pub(super) fn read_address_notice(&self) -> Result<AccountView, ClientError> {
        self.with_vault(|vault| Ok(vault.clear_setting(Setting::AddressBefore)?))?;
        self.account_view()
    }
}

/// Whether what the server says is another address than this device knows, and not the same one written otherwise.
pub(super) fn is_another_address(account: &Account, said: &str) -> bool {
    let plain = |address: &str| address.trim().to_lowercase();
    !account.email.is_empty() && plain(&account.email) != plain(said)
}

impl There {
    /// The same by another address: it may have been changed while this device was out.
    pub(super) fn by_address(mut self, email: Option<&str>) -> Self {
        let email = email.map(str::trim).filter(|email| !email.is_empty());
        if let Some(email) = email {
            self.email = email.to_owned();
        }
        self
    }
}
