//! What the system, or the program around it, asks of a server that runs.

use std::io;

use tokio::sync::oneshot;

/// Who asks.
pub(super) enum Asking {
    /// The system, by signals.
    System(Signals),
    /// The program around it; dropping the other end asks to stop.
    Host(oneshot::Receiver<()>),
}

impl Asking {
    pub(super) async fn next(&mut self) -> Asked {
        match self {
            Self::System(signals) => signals.next().await,
            Self::Host(host) => {
                let _dropped_or_sent = host.await;
                Asked::Stop
            }
        }
    }
}

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// To end.
    Stop,
    /// To read the certificate anew.
    #[cfg_attr(not(unix), expect(dead_code, reason = "there is no such signal"))]
    Renew,
}

#[cfg(unix)]
pub(super) struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// From now on signals are heard instead of ending the process.
    pub(super) fn hear() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    pub(super) async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::Stop,
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.hangup.recv() => Asked::Renew,
        }
    }
}

#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
    pub(super) fn hear() -> io::Result<Self> {
        Ok(Self)
    }

    pub(super) async fn next(&mut self) -> Asked {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Asked::Stop
    }
}
