//! SQLite: one writer and a few readers, each a connection on a thread of its own; and connections for a look by a key, which is taken
//! where it is asked for. Changes that wait for the writer reach the disk together.

use std::num::NonZero;
use std::path::Path;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, params_from_iter};
use tokio::sync::{mpsc, oneshot};

use super::live::{Concerns, News, Teller};
use super::tx::{Acting, Insert, Row, Tx, Value};
use super::{StoreError, migrations};

const READERS: usize = 3;
/// As many callers wait in line before the next has to wait for its place in it.
const LINE: usize = 256;

/// So many changes are in one transaction at most, and none is begun in it after so long: whoever came first waits for all of them.
const TOGETHER: usize = 128;
const BEGUN_WITHIN: Duration = Duration::from_millis(if cfg!(test) { 10_000 } else { 10 });

/// What a thread is asked to do.
enum Job {
    Change(Box<dyn Change>),
    /// Whatever is no change, by itself.
    Other(Box<dyn FnOnce(&mut Connection) + Send>),
}

/// What reads is closed first: the last to go is the one that may empty the log into the file.
pub(crate) struct Sqlite {
    at_hand: AtHand,
    readers: Workers,
    writer: Workers,
    /// Nobody hears of what is done while a file is filled.
    teller: Option<Teller>,
}

/// The columns of a table, each with its place in the primary key.
pub(crate) const COLUMNS: &str = "SELECT name, pk FROM pragma_table_info(?1) ORDER BY cid";

impl Sqlite {
    /// Makes a file without a schema, for filling it.
    pub(crate) fn bare(path: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        Ok(Self {
            writer: Workers::start("store-writer", vec![connect(path, flags)?])?,
            readers: Workers::start("store-reader", Vec::new())?,
            at_hand: AtHand::default(),
            teller: None,
        })
    }

    /// Opens or makes the file and brings it to the newest schema.
    pub(crate) fn open(path: &Path, teller: Teller) -> Result<Self, StoreError> {
        let mut writer = connect(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        )?;
        migrate(&mut writer)?;
        let readers = (0..READERS)
            .map(|_| connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY))
            .collect::<Result<_, _>>()?;
        let at_hand = AtHand::open(path)?;
        Ok(Self {
            writer: Workers::start("store-writer", vec![writer])?,
            readers: Workers::start("store-reader", readers)?,
            at_hand,
            teller: Some(teller),
        })
    }

    pub(crate) async fn write<R, F>(&self, act: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'t> Fn(&'t mut dyn Tx) -> Acting<'t, R> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let change = Asked {
            act,
            teller: self.teller.clone(),
            done: Err(StoreError::Unavailable),
            news: Vec::new(),
            answer,
        };
        self.writer.send(Job::Change(Box::new(change))).await?;
        answered.await.map_err(|_| StoreError::Unavailable)?
    }

    pub(crate) async fn peek<R, F>(&self, act: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'t> Fn(&'t mut dyn Tx) -> Acting<'t, R> + Send + 'static,
    {
        self.readers
            .ask(move |connection| at_once(act(&mut SqliteTx::new(connection, None))))
            .await
    }

    /// A look by a key, here and now: it takes microseconds, less than waking another thread and being woken by it. Where it would have to
    /// wait, a reader takes it.
    pub(crate) async fn glance<R, F>(&self, act: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'t> Fn(&'t mut dyn Tx) -> Acting<'t, R> + Send + 'static,
    {
        let seen = self
            .at_hand
            .with(|connection| at_once(act(&mut SqliteTx::new(connection, None))));
        match seen {
            None | Some(Err(StoreError::Unavailable)) => self.peek(act).await,
            Some(seen) => seen,
        }
    }

    /// Several queries that see one moment.
    pub(crate) async fn snapshot<R, F>(&self, act: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'t> Fn(&'t mut dyn Tx) -> Acting<'t, R> + Send + 'static,
    {
        self.readers
            .ask(move |connection| {
                connection.execute_batch("BEGIN")?;
                let done = at_once(act(&mut SqliteTx::new(connection, None)));
                connection.execute_batch("COMMIT")?;
                done
            })
            .await
    }

    /// Moves the log into the file and empties it.
    pub(crate) async fn purge(&self) -> Result<(), StoreError> {
        self.writer
            .ask(|connection| {
                let busy: bool =
                    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
                if busy {
                    Err(StoreError::Unavailable)
                } else {
                    Ok(())
                }
            })
            .await
    }
}

/// Threads that take jobs from one line, each with a connection. Whoever lets go of them waits until what is in the line is done and the
/// connections are closed: a file that is copied or replaced afterwards is written by nobody.
struct Workers {
    line: Option<mpsc::Sender<Job>>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Drop for Workers {
    fn drop(&mut self) {
        drop(self.line.take());
        let here = thread::current().id();
        for thread in self.threads.drain(..) {
            // A job may hold the last hand on the store: its thread ends after this.
            if thread.thread().id() != here {
                // One that panicked has closed its connection.
                thread.join().ok();
            }
        }
    }
}

impl Workers {
    fn start(name: &str, connections: Vec<Connection>) -> Result<Self, StoreError> {
        let (line, jobs) = mpsc::channel::<Job>(LINE);
        let jobs = Arc::new(Mutex::new(jobs));
        let mut workers = Self {
            line: Some(line),
            threads: Vec::new(),
        };
        for mut connection in connections {
            let jobs = Arc::clone(&jobs);
            let thread = thread::Builder::new()
                .name(name.to_owned())
                .spawn(move || work(&mut connection, &jobs))
                .map_err(|_| StoreError::Unavailable)?;
            workers.threads.push(thread);
        }
        Ok(workers)
    }

    async fn send(&self, job: Job) -> Result<(), StoreError> {
        let line = self.line.as_ref().ok_or(StoreError::Unavailable)?;
        line.send(job).await.map_err(|_| StoreError::Unavailable)
    }

    /// Does what is no change; it ends also when nobody waits for it any more.
    async fn ask<R: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let (answer, answered) = oneshot::channel();
        let job = Job::Other(Box::new(move |connection: &mut Connection| {
            // Nobody may be waiting any more.
            answer.send(job(connection)).ok();
        }));
        self.send(job).await?;
        answered.await.map_err(|_| StoreError::Unavailable)?
    }
}

/// A change on its way through the writer. It ends also when nobody waits for it any more.
trait Change: Send {
    /// Does it; whether it may stay. Done again, it forgets what came of it before.
    fn act(&mut self, connection: &mut Connection) -> bool;

    /// Tells what came of it, which counts once all of it is on the disk.
    fn answer(self: Box<Self>, kept: Result<(), StoreError>);
}

/// What somebody asked to change.
struct Asked<R, F> {
    act: F,
    teller: Option<Teller>,
    done: Result<R, StoreError>,
    news: Vec<News>,
    answer: oneshot::Sender<Result<R, StoreError>>,
}

impl<R, F> Change for Asked<R, F>
where
    R: Send,
    F: for<'t> Fn(&'t mut dyn Tx) -> Acting<'t, R> + Send,
{
    fn act(&mut self, connection: &mut Connection) -> bool {
        let mut tx = SqliteTx::new(connection, self.teller.as_ref());
        self.done = at_once((self.act)(&mut tx));
        self.news = tx.news;
        self.done.is_ok()
    }

    fn answer(self: Box<Self>, kept: Result<(), StoreError>) {
        let done = self.done.and_then(|value| kept.map(|()| value));
        if let (Ok(_), Some(teller)) = (&done, &self.teller) {
            self.news.into_iter().for_each(|news| teller.tell(news));
        }
        self.answer.send(done).ok();
    }
}

fn work(connection: &mut Connection, jobs: &Mutex<mpsc::Receiver<Job>>) {
    let mut taken = None;
    while let Some(job) = taken.take().or_else(|| next(jobs)) {
        match job {
            Job::Other(act) => act(connection),
            Job::Change(first) => taken = change_together(connection, first, jobs),
        }
    }
}

/// Does a change, and those that wait behind it, in one transaction: what takes long is the disk, and it takes no longer for many. Gives
/// the next job where that is something else.
fn change_together(
    connection: &mut Connection,
    mut first: Box<dyn Change>,
    jobs: &Mutex<mpsc::Receiver<Job>>,
) -> Option<Job> {
    let (began, mut others, mut next) = (Instant::now(), Vec::new(), None);
    let kept = transact(connection, first.as_mut(), &mut others, |begun| {
        if begun >= TOGETHER || began.elapsed() > BEGUN_WITHIN {
            return None;
        }
        match jobs.lock().ok()?.try_recv().ok()? {
            Job::Change(change) => Some(change),
            other => {
                next = Some(other);
                None
            }
        }
    });
    let are_done = kept.is_ok() || others.is_empty();
    for mut change in std::iter::once(first).chain(others) {
        // Whoever's fault it was: the others are not to go with it.
        let kept = match are_done {
            true => kept.clone(),
            false => transact(connection, change.as_mut(), &mut Vec::new(), |_| None),
        };
        change.answer(kept);
    }
    next
}

/// One transaction of a change, and of as many others as there are more. One of those that fails undoes nothing but what it did itself.
fn transact(
    connection: &mut Connection,
    first: &mut dyn Change,
    others: &mut Vec<Box<dyn Change>>,
    more: impl FnMut(usize) -> Option<Box<dyn Change>>,
) -> Result<(), StoreError> {
    run(connection, "BEGIN IMMEDIATE")?;
    let done = change_in_turn(connection, first, others, more);
    if !connection.is_autocommit() {
        run(connection, "ROLLBACK")?;
    }
    done
}

fn change_in_turn(
    connection: &mut Connection,
    first: &mut dyn Change,
    others: &mut Vec<Box<dyn Change>>,
    mut more: impl FnMut(usize) -> Option<Box<dyn Change>>,
) -> Result<(), StoreError> {
    if !first.act(connection) {
        // There is nothing else in it yet.
        return run(connection, "ROLLBACK");
    }
    while let Some(mut change) = more(others.len() + 1) {
        run(connection, "SAVEPOINT change")?;
        let stays = change.act(connection);
        others.push(change);
        if !stays {
            run(connection, "ROLLBACK TO change")?;
        }
        run(connection, "RELEASE change")?;
    }
    run(connection, "COMMIT")
}

fn run(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// Connections that whoever asks uses on its own thread: as many as there are threads that ask. None of them waits for a lock.
#[derive(Default)]
struct AtHand(Mutex<Vec<Connection>>);

impl AtHand {
    fn open(path: &Path) -> Result<Self, StoreError> {
        let many = thread::available_parallelism().map_or(1, NonZero::get);
        let open = || {
            let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            connection.busy_timeout(Duration::ZERO)?;
            Ok(connection)
        };
        let connections = (0..many).map(|_| open()).collect::<Result<_, StoreError>>()?;
        Ok(Self(Mutex::new(connections)))
    }

    /// Nothing when all of them are in use.
    fn with<R>(&self, look: impl FnOnce(&mut Connection) -> R) -> Option<R> {
        // Held only to take one out and to put it back.
        let mut connection = self.0.lock().ok()?.pop()?;
        let seen = look(&mut connection);
        self.0.lock().ok()?.push(connection);
        Some(seen)
    }
}

fn next(jobs: &Mutex<mpsc::Receiver<Job>>) -> Option<Job> {
    jobs.lock().ok()?.blocking_recv()
}

/// What runs on a connection's own thread is never pending.
fn at_once<R>(acting: Acting<'_, R>) -> Result<R, StoreError> {
    match pin!(acting).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => Err(StoreError::Unavailable),
    }
}

struct SqliteTx<'c> {
    connection: &'c mut Connection,
    teller: Option<&'c Teller>,
    /// Told when all is done.
    news: Vec<News>,
}

impl<'c> SqliteTx<'c> {
    const fn new(connection: &'c mut Connection, teller: Option<&'c Teller>) -> Self {
        Self {
            connection,
            teller,
            news: Vec::new(),
        }
    }

    fn run_now(&self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.execute(params_from_iter(values))?;
        u64::try_from(rows).map_err(|_| StoreError::Damaged)
    }

    fn put_now(&self, insert: Insert<'_>, rows: &[Vec<Value>]) -> Result<(), StoreError> {
        let marks: Vec<_> = (1..=insert.columns.len())
            .map(|number| format!("?{number}"))
            .collect();
        let sql = insert.statement(&format!("VALUES ({})", marks.join(", ")));
        let mut statement = self.connection.prepare_cached(&sql)?;
        for row in rows {
            statement.execute(params_from_iter(row))?;
        }
        Ok(())
    }

    fn rows_now(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let columns = statement.column_count();
        let rows = statement.query_map(params_from_iter(values), |row| {
            (0..columns)
                .map(|column| row.get_ref(column).map(value_of))
                .collect::<Result<_, _>>()
                .map(Row)
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Tx for SqliteTx<'_> {
    fn run<'t>(&'t mut self, sql: &'t str, values: Vec<Value>) -> Acting<'t, u64> {
        let done = self.run_now(sql, &values);
        Box::pin(async move { done })
    }

    fn rows<'t>(&'t mut self, sql: &'t str, values: Vec<Value>) -> Acting<'t, Vec<Row>> {
        let rows = self.rows_now(sql, &values);
        Box::pin(async move { rows })
    }

    fn put_rows<'t>(&'t mut self, insert: Insert<'t>, rows: Vec<Vec<Value>>) -> Acting<'t, ()> {
        let done = self.put_now(insert, &rows);
        Box::pin(async move { done })
    }

    fn batch<'t>(&'t mut self, sql: &'t str) -> Acting<'t, ()> {
        let done = self.connection.execute_batch(sql).map_err(StoreError::from);
        Box::pin(async move { done })
    }

    fn tell<'t>(&'t mut self, concerns: Concerns<'t>) -> Acting<'t, ()> {
        self.news.extend(self.teller.map(|teller| teller.news(concerns)));
        Box::pin(async { Ok(()) })
    }
}

fn value_of(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        // No column is a real number.
        ValueRef::Null | ValueRef::Real(_) => Value::Null,
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// The message is left out: it may quote a value.
impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error() {
            Some(cause) => match cause.code {
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::CannotOpen => {
                    Self::Unavailable
                }
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Damaged,
                _ => Self::Database(format!("SQLite {}", cause.extended_code)),
            },
            None => Self::Damaged,
        }
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // Otherwise a statement whose plan looked at a value, as every LIMIT does, is planned anew for each value.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(256);
    if flags.contains(OpenFlags::SQLITE_OPEN_READ_WRITE) {
        connection.execute_batch("PRAGMA journal_mode = WAL;")?;
    }
    // An acknowledged change survives a power cut; what was erased is overwritten.
    connection.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON;
         PRAGMA secure_delete = ON;
         PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA trusted_schema = OFF;
         PRAGMA cell_size_check = ON;",
    )?;
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    connection.execute_batch("BEGIN EXCLUSIVE")?;
    match migrate_within(connection) {
        Ok(()) => Ok(connection.execute_batch("COMMIT")?),
        Err(error) => {
            connection.execute_batch("ROLLBACK")?;
            Err(error)
        }
    }
}

fn migrate_within(connection: &mut Connection) -> Result<(), StoreError> {
    connection.execute_batch(migrations::SQLITE_BEGIN)?;
    let version = connection.query_row(migrations::VERSION, [], |row| row.get(0))?;
    for migration in migrations::plan_from(version, migrations::SQLITE)? {
        connection.execute_batch(migration)?;
    }
    let mut tx = SqliteTx::new(connection, None);
    at_once(Box::pin(migrations::complete(&mut tx, version)))?;
    connection.execute(
        "UPDATE schema_version SET version = ?1",
        [migrations::newest(migrations::SQLITE)],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::keys::for_tests;

    fn opened() -> (tempfile::TempDir, Sqlite) {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = Sqlite::open(&folder.path().join("store.db"), Teller::new(&for_tests())).unwrap();
        (folder, sqlite)
    }

    /// The thread on which the database was asked.
    async fn asked_on(sqlite: &Sqlite) -> Option<String> {
        let seen = sqlite.glance(|tx| {
            Box::pin(async move {
                tx.count(migrations::VERSION, Vec::new()).await?;
                Ok(thread::current().name().map(str::to_owned))
            })
        });
        seen.await.unwrap()
    }

    #[tokio::test]
    async fn a_look_by_a_key_is_taken_here_and_by_a_reader_where_it_would_have_to_wait() {
        let (_folder, sqlite) = opened();
        let here = thread::current().name().map(str::to_owned);
        assert_eq!(asked_on(&sqlite).await, here);

        let tried = Arc::new(AtomicU32::new(0));
        let tries = Arc::clone(&tried);
        let seen = sqlite.glance(move |_| {
            let tries = Arc::clone(&tries);
            Box::pin(async move {
                match tries.fetch_add(1, Ordering::SeqCst) {
                    0 => Err(StoreError::Unavailable),
                    _ => Ok(thread::current().name().map(str::to_owned)),
                }
            })
        });
        assert_eq!(seen.await.unwrap().as_deref(), Some("store-reader"));
        assert_eq!(tried.load(Ordering::SeqCst), 2);

        sqlite.at_hand.0.lock().unwrap().clear();
        assert_eq!(asked_on(&sqlite).await.as_deref(), Some("store-reader"));
    }

    fn mark(sqlite: &Sqlite, reached: i64) -> impl Future<Output = Result<(), StoreError>> {
        sqlite.write(move |tx| {
            Box::pin(async move {
                let put = "INSERT INTO ledger_mark (one, reached) VALUES (1, 0) ON CONFLICT (one) DO NOTHING";
                tx.run(put, Vec::new()).await?;
                let add = "UPDATE ledger_mark SET reached = reached + ?1";
                tx.run(add, vec![reached.into()]).await?;
                tx.tell(Concerns::Anybody).await?;
                match reached {
                    // As a full disk ends the transaction around it.
                    100.. => tx.batch("ROLLBACK").await.and(Err(StoreError::Damaged)),
                    10.. => Err(StoreError::Stale),
                    _ => Ok(()),
                }
            })
        })
    }

    /// What becomes of changes that wait in line together, and how many transactions they took.
    async fn together(sqlite: &Sqlite, marks: [i64; 4]) -> (Vec<Result<(), StoreError>>, u32) {
        let commits = Arc::new(AtomicU32::new(0));
        let (counted, (go, gone)) = (Arc::clone(&commits), std::sync::mpsc::channel::<()>());
        let held = sqlite.writer.ask(move |connection| {
            connection.commit_hook(Some(move || {
                counted.fetch_add(1, Ordering::SeqCst);
                false
            }))?;
            gone.recv().ok();
            Ok(())
        });
        let [one, two, three, four] = marks.map(|reached| mark(sqlite, reached));
        let (held, one, two, three, four, ()) = tokio::join!(held, one, two, three, four, async {
            tokio::task::yield_now().await;
            go.send(()).unwrap();
        });
        held.unwrap();
        (vec![one, two, three, four], commits.load(Ordering::SeqCst))
    }

    async fn reached(sqlite: &Sqlite) -> Result<i64, StoreError> {
        let sum = "SELECT reached FROM ledger_mark";
        sqlite
            .peek(move |tx| Box::pin(async move { tx.count(sum, Vec::new()).await }))
            .await
    }

    #[tokio::test]
    async fn changes_that_wait_reach_the_disk_together_and_one_that_fails_undoes_itself_alone() {
        let (_folder, sqlite) = opened();
        let mut news = sqlite.teller.as_ref().unwrap().listeners.subscribe();
        let (done, commits) = together(&sqlite, [1, 2, 10, 3]).await;
        assert_eq!(done, [Ok(()), Ok(()), Err(StoreError::Stale), Ok(())]);
        assert_eq!((reached(&sqlite).await, commits), (Ok(6), 1));
        for _ in 0..3 {
            assert_eq!(news.try_recv(), Ok(News::Anybody));
        }
        assert!(news.try_recv().is_err(), "nobody hears of what did not stay");
    }

    #[tokio::test]
    async fn a_change_that_ends_the_transaction_of_all_takes_nobody_with_it() {
        let (_folder, sqlite) = opened();
        let mut news = sqlite.teller.as_ref().unwrap().listeners.subscribe();
        let (done, commits) = together(&sqlite, [1, 100, 2, 3]).await;
        assert_eq!(done, [Ok(()), Err(StoreError::Damaged), Ok(()), Ok(())]);
        assert_eq!((reached(&sqlite).await, commits), (Ok(6), 2));
        for _ in 0..3 {
            assert_eq!(news.try_recv(), Ok(News::Anybody));
        }
        assert!(news.try_recv().is_err(), "each is told once");
    }

    #[tokio::test]
    async fn a_file_that_was_let_go_of_is_whole_and_written_by_nobody() {
        let (folder, sqlite) = opened();
        let wrote = sqlite.write(|tx| {
            let put = "INSERT INTO ledger_mark (one, reached) VALUES (1, 7)";
            Box::pin(async move { tx.run(put, Vec::new()).await })
        });
        wrote.await.unwrap();
        assert!(folder.path().join("store.db-wal").exists());
        drop(sqlite);
        let left = std::fs::read_dir(folder.path()).unwrap();
        let left: Vec<_> = left.map(|file| file.unwrap().file_name()).collect();
        assert_eq!(left, ["store.db"], "the log is in it");
    }

    #[tokio::test]
    async fn a_look_sees_what_was_written_just_now_and_leaves_the_log_free_to_be_emptied() {
        let (_folder, sqlite) = opened();
        for generation in 1..=20_i64 {
            let mark = "INSERT INTO ledger_mark (one, reached) VALUES (1, ?1) ON CONFLICT (one) DO UPDATE SET reached = ?1";
            let put =
                sqlite.write(move |tx| Box::pin(async move { tx.run(mark, vec![generation.into()]).await }));
            put.await.unwrap();
            let seen = sqlite.glance(|tx| {
                Box::pin(async move { tx.count("SELECT reached FROM ledger_mark", Vec::new()).await })
            });
            assert_eq!(seen.await, Ok(generation));
        }
        assert_eq!(sqlite.purge().await, Ok(()));
    }
}
