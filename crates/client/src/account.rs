//! The account: joining, further devices, leaving. Regie is whole without one, and works without a network with one.
//!
//! Nothing here holds the vault while it waits for the network: what is needed is read first, and what came is written after.

mod agreeing;
mod changes;
mod contact;
mod details;
mod devices;
mod error;
mod factor;
mod frame;
mod handed;
mod joining;
mod leaving;
mod live;
mod login;
mod moments;
mod naming;
mod pairing;
mod picture;
mod recipients;
mod roots;
mod server;
mod views;
mod work;

use std::path::{Path, PathBuf};

use regie_crypto::Passphrase;
use regie_protocol::{Language, signed::VerifyingKey};

use crate::{Client, ClientError, CopiesView, NewKeysView, Stage};

pub(crate) use changes::AskedNew;
pub use error::AccountError;
pub use frame::{CodeKind, Frame, FrameSeen, LONGEST_FRAME_SIDE};
pub use handed::HandedLink;
pub(crate) use joining::{Ways, epoch_on_wire};
pub use live::InTouch;
pub use pairing::{PairEnd, PairForm, PairNewcomer, PairOffer, PairState};
pub use recipients::{ContactRole, ContactRow, RecipientView, RecipientsView};
pub use views::{
    AccountView, DeviceView, FactorLift, FactorView, InvitationView, JoinBegin, JoinForm, JoinedView,
    LeaveKind, LeaveView, LogInBy, LogInForm, LogRow, NoticeKind, ReceiptView, RequestContent,
    RequestPurpose, RequestView, ServerTrust, ServerView, SignOut,
};
pub(crate) use work::{Begun, Me, Work};

impl Client {
    /// The same with roots of operators that are known besides those that came with the program. To be called before a server is looked at.
    #[must_use]
    pub fn with_roots(mut self, roots: &[VerifyingKey]) -> Self {
        self.account.roots.extend_from_slice(roots);
        self
    }

    /// Where the account stands, as far as this device knows; without the network.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the database says.
    pub fn account(&self) -> Result<AccountView, ClientError> {
        self.account_view()
    }

    /// Asks the server what is new, does what waited for it, and redeems tickets. To be called after unlocking and now and then.
    ///
    /// # Errors
    /// [`AccountError::Offline`], which is normal; what the server or the database says.
    pub fn contact(&self) -> Result<AccountView, ClientError> {
        self.contact_now()
    }

    /// Looks whose server it is: by a link, an address, or a code alone where a server was looked at before. Nothing of a joined vault changes by it.
    ///
    /// # Errors
    /// [`AccountError`], [`ClientError::Locked`].
    pub fn look_at_server(&self, typed: &str, code: Option<&str>) -> Result<ServerView, ClientError> {
        self.look(typed, code)
    }

    /// A link that the system handed over, such as from a mail. It waits until a vault is open; nothing else comes of it by itself. The last
    /// one counts.
    pub fn hand_link(&self, text: &str) {
        self.keep_link(text);
    }

    /// The link that was handed over, once; `None` where there is none, or no vault is open.
    ///
    /// # Errors
    /// What the database says.
    pub fn take_link(&self) -> Result<Option<HandedLink>, ClientError> {
        self.next_link()
    }

    /// The invitation in a picture of its code: a link or a code, to be filled in and looked at as if it was typed. Nothing is asked of
    /// anybody.
    ///
    /// # Errors
    /// [`AccountError::NotAPicture`], [`AccountError::PictureTooLarge`], [`AccountError::NoCodeInPicture`],
    /// [`AccountError::NoInvitationInPicture`].
    pub fn invitation_in_picture(&self, path: &Path) -> Result<String, ClientError> {
        picture::invitation_in(path)
    }

    /// The code in one frame of the camera, as it is typed. The frame is dropped; nothing is asked of anybody.
    ///
    /// # Errors
    /// [`ClientError::Locked`] when no vault is open, [`AccountError::PictureTooLarge`], [`AccountError::NotAPicture`].
    pub fn code_in_frame(&self, kind: CodeKind, frame: Frame) -> Result<FrameSeen, ClientError> {
        if !self.may_scan() {
            return Err(ClientError::Locked);
        }
        frame::code_in(kind, frame)
    }

    /// Whether there is a screen on which a code can be scanned: the vault is open, and not hidden.
    #[must_use]
    pub fn may_scan(&self) -> bool {
        self.stage() == Stage::Open && !self.is_hidden()
    }

    /// The person compared the fingerprint that was shown, and confirms it.
    ///
    /// # Errors
    /// [`AccountError::OtherFingerprint`], [`AccountError::NotConfirmed`] when no server was looked at.
    pub fn confirm_root(&self, fingerprint: &str) -> Result<ServerView, ClientError> {
        self.confirm(fingerprint)
    }

    /// Whether the invitation that came with the server may be used now.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn look_at_invitation(&self) -> Result<InvitationView, ClientError> {
        self.ask_invitation()
    }

    /// Begins joining: a code goes to the address, the same whether or not it is taken.
    ///
    /// # Errors
    /// [`ClientError::WrongPassphrase`], [`AccountError`].
    pub fn begin_joining(&self, begin: &JoinBegin, language: Language) -> Result<AccountView, ClientError> {
        self.begin_to_join(begin, language)
    }

    /// Joins. When no answer came, the same may be tried again.
    ///
    /// # Errors
    /// [`ClientError::MistypedRecoveryCode`], [`ClientError::WrongRecoveryCode`], [`AccountError`].
    pub fn join(&self, form: &JoinForm) -> Result<AccountView, ClientError> {
        self.join_now(form)
    }

    /// Gives up a joining that was begun.
    pub fn give_up_joining(&self) {
        self.state().begun.joining = None;
    }

    /// Logs in on a device that has no vault yet, and makes one.
    ///
    /// # Errors
    /// [`AccountError`], [`ClientError::WeakPassphrase`], [`ClientError::NotNow`] when there is a vault.
    pub fn log_in_on_new_device(&self, form: &LogInForm) -> Result<Stage, ClientError> {
        self.log_in_here(form)
    }

    /// Begins to bring this device to the account of another one, at the server that was looked at: gives the code to show. The vault is
    /// there and open, and nobody's yet; it keeps its passphrase, and [`Client::catch_up`] brings it to the account's.
    ///
    /// # Errors
    /// [`ClientError::NotNow`] without a vault, [`AccountError::Joined`], [`AccountError::NotConfirmed`], [`AccountError`].
    pub fn pair_offer(&self, form: &PairForm) -> Result<PairOffer, ClientError> {
        self.offer_pairing(form)
    }

    /// On a device of the account: the code that a new one shows. It can be tried once.
    ///
    /// # Errors
    /// [`AccountError::MistypedPairing`], [`AccountError::PairingUnknown`], [`AccountError::PairingUsed`], [`AccountError`].
    pub fn pair_enter(&self, code: &str) -> Result<(), ClientError> {
        self.enter_pairing(code)
    }

    /// Where the pairing stands; does its next step, where the other device is ready. To be called again and again.
    ///
    /// # Errors
    /// [`AccountError::Offline`], which ends nothing; what the database says.
    pub fn pair_state(&self) -> Result<PairState, ClientError> {
        self.go_on_pairing()
    }

    /// Whether the digits on both devices are the same.
    ///
    /// # Errors
    /// [`ClientError::NotNow`] when none are compared.
    pub fn pair_compare(&self, same: bool) -> Result<(), ClientError> {
        self.compare_in_pairing(same)
    }

    /// The new device, once both people said that the digits are the same.
    #[must_use]
    pub fn pair_newcomer(&self) -> Option<PairNewcomer> {
        self.newcomer_of_pairing()
    }

    /// On the device that is there: lets the new one in that the person was shown.
    ///
    /// # Errors
    /// [`ClientError::WrongPassphrase`], [`ClientError::NotNow`] before both said that the digits are the same and where it is another device, [`AccountError`]; the same may be
    /// tried again.
    pub fn pair_finish(
        &self,
        shown: &PairNewcomer,
        passphrase: &Passphrase,
        factor: Option<&str>,
    ) -> Result<(), ClientError> {
        self.finish_pairing(shown, passphrase, factor)
    }

    /// Stops: nothing of the pairing stays, and the other device is told where there is a network.
    pub fn pair_stop(&self) {
        self.stop_pairing();
    }

    /// Enters here what was changed on another device: `current` opens this vault, `account` is the account's passphrase where it is another
    /// one. Also makes a vault that was signed out, or is a copy, a device of the account again.
    ///
    /// # Errors
    /// [`ClientError::WrongPassphrase`] for `current`, [`AccountError::LoginFailed`] for the account's.
    pub fn catch_up(
        &self,
        current: &Passphrase,
        account: Option<&Passphrase>,
        factor: Option<&str>,
    ) -> Result<AccountView, ClientError> {
        self.catch_up_now(current, account, factor, None)
    }

    /// The same with the account's address, where it was changed while this device was out.
    ///
    /// # Errors
    /// As [`Client::catch_up`].
    pub fn catch_up_by_address(
        &self,
        email: &str,
        current: &Passphrase,
        account: Option<&Passphrase>,
        factor: Option<&str>,
    ) -> Result<AccountView, ClientError> {
        self.catch_up_now(current, account, factor, Some(email))
    }

    /// Tells the server the passphrase that was set here by the recovery code.
    ///
    /// # Errors
    /// [`ClientError::WrongPassphrase`], [`ClientError::MistypedRecoveryCode`], [`AccountError`].
    pub fn finish_recovery(
        &self,
        code: &str,
        passphrase: &Passphrase,
        factor: Option<&str>,
    ) -> Result<AccountView, ClientError> {
        self.finish_recovery_now(code, passphrase, factor)
    }

    /// As [`Client::change_passphrase`], with the second factor where it is on. With an account it needs the network.
    ///
    /// # Errors
    /// As [`Client::change_passphrase`]; [`AccountError::Offline`]: the old one holds then.
    pub fn change_passphrase_with_factor(
        &self,
        current: &Passphrase,
        new: &Passphrase,
        factor: Option<&str>,
    ) -> Result<CopiesView, ClientError> {
        if self.follows_account()? {
            self.account_passphrase(current, new, factor)?;
        }
        self.change_passphrase_here(current, new)
    }

    /// As [`Client::new_recovery_code`], with the second factor where it is on. With an account it needs the network.
    ///
    /// # Errors
    /// As [`Client::change_passphrase_with_factor`].
    pub fn new_recovery_code_with_factor(
        &self,
        passphrase: &Passphrase,
        factor: Option<&str>,
    ) -> Result<NewKeysView, ClientError> {
        self.make_new_recovery_code(passphrase, factor)
    }

    /// As [`Client::replace_all_keys`], with the second factor where it is on. With an account it needs the network.
    ///
    /// # Errors
    /// As [`Client::change_passphrase_with_factor`].
    pub fn replace_all_keys_with_factor(
        &self,
        current: &Passphrase,
        new: &Passphrase,
        factor: Option<&str>,
    ) -> Result<NewKeysView, ClientError> {
        self.make_all_keys_new(current, new, factor)
    }

    /// Begins to set a second factor: made here, and known to nobody until [`Client::set_factor`].
    ///
    /// # Errors
    /// [`AccountError::NotJoined`], [`ClientError::Locked`].
    pub fn begin_factor(&self) -> Result<FactorView, ClientError> {
        self.begin_factor_here()
    }

    /// Sets the second factor that was begun, by its digits of now; with the one before, where one is on. Gives its one-time codes, once.
    ///
    /// # Errors
    /// [`ClientError::WrongPassphrase`]; [`AccountError::FactorNeeded`] for the one before; [`AccountError::LoginFailed`] also for digits that
    /// are not right; [`ClientError::NotNow`] when none was begun.
    pub fn set_factor(
        &self,
        digits: &str,
        passphrase: &Passphrase,
        factor: Option<&str>,
    ) -> Result<Vec<String>, ClientError> {
        self.set_factor_now(digits, passphrase, factor)
    }

    /// Writes the one-time codes that were just given as a text file where the person said.
    ///
    /// # Errors
    /// What the disk says; [`ClientError::NotNow`] when there are none, or Regie was locked since.
    pub fn save_one_time_codes(&self, path: &Path) -> Result<(), ClientError> {
        self.save_codes(path)
    }

    /// Takes the second factor away, by its digits or a one-time code.
    ///
    /// # Errors
    /// [`ClientError::WrongPassphrase`], [`AccountError::LoginFailed`].
    pub fn take_factor_away(
        &self,
        passphrase: &Passphrase,
        factor: &str,
    ) -> Result<AccountView, ClientError> {
        self.take_factor_away_now(passphrase, factor)
    }

    /// Lifts a second factor that is lost, at once: this device and the passphrase or the code are two of three.
    ///
    /// # Errors
    /// [`ClientError::WrongPassphrase`], [`ClientError::MistypedRecoveryCode`], [`AccountError`].
    pub fn lift_factor(&self, by: &FactorLift) -> Result<AccountView, ClientError> {
        self.lift_here(by)
    }

    /// The same without a device of the account, at the server that was looked at: passphrase and code together lift it at once, one of
    /// them alone after a notice in which any device can object. Gives when that is, RFC 3339; `None` where it is done.
    ///
    /// # Errors
    /// [`AccountError::LoginFailed`], [`ClientError::MistypedRecoveryCode`], [`AccountError::NotConfirmed`].
    pub fn lift_factor_without_device(
        &self,
        email: &str,
        by: &FactorLift,
    ) -> Result<Option<String>, ClientError> {
        self.lift_elsewhere(email, by)
    }

    /// "That was not me": what was announced is not done.
    ///
    /// # Errors
    /// [`AccountError::Changed`] when nothing is announced, or it is too late; [`AccountError`].
    pub fn object(&self, to: NoticeKind) -> Result<AccountView, ClientError> {
        self.object_now(to)
    }

    /// Has a code mailed with which an account is deleted whose passphrase and recovery code are lost, at the server that was looked at. The same
    /// whether or not somebody has the address.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn mail_deletion_code(&self, email: &str) -> Result<(), ClientError> {
        self.ask_deletion_code(email)
    }

    /// Begins the notice of that deletion, by the mailed code; gives when it is done unless a device objects, RFC 3339.
    ///
    /// # Errors
    /// [`AccountError::MailCodeWrong`], [`AccountError`].
    pub fn begin_deletion(&self, email: &str, mail_code: &str) -> Result<String, ClientError> {
        self.begin_deletion_now(email, mail_code)
    }

    /// All devices of the account, the newest first.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn devices(&self) -> Result<Vec<DeviceView>, ClientError> {
        self.list_devices()
    }

    /// Who gets data from the server, as it last said; `None` when it was never asked.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the database says.
    pub fn recipients(&self) -> Result<Option<RecipientsView>, ClientError> {
        self.kept_recipients()
    }

    /// Asks the server who gets data from it, and keeps the answer for when there is no network.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn ask_recipients(&self) -> Result<RecipientsView, ClientError> {
        self.ask_recipients_now()
    }

    /// Agrees to the later version of the terms that [`Client::terms_changes`] shows. Until then the version that was agreed to holds.
    ///
    /// # Errors
    /// [`ClientError::NotNow`] where another version is asked about, or this program does not have its text;
    /// [`AccountError::TermsOutdated`] where there is a later one by now; [`AccountError::Offline`]: it needs the network.
    pub fn agree_to_terms(&self, version: u32) -> Result<AccountView, ClientError> {
        self.agree_now(version)
    }

    /// What the person wants to be called, and a number where they give one; without one, the one that was there goes.
    ///
    /// # Errors
    /// [`ClientError::BadName`]; [`AccountError::Offline`]: it needs the network.
    pub fn set_contact(&self, name: &str, phone: Option<&str>) -> Result<AccountView, ClientError> {
        self.set_contact_now(name, phone)
    }

    /// Begins another address: a code goes to it, the same whether or not it is taken. Nothing changes yet.
    ///
    /// # Errors
    /// [`ClientError::WrongPassphrase`], [`AccountError`].
    pub fn begin_new_address(
        &self,
        email: &str,
        passphrase: &Passphrase,
        factor: Option<&str>,
    ) -> Result<AccountView, ClientError> {
        self.begin_address(email, passphrase, factor)
    }

    /// The new address takes the place of the one before, by the code from its mail.
    ///
    /// # Errors
    /// [`AccountError::MailCodeWrong`], [`ClientError::NotNow`] when none was begun, [`AccountError`].
    pub fn confirm_new_address(&self, mail_code: &str) -> Result<AccountView, ClientError> {
        self.confirm_address(mail_code)
    }

    /// Gives up another address that was begun.
    pub fn give_up_new_address(&self) {
        self.state().begun.moving = None;
    }

    /// The person read that the address was changed on another device.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the database says.
    pub fn address_change_read(&self) -> Result<AccountView, ClientError> {
        self.read_address_notice()
    }

    /// Gives a device of the account another name, of 1 to 64 signs.
    ///
    /// # Errors
    /// [`ClientError::BadName`]; [`AccountError::Offline`]: it needs the network; [`AccountError::DeviceUnchecked`].
    pub fn rename_device(&self, id: &str, name: &str) -> Result<Vec<DeviceView>, ClientError> {
        self.rename_device_now(id, name)
    }

    /// Signs devices out; with `lost`, a new epoch begins that they cannot read.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn sign_out(&self, which: &SignOut, lost: bool) -> Result<Vec<DeviceView>, ClientError> {
        self.sign_devices_out(which, lost)
    }

    /// Whether an encrypted copy is wanted on the server; entered in the history of choices at once, told to the server when there is a network.
    ///
    /// # Errors
    /// [`AccountError::NotJoined`], [`ClientError::Locked`].
    pub fn want_copy(&self, wanted: bool) -> Result<AccountView, ClientError> {
        self.want_copy_now(wanted)
    }

    /// Leaves. Everything: online with the server's receipt, offline with a ticket that is written before the keys die.
    ///
    /// # Errors
    /// [`ClientError::WrongPassphrase`], [`AccountError`]; nothing has gone then.
    pub fn leave(
        &self,
        kind: LeaveKind,
        passphrase: &Passphrase,
        factor: Option<&str>,
    ) -> Result<LeaveView, ClientError> {
        self.leave_now(kind, passphrase, factor)
    }

    /// Redeems tickets that wait on this device; works without a vault. To be called at the start.
    ///
    /// # Errors
    /// [`AccountError::Offline`], which is normal.
    pub fn redeem_tickets(&self) -> Result<Vec<ReceiptView>, ClientError> {
        self.redeem_waiting()
    }

    /// Redeems a ticket from a file that the person chose, such as after installing anew.
    ///
    /// # Errors
    /// [`ClientError::Malformed`] when it is none.
    pub fn redeem_ticket_file(&self, path: &Path) -> Result<ReceiptView, ClientError> {
        self.redeem_file(path)
    }

    /// Receipts and tickets on this device, the newest first.
    ///
    /// # Errors
    /// What the disk says.
    pub fn receipts(&self) -> Result<Vec<ReceiptView>, ClientError> {
        Ok(self
            .ticket_files()?
            .iter()
            .map(leaving::TicketFile::view)
            .collect())
    }

    /// Saves a receipt, or the ticket that waits, where the person said.
    ///
    /// # Errors
    /// What the disk says.
    pub fn save_receipt(&self, id: &str, path: &Path) -> Result<PathBuf, ClientError> {
        self.save_ticket(id, path)
    }

    /// The account's own log, as the server has it, after a number.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn account_log(&self, after: u32) -> Result<Vec<LogRow>, ClientError> {
        self.read_log(after)
    }

    /// Every request that the app made in the last 90 days, the newest first.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the database says.
    pub fn requests(&self) -> Result<Vec<RequestView>, ClientError> {
        self.request_list()
    }
}
