//! A complete little server for stories: an operator's root, a deployment, an organisation with invitations, and mails in
//! a folder; on SQLite or on PostgreSQL, and as several instances.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use age::secrecy::SecretString;
use axum::Router;
use regie_protocol::{signed::VerifyingKey, terms::Terms};
use regie_server::admin::{self, Admin};
use regie_server::backup::{self, BackUp, Restore};
use regie_server::operator::{self, Desk, Operator};
use regie_server::serve::Hosted;
use regie_server::{Config, Options, opening};
use tempfile::TempDir;

use crate::between::Between;
use crate::copy_all;

const PASSPHRASE: &str = "kaars muur zwemt lachend onder regen";

/// What a mail in the folder says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The address.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
}

impl Mail {
    /// The code in it: the line that stands apart.
    #[must_use]
    pub fn code(&self) -> Option<String> {
        let mut lines = self.text.lines();
        lines.find_map(|line| line.strip_prefix("    ").map(str::to_owned))
    }
}

/// Where a server keeps accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// In a file.
    Sqlite,
    /// In a database of its own, in a server that runs as long as this process.
    Postgres,
}

/// A server that runs until this is dropped.
pub struct Running {
    // These first: they end before their folder goes.
    hosted: Option<Hosted>,
    others: Vec<Hosted>,
    /// Everything of it: `data`, `root`, `invitations`, …
    pub folder: TempDir,
    /// Where it is: `http://127.0.0.1:PORT`.
    pub address: String,
    /// The public key of its root.
    pub root: VerifyingKey,
    /// Codes of invitations, none of them used yet.
    pub codes: Vec<String>,
    /// The id of the organisation that they are of.
    pub organisation: uuid::Uuid,
    database: Option<String>,
    ahead: i64,
    /// Where it listens itself: its address, but where somebody is between.
    listens: String,
}

impl Running {
    /// Begins one on SQLite, with ten invitations.
    #[must_use]
    pub fn begin() -> Self {
        Self::begin_on(Engine::Sqlite, 10)
    }

    /// Begins one with so many invitations.
    #[must_use]
    pub fn begin_on(engine: Engine, invitations: usize) -> Self {
        // As in the app, for every database of this process: later it would be refused.
        regie_vault::memory::guard().expect("guarded memory");
        // A server makes runtimes of its own, which none may do within another.
        thread::spawn(move || Self::made(engine, invitations, None))
            .join()
            .expect("a server")
    }

    /// Begins one on SQLite to which every request comes by way of somebody between.
    #[must_use]
    pub fn begin_behind(between: &Between, invitations: usize) -> Self {
        regie_vault::memory::guard().expect("guarded memory");
        let address = Some(between.address.clone());
        let running = thread::spawn(move || Self::made(Engine::Sqlite, invitations, address))
            .join()
            .expect("a server");
        between.leads_to(&running.listens);
        running
    }

    fn made(engine: Engine, invitations: usize, address: Option<String>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let listens = format!("http://{}", listener.local_addr().expect("an address"));
        let address = address.unwrap_or_else(|| listens.clone());
        let database = (engine == Engine::Postgres).then(make_database);
        operate(folder.path(), "init");
        let shown = operate(folder.path(), "show");
        let key = shown
            .lines()
            .find_map(|line| line.strip_prefix("Public key:"))
            .expect("a key")
            .trim()
            .to_owned();
        let bytes = data_encoding::HEXLOWER.decode(key.as_bytes()).expect("a key");
        let root = VerifyingKey::from_bytes(&bytes.try_into().expect("a key")).expect("a key");
        let mut running = Self {
            folder,
            address,
            root,
            codes: Vec::new(),
            organisation: uuid::Uuid::nil(),
            database,
            ahead: 0,
            listens,
            hosted: None,
            others: Vec::new(),
        };
        fs::create_dir(running.data()).expect("a folder");
        running.configure(&key);
        running.deploy();
        let codes = running.invite(invitations);
        running.codes = codes;
        running.hosted = Some(running.host(listener));
        running
    }

    /// The folder of its data.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The folder into which mails go.
    #[must_use]
    pub fn mails_folder(&self) -> PathBuf {
        self.data().join("mails")
    }

    /// Where its PostgreSQL is, when it has one.
    #[must_use]
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// Makes a backup now and brings it back in this folder, as an SQLite file.
    pub fn restore_elsewhere(&self, folder: &Path) {
        let (config, backups) = (self.config(), self.folder.path().join("backups"));
        fs::create_dir_all(&backups).expect("a folder");
        let data = folder.join("data");
        fs::create_dir(&data).expect("a folder");
        for name in ["keys", "ledger"] {
            fs::copy(self.data().join(name), data.join(name)).expect("a copy");
        }
        let options = Options {
            data: Some(data.clone()),
            ..Options::default()
        };
        let elsewhere = Config::load(&options, []).expect("a configuration");
        let run = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                let (now, mut out) = (opening::now(), Vec::new());
                let what = BackUp {
                    out: Some(backups.clone()),
                };
                let made = backup::back_up(&what, &config, &|_| None, now, &mut out).await;
                made.expect("a backup");
                let mut made = fs::read_dir(&backups).expect("backups");
                let file = made.next().expect("a backup").expect("a backup").path();
                let what = Restore {
                    file,
                    only_check: false,
                };
                let restored = backup::restore(&what, &elsewhere, &|_| None, now, &mut out).await;
                restored.expect("restores");
            });
        };
        thread::spawn(run).join().expect("a run");
        // What was copied is not what came back.
        for name in ["keys", "ledger"] {
            fs::remove_file(data.join(name)).expect("goes");
        }
    }

    /// The next code that was not taken yet.
    #[must_use]
    pub fn code(&mut self) -> String {
        self.codes.remove(0)
    }

    /// Its configuration.
    #[must_use]
    pub fn config(&self) -> Config {
        let options = Options {
            data: Some(self.data()),
            ..Options::default()
        };
        Config::load(&options, []).expect("a configuration")
    }

    /// Another instance on the same keys and database; it stops with this one. Gives its address, which the deployment does
    /// not name.
    pub fn another_instance(&mut self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let hosted = self.host(listener);
        self.others.push(hosted);
        address
    }

    /// Stops it: nobody listens any more.
    pub fn stop(&mut self) {
        if let Some(hosted) = self.hosted.take() {
            hosted.stop().expect("it stops");
        }
        for other in self.others.drain(..) {
            other.stop().expect("it stops");
        }
    }

    /// Lets its clock go ahead by so many seconds, on every instance.
    pub fn go_ahead(&mut self, seconds: i64) {
        self.ahead += seconds;
        for hosted in self.hosted.iter().chain(&self.others) {
            hosted.go_ahead(seconds);
        }
    }

    /// Publishes other terms of use, on every instance.
    pub fn publish_terms(&self, terms: &'static [Terms]) {
        for hosted in self.hosted.iter().chain(&self.others) {
            hosted.publish_terms(terms);
        }
    }

    /// Now, by its clock, in seconds since 1970.
    #[must_use]
    pub fn now(&self) -> i64 {
        opening::now().0 + self.ahead
    }

    /// What it has of its database at this moment, in a file; to be brought back by [`Self::set_back`].
    #[must_use]
    pub fn keep_state(&mut self) -> PathBuf {
        let kept = self.folder.path().join(format!("state-{}", uuid::Uuid::new_v4()));
        fs::create_dir(&kept).expect("a folder");
        self.stop();
        for file in self.database_files() {
            fs::copy(&file, kept.join(file.file_name().expect("a name"))).expect("a copy");
        }
        self.start_again();
        kept
    }

    /// Brings an older state of its database back, as an operator does who restores a copy; keys and ledger stay as they are.
    pub fn set_back(&mut self, kept: &Path) {
        self.stop();
        for file in self.database_files() {
            fs::remove_file(file).expect("goes");
        }
        for file in fs::read_dir(kept).expect("a folder") {
            let file = file.expect("a file");
            fs::copy(file.path(), self.data().join(file.file_name())).expect("a copy");
        }
        self.start_again();
    }

    fn database_files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.data()).expect("its data");
        let files = entries.map(|entry| entry.expect("a file").path());
        let of_database = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str());
            path.is_file() && name.is_some_and(|name| name.starts_with("regie.db"))
        };
        files.filter(of_database).collect()
    }

    /// Where it listens itself, whoever is between: `127.0.0.1:PORT`.
    #[must_use]
    pub fn listens(&self) -> &str {
        self.listens.trim_start_matches("http://")
    }

    /// Stops, hands out a copy of all that it keeps, and goes on.
    pub fn copied_to(&mut self, folder: &Path) {
        self.stop();
        copy_all(&self.data(), folder);
        self.start_again();
    }

    /// Stops, takes what was copied before as if nothing had happened since, and goes on.
    pub fn set_back_to(&mut self, folder: &Path) {
        self.stop();
        fs::remove_dir_all(self.data()).expect("goes");
        copy_all(folder, &self.data());
        self.start_again();
    }

    /// Starts it anew where it was.
    pub fn start_again(&mut self) {
        let address = self.listens().to_owned();
        let began = Instant::now();
        let listener = loop {
            match TcpListener::bind(&address) {
                Ok(listener) => break listener,
                // What was connected last keeps the port for a while.
                Err(_) if began.elapsed() < Duration::from_secs(20) => {
                    thread::sleep(Duration::from_millis(50));
                }
                Err(error) => panic!("{address}: {error}"),
            }
        };
        self.hosted = Some(self.host(listener));
    }

    /// Runs `regie-server admin` with these words; what it shows.
    #[must_use]
    pub fn admin(&self, line: &str) -> String {
        self.try_admin(line)
            .unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    /// The same, where it may be refused.
    ///
    /// # Errors
    /// What it said.
    pub fn try_admin(&self, line: &str) -> Result<String, String> {
        let admin: Admin = parsed(line);
        let config = self.config();
        let run = move || {
            let mut out = Vec::new();
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            let ran = runtime.block_on(admin::run(&admin, &config, &|_| None, opening::now(), &mut out));
            ran.map(|()| String::from_utf8(out).expect("text"))
                .map_err(|error| error.to_string())
        };
        thread::spawn(run).join().expect("a run")
    }

    /// Runs `regie-server operator` with these words; what it shows.
    pub fn operator(&self, line: &str) -> String {
        operate(self.folder.path(), line)
    }

    /// Signs and installs so many more invitations; their codes.
    #[must_use]
    pub fn invite(&mut self, count: usize) -> Vec<String> {
        if self.organisation.is_nil() {
            let id = self.admin("organisation add --name Bakkerij --seats 1000 --until 2099-12-31");
            self.organisation = id.trim().parse().expect("an id");
        }
        let sheet = self.folder.path().join(format!("sheet-{}", uuid::Uuid::new_v4()));
        self.operator(&format!(
            "sign-invitations --organisation {} --count {count} --until 2099-12-31 --out {}",
            self.organisation,
            sheet.display()
        ));
        let batch = sheet.join("for-the-server/invitations.signed");
        let _ = self.admin(&format!("invitations install {}", batch.display()));
        let codes = fs::read_to_string(sheet.join("for-the-organisation/codes.csv")).expect("a sheet");
        let codes = codes
            .lines()
            .skip(1)
            .map(|line| line.split(',').nth(1).expect("a code").to_owned());
        codes.collect()
    }

    /// Every mail to an address so far, in no order.
    #[must_use]
    pub fn mails_to(&self, address: &str) -> Vec<Mail> {
        mails_in(&self.mails_folder(), address)
    }

    /// Waits for a mail to an address that passes, at most twenty seconds.
    #[must_use]
    pub fn mail_to(&self, address: &str, passes: impl Fn(&Mail) -> bool) -> Mail {
        let began = Instant::now();
        loop {
            if let Some(mail) = self.mails_to(address).into_iter().find(|mail| passes(mail)) {
                return mail;
            }
            assert!(began.elapsed() < Duration::from_secs(20), "no such mail comes");
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Starts again with so much room for photos and recordings of an account.
    pub fn with_room(&mut self, bytes: u64) {
        self.stop();
        let file = self.data().join("regie-server.toml");
        let text = fs::read_to_string(&file).expect("a configuration");
        let lines = text.lines().filter(|line| !line.starts_with("attachment_bytes"));
        let text: String = lines.map(|line| format!("{line}\n")).collect();
        fs::write(file, format!("{text}attachment_bytes = {bytes}\n")).expect("writes");
        self.start_again();
    }

    fn configure(&self, root: &str) {
        let database = self
            .database
            .as_ref()
            .map_or_else(String::new, |url| format!("[database]\nurl = \"{url}\"\n"));
        let text = format!(
            "[deployment]\nroot = \"{root}\"\n{database}\
             [limits]\nrequests_per_minute = 100000\nburst = 100000\n"
        );
        fs::write(self.data().join("regie-server.toml"), text).expect("writes");
    }

    fn deploy(&self) {
        let (description, signed) = (
            self.folder.path().join("deployment.toml"),
            self.folder.path().join("deployment.signed"),
        );
        let keys = self.admin("keys");
        let text = format!(
            "id = \"{}\"\nfrom = \"2026-01-01\"\nuntil = \"2099-12-31\"\naddresses = [\"{}\"]\n\
             [names]\nnl = \"Regie om te proberen\"\nen = \"Regie to try\"\n{keys}",
            uuid::Uuid::new_v4(),
            self.address
        );
        fs::write(&description, text).expect("writes");
        self.operator(&format!(
            "sign-deployment {} --out {}",
            description.display(),
            signed.display()
        ));
        let _ = self.admin(&format!("deployment install {}", signed.display()));
    }

    fn host(&self, listener: TcpListener) -> Hosted {
        let config = self.config();
        let hosted = thread::spawn(move || Hosted::start(config, listener, &|_| None, Router::new()));
        let hosted = hosted
            .join()
            .expect("a start")
            .unwrap_or_else(|error| panic!("it does not start: {error}"));
        hosted.go_ahead(self.ahead);
        hosted
    }
}

fn mails_in(folder: &Path, address: &str) -> Vec<Mail> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let whole = paths.filter(|path| path.extension().is_some_and(|end| end == "txt"));
    let mails = whole.map(|path| read_mail(&fs::read_to_string(path).expect("a mail")));
    mails.filter(|mail| mail.to == address).collect()
}

/// Waits for the first mail to an address, where the folder of mails is all that is at hand; at most twenty seconds.
#[must_use]
pub fn wait_for_mail(folder: &Path, address: &str) -> Mail {
    let began = Instant::now();
    loop {
        if let Some(mail) = mails_in(folder, address).pop() {
            return mail;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "no mail comes");
        thread::sleep(Duration::from_millis(50));
    }
}

fn read_mail(text: &str) -> Mail {
    let (head, body) = text.split_once("\n\n").expect("a head");
    let field = |name: &str| {
        let line = head.lines().find_map(|line| line.strip_prefix(name));
        line.expect("a field").trim().to_owned()
    };
    Mail {
        to: field("To:"),
        subject: field("Subject:"),
        text: body.to_owned(),
    }
}

/// Words as they are typed after the name of a command.
fn parsed<A: clap::Args>(line: &str) -> A {
    let command = A::augment_args(clap::Command::new("regie-server"));
    let words = ["regie-server"].into_iter().chain(line.split_whitespace());
    let matches = command
        .try_get_matches_from(words)
        .unwrap_or_else(|error| panic!("{error}"));
    A::from_arg_matches(&matches).unwrap_or_else(|error| panic!("{error}"))
}

fn operate(folder: &Path, line: &str) -> String {
    let root = folder.join("root").display().to_string();
    let operator: Operator = parsed(&format!("{line} --folder {root}"));
    let mut out = Vec::new();
    let now = operator::now().expect("a moment");
    let mut desk = Desk {
        out: &mut out,
        now,
        ask: &mut |_| Ok(SecretString::from(PASSPHRASE.to_owned())),
        work: 2,
    };
    operator::run(&operator, &mut desk).unwrap_or_else(|error| panic!("{line}: {error}"));
    String::from_utf8(out).expect("text")
}

/// A database of its own, in a PostgreSQL that ends with this process.
#[must_use]
pub fn make_database() -> String {
    let server = postgres();
    let name = format!("r{}", uuid::Uuid::new_v4().simple());
    let made = Command::new("psql")
        .args([server, "-q", "-c", &format!("CREATE DATABASE {name}")])
        .output()
        .expect("psql");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    server.replace("dbname=postgres", &format!("dbname={name}"))
}

/// PostgreSQL, started once for each process. It stops when its standard input closes, which the end of this process does.
fn postgres() -> &'static str {
    static SERVER: OnceLock<(String, Child)> = OnceLock::new();
    let (url, _) = SERVER.get_or_init(|| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/postgres");
        let mut child = Command::new(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("scripts/postgres");
        let mut url = String::new();
        BufReader::new(child.stdout.take().expect("its output"))
            .read_line(&mut url)
            .expect("a line");
        assert!(!url.is_empty(), "PostgreSQL does not start");
        (url.trim().to_owned(), child)
    });
    url
}
