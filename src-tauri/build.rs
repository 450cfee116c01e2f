//! Embeds the window's configuration. A command can be called by a window only when one of `capabilities/` lists it.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a build script fails by panicking"
)]

use std::fs;

use tauri_build::{AppManifest, Attributes};

fn main() {
    pack_relocations();
    let commands: Vec<&'static str> = listed_commands().into_iter().map(|name| &*name.leak()).collect();
    let manifest = AppManifest::new().commands(commands.leak());
    tauri_build::try_build(Attributes::new().app_manifest(manifest)).expect("a whole configuration");
}

/// The addresses that are set at each start take 4 MB of the file else, all of it read and kept in memory.
fn pack_relocations() {
    let of = |what: &str| std::env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    // glibc knows them from 2.36 on (Debian 12); other C libraries for Linux are not built for.
    if (of("OS"), of("ENV")) == ("linux".into(), "gnu".into()) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

fn listed_commands() -> Vec<String> {
    let files = fs::read_dir("capabilities").expect("the folder capabilities");
    let mut names: Vec<String> = files
        .map(|file| fs::read(file.expect("a file").path()).expect("a readable file"))
        .map(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).expect("JSON"))
        .flat_map(|capability| capability["permissions"].as_array().expect("a list").clone())
        .filter_map(|permission| Some(permission.as_str()?.strip_prefix("allow-")?.replace('-', "_")))
        .collect();
    names.sort();
    names.dedup();
    names
}
