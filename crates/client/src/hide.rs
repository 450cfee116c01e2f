//! Hiding: a neutral screen at once, the vault locked behind it, and the way back to the same spot.

use zeroize::Zeroizing;

use crate::{Client, ClientError};

/// Longest note about a spot, in bytes: a screen's name, an id and a few numbers.
const LONGEST_SPOT: usize = 512;

/// What hiding leaves behind in memory; never on disk.
#[derive(Default)]
pub(crate) struct Hiding {
    /// A neutral screen stands before the lock.
    hidden: bool,
    /// Where the person was: ids and numbers, opaque to the core.
    spot: Option<Zeroizing<String>>,
}

impl Client {
    /// Locks behind a neutral screen and remembers where the person was, for [`Client::take_spot`] after unlocking.
    /// `spot` holds ids and numbers and no content; one that is too long is forgotten.
    ///
    /// # Errors
    /// As [`Client::lock`]; hidden and locked all the same.
    pub fn hide(&self, spot: String) -> Result<(), ClientError> {
        let spot = Some(Zeroizing::new(spot)).filter(|spot| spot.len() <= LONGEST_SPOT);
        let was_open = self.state().vault.is_some();
        let locked = self.lock();
        let mut state = self.state();
        state.hiding.hidden = true;
        if was_open {
            state.hiding.spot = spot;
        }
        locked
    }

    /// Whether the neutral screen stands before the lock.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.state().hiding.hidden
    }

    /// The neutral screen gives way to the lock.
    pub fn leave_hiding(&self) {
        self.state().hiding.hidden = false;
    }

    /// Where the person was when they hid; told once, and only while the vault is open.
    #[must_use]
    pub fn take_spot(&self) -> Option<String> {
        let mut state = self.state();
        state.vault.as_ref()?;
        state.hiding.hidden = false;
        state.hiding.spot.take().map(|spot| spot.as_str().to_owned())
    }
}
