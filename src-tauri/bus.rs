//! What the desktop offers on its message bus.

use std::time::Duration;

use zbus::blocking::{Connection, connection::Builder, fdo::DBusProxy};

/// A desktop that hangs must not make Regie hang.
const PATIENCE: Duration = Duration::from_secs(2);

/// A connection to the person's session.
pub(crate) fn session() -> zbus::Result<Connection> {
    Builder::session()?.method_timeout(PATIENCE).build()
}

/// A connection to the system.
pub(crate) fn system() -> zbus::Result<Connection> {
    Builder::system()?.method_timeout(PATIENCE).build()
}

/// Whether somebody in the session answers to this name, or would when called.
pub(crate) fn offers(name: &str) -> bool {
    session().is_ok_and(|connection| answers(&connection, name))
}

/// Whether somebody on this bus answers to this name, or would when called.
pub(crate) fn answers(connection: &Connection, name: &str) -> bool {
    let ask = || -> zbus::Result<bool> {
        let bus = DBusProxy::new(connection)?;
        if bus.name_has_owner(name.try_into()?)? {
            return Ok(true);
        }
        let others = bus.list_activatable_names()?;
        Ok(others.iter().any(|other| other.as_str() == name))
    };
    ask().unwrap_or(false)
}
