//! Everything being on hold, as a record that travels. One record being on hold travels with that record.

use regie_domain::restriction::Everything;
use rusqlite::Connection;

use super::{ALL, of};
use crate::{
    VaultError,
    sync::{Row, there},
};

/// Whether everything is on hold, as it travels.
pub(crate) fn read(connection: &Connection) -> Result<Row, VaultError> {
    there(&Everything::new(of(connection, ALL)?))
}
