//! Regie's server, and the operator's tools beside it.

pub mod operator;
