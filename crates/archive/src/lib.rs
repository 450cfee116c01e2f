//! The forms in which data leaves and comes in: the archive, the readable report, other people's journals.
//!
//! Works on streams and on records that are handed to it; knows no vault and keeps nothing. What comes in is hostile until it
//! has been read: bounded in size, number and time, and refused whole for any fault.

pub mod error;
pub mod export;
pub mod incoming;
pub mod journals;
pub mod limits;
pub mod model;
pub mod pack;
mod parts;
pub mod read;
pub mod seal;
pub mod source;
pub mod unpack;

pub use error::{ArchiveError, Reason};
