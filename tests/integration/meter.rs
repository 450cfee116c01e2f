//! Taking a check with breaks, and its result.

use regie_client::{AnswerChoice, ClientError};
use regie_tests::{Profile, take_check};
use regie_vault::VaultError;

#[test]
fn a_check_goes_on_where_it_was_left_days_later() {
    let profile = Profile::default();
    let client = profile.begin();
    let run = client.meter_start("vitality-16").expect("a check");
    assert_eq!((run.items.len(), run.options.len()), (16, 7));
    for (position, item) in run.items.iter().take(5).enumerate() {
        let answer = if position == 2 {
            AnswerChoice::Skipped
        } else {
            AnswerChoice::Value { value: 6 }
        };
        client
            .meter_answer(run.id, &item.id, answer, position as u32 + 1)
            .expect("an answer");
    }
    // No lock: as after a kill.
    drop(client);
    let client = profile.reopen();
    let paused = client
        .today()
        .expect("a view")
        .paused_run
        .expect("a paused check");
    assert_eq!((paused.answered, paused.of), (5, 16));
    let again = client.meter_run(paused.id).expect("the check");
    assert_eq!(again.position, 5);
    let skipped = again
        .answers
        .iter()
        .filter(|answer| answer.answer == AnswerChoice::Skipped)
        .count();
    assert_eq!((again.answers.len(), skipped), (5, 1));
}

#[test]
fn the_result_says_what_the_answers_add_up_to() {
    let profile = Profile::default();
    let client = profile.begin();
    let middle = client.meter_result(take_check(&client, 4)).expect("a result");
    assert_eq!(middle.overall.score, Some(50));
    assert_eq!(middle.overall.label.as_deref(), Some("Regelmatig"));
    let names: Vec<_> = middle
        .dimensions
        .iter()
        .map(|dimension| dimension.name.as_str())
        .collect();
    assert_eq!(names, ["Energie", "Motivatie", "Veerkracht"]);

    let run = client.meter_start("vitality-16").expect("a check");
    client
        .meter_answer(run.id, &run.items[0].id, AnswerChoice::Value { value: 7 }, 1)
        .expect("an answer");
    let thin = client.meter_finish(run.id).expect("a result");
    assert_eq!(thin.overall.score, None);
    assert!(
        thin.dimensions.iter().all(|dimension| dimension.score.is_none()),
        "never a zero for what was not answered"
    );
}

#[test]
fn a_result_is_annotated_and_deleted_by_its_owner() {
    let profile = Profile::default();
    let client = profile.begin();
    let id = take_check(&client, 5);
    client
        .meter_annotate(id, "Week met veel nachtdiensten")
        .expect("stores");
    assert_eq!(
        client.meter_result(id).expect("a result").note,
        "Week met veel nachtdiensten"
    );
    client.meter_delete(id).expect("deletes");
    assert!(client.meter_overview().expect("a view").results.is_empty());
    client.meter_undo_delete(id).expect("takes back");
    assert_eq!(client.meter_overview().expect("a view").results.len(), 1);
}

#[test]
fn answers_that_cannot_be_are_refused() {
    let profile = Profile::default();
    let client = profile.begin();
    let run = client.meter_start("vitality-16").expect("a check");
    let item = run.items[0].id.clone();
    for (item, answer, position) in [
        ("nope", AnswerChoice::Value { value: 1 }, 1),
        (item.as_str(), AnswerChoice::Value { value: 0 }, 1),
        (item.as_str(), AnswerChoice::Value { value: 8 }, 1),
        (item.as_str(), AnswerChoice::Skipped, 17),
    ] {
        assert_eq!(
            client.meter_answer(run.id, item, answer, position),
            Err(ClientError::Malformed)
        );
    }
    client.meter_finish(run.id).expect("a result");
    let late = client.meter_answer(run.id, &item, AnswerChoice::Value { value: 1 }, 1);
    assert_eq!(
        late,
        Err(ClientError::Vault(VaultError::NotFound)),
        "a finished check does not change"
    );
    assert_eq!(client.meter_start("other").err(), Some(ClientError::Malformed));
}
