//! What goes wrong, and how it is told outward: to whoever starts the server, and to whoever asks it something.

use std::{io, net::SocketAddr, path::PathBuf, time::Duration};

use axum::{
    extract::rejection::{PathRejection, QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use regie_protocol::ProblemCode;
use thiserror::Error;

use crate::{
    config::ConfigError,
    keys::KeyError,
    store::{LedgerError, StoreError},
};

/// Why the server does not start, or had to end.
#[derive(Debug, Error)]
pub enum ServerError {
    /// The configuration does not hold.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data folder cannot be used.
    #[error("the data folder {} cannot be used: {source}", folder.display())]
    Data {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Certificate and key cannot be used.
    #[error("tls.certificate and tls.key cannot be used: {0}")]
    Tls(String),
    /// Somebody else listens there, or nobody may.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The metrics cannot be counted.
    #[error("metrics cannot be counted: {0}")]
    Metrics(String),
    /// The keys cannot be used.
    #[error("the keys in {} cannot be used: {error}", file.display())]
    Keys {
        /// Their file.
        file: PathBuf,
        /// What is wrong.
        error: KeyError,
    },
    /// There is a database, and no keys.
    #[error(
        "there is a database, and no keys in {}: put the file back, for without it nothing opens",
        .0.display()
    )]
    KeysGone(PathBuf),
    /// There is a database whose keys another instance holds.
    #[error(
        "another instance made the keys of this database: bring its file to {}",
        .0.display()
    )]
    OtherKeys(PathBuf),
    /// The store cannot be used.
    #[error("the store: {0}")]
    Store(#[from] StoreError),
    /// The ledger cannot be used.
    #[error("the ledger {} cannot be used: {error}", file.display())]
    Ledger {
        /// Its file.
        file: PathBuf,
        /// What is wrong.
        error: LedgerError,
    },
    /// The ledger is older than the database, or another one.
    #[error(
        "the ledger {} has had {reaches} rows, and the database knows of {needed}: put the newest one back, \
         for without it who was deleted would be there again",
        file.display()
    )]
    LedgerTooShort {
        /// Its file.
        file: PathBuf,
        /// How many rows it ever had.
        reaches: u64,
        /// How many it had when the database was there last.
        needed: u64,
    },
    /// The deployment cannot be used.
    #[error("the deployment: {0}")]
    Deployment(String),
    /// The system gave up.
    #[error(transparent)]
    System(#[from] io::Error),
}

/// A request that is refused. It becomes a problem (RFC 9457) on its way out, when the request's number is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub code: ProblemCode,
    /// After how long it is worth trying again.
    pub retry_after: Option<Duration>,
    /// How many bytes there is room for, where that is why.
    pub room: Option<u64>,
}

impl Refusal {
    pub(crate) fn status(self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl From<ProblemCode> for Refusal {
    fn from(code: ProblemCode) -> Self {
        Self {
            code,
            retry_after: None,
            room: None,
        }
    }
}

impl From<QueryRejection> for Refusal {
    fn from(_: QueryRejection) -> Self {
        ProblemCode::BadRequest.into()
    }
}

/// An address whose parts cannot be read leads nowhere.
impl From<PathRejection> for Refusal {
    fn from(_: PathRejection) -> Self {
        ProblemCode::NotFound.into()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
