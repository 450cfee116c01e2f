use regie_crypto::{Passphrase, recovery::RecoveryCode};

use super::*;
use crate::backup::Secret;

#[test]
fn a_backup_brings_back_what_waited_and_the_push_that_was_on_its_way() {
    let mut device = Device::synced();
    device.save(&entry(1, "Een"));
    device.save(&entry(2, "Twee"));
    device.push();
    device.save(&entry(1, "Een en meer"));
    let changes = device.changes();
    let push = device.seal(changes);
    device.store(&push);
    device.save(&entry(3, "Drie"));
    let folder = device.vault.folder.clone();
    let (backups, mark) = (folder.with_file_name("backups"), deletion::Mark::default());
    let backup = device.vault.back_up(&backups, now().at, mark).expect("a backup");
    let gone = device.id(2);
    device.delete(2);
    device.finish();
    let deletions = deletion::Deletions::load(&device.list).expect("a list");

    let passphrase = Passphrase::new("kaars muur zwemt lachend".into());
    let restored = folder.with_file_name("restored");
    let successor = Vault::prepare_restore(&backup, Secret::Passphrase(&passphrase), &restored, |vault| {
        vault.apply_deletions(&deletions).map(|_| ())
    });
    device.vault = Vault::install(&restored, successor.expect("a vault"), None).expect("installs");
    let stored = device.vault.stored_push().expect("reads").expect("a push");
    assert!(stored.hash == push.hash && stored.bytes == push.bytes);
    assert_eq!(
        device.vault.changes_waiting(),
        Ok(3),
        "the push, the new entry, and the deletion of later"
    );

    // It is not among what came: what was in it waits again.
    device
        .sync(|syncing| syncing.drop_push(&mut |_| None))
        .expect("drops");
    let waits = device.changes();
    let kinds: Vec<bool> = waits
        .iter()
        .map(|change| matches!(change.what, What::Content(_)))
        .collect();
    assert_eq!(kinds, [true, false, true]);
    assert_eq!(waits[0].revision, Some(push.records[0].revision));
    assert_eq!(waits[1].id, gone);
}

#[test]
fn another_vault_key_changes_nothing_about_syncing() {
    let mut device = Device::synced();
    device.save(&entry(1, "Een"));
    device.push();
    device.save(&entry(1, "Twee"));
    let (passphrase, code) = (
        Passphrase::new("andere woorden voor later".into()),
        RecoveryCode::make_random().expect("a code"),
    );
    let before = device.changes();
    let folder = device.vault.folder.clone();
    let successor = device
        .vault
        .make_successor(&passphrase, &code, "opgeschreven", &mut |_| ());
    device.vault = Vault::install(&folder, successor.expect("a vault"), None).expect("installs");
    assert_eq!(device.changes(), before);
    let here = device.vault.here(device.id(1), None).expect("reads");
    assert_eq!(here.base, Some(content(&entry(1, "Een"))));
}

#[test]
fn what_the_server_holds_is_told_by_kind() {
    let mut device = Device::synced();
    for number in 1..=3 {
        device.save(&entry(number, "Een"));
    }
    device.push();
    device.delete(1);
    device.finish();
    device.push();
    let counts = device.vault.synced_counts().expect("counts");
    let entries = Count {
        kind: Kind::Entry.number(),
        live: 2,
        deleted: 1,
    };
    assert_eq!(counts[0], entries);
    assert!(counts.iter().any(|count| count.kind == Kind::Consent.number()));
}
