//! The server that cannot read: it keeps what devices hand it sealed, and says openly what it is.
//!
//! Of Regie's own crates it links `regie-protocol` alone, so that there is no code in it that could open a record.

pub mod config;
pub mod error;
pub mod http;
mod log;
pub mod serve;

pub use config::{Config, Options};
pub use serve::run;
