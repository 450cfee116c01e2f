//! What waits to be pushed, and the push that is on its way.

use bytes::Bytes;
use regie_domain::{
    EntryId,
    record::{AnyRecord, Confirmed, Kind, Tombstone},
};
use regie_protocol::{
    purpose::CopyOnServer,
    signed::HeaderHash,
    sync::{Envelope, EnvelopeHash, RecordId, Revision},
};
use rusqlite::{Connection, OptionalExtension, Row as SqlRow, Statement, Transaction, params};
use uuid::Uuid;

use super::{
    Known, Syncing, base, chain, known,
    local::Local,
    own_kind, parent_bytes, put_known,
    rows::{self, Row},
};
use crate::{Vault, VaultError, account, consent::Consent, deletion};

/// Names a tombstone that goes again: it has no row.
pub(super) const TOMBSTONE: u16 = 0;
/// Rows of the outbox that are read at once.
const AT_ONCE: u32 = 256;

/// What is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// This content.
    Content(Vec<u8>),
    /// This tombstone.
    Tombstone(Vec<u8>),
}

/// A record that waits to be pushed.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Under which id it goes.
    pub id: RecordId,
    /// Number of its kind.
    pub kind: u16,
    /// The envelope that it was made from: what the other devices know.
    pub parent: Option<EnvelopeHash>,
    /// The revision under which it goes again, since it is the same writing; `None`: a new one.
    pub revision: Option<Revision>,
    /// The envelope that it was sealed in under that revision: good as long as its epoch lasts.
    pub envelope: Option<Vec<u8>>,
    /// What to seal.
    pub what: What,
    /// What the other devices know of it.
    pub known: Option<Known>,
    mark: Mark,
}

/// Which state of a row a change is.
#[derive(Clone, Debug, PartialEq)]
struct Mark {
    kind: u16,
    local: Local,
    times: i64,
    confirmed: Option<([u8; 16], u32)>,
}

/// Whether content of so many bytes still goes into the push that is being made; the first always does.
pub type Room<'a> = &'a mut dyn FnMut(usize) -> bool;
/// Makes the id of a record of this kind that never had one: of what there is one of by its name, of others at random.
pub type Naming<'a> = &'a mut dyn FnMut(Kind, Option<&[u8]>) -> Result<RecordId, VaultError>;

/// A change that was sealed.
#[derive(Clone, Debug, PartialEq)]
pub struct Pushed {
    /// What was sealed.
    pub change: Change,
    /// Under which revision.
    pub revision: Revision,
    /// The envelope.
    pub hash: EnvelopeHash,
}

/// A push that is going to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct NewPush {
    /// Sequence of its last header.
    pub sequence: u64,
    /// Hash of its last header.
    pub hash: HeaderHash,
    /// What is sent, byte for byte.
    pub bytes: Bytes,
    /// The records in it.
    pub records: Vec<Pushed>,
}

/// The push that is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPush {
    /// Sequence of its last header.
    pub sequence: u64,
    /// Hash of its last header.
    pub hash: HeaderHash,
    /// What is sent, byte for byte.
    pub bytes: Vec<u8>,
    /// What the other devices will know once it has arrived.
    pub records: Vec<Known>,
}

impl Vault {
    /// Goes through what waits to be pushed, as long as `room` has room for it, each kind in the order of its ids: entries thus oldest first, so
    /// that a device that begins at the newest change meets the newest entries first. What is deleted and can be taken
    /// back waits, as does `except`, the entry under the pen, and what the person is asked about. `name` makes the id of a record
    /// that never had one: of what there is one of by its name, of others at random. What is on its way waits too, however often it was
    /// changed since.
    ///
    /// # Errors
    /// [`VaultError::NoConsent`]; what `name` or the database says.
    pub fn each_change(
        &self,
        consent: &Consent<CopyOnServer>,
        except: Option<EntryId>,
        room: Room<'_>,
        name: Naming<'_>,
        each: &mut dyn FnMut(Change),
    ) -> Result<(), VaultError> {
        // One view for all of them: without it each statement begins and ends one.
        let view = self.connection.unchecked_transaction()?;
        consent.check(&view)?;
        let except = except.map(|entry| Local::id(entry.0));
        let mut after = Place::start();
        loop {
            let waiting = waiting(&view, &after)?;
            let Some(last) = waiting.last() else {
                return Ok(());
            };
            after = Place {
                kind: last.kind.into(),
                local: last.local.clone(),
            };
            for line in waiting {
                if line.kind == Kind::Entry.number() && Some(&line.local) == except.as_ref() {
                    continue;
                }
                let Some(change) = change(&view, line, name)? else {
                    continue;
                };
                if !room(change.what.bytes().len()) {
                    return Ok(());
                }
                each(change);
            }
        }
    }

    /// How many records wait to be pushed, those on their way included. What the person is asked about waits for nobody but them.
    ///
    /// # Errors
    /// What the database says.
    pub fn changes_waiting(&self) -> Result<u32, VaultError> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT (SELECT count(*) FROM sync_change WHERE asked = 0) + (
                     SELECT count(*) FROM sync_push_record AS sent WHERE NOT EXISTS (
                         SELECT 1 FROM sync_change WHERE kind = sent.kind AND local = sent.local
                     )
                 )",
            )?
            .query_row([], |row| row.get(0))?)
    }

    /// The same, but no further than so many: whoever counts often does not go through all of a long outbox.
    ///
    /// # Errors
    /// What the database says.
    pub fn changes_waiting_at_most(&self, most: u32) -> Result<u32, VaultError> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT count(*) FROM (
                     SELECT 1 FROM sync_change WHERE asked = 0 UNION ALL
                     SELECT 1 FROM sync_push_record AS sent WHERE NOT EXISTS (
                         SELECT 1 FROM sync_change WHERE kind = sent.kind AND local = sent.local
                     ) LIMIT ?1
                 )",
            )?
            .query_row([most], |row| row.get(0))?)
    }

    /// The push that is on its way.
    ///
    /// # Errors
    /// What the database says.
    pub fn stored_push(&self) -> Result<Option<StoredPush>, VaultError> {
        stored_push(&self.connection)
    }

    /// Which one it is: the sequence and the hash of its last header.
    ///
    /// # Errors
    /// What the database says.
    pub fn push_on_its_way(&self) -> Result<Option<(u64, HeaderHash)>, VaultError> {
        let mut query = self
            .connection
            .prepare_cached("SELECT sequence, hash FROM sync_push")?;
        let mut rows = query.query_and_then([], |row| {
            let sequence: i64 = row.get(0)?;
            let sequence = u64::try_from(sequence).map_err(|_| VaultError::VaultDamaged)?;
            Ok((sequence, HeaderHash(row.get(1)?)))
        })?;
        rows.next().transpose()
    }

    /// Whether something in it was deleted since it was sealed, even where that can be taken back: it is not to be sent.
    ///
    /// # Errors
    /// What the database says.
    pub fn is_deleted_since(&self, push: &NewPush) -> Result<bool, VaultError> {
        for pushed in &push.records {
            let Change { what, mark, .. } = &pushed.change;
            if matches!(what, What::Content(_))
                && !matches!(
                    rows::read(&self.connection, own_kind(mark.kind)?, &mark.local)?,
                    Row::There(_)
                )
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The same without its records: as it is sent.
    ///
    /// # Errors
    /// What the database says.
    pub fn push_to_send(&self) -> Result<Option<StoredPush>, VaultError> {
        push_alone(&self.connection)
    }
}

impl What {
    /// What to seal.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Content(bytes) | Self::Tombstone(bytes) => bytes,
        }
    }
}

impl Syncing<'_> {
    /// As [`Vault::stored_push`].
    ///
    /// # Errors
    /// What the database says.
    pub fn stored_push(&self) -> Result<Option<StoredPush>, VaultError> {
        stored_push(self.transaction)
    }

    /// Stores a push before it is sent, and takes the number of the request that sends it. What changed since it was sealed goes on waiting.
    ///
    /// # Errors
    /// [`VaultError::NoConsent`]; [`VaultError::VaultInUse`] while another one is on its way.
    pub fn store_push(&mut self, consent: &Consent<CopyOnServer>, push: &NewPush) -> Result<(), VaultError> {
        consent.check(self.transaction)?;
        if is_on_its_way(self.transaction)? {
            return Err(VaultError::VaultInUse);
        }
        self.transaction
            .prepare_cached("INSERT INTO sync_push (one, sequence, hash, bytes) VALUES (1, ?1, ?2, ?3)")?
            .execute(params![chain::number(push.sequence)?, push.hash.0, &*push.bytes])?;
        // Prepared once: to look a statement up takes a good part of what it takes to run it.
        let transaction = self.transaction;
        let mut unmark = transaction
            .prepare_cached("DELETE FROM sync_change WHERE kind = ?1 AND local = ?2 AND times = ?3")?;
        let mut insert = transaction.prepare_cached(
            "INSERT INTO sync_push_record (
                 id, kind, local, revision, hash, parent, deleted, deletion, deletion_count, content
             ) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?;
        for pushed in &push.records {
            self.store_pushed(pushed, &mut unmark, &mut insert)?;
        }
        self.number = match account::take_number(transaction) {
            // Whoever is no device of an account sends nothing.
            Err(VaultError::NotFound) => None,
            number => Some(number?),
        };
        Ok(())
    }

    fn store_pushed(
        &self,
        pushed: &Pushed,
        unmark: &mut Statement<'_>,
        insert: &mut Statement<'_>,
    ) -> Result<(), VaultError> {
        let Change {
            id,
            parent,
            what,
            mark,
            ..
        } = &pushed.change;
        let unchanged = unmark.execute(params![mark.kind, mark.local, mark.times])?;
        let changed_since = unchanged == 0;
        let (deleted, content) = match what {
            What::Content(content) => (false, changed_since.then_some(content)),
            What::Tombstone(_) => (true, None),
        };
        insert.execute(params![
            id.0,
            mark.kind,
            mark.local,
            pushed.revision.0,
            pushed.hash.0,
            parent_bytes(parent.as_ref()),
            deleted,
            mark.confirmed.map(|(deletion, _)| deletion),
            mark.confirmed.map(|(_, count)| count),
            content
        ])?;
        if changed_since {
            mark_changed(self.transaction, mark.kind, &mark.local)?;
        }
        Ok(())
    }

    /// The push has arrived: other devices know what was in it. Whether it was this one; an answer that comes late, to a push of
    /// before, changes nothing.
    ///
    /// # Errors
    /// What the database says.
    pub fn acknowledge_push(&mut self, hash: HeaderHash) -> Result<bool, VaultError> {
        let is_this: bool = self
            .transaction
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM sync_push WHERE hash = ?1)")?
            .query_row([hash.0], |row| row.get(0))?;
        if !is_this {
            return Ok(false);
        }
        for sealed in sealed_and_changed(self.transaction)? {
            self.arrived_as(&sealed, &sealed.known)?;
            self.transaction
                .prepare_cached("DELETE FROM sync_push_record WHERE id = ?1")?
                .execute([sealed.known.id.0])?;
        }
        // What was not changed since: as `arrived_as`, all in one.
        self.transaction
            .execute_batch(include_str!("../../sql/push_arrived.sql"))?;
        self.forget_push()?;
        Ok(true)
    }

    /// Another push was first: what was in this one waits again, and where nothing changed since, under its revision and in the
    /// envelope that `envelope` finds.
    ///
    /// # Errors
    /// What the database says.
    pub fn drop_push(
        &mut self,
        envelope: &mut dyn FnMut(RecordId) -> Option<Vec<u8>>,
    ) -> Result<(), VaultError> {
        for sealed in sealed(self.transaction)? {
            self.wait_again(&sealed, envelope)?;
        }
        self.forget_push()
    }

    fn wait_again(
        &mut self,
        sealed: &Sealed,
        envelope: &mut dyn FnMut(RecordId) -> Option<Vec<u8>>,
    ) -> Result<(), VaultError> {
        let transaction = self.transaction;
        let (id, revision) = (sealed.known.id, sealed.known.revision);
        let known = known(transaction, id)?;
        let row = match Kind::of(sealed.kind) {
            Some(kind) => rows::read(transaction, kind, &sealed.local)?,
            None => Row::Gone,
        };
        if known.is_none() && row == Row::Gone {
            // Nobody knows it, and it is here no more.
            return unmark(transaction, sealed.kind, &sealed.local);
        }
        if known.is_some_and(|known| known.revision == revision)
            && let Some(content) = &sealed.content
        {
            base::put(transaction, id, content)?;
        }
        transaction
            .prepare_cached(
                "INSERT INTO sync_change (kind, local, times, id, revision, deletion, deletion_count, envelope)
                 SELECT kind, local, 1, id, revision, deletion, deletion_count, ?2 FROM sync_push_record WHERE id = ?1
                 ON CONFLICT (kind, local) DO UPDATE SET id = excluded.id",
            )?
            .execute(params![id.0, envelope(id)])?;
        Ok(())
    }

    /// All that other devices know, tombstones too, waits to be pushed again under the revisions that it has: the copy was
    /// ended and is wanted again. Other changes wait as before.
    ///
    /// # Errors
    /// [`VaultError::NoConsent`]; what the database says.
    pub fn send_all_again(&mut self, consent: &Consent<CopyOnServer>) -> Result<(), VaultError> {
        consent.check(self.transaction)?;
        self.transaction.execute(
            "INSERT INTO sync_change (kind, local, times, id, revision)
             SELECT CASE WHEN local IS NULL THEN ?1 ELSE kind END, coalesce(local, id), 1, id, revision
             FROM sync_record WHERE true ON CONFLICT (kind, local) DO NOTHING",
            [TOMBSTONE],
        )?;
        Ok(())
    }

    fn forget_push(&mut self) -> Result<(), VaultError> {
        for table in ["sync_push_record", "sync_push"] {
            self.transaction.execute(&format!("DELETE FROM {table}"), [])?;
        }
        Ok(())
    }

    /// Other devices know what was sealed, maybe in another sealing. What changed since rests on it.
    pub(super) fn arrived_as(&mut self, sealed: &Sealed, theirs: &Known) -> Result<(), VaultError> {
        let transaction = self.transaction;
        let waits = is_changed_since(transaction, sealed.kind, &sealed.local, theirs.revision)?;
        let gone = theirs.deleted && !waits || sealed.kind == TOMBSTONE;
        put_known(transaction, theirs, (!gone).then_some(&sealed.local))?;
        base::forget(transaction, theirs.id)?;
        if theirs.deleted {
            base::forget_originals(transaction, theirs.id)?;
        }
        if !waits {
            return unmark(transaction, sealed.kind, &sealed.local);
        }
        match &sealed.content {
            Some(content) => base::put(transaction, theirs.id, content).map(|_| ()),
            None => Ok(()),
        }
    }
}

/// A record of the push that is on its way.
#[derive(Clone, Debug)]
pub(super) struct Sealed {
    pub(super) known: Known,
    /// [`TOMBSTONE`], or the kind.
    pub(super) kind: u16,
    pub(super) local: Local,
    /// What was sealed, where it was changed since.
    pub(super) content: Option<Vec<u8>>,
}

const SEALED: &str = "SELECT sent.id, coalesce(record.kind, sent.kind), sent.revision, sent.hash, sent.parent, sent.deleted, \
     sent.kind, sent.local, sent.content FROM sync_push_record AS sent LEFT JOIN sync_record AS record ON record.id = sent.id";

fn sealed(connection: &Connection) -> Result<Vec<Sealed>, VaultError> {
    let mut query = connection.prepare_cached(SEALED)?;
    let rows = query.query_and_then([], read_sealed)?;
    rows.collect()
}

/// Of what is on its way, what waits again.
fn sealed_and_changed(connection: &Connection) -> Result<Vec<Sealed>, VaultError> {
    let mut query = connection.prepare_cached(&format!(
        "{SEALED} WHERE EXISTS (SELECT 1 FROM sync_change WHERE kind = sent.kind AND local = sent.local)"
    ))?;
    let rows = query.query_and_then([], read_sealed)?;
    rows.collect()
}

/// What is on its way of a record.
pub(super) fn pushed_of(connection: &Connection, id: RecordId) -> Result<Option<Sealed>, VaultError> {
    let mut query = connection.prepare_cached(&format!("{SEALED} WHERE sent.id = ?1"))?;
    let mut rows = query.query_and_then([id.0], read_sealed)?;
    rows.next().transpose()
}

/// What is sealed of a record and has not arrived: on its way, or waiting to go again as it is.
pub(super) fn sealed_of(connection: &Connection, id: RecordId) -> Result<Option<Sealed>, VaultError> {
    match pushed_of(connection, id)? {
        Some(sealed) => Ok(Some(sealed)),
        None => sealed_before(connection, id),
    }
}

fn sealed_before(connection: &Connection, id: RecordId) -> Result<Option<Sealed>, VaultError> {
    let mut query = connection.prepare_cached(
        "SELECT kind, local, revision, envelope FROM sync_change
         WHERE id = ?1 AND revision IS NOT NULL AND envelope IS NOT NULL",
    )?;
    let mut rows = query.query_and_then([id.0], |row| {
        let envelope: Vec<u8> = row.get(3)?;
        let envelope = Envelope::from_bytes(&envelope).map_err(|_| VaultError::VaultDamaged)?;
        let kind = row.get(0)?;
        Ok(Sealed {
            known: Known {
                id,
                kind,
                revision: Revision(row.get(2)?),
                hash: envelope.hash().map_err(|_| VaultError::VaultDamaged)?,
                parent: envelope.label.parent,
                deleted: envelope.label.deleted,
            },
            kind,
            local: row.get(1)?,
            content: None,
        })
    })?;
    rows.next().transpose()
}

fn read_sealed(row: &SqlRow<'_>) -> Result<Sealed, VaultError> {
    Ok(Sealed {
        known: super::read_known(row)?,
        kind: row.get(6)?,
        local: row.get(7)?,
        content: row.get(8)?,
    })
}

fn is_on_its_way(connection: &Connection) -> Result<bool, VaultError> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM sync_push)")?
        .query_row([], |row| row.get(0))?)
}

fn push_alone(connection: &Connection) -> Result<Option<StoredPush>, VaultError> {
    let mut query = connection.prepare_cached("SELECT sequence, hash, bytes FROM sync_push")?;
    let mut rows = query.query_and_then([], |row| {
        let sequence: i64 = row.get(0)?;
        Ok::<_, VaultError>(StoredPush {
            sequence: u64::try_from(sequence).map_err(|_| VaultError::VaultDamaged)?,
            hash: HeaderHash(row.get(1)?),
            bytes: row.get(2)?,
            records: Vec::new(),
        })
    })?;
    rows.next().transpose()
}

fn stored_push(connection: &Connection) -> Result<Option<StoredPush>, VaultError> {
    let Some(push) = push_alone(connection)? else {
        return Ok(None);
    };
    let records = sealed(connection)?.into_iter().map(|sealed| sealed.known);
    Ok(Some(StoredPush {
        records: records.collect(),
        ..push
    }))
}

/// Where reading the outbox goes on.
struct Place {
    kind: i32,
    local: Local,
}

impl Place {
    /// Before everything, also before tombstones.
    fn start() -> Self {
        Self {
            kind: -1,
            local: Local::only(),
        }
    }
}

/// A row of the outbox.
struct Line {
    kind: u16,
    local: Local,
    times: i64,
    id: Option<[u8; 16]>,
    revision: Option<[u8; 16]>,
    confirmed: Option<([u8; 16], u32)>,
    envelope: Option<Vec<u8>>,
    known: Option<Known>,
}

/// What waits beside what is known of it.
pub(super) const WAITING: &str = "\
SELECT change.kind, change.local, times, change.id, change.revision, deletion, deletion_count, envelope, \
    record.id, record.kind, record.revision, hash, parent, deleted \
FROM sync_change AS change LEFT JOIN sync_record AS record ON record.id = coalesce(change.id, (
    SELECT id FROM sync_record WHERE kind = change.kind AND local = change.local
)) WHERE (change.kind, change.local) > (?1, ?2) AND asked = 0 AND NOT EXISTS (
    SELECT 1 FROM sync_push_record WHERE kind = change.kind AND local = change.local
) ORDER BY change.kind, change.local LIMIT ?3";

fn waiting(connection: &Connection, after: &Place) -> Result<Vec<Line>, VaultError> {
    let mut query = connection.prepare_cached(WAITING)?;
    let rows = query.query_and_then(params![after.kind, after.local, AT_ONCE], |row| {
        let (deletion, count): (Option<[u8; 16]>, Option<u32>) = (row.get(5)?, row.get(6)?);
        let record: Option<[u8; 16]> = row.get(8)?;
        Ok::<_, VaultError>(Line {
            kind: row.get(0)?,
            local: row.get(1)?,
            times: row.get(2)?,
            id: row.get(3)?,
            revision: row.get(4)?,
            confirmed: deletion.zip(count),
            envelope: row.get(7)?,
            known: record.map(|_| super::read_known_at(row, 8)).transpose()?,
        })
    })?;
    rows.collect()
}

/// What a row of the outbox stands for; `None` when there is nothing to push of it now.
fn change(connection: &Connection, line: Line, name: Naming<'_>) -> Result<Option<Change>, VaultError> {
    let known = line.known;
    let record = line.id.map(RecordId).or(known.map(|known| known.id));
    let row = if line.kind == TOMBSTONE {
        Row::Gone
    } else {
        rows::read(connection, own_kind(line.kind)?, &line.local)?
    };
    let waits_for_newer = match known {
        Some(known) => is_later(connection, known.id)?,
        None => false,
    };
    let kind = known.map_or(line.kind, |known| known.kind);
    let what = match (row, record, known) {
        _ if waits_for_newer => return Ok(None),
        (Row::There(content), ..) => What::Content(content),
        (Row::Dying, ..) | (Row::Gone, _, None) => return Ok(None),
        (Row::Gone, ..) => What::Tombstone(tombstone(kind, line.confirmed)?),
    };
    let id = match (record, &what) {
        (Some(id), _) => id,
        (None, What::Content(content)) => {
            let kind = own_kind(line.kind)?;
            let called = match kind {
                Kind::Entry | Kind::Run => None,
                _ => AnyRecord::read(content)?.name(),
            };
            name(kind, called.as_deref())?
        }
        (None, What::Tombstone(_)) => return Ok(None),
    };
    Ok(Some(Change {
        id,
        kind,
        parent: match line.revision {
            // The same writing goes again: it was made from what it was made from.
            Some(revision) if known.is_some_and(|known| known.revision.0 == revision) => {
                known.and_then(|known| known.parent)
            }
            _ => known.map(|known| known.hash),
        },
        revision: line.revision.map(Revision),
        envelope: line.envelope,
        what,
        known,
        mark: Mark {
            kind: line.kind,
            local: line.local,
            times: line.times,
            confirmed: line.confirmed,
        },
    }))
}

fn tombstone(kind: u16, confirmed: Option<([u8; 16], u32)>) -> Result<Vec<u8>, VaultError> {
    let confirmed = confirmed.map(|(deletion, count)| Confirmed {
        deletion: Uuid::from_bytes(deletion),
        count,
    });
    Ok(Tombstone { kind, confirmed }.write()?)
}

/// The id under which a row is known.
pub(super) fn id_of(
    connection: &Connection,
    kind: u16,
    local: &Local,
) -> Result<Option<RecordId>, VaultError> {
    let id: Option<[u8; 16]> = connection
        .prepare_cached("SELECT id FROM sync_record WHERE kind = ?1 AND local = ?2")?
        .query_row(params![kind, local], |row| row.get(0))
        .optional()?;
    Ok(id.map(RecordId))
}

fn is_later(connection: &Connection, id: RecordId) -> Result<bool, VaultError> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM sync_later WHERE id = ?1)")?
        .query_row([id.0], |row| row.get(0))?)
}

pub(super) fn is_marked(connection: &Connection, kind: u16, local: &Local) -> Result<bool, VaultError> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM sync_change WHERE kind = ?1 AND local = ?2)")?
        .query_row(params![kind, local], |row| row.get(0))?)
}

/// Whether it was changed since it was sealed under this revision.
pub(super) fn is_changed_since(
    connection: &Connection,
    kind: u16,
    local: &Local,
    revision: Revision,
) -> Result<bool, VaultError> {
    Ok(connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM sync_change WHERE kind = ?1 AND local = ?2 AND revision IS NOT ?3)",
        )?
        .query_row(params![kind, local, revision.0], |row| row.get(0))?)
}

/// As the triggers do.
pub(super) fn mark_changed(
    transaction: &Transaction<'_>,
    kind: u16,
    local: &Local,
) -> Result<(), VaultError> {
    transaction
        .prepare_cached(
            "INSERT INTO sync_change (kind, local, times) VALUES (?1, ?2, 1)
             ON CONFLICT (kind, local) DO UPDATE SET times = times + 1, asked = 0, revision = NULL, envelope = NULL,
                 deletion = NULL, deletion_count = NULL",
        )?
        .execute(params![kind, local])?;
    Ok(())
}

/// The same for whoever knows the kind.
pub(crate) fn mark_changed_kind(
    transaction: &Transaction<'_>,
    kind: Kind,
    local: &Local,
) -> Result<(), VaultError> {
    mark_changed(transaction, kind.number(), local)
}

pub(super) fn unmark(transaction: &Transaction<'_>, kind: u16, local: &Local) -> Result<(), VaultError> {
    transaction
        .prepare_cached("DELETE FROM sync_change WHERE kind = ?1 AND local = ?2")?
        .execute(params![kind, local])?;
    Ok(())
}

/// Everything that is here waits to be pushed.
pub(super) fn mark_all(transaction: &Transaction<'_>) -> Result<(), VaultError> {
    Ok(transaction.execute_batch(include_str!("../../sql/mark_all.sql"))?)
}

/// These deletions are one, which the person said yes to, with the attachments that go along.
pub(crate) fn confirm_deletion(
    transaction: &Transaction<'_>,
    deletion: [u8; 16],
    doomed: &[(deletion::Kind, [u8; 16])],
    attachments: &[[u8; 16]],
) -> Result<(), VaultError> {
    let all = doomed.len().saturating_add(attachments.len());
    let count = u32::try_from(all).map_err(|_| VaultError::TooLarge)?;
    let records = doomed.iter().map(|(kind, id)| match kind {
        deletion::Kind::Entries => (Kind::Entry, id),
        deletion::Kind::Checks => (Kind::Run, id),
    });
    let along = attachments.iter().map(|id| (Kind::Attachment, id));
    for (kind, id) in records.chain(along) {
        transaction
            .prepare_cached(
                "UPDATE sync_change SET deletion = ?3, deletion_count = ?4 WHERE kind = ?1 AND local = ?2",
            )?
            .execute(params![
                kind.number(),
                Local::id(Uuid::from_bytes(*id)),
                deletion,
                count
            ])?;
    }
    Ok(())
}
