//! A server as it ships, in a process of its own, with accounts that were put there directly.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use regie_protocol::language::OwnedText;
use regie_protocol::signed::{
    self, Address, Deployment, DeploymentId, DeploymentKeys, InvitationCode, Moment, Period, Signed,
    SigningKey, VerifyingKey,
};
use regie_server::store::{
    AccountId, CodeKeys, Contact, CredentialId, DeviceId, Identity, Invitation, NewAccount, NewCredential,
    NewDevice, NewEpoch, NewHeader, Organisation, OrganisationId, SecretHash, Way, Wrap,
};
use regie_server::{Config, Options, accounts::Accounts, opening};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::{asking::Line, opaque};
use crate::place;

const LONGEST_START: Duration = Duration::from_secs(30);
const FAR: u64 = 4_000_000_000;
/// The head of a chain as joining leaves it.
pub(crate) const FIRST_HEAD: signed::Head = signed::Head {
    sequence: 1,
    hash: signed::HeaderHash([6; 32]),
};

/// Where accounts are kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// The name of a figure on this store.
    pub(crate) const fn name(self, sqlite: &'static str, postgres: &'static str) -> &'static str {
        match self {
            Self::Sqlite => sqlite,
            Self::Postgres => postgres,
        }
    }
}

/// PostgreSQL as `scripts/postgres` starts it, until this is dropped. It does not sync: what a disk costs is in the figures on SQLite.
pub(crate) struct Postgres {
    child: Child,
    url: String,
}

impl Postgres {
    pub(crate) fn start() -> anyhow::Result<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/postgres");
        let mut child = Command::new(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("scripts/postgres")?;
        let mut url = String::new();
        let output = child.stdout.take().context("its output")?;
        BufReader::new(output).read_line(&mut url)?;
        anyhow::ensure!(!url.is_empty(), "PostgreSQL does not start");
        Ok(Self {
            child,
            url: url.trim().to_owned(),
        })
    }

    /// A database of its own.
    fn make_database(&self) -> anyhow::Result<String> {
        let name = format!("r{}", Uuid::new_v4().simple());
        runtime()?.block_on(async {
            let client = connect(&self.url).await?;
            client.batch_execute(&format!("CREATE DATABASE {name}")).await?;
            anyhow::Ok(())
        })?;
        Ok(self.url.replace("dbname=postgres", &format!("dbname={name}")))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // The script ends with its input.
        drop(self.child.stdin.take());
        self.child.wait().ok();
    }
}

pub(crate) async fn connect(url: &str) -> anyhow::Result<tokio_postgres::Client> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

pub(crate) fn runtime() -> anyhow::Result<Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// Somebody who has an account, with one device.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) account: [u8; 16],
    pub(crate) device: [u8; 16],
    /// What the device's key is made of.
    pub(crate) seed: [u8; 32],
    pub(crate) email: String,
}

/// The data of a server: a folder and, with PostgreSQL, a database.
pub(crate) struct Place {
    folder: TempDir,
    pub(crate) engine: Engine,
    database: Option<String>,
    pub(crate) keys: DeploymentKeys,
    root: SigningKey,
    /// Where its deployment says that it is.
    address: SocketAddr,
    organisation: OrganisationId,
}

impl Place {
    pub(crate) fn make(engine: Engine, postgres: &Postgres) -> anyhow::Result<Self> {
        let folder = place::on_disk()?;
        let database = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(postgres.make_database()?),
        };
        let root = SigningKey::from_seed(&random()?);
        configure(folder.path(), &root, database.as_deref())?;
        let config = config(folder.path())?;
        let (keys, _) = runtime()?.block_on(opening::keys(&config, &|_| None))?;
        let (keys, address) = (keys.public()?, free_address()?);
        fs::write(
            folder.path().join("deployment"),
            deployment(keys, address, &root)?,
        )?;
        let place = Self {
            folder,
            engine,
            database,
            keys,
            root,
            address,
            organisation: OrganisationId(random()?),
        };
        place.opened(async |accounts| {
            let organisation = Organisation {
                organisation: place.organisation,
                name: "Metingen".into(),
                seats: 1_000_000,
                until_day: 100_000,
            };
            Ok(accounts.store.put_organisation(organisation).await?)
        })?;
        Ok(place)
    }

    /// Puts people there, by the store's own way in.
    pub(crate) fn people(&self, count: usize) -> anyhow::Result<Vec<Person>> {
        self.opened(async |accounts| {
            let mut people = Vec::with_capacity(count);
            for _ in 0..count {
                people.push(self.join(accounts).await?);
            }
            Ok(people)
        })
    }

    /// Codes with which people join through the program, each once.
    pub(crate) fn codes(&self, count: u64) -> anyhow::Result<Vec<String>> {
        self.opened(async |accounts| {
            let (mut codes, mut batch) = (Vec::new(), Vec::new());
            // Beyond the numbers of those who were put there.
            for number in (1..=count).map(|number| number + (1 << 33)) {
                let code = InvitationCode::from_random(random()?);
                let invitation = signed::Invitation {
                    number,
                    code: code.hash(),
                    organisation: signed::OrganisationId(self.organisation.0),
                    period: PERIOD,
                };
                let signed = Signed::sign(&invitation, &self.root)?;
                batch.push(Invitation {
                    secret: SecretHash(code.hash().0),
                    number: i64::try_from(number)?,
                    signature: signed.signature().as_bytes().to_vec(),
                    from: regie_server::store::Moment(0),
                    until: regie_server::store::Moment(i64::try_from(FAR)?),
                });
                codes.push(code.written()?.to_string());
            }
            accounts.store.put_invitations(self.organisation, batch).await?;
            Ok(codes)
        })
    }

    /// By whose key the program knows it.
    pub(crate) fn root(&self) -> VerifyingKey {
        self.root.verifying_key()
    }

    /// The folder into which it puts mails.
    pub(crate) fn mails(&self) -> PathBuf {
        self.folder.path().join("mails")
    }

    async fn join(&self, accounts: &Accounts) -> anyhow::Result<Person> {
        let person = Person {
            account: random()?,
            device: random()?,
            seed: random()?,
            email: format!("{}@example.org", Uuid::new_v4().simple()),
        };
        let secret = SecretHash(random()?);
        let invitation = Invitation {
            secret,
            number: i64::from(u32::from_be_bytes(random()?)) + 1,
            signature: vec![7; 64],
            from: regie_server::store::Moment(0),
            until: regie_server::store::Moment(i64::try_from(FAR)?),
        };
        let (store, now) = (&accounts.store, opening::now());
        store.put_invitations(self.organisation, vec![invitation]).await?;
        let new = new_account(&person, accounts, secret)?;
        store.create_account(new, now).await?;
        Ok(person)
    }

    /// Does something with the store while no server runs on it.
    fn opened<R>(&self, act: impl AsyncFnOnce(&Accounts) -> anyhow::Result<R>) -> anyhow::Result<R> {
        let config = config(self.folder.path())?;
        runtime()?.block_on(async {
            let accounts = opening::open(&config, &|_| None).await?;
            act(&accounts).await
        })
    }

    /// The database as a baseline opens it: a file, or a URL.
    pub(crate) fn store(&self) -> String {
        let file = self.folder.path().join("regie.db");
        self.database
            .clone()
            .unwrap_or_else(|| file.to_string_lossy().into_owned())
    }

    /// Starts the server; gives it when it is ready.
    pub(crate) fn start(&self) -> anyhow::Result<Started> {
        self.start_at(free_address()?)
    }

    /// The same, where its deployment says that it is: devices go nowhere else.
    pub(crate) fn start_for_devices(&self) -> anyhow::Result<Started> {
        self.start_at(self.address)
    }

    fn start_at(&self, address: SocketAddr) -> anyhow::Result<Started> {
        let program = place::binaries()?.join("regie-server");
        let began = Instant::now();
        let child = Command::new(&program)
            .arg("--data")
            .arg(self.folder.path())
            .env("REGIE__SERVER__LISTEN", address.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("{} is not built", program.display()))?;
        let mut started = Started {
            child,
            address,
            took: Duration::ZERO,
        };
        while !is_ready(address) {
            anyhow::ensure!(began.elapsed() < LONGEST_START, "the server does not start");
            anyhow::ensure!(started.child.try_wait()?.is_none(), "the server ended at once");
            std::thread::sleep(Duration::from_millis(1));
        }
        started.took = began.elapsed();
        Ok(started)
    }
}

/// A process that runs until this is dropped.
pub(crate) struct Started {
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
    /// How long it took until it was ready.
    pub(crate) took: Duration,
}

impl Started {
    /// What of it lies in memory, in MiB.
    pub(crate) fn memory(&self) -> anyhow::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let fields: BTreeMap<_, _> = status.lines().filter_map(|line| line.split_once(':')).collect();
        let kib = fields.get("VmRSS").context("no VmRSS")?;
        Ok(kib.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Whether `/ready` is answered with 200.
fn is_ready(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(b"GET /ready HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.starts_with("HTTP/1.1 200"))
    };
    ask().unwrap_or(false)
}

/// An address that nobody listens on.
pub(crate) fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

pub(crate) fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| anyhow::anyhow!("no randomness"))?;
    Ok(bytes)
}

fn config(folder: &Path) -> anyhow::Result<Config> {
    let options = Options {
        data: Some(PathBuf::from(folder)),
        ..Options::default()
    };
    Ok(Config::load(&options, [])?)
}

/// As it ships, but for the limit of requests from one address: all of ours come from this machine.
fn configure(folder: &Path, root: &SigningKey, database: Option<&str>) -> anyhow::Result<()> {
    let root = data_encoding::HEXLOWER.encode(root.verifying_key().as_bytes());
    let database = database.map_or_else(String::new, |url| format!("[database]\nurl = \"{url}\"\n"));
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n[deployment]\nroot = \"{root}\"\n{database}\
         [limits]\nrequests_per_minute = 100000\nburst = 100000\n"
    );
    Ok(fs::write(folder.join("regie-server.toml"), text)?)
}

const PERIOD: Period = Period {
    from: Moment(0),
    until: Moment(FAR),
};

fn deployment(keys: DeploymentKeys, address: SocketAddr, root: &SigningKey) -> anyhow::Result<Vec<u8>> {
    let deployment = Deployment {
        id: DeploymentId(random()?),
        names: OwnedText {
            nl: "Metingen".into(),
            en: "Measurements".into(),
        },
        addresses: vec![Address::parse(&format!("http://{address}"))?],
        keys,
        period: PERIOD,
    };
    Ok(Signed::sign(&deployment, root)?.to_bytes()?)
}

fn new_account(person: &Person, accounts: &Accounts, invitation: SecretHash) -> anyhow::Result<NewAccount> {
    let credential_id: [u8; 32] = random()?;
    let device = DeviceId(person.device);
    let ways = [Way::Passphrase, Way::Code, Way::Device(device)];
    Ok(NewAccount {
        account: AccountId(person.account),
        credential_id: CredentialId(credential_id),
        contact: Contact {
            email: person.email.clone(),
            name: "Anne".into(),
            phone: None,
        },
        credential: NewCredential {
            record: opaque::record(&accounts.opaque, &credential_id)?,
            passphrase_key: random()?,
        },
        code: CodeKeys {
            auth_key: random()?,
            seal_key: random()?,
            for_devices: vec![5; 72],
        },
        epoch: NewEpoch {
            number: 1,
            statement: NewHeader {
                sequence: i64::try_from(FIRST_HEAD.sequence)?,
                before: None,
                hash: FIRST_HEAD.hash.0,
                restarts: None,
                of_devices: true,
                bytes: vec![6; 120],
            },
            vouching: None,
            wraps: ways
                .into_iter()
                .map(|way| Wrap {
                    way,
                    sealed: vec![7; 80],
                })
                .collect(),
            identity: Identity {
                sign_key: random()?,
                seal_key: random()?,
                statement: vec![14; 120],
            },
        },
        device: NewDevice {
            device,
            sign_key: *person.key().verifying_key().as_bytes(),
            seal_key: random()?,
            name_sealed: vec![10; 80],
            platform_sealed: vec![11; 80],
        },
        invitation,
        statement_version: 1,
        terms_version: 1,
        copy_consented: true,
    })
}

impl Person {
    pub(crate) fn key(&self) -> SigningKey {
        SigningKey::from_seed(&self.seed)
    }

    /// Whose request it is, for what is signed.
    pub(crate) const fn ids(&self) -> (signed::AccountId, signed::DeviceId) {
        (signed::AccountId(self.account), signed::DeviceId(self.device))
    }
}

/// Starts a part of a measurement in a process of its own, which listens at an address that it is told after its words; up when it takes
/// connections.
pub(crate) fn start_part(words: [&str; 2], rest: &OsStr) -> anyhow::Result<Started> {
    let (address, began) = (free_address()?, Instant::now());
    let child = Command::new(std::env::current_exe()?)
        .args(words)
        .arg(address.to_string())
        .arg(rest)
        .stdin(Stdio::null())
        .spawn()?;
    let started = Started {
        child,
        address,
        took: Duration::ZERO,
    };
    let runtime = runtime()?;
    while runtime.block_on(Line::connect(address, 0)).is_err() {
        anyhow::ensure!(
            began.elapsed() < Duration::from_secs(10),
            "{} does not start",
            words.join(" ")
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(started)
}
