//! The account: joining, further devices, leaving. Regie is whole without one, and works without a network with one.
//!
//! Nothing here holds the vault while it waits for the network: what is needed is read first, and what came is written after.

mod error;
mod views;

use std::path::{Path, PathBuf};

use regie_crypto::Passphrase;
use regie_protocol::Language;

use crate::{Client, ClientError, CopiesView, NewKeysView, Stage};

pub use error::AccountError;
pub use views::{
    AccountView, DeviceView, InvitationView, JoinBegin, JoinForm, JoinedView, LeaveKind, LeaveView, LogInBy,
    LogInForm, LogRow, ReceiptView, RequestContent, RequestPurpose, RequestView, ServerTrust, ServerView,
    SignOut,
};

impl Client {
    /// Where the account stands, as far as this device knows; without the network.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the database says.
    pub fn account(&self) -> Result<AccountView, ClientError> {
        Err(ClientError::NotNow)
    }

    /// Asks the server what is new, does what waited for it, and redeems tickets. To be called after unlocking and now and then.
    ///
    /// # Errors
    /// [`AccountError::Offline`], which is normal; what the server or the database says.
    pub fn contact(&self) -> Result<AccountView, ClientError> {
        Err(ClientError::NotNow)
    }

    /// Looks whose server it is: by a link, an address, or a code alone where a server was looked at before. Nothing of a joined vault changes by it.
    ///
    /// # Errors
    /// [`AccountError`], [`ClientError::Locked`].
    pub fn look_at_server(&self, typed: &str, code: Option<&str>) -> Result<ServerView, ClientError> {
        let _ = (typed, code);
        Err(ClientError::NotNow)
    }

    /// The person compared the fingerprint that was shown, and confirms it.
    ///
    /// # Errors
    /// [`AccountError::OtherFingerprint`], [`AccountError::NotConfirmed`] when no server was looked at.
    pub fn confirm_root(&self, fingerprint: &str) -> Result<ServerView, ClientError> {
        let _ = fingerprint;
        Err(ClientError::NotNow)
    }

    /// Whether the invitation that came with the server may be used now.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn look_at_invitation(&self) -> Result<InvitationView, ClientError> {
        Err(ClientError::NotNow)
    }

    /// Begins joining: a code goes to the address, the same whether or not it is taken.
    ///
    /// # Errors
    /// [`ClientError::WrongPassphrase`], [`AccountError`].
    pub fn begin_joining(&self, begin: JoinBegin, language: Language) -> Result<AccountView, ClientError> {
        let _ = (begin, language);
        Err(ClientError::NotNow)
    }

    /// Joins. When no answer came, the same may be tried again.
    ///
    /// # Errors
    /// [`ClientError::MistypedRecoveryCode`], [`ClientError::WrongRecoveryCode`], [`AccountError`].
    pub fn join(&self, form: &JoinForm) -> Result<AccountView, ClientError> {
        let _ = form;
        Err(ClientError::NotNow)
    }

    /// Gives up a joining that was begun.
    pub fn give_up_joining(&self) {}

    /// Logs in on a device that has no vault yet, and makes one.
    ///
    /// # Errors
    /// [`AccountError`], [`ClientError::WeakPassphrase`], [`ClientError::NotNow`] when there is a vault.
    pub fn log_in_on_new_device(&self, form: LogInForm) -> Result<Stage, ClientError> {
        let _ = form;
        Err(ClientError::NotNow)
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
        let _ = (current, account, factor);
        Err(ClientError::NotNow)
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
        let _ = (code, passphrase, factor);
        Err(ClientError::NotNow)
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
        let _ = factor;
        self.change_passphrase(current, new)
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
        let _ = factor;
        self.new_recovery_code(passphrase)
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
        let _ = factor;
        self.replace_all_keys(current, new)
    }

    /// All devices of the account, the newest first.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn devices(&self) -> Result<Vec<DeviceView>, ClientError> {
        Err(ClientError::NotNow)
    }

    /// Signs devices out; with `lost`, a new epoch begins that they cannot read.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn sign_out(&self, which: &SignOut, lost: bool) -> Result<Vec<DeviceView>, ClientError> {
        let _ = (which, lost);
        Err(ClientError::NotNow)
    }

    /// Whether an encrypted copy is wanted on the server; entered in the history of choices at once, told to the server when there is a network.
    ///
    /// # Errors
    /// [`AccountError::NotJoined`], [`ClientError::Locked`].
    pub fn want_copy(&self, wanted: bool) -> Result<AccountView, ClientError> {
        let _ = wanted;
        Err(ClientError::NotNow)
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
        let _ = (kind, passphrase, factor);
        Err(ClientError::NotNow)
    }

    /// Redeems tickets that wait on this device; works without a vault. To be called at the start.
    ///
    /// # Errors
    /// [`AccountError::Offline`], which is normal.
    pub fn redeem_tickets(&self) -> Result<Vec<ReceiptView>, ClientError> {
        Err(ClientError::NotNow)
    }

    /// Redeems a ticket from a file that the person chose, such as after installing anew.
    ///
    /// # Errors
    /// [`ClientError::Malformed`] when it is none.
    pub fn redeem_ticket_file(&self, path: &Path) -> Result<ReceiptView, ClientError> {
        let _ = path;
        Err(ClientError::NotNow)
    }

    /// Receipts and tickets on this device, the newest first.
    ///
    /// # Errors
    /// What the disk says.
    pub fn receipts(&self) -> Result<Vec<ReceiptView>, ClientError> {
        Ok(Vec::new())
    }

    /// Saves a receipt, or the ticket that waits, where the person said.
    ///
    /// # Errors
    /// What the disk says.
    pub fn save_receipt(&self, id: &str, path: &Path) -> Result<PathBuf, ClientError> {
        let _ = (id, path);
        Err(ClientError::NotNow)
    }

    /// The account's own log, as the server has it, after a number.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn account_log(&self, after: u32) -> Result<Vec<LogRow>, ClientError> {
        let _ = after;
        Err(ClientError::NotNow)
    }

    /// Every request that the app made in the last 90 days, the newest first.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the database says.
    pub fn requests(&self) -> Result<Vec<RequestView>, ClientError> {
        Ok(Vec::new())
    }
}
