//! The same photo or recording, added on two devices apart (docs/adr/0015, case 3): entries here name the one that the other device told of.
//! What was added here is never sent then. It stays as it is, named by nothing, until the other's file is here, for it is the only copy in
//! reach; and where the server loses the other, it takes its place.

use regie_domain::{AttachmentId, attachment::State, record::Kind};
use rusqlite::{Connection, Transaction, params};
use uuid::Uuid;

use super::{Id, carrying, file, of, put};
use crate::{
    Vault, VaultError,
    sync::{base, local::Local},
};

/// What was added here and never sent, `y`, and what other devices know that has the same content, `x`: the best to be had comes first.
const TWINS: &str =
    "SELECT y.id, x.id, x.state, EXISTS (SELECT 1 FROM attachment_file WHERE blob = x.blob AND state = 2)
     FROM attachment AS y JOIN attachment AS x ON x.hash = y.hash
     JOIN sync_record AS known ON known.kind = ?1 AND known.local = x.id AND known.deleted = 0
     WHERE NOT EXISTS (SELECT 1 FROM sync_record WHERE kind = ?1 AND local = y.id)
         AND NOT EXISTS (SELECT 1 FROM sync_push_record WHERE kind = ?1 AND local = y.id)
         AND NOT EXISTS (SELECT 1 FROM attachment_of WHERE attachment = y.id AND let_go_ms IS NOT NULL)
     ORDER BY y.id, 4 DESC, x.state = 2 DESC, x.state DESC, x.id";

/// Whether `y` is what waits so, for the file of an `x` that entries name.
pub(super) const WAITS: &str = "NOT EXISTS (SELECT 1 FROM sync_record WHERE kind = 8 AND local = y.id)
     AND EXISTS (SELECT 1 FROM attachment AS x WHERE x.hash = y.hash AND x.id <> y.id
         AND EXISTS (SELECT 1 FROM attachment_of WHERE attachment = x.id)
         AND NOT EXISTS (SELECT 1 FROM attachment_file WHERE blob = x.blob AND state = 2))";

struct Twins {
    mine: Id,
    theirs: Id,
    /// Whether the server has theirs, as the devices agreed.
    there: bool,
    lost: bool,
    /// Whether the file of theirs is here.
    here: bool,
}

impl Vault {
    /// Lets entries name what another device told of in the place of what was added here with the same content. To be called at the head,
    /// before anything is sealed. What is still coming may never come: then both stay. `spares`: nothing is kept here that the server has.
    ///
    /// # Errors
    /// What the database or the file system says.
    pub fn join_twins(&mut self, spares: bool) -> Result<(), VaultError> {
        let twins = twins(&self.connection)?;
        if twins.is_empty() {
            return Ok(());
        }
        let own = self.own_name()?;
        self.write(|transaction| {
            for twins in twins {
                if twins.here || twins.there && spares {
                    rename(transaction, &twins)?;
                    erase(transaction, twins.mine)?;
                } else if twins.there {
                    rename(transaction, &twins)?;
                    transaction
                        .prepare_cached("DELETE FROM sync_change WHERE kind = ?1 AND local = ?2")?
                        .execute(params![Kind::Attachment.number(), twins.mine])?;
                } else if twins.lost {
                    rename(transaction, &twins)?;
                    replace(transaction, &twins, &own)?;
                }
            }
            Ok(())
        })?;
        self.unlink_unread()
    }
}

/// The file of an attachment is here: what waited for it goes. Whether there was any.
pub(super) fn came(transaction: &Transaction<'_>, id: AttachmentId) -> Result<bool, VaultError> {
    let waiting: Vec<Id> = transaction
        .prepare_cached(
            "SELECT y.id FROM attachment AS x JOIN attachment AS y ON y.hash = x.hash AND y.id <> x.id
             WHERE x.id = ?1 AND NOT EXISTS (SELECT 1 FROM attachment_of WHERE attachment = y.id)
                 AND NOT EXISTS (SELECT 1 FROM sync_record WHERE kind = ?2 AND local = y.id)",
        )?
        .query_map(params![id.0.as_bytes(), Kind::Attachment.number()], |row| {
            row.get(0)
        })?
        .collect::<Result<_, _>>()?;
    for mine in &waiting {
        erase(transaction, *mine)?;
    }
    Ok(!waiting.is_empty())
}

/// One for each that was added here.
fn twins(connection: &Connection) -> Result<Vec<Twins>, VaultError> {
    let mut query = connection.prepare_cached(TWINS)?;
    let rows = query.query_map([Kind::Attachment.number()], |row| {
        let state: u8 = row.get(2)?;
        Ok(Twins {
            mine: row.get(0)?,
            theirs: row.get(1)?,
            there: state == 2,
            lost: state == 3,
            here: row.get(3)?,
        })
    })?;
    let mut twins: Vec<Twins> = rows.collect::<Result<_, _>>()?;
    twins.dedup_by_key(|twins| twins.mine);
    Ok(twins)
}

/// Entries that name mine name theirs, where it stood and as it was described; one that names both has theirs.
fn rename(transaction: &Transaction<'_>, twins: &Twins) -> Result<(), VaultError> {
    for entry in super::naming(transaction, twins.mine)? {
        base::keep(transaction, Kind::Entry, &Local::id(Uuid::from_bytes(entry)))?;
        let renamed = transaction
            .prepare_cached(
                "UPDATE OR IGNORE attachment_of SET attachment = ?3 WHERE entry = ?1 AND attachment = ?2",
            )?
            .execute(params![entry, twins.mine, twins.theirs])?;
        if renamed == 0 {
            transaction
                .prepare_cached("DELETE FROM attachment_of WHERE entry = ?1 AND attachment = ?2")?
                .execute([entry, twins.mine])?;
        }
    }
    Ok(())
}

/// Row, key and preview of mine go, and its file is to follow. Nobody ever heard of it: no server, no other device and no list is told.
fn erase(transaction: &Transaction<'_>, mine: Id) -> Result<(), VaultError> {
    file::leave_unheard(transaction, mine)?;
    transaction
        .prepare_cached("DELETE FROM attachment WHERE id = ?1")?
        .execute([mine])?;
    Ok(())
}

/// What was sealed here becomes what theirs is made of.
fn replace(transaction: &Transaction<'_>, twins: &Twins, own: &str) -> Result<(), VaultError> {
    let [mine, theirs] = [twins.mine, twins.theirs].map(|id| AttachmentId(Uuid::from_bytes(id)));
    let (Some(mine), Some(mut theirs)) = (of(transaction, mine)?, of(transaction, theirs)?) else {
        return Ok(());
    };
    carrying::keep_base(transaction, theirs.id)?;
    file::leave(transaction, twins.theirs)?;
    transaction
        .prepare_cached("UPDATE OR IGNORE attachment_preview SET attachment = ?2 WHERE attachment = ?1")?
        .execute([twins.mine, twins.theirs])?;
    transaction
        .prepare_cached("DELETE FROM attachment WHERE id = ?1")?
        .execute([twins.mine])?;
    theirs.blob = mine.blob;
    theirs.blob.state = State::Coming { from: own.to_owned() };
    put(transaction, &theirs)
}
