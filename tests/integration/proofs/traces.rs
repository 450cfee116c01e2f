//! Known words are entered in the app, and looked for in everything that the server has.

use regie_client::AnswerChoice;
use regie_tests::bytes::Sought;

use super::*;

const DIARY: &str = "kanarie-in-het-dagboek-4711";
const TITLE: &str = "kanarie-als-kop-5822";
const NOTE: &str = "kanarie-bij-de-check-6933";
const NEW: &str = "kanarie zwemt lachend onder de waslijn";

fn no_trace_on(engine: Engine) {
    let mut alone = Alone::begin(engine, 1);
    let profile = Profile::default();
    let code = alone.running.code();
    let (client, recovery) = join(&alone.running, &profile, &code, &NOOR);
    client
        .diary_save(draft(&format!("# {TITLE}\n\n{DIARY}")))
        .expect("saves");
    let run = client.meter_start("vitality-16").expect("a run");
    for (position, item) in run.items.iter().enumerate() {
        let next = u32::try_from(position + 1).expect("a position");
        client
            .meter_answer(run.id, &item.id, AnswerChoice::Value { value: 2 }, next)
            .expect("an answer");
    }
    let result = client.meter_finish(run.id).expect("a result");
    client.meter_annotate(result.id, NOTE).expect("a note");
    client.contact().expect("an answer");
    client
        .change_passphrase(&passphrase(PASSPHRASE), &passphrase(NEW))
        .expect("changes");
    let renewed = client
        .new_recovery_code(&passphrase(NEW))
        .expect("a code")
        .code
        .groups
        .join("-");
    client.devices().expect("devices");
    client.contact().expect("an answer");

    // They are there, on the device's own side of things.
    assert_eq!(client.diary_search(DIARY, 5).expect("a search").hits.len(), 1);
    let mut words = vec![
        DIARY,
        TITLE,
        NOTE,
        PASSPHRASE,
        NEW,
        NOOR.device,
        &recovery,
        &renewed,
    ];
    let bare = [recovery.replace('-', ""), renewed.replace('-', "")];
    words.extend(bare.iter().map(String::as_str));
    let everything = alone.everything();
    for word in words {
        let sought = Sought::of(&bytes::forms(word));
        let found = everything.iter().find(|(_, content)| sought.is_in(content));
        assert!(found.is_none(), "{word} in {}", found.expect("a place").0);
    }
    // What the server does know is found by the same look: the address, in the mails that went to it.
    let address = Sought::of(&bytes::forms(NOOR.email));
    let known = everything.iter().filter(|(_, content)| address.is_in(content));
    let mails = alone.running.mails_folder().display().to_string();
    let places: Vec<_> = known.map(|(place, _)| place).collect();
    assert!(
        !places.is_empty() && places.iter().all(|place| place.starts_with(&mails)),
        "{places:?}"
    );
    let requests = fs::read_to_string(alone.log()).expect("a log");
    assert!(
        requests.contains("/v1/join") && requests.contains("/v1/passphrase"),
        "the log was written"
    );
}

#[test]
fn what_is_entered_in_the_app_is_in_no_file_row_log_or_mail_of_the_server() {
    no_trace_on(Engine::Sqlite);
    no_trace_on(Engine::Postgres);
}
