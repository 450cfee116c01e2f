//! What is promised about a server with accounts on it, by looking at all that it has: what joining asks, who can be linked with what,
//! what leaving leaves behind, and where the program connects to.

mod asked;
mod leaving;
mod linking;
mod nothing_left;
mod traces;
mod week;

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use regie_client::{Client, JoinBegin, JoinForm};
use regie_protocol::Language;
use regie_tests::server::{Engine, Mail, Running};
use regie_tests::{KEEP, PASSPHRASE, Profile, begin, bytes, draft, passphrase};

/// The server as a process of its own, with everything that it keeps and says at hand.
struct Alone {
    running: Running,
    child: Option<Child>,
}

impl Alone {
    fn begin(engine: Engine, invitations: usize) -> Self {
        let mut running = Running::begin_on(engine, invitations);
        running.stop();
        let mut alone = Self { running, child: None };
        alone.start();
        alone
    }

    fn log(&self) -> PathBuf {
        self.running.folder.path().join("server.log")
    }

    /// At the level that says most.
    fn start(&mut self) {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log())
            .expect("a log");
        let address = self.running.address.trim_start_matches("http://");
        let began = Instant::now();
        while !self.is_ready() {
            let ended = self
                .child
                .as_mut()
                .is_none_or(|child| child.try_wait().expect("a process").is_some());
            if ended {
                // Also when what was connected last keeps the port for a while.
                let child = Command::new(env!("CARGO_BIN_EXE_regie-server-story"))
                    .arg("--data")
                    .arg(self.running.data())
                    .env("REGIE__SERVER__LISTEN", address)
                    .env("REGIE__LOG__LEVEL", "debug")
                    .stdin(Stdio::null())
                    .stdout(log.try_clone().expect("a file"))
                    .stderr(log.try_clone().expect("a file"))
                    .spawn()
                    .expect("starts");
                self.child = Some(child);
            }
            assert!(began.elapsed() < Duration::from_secs(60), "it is not ready");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn is_ready(&self) -> bool {
        let answer = super::server::client()
            .get(format!("{}/ready", self.running.address))
            .send();
        answer.is_ok_and(|answer| answer.status() == 200)
    }

    fn stop(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        let id = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).expect("signals");
        assert!(child.wait().expect("ends").success());
    }

    /// What every command of the operator shows, and what the server tells its monitoring.
    fn told(&self) -> String {
        let mut told = String::new();
        for line in ["keys", "seats", "organisation list", "staff list", "log"] {
            told.push_str(&self.running.admin(line));
        }
        told
    }

    fn metrics(&self) -> String {
        let answer = super::server::client()
            .get(format!("{}/metrics", self.running.address))
            .send();
        answer.expect("metrics").text().expect("text")
    }

    /// Every row of every table: its table, and its values with the names of their columns.
    fn rows(&self) -> Vec<Row> {
        match self.running.database() {
            None => sqlite_rows(&self.running.data().join("regie.db")),
            Some(url) => postgres_rows(url),
        }
    }

    /// Everything that lies anywhere: files with their paths, rows with their tables, what is told.
    fn everything(&self) -> BTreeMap<String, Vec<u8>> {
        let mut all = BTreeMap::new();
        for (path, content) in bytes::files(&self.running.data()) {
            all.insert(path.display().to_string(), content);
        }
        all.insert("the log".into(), fs::read(self.log()).expect("a log"));
        all.insert("what commands show".into(), self.told().into_bytes());
        for (number, row) in self.rows().iter().enumerate() {
            for (column, value) in &row.values {
                all.insert(format!("{}.{column} {number}", row.table), value.clone());
            }
        }
        if let Some(url) = self.running.database() {
            // Samples of values that planning keeps.
            all.insert("pg_stats".into(), psql(url, "SELECT s::text FROM pg_stats s"));
        }
        all
    }

    /// A copy of what a backup made now brings back, as a database file.
    fn restored(&self) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        self.running.restore_elsewhere(folder.path());
        folder
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A row as whoever has the database reads it. Numbers are left out: none of them is anybody's alone.
struct Row {
    table: String,
    values: Vec<(String, Vec<u8>)>,
}

fn sqlite_rows(file: &Path) -> Vec<Row> {
    let database = rusqlite::Connection::open(file).expect("a database");
    let tables: Vec<String> = database
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .expect("a schema")
        .query_map([], |row| row.get(0))
        .expect("tables")
        .collect::<Result<_, _>>()
        .expect("tables");
    let mut all = Vec::new();
    for table in tables {
        let mut statement = database
            .prepare(&format!("SELECT * FROM {table}"))
            .expect("a table");
        let columns: Vec<String> = statement.column_names().map(ToString::to_string).collect();
        let rows = statement.query_map([], |row| {
            let mut values = Vec::new();
            for (at, column) in columns.iter().enumerate() {
                match row.get_ref(at)? {
                    rusqlite::types::ValueRef::Blob(bytes) | rusqlite::types::ValueRef::Text(bytes) => {
                        values.push((column.clone(), bytes.to_vec()));
                    }
                    _ => {}
                }
            }
            Ok(Row {
                table: table.clone(),
                values,
            })
        });
        all.extend(rows.expect("rows").map(|row| row.expect("a row")));
    }
    all
}

fn psql(url: &str, sql: &str) -> Vec<u8> {
    let asked = Command::new("psql")
        .args([url, "-qAt", "-c", sql])
        .output()
        .expect("psql");
    assert!(
        asked.status.success(),
        "{}",
        String::from_utf8_lossy(&asked.stderr)
    );
    asked.stdout
}

fn postgres_rows(url: &str) -> Vec<Row> {
    let tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1";
    let tables = String::from_utf8(psql(url, tables)).expect("names");
    let mut all = Vec::new();
    for table in tables.lines() {
        let rows = psql(url, &format!("SELECT row_to_json(t) FROM {table} t"));
        for line in String::from_utf8(rows).expect("text").lines() {
            let row: serde_json::Value = serde_json::from_str(line).expect("a row");
            let fields = row.as_object().expect("a row");
            let texts = fields
                .iter()
                .filter_map(|(column, value)| Some((column, value.as_str()?)));
            let values = texts.map(|(column, text)| {
                let bytes = text
                    .strip_prefix("\\x")
                    .map(|hex| data_encoding::HEXLOWER.decode(hex.as_bytes()).expect("bytes"));
                (column.clone(), bytes.unwrap_or_else(|| text.as_bytes().to_vec()))
            });
            all.push(Row {
                table: table.to_owned(),
                values: values.collect(),
            });
        }
    }
    all
}

impl Row {
    fn value(&self, column: &str) -> Option<&[u8]> {
        let mut values = self.values.iter();
        values.find_map(|(name, value)| (name == column).then_some(value.as_slice()))
    }
}

/// Somebody, as they are called everywhere.
struct Person {
    email: &'static str,
    name: &'static str,
    phone: Option<&'static str>,
    device: &'static str,
}

const NOOR: Person = Person {
    email: "noor.waterman@thuis.example",
    name: "Noor Waterman-Vliet",
    phone: Some("+31 6 1357 2468"),
    device: "Noors-blauwe-laptop",
};

const BRAM: Person = Person {
    email: "bram@elders.example",
    name: "Bram Zandstra",
    phone: None,
    device: "Brams-oude-doos",
};

/// Joins as this person; the client, with the recovery code.
fn join(server: &Running, profile: &Profile, code: &str, who: &Person) -> (Client, String) {
    let client = profile.start().with_roots(&[server.root]);
    begin(&client, &[KEEP]);
    let recovery = client.recovery_code().expect("a code").groups.join("-");
    client
        .look_at_server(&server.address, Some(code))
        .expect("a server");
    let begun = JoinBegin {
        email: who.email.into(),
        passphrase: passphrase(PASSPHRASE),
    };
    // Other mails may come meanwhile, such as the last one of an account that was erased.
    let codes = || -> Vec<String> { server.mails_to(who.email).iter().filter_map(Mail::code).collect() };
    let known = codes();
    client.begin_joining(&begun, Language::Nl).expect("begins");
    let began = Instant::now();
    while codes().len() == known.len() {
        assert!(began.elapsed() < Duration::from_secs(20), "no code comes");
        std::thread::sleep(Duration::from_millis(50));
    }
    let codes: Vec<String> = codes().into_iter().filter(|code| !known.contains(code)).collect();
    let form = |mail_code: &String| JoinForm {
        mail_code: mail_code.clone(),
        name: who.name.into(),
        phone: who.phone.map(Into::into),
        recovery_code: recovery.clone(),
        terms_version: 1,
        adult: true,
        copy: true,
        device_name: who.device.into(),
    };
    let joined = codes.iter().any(|code| client.join(&form(code)).is_ok());
    assert!(joined, "the mailed code is the one");
    (client, recovery)
}

/// Takes the mails away, as a postman does.
fn empty_the_letter_box(server: &Running) {
    for mail in fs::read_dir(server.mails_folder()).into_iter().flatten() {
        fs::remove_file(mail.expect("a mail").path()).expect("takes it");
    }
}
