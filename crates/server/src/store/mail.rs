//! Codes that were mailed, and mails that wait to be sent.

use regie_protocol::Language;

use super::account::{prove, require_active};
use super::tx::{Row, Tx, values};
use super::{AccountId, Author, CodeHash, Held, MailId, Moment, Store, StoreError, credential, log};

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
    /// In which language what comes of it is told.
    pub language: Language,
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
                put(tx, account, code).await
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

    /// Announces something that is done when its notice has passed; gives when that is. What was announced before stays as it was:
    /// asking again makes no notice shorter, and none longer.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such account.
    pub async fn announce(
        &self,
        account: AccountId,
        notice: MailCode,
        now: Moment,
    ) -> Result<Moment, StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                require_active(tx, account).await?;
                let find = "SELECT expires_at FROM mail_code WHERE account_id = ?1 AND purpose = ?2";
                if let Some(row) = tx.row(find, values![account, notice.purpose.name()]).await? {
                    return row.get(0);
                }
                put(tx, account, notice).await?;
                let action = match notice.purpose {
                    CodePurpose::LiftFactor => "factor.lift-begun",
                    _ => "account.deletion-begun",
                };
                log::append(tx, account, action, Author::Proven.as_bytes(), now).await?;
                Ok(notice.expires)
            })
        })
        .await
    }

    /// A device objects to what was announced: it is not done.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when nothing is announced, or its notice has passed; and what [`Author`] says.
    pub async fn object(
        &self,
        account: AccountId,
        author: Author,
        purpose: CodePurpose,
        now: Moment,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                prove(tx, account, author).await?;
                let forget =
                    "DELETE FROM mail_code WHERE account_id = ?1 AND purpose = ?2 AND expires_at > ?3";
                if tx.run(forget, values![account, purpose.name(), now]).await? != 1 {
                    return Err(StoreError::Stale);
                }
                let action = match purpose {
                    CodePurpose::LiftFactor => "factor.lift-stopped",
                    _ => "account.deletion-stopped",
                };
                log::append(tx, account, action, author.as_bytes(), now).await
            })
        })
        .await
    }

    /// Lifts the second factor where the notice of it has passed; `false` where there is none, as when a device objected meanwhile.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn lift_due_factor(&self, account: AccountId, now: Moment) -> Result<bool, StoreError> {
        let held = self.held.clone();
        self.write(move |tx| {
            let held = held.clone();
            Box::pin(async move {
                let forget =
                    "DELETE FROM mail_code WHERE account_id = ?1 AND purpose = ?2 AND expires_at <= ?3";
                let purpose = CodePurpose::LiftFactor.name();
                if tx.run(forget, values![account, purpose, now]).await? != 1 {
                    return Ok(false);
                }
                credential::put_factor(tx, &held, account, None).await?;
                log::append(tx, account, "factor.lifted", b"notice", now).await?;
                Ok(true)
            })
        })
        .await
    }

    /// When what was announced to an account is due.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when nothing was announced.
    pub async fn announced(&self, account: AccountId, purpose: CodePurpose) -> Result<Moment, StoreError> {
        self.glance(move |tx| {
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
    ) -> Result<Vec<(AccountId, Language)>, StoreError> {
        self.peek(move |tx| {
            Box::pin(async move {
                let find =
                    "SELECT account_id, language FROM mail_code WHERE purpose = ?1 AND expires_at <= ?2
                    ORDER BY expires_at LIMIT ?3";
                let rows = tx.rows(find, values![purpose.name(), now, limit]).await?;
                let read = |row: &Row| -> Result<_, StoreError> {
                    Ok((row.get(0)?, Language::from_tag(&row.get::<String>(1)?)))
                };
                rows.iter().map(read).collect()
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

async fn put(tx: &mut dyn Tx, account: AccountId, code: MailCode) -> Result<(), StoreError> {
    let put = "INSERT INTO mail_code (account_id, purpose, code_hash, expires_at, tries, language)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (account_id, purpose) DO UPDATE
        SET code_hash = excluded.code_hash, expires_at = excluded.expires_at, tries = excluded.tries,
            language = excluded.language";
    let values = values![
        account,
        code.purpose.name(),
        code.hash,
        code.expires,
        code.tries,
        code.language.code()
    ];
    tx.run(put, values).await.map(|_| ())
}

/// Takes back what was announced, when it is done or needed no more.
pub(super) async fn forget(
    tx: &mut dyn Tx,
    account: AccountId,
    purpose: CodePurpose,
) -> Result<(), StoreError> {
    let forget = "DELETE FROM mail_code WHERE account_id = ?1 AND purpose = ?2";
    tx.run(forget, values![account, purpose.name()]).await.map(|_| ())
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
