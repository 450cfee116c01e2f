//! What both ends know: languages, purposes with their legal grounds, the privacy statement, the terms of use, who else gets data, what is signed, what is
//! said about an account and its records, and why a request is refused.
//!
//! Everything here is plain data and pure rules on it; a server and a device that link this crate can never
//! disagree about what a purpose means.

pub mod account;
pub mod contact;
pub mod language;
#[cfg(feature = "made-up")]
pub mod made_up;
pub mod notices;
pub mod opaque;
pub mod problem;
pub mod processor;
pub mod purpose;
pub mod role;
pub mod signed;
pub mod statement;
pub mod sync;
pub mod terms;
pub mod wire;

pub use language::{Language, OwnedText, Text};
pub use notices::Notices;
pub use problem::{Problem, ProblemCode};
pub use role::Role;
