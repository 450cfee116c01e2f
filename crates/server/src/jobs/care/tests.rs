use std::fs;

use super::*;
use crate::{
    Options, opening,
    store::testing::{NOW, join},
};

struct Setting {
    folder: tempfile::TempDir,
    config: Config,
    accounts: Accounts,
    instance: Instance,
}

impl Setting {
    async fn begin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            data: Some(folder.path().to_owned()),
            ..Options::default()
        };
        let mut config = Config::load(&options, []).unwrap();
        config.backup.folder = Some(folder.path().join("backups"));
        config.backup.keep_days = 2;
        Self {
            accounts: opening::open(&config, &|_| None).await.unwrap(),
            folder,
            config,
            instance: Instance::make_random().unwrap(),
        }
    }

    async fn back_up(&self, instance: Instance, now: Moment) -> usize {
        back_up(&self.accounts, &self.config, instance, now)
            .await
            .unwrap();
        fs::read_dir(self.folder.path().join("backups")).unwrap().count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_made_when_it_is_due_and_goes_when_its_time_is_over() {
    let setting = Setting::begin().await;
    let (own, other, day) = (setting.instance, Instance::make_random().unwrap(), 86_400);
    assert_eq!(setting.back_up(own, NOW).await, 1);
    assert_eq!(setting.back_up(other, NOW.plus(day - 1)).await, 1, "none is due");
    let (store, lease) = (&setting.accounts.store, NOW.plus(day));
    assert!(store.take_lease("backup", own, 100, lease).await.unwrap());
    assert_eq!(
        setting.back_up(other, lease).await,
        1,
        "another instance makes it"
    );
    assert_eq!(setting.back_up(other, lease.plus(100)).await, 2);
    assert_eq!(
        setting.back_up(own, NOW.plus(2 * day + 100)).await,
        2,
        "the first one went"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_that_was_interrupted_is_finished_and_the_ledger_forgets_in_time() {
    let setting = Setting::begin().await;
    let (accounts, own) = (&setting.accounts, setting.instance);
    let anne = join(&accounts.store, "anne@example.org").await;
    let gone = setting.config.backup.gone_after(NOW);
    accounts
        .store
        .begin_erasure(anne.account, Arc::clone(&accounts.ledger), NOW, gone)
        .await
        .unwrap();
    assert!(accounts.store.rows_owned_by(anne.account).await.unwrap() > 0);
    finish(accounts, own, NOW).await.unwrap();
    assert_eq!(accounts.store.rows_owned_by(anne.account).await, Ok(0));
    assert_eq!(accounts.store.ledger_reached().await, Ok(1));

    sweep(accounts, own, gone.plus(-1)).await.unwrap();
    assert_eq!(accounts.ledger.entries().unwrap().len(), 1);
    sweep(accounts, own, gone).await.unwrap();
    assert_eq!(accounts.ledger.entries(), Ok(vec![]));
    assert_eq!(
        accounts.ledger.reaches(),
        Ok(1),
        "it still knows that there was one"
    );
    purge(accounts, own, gone).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_failed_or_was_ended_is_free_for_the_next_instance_at_once() {
    let setting = Setting::begin().await;
    let (store, now) = (&setting.accounts.store, NOW);
    let lease = |instance| Lease { store, instance, now };
    let (own, other) = (setting.instance, Instance::make_random().unwrap());
    let failed: Result<Option<()>, _> = lease(own)
        .of("sweep", 100, async { Err(StoreError::Unavailable) })
        .await;
    assert_eq!(failed, Err(StoreError::Unavailable));
    let done = async { Ok::<_, StoreError>(()) };
    assert_eq!(lease(other).of("sweep", 100, done).await, Ok(Some(())));

    for job in ["mail", "purge"] {
        assert!(store.take_lease(job, own, 100, now).await.unwrap());
    }
    assert!(store.take_lease("backup", other, 100, now).await.unwrap());
    store.release_leases(own).await.unwrap();
    for (job, is_free) in [("mail", true), ("purge", true), ("backup", false)] {
        let done = async { Ok::<_, StoreError>(()) };
        let third = Instance::make_random().unwrap();
        assert_eq!(
            lease(third).of(job, 100, done).await,
            Ok(is_free.then_some(())),
            "{job}"
        );
    }
}
