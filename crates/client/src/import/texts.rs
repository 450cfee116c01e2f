//! What the person is told about a file that cannot come in, and about what does not come along.

use regie_archive::{ArchiveError, Reason, model::LeftOut};
use regie_protocol::{Language, Text};

use super::{ImportLook, ImportOutcome};
use crate::ClientError;

/// What a look says of an error: that it is locked, to a passphrase or to a key, or why it is refused.
pub(super) fn look(
    error: ArchiveError,
    passphrase: bool,
    language: Language,
) -> Result<ImportLook, ClientError> {
    match error {
        ArchiveError::Bad {
            reason: Reason::Locked,
            ..
        } => Ok(ImportLook::Locked {
            passphrase,
            wrong: false,
        }),
        ArchiveError::Bad {
            reason: Reason::WrongSecret,
            ..
        } => Ok(ImportLook::Locked {
            passphrase,
            wrong: true,
        }),
        ArchiveError::Bad { part, reason } => Ok(ImportLook::Refused {
            part,
            problem: problem(reason).in_language(language).into(),
        }),
        ArchiveError::Disk(error) => Err(error.into()),
        ArchiveError::Stopped => Err(ClientError::Stopped),
        ArchiveError::Refused | ArchiveError::Unmade(_) => Err(ClientError::Malformed),
    }
}

/// The same of an import.
pub(super) fn outcome(error: ArchiveError, language: Language) -> Result<ImportOutcome, ClientError> {
    match error {
        ArchiveError::Bad { part, reason } => Ok(ImportOutcome::Refused {
            part,
            problem: problem(reason).in_language(language).into(),
        }),
        ArchiveError::Disk(error) => Err(error.into()),
        ArchiveError::Stopped => Err(ClientError::Stopped),
        ArchiveError::Refused | ArchiveError::Unmade(_) => Err(ClientError::Malformed),
    }
}

/// The file is not the one that was looked at.
pub(super) fn changed(language: Language) -> ImportOutcome {
    const CHANGED: Text = Text {
        nl: "Het bestand is veranderd sinds je het koos. Kies het opnieuw.",
        en: "The file has changed since you chose it. Choose it again.",
    };
    ImportOutcome::Refused {
        part: String::new(),
        problem: CHANGED.in_language(language).into(),
    }
}

const fn problem(reason: Reason) -> Text {
    match reason {
        Reason::Unknown => Text {
            nl: "Dit is geen dagboek dat Regie kan lezen.",
            en: "This is no journal that Regie can read.",
        },
        Reason::Damaged => Text {
            nl: "Het bestand is beschadigd of niet compleet.",
            en: "The file is damaged or not complete.",
        },
        Reason::Locked => Text {
            nl: "Het bestand is versleuteld.",
            en: "The file is encrypted.",
        },
        Reason::WrongSecret => Text {
            nl: "Deze wachtzin of sleutel past niet.",
            en: "This passphrase or key does not fit.",
        },
        Reason::TooCostly => Text {
            nl: "Het openen vraagt veel meer rekenwerk dan ooit nodig is. Dat doet Regie niet.",
            en: "Opening it takes far more work than is ever needed. Regie does not do that.",
        },
        Reason::Newer => Text {
            nl: "Het is gemaakt met een nieuwere Regie. Werk Regie eerst bij.",
            en: "It was made by a newer Regie. Update Regie first.",
        },
        Reason::BadShape => Text {
            nl: "Er staat iets in dat er volgens de opmaak niet hoort.",
            en: "It holds something that does not belong there by its format.",
        },
        Reason::Altered => Text {
            nl: "Dit deel is veranderd nadat het archief is gemaakt.",
            en: "This part was changed after the archive was made.",
        },
        Reason::TooLarge => Text {
            nl: "Dit is groter dan een dagboek van een heel leven.",
            en: "This is larger than the diary of a whole life.",
        },
        Reason::TooManyFiles => Text {
            nl: "Er zitten te veel bestanden in.",
            en: "It holds too many files.",
        },
        Reason::BadName => Text {
            nl: "Een naam in het bestand wijst ergens anders naartoe. Dat is niet veilig.",
            en: "A name inside the file leads elsewhere. That is not safe.",
        },
        Reason::Link => Text {
            nl: "Er zit een verwijzing in naar iets buiten het bestand. Dat is niet veilig.",
            en: "It holds a link to something outside the file. That is not safe.",
        },
        Reason::Missing => Text {
            nl: "Dit deel ontbreekt.",
            en: "This part is missing.",
        },
    }
}

pub(super) const fn left_out(what: LeftOut) -> Text {
    match what {
        LeftOut::Attachment => Text {
            nl: "Foto's, opnamen en andere bijlagen die niet meekomen",
            en: "Photos, recordings and other attachments that do not come along",
        },
        LeftOut::Damaged => Text {
            nl: "Foto's en opnamen die beschadigd zijn of die Regie niet kan lezen",
            en: "Photos and recordings that are damaged or that Regie cannot read",
        },
        LeftOut::Circumstance => Text {
            nl: "Plaats, weer en dergelijke: Regie bewaart ze niet",
            en: "Place, weather and the like: Regie does not keep them",
        },
        LeftOut::Empty => Text {
            nl: "Stukken waar niets in staat",
            en: "Pieces with nothing in them",
        },
        LeftOut::NoDate => Text {
            nl: "Stukken zonder datum die Regie kan lezen",
            en: "Pieces without a date that Regie can read",
        },
        LeftOut::TooLong => Text {
            nl: "Stukken die te lang zijn",
            en: "Pieces that are too long",
        },
        LeftOut::Tags => Text {
            nl: "Labels boven het aantal dat bij één stuk past",
            en: "Tags beyond the number that one piece can have",
        },
        LeftOut::ForeignFile => Text {
            nl: "Bestanden die geen dagboek zijn",
            en: "Files that are no journal",
        },
        LeftOut::UnknownInstrument => Text {
            nl: "Uitkomsten van een vragenlijst die Regie hier niet kan lezen",
            en: "Results of a questionnaire that Regie cannot read here",
        },
        LeftOut::SettingsAndChoices => Text {
            nl: "Instellingen en keuzes: die van hier blijven gelden",
            en: "Settings and choices: those made here hold",
        },
    }
}
