//! Locking when the computer goes to sleep or its screen is locked, where logind tells.
//!
//! Regie asks logind to wait a moment before sleeping, so that what is under the pen is kept and the keys are gone before memory
//! is written to disk or kept under power.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use regie_client::Client;
use tauri::{AppHandle, Manager};
use zbus::blocking::Connection;
use zbus::zvariant::{OwnedFd, OwnedObjectPath};

use crate::{ask, bus, lock_core, window};

/// Times 50 ms, which the page has for keeping what was typed last. Logind itself waits five seconds.
const PATIENCE: u32 = 40;

#[zbus::proxy(
    interface = "org.freedesktop.login1.Manager",
    default_service = "org.freedesktop.login1",
    default_path = "/org/freedesktop/login1",
    gen_async = false,
    blocking_name = "Logind"
)]
trait Manager1 {
    fn inhibit(&self, what: &str, who: &str, why: &str, mode: &str) -> zbus::Result<OwnedFd>;
    fn get_session(&self, id: &str) -> zbus::Result<OwnedObjectPath>;
    #[zbus(signal)]
    fn prepare_for_sleep(&self, start: bool) -> zbus::Result<()>;
}

#[zbus::proxy(
    interface = "org.freedesktop.login1.Session",
    default_service = "org.freedesktop.login1",
    gen_async = false,
    blocking_name = "Session"
)]
trait Session1 {
    #[zbus(signal)]
    fn lock(&self) -> zbus::Result<()>;
    #[zbus(property)]
    fn locked_hint(&self) -> zbus::Result<bool>;
}

/// Whether the platform tells.
#[derive(Default)]
pub(crate) struct Told(AtomicBool);

impl Told {
    pub(crate) fn is_possible(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Locks from now on when the platform tells.
pub(crate) fn listen(app: AppHandle) {
    std::thread::spawn(move || {
        let told = app.clone();
        let watched = bus::system().and_then(|connection| watch(&connection, move || lock(&app)));
        match watched {
            Ok(()) => told.state::<Told>().0.store(true, Ordering::Relaxed),
            Err(_) => tracing::info!("the platform does not tell when it goes to sleep"),
        }
    });
}

/// Calls `act` before the computer sleeps, and when the session is locked; logind waits until it returns.
///
/// # Errors
/// When there is no logind.
fn watch(connection: &Connection, act: impl Fn() + Send + Clone + 'static) -> zbus::Result<()> {
    let logind = Logind::new(connection)?;
    let sleeps = logind.receive_prepare_for_sleep()?;
    let wait = {
        let logind = logind.clone();
        move || {
            let fd = logind.inhibit("sleep", "Regie", "Locking the vault", "delay");
            fd.inspect_err(|_| tracing::info!("the platform does not wait before it sleeps"))
                .ok()
        }
    };
    // Answered only when somebody is there.
    let mut waiting = wait();
    let session = session(&logind);
    if waiting.is_none() && session.is_err() && !bus::answers(connection, "org.freedesktop.login1") {
        return Err(zbus::Error::InterfaceNotFound);
    }
    if let Ok(path) = session {
        watch_session(connection, path, act.clone())?;
    }
    std::thread::spawn(move || {
        for signal in sleeps {
            if signal.args().is_ok_and(|args| *args.start()) {
                act();
                waiting = None;
            } else {
                waiting = wait();
            }
        }
        drop(waiting);
    });
    Ok(())
}

fn session(logind: &Logind<'_>) -> zbus::Result<OwnedObjectPath> {
    logind.get_session("auto").or_else(|error| {
        let named = std::env::var("XDG_SESSION_ID").map_err(|_| error)?;
        logind.get_session(&named)
    })
}

/// Some desktops are asked to lock by the signal, others lock by themselves and say so.
fn watch_session(
    connection: &Connection,
    path: OwnedObjectPath,
    act: impl Fn() + Send + Clone + 'static,
) -> zbus::Result<()> {
    let path = path.into_inner();
    let session = Session::builder(connection).path(path)?.build()?;
    let (locks, hints) = (session.receive_lock()?, session.receive_locked_hint_changed());
    let also = act.clone();
    std::thread::spawn(move || locks.for_each(|_| also()));
    std::thread::spawn(move || {
        for hint in hints {
            if hint.get().unwrap_or(false) {
                act();
            }
        }
    });
    Ok(())
}

fn lock(app: &AppHandle) {
    let core = app.state::<Arc<Client>>();
    if !core.locks_at_sleep().unwrap_or(false) {
        return;
    }
    let asked = window::main(app).is_some_and(|page| window::tell(&page, "locking"));
    for _ in 0..PATIENCE {
        if !asked || core.locks_at_sleep().is_err() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    if core.locks_at_sleep().is_ok() {
        ask::close(app);
        lock_core(app);
        window::renew(app);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, PipeReader, Read};
    use std::process::{Child, Command, Stdio};
    use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
    use zbus::blocking::connection::Builder;
    use zbus::object_server::SignalEmitter;

    const MANAGER: &str = "/org/freedesktop/login1";
    const SESSION: &str = "/org/freedesktop/login1/session/c1";
    const SOON: Duration = Duration::from_secs(5);

    /// A message bus of its own, ended with the test.
    struct Bus {
        daemon: Child,
        address: String,
    }

    impl Bus {
        fn start() -> Self {
            let mut daemon = Command::new("dbus-daemon")
                .args(["--session", "--nofork", "--print-address"])
                .stdout(Stdio::piped())
                .spawn()
                .expect("dbus-daemon");
            let mut address = String::new();
            let printed = daemon.stdout.take().expect("output");
            BufReader::new(printed)
                .read_line(&mut address)
                .expect("an address");
            Self {
                daemon,
                address: address.trim().into(),
            }
        }

        fn connect(&self) -> Builder<'_> {
            Builder::address(&*self.address).expect("an address")
        }
    }

    impl Drop for Bus {
        fn drop(&mut self) {
            let _ = self.daemon.kill();
            let _ = self.daemon.wait();
        }
    }

    struct MadeUpLogind {
        /// One for each time that sleep is put off; at its end once it no longer is.
        put_off: Sender<PipeReader>,
    }

    #[zbus::interface(name = "org.freedesktop.login1.Manager")]
    impl MadeUpLogind {
        fn inhibit(&self, what: &str, who: &str, _why: &str, mode: &str) -> OwnedFd {
            assert_eq!((what, who, mode), ("sleep", "Regie", "delay"));
            let (held, given) = std::io::pipe().expect("a pipe");
            self.put_off.send(held).expect("a test");
            OwnedFd::from(std::os::fd::OwnedFd::from(given))
        }

        fn get_session(&self, id: &str) -> OwnedObjectPath {
            assert_eq!(id, "auto");
            SESSION.try_into().expect("a path")
        }

        #[zbus(signal)]
        async fn prepare_for_sleep(emitter: &SignalEmitter<'_>, start: bool) -> zbus::Result<()>;
    }

    struct MadeUpSession {
        locked: bool,
    }

    #[zbus::interface(name = "org.freedesktop.login1.Session")]
    impl MadeUpSession {
        #[zbus(signal)]
        async fn lock(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;

        #[zbus(property)]
        fn locked_hint(&self) -> bool {
            self.locked
        }
    }

    fn logind(bus: &Bus) -> (Connection, Receiver<PipeReader>) {
        let (put_off, puts_off) = channel();
        let server = bus
            .connect()
            .name("org.freedesktop.login1")
            .and_then(|server| server.serve_at(MANAGER, MadeUpLogind { put_off }))
            .and_then(|server| server.serve_at(SESSION, MadeUpSession { locked: false }))
            .and_then(Builder::build)
            .expect("a made-up logind");
        (server, puts_off)
    }

    fn going_to_sleep(server: &Connection, start: bool) {
        let manager = server
            .object_server()
            .interface::<_, MadeUpLogind>(MANAGER)
            .expect("it");
        zbus::block_on(MadeUpLogind::prepare_for_sleep(manager.signal_emitter(), start)).expect("a signal");
    }

    /// The other end of what was held is closed.
    fn is_let_go(mut held: PipeReader) -> Receiver<()> {
        let (gone, let_go) = channel();
        std::thread::spawn(move || {
            let _ = held.read(&mut [0]);
            let _ = gone.send(());
        });
        let_go
    }

    #[test]
    fn the_computer_sleeps_only_after_locking_and_the_next_sleep_waits_again() {
        let bus = Bus::start();
        let (server, puts_off) = logind(&bus);
        let (acted, acts) = channel();
        let (allow, allowed) = channel::<()>();
        let allowed = Arc::new(std::sync::Mutex::new(allowed));
        let client = bus.connect().build().expect("a connection");
        watch(&client, move || {
            acted.send(()).expect("a test");
            let _ = allowed.lock().map(|allowed| allowed.recv());
        })
        .expect("it is told");

        let held = is_let_go(puts_off.recv_timeout(SOON).expect("sleep is put off"));
        going_to_sleep(&server, true);
        acts.recv_timeout(SOON).expect("it locks");
        assert_eq!(
            held.recv_timeout(Duration::from_millis(300)),
            Err(RecvTimeoutError::Timeout),
            "not asleep before it is locked"
        );
        allow.send(()).expect("goes on");
        held.recv_timeout(SOON).expect("then it may sleep");

        going_to_sleep(&server, false);
        let held = is_let_go(puts_off.recv_timeout(SOON).expect("put off again"));
        allow.send(()).expect("goes on");
        going_to_sleep(&server, true);
        acts.recv_timeout(SOON).expect("it locks again");
        held.recv_timeout(SOON).expect("and lets go again");
    }

    #[test]
    fn a_locked_screen_locks_whether_the_desktop_is_asked_to_or_says_so() {
        let bus = Bus::start();
        let (server, _puts_off) = logind(&bus);
        let (acted, acts) = channel();
        let client = bus.connect().build().expect("a connection");
        watch(&client, move || acted.send(()).expect("a test")).expect("it is told");
        let session = server
            .object_server()
            .interface::<_, MadeUpSession>(SESSION)
            .expect("it");
        assert_eq!(
            acts.recv_timeout(Duration::from_millis(300)),
            Err(RecvTimeoutError::Timeout)
        );

        zbus::block_on(MadeUpSession::lock(session.signal_emitter())).expect("a signal");
        acts.recv_timeout(SOON).expect("it locks when asked to");

        session.get_mut().locked = true;
        zbus::block_on(session.get().locked_hint_changed(session.signal_emitter())).expect("a signal");
        acts.recv_timeout(SOON).expect("it locks when told so");
    }

    #[test]
    fn without_logind_nothing_is_promised() {
        let bus = Bus::start();
        let client = bus.connect().build().expect("a connection");
        assert!(watch(&client, || ()).is_err());
    }
}
