//! A platform that is not asked yet when it goes to sleep: the setting is not shown.

use tauri::AppHandle;

/// Never.
#[derive(Default)]
pub(crate) struct Told;

impl Told {
    #[expect(clippy::unused_self, reason = "as on the platforms that tell")]
    pub(crate) fn is_possible(&self) -> bool {
        false
    }
}

#[expect(clippy::needless_pass_by_value, reason = "as on the platforms that tell")]
pub(crate) fn listen(_: AppHandle) {}
