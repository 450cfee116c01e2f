//! What is known of an attachment as a record that travels.

use regie_domain::{AttachmentId, attachment::Manifest};
use rusqlite::{Connection, Transaction};
use uuid::Uuid;

use crate::{
    VaultError,
    sync::{Row, there},
};

/// The one with this id, as it travels.
pub(crate) fn read(connection: &Connection, id: Uuid) -> Result<Row, VaultError> {
    match super::of(connection, AttachmentId(id))? {
        Some(manifest) => there(&manifest),
        None => Ok(Row::Gone),
    }
}

/// Writes it, whatever stood there. Its bytes are elsewhere until they are fetched; what was sealed before goes.
pub(crate) fn write(transaction: &Transaction<'_>, manifest: &Manifest) -> Result<(), VaultError> {
    if let Some(before) = super::of(transaction, manifest.id)?
        && before.blob.id != manifest.blob.id
    {
        super::file::leave(transaction, *manifest.id.0.as_bytes())?;
    }
    super::put(transaction, manifest)
}
