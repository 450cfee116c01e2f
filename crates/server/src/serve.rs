//! The run of a server: from its configuration to its last answer.

mod accept;
mod data;
mod hosted;
mod ready;
mod signals;
mod tls;

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use axum::Router;
use tokio::{sync::watch, task::JoinSet, time};

use crate::{
    config::{Config, Metrics, Options},
    error::ServerError,
    http::{self, App},
    jobs, live, log,
    opening::{self, Environment},
};

use accept::Serving;
pub use hosted::Hosted;
use signals::{Asked, Asking};
use tls::Certificate;

/// How often what has been quiet is forgotten.
const TIDY: Duration = Duration::from_secs(60);

/// Runs the server until it is asked to stop; `more` are routes beside its own.
///
/// # Errors
/// When the configuration does not hold, or the system does not give what it needs.
pub fn run(options: &Options, more: Router) -> Result<(), ServerError> {
    let config = Config::of_this_process(options)?;
    let tls = config.tls.as_ref().map(Certificate::load).transpose()?;
    log::begin(config.level);
    config.log();
    if options.check {
        return Ok(());
    }
    config.warn();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(async {
        let folder = data::Folder::prepare(&config.data)?;
        http::metrics::begin()?;
        let listener = listen(config.listen)?;
        // Heard before anybody is told that it listens: from then on it may be asked to stop.
        let asking = Asking::System(signals::Signals::hear()?);
        let app = make(config, folder, &opening::of_this_process).await?;
        serve(&app, listener, tls, more, asking, |_| ()).await
    });
    // What blocks by then was given its time.
    runtime.shutdown_background();
    result
}

/// Makes the folder for everything that is kept, where it is not there.
pub(crate) fn prepare_data(config: &Config) -> Result<(), ServerError> {
    data::Folder::prepare(&config.data).map(|_| ())
}

/// Opens everything that answers rest on.
async fn make(
    config: Config,
    folder: data::Folder,
    environment: Environment<'_>,
) -> Result<Arc<App>, ServerError> {
    let accounts = opening::open(&config, environment).await?;
    let store = ready::Answers(Arc::clone(&accounts.store));
    let readiness: Vec<Box<dyn http::Readiness>> = vec![Box::new(folder), Box::new(store)];
    Ok(Arc::new(App::new(config, accounts, readiness)))
}

/// Serves until it is asked to stop; `listening` is told where.
async fn serve(
    app: &Arc<App>,
    listener: TcpListener,
    tls: Option<Certificate>,
    more: Router,
    asking: Asking,
    listening: impl FnOnce(SocketAddr),
) -> Result<(), ServerError> {
    let apart = match app.config.metrics {
        Metrics::Apart(address) => Some(listen(address)?),
        Metrics::Off | Metrics::Beside => None,
    };
    let tls = tls.map(Arc::new);
    let (stopping, stopped) = watch::channel(false);
    let mut running = JoinSet::new();
    // Before anybody can open a stream.
    let hearing = tokio::spawn(live::hear(Arc::clone(app)));
    if let Some(apart) = &apart {
        tracing::info!(address = %apart.local_addr()?, "metrics");
    }
    let address = listener.local_addr()?;
    tracing::info!(%address, "listening");
    let limits = (app.config.limits.request, app.config.stop);
    let mut accept = |listener: TcpListener, routes, tls| -> Result<(), ServerError> {
        let serving = Serving::new(routes, tls, limits.0, stopped.clone());
        let listener = tokio::net::TcpListener::from_std(listener)?;
        running.spawn(serving.accept(listener, limits.1));
        Ok(())
    };
    accept(listener, http::router(app, more), tls.clone())?;
    if let Some(listener) = apart {
        accept(listener, http::metrics::router(), None)?;
    }
    let tidying = tokio::spawn(tidy(Arc::clone(app)));
    let working = jobs::begin(app)?;
    let stopping = tokio::spawn(stop(Arc::clone(app), asking, stopping, tls));
    listening(address);
    let mut result = Ok(());
    while let Some(ended) = running.join_next().await {
        result = result.and(ended.map_err(std::io::Error::other));
    }
    tidying.abort();
    hearing.abort();
    stopping.abort();
    working.end().await;
    tracing::info!("stopped");
    Ok(result?)
}

fn listen(address: SocketAddr) -> Result<TcpListener, ServerError> {
    let bound = TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    bound.map_err(|source| ServerError::Listen { address, source })
}

async fn tidy(app: Arc<App>) {
    let mut clock = time::interval(TIDY);
    loop {
        clock.tick().await;
        app.forget_quiet_addresses();
        http::metrics::tidy();
    }
}

/// Waits for the system to ask, then lets requests under way end.
async fn stop(
    app: Arc<App>,
    mut asking: Asking,
    stopping: watch::Sender<bool>,
    tls: Option<Arc<Certificate>>,
) {
    while asking.next().await == Asked::Renew {
        if let (Some(tls), Some(files)) = (&tls, &app.config.tls) {
            tls.reload(files);
        }
    }
    tracing::info!("stopping");
    app.begin_to_stop();
    stopping.send_replace(true);
}
