//! Mails about what changed in an account, so that nobody takes it over unnoticed.

use regie_protocol::Language;

use crate::{
    error::Refusal,
    http::App,
    letter::{Kind, Letter},
    store::{AccountId, MailId, Moment},
};

/// How long a mail waits for the change that it tells of, in seconds. It is taken back when nothing changed.
const AHEAD: i64 = 30;

/// A mail that stands in the line already, before the change: a crash between the two may tell of a change that was not made, and
/// never leaves one untold.
pub(super) struct Notice {
    account: AccountId,
    mail: MailId,
}

impl Notice {
    pub(super) async fn ahead(
        app: &App,
        account: AccountId,
        kind: Kind,
        language: Language,
        now: Moment,
    ) -> Result<Self, Refusal> {
        let to = app.accounts.store.contact(account).await?.email.clone();
        let letter = Letter {
            kind,
            language,
            to,
            code: None,
        };
        let due = now.plus(AHEAD);
        let mail = app
            .accounts
            .store
            .put_mail(account, letter.to_bytes(), due)
            .await?;
        Ok(Self { account, mail })
    }

    /// What became of the change: where it was refused, there is nothing to tell.
    pub(super) async fn of<T, E>(self, app: &App, outcome: Result<T, E>) -> Result<T, Refusal>
    where
        Refusal: From<E>,
    {
        if outcome.is_err() {
            app.accounts.store.drop_mail(self.account, self.mail).await?;
        }
        Ok(outcome?)
    }
}
