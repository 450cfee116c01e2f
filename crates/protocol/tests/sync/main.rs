//! What a device and a server say to each other about records.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

mod laws;
mod rules;
mod samples;
mod vectors;
