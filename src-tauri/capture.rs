//! Camera and microphone. A page gets either alone, once for each press, and soon after it: the camera to look for a code, the microphone to record
//! what is said.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tauri::{
    Manager, Webview, WebviewWindow,
    webview::{PermissionKind, PermissionResponse},
};

/// So long after the press the page may ask.
const SOON: Duration = Duration::from_secs(10);

/// Whether there is a way to them here. Elsewhere than on Linux it was never tried, and macOS ends programs that ask for one without having said so
/// beforehand.
pub(crate) const fn is_possible() -> bool {
    cfg!(target_os = "linux")
}

/// What a page may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Device {
    Camera,
    Microphone,
}

/// For what the person pressed, in which window, and when; for one asking.
#[derive(Default)]
pub(crate) struct Permit(Mutex<Option<(Device, String, Instant)>>);

impl Permit {
    /// The window may ask once.
    pub(crate) fn give(&self, device: Device, window: &str) {
        self.set(Some((device, window.to_owned(), Instant::now())));
    }

    fn set(&self, permit: Option<(Device, String, Instant)>) -> Option<(Device, String, Instant)> {
        std::mem::replace(
            &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner),
            permit,
        )
    }

    /// Whether this window may have it; nobody may have anything afterwards. A window that was locked has another name.
    fn take(&self, device: Device, window: &str) -> bool {
        self.set(None).is_some_and(|(given, pressed, when)| {
            given == device && pressed == window && when.elapsed() < SOON
        })
    }
}

/// What a page is told that asks for something of the computer: no, but for what was pressed for. Only own pages are ever loaded, and none in a
/// frame, so that it is known who asks. Who asks for both at once gets neither.
pub(crate) fn answer(webview: &Webview, kind: PermissionKind) -> PermissionResponse {
    said(&webview.state::<Permit>(), webview.label(), kind)
}

fn said(permit: &Permit, window: &str, kind: PermissionKind) -> PermissionResponse {
    let device = match kind {
        PermissionKind::Camera => Device::Camera,
        PermissionKind::Microphone => Device::Microphone,
        _ => return PermissionResponse::Deny,
    };
    if is_possible() && permit.take(device, window) {
        PermissionResponse::Allow
    } else {
        PermissionResponse::Deny
    }
}

/// Lets the web view know cameras and microphones. A driven one can be given made-up ones.
#[cfg(target_os = "linux")]
pub(crate) fn offer(window: &WebviewWindow) {
    use webkit2gtk::{SettingsExt, WebViewExt};
    let set = window.with_webview(|view| {
        if let Some(settings) = WebViewExt::settings(&view.inner()) {
            settings.set_enable_media_stream(true);
            #[cfg(feature = "webdriver")]
            settings.set_enable_mock_capture_devices(std::env::var_os("REGIE_MADE_UP_DEVICES").is_some());
        }
    });
    if let Err(error) = set {
        tracing::warn!(%error, "no camera and no microphone");
    }
}

/// Nothing to be done where it is not offered.
#[cfg(not(target_os = "linux"))]
pub(crate) fn offer(_: &WebviewWindow) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_press_is_good_for_one_asking_in_its_own_window_and_not_for_long() {
        let permit = Permit::default();
        for device in [Device::Camera, Device::Microphone] {
            assert!(!permit.take(device, "main-0"), "nobody pressed");
            permit.give(device, "main-0");
            assert!(permit.take(device, "main-0"));
            assert!(!permit.take(device, "main-0"), "once");
            permit.give(device, "main-0");
            assert!(!permit.take(device, "main-1"), "another window");
            assert!(!permit.take(device, "main-0"), "and then it is over");
            permit.set(
                Instant::now()
                    .checked_sub(SOON)
                    .map(|then| (device, "main-0".to_owned(), then)),
            );
            assert!(!permit.take(device, "main-0"), "too late");
        }
    }

    #[test]
    fn a_page_gets_what_was_pressed_for_and_nothing_else_ever() {
        let permit = Permit::default();
        let allowed = |kind| matches!(said(&permit, "main-0", kind), PermissionResponse::Allow);
        let both = [
            (Device::Camera, PermissionKind::Camera, PermissionKind::Microphone),
            (
                Device::Microphone,
                PermissionKind::Microphone,
                PermissionKind::Camera,
            ),
        ];
        for (device, own, other) in both {
            assert!(!allowed(own), "nobody pressed");
            permit.give(device, "main-0");
            for kind in [
                PermissionKind::DisplayCapture,
                PermissionKind::Geolocation,
                PermissionKind::Notifications,
                PermissionKind::ClipboardRead,
                PermissionKind::Other,
            ] {
                assert!(!allowed(kind));
            }
            assert_eq!(allowed(own), is_possible());
            assert!(!allowed(own), "once");
            permit.give(device, "main-0");
            assert!(!allowed(other), "the other one");
            assert!(!allowed(own), "nor this one, once the other was asked for");
        }
    }
}
