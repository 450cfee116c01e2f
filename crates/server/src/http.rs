//! What the server says over HTTP: routes, and what holds for every one of them.

mod account;
mod around;
pub mod client;
mod contacts;
mod health;
mod language;
pub mod metrics;
mod observe;
mod openapi;
mod page;
mod problem;
mod published;
mod rate;
mod recipients;
mod security;
mod statement;
mod terms;

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
};

use axum::{Router, extract::DefaultBodyLimit, http::StatusCode, middleware::from_fn_with_state};
use regie_protocol::{
    ProblemCode,
    sync::limits::LONGEST_MESSAGE,
    terms::{self as published_terms, Terms},
};
use tower_http::{catch_panic::CatchPanicLayer, limit::RequestBodyLimitLayer, timeout::TimeoutLayer};

use crate::{accounts::Accounts, config::Config, error::Refusal, live::Streams, opening, store::Moment};
pub(crate) use account::{delete_due, lift_due};
pub use observe::RequestId;

/// Something that must work before the server is ready, such as its store.
pub trait Readiness: Send + Sync + 'static {
    /// What it is, for the log.
    fn name(&self) -> &'static str;
    /// Whether it works.
    fn works(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>>;
}

/// What every request can get at.
pub struct App {
    /// The configuration.
    pub config: Config,
    /// Everything about accounts.
    pub accounts: Accounts,
    /// Streams that are open here.
    pub(crate) streams: Streams,
    nonces: account::NonceKey,
    rate: rate::Rate,
    readiness: Vec<Box<dyn Readiness>>,
    stopping: AtomicBool,
    /// Every version of the terms, oldest first; the last one is in force.
    terms: RwLock<&'static [Terms]>,
    /// By how many seconds its clock goes before the system's.
    ahead: AtomicI64,
}

impl App {
    /// A server with this configuration, ready as soon as all of these are.
    #[must_use]
    pub fn new(config: Config, accounts: Accounts, readiness: Vec<Box<dyn Readiness>>) -> Self {
        let rate = rate::Rate::new(config.limits);
        Self {
            config,
            nonces: account::NonceKey::of(&accounts.keys),
            accounts,
            streams: Streams::default(),
            rate,
            readiness,
            stopping: AtomicBool::new(false),
            terms: RwLock::new(published_terms::ALL),
            ahead: AtomicI64::new(0),
        }
    }

    /// Now, by the server's clock.
    pub(crate) fn now(&self) -> Moment {
        opening::now().plus(self.ahead.load(Ordering::Relaxed))
    }

    /// Lets its clock go ahead by so many seconds more: for a server within another program, where days have to pass. The binary has no way
    /// to it.
    pub(crate) fn go_ahead(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::Relaxed);
    }

    /// The terms in force, and every version before.
    pub(crate) fn terms(&self) -> &'static [Terms] {
        *self.terms.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of the terms in force.
    pub(crate) fn newest_terms(&self) -> u32 {
        self.terms().last().map_or(0, |newest| newest.version)
    }

    /// Publishes other terms: for a server within another program, where they have to change. The binary has no way to it.
    pub(crate) fn publish_terms(&self, terms: &'static [Terms]) {
        *self.terms.write().unwrap_or_else(PoisonError::into_inner) = terms;
    }

    /// From now on it is not ready: no new work is to be sent here, and streams end.
    pub fn begin_to_stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.streams.close();
    }

    /// Forgets addresses that have been quiet.
    pub fn forget_quiet_addresses(&self) {
        self.rate.forget_quiet();
    }
}

/// All routes, and `more` beside them, under everything that holds for every request.
pub fn router(app: &Arc<App>, more: Router) -> Router {
    let config = &app.config;
    let (routes, _) = openapi::routes().split_for_parts();
    let routes = metrics::beside(config, routes.with_state(Arc::clone(app)));
    let (sync, _) = account::sync_routes().split_for_parts();
    let sync = sync.with_state(Arc::clone(app));
    // Of layers that stand together the first is the outermost.
    routes
        .merge(more)
        .fallback(async || Refusal::from(ProblemCode::NotFound))
        .layer(RequestBodyLimitLayer::new(config.limits.body_bytes))
        .merge(sync.layer(RequestBodyLimitLayer::new(LONGEST_MESSAGE)))
        .layer(DefaultBodyLimit::disable())
        .layer((
            from_fn_with_state(Arc::clone(app), around::around),
            CatchPanicLayer::custom(problem::after_panic),
            TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, config.limits.request),
        ))
}
