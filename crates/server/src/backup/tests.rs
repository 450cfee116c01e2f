use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::{
    Options,
    store::{
        FileLedger, LedgerEntry, What,
        testing::{Bed, NOW, empty_place, every_value, on_both, seed_every_table},
    },
};

on_both!(
    h10_who_was_deleted_stays_deleted_when_a_backup_is_restored,
    a_backup_brings_everything_back_into_either_engine,
    a_backup_that_was_changed_cut_or_made_with_other_keys_fills_nothing,
    a_backup_is_restored_in_its_time_into_an_empty_place_beside_a_whole_ledger_alone,
);

const NOBODY: Environment<'static> = &|_| None;

/// A server that is to be restored: a folder of its own, keys, an empty database.
struct Target {
    folder: TempDir,
    config: Config,
}

impl Target {
    async fn new(is_sqlite: bool, keys: &Keys) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = config(folder.path());
        config.database = empty_place(is_sqlite, folder.path()).await;
        keys.write_file(&config.keys).unwrap();
        Self { folder, config }
    }

    async fn restore(&self, file: &Path, now: Moment) -> Result<String, BackupError> {
        let what = Restore {
            file: file.to_owned(),
            only_check: false,
        };
        let mut out = Vec::new();
        restore(&what, &self.config, NOBODY, now, &mut out).await?;
        Ok(String::from_utf8(out).unwrap())
    }

    async fn bed(self) -> Bed {
        let keys = Keys::read_file(&self.config.keys).unwrap();
        Bed::on(&self.config.database, keys, self.folder).await
    }
}

fn config(folder: &Path) -> Config {
    let options = Options {
        data: Some(folder.to_owned()),
        ..Options::default()
    };
    Config::load(&options, []).unwrap()
}

async fn back_up_of(bed: &Bed, ledger: Arc<FileLedger>) -> PathBuf {
    let origin = Origin {
        store: &bed.store,
        keys: &bed.keys,
        ledger,
        config: &config(bed.folder.path()),
    };
    let (file, rows) = make(origin, &bed.folder.path().join("backups"), NOW)
        .await
        .unwrap();
    assert!(rows > 10, "{rows}");
    file
}

async fn h10_who_was_deleted_stays_deleted_when_a_backup_is_restored(bed: &Bed) {
    let (anne, _) = seed_every_table(bed, "anne@example.org").await;
    let (bob, _) = seed_every_table(bed, "bob@example.org").await;
    let file = back_up_of(bed, bed.ledger()).await;
    bed.store
        .erase_account(anne.account, bed.ledger(), NOW.plus(10), NOW.plus(31 * 86_400))
        .await
        .unwrap();

    // Without what the ledger says, she would be there again: the backup does hold her.
    let forgetful = Target::new(bed.is_sqlite(), &bed.keys).await;
    forgetful.restore(&file, NOW.plus(20)).await.unwrap();
    let forgetful = forgetful.bed().await;
    assert!(forgetful.store.account(anne.account).await.is_ok());

    let target = Target::new(bed.is_sqlite(), &bed.keys).await;
    fs::copy(bed.folder.path().join("ledger"), &target.config.ledger).unwrap();
    target.restore(&file, NOW.plus(20)).await.unwrap();
    let restored = target.bed().await;
    assert_eq!(restored.store.rows_owned_by(anne.account).await, Ok(0));
    let address = restored.address("anne@example.org");
    assert_eq!(
        restored.store.account_by_address(address).await,
        Err(StoreError::NotFound)
    );
    assert_eq!(restored.store.contact(bob.account).await.unwrap(), bob.contact);
    assert_eq!(restored.store.ledger_reached().await, Ok(1));
}

async fn a_backup_brings_everything_back_into_either_engine(bed: &Bed) {
    seed_every_table(bed, "anne@example.org").await;
    let noted = bed
        .store
        .append_staff_log("seed.made", AT_THE_MACHINE, vec![1], NOW);
    noted.await.unwrap();
    let kept = |all: Vec<(String, Vec<u8>)>| -> Vec<_> {
        // That it was restored stands in the log of the staff.
        let left_out = |table: &str| dump::LEFT_OUT.contains(&table) || table == "staff_log";
        all.into_iter().filter(|(table, _)| !left_out(table)).collect()
    };
    let before = kept(every_value(bed).await);
    let file = back_up_of(bed, bed.ledger()).await;
    for is_sqlite in [true, false] {
        let target = Target::new(is_sqlite, &bed.keys).await;
        target.restore(&file, NOW).await.unwrap();
        let restored = target.bed().await;
        assert_eq!(kept(every_value(&restored).await), before);
        let log = restored.store.staff_log(0, 10).await.unwrap();
        let actions: Vec<_> = log.iter().map(|row| row.entry.action.as_str()).collect();
        assert_eq!(actions, ["seed.made", "backup.restored"]);
        assert!(crate::store::is_unbroken_staff(None, &log));
    }
}

async fn a_backup_that_was_changed_cut_or_made_with_other_keys_fills_nothing(bed: &Bed) {
    let (_, values) = seed_every_table(bed, "anne@example.org").await;
    let file = back_up_of(bed, bed.ledger()).await;
    let whole = fs::read(&file).unwrap();
    for value in values.iter().filter(|value| value.len() > 5) {
        assert!(
            !whole.windows(value.len()).any(|part| part == value),
            "it is sealed"
        );
    }
    let target = Target::new(bed.is_sqlite(), &bed.keys).await;
    let other = Target::new(bed.is_sqlite(), &Keys::make().unwrap()).await;
    assert!(matches!(
        other.restore(&file, NOW).await,
        Err(BackupError::NotOurs)
    ));
    let spoilt = bed.folder.path().join("spoilt");
    for at in [0, whole.len() / 2, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        fs::write(&spoilt, bytes).unwrap();
        assert!(matches!(
            target.restore(&spoilt, NOW).await,
            Err(BackupError::NotOurs)
        ));
    }
    for length in [0, 10, whole.len() / 3, whole.len() - 1] {
        fs::write(&spoilt, &whole[..length]).unwrap();
        assert!(matches!(
            target.restore(&spoilt, NOW).await,
            Err(BackupError::NotOurs)
        ));
    }
    assert!(opening::is_new(&target.config.database).await.unwrap());
}

async fn a_backup_is_restored_in_its_time_into_an_empty_place_beside_a_whole_ledger_alone(bed: &Bed) {
    let ledger = bed.ledger();
    let erased = LedgerEntry {
        account: crate::store::AccountId([1; 16]),
        what: What::Erased,
        at: NOW,
        backups_until: NOW.plus(31 * 86_400),
    };
    ledger.append(&erased).unwrap();
    seed_every_table(bed, "anne@example.org").await;
    let file = back_up_of(bed, ledger).await;
    let target = Target::new(bed.is_sqlite(), &bed.keys).await;
    let too_short = target.restore(&file, NOW).await;
    assert!(matches!(
        too_short,
        Err(BackupError::LedgerTooShort {
            reaches: 0,
            needed: 1
        })
    ));
    fs::copy(bed.folder.path().join("ledger"), &target.config.ledger).unwrap();
    let late = target.restore(&file, NOW.plus(30 * 86_400 + 1)).await;
    assert!(matches!(late, Err(BackupError::Over)));
    assert!(
        opening::is_new(&target.config.database).await.unwrap(),
        "nothing was begun"
    );

    target.restore(&file, NOW.plus(30 * 86_400)).await.unwrap();
    assert!(matches!(
        target.restore(&file, NOW).await,
        Err(BackupError::NotEmpty(_))
    ));
    // From here on the database itself knows how far the ledger must reach.
    fs::remove_file(&target.config.ledger).unwrap();
    let opened = opening::open(&target.config, NOBODY).await;
    assert!(matches!(
        opened,
        Err(ServerError::LedgerTooShort {
            reaches: 0,
            needed: 1,
            ..
        })
    ));
    // Keys that were lost are not made anew beside a database.
    fs::remove_file(&target.config.keys).unwrap();
    let opened = opening::open(&target.config, NOBODY).await;
    assert!(matches!(opened, Err(ServerError::KeysGone(_))));
    assert!(!target.config.keys.exists());
}
