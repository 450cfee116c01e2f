//! Mails: what is said to a person outside the app, and how it goes out.
//!
//! A mail waits in the store, sealed, as a [`crate::letter::Letter`], until a job sends it ([`crate::jobs`]). It says what
//! happened and nothing about the person, and holds no link: nobody is to learn to log in by a mail.

pub(crate) mod texts;
mod way;

pub(crate) use way::{NotSent, Way};

/// A mail in words.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Written {
    /// Its subject.
    pub(crate) subject: String,
    /// Its text.
    pub(crate) text: String,
}
