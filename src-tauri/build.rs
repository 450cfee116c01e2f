//! Embeds the window's configuration. A command can be called by a window only when one of `capabilities/` lists it.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a build script fails by panicking"
)]

use std::fs;

use tauri_build::{AppManifest, Attributes};

fn main() {
    let commands: Vec<&'static str> = listed_commands().into_iter().map(|name| &*name.leak()).collect();
    let manifest = AppManifest::new().commands(commands.leak());
    tauri_build::try_build(Attributes::new().app_manifest(manifest)).expect("a whole configuration");
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
