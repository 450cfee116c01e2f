//! The server as a process of its own, asked over real HTTP.

mod admin;
mod instances;
mod openness;
mod running;
mod starting;
mod troubles;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use reqwest::blocking::{Client, ClientBuilder, Response};
use serde_json::Value;
use tempfile::TempDir;

/// What a server for others says of itself, with a proxy on this machine before it.
const PUBLIC: &str = r#"
[server]
listen = "127.0.0.1:0"
public_url = "https://regie.example.nl"
proxy = true

[operator]
name = "Regie bij Voorbeeld"
controller = { name = "Voorbeeld BV", post = "Straat 1\n1234 AB Plaats" }
privacy_officer = { name = "A. Jansen", email = "privacy@example.nl" }
complaints_officer = { name = "Klachtenbureau", phone = "+31 20 123 4567" }
security = { name = "Beheer", email = "security@example.nl" }

[[recipients]]
name = "Opslag & Zonen BV"
role = "processor"
purpose = { nl = "De machines", en = "The machines" }
agreement = { nl = "Verwerkersovereenkomst, 2026", en = "Processing agreement, 2026" }
country = "NL"
parent_country = "DE"
remote_access = ["NO"]

[regions]
storage = ["NL"]
backup = ["FI"]
"#;

/// A server that runs until it is dropped.
struct Server {
    child: Child,
    folder: TempDir,
    url: String,
    log: Arc<Mutex<Vec<String>>>,
    reading: Option<std::thread::JoinHandle<()>>,
}

/// The program, about to start in a folder.
fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_regie-server-story"));
    command.arg("--data").arg(folder.join("data"));
    command
}

fn write_configuration(folder: &Path, text: &str) -> PathBuf {
    let data = folder.join("data");
    fs::create_dir_all(&data).expect("a folder");
    let file = data.join("regie-server.toml");
    fs::write(&file, text).expect("writes");
    file
}

/// Starts with a configuration that is to be refused; what it said.
fn refused(text: &str, environment: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    write_configuration(folder.path(), text);
    let Output { status, stderr, .. } = program(folder.path())
        .envs(environment.iter().copied())
        .output()
        .expect("runs");
    let said = String::from_utf8(stderr).expect("text");
    assert!(!status.success(), "{said}");
    said
}

impl Server {
    fn start(text: &str) -> Self {
        Self::start_with(text, &[])
    }

    /// On a free port, unless the configuration or the environment says otherwise.
    fn start_with(text: &str, environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        if !text.is_empty() {
            write_configuration(folder.path(), text);
        }
        let mut child = program(folder.path())
            .env("REGIE__SERVER__LISTEN", "127.0.0.1:0")
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let log = Arc::new(Mutex::new(Vec::new()));
        let (sender, addresses) = mpsc::channel();
        let lines = Arc::clone(&log);
        let reading = std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let event: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"));
                if event["message"] == "listening" {
                    let _ = sender.send(event["address"].as_str().expect("an address").to_owned());
                }
                lines.lock().expect("lines").push(line);
            }
        });
        let Ok(address) = addresses.recv_timeout(Duration::from_secs(20)) else {
            let _ = child.kill();
            let mut said = String::new();
            let _ = child.stderr.take().expect("its errors").read_to_string(&mut said);
            panic!("it does not listen: {said} {log:?}");
        };
        Self {
            child,
            folder,
            url: format!("http://{address}"),
            log,
            reading: Some(reading),
        }
    }

    fn get(&self, path: &str) -> Response {
        self.get_with(path, &[])
    }

    fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        let request = client().get(format!("{}{path}", self.url));
        let request = headers
            .iter()
            .fold(request, |request, (name, value)| request.header(*name, *value));
        request.send().expect("an answer")
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let id = i32::try_from(self.child.id()).expect("an id");
        let process = rustix::process::Pid::from_raw(id).expect("a process");
        rustix::process::kill_process(process, signal).expect("signals");
    }

    /// Waits for its end.
    fn ended(&mut self, within: Duration) -> Option<ExitStatus> {
        let began = Instant::now();
        while began.elapsed() < within {
            if let Some(status) = self.child.try_wait().expect("a process") {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        None
    }

    /// Asks it to end; all that it wrote.
    fn stop(mut self) -> String {
        self.signal(rustix::process::Signal::TERM);
        assert!(self.ended(Duration::from_secs(5)).expect("ends").success());
        self.reading.take().expect("a reader").join().expect("reads");
        let mut said = String::new();
        let mut errors = self.child.stderr.take().expect("its errors");
        errors.read_to_string(&mut said).expect("text");
        said + &self.log.lock().expect("lines").join("\n")
    }

    /// The address that a line of the log names.
    fn address_of(&self, message: &str) -> String {
        let log = self.log.lock().expect("lines");
        let events = log
            .iter()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let mut found = events.filter(|event| event["message"] == message);
        let event = found.next().unwrap_or_else(|| panic!("no line {message}"));
        event["address"].as_str().expect("an address").to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client about to be made, with the one way to encrypt that is linked.
fn builder() -> ClientBuilder {
    let _installed_already = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy()
}

pub(crate) fn client() -> Client {
    builder().build().expect("a client")
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    let value = response
        .headers()
        .get(name)
        .unwrap_or_else(|| panic!("no {name}"));
    value.to_str().expect("text")
}
