//! The run of a server: from its configuration to its last answer.

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
use axum_server::{Handle, tls_rustls::RustlsConfig};
use hyper_util::rt::TokioTimer;
use tokio::{task::JoinSet, time};

use crate::{
    config::{Config, Metrics, Options},
    error::ServerError,
    http::{self, App},
    jobs, live, log,
    opening::{self, Environment},
};

pub use hosted::Hosted;
use signals::{Asked, Asking};

/// What the head of a request may weigh, in bytes.
const HEAD: u32 = 32 * 1024;
/// How often what has been quiet is forgotten.
const TIDY: Duration = Duration::from_secs(60);

/// Runs the server until it is asked to stop; `more` are routes beside its own.
///
/// # Errors
/// When the configuration does not hold, or the system does not give what it needs.
pub fn run(options: &Options, more: Router) -> Result<(), ServerError> {
    let config = Config::of_this_process(options)?;
    let tls = config.tls.as_ref().map(tls::load).transpose()?;
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
    tls: Option<RustlsConfig>,
    more: Router,
    asking: Asking,
    listening: impl FnOnce(SocketAddr),
) -> Result<(), ServerError> {
    let apart = match app.config.metrics {
        Metrics::Apart(address) => Some(listen(address)?),
        Metrics::Off | Metrics::Beside => None,
    };
    let handle = Handle::new();
    let mut running = JoinSet::new();
    // Before anybody can open a stream.
    let hearing = tokio::spawn(live::hear(Arc::clone(app)));
    if let Some(apart) = &apart {
        tracing::info!(address = %apart.local_addr()?, "metrics");
    }
    let address = listener.local_addr()?;
    tracing::info!(%address, "listening");
    let routes = http::router(app, more);
    running.spawn(accept(
        listener,
        routes,
        tls.clone(),
        handle.clone(),
        app.config.limits.request,
    ));
    if let Some(listener) = apart {
        let routes = http::metrics::router();
        running.spawn(accept(
            listener,
            routes,
            None,
            handle.clone(),
            app.config.limits.request,
        ));
    }
    let tidying = tokio::spawn(tidy(Arc::clone(app)));
    let working = jobs::begin(app)?;
    let stopping = tokio::spawn(stop(Arc::clone(app), asking, handle, tls));
    listening(address);
    let mut result = Ok(());
    while let Some(ended) = running.join_next().await {
        result = result.and(ended.map_err(std::io::Error::other).flatten());
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

async fn accept(
    listener: TcpListener,
    routes: Router,
    tls: Option<RustlsConfig>,
    handle: Handle<SocketAddr>,
    head: Duration,
) -> std::io::Result<()> {
    let service = routes.into_make_service_with_connect_info::<SocketAddr>();
    macro_rules! serve {
        ($server:expr) => {{
            let mut server = $server.handle(handle);
            let builder = server.http_builder();
            // A head that trickles in is given no longer than a request.
            let _ = builder
                .http1()
                .timer(TokioTimer::new())
                .header_read_timeout(head)
                .max_buf_size(HEAD as usize);
            let _ = builder
                .http2()
                .timer(TokioTimer::new())
                .max_header_list_size(HEAD);
            server.serve(service).await
        }};
    }
    match tls {
        Some(tls) => serve!(axum_server::from_tcp_rustls(listener, tls)?),
        None => serve!(axum_server::from_tcp(listener)?),
    }
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
async fn stop(app: Arc<App>, mut asking: Asking, handle: Handle<SocketAddr>, tls: Option<RustlsConfig>) {
    while asking.next().await == Asked::Renew {
        tls::reload(app.config.tls.as_ref(), tls.as_ref());
    }
    tracing::info!("stopping");
    app.begin_to_stop();
    handle.graceful_shutdown(Some(app.config.stop));
}
