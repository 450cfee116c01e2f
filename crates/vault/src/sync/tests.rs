//! Two devices' worth of stories on one vault: what marks, what is kept, what goes.

use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use regie_domain::{
    EntryId, RunId,
    diary::{Entry, EntryRecord, Mood},
    meter::{Answer, InstrumentRecord, RunRecord},
    moment::Moment,
    record::{self, AnyRecord, Kind, Tombstone},
    restriction::{Everything, Restriction},
    search::{Indexer, Query},
};
use regie_protocol::{
    purpose::{CopyOnServer, KeepOnDevice, LookBack, Marker},
    signed::HeaderHash,
    sync::{EnvelopeHash, RecordId, Revision},
};
use rusqlite::params;
use uuid::Uuid;

use super::*;
use crate::{
    deletion::{self, Period},
    instruments::StoredInstrument,
    meter::Run,
    settings::Setting,
    tests::new_vault,
};

mod attached;
mod carried;
mod cost;
mod pushing;
mod taking;
mod whole;

fn now() -> Moment {
    Moment {
        at: DateTime::parse_from_rfc3339("2026-11-27T21:14:00+01:00").expect("a moment"),
        zone: "Europe/Amsterdam".into(),
    }
}

fn utc(days: i64) -> DateTime<Utc> {
    now().at.to_utc() + TimeDelta::days(days)
}

fn entry(number: u128, markdown: &str) -> Entry {
    Entry {
        id: EntryId(Uuid::from_u128(number)),
        own_title: String::new(),
        mood: Mood::new(4),
        tags: vec!["thuis".into()],
        markdown: markdown.into(),
        written: now(),
        edited: utc(0),
        caret: Some(3),
        attachments: Vec::new(),
    }
}

fn run(number: u128) -> Run {
    Run {
        id: RunId(Uuid::from_u128(number)),
        instrument: "regie-check".into(),
        instrument_version: "1".into(),
        started: now(),
        finished: None,
        position: 0,
        note: String::new(),
        corrected: None,
        answers: [("a".into(), Answer::Value(2)), ("b".into(), Answer::Skipped)].into(),
    }
}

fn hold(reason: &str) -> Restriction {
    Restriction {
        since: now(),
        reason: reason.into(),
    }
}

/// A vault with an account's part of it: pushes are sealed by counting.
struct Device {
    _folder: tempfile::TempDir,
    list: PathBuf,
    vault: Vault,
    sealed: u8,
    named: std::cell::Cell<u32>,
    sequence: u64,
}

impl Device {
    /// One that nothing is synced of.
    fn alone() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut vault = new_vault(&folder.path().join("vault"));
        for purpose in [KeepOnDevice::PURPOSE, CopyOnServer::PURPOSE] {
            vault.record_choice(&purpose, true, &now()).expect("a choice");
        }
        Self {
            list: folder.path().join("deletions"),
            _folder: folder,
            vault,
            sealed: 0,
            named: std::cell::Cell::new(0),
            sequence: 0,
        }
    }

    /// One whose other devices know what little is there.
    fn synced() -> Self {
        let mut device = Self::alone();
        device.begin();
        device.push();
        device
    }

    fn begin(&mut self) {
        let consent = self.copy();
        self.vault.begin_sync(&consent).expect("begins");
    }

    fn keep(&self) -> Consent<KeepOnDevice> {
        self.vault.consent().expect("consent")
    }

    fn copy(&self) -> Consent<CopyOnServer> {
        self.vault.consent().expect("consent")
    }

    fn save(&mut self, entry: &Entry) {
        let consent = self.keep();
        self.vault.save_entry(&consent, entry).expect("saves");
    }

    fn changes(&self) -> Vec<Change> {
        let mut name = |kind: Kind, name: Option<&[u8]>| {
            self.named.set(self.named.get() + 1);
            Ok(name.map_or_else(
                || RecordId((u128::from(self.named.get()) << 64).to_be_bytes()),
                |name| named(kind, name),
            ))
        };
        let mut changes = Vec::new();
        self.vault
            .each_change(&self.copy(), None, &mut |_| true, &mut name, &mut |change| {
                changes.push(change);
            })
            .expect("changes");
        changes
    }

    fn seal(&mut self, changes: Vec<Change>) -> NewPush {
        self.sequence += 1;
        let records = changes.into_iter().map(|change| {
            self.sealed += 1;
            Pushed {
                revision: change.revision.unwrap_or(Revision([self.sealed; 16])),
                hash: EnvelopeHash([self.sealed; 32]),
                change,
            }
        });
        let records = records.collect();
        NewPush {
            sequence: self.sequence,
            hash: HeaderHash([u8::try_from(self.sequence).expect("a small number"); 32]),
            bytes: bytes::Bytes::from_static(b"a push"),
            records,
        }
    }

    fn store(&mut self, push: &NewPush) {
        let consent = self.copy();
        self.sync(|syncing| syncing.store_push(&consent, push))
            .expect("stores");
    }

    fn arrive(&mut self, push: &NewPush) {
        let arrived = self.sync(|syncing| syncing.acknowledge_push(push.hash));
        assert_eq!(arrived, Ok(true));
    }

    /// Everything that waits arrives.
    fn push(&mut self) -> NewPush {
        let changes = self.changes();
        let push = self.seal(changes);
        self.store(&push);
        self.arrive(&push);
        push
    }

    fn sync<T>(
        &mut self,
        work: impl FnOnce(&mut Syncing<'_>) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        let day = NaiveDate::from_ymd_opt(2026, 12, 27).expect("a day");
        self.vault.sync((&self.list, day), work)
    }

    /// Another device's writing under this id.
    fn theirs(&mut self, id: RecordId, kind: Kind, deleted: bool) -> Known {
        self.sealed += 1;
        let known = self.vault.known(id).expect("reads");
        Known {
            id,
            kind: kind.number(),
            revision: Revision([self.sealed; 16]),
            hash: EnvelopeHash([self.sealed; 32]),
            parent: known.map(|known| known.hash),
            deleted,
        }
    }

    /// The same of one entry among many, which nobody knows here.
    fn theirs_of_many(&self, id: RecordId) -> Known {
        Known {
            id,
            kind: Kind::Entry.number(),
            revision: Revision(id.0),
            hash: EnvelopeHash([7; 32]),
            parent: None,
            deleted: false,
        }
    }

    fn take_in(&mut self, theirs: Known, outcome: Outcome) -> Result<(), VaultError> {
        let consent = self.keep();
        let arrived = Arrived { theirs, outcome };
        self.sync(|syncing| syncing.take_in(&consent, &arrived, &mut Indexer::default()))
    }

    /// Under which id an entry is known.
    fn id(&self, number: u128) -> RecordId {
        let local = local::Local::id(Uuid::from_u128(number));
        outbox::id_of(&self.vault.connection, Kind::Entry.number(), &local)
            .expect("reads")
            .expect("a known record")
    }

    fn waiting(&self) -> Vec<(Kind, String)> {
        let mut query = self
            .vault
            .connection
            .prepare("SELECT kind, CASE typeof(local) WHEN 'blob' THEN hex(local) ELSE local END FROM sync_change ORDER BY kind, local")
            .expect("a query");
        let rows = query
            .query_map([], |row| {
                Ok((Kind::of(row.get(0)?).expect("a kind"), row.get(1)?))
            })
            .expect("rows");
        rows.collect::<Result<_, _>>().expect("rows")
    }

    fn rows(&self, table: &str) -> u32 {
        self.vault
            .connection
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
            .expect("a count")
    }

    fn delete(&mut self, number: u128) {
        self.vault
            .delete_entry(EntryId(Uuid::from_u128(number)), utc(0))
            .expect("deletes");
    }

    fn finish(&mut self) {
        let day = NaiveDate::from_ymd_opt(2026, 12, 27).expect("a day");
        self.vault
            .finish_deletions(utc(1), &self.list, day)
            .expect("finishes");
    }

    fn finds(&self, word: &str) -> usize {
        let query = Query::parse(word).expect("a query");
        self.vault.search(&query).expect("a search").places.len()
    }
}

/// The id of what there is one of.
fn named(kind: Kind, name: &[u8]) -> RecordId {
    let mut id = [0; 16];
    id[14] = u8::try_from(kind.number()).expect("a small number");
    id[15] = u8::try_from(name.len()).expect("a short name");
    RecordId(id)
}

fn hex(number: u128) -> String {
    format!("{number:032X}")
}

fn content(entry: &Entry) -> Vec<u8> {
    record::write(&EntryRecord::new(entry.clone(), None)).expect("a content")
}
