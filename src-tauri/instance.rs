//! One window per profile: a second start asks the first to come to the front.
//!
//! The name of the local socket is a hash of the profile's folder, which other people on the computer can guess: both
//! sides look who the other is.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use interprocess::local_socket::{
    GenericNamespaced, Listener, ListenerOptions, Name, Stream, ToNsName, prelude::*,
};
use tauri::AppHandle;

use crate::window;

/// What a running instance says to whoever connects.
const HERE: &[u8] = b"!";
/// An instance that is ending still has its socket and no longer answers.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Asks a running instance of this profile to show itself; whether one answered.
pub(crate) fn raise_running(profile: &Path) -> bool {
    let answer = || {
        let mut stream = Stream::connect(name(profile)?)?;
        stream.set_recv_timeout(Some(PATIENCE))?;
        if !is_own(&stream) {
            return Err(std::io::ErrorKind::PermissionDenied.into());
        }
        stream.read_exact(&mut [0; HERE.len()])
    };
    answer().is_ok()
}

/// Shows the window whenever another start asks.
pub(crate) fn listen(profile: &Path, app: AppHandle) {
    match name(profile).and_then(|name| ListenerOptions::new().name(name).create_sync()) {
        Ok(listener) => {
            std::thread::spawn(move || answer(&listener, || window::raise(&app)));
        }
        Err(error) => tracing::warn!(kind = ?error.kind(), "a second start will not find this window"),
    }
}

/// Answers first: raising waits for the window, and whoever asks need not.
fn answer(listener: &Listener, raise: impl Fn()) {
    for mut stream in listener.incoming().filter_map(Result::ok).filter(is_own) {
        if let Err(error) = stream.write_all(HERE) {
            tracing::debug!(kind = ?error.kind(), "whoever asked is gone");
        }
        drop(stream);
        raise();
    }
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
        assert!(!raise_running(&folder), "nobody is there");
        let listener = ListenerOptions::new()
            .name(name(&folder).unwrap())
            .create_sync()
            .unwrap();
        assert!(!raise_running(&folder), "connected, and never answered");
        let (raised, raises) = channel();
        std::thread::spawn(move || answer(&listener, || raised.send(()).unwrap_or_default()));
        for _ in 0..200 {
            assert!(raise_running(&folder));
        }
        assert!(raises.iter().take(200).count() == 200);
    }
}
