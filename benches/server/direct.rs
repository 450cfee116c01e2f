//! The baselines. A route with one look-up of a key and one check of a signature, on axum and the same store, in a process of its own;
//! and a connection to the store for bare statements.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, request::Parts};
use axum::routing::get;
use axum::{Json, Router};
use data_encoding::BASE64URL_NOPAD;
use deadpool_postgres::{Manager, Pool};
use regie_protocol::account::{LogResponse, header};
use regie_protocol::signed::{self, AccountId, BodyHash, DeviceId, Nonce, Signature, VerifyingKey};
use rusqlite::{Connection, OpenFlags, params};
use tokio::runtime::Runtime;

use super::requests::TRIVIAL;
use super::running::{Engine, Place, Started, connect, runtime, start_part};

/// What the further process is told.
pub(super) const PART: &str = "direct";
/// As many as the server has.
pub(crate) const CONNECTIONS: usize = 16;
const FIND: &str =
    "SELECT sign_key FROM device WHERE account_id = $1 AND device_id = $2 AND signed_out_day IS NULL";
/// As the server sets its writer.
pub(crate) const SETTINGS: &str = "\
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA fullfsync = ON;
PRAGMA checkpoint_fullfsync = ON;
PRAGMA secure_delete = ON;
PRAGMA foreign_keys = ON;
PRAGMA temp_store = MEMORY;";

/// A connection for bare statements.
pub(super) enum Direct {
    Sqlite(Connection),
    Postgres(Runtime, tokio_postgres::Client),
}

impl Direct {
    pub(super) fn open(place: &Place) -> anyhow::Result<Self> {
        Ok(match place.engine {
            Engine::Sqlite => {
                let connection = Connection::open(place.store())?;
                connection.busy_timeout(Duration::from_secs(10))?;
                connection.execute_batch(SETTINGS)?;
                Self::Sqlite(connection)
            }
            Engine::Postgres => {
                let runtime = runtime()?;
                let client = runtime.block_on(connect(&place.store()))?;
                Self::Postgres(runtime, client)
            }
        })
    }

    /// Runs statements in one transaction.
    pub(super) fn run(&mut self, sql: &str) -> anyhow::Result<()> {
        let whole = format!("BEGIN; {sql}; COMMIT");
        match self {
            Self::Sqlite(connection) => connection.execute_batch(&whole)?,
            Self::Postgres(runtime, client) => runtime.block_on(client.batch_execute(&whole))?,
        }
        Ok(())
    }

    /// Bytes as they stand in a statement.
    pub(super) fn literal(&self, bytes: &[u8]) -> String {
        let hex = data_encoding::HEXLOWER.encode(bytes);
        match self {
            Self::Sqlite(_) => format!("x'{hex}'"),
            Self::Postgres(..) => format!("'\\x{hex}'::bytea"),
        }
    }

    /// Moves the log into the files, so that what was filled in is not paid for by what is measured next.
    pub(super) fn settle(&mut self) -> anyhow::Result<()> {
        match self {
            Self::Sqlite(connection) => {
                connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            }
            Self::Postgres(runtime, client) => runtime.block_on(client.batch_execute("CHECKPOINT"))?,
        }
        Ok(())
    }
}

/// Starts the route in a process of its own.
pub(super) fn start(place: &Place) -> anyhow::Result<Started> {
    start_part(["--server-part", PART], place.store().as_ref())
}

/// The further process: serves until it is killed.
pub(super) fn serve(address: &str, store: &str) -> anyhow::Result<()> {
    let address: SocketAddr = address.parse()?;
    let keys = Keys::of(store)?;
    runtime()?.block_on(async move {
        let (at, _) = TRIVIAL.split_once('?').context("a path")?;
        let router = Router::new().route(at, get(answer)).with_state(Arc::new(keys));
        let listener = tokio::net::TcpListener::bind(address).await?;
        Ok(axum::serve(listener, router).await?)
    })
}

/// Where keys are looked up.
enum Keys {
    /// A connection for each thread: a look-up by key takes microseconds, less than handing it to another thread.
    Sqlite(String),
    Postgres(Pool),
}

thread_local! {
    static CONNECTION: RefCell<Option<Connection>> = const { RefCell::new(None) };
}

impl Keys {
    fn of(store: &str) -> anyhow::Result<Self> {
        if Path::new(store).is_file() {
            return Ok(Self::Sqlite(store.to_owned()));
        }
        let manager = Manager::new(store.parse()?, tokio_postgres::NoTls);
        Ok(Self::Postgres(
            Pool::builder(manager).max_size(CONNECTIONS).build()?,
        ))
    }

    async fn find(&self, account: &[u8], device: &[u8]) -> anyhow::Result<Vec<u8>> {
        match self {
            Self::Sqlite(file) => CONNECTION.with_borrow_mut(|kept| {
                if kept.is_none() {
                    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                    *kept = Some(Connection::open_with_flags(file, flags)?);
                }
                let connection = kept.as_ref().context("a connection")?;
                let mut statement = connection.prepare_cached(FIND)?;
                Ok(statement.query_row(params![account, device], |row| row.get(0))?)
            }),
            Self::Postgres(pool) => {
                let client = pool.get().await?;
                let statement = client.prepare_cached(FIND).await?;
                let row = client.query_one(&statement, &[&account, &device]).await?;
                Ok(row.try_get(0)?)
            }
        }
    }
}

async fn answer(State(keys): State<Arc<Keys>>, request: Request) -> Result<Json<LogResponse>, StatusCode> {
    match holds(&keys, &request.into_parts().0).await {
        Ok(()) => Ok(Json(LogResponse { entries: Vec::new() })),
        Err(_) => Err(StatusCode::UNAUTHORIZED),
    }
}

async fn holds(keys: &Keys, request: &Parts) -> anyhow::Result<()> {
    let headers = &request.headers;
    let (account, device) = (bytes(headers, header::ACCOUNT)?, bytes(headers, header::DEVICE)?);
    let key = keys.find(&account, &device).await?;
    let said = signed::Request {
        method: request.method.as_str(),
        target: request.uri.path_and_query().context("a target")?.as_str(),
        body: BodyHash::of(b""),
        account: AccountId(array(account)?),
        device: DeviceId(array(device)?),
        number: headers
            .get(header::NUMBER)
            .context("a number")?
            .to_str()?
            .parse()?,
        nonce: Nonce::from_bytes(&bytes(headers, header::NONCE)?)?,
    };
    let signature = Signature::from_bytes(array(bytes(headers, header::SIGNATURE)?)?);
    Ok(said.verify(&VerifyingKey::from_bytes(&array(key)?)?, &signature)?)
}

fn bytes(headers: &HeaderMap, name: &str) -> anyhow::Result<Vec<u8>> {
    let value = headers.get(name).context("a header")?;
    Ok(BASE64URL_NOPAD.decode(value.as_bytes())?)
}

fn array<const N: usize>(bytes: Vec<u8>) -> anyhow::Result<[u8; N]> {
    bytes.try_into().map_err(|_| anyhow::anyhow!("another length"))
}
