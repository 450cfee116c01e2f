//! Tests of the promises; each bears the id of its row in docs/promises.md.

mod choices;
mod deleting;
mod holding;
mod take_along;

use chrono::TimeDelta;
use regie_client::{AnswerChoice, Client, ClientError, EntryDraft};
use regie_crypto::recovery::RecoveryCode;
use regie_domain::{EntryId, diary::Entry, moment::Moment, seal::Seal};
use regie_protocol::{
    Language,
    purpose::{self, KeepOnDevice},
};
use regie_tests::{KEEP, Profile, begin, bytes::traces, draft, passphrase, take_check};
use regie_vault::{Vault, VaultError, data_map};

const REFUSED: Option<ClientError> = Some(ClientError::Vault(VaultError::NoConsent(KEEP)));

fn every_write_of_health_data(
    client: &Client,
    entry: uuid::Uuid,
    run: uuid::Uuid,
    result: uuid::Uuid,
) -> Vec<Option<ClientError>> {
    vec![
        client.diary_save(draft("nieuw")).err(),
        client
            .diary_save(EntryDraft {
                id: Some(entry),
                markdown: "anders".into(),
                caret: 0,
                about: None,
            })
            .err(),
        client.meter_start("vitality-16").err(),
        client
            .meter_answer(run, "e1", AnswerChoice::Value { value: 3 }, 2)
            .err(),
        client.meter_finish(run).err(),
        client.meter_annotate(result, "notitie").err(),
    ]
}

#[test]
fn v1_the_person_sees_every_stored_field_with_its_purpose_ground_and_retention() {
    let profile = Profile::default();
    let client = profile.begin();
    let stores = data_map::stores().expect("a map");
    let fields: usize = stores.iter().map(|store| store.fields.len()).sum();
    for language in Language::ALL {
        client.set_language(language).expect("stores");
        let map = client.my_data().expect("a view").map;
        assert_eq!(map.len(), fields);
        for row in map {
            for text in [
                &row.kind,
                &row.what,
                &row.purpose,
                &row.ground,
                &row.retention,
                &row.recipients,
            ] {
                assert!(!text.trim().is_empty(), "{}.{} says nothing", row.kind, row.field);
            }
        }
    }
}

#[test]
fn v2_before_consent_no_health_data_is_kept_and_nothing_is_given_unasked() {
    let profile = Profile::default();
    let client = profile.start();
    assert!(
        client
            .purposes()
            .expect("purposes")
            .iter()
            .all(|purpose| !purpose.given && purpose.since.is_none())
    );
    begin(&client, &[]);
    assert!(
        client
            .purposes()
            .expect("purposes")
            .iter()
            .all(|purpose| !purpose.given)
    );
    let nobody = uuid::Uuid::nil();
    assert_eq!(client.diary_save(draft("geheim")).err(), REFUSED);
    assert_eq!(client.meter_start("vitality-16").err(), REFUSED);
    assert_eq!(
        client.diary_entry(nobody).err(),
        Some(ClientError::Vault(VaultError::NotFound))
    );
    assert_eq!(
        client
            .my_data()
            .expect("a view")
            .counts
            .iter()
            .filter(|count| count.deletable)
            .map(|count| count.count)
            .sum::<u32>(),
        0
    );
    client.set_consent(KEEP, true).expect("stores");
    client.diary_save(draft("nu wel")).expect("saves");
}

#[test]
fn v4_withdrawal_stops_all_new_writing_at_once_and_leaves_the_rest_in_the_persons_hand() {
    let profile = Profile::default();
    let client = profile.begin();
    let entry = client.diary_save(draft("blijft leesbaar")).expect("saves").id;
    let result = take_check(&client, 5);
    let run = client.meter_start("vitality-16").expect("a check").id;
    client.set_consent(KEEP, false).expect("stores");
    assert_eq!(client.seal(), Seal::Paused);
    let refused = every_write_of_health_data(&client, entry, run, result);
    assert!(refused.iter().all(|error| *error == REFUSED), "{refused:?}");

    assert_eq!(
        client.diary_entry(entry).expect("an entry").markdown,
        "blijft leesbaar"
    );
    assert_eq!(
        client.diary_search("leesbaar", 50).expect("a search").hits.len(),
        1
    );
    assert!(
        client
            .meter_result(result)
            .expect("a result")
            .overall
            .is_some_and(|whole| whole.score.is_some())
    );
    client.diary_delete(entry).expect("deletes");
    client.meter_delete(result).expect("deletes");
    profile.clock.pass(TimeDelta::minutes(2));
    client.tick().expect("ticks");
    assert_eq!(client.my_data().expect("a view").counts[0].count, 0);
    client.set_consent(KEEP, true).expect("stores");
    client
        .meter_answer(run, "e1", AnswerChoice::Value { value: 3 }, 1)
        .expect("goes on");
}

#[test]
fn v4_a_write_that_was_under_way_when_consent_was_withdrawn_is_refused() {
    let profile = Profile::default();
    std::fs::create_dir_all(profile.folder()).expect("a folder");
    let code = RecoveryCode::make_random().expect("a code");
    let now: Moment = regie_client::Clock::now(&profile.clock);
    let keep = purpose::find(KEEP).expect("a purpose");
    let mut vault = Vault::create(
        &profile.vault(),
        &passphrase("kaars muur zwemt lachend"),
        &code,
        |vault| vault.record_choice(keep, true, &now),
    )
    .expect("a vault");
    let entry = Entry {
        id: EntryId(uuid::Uuid::now_v7()),
        own_title: String::new(),
        mood: None,
        tags: Vec::new(),
        markdown: "onderweg".into(),
        written: now.clone(),
        edited: now.at.to_utc(),
        caret: None,
        attachments: Vec::new(),
    };
    let under_way = vault.consent::<KeepOnDevice>().expect("consent");
    vault.record_choice(keep, false, &now).expect("stores");
    assert_eq!(
        vault.save_entry(&under_way, &entry).err(),
        Some(VaultError::NoConsent(KEEP))
    );
    // Given anew: the old proof still does not serve, a new one does.
    vault.record_choice(keep, true, &now).expect("stores");
    assert_eq!(
        vault.save_entry(&under_way, &entry).err(),
        Some(VaultError::NoConsent(KEEP))
    );
    let anew = vault.consent::<KeepOnDevice>().expect("consent");
    vault.save_entry(&anew, &entry).expect("saves");
}

#[test]
fn h10_nothing_that_was_written_can_be_read_from_the_disk_without_the_key() {
    let profile = Profile::default();
    let client = profile.begin();
    let canaries = [
        "kanarie-dagboek-4711",
        "kanarie-notitie-4712",
        "kaars muur zwemt lachend",
        "kanarie-zoekterm-4713",
    ];
    let entry = client
        .diary_save(draft(&format!("# {} \n\nwoorden", canaries[0])))
        .expect("saves")
        .id;
    client
        .meter_annotate(take_check(&client, 2), canaries[1])
        .expect("stores");
    client.diary_search(canaries[3], 50).expect("a search");
    let code = client.recovery_code().expect("a code").groups.join("-");
    let look = |when: &str| {
        let mut texts = canaries.to_vec();
        texts.push(&code);
        let found = traces(&profile.folder(), &texts);
        assert!(found.is_empty(), "{when}: {found:?}");
    };
    look("while open");
    client.diary_delete(entry).expect("deletes");
    client.lock().expect("locks");
    look("after locking");
}

#[test]
fn h17_the_statement_is_at_hand_offline_versioned_and_in_both_languages() {
    let client = Profile::default().start();
    let statement = client.statement();
    assert!(statement.version >= 2 && statement.date.len() == 10);
    let (dutch, english) = (statement.markdown(Language::Nl), statement.markdown(Language::En));
    assert!(dutch.contains("Autoriteit Persoonsgegevens") && english.contains("Autoriteit Persoonsgegevens"));
    assert!(dutch.split_whitespace().count() > 300 && english.split_whitespace().count() > 300);
}
