//! Compares the migrations with the data map: a stored field that the map does not explain fails the build.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a build script fails by panicking and speaks to cargo by printing"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::{fs, path::Path};

use sqlparser::{
    ast::{AlterTableOperation, ObjectName, RenameTableNameKind, Statement},
    dialect::SQLiteDialect,
    parser::Parser,
};

type Fields = BTreeMap<String, BTreeSet<String>>;

/// Stores outside the database; a test compares these with the types that are written.
const FILES: [&str; 8] = [
    "key file",
    "attachment file",
    "device file",
    "profile file",
    "backup",
    "set-aside vault",
    "deletion list",
    "ticket file",
];

fn main() {
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rerun-if-changed=data_map.json");
    let stored = migrated_schema(Path::new("migrations"));
    let mapped = data_map(Path::new("data_map.json"));
    let missing = difference(&stored, &mapped);
    let stale = difference(&mapped, &stored);
    assert!(
        missing.is_empty(),
        "stored, but not in data_map.json: {missing:?}"
    );
    assert!(stale.is_empty(), "in data_map.json, but not stored: {stale:?}");
}

fn difference(one: &Fields, other: &Fields) -> Vec<String> {
    let known = |store: &str, field: &str| other.get(store).is_some_and(|fields| fields.contains(field));
    one.iter()
        .flat_map(|(store, fields)| fields.iter().map(move |field| (store, field)))
        .filter(|(store, field)| !known(store, field))
        .map(|(store, field)| format!("{store}.{field}"))
        .collect()
}

/// Every column of every table after all migrations.
fn migrated_schema(folder: &Path) -> Fields {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    let mut tables = Fields::new();
    for file in files {
        for sql in without_triggers(&fs::read_to_string(&file).unwrap()).split_inclusive(";\n") {
            if let Some((_, table)) = sql.split_once("CREATE VIRTUAL TABLE ") {
                let (name, columns) = virtual_table(table);
                tables.insert(name, columns);
                continue;
            }
            let statements = Parser::parse_sql(&SQLiteDialect {}, sql);
            for statement in statements.unwrap_or_else(|error| panic!("{}: {error}", file.display())) {
                apply(&mut tables, statement);
            }
        }
    }
    tables
}

/// Triggers store no field of their own, and hold statements within a statement.
fn without_triggers(sql: &str) -> String {
    let mut rest = String::new();
    let mut within = false;
    for line in sql.lines() {
        within |= line.starts_with("CREATE TRIGGER ");
        if !within {
            rest.push_str(line);
            rest.push('\n');
        }
        within &= line != "END;";
    }
    rest
}

/// `name USING fts5 (column, option = value, …);`: options are beyond the parser, and hold no data.
fn virtual_table(sql: &str) -> (String, BTreeSet<String>) {
    let (name, rest) = sql.split_once(" USING fts5 (").expect("a full-text index");
    let (arguments, _) = rest.rsplit_once(')').expect("a closed list");
    let columns = arguments
        .split(',')
        .map(str::trim)
        .filter(|argument| !argument.contains('='));
    (name.to_owned(), columns.map(str::to_owned).collect())
}

fn apply(tables: &mut Fields, statement: Statement) {
    match statement {
        Statement::CreateTable(table) => {
            tables.insert(
                bare(&table.name),
                table
                    .columns
                    .iter()
                    .map(|column| column.name.value.clone())
                    .collect(),
            );
        }
        Statement::AlterTable(change) => {
            let mut columns = tables.remove(&bare(&change.name)).expect("a known table");
            let mut name = bare(&change.name);
            for operation in change.operations {
                match operation {
                    AlterTableOperation::AddColumn { column_def, .. } => {
                        columns.insert(column_def.name.value);
                    }
                    AlterTableOperation::RenameTable {
                        table_name: RenameTableNameKind::To(new),
                    } => name = bare(&new),
                    other => panic!("teach build.rs this change: {other}"),
                }
            }
            tables.insert(name, columns);
        }
        Statement::Drop { names, .. } => {
            tables.retain(|table, _| !names.iter().any(|name| bare(name) == *table))
        }
        Statement::CreateIndex(_) | Statement::Insert(_) | Statement::Update { .. } => {}
        other => panic!("teach build.rs this statement: {other}"),
    }
}

fn bare(name: &ObjectName) -> String {
    name.to_string().replace('"', "")
}

fn data_map(file: &Path) -> Fields {
    let stores: Vec<serde_json::Value> = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let fields = |store: &serde_json::Value| store["fields"].as_object().unwrap().keys().cloned().collect();
    stores
        .iter()
        .map(|store| (store["store"].as_str().unwrap().to_owned(), fields(store)))
        .filter(|(store, _)| !FILES.contains(&store.as_str()))
        .collect()
}
