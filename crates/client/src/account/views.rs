//! What the window is told about an account, and what it hands in.

use regie_crypto::Passphrase;
use serde::{Deserialize, Serialize};
use specta::Type;

/// Where the account stands, as far as this device knows; asked without the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AccountView {
    /// The account of this vault; `None` as long as nobody joined.
    pub joined: Option<JoinedView>,
    /// A joining that was begun: a code is on its way to this address.
    pub joining: Option<String>,
    /// When the server last answered, RFC 3339; `None` when it never did.
    pub last_contact: Option<String>,
    /// Whether the last try to reach it failed.
    pub offline: bool,
    /// Deletions that were begun without a network and wait for one.
    pub tickets_waiting: u32,
}

/// The account of this vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct JoinedView {
    /// Whose server it is, as the operator's root says, in the language in use.
    pub server: String,
    /// Where it is.
    pub address: String,
    /// Fingerprint of the root that vouches for it, in groups.
    pub fingerprint: Vec<String>,
    /// The person's e-mail address.
    pub email: String,
    /// What the person wants to be called.
    pub name: String,
    /// A number, where the person gave one.
    pub phone: Option<String>,
    /// Another address that was begun: a code is on its way to it.
    pub address_begun: Option<String>,
    /// The address as it was, where another device changed it and the person has not read so here yet.
    pub address_before: Option<String>,
    /// The day on which it was made, ISO 8601.
    pub since: String,
    /// The place that an organisation paid for has ended; everything the person has stays.
    pub seat_ended: bool,
    /// Which epoch the account key is in; grows with each device that was lost.
    pub epoch: u32,
    /// The passphrase or the recovery code was changed on another device: [`crate::Client::catch_up`] asks for it.
    pub needs_new_passphrase: bool,
    /// A new passphrase was set here by the recovery code, and the server does not know it yet:
    /// [`crate::Client::finish_recovery`].
    pub needs_recovery_code: bool,
    /// Since when an encrypted copy is wanted on the server, ISO 8601.
    pub copy_since: Option<String>,
    /// The keys that a further device needs went with the copy on the server: none can be added until one is wanted again.
    pub keys_gone: bool,
    /// Which terms of use the person agreed to; `None` as long as the server was not asked.
    pub terms_version: Option<u32>,
    /// When, RFC 3339.
    pub terms_agreed_at: Option<String>,
    /// A later version at the server, which the person has not agreed to yet: [`crate::Client::terms_changes`] says what changed.
    pub terms_asked: Option<u32>,
    /// Whether a second factor is on.
    pub factor_on: bool,
    /// How many of its one-time codes are left; `None` as long as the server was not asked since Regie was opened.
    pub factor_codes_left: Option<u32>,
    /// When the second factor is lifted unless a device objects, RFC 3339: somebody asked for that.
    pub factor_lifted_at: Option<String>,
    /// When the account is deleted unless a device objects, RFC 3339: somebody asked for that by a code from a mail.
    pub deleted_at: Option<String>,
    /// This device was signed out, is a copy of another, or the account is gone. The vault stays and works:
    /// [`crate::Client::catch_up`] makes it a device of the account again.
    pub signed_out: bool,
    /// A change that waits for a network, such as the end of the copy on the server.
    pub change_waits: bool,
}

/// A server, as it was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ServerView {
    /// Whose server it is, as the operator's root says, in the language in use.
    pub name: String,
    /// Where it is.
    pub address: String,
    /// Fingerprint of that root: eight groups of four signs.
    pub fingerprint: Vec<String>,
    /// Whether that root is known.
    pub trust: ServerTrust,
    /// Whether the code of an invitation came with it.
    pub has_code: bool,
    /// The newest version of its terms.
    pub terms_version: u32,
    /// The newest version of its statement.
    pub statement_version: u32,
}

/// Whether the operator's root is known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ServerTrust {
    /// It came with this program.
    BuiltIn,
    /// The person confirmed its fingerprint.
    Confirmed,
    /// The person has to compare its fingerprint first.
    ToConfirm,
}

/// An invitation that may be used now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct InvitationView {
    /// By what the organisation knows it.
    pub number: u32,
    /// The last day on which it can be used, ISO 8601.
    pub until: String,
}

/// What is asked before joining is begun. The passphrase is the vault's own, and is checked against it first; it leaves the device in no form.
pub struct JoinBegin {
    /// The address that a code goes to.
    pub email: String,
    /// The vault's passphrase.
    pub passphrase: Passphrase,
}

/// What is asked to join.
#[derive(Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct JoinForm {
    /// The code from the mail.
    pub mail_code: String,
    /// What the person wants to be called.
    pub name: String,
    /// A number, only where the person gives one.
    pub phone: Option<String>,
    /// The vault's recovery code, typed whole: it becomes the account's, and that it is known is seen by it.
    pub recovery_code: String,
    /// Which terms the person accepted.
    pub terms_version: u32,
    /// The person says that they are 18 or older.
    pub adult: bool,
    /// Whether an encrypted copy is wanted on the server.
    pub copy: bool,
    /// What this device is called in the list of devices.
    pub device_name: String,
}

/// By what somebody proves on a new device who they are.
pub enum LogInBy {
    /// The account's passphrase, which becomes the vault's.
    Passphrase(Passphrase),
    /// The recovery code, with a new passphrase for the account and the vault.
    Code {
        /// The code as typed.
        code: String,
        /// The new passphrase.
        new: Passphrase,
    },
}

/// What is asked to log in on a new device.
pub struct LogInForm {
    /// The account's address.
    pub email: String,
    /// Passphrase or code.
    pub by: LogInBy,
    /// Six digits or a one-time code, where the second factor is on.
    pub factor: Option<String>,
    /// What this device is to be called in the list of devices.
    pub device_name: String,
    /// Ids of the purposes that the person allows on this device.
    pub consents: Vec<String>,
}

/// A second factor that is being set up. It is known to nobody yet.
#[derive(Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FactorView {
    /// For an app on the same device.
    pub uri: String,
    /// To type, in groups of four signs.
    pub secret: Vec<String>,
    /// The same to scan: rows of dots, `true` for a dark one. Whoever draws it leaves four dots free around it.
    pub qr: Vec<Vec<bool>>,
}

/// By what a second factor that is lost is lifted.
#[derive(Default)]
pub struct FactorLift {
    /// The account's passphrase.
    pub passphrase: Option<Passphrase>,
    /// The recovery code as typed.
    pub code: Option<String>,
}

/// What is announced before it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum NoticeKind {
    /// The second factor is lifted.
    FactorLift,
    /// The account is deleted.
    Deletion,
}

/// A device of the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DeviceView {
    /// Its random id, in hexadecimal.
    pub id: String,
    /// Its name; empty where this device may not read it yet.
    pub name: String,
    /// What it runs on.
    pub platform: String,
    /// The day it came, ISO 8601.
    pub added: String,
    /// The day it was used last, ISO 8601.
    pub last_used: String,
    /// The one in hand.
    pub this_one: bool,
    /// The day it was signed out, ISO 8601.
    pub signed_out: Option<String>,
    /// Whether this device could check that a device of the account brought it.
    pub checked: bool,
}

/// Which devices to sign out.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum SignOut {
    /// The one with this id.
    One(String),
    /// All but the one in hand.
    Others,
    /// All, the one in hand too.
    All,
}

/// What is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum LeaveKind {
    /// The account, the vault, and everything else on this device.
    Everything,
    /// Only the encrypted copy on the server; account and vault stay.
    OnlyCopy,
}

/// What leaving did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LeaveView {
    /// Where the server's receipt lies, or the ticket that waits for a network.
    pub file: Option<String>,
    /// The server confirmed it, signed; otherwise it waits for a network.
    pub confirmed: bool,
}

/// A deletion that the server was asked for, or is to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptView {
    /// Random; names the file.
    pub id: String,
    /// When it was made, RFC 3339.
    pub made: String,
    /// The server's receipt is there, and its signature is the deployment's.
    pub confirmed: bool,
}

/// One line of the account's log on the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LogRow {
    /// From one upwards, without a gap.
    pub number: u32,
    /// When, RFC 3339.
    pub at: String,
    /// What, as a permanent code such as `device.added`.
    pub what: String,
    /// By whom: a device's id in hexadecimal, or a name such as `login`.
    pub who: String,
}

/// A request that the app made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RequestView {
    /// When, RFC 3339.
    pub at: String,
    /// What for.
    pub purpose: RequestPurpose,
    /// Which kind of content it took along.
    pub content: RequestContent,
    /// Bytes of body sent.
    pub sent: u32,
    /// Bytes of body received; `None` when no answer came.
    pub received: Option<u32>,
}

/// What a request was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum RequestPurpose {
    /// Whose server it is.
    LookAtServer,
    /// Whether an invitation may be used.
    Invitation,
    /// Joining.
    Join,
    /// Proving to know the passphrase or the code.
    LogIn,
    /// What the account says, and whether anything changed.
    Account,
    /// A stream over which the server says that there is news.
    Live,
    /// What devices of the account write, to one another.
    Sync,
    /// The devices.
    Devices,
    /// Bringing a new device to the account by one that is there.
    Pair,
    /// Signing out.
    SignOut,
    /// A new passphrase or recovery code.
    NewKeys,
    /// How the person is reached.
    Details,
    /// Agreeing to a later version of the terms.
    Terms,
    /// Whether an encrypted copy is wanted on the server.
    Copy,
    /// Who gets data from the server.
    Recipients,
    /// The account's log.
    Log,
    /// Deleting the account.
    Leave,
}

/// Which kind of content a request took along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum RequestContent {
    /// None.
    Nothing,
    /// Address, name or number.
    Contact,
    /// Public keys, and keys that are sealed.
    Keys,
    /// Something that only the account's devices can read.
    Sealed,
    /// A choice.
    Choice,
}
