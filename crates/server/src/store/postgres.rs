//! PostgreSQL: serialisable transactions, begun anew when another was in the way.

mod hearing;

use std::time::Duration;

use bytes::BytesMut;
use deadpool_postgres::{
    Client, Hook, HookError, Manager, ManagerConfig, Pool, PoolError, QueueMode, RecyclingMethod, Runtime,
    Transaction,
};
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Config, IsolationLevel, NoTls, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::live::{Concerns, Teller};
use super::tx::{Acting, Insert, Row, Tx, Value};
use super::{StoreError, migrations};

const CONNECTIONS: usize = 16;
/// So often a transaction is begun anew before the caller hears of it.
const ATTEMPTS: u32 = 40;
/// A number of our own for the lock under which one instance migrates.
const MIGRATING: i64 = 0x0072_6567_6965;

pub(crate) struct Postgres {
    pool: Pool,
    config: Box<Config>,
    /// Nobody hears of what is done while a database is filled.
    teller: Option<Teller>,
}

impl Postgres {
    /// Connects and brings the database to the newest schema.
    pub(crate) async fn open(url: &str, teller: Teller) -> Result<Self, StoreError> {
        let postgres = Self {
            teller: Some(teller),
            ..Self::connect(url)?
        };
        postgres.migrate().await?;
        Ok(postgres)
    }

    /// Makes ready to connect.
    pub(crate) fn connect(url: &str) -> Result<Self, StoreError> {
        let mut config: Config = url
            .parse()
            .map_err(|_| StoreError::Database("the URL".to_owned()))?;
        config.application_name("regie-server");
        let options = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = if config.get_ssl_mode() == SslMode::Require {
            Manager::from_config(config.clone(), tls()?, options)
        } else {
            config.ssl_mode(SslMode::Disable);
            Manager::from_config(config.clone(), NoTls, options)
        };
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS)
            // The one that was used last has what it needs at hand.
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(Duration::from_secs(10)))
            .create_timeout(Some(Duration::from_secs(10)))
            .post_create(Hook::async_fn(|client, _| {
                Box::pin(async move { client.batch_execute(SETTINGS).await.map_err(HookError::Backend) })
            }))
            .build()
            .map_err(|_| StoreError::Unavailable)?;
        Ok(Self {
            pool,
            config: Box::new(config),
            teller: None,
        })
    }

    /// Whether there is no schema of ours.
    pub(crate) async fn is_new(&self) -> Result<bool, StoreError> {
        let find = "SELECT to_regclass('schema_version') IS NULL";
        Ok(self.pool.get().await?.query_one(find, &[]).await?.try_get(0)?)
    }

    pub(crate) async fn write<R, F>(&self, act: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'t> Fn(&'t mut dyn Tx) -> Acting<'t, R> + Send + Sync + 'static,
    {
        for attempt in 0..ATTEMPTS {
            match self.attempt(&act).await {
                Err(StoreError::Contended) => tokio::time::sleep(pause(attempt)?).await,
                done => return done,
            }
        }
        Err(StoreError::Unavailable)
    }

    async fn attempt<R, F>(&self, act: &F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'t> Fn(&'t mut dyn Tx) -> Acting<'t, R> + Send + Sync + 'static,
    {
        let mut client = self.pool.get().await?;
        let transaction = client
            .build_transaction()
            .isolation_level(IsolationLevel::Serializable)
            .start()
            .await?;
        match act(&mut PostgresTx::new(
            Via::Whole(&transaction),
            self.teller.as_ref(),
        ))
        .await
        {
            Ok(value) => {
                transaction.commit().await?;
                Ok(value)
            }
            Err(error) => {
                transaction.rollback().await?;
                Err(error)
            }
        }
    }

    /// The same without a transaction around it: for one statement, or for queries alone.
    pub(crate) async fn single<R, F>(&self, act: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'t> Fn(&'t mut dyn Tx) -> Acting<'t, R> + Send + Sync + 'static,
    {
        for attempt in 0..ATTEMPTS {
            let client = self.pool.get().await?;
            match act(&mut PostgresTx::new(Via::Bare(&client), self.teller.as_ref())).await {
                Err(StoreError::Contended) => tokio::time::sleep(pause(attempt)?).await,
                done => return done,
            }
        }
        Err(StoreError::Unavailable)
    }

    /// Several queries that see one moment.
    pub(crate) async fn snapshot<R, F>(&self, act: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: for<'t> Fn(&'t mut dyn Tx) -> Acting<'t, R> + Send + Sync + 'static,
    {
        let mut client = self.pool.get().await?;
        let transaction = client
            .build_transaction()
            .isolation_level(IsolationLevel::RepeatableRead)
            .read_only(true)
            .start()
            .await?;
        let done = act(&mut PostgresTx::new(Via::Whole(&transaction), None)).await;
        transaction.rollback().await?;
        done
    }

    /// Takes erased rows out of the tables.
    pub(crate) async fn purge(&self) -> Result<(), StoreError> {
        Ok(self.pool.get().await?.batch_execute("VACUUM").await?)
    }

    async fn migrate(&self) -> Result<(), StoreError> {
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        transaction
            .execute("SELECT pg_advisory_xact_lock($1)", &[&MIGRATING])
            .await?;
        transaction.batch_execute(migrations::POSTGRES_BEGIN).await?;
        let version = transaction
            .query_one(migrations::VERSION, &[])
            .await?
            .try_get(0)?;
        for migration in migrations::plan_from(version, migrations::POSTGRES)? {
            transaction.batch_execute(migration).await?;
        }
        let mut tx = PostgresTx::new(Via::Whole(&transaction), None);
        migrations::complete(&mut tx, version).await?;
        let newest = migrations::newest(migrations::POSTGRES);
        if version < newest {
            transaction.batch_execute(NO_SAMPLES).await?;
        }
        transaction
            .execute("UPDATE schema_version SET version = $1", &[&newest])
            .await?;
        Ok(transaction.commit().await?)
    }
}

/// Queries are planned by samples of values, which an erasure does not reach: of a table that it left empty they stay for good. Of
/// what could be anybody's none are taken; every look-up goes by a key, and needs none.
const NO_SAMPLES: &str = "DO $$
    DECLARE found record;
    BEGIN
        FOR found IN SELECT table_name, column_name FROM information_schema.columns
            WHERE table_schema = current_schema() AND data_type IN ('bytea', 'text')
        LOOP
            EXECUTE format('ALTER TABLE %I ALTER COLUMN %I SET STATISTICS 0', found.table_name, found.column_name);
        END LOOP;
    END $$";

/// A scan of a small table would lock all of it against every other transaction, where a look into its index locks a
/// page. `synchronous_commit` is said, lest a database be set up otherwise.
const SETTINGS: &str =
    "SET enable_seqscan = off; SET synchronous_commit = on; SET client_min_messages = warning;
     SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '30s';";

fn tls() -> Result<MakeRustlsConnect, StoreError> {
    // Some of the system's certificates may not be readable; without any there is no connection.
    match MakeRustlsConnect::with_native_certs() {
        Ok((connect, _)) => Ok(connect),
        Err(_) => Err(StoreError::Database("no certificates".to_owned())),
    }
}

/// Longer each time and never the same, so that two transactions do not meet again.
fn pause(attempt: u32) -> Result<Duration, StoreError> {
    let mut chance = [0; 1];
    getrandom::fill(&mut chance).map_err(|_| StoreError::Randomness)?;
    let [chance] = chance;
    let longest = 500_u64 << attempt.min(6);
    Ok(Duration::from_micros(longest * u64::from(chance) / 255))
}

/// The columns of a table, each with its place in the primary key.
pub(crate) const COLUMNS: &str = "SELECT c.column_name::text, COALESCE(k.ordinal_position, 0)::bigint
    FROM information_schema.columns c
    LEFT JOIN information_schema.table_constraints t
        ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.constraint_type = 'PRIMARY KEY'
    LEFT JOIN information_schema.key_column_usage k
        ON k.constraint_name = t.constraint_name AND k.table_schema = t.table_schema
            AND k.table_name = t.table_name AND k.column_name = c.column_name
    WHERE c.table_schema = current_schema() AND c.table_name::text = ?1 ORDER BY c.ordinal_position";

struct PostgresTx<'c> {
    via: Via<'c>,
    teller: Option<&'c Teller>,
}

enum Via<'c> {
    /// Statements within one transaction.
    Whole(&'c Transaction<'c>),
    /// Each statement by itself.
    Bare(&'c Client),
}

impl<'c> PostgresTx<'c> {
    const fn new(via: Via<'c>, teller: Option<&'c Teller>) -> Self {
        Self { via, teller }
    }

    async fn prepared(&self, sql: &str) -> Result<Statement, StoreError> {
        let sql = numbered(sql);
        Ok(match self.via {
            Via::Whole(transaction) => transaction.prepare_cached(&sql).await?,
            Via::Bare(client) => client.prepare_cached(&sql).await?,
        })
    }

    async fn run_then(&self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        let (statement, values) = (self.prepared(sql).await?, borrowed(values));
        Ok(match self.via {
            Via::Whole(transaction) => transaction.execute(&statement, &values).await?,
            Via::Bare(client) => client.execute(&statement, &values).await?,
        })
    }

    /// One statement for all rows, each column an array.
    async fn put_then(&self, insert: Insert<'_>, rows: &[Vec<Value>]) -> Result<(), StoreError> {
        let Some(first) = rows.first() else {
            return Ok(());
        };
        let mut columns = Vec::with_capacity(first.len());
        for (number, value) in first.iter().enumerate() {
            let of_rows = rows.iter().map(|row| row.get(number).unwrap_or(&Value::Null));
            columns.push((kind_of(value), Column(of_rows.collect())));
        }
        let arrays: Vec<_> = columns
            .iter()
            .zip(1..)
            .map(|((kind, _), number)| format!("?{number}::{kind}[]"))
            .collect();
        let sql = insert.statement(&format!("SELECT * FROM unnest({})", arrays.join(", ")));
        let statement = self.prepared(&sql).await?;
        let values: Vec<_> = columns
            .iter()
            .map(|(_, column)| column as &(dyn ToSql + Sync))
            .collect();
        match self.via {
            Via::Whole(transaction) => transaction.execute(&statement, &values).await?,
            Via::Bare(client) => client.execute(&statement, &values).await?,
        };
        Ok(())
    }

    async fn rows_then(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let (statement, values) = (self.prepared(sql).await?, borrowed(values));
        let rows = match self.via {
            Via::Whole(transaction) => transaction.query(&statement, &values).await?,
            Via::Bare(client) => client.query(&statement, &values).await?,
        };
        rows.iter().map(row_of).collect()
    }
}

impl Tx for PostgresTx<'_> {
    fn run<'t>(&'t mut self, sql: &'t str, values: Vec<Value>) -> Acting<'t, u64> {
        Box::pin(async move { self.run_then(sql, &values).await })
    }

    fn rows<'t>(&'t mut self, sql: &'t str, values: Vec<Value>) -> Acting<'t, Vec<Row>> {
        Box::pin(async move { self.rows_then(sql, &values).await })
    }

    fn put_rows<'t>(&'t mut self, insert: Insert<'t>, rows: Vec<Vec<Value>>) -> Acting<'t, ()> {
        Box::pin(async move { self.put_then(insert, &rows).await })
    }

    fn batch<'t>(&'t mut self, sql: &'t str) -> Acting<'t, ()> {
        Box::pin(async move {
            match self.via {
                Via::Whole(transaction) => transaction.batch_execute(sql).await?,
                Via::Bare(client) => client.batch_execute(sql).await?,
            }
            Ok(())
        })
    }

    fn tell<'t>(&'t mut self, concerns: Concerns<'t>) -> Acting<'t, ()> {
        Box::pin(async move {
            let Some(teller) = self.teller else {
                return Ok(());
            };
            let values = [
                Value::from(hearing::CHANNEL),
                Value::from(teller.news(concerns).to_text()),
            ];
            // PostgreSQL tells it when the transaction is done, or never.
            self.run_then("SELECT pg_notify(?1, ?2)", &values).await?;
            Ok(())
        })
    }
}

/// `?1` is `$1` here. No statement has a question mark for anything else.
fn numbered(sql: &str) -> String {
    sql.replace('?', "$")
}

fn borrowed(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

fn row_of(row: &tokio_postgres::Row) -> Result<Row, StoreError> {
    let value = |(column, kind): (usize, &Type)| -> Result<Value, StoreError> {
        Ok(match *kind {
            Type::INT8 => Value::from(row.try_get::<_, Option<i64>>(column)?),
            Type::BYTEA => Value::from(row.try_get::<_, Option<Vec<u8>>>(column)?),
            _ => Value::from(row.try_get::<_, Option<String>>(column)?),
        })
    };
    let kinds = row.columns().iter().map(tokio_postgres::Column::type_);
    kinds.enumerate().map(value).collect::<Result<_, _>>().map(Row)
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Integer(number) if *kind == Type::INT8 => number.to_sql(kind, out),
            Self::Text(text) if *kind == Type::TEXT => text.to_sql(kind, out),
            Self::Bytes(bytes) if *kind == Type::BYTEA => bytes.to_sql(kind, out),
            _ => Err("a value of another type than its column".into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A column of several rows, as an array.
#[derive(Debug)]
struct Column<'v>(Vec<&'v Value>);

impl ToSql for Column<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        self.0.to_sql(kind, out)
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::INT8_ARRAY | Type::TEXT_ARRAY | Type::BYTEA_ARRAY)
    }

    to_sql_checked!();
}

const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Integer(_) => "bigint",
        Value::Text(_) => "text",
        Value::Bytes(_) | Value::Null => "bytea",
    }
}

/// The message is left out: it may quote a value.
impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(state) = error.code() else {
            return if error.is_closed() {
                Self::Unavailable
            } else {
                Self::Database("the connection".to_owned())
            };
        };
        // A key that is there twice was looked for first: somebody else put it meanwhile. So was what a row refers to: it went meanwhile, or
        // the row came.
        let contended = [
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::UNIQUE_VIOLATION,
            SqlState::FOREIGN_KEY_VIOLATION,
        ];
        let away = [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::TOO_MANY_CONNECTIONS,
            SqlState::LOCK_NOT_AVAILABLE,
        ];
        if contended.contains(state) {
            Self::Contended
        } else if away.contains(state) {
            Self::Unavailable
        } else {
            Self::Database(format!("PostgreSQL {}", state.code()))
        }
    }
}

impl From<PoolError> for StoreError {
    fn from(_: PoolError) -> Self {
        Self::Unavailable
    }
}
