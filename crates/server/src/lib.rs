//! The server that cannot read: it keeps what devices hand it sealed, says openly what it is, and has the operator's tools beside it.
//!
//! Of Regie's own crates it links `regie-protocol` alone, so that there is no code in it that could open a record.

pub mod accounts;
pub mod admin;
pub mod backup;
pub mod config;
pub mod error;
pub mod http;
mod jobs;
pub mod keys;
pub mod letter;
pub mod live;
mod log;
mod mail;
pub mod opening;
pub mod operator;
pub mod receipt;
pub mod serve;
pub mod store;

pub use config::{Config, Options};
pub use serve::run;
