//! Why something with an account or its server could not be done, each in a way that the person can be told.

use regie_protocol::{Problem, ProblemCode, signed::SignedError};
use serde::Serialize;
use specta::Type;

/// Every variant leaves what was stored as it was; none carries an address, a name or a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum AccountError {
    /// The server cannot be reached now. It is normal; nothing of the person's waits for it.
    #[error("offline")]
    Offline,
    /// There is no account here.
    #[error("no account")]
    NotJoined,
    /// There is an account here already.
    #[error("joined already")]
    Joined,
    /// No server was looked at, or nobody confirmed whose it is.
    #[error("the server is not confirmed")]
    NotConfirmed,
    /// Another fingerprint than the one that was shown.
    #[error("another fingerprint")]
    OtherFingerprint,
    /// This is not the server of the account, or not one that the operator's root vouches for.
    #[error("another server")]
    OtherServer,
    /// Neither an address nor a link of Regie's.
    #[error("no address of a server")]
    BadAddress,
    /// The invitation's code has a typing error.
    #[error("invitation mistyped")]
    MistypedInvitation,
    /// The file is no picture that Regie reads: PNG or JPEG.
    #[error("no picture")]
    NotAPicture,
    /// The picture is larger than any of a code has to be.
    #[error("picture too large")]
    PictureTooLarge,
    /// In the picture no code is seen.
    #[error("no code in the picture")]
    NoCodeInPicture,
    /// What stands in the picture's code is no invitation of Regie's, or there are several.
    #[error("no invitation in the picture")]
    NoInvitationInPicture,
    /// A server is needed beside the code: it came neither with the link nor was one looked at before.
    #[error("no server named")]
    ServerNeeded,
    /// The server answered what cannot be: more than it may, something else, or a lie.
    #[error("the answer makes no sense")]
    BadAnswer,
    /// The server speaks only later versions.
    #[error("this program is too old")]
    ProgramTooOld,
    /// The server speaks only earlier versions.
    #[error("the server is too old")]
    ServerTooOld,
    /// No invitation has this code.
    #[error("invitation unknown")]
    InvitationUnknown,
    /// The invitation was used.
    #[error("invitation used")]
    InvitationUsed,
    /// The invitation is not valid any more, or not yet.
    #[error("invitation ended")]
    InvitationEnded,
    /// No mail can be sent to this address.
    #[error("e-mail address refused")]
    AddressRefused,
    /// The code from the mail is another one, or no longer valid.
    #[error("code from the mail wrong")]
    MailCodeWrong,
    /// The person is not 18 yet.
    #[error("too young")]
    TooYoung,
    /// Terms or statement are newer than what this program shows.
    #[error("terms outdated")]
    TermsOutdated,
    /// The code of a new device has a typing error.
    #[error("pairing code mistyped")]
    MistypedPairing,
    /// No new device waits for this code.
    #[error("pairing unknown")]
    PairingUnknown,
    /// This code of a new device was used.
    #[error("pairing used")]
    PairingUsed,
    /// Address, passphrase, code or second factor is another one; which, nobody is told.
    #[error("login failed")]
    LoginFailed,
    /// The second factor is needed, with the same request.
    #[error("second factor needed")]
    FactorNeeded,
    /// The passphrase or the recovery code was changed on another device, and has to be entered here first.
    #[error("new passphrase needed")]
    NewPassphraseNeeded,
    /// There is no copy on the server: a further device could read nothing.
    #[error("no copy on the server")]
    NoCopy,
    /// The server has no room for another photo or recording of this account.
    #[error("no room for attachments")]
    NoRoom {
        /// How many megabytes it keeps for them, where it says so.
        megabytes: Option<u32>,
    },
    /// The server has other bytes of this photo or recording.
    #[error("other bytes of an attachment")]
    BlobDiffers,
    /// The server has not got this photo or recording whole.
    #[error("an attachment is not whole")]
    BlobNotWhole,
    /// A device in the list could not be checked; it is to be signed out first.
    #[error("a device could not be checked")]
    DeviceUnchecked,
    /// This device was signed out, or the account is gone. The vault stays.
    #[error("signed out")]
    SignedOut,
    /// Something changed meanwhile; the same may be tried again.
    #[error("changed meanwhile")]
    Changed,
    /// Whether the server took it is not known: no answer came. The same again settles it.
    #[error("no answer came")]
    Unsure,
    /// Too much was asked; after so many seconds it may be tried again.
    #[error("too many requests")]
    Busy {
        /// Seconds until the server wants to hear of it.
        wait_seconds: u32,
    },
    /// A fault of the server, or of the request.
    #[error("the server could not do it")]
    Refused,
}

impl AccountError {
    /// What a server's refusal means here.
    pub(crate) fn of_problem(problem: &Problem, wait_seconds: u32) -> Self {
        match problem.code {
            ProblemCode::InvitationUnknown => Self::InvitationUnknown,
            ProblemCode::InvitationUsed => Self::InvitationUsed,
            ProblemCode::InvitationEnded => Self::InvitationEnded,
            ProblemCode::AddressRefused => Self::AddressRefused,
            ProblemCode::MailCodeWrong => Self::MailCodeWrong,
            ProblemCode::TooYoung => Self::TooYoung,
            ProblemCode::TermsOutdated => Self::TermsOutdated,
            ProblemCode::PairingUnknown => Self::PairingUnknown,
            ProblemCode::PairingUsed => Self::PairingUsed,
            ProblemCode::LoginFailed | ProblemCode::ProofNeeded => Self::LoginFailed,
            ProblemCode::FactorNeeded => Self::FactorNeeded,
            ProblemCode::SignedOut | ProblemCode::NotSigned => Self::SignedOut,
            ProblemCode::Stale
            | ProblemCode::Exists
            | ProblemCode::WrapsDiffer
            | ProblemCode::NonceStale
            | ProblemCode::HeadMoved
            | ProblemCode::EpochEnded => Self::Changed,
            ProblemCode::NoCopy => Self::NoCopy,
            ProblemCode::NoRoom => Self::NoRoom {
                megabytes: problem
                    .room
                    .and_then(|bytes| u32::try_from(bytes / 1_000_000).ok()),
            },
            ProblemCode::BlobDiffers => Self::BlobDiffers,
            ProblemCode::BlobNotWhole => Self::BlobNotWhole,
            // Other devices send too; theirs have to arrive first.
            ProblemCode::TooManyOpen => Self::Busy { wait_seconds: 60 },
            ProblemCode::ProgramTooOld => Self::ProgramTooOld,
            ProblemCode::ServerTooOld => Self::ServerTooOld,
            ProblemCode::TooManyRequests => Self::Busy { wait_seconds },
            ProblemCode::TimedOut | ProblemCode::NotReady => Self::Offline,
            _ => Self::Refused,
        }
    }

    /// Why something signed was refused, as the person can be told.
    pub(crate) const fn of_signed(error: SignedError) -> Self {
        match error {
            SignedError::Mistyped => Self::MistypedInvitation,
            SignedError::Address | SignedError::Link => Self::BadAddress,
            SignedError::Signature | SignedError::Key | SignedError::NotYet | SignedError::Over => {
                Self::OtherServer
            }
            _ => Self::BadAnswer,
        }
    }
}
