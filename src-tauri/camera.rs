//! The camera, which a page gets only to look for a code: the picture without the sound, once for each press, and soon after it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tauri::{
    Manager, Webview, WebviewWindow,
    webview::{PermissionKind, PermissionResponse},
};

/// So long after the press the page may ask for it.
const SOON: Duration = Duration::from_secs(10);

/// Whether there is a way to the camera here. Elsewhere than on Linux it was never tried, and macOS ends programs that ask for one without having
/// said so beforehand.
pub(crate) const fn is_possible() -> bool {
    cfg!(target_os = "linux")
}

/// The window in which the person pressed, and when; for one asking.
#[derive(Default)]
pub(crate) struct Permit(Mutex<Option<(String, Instant)>>);

impl Permit {
    /// The window may ask once.
    pub(crate) fn give(&self, window: &str) {
        self.set(Some((window.to_owned(), Instant::now())));
    }

    fn set(&self, permit: Option<(String, Instant)>) -> Option<(String, Instant)> {
        std::mem::replace(
            &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner),
            permit,
        )
    }

    /// Whether this window may have it; nobody may afterwards. A window that was locked has another name.
    fn take(&self, window: &str) -> bool {
        self.set(None)
            .is_some_and(|(pressed, when)| pressed == window && when.elapsed() < SOON)
    }
}

/// What a page is told that asks for something of the computer: no, but for the camera where it was pressed for. Only own pages are ever loaded,
/// and none in a frame, so that it is known who asks.
pub(crate) fn answer(webview: &Webview, kind: PermissionKind) -> PermissionResponse {
    said(&webview.state::<Permit>(), webview.label(), kind)
}

fn said(permit: &Permit, window: &str, kind: PermissionKind) -> PermissionResponse {
    if matches!(kind, PermissionKind::Camera) && is_possible() && permit.take(window) {
        PermissionResponse::Allow
    } else {
        PermissionResponse::Deny
    }
}

/// Lets the web view know cameras. A driven one can be given a made-up camera.
#[cfg(target_os = "linux")]
pub(crate) fn offer(window: &WebviewWindow) {
    use webkit2gtk::{SettingsExt, WebViewExt};
    let set = window.with_webview(|view| {
        if let Some(settings) = WebViewExt::settings(&view.inner()) {
            settings.set_enable_media_stream(true);
            #[cfg(feature = "webdriver")]
            settings.set_enable_mock_capture_devices(std::env::var_os("REGIE_MADE_UP_CAMERA").is_some());
        }
    });
    if let Err(error) = set {
        tracing::warn!(%error, "no camera");
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
        assert!(!permit.take("main-0"), "nobody pressed");
        permit.give("main-0");
        assert!(permit.take("main-0"));
        assert!(!permit.take("main-0"), "once");
        permit.give("main-0");
        assert!(!permit.take("main-1"), "another window");
        assert!(!permit.take("main-0"), "and then it is over");
        permit.set(
            Instant::now()
                .checked_sub(SOON)
                .map(|then| ("main-0".to_owned(), then)),
        );
        assert!(!permit.take("main-0"), "too late");
    }

    #[test]
    fn a_page_gets_the_camera_after_a_press_and_nothing_else_ever() {
        let permit = Permit::default();
        let allowed = |kind| matches!(said(&permit, "main-0", kind), PermissionResponse::Allow);
        assert!(!allowed(PermissionKind::Camera), "nobody pressed");
        permit.give("main-0");
        for kind in [
            PermissionKind::Microphone,
            PermissionKind::DisplayCapture,
            PermissionKind::Geolocation,
            PermissionKind::Notifications,
            PermissionKind::ClipboardRead,
            PermissionKind::Other,
        ] {
            assert!(!allowed(kind));
        }
        assert_eq!(allowed(PermissionKind::Camera), is_possible());
        assert!(!allowed(PermissionKind::Camera), "once");
    }
}
