//! Roles: what an account may be for other people. A role is data in a certificate of the root (docs/adr/0012), never a
//! flag in a table.

use serde::{Deserialize, Serialize};

use crate::language::Text;

/// What somebody is for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Somebody who uses Regie for themselves. Everybody is; nobody certifies it.
    Member,
    /// Talks with members who want that.
    Coach,
    /// Is registered in health care.
    CareProfessional,
    /// Watches over the use of personal data.
    PrivacyOfficer,
    /// Deals with complaints.
    ComplaintsOfficer,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [
        Self::Member,
        Self::Coach,
        Self::CareProfessional,
        Self::PrivacyOfficer,
        Self::ComplaintsOfficer,
    ];

    /// Permanent name; stands in certificates.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Coach => "coach",
            Self::CareProfessional => "care_professional",
            Self::PrivacyOfficer => "privacy_officer",
            Self::ComplaintsOfficer => "complaints_officer",
        }
    }

    /// The role with this name.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.id() == id)
    }

    /// Whether only a certificate of the root makes somebody this.
    #[must_use]
    pub const fn needs_certificate(self) -> bool {
        !matches!(self, Self::Member)
    }

    /// The role as a person reads it.
    #[must_use]
    pub const fn text(self) -> Text {
        match self {
            Self::Member => Text {
                nl: "Deelnemer",
                en: "Member",
            },
            Self::Coach => Text {
                nl: "Coach",
                en: "Coach",
            },
            Self::CareProfessional => Text {
                nl: "Zorgverlener",
                en: "Care professional",
            },
            Self::PrivacyOfficer => Text {
                nl: "Functionaris gegevensbescherming",
                en: "Privacy officer",
            },
            Self::ComplaintsOfficer => Text {
                nl: "Klachtenfunctionaris",
                en: "Complaints officer",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_bears_one_name_everywhere() {
        for role in Role::ALL {
            assert_eq!(Role::from_id(role.id()), Some(role));
            let json = serde_json::to_string(&role).expect("a name");
            assert_eq!(json, format!("\"{}\"", role.id()));
        }
        assert_eq!(Role::from_id("Coach"), None);
    }
}
