//! The thread that talks.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use regie_protocol::{Problem, account::header};
use reqwest::{Client, Method as Verb, Response, Url, header as names, redirect};
use tokio::sync::{Notify, mpsc as channel};

use super::{Answer, Failure, LARGEST_ANSWER, Method, Outgoing, live};

const CONNECTING: Duration = Duration::from_secs(10);
const ANSWERING: Duration = Duration::from_secs(30);
/// It says what is spoken, and not by which version or on what.
const NAME: &str = "Regie";

/// A thread with a runtime of its own, for as long as it is held.
#[derive(Debug)]
pub(super) struct Worker {
    calls: channel::UnboundedSender<Call>,
    stopping: Arc<Notify>,
}

struct Call {
    url: Url,
    request: Outgoing,
    reply: mpsc::SyncSender<Result<Answer, Failure>>,
}

impl Worker {
    /// Begins; nothing where the system gives no thread.
    pub(super) fn begin() -> Option<Self> {
        let (calls, mut waiting) = channel::unbounded_channel::<Call>();
        let stopping = Arc::new(Notify::new());
        let stop = Arc::clone(&stopping);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .ok()?;
        let run = move || {
            let client = client();
            runtime.block_on(async {
                while let Some(call) = waiting.recv().await {
                    let answer = match &client {
                        Some(client) => {
                            tokio::select! {
                                () = stop.notified() => Err(Failure::Stopped),
                                answer = exchange(client, call.url, call.request, &stop) => answer,
                            }
                        }
                        None => Err(Failure::Unreachable),
                    };
                    // Whoever asked may be gone.
                    let _ = call.reply.send(answer);
                }
            });
        };
        std::thread::Builder::new()
            .name("regie-net".into())
            .spawn(run)
            .ok()?;
        Some(Self { calls, stopping })
    }

    pub(super) fn send(&self, url: Url, request: &Outgoing) -> Result<Answer, Failure> {
        let answer = self.call(url, request).ok_or(Failure::Unreachable)?;
        answer.recv().map_err(|_| Failure::Unreachable)?
    }

    /// Nobody waits for what comes of it.
    pub(super) fn tell(&self, url: Url, request: &Outgoing) {
        drop(self.call(url, request));
    }

    fn call(&self, url: Url, request: &Outgoing) -> Option<mpsc::Receiver<Result<Answer, Failure>>> {
        let (reply, answer) = mpsc::sync_channel(1);
        let call = Call {
            url,
            request: request.clone(),
            reply,
        };
        self.calls.send(call).ok().map(|()| answer)
    }

    pub(super) fn stop(&self) {
        self.stopping.notify_waiters();
    }
}

fn client() -> Option<Client> {
    Client::builder()
        .tls_backend_preconfigured(tls()?)
        .user_agent(NAME)
        .no_proxy()
        .redirect(redirect::Policy::none())
        .referer(false)
        .http1_only()
        .connect_timeout(CONNECTING)
        .timeout(ANSWERING)
        .pool_idle_timeout(Duration::from_secs(20))
        .build()
        .ok()
}

/// The roots of the system, checked here: a system's own check may ask others about a certificate.
fn tls() -> Option<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .ok()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Some(config)
}

async fn exchange(
    client: &Client,
    url: Url,
    request: Outgoing,
    stop: &Arc<Notify>,
) -> Result<Answer, Failure> {
    let verb = match request.method {
        Method::Get => Verb::GET,
        Method::Post => Verb::POST,
    };
    let accepted = if request.streams {
        live::EVENTS
    } else {
        request.media
    };
    let mut outgoing = client.request(verb, url).header(names::ACCEPT, accepted);
    if request.streams {
        outgoing = outgoing.timeout(live::LONGEST);
    }
    if request.method == Method::Post {
        outgoing = outgoing
            .header(names::CONTENT_TYPE, request.media)
            .body(request.body);
    }
    for (name, value) in request.headers {
        outgoing = outgoing.header(name, value);
    }
    // Also of a stream the head has to come in time.
    let sent = tokio::time::timeout(ANSWERING, outgoing.send());
    match sent.await.map_err(|_| Failure::Lost)? {
        Ok(response) => {
            let answered = answer(response, request.streams.then_some(stop));
            tokio::time::timeout(ANSWERING, answered)
                .await
                .map_err(|_| Failure::Lost)?
        }
        Err(error) if error.is_connect() => Err(Failure::Unreachable),
        Err(_) => Err(Failure::Lost),
    }
}

async fn answer(mut response: Response, streams: Option<&Arc<Notify>>) -> Result<Answer, Failure> {
    let text = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
    let nonce =
        text(header::NONCE).and_then(|value| data_encoding::BASE64URL_NOPAD.decode(value.as_bytes()).ok());
    let wait_seconds = text("retry-after")
        .and_then(|value| value.parse().ok())
        .unwrap_or(60);
    let kind = text("content-type").unwrap_or_default();
    let is_problem = kind.starts_with(Problem::MEDIA_TYPE);
    let is_stream = kind.starts_with(live::EVENTS);
    let status = response.status().as_u16();
    if let (200, true, Some(stop)) = (status, is_stream, streams) {
        return Ok(Answer {
            status,
            nonce,
            wait_seconds,
            is_problem: false,
            body: Vec::new(),
            line: Some(live::follow(response, Arc::clone(stop))),
        });
    }
    let told = response.content_length().unwrap_or_default();
    let mut body = Vec::with_capacity(usize::try_from(told).unwrap_or(usize::MAX).min(LARGEST_ANSWER));
    while let Some(piece) = response.chunk().await.map_err(|_| Failure::Lost)? {
        if body.len().saturating_add(piece.len()) > LARGEST_ANSWER {
            return Err(Failure::TooMuch);
        }
        body.extend_from_slice(&piece);
    }
    Ok(Answer {
        status,
        nonce,
        wait_seconds,
        is_problem,
        body,
        line: None,
    })
}
