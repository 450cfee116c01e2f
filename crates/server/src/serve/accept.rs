//! Taking connections, each in a task that holds little: most of them are streams that wait.

use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Router, extract::ConnectInfo};
use hyper::{
    Request,
    body::Incoming,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
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
/// As HTTP/2 begins, and no request of HTTP/1.1.
const BEGINS_SECOND: [u8; 3] = *b"PRI";
/// How long nobody is taken after the system refused a connection, as when it has no descriptor left.
const REFUSED: Duration = Duration::from_millis(50);

/// What a listener serves, and how.
pub(super) struct Serving {
    routes: Router,
    /// Over plain HTTP without one.
    tls: Option<Arc<Certificate>>,
    /// How long the head of a request may take.
    head: Duration,
    first: http1::Builder,
    second: http2::Builder<TokioExecutor>,
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
        let mut first = http1::Builder::new();
        first
            .timer(TokioTimer::new())
            .header_read_timeout(head)
            .max_buf_size(HEAD as usize);
        let mut second = http2::Builder::new(TokioExecutor::new());
        second.timer(TokioTimer::new()).max_header_list_size(HEAD);
        Self {
            routes,
            tls,
            head,
            first,
            second,
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
            if let Some(is_second) = self.begins_second(&stream).await {
                self.serve(stream, is_second, peer, watcher).await;
            }
            return;
        };
        // In boxes: what a handshake takes is let go of before the connection waits, and one without TLS has no room for either.
        let Some(stream) = Box::pin(self.shake_hands(tls, stream)).await else {
            return;
        };
        let is_second = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Box::pin(self.serve(stream, is_second, peer, watcher)).await;
    }

    /// Whether what comes is HTTP/2, which begins in one piece; nothing where nothing comes.
    async fn begins_second(&self, stream: &TcpStream) -> Option<bool> {
        let mut begins = [0; BEGINS_SECOND.len()];
        let seen = tokio::select! {
            () = self.is_to_stop() => return None,
            seen = time::timeout(self.head, stream.peek(&mut begins)) => seen.ok()?.ok()?,
        };
        (seen > 0).then_some(begins == BEGINS_SECOND)
    }

    async fn shake_hands(&self, tls: &Certificate, stream: TcpStream) -> Option<TlsStream<TcpStream>> {
        let handshake = TlsAcceptor::from(tls.now()).accept(stream);
        tokio::select! {
            () = self.is_to_stop() => None,
            done = time::timeout(HANDSHAKE, handshake) => done.ok()?.ok(),
        }
    }

    /// Until it ends; one that breaks off has nobody to be told.
    async fn serve<S>(&self, stream: S, is_second: bool, peer: SocketAddr, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let answer = service_fn(|mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            // Routes are always ready.
            self.routes.clone().call(request)
        });
        let stream = TokioIo::new(stream);
        if is_second {
            // In a box: it is larger, and seldom.
            let connection = self.second.serve_connection(stream, answer);
            Box::pin(watcher.watch(connection)).await.ok();
        } else {
            let connection = self.first.serve_connection(stream, answer);
            watcher.watch(connection).await.ok();
        }
    }
}
