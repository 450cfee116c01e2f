//! Somebody between the app and its server: passes on what is said, alters it, loses it, holds it back, or answers in the server's place.

use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header, request::Parts};
use data_encoding::BASE64URL_NOPAD;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use regie_protocol::account::header as names;
use regie_protocol::sync::{MEDIA_TYPE, Wire};
use regie_protocol::{Problem, ProblemCode};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Handle, Runtime};
use tokio::sync::oneshot;

/// More than anybody says.
const MOST: usize = 64 * 1024 * 1024;

/// What is done with each request: `None` and the connection ends without an answer.
pub type Rule = dyn Fn(&Asked, &Way) -> Option<Said> + Send + Sync;

/// A request of the app.
#[derive(Clone, Debug)]
pub struct Asked {
    head: Parts,
    /// Its body.
    pub body: Bytes,
}

impl Asked {
    /// Where it goes, without a query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.head.uri.path()
    }

    /// The device that signed it.
    #[must_use]
    pub fn device(&self) -> Option<[u8; 16]> {
        let text = self.head.headers.get(names::DEVICE)?;
        BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok()
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Said {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

impl Said {
    /// Something else as a good answer of this kind.
    #[must_use]
    pub fn bytes(kind: &'static str, body: Vec<u8>) -> Self {
        Self {
            status: StatusCode::OK,
            headers: HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))]),
            body,
        }
    }

    /// Something about records.
    ///
    /// # Panics
    /// Where it makes no sense.
    #[must_use]
    pub fn wire(said: &impl Wire) -> Self {
        Self::bytes(MEDIA_TYPE, said.to_bytes().expect("something that can be said"))
    }

    /// A refusal.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn refusal(code: ProblemCode) -> Self {
        let problem = Problem::new(code, None);
        let status = StatusCode::from_u16(problem.status).expect("a status");
        let body = serde_json::to_vec(&problem).expect("JSON");
        Self {
            status,
            ..Self::bytes(Problem::MEDIA_TYPE, body)
        }
    }

    /// The same headers, and with them something else about records.
    ///
    /// # Panics
    /// Where it makes no sense.
    #[must_use]
    pub fn instead(mut self, said: &impl Wire) -> Self {
        self.body = said.to_bytes().expect("something that can be said");
        self
    }
}

/// The way on to the server.
#[derive(Debug)]
pub struct Way {
    to: SocketAddr,
    runtime: Handle,
}

impl Way {
    /// Passes a request on; what the server answers, where it does. It may be called never, once, or again.
    #[must_use]
    pub fn pass(&self, asked: &Asked) -> Option<Said> {
        self.runtime.block_on(pass(self.to, asked)).ok()
    }
}

/// Listens until it is dropped.
pub struct Between {
    /// Where it is: `http://127.0.0.1:PORT`.
    pub address: String,
    shared: Arc<Shared>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    to: Mutex<Option<SocketAddr>>,
    rule: Mutex<Option<Arc<Rule>>>,
}

/// The connection ends without an answer.
#[derive(Clone, Copy, Debug)]
struct Gone;

impl std::fmt::Display for Gone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no answer")
    }
}

impl std::error::Error for Gone {}

fn gone<E>(_: E) -> Gone {
    Gone
}

impl Between {
    /// Begins to listen, and leads nowhere yet.
    ///
    /// # Panics
    /// Where the system gives no port or thread.
    #[must_use]
    pub fn open() -> Self {
        let listener = StdListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a listener");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let shared = Arc::new(Shared {
            to: Mutex::default(),
            rule: Mutex::default(),
        });
        let (end, ended) = oneshot::channel();
        let held = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let runtime = Runtime::new().expect("a runtime");
            runtime.block_on(async {
                tokio::select! {
                    _ = ended => {}
                    () = listen(listener, &held) => {}
                }
            });
            runtime.shutdown_background();
        });
        Self {
            address,
            shared,
            end: Some(end),
            thread: Some(thread),
        }
    }

    /// Leads to the server at this address.
    ///
    /// # Panics
    /// Where it is none.
    pub fn leads_to(&self, address: &str) {
        let address = address.trim_start_matches("http://").parse().expect("an address");
        *self.shared.to.lock().expect("a way") = Some(address);
    }

    /// From now on does this with each request but those for a stream, which pass.
    ///
    /// # Panics
    /// Never.
    pub fn does(&self, rule: impl Fn(&Asked, &Way) -> Option<Said> + Send + Sync + 'static) {
        *self.shared.rule.lock().expect("a rule") = Some(Arc::new(rule));
    }

    /// From now on passes everything on.
    ///
    /// # Panics
    /// Never.
    pub fn is_honest(&self) {
        *self.shared.rule.lock().expect("a rule") = None;
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // It ended, however.
            let _ = thread.join();
        }
    }
}

async fn listen(listener: StdListener, shared: &Arc<Shared>) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        // An answer is not to wait for the next packet.
        let _ = stream.set_nodelay(true);
        let shared = Arc::clone(shared);
        let service = service_fn(move |request| answer(Arc::clone(&shared), request));
        tokio::spawn(
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
        );
    }
}

async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Body>, Gone> {
    let to = *shared.to.lock().unwrap_or_else(PoisonError::into_inner);
    let to = to.ok_or(Gone)?;
    let (head, body) = request.into_parts();
    let body = to_bytes(Body::new(body), MOST).await.map_err(gone)?;
    let accepts = head.headers.get(header::ACCEPT);
    let streams = accepts.is_some_and(|kind| kind.as_bytes() == b"text/event-stream");
    let asked = Asked { head, body };
    if streams {
        return Ok(forward(to, &asked).await?.map(Body::new));
    }
    let rule = shared.rule.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let said = match rule {
        None => pass(to, &asked).await?,
        Some(rule) => {
            let way = Way {
                to,
                runtime: Handle::current(),
            };
            let ruled = tokio::task::spawn_blocking(move || rule(&asked, &way));
            ruled.await.map_err(gone)?.ok_or(Gone)?
        }
    };
    let mut response = Response::new(Body::from(said.body));
    *response.status_mut() = said.status;
    *response.headers_mut() = said.headers;
    Ok(response)
}

async fn pass(to: SocketAddr, asked: &Asked) -> Result<Said, Gone> {
    let (head, body) = forward(to, asked).await?.into_parts();
    let mut headers = head.headers;
    // What was altered may be longer.
    for name in [
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
        header::CONNECTION,
    ] {
        headers.remove(name);
    }
    Ok(Said {
        status: head.status,
        headers,
        body: to_bytes(Body::new(body), MOST).await.map_err(gone)?.to_vec(),
    })
}

async fn forward(to: SocketAddr, asked: &Asked) -> Result<Response<Incoming>, Gone> {
    let stream = TcpStream::connect(to).await.map_err(gone)?;
    stream.set_nodelay(true).map_err(gone)?;
    let (mut line, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(gone)?;
    tokio::spawn(connection);
    let mut request = Request::new(Body::from(asked.body.clone()));
    *request.method_mut() = asked.head.method.clone();
    *request.uri_mut() = asked.head.uri.clone();
    *request.headers_mut() = asked.head.headers.clone();
    line.send_request(request).await.map_err(gone)
}
