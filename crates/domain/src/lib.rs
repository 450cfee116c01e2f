//! The person's rules: what a diary entry is, how a check is scored, what the seal says.
//!
//! Pure: no IO, no clock, no randomness; whoever calls hands in the time and the ids.

pub mod attachment;
pub mod consent;
pub mod diary;
pub mod guide;
pub mod help;
pub mod link;
pub mod meter;
pub mod moment;
pub mod people;
pub mod record;
pub mod reminder;
pub mod restriction;
pub mod seal;
pub mod search;
pub mod settings;

use uuid::Uuid;

/// Declares a newtype over a UUID, so that one kind of id is never taken for another.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub Uuid);
    };
}

id!(
    /// A diary entry.
    EntryId
);
id!(
    /// One taking of an instrument, paused or finished.
    RunId
);
id!(
    /// A photo or a voice note.
    AttachmentId
);
