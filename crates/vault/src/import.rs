//! Taking records in from outside: all in one transaction, none twice, and taken back as one step for a day.

use std::borrow::Cow;
use std::path::Path;
use std::thread;

use chrono::{DateTime, NaiveDate, Utc};
use regie_domain::{
    AttachmentId, EntryId, RunId,
    attachment::Attached,
    diary::{Entry, Mood},
    meter::Answer,
    moment::Moment,
    restriction::Restriction,
    search::Indexer,
};
use regie_protocol::purpose::KeepOnDevice;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use uuid::Uuid;

use crate::{
    Vault, VaultError,
    ahead::{Refused, hand_over},
    attachment::{
        self,
        bring::{Brought, Without},
    },
    consent::Consent,
    deletion::{Gone, Kind},
    diary::{self, Prepared},
    instruments::{self, StoredInstrument},
    meter::{self, Run},
    restriction, search, time,
};

/// A record that comes in.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrival {
    /// An instrument, checked before; comes before the runs that need it.
    Instrument(StoredInstrument),
    /// A diary entry, which names what it has by the ids of where it comes from.
    Entry(Entry, Option<Restriction>),
    /// A check, a pulse or a check-in.
    Run(Run, Option<Restriction>),
}

/// What becomes of a record that comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is added.
    New,
    /// It is here already, the same.
    There,
    /// Another version of it is here: both stay.
    Differs,
    /// It is nothing but photos and recordings, and none of them comes in.
    Empty,
}

/// What would become of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// Whether it comes in.
    pub fate: Fate,
    /// What it would name of photos and recordings.
    pub named: Vec<AttachmentId>,
    /// What it would do without.
    pub without: Without,
}

impl Outlook {
    const fn of(fate: Fate) -> Self {
        let without = Without {
            absent: 0,
            damaged: 0,
        };
        let named = Vec::new();
        Self { fate, named, without }
    }
}

/// What came of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Entries that were added.
    pub entries: u32,
    /// Runs that were added.
    pub runs: u32,
    /// Instruments that were added.
    pub instruments: u32,
    /// Photos that were added.
    pub photos: u32,
    /// Recordings that were added.
    pub sounds: u32,
    /// Records that were here already.
    pub there: u32,
    /// Entries that are nothing without what did not come in.
    pub empty: u32,
    /// What entries do without.
    pub without: Without,
}

/// An import that can still be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Which one.
    pub id: i64,
    /// When it came in.
    pub at: DateTime<Utc>,
    /// From what kind of file.
    pub origin: String,
    /// How many records came in.
    pub records: u32,
}

/// Whoever takes records in has stopped: the reason is with the import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended;

/// Hands records out, one after the other.
pub type Hand<'a> = &'a mut dyn FnMut(Arrival) -> Result<(), Ended>;

pub(crate) type Content = [u8; 16];

/// A record that is ready to be written.
enum Ready {
    Instrument(StoredInstrument),
    Entry(Box<Prepared<'static>>, Option<Restriction>),
    Run(Run, Option<Restriction>),
}

impl Ready {
    fn of(arrival: Arrival, indexer: &mut Indexer) -> Result<Self, VaultError> {
        Ok(match arrival {
            Arrival::Instrument(instrument) => Self::Instrument(instrument),
            Arrival::Run(run, restriction) => Self::Run(run, restriction),
            Arrival::Entry(entry, restriction) => {
                Self::Entry(Box::new(Prepared::of(Cow::Owned(entry), indexer)?), restriction)
            }
        })
    }
}

impl Vault {
    /// What would become of a record, as things stand.
    ///
    /// # Errors
    /// What the database says.
    pub fn outlook(&self, arrival: &Arrival, brought: &Brought, gone: &Gone) -> Result<Outlook, VaultError> {
        let connection = &self.connection;
        Ok(match arrival {
            Arrival::Instrument(one) if instruments::is_there(connection, one)? => Outlook::of(Fate::There),
            Arrival::Instrument(_) => Outlook::of(Fate::New),
            Arrival::Entry(entry, _) => {
                let (named, without) = brought.settle(connection, &entry.attachments)?;
                let content = entry_content(entry, &named);
                let fate = match is_empty(entry, &named) {
                    true => Fate::Empty,
                    false => settle(connection, gone, Kind::Entries, entry.id.0, content)?.1,
                };
                let named = named.into_iter().map(|one| one.id).collect();
                Outlook { fate, named, without }
            }
            Arrival::Run(run, _) => {
                Outlook::of(settle(connection, gone, Kind::Checks, run.id.0, run_content(run))?.1)
            }
        })
    }

    /// Takes in what `feed` hands out, all of it or nothing. It runs beside the writing, with what can be worked out there;
    /// `expected` is about how many records will come. Records that were deleted here come in under other marks, so that a
    /// deletion and a return are both true. Of what was brought beside them, what an entry that is added names is known from then on;
    /// [`Vault::leave_brought`] is to follow, whatever came of it.
    ///
    /// # Errors
    /// [`VaultError::NoConsent`], [`VaultError::TooLarge`], what the database says, or what `feed` says; nothing was
    /// changed then.
    pub fn import<E: From<VaultError> + Send>(
        &mut self,
        consent: &Consent<KeepOnDevice>,
        list: &Path,
        (origin, now): (&str, &Moment),
        (brought, expected): (&Brought, usize),
        feed: impl FnOnce(Hand<'_>) -> Result<(), E> + Send,
    ) -> Result<Tally, E> {
        let gone = self.gone(list)?;
        let folder = self.folder.clone();
        let (mut send, ready) = hand_over();
        thread::scope(|scope| {
            let feeding = scope.spawn(move || {
                let mut indexer = Indexer::default();
                feed(&mut |arrival| {
                    send.give(Ready::of(arrival, &mut indexer))
                        .map_err(|Refused| Ended)
                })
            });
            self.write_or(|transaction| {
                consent.check(transaction)?;
                let tally = search::in_bulk(transaction, expected, || {
                    let mut intake = Intake::begin(transaction, &gone, (brought, &folder), (origin, now))?;
                    // Dropped at an error: whoever feeds is refused and ends.
                    ready.into_iter().try_for_each(|record| intake.take(record?))?;
                    intake.end()
                })?;
                match feeding.join() {
                    Ok(fed) => fed.map(|()| tally),
                    Err(_) => Err(VaultError::Database(0).into()),
                }
            })
        })
    }

    /// Imports that can still be taken back, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub fn imports(&self) -> Result<Vec<Batch>, VaultError> {
        let mut query = self.connection.prepare_cached(
            "SELECT id, at_ms, origin, (SELECT count(*) FROM import_item WHERE batch = id) FROM import_batch
             ORDER BY id DESC",
        )?;
        let rows = query.query_and_then([], |row| {
            Ok(Batch {
                id: row.get(0)?,
                at: time::utc(row.get(1)?)?,
                origin: row.get(2)?,
                records: row.get(3)?,
            })
        })?;
        rows.collect()
    }

    /// Takes an import back, for good: all that came in with it and was not changed since. Returns how many records went
    /// and how many stayed. [`Vault::list_deletions`] is to follow.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when it cannot be taken back any more; what the database or the file system says.
    pub fn undo_import(
        &mut self,
        batch: i64,
        list: &Path,
        clean_by: NaiveDate,
    ) -> Result<(u32, u32), VaultError> {
        let brought: String = self.connection.query_row(
            "SELECT instruments FROM import_batch WHERE id = ?1",
            [batch],
            |row| row.get(0),
        )?;
        let mut query = self
            .connection
            .prepare("SELECT record, content FROM import_item WHERE batch = ?1")?;
        let items = query.query_map([batch], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let items: Vec<([u8; 16], Content)> = items.collect::<Result<_, _>>()?;
        drop(query);
        let (mut doomed, mut kept) = (Vec::new(), 0);
        for (record, content) in items {
            for kind in Kind::ALL {
                match known(&self.connection, kind, Uuid::from_bytes(record))? {
                    Some(Known::Living(now)) if now == content => doomed.push((kind, record)),
                    Some(Known::Living(_)) => kept += 1,
                    Some(Known::Dying) | None => {}
                }
            }
        }
        let brought: Vec<(String, String)> =
            serde_json::from_str(&brought).map_err(|_| VaultError::VaultDamaged)?;
        let gone = self.erase_confirmed(&doomed, (list, clean_by), |transaction| {
            transaction.execute("DELETE FROM import_batch WHERE id = ?1", [batch])?;
            for (id, version) in &brought {
                instruments::remove_unused(transaction, id, version)?;
            }
            Ok(())
        })?;
        Ok((gone, kept))
    }

    /// Lets imports of before a moment be what they are: they can be taken back no longer.
    ///
    /// # Errors
    /// What the database says.
    pub fn forget_imports(&mut self, before: DateTime<Utc>) -> Result<(), VaultError> {
        let before = before.timestamp_millis();
        let any = "SELECT EXISTS (SELECT 1 FROM import_batch WHERE at_ms < ?1)";
        let any: bool = self
            .connection
            .prepare_cached(any)?
            .query_row([before], |row| row.get(0))?;
        if !any {
            return Ok(());
        }
        self.write(|transaction| {
            transaction.execute("DELETE FROM import_batch WHERE at_ms < ?1", [before])?;
            Ok(())
        })
    }
}

/// Writes records one by one.
struct Intake<'a> {
    transaction: &'a Transaction<'a>,
    gone: &'a Gone,
    brought: &'a Brought,
    /// Of the vault.
    folder: &'a Path,
    batch: i64,
    instruments: Vec<(String, String)>,
    tally: Tally,
}

impl<'a> Intake<'a> {
    fn begin(
        transaction: &'a Transaction<'a>,
        gone: &'a Gone,
        (brought, folder): (&'a Brought, &'a Path),
        (origin, now): (&str, &Moment),
    ) -> Result<Self, VaultError> {
        let batch = transaction
            .prepare_cached("INSERT INTO import_batch (at_ms, origin, instruments) VALUES (?1, ?2, '[]')")?
            .insert(params![now.at.timestamp_millis(), origin])?;
        Ok(Self {
            transaction,
            gone,
            brought,
            folder,
            batch,
            instruments: Vec::new(),
            tally: Tally::default(),
        })
    }

    fn take(&mut self, record: Ready) -> Result<(), VaultError> {
        match record {
            Ready::Instrument(one) if instruments::is_there(self.transaction, &one)? => self.tally.there += 1,
            Ready::Instrument(one) => {
                instruments::put(self.transaction, &one)?;
                self.instruments.push((one.id, one.version));
                self.tally.instruments += 1;
            }
            Ready::Entry(prepared, restriction) => self.take_entry(*prepared, restriction)?,
            Ready::Run(mut run, restriction) => {
                let content = run_content(&run);
                let Some(id) = self.place(Kind::Checks, run.id.0, content, restriction)? else {
                    return Ok(());
                };
                run.id = RunId(id);
                meter::put_run(self.transaction, &run)?;
                self.tally.runs += 1;
            }
        }
        Ok(())
    }

    fn take_entry(
        &mut self,
        mut prepared: Prepared<'static>,
        restriction: Option<Restriction>,
    ) -> Result<(), VaultError> {
        let entry = prepared.entry();
        let (named, without) = self.brought.settle(self.transaction, &entry.attachments)?;
        self.tally.without.add(without);
        if is_empty(entry, &named) {
            self.tally.empty += 1;
            return Ok(());
        }
        let content = entry_content(entry, &named);
        let Some(id) = self.place(Kind::Entries, entry.id.0, content, restriction)? else {
            return Ok(());
        };
        prepared.rename(EntryId(id));
        prepared.put(self.transaction)?;
        self.tally.entries += 1;
        for one in &named {
            match self.brought.store(self.transaction, self.folder, one.id)? {
                Some(true) => self.tally.photos += 1,
                Some(false) => self.tally.sounds += 1,
                None => {}
            }
        }
        if named.is_empty() {
            return Ok(());
        }
        attachment::set_named(self.transaction, EntryId(id), &named)
    }

    /// The mark under which a record comes in, noted with the batch; `None`: it is here already.
    fn place(
        &mut self,
        kind: Kind,
        id: Uuid,
        content: Content,
        restriction: Option<Restriction>,
    ) -> Result<Option<Uuid>, VaultError> {
        let (id, fate) = settle(self.transaction, self.gone, kind, id, content)?;
        if fate == Fate::There {
            self.tally.there += 1;
            return Ok(None);
        }
        self.transaction
            .prepare_cached("INSERT INTO import_item (batch, record, content) VALUES (?1, ?2, ?3)")?
            .execute(params![self.batch, id.as_bytes(), content])?;
        if let Some(restriction) = restriction {
            restriction::put(self.transaction, id.as_bytes(), &restriction)?;
        }
        Ok(Some(id))
    }

    fn end(self) -> Result<Tally, VaultError> {
        let instruments = serde_json::to_string(&self.instruments).map_err(|_| VaultError::TooLarge)?;
        self.transaction
            .prepare_cached("UPDATE import_batch SET instruments = ?2 WHERE id = ?1")?
            .execute(params![self.batch, instruments])?;
        if self.tally.entries + self.tally.runs + self.tally.instruments == 0 {
            // Nothing that could be taken back.
            self.transaction
                .prepare_cached("DELETE FROM import_batch WHERE id = ?1")?
                .execute([self.batch])?;
        }
        Ok(self.tally)
    }
}

/// A record of a mark.
enum Known {
    Living(Content),
    /// Deleted, and not yet for good.
    Dying,
}

/// Under which mark a record comes in, and what becomes of it. Marks that are taken or were deleted lead to further ones, which
/// follow from mark and content alone: the same record comes in once, however often it arrives.
fn settle(
    connection: &Connection,
    gone: &Gone,
    kind: Kind,
    mut id: Uuid,
    content: Content,
) -> Result<(Uuid, Fate), VaultError> {
    let mut fate = Fate::New;
    loop {
        match known(connection, kind, id)? {
            Some(Known::Living(there)) if there == content => return Ok((id, Fate::There)),
            Some(Known::Living(_)) => fate = Fate::Differs,
            None if !gone.holds(id.as_bytes()) => return Ok((id, fate)),
            Some(Known::Dying) | None => {}
        }
        id = next_mark(id, content);
    }
}

pub(crate) fn next_mark(id: Uuid, content: Content) -> Uuid {
    let mut hasher = blake3::Hasher::new_derive_key("regie 2026 mark of a record that came in again");
    hasher.update(id.as_bytes()).update(&content);
    let mut mark = [0; 16];
    hasher.finalize_xof().fill(&mut mark);
    uuid::Builder::from_custom_bytes(mark).into_uuid()
}

fn known(connection: &Connection, kind: Kind, id: Uuid) -> Result<Option<Known>, VaultError> {
    let dying = match kind {
        Kind::Entries => "SELECT deleted_ms IS NOT NULL FROM diary_entry WHERE id = ?1",
        Kind::Checks => "SELECT deleted_ms IS NOT NULL FROM meter_run WHERE id = ?1",
    };
    let dying: Option<bool> = connection
        .prepare_cached(dying)?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()?;
    Ok(match (dying, kind) {
        (None, _) => None,
        (Some(true), _) => Some(Known::Dying),
        (Some(false), Kind::Entries) => {
            let entry = diary::entry_of(connection, EntryId(id))?;
            Some(Known::Living(entry_content(&entry, &entry.attachments)))
        }
        (Some(false), Kind::Checks) => {
            Some(Known::Living(run_content(&meter::run_of(connection, RunId(id))?)))
        }
    })
}

/// Whether nothing stays of an entry that had photos or recordings.
fn is_empty(entry: &Entry, named: &[Attached]) -> bool {
    let says_nothing =
        entry.markdown.trim().is_empty() && entry.own_title.is_empty() && entry.tags.is_empty();
    says_nothing && entry.mood.is_none() && !entry.attachments.is_empty() && named.is_empty()
}

/// What makes an entry the one it is, with what it names; not when it was last saved, nor where the caret stood.
fn entry_content(entry: &Entry, named: &[Attached]) -> Content {
    let mut tags: Vec<&str> = entry.tags.iter().map(String::as_str).collect();
    tags.sort_unstable();
    let mut content = Hasher::of("entry");
    content.moment(&entry.written);
    content.number(entry.mood.map_or(0, |mood: Mood| mood.value().into()));
    content.text(&entry.own_title);
    content.number(i64::try_from(tags.len()).unwrap_or(i64::MAX));
    tags.into_iter().for_each(|tag| content.text(tag));
    content.text(&entry.markdown);
    for one in named {
        content.0.update(one.id.0.as_bytes());
        content.text(&one.description);
    }
    content.end()
}

fn run_content(run: &Run) -> Content {
    let mut content = Hasher::of("run");
    content.text(&run.instrument);
    content.text(&run.instrument_version);
    content.moment(&run.started);
    match &run.finished {
        Some(finished) => content.moment(finished),
        None => content.number(run.position.into()),
    }
    content.text(&run.note);
    for (item, answer) in &run.answers {
        content.text(item);
        content.number(match answer {
            Answer::Value(value) => i64::from(*value),
            Answer::Skipped => -1,
        });
    }
    content.end()
}

/// Each part with its length, so that none can pass for another.
struct Hasher(blake3::Hasher);

impl Hasher {
    fn of(kind: &str) -> Self {
        let mut hasher = Self(blake3::Hasher::new_derive_key("regie 2026 content of a record"));
        hasher.text(kind);
        hasher
    }

    fn number(&mut self, number: i64) {
        self.0.update(&number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(i64::try_from(text.len()).unwrap_or(i64::MAX));
        self.0.update(text.as_bytes());
    }

    fn moment(&mut self, moment: &Moment) {
        let (ms, offset_s) = time::columns(moment);
        self.number(ms);
        self.number(offset_s.into());
        self.text(&moment.zone);
    }

    fn end(self) -> Content {
        let mut content = [0; 16];
        self.0.finalize_xof().fill(&mut content);
        content
    }
}
