//! Accounts: joined by an invitation, in one transaction with everything that belongs to them.

use std::sync::Arc;

use regie_protocol::signed::{self, Signed};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::tx::{Tx, values};
use super::{
    AccountId, CodeKeys, CodePurpose, CredentialId, DeviceId, Held, Ledger, Moment, NewCredential, NewDevice,
    NewEpoch, Pseudonym, SecretHash, Store, StoreError, What, blob, chain, credential, device, epoch,
    epoch::Ways, erase, invitation, log, mail,
};
use crate::keys::AddressHash;

/// How a person is reached. Stored sealed.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Contact {
    /// The address.
    pub email: String,
    /// What the person wants to be called.
    pub name: String,
    /// A number, where the person gave one.
    pub phone: Option<String>,
}

impl std::fmt::Debug for Contact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Contact(…)")
    }
}

/// The keys by which other people know an account; public on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Ed25519.
    pub sign_key: [u8; 32],
    /// X25519.
    pub seal_key: [u8; 32],
    /// The statement of the account's own device about them.
    pub statement: Vec<u8>,
}

/// Everything that joining brings.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Made by the device: what it sealed is bound to it.
    pub account: AccountId,
    /// What OPAQUE's keys hang on.
    pub credential_id: CredentialId,
    /// How to reach the person.
    pub contact: Contact,
    /// The passphrase's half of login.
    pub credential: NewCredential,
    /// The recovery code's half.
    pub code: CodeKeys,
    /// The first epoch, with its wraps.
    pub epoch: NewEpoch,
    /// The device that joins.
    pub device: NewDevice,
    /// The hash of the invitation's secret.
    pub invitation: SecretHash,
    /// Which statement the person saw.
    pub statement_version: i64,
    /// Which terms the person accepted.
    pub terms_version: i64,
    /// Whether the person wants an encrypted copy on the server.
    pub copy_consented: bool,
}

/// What joining gives back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// As the root signed it: a server cannot invite by itself.
    pub invitation: Signed<signed::Invitation>,
}

/// An account, without what is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The day it was made.
    pub created_day: i64,
    /// The last day on which it spoke with the server.
    pub seen_day: i64,
    /// What OPAQUE's keys hang on.
    pub credential_id: CredentialId,
    /// Grows with each new passphrase.
    pub credential_generation: i64,
    /// Its name in the chain of the staff.
    pub pseudonym: Pseudonym,
    /// Which statement the person saw last.
    pub statement_version: i64,
    /// Which terms the person accepted last.
    pub terms_version: i64,
    /// When they did.
    pub terms_at: Moment,
    /// Since when an encrypted copy is wanted here.
    pub copy_consented_day: Option<i64>,
    /// Since when the address is verified.
    pub verified_day: Option<i64>,
}

/// Who changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    /// A device, by a signed request with a number that only grows. A number not above the last one is refused.
    Device {
        /// Which device.
        device: DeviceId,
        /// The number of the request.
        number: i64,
    },
    /// Whoever just proved to know the passphrase or the code, on a device that is not known yet.
    Proven,
}

impl Author {
    pub(crate) const fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Device { device, .. } => &device.0,
            Self::Proven => b"login",
        }
    }
}

impl Store {
    /// Redeems an invitation for a new account, whose address was proven. Sent again by the same device it answers the same.
    ///
    /// # Errors
    /// [`StoreError::InvitationUnknown`], [`StoreError::InvitationEnded`], [`StoreError::InvitationUsed`],
    /// [`StoreError::AddressTaken`], [`StoreError::Exists`] for an id that is taken, and
    /// [`StoreError::WrapsDiffer`].
    pub async fn create_account(&self, new: NewAccount, now: Moment) -> Result<Joined, StoreError> {
        let held = self.held.clone();
        self.write(move |tx| {
            let (held, new) = (held.clone(), new.clone());
            Box::pin(async move { create(tx, &held, &new, now).await })
        })
        .await
    }

    /// An account.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none, or none any more.
    pub async fn account(&self, account: AccountId) -> Result<Account, StoreError> {
        self.glance(move |tx| Box::pin(read(tx, account))).await
    }

    /// Which account has an address.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when none has.
    pub async fn account_by_address(&self, address: AddressHash) -> Result<AccountId, StoreError> {
        self.peek(move |tx| {
            Box::pin(async move {
                let row = tx.row(FIND_ADDRESS, values![address]).await?;
                row.ok_or(StoreError::NotFound)?.get(0)
            })
        })
        .await
    }

    /// How the person is reached.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such account.
    pub async fn contact(&self, account: AccountId) -> Result<Contact, StoreError> {
        let held = self.held.clone();
        self.glance(move |tx| {
            let held = held.clone();
            Box::pin(async move { read_contact(tx, &held, account).await })
        })
        .await
    }

    /// Replaces what the person is called and by which number they are reached.
    ///
    /// # Errors
    /// What [`Author`] says.
    pub async fn set_contact(
        &self,
        account: AccountId,
        author: Author,
        name: String,
        phone: Option<String>,
        now: Moment,
    ) -> Result<(), StoreError> {
        let name = seal_contact(&self.held, account, "name_sealed", &Zeroizing::new(name))?;
        let phone = phone.map(Zeroizing::new);
        let phone = phone
            .map(|phone| seal_contact(&self.held, account, "phone_sealed", &phone))
            .transpose()?;
        self.write(move |tx| {
            let (name, phone) = (name.clone(), phone.clone());
            Box::pin(async move {
                prove(tx, account, author).await?;
                let set = "UPDATE contact SET name_sealed = ?2, phone_sealed = ?3 WHERE account_id = ?1";
                tx.run(set, values![account, name, phone]).await?;
                log::append(tx, account, "contact.changed", author.as_bytes(), now).await
            })
        })
        .await
    }

    /// Replaces the address by one that was proven: by what it is found and what mails go to, at once. Codes that were mailed to the one
    /// before are void.
    ///
    /// # Errors
    /// [`StoreError::AddressTaken`], and what [`Author`] says.
    pub async fn set_address(
        &self,
        account: AccountId,
        author: Author,
        email: Zeroizing<String>,
        now: Moment,
    ) -> Result<(), StoreError> {
        let address = self.held.index.address(&email);
        let sealed = seal_contact(&self.held, account, "email_sealed", &email)?;
        self.write(move |tx| {
            let sealed = sealed.clone();
            Box::pin(async move {
                prove(tx, account, author).await?;
                move_address(tx, account, address).await?;
                let set = "UPDATE contact SET email_sealed = ?2, verified_day = ?3 WHERE account_id = ?1";
                tx.run(set, values![account, sealed, now.day()]).await?;
                for purpose in [CodePurpose::Verify, CodePurpose::Recover] {
                    mail::forget(tx, account, purpose).await?;
                }
                log::append(tx, account, "address.changed", author.as_bytes(), now).await
            })
        })
        .await
    }

    /// Notes that the address was proven by a mailed code.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such account.
    pub async fn set_verified(&self, account: AccountId, now: Moment) -> Result<(), StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                require_active(tx, account).await?;
                let set = "UPDATE contact SET verified_day = ?2 WHERE account_id = ?1";
                tx.run(set, values![account, now.day()]).await?;
                log::append(tx, account, "address.verified", b"mail", now).await
            })
        })
        .await
    }

    /// An encrypted copy on the server is not wanted any more: its records and wraps go with it. The ledger comes first, so that a backup
    /// that is restored does not bring them back.
    ///
    /// # Errors
    /// What [`Author`] says; [`StoreError::Unavailable`] when the ledger cannot be written.
    pub async fn withdraw_copy(
        &self,
        account: AccountId,
        author: Author,
        ledger: Arc<dyn Ledger>,
        now: Moment,
        backups_until: Moment,
    ) -> Result<(), StoreError> {
        self.peek(move |tx| Box::pin(may(tx, account, author))).await?;
        erase::note(ledger, account, What::CopyWithdrawn, now, backups_until).await?;
        self.write(move |tx| {
            Box::pin(async move {
                prove(tx, account, author).await?;
                forget_copy(tx, account).await?;
                log::append(tx, account, "copy.withdrawn", author.as_bytes(), now).await
            })
        })
        .await
    }

    /// An encrypted copy on the server is wanted, or wanted again: then with a new epoch, whose wraps take the place of
    /// those that went.
    ///
    /// # Errors
    /// [`StoreError::WrapsDiffer`] when there are no wraps and none come, [`StoreError::Stale`], what [`Author`] says;
    /// [`StoreError::Unavailable`] when the ledger cannot be written.
    pub async fn want_copy(
        &self,
        account: AccountId,
        author: Author,
        epoch: Option<NewEpoch>,
        ledger: Arc<dyn Ledger>,
        now: Moment,
        backups_until: Moment,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            let epoch = epoch.clone();
            Box::pin(async move {
                prove(tx, account, author).await?;
                match &epoch {
                    Some(epoch) => {
                        epoch::begin(tx, account, epoch, Ways::All, author, now).await?;
                    }
                    None if epoch::has_wraps(tx, account).await? => {}
                    None => return Err(StoreError::WrapsDiffer),
                }
                let want = "UPDATE account SET copy_consented_day = COALESCE(copy_consented_day, ?2)
                    WHERE account_id = ?1";
                tx.run(want, values![account, now.day()]).await?;
                log::append(tx, account, "copy.wanted", author.as_bytes(), now).await
            })
        })
        .await?;
        // Lost by a crash just here, it costs the person the same wish once more, and no record.
        erase::note(ledger, account, What::CopyWanted, now, backups_until).await
    }

    /// Notes that the person accepted a later version of the terms. An earlier one, or the same once more, changes nothing.
    ///
    /// # Errors
    /// What [`Author`] says.
    pub async fn accept_terms(
        &self,
        account: AccountId,
        author: Author,
        version: i64,
        now: Moment,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                prove(tx, account, author).await?;
                let set = "UPDATE account SET terms_version = ?2, terms_at = ?3
                    WHERE account_id = ?1 AND terms_version < ?2";
                match tx.run(set, values![account, version, now]).await? {
                    0 => Ok(()),
                    _ => log::append(tx, account, "terms.accepted", author.as_bytes(), now).await,
                }
            })
        })
        .await
    }

    /// The keys by which other people know an account.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there are none.
    pub async fn identity(&self, account: AccountId) -> Result<Identity, StoreError> {
        self.peek(move |tx| {
            Box::pin(async move {
                let find = "SELECT sign_key, seal_key, statement FROM identity WHERE account_id = ?1";
                let row = tx
                    .row(find, values![account])
                    .await?
                    .ok_or(StoreError::NotFound)?;
                Ok(Identity {
                    sign_key: row.get(0)?,
                    seal_key: row.get(1)?,
                    statement: row.get(2)?,
                })
            })
        })
        .await
    }

    /// Accounts that were last seen on a day or before it, oldest first: for retention.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn last_seen_until(&self, day: i64, limit: i64) -> Result<Vec<AccountId>, StoreError> {
        self.peek(move |tx| {
            Box::pin(async move {
                let find = "SELECT account_id FROM account WHERE seen_day <= ?1 AND state = 'active'
                    ORDER BY seen_day LIMIT ?2";
                let rows = tx.rows(find, values![day, limit]).await?;
                rows.iter().map(|row| row.get(0)).collect()
            })
        })
        .await
    }
}

const FIND_ADDRESS: &str = "SELECT account_id FROM address_lookup WHERE address_hash = ?1";

async fn create(tx: &mut dyn Tx, held: &Held, new: &NewAccount, now: Moment) -> Result<Joined, StoreError> {
    let account = new.account;
    let address = held.index.address(&new.contact.email);
    let invitation = invitation::find(tx, new.invitation).await?;
    if was_created(tx, new, address).await? {
        return Ok(Joined {
            invitation: invitation.signed(new.invitation)?,
        });
    }
    let seat = invitation::redeem(tx, new.invitation, &invitation, now).await?;
    put_account(tx, new, now).await?;
    put_address(tx, account, address).await?;
    let insert = "INSERT INTO contact (account_id, email_sealed, name_sealed, phone_sealed, verified_day)
        VALUES (?1, ?2, ?3, ?4, ?5)";
    let [email, name, phone] = sealed_contact(held, account, &new.contact)?;
    tx.run(insert, values![account, email, name, phone, now.day()])
        .await?;
    credential::put(tx, account, &new.credential, &new.code).await?;
    device::put(tx, account, &new.device, now).await?;
    epoch::put(tx, account, &new.epoch, Ways::All).await?;
    invitation::put_seat_of(tx, held, account, seat).await?;
    log::append(tx, account, "account.created", &new.device.device.0, now).await?;
    Ok(Joined {
        invitation: invitation.signed(new.invitation)?,
    })
}

/// Whether this is the same joining once more, because its answer was lost.
async fn was_created(tx: &mut dyn Tx, new: &NewAccount, address: AddressHash) -> Result<bool, StoreError> {
    let same = "SELECT COUNT(*) FROM device d JOIN address_lookup a ON a.account_id = d.account_id
        WHERE d.account_id = ?1 AND d.device_id = ?2 AND d.sign_key = ?3 AND a.address_hash = ?4";
    let values = values![new.account, new.device.device, new.device.sign_key, address];
    Ok(tx.count(same, values).await? == 1)
}

async fn put_account(tx: &mut dyn Tx, new: &NewAccount, now: Moment) -> Result<(), StoreError> {
    let insert = "INSERT INTO account (account_id, state, created_day, seen_day, credential_id,
            credential_generation, pseudonym, statement_version, terms_version, terms_at, copy_consented_day)
        VALUES (?1, 'active', ?2, ?2, ?3, 1, ?4, ?5, ?6, ?8, ?7) ON CONFLICT (account_id) DO NOTHING";
    let values = values![
        new.account,
        now.day(),
        new.credential_id,
        Pseudonym::make_random()?,
        new.statement_version,
        new.terms_version,
        new.copy_consented.then(|| now.day()),
        now,
    ];
    match tx.run(insert, values).await? {
        1 => Ok(()),
        _ => Err(StoreError::Exists),
    }
}

async fn put_address(tx: &mut dyn Tx, account: AccountId, address: AddressHash) -> Result<(), StoreError> {
    let insert = "INSERT INTO address_lookup (address_hash, account_id) VALUES (?1, ?2)
        ON CONFLICT (address_hash) DO NOTHING";
    match tx.run(insert, values![address, account]).await? {
        1 => Ok(()),
        _ => Err(StoreError::AddressTaken),
    }
}

/// E-mail, name and phone, each sealed for its own column.
fn sealed_contact(
    held: &Held,
    account: AccountId,
    contact: &Contact,
) -> Result<[Option<Vec<u8>>; 3], StoreError> {
    let seal = |column: &str, value: &str| seal_contact(held, account, column, value);
    let phone = contact.phone.as_deref();
    Ok([
        Some(seal("email_sealed", &contact.email)?),
        Some(seal("name_sealed", &contact.name)?),
        phone.map(|phone| seal("phone_sealed", phone)).transpose()?,
    ])
}

fn seal_contact(held: &Held, account: AccountId, column: &str, value: &str) -> Result<Vec<u8>, StoreError> {
    held.seal("contact", column, &account.0, value.as_bytes())
}

/// The account is found by another address from now on; by another writing of its own nothing changes.
async fn move_address(tx: &mut dyn Tx, account: AccountId, address: AddressHash) -> Result<(), StoreError> {
    let owner = tx.row(FIND_ADDRESS, values![address]).await?;
    if let Some(owner) = owner {
        return match owner.get::<AccountId>(0)? == account {
            true => Ok(()),
            false => Err(StoreError::AddressTaken),
        };
    }
    let forget = "DELETE FROM address_lookup WHERE account_id = ?1";
    tx.run(forget, values![account]).await?;
    put_address(tx, account, address).await
}

async fn read(tx: &mut dyn Tx, account: AccountId) -> Result<Account, StoreError> {
    let find = "SELECT a.created_day, a.seen_day, a.credential_id, a.credential_generation, a.pseudonym,
            a.statement_version, a.terms_version, a.terms_at, a.copy_consented_day, c.verified_day
        FROM account a JOIN contact c ON c.account_id = a.account_id
        WHERE a.account_id = ?1 AND a.state = 'active'";
    let row = tx
        .row(find, values![account])
        .await?
        .ok_or(StoreError::NotFound)?;
    Ok(Account {
        created_day: row.get(0)?,
        seen_day: row.get(1)?,
        credential_id: row.get(2)?,
        credential_generation: row.get(3)?,
        pseudonym: row.get(4)?,
        statement_version: row.get(5)?,
        terms_version: row.get(6)?,
        terms_at: row.get(7)?,
        copy_consented_day: row.get(8)?,
        verified_day: row.get(9)?,
    })
}

async fn read_contact(tx: &mut dyn Tx, held: &Held, account: AccountId) -> Result<Contact, StoreError> {
    let find = "SELECT email_sealed, name_sealed, phone_sealed FROM contact WHERE account_id = ?1";
    let row = tx
        .row(find, values![account])
        .await?
        .ok_or(StoreError::NotFound)?;
    let open = |column: &str, sealed: Vec<u8>| held.open_text("contact", column, &account.0, &sealed);
    let phone: Option<Vec<u8>> = row.get(2)?;
    Ok(Contact {
        email: open("email_sealed", row.get(0)?)?,
        name: open("name_sealed", row.get(1)?)?,
        phone: phone.map(|sealed| open("phone_sealed", sealed)).transpose()?,
    })
}

/// What goes with the copy on the server: the consent, every record and blob, and every way to the key of what lay there.
pub(crate) async fn forget_copy(tx: &mut dyn Tx, account: AccountId) -> Result<(), StoreError> {
    let set = "UPDATE account SET copy_consented_day = NULL WHERE account_id = ?1";
    tx.run(set, values![account]).await?;
    chain::forget_records(tx, account).await?;
    blob::forget_blobs(tx, account).await?;
    tx.run("DELETE FROM wrap WHERE account_id = ?1", values![account])
        .await
        .map(|_| ())
}

/// Whether somebody may change an account, asked ahead; [`prove`] asks again with the change.
async fn may(tx: &mut dyn Tx, account: AccountId, author: Author) -> Result<(), StoreError> {
    require_active(tx, account).await?;
    match author {
        Author::Device { device, number } => device::may_advance(tx, account, device, number).await,
        Author::Proven => Ok(()),
    }
}

/// Refuses when there is no such account, or when it is being erased.
pub(crate) async fn require_active(tx: &mut dyn Tx, account: AccountId) -> Result<(), StoreError> {
    let find = "SELECT COUNT(*) FROM account WHERE account_id = ?1 AND state = 'active'";
    match tx.count(find, values![account]).await? {
        1 => Ok(()),
        _ => Err(StoreError::NotFound),
    }
}

/// Refuses who may not change this account, and notes the number of a device's request with the change itself.
pub(crate) async fn prove(tx: &mut dyn Tx, account: AccountId, author: Author) -> Result<(), StoreError> {
    require_active(tx, account).await?;
    match author {
        Author::Device { device, number } => device::advance(tx, account, device, number).await,
        Author::Proven => Ok(()),
    }
}
