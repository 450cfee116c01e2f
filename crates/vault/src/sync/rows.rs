//! Rows as contents of records, and contents as rows: one function each way for every kind, beside the kind's own queries.

use regie_domain::{
    attachment::Manifest,
    diary::EntryRecord,
    meter::RunRecord,
    record::{self, AnyRecord, Kind, RecordError},
    search::Indexer,
};
use rusqlite::{Connection, Transaction};

use super::local::Local;
use crate::{VaultError, attachment, consent, diary, instruments, meter, restriction, settings};

/// What stands in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    /// This content.
    There(Vec<u8>),
    /// Deleted, and can still be taken back.
    Dying,
    /// Nothing.
    Gone,
}

/// Reads a row.
pub(crate) fn read(connection: &Connection, kind: Kind, local: &Local) -> Result<Row, VaultError> {
    match kind {
        Kind::Entry => diary::record::read(connection, local.as_id()?),
        Kind::Run => meter::record::read(connection, local.as_id()?),
        Kind::Instrument => {
            let (id, version) = local.as_instrument()?;
            instruments::record::read(connection, id, version)
        }
        Kind::Settings => settings::record::read(connection),
        Kind::Reminders => settings::record::read_reminders(connection),
        Kind::Consent => consent::record::read(connection),
        Kind::Hold => restriction::record::read(connection),
        Kind::Attachment => attachment::record::read(connection, local.as_id()?),
    }
}

/// A row with a record.
pub(crate) fn there<R: record::Record>(record: &R) -> Result<Row, VaultError> {
    Ok(Row::There(record::write(record)?))
}

/// The row that a record asks for by itself.
pub(super) fn local_of(record: &AnyRecord) -> Local {
    match record {
        AnyRecord::Entry(entry) => Local::id(entry.entry().id.0),
        AnyRecord::Run(run) => Local::id(run.id.0),
        AnyRecord::Instrument(one) => Local::instrument(&one.id, &one.version),
        AnyRecord::Attachment(manifest) => Local::id(manifest.id.0),
        AnyRecord::Settings(_) | AnyRecord::Reminders(_) | AnyRecord::Consent(_) | AnyRecord::Hold(_) => {
            Local::only()
        }
    }
}

/// The same record for another row.
pub(super) fn moved(record: AnyRecord, local: &Local) -> Result<AnyRecord, VaultError> {
    Ok(match record {
        AnyRecord::Entry(entry) => {
            let (mut entry, hold) = entry.into_parts();
            entry.id.0 = local.as_id()?;
            AnyRecord::Entry(EntryRecord::new(entry, hold))
        }
        AnyRecord::Run(run) => AnyRecord::Run(RunRecord {
            id: regie_domain::RunId(local.as_id()?),
            ..run
        }),
        AnyRecord::Attachment(manifest) => AnyRecord::Attachment(Manifest {
            id: regie_domain::AttachmentId(local.as_id()?),
            ..manifest
        }),
        other => other,
    })
}

/// Writes a record into its row, whatever stood there.
pub(super) fn write(
    transaction: &Transaction<'_>,
    record: AnyRecord,
    indexer: &mut Indexer,
) -> Result<(), VaultError> {
    match record {
        AnyRecord::Entry(entry) => diary::record::write(transaction, entry, indexer),
        AnyRecord::Run(run) => meter::record::write(transaction, run),
        AnyRecord::Instrument(one) => instruments::record::write(transaction, one),
        AnyRecord::Settings(chosen) => settings::record::write(transaction, &chosen),
        AnyRecord::Reminders(schedule) => settings::record::write_reminders(transaction, &schedule),
        AnyRecord::Consent(history) => consent::record::write(transaction, &history),
        AnyRecord::Hold(everything) => restriction::hold(transaction, restriction::ALL, everything.hold()),
        AnyRecord::Attachment(manifest) => attachment::record::write(transaction, &manifest),
    }
}

/// What came was read before; what is here was written by this program.
impl From<RecordError> for VaultError {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::TooLong => Self::TooLarge,
            RecordError::Malformed | RecordError::TooNew { .. } | RecordError::OtherKind => {
                Self::VaultDamaged
            }
        }
    }
}
