//! What came and is not verified at the head yet: it lies aside, each record in the newest writing that came.

use regie_protocol::sync::{EnvelopeHash, RecordId, Revision};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Known, Syncing, chain, parent, parent_bytes};
use crate::{Vault, VaultError};

/// A record that lies aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// What other devices would know.
    pub theirs: Known,
    /// The header that brought it.
    pub sequence: u64,
    /// As it came; `None` where it is shown already.
    pub envelope: Option<Vec<u8>>,
}

impl Vault {
    /// At most `limit` of the records that lie aside, of headers above a place, in order of their ids and behind one of them.
    ///
    /// # Errors
    /// What the database says.
    pub fn asides(&self, above: u64, after: Option<RecordId>, limit: u32) -> Result<Vec<Aside>, VaultError> {
        asides(&self.connection, above, after, limit)
    }

    /// The record of this id that lies aside.
    ///
    /// # Errors
    /// What the database says.
    pub fn aside(&self, id: RecordId) -> Result<Option<Aside>, VaultError> {
        aside(&self.connection, id)
    }

    /// How many records lie aside.
    ///
    /// # Errors
    /// What the database says.
    pub fn count_asides(&self) -> Result<u32, VaultError> {
        Ok(self
            .connection
            .prepare_cached("SELECT count(*) FROM sync_aside")?
            .query_row([], |row| row.get(0))?)
    }

    /// The last header that came, as it travels.
    ///
    /// # Errors
    /// What the database says.
    pub fn tip(&self) -> Result<Option<Vec<u8>>, VaultError> {
        let tip = self
            .connection
            .prepare_cached("SELECT tip FROM sync_state")?
            .query_row([], |row| row.get::<_, Option<Vec<u8>>>(0))
            .optional()?;
        Ok(tip.flatten())
    }
}

impl Syncing<'_> {
    /// Lays a record aside, in the place of one of an earlier header.
    ///
    /// # Errors
    /// What the database says.
    pub fn lay_aside(&mut self, aside: &Aside) -> Result<(), VaultError> {
        let Aside { theirs, .. } = aside;
        self.transaction
            .prepare_cached(
                "INSERT INTO sync_aside (id, sequence, kind, revision, hash, parent, deleted, envelope)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                 ON CONFLICT (id) DO UPDATE SET sequence = excluded.sequence, kind = excluded.kind,
                     revision = excluded.revision, hash = excluded.hash, parent = excluded.parent,
                     deleted = excluded.deleted, envelope = excluded.envelope
                 WHERE excluded.sequence >= sequence",
            )?
            .execute(params![
                theirs.id.0,
                chain::number(aside.sequence)?,
                theirs.kind,
                theirs.revision.0,
                theirs.hash.0,
                parent_bytes(theirs.parent.as_ref()),
                theirs.deleted,
                aside.envelope
            ])?;
        Ok(())
    }

    /// Keeps the last header that came, as it travels.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_tip(&mut self, header: &[u8]) -> Result<(), VaultError> {
        self.transaction
            .prepare_cached("UPDATE sync_state SET tip = ?1")?
            .execute([header])?;
        Ok(())
    }

    /// As [`Vault::asides`].
    ///
    /// # Errors
    /// What the database says.
    pub fn asides(&self, above: u64, after: Option<RecordId>, limit: u32) -> Result<Vec<Aside>, VaultError> {
        asides(self.transaction, above, after, limit)
    }

    /// As [`Vault::aside`].
    ///
    /// # Errors
    /// What the database says.
    pub fn aside(&self, id: RecordId) -> Result<Option<Aside>, VaultError> {
        aside(self.transaction, id)
    }

    /// What lies aside is not to be used: it goes, and so do the hashes of headers beyond the head. What is shown stays, with its
    /// marks.
    ///
    /// # Errors
    /// What the database says.
    pub fn drop_asides(&mut self) -> Result<(), VaultError> {
        self.transaction.execute(
            "DELETE FROM sync_header WHERE sequence > (SELECT coalesce(sequence, 0) FROM sync_state)",
            [],
        )?;
        self.transaction.execute("UPDATE sync_state SET tip = NULL", [])?;
        self.forget_asides()
    }

    pub(super) fn forget_asides(&mut self) -> Result<(), VaultError> {
        self.transaction
            .prepare_cached("DELETE FROM sync_aside")?
            .execute([])?;
        Ok(())
    }
}

const COLUMNS: &str = "SELECT id, kind, revision, hash, parent, deleted, sequence, envelope FROM sync_aside";

fn aside(connection: &Connection, id: RecordId) -> Result<Option<Aside>, VaultError> {
    let mut query = connection.prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))?;
    let mut rows = query.query_and_then([id.0], read)?;
    rows.next().transpose()
}

fn asides(
    connection: &Connection,
    above: u64,
    after: Option<RecordId>,
    limit: u32,
) -> Result<Vec<Aside>, VaultError> {
    let after = after.map_or_else(Vec::new, |id| id.0.to_vec());
    let mut query = connection.prepare_cached(&format!(
        "{COLUMNS} WHERE id > ?1 AND sequence > ?2 ORDER BY id LIMIT ?3"
    ))?;
    let rows = query.query_and_then(params![after, chain::number(above)?, limit], read)?;
    rows.collect()
}

fn read(row: &Row<'_>) -> Result<Aside, VaultError> {
    let sequence: i64 = row.get(6)?;
    Ok(Aside {
        theirs: Known {
            id: RecordId(row.get(0)?),
            kind: row.get(1)?,
            revision: Revision(row.get(2)?),
            hash: EnvelopeHash(row.get(3)?),
            parent: parent(row, 4)?,
            deleted: row.get(5)?,
        },
        sequence: u64::try_from(sequence).map_err(|_| VaultError::VaultDamaged)?,
        envelope: row.get(7)?,
    })
}
