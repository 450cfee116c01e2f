//! Why a server refuses: codes that the app translates, as problem details (RFC 9457).

use serde::{Deserialize, Serialize};

use crate::language::Text;

/// Why a request was refused. Codes are permanent; an app that meets one of a later server takes it as [`Self::Unknown`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ProblemCode {
    /// The request cannot be understood.
    BadRequest,
    /// There is nothing under this address.
    NotFound,
    /// The address exists, the method does not.
    MethodNotAllowed,
    /// The request did not arrive, or was not answered, in time.
    TimedOut,
    /// The body is larger than the server takes.
    BodyTooLarge,
    /// The body is of a kind that is not taken here.
    UnsupportedMedia,
    /// Too much came from one address; `Retry-After` says when to come back.
    TooManyRequests,
    /// A fault of the server.
    Internal,
    /// The server cannot work just now.
    NotReady,
    /// No invitation has this code.
    InvitationUnknown,
    /// The invitation was used.
    InvitationUsed,
    /// The invitation is not valid any more, or not yet.
    InvitationEnded,
    /// It is no e-mail address that mail can be sent to.
    AddressRefused,
    /// The code from the mail is another one, or was good until a while ago.
    MailCodeWrong,
    /// The person is not 18 yet.
    TooYoung,
    /// There is a newer version of the terms or the statement than the one that was agreed to.
    TermsOutdated,
    /// Address, passphrase, code or second factor is another one. Which of them is told to nobody.
    LoginFailed,
    /// The second factor is needed, with the same request.
    FactorNeeded,
    /// Who asks has to prove anew who they are.
    ProofNeeded,
    /// The signature is missing, by another key, or over another request.
    NotSigned,
    /// The nonce is too old, or another server's; the answer brings a fresh one.
    NonceStale,
    /// This device was signed out, or the account is not there any more.
    SignedOut,
    /// The change was sent before.
    Repeated,
    /// Something changed since it was read: another passphrase, another epoch.
    Stale,
    /// The id is taken.
    Exists,
    /// The wraps are not one for each way that stays.
    WrapsDiffer,
    /// A value cannot be what it is meant to be.
    Malformed,
    /// No new device waits under this number, or none any more.
    PairingUnknown,
    /// The code of this new device was used.
    PairingUsed,
    /// The chain's head is another one by now: pull, and try again.
    HeadMoved,
    /// Another epoch began: what was sealed is to be sealed under its key.
    EpochEnded,
    /// No copy is kept here of what the account's devices write.
    NoCopy,
    /// The header is not by a device of the account, does not follow, or does not fit what came with it.
    HeaderRefused,
    /// Other bytes than these lie in this place of a blob, or it is cut in another way.
    BlobDiffers,
    /// A blob that is to be kept is not there whole: a look tells what lacks.
    BlobNotWhole,
    /// There is no room for another blob of this account.
    NoRoom,
    /// So many blobs of this account are being put that another one has to wait.
    TooManyOpen,
    /// The server speaks later versions of this only.
    ProgramTooOld,
    /// The server speaks earlier versions of this only.
    ServerTooOld,
    /// A code of a later version.
    #[serde(other)]
    Unknown,
}

impl ProblemCode {
    /// Every code that a server of this version gives.
    pub const ALL: [Self; 39] = [
        Self::BadRequest,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::TimedOut,
        Self::BodyTooLarge,
        Self::UnsupportedMedia,
        Self::TooManyRequests,
        Self::Internal,
        Self::NotReady,
        Self::InvitationUnknown,
        Self::InvitationUsed,
        Self::InvitationEnded,
        Self::AddressRefused,
        Self::MailCodeWrong,
        Self::TooYoung,
        Self::TermsOutdated,
        Self::LoginFailed,
        Self::FactorNeeded,
        Self::ProofNeeded,
        Self::NotSigned,
        Self::NonceStale,
        Self::SignedOut,
        Self::Repeated,
        Self::Stale,
        Self::Exists,
        Self::WrapsDiffer,
        Self::Malformed,
        Self::PairingUnknown,
        Self::PairingUsed,
        Self::HeadMoved,
        Self::EpochEnded,
        Self::NoCopy,
        Self::HeaderRefused,
        Self::BlobDiffers,
        Self::BlobNotWhole,
        Self::NoRoom,
        Self::TooManyOpen,
        Self::ProgramTooOld,
        Self::ServerTooOld,
    ];

    /// The code as it stands in the answer.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::BadRequest => "bad-request",
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::TimedOut => "timed-out",
            Self::BodyTooLarge => "body-too-large",
            Self::UnsupportedMedia => "unsupported-media",
            Self::TooManyRequests => "too-many-requests",
            Self::Internal => "internal",
            Self::NotReady => "not-ready",
            Self::InvitationUnknown => "invitation-unknown",
            Self::InvitationUsed => "invitation-used",
            Self::InvitationEnded => "invitation-ended",
            Self::AddressRefused => "address-refused",
            Self::MailCodeWrong => "mail-code-wrong",
            Self::TooYoung => "too-young",
            Self::TermsOutdated => "terms-outdated",
            Self::LoginFailed => "login-failed",
            Self::FactorNeeded => "factor-needed",
            Self::ProofNeeded => "proof-needed",
            Self::NotSigned => "not-signed",
            Self::NonceStale => "nonce-stale",
            Self::SignedOut => "signed-out",
            Self::Repeated => "repeated",
            Self::Stale => "stale",
            Self::Exists => "exists",
            Self::WrapsDiffer => "wraps-differ",
            Self::Malformed => "malformed",
            Self::PairingUnknown => "pairing-unknown",
            Self::PairingUsed => "pairing-used",
            Self::HeadMoved => "head-moved",
            Self::EpochEnded => "epoch-ended",
            Self::NoCopy => "no-copy",
            Self::HeaderRefused => "header-refused",
            Self::BlobDiffers => "blob-differs",
            Self::BlobNotWhole => "blob-not-whole",
            Self::NoRoom => "no-room",
            Self::TooManyOpen => "too-many-open",
            Self::ProgramTooOld => "program-too-old",
            Self::ServerTooOld => "server-too-old",
            Self::Unknown => "unknown",
        }
    }

    /// The code with this name.
    #[must_use]
    pub fn find(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.id() == id)
    }

    /// The HTTP status that goes with it.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::NotFound | Self::InvitationUnknown | Self::PairingUnknown => 404,
            Self::MethodNotAllowed => 405,
            Self::TimedOut => 408,
            Self::BodyTooLarge => 413,
            Self::UnsupportedMedia => 415,
            Self::TooManyRequests => 429,
            Self::Internal | Self::Unknown => 500,
            Self::LoginFailed
            | Self::FactorNeeded
            | Self::ProofNeeded
            | Self::NotSigned
            | Self::NonceStale
            | Self::SignedOut => 401,
            Self::MailCodeWrong | Self::TooYoung => 403,
            Self::InvitationUsed
            | Self::TermsOutdated
            | Self::Repeated
            | Self::Stale
            | Self::Exists
            | Self::PairingUsed
            | Self::HeadMoved
            | Self::EpochEnded
            | Self::NoCopy
            | Self::BlobDiffers
            | Self::BlobNotWhole
            | Self::NoRoom
            | Self::TooManyOpen => 409,
            Self::InvitationEnded | Self::ProgramTooOld => 410,
            Self::AddressRefused
            | Self::WrapsDiffer
            | Self::Malformed
            | Self::HeaderRefused
            | Self::ServerTooOld => 422,
            Self::NotReady => 503,
        }
    }

    /// The code for a status that a library gave; its own where there is one, else the plainest of its class.
    #[must_use]
    pub fn of_status(status: u16) -> Self {
        let same = Self::ALL.into_iter().find(|code| code.status() == status);
        same.unwrap_or(if status < 500 {
            Self::BadRequest
        } else {
            Self::Internal
        })
    }

    /// What it means, for people.
    #[must_use]
    pub const fn text(self) -> Text {
        match self {
            Self::BadRequest => Text {
                nl: "Dit verzoek is niet te begrijpen.",
                en: "This request cannot be understood.",
            },
            Self::NotFound => Text {
                nl: "Hier is niets.",
                en: "There is nothing here.",
            },
            Self::MethodNotAllowed => Text {
                nl: "Dit adres bestaat, maar niet voor zo'n verzoek.",
                en: "This address exists, but not for such a request.",
            },
            Self::TimedOut => Text {
                nl: "Het duurde te lang. Probeer het later nog eens.",
                en: "It took too long. Try again later.",
            },
            Self::BodyTooLarge => Text {
                nl: "Dit is meer dan de server aanneemt.",
                en: "This is more than the server takes.",
            },
            Self::UnsupportedMedia => Text {
                nl: "Deze soort inhoud neemt de server hier niet aan.",
                en: "The server does not take this kind of content here.",
            },
            Self::TooManyRequests => Text {
                nl: "Er kwamen te veel verzoeken van hetzelfde adres. Wacht even.",
                en: "Too many requests came from the same address. Wait a moment.",
            },
            Self::Internal | Self::Unknown => Text {
                nl: "Er ging iets mis op de server.",
                en: "Something went wrong on the server.",
            },
            Self::NotReady => Text {
                nl: "De server kan nu even niets doen. Probeer het later nog eens.",
                en: "The server cannot do anything just now. Try again later.",
            },
            Self::InvitationUnknown => Text {
                nl: "Deze uitnodiging is hier niet bekend.",
                en: "This invitation is not known here.",
            },
            Self::InvitationUsed => Text {
                nl: "Deze uitnodiging is al gebruikt.",
                en: "This invitation has been used.",
            },
            Self::InvitationEnded => Text {
                nl: "Deze uitnodiging geldt nu niet.",
                en: "This invitation is not valid now.",
            },
            Self::AddressRefused => Text {
                nl: "Naar dit e-mailadres kan geen mail.",
                en: "No mail can be sent to this address.",
            },
            Self::MailCodeWrong => Text {
                nl: "Deze code klopt niet, of geldt niet meer.",
                en: "This code is not right, or no longer valid.",
            },
            Self::TooYoung => Text {
                nl: "Regie is er vanaf 18 jaar.",
                en: "Regie is for people of 18 and older.",
            },
            Self::TermsOutdated => Text {
                nl: "De voorwaarden of de verklaring zijn vernieuwd. Werk Regie bij.",
                en: "The terms or the statement are newer. Update Regie.",
            },
            Self::LoginFailed => Text {
                nl: "Dit klopt niet. Kijk adres en wachtzin na.",
                en: "That is not right. Check address and passphrase.",
            },
            Self::FactorNeeded => Text {
                nl: "De tweede stap is nodig.",
                en: "The second step is needed.",
            },
            Self::ProofNeeded => Text {
                nl: "Vul je wachtzin nog eens in.",
                en: "Enter your passphrase once more.",
            },
            Self::NotSigned => Text {
                nl: "Dit verzoek is niet goed ondertekend.",
                en: "This request is not signed as it should be.",
            },
            Self::NonceStale => Text {
                nl: "Dit verzoek is te oud.",
                en: "This request is too old.",
            },
            Self::SignedOut => Text {
                nl: "Dit apparaat is afgemeld.",
                en: "This device was signed out.",
            },
            Self::Repeated => Text {
                nl: "Dit was al ontvangen.",
                en: "This was received before.",
            },
            Self::Stale => Text {
                nl: "Er is intussen iets veranderd. Probeer het opnieuw.",
                en: "Something changed meanwhile. Try again.",
            },
            Self::Exists => Text {
                nl: "Dit bestaat al.",
                en: "This exists already.",
            },
            Self::WrapsDiffer => Text {
                nl: "De sleutels horen niet bij de apparaten.",
                en: "The keys do not fit the devices.",
            },
            Self::Malformed => Text {
                nl: "Dit verzoek bevat iets dat niet kan.",
                en: "This request holds something that cannot be.",
            },
            Self::PairingUnknown => Text {
                nl: "Hier wacht geen nieuw apparaat.",
                en: "No new device waits here.",
            },
            Self::PairingUsed => Text {
                nl: "Deze code van een nieuw apparaat is al gebruikt.",
                en: "This code of a new device has been used.",
            },
            Self::HeadMoved => Text {
                nl: "Een ander apparaat was eerst. Haal dat op en probeer het opnieuw.",
                en: "Another device was first. Get that, and try again.",
            },
            Self::EpochEnded => Text {
                nl: "De sleutel is intussen vernieuwd.",
                en: "The key was renewed meanwhile.",
            },
            Self::NoCopy => Text {
                nl: "Hier wordt geen kopie bewaard.",
                en: "No copy is kept here.",
            },
            Self::HeaderRefused => Text {
                nl: "Dit past niet bij wat hier bewaard wordt.",
                en: "This does not fit what is kept here.",
            },
            Self::BlobDiffers => Text {
                nl: "Hier staat al iets anders.",
                en: "Something else is here already.",
            },
            Self::BlobNotWhole => Text {
                nl: "Er ontbreekt nog een deel.",
                en: "A part of it is still missing.",
            },
            Self::NoRoom => Text {
                nl: "De server heeft geen plaats voor meer foto's en opnamen.",
                en: "The server has no room for more photos and recordings.",
            },
            Self::TooManyOpen => Text {
                nl: "Er zijn al veel foto's en opnamen onderweg. Eerst moeten er een paar klaar zijn.",
                en: "Many photos and recordings are under way already. Some have to arrive first.",
            },
            Self::ProgramTooOld => Text {
                nl: "Deze versie van Regie is te oud voor de server. Werk Regie bij.",
                en: "This version of Regie is too old for the server. Update Regie.",
            },
            Self::ServerTooOld => Text {
                nl: "De server is te oud voor deze versie van Regie.",
                en: "The server is too old for this version of Regie.",
            },
        }
    }
}

/// The answer to a request that was refused (RFC 9457, `application/problem+json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// Where the code is explained, relative to the server.
    #[serde(rename = "type")]
    pub kind: String,
    /// What the code means, in English; the app has its own words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The code.
    pub code: ProblemCode,
    /// The request's random number, which stands in the server's log too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// How many bytes there is room for, where that is why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<u64>,
}

impl Problem {
    /// The media type of a problem.
    pub const MEDIA_TYPE: &'static str = "application/problem+json";

    /// A problem with this code.
    #[must_use]
    pub fn new(code: ProblemCode, instance: Option<String>) -> Self {
        Self {
            kind: format!("/problems/{}", code.id()),
            title: code.text().en.to_owned(),
            status: code.status(),
            code,
            instance,
            room: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_name_one_status_and_words_in_both_languages() {
        for code in ProblemCode::ALL {
            let written = serde_json::to_value(code).expect("writes");
            assert_eq!(written, code.id());
            assert_eq!(ProblemCode::find(code.id()), Some(code));
            assert_eq!(ProblemCode::of_status(code.status()).status(), code.status());
            assert!(code.text().nl != code.text().en && (400..600).contains(&code.status()));
        }
        assert_eq!(ProblemCode::of_status(404), ProblemCode::NotFound);
        assert_eq!(ProblemCode::of_status(431), ProblemCode::BadRequest);
        assert_eq!(ProblemCode::of_status(502), ProblemCode::Internal);
    }

    #[test]
    fn an_older_app_reads_a_problem_of_a_later_server() {
        let text = r#"{"type":"/problems/moved-house","title":"Gone","status":410,"code":"moved-house","since":"May"}"#;
        let problem: Problem = serde_json::from_str(text).expect("reads");
        assert_eq!((problem.code, problem.status), (ProblemCode::Unknown, 410));
    }
}
