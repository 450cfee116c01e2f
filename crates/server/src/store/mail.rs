//! Codes that were mailed, and mails that wait to be sent.

use super::account::require_active;
use super::tx::{Tx, values};
use super::{AccountId, CodeHash, Held, MailId, Moment, Store, StoreError};

/// What a mailed code is for. An account has one of each at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodePurpose {
    /// Proves that the address is the person's.
    Verify,
    /// Begins what a lost passphrase or device needs.
    Recover,
    /// Deletes the account without passphrase, when its notice has passed.
    Delete,
    /// Lifts the second factor, when its notice has passed.
    LiftFactor,
}

impl CodePurpose {
    const fn name(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Recover => "recover",
            Self::Delete => "delete",
            Self::LiftFactor => "lift-factor",
        }
    }
}

/// A code that is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailCode {
    /// What it is for.
    pub purpose: CodePurpose,
    /// Its hash, under a key: a code is short.
    pub hash: CodeHash,
    /// Until when it is good; for a notice, when the notice has passed.
    pub expires: Moment,
    /// How often it may be typed wrong.
    pub tries: i64,
}

/// What became of a code that somebody typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It was right, and is used up.
    Right,
    /// It was wrong; so many tries are left.
    Wrong(i64),
    /// There is none, or none any more.
    None,
}

/// A mail that waits.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// Whose it is, or nobody's.
    pub account: AccountId,
    /// Which one.
    pub mail: MailId,
    /// The mail, with its address. Stored sealed.
    pub content: Vec<u8>,
    /// How often it was tried.
    pub tries: i64,
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mail(…)")
    }
}

impl Store {
    /// Keeps a code's hash in the place of the one before for the same purpose.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such account.
    pub async fn put_mail_code(&self, account: AccountId, code: MailCode) -> Result<(), StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                require_active(tx, account).await?;
                let put = "INSERT INTO mail_code (account_id, purpose, code_hash, expires_at, tries)
                    VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (account_id, purpose) DO UPDATE
                    SET code_hash = excluded.code_hash, expires_at = excluded.expires_at, tries = excluded.tries";
                let values = values![account, code.purpose.name(), code.hash, code.expires, code.tries];
                tx.run(put, values).await.map(|_| ())
            })
        })
        .await
    }

    /// Tries a code. A wrong one costs a try; after the last, the code is gone.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_mail_code(
        &self,
        account: AccountId,
        purpose: CodePurpose,
        hash: CodeHash,
        now: Moment,
    ) -> Result<Taken, StoreError> {
        self.write(move |tx| Box::pin(take(tx, account, purpose, hash, now)))
            .await
    }

    /// Takes a code back, as when a device objects to what was announced; `false` when there was none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn drop_mail_code(&self, account: AccountId, purpose: CodePurpose) -> Result<bool, StoreError> {
        self.single(move |tx| {
            Box::pin(async move {
                let forget = "DELETE FROM mail_code WHERE account_id = ?1 AND purpose = ?2";
                Ok(tx.run(forget, values![account, purpose.name()]).await? == 1)
            })
        })
        .await
    }

    /// When what was announced to an account is due.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when nothing was announced.
    pub async fn announced(&self, account: AccountId, purpose: CodePurpose) -> Result<Moment, StoreError> {
        self.peek(move |tx| {
            Box::pin(async move {
                let find = "SELECT expires_at FROM mail_code WHERE account_id = ?1 AND purpose = ?2";
                let row = tx.row(find, values![account, purpose.name()]).await?;
                row.ok_or(StoreError::NotFound)?.get(0)
            })
        })
        .await
    }

    /// The accounts whose notice for a purpose has passed, the longest ago first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn due_codes(
        &self,
        purpose: CodePurpose,
        now: Moment,
        limit: i64,
    ) -> Result<Vec<AccountId>, StoreError> {
        self.peek(move |tx| {
            Box::pin(async move {
                let find = "SELECT account_id FROM mail_code WHERE purpose = ?1 AND expires_at <= ?2
                    ORDER BY expires_at LIMIT ?3";
                let rows = tx.rows(find, values![purpose.name(), now, limit]).await?;
                rows.iter().map(|row| row.get(0)).collect()
            })
        })
        .await
    }

    /// Puts a mail in the line. The last one to an account goes under an id that is nobody's, for it outlives the account.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn put_mail(
        &self,
        account: AccountId,
        content: Vec<u8>,
        due: Moment,
    ) -> Result<MailId, StoreError> {
        let mail = MailId::make_random()?;
        let row = outbox_row(account, mail);
        let sealed = self.held.seal("outbox", "mail_sealed", &row, &content)?;
        self.single(move |tx| {
            let sealed = sealed.clone();
            Box::pin(async move {
                let insert = "INSERT INTO outbox (account_id, mail_id, mail_sealed, due_at, tries)
                    VALUES (?1, ?2, ?3, ?4, 0)";
                tx.run(insert, values![account, mail, sealed, due]).await?;
                Ok(mail)
            })
        })
        .await
    }

    /// The mails that are due, the oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn due_mails(&self, now: Moment, limit: i64) -> Result<Vec<Mail>, StoreError> {
        let held = self.held.clone();
        self.peek(move |tx| {
            let held = held.clone();
            Box::pin(async move { due(tx, &held, now, limit).await })
        })
        .await
    }

    /// Takes a mail out of the line: it was sent, or never will be.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn drop_mail(&self, account: AccountId, mail: MailId) -> Result<(), StoreError> {
        self.single(move |tx| {
            Box::pin(async move {
                let forget = "DELETE FROM outbox WHERE account_id = ?1 AND mail_id = ?2";
                tx.run(forget, values![account, mail]).await.map(|_| ())
            })
        })
        .await
    }

    /// Puts a mail back for later, because it could not be sent.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delay_mail(&self, account: AccountId, mail: MailId, due: Moment) -> Result<(), StoreError> {
        self.single(move |tx| {
            Box::pin(async move {
                let delay =
                    "UPDATE outbox SET due_at = ?3, tries = tries + 1 WHERE account_id = ?1 AND mail_id = ?2";
                tx.run(delay, values![account, mail, due]).await.map(|_| ())
            })
        })
        .await
    }
}

async fn take(
    tx: &mut dyn Tx,
    account: AccountId,
    purpose: CodePurpose,
    hash: CodeHash,
    now: Moment,
) -> Result<Taken, StoreError> {
    let find =
        "SELECT code_hash, tries FROM mail_code WHERE account_id = ?1 AND purpose = ?2 AND expires_at > ?3";
    let Some(row) = tx.row(find, values![account, purpose.name(), now]).await? else {
        return Ok(Taken::None);
    };
    let left = row.get::<i64>(1)? - 1;
    let is_right = row.get::<CodeHash>(0)? == hash;
    if is_right || left < 1 {
        let forget = "DELETE FROM mail_code WHERE account_id = ?1 AND purpose = ?2";
        tx.run(forget, values![account, purpose.name()]).await?;
    } else {
        let count = "UPDATE mail_code SET tries = ?3 WHERE account_id = ?1 AND purpose = ?2";
        tx.run(count, values![account, purpose.name(), left]).await?;
    }
    Ok(if is_right {
        Taken::Right
    } else {
        Taken::Wrong(left)
    })
}

async fn due(tx: &mut dyn Tx, held: &Held, now: Moment, limit: i64) -> Result<Vec<Mail>, StoreError> {
    let find = "SELECT account_id, mail_id, mail_sealed, tries FROM outbox WHERE due_at <= ?1
        ORDER BY due_at LIMIT ?2";
    let mut mails = Vec::new();
    for row in tx.rows(find, values![now, limit]).await? {
        let (account, mail) = (row.get(0)?, row.get(1)?);
        let sealed: Vec<u8> = row.get(2)?;
        mails.push(Mail {
            account,
            mail,
            content: held.open("outbox", "mail_sealed", &outbox_row(account, mail), &sealed)?,
            tries: row.get(3)?,
        });
    }
    Ok(mails)
}

fn outbox_row(account: AccountId, mail: MailId) -> Vec<u8> {
    [account.0, mail.0].concat()
}
