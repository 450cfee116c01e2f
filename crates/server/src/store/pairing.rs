//! Where two devices meet that come together: a mailbox that is found by a short number, for minutes, with one message at a time.

use regie_protocol::account::pairing::{PARCEL, WAITS};

use super::account::prove;
use super::tx::{FromValue, Row, Tx, Value, values};
use super::{AccountId, Author, DeviceId, Moment, NewDevice, Store, StoreError, TokenHash, Way, Who, Wrap};
use super::{device, epoch, log};
use crate::keys::NumberHash;

/// Who comes to a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The new device, by its token.
    New(TokenHash),
    /// The device of an account that entered.
    There(AccountId, Author),
}

/// Why a mailbox ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairingEnd {
    /// The new device has all that it needs.
    Done,
    /// Another code was typed.
    WrongCode,
    /// The digits differ.
    Differ,
    /// Somebody stopped.
    Stopped,
    /// The new device did not take what was left for it.
    Untaken,
    /// What arrived is not what was sent.
    Damaged,
}

/// What was said last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pairing {
    /// Which step.
    pub step: i64,
    /// The message.
    pub message: Vec<u8>,
    /// Why it ended.
    pub ended: Option<PairingEnd>,
    /// Until when it is there.
    pub ends: Moment,
}

/// The new device, and what is left for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    /// The device.
    pub device: NewDevice,
    /// The epoch whose key it gets.
    pub epoch: i64,
    /// That key, sealed to it.
    pub wrap: Vec<u8>,
    /// Which step the last message is.
    pub step: i64,
    /// The last message.
    pub message: Vec<u8>,
    /// Until when it waits at least.
    pub waits: Moment,
}

impl PairingEnd {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Done, "done"),
        (Self::WrongCode, "wrong-code"),
        (Self::Differ, "differ"),
        (Self::Stopped, "stopped"),
        (Self::Untaken, "untaken"),
        (Self::Damaged, "damaged"),
    ];

    fn name(self) -> &'static str {
        let known = Self::ALL.iter().find(|(end, _)| *end == self);
        known.map_or("stopped", |(_, name)| name)
    }
}

impl FromValue for PairingEnd {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        let name = String::from_value(value)?;
        let known = Self::ALL.iter().find(|(_, known)| *known == name);
        known.map(|(end, _)| *end).ok_or(StoreError::Damaged)
    }
}

/// A row, with whose it is.
struct Found {
    token: TokenHash,
    entered: Option<(AccountId, DeviceId)>,
    /// The new device, once it was let in.
    added: Option<DeviceId>,
    said: Pairing,
}

impl Found {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let (account, device) = (row.get::<Option<AccountId>>(1)?, row.get::<Option<DeviceId>>(2)?);
        Ok(Self {
            token: row.get(0)?,
            entered: account.zip(device),
            added: row.get(7)?,
            said: Pairing {
                step: row.get(3)?,
                message: row.get(4)?,
                ended: row.get(5)?,
                ends: row.get(6)?,
            },
        })
    }

    fn is_for(&self, side: Side) -> bool {
        match side {
            Side::New(token) => self.token == token,
            Side::There(account, Author::Device { device, .. }) => self.entered == Some((account, device)),
            Side::There(_, Author::Proven) => false,
        }
    }
}

impl Side {
    /// The new device begins.
    const fn says(self, step: i64) -> bool {
        match self {
            Self::New(_) => step % 2 == 1,
            Self::There(..) => step % 2 == 0,
        }
    }

    async fn prove(self, tx: &mut dyn Tx) -> Result<(), StoreError> {
        match self {
            Self::New(_) => Ok(()),
            Self::There(account, author) => prove(tx, account, author).await,
        }
    }
}

impl Store {
    /// Opens a mailbox under a number. What has had its time goes first, so that its number is free.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when another one has the number.
    pub async fn open_pairing(
        &self,
        number: u32,
        token: TokenHash,
        message: Vec<u8>,
        now: Moment,
        ends: Moment,
    ) -> Result<(), StoreError> {
        let number = self.held.index.number(number);
        self.write(move |tx| {
            let message = message.clone();
            Box::pin(async move {
                tx.run("DELETE FROM pairing WHERE ends_at <= ?1", values![now])
                    .await?;
                let insert = "INSERT INTO pairing
                    (number_hash, token_hash, account_id, device_id, added_id, step, message, ended, ends_at)
                    VALUES (?1, ?2, NULL, NULL, NULL, 1, ?3, NULL, ?4) ON CONFLICT (number_hash) DO NOTHING";
                match tx.run(insert, values![number, token, message, ends]).await? {
                    1 => Ok(()),
                    _ => Err(StoreError::Exists),
                }
            })
        })
        .await
    }

    /// A device of an account comes to a mailbox, and nobody after it. The same device may come again as long as it said nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none, [`StoreError::Exists`] when somebody was there, and what [`Author`] says.
    pub async fn enter_pairing(
        &self,
        number: u32,
        account: AccountId,
        author: Author,
        now: Moment,
    ) -> Result<(), StoreError> {
        let Author::Device { device, .. } = author else {
            return Err(StoreError::NotFound);
        };
        let number = self.held.index.number(number);
        self.write(move |tx| {
            Box::pin(async move {
                prove(tx, account, author).await?;
                let found = find(tx, number, now).await?;
                if found.said.ended.is_some() {
                    return Err(StoreError::NotFound);
                }
                match found.entered {
                    Some(entered) if entered == (account, device) && found.said.step == 1 => Ok(()),
                    Some(_) => Err(StoreError::Exists),
                    None => {
                        let enter =
                            "UPDATE pairing SET account_id = ?2, device_id = ?3 WHERE number_hash = ?1";
                        tx.run(enter, values![number, account, device]).await.map(|_| ())
                    }
                }
            })
        })
        .await
    }

    /// What was said last, or why it ended.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none, or it is somebody else's.
    pub async fn look_at_pairing(&self, number: u32, side: Side, now: Moment) -> Result<Pairing, StoreError> {
        let number = self.held.index.number(number);
        self.peek(move |tx| Box::pin(async move { Ok(own(tx, number, side, now).await?.said) }))
            .await
    }

    /// Says the next step; the same again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when it is not the next, or it ended; [`StoreError::NotFound`], and what [`Author`] says.
    pub async fn say_in_pairing(
        &self,
        number: u32,
        side: Side,
        step: i64,
        message: Vec<u8>,
        now: Moment,
    ) -> Result<(), StoreError> {
        let number = self.held.index.number(number);
        self.write(move |tx| {
            let message = message.clone();
            Box::pin(async move {
                side.prove(tx).await?;
                let found = own(tx, number, side, now).await?;
                let said = found.said;
                if said.ended.is_some() || found.entered.is_none() || !side.says(step) {
                    return Err(StoreError::Stale);
                }
                if said.step == step && said.message == message {
                    return Ok(());
                }
                if said.step.saturating_add(1) != step {
                    return Err(StoreError::Stale);
                }
                put(tx, number, step, &message, said.ends).await
            })
        })
        .await
    }

    /// Ends a mailbox. What was said goes at once; why it ended waits for the other side, where there is one that has to know, for minutes: an
    /// answer may be lost. Once the new device was let in, it is in by its own [`PairingEnd::Done`]. By another end of its own, or by
    /// [`PairingEnd::Untaken`] of who let it in, it is signed out in the same transaction; who let it in ends nothing otherwise.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none, or it is somebody else's.
    pub async fn end_pairing(
        &self,
        number: u32,
        side: Side,
        why: PairingEnd,
        now: Moment,
    ) -> Result<(), StoreError> {
        let number = self.held.index.number(number);
        self.write(move |tx| {
            Box::pin(async move {
                side.prove(tx).await?;
                let found = own(tx, number, side, now).await?;
                let is_there = matches!(side, Side::There(..));
                let is_left = found.said.step == PARCEL && found.said.ended.is_none();
                if is_there && found.said.step == PARCEL && why != PairingEnd::Untaken {
                    return Ok(());
                }
                if is_left && why != PairingEnd::Done {
                    take_back(tx, &found, now).await?;
                }
                if why == PairingEnd::Done || found.entered.is_none() || found.said.ended.is_some() {
                    return forget(tx, number).await;
                }
                let end = "UPDATE pairing SET ended = ?2, message = ?3, ends_at = ?4 WHERE number_hash = ?1";
                let nothing: &[u8] = &[];
                let ends = found.said.ends.min(now.plus(WAITS));
                tx.run(end, values![number, why.name(), nothing, ends])
                    .await
                    .map(|_| ())
            })
        })
        .await
    }

    /// Adds the new device to the account of who entered, and leaves it its last message: both or neither.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when there is another epoch or it is not the last step's turn, [`StoreError::Exists`] when the id is taken,
    /// [`StoreError::NotFound`], and what [`Author`] says.
    pub async fn finish_pairing(
        &self,
        number: u32,
        account: AccountId,
        author: Author,
        added: Added,
        now: Moment,
    ) -> Result<(), StoreError> {
        let number = self.held.index.number(number);
        self.write(move |tx| {
            let added = added.clone();
            Box::pin(async move {
                prove(tx, account, author).await?;
                let said = own(tx, number, Side::There(account, author), now).await?.said;
                if said.ended.is_some() || said.step.saturating_add(1) != added.step {
                    return Err(StoreError::Stale);
                }
                epoch::require_current(tx, account, added.epoch).await?;
                device::put(tx, account, &added.device, now).await?;
                // Where the wraps went with the copy on the server, none comes back by this.
                if epoch::has_wraps(tx, account).await? {
                    let wrap = Wrap {
                        way: Way::Device(added.device.device),
                        sealed: added.wrap,
                    };
                    epoch::put_wraps(tx, account, added.epoch, &[wrap]).await?;
                }
                put(tx, number, added.step, &added.message, said.ends.max(added.waits)).await?;
                let note = "UPDATE pairing SET added_id = ?2 WHERE number_hash = ?1";
                tx.run(note, values![number, added.device.device]).await?;
                log::append(tx, account, "device.added", &added.device.device.0, now).await
            })
        })
        .await
    }
}

async fn find(tx: &mut dyn Tx, number: NumberHash, now: Moment) -> Result<Found, StoreError> {
    let find =
        "SELECT token_hash, account_id, device_id, step, message, ended, ends_at, added_id FROM pairing
        WHERE number_hash = ?1 AND ends_at > ?2";
    let row = tx.row(find, values![number, now]).await?;
    Found::read(&row.ok_or(StoreError::NotFound)?)
}

/// A mailbox of somebody who may look into it; for everybody else there is none.
async fn own(tx: &mut dyn Tx, number: NumberHash, side: Side, now: Moment) -> Result<Found, StoreError> {
    let found = find(tx, number, now).await?;
    if found.is_for(side) {
        Ok(found)
    } else {
        Err(StoreError::NotFound)
    }
}

async fn put(
    tx: &mut dyn Tx,
    number: NumberHash,
    step: i64,
    message: &[u8],
    ends: Moment,
) -> Result<(), StoreError> {
    let put = "UPDATE pairing SET step = ?2, message = ?3, ends_at = ?4 WHERE number_hash = ?1";
    tx.run(put, values![number, step, message, ends])
        .await
        .map(|_| ())
}

/// The new device was let in, and never came: it is signed out before it said anything.
async fn take_back(tx: &mut dyn Tx, found: &Found, now: Moment) -> Result<(), StoreError> {
    let Some(((account, _), added)) = found.entered.zip(found.added) else {
        return Ok(());
    };
    match device::refuse_devices(tx, account, Who::One(added), now).await {
        // Another device signed it out already.
        Err(StoreError::NotFound) => Ok(()),
        Err(error) => Err(error),
        Ok(()) => log::append(tx, account, "device.signed-out", &added.0, now).await,
    }
}

async fn forget(tx: &mut dyn Tx, number: NumberHash) -> Result<(), StoreError> {
    let forget = "DELETE FROM pairing WHERE number_hash = ?1";
    tx.run(forget, values![number]).await.map(|_| ())
}
