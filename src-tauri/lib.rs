//! The shell: a window around [`regie_client::Client`]. Decides nothing about data.

mod ask;
mod commands;
mod error;
mod instance;
mod window;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use regie_client::{Client, SystemClock, SystemKeychain};
use tauri::{Manager, RunEvent};

/// The core, as commands reach it.
pub(crate) type Core<'a> = tauri::State<'a, Arc<Client>>;

/// Starts the app, or brings the window of the same profile to the front when it is running already.
///
/// # Errors
/// When the arguments are not understood, or no window can be made.
pub fn run() -> anyhow::Result<()> {
    let Arguments { profile } = Arguments::read()?;
    turn_core_dumps_off();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    if instance::raise_running(&profile) {
        return Ok(());
    }
    let client = Arc::new(Client::new(&profile, SystemClock).with_keychain(SystemKeychain));
    let app = tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_opener::init())
        .manage(client)
        .manage(ask::Questions::default())
        .invoke_handler(commands::builder().invoke_handler())
        .setup(move |app| {
            window::open(app.handle())?;
            instance::listen(&profile, app.handle().clone());
            watch_time(app.handle().clone());
            Ok(())
        })
        .build(tauri::generate_context!())
        .context("the window could not be made")?;
    app.run(|app, event| {
        if let RunEvent::Exit = event {
            lock_core(app);
        }
    });
    Ok(())
}

struct Arguments {
    profile: PathBuf,
}

impl Arguments {
    fn read() -> anyhow::Result<Self> {
        let mut arguments = pico_args::Arguments::from_env();
        let chosen: Option<PathBuf> = arguments
            .opt_value_from_os_str("--profile", |text| Ok::<_, std::convert::Infallible>(text.into()))?;
        let rest = arguments.finish();
        anyhow::ensure!(rest.is_empty(), "unknown argument; usage: regie [--profile DIR]");
        let usual = || dirs::data_dir().map(|folder| folder.join("nl.regie.app"));
        let profile = chosen
            .or_else(usual)
            .context("no folder for data; name one with --profile DIR")?;
        Ok(Self {
            profile: std::path::absolute(profile)?,
        })
    }
}

/// A crash must not write the vault's keys to disk.
fn turn_core_dumps_off() {
    #[cfg(unix)]
    if let Err(error) = rlimit::setrlimit(rlimit::Resource::CORE, 0, 0) {
        tracing::warn!(kind = ?error.kind(), "core dumps could not be turned off");
    }
}

/// Locks after idle time, and makes deletions final.
fn watch_time(app: tauri::AppHandle) {
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_secs(1));
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

/// Drops every key.
pub(crate) fn lock_core(app: &tauri::AppHandle) {
    if let Err(error) = app.state::<Arc<Client>>().lock() {
        tracing::warn!(%error, "the vault closed with a warning");
    }
}
