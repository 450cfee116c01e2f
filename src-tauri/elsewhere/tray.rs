//! A platform on which Regie has no icon in the tray yet: the setting is not shown.

use tauri::AppHandle;

/// Never one.
#[derive(Default)]
pub(crate) struct Tray;

impl Tray {
    #[expect(clippy::unused_self, reason = "as on the platforms that have one")]
    pub(crate) fn is_shown(&self) -> bool {
        false
    }

    #[expect(clippy::unused_self, reason = "as on the platforms that have one")]
    pub(crate) fn show(&self, _: &AppHandle, wanted: bool) -> bool {
        !wanted
    }

    #[expect(clippy::unused_self, reason = "as on the platforms that have one")]
    pub(crate) fn speak(&self) {}
}

pub(crate) fn is_possible() -> bool {
    false
}
