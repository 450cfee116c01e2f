//! What both ends know: languages, purposes with their legal grounds, the privacy statement, and what is signed.
//!
//! Everything here is plain data and pure rules on it; a server and a device that link this crate can never
//! disagree about what a purpose means.

pub mod language;
#[cfg(feature = "made-up")]
pub mod made_up;
pub mod notices;
pub mod purpose;
pub mod role;
pub mod signed;
pub mod statement;

pub use language::{Language, OwnedText, Text};
pub use notices::Notices;
pub use role::Role;
