//! Reminders through the platform's notifications: always the same few words, whatever is due.

use std::sync::Arc;

use notify_rust::Notification;
use regie_client::Client;
use tauri::{AppHandle, Manager};

/// Shows what is due, if anything.
pub(crate) fn look(app: &AppHandle) {
    // What cannot be shown now is not to count as given.
    if !is_possible() {
        return;
    }
    match app.state::<Arc<Client>>().remind() {
        Ok(Some(words)) => show(app.clone(), words),
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "what is due could not be noted, so nothing is shown"),
    }
}

/// Whether this platform shows notifications.
#[cfg(target_os = "linux")]
pub(crate) fn is_possible() -> bool {
    crate::bus::offers("org.freedesktop.Notifications")
}

/// Whether this platform shows notifications.
#[cfg(not(target_os = "linux"))]
pub(crate) fn is_possible() -> bool {
    true
}

fn show(app: AppHandle, words: &'static str) {
    std::thread::spawn(move || {
        let mut notification = Notification::new();
        notification.appname("Regie").summary("Regie").body(words);
        #[cfg(target_os = "linux")]
        notification.action("default", "Regie");
        match notification.show() {
            #[cfg(target_os = "linux")]
            Ok(shown) => shown.wait_for_action(|action| {
                if action == "default" {
                    crate::window::raise(&app);
                }
            }),
            #[cfg(not(target_os = "linux"))]
            Ok(_) => drop(app),
            Err(_) => tracing::warn!("the platform did not show a reminder"),
        }
    });
}
