//! "Help now": whom to call, from one data file, at hand without a network and while locked.

use regie_protocol::OwnedText;
use serde::Deserialize;

/// What kind of help a line offers; decides its place and mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HelpKind {
    /// Danger now.
    Emergency,
    /// Somebody who listens.
    Crisis,
    /// The person's own doctor.
    Doctor,
}

/// One place to turn to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HelpLine {
    /// What kind of help.
    pub kind: HelpKind,
    /// Who answers.
    pub name: OwnedText,
    /// The number as it is dialled; none where it differs from person to person.
    pub number: Option<String>,
    /// When to call.
    pub note: OwnedText,
}

/// The lines that ship with the program, most urgent first.
///
/// # Errors
/// When the shipped file is broken; a test keeps it whole.
pub fn shipped() -> Result<Vec<HelpLine>, serde_json::Error> {
    serde_json::from_str(include_str!("../content/help.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_lines_begin_with_the_emergency_number_and_hold_every_kind() {
        let lines = shipped().unwrap_or_default();
        assert_eq!(lines.first().and_then(|line| line.number.as_deref()), Some("112"));
        for kind in [HelpKind::Emergency, HelpKind::Crisis, HelpKind::Doctor] {
            assert!(lines.iter().any(|line| line.kind == kind), "{kind:?}");
        }
    }
}
