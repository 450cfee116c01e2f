//! Choices, their story, and a next version of the texts by which they are made.

use chrono::TimeDelta;
use regie_client::{
    BackupChoice, BackupSecret, BlockChange, Client, ClientError, EntryDraft, PurposeView,
    StatementChangesView, StepView, WritingView,
};
use regie_domain::seal::Seal;
use regie_protocol::{
    Language, Notices,
    made_up::{self, COUNTS},
    purpose,
};
use regie_tests::{KEEP, LOOK_BACK, PASSPHRASE, Profile, begin, draft, passphrase, take_check};
use regie_vault::VaultError;

const OUTDATED: Option<ClientError> = Some(ClientError::Vault(VaultError::ConsentOutdated(KEEP)));

fn purpose_view(client: &Client, id: &str) -> PurposeView {
    let all = client.purposes().expect("purposes");
    all.into_iter().find(|one| one.id == id).expect("a known purpose")
}

fn waiting(client: &Client) -> Vec<String> {
    let news = client.news().expect("news");
    news.purposes.into_iter().map(|one| one.id).collect()
}

fn open(client: Client) -> Client {
    client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    client
}

#[test]
fn v2_every_choice_can_be_read_back_with_its_moment_and_the_text_that_was_read() {
    let profile = Profile::default();
    let client = profile.begin();
    profile.clock.pass(TimeDelta::days(1));
    client.set_consent(KEEP, false).expect("stores");
    profile.clock.pass(TimeDelta::hours(2));
    client.set_consent(KEEP, true).expect("stores");
    drop(client);
    let client = profile.reopen();
    let now = client.statement().version;
    for language in Language::ALL {
        client.set_language(language).expect("stores");
        let story = client.consent_story().expect("a story");
        let kept: Vec<_> = story.iter().filter(|choice| choice.purpose == KEEP).collect();
        let told: Vec<_> = kept
            .iter()
            .map(|choice| (choice.step, choice.at.as_str(), choice.statement))
            .collect();
        assert_eq!(
            told,
            [
                (StepView::Given, "2026-11-24T23:14:00+01:00", Some(now)),
                (StepView::Withdrawn, "2026-11-24T21:14:00+01:00", Some(now)),
                (StepView::Given, "2026-11-23T21:14:00+01:00", Some(now)),
            ]
        );
        let read = purpose::in_version(KEEP, 1).expect("a purpose");
        for choice in kept {
            assert_eq!(choice.title, read.title.in_language(language));
            let shown = choice.read.as_ref().expect("the text as it was read");
            assert_eq!(shown.text, read.text.in_language(language));
            assert_eq!(shown.recipients, read.recipients.in_language(language));
        }
        let asked = story.iter().find(|choice| choice.purpose == LOOK_BACK);
        assert_eq!(asked.map(|choice| choice.step), Some(StepView::Declined));
    }
}

#[test]
fn v4_what_rests_on_a_purpose_stops_with_it_and_only_that() {
    let profile = Profile::default();
    let client = profile.begin();
    client.set_consent(LOOK_BACK, true).expect("stores");
    let old = client.diary_save(draft("Een jaar eerder")).expect("saves").id;
    profile.clock.pass(TimeDelta::days(365));
    client.touch();
    let comes_by = |client: &Client| client.diary_on_this_day().expect("a list").len();
    assert_eq!(comes_by(&client), 1);

    client.set_consent(LOOK_BACK, false).expect("stores");
    assert_eq!(comes_by(&client), 0);
    assert_eq!(
        client.seal(),
        Seal::OnlyHere,
        "writing rests on another purpose and goes on"
    );
    let again = EntryDraft {
        id: Some(old),
        ..draft("Een jaar eerder, aangevuld")
    };
    client.diary_save(again).expect("saves");

    client.set_consent(LOOK_BACK, true).expect("stores");
    client.set_consent(KEEP, false).expect("stores");
    assert_eq!(comes_by(&client), 1, "what was there already may still come by");
    assert_eq!(client.today().expect("a view").writing, WritingView::Off);
}

/// What is offered unasked is the same for whoever wrote nothing and for whoever wrote and answered much.
#[test]
fn v13_nothing_offered_unasked_is_worked_out_from_scores_or_diary_unless_the_person_says_so() {
    let (full, empty) = (Profile::default(), Profile::default());
    let (writer, newcomer) = (full.begin(), empty.begin());
    let entry = writer
        .diary_save(draft("Slecht geslapen #moe"))
        .expect("saves")
        .id;
    take_check(&writer, 1);
    for profile in [&full, &empty] {
        profile.clock.pass(TimeDelta::days(365));
    }
    writer.touch();
    newcomer.touch();
    let offered = |client: &Client| {
        let today = client.today().expect("a view");
        let daily = today.offers.into_iter().map(|offer| offer.instrument).next();
        let prompts: Vec<_> = (0..3)
            .map(|turn| {
                client
                    .diary_prompt(turn)
                    .expect("a prompt")
                    .map(|prompt| prompt.text)
            })
            .collect();
        let earlier = client.diary_on_this_day().expect("a list").len();
        (daily, prompts, earlier)
    };
    assert_eq!(offered(&writer), offered(&newcomer));
    let view = purpose_view(&writer, LOOK_BACK);
    assert!(!view.given && !view.text.is_empty());

    writer.set_consent(LOOK_BACK, true).expect("stores");
    let shown: Vec<_> = writer
        .diary_on_this_day()
        .expect("a list")
        .into_iter()
        .map(|row| row.id)
        .collect();
    assert_eq!(shown, [entry]);
    writer.set_consent(LOOK_BACK, false).expect("stores");
    assert_eq!(offered(&writer), offered(&newcomer));
}

#[test]
fn h18_a_new_purpose_is_off_asked_once_listed_with_date_and_version_and_ended_at_once() {
    let profile = Profile::default();
    drop(profile.begin());
    profile.clock.pass(TimeDelta::days(30));
    let client = open(profile.start_next());
    let new = purpose_view(&client, COUNTS);
    assert!(
        !new.given && !new.renew && new.since.is_none(),
        "off, and not asked yet"
    );
    assert!(waiting(&client).contains(&COUNTS.to_owned()));
    client.set_consent(COUNTS, false).expect("stores");
    assert!(!waiting(&client).contains(&COUNTS.to_owned()), "asked once");
    drop(client);
    let client = open(profile.start_next());
    assert!(
        !waiting(&client).contains(&COUNTS.to_owned()),
        "also after a restart"
    );

    client.set_consent(COUNTS, true).expect("stores");
    let on = purpose_view(&client, COUNTS);
    assert_eq!((on.given, on.version), (true, 1));
    assert_eq!(on.since.as_deref(), Some("2026-12-23T21:14:00+01:00"));
    client.set_consent(COUNTS, false).expect("stores");
    assert!(!purpose_view(&client, COUNTS).given);
}

#[test]
fn v24_objecting_to_a_legitimate_interest_holds_at_once_and_is_told_as_such() {
    let profile = Profile::default();
    let client = profile.start_next();
    begin(&client, &[KEEP, COUNTS]);
    assert!(purpose_view(&client, COUNTS).given);
    client.set_consent(COUNTS, false).expect("stores");
    assert!(!purpose_view(&client, COUNTS).given);
    let newest = client.consent_story().expect("a story").remove(0);
    assert_eq!(
        (newest.purpose.as_str(), newest.step),
        (COUNTS, StepView::Objected)
    );
    let ground = newest.read.expect("the text").ground;
    assert_eq!(ground, "Een gerechtvaardigd belang");
    client.diary_save(draft("gaat gewoon door")).expect("saves");
}

#[test]
fn v28_a_new_statement_is_announced_until_it_was_seen_and_shows_what_changed() {
    let profile = Profile::default();
    let client = profile.begin();
    let news = client.news().expect("news");
    assert!(
        news.statement.is_none() && news.purposes.is_empty(),
        "a newcomer has just read it"
    );
    drop(client);
    let client = open(profile.start_next());
    let (before, newest) = (Notices::SHIPPED.statement(), made_up::next().statement());
    for language in Language::ALL {
        client.set_language(language).expect("stores");
        let announced = client.today().expect("a view").news.statement.expect("news");
        assert_eq!(
            (announced.version, announced.date.as_str()),
            (newest.version, newest.date)
        );
        let shown = client.statement_changes(None).expect("changes");
        assert_eq!(
            (shown.from.version, shown.to.version),
            (before.version, newest.version)
        );
        let expected: Vec<_> = newest
            .changes
            .iter()
            .map(|text| text.in_language(language))
            .collect();
        assert_eq!(
            (&announced.changes, &shown.changes),
            (&shown.changes, &announced.changes)
        );
        assert_eq!(shown.changes, expected);
        let count = |change| shown.blocks.iter().filter(|block| block.change == change).count();
        assert_eq!(
            (
                count(BlockChange::Changed),
                count(BlockChange::Added),
                count(BlockChange::Removed)
            ),
            (3, 1, 0),
            "date, two sentences, and one paragraph more"
        );
        assert!(reads_whole(&shown, before.markdown(language), BlockChange::Added));
        assert!(reads_whole(
            &shown,
            newest.markdown(language),
            BlockChange::Removed
        ));
    }
    client.statement_seen().expect("stores");
    assert!(client.news().expect("news").statement.is_none());
    drop(client);
    let client = open(profile.start_next());
    assert!(
        client.news().expect("news").statement.is_none(),
        "also after a restart"
    );
    let again = client.statement_changes(None).expect("changes");
    assert_eq!(again.from.version, before.version, "it can be read again");
    assert_eq!(client.statement_view(Some(1)).expect("a view").version, 1);
    let never = client.statement_view(Some(99)).err();
    assert_eq!(never, Some(ClientError::Vault(VaultError::NotFound)));
}

/// Every word of a version stands in what is shown, in order, when what only the other has is left out.
fn reads_whole(shown: &StatementChangesView, markdown: &str, other: BlockChange) -> bool {
    let letters = |text: &str| {
        text.chars()
            .filter(|sign| sign.is_alphanumeric())
            .collect::<String>()
    };
    let mut read = String::new();
    for block in shown.blocks.iter().filter(|block| block.change != other) {
        read.push_str(block.markdown.as_deref().unwrap_or_default());
        let parts = block.parts.iter().filter(|part| part.change != other);
        parts.for_each(|part| read.push_str(&part.text));
    }
    let (_, body) = markdown.split_once("\n\n").expect("a title and a body");
    letters(&read) == letters(body)
}

#[test]
fn v28_h17_where_a_purpose_changed_only_that_rests_until_the_person_says_yes_anew() {
    let profile = Profile::default();
    let client = profile.begin();
    client.set_consent(LOOK_BACK, true).expect("stores");
    let entry = client.diary_save(draft("van eerder")).expect("saves").id;
    let result = take_check(&client, 4);
    client.lock().expect("locks");
    drop(client);
    profile.clock.pass(TimeDelta::days(365));

    let client = open(profile.start_next());
    assert_eq!(waiting(&client), [KEEP, COUNTS]);
    let keep = purpose_view(&client, KEEP);
    assert!(keep.renew && !keep.given && keep.version == 2);
    assert_eq!(client.diary_save(draft("nieuw")).err(), OUTDATED);
    assert_eq!(client.meter_start("vitality-16").err(), OUTDATED);
    assert_eq!(client.meter_correct(result, &[], None).err(), OUTDATED);
    assert_eq!(client.today().expect("a view").writing, WritingView::Outdated);
    assert_eq!(
        client.diary_entry(entry).expect("an entry").markdown,
        "van eerder"
    );
    assert!(client.meter_result(result).is_ok());
    assert_eq!(
        client.diary_on_this_day().expect("a list").len(),
        1,
        "another purpose does not rest"
    );

    client.set_consent(KEEP, true).expect("stores");
    client.diary_save(draft("nieuw")).expect("saves");
    assert_eq!(waiting(&client), [COUNTS]);
    let story = client.consent_story().expect("a story");
    let kept: Vec<_> = story.iter().filter(|choice| choice.purpose == KEEP).collect();
    assert_eq!((kept[0].step, kept[0].version), (StepView::Renewed, 2));
    assert_eq!((kept[1].step, kept[1].version), (StepView::Given, 1));
    let texts: Vec<_> = kept
        .iter()
        .map(|choice| &choice.read.as_ref().expect("a text").text)
        .collect();
    assert_ne!(texts[0], texts[1], "each shows the text that was read then");
}

/// The keys are made anew and a backup is restored: the texts in force are still the same.
#[test]
fn v28_new_keys_and_a_restore_know_the_same_texts() {
    let profile = Profile::default();
    let client = profile.start_next();
    begin(&client, &[KEEP]);
    client.back_up_now().expect("a backup");
    client
        .replace_all_keys(&passphrase(PASSPHRASE), &passphrase("lamp deur zingt vrolijk"))
        .expect("new keys");
    assert_eq!(purpose_view(&client, KEEP).version, 2);
    client.diary_save(draft("met nieuwe sleutels")).expect("saves");
    client.back_up_now().expect("a backup");
    let name = client.local_backups().expect("backups").remove(0).name;
    client
        .restore(
            &BackupChoice::Local { name },
            &BackupSecret::Passphrase(passphrase("lamp deur zingt vrolijk")),
        )
        .expect("restores");
    client.diary_save(draft("na het terugzetten")).expect("saves");
}
