//! What a push and a pull do to the store, and nothing else: the server's own statements, run directly on the same engine.

use std::path::Path;
use std::thread::scope;
use std::time::{Duration, Instant};

use anyhow::Context;
use deadpool_postgres::{Manager, Pool};
use regie_protocol::signed::Head;
use rusqlite::{Connection, TransactionBehavior, params};
use tokio_postgres::{IsolationLevel, error::SqlState};

use super::load::Made;
use crate::figure::in_ms;
use crate::server::direct::{CONNECTIONS, SETTINGS};
use crate::server::running::{Place, runtime};

/// As many as the server reads with.
const READERS: usize = 3;
const LOOK: &str = "SELECT h.sequence, h.hash, a.copy_consented_day, d.last_number,
        (SELECT MAX(e.number) FROM epoch e WHERE e.account_id = ?1),
        (SELECT s.bytes FROM header s WHERE s.account_id = ?1 AND s.sequence = ?3)
    FROM account a
    JOIN head h ON h.account_id = a.account_id
    JOIN device d ON d.account_id = a.account_id AND d.device_id = ?2 AND d.signed_out_day IS NULL
    WHERE a.account_id = ?1 AND a.state = 'active'";
const ADVANCE: &str = "UPDATE device SET last_number = ?3
        WHERE account_id = ?1 AND device_id = ?2 AND signed_out_day IS NULL AND last_number < ?3";
const SWAP: &str = "UPDATE head SET sequence = ?3, hash = ?4 WHERE account_id = ?1 AND hash = ?2";
const PUT_HEADER: &str = "INSERT INTO header (account_id, sequence, kind, of_devices, bytes)
        VALUES (?1, ?2, ?3, ?4, ?5)";
const PUT_RECORD: &str =
    "INSERT INTO record (account_id, record_id, sequence, deleted, envelope) VALUES (?1, ?2, ?3, 0, ?4)";
const ON_CONFLICT: &str = "ON CONFLICT (account_id, record_id) DO UPDATE
            SET sequence = excluded.sequence, deleted = excluded.deleted, envelope = excluded.envelope";
const PUT_RECORDS: &str = "INSERT INTO record (account_id, record_id, sequence, deleted, envelope)
        SELECT ?1::bytea, new.id, ?2::bigint, 0, new.envelope FROM unnest(?3::bytea[], ?4::bytea[]) AS new (id, envelope)";
const NOTIFY: &str = "SELECT pg_notify('regie_bench', ?1)";
const COPY: &str = "SELECT head.sequence, head.hash, account.copy_consented_day FROM head
        JOIN account ON account.account_id = head.account_id WHERE head.account_id = ?1";
const HEAD: &str = "SELECT sequence, hash FROM head WHERE account_id = ?1";
const LENGTHS: &str = "SELECT sequence, CAST(LENGTH(envelope) AS BIGINT) FROM record
        WHERE account_id = ?1 AND sequence > ?2 ORDER BY sequence LIMIT ?3";
const HEADERS: &str = "SELECT sequence, kind, bytes FROM header
        WHERE account_id = ?1 AND sequence > ?2 AND sequence <= ?3 ORDER BY sequence";
const RECORDS: &str = "SELECT record_id, sequence, deleted, envelope FROM record
        WHERE account_id = ?1 AND sequence > ?2 AND sequence <= ?3 ORDER BY sequence, record_id";
/// One more than are on a page.
const PAGE: i64 = 1_001;

/// An account, the head before its last push, and the head.
pub(super) type Chained = ([u8; 16], Head, Head);

/// A store without a server.
pub(super) struct Bare {
    store: String,
}

/// Milliseconds for each of so many.
pub(super) fn each(took: Duration, all: usize) -> f64 {
    in_ms(took) / f64::from(u32::try_from(all).unwrap_or(u32::MAX))
}

impl Bare {
    pub(super) fn of(place: &Place) -> Self {
        Self { store: place.store() }
    }

    fn is_file(&self) -> bool {
        Path::new(&self.store).is_file()
    }

    /// Milliseconds for each push.
    pub(super) fn push(&self, made: Vec<Vec<Made>>) -> anyhow::Result<f64> {
        let all = made.iter().map(Vec::len).sum();
        let took = if self.is_file() {
            let mut connection = self.connect()?;
            let began = Instant::now();
            // There is one writer.
            for push in made.iter().flatten() {
                push_to_file(&mut connection, push)?;
            }
            began.elapsed()
        } else {
            self.push_to_server(made)?
        };
        Ok(each(took, all))
    }

    /// Milliseconds for each pull, which finds so many records.
    pub(super) fn pull(&self, places: &[Chained], pulls: usize, batch: usize) -> anyhow::Result<f64> {
        let took = if self.is_file() {
            self.pull_from_file(places, pulls, batch)?
        } else {
            self.pull_from_server(places, pulls, batch)?
        };
        Ok(each(took, places.len() * pulls))
    }

    fn connect(&self) -> anyhow::Result<Connection> {
        let connection = Connection::open(&self.store)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        connection.execute_batch(SETTINGS)?;
        Ok(connection)
    }

    fn pull_from_file(&self, places: &[Chained], pulls: usize, batch: usize) -> anyhow::Result<Duration> {
        let share = places.len().div_ceil(READERS).max(1);
        let shares: Vec<_> = places.chunks(share).collect();
        let connections = shares.iter().map(|_| self.connect());
        let connections = connections.collect::<Result<Vec<_>, _>>()?;
        let began = Instant::now();
        scope(|scope| {
            let reading = shares.iter().zip(connections).map(|(share, connection)| {
                scope.spawn(move || {
                    for _ in 0..pulls {
                        for place in *share {
                            let came = pull_from(&connection, place)?;
                            anyhow::ensure!(came == batch, "{came} records came");
                        }
                    }
                    Ok(())
                })
            });
            for thread in reading.collect::<Vec<_>>() {
                thread.join().map_err(|_| anyhow::anyhow!("a reader"))??;
            }
            anyhow::Ok(())
        })?;
        Ok(began.elapsed())
    }

    fn pool(&self) -> anyhow::Result<Pool> {
        let manager = Manager::new(self.store.parse()?, tokio_postgres::NoTls);
        Ok(Pool::builder(manager).max_size(CONNECTIONS).build()?)
    }

    fn push_to_server(&self, made: Vec<Vec<Made>>) -> anyhow::Result<Duration> {
        runtime()?.block_on(async {
            let pool = self.pool()?;
            warm(&pool).await?;
            let began = Instant::now();
            let clients = made.into_iter().map(|pushes| {
                let pool = pool.clone();
                tokio::spawn(async move {
                    for push in &pushes {
                        // As the server does, where another transaction was in the way.
                        while let Err(error) = push_to(&pool, push).await {
                            let cause = error.downcast_ref().and_then(tokio_postgres::Error::code);
                            anyhow::ensure!(cause == Some(&SqlState::T_R_SERIALIZATION_FAILURE), error);
                        }
                    }
                    anyhow::Ok(())
                })
            });
            for client in clients.collect::<Vec<_>>() {
                client.await.context("a client")??;
            }
            Ok(began.elapsed())
        })
    }

    fn pull_from_server(&self, places: &[Chained], pulls: usize, batch: usize) -> anyhow::Result<Duration> {
        runtime()?.block_on(async {
            let pool = self.pool()?;
            warm(&pool).await?;
            let began = Instant::now();
            let clients = places.iter().map(|place| {
                let (pool, place) = (pool.clone(), *place);
                tokio::spawn(async move {
                    for _ in 0..pulls {
                        let came = pull_of(&pool, &place).await?;
                        anyhow::ensure!(came == batch, "{came} records came");
                    }
                    Ok(())
                })
            });
            for client in clients.collect::<Vec<_>>() {
                client.await.context("a client")??;
            }
            Ok(began.elapsed())
        })
    }
}

/// Opens every connection, as a server that runs has them.
async fn warm(pool: &Pool) -> anyhow::Result<()> {
    let mut open = Vec::new();
    for _ in 0..CONNECTIONS {
        open.push(pool.get().await?);
    }
    Ok(())
}

fn push_to_file(connection: &mut Connection, push: &Made) -> anyhow::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    {
        let (account, device) = (push.account, push.device);
        let sequence = i64::try_from(push.head.sequence)?;
        let number = i64::try_from(push.number)?;
        let head: [u8; 32] = transaction
            .prepare_cached(LOOK)?
            .query_row(params![account, device, sequence], |row| row.get(1))?;
        anyhow::ensure!(head == push.before.hash.0, "another head");
        let advanced = transaction
            .prepare_cached(ADVANCE)?
            .execute(params![account, device, number])?;
        let swapped =
            transaction
                .prepare_cached(SWAP)?
                .execute(params![account, head, sequence, push.head.hash.0])?;
        anyhow::ensure!((advanced, swapped) == (1, 1), "a change elsewhere");
        transaction.prepare_cached(PUT_HEADER)?.execute(params![
            account,
            sequence,
            1,
            0,
            push.request.header
        ])?;
        let mut put = transaction.prepare_cached(&format!("{PUT_RECORD} {ON_CONFLICT}"))?;
        for (id, envelope) in push.ids.iter().zip(&push.request.envelopes) {
            put.execute(params![account, id, sequence, envelope])?;
        }
    }
    Ok(transaction.commit()?)
}

/// How many records came.
fn pull_from(connection: &Connection, (account, before, head): &Chained) -> anyhow::Result<usize> {
    let (after, to) = (i64::try_from(before.sequence)?, i64::try_from(head.sequence)?);
    let known: [u8; 32] = connection
        .prepare_cached(COPY)?
        .query_row([account], |row| row.get(1))?;
    anyhow::ensure!(known == head.hash.0, "another head");
    let transaction = connection.unchecked_transaction()?;
    let came = {
        let at: i64 = transaction
            .prepare_cached(HEAD)?
            .query_row([account], |row| row.get(0))?;
        anyhow::ensure!(at == to, "another head");
        let mut lengths = transaction.prepare_cached(LENGTHS)?;
        let lengths = lengths.query_map(params![account, after, PAGE], |row| row.get::<_, i64>(1))?;
        let bytes: i64 = lengths.sum::<Result<_, _>>()?;
        let mut headers = transaction.prepare_cached(HEADERS)?;
        let headers = headers.query_map(params![account, after, to], |row| row.get::<_, Vec<u8>>(2))?;
        let headers = headers.collect::<Result<Vec<_>, _>>()?;
        let mut records = transaction.prepare_cached(RECORDS)?;
        let records = records.query_map(params![account, after, to], |row| {
            Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, Vec<u8>>(3)?))
        })?;
        let records = records.collect::<Result<Vec<_>, _>>()?;
        std::hint::black_box((bytes, headers));
        std::hint::black_box(records).len()
    };
    transaction.commit()?;
    Ok(came)
}

/// As PostgreSQL counts values.
fn counted(sql: &str) -> String {
    sql.replace('?', "$")
}

async fn push_to(pool: &Pool, push: &Made) -> anyhow::Result<()> {
    let mut client = pool.get().await?;
    let transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::Serializable)
        .start()
        .await?;
    let (account, device) = (push.account.as_slice(), push.device.as_slice());
    let sequence = i64::try_from(push.head.sequence)?;
    let number = i64::try_from(push.number)?;
    let (before, hash) = (push.before.hash.0.as_slice(), push.head.hash.0.as_slice());
    let look = transaction.prepare_cached(&counted(LOOK)).await?;
    let found = transaction
        .query_one(&look, &[&account, &device, &sequence])
        .await?;
    anyhow::ensure!(found.try_get::<_, &[u8]>(1)? == before, "another head");
    let advance = transaction.prepare_cached(&counted(ADVANCE)).await?;
    let advanced = transaction
        .execute(&advance, &[&account, &device, &number])
        .await?;
    let swap = transaction.prepare_cached(&counted(SWAP)).await?;
    let swapped = transaction
        .execute(&swap, &[&account, &before, &sequence, &hash])
        .await?;
    anyhow::ensure!((advanced, swapped) == (1, 1), "a change elsewhere");
    let header = transaction.prepare_cached(&counted(PUT_HEADER)).await?;
    transaction
        .execute(
            &header,
            &[&account, &sequence, &1_i64, &0_i64, &push.request.header],
        )
        .await?;
    let records = counted(&format!("{PUT_RECORDS} {ON_CONFLICT}"));
    let records = transaction.prepare_cached(&records).await?;
    let ids: Vec<_> = push.ids.iter().map(<[u8; 16]>::as_slice).collect();
    let envelopes: Vec<_> = push.request.envelopes.iter().map(Vec::as_slice).collect();
    transaction
        .execute(&records, &[&account, &sequence, &ids, &envelopes])
        .await?;
    let notify = transaction.prepare_cached(&counted(NOTIFY)).await?;
    let news = data_encoding::HEXLOWER.encode(account);
    transaction.query_one(&notify, &[&news]).await?;
    Ok(transaction.commit().await?)
}

/// How many records came.
async fn pull_of(pool: &Pool, (account, before, head): &Chained) -> anyhow::Result<usize> {
    let (after, to) = (i64::try_from(before.sequence)?, i64::try_from(head.sequence)?);
    let account = account.as_slice();
    let mut client = pool.get().await?;
    let copy = client.prepare_cached(&counted(COPY)).await?;
    let known = client.query_one(&copy, &[&account]).await?;
    anyhow::ensure!(known.try_get::<_, &[u8]>(1)? == head.hash.0, "another head");
    let transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await?;
    let find = transaction.prepare_cached(&counted(HEAD)).await?;
    let at: i64 = transaction.query_one(&find, &[&account]).await?.try_get(0)?;
    anyhow::ensure!(at == to, "another head");
    let lengths = transaction.prepare_cached(&counted(LENGTHS)).await?;
    let lengths = transaction.query(&lengths, &[&account, &after, &PAGE]).await?;
    let headers = transaction.prepare_cached(&counted(HEADERS)).await?;
    let headers = transaction.query(&headers, &[&account, &after, &to]).await?;
    let records = transaction.prepare_cached(&counted(RECORDS)).await?;
    let records = transaction.query(&records, &[&account, &after, &to]).await?;
    let envelopes = records.iter().map(|row| row.try_get::<_, Vec<u8>>(3));
    let envelopes = envelopes.collect::<Result<Vec<_>, _>>()?;
    std::hint::black_box((lengths, headers));
    transaction.rollback().await?;
    Ok(std::hint::black_box(envelopes).len())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_baseline_runs_the_statements_of_the_server() {
        let in_one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let store = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/server/src/store");
        let sources = ["chain.rs", "pull.rs", "device.rs"].map(|file| {
            let text = fs::read_to_string(store.join(file)).expect("reads");
            in_one_line(&text)
        });
        for statement in [
            LOOK,
            ADVANCE,
            SWAP,
            PUT_HEADER,
            ON_CONFLICT,
            COPY,
            HEAD,
            LENGTHS,
            HEADERS,
            RECORDS,
        ] {
            let statement = in_one_line(statement);
            assert!(
                sources.iter().any(|source| source.contains(&statement)),
                "{statement}"
            );
        }
    }
}
