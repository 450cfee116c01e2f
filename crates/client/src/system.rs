//! What Regie does with the computer around it: tray, window, sleep.

use regie_vault::settings::Setting;

use crate::{Client, ClientError, WindowPlace, profile::ProfileFile};

impl Client {
    /// Whether there is to be an icon in the tray, where Regie goes on, locked, when its window closes.
    #[must_use]
    pub fn tray(&self) -> bool {
        self.state().file.tray
    }

    /// Chooses whether there is an icon in the tray.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub fn set_tray(&self, tray: bool) -> Result<(), ClientError> {
        self.change_profile(|file| file.tray = tray)
    }

    /// Where the window last stood.
    #[must_use]
    pub fn window_place(&self) -> Option<WindowPlace> {
        self.state().file.window
    }

    /// Remembers where the window stands.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub fn remember_window(&self, place: WindowPlace) -> Result<(), ClientError> {
        self.change_profile(|file| file.window = Some(place))
    }

    /// Whether Regie locks when the computer goes to sleep or its screen is locked: yes, unless the person said otherwise.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the database says.
    pub fn locks_at_sleep(&self) -> Result<bool, ClientError> {
        self.with_vault(|vault| Ok(vault.setting(Setting::LockAtSleep)?.unwrap_or(true)))
    }

    /// Chooses whether Regie locks when the computer goes to sleep or its screen is locked.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the disk says.
    pub fn set_lock_at_sleep(&self, lock: bool) -> Result<(), ClientError> {
        self.with_vault(|vault| Ok(vault.set_setting(Setting::LockAtSleep, &lock)?))
    }

    fn change_profile(&self, change: impl FnOnce(&mut ProfileFile)) -> Result<(), ClientError> {
        let mut state = self.state();
        self.hold_profile(&mut state)?;
        let mut file = state.file.clone();
        change(&mut file);
        if file != state.file {
            file.save(&self.profile)?;
            state.file = file;
        }
        Ok(())
    }
}
