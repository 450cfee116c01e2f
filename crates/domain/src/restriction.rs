//! Restriction: data that is kept and readable, and used for nothing else until the person lifts it.

use crate::moment::Moment;

/// Since when something is restricted, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restriction {
    /// Since when.
    pub since: Moment,
    /// In the person's words; may be empty.
    pub reason: String,
}
