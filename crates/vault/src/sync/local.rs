//! Which row of the vault a record is: the id of an entry or a run, name and version of an instrument; empty where there is one
//! of a kind.

use rusqlite::{
    ToSql,
    types::{FromSql, FromSqlResult, ToSqlOutput, Value, ValueRef},
};
use uuid::Uuid;

use crate::VaultError;

/// A row, whatever its kind calls it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Local(Value);

/// Between an instrument's name and version; as in migrations/0005.sql.
const BETWEEN: char = '\u{1f}';

impl Local {
    /// An entry or a run.
    pub(crate) fn id(id: Uuid) -> Self {
        Self(Value::Blob(id.as_bytes().to_vec()))
    }

    /// The only one of its kind.
    pub(crate) fn only() -> Self {
        Self(Value::Text(String::new()))
    }

    /// An instrument.
    pub(crate) fn instrument(id: &str, version: &str) -> Self {
        Self(Value::Text(format!("{id}{BETWEEN}{version}")))
    }

    /// A tombstone, which has no row.
    pub(crate) fn tombstone(id: [u8; 16]) -> Self {
        Self(Value::Blob(id.to_vec()))
    }

    pub(crate) fn as_id(&self) -> Result<Uuid, VaultError> {
        match &self.0 {
            Value::Blob(bytes) => Uuid::from_slice(bytes).map_err(|_| VaultError::VaultDamaged),
            _ => Err(VaultError::VaultDamaged),
        }
    }

    pub(crate) fn as_instrument(&self) -> Result<(&str, &str), VaultError> {
        match &self.0 {
            Value::Text(text) => text.split_once(BETWEEN).ok_or(VaultError::VaultDamaged),
            _ => Err(VaultError::VaultDamaged),
        }
    }
}

impl ToSql for Local {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for Local {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Value::column_result(value).map(Self)
    }
}
