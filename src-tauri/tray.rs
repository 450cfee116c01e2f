//! The icon in the tray: Regie goes on there, locked, when its window closes.

use std::sync::{Arc, Mutex, PoisonError};

use ksni::blocking::{Handle, TrayMethods};
use ksni::menu::StandardItem;
use ksni::{Category, Icon, MenuItem};
use regie_client::Client;
use regie_protocol::Text;
use tauri::{AppHandle, Manager, image::Image};

use crate::{bus, window};

const ICON: Image<'_> = tauri::include_image!("icons/32x32.png");
const OPEN: Text = Text {
    nl: "Regie openen",
    en: "Open Regie",
};
const QUIT: Text = Text {
    nl: "Regie afsluiten",
    en: "Quit Regie",
};

/// The icon, while there is one.
#[derive(Default)]
pub(crate) struct Tray(Mutex<Option<Handle<InTray>>>);

impl Tray {
    pub(crate) fn is_shown(&self) -> bool {
        let place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        place.as_ref().is_some_and(|handle| !handle.is_closed())
    }

    /// Shows or takes away the icon; whether it is as wanted.
    pub(crate) fn show(&self, app: &AppHandle, wanted: bool) -> bool {
        let shown = self.is_shown();
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if wanted && !shown {
            *place = InTray(app.clone()).spawn().ok();
            place.is_some()
        } else {
            if !wanted && let Some(handle) = place.take() {
                handle.shutdown().wait();
            }
            true
        }
    }

    /// Writes the menu anew, in the language now in use.
    pub(crate) fn speak(&self) {
        let place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = place.as_ref() {
            handle.update(|_| {});
        }
    }
}

/// Whether this desktop has a tray.
pub(crate) fn is_possible() -> bool {
    bus::offers("org.kde.StatusNotifierWatcher")
}

pub(crate) struct InTray(AppHandle);

impl InTray {
    fn word(&self, text: Text) -> String {
        let language = self.0.state::<Arc<Client>>().language();
        text.in_language(language).into()
    }

    /// Windows and locking take a while; the bus does not wait for them.
    fn act(&self, act: impl FnOnce(&AppHandle) + Send + 'static) {
        let app = self.0.clone();
        std::thread::spawn(move || act(&app));
    }
}

impl ksni::Tray for InTray {
    fn id(&self) -> String {
        "nl.regie.app".into()
    }

    fn title(&self) -> String {
        "Regie".into()
    }

    fn category(&self) -> Category {
        Category::ApplicationStatus
    }

    fn icon_pixmap(&self) -> Vec<Icon> {
        let size = |pixels| i32::try_from(pixels).unwrap_or_default();
        let mut data = ICON.rgba().to_vec();
        for pixel in data.chunks_exact_mut(4) {
            // RGBA to ARGB.
            pixel.rotate_right(1);
        }
        vec![Icon {
            width: size(ICON.width()),
            height: size(ICON.height()),
            data,
        }]
    }

    fn activate(&mut self, _: i32, _: i32) {
        self.act(window::raise);
    }

    fn menu(&self) -> Vec<MenuItem<Self>> {
        let open = StandardItem {
            label: self.word(OPEN),
            activate: Box::new(|tray: &mut Self| tray.act(window::raise)),
            ..StandardItem::default()
        };
        let quit = StandardItem {
            label: self.word(QUIT),
            activate: Box::new(|tray: &mut Self| tray.act(window::quit)),
            ..StandardItem::default()
        };
        vec![open.into(), quit.into()]
    }
}
