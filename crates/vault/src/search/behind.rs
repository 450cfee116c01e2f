//! The index behind what came in bulk: a first sync writes entries as they come, the newest first, and each would make FTS5 write out
//! what it has gathered, for it gathers in the order of places alone. They are indexed afterwards, some at a time, oldest first.

use std::thread;

use regie_domain::{
    diary::plain_text,
    search::{Indexed, Indexer},
};
use rusqlite::{Connection, Transaction, params};
use serde::{Deserialize, Serialize};

use super::{BULK, GATHERED, GATHERED_IN_BULK, GOOD_PART, add, gather};
use crate::{
    DATABASE, Vault, VaultError,
    ahead::{Refused, hand_over},
    database, diary,
    settings::{self, Setting},
};

/// So many entries of one transaction are indexed with it; of more, all are left for later.
const AT_ONCE: usize = 64;
/// So many entries are indexed while nobody else gets at the vault, and so many bytes of text at about the most.
const TOGETHER: u32 = 4_000;
const TEXT: usize = 4 << 20;

/// Up to where everything is indexed, and how many entries were indexed since there was something left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Behind {
    upto: i64,
    done: u32,
}

/// The text of an entry that is not indexed.
struct Left {
    place: i64,
    title: String,
    tags: Vec<String>,
    markdown: String,
}

impl Vault {
    /// Indexes some of the entries that came in bulk. Whether some are left; it is then to be called again.
    ///
    /// # Errors
    /// What the database says.
    pub fn index_some(&mut self) -> Result<bool, VaultError> {
        let Some(behind) = self.setting::<Behind>(Setting::SearchBehind)? else {
            return Ok(false);
        };
        // Read beside the writing, as what is worked out of it is. Nobody else writes meanwhile.
        let beside = database::open_to_read(&self.folder.join(DATABASE), &self.database_key)?;
        let (mut ready, indexed) = hand_over();
        thread::scope(|scope| {
            let reading = scope.spawn(move || {
                let mut indexer = Indexer::default();
                each_left(&beside, behind.upto, |left| {
                    ready.give((left.place, left.index(&mut indexer)))
                })
            });
            self.write(move |transaction| {
                let Behind { mut upto, mut done } = behind;
                gather(transaction, GATHERED_IN_BULK)?;
                for (place, indexed) in indexed {
                    add(transaction, place, &indexed)?;
                    (upto, done) = (place, done.saturating_add(1));
                }
                gather(transaction, GATHERED)?;
                let more = reading.join().map_err(|_| VaultError::Database(0))??;
                if more {
                    settings::put(transaction, Setting::SearchBehind, &Behind { upto, done })?;
                } else {
                    settings::remove(transaction, Setting::SearchBehind)?;
                    become_one_piece(transaction, done)?;
                }
                Ok(more)
            })
        })
    }
}

/// Brings new entries at these places into the index: few at once, many later ([`Vault::index_some`]).
pub(crate) fn add_new(transaction: &Transaction<'_>, mut places: Vec<i64>) -> Result<(), VaultError> {
    places.sort_unstable();
    let Some(lowest) = places.first() else {
        return Ok(());
    };
    let behind: Option<Behind> = settings::get(transaction, Setting::SearchBehind)?;
    if behind.is_none() && places.len() <= AT_ONCE {
        return places
            .into_iter()
            .try_for_each(|place| diary::index_again(transaction, place));
    }
    let before = lowest.saturating_sub(1);
    let behind = behind.map_or(
        Behind {
            upto: before,
            done: 0,
        },
        |behind| Behind {
            upto: behind.upto.min(before),
            ..behind
        },
    );
    settings::put(transaction, Setting::SearchBehind, &behind)
}

/// Nothing is left: the whole index was made.
pub(super) fn is_made_anew(transaction: &Transaction<'_>) -> Result<(), VaultError> {
    settings::remove(transaction, Setting::SearchBehind)
}

/// Goes through some entries beyond a place that are not indexed, in the order of their places; whether there may be more. One that was
/// changed meanwhile was indexed by that; one that is deleted is when it is taken back. Where `each` refuses one, writing has failed.
fn each_left(
    connection: &Connection,
    upto: i64,
    mut each: impl FnMut(Left) -> Result<(), Refused>,
) -> Result<bool, VaultError> {
    let mut query = connection.prepare_cached(
        "SELECT place, own_title, markdown, (
             SELECT group_concat(name, char(31)) FROM diary_tag JOIN tag ON tag.id = diary_tag.tag WHERE diary_tag.place = e.place
         ) FROM diary_entry AS e
         WHERE place > ?1 AND deleted_ms IS NULL AND NOT EXISTS (SELECT 1 FROM search_docsize WHERE id = e.place)
         ORDER BY place LIMIT ?2",
    )?;
    let mut rows = query.query(params![upto, TOGETHER])?;
    let (mut count, mut text) = (0_u32, 0_usize);
    while let Some(row) = rows.next()? {
        let (place, markdown): (i64, String) = (row.get(0)?, row.get(2)?);
        (count, text) = (count.saturating_add(1), text.saturating_add(markdown.len()));
        let left = Left {
            place,
            title: row.get(1)?,
            tags: diary::split_tags(row.get(3)?),
            markdown,
        };
        if each(left).is_err() || text >= TEXT {
            return Ok(true);
        }
    }
    Ok(count == TOGETHER)
}

impl Left {
    fn index(&self, indexer: &mut Indexer) -> Indexed {
        indexer.index(&self.title, &self.tags, &plain_text(&self.markdown))
    }
}

/// As after an import: merging large pieces later would make a single save wait.
fn become_one_piece(transaction: &Transaction<'_>, done: u32) -> Result<(), VaultError> {
    let all: u32 = transaction
        .prepare_cached("SELECT count(*) FROM diary_entry")?
        .query_row([], |row| row.get(0))?;
    if usize::try_from(done).is_ok_and(|done| done < BULK) || done < all / GOOD_PART {
        return Ok(());
    }
    transaction.execute("INSERT INTO search (search) VALUES ('optimize')", [])?;
    Ok(())
}
