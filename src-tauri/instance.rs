//! One window per profile: a second start asks the first to come to the front, and hands on the link that it was started with.
//!
//! The name of the local socket is a hash of the profile's folder, which other people on the computer can guess: both
//! sides look who the other is.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use interprocess::local_socket::{
    GenericNamespaced, Listener, ListenerOptions, Name, Stream, ToNsName, prelude::*,
};
use regie_client::Client;
use tauri::{AppHandle, Manager};

use crate::window;

/// What a running instance says to whoever connects.
const HERE: &[u8] = b"!";
/// An instance that is ending still has its socket and no longer answers.
const PATIENCE: Duration = Duration::from_millis(1500);

/// How long whoever asks may take to say with which link.
const BRIEF: Duration = Duration::from_millis(500);
/// More than any link of ours has. What is longer is cut, and refused as what it is.
const LONGEST: u64 = 2048;

/// Asks a running instance of this profile to show itself, and to take a link where there is one; whether one answered.
pub(crate) fn raise_running(profile: &Path, link: Option<&str>) -> bool {
    let answer = || -> std::io::Result<()> {
        let mut stream = Stream::connect(name(profile)?)?;
        stream.set_recv_timeout(Some(PATIENCE))?;
        if !is_own(&stream) {
            return Err(std::io::ErrorKind::PermissionDenied.into());
        }
        stream.read_exact(&mut [0; HERE.len()])?;
        // It is running all the same when it hangs up now.
        if let Err(error) = stream.write_all(link.unwrap_or_default().as_bytes()) {
            tracing::debug!(kind = ?error.kind(), "the link was not handed on");
        }
        Ok(())
    };
    answer().is_ok()
}

/// Shows the window whenever another start asks, and keeps the link that it brings.
pub(crate) fn listen(profile: &Path, app: AppHandle) {
    match name(profile).and_then(|name| ListenerOptions::new().name(name).create_sync()) {
        Ok(listener) => {
            std::thread::spawn(move || answer(&listener, |link| called(&app, link.as_deref())));
        }
        Err(error) => tracing::warn!(kind = ?error.kind(), "a second start will not find this window"),
    }
}

fn called(app: &AppHandle, link: Option<&str>) {
    if let Some(link) = link {
        app.state::<Arc<Client>>().hand_link(link);
    }
    window::raise(app);
    if link.is_some()
        && let Some(page) = window::main(app)
    {
        window::tell(&page, "link");
    }
}

/// Answers first: raising waits for the window, and whoever asks need not.
fn answer(listener: &Listener, called: impl Fn(Option<String>)) {
    for mut stream in listener.incoming().filter_map(Result::ok).filter(is_own) {
        if let Err(error) = stream.write_all(HERE) {
            tracing::debug!(kind = ?error.kind(), "whoever asked is gone");
        }
        let link = read_link(&mut stream);
        drop(stream);
        called(link);
    }
}

/// The link that a start brings, however hostile; `None` where it brings none.
fn read_link(stream: &mut Stream) -> Option<String> {
    let mut bytes = Vec::new();
    let read = stream
        .set_recv_timeout(Some(BRIEF))
        .and_then(|()| stream.take(LONGEST).read_to_end(&mut bytes).map(|_| ()));
    if let Err(error) = read {
        tracing::debug!(kind = ?error.kind(), "whoever asked said nothing more");
    }
    (!bytes.is_empty()).then(|| String::from_utf8_lossy(&bytes).into_owned())
}

/// Whether the other side is a program of the same person.
#[cfg(unix)]
fn is_own(stream: &Stream) -> bool {
    let me = rustix::process::geteuid().as_raw();
    stream.peer_creds().is_ok_and(|peer| peer.euid() == Some(me))
}

/// Named pipes are open to their maker alone.
#[cfg(not(unix))]
fn is_own(_: &Stream) -> bool {
    true
}

fn name(profile: &Path) -> std::io::Result<Name<'static>> {
    let short = mark_of(profile, "nl.regie profile socket v1", 16);
    format!("nl.regie.{short}").to_ns_name::<GenericNamespaced>()
}

/// A few letters by which one profile is told from another outside it.
pub(crate) fn mark(profile: &Path) -> String {
    mark_of(profile, "nl.regie profile mark v1", 4)
}

fn mark_of(profile: &Path, context: &str, bytes: usize) -> String {
    let profile = canonical(profile);
    let hash = blake3::derive_key(context, profile.as_os_str().as_encoded_bytes());
    hash.iter()
        .take(bytes)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// As `canonicalize`, also for a folder that is yet to be made.
fn canonical(path: &Path) -> PathBuf {
    path.canonicalize()
        .unwrap_or_else(|_| match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) => canonical(parent).join(name),
            _ => path.to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn a_running_instance_answers_every_start_and_one_that_hangs_is_not_running() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("profile");
        assert!(!raise_running(&folder, None), "nobody is there");
        let listener = ListenerOptions::new()
            .name(name(&folder).unwrap())
            .create_sync()
            .unwrap();
        assert!(!raise_running(&folder, None), "connected, and never answered");
        let (raised, raises) = channel();
        std::thread::spawn(move || answer(&listener, |link| raised.send(link).unwrap_or_default()));
        for _ in 0..200 {
            assert!(raise_running(&folder, None));
        }
        assert!(raises.iter().take(200).all(|link| link.is_none()));

        // A link comes along whole, and what is longer than any of ours is cut.
        let link = "regie://join?server=https%3A%2F%2Fregie.example&code=ABCD";
        assert!(raise_running(&folder, Some(link)));
        // Who hung up unanswered is called first.
        assert_eq!(raises.iter().flatten().next().as_deref(), Some(link));
        assert!(raise_running(&folder, Some(&"regie:".repeat(10_000))));
        let cut = raises.recv().unwrap().unwrap();
        assert_eq!(cut.len(), 2048);
        // Whoever connects and says nothing keeps nobody waiting for long.
        let mut silent = Stream::connect(name(&folder).unwrap()).unwrap();
        silent.read_exact(&mut [0; HERE.len()]).unwrap();
        assert_eq!(raises.recv().unwrap(), None);
        drop(silent);
    }
}
