//! The meter: instruments as data, taking them, and scoring them.

pub mod fhir;
pub mod instrument;
pub mod scoring;

use std::sync::LazyLock;

pub use instrument::{Instrument, InstrumentError};
pub use scoring::{Answer, Answers, Dimension, Scores};

/// The instruments that ship with the program.
///
/// # Errors
/// What is wrong with the first broken one; a test keeps them whole.
pub fn shipped() -> Result<&'static [Instrument], &'static [InstrumentError]> {
    static SHIPPED: LazyLock<Result<Vec<Instrument>, Vec<InstrumentError>>> = LazyLock::new(|| {
        let vitality = Instrument::load(
            include_str!("../content/instruments/vitality-16.questionnaire.json"),
            include_str!("../content/instruments/vitality-16.scoring.json"),
        )?;
        Ok(vec![vitality])
    });
    SHIPPED.as_deref().map_err(Vec::as_slice)
}
