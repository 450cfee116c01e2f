//! What login needs: OPAQUE's record, the public keys of passphrase and code, the second factor.

use super::account::prove;
use super::tx::{Tx, values};
use super::{
    AccountId, Author, CodeHash, CodePurpose, CredentialId, Held, Moment, NewEpoch, Store, StoreError, Way,
    Wrap, epoch, log, mail,
};
use crate::keys::AddressHash;

/// A new passphrase, as the server knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCredential {
    /// OPAQUE's record.
    pub record: Vec<u8>,
    /// X25519, derived from OPAQUE's export key: devices wrap the account key to it.
    pub passphrase_key: [u8; 32],
}

/// A recovery code, as the server knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeKeys {
    /// Ed25519: the code proves itself by its signature.
    pub auth_key: [u8; 32],
    /// X25519: devices wrap the account key to it.
    pub seal_key: [u8; 32],
    /// What further devices need to wrap their vault under the code; sealed under the account key.
    pub for_devices: Vec<u8>,
}

/// What a login is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Whose.
    pub account: AccountId,
    /// What OPAQUE's keys hang on.
    pub credential_id: CredentialId,
    /// Grows with each new passphrase.
    pub generation: i64,
    /// The passphrase's half.
    pub credential: NewCredential,
    /// The code's half.
    pub code: CodeKeys,
    /// Whether a second factor is on.
    pub has_factor: bool,
}

/// A new passphrase, and what changes with it in the same transaction.
#[derive(Clone, Debug)]
pub struct Replacement {
    /// The generation that it follows.
    pub after_generation: i64,
    /// What OPAQUE's keys hang on from now on. Under the id before it, registering would be a way to ask the server about guesses.
    pub credential_id: CredentialId,
    /// The new passphrase.
    pub credential: NewCredential,
    /// A new recovery code, when somebody knew the old one.
    pub code: Option<CodeKeys>,
    /// A new epoch with all its wraps; without one, `wraps` replace those of the epoch that is.
    pub epoch: Option<NewEpoch>,
    /// The wraps that change within the epoch that is: the passphrase's, and the code's with a new code.
    pub wraps: Vec<Wrap>,
}

/// A second factor.
#[derive(Clone, PartialEq, Eq)]
pub struct Factor {
    /// Its secret.
    pub secret: Vec<u8>,
    /// The last time step that was used.
    pub last_step: i64,
    /// How many one-time codes are left.
    pub codes_left: i64,
}

impl std::fmt::Debug for Factor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Factor(…)")
    }
}

/// A second factor that is set.
#[derive(Clone, PartialEq, Eq)]
pub struct NewFactor {
    /// Its secret.
    pub secret: Vec<u8>,
    /// The time step of the digits that showed that the person has it: it is used up.
    pub step: i64,
    /// Hashes of its one-time codes.
    pub codes: Vec<CodeHash>,
}

impl std::fmt::Debug for NewFactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewFactor(…)")
    }
}

impl Store {
    /// What login needs for an address; `None` when nobody has it. Both ask the same of the database, in the same order.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn find_login(&self, address: AddressHash) -> Result<Option<Login>, StoreError> {
        self.peek(move |tx| {
            Box::pin(async move {
                let found = tx.row(FIND_ADDRESS, values![address]).await?;
                let account = match found {
                    Some(row) => row.get(0)?,
                    None => nobody(&address),
                };
                find(tx, account).await
            })
        })
        .await
    }

    /// The same for an account that is known, as when a passphrase is asked again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such account.
    pub async fn login_of(&self, account: AccountId) -> Result<Login, StoreError> {
        self.peek(move |tx| Box::pin(async move { find(tx, account).await?.ok_or(StoreError::NotFound) }))
            .await
    }

    /// Replaces the passphrase, with its wraps and whatever else changes; gives the new generation.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when the generation or epoch is not the one that this follows,
    /// [`StoreError::WrapsDiffer`], and what [`Author`] says.
    pub async fn replace_credential(
        &self,
        account: AccountId,
        author: Author,
        replacement: Replacement,
        now: Moment,
    ) -> Result<i64, StoreError> {
        self.write(move |tx| {
            let replacement = replacement.clone();
            Box::pin(async move {
                prove(tx, account, author).await?;
                let generation = replace(tx, account, &replacement, author, now).await?;
                log::append(tx, account, "passphrase.changed", author.as_bytes(), now).await?;
                Ok(generation)
            })
        })
        .await
    }

    /// Replaces the recovery code, with its wrap of the epoch that is.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when there is another epoch, and what [`Author`] says.
    pub async fn replace_code(
        &self,
        account: AccountId,
        author: Author,
        code: CodeKeys,
        at_epoch: i64,
        wrap: Vec<u8>,
        now: Moment,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            let (code, wrap) = (code.clone(), wrap.clone());
            Box::pin(async move {
                prove(tx, account, author).await?;
                epoch::require_current(tx, account, at_epoch).await?;
                set_code(tx, account, &code).await?;
                if epoch::has_wraps(tx, account).await? {
                    let wrap = Wrap {
                        way: Way::Code,
                        sealed: wrap,
                    };
                    epoch::put_wraps(tx, account, at_epoch, &[wrap]).await?;
                }
                log::append(tx, account, "code.changed", author.as_bytes(), now).await
            })
        })
        .await
    }

    /// Sets a second factor with its one-time codes, or takes it away. What was before is gone, a lifting that was announced too.
    ///
    /// # Errors
    /// What [`Author`] says.
    pub async fn set_factor(
        &self,
        account: AccountId,
        author: Author,
        factor: Option<NewFactor>,
        now: Moment,
    ) -> Result<(), StoreError> {
        let held = self.held.clone();
        self.write(move |tx| {
            let (held, factor) = (held.clone(), factor.clone());
            Box::pin(async move {
                prove(tx, account, author).await?;
                mail::forget(tx, account, CodePurpose::LiftFactor).await?;
                put_factor(tx, &held, account, factor.as_ref()).await?;
                let action = if factor.is_some() {
                    "factor.set"
                } else {
                    "factor.lifted"
                };
                log::append(tx, account, action, author.as_bytes(), now).await
            })
        })
        .await
    }

    /// The second factor, when it is on.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such account.
    pub async fn factor(&self, account: AccountId) -> Result<Option<Factor>, StoreError> {
        let held = self.held.clone();
        self.glance(move |tx| {
            let held = held.clone();
            Box::pin(async move { read_factor(tx, &held, account).await })
        })
        .await
    }

    /// Uses up a time step of the second factor; `false` when it or a later one was used before.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_factor_step(&self, account: AccountId, step: i64) -> Result<bool, StoreError> {
        self.single(move |tx| {
            Box::pin(async move {
                let take = "UPDATE credential SET factor_step = ?2
                    WHERE account_id = ?1 AND factor_step < ?2 AND factor_sealed IS NOT NULL";
                Ok(tx.run(take, values![account, step]).await? == 1)
            })
        })
        .await
    }

    /// Uses up a one-time code of the second factor; `false` when there is no such code any more.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_factor_code(&self, account: AccountId, code: CodeHash) -> Result<bool, StoreError> {
        self.single(move |tx| {
            Box::pin(async move {
                let take = "DELETE FROM factor_code WHERE account_id = ?1 AND code_hash = ?2";
                Ok(tx.run(take, values![account, code]).await? == 1)
            })
        })
        .await
    }
}

const FIND_ADDRESS: &str = "SELECT account_id FROM address_lookup WHERE address_hash = ?1";

/// An id that no account has, so that an address that nobody has is looked up just as long.
fn nobody(address: &AddressHash) -> AccountId {
    let mut id = [0; 16];
    id.iter_mut().zip(address.0).for_each(|(id, byte)| *id = byte);
    AccountId(id)
}

async fn find(tx: &mut dyn Tx, account: AccountId) -> Result<Option<Login>, StoreError> {
    let find =
        "SELECT a.credential_id, c.generation, c.record, c.passphrase_key, c.code_auth_key, c.code_seal_key,
            c.code_for_devices, c.factor_step, c.factor_sealed
        FROM account a JOIN credential c ON c.account_id = a.account_id
        WHERE a.account_id = ?1 AND a.state = 'active'";
    let Some(row) = tx.row(find, values![account]).await? else {
        return Ok(None);
    };
    Ok(Some(Login {
        account,
        credential_id: row.get(0)?,
        generation: row.get(1)?,
        credential: NewCredential {
            record: row.get(2)?,
            passphrase_key: row.get(3)?,
        },
        code: CodeKeys {
            auth_key: row.get(4)?,
            seal_key: row.get(5)?,
            for_devices: row.get(6)?,
        },
        has_factor: row.get::<Option<Vec<u8>>>(8)?.is_some(),
    }))
}

pub(crate) async fn put(
    tx: &mut dyn Tx,
    account: AccountId,
    credential: &NewCredential,
    code: &CodeKeys,
) -> Result<(), StoreError> {
    let insert = "INSERT INTO credential (account_id, generation, record, passphrase_key, code_auth_key,
            code_seal_key, code_for_devices, factor_sealed, factor_step)
        VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, NULL, 0)";
    let values = values![
        account,
        credential.record.as_slice(),
        credential.passphrase_key,
        code.auth_key,
        code.seal_key,
        code.for_devices.as_slice(),
    ];
    tx.run(insert, values).await.map(|_| ())
}

async fn replace(
    tx: &mut dyn Tx,
    account: AccountId,
    new: &Replacement,
    author: Author,
    now: Moment,
) -> Result<i64, StoreError> {
    let generation = new.after_generation + 1;
    let swap = "UPDATE account SET credential_generation = ?3, credential_id = ?4
        WHERE account_id = ?1 AND credential_generation = ?2";
    let values = values![account, new.after_generation, generation, new.credential_id];
    if tx.run(swap, values).await? != 1 {
        return Err(StoreError::Stale);
    }
    let set = "UPDATE credential SET generation = ?2, record = ?3, passphrase_key = ?4 WHERE account_id = ?1";
    let credential = &new.credential;
    let values = values![
        account,
        generation,
        credential.record.as_slice(),
        credential.passphrase_key
    ];
    tx.run(set, values).await?;
    if let Some(code) = &new.code {
        set_code(tx, account, code).await?;
    }
    match &new.epoch {
        Some(next) => {
            let ways = epoch::Ways::that_are(tx, account).await?;
            epoch::begin(tx, account, next, ways, author, now).await?;
        }
        None => replace_wraps(tx, account, new).await?,
    }
    Ok(generation)
}

/// Replaces the wraps of what is new, all of them: one that stays behind under an old key opens for nobody. Where the wraps went with
/// the copy on the server, none come.
async fn replace_wraps(tx: &mut dyn Tx, account: AccountId, new: &Replacement) -> Result<(), StoreError> {
    if !epoch::has_wraps(tx, account).await? {
        return Ok(());
    }
    let mut needed = vec![Way::Passphrase];
    needed.extend(new.code.is_some().then_some(Way::Code));
    let mut given: Vec<Way> = new.wraps.iter().map(|wrap| wrap.way).collect();
    given.sort_unstable();
    needed.sort_unstable();
    if given != needed {
        return Err(StoreError::WrapsDiffer);
    }
    let current = epoch::current(tx, account).await?;
    epoch::put_wraps(tx, account, current, &new.wraps).await
}

async fn set_code(tx: &mut dyn Tx, account: AccountId, code: &CodeKeys) -> Result<(), StoreError> {
    let set = "UPDATE credential SET code_auth_key = ?2, code_seal_key = ?3, code_for_devices = ?4
        WHERE account_id = ?1";
    let values = values![account, code.auth_key, code.seal_key, code.for_devices.as_slice()];
    tx.run(set, values).await.map(|_| ())
}

pub(super) async fn put_factor(
    tx: &mut dyn Tx,
    held: &Held,
    account: AccountId,
    factor: Option<&NewFactor>,
) -> Result<(), StoreError> {
    tx.run("DELETE FROM factor_code WHERE account_id = ?1", values![account])
        .await?;
    let seal = |new: &NewFactor| held.seal("credential", "factor_sealed", &account.0, &new.secret);
    let sealed = factor.map(seal).transpose()?;
    let set = "UPDATE credential SET factor_sealed = ?2, factor_step = ?3 WHERE account_id = ?1";
    let step = factor.map_or(0, |new| new.step);
    tx.run(set, values![account, sealed, step]).await?;
    for code in factor.map(|new| new.codes.as_slice()).unwrap_or_default() {
        let insert = "INSERT INTO factor_code (account_id, code_hash) VALUES (?1, ?2)";
        tx.run(insert, values![account, *code]).await?;
    }
    Ok(())
}

async fn read_factor(tx: &mut dyn Tx, held: &Held, account: AccountId) -> Result<Option<Factor>, StoreError> {
    let find = "SELECT factor_sealed, factor_step,
            (SELECT COUNT(*) FROM factor_code f WHERE f.account_id = c.account_id)
        FROM credential c WHERE account_id = ?1";
    let row = tx
        .row(find, values![account])
        .await?
        .ok_or(StoreError::NotFound)?;
    let Some(sealed) = row.get::<Option<Vec<u8>>>(0)? else {
        return Ok(None);
    };
    Ok(Some(Factor {
        secret: held.open("credential", "factor_sealed", &account.0, &sealed)?,
        last_step: row.get(1)?,
        codes_left: row.get(2)?,
    }))
}
