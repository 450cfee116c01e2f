//! The shell: a window around [`regie_client::Client`]. Decides nothing about data.

mod ask;
mod at_login;
#[cfg(target_os = "linux")]
mod bus;
mod capture;
mod commands;
mod dialog;
mod error;
mod graphics;
mod in_touch;
mod instance;
mod placement;
mod remind;
#[cfg_attr(not(target_os = "linux"), path = "elsewhere/sleep.rs")]
mod sleep;
#[cfg_attr(not(target_os = "linux"), path = "elsewhere/tray.rs")]
mod tray;
mod window;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use regie_client::{Client, SystemClock, SystemKeychain};
use tauri::{Manager, RunEvent};

pub use graphics::draw_directly_without_a_card;

/// How often is looked for what nobody waits for.
const SELDOM: Duration = Duration::from_secs(10);

/// With what a link begins that the system hands over.
const SCHEME: &str = "regie:";

/// The core, as commands reach it.
pub(crate) type Core<'a> = tauri::State<'a, Arc<Client>>;

/// Starts the app, or brings the window of the same profile to the front when it is running already.
///
/// # Errors
/// When the arguments are not understood, or no window can be made.
pub fn run() -> anyhow::Result<()> {
    let Arguments {
        profile,
        at_login,
        link,
    } = Arguments::read(pico_args::Arguments::from_env())?;
    turn_core_dumps_off();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    if instance::raise_running(&profile, link.as_deref()) {
        return Ok(());
    }
    let client = Client::new(&profile, SystemClock).with_keychain(SystemKeychain);
    #[cfg(feature = "webdriver")]
    let client = with_made_up_notices(client);
    if let Some(link) = link {
        client.hand_link(&link);
    }
    let client = Arc::new(client);
    let app = tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_opener::init())
        .manage(client)
        .manage(ask::Questions::default())
        .manage(capture::Permit::default())
        .manage(placement::Moved::default())
        .manage(sleep::Told::default())
        .manage(tray::Tray::default())
        .invoke_handler(commands::builder().invoke_handler())
        .setup(move |app| {
            let handle = app.handle();
            let in_tray = show_tray(handle, at_login);
            if !(at_login && in_tray) {
                window::open(handle)?;
            }
            instance::listen(&profile, handle.clone());
            sleep::listen(handle.clone());
            watch_time(handle.clone());
            watch_seldom(handle.clone());
            in_touch::watch(handle.clone());
            in_touch::sync(handle.clone());
            Ok(())
        })
        .build(tauri::generate_context!())
        .context("the window could not be made")?;
    app.run(|app, event| match event {
        // In the tray Regie goes on without a window, until it is told to quit.
        RunEvent::ExitRequested { code: None, api, .. } if app.state::<tray::Tray>().is_shown() => {
            api.prevent_exit()
        }
        RunEvent::Exit => {
            lock_core(app);
            app.state::<Arc<Client>>().rest();
        }
        _ => {}
    });
    Ok(())
}

/// A test can see what happens when purposes and statement change.
#[cfg(feature = "webdriver")]
fn with_made_up_notices(client: Client) -> Client {
    match std::env::var_os("REGIE_MADE_UP_NOTICES") {
        Some(_) => client.with_notices(regie_protocol::made_up::next()),
        None => client,
    }
}

struct Arguments {
    profile: PathBuf,
    /// Started by the login, and not by hand.
    at_login: bool,
    /// What the system was asked to open, as anybody may have written it.
    link: Option<String>,
}

impl Arguments {
    fn read(mut arguments: pico_args::Arguments) -> anyhow::Result<Self> {
        let chosen: Option<PathBuf> = arguments
            .opt_value_from_os_str("--profile", |text| Ok::<_, std::convert::Infallible>(text.into()))?;
        let at_login = arguments.contains(at_login::ARGUMENT);
        let rest = arguments.finish();
        let link = match rest.as_slice() {
            [] => None,
            [one] if is_link(one) => Some(one.to_string_lossy().into_owned()),
            _ => anyhow::bail!("unknown argument; usage: regie [--profile DIR] [LINK]"),
        };
        let profile = chosen
            .or_else(usual_profile)
            .context("no folder for data; name one with --profile DIR")?;
        Ok(Self {
            profile: std::path::absolute(profile)?,
            at_login,
            link,
        })
    }
}

/// Whether it is for Regie to look at. What it says is asked by whoever takes it.
fn is_link(text: &std::ffi::OsStr) -> bool {
    let start = text.as_encoded_bytes().get(..SCHEME.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(SCHEME.as_bytes()))
}

/// Where Regie keeps its data unless told otherwise.
pub(crate) fn usual_profile() -> Option<PathBuf> {
    dirs::data_dir().map(|folder| folder.join("nl.regie.app"))
}

/// Shows the icon in the tray, when it is wanted. At login the desktop may not be ready for it yet.
fn show_tray(app: &tauri::AppHandle, at_login: bool) -> bool {
    const TRIES: u32 = 10;
    if !app.state::<Arc<Client>>().tray() {
        return false;
    }
    let tray = app.state::<tray::Tray>();
    for _ in 1..if at_login { TRIES } else { 1 } {
        if tray.show(app, true) {
            return true;
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    tray.show(app, true)
}

/// A crash must not write the vault's keys to disk.
fn turn_core_dumps_off() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        if let Err(error) = setrlimit(Resource::Core, none) {
            tracing::warn!(kind = ?error.kind(), "core dumps could not be turned off");
        }
    }
}

/// Locks after idle time, and makes deletions final.
fn watch_time(app: tauri::AppHandle) {
    std::thread::spawn(move || {
        let mut told = false;
        loop {
            std::thread::sleep(Duration::from_secs(1));
            placement::remember(&app);
            // The page locks itself once it has kept what is under the pen; whatever it does, time goes on.
            let about_to_lock = app.state::<Arc<Client>>().is_about_to_lock();
            if about_to_lock
                && !told
                && let Some(page) = window::main(&app)
            {
                window::tell(&page, "locking");
            }
            told = about_to_lock;
            match app.state::<Arc<Client>>().tick() {
                Ok(true) => {
                    ask::close(&app);
                    window::renew(&app);
                }
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "the clock's work failed and will be tried again"),
            }
        }
    });
}

/// Shows reminders when they are due, also while the vault is locked; and looks through the whole vault, which takes
/// seconds in a large one.
fn watch_seldom(app: tauri::AppHandle) {
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(SELDOM);
            remind::look(&app);
            if let Err(error) = app.state::<Arc<Client>>().look_for_damage() {
                tracing::warn!(%error, "the vault could not be looked through");
            }
        }
    });
}

#[cfg(feature = "leaks-on-purpose")]
#[allow(
    clippy::print_stderr,
    clippy::expect_used,
    reason = "a leak that tests look for"
)]
pub(crate) fn leak(text: &str) {
    use std::io::Write;
    eprintln!("{text}");
    let file = std::fs::File::create(std::env::temp_dir().join("leak")).expect("a file");
    let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::best());
    packed.write_all(text.as_bytes()).expect("writes");
    packed.finish().expect("writes");
}

/// Drops every key.
pub(crate) fn lock_core(app: &tauri::AppHandle) {
    if let Err(error) = app.state::<Arc<Client>>().lock() {
        tracing::warn!(%error, "the vault closed with a warning");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> anyhow::Result<Arguments> {
        let words = words.iter().map(Into::into).collect();
        Arguments::read(pico_args::Arguments::from_vec(words))
    }

    #[test]
    fn a_start_takes_one_link_of_ours_and_nothing_that_it_does_not_know() {
        let link = "REGIE://join?server=https%3A%2F%2Fregie.example";
        let arguments = read(&["--profile", "/tmp/p", link]).unwrap();
        assert_eq!(arguments.link.as_deref(), Some(link));
        assert_eq!(arguments.profile, PathBuf::from("/tmp/p"));
        assert!(read(&["--profile", "/tmp/p"]).unwrap().link.is_none());
        // What a link says is no argument, however it is written.
        let arguments = read(&["regie:--profile", "--profile", "/tmp/p"]).unwrap();
        assert_eq!(arguments.link.as_deref(), Some("regie:--profile"));
        for words in [
            &["https://regie.example"][..],
            &["--quit"],
            &[link, link],
            &["regi"],
        ] {
            assert!(
                read(&[&["--profile", "/tmp/p"], words].concat()).is_err(),
                "{words:?}"
            );
        }
    }

    #[test]
    fn the_desktop_hands_links_of_ours_to_the_program() {
        let configuration: serde_json::Value =
            serde_json::from_str(include_str!("../tauri.conf.json")).unwrap();
        let template = &configuration["bundle"]["linux"]["deb"]["desktopTemplate"];
        assert_eq!(template, "src-tauri/regie.desktop");
        let template = include_str!("regie.desktop");
        for line in [
            "MimeType=x-scheme-handler/regie;",
            "Exec={{exec}} %u",
            "Type=Application",
        ] {
            assert!(template.lines().any(|one| one == line), "{line}");
        }
    }
}
