//! Whether both databases are what docs/adr/0013 says, and no more.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::erase::{COUNTING, NAMING, OWNED};
use super::testing::{Bed, catalogue};

const PAGE: &str = include_str!("../../../../docs/adr/0013-what-the-server-stores.md");
const FIELDS: &str = include_str!("../../../../docs/adr/0013-fields.json");

#[derive(Deserialize)]
struct Table {
    row: String,
    kind: String,
    columns: BTreeMap<String, String>,
}

fn fields() -> BTreeMap<String, Table> {
    serde_json::from_str(FIELDS).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_stores_have_the_same_tables_columns_and_keys() {
    let (sqlite, postgres) = (Bed::sqlite().await, Bed::postgres().await);
    assert_eq!(catalogue(&sqlite).await, catalogue(&postgres).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_stored_column_stands_on_the_page_and_nothing_else_does() {
    for bed in [Bed::sqlite().await, Bed::postgres().await] {
        let stored: BTreeSet<_> = catalogue(&bed)
            .await
            .into_iter()
            .map(|column| (column.table, column.name))
            .collect();
        let fields = fields();
        let said: BTreeSet<_> = fields
            .iter()
            .flat_map(|(table, said)| said.columns.keys().map(|column| (table.clone(), column.clone())))
            .collect();
        assert_eq!(stored, said);
    }
    for (name, table) in fields() {
        let first_cells = PAGE
            .lines()
            .filter_map(|line| line.strip_prefix("| ")?.split('|').next());
        let is_there = first_cells
            .into_iter()
            .any(|cell| cell.contains(&format!("`{}`", table.row)));
        assert!(is_there, "{name} has no row on the page");
        assert!(
            table.columns.values().all(|reason| reason.len() > 4),
            "{name}: a column without a reason"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_account_owns_has_it_first_in_its_key_and_look_ups_go_by_hash() {
    for bed in [Bed::sqlite().await, Bed::postgres().await] {
        let columns = catalogue(&bed).await;
        let first = |table: &str| {
            let first = columns
                .iter()
                .find(|column| column.table == table && column.in_key == 1);
            first.unwrap_or_else(|| panic!("{table} has no key")).name.clone()
        };
        let mut kinds: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (name, table) in fields() {
            match table.kind.as_str() {
                "owned" => assert_eq!(first(&name), "account_id"),
                "naming" | "counting" => assert!(first(&name).ends_with("_hash"), "{name}"),
                _ => {
                    let names = columns
                        .iter()
                        .any(|column| column.table == name && column.name == "account_id");
                    assert!(!names, "{name} is shared and names an account");
                }
            }
            kinds.entry(table.kind).or_default().insert(name);
        }
        // Erasing knows the same tables, with the same keys.
        let owned = OWNED
            .iter()
            .map(|(table, _)| (*table).to_owned())
            .chain(["account".to_owned()]);
        assert_eq!(kinds["owned"], owned.collect());
        for (kind, tables) in [("naming", NAMING), ("counting", COUNTING)] {
            assert_eq!(
                kinds[kind],
                tables.iter().map(|(table, _)| (*table).to_owned()).collect()
            );
        }
        for (table, rest) in OWNED {
            let mut key: Vec<_> = columns
                .iter()
                .filter(|column| column.table == *table && column.in_key > 0)
                .collect();
            key.sort_by_key(|column| column.in_key);
            let rest_of_key: Vec<_> = key.iter().skip(1).map(|column| column.name.as_str()).collect();
            assert_eq!(rest_of_key.join(", "), *rest, "{table}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_goes_into_a_backup_or_is_left_out_by_name() {
    use super::dump::{LEFT_OUT, TABLES};
    let stored: BTreeSet<_> = catalogue(&Bed::sqlite().await)
        .await
        .into_iter()
        .map(|column| column.table)
        .collect();
    let said: BTreeSet<_> = TABLES
        .iter()
        .chain(LEFT_OUT)
        .map(|table| (*table).to_owned())
        .collect();
    assert_eq!(stored, said);
    assert_eq!(said.len(), TABLES.len() + LEFT_OUT.len(), "none is in both");
}

#[test]
fn every_method_of_the_store_is_in_the_suite() {
    let sources = [
        include_str!("mod.rs"),
        include_str!("account.rs"),
        include_str!("blob.rs"),
        include_str!("chain.rs"),
        include_str!("credential.rs"),
        include_str!("device.rs"),
        include_str!("epoch.rs"),
        include_str!("erase.rs"),
        include_str!("invitation.rs"),
        include_str!("job.rs"),
        include_str!("log.rs"),
        include_str!("login.rs"),
        include_str!("mail.rs"),
        include_str!("pull.rs"),
        include_str!("reach.rs"),
        include_str!("register.rs"),
        include_str!("staff.rs"),
    ];
    let suite = [
        include_str!("conformance/account.rs"),
        include_str!("conformance/blob.rs"),
        include_str!("conformance/chain.rs"),
        include_str!("conformance/device.rs"),
        include_str!("conformance/epoch.rs"),
        include_str!("conformance/invitation.rs"),
        include_str!("conformance/log.rs"),
        include_str!("conformance/login.rs"),
        include_str!("conformance/mail.rs"),
        include_str!("conformance/shared.rs"),
        include_str!("erasure_tests.rs"),
        include_str!("testing.rs"),
    ]
    .concat();
    let methods: BTreeSet<_> = sources
        .iter()
        .flat_map(|source| source.split("pub async fn ").skip(1))
        .filter_map(|rest| rest.split(['(', '<']).next())
        .collect();
    assert!(methods.len() > 50, "{methods:?}");
    let missing: Vec<_> = methods
        .iter()
        .filter(|method| !suite.contains(&format!(".{method}(")) && !suite.contains(&format!("::{method}(")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
