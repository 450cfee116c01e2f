//! What whoever runs a server sees of its registers, and the end of a contract.

use super::staff::registered;
use super::tx::values;
use super::{Moment, OrganisationId, Staff, Store, StoreError};

impl Store {
    /// Everybody who is or was in the register of roles, by name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn all_staff(&self) -> Result<Vec<Staff>, StoreError> {
        self.peek(|tx| {
            Box::pin(async move {
                let find = "SELECT staff_id, name, role, pseudonym, secrecy_day, screened_until_day, trained_until_day,
                    ended_day FROM staff ORDER BY name, staff_id";
                let rows = tx.rows(find, values![]).await?;
                rows.iter().map(registered).collect()
            })
        })
        .await
    }

    /// Ends the contract of an organisation: its invitations and seats end now. Accounts stay.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such organisation.
    pub async fn end_organisation(
        &self,
        organisation: OrganisationId,
        now: Moment,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            Box::pin(async move {
                let end =
                    "UPDATE organisation SET until_day = ?2 WHERE organisation_id = ?1 AND until_day > ?2";
                if tx.run(end, values![organisation, now.day()]).await? == 0 {
                    let known = "SELECT COUNT(*) FROM organisation WHERE organisation_id = ?1";
                    if tx.count(known, values![organisation]).await? == 0 {
                        return Err(StoreError::NotFound);
                    }
                }
                let end = "UPDATE invitation SET until_at = ?2 WHERE organisation_id = ?1 AND until_at > ?2";
                tx.run(end, values![organisation, now]).await?;
                let end = "UPDATE seat SET ended_day = ?2 WHERE organisation_id = ?1 AND ended_day IS NULL";
                tx.run(end, values![organisation, now.day()]).await.map(|_| ())
            })
        })
        .await
    }
}
