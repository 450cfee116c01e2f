//! Taking connections, each in a task that holds little: most of them are streams that wait.

use std::{convert::Infallible, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Router, extract::ConnectInfo, routing::future::RouteFuture};
use hyper::{Request, body::Incoming, server::conn, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::graceful::{GracefulConnection, GracefulShutdown, Watcher},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    time,
};
use tokio_rustls::TlsAcceptor;
use tower_service::Service as _;

use super::tls::Certificate;

/// What the head of a request may weigh, in bytes.
const HEAD: u32 = 32 * 1024;
/// How long nobody is taken after the system refused a connection, as when it has no descriptor left.
const REFUSED: Duration = Duration::from_millis(50);

/// What a listener serves, and how long it waits.
pub(super) struct Serving {
    pub(super) routes: Router,
    /// Over plain HTTP without one.
    pub(super) tls: Option<Arc<Certificate>>,
    /// How long the head of a request may take, and a handshake.
    pub(super) head: Duration,
    /// How long requests under way have to end, once it stops.
    pub(super) stop: Duration,
}

/// Takes connections until it is to stop, then lets requests under way end. Over TLS HTTP/1.1 and HTTP/2, plain HTTP/1.1 alone: a proxy
/// before it speaks that.
pub(super) async fn accept(listener: TcpListener, serving: Serving, mut stopping: watch::Receiver<bool>) {
    let graceful = GracefulShutdown::new();
    let (serving, mut ended) = (Arc::new(serving), pin!(stopping.wait_for(|stop| *stop)));
    loop {
        let taken = tokio::select! {
            biased;
            _ = &mut ended => break,
            taken = listener.accept() => taken,
        };
        match taken {
            Ok((stream, peer)) => {
                // An answer is written whole: nothing is won by waiting for more of it.
                stream.set_nodelay(true).ok();
                tokio::spawn(serve(Arc::clone(&serving), stream, peer, graceful.watcher()));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection was not taken");
                time::sleep(REFUSED).await;
            }
        }
    }
    // Whoever comes now is refused at once.
    drop(listener);
    time::timeout(serving.stop, graceful.shutdown()).await.ok();
}

async fn serve(serving: Arc<Serving>, stream: TcpStream, peer: SocketAddr, watcher: Watcher) {
    let Some(tls) = &serving.tls else {
        return plain(&serving, stream, peer, watcher).await;
    };
    let handshake = TlsAcceptor::from(tls.now()).accept(stream);
    let Ok(Ok(stream)) = time::timeout(serving.head, handshake).await else {
        return;
    };
    // What a handshake takes is let go of before the connection waits.
    Box::pin(sealed(serving, stream, peer, watcher)).await;
}

async fn plain(serving: &Serving, stream: TcpStream, peer: SocketAddr, watcher: Watcher) {
    let answer = answering(serving.routes.clone(), peer);
    let connection = one(serving.head).serve_connection(TokioIo::new(stream), service_fn(answer));
    to_its_end(connection, watcher).await;
}

async fn sealed(
    serving: Arc<Serving>,
    stream: tokio_rustls::server::TlsStream<TcpStream>,
    peer: SocketAddr,
    watcher: Watcher,
) {
    let answer = answering(serving.routes.clone(), peer);
    let is_two = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let stream = TokioIo::new(stream);
    if is_two {
        let mut builder = conn::http2::Builder::new(TokioExecutor::new());
        builder.timer(TokioTimer::new()).max_header_list_size(HEAD);
        let connection = builder.serve_connection(stream, service_fn(answer));
        Box::pin(to_its_end(connection, watcher)).await;
    } else {
        let connection = one(serving.head).serve_connection(stream, service_fn(answer));
        to_its_end(connection, watcher).await;
    }
}

/// HTTP/1.1. A head that trickles in is given no longer than a request.
fn one(head: Duration) -> conn::http1::Builder {
    let mut builder = conn::http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_buf_size(HEAD as usize);
    builder
}

/// How requests of one peer are answered.
fn answering(routes: Router, peer: SocketAddr) -> impl Fn(Request<Incoming>) -> RouteFuture<Infallible> {
    move |mut request| {
        request.extensions_mut().insert(ConnectInfo(peer));
        // Routes are always ready.
        routes.clone().call(request)
    }
}

/// A connection that breaks off has nobody to be told.
async fn to_its_end<C: GracefulConnection>(connection: C, watcher: Watcher) {
    watcher.watch(connection).await.ok();
}
