//! What came from other devices: looked up beside what is here, and taken in as it was decided.

use regie_domain::{
    record::{self, AnyRecord, Kind},
    search::Indexer,
};
use regie_protocol::{
    purpose::KeepOnDevice,
    sync::{EnvelopeHash, RecordId, Revision},
};
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    Known, Syncing, base,
    base::Originals,
    known,
    local::Local,
    outbox::{self, Sealed, id_of, is_marked, mark_changed, pushed_of, sealed_of, unmark},
    put_known,
    rows::{self, Row},
};
use crate::{Vault, VaultError, consent::Consent, deletion, import, instruments};

/// What happened to a record here since other devices knew it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mine {
    /// Nothing, or it is not here.
    Unchanged,
    /// It was written, or written in.
    Changed,
    /// It was deleted; maybe it can still be taken back.
    Deleted,
}

/// A change of this device that is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnItsWay {
    /// Which writing.
    pub revision: Revision,
    /// Its envelope.
    pub hash: EnvelopeHash,
    /// Whether it is a tombstone.
    pub deleted: bool,
    /// Whether the record was changed again since.
    pub changed_since: bool,
    /// What was sealed; nothing of a tombstone.
    pub content: Option<Vec<u8>>,
}

/// A record as it is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Here {
    /// What other devices know of it.
    pub known: Option<Known>,
    /// What happened since.
    pub mine: Mine,
    /// What is on its way.
    pub sealed: Option<OnItsWay>,
    /// Its content, where it is there.
    pub content: Option<Vec<u8>>,
    /// What was last agreed on, where that is another content.
    pub base: Option<Vec<u8>>,
}

/// A record that came, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// What other devices know from now on.
    pub theirs: Known,
    /// What becomes of it here.
    pub outcome: Outcome,
}

/// What becomes of a record that came. In each case what came is what other devices know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The same writing sealed anew, or a tombstone of what is not here. What waits goes on waiting.
    Note,
    /// What was sealed here has arrived. What changed since goes on waiting, and rests on it.
    Arrived,
    /// This content takes the place of what is here; what waited does so no more.
    Take(Vec<u8>),
    /// It goes, with base and originals.
    Delete,
    /// Both changed it.
    Merge {
        /// What came; the base from now on.
        theirs: Vec<u8>,
        /// What both became. It waits, unless it is what came.
        merged: Vec<u8>,
        /// Both contents, where they are kept.
        originals: Option<Originals>,
        /// What did not fit: a record of its own.
        apart: Option<Vec<u8>>,
    },
    /// It was deleted there and stays here; it waits as a new writing.
    Keep,
    /// What is here, or its tombstone, waits under this revision.
    SendAgain(Revision),
    /// The person is asked; what came, unless it was a tombstone, is kept aside ([`Syncing::answer`]).
    Ask(Option<Vec<u8>>),
    /// Of a newer program: kept as it came, until this one is as new. What waits of it waits on.
    Later(Vec<u8>),
}

impl Vault {
    /// A record as it is here. With what came, it is also found where other devices do not know it yet.
    ///
    /// # Errors
    /// [`VaultError::VaultDamaged`] for a content that cannot be read; what the database says.
    pub fn here(&self, id: RecordId, theirs: Option<&[u8]>) -> Result<Here, VaultError> {
        here(&self.connection, id, theirs)
    }

    /// What is kept aside, and can be read by this program now.
    ///
    /// # Errors
    /// What the database says.
    pub fn readable_now(&self) -> Result<Vec<(RecordId, Vec<u8>)>, VaultError> {
        let mut query = self.connection.prepare_cached(
            "SELECT id, content FROM sync_later WHERE id NOT IN (SELECT id FROM sync_change WHERE asked = 1 AND id IS NOT NULL)",
        )?;
        let rows = query.query_map([], |row| Ok((RecordId(row.get(0)?), row.get(1)?)))?;
        let kept: Vec<(RecordId, Vec<u8>)> = rows.collect::<Result<_, _>>()?;
        Ok(kept
            .into_iter()
            .filter(|(_, content)| AnyRecord::read(content).is_ok())
            .collect())
    }
}

impl Syncing<'_> {
    /// As [`Vault::here`].
    ///
    /// # Errors
    /// As there.
    pub fn here(&self, id: RecordId, theirs: Option<&[u8]>) -> Result<Here, VaultError> {
        here(self.transaction, id, theirs)
    }

    /// Takes in what came, as it was decided. It rests on the consent that writing it here would rest on.
    ///
    /// # Errors
    /// [`VaultError::NoConsent`]; [`VaultError::VaultDamaged`] for contents that cannot be read; what the database says.
    pub fn take_in(
        &mut self,
        consent: &Consent<KeepOnDevice>,
        arrived: &Arrived,
        indexer: &mut Indexer,
    ) -> Result<(), VaultError> {
        if !self.quiet {
            consent.check(self.transaction)?;
        }
        self.quietly()?;
        self.write_fresh()?;
        let theirs = &arrived.theirs;
        match &arrived.outcome {
            Outcome::Note => {
                let place = match self.place(theirs.id, None)? {
                    Some(place)
                        if theirs.deleted && !is_marked(self.transaction, place.kind, &place.local)? =>
                    {
                        None
                    }
                    place => place,
                };
                put_known(self.transaction, theirs, place.as_ref().map(|place| &place.local))
            }
            Outcome::Arrived => self.arrived(theirs),
            Outcome::Take(content) => self.take(theirs, content, indexer).map(|_| ()),
            Outcome::Delete => self.delete(theirs),
            Outcome::Merge {
                theirs: content,
                merged,
                originals,
                apart,
            } => {
                let place = self.take(theirs, merged, indexer)?;
                if merged != content
                    && let Some(place) = place
                {
                    base::put(self.transaction, theirs.id, content)?;
                    mark_changed(self.transaction, place.kind, &place.local)?;
                }
                if let Some(originals) = originals {
                    self.put_originals(theirs.id, originals)?;
                }
                apart.as_ref().map_or(Ok(()), |apart| self.add(apart, indexer))
            }
            Outcome::Keep => {
                let place = self.known_place(theirs)?;
                base::forget(self.transaction, theirs.id)?;
                mark_changed(self.transaction, place.kind, &place.local)
            }
            Outcome::SendAgain(revision) => self.send_again(theirs, *revision),
            Outcome::Ask(content) => self.ask(theirs, content.as_deref()),
            Outcome::Later(content) => {
                let place = self.place(theirs.id, None)?;
                put_known(self.transaction, theirs, place.as_ref().map(|place| &place.local))?;
                self.put_aside(theirs.id, content)
            }
        }
    }

    /// The person has said what holds: what is here, or what came and was kept aside. What is here waits as a new writing.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when nothing is asked; else as [`Syncing::take_in`].
    pub fn answer(
        &mut self,
        consent: &Consent<KeepOnDevice>,
        id: RecordId,
        keep_mine: bool,
        indexer: &mut Indexer,
    ) -> Result<(), VaultError> {
        consent.check(self.transaction)?;
        self.quietly()?;
        let asked: Option<(u16, Local)> = self
            .transaction
            .prepare_cached("SELECT kind, local FROM sync_change WHERE id = ?1 AND asked = 1")?
            .query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (kind, local) = asked.ok_or(VaultError::NotFound)?;
        let theirs = known(self.transaction, id)?.ok_or(VaultError::NotFound)?;
        let aside: Option<Vec<u8>> = self
            .transaction
            .prepare_cached("SELECT content FROM sync_later WHERE id = ?1")?
            .query_row([id.0], |row| row.get(0))
            .optional()?;
        match (keep_mine, aside) {
            (true, _) => {
                self.forget_aside(id)?;
                mark_changed(self.transaction, kind, &local)
            }
            (false, Some(content)) => self.take(&theirs, &content, indexer).map(|_| ()),
            (false, None) => self.delete(&theirs),
        }
    }

    /// The row of a record, as far as there is one.
    fn place(&self, id: RecordId, theirs: Option<&[u8]>) -> Result<Option<Place>, VaultError> {
        place(self.transaction, id, theirs)
    }

    /// Notes what came beside a row that stays.
    fn known_place(&mut self, theirs: &Known) -> Result<Place, VaultError> {
        let place = self.place(theirs.id, None)?.ok_or(VaultError::NotFound)?;
        put_known(self.transaction, theirs, Some(&place.local))?;
        self.forget_sealed(theirs.id)?;
        Ok(place)
    }

    fn arrived(&mut self, theirs: &Known) -> Result<(), VaultError> {
        if let Some(sealed) = pushed_of(self.transaction, theirs.id)? {
            self.arrived_as(&sealed, theirs)?;
            return self.forget_sealed(theirs.id);
        }
        let Some(place) = self.place(theirs.id, None)? else {
            return put_known(self.transaction, theirs, None);
        };
        // A push that was dropped, or a deletion on both sides.
        let goes_again: Option<[u8; 16]> = self
            .transaction
            .prepare_cached("SELECT revision FROM sync_change WHERE kind = ?1 AND local = ?2")?
            .query_row(params![place.kind, place.local], |row| {
                row.get::<_, Option<[u8; 16]>>(0)
            })
            .optional()?
            .flatten();
        if theirs.deleted || goes_again == Some(theirs.revision.0) {
            unmark(self.transaction, place.kind, &place.local)?;
            base::forget(self.transaction, theirs.id)?;
        }
        let local = (!theirs.deleted).then_some(&place.local);
        put_known(self.transaction, theirs, local)
    }

    /// Writes a content into the record's row; nothing of it waits any more. Of what there is one of, a second record is only noted.
    fn take(
        &mut self,
        theirs: &Known,
        content: &[u8],
        indexer: &mut Indexer,
    ) -> Result<Option<Place>, VaultError> {
        let record = AnyRecord::read(content)?;
        let kind = record.kind().number();
        let local = match self.place(theirs.id, Some(content))? {
            Some(place) => Some(place.local),
            None => self.free(theirs.id, &record)?,
        };
        self.unmark_tombstone(theirs.id)?;
        base::forget(self.transaction, theirs.id)?;
        self.forget_aside(theirs.id)?;
        self.forget_sealed(theirs.id)?;
        put_known(self.transaction, theirs, local.as_ref())?;
        let Some(local) = local else {
            return Ok(None);
        };
        self.erasing.unindex(self.transaction)?;
        rows::write(self.transaction, rows::moved(record, &local)?, indexer)?;
        self.tags = true;
        unmark(self.transaction, kind, &local)?;
        Ok(Some(Place { kind, local }))
    }

    /// A record of its own, which waits.
    fn add(&mut self, content: &[u8], indexer: &mut Indexer) -> Result<(), VaultError> {
        let record = AnyRecord::read(content)?;
        let (kind, local) = (record.kind(), rows::local_of(&record));
        // Another device that merged the same has sent it already.
        if rows::read(self.transaction, kind, &local)? == Row::Gone {
            self.erasing.unindex(self.transaction)?;
            rows::write(self.transaction, record, indexer)?;
            mark_changed(self.transaction, kind.number(), &local)?;
        }
        Ok(())
    }

    fn delete(&mut self, theirs: &Known) -> Result<(), VaultError> {
        if let Some(place) = self.place(theirs.id, None)? {
            self.erase(&place)?;
            unmark(self.transaction, place.kind, &place.local)?;
        }
        self.unmark_tombstone(theirs.id)?;
        base::forget(self.transaction, theirs.id)?;
        base::forget_originals(self.transaction, theirs.id)?;
        self.forget_aside(theirs.id)?;
        self.forget_sealed(theirs.id)?;
        put_known(self.transaction, theirs, None)
    }

    fn erase(&mut self, place: &Place) -> Result<(), VaultError> {
        let kind = match Kind::of(place.kind) {
            Some(Kind::Entry) => deletion::Kind::Entries,
            Some(Kind::Run) => deletion::Kind::Checks,
            Some(Kind::Attachment) => {
                // Entries that come with it are written first.
                self.let_go.push(*place.local.as_id()?.as_bytes());
                return Ok(());
            }
            Some(Kind::Instrument) => {
                let (id, version) = place.local.as_instrument()?;
                return instruments::remove_unused(self.transaction, id, version);
            }
            // There is one of each, which is never deleted.
            _ => return Ok(()),
        };
        let id = place.local.as_id()?;
        self.erasing.erase(self.transaction, kind, *id.as_bytes())
    }

    fn send_again(&mut self, theirs: &Known, revision: Revision) -> Result<(), VaultError> {
        let place = self.place(theirs.id, None)?.unwrap_or_else(|| Place {
            kind: outbox::TOMBSTONE,
            local: Local::tombstone(theirs.id.0),
        });
        let local = (place.kind != outbox::TOMBSTONE).then_some(&place.local);
        put_known(self.transaction, theirs, local)?;
        self.forget_sealed(theirs.id)?;
        self.transaction
            .prepare_cached(
                "INSERT INTO sync_change (kind, local, times, id, revision) VALUES (?1, ?2, 1, ?3, ?4)
                 ON CONFLICT (kind, local) DO UPDATE SET times = times + 1, asked = 0, id = excluded.id,
                     revision = excluded.revision, envelope = NULL",
            )?
            .execute(params![place.kind, place.local, theirs.id.0, revision.0])?;
        Ok(())
    }

    fn ask(&mut self, theirs: &Known, content: Option<&[u8]>) -> Result<(), VaultError> {
        let place = self.place(theirs.id, None)?.unwrap_or_else(|| Place {
            kind: outbox::TOMBSTONE,
            local: Local::tombstone(theirs.id.0),
        });
        let local = (place.kind != outbox::TOMBSTONE).then_some(&place.local);
        put_known(self.transaction, theirs, local)?;
        self.forget_sealed(theirs.id)?;
        mark_changed(self.transaction, place.kind, &place.local)?;
        self.transaction
            .prepare_cached("UPDATE sync_change SET asked = 1, id = ?3 WHERE kind = ?1 AND local = ?2")?
            .execute(params![place.kind, place.local, theirs.id.0])?;
        content.map_or(Ok(()), |content| self.put_aside(theirs.id, content))
    }

    /// A row for a record that is new here. Where another record has the one that it asks for, a further one that follows from
    /// both; none where there is only one.
    fn free(&self, id: RecordId, record: &AnyRecord) -> Result<Option<Local>, VaultError> {
        let kind = record.kind().number();
        let mut local = rows::local_of(record);
        while let Some(other) = id_of(self.transaction, kind, &local)?
            && other != id
        {
            if !matches!(record, AnyRecord::Entry(_) | AnyRecord::Run(_)) {
                return Ok(None);
            }
            local = Local::id(import::next_mark(local.as_id()?, id.0));
        }
        Ok(Some(local))
    }

    fn unmark_tombstone(&mut self, id: RecordId) -> Result<(), VaultError> {
        unmark(self.transaction, outbox::TOMBSTONE, &Local::tombstone(id.0))
    }

    fn put_aside(&mut self, id: RecordId, content: &[u8]) -> Result<(), VaultError> {
        self.transaction
            .prepare_cached(
                "INSERT INTO sync_later (id, content) VALUES (?1, ?2)
                 ON CONFLICT (id) DO UPDATE SET content = excluded.content",
            )?
            .execute(params![id.0, content])?;
        Ok(())
    }

    fn forget_aside(&mut self, id: RecordId) -> Result<(), VaultError> {
        self.transaction
            .prepare_cached("DELETE FROM sync_later WHERE id = ?1")?
            .execute([id.0])?;
        Ok(())
    }

    fn forget_sealed(&mut self, id: RecordId) -> Result<(), VaultError> {
        self.transaction
            .prepare_cached("DELETE FROM sync_push_record WHERE id = ?1")?
            .execute([id.0])?;
        Ok(())
    }
}

/// The row of a record.
#[derive(Clone, Debug)]
struct Place {
    kind: u16,
    local: Local,
}

/// Where a record is here: as other devices know it, as it waits, or, when what came says so, where nobody knows it yet.
fn place(connection: &Connection, id: RecordId, theirs: Option<&[u8]>) -> Result<Option<Place>, VaultError> {
    let found = connection
        .prepare_cached(
            "SELECT kind, local FROM sync_record WHERE id = ?1 AND local IS NOT NULL
             UNION ALL SELECT kind, local FROM sync_push_record WHERE id = ?1
             UNION ALL SELECT kind, local FROM sync_change WHERE id = ?1 LIMIT 1",
        )?
        .query_row([id.0], |row| {
            Ok(Place {
                kind: row.get(0)?,
                local: row.get(1)?,
            })
        })
        .optional()?;
    if let Some(place) = found {
        return Ok((place.kind != outbox::TOMBSTONE).then_some(place));
    }
    let Some(content) = theirs else {
        return Ok(None);
    };
    // What a newer program wrote is nowhere here.
    let record = match AnyRecord::read(content) {
        Ok(record) => record,
        Err(record::RecordError::TooNew { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let (kind, local) = (record.kind(), rows::local_of(&record));
    let is_there = rows::read(connection, kind, &local)? != Row::Gone;
    let is_anothers = id_of(connection, kind.number(), &local)?.is_some();
    Ok((is_there && !is_anothers).then_some(Place {
        kind: kind.number(),
        local,
    }))
}

fn here(connection: &Connection, id: RecordId, theirs: Option<&[u8]>) -> Result<Here, VaultError> {
    let known = known(connection, id)?;
    let sealed = sealed_of(connection, id)?;
    let Some(Place { kind, local }) = place(connection, id, theirs)? else {
        return Ok(Here {
            known,
            mine: Mine::Unchanged,
            sealed: sealed.map(|sealed| on_its_way(sealed, None, false)),
            content: None,
            base: None,
        });
    };
    let row = rows::read(connection, super::own_kind(kind)?, &local)?;
    let changed_since = match &sealed {
        Some(sealed) => outbox::is_changed_since(connection, kind, &local, sealed.known.revision)?,
        None => false,
    };
    let waits = is_marked(connection, kind, &local)?;
    let mine = match &row {
        Row::There(_) if waits || sealed.is_some() => Mine::Changed,
        Row::There(_) => Mine::Unchanged,
        Row::Dying => Mine::Deleted,
        Row::Gone if known.is_none_or(|known| known.deleted) && !waits => Mine::Unchanged,
        Row::Gone => Mine::Deleted,
    };
    let content = match row {
        Row::There(content) => Some(content),
        Row::Dying | Row::Gone => None,
    };
    Ok(Here {
        known,
        mine,
        sealed: sealed.map(|sealed| on_its_way(sealed, content.as_deref(), changed_since)),
        content,
        base: base::of(connection, id)?,
    })
}

fn on_its_way(sealed: Sealed, content: Option<&[u8]>, changed_since: bool) -> OnItsWay {
    OnItsWay {
        revision: sealed.known.revision,
        hash: sealed.known.hash,
        deleted: sealed.known.deleted,
        changed_since,
        content: match (sealed.known.deleted, changed_since) {
            (true, _) => None,
            (false, true) => sealed.content,
            (false, false) => content.map(<[u8]>::to_vec),
        },
    }
}
