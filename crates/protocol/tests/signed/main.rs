//! What holds for every statement of the root, and the bytes that never change again.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    unreachable_pub,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

mod laws;
mod rules;
mod samples;
mod vectors;
