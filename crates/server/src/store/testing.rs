//! Both stores for tests, and made-up accounts with something in every table.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock};

use tempfile::TempDir;

use super::*;
use regie_protocol::Language;

use crate::config::{Database, Hidden};
use crate::keys::{AddressHash, for_tests};

pub(crate) const NOW: Moment = Moment(1_800_000_000);

/// A store to try something on, and what is needed to open it once more.
pub(crate) struct Bed {
    pub(crate) store: Arc<Store>,
    pub(crate) keys: Keys,
    pub(crate) folder: TempDir,
    url: Option<String>,
}

impl Bed {
    pub(crate) async fn sqlite() -> Self {
        let (keys, folder) = (for_tests(), tempfile::tempdir().unwrap());
        let store = Store::open_sqlite(&folder.path().join("store.db"), &keys)
            .await
            .unwrap();
        Self {
            store: Arc::new(store),
            keys,
            folder,
            url: None,
        }
    }

    pub(crate) async fn postgres() -> Self {
        let (keys, folder) = (for_tests(), tempfile::tempdir().unwrap());
        let url = make_database().await;
        let store = Store::open_postgres(&url, &keys).await.unwrap();
        Self {
            store: Arc::new(store),
            keys,
            folder,
            url: Some(url),
        }
    }

    /// A bed on a database that is there, with copies of these keys.
    pub(crate) async fn on(database: &Database, keys: Keys, folder: TempDir) -> Self {
        let (store, url) = match database {
            Database::Sqlite(file) => (Store::open_sqlite(file, &keys).await.unwrap(), None),
            Database::Postgres { url, .. } => (
                Store::open_postgres(url.expose(), &keys).await.unwrap(),
                Some(url.expose().to_owned()),
            ),
        };
        Self {
            store: Arc::new(store),
            keys,
            folder,
            url,
        }
    }

    /// The same database with other keys.
    pub(crate) async fn open_with(&self, keys: &Keys) -> Result<Store, StoreError> {
        match &self.url {
            Some(url) => Store::open_postgres(url, keys).await,
            None => Store::open_sqlite(&self.file(), keys).await,
        }
    }

    /// The same database once more, as another instance or after a restart.
    pub(crate) async fn open_again(&self) -> Store {
        self.open_with(&self.keys).await.unwrap()
    }

    /// Where another process finds it.
    pub(crate) fn place(&self) -> String {
        match &self.url {
            Some(url) => url.clone(),
            None => format!("file:{}", self.file().display()),
        }
    }

    pub(crate) const fn is_sqlite(&self) -> bool {
        self.url.is_none()
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("store.db")
    }

    pub(crate) fn ledger(&self) -> Arc<FileLedger> {
        Arc::new(FileLedger::open(&self.folder.path().join("ledger")).unwrap())
    }

    pub(crate) fn network(&self, text: &str) -> crate::keys::NetworkHash {
        self.keys.index.network(text.parse().unwrap())
    }

    pub(crate) fn address(&self, text: &str) -> AddressHash {
        self.keys.index.address(text)
    }
}

/// A place where nothing was ever kept.
pub(crate) async fn empty_place(is_sqlite: bool, folder: &Path) -> Database {
    if is_sqlite {
        Database::Sqlite(folder.join("store.db"))
    } else {
        Database::Postgres {
            url: Hidden::new(make_database().await),
            shown: String::new(),
        }
    }
}

/// A database of its own in the server of this process.
async fn make_database() -> String {
    let server = server();
    let name = format!(
        "t{}",
        data_encoding::HEXLOWER.encode(&MailId::make_random().unwrap().0)
    );
    let (client, connection) = tokio_postgres::connect(server, tokio_postgres::NoTls)
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    client
        .batch_execute(&format!("CREATE DATABASE {name}"))
        .await
        .unwrap();
    drop(client);
    connection.await.unwrap().unwrap();
    server.replace("dbname=postgres", &format!("dbname={name}"))
}

/// PostgreSQL, started once for each process. It stops when its standard input closes, which the end of this process
/// does, however it comes.
fn server() -> &'static str {
    static SERVER: OnceLock<(String, Child)> = OnceLock::new();
    let (url, _) = SERVER.get_or_init(|| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/postgres");
        let mut child = Command::new(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("scripts/postgres");
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut url)
            .unwrap();
        if url.is_empty() {
            let why = child.wait_with_output().unwrap();
            panic!(
                "PostgreSQL does not start: {}",
                String::from_utf8_lossy(&why.stderr)
            );
        }
        (url.trim().to_owned(), child)
    });
    url
}

pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

/// An organisation with some invitations, by number from 1.
pub(crate) async fn invite(store: &Store, count: i64) -> (OrganisationId, Vec<SecretHash>) {
    let organisation = OrganisationId::make_random().unwrap();
    let new = Organisation {
        organisation,
        name: "Bakkerij".into(),
        seats: count,
        until_day: NOW.day() + 365,
    };
    store.put_organisation(new).await.unwrap();
    let batch: Vec<_> = (1..=count).map(invitation).collect();
    store.put_invitations(organisation, batch.clone()).await.unwrap();
    (organisation, batch.iter().map(|new| new.secret).collect())
}

pub(crate) fn invitation(number: i64) -> Invitation {
    Invitation {
        secret: SecretHash::make_random().unwrap(),
        number,
        signature: bytes::<64>().to_vec(),
        from: NOW.plus(-1000),
        until: NOW.plus(86_400 * 300),
    }
}

pub(crate) fn device() -> NewDevice {
    NewDevice {
        device: DeviceId::make_random().unwrap(),
        sign_key: bytes(),
        seal_key: bytes(),
        name_sealed: bytes::<40>().to_vec(),
        platform_sealed: bytes::<44>().to_vec(),
    }
}

pub(crate) fn credential() -> NewCredential {
    NewCredential {
        record: bytes::<192>().to_vec(),
        passphrase_key: bytes(),
    }
}

pub(crate) fn code() -> CodeKeys {
    CodeKeys {
        auth_key: bytes(),
        seal_key: bytes(),
        for_devices: bytes::<72>().to_vec(),
    }
}

pub(crate) fn epoch(number: i64, devices: &[DeviceId]) -> NewEpoch {
    let ways = [Way::Passphrase, Way::Code]
        .into_iter()
        .chain(devices.iter().map(|device| Way::Device(*device)));
    let wraps = ways
        .map(|way| Wrap {
            way,
            sealed: bytes::<80>().to_vec(),
        })
        .collect();
    NewEpoch {
        number,
        statement: NewHeader {
            sequence: number,
            before: (number > 1).then(|| hash_at(number - 1)),
            hash: hash_at(number),
            restarts: None,
            of_devices: true,
            bytes: bytes::<120>().to_vec(),
        },
        vouching: None,
        wraps,
        identity: Identity {
            sign_key: bytes(),
            seal_key: bytes(),
            statement: bytes::<100>().to_vec(),
        },
    }
}

/// A header behind a head.
pub(crate) fn header_after(head: Head) -> NewHeader {
    let bytes = bytes::<218>().to_vec();
    NewHeader {
        sequence: head.sequence + 1,
        before: Some(head.hash),
        hash: *blake3::hash(&bytes).as_bytes(),
        restarts: None,
        of_devices: false,
        bytes,
    }
}

/// A push behind a head.
pub(crate) fn push_after(head: Head, epoch: i64, records: Vec<NewRecord>) -> NewPush {
    NewPush {
        epoch,
        header: header_after(head),
        records,
        keep: Vec::new(),
        drop: Vec::new(),
    }
}

/// An epoch behind a head, and with it, where it is asked for, the header that vouches for what there is.
pub(crate) fn epoch_after(head: Head, number: i64, devices: &[DeviceId], vouches: bool) -> NewEpoch {
    let statement = NewHeader {
        of_devices: true,
        ..header_after(head)
    };
    NewEpoch {
        vouching: vouches.then(|| header_after(statement.head())),
        statement,
        ..epoch(number, devices)
    }
}

/// A record of the smallest size.
pub(crate) fn record() -> NewRecord {
    NewRecord {
        record: RecordId::make_random().unwrap(),
        deleted: false,
        envelope: bytes::<1139>().to_vec(),
    }
}

/// A blob of a preview and one chunk, both of them there.
pub(crate) fn chunks() -> NewChunks {
    NewChunks {
        blob: BlobId::make_random().unwrap(),
        count: 2,
        bytes: 24_616 + 65_576,
        from: 0,
        chunks: vec![bytes::<24_616>().to_vec(), bytes::<65_576>().to_vec()],
    }
}

/// Room for a few.
pub(crate) const ROOM: BlobRoom = BlobRoom {
    bytes: 1 << 30,
    open: 64,
    open_bytes: 256 << 20,
};

/// The hash that made-up headers have at a place: what follows one follows every rival of it.
pub(crate) fn hash_at(sequence: i64) -> [u8; 32] {
    *blake3::hash(&sequence.to_be_bytes()).as_bytes()
}

/// The same where the copy was ended: sealed to the devices alone.
pub(crate) fn epoch_for_devices(number: i64, devices: &[DeviceId]) -> NewEpoch {
    let mut next = epoch(number, devices);
    next.wraps.retain(|wrap| matches!(wrap.way, Way::Device(_)));
    next
}

pub(crate) fn new_account(invitation: SecretHash, email: &str) -> NewAccount {
    let device = device();
    NewAccount {
        account: AccountId::make_random().unwrap(),
        credential_id: CredentialId::make_random().unwrap(),
        contact: Contact {
            email: email.into(),
            name: "Wilhelmina".into(),
            phone: Some("+31612345678".into()),
        },
        credential: credential(),
        code: code(),
        epoch: epoch(1, &[device.device]),
        device,
        invitation,
        statement_version: 1,
        terms_version: 1,
        copy_consented: true,
    }
}

/// Somebody who joined.
/// A number that no other test of a shared database is likely to have.
pub(crate) fn mailbox() -> u32 {
    u32::from_be_bytes(bytes())
}

pub(crate) async fn join(store: &Store, email: &str) -> NewAccount {
    let (_, secrets) = invite(store, 1).await;
    let new = new_account(secrets[0], email);
    store.create_account(new.clone(), NOW).await.unwrap();
    new
}

impl NewAccount {
    /// This account's device, by its request of a number.
    pub(crate) const fn by(&self, number: i64) -> Author {
        Author::Device {
            device: self.device.device,
            number,
        }
    }
}

/// Somebody with something in every table that can name an account, and every value of theirs that is not a number.
pub(crate) async fn seed_every_table(bed: &Bed, email: &str) -> (NewAccount, Vec<Vec<u8>>) {
    let (store, new) = (&bed.store, join(&bed.store, email).await);
    let account = new.account;
    let (factor, one_time, mailed) = (bytes::<20>(), CodeHash(bytes()), CodeHash(bytes()));
    let second = device();
    store
        .set_factor(
            account,
            new.by(1),
            Some(NewFactor {
                secret: factor.to_vec(),
                step: 1,
                codes: vec![one_time, CodeHash(bytes())],
            }),
            NOW,
        )
        .await
        .unwrap();
    store
        .add_device(account, new.by(2), second.clone(), 1, bytes::<80>().to_vec(), NOW)
        .await
        .unwrap();
    let verify = MailCode {
        purpose: CodePurpose::Verify,
        hash: mailed,
        expires: NOW.plus(3600),
        tries: 3,
        language: Language::Nl,
    };
    store.put_mail_code(account, verify).await.unwrap();
    let letter = b"Beste Wilhelmina, je code is 123456.".to_vec();
    store.put_mail(account, letter.clone(), NOW).await.unwrap();
    let (number, secret) = (mailbox(), TokenHash(bytes()));
    let ends = NOW.plus(600);
    store
        .open_pairing(number, secret, bytes::<32>().to_vec(), NOW, ends)
        .await
        .unwrap();
    store
        .enter_pairing(number, account, new.by(3), NOW)
        .await
        .unwrap();
    let (there, reply) = (Side::There(account, new.by(4)), bytes::<33>().to_vec());
    store
        .say_in_pairing(number, there, 2, reply.clone(), NOW)
        .await
        .unwrap();
    let (put, left) = (chunks(), chunks());
    for (number, chunks) in [(5, &put), (6, &left)] {
        let by = (new.device.device, number);
        store
            .put_chunks(account, by, chunks.clone(), ROOM, NOW)
            .await
            .unwrap();
    }
    let mut push = push_after(store.head(account).await.unwrap(), 1, vec![record()]);
    push.keep = vec![put.blob];
    store
        .push(account, new.device.device, 7, push.clone())
        .await
        .unwrap();
    let limits = LoginLimits {
        by_subject: 5,
        by_network: 50,
        within: 3600,
    };
    let network = bed.network("192.0.2.7");
    store
        .begin_login(Subject::Account(account), network, limits, NOW)
        .await
        .unwrap();
    store
        .count_request(Counted::Subject(Subject::Account(account)), 60, NOW)
        .await
        .unwrap();
    store
        .append_log(account, "seed", b"actor".to_vec(), NOW)
        .await
        .unwrap();
    let read = store.account(account).await.unwrap();

    let ids: [&[u8]; 5] = [
        &account.0,
        &new.credential_id.0,
        &read.pseudonym.0,
        &new.device.device.0,
        &second.device.0,
    ];
    let keys: [&[u8]; 8] = [
        &new.credential.passphrase_key,
        &new.code.auth_key,
        &new.code.seal_key,
        &new.epoch.identity.sign_key,
        &new.epoch.identity.seal_key,
        &new.device.sign_key,
        &new.device.seal_key,
        &second.sign_key,
    ];
    let texts: [&[u8]; 5] = [
        email.as_bytes(),
        b"Wilhelmina",
        b"+31612345678",
        b"123456",
        &factor,
    ];
    let long: [&[u8]; 8] = [
        &reply,
        &new.credential.record,
        &new.code.for_devices,
        &new.epoch.statement.bytes,
        &new.epoch.wraps[0].sealed,
        &new.device.name_sealed,
        &new.device.platform_sealed,
        &new.epoch.identity.statement,
    ];
    let pushed: [&[u8]; 4] = [
        &push.header.bytes,
        &push.header.hash,
        &push.records[0].record.0,
        &push.records[0].envelope,
    ];
    let hash = |chunk: &Vec<u8>| blake3::hash(chunk).as_bytes().to_vec();
    let hashed: Vec<_> = put.chunks.iter().chain(&left.chunks).map(hash).collect();
    // What is looked for in every form is some of what only this blob has; whole chunks would make the search slow.
    let parts = put.chunks.iter().chain(&left.chunks).flat_map(|chunk| {
        [
            &chunk[..32],
            &chunk[chunk.len() / 2..][..32],
            &chunk[chunk.len() - 32..],
        ]
    });
    let blobs = [put.blob.0.as_slice(), &left.blob.0];
    let blobs: Vec<&[u8]> = blobs
        .into_iter()
        .chain(parts)
        .chain(hashed.iter().map(Vec::as_slice))
        .collect();
    let hashes: [&[u8]; 5] = [
        &secret.0,
        &bed.address(email).0,
        &bed.keys.index.account(&account.0).0,
        &one_time.0,
        &mailed.0,
    ];
    let all = [ids.as_slice(), &keys, &texts, &long, &pushed, &blobs, &hashes].concat();
    let all = all.into_iter().map(<[u8]>::to_vec).collect();
    (new, all)
}

/// A column as a catalogue tells it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Column {
    pub(crate) table: String,
    pub(crate) name: String,
    pub(crate) kind: String,
    /// Its place in the primary key, counted from 1; 0 outside it.
    pub(crate) in_key: i64,
    pub(crate) is_required: bool,
}

const SQLITE_CATALOGUE: &str = "SELECT m.name, p.name, p.type, p.pk, p.\"notnull\"
    FROM sqlite_schema m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' ORDER BY 1, p.cid";

const POSTGRES_CATALOGUE: &str = "SELECT c.table_name::text, c.column_name::text, c.data_type::text,
        COALESCE(k.ordinal_position, 0)::bigint, (c.is_nullable = 'NO')::int::bigint
    FROM information_schema.columns c
    LEFT JOIN information_schema.table_constraints t
        ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.constraint_type = 'PRIMARY KEY'
    LEFT JOIN information_schema.key_column_usage k
        ON k.constraint_name = t.constraint_name AND k.table_schema = t.table_schema
            AND k.table_name = t.table_name AND k.column_name = c.column_name
    WHERE c.table_schema = 'public' ORDER BY 1, c.ordinal_position";

/// All columns of all tables, as the engine's own catalogue tells them.
pub(crate) async fn catalogue(bed: &Bed) -> Vec<Column> {
    let sql = if bed.is_sqlite() {
        SQLITE_CATALOGUE
    } else {
        POSTGRES_CATALOGUE
    };
    let rows = bed
        .store
        .peek(move |tx| Box::pin(async move { tx.rows(sql, tx::values![]).await }))
        .await
        .unwrap();
    let column = |row: &tx::Row| -> Result<Column, StoreError> {
        Ok(Column {
            table: row.get(0)?,
            name: row.get(1)?,
            kind: match row.get::<String>(2)?.to_lowercase().as_str() {
                "integer" | "bigint" => "number".into(),
                "blob" | "bytea" => "bytes".into(),
                other => other.to_owned(),
            },
            in_key: row.get(3)?,
            is_required: row.get::<i64>(4)? == 1,
        })
    };
    let columns: Vec<_> = rows.iter().map(|row| column(row).unwrap()).collect();
    assert!(columns.len() > 100, "the catalogue was read");
    columns
}

/// Every value in every table, with the table's name.
pub(crate) async fn every_value(bed: &Bed) -> Vec<(String, Vec<u8>)> {
    let mut tables: Vec<String> = catalogue(bed)
        .await
        .into_iter()
        .map(|column| column.table)
        .collect();
    tables.dedup();
    let mut all = Vec::new();
    for table in tables {
        let sql = format!("SELECT * FROM {table}");
        let rows = bed
            .store
            .peek(move |tx| {
                let sql = sql.clone();
                Box::pin(async move { tx.rows(&sql, tx::values![]).await })
            })
            .await
            .unwrap();
        for value in rows.into_iter().flat_map(|row| row.0) {
            match value {
                tx::Value::Bytes(bytes) => all.push((table.clone(), bytes)),
                tx::Value::Text(text) => all.push((table.clone(), text.into_bytes())),
                tx::Value::Integer(_) | tx::Value::Null => {}
            }
        }
    }
    all.sort();
    all
}

/// Runs each of these on both stores, as tests of their own.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(&$crate::store::testing::Bed::sqlite().await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(&$crate::store::testing::Bed::postgres().await).await;
            })*
        }
    };
}

pub(crate) use on_both;
