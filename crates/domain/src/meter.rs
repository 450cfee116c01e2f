//! The meter: instruments as data, taking them, scoring them, and what may be said about a change.

pub mod change;
pub mod claims;
pub mod fhir;
pub mod instrument;
mod load;
mod record;
pub mod scoring;
pub mod trend;

use std::sync::LazyLock;

pub use instrument::{Instrument, Rhythm};
pub use load::{InstrumentError, LONGEST_FILE};
pub use record::{InstrumentRecord, LONGEST_NOTE, RunRecord};
pub use scoring::{Answer, Answers, Dimension, Scores};

/// The instruments that ship with the program, in the order in which they are offered.
///
/// # Errors
/// What is wrong with the first broken one; a test keeps them whole.
pub fn shipped() -> Result<&'static [Instrument], &'static [InstrumentError]> {
    static SHIPPED: LazyLock<Result<Vec<Instrument>, Vec<InstrumentError>>> = LazyLock::new(|| {
        FILES
            .iter()
            .map(|(questionnaire, scoring)| Instrument::load(questionnaire, scoring))
            .collect()
    });
    SHIPPED.as_deref().map_err(Vec::as_slice)
}

/// The FHIR `Questionnaire` of a shipped instrument, as it stands in its file.
#[must_use]
pub fn questionnaire(id: &str, version: &str) -> Option<&'static str> {
    let mut shipped = shipped().ok()?.iter();
    let at = shipped.position(|one| one.id == id && one.version == version)?;
    FILES.get(at).map(|(questionnaire, _)| *questionnaire)
}

const FILES: [(&str, &str); 3] = [
    (
        include_str!("../content/instruments/vitality-16.questionnaire.json"),
        include_str!("../content/instruments/vitality-16.scoring.json"),
    ),
    (
        include_str!("../content/instruments/pulse-4.questionnaire.json"),
        include_str!("../content/instruments/pulse-4.scoring.json"),
    ),
    (
        include_str!("../content/instruments/check-in-2.questionnaire.json"),
        include_str!("../content/instruments/check-in-2.scoring.json"),
    ),
];

#[cfg(test)]
mod tests {
    #[test]
    fn the_shipped_instruments_are_whole_provisional_and_each_has_its_rhythm() {
        use super::Rhythm::{Daily, Weekly, Whenever};
        let shipped = super::shipped().expect("whole instruments");
        let seen: Vec<_> = shipped
            .iter()
            .map(|one| (one.id.as_str(), one.statements.len(), one.scoring.rhythm))
            .collect();
        assert_eq!(
            seen,
            [
                ("vitality-16", 16, Whenever),
                ("pulse-4", 4, Weekly),
                ("check-in-2", 2, Daily)
            ]
        );
        assert!(shipped.iter().all(|one| one.scoring.provisional));
        for one in shipped {
            let file = super::questionnaire(&one.id, &one.version).expect("its file");
            assert!(
                file.contains(&format!("Questionnaire/{}\"", one.id)),
                "{}",
                one.id
            );
        }
    }
}
