//! The server: it knows that accounts exist and on which days they are used, and can read nothing that people write. The operator's tools
//! stand beside it.

pub mod keys;
pub mod operator;
pub mod store;
