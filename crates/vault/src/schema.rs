//! Which form the open vault has.

use crate::{Vault, VaultError};

impl Vault {
    /// Number of the last migration that the vault has gone through.
    ///
    /// # Errors
    /// What the database says.
    pub fn schema_version(&self) -> Result<u32, VaultError> {
        let version = self
            .connection
            .pragma_query_value(None, "user_version", |row| row.get(0))?;
        Ok(version)
    }
}
