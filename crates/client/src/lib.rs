//! The use cases: one facade that the window, the tests and the benchmarks all drive.
//!
//! What can be done in Regie can be done here. A [`Client`] stands for one profile folder on this device; its
//! methods are grouped by concern, one file each.

mod clock;
mod consent;
mod device;
mod diary;
mod error;
mod first_run;
mod help;
mod hide;
mod lock;
mod meter;
mod my_data;
mod profile;
mod prompts;
mod recovery;
mod strength;
mod today;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use regie_domain::seal::Seal;
use regie_protocol::Language;
use regie_vault::{Presence, Vault, VaultError, settings::Setting};

pub use clock::{Clock, SystemClock};
pub use consent::PurposeView;
pub use device::{Appearance, Contrast, FirstRunStep, Theme};
pub use diary::{
    DayMarkView, DayView, DiaryCount, DiaryFilter, DiaryPageView, DiarySettings, EntryAbout, EntryDraft,
    EntryRow, EntryView, HitKind, PlaceView, SavedView, SearchHit, SearchView, SnippetPart, TagView,
};
pub use error::ClientError;
pub use help::{HelpLineView, HelpView};
pub use meter::{
    AnswerChoice, AnswerOptionView, DimensionView, InstrumentView, ItemAnswer, MeterView, ResultRow,
    ResultView, RunSummary, RunView, StatementItem,
};
pub use my_data::{CountView, DataMapRow, MyDataView, Settings};
pub use prompts::PromptView;
pub use recovery::{RecoveryCodeView, RehearsalAnswer};
pub use regie_crypto::Passphrase;
pub use regie_domain::link::WebLink;
pub use strength::{StrengthHint, StrengthView};
pub use today::TodayView;

use device::DeviceFile;
use profile::ProfileLock;

/// One profile: a folder on this device with at most one vault in it.
pub struct Client {
    folder: PathBuf,
    clock: Box<dyn Clock>,
    state: Mutex<State>,
}

struct State {
    /// Held as long as the program runs; `None` while the folder cannot be used.
    profile: Option<ProfileLock>,
    device: DeviceFile,
    vault: Option<Vault>,
    attempts: lock::Attempts,
    touched: DateTime<Utc>,
    /// Groups asked in the rehearsal under way.
    rehearse: Option<[usize; 2]>,
    hiding: hide::Hiding,
}

/// Where a profile stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The first run, at this step.
    FirstRun(FirstRunStep),
    /// There is a vault, locked; after a number of wrong tries only to be tried after a wait.
    Locked {
        /// Seconds until the next try is accepted.
        wait_seconds: u32,
    },
    /// The vault is open.
    Open,
    /// The vault cannot be opened, whatever the passphrase.
    Broken(VaultError),
}

impl Client {
    /// A client for a profile folder, which is made when it is not there. Trouble with the folder shows in
    /// [`Client::stage`].
    #[must_use]
    pub fn new(folder: &Path, clock: impl Clock + 'static) -> Self {
        let device = DeviceFile::load(folder);
        let touched = clock.now().at.to_utc();
        let attempts = lock::Attempts::resume(device.failed_unlocks);
        let state = State {
            profile: None,
            device,
            vault: None,
            attempts,
            touched,
            rehearse: None,
            hiding: hide::Hiding::default(),
        };
        Self {
            folder: folder.to_owned(),
            clock: Box::new(clock),
            state: Mutex::new(state),
        }
    }

    /// The profile's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the profile stands now; also tries a folder again that could not be used before.
    #[must_use]
    pub fn stage(&self) -> Stage {
        let mut state = self.state();
        if let Err(error) = state.hold_profile(&self.folder) {
            return Stage::Broken(error);
        }
        match &state.vault {
            Some(vault) => match vault.setting::<bool>(Setting::FirstRunDone) {
                Ok(Some(true)) => Stage::Open,
                Ok(_) => Stage::FirstRun(FirstRunStep::Recovery),
                Err(error) => Stage::Broken(error),
            },
            None => match Vault::presence(&self.vault_folder()) {
                Presence::Nothing => Stage::FirstRun(state.device.first_run_step),
                Presence::Vault => Stage::Locked {
                    wait_seconds: state.attempts.wait_seconds(),
                },
                Presence::Broken(error) => Stage::Broken(error),
            },
        }
    }

    /// What the seal says now.
    #[must_use]
    pub fn seal(&self) -> Seal {
        let state = self.state();
        match &state.vault {
            Some(vault) => Seal::of_open_vault(consent::may_write(vault)),
            None if self.vault_folder().exists() => Seal::Locked,
            None => Seal::NotYet,
        }
    }

    /// The language in use: the chosen one, else the system's.
    #[must_use]
    pub fn language(&self) -> Language {
        self.state()
            .device
            .language
            .unwrap_or_else(|| self.clock.system_language())
    }

    /// Chooses a language.
    ///
    /// # Errors
    /// When the choice cannot be stored.
    pub fn set_language(&self, language: Language) -> Result<(), ClientError> {
        self.change_device(|device| device.language = Some(language))
    }

    /// Theme, contrast and text size.
    #[must_use]
    pub fn appearance(&self) -> Appearance {
        self.state().device.appearance()
    }

    /// Chooses theme, contrast and text size.
    ///
    /// # Errors
    /// When the choice cannot be stored.
    pub fn set_appearance(&self, appearance: Appearance) -> Result<(), ClientError> {
        self.change_device(|device| device.set_appearance(appearance))
    }

    /// Checks that an address may be offered to the browser.
    ///
    /// # Errors
    /// [`ClientError::BadLink`] for anything but a plain web address.
    pub fn web_link(&self, url: &str) -> Result<WebLink, ClientError> {
        WebLink::parse(url).ok_or(ClientError::BadLink)
    }

    fn vault_folder(&self) -> PathBuf {
        self.folder.join("vault")
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic in one command must not make the vault unreachable for the next: every write is a transaction.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change_device(&self, change: impl FnOnce(&mut DeviceFile)) -> Result<(), ClientError> {
        let mut state = self.state();
        state.hold_profile(&self.folder)?;
        let mut device = state.device.clone();
        change(&mut device);
        device.save(&self.folder)?;
        state.device = device;
        Ok(())
    }

    /// Works with the open vault.
    fn with_vault<T>(
        &self,
        work: impl FnOnce(&mut Vault) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        work(self.state().vault.as_mut().ok_or(ClientError::Locked)?)
    }
}

impl State {
    fn hold_profile(&mut self, folder: &Path) -> Result<(), VaultError> {
        if self.profile.is_none() {
            self.profile = Some(ProfileLock::acquire(folder)?);
            self.device = DeviceFile::load(folder);
        }
        Ok(())
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Client(…)")
    }
}
