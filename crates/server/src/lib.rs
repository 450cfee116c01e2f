//! The server: it knows that accounts exist and on which days they are used, and can read nothing that people write.

pub mod keys;
pub mod store;
