//! The whole content of a database as it stood at one moment, out and in again, the same for both engines.

use std::sync::{Arc, Mutex};

use super::tx::{Acting, Row, Tx, Value, values};
use super::{Engine, Store, StoreError, migrations, postgres, sqlite};

/// What goes along; what refers to another table stands behind it.
pub(crate) const TABLES: &[&str] = &[
    "data_key",
    "ledger_mark",
    "account",
    "contact",
    "address_lookup",
    "credential",
    "factor_code",
    "header",
    "head",
    "epoch",
    "wrap",
    "record",
    "blob",
    "chunk",
    "device",
    "login_begun",
    "mail_code",
    "identity",
    "organisation",
    "seat",
    "invitation",
    "seat_of",
    "staff",
    "certificate",
    "revocation",
    "log",
    "staff_log",
];

/// What stays behind: what is counted, leased or said for minutes, and mails, which would be sent twice.
#[cfg(test)]
pub(crate) const LEFT_OUT: &[&str] = &["schema_version", "job", "rate", "outbox", "pairing"];

/// So many rows are read at once, and of the two tables whose rows may be millions of bytes long.
const PAGE: i64 = 500;
const RECORDS: i64 = 16;
/// Eight mebibytes.
const CHUNKS: i64 = 8;

/// A piece of a dump.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// The rows that follow are of this table, with these columns.
    Table { name: String, columns: Vec<String> },
    /// A row.
    Row(Vec<Value>),
}

/// Takes pieces one after the other; `false` ends the dump.
pub(crate) type Sink = Arc<Mutex<dyn FnMut(Piece) -> bool + Send>>;

/// Gives the pieces of a dump from their beginning, each time it is asked.
pub(crate) type Source = Arc<dyn Fn() -> Result<Pieces, StoreError> + Send + Sync>;
/// Pieces, read.
pub(crate) type Pieces = Box<dyn Iterator<Item = Result<Piece, StoreError>> + Send>;

impl Store {
    /// Hands over everything as it stands at one moment, while others go on writing.
    pub(crate) async fn dump(&self, sink: Sink) -> Result<(), StoreError> {
        let columns = match &self.engine {
            Engine::Sqlite(_) => sqlite::COLUMNS,
            Engine::Postgres(_) => postgres::COLUMNS,
        };
        self.snapshot(dumping(columns, sink)).await
    }
}

fn dumping(
    columns: &'static str,
    sink: Sink,
) -> impl for<'t> Fn(&'t mut dyn Tx) -> Acting<'t, ()> + Send + Sync + 'static {
    move |tx| {
        let sink = Arc::clone(&sink);
        Box::pin(async move {
            for table in TABLES {
                dump_table(tx, table, columns, &sink).await?;
            }
            Ok(())
        })
    }
}

async fn dump_table(tx: &mut dyn Tx, table: &str, columns: &str, sink: &Sink) -> Result<(), StoreError> {
    let (mut names, mut key) = (Vec::new(), Vec::new());
    for row in tx.rows(columns, values![table]).await? {
        let (name, place): (String, i64) = (row.get(0)?, row.get(1)?);
        if place > 0 {
            key.push((place, names.len(), name.clone()));
        }
        names.push(name);
    }
    key.sort();
    give(
        sink,
        Piece::Table {
            name: table.to_owned(),
            columns: names.clone(),
        },
    )?;
    let listed = names.join(", ");
    let ordered: Vec<_> = key.iter().map(|(_, _, name)| name.as_str()).collect();
    let ordered = ordered.join(", ");
    let marks: Vec<_> = (1..=key.len()).map(|number| format!("?{number}")).collect();
    let page = match table {
        "record" => RECORDS,
        "chunk" => CHUNKS,
        _ => PAGE,
    };
    let first = format!("SELECT {listed} FROM {table} ORDER BY {ordered} LIMIT {page}");
    let next = format!(
        "SELECT {listed} FROM {table} WHERE ({ordered}) > ({}) ORDER BY {ordered} LIMIT {page}",
        marks.join(", ")
    );
    let mut rows = tx.rows(&first, values![]).await?;
    while let Some(last) = rows.last() {
        let after: Option<Vec<Value>> = key.iter().map(|(_, at, _)| last.0.get(*at).cloned()).collect();
        let after = after.ok_or(StoreError::Damaged)?;
        for Row(row) in rows {
            give(sink, Piece::Row(row))?;
        }
        rows = tx.rows(&next, after).await?;
    }
    Ok(())
}

fn give(sink: &Sink, piece: Piece) -> Result<(), StoreError> {
    let mut sink = sink.lock().map_err(|_| StoreError::Unavailable)?;
    if sink(piece) {
        Ok(())
    } else {
        Err(StoreError::Unavailable)
    }
}

/// Fills a database in which nothing was ever kept: all of it, or nothing. The schema is the one of the dump; opening it
/// brings it to the newest.
pub(crate) async fn fill_sqlite(
    path: &std::path::Path,
    schema: i64,
    source: Source,
) -> Result<(), StoreError> {
    let migrations = until(schema, migrations::SQLITE)?;
    let engine = sqlite::Sqlite::bare(path)?;
    engine
        .write(filling(schema, migrations::SQLITE_BEGIN, migrations, source))
        .await?;
    engine.purge().await
}

/// The same for PostgreSQL.
pub(crate) async fn fill_postgres(url: &str, schema: i64, source: Source) -> Result<(), StoreError> {
    let migrations = until(schema, migrations::POSTGRES)?;
    let engine = postgres::Postgres::connect(url)?;
    engine
        .write(filling(schema, migrations::POSTGRES_BEGIN, migrations, source))
        .await
}

fn until(schema: i64, all: &'static [&'static str]) -> Result<&'static [&'static str], StoreError> {
    let schema = usize::try_from(schema).map_err(|_| StoreError::Damaged)?;
    all.get(..schema).ok_or(StoreError::Newer)
}

fn filling(
    schema: i64,
    begin: &'static str,
    migrations: &'static [&'static str],
    source: Source,
) -> impl for<'t> Fn(&'t mut dyn Tx) -> Acting<'t, ()> + Send + Sync + 'static {
    move |tx| {
        let source = Arc::clone(&source);
        Box::pin(async move { fill(tx, schema, begin, migrations, &source).await })
    }
}

async fn fill(
    tx: &mut dyn Tx,
    schema: i64,
    begin: &str,
    migrations: &[&str],
    source: &Source,
) -> Result<(), StoreError> {
    tx.batch(begin).await?;
    for migration in migrations {
        tx.batch(migration).await?;
    }
    tx.run("UPDATE schema_version SET version = ?1", values![schema])
        .await?;
    let mut insert = None;
    for piece in source()? {
        match piece? {
            Piece::Table { name, columns } => insert = Some(insert_into(&name, &columns)?),
            Piece::Row(row) => {
                let insert = insert.as_deref().ok_or(StoreError::Damaged)?;
                tx.run(insert, row).await?;
            }
        }
    }
    Ok(())
}

fn insert_into(table: &str, columns: &[String]) -> Result<String, StoreError> {
    let is_name = |name: &str| name.bytes().all(|sign| sign.is_ascii_lowercase() || sign == b'_');
    if !TABLES.contains(&table) || columns.is_empty() || !columns.iter().all(|name| is_name(name)) {
        return Err(StoreError::Damaged);
    }
    let marks: Vec<_> = (1..=columns.len()).map(|number| format!("?{number}")).collect();
    Ok(format!(
        "INSERT INTO {table} ({}) VALUES ({})",
        columns.join(", "),
        marks.join(", ")
    ))
}
