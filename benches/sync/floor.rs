//! The floor of an upload: the same entries, read from the same schema under a key and marked as sent, as plain CBOR over the same HTTP
//! into one plain table. No seals, no signatures, no chain.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Router, serve as serve_routes};
use http_body_util::Full;
use hyper::Request;
use regie_protocol::sync::limits::PART_RECORDS;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use crate::corpus::Corpus;
use crate::server::{
    asking::Line,
    direct::SETTINGS,
    running::{Started, runtime, start_part},
};
use crate::store::direct::Filled;

/// What the further process is told.
pub(super) const PART: &str = "floor";
const AT: &str = "/entries";
const BYTES_AT: &str = "/bytes";
const BYTES_TABLE: &str = "CREATE TABLE bytes (number INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT";
const PUT_BYTES: &str = "INSERT INTO bytes (bytes) VALUES (?1)";
const TABLE: &str = "CREATE TABLE entry (
    id BLOB PRIMARY KEY, written_ms INTEGER NOT NULL, offset_s INTEGER NOT NULL, zone TEXT NOT NULL, edited_ms INTEGER NOT NULL,
    mood INTEGER, title TEXT NOT NULL, tags TEXT, markdown TEXT NOT NULL) STRICT";
const PUT: &str = "INSERT INTO entry VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
const ALL_UNSENT: &str = "DROP TABLE IF EXISTS unsent;
    CREATE TABLE unsent (place INTEGER PRIMARY KEY) STRICT;
    INSERT INTO unsent SELECT place FROM diary_entry;";
const UNSENT: &str = "SELECT e.place, e.id, e.written_ms, e.written_offset_s, e.written_zone, e.edited_ms, e.mood, e.own_title,
        (SELECT group_concat(name, char(31)) FROM diary_tag JOIN tag ON tag.id = diary_tag.tag WHERE diary_tag.place = e.place),
        e.markdown
    FROM unsent JOIN diary_entry AS e ON e.place = unsent.place ORDER BY unsent.place LIMIT ?1";
const SENT: &str = "DELETE FROM unsent WHERE place <= ?1";

/// An entry as it travels here.
#[derive(Serialize, Deserialize)]
struct Plain {
    id: uuid::Uuid,
    written_ms: i64,
    offset_s: i32,
    zone: String,
    edited_ms: i64,
    mood: Option<u8>,
    title: String,
    tags: Option<String>,
    markdown: String,
}

/// The entries of a corpus, to be uploaded again and again.
pub(super) struct Floor {
    connection: Connection,
    entries: usize,
}

/// What an upload took, and of it the processor time of whoever took it in.
pub(super) struct Took {
    pub(super) whole: Duration,
    pub(super) server: Duration,
}

impl Floor {
    pub(super) fn make(folder: &Path, corpus: &Corpus) -> anyhow::Result<Self> {
        let direct = Filled::make(&folder.join("floor.db"), true, corpus)?.open()?;
        Ok(Self {
            connection: direct.into_connection(),
            entries: corpus.texts().len(),
        })
    }

    /// Uploads everything into a new table.
    pub(super) fn upload(&mut self, folder: &Path, round: usize) -> anyhow::Result<Took> {
        self.connection.execute_batch(ALL_UNSENT)?;
        let server = start(&folder.join(format!("floor-{round}.db")))?;
        let runtime = runtime()?;
        let mut line = runtime.block_on(Line::connect(server.address, 0))?;
        let (began, mut sent) = (Instant::now(), 0);
        while let Some((last, entries)) = self.some()? {
            sent += entries.len();
            let mut body = Vec::new();
            ciborium::into_writer(&entries, &mut body)?;
            let request = Request::post(AT)
                .header("host", "localhost")
                .header("content-type", "application/cbor")
                .body(Full::from(body))?;
            runtime.block_on(line.ask(request))?;
            self.connection.prepare_cached(SENT)?.execute([last])?;
        }
        let whole = began.elapsed();
        anyhow::ensure!(sent == self.entries, "{sent} of {} were sent", self.entries);
        Ok(Took {
            whole,
            server: crate::start::memory::processor_time(server.child.id())?,
        })
    }

    /// The next that were not sent, with the place of the last of them.
    fn some(&self) -> anyhow::Result<Option<(i64, Vec<Plain>)>> {
        let mut query = self.connection.prepare_cached(UNSENT)?;
        let rows = query.query_map([i64::try_from(PART_RECORDS)?], |row| {
            let plain = Plain {
                id: uuid::Uuid::from_bytes(row.get(1)?),
                written_ms: row.get(2)?,
                offset_s: row.get(3)?,
                zone: row.get(4)?,
                edited_ms: row.get(5)?,
                mood: row.get(6)?,
                title: row.get(7)?,
                tags: row.get(8)?,
                markdown: row.get(9)?,
            };
            Ok((row.get::<_, i64>(0)?, plain))
        })?;
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        let last = rows.last().map(|(place, _)| *place);
        Ok(last.map(|last| (last, rows.into_iter().map(|(_, plain)| plain).collect())))
    }
}

/// Uploads bytes by requests of so many, one after the other, into a new table.
pub(super) fn upload_bytes(file: &Path, bytes: &[u8], request: usize) -> anyhow::Result<Duration> {
    let server = start(file)?;
    let runtime = runtime()?;
    let mut line = runtime.block_on(Line::connect(server.address, 0))?;
    let began = Instant::now();
    for part in bytes.chunks(request) {
        let request = Request::post(BYTES_AT)
            .header("host", "localhost")
            .header("content-type", "application/octet-stream")
            .body(Full::from(part.to_vec()))?;
        runtime.block_on(line.ask(request))?;
    }
    Ok(began.elapsed())
}

/// Starts whoever takes it in, in a process of its own.
fn start(file: &Path) -> anyhow::Result<Started> {
    start_part(["--sync-part", PART], file.as_os_str())
}

/// The further process: serves until it is killed.
pub(super) fn serve(address: &str, file: &str) -> anyhow::Result<()> {
    let address: SocketAddr = address.parse()?;
    let connection = Connection::open(file)?;
    connection.execute_batch(SETTINGS)?;
    connection.execute_batch(TABLE)?;
    connection.execute_batch(BYTES_TABLE)?;
    let connection = Arc::new(Mutex::new(connection));
    runtime()?.block_on(async move {
        let router = Router::new()
            .route(AT, post(take))
            .route(BYTES_AT, post(take_bytes))
            .layer(DefaultBodyLimit::disable())
            .with_state(connection);
        let listener = tokio::net::TcpListener::bind(address).await?;
        Ok(serve_routes(listener, router).await?)
    })
}

async fn take(State(connection): State<Arc<Mutex<Connection>>>, body: Bytes) -> StatusCode {
    by_itself(connection, move |connection| put(connection, &body)).await
}

async fn take_bytes(State(connection): State<Arc<Mutex<Connection>>>, body: Bytes) -> StatusCode {
    by_itself(connection, move |connection| {
        connection.prepare_cached(PUT_BYTES)?.execute([&body[..]])?;
        Ok(())
    })
    .await
}

async fn by_itself(
    connection: Arc<Mutex<Connection>>,
    put: impl FnOnce(&mut Connection) -> anyhow::Result<()> + Send + 'static,
) -> StatusCode {
    let put = tokio::task::spawn_blocking(move || {
        put(&mut connection.lock().unwrap_or_else(PoisonError::into_inner))
    });
    match put.await {
        Ok(Ok(())) => StatusCode::NO_CONTENT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn put(connection: &mut Connection, body: &[u8]) -> anyhow::Result<()> {
    let entries: Vec<Plain> = ciborium::from_reader(body)?;
    let transaction = connection.transaction()?;
    {
        let mut put = transaction.prepare_cached(PUT)?;
        for entry in entries {
            put.execute(params![
                entry.id.as_bytes(),
                entry.written_ms,
                entry.offset_s,
                entry.zone,
                entry.edited_ms,
                entry.mood,
                entry.title,
                entry.tags,
                entry.markdown,
            ])?;
        }
    }
    Ok(transaction.commit()?)
}
