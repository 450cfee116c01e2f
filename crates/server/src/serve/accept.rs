//! Taking connections, each in a task that holds little: most of them are streams that wait.

use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Router, extract::ConnectInfo};
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto::Builder,
        graceful::{GracefulShutdown, Watcher},
    },
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
    time,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tower_service::Service as _;

use super::tls::Certificate;

/// What the head of a request may weigh, in bytes.
const HEAD: u32 = 32 * 1024;
/// How long a handshake of TLS may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long nobody is taken after the system refused a connection, as when it has no descriptor left.
const REFUSED: Duration = Duration::from_millis(50);

/// What a listener serves, and how.
pub(super) struct Serving {
    routes: Router,
    /// Over plain HTTP without one.
    tls: Option<Arc<Certificate>>,
    builder: Builder<TokioExecutor>,
    stopping: watch::Receiver<bool>,
}

impl Serving {
    /// HTTP/1.1 and HTTP/2, until it is to stop. A head that trickles in is given no longer than `head`.
    pub(super) fn new(
        routes: Router,
        tls: Option<Arc<Certificate>>,
        head: Duration,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(head)
            .max_buf_size(HEAD as usize);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_header_list_size(HEAD);
        Self {
            routes,
            tls,
            builder,
            stopping,
        }
    }

    /// Takes connections until it is to stop, then gives requests under way so long to end. What is left then ends with the runtime.
    pub(super) async fn accept(self, listener: TcpListener, stop: Duration) {
        let (serving, graceful) = (Arc::new(self), GracefulShutdown::new());
        let mut stopping = pin!(serving.is_to_stop());
        loop {
            let taken = tokio::select! {
                biased;
                () = &mut stopping => break,
                taken = listener.accept() => taken,
            };
            match taken {
                Ok((stream, peer)) => {
                    // An answer is written whole: nothing is won by waiting for more of it.
                    stream.set_nodelay(true).ok();
                    let (serving, watcher) = (Arc::clone(&serving), graceful.watcher());
                    tokio::spawn(async move { serving.take(stream, peer, watcher).await });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection was not taken");
                    time::sleep(REFUSED).await;
                }
            }
        }
        // Whoever comes now is refused at once.
        drop(listener);
        time::timeout(stop, graceful.shutdown()).await.ok();
    }

    async fn is_to_stop(&self) {
        // Where nobody can say so any more, it is.
        self.stopping.clone().wait_for(|stop| *stop).await.ok();
    }

    async fn take(&self, stream: TcpStream, peer: SocketAddr, watcher: Watcher) {
        let Some(tls) = &self.tls else {
            return self.serve(stream, peer, watcher).await;
        };
        // In boxes: what a handshake takes is let go of before the connection waits, and one without TLS has no room for either.
        let Some(stream) = Box::pin(self.shake_hands(tls, stream)).await else {
            return;
        };
        Box::pin(self.serve(stream, peer, watcher)).await;
    }

    async fn shake_hands(&self, tls: &Certificate, stream: TcpStream) -> Option<TlsStream<TcpStream>> {
        let handshake = TlsAcceptor::from(tls.now()).accept(stream);
        tokio::select! {
            () = self.is_to_stop() => None,
            done = time::timeout(HANDSHAKE, handshake) => done.ok()?.ok(),
        }
    }

    async fn serve<S>(&self, stream: S, peer: SocketAddr, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let answer = |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            // Routes are always ready.
            self.routes.clone().call(request)
        };
        let connection = self
            .builder
            .serve_connection(TokioIo::new(stream), service_fn(answer));
        // One that breaks off has nobody to be told.
        watcher.watch(connection).await.ok();
    }
}
