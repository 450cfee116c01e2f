//! Looking for damage in a vault that is in use.

use crate::{Client, ClientError, lock::SETTLED_IN};

impl Client {
    /// Looks through the open vault's file once after each unlocking, without keeping anything else waiting; does nothing at
    /// any other time. What is found is told by [`Client::today`].
    ///
    /// # Errors
    /// What the file system says; it is tried again then.
    pub fn look_for_damage(&self) -> Result<(), ClientError> {
        let (opened, inspection) = {
            let state = self.state();
            let settled = self.clock.now().at.to_utc() - state.opened >= SETTLED_IN;
            match &state.vault {
                Some(vault) if settled && state.whole.is_none() => (state.opened, vault.inspection()),
                _ => return Ok(()),
            }
        };
        let whole = inspection.is_whole()?;
        let mut state = self.state();
        if state.vault.is_some() && state.opened == opened {
            // A page may have been half written when it was looked at: now nothing is written.
            state.whole = Some(whole || inspection.is_whole()?);
        }
        Ok(())
    }
}
