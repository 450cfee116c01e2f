//! Windows on a virtual screen: opened, watched, typed into.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::memory;

/// How long a screen may take to appear before the measurement is given up.
const PATIENCE: Duration = Duration::from_secs(30);
/// Until the keyboard has arrived, and until what was typed has, so that no key waits in a queue when the clock starts.
const PAUSE: Duration = Duration::from_millis(400);

/// A virtual screen and a session bus of their own, gone when dropped. Without a bus, as no desktop is, every other window
/// would start one, and wait for it.
pub(crate) struct Display {
    server: Child,
    name: String,
    bus: Child,
    bus_address: String,
}

impl Display {
    pub(crate) fn start() -> anyhow::Result<Self> {
        let screen = [
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1280x900x24",
            "-nolisten",
            "tcp",
        ];
        let (server, number) = begin("Xvfb", &screen)?;
        let (bus, bus_address) = begin("dbus-daemon", &["--session", "--nofork", "--print-address"])?;
        Ok(Self {
            server,
            name: format!(":{number}"),
            bus,
            bus_address,
        })
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        end(&mut self.server);
        end(&mut self.bus);
    }
}

/// Starts a program that goes on, and gives the line that it says first.
fn begin(program: &str, arguments: &[&str]) -> anyhow::Result<(Child, String)> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("{program} is missing (Debian: apt-get install xvfb xdotool dbus)"))?;
    let output = child.stdout.take().context("no output")?;
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line)?;
    Ok((child, line.trim().to_owned()))
}

/// A program with a window, ended with all its processes when dropped.
pub(crate) struct Window {
    process: Child,
    started: Instant,
    lines: Receiver<(Instant, String)>,
    display: String,
}

impl Window {
    pub(crate) fn open(
        program: &Path,
        arguments: &[&OsStr],
        display: &Display,
        home: &Path,
    ) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env("DISPLAY", &display.name)
            .env("DBUS_SESSION_BUS_ADDRESS", &display.bus_address)
            .env("GDK_BACKEND", "x11")
            .env("HOME", home)
            .env("XDG_RUNTIME_DIR", home)
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("RUST_LOG", "regie::drawn=info")
            .env("NO_COLOR", "1")
            .env_remove("WAYLAND_DISPLAY")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let started = Instant::now();
        let mut process = command
            .spawn()
            .with_context(|| format!("{} does not start", program.display()))?;
        let output = process.stderr.take().context("a window without output")?;
        Ok(Self {
            process,
            started,
            lines: listen(output),
            display: display.name.clone(),
        })
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// The moment at which the window told that a screen had been drawn.
    pub(crate) fn wait_for(&self, screen: &str) -> anyhow::Result<Instant> {
        self.wait_up_to(PATIENCE, screen)
    }

    /// The same for a screen that may take another while.
    pub(crate) fn wait_up_to(&self, patience: Duration, screen: &str) -> anyhow::Result<Instant> {
        let drawn = format!("screen={screen:?}");
        let mut last = String::new();
        let deadline = Instant::now() + patience;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok((moment, line)) if line.contains("regie::drawn") && line.contains(&drawn) => {
                    return Ok(moment);
                }
                Ok((_, line)) => last = line,
                Err(_) => bail!("the screen {screen:?} was not drawn; the last line said: {last:?}"),
            }
        }
    }

    /// Gives the window the keyboard.
    pub(crate) fn focus(&self) -> anyhow::Result<()> {
        let id = self.id().to_string();
        let deadline = Instant::now() + PATIENCE;
        // A window that goes while the list of windows is read, as short-lived ones do, ends xdotool's search.
        let found = loop {
            match self.xdotool(&["search", "--sync", "--onlyvisible", "--pid", &id]) {
                Err(_) if Instant::now() < deadline => sleep(PAUSE),
                found => break found?,
            }
        };
        let window = found.lines().last().context("the window is not on the screen")?;
        self.xdotool(&["windowfocus", window])?;
        sleep(PAUSE);
        Ok(())
    }

    /// Gives the window the keyboard and types a text.
    pub(crate) fn type_text(&self, text: &str) -> anyhow::Result<()> {
        self.focus()?;
        self.xdotool(&["type", "--delay", "10", text])?;
        sleep(PAUSE);
        Ok(())
    }

    /// Presses a key; returns the moment before.
    pub(crate) fn press(&self, key: &str) -> anyhow::Result<Instant> {
        let before = Instant::now();
        self.xdotool(&["key", "--delay", "0", key])?;
        Ok(before)
    }

    fn xdotool(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let done = Command::new("xdotool")
            .args(arguments)
            .env("DISPLAY", &self.display)
            .output()
            .context("xdotool is missing (Debian: apt-get install xvfb xdotool)")?;
        let what = arguments.first().unwrap_or(&"");
        anyhow::ensure!(done.status.success(), "xdotool {what} failed");
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let family = memory::family(self.id()).unwrap_or_default();
        end(&mut self.process);
        // The web processes go by themselves once the window has; the next sample waits for that.
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline && family.iter().any(|process| memory::is_held(*process)) {
            sleep(Duration::from_millis(20));
        }
    }
}

fn end(process: &mut Child) {
    // It may have ended already.
    let _ = process.kill();
    let _ = process.wait();
}

/// Stamps each line as it arrives.
fn listen(output: ChildStderr) -> Receiver<(Instant, String)> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let lines = BufReader::new(output).lines().map_while(Result::ok);
        for line in lines {
            if sender.send((Instant::now(), line)).is_err() {
                break;
            }
        }
    });
    receiver
}
