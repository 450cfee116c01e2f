//! A server within another program: for tests and measurements.

use std::{
    net::{SocketAddr, TcpListener},
    sync::{Arc, Weak, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use axum::Router;
use regie_protocol::terms::Terms;
use tokio::sync::oneshot;

use super::{Asking, data, make, serve};
use crate::{
    config::Config,
    error::ServerError,
    http::{self, App},
    opening::Environment,
};

/// So long what blocks may take at its end.
const TO_END: Duration = Duration::from_secs(10);

/// A server that runs until it is dropped, on threads of its own.
pub struct Hosted {
    address: SocketAddr,
    app: Weak<App>,
    ask: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<(), ServerError>>>,
}

impl Hosted {
    /// Starts a server on a listener that is there already, with plain HTTP and `more` routes beside its own.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(
        config: Config,
        listener: TcpListener,
        environment: Environment<'static>,
        more: Router,
    ) -> Result<Self, ServerError> {
        listener.set_nonblocking(true)?;
        let (ask, asked) = oneshot::channel();
        let (tell, told) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("regie-server".to_owned())
            .spawn(move || {
                let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
                let served = runtime.block_on(async {
                    let folder = data::Folder::prepare(&config.data)?;
                    http::metrics::begin()?;
                    let app = make(config, folder, environment).await?;
                    let listening = |address| {
                        // Whoever started it waits for this.
                        tell.send((address, Arc::downgrade(&app))).ok();
                    };
                    serve(&app, listener, None, more, Asking::Host(asked), listening).await
                });
                // Whoever stopped it may open its files, or take them away.
                runtime.shutdown_timeout(TO_END);
                served
            })?;
        match told.recv() {
            Ok((address, app)) => Ok(Self {
                address,
                app,
                ask: Some(ask),
                thread: Some(thread),
            }),
            // It ended before it listened.
            Err(_) => match joined(thread) {
                Err(error) => Err(error),
                Ok(()) => Err(std::io::Error::other("it ended at once").into()),
            },
        }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets its clock go ahead, for stories in which days pass.
    pub fn go_ahead(&self, seconds: i64) {
        if let Some(app) = self.app.upgrade() {
            app.go_ahead(seconds);
        }
    }

    /// Publishes other terms, for stories in which they change.
    pub fn publish_terms(&self, terms: &'static [Terms]) {
        if let Some(app) = self.app.upgrade() {
            app.publish_terms(terms);
        }
    }

    /// Asks it to stop, and waits until it did.
    ///
    /// # Errors
    /// What it ended with.
    pub fn stop(mut self) -> Result<(), ServerError> {
        self.end()
    }

    fn end(&mut self) -> Result<(), ServerError> {
        drop(self.ask.take());
        self.thread.take().map_or(Ok(()), joined)
    }
}

impl std::fmt::Debug for Hosted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hosted({})", self.address)
    }
}

impl Drop for Hosted {
    fn drop(&mut self) {
        // Nobody is left to tell.
        let _ended = self.end();
    }
}

fn joined(thread: JoinHandle<Result<(), ServerError>>) -> Result<(), ServerError> {
    thread
        .join()
        .unwrap_or_else(|_| Err(std::io::Error::other("it panicked").into()))
}
