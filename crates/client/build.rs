//! Checks the roots of operators that a build is to trust: a typing error ends the build, and is not found by whoever joins.

#![allow(clippy::print_stdout, reason = "a build script speaks to cargo by printing")]

#[path = "src/account/roots/list.rs"]
mod list;

use ed25519_dalek::VerifyingKey;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/account/roots/list.rs");
    println!("cargo::rerun-if-env-changed=REGIE_ROOTS");
    let roots = std::env::var("REGIE_ROOTS").unwrap_or_default();
    // As the program reads them: a weak key is none.
    let key = |bytes: &[u8; 32]| VerifyingKey::from_bytes(bytes).ok().filter(|key| !key.is_weak());
    if let Err(why) = list::read(&roots, key) {
        println!("cargo::error=REGIE_ROOTS, the roots that this build is to trust: {why}");
    }
}
