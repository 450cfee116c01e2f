//! The main window: closed to everything but its own pages, and replaced whenever the vault locks.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use regie_client::{Client, Theme};
use regie_protocol::Language;
use tauri::{
    AppHandle, Manager, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent,
    webview::NewWindowResponse, window::Color,
};

use crate::capture;
use crate::graphics::draw_directly_without_a_card;
use crate::placement::{self, Moved};

const PREFIX: &str = "main-";
/// Closing again within this time is closing twice.
const TWICE: Duration = Duration::from_secs(10);
/// How long a page may take to keep what was typed last, in steps of 50 ms.
const KEEPING: u32 = 120;
/// A proxy that is not there: the app's own pages need no network, and hints such as `preconnect` are outside what
/// a content security policy governs.
const NOWHERE: &str = "http://127.0.0.1:1";
const PAPER_LIGHT: Color = Color(0xfb, 0xf8, 0xf3, 0xff);
const PAPER_DARK: Color = Color(0x12, 0x18, 0x15, 0xff);

/// Opens the main window.
pub(crate) fn open(app: &AppHandle) -> tauri::Result<()> {
    build(app, None).map(|_| ())
}

/// The main window, when there is one.
pub(crate) fn main(app: &AppHandle) -> Option<WebviewWindow> {
    app.webview_windows()
        .into_iter()
        .find(|(label, _)| label.starts_with(PREFIX))
        .map(|(_, window)| window)
}

/// Brings the main window to the front, or opens it again when Regie went on in the tray.
pub(crate) fn raise(app: &AppHandle) {
    let Some(window) = main(app) else {
        if let Err(error) = open(app) {
            tracing::warn!(%error, "the window could not be opened");
        }
        return;
    };
    let shown = window
        .unminimize()
        .and_then(|()| window.show())
        .and_then(|()| window.set_focus());
    if let Err(error) = shown {
        tracing::warn!(%error, "the window could not be raised");
    }
}

/// Replaces the window, and with it the web process, so that nothing that was on a screen stays in memory.
pub(crate) fn renew(app: &AppHandle) {
    let Some(old) = main(app) else { return };
    match build(app, Some(&old)) {
        Ok(new) => {
            if old.is_minimized().unwrap_or_default()
                && let Err(error) = new.minimize()
            {
                tracing::warn!(%error, "the window came back from the edge");
            }
            if let Err(error) = old.destroy() {
                tracing::error!(%error, "the old window stayed");
            }
        }
        Err(error) => {
            // Better no window than one that still shows what was locked.
            tracing::error!(%error, "the window could not be replaced");
            app.exit(1);
        }
    }
}

fn build(app: &AppHandle, old: Option<&WebviewWindow>) -> tauri::Result<WebviewWindow> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let label = format!("{PREFIX}{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let mut builder = closed(app, &label, "index.html")
        .initialization_script(crate::commands::start_script(&app.state()))
        .min_inner_size(360.0, 480.0);
    if let Some((size, position)) =
        old.and_then(|old| Some((old.inner_size().ok()?, old.outer_position().ok()?)))
    {
        let scale = old.and_then(|old| old.scale_factor().ok()).unwrap_or(1.0);
        let (size, position) = (size.to_logical::<f64>(scale), position.to_logical::<f64>(scale));
        builder = builder
            .inner_size(size.width, size.height)
            .position(position.x, position.y);
        if let Some(old) = old {
            // A lock while the person works elsewhere must not come to the front.
            builder = builder
                .maximized(old.is_maximized().unwrap_or_default())
                .focused(old.is_focused().unwrap_or(true));
        }
    } else {
        let (place, known) = placement::next(app);
        builder = builder
            .inner_size(place.width, place.height)
            .maximized(place.maximised);
        if known {
            builder = builder.position(place.x, place.y);
        }
    }
    let window = builder.build()?;
    capture::offer(&window);
    if !is_driven() {
        // A driven window could not be pictured then.
        draw_directly_without_a_card(&window);
    }
    let (closing, asked) = (window.clone(), Mutex::new(None));
    window.on_window_event(move |event| match event {
        WindowEvent::CloseRequested { api, .. } => {
            api.prevent_close();
            close_when_saved(&closing, &asked);
        }
        WindowEvent::Resized(_) | WindowEvent::Moved(_) => closing.state::<Moved>().note(),
        _ => {}
    });
    Ok(window)
}

/// A window that shows its own pages and nothing else, and keeps nothing on disk.
pub(crate) fn closed<'a>(
    app: &'a AppHandle,
    label: &str,
    page: &str,
) -> WebviewWindowBuilder<'a, tauri::Wry, AppHandle> {
    let dark = match app.state::<Arc<Client>>().appearance().theme {
        Theme::Dark => Some(true),
        Theme::Light => Some(false),
        Theme::System => None,
    };
    let builder = WebviewWindowBuilder::new(app, label, WebviewUrl::App(page.into()))
        .title(title(app))
        .background_color(if dark == Some(true) {
            PAPER_DARK
        } else {
            PAPER_LIGHT
        })
        .zoom_hotkeys_enabled(true)
        .disable_drag_drop_handler()
        .on_navigation(is_own_page)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_download(|_, _| false)
        .on_permission_request(|webview, kind| capture::answer(&webview, kind));
    let builder = match Url::parse(NOWHERE) {
        Ok(nowhere) if cfg!(feature = "custom-protocol") => builder.proxy_url(nowhere),
        _ => builder,
    };
    if is_driven() {
        // WebKitGTK offers automation only to the first web context that is not incognito.
        builder.data_directory(app.state::<Arc<Client>>().profile().join("webdriver"))
    } else {
        builder.incognito(true)
    }
}

/// Names the window by what it shows now.
pub(crate) fn name(window: &WebviewWindow) {
    if let Err(error) = window.set_title(title(window.app_handle())) {
        tracing::warn!(%error, "the window kept its name");
    }
}

/// While hidden, a name that says nothing.
fn title(app: &AppHandle) -> &'static str {
    let core = app.state::<Arc<Client>>();
    match (core.is_hidden(), core.language()) {
        (false, _) => "Regie",
        (true, Language::Nl) => "Klok",
        (true, Language::En) => "Clock",
    }
}

fn is_own_page(url: &Url) -> bool {
    let own = match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        "http" | "https" => url.host_str() == Some("tauri.localhost"),
        _ => false,
    };
    let development = cfg!(not(feature = "custom-protocol")) && url.host_str() == Some("localhost");
    own || development
}

fn is_driven() -> bool {
    cfg!(feature = "webdriver")
        && std::env::var("TAURI_WEBVIEW_AUTOMATION").is_ok_and(|value| value == "true")
}

/// Lets the page save what was typed last; it answers with the command `close_window`. Whoever closes twice means it.
fn close_when_saved(window: &WebviewWindow, asked: &Mutex<Option<Instant>>) {
    let before = asked
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .replace(Instant::now());
    let again = before.is_some_and(|before| before.elapsed() < TWICE);
    if again || !tell(window, "closing") {
        close(window);
    }
}

/// Ends the app once the page has kept what was typed last. Where that cannot be, the window says so; whoever quits twice
/// means it.
pub(crate) fn quit(app: &AppHandle) {
    static ASKED: Mutex<Option<Instant>> = Mutex::new(None);
    let before = ASKED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .replace(Instant::now());
    let again = before.is_some_and(|before| before.elapsed() < TWICE);
    let asked = !again && main(app).is_some_and(|window| tell(&window, "closing"));
    for _ in 0..KEEPING {
        if !asked || main(app).is_none() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    if asked && main(app).is_some() {
        raise(app);
        return;
    }
    crate::lock_core(app);
    app.exit(0);
}

/// Tells the page what is about to happen, so that it keeps first what was typed last; whether it could be told.
pub(crate) fn tell(window: &WebviewWindow, what: &str) -> bool {
    window
        .eval(format!("window.dispatchEvent(new Event('regie:{what}'))"))
        .is_ok()
}

/// Closes the window, and with it the app, unless that goes on in the tray; locked either way.
pub(crate) fn close(window: &WebviewWindow) {
    placement::remember(window.app_handle());
    crate::lock_core(window.app_handle());
    if let Err(error) = window.destroy() {
        tracing::debug!(%error, "the window was closed already");
    }
}

/// Turns spell checking on in a window, once. Loading the word lists takes half a second, so it waits for a screen on which
/// people write.
#[cfg(target_os = "linux")]
pub(crate) fn turn_spell_checking_on(window: &WebviewWindow) {
    use webkit2gtk::{WebContextExt, WebViewExt};
    let set = window.with_webview(|view| {
        if let Some(context) = view
            .inner()
            .context()
            .filter(|context| !context.is_spell_checking_enabled())
        {
            context.set_spell_checking_enabled(true);
            context.set_spell_checking_languages(&["nl_NL", "en_GB"]);
        }
    });
    if let Err(error) = set {
        tracing::warn!(%error, "no spell checking");
    }
}

/// Other platforms check spelling by themselves.
#[cfg(not(target_os = "linux"))]
pub(crate) fn turn_spell_checking_on(_: &WebviewWindow) {}
