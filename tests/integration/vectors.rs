//! Vaults of every shipped schema stay readable.

use std::path::Path;

use regie_client::{DiaryFilter, EntryAbout, EntryDraft};
use regie_crypto::{
    Key,
    account::AccountKey,
    device::DeviceKeys,
    seal::{OpeningKey, Vouch},
};
use regie_protocol::{
    OwnedText,
    signed::{
        AccountId, Address, Deployment, DeploymentId, DeploymentKeys, DeviceId, Moment, Period, SealingKey,
        Signed, SigningKey,
    },
};
use regie_tests::{PASSPHRASE, Profile, copy_folder, draft, passphrase, take_check};
use regie_vault::{
    Vault,
    account::{Account, KeptEpoch, OwnDevice, Part},
};

const WRITTEN: &str = "# Eerste dag\n\nMet *accenten* en 🌊: één, twéé.";

#[test]
fn a_vault_of_schema_1_opens_with_all_that_is_in_it() {
    let frozen = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/schema-1");
    let profile = Profile::default();
    copy_folder(&frozen, &profile.vault());
    let client = profile.reopen();
    let entries = client
        .diary_page(&DiaryFilter::default(), None, 50)
        .expect("a page")
        .entries;
    assert_eq!(entries.len(), 1);
    let entry = client.diary_entry(entries[0].id).expect("an entry");
    assert_eq!(
        (entry.markdown.as_str(), entry.written_at.as_str()),
        (WRITTEN, "2026-11-23T21:14:00+01:00")
    );
    let overview = client.meter_overview().expect("a view");
    assert_eq!(overview.results[0].overall, Some(50));
    assert_eq!(
        client
            .meter_result(overview.results[0].id)
            .expect("a result")
            .note,
        "bevroren"
    );
    assert_eq!(
        client
            .diary_search("eerste dag", 50)
            .expect("a search")
            .hits
            .len(),
        1
    );
    assert_eq!(
        client.diary_search("bevroren", 50).expect("a search").hits.len(),
        1
    );
    client.diary_save(draft("En het gaat verder")).expect("saves");
}

#[test]
fn a_vault_of_schema_2_opens_with_all_that_is_in_it() {
    let frozen = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/schema-2");
    let profile = Profile::default();
    copy_folder(&frozen, &profile.vault());
    let client = profile.reopen();
    let page = client
        .diary_page(&DiaryFilter::default(), None, 50)
        .expect("a page");
    let entry = client.diary_entry(page.entries[0].id).expect("an entry");
    assert_eq!(
        (entry.own_title.as_str(), entry.mood, entry.markdown.as_str()),
        ("Begin", Some(4), WRITTEN)
    );
    assert_eq!(entry.tags, ["thuis"]);
    let overview = client.meter_overview().expect("a view");
    assert_eq!(overview.results[0].overall, Some(50));
    for typed in ["eerste dag", "bevroren", "begin", "thuis"] {
        assert_eq!(
            client.diary_search(typed, 50).expect("a search").hits.len(),
            1,
            "{typed}"
        );
    }
    client.diary_save(draft("En het gaat verder")).expect("saves");
}

#[test]
fn a_vault_of_schema_3_opens_with_all_that_is_in_it() {
    let frozen = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/schema-3");
    let profile = Profile::default();
    copy_folder(&frozen, &profile.vault());
    let client = profile.reopen();
    let page = client
        .diary_page(&DiaryFilter::default(), None, 50)
        .expect("a page");
    let entry = client.diary_entry(page.entries[0].id).expect("an entry");
    assert_eq!(
        (entry.own_title.as_str(), entry.markdown.as_str()),
        ("Begin", WRITTEN)
    );
    let result = client.meter_overview().expect("a view").results[0].id;
    assert_eq!(client.meter_result(result).expect("a result").note, "bevroren");
    let held = client.on_hold().expect("a view");
    assert!(held.all.is_none());
    assert_eq!(held.records.len(), 1);
    assert_eq!(held.records[0].restriction.reason, "eerst nakijken");
    let story = client.consent_story().expect("a story");
    assert!(!story.is_empty());
    client.diary_save(draft("En het gaat verder")).expect("saves");
}

#[test]
fn a_vault_of_schema_4_opens_with_the_account_that_is_in_it() {
    let frozen = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/schema-4");
    if std::env::var_os("REGIE_FREEZE").is_some() && !frozen.exists() {
        freeze(&frozen);
    }
    let profile = Profile::default();
    copy_folder(&frozen, &profile.vault());
    let client = profile.reopen();
    let view = client.account().expect("a view").joined.expect("an account");
    assert_eq!(
        (view.server.as_str(), view.address.as_str(), view.epoch),
        ("Bevroren", "https://regie.example", 1)
    );
    assert_eq!(
        (view.email.as_str(), view.since.as_str()),
        ("noor@thuis.example", "2024-10-04")
    );
    assert!(view.needs_new_passphrase && !view.signed_out && view.change_waits);
    let page = client
        .diary_page(&DiaryFilter::default(), None, 50)
        .expect("a page");
    let entry = client.diary_entry(page.entries[0].id).expect("an entry");
    assert_eq!(entry.markdown, WRITTEN);
    client.lock().expect("locks");
    let mut vault = Vault::open(&profile.vault(), &passphrase(PASSPHRASE)).expect("opens");
    let own = vault.own_device().expect("reads").expect("a device");
    assert_eq!(own.keys.id(), DeviceId([7; 16]));
    assert_eq!(
        vault.known_devices().expect("reads"),
        [own.keys.public().expect("keys")]
    );
    assert_eq!(vault.epochs().expect("reads")[0].key.expose().expose(), &[6; 32]);
    assert_eq!(vault.take_numbers().map(|numbers| numbers.start), Ok(2));
}

#[test]
fn a_vault_of_schema_5_opens_and_photos_can_be_kept_in_it() {
    let frozen = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/schema-5");
    let profile = Profile::default();
    copy_folder(&frozen, &profile.vault());
    let client = profile.reopen();
    let page = client
        .diary_page(&DiaryFilter::default(), None, 50)
        .expect("a page");
    let entry = client.diary_entry(page.entries[0].id).expect("an entry");
    assert_eq!((entry.markdown.as_str(), entry.attachments.len()), (WRITTEN, 0));
    client
        .attach_bytes(Some(entry.id), &regie_tests::photo(1))
        .expect("adds");
    client.lock().expect("locks");
    drop(client);
    let client = profile.reopen();
    let entry = client.diary_entry(entry.id).expect("an entry");
    assert_eq!(entry.attachments.len(), 1);
    client
        .attachment_original(entry.attachments[0].id)
        .expect("a photo");
    assert!(client.account().expect("a view").joined.is_some());
}

/// Puts an account into a vault, as joining does.
fn enter_account(vault: &mut Vault) {
    let root = SigningKey::from_seed(&[1; 32]);
    let deployment = Deployment {
        id: DeploymentId([2; 16]),
        names: OwnedText {
            nl: "Bevroren".into(),
            en: "Frozen".into(),
        },
        addresses: vec![Address::parse("https://regie.example").expect("an address")],
        keys: DeploymentKeys {
            receipts: root.verifying_key(),
            tickets: SealingKey([3; 32]),
            opaque: [4; 32],
        },
        period: Period {
            from: Moment(1),
            until: Moment(2),
        },
    };
    let signed = Signed::sign(&deployment, &root).expect("signs");
    let vouch = || Vouch::from_key(Key::from_bytes([5; 32]));
    let account = Account {
        id: AccountId([9; 16]),
        root: *root.verifying_key().as_bytes(),
        deployment: signed.to_bytes().expect("bytes"),
        address: "https://regie.example".into(),
        email: "noor@thuis.example".into(),
        name: "Noor".into(),
        phone: Some("06".into()),
        since_day: 20_000,
        generation: 1,
        passphrase_key: SealingKey([10; 32]),
        passphrase_vouch: vouch(),
        code_key: SealingKey([11; 32]),
        code_vouch: vouch(),
        seat_ended: false,
        has_factor: true,
        copy_day: None,
        part: Part::Behind,
        contact: None,
    };
    let own = OwnDevice {
        keys: DeviceKeys::from_parts(
            DeviceId([7; 16]),
            Key::from_bytes([8; 32]),
            OpeningKey::from_key(Key::from_bytes([9; 32])),
        ),
        name: "Laptop".into(),
    };
    let epoch = KeptEpoch {
        key: AccountKey::from_key(account.id, 1, Key::from_bytes([6; 32])),
        header: vec![12; 40],
    };
    let devices = [own.keys.public().expect("keys")];
    vault
        .enter_account(&account, &[epoch], &devices, &own)
        .expect("enters");
    vault.take_numbers().expect("counts");
    vault
        .let_wait("copy", chrono::DateTime::from_timestamp(1, 0).expect("a moment"))
        .expect("keeps");
}

/// Makes the frozen vault of the present schema; done once, when a schema ships.
fn freeze(folder: &Path) {
    assert!(!folder.exists(), "a shipped vector is never replaced");
    let profile = Profile::default();
    let client = profile.begin();
    let about = EntryAbout {
        own_title: "Begin".into(),
        mood: Some(4),
        tags: vec!["thuis".into()],
        ..EntryAbout::default()
    };
    client
        .diary_save(EntryDraft {
            about: Some(about),
            ..draft(WRITTEN)
        })
        .expect("saves");
    let check = take_check(&client, 4);
    client.meter_annotate(check, "bevroren").expect("stores");
    client.put_on_hold(Some(check), "eerst nakijken").expect("holds");
    client.lock().expect("locks");
    assert_eq!(PASSPHRASE, "kaars muur zwemt lachend");
    let mut vault = Vault::open(&profile.vault(), &passphrase(PASSPHRASE)).expect("opens");
    enter_account(&mut vault);
    vault.close().expect("closes");
    copy_folder(&profile.vault(), folder);
}
