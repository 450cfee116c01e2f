//! One window per profile: a second start asks the first to come to the front.
//!
//! The name of the local socket is a hash of the profile's folder. Whoever finds it can do no more than raise the
//! window.

use std::io::Write;
use std::path::Path;

use interprocess::local_socket::{GenericNamespaced, ListenerOptions, Name, Stream, ToNsName, prelude::*};
use tauri::AppHandle;

use crate::window;

/// Asks a running instance of this profile to show itself; whether there was one.
pub(crate) fn raise_running(profile: &Path) -> bool {
    let stream = name(profile).and_then(Stream::connect);
    stream.is_ok_and(|mut stream| stream.write_all(b"raise").is_ok())
}

/// Shows the window whenever another start asks.
pub(crate) fn listen(profile: &Path, app: AppHandle) {
    let listener = name(profile).and_then(|name| ListenerOptions::new().name(name).create_sync());
    match listener {
        Ok(listener) => {
            std::thread::spawn(move || {
                listener
                    .incoming()
                    .filter_map(Result::ok)
                    .for_each(|_| window::raise(&app))
            });
        }
        Err(error) => tracing::warn!(kind = ?error.kind(), "a second start will not find this window"),
    }
}

fn name(profile: &Path) -> std::io::Result<Name<'static>> {
    let profile = profile.canonicalize().unwrap_or_else(|_| profile.to_owned());
    let hash = blake3::derive_key(
        "nl.regie profile socket v1",
        profile.as_os_str().as_encoded_bytes(),
    );
    let short: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("nl.regie.{short}").to_ns_name::<GenericNamespaced>()
}
