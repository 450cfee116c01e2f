//! Diary entries in the vault.

pub(crate) mod record;

use std::borrow::Cow;
use std::thread;

use chrono::{DateTime, Utc};
use regie_domain::{
    EntryId,
    diary::{
        Entry, Glance, LONGEST_BYTES, LONGEST_TAG, LONGEST_TITLE, MOST_TAGS, Mood, day_of, glance, plain_text,
    },
    moment::Moment,
    record::Kind as RecordKind,
    restriction::Use,
    search::{Indexed, Indexer, fold},
};
use regie_protocol::purpose::KeepOnDevice;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, Transaction, named_params, params};
use uuid::Uuid;

use crate::{
    Vault, VaultError,
    ahead::hand_over,
    attachment,
    consent::Consent,
    place::{self, Kind},
    restriction::usable,
    search,
    settings::{self, Setting},
    sync::{Originals, base, local::Local},
    time,
};

/// A row of the diary's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedEntry {
    /// Which entry.
    pub id: EntryId,
    /// Own title or first line.
    pub title: String,
    /// What follows.
    pub preview: String,
    /// How the person felt.
    pub mood: Option<Mood>,
    /// Tags.
    pub tags: Vec<String>,
    /// When it was begun.
    pub written: Moment,
    /// When it was last saved.
    pub edited: DateTime<Utc>,
    /// How many photos it names.
    pub photos: u32,
    /// How many voice notes it names.
    pub sounds: u32,
    /// Its place in the list: greater is newer.
    pub place: i64,
}

/// Which entries of the diary; all by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those with this tag, in whatever case.
    pub tag: Option<String>,
    /// Only those with this mood.
    pub mood: Option<Mood>,
    /// Only those of this day (`yyyymmdd`) or later.
    pub from: Option<i32>,
    /// Only those of this day (`yyyymmdd`) or earlier.
    pub to: Option<i32>,
}

/// From where a page of the list goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// The newest, back in time.
    Newest,
    /// What is older than this place, back in time.
    Before(i64),
    /// What is newer than this place, forward in time.
    After(i64),
}

/// Number of entries of a day or month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// `yyyymmdd` or `yyyymm`.
    pub of: i32,
    /// Entries.
    pub entries: u32,
}

/// A tag and how often it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedTag {
    /// As first written.
    pub name: String,
    /// Entries.
    pub entries: u32,
    /// Whether it may be offered: an entry that has it is not on hold.
    pub offered: bool,
}

/// Tags come in one column; no tag holds this sign.
const BETWEEN_TAGS: char = '\u{1f}';
/// What [`listed`] reads, in its order.
const LISTED: &str = "e.place, e.id, e.written_ms, e.written_offset_s, e.written_zone, e.edited_ms, e.mood, e.title, e.preview, \
    (SELECT group_concat(name, char(31)) FROM diary_tag JOIN tag ON tag.id = diary_tag.tag WHERE diary_tag.place = e.place) \
    AS tags, \
    (SELECT count(*) FROM attachment_of AS n JOIN attachment AS a ON a.id = n.attachment \
     WHERE n.entry = e.id AND n.let_go_ms IS NULL AND a.media = 1) AS photos, \
    (SELECT count(*) FROM attachment_of AS n JOIN attachment AS a ON a.id = n.attachment \
     WHERE n.entry = e.id AND n.let_go_ms IS NULL AND a.media > 1) AS sounds";
/// Where a column stands that comes after those of [`LISTED`].
const AFTER_LISTED: usize = 12;
/// A day and the farthest time zone: dates of a day lie within this of its midnight in UTC.
const DAY_AND_ZONES_MS: i64 = (24 + 14) * 3_600_000;

impl Vault {
    /// Stores an entry, new or changed, and that writing stopped there; durable when it returns. What it names stays as it is: that
    /// has its own functions ([`Vault::attach`]).
    ///
    /// # Errors
    /// [`VaultError::NoConsent`] when consent was withdrawn meanwhile, [`VaultError::TooLarge`], [`VaultError::NotFound`] when the
    /// entry was deleted meanwhile, or what the database says.
    pub fn save_entry(&mut self, consent: &Consent<KeepOnDevice>, entry: &Entry) -> Result<(), VaultError> {
        let prepared = Prepared::of(Cow::Borrowed(entry), &mut Indexer::default())?;
        self.write(|transaction| {
            consent.check(transaction)?;
            prepared.put(transaction)?;
            settings::put(transaction, Setting::DiaryPlace, &Some(entry.id.0))
        })
    }

    /// Stores an entry that was written in on two devices as what both wrote: with what did not fit, and with both texts from before, where
    /// they are to be kept.
    ///
    /// # Errors
    /// As [`Vault::save_entry`]; nothing is stored then.
    pub fn save_both(
        &mut self,
        consent: &Consent<KeepOnDevice>,
        entry: &Entry,
        apart: Option<&Entry>,
        originals: Option<&Originals>,
    ) -> Result<(), VaultError> {
        let mut indexer = Indexer::default();
        let prepared = Prepared::of(Cow::Borrowed(entry), &mut indexer)?;
        let apart = apart.map(|apart| Prepared::of(Cow::Borrowed(apart), &mut indexer));
        let apart = apart.transpose()?;
        self.write(|transaction| {
            consent.check(transaction)?;
            prepared.put(transaction)?;
            if let Some(apart) = &apart
                && !is_there(transaction, apart.entry().id)?
            {
                apart.put(transaction)?;
            }
            if let Some(originals) = originals {
                base::keep_originals(transaction, entry.id, originals)?;
            }
            settings::put(transaction, Setting::DiaryPlace, &Some(entry.id.0))
        })
    }

    /// Stores many entries in one transaction. Words and stems are worked out beside the writing.
    ///
    /// # Errors
    /// As [`Vault::save_entry`]; none is stored then.
    pub fn save_entries<'a, I>(
        &mut self,
        consent: &Consent<KeepOnDevice>,
        entries: I,
    ) -> Result<(), VaultError>
    where
        I: IntoIterator<Item = &'a Entry, IntoIter: ExactSizeIterator + Send>,
    {
        let entries = entries.into_iter();
        let count = entries.len();
        let (mut ready, prepared) = hand_over();
        thread::scope(|scope| {
            scope.spawn(move || {
                let mut indexer = Indexer::default();
                // Refused when writing has failed.
                entries
                    .map(|entry| Prepared::of(Cow::Borrowed(entry), &mut indexer))
                    .try_for_each(|entry| ready.give(entry))
            });
            self.write(move |transaction| {
                consent.check(transaction)?;
                search::in_bulk(transaction, count, || {
                    prepared.into_iter().try_for_each(|entry| entry?.put(transaction))
                })
            })
        })
    }

    /// Remembers at which entry and where in it writing stopped, or that the diary was left.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_diary_place(&mut self, place: Option<(EntryId, u32)>) -> Result<(), VaultError> {
        self.write(|transaction| {
            if let Some((id, caret)) = place {
                transaction
                    .prepare_cached("UPDATE diary_entry SET caret = ?2 WHERE id = ?1")?
                    .execute(params![id.0.as_bytes(), caret])?;
            }
            settings::put(transaction, Setting::DiaryPlace, &place.map(|(id, _)| id.0))
        })
    }

    /// The entry at which writing stopped, when it is still there and may be offered.
    ///
    /// # Errors
    /// What the database says.
    pub fn diary_place(&self) -> Result<Option<(ListedEntry, Option<u32>)>, VaultError> {
        let Some(id) = self.setting::<Option<Uuid>>(Setting::DiaryPlace)?.flatten() else {
            return Ok(None);
        };
        let caret = format!(
            "SELECT caret FROM diary_entry WHERE id = ?1 AND deleted_ms IS NULL AND {}",
            usable(Use::Suggest, "id")
        );
        let caret = self
            .connection
            .prepare_cached(&caret)?
            .query_row([id.as_bytes()], |row| row.get(0))
            .optional()?;
        caret
            .map(|caret| Ok((self.listed_entry(EntryId(id))?, caret)))
            .transpose()
    }

    /// One entry.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when there is none, or it is deleted.
    pub fn entry(&self, id: EntryId) -> Result<Entry, VaultError> {
        entry_of(&self.connection, id)
    }

    /// Whether there is such an entry, also one that was deleted and can be taken back.
    ///
    /// # Errors
    /// What the database says.
    pub fn has_entry(&self, id: EntryId) -> Result<bool, VaultError> {
        is_there(&self.connection, id)
    }

    /// At most `limit` entries, in the direction of `from`.
    ///
    /// # Errors
    /// What the database says.
    pub fn entries(&self, filter: &Filter, from: From, limit: u32) -> Result<Vec<ListedEntry>, VaultError> {
        let (older, newer, order) = match from {
            From::Newest => (i64::MAX, i64::MIN, "DESC"),
            From::Before(place) => (place, i64::MIN, "DESC"),
            From::After(place) => (i64::MAX, place, "ASC"),
        };
        let tag = filter.tag.as_ref().map(|tag| fold(tag));
        let source = if tag.is_some() {
            "diary_tag AS t JOIN diary_entry AS e ON e.place = t.place
             WHERE t.tag = (SELECT id FROM tag WHERE folded = :tag) AND t.place > :newer AND t.place < :older"
        } else {
            "diary_entry AS e WHERE e.place > :newer AND e.place < :older AND :tag IS NULL"
        };
        let mood = if filter.mood.is_some() {
            "= :mood"
        } else {
            "IS :mood OR 1"
        };
        let by = if tag.is_some() { "t.place" } else { "e.place" };
        let sql = format!(
            "SELECT {LISTED} FROM {source} AND e.deleted_ms IS NULL AND (e.mood {mood}) AND e.day BETWEEN :from AND :to
             ORDER BY {by} {order} LIMIT :limit"
        );
        // The period also bounds the places that are read.
        let newest = filter
            .to
            .and_then(midnight_ms)
            .map_or(i64::MAX, |ms| place::first_of(ms + DAY_AND_ZONES_MS));
        let oldest = filter
            .from
            .and_then(midnight_ms)
            .map_or(i64::MIN, |ms| place::first_of(ms - DAY_AND_ZONES_MS));
        let mut query = self.connection.prepare_cached(&sql)?;
        let rows = query.query_and_then(
            named_params! {
                ":tag": tag,
                ":mood": filter.mood.map(Mood::value),
                ":from": filter.from.unwrap_or(i32::MIN),
                ":to": filter.to.unwrap_or(i32::MAX),
                ":older": older.min(newest),
                ":newer": newer.max(oldest),
                ":limit": limit,
            },
            listed,
        )?;
        rows.collect()
    }

    /// One entry as the list shows it.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when there is none, or it is deleted.
    pub fn listed_entry(&self, id: EntryId) -> Result<ListedEntry, VaultError> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT {LISTED} FROM diary_entry AS e WHERE e.id = ?1 AND e.deleted_ms IS NULL"
        ))?;
        let mut rows = query.query_and_then([id.0.as_bytes()], listed)?;
        rows.next().unwrap_or(Err(VaultError::NotFound))
    }

    /// Reads entries by their places.
    pub(crate) fn entries_at(&self) -> Result<EntriesAt<'_>, VaultError> {
        let sql = format!(
            "SELECT {LISTED}, e.markdown FROM diary_entry AS e WHERE e.place = ?1 AND e.deleted_ms IS NULL"
        );
        Ok(EntriesAt(self.connection.prepare_cached(&sql)?))
    }

    /// Entries of the same calendar day in earlier years that may come by, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub fn on_this_day(&self, day: i32, limit: u32) -> Result<Vec<ListedEntry>, VaultError> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT {LISTED} FROM diary_entry AS e
             WHERE e.day % 10000 = ?1 AND e.day < ?2 AND e.deleted_ms IS NULL AND {}
             ORDER BY e.place DESC LIMIT ?3",
            usable(Use::OnThisDay, "e.id")
        ))?;
        let rows = query.query_and_then(params![day % 10_000, day, limit], listed)?;
        rows.collect()
    }

    /// Number of entries of each month (`yyyymm`) that has any, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub fn diary_months(&self) -> Result<Vec<Count>, VaultError> {
        self.counts(
            "SELECT day / 100, count(*) FROM diary_entry WHERE deleted_ms IS NULL
             GROUP BY day / 100 ORDER BY day / 100 DESC",
            [],
        )
    }

    /// Number of entries of each day (`yyyymmdd`) of a month (`yyyymm`) that has any.
    ///
    /// # Errors
    /// What the database says.
    pub fn diary_days(&self, month: i32) -> Result<Vec<Count>, VaultError> {
        self.counts(
            "SELECT day, count(*) FROM diary_entry WHERE deleted_ms IS NULL AND day BETWEEN ?1 AND ?2 GROUP BY day",
            [month.saturating_mul(100), month.saturating_mul(100).saturating_add(99)],
        )
    }

    fn counts(&self, sql: &str, params: impl rusqlite::Params) -> Result<Vec<Count>, VaultError> {
        let mut query = self.connection.prepare_cached(sql)?;
        let rows = query.query_map(params, |row| {
            Ok(Count {
                of: row.get(0)?,
                entries: row.get(1)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Tags in use, most used first.
    ///
    /// # Errors
    /// What the database says.
    pub fn tags(&self) -> Result<Vec<UsedTag>, VaultError> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT tag.name, count(*), max({}) FROM tag JOIN diary_tag ON diary_tag.tag = tag.id
             JOIN diary_entry AS e ON e.place = diary_tag.place WHERE e.deleted_ms IS NULL
             GROUP BY tag.id ORDER BY count(*) DESC, tag.folded",
            usable(Use::Suggest, "e.id")
        ))?;
        let rows = query.query_map([], |row| {
            Ok(UsedTag {
                name: row.get(0)?,
                entries: row.get(1)?,
                offered: row.get(2)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Number of entries.
    ///
    /// # Errors
    /// What the database says.
    pub fn count_entries(&self) -> Result<u32, VaultError> {
        let count = "SELECT count(*) FROM diary_entry WHERE deleted_ms IS NULL";
        Ok(self
            .connection
            .prepare_cached(count)?
            .query_row([], |row| row.get(0))?)
    }

    /// Deletes an entry so that it can still be taken back until [`Vault::finish_deletions`].
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when there is none.
    pub fn delete_entry(&mut self, id: EntryId, now: DateTime<Utc>) -> Result<(), VaultError> {
        self.write(|transaction| {
            let place = transaction
                .prepare_cached(
                    "UPDATE diary_entry SET deleted_ms = ?2 WHERE id = ?1 AND deleted_ms IS NULL RETURNING place",
                )?
                .query_row(params![id.0.as_bytes(), now.timestamp_millis()], |row| row.get(0))?;
            search::remove(transaction, place)
        })
    }

    /// Takes a deletion back.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] when it is gone for good.
    pub fn undelete_entry(&mut self, id: EntryId) -> Result<(), VaultError> {
        self.write(|transaction| {
            let place = transaction
                .prepare_cached(
                    "UPDATE diary_entry SET deleted_ms = NULL WHERE id = ?1 AND deleted_ms IS NOT NULL RETURNING place",
                )?
                .query_row([id.0.as_bytes()], |row| row.get(0))?;
            index_again(transaction, place)
        })
    }
}

/// An entry with what is worked out from it.
pub(crate) struct Prepared<'a> {
    entry: Cow<'a, Entry>,
    title: String,
    preview: String,
    indexed: Indexed,
}

/// An entry that is new here, with what the list shows of it; it is indexed after it was written.
pub(crate) fn add_unindexed(
    transaction: &Transaction<'_>,
    entry: &Entry,
    glance: &Glance,
) -> Result<i64, VaultError> {
    require_size(entry)?;
    let place = place::free(transaction, Kind::Entry, time::columns(&entry.written).0)?;
    put_row(
        transaction,
        include_str!("../sql/add_entry.sql"),
        place,
        entry,
        (&glance.title, &glance.preview),
    )?;
    add_tags(transaction, place, &entry.tags)?;
    Ok(place)
}

fn require_size(entry: &Entry) -> Result<(), VaultError> {
    let too_large = entry.markdown.len() > LONGEST_BYTES
        || entry.own_title.len() > LONGEST_TITLE
        || entry.tags.len() > MOST_TAGS
        || entry.tags.iter().any(|tag| tag.len() > LONGEST_TAG);
    if too_large {
        Err(VaultError::TooLarge)
    } else {
        Ok(())
    }
}

fn put_row(
    transaction: &Transaction<'_>,
    sql: &str,
    place: i64,
    entry: &Entry,
    (title, preview): (&str, &str),
) -> Result<(), VaultError> {
    let (written_ms, written_offset_s) = time::columns(&entry.written);
    transaction.prepare_cached(sql)?.execute(named_params! {
        ":place": place,
        ":id": entry.id.0.as_bytes(),
        ":written_ms": written_ms,
        ":written_offset_s": written_offset_s,
        ":written_zone": entry.written.zone,
        ":edited_ms": entry.edited.timestamp_millis(),
        ":caret": entry.caret,
        ":day": day_of(&entry.written),
        ":mood": entry.mood.map(Mood::value),
        ":own_title": entry.own_title,
        ":title": title,
        ":preview": preview,
        ":markdown": entry.markdown,
    })?;
    Ok(())
}

impl<'a> Prepared<'a> {
    pub(crate) fn of(entry: Cow<'a, Entry>, indexer: &mut Indexer) -> Result<Self, VaultError> {
        require_size(&entry)?;
        let words = plain_text(&entry.markdown);
        let glance = glance(&entry.own_title, &words);
        let indexed = indexer.index(&entry.own_title, &entry.tags, &words);
        Ok(Self {
            entry,
            title: glance.title,
            preview: glance.preview,
            indexed,
        })
    }

    pub(crate) fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Gives it another mark; what was worked out from it holds.
    pub(crate) fn rename(&mut self, id: EntryId) {
        if self.entry.id != id {
            self.entry.to_mut().id = id;
        }
    }

    pub(crate) fn put(&self, transaction: &Transaction<'_>) -> Result<(), VaultError> {
        let entry = self.entry();
        let (written_ms, _) = time::columns(&entry.written);
        let known: Option<(i64, i64, bool)> = transaction
            .prepare_cached(
                "SELECT place, written_ms, deleted_ms IS NOT NULL FROM diary_entry WHERE id = ?1",
            )?
            .query_row([entry.id.0.as_bytes()], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        let (place, sql) = match known {
            // A save that comes after the deletion of the same entry must not bring it back.
            Some((_, _, true)) => return Err(VaultError::NotFound),
            Some((place, ms, false)) => {
                base::keep(transaction, RecordKind::Entry, &Local::id(entry.id.0))?;
                search::remove(transaction, place)?;
                let place = if ms == written_ms {
                    place
                } else {
                    place::free(transaction, Kind::Entry, written_ms)?
                };
                (place, include_str!("../sql/change_entry.sql"))
            }
            None => (
                place::free(transaction, Kind::Entry, written_ms)?,
                include_str!("../sql/add_entry.sql"),
            ),
        };
        put_row(transaction, sql, place, entry, (&self.title, &self.preview))?;
        if known.is_some() {
            change_tags(transaction, place, &entry.tags)?;
        } else {
            add_tags(transaction, place, &entry.tags)?;
            base::added(transaction, RecordKind::Entry, &Local::id(entry.id.0))?;
        }
        search::add(transaction, place, &self.indexed)
    }
}

/// Gives an entry without tags its tags.
fn add_tags(transaction: &Transaction<'_>, place: i64, tags: &[String]) -> Result<(), VaultError> {
    // One row a statement: one that may write several begins a savepoint, at which FTS5 writes out what it has gathered.
    for tag in tags {
        let folded = fold(tag);
        let known = transaction
            .prepare_cached("SELECT id FROM tag WHERE folded = ?1")?
            .query_row([&folded], |row| row.get(0))
            .optional()?;
        let id: i64 = match known {
            Some(id) => id,
            None => transaction
                .prepare_cached("INSERT INTO tag (name, folded) VALUES (?1, ?2)")?
                .insert(params![tag, folded])?,
        };
        transaction
            .prepare_cached("INSERT INTO diary_tag (tag, place) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
            .execute(params![id, place])?;
    }
    Ok(())
}

fn change_tags(transaction: &Transaction<'_>, place: i64, tags: &[String]) -> Result<(), VaultError> {
    let before =
        "SELECT tag.folded FROM diary_tag JOIN tag ON tag.id = diary_tag.tag WHERE diary_tag.place = ?1";
    let mut before: Vec<String> = transaction
        .prepare_cached(before)?
        .query_map([place], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut wanted: Vec<String> = tags.iter().map(|tag| fold(tag)).collect();
    wanted.sort();
    wanted.dedup();
    before.sort();
    if before == wanted {
        return Ok(());
    }
    transaction
        .prepare_cached("DELETE FROM diary_tag WHERE place = ?1")?
        .execute([place])?;
    add_tags(transaction, place, tags)?;
    forget_unused_tags(transaction)
}

pub(crate) fn forget_unused_tags(transaction: &Transaction<'_>) -> Result<(), VaultError> {
    transaction
        .prepare_cached(
            "DELETE FROM tag WHERE NOT EXISTS (SELECT 1 FROM diary_tag WHERE diary_tag.tag = tag.id)",
        )?
        .execute([])?;
    Ok(())
}

/// Puts the entry at a place into the index, from what is stored of it.
pub(crate) fn index_again(transaction: &Transaction<'_>, place: i64) -> Result<(), VaultError> {
    let sql = format!("SELECT {LISTED}, e.own_title, e.markdown FROM diary_entry AS e WHERE e.place = ?1");
    let mut query = transaction.prepare_cached(&sql)?;
    let mut indexed = query.query_and_then([place], |row| {
        let (title, markdown): (String, String) = (row.get("own_title")?, row.get("markdown")?);
        Ok::<_, VaultError>(Indexed::of(&title, &tags(row)?, &plain_text(&markdown)))
    })?;
    match indexed.next() {
        Some(indexed) => search::add(transaction, place, &indexed?),
        None => Ok(()),
    }
}

/// Midnight in UTC of a day (`yyyymmdd`), in milliseconds since 1970.
fn midnight_ms(day: i32) -> Option<i64> {
    let (month, date) = (
        u32::try_from(day / 100 % 100).ok()?,
        u32::try_from(day % 100).ok()?,
    );
    let day = chrono::NaiveDate::from_ymd_opt(day / 10_000, month, date)?;
    Some(day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis())
}

fn is_there(connection: &Connection, id: EntryId) -> Result<bool, VaultError> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM diary_entry WHERE id = ?1)")?
        .query_row([id.0.as_bytes()], |row| row.get(0))?)
}

/// As [`Vault::entry`], within a transaction too.
pub(crate) fn entry_of(connection: &Connection, id: EntryId) -> Result<Entry, VaultError> {
    let mut entry = bare_entry_of(connection, id)?;
    entry.attachments = attachment::named(connection, id, false)?;
    Ok(entry)
}

/// Without what it names.
pub(crate) fn bare_entry_of(connection: &Connection, id: EntryId) -> Result<Entry, VaultError> {
    let mut query = connection.prepare_cached(include_str!("../sql/open_entry.sql"))?;
    let mut rows = query.query_and_then([id.0.as_bytes()], |row| whole_entry(row, id, 0))?;
    rows.next().unwrap_or(Err(VaultError::NotFound))
}

/// An entry from the columns of open_entry.sql, which begin at `first`, without what it names: looked up by name in every row, they cost as much as
/// reading them.
pub(crate) fn whole_entry(row: &Row<'_>, id: EntryId, first: usize) -> Result<Entry, VaultError> {
    Ok(Entry {
        id,
        written: time::moment(row.get(first)?, row.get(first + 1)?, row.get(first + 2)?)?,
        edited: time::utc(row.get(first + 3)?)?,
        caret: row.get(first + 4)?,
        mood: row.get::<_, Option<u8>>(first + 5)?.and_then(Mood::new),
        own_title: row.get(first + 6)?,
        tags: split_tags(row.get(first + 7)?),
        markdown: row.get(first + 8)?,
        attachments: Vec::new(),
    })
}

/// A statement that reads entries by their places.
pub(crate) struct EntriesAt<'a>(CachedStatement<'a>);

impl EntriesAt<'_> {
    /// The entry at a place, with its Markdown; `None` when it is gone.
    pub(crate) fn at(&mut self, place: i64) -> Result<Option<(ListedEntry, String)>, VaultError> {
        let mut rows = self
            .0
            .query_and_then([place], |row| Ok((listed(row)?, row.get(AFTER_LISTED)?)))?;
        rows.next().transpose()
    }
}

fn listed(row: &Row<'_>) -> Result<ListedEntry, VaultError> {
    // By position: looked up by their names in every row, columns cost as much as reading them.
    Ok(ListedEntry {
        place: row.get(0)?,
        id: EntryId(Uuid::from_bytes(row.get(1)?)),
        written: time::moment(row.get(2)?, row.get(3)?, row.get(4)?)?,
        edited: time::utc(row.get(5)?)?,
        mood: row.get::<_, Option<u8>>(6)?.and_then(Mood::new),
        title: row.get(7)?,
        preview: row.get(8)?,
        tags: split_tags(row.get(9)?),
        photos: row.get(10)?,
        sounds: row.get(11)?,
    })
}

fn tags(row: &Row<'_>) -> Result<Vec<String>, VaultError> {
    Ok(split_tags(row.get("tags")?))
}

pub(crate) fn split_tags(tags: Option<String>) -> Vec<String> {
    let mut tags: Vec<String> = tags
        .map(|tags| tags.split(BETWEEN_TAGS).map(str::to_owned).collect())
        .unwrap_or_default();
    tags.sort();
    tags
}
