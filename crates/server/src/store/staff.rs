//! The register of roles: staff, their certificates, and the numbered list of what was revoked. All of it business data;
//! what a role may do rests on the root's signature, which nobody can make who alters these tables.

use super::tx::{Row, values};
use super::{Moment, Pseudonym, Serial, StaffId, Store, StoreError};

/// Somebody in the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staff {
    /// A random id.
    pub staff: StaffId,
    /// The name on the certificate.
    pub name: String,
    /// The role, as the certificate says it.
    pub role: String,
    /// By what name this person stands in the chains.
    pub pseudonym: Pseudonym,
    /// When secrecy was confirmed.
    pub secrecy_day: Option<i64>,
    /// Until when the screening is good.
    pub screened_until_day: Option<i64>,
    /// Until when the training is good.
    pub trained_until_day: Option<i64>,
    /// When the person left.
    pub ended_day: Option<i64>,
}

impl Staff {
    /// Whether the role may be used on a day: secrecy confirmed, screening and training good, and not left.
    #[must_use]
    pub fn may_act(&self, now: Moment) -> bool {
        let day = now.day();
        let is_good = |until: Option<i64>| until.is_some_and(|until| day <= until);
        self.secrecy_day.is_some_and(|since| since <= day)
            && is_good(self.screened_until_day)
            && is_good(self.trained_until_day)
            && self.ended_day.is_none_or(|ended| day < ended)
    }
}

/// A certificate that the root signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Its serial.
    pub serial: Serial,
    /// Whose.
    pub staff: StaffId,
    /// The signed statement.
    pub statement: Vec<u8>,
    /// Until when.
    pub until: Moment,
}

/// The list of what was revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocations {
    /// Only grows.
    pub number: i64,
    /// When it was made.
    pub made: Moment,
    /// The signed statement.
    pub statement: Vec<u8>,
}

impl Store {
    /// Adds somebody to the register, or changes what stands there.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn put_staff(&self, staff: Staff) -> Result<(), StoreError> {
        self.single(move |tx| {
            let staff = staff.clone();
            Box::pin(async move {
                let put =
                    "INSERT INTO staff (staff_id, name, role, pseudonym, secrecy_day, screened_until_day,
                        trained_until_day, ended_day)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (staff_id) DO UPDATE
                    SET name = excluded.name, role = excluded.role, pseudonym = excluded.pseudonym,
                        secrecy_day = excluded.secrecy_day, screened_until_day = excluded.screened_until_day,
                        trained_until_day = excluded.trained_until_day, ended_day = excluded.ended_day";
                let values = values![
                    staff.staff,
                    staff.name,
                    staff.role,
                    staff.pseudonym,
                    staff.secrecy_day,
                    staff.screened_until_day,
                    staff.trained_until_day,
                    staff.ended_day,
                ];
                tx.run(put, values).await.map(|_| ())
            })
        })
        .await
    }

    /// Somebody in the register.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when nobody has this id.
    pub async fn staff(&self, staff: StaffId) -> Result<Staff, StoreError> {
        self.peek(move |tx| {
            Box::pin(async move {
                let find = "SELECT staff_id, name, role, pseudonym, secrecy_day, screened_until_day, trained_until_day,
                        ended_day
                    FROM staff WHERE staff_id = ?1";
                registered(&tx.row(find, values![staff]).await?.ok_or(StoreError::NotFound)?)
            })
        })
        .await
    }

    /// Keeps a certificate. The same once more changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when nobody in the register has its id, [`StoreError::Exists`] when its serial is taken.
    pub async fn put_certificate(&self, certificate: Certificate) -> Result<(), StoreError> {
        self.write(move |tx| {
            let new = certificate.clone();
            Box::pin(async move {
                let known = "SELECT COUNT(*) FROM staff WHERE staff_id = ?1";
                if tx.count(known, values![new.staff]).await? == 0 {
                    return Err(StoreError::NotFound);
                }
                let insert =
                    "INSERT INTO certificate (serial, staff_id, statement, until_at) VALUES (?1, ?2, ?3, ?4)
                    ON CONFLICT (serial) DO NOTHING";
                let statement = new.statement.as_slice();
                tx.run(insert, values![new.serial, new.staff, statement, new.until])
                    .await?;
                let same =
                    "SELECT COUNT(*) FROM certificate WHERE serial = ?1 AND staff_id = ?2 AND statement = ?3";
                match tx.count(same, values![new.serial, new.staff, statement]).await? {
                    1 => Ok(()),
                    _ => Err(StoreError::Exists),
                }
            })
        })
        .await
    }

    /// The certificates of somebody that are good at a moment.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn certificates(&self, staff: StaffId, now: Moment) -> Result<Vec<Certificate>, StoreError> {
        self.peek(move |tx| {
            Box::pin(async move {
                let find = "SELECT serial, staff_id, statement, until_at FROM certificate
                    WHERE staff_id = ?1 AND until_at > ?2 ORDER BY until_at DESC";
                let rows = tx.rows(find, values![staff, now]).await?;
                let certificate = |row: &Row| {
                    Ok(Certificate {
                        serial: row.get(0)?,
                        staff: row.get(1)?,
                        statement: row.get(2)?,
                        until: row.get(3)?,
                    })
                };
                rows.iter().map(certificate).collect()
            })
        })
        .await
    }

    /// Keeps a list of what was revoked; the one before goes.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when its number is not above that of the list that is there.
    pub async fn put_revocations(&self, list: Revocations) -> Result<(), StoreError> {
        self.write(move |tx| {
            let list = list.clone();
            Box::pin(async move {
                let later = "SELECT COUNT(*) FROM revocation WHERE number >= ?1";
                if tx.count(later, values![list.number]).await? > 0 {
                    return Err(StoreError::Stale);
                }
                tx.run("DELETE FROM revocation", values![]).await?;
                let insert = "INSERT INTO revocation (number, made_at, statement) VALUES (?1, ?2, ?3)";
                let values = values![list.number, list.made, list.statement];
                tx.run(insert, values).await.map(|_| ())
            })
        })
        .await
    }

    /// The list of what was revoked.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] before the first one.
    pub async fn revocations(&self) -> Result<Revocations, StoreError> {
        self.peek(|tx| {
            Box::pin(async move {
                let find = "SELECT number, made_at, statement FROM revocation ORDER BY number DESC LIMIT 1";
                let row = tx.row(find, values![]).await?.ok_or(StoreError::NotFound)?;
                Ok(Revocations {
                    number: row.get(0)?,
                    made: row.get(1)?,
                    statement: row.get(2)?,
                })
            })
        })
        .await
    }
}

pub(super) fn registered(row: &Row) -> Result<Staff, StoreError> {
    Ok(Staff {
        staff: row.get(0)?,
        name: row.get(1)?,
        role: row.get(2)?,
        pseudonym: row.get(3)?,
        secrecy_day: row.get(4)?,
        screened_until_day: row.get(5)?,
        trained_until_day: row.get(6)?,
        ended_day: row.get(7)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_refused_when_any_of_its_dates_has_run_out() {
        let now = Moment(100 * 86_400);
        let good = Staff {
            staff: StaffId([1; 16]),
            name: "Noor".into(),
            role: "coach".into(),
            pseudonym: Pseudonym([2; 16]),
            secrecy_day: Some(90),
            screened_until_day: Some(100),
            trained_until_day: Some(100),
            ended_day: None,
        };
        assert!(good.may_act(now));
        let changed = |change: fn(&mut Staff)| {
            let mut staff = good.clone();
            change(&mut staff);
            staff.may_act(now)
        };
        assert!(!changed(|staff| staff.secrecy_day = None));
        assert!(!changed(|staff| staff.secrecy_day = Some(101)));
        assert!(!changed(|staff| staff.screened_until_day = Some(99)));
        assert!(!changed(|staff| staff.trained_until_day = None));
        assert!(!changed(|staff| staff.ended_day = Some(100)));
        assert!(changed(|staff| staff.ended_day = Some(101)));
    }
}
