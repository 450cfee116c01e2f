//! Organisations, their seats and invitations. Nothing here joins a code with an account, or says whether it was used.

use regie_protocol::signed;

use super::account::require_active;
use super::live::Concerns;
use super::tx::{Tx, values};
use super::{AccountId, Held, Moment, OrganisationId, SeatId, SecretHash, Store, StoreError, log};

/// Totals are absent below this, and in steps of [`STEP`] above it.
const FEWEST: i64 = 10;
const STEP: i64 = 5;

/// An organisation that bought seats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// Its random id.
    pub organisation: OrganisationId,
    /// Its name.
    pub name: String,
    /// How many seats it bought.
    pub seats: i64,
    /// Until when.
    pub until_day: i64,
}

/// An invitation of a batch that the root signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The hash of its secret.
    pub secret: SecretHash,
    /// By which number its organisation knows it.
    pub number: i64,
    /// The root's signature.
    pub signature: Vec<u8>,
    /// From when it is good.
    pub from: Moment,
    /// Until when it is good.
    pub until: Moment,
}

/// What an account is told of its seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeatState {
    /// It lasts.
    Lasts,
    /// It ended on this day. The account stays.
    Ended(i64),
}

impl Store {
    /// Adds an organisation, or changes one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn put_organisation(&self, organisation: Organisation) -> Result<(), StoreError> {
        self.single(move |tx| {
            let organisation = organisation.clone();
            Box::pin(async move {
                let put =
                    "INSERT INTO organisation (organisation_id, name, seats, until_day, total, total_week)
                    VALUES (?1, ?2, ?3, ?4, NULL, NULL) ON CONFLICT (organisation_id) DO UPDATE
                    SET name = excluded.name, seats = excluded.seats, until_day = excluded.until_day";
                let Organisation {
                    name,
                    seats,
                    until_day,
                    ..
                } = organisation;
                let values = values![organisation.organisation, name, seats, until_day];
                tx.run(put, values).await.map(|_| ())
            })
        })
        .await
    }

    /// All organisations, by name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn organisations(&self) -> Result<Vec<Organisation>, StoreError> {
        self.peek(|tx| {
            Box::pin(async move {
                let find = "SELECT organisation_id, name, seats, until_day FROM organisation ORDER BY name, organisation_id";
                let rows = tx.rows(find, values![]).await?;
                let organisation = |row: &super::tx::Row| {
                    Ok(Organisation {
                        organisation: row.get(0)?,
                        name: row.get(1)?,
                        seats: row.get(2)?,
                        until_day: row.get(3)?,
                    })
                };
                rows.iter().map(organisation).collect()
            })
        })
        .await
    }

    /// Takes in a batch of invitations, all or none. The same batch once more changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an unknown organisation, [`StoreError::Exists`] when a number or a secret is taken.
    pub async fn put_invitations(
        &self,
        organisation: OrganisationId,
        batch: Vec<Invitation>,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            let batch = batch.clone();
            Box::pin(async move { put_batch(tx, organisation, &batch).await })
        })
        .await
    }

    /// An invitation that may be used now, as the root signed it.
    ///
    /// # Errors
    /// [`StoreError::InvitationUnknown`], [`StoreError::InvitationEnded`], [`StoreError::InvitationUsed`].
    pub async fn usable_invitation(
        &self,
        secret: SecretHash,
        now: Moment,
    ) -> Result<signed::Signed<signed::Invitation>, StoreError> {
        self.peek(move |tx| {
            Box::pin(async move {
                let found = find(tx, secret).await?;
                found.check(now)?;
                found.signed(secret)
            })
        })
        .await
    }

    /// Ends an invitation by its number, and the seat that it became if it became one. The answer is the same either way.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the organisation has no such number.
    pub async fn end_invitation(
        &self,
        organisation: OrganisationId,
        number: i64,
        now: Moment,
    ) -> Result<(), StoreError> {
        self.write(move |tx| Box::pin(end(tx, organisation, number, now)))
            .await
    }

    /// How many seats of an organisation are taken: as it was when first asked this week, in steps of five, and nothing
    /// below ten.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such organisation.
    pub async fn seats_taken(
        &self,
        organisation: OrganisationId,
        now: Moment,
    ) -> Result<Option<i64>, StoreError> {
        self.write(move |tx| Box::pin(total(tx, organisation, now))).await
    }

    /// Tells an account whether its seat lasts. This is the one place where an account is joined with an organisation's
    /// seat, and each reading stands in the account's own chain.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such account.
    pub async fn seat_state(&self, account: AccountId, now: Moment) -> Result<SeatState, StoreError> {
        let held = self.held.clone();
        self.write(move |tx| {
            let held = held.clone();
            Box::pin(async move {
                require_active(tx, account).await?;
                let seat = seat_of(tx, &held, account).await?.ok_or(StoreError::NotFound)?;
                log::append_unheard(tx, account, "seat.read", b"server", now).await?;
                let find = "SELECT ended_day FROM seat WHERE seat_id = ?1";
                let row = tx.row(find, values![seat]).await?.ok_or(StoreError::Damaged)?;
                Ok(row
                    .get::<Option<i64>>(0)?
                    .map_or(SeatState::Lasts, SeatState::Ended))
            })
        })
        .await
    }
}

/// An invitation as redeeming sees it.
pub(crate) struct Found {
    organisation: OrganisationId,
    number: i64,
    signature: Vec<u8>,
    from: Moment,
    until: Moment,
    is_used: bool,
}

impl Found {
    fn check(&self, now: Moment) -> Result<(), StoreError> {
        if now < self.from || now >= self.until {
            return Err(StoreError::InvitationEnded);
        }
        if self.is_used {
            return Err(StoreError::InvitationUsed);
        }
        Ok(())
    }

    /// The statement that the root signed. One that was ended before its time says another end than was signed, and is not
    /// to be had any more.
    pub(crate) fn signed(
        &self,
        secret: SecretHash,
    ) -> Result<signed::Signed<signed::Invitation>, StoreError> {
        let number = |number: i64| u64::try_from(number).map_err(|_| StoreError::Damaged);
        let statement = signed::Invitation {
            number: number(self.number)?,
            code: signed::CodeHash(secret.0),
            organisation: signed::OrganisationId(self.organisation.0),
            period: signed::Period {
                from: signed::Moment(number(self.from.0)?),
                until: signed::Moment(number(self.until.0)?),
            },
        };
        let bytes = signed::Statement::to_bytes(&statement).map_err(|_| StoreError::InvitationEnded)?;
        let signature = self
            .signature
            .as_slice()
            .try_into()
            .map_err(|_| StoreError::Damaged)?;
        Ok(signed::Signed::from_parts(
            bytes,
            signed::Signature::from_bytes(signature),
        ))
    }
}

pub(crate) async fn find(tx: &mut dyn Tx, secret: SecretHash) -> Result<Found, StoreError> {
    let find = "SELECT organisation_id, number, signature, from_at, until_at, seat_id
        FROM invitation WHERE secret_hash = ?1";
    let row = tx.row(find, values![secret]).await?;
    let row = row.ok_or(StoreError::InvitationUnknown)?;
    Ok(Found {
        organisation: row.get(0)?,
        number: row.get(1)?,
        signature: row.get(2)?,
        from: row.get(3)?,
        until: row.get(4)?,
        is_used: row.get::<Option<SeatId>>(5)?.is_some(),
    })
}

/// Makes a seat of an invitation that is good and was not used.
pub(crate) async fn redeem(
    tx: &mut dyn Tx,
    secret: SecretHash,
    found: &Found,
    now: Moment,
) -> Result<SeatId, StoreError> {
    found.check(now)?;
    let seat = SeatId::make_random()?;
    let insert = "INSERT INTO seat (seat_id, organisation_id, ended_day) VALUES (?1, ?2, NULL)";
    tx.run(insert, values![seat, found.organisation]).await?;
    let redeem = "UPDATE invitation SET seat_id = ?2 WHERE secret_hash = ?1 AND seat_id IS NULL";
    match tx.run(redeem, values![secret, seat]).await? {
        1 => Ok(seat),
        _ => Err(StoreError::InvitationUsed),
    }
}

pub(crate) async fn put_seat_of(
    tx: &mut dyn Tx,
    held: &Held,
    account: AccountId,
    seat: SeatId,
) -> Result<(), StoreError> {
    let sealed = held.seal("seat_of", "seat_sealed", &account.0, &seat.0)?;
    let insert = "INSERT INTO seat_of (account_id, seat_sealed) VALUES (?1, ?2)";
    tx.run(insert, values![account, sealed]).await.map(|_| ())
}

/// The seat of an account; `None` when that is gone already.
async fn seat_of(tx: &mut dyn Tx, held: &Held, account: AccountId) -> Result<Option<SeatId>, StoreError> {
    let find = "SELECT seat_sealed FROM seat_of WHERE account_id = ?1";
    let Some(row) = tx.row(find, values![account]).await? else {
        return Ok(None);
    };
    let opened = held.open("seat_of", "seat_sealed", &account.0, &row.get::<Vec<u8>>(0)?)?;
    let seat: [u8; 16] = opened.try_into().map_err(|_| StoreError::Damaged)?;
    Ok(Some(SeatId(seat)))
}

/// Frees the invitation of an account that is erased, and takes its seat away: coming back looks like never having come.
pub(crate) async fn free(tx: &mut dyn Tx, held: &Held, account: AccountId) -> Result<(), StoreError> {
    let Some(seat) = seat_of(tx, held, account).await? else {
        return Ok(());
    };
    tx.run(
        "UPDATE invitation SET seat_id = NULL WHERE seat_id = ?1",
        values![seat],
    )
    .await?;
    tx.run("DELETE FROM seat WHERE seat_id = ?1", values![seat])
        .await?;
    tx.run("DELETE FROM seat_of WHERE account_id = ?1", values![account])
        .await?;
    Ok(())
}

async fn put_batch(
    tx: &mut dyn Tx,
    organisation: OrganisationId,
    batch: &[Invitation],
) -> Result<(), StoreError> {
    let known = "SELECT COUNT(*) FROM organisation WHERE organisation_id = ?1";
    if tx.count(known, values![organisation]).await? == 0 {
        return Err(StoreError::NotFound);
    }
    for new in batch {
        let signature = new.signature.as_slice();
        let insert = "INSERT INTO invitation (secret_hash, organisation_id, number, signature, from_at, until_at, seat_id)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL) ON CONFLICT DO NOTHING";
        let values = values![
            new.secret,
            organisation,
            new.number,
            signature,
            new.from,
            new.until
        ];
        if tx.run(insert, values).await? == 1 {
            continue;
        }
        let same = "SELECT COUNT(*) FROM invitation
            WHERE secret_hash = ?1 AND organisation_id = ?2 AND number = ?3 AND signature = ?4";
        let values = values![new.secret, organisation, new.number, signature];
        if tx.count(same, values).await? == 0 {
            return Err(StoreError::Exists);
        }
    }
    Ok(())
}

async fn end(
    tx: &mut dyn Tx,
    organisation: OrganisationId,
    number: i64,
    now: Moment,
) -> Result<(), StoreError> {
    let find = "SELECT until_at, seat_id FROM invitation WHERE organisation_id = ?1 AND number = ?2";
    let row = tx.row(find, values![organisation, number]).await?;
    let row = row.ok_or(StoreError::NotFound)?;
    let until = row.get::<Moment>(0)?.min(now);
    let end = "UPDATE invitation SET until_at = ?3 WHERE organisation_id = ?1 AND number = ?2";
    tx.run(end, values![organisation, number, until]).await?;
    // Also where there is no seat, so that both cost the same.
    let seat = row.get::<Option<SeatId>>(1)?.unwrap_or(SeatId([0; 16]));
    let end = "UPDATE seat SET ended_day = ?2 WHERE seat_id = ?1 AND ended_day IS NULL";
    tx.run(end, values![seat, now.day()]).await?;
    // Whose it was is not looked up: everybody is told that somebody may have news.
    tx.tell(Concerns::Anybody).await
}

async fn total(
    tx: &mut dyn Tx,
    organisation: OrganisationId,
    now: Moment,
) -> Result<Option<i64>, StoreError> {
    let find = "SELECT total, total_week FROM organisation WHERE organisation_id = ?1";
    let row = tx.row(find, values![organisation]).await?;
    let row = row.ok_or(StoreError::NotFound)?;
    if row.get::<Option<i64>>(1)? == Some(now.week()) {
        return row.get(0);
    }
    let count = "SELECT COUNT(*) FROM seat WHERE organisation_id = ?1 AND ended_day IS NULL";
    let coarse = coarse(tx.count(count, values![organisation]).await?);
    let keep = "UPDATE organisation SET total = ?2, total_week = ?3 WHERE organisation_id = ?1";
    tx.run(keep, values![organisation, coarse, now.week()]).await?;
    Ok(coarse)
}

fn coarse(count: i64) -> Option<i64> {
    (count >= FEWEST).then_some(count - count % STEP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_is_absent_below_ten_and_in_steps_of_five_above() {
        let totals: Vec<_> = [0, 9, 10, 14, 15, 19, 20].map(coarse).into();
        assert_eq!(
            totals,
            [None, None, Some(10), Some(10), Some(15), Some(15), Some(20)]
        );
    }
}
