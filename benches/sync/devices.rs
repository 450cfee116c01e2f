//! Devices of an account, by the program's own way in: an invitation, a code by mail, a passphrase.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::Context;
use regie_client::{
    Client, JoinBegin, JoinForm, LogInBy, LogInForm, ServerTrust, SyncState, SyncView, SystemClock,
};
use regie_protocol::{
    Language,
    purpose::{KeepOnDevice, Marker},
    signed::VerifyingKey,
};
use uuid::Uuid;

use crate::profile;
use crate::server::running::{Engine, Place, Postgres, Started};

const LONGEST_MAIL: Duration = Duration::from_secs(30);

/// A server, on SQLite, and what a device has to know of it.
pub(super) struct Host {
    place: Place,
    pub(super) server: Started,
    codes: Vec<String>,
}

impl Host {
    /// Starts one where so many can join.
    pub(super) fn start(postgres: &Postgres, people: usize) -> anyhow::Result<Self> {
        let place = Place::make(Engine::Sqlite, postgres)?;
        let codes = place.codes(u64::try_from(people)?)?;
        let server = place.start_for_devices()?;
        Ok(Self { place, server, codes })
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.server.address)
    }

    pub(super) fn root(&self) -> VerifyingKey {
        self.place.root()
    }

    /// Joins with the vault in a folder; its device, which syncs nothing yet, and the address of the account.
    pub(super) fn join(&mut self, folder: &Path) -> anyhow::Result<(Client, String)> {
        let client = Client::new(folder, SystemClock).with_roots(&[self.root()]);
        client.unlock(&profile::passphrase())?;
        let recovery_code = client.recovery_code()?.groups.join("-");
        let email = format!("{}@example.org", Uuid::new_v4().simple());
        let code = self.codes.pop().context("no invitation is left")?;
        let looked = client.look_at_server(&self.url(), Some(&code))?;
        anyhow::ensure!(looked.trust == ServerTrust::BuiltIn, "another root");
        client.look_at_invitation()?;
        let begin = JoinBegin {
            email: email.clone(),
            passphrase: profile::passphrase(),
        };
        client.begin_joining(&begin, Language::En)?;
        client.join(&JoinForm {
            mail_code: self.mailed(&email)?,
            name: "Anne".into(),
            phone: None,
            recovery_code,
            terms_version: looked.terms_version,
            adult: true,
            copy: true,
            device_name: "One".into(),
        })?;
        Ok((client, email))
    }

    /// A further device of an account, with an empty vault.
    pub(super) fn log_in(&self, folder: &Path, email: &str) -> anyhow::Result<Client> {
        log_in(&self.url(), self.root(), folder, email)
    }

    /// The code that was mailed to an address.
    fn mailed(&self, email: &str) -> anyhow::Result<String> {
        let began = Instant::now();
        while began.elapsed() < LONGEST_MAIL {
            for file in fs::read_dir(self.place.mails()).into_iter().flatten().flatten() {
                let text = fs::read_to_string(file.path()).unwrap_or_default();
                // The line that stands apart.
                let code = text.lines().find_map(|line| line.strip_prefix("    "));
                if let Some(code) = code.filter(|_| text.contains(email)) {
                    return Ok(code.to_owned());
                }
            }
            sleep(Duration::from_millis(20));
        }
        anyhow::bail!("no code was mailed")
    }
}

pub(super) fn log_in(url: &str, root: VerifyingKey, folder: &Path, email: &str) -> anyhow::Result<Client> {
    let client = Client::new(folder, SystemClock).with_roots(&[root]);
    client.look_at_server(url, None)?;
    client.log_in_on_new_device(&LogInForm {
        email: email.to_owned(),
        by: LogInBy::Passphrase(profile::passphrase()),
        factor: None,
        device_name: "Two".into(),
        consents: vec![KeepOnDevice::PURPOSE.id.to_owned()],
    })?;
    Ok(client)
}

/// Syncs, to the end.
pub(super) fn sync(client: &Client) -> anyhow::Result<SyncView> {
    let view = client.sync_now()?;
    let is_whole = view.state == SyncState::UpToDate && view.waiting == 0;
    anyhow::ensure!(
        is_whole,
        "syncing ended at {:?}, {} waiting",
        view.state,
        view.waiting
    );
    Ok(view)
}
