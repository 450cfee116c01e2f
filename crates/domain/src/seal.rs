//! The seal: one line at the top of every screen that says where the person's data is at this moment.

use regie_protocol::Text;

/// What the seal can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seal {
    /// The vault is locked; nothing more is said about it.
    Locked,
    /// There is no vault yet.
    NotYet,
    /// Kept, encrypted, on this device and nowhere else.
    OnlyHere,
    /// Kept on this device; the person has stopped new writing, or put everything on hold.
    Paused,
    /// Kept here, and all of it in the encrypted copy on the server, as far as this device heard.
    Copied,
    /// Kept here; the copy does not have all of it yet.
    CopyBehind,
    /// Kept here; what other devices wrote is on its way.
    Fetching,
    /// Kept here; syncing has a question for the person.
    Asking,
    /// Kept here; syncing has stopped, and overwrote nothing.
    Stopped,
}

impl Seal {
    /// The state of an open vault.
    #[must_use]
    pub const fn of_open_vault(may_write: bool, all_on_hold: bool) -> Self {
        if may_write && !all_on_hold {
            Self::OnlyHere
        } else {
            Self::Paused
        }
    }

    /// The line itself.
    #[must_use]
    pub const fn text(self) -> Text {
        match self {
            Self::Locked => Text {
                nl: "Op slot",
                en: "Locked",
            },
            Self::NotYet => Text {
                nl: "Nog niets bewaard",
                en: "Nothing kept yet",
            },
            Self::OnlyHere => Text {
                nl: "Alleen op dit apparaat",
                en: "Only on this device",
            },
            Self::Paused => Text {
                nl: "Door jou gepauzeerd",
                en: "Paused by you",
            },
            Self::Copied => Text {
                nl: "Versleutelde kopie is bij",
                en: "Encrypted copy up to date",
            },
            Self::CopyBehind => Text {
                nl: "Versleutelde kopie loopt achter",
                en: "Encrypted copy is behind",
            },
            Self::Fetching => Text {
                nl: "Wordt opgehaald",
                en: "Being fetched",
            },
            Self::Asking => Text {
                nl: "Synchroniseren vraagt iets",
                en: "Syncing has a question",
            },
            Self::Stopped => Text {
                nl: "Synchroniseren is gestopt",
                en: "Syncing has stopped",
            },
        }
    }
}
