//! Asking a server, with as little around it as may be: what the client costs weighs on ours and on the baseline alike.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::http::request::Builder;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use regie_protocol::account::{NonceResponse, header, path};
use regie_protocol::signed::{self, BodyHash, Nonce};
use regie_protocol::sync::{self, Wire};
use serde::{Serialize, de::DeserializeOwned};
use tokio::net::TcpSocket;
use tokio::sync::Barrier;

use super::running::{Person, runtime};

/// What is sent.
pub(crate) type Asked = Request<Full<Bytes>>;

/// One connection, kept.
pub(crate) struct Line(SendRequest<Full<Bytes>>);

impl Line {
    /// Connects from one of this machine's own addresses: each has limits of its own.
    pub(crate) async fn connect(address: SocketAddr, from: u32) -> anyhow::Result<Self> {
        let own = Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 1, 0, 1)) + from);
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddrV4::new(own, 0).into())?;
        let stream = socket.connect(address).await?;
        stream.set_nodelay(true)?;
        let (line, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self(line))
    }

    /// Sends; gives the answer's head as soon as it is there.
    pub(crate) async fn send(&mut self, request: Asked) -> anyhow::Result<Response<Incoming>> {
        self.0.ready().await?;
        let response = self.0.send_request(request).await?;
        let status = response.status();
        anyhow::ensure!(status.is_success(), "answered {status}");
        Ok(response)
    }

    /// Sends; gives the whole answer.
    pub(crate) async fn ask(&mut self, request: Asked) -> anyhow::Result<Bytes> {
        Ok(self.send(request).await?.into_body().collect().await?.to_bytes())
    }

    pub(crate) async fn post<R: DeserializeOwned>(
        &mut self,
        target: &str,
        body: &impl Serialize,
    ) -> anyhow::Result<R> {
        let request = Request::post(target)
            .header("host", "localhost")
            .header("content-type", "application/json")
            .body(Full::from(serde_json::to_vec(body)?))?;
        Ok(serde_json::from_slice(&self.ask(request).await?)?)
    }

    /// A request that the device of a person signs. It may be sent again: reading counts no numbers.
    pub(crate) async fn signed(&mut self, person: &Person, target: &str) -> anyhow::Result<Asked> {
        let nonce = self.nonce(person).await?;
        let request = Request::get(target).header("accept", "*/*");
        by(person, nonce, 1, request, ("GET", target), Bytes::new())
    }

    /// What the device of a person signs with its requests for some minutes.
    pub(crate) async fn nonce(&mut self, person: &Person) -> anyhow::Result<Nonce> {
        let device = BASE64URL_NOPAD.encode(&person.device);
        let get = Request::get(format!("{}?device={device}", path::NONCE))
            .header("host", "localhost")
            .body(Full::default())?;
        let answer: NonceResponse = serde_json::from_slice(&self.ask(get).await?)?;
        Ok(Nonce::from_bytes(&answer.nonce.0)?)
    }
}

/// A request that says something of syncing, signed.
pub(crate) fn saying(
    person: &Person,
    nonce: Nonce,
    number: u64,
    target: &str,
    said: &impl Wire,
) -> anyhow::Result<Asked> {
    let request = Request::post(target)
        .header("accept", sync::MEDIA_TYPE)
        .header("content-type", sync::MEDIA_TYPE);
    by(
        person,
        nonce,
        number,
        request,
        ("POST", target),
        said.to_bytes()?.into(),
    )
}

fn by(
    person: &Person,
    nonce: Nonce,
    number: u64,
    request: Builder,
    (method, target): (&str, &str),
    body: Bytes,
) -> anyhow::Result<Asked> {
    let (account, device) = person.ids();
    let said = signed::Request {
        method,
        target,
        body: BodyHash::of(&body),
        account,
        device,
        number,
        nonce,
    };
    let signature = said.sign(&person.key())?;
    Ok(request
        .header("host", "localhost")
        .header(header::ACCOUNT, BASE64URL_NOPAD.encode(&person.account))
        .header(header::DEVICE, BASE64URL_NOPAD.encode(&person.device))
        .header(header::NUMBER, number.to_string())
        .header(header::NONCE, BASE64URL_NOPAD.encode(&nonce.to_bytes()))
        .header(header::SIGNATURE, BASE64URL_NOPAD.encode(signature.as_bytes()))
        .body(Full::new(body))?)
}

/// Signs one request for each of these people at a server.
pub(crate) fn signed_by(address: SocketAddr, people: &[Person], target: &str) -> anyhow::Result<Vec<Asked>> {
    runtime()?.block_on(async {
        let mut line = Line::connect(address, 0).await?;
        let mut all = Vec::with_capacity(people.len());
        for person in people {
            all.push(line.signed(person, target).await?);
        }
        Ok(all)
    })
}

/// Every client asks again and again over a connection of its own; how long one request takes then, in microseconds.
pub(crate) fn under_load(
    address: SocketAddr,
    requests: &[Asked],
    asking: Duration,
    round: u32,
) -> anyhow::Result<f64> {
    let all = u32::try_from(requests.len())?;
    runtime()?.block_on(async {
        let together = Arc::new(Barrier::new(requests.len()));
        let clients = requests.iter().zip(0..).map(|(request, number)| {
            let (together, request) = (Arc::clone(&together), request.clone());
            tokio::spawn(async move {
                let mut line = Line::connect(address, round * all + number).await?;
                line.ask(request.clone()).await?;
                together.wait().await;
                let (began, mut answers) = (Instant::now(), 0_u32);
                while began.elapsed() < asking {
                    line.ask(request.clone()).await?;
                    answers += 1;
                }
                anyhow::Ok(f64::from(answers) / began.elapsed().as_secs_f64())
            })
        });
        let clients: Vec<_> = clients.collect();
        let mut in_a_second = 0.0;
        for client in clients {
            in_a_second += client.await.context("a client")??;
        }
        Ok(1e6 / in_a_second)
    })
}
