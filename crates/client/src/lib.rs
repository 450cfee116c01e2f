//! The use cases: one facade that the window, the tests and the benchmarks all drive.
//!
//! What can be done in Regie can be done here. A [`Client`] stands for one profile folder on this device; its
//! methods are grouped by concern, one file each.

mod account;
mod attachment;
mod backup;
mod clock;
mod consent;
mod damage;
mod deletion;
mod device;
mod diary;
mod error;
mod export;
mod first_run;
mod guide;
mod help;
mod hide;
mod import;
mod keychain;
mod keys;
mod lock;
mod meter;
mod mirror;
mod my_data;
mod net;
mod people;
mod profile;
mod prompts;
mod recovery;
mod reminder;
mod report;
mod restriction;
mod statement;
mod strength;
mod sync;
mod system;
mod terms;
mod today;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, atomic::AtomicU32};

use chrono::{DateTime, NaiveDate, Utc};
use regie_domain::{attachment::MOST_ORIGINALS, seal::Seal};
use regie_protocol::{Language, Notices};
use regie_vault::{Presence, Vault, VaultError, backup::Unpacked, settings::Setting};

pub use account::{
    AccountError, AccountView, CodeKind, ContactRole, ContactRow, DeviceView, FactorLift, FactorView, Frame,
    FrameSeen, HandedLink, InTouch, InvitationView, JoinBegin, JoinForm, JoinedView, LONGEST_FRAME_SIDE,
    LeaveKind, LeaveView, LogInBy, LogInForm, LogRow, NoticeKind, PairEnd, PairForm, PairNewcomer, PairOffer,
    PairState, ReceiptView, RecipientView, RecipientsView, RequestContent, RequestPurpose, RequestView,
    ServerTrust, ServerView, SignOut,
};
pub use attachment::{
    AddedFiles, AttachmentError, AttachmentKind, AttachmentPlace, AttachmentSettings, AttachmentView,
    LargeRow, LargestView, NotHereView, RecordingPiece, RecordingRules, RecordingView,
};
pub use backup::{
    AsideRow, BackedUpView, BackupChoice, BackupRow, BackupSchedule, BackupSecret, BackupsView, CopiesView,
    ElsewhereView,
};
pub use clock::{Clock, SystemClock};
pub use consent::{ChoiceView, PurposeView, ReadView, StepView, WritingView};
pub use deletion::{DeletedView, DeletionPlanView, DeletionRequest};
pub use device::{Appearance, Contrast, FirstRunStep, Theme};
pub use diary::{
    DayMarkView, DayView, DiaryCount, DiaryFilter, DiaryPageView, DiarySettings, EntryAbout, EntryBase,
    EntryDraft, EntryRow, EntryView, HitKind, PlaceView, SavedView, SearchHit, SearchView, SnippetPart,
    TagView,
};
pub use error::ClientError;
pub use export::{ExportForm, ExportParts, ExportPlanView, ExportProtection, ExportRequest, ExportedView};
pub use guide::{GuidePageView, GuideView};
pub use help::{HelpLineView, HelpView};
pub use import::{
    ImportLook, ImportOrigin, ImportOutcome, ImportPreview, ImportRow, ImportSecret, ImportedView,
    LeftOutView, UndoneView,
};
pub use keychain::{Keychain, KeychainError, NoKeychain, SystemKeychain};
pub use keys::{NewKeysView, QuickUnlockView};
pub use meter::{
    AddedView, AnswerChoice, AnswerOptionView, ChangeKind, ChangeView, DimensionView, GrainView,
    InstrumentFaultView, InstrumentView, ItemAnswer, MeterView, PointView, ResultRow, ResultView,
    ResultsPage, RunSummary, RunView, SeriesView, SheetFormat, StatementItem, TrendView,
};
pub use my_data::{CountView, DataMapRow, MyDataView, Settings};
pub use people::{PeopleView, PersonView};
pub use profile::WindowPlace;
pub use prompts::PromptView;
pub use recovery::{RecoveryCodeView, RehearsalAnswer};
pub use regie_crypto::Passphrase;
pub use regie_domain::attachment::sound::LARGEST_PIECE;
pub use regie_domain::link::WebLink;
pub use reminder::RemindersView;
pub use report::{ReportView, Surroundings};
pub use restriction::{HeldRow, OnHoldView, RestrictionView};
pub use statement::{
    AnnouncedView, BlockChange, BlockKind, BlockView, NewsView, PartView, StatementChangesView,
    StatementVersion, StatementView,
};
pub use strength::{StrengthHint, StrengthView};
pub use sync::blobs;
pub use sync::{
    Carried, LeftOverView, NoRoomView, OriginalPart, OriginalView, OriginalsView, SyncAlarm, SyncAsked,
    SyncCode, SyncCompared, SyncDecision, SyncNotice, SyncQuestion, SyncState, SyncView, SyncWhat,
};
pub use terms::{TermsChangesView, TermsView};
pub use today::{OfferView, TodayView};

use device::DeviceFile;
use people::Chosen;
use profile::{ProfileFile, ProfileLock};

/// One profile: a folder on this device with at most one vault for each person in it.
pub struct Client {
    /// What all people share.
    profile: PathBuf,
    /// Where everything of the one who is here lies. Apart from the state, so that it can be asked while that is held.
    person: RwLock<PathBuf>,
    clock: Box<dyn Clock>,
    keychain: Box<dyn Keychain>,
    /// Purposes and statement, with all their versions.
    notices: Notices,
    /// Percent of a vault that is being written anew; above 100 while none is.
    progress: AtomicU32,
    state: Mutex<State>,
    /// Held while a backup is packed; holds the one that locking left to do. Who holds it takes nothing else.
    packing: Mutex<Option<Unpacked>>,
    /// Held while a copy goes to the chosen folder.
    copying: Arc<Mutex<()>>,
    /// The export or import under way. Apart from the state, so that it can be stopped while that is held.
    job: Mutex<Option<Arc<export::Job>>>,
    /// The way to servers.
    account: account::Work,
    /// What travels between the person's devices.
    sync: sync::Work,
    /// So many bytes of originals stay at most where not all are kept.
    most_originals: u64,
}

struct State {
    /// Held as long as the program runs; `None` while the folder cannot be used.
    profile: Option<ProfileLock>,
    file: ProfileFile,
    /// `None` as long as several could be meant.
    chosen: Option<Chosen>,
    device: DeviceFile,
    vault: Option<Vault>,
    attempts: lock::Attempts,
    touched: DateTime<Utc>,
    /// Groups asked in the rehearsal under way.
    rehearse: Option<[usize; 2]>,
    hiding: hide::Hiding,
    /// When what was last done, as far as seen since the program started: it is stored nowhere outside the vault.
    done: reminder::Done,
    /// The report as it was shown; what is saved is that and nothing else.
    report: Option<String>,
    /// A backup that the person chose in a dialog.
    chosen_backup: Option<PathBuf>,
    /// A file or folder to be taken in, that the person chose in a dialog.
    chosen_import: Option<import::Chosen>,
    /// Where the last export went.
    exported: Option<PathBuf>,
    /// When the vault was opened.
    opened: DateTime<Utc>,
    /// How often one was opened.
    session: u64,
    /// The day on which copies were last looked after in this session.
    cared_on: Option<NaiveDate>,
    /// Whether an earlier session ended without a backup of its changes.
    changed_at_unlock: bool,
    /// Whether the whole file was as it was written; `None` until it was looked through.
    whole: Option<bool>,
    /// What kept backups from being made or looked after, last time.
    backup_trouble: Option<ClientError>,
    /// A copy on its way to the chosen folder.
    copying: Option<backup::Copying>,
    /// When one was last begun, or seen not to be due.
    copy_tried: Option<DateTime<Utc>>,
    /// A server that was looked at, a joining that was begun.
    begun: account::Begun,
}

/// Where a profile stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Several people share this computer, and nobody has chosen their name yet.
    Choose,
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
        let touched = clock.now().at.to_utc();
        let state = State {
            profile: None,
            file: ProfileFile::load(folder),
            chosen: None,
            device: DeviceFile::default(),
            vault: None,
            attempts: lock::Attempts::resume(0),
            touched,
            rehearse: None,
            hiding: hide::Hiding::default(),
            done: reminder::Done::default(),
            report: None,
            chosen_backup: None,
            chosen_import: None,
            exported: None,
            opened: touched,
            session: 0,
            cared_on: None,
            changed_at_unlock: false,
            whole: None,
            backup_trouble: None,
            copying: None,
            copy_tried: None,
            begun: account::Begun::default(),
        };
        let client = Self {
            profile: folder.to_owned(),
            person: RwLock::new(folder.to_owned()),
            clock: Box::new(clock),
            keychain: Box::new(NoKeychain),
            notices: Notices::SHIPPED,
            progress: AtomicU32::new(u32::MAX),
            state: Mutex::new(state),
            packing: Mutex::new(None),
            copying: Arc::default(),
            job: Mutex::default(),
            account: account::Work::default(),
            sync: sync::Work::default(),
            most_originals: MOST_ORIGINALS,
        };
        client.settle(&mut client.state(), None);
        client
    }

    /// The same with a keychain for quick unlock.
    #[must_use]
    pub fn with_keychain(mut self, keychain: impl Keychain + 'static) -> Self {
        self.keychain = Box::new(keychain);
        self
    }

    /// The same with other purposes and another statement than this version of the program has. To be called before a vault
    /// is opened.
    #[must_use]
    pub const fn with_notices(mut self, notices: Notices) -> Self {
        self.notices = notices;
        self
    }

    /// Does what locking left to do. To be called before the program ends.
    pub fn rest(&self) {
        self.finish_packing(&mut self.state());
    }

    /// The profile's folder, which all people share.
    #[must_use]
    pub fn profile(&self) -> &Path {
        &self.profile
    }

    /// The folder of the one who is here.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.person_folder()
    }

    /// Where the profile stands now; also tries a folder again that could not be used before.
    #[must_use]
    pub fn stage(&self) -> Stage {
        let mut state = self.state();
        if let Err(error) = self.hold_profile(&mut state) {
            return Stage::Broken(error);
        }
        if state.vault.is_none()
            && let Err(error) = self.finish_erasing(&mut state)
        {
            return Stage::Broken(error);
        }
        if state.chosen.is_none() {
            return Stage::Choose;
        }
        if state.vault.is_none()
            && let Err(error) = Vault::settle(&self.vault_folder())
        {
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

    /// Whether a vault is open, also during the first run.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state().vault.is_some()
    }

    /// What the seal says now.
    #[must_use]
    pub fn seal(&self) -> Seal {
        let state = self.state();
        match &state.vault {
            Some(vault) => {
                let all_on_hold = vault.restriction(None).is_ok_and(|found| found.is_some());
                match Seal::of_open_vault(consent::may_write(vault), all_on_hold) {
                    Seal::OnlyHere => match self.sync.seal() {
                        Seal::Copied if sync::waits_for_room(vault) => Seal::CopyBehind,
                        seal => seal,
                    },
                    seal => seal,
                }
            }
            None if state.chosen.is_none() || self.vault_folder().exists() => Seal::Locked,
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
        self.change_device(|device| device.language = Some(language))?;
        self.try_to_mirror();
        Ok(())
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
        self.person_folder().join("vault")
    }

    /// Where everything of the one who is here lies: vault, backups, device file, vaults that were set aside.
    pub(crate) fn person_folder(&self) -> PathBuf {
        self.person.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_person_folder(&self, folder: PathBuf) {
        *self.person.write().unwrap_or_else(PoisonError::into_inner) = folder;
    }

    fn job(&self) -> MutexGuard<'_, Option<Arc<export::Job>>> {
        self.job.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic in one command must not make the vault unreachable for the next: every write is a transaction.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change_device(&self, change: impl FnOnce(&mut DeviceFile)) -> Result<(), ClientError> {
        let mut state = self.state();
        self.ready(&mut state)?;
        let mut device = state.device.clone();
        change(&mut device);
        device.save(&self.person_folder())?;
        state.device = device;
        Ok(())
    }

    /// Holds the profile, and reads anew what another process may have changed before.
    fn hold_profile(&self, state: &mut State) -> Result<(), VaultError> {
        if state.profile.is_none() {
            state.profile = Some(ProfileLock::acquire(&self.profile)?);
            state.file = ProfileFile::load(&self.profile);
            self.settle(state, None);
        }
        Ok(())
    }

    /// Holds the profile for the one who is here.
    fn ready(&self, state: &mut State) -> Result<(), ClientError> {
        self.hold_profile(state)?;
        if state.vault.is_none() {
            // Nothing new may begin where something old is still being removed.
            self.finish_erasing(state)?;
        }
        state.chosen.as_ref().map(|_| ()).ok_or(ClientError::NotNow)
    }

    /// Works with the open vault.
    fn with_vault<T>(
        &self,
        work: impl FnOnce(&mut Vault) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        let mut state = self.state();
        let vault = state.vault.as_mut().ok_or(ClientError::Locked)?;
        let before = vault.writes();
        let done = work(vault);
        if vault.writes() != before {
            self.sync.written();
        }
        done
    }
}

impl State {
    /// Backups could not be made or looked after.
    fn backup_went_wrong(&mut self, error: ClientError) {
        self.backup_trouble = Some(error);
        if self.backup_met_damage() {
            self.whole = Some(false);
        }
    }

    fn backup_met_damage(&self) -> bool {
        self.backup_trouble == Some(VaultError::VaultDamaged.into())
    }

    /// A vault was opened.
    fn begin_session(&mut self, now: DateTime<Utc>) {
        (self.touched, self.opened, self.cared_on, self.whole) = (now, now, None, None);
        self.session += 1;
        self.copy_tried = None;
        self.changed_at_unlock = self.vault.as_ref().is_some_and(Vault::changed_since_backup);
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.rest();
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Client(…)")
    }
}
