//! After an erasure, everything that a server has is searched for any value of the account.

use std::collections::BTreeSet;

use regie_client::{LeaveKind, LogInBy, LogInForm};
use regie_server::opening;
use regie_tests::bytes::Sought;

use super::*;

/// Shorter than this, a value stands in many places and says nothing.
const SHORTEST: usize = 12;

/// Everything that a row holds of the account, and the forms in which it could stand somewhere.
fn values(alone: &Alone, account: &[u8]) -> BTreeSet<Vec<u8>> {
    let mut values: BTreeSet<Vec<u8>> = BTreeSet::new();
    for row in alone.rows() {
        if row.value("account_id") == Some(account) {
            // By what name a thing was done is nobody's.
            let own = row.values.into_iter().filter(|(column, _)| column != "action");
            values.extend(own.map(|(_, value)| value));
        }
    }
    // Words that stand in everybody's rows.
    for common in alone
        .rows()
        .iter()
        .filter(|row| row.value("account_id").is_some_and(|id| id != account))
    {
        for (_, value) in &common.values {
            values.remove(value);
        }
    }
    values.retain(|value| value.len() >= SHORTEST);
    values
}

fn found(everything: &BTreeMap<String, Vec<u8>>, sought: &Sought) -> Vec<String> {
    let found = everything.iter().filter(|(_, content)| sought.is_in(content));
    found.map(|(place, _)| place.clone()).collect()
}

fn nothing_is_left_on(engine: Engine) {
    let mut alone = Alone::begin(engine, 2);
    let (noor, bram, phone) = (Profile::default(), Profile::default(), Profile::default());
    let (staying, _) = join(&alone.running, &bram, &alone.running.codes[0], &BRAM);
    let before: BTreeSet<Vec<u8>> = accounts(&alone);
    let (client, _) = join(&alone.running, &noor, &alone.running.codes[1], &NOOR);
    let account = accounts(&alone)
        .difference(&before)
        .next()
        .expect("an account")
        .clone();
    // A life: a second device, a new key, a look at one's own log.
    let second = phone.start().with_roots(&[alone.running.root]);
    second
        .look_at_server(&alone.running.address, None)
        .expect("a server");
    let form = LogInForm {
        email: NOOR.email.into(),
        by: LogInBy::Passphrase(passphrase(PASSPHRASE)),
        factor: None,
        device_name: "Noors-groene-telefoon".into(),
        consents: vec![KEEP.into()],
    };
    second.log_in_on_new_device(&form).expect("logs in");
    client
        .new_recovery_code(&passphrase(PASSPHRASE))
        .expect("a new code");
    client.contact().expect("an answer");
    if let Some(url) = alone.running.database() {
        psql(url, "ANALYZE");
    }

    let mut secrets: Vec<Vec<u8>> = values(&alone, &account).into_iter().collect();
    assert!(
        secrets.len() > 25,
        "every table was looked into: {}",
        secrets.len()
    );
    let texts = [
        NOOR.email,
        NOOR.name,
        NOOR.phone.expect("a number"),
        NOOR.device,
        "Noors-groene-telefoon",
    ];
    let mut forms: Vec<_> = texts.into_iter().flat_map(bytes::forms).collect();
    forms.extend(secrets.drain(..).flat_map(|value| bytes::forms_of(&value)));
    let sought = Sought::of(&forms);
    let there = found(&alone.everything(), &sought);
    assert!(there.len() > 25, "the search finds what is there: {there:?}");

    client
        .leave(LeaveKind::Everything, &passphrase(PASSPHRASE), None)
        .expect("leaves");
    // The last mail goes, and the postman comes.
    let is_the_last = |mail: &Mail| {
        ["verwijderd", "deleted"]
            .iter()
            .any(|word| mail.subject.contains(word))
    };
    let _last = alone.running.mail_to(NOOR.email, is_the_last);
    wait_for_the_outbox(&alone);
    empty_the_letter_box(&alone.running);
    // What a day brings: the database's own files are cleaned, backups are made, the ledger forgets when no backup is left.
    alone.stop();
    let before_cleaning = alone.running.database().map(cleanings).unwrap_or_default();
    alone.start();
    wait_for_the_cleaning(&alone, before_cleaning);
    let restored = alone.restored();
    assert_eq!(
        found(&files_of(restored.path()), &sought),
        Vec::<String>::new(),
        "in a backup made after"
    );
    let left = found(&alone.everything(), &sought);
    let ledger = alone.running.data().join("ledger").display().to_string();
    assert_eq!(
        left,
        [ledger],
        "the ledger alone names it, so that no older backup brings it back"
    );
    let line = fs::read(alone.running.data().join("ledger")).expect("a ledger");
    let words: Vec<_> = texts.into_iter().flat_map(bytes::forms).collect();
    assert!(!Sought::of(&words).is_in(&line));
    alone.stop();
    let config = alone.running.config();
    let later = opening::now().plus(i64::from(config.backup.keep_days + 2) * 86_400);
    let ledger = opening::ledger(&config).expect("a ledger");
    regie_server::store::Ledger::forget(&*ledger, later).expect("forgets");
    assert_eq!(found(&alone.everything(), &sought), Vec::<String>::new());
    if let Some(url) = alone.running.database() {
        // What operations.md tells to do where the machine itself is handed on.
        psql(url, "VACUUM FULL");
        psql(url, "CHECKPOINT");
        let folder = url.split_whitespace().find_map(|part| part.strip_prefix("host="));
        let number = "SELECT oid FROM pg_database WHERE datname = current_database()";
        let number = String::from_utf8(psql(url, number)).expect("a number");
        let tables = Path::new(folder.expect("a folder"))
            .join("data/base")
            .join(number.trim());
        let files = files_of(&tables);
        assert!(files.len() > 100, "the tables were read");
        assert_eq!(found(&files, &sought), Vec::<String>::new());
    }
    alone.start();
    assert!(
        staying.contact().expect("an answer").joined.is_some(),
        "somebody else stays"
    );
    assert!(accounts(&alone) == before);
}

fn accounts(alone: &Alone) -> BTreeSet<Vec<u8>> {
    let rows = alone.rows();
    let accounts = rows.iter().filter(|row| row.table == "account");
    accounts
        .map(|row| row.value("account_id").expect("an id").to_vec())
        .collect()
}

fn files_of(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = bytes::files(folder).into_iter();
    files
        .map(|(path, content)| (path.display().to_string(), content))
        .collect()
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(90), "{what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn wait_for_the_outbox(alone: &Alone) {
    wait_until("the last mail is on its way", || {
        !alone.rows().iter().any(|row| row.table == "outbox")
    });
}

/// How often each table was cleaned.
fn cleanings(url: &str) -> Vec<i64> {
    let counted = psql(
        url,
        "SELECT vacuum_count FROM pg_stat_user_tables ORDER BY relname",
    );
    let counted = String::from_utf8(counted).expect("text");
    counted
        .lines()
        .map(|count| count.parse().expect("a number"))
        .collect()
}

/// The daily cleaning runs at the start too. On SQLite it leaves an empty log behind, whoever reads along being done.
fn wait_for_the_cleaning(alone: &Alone, before: Vec<i64>) {
    match alone.running.database() {
        None => {
            let log = alone.running.data().join("regie.db-wal");
            wait_until("the log is emptied", || {
                fs::metadata(&log).is_ok_and(|log| log.len() < 64 * 1024)
            });
        }
        Some(url) => {
            wait_until("every table is cleaned", || {
                cleanings(url)
                    .into_iter()
                    .zip(&before)
                    .all(|(now, before)| now > *before)
            });
        }
    }
}

#[test]
fn v15_after_an_erasure_no_table_and_no_file_holds_any_value_of_the_account() {
    nothing_is_left_on(Engine::Sqlite);
}

#[test]
fn v15_after_an_erasure_no_table_of_postgresql_holds_any_value_of_the_account() {
    nothing_is_left_on(Engine::Postgres);
}
