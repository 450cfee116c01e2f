//! What a person chose for themselves, on whichever device: it travels. What they chose for a device stays there.
//!
//! | travels | why |
//! |---|---|
//! | language | it is the person's, and so is every text that they read |
//! | whether the diary offers a question to begin with | a choice about writing, wherever they write |
//! | newest version of the statement that they read | nobody has to read it twice; the history of choices counts on it |
//! | when to remind of what ([`crate::reminder::Schedule`]) | a rhythm of their days |
//!
//! | stays with the device | why |
//! |---|---|
//! | when the vault locks, at idleness and at sleep | safety of one device; another one must never be able to loosen it |
//! | quick unlock, recovery codes, keys, the list of deletions and its key | belong to this vault's file and would open or betray it |
//! | backups: folder, plan, promises about cleaning | folders of this device |
//! | window, appearance, text size | of a screen and of eyes at that distance |
//! | what was reminded of, failed unlocks, the first run | happened here |
//! | where writing stopped, and the caret | one device's place; two would pull each other around |
//! | terms of a server, recipients, the account's address | the server itself says them |
//! | imports that can be undone | undone where they were made |

mod record;

use regie_protocol::Language;

/// What a person chose for themselves; `None` where they never chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Language of the interface.
    pub language: Option<Language>,
    /// Whether the diary offers a question to begin with.
    pub prompts: Option<bool>,
    /// The newest version of the statement that they read.
    pub statement_seen: Option<u32>,
}
