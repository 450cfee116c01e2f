//! Which crate links which: what the architecture says is read from the manifests themselves.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use toml::{Table, Value};

/// The crates of ours that a crate links when it is built for use, whatever the platform.
fn links(name: &str) -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the project");
    let path = root.join("crates").join(name).join("Cargo.toml");
    let manifest: Table = fs::read_to_string(path)
        .expect("a manifest")
        .parse()
        .expect("TOML");
    let mut tables = vec![&manifest];
    let targets = manifest.get("target").and_then(Value::as_table);
    tables.extend(
        targets
            .into_iter()
            .flat_map(|targets| targets.values())
            .filter_map(Value::as_table),
    );
    let mut links = BTreeSet::new();
    for table in tables {
        for kind in ["dependencies", "build-dependencies"] {
            let dependencies = table.get(kind).and_then(Value::as_table);
            for (key, how) in dependencies.into_iter().flatten() {
                // A dependency may bear another name than its package.
                let package = how.get("package").and_then(Value::as_str).unwrap_or(key);
                if let Some(ours) = package.strip_prefix("regie-") {
                    links.insert(ours.to_owned());
                }
            }
        }
    }
    links
}

fn names<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(str::to_owned).into()
}

#[test]
fn the_sync_engine_links_nothing_that_reads_a_clock_a_disk_or_a_network() {
    assert!(links("sync").is_subset(&names(["domain", "protocol"])));
    let manifest: Table = include_str!("../../crates/sync/Cargo.toml")
        .parse()
        .expect("TOML");
    let dependencies = manifest.get("dependencies").and_then(Value::as_table);
    let foreign: BTreeSet<&str> = dependencies
        .into_iter()
        .flat_map(Table::keys)
        .map(String::as_str)
        .filter(|name| !name.starts_with("regie-"))
        .collect();
    assert_eq!(foreign, BTreeSet::from(["fastrand", "serde"]));
    let random = dependencies.and_then(|all| all.get("fastrand"));
    let own_seed = random.and_then(|how| how.get("default-features"));
    assert_eq!(
        own_seed.and_then(Value::as_bool),
        Some(false),
        "seeds are handed in"
    );
}

#[test]
fn the_server_links_no_code_of_ours_that_could_open_a_record() {
    assert_eq!(links("server"), names(["protocol"]));
    assert_eq!(links("protocol"), names([]));
    // The same look finds links where there are some.
    assert_eq!(links("domain"), names(["protocol"]));
    assert!(links("client").is_superset(&names(["vault", "crypto", "domain"])));
}
