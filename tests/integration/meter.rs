//! Taking a check with breaks, and its result.

use chrono::TimeDelta;
use regie_client::{AnswerChoice, ChangeKind, ClientError, GrainView, ItemAnswer, SheetFormat};
use regie_tests::{Profile, take, take_check};
use regie_vault::VaultError;

#[test]
fn a_check_goes_on_where_it_was_left_days_later() {
    let profile = Profile::default();
    let client = profile.begin();
    let run = client.meter_start("vitality-16").expect("a check");
    assert_eq!((run.items.len(), run.items[0].options.len()), (16, 7));
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
    assert_eq!(middle.overall.as_ref().and_then(|whole| whole.score), Some(50));
    assert_eq!(
        middle.overall.as_ref().and_then(|whole| whole.label.as_deref()),
        Some("Regelmatig")
    );
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
    assert_eq!(thin.overall.as_ref().and_then(|whole| whole.score), None);
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

fn check_in(
    client: &regie_client::Client,
    mood: u8,
    energy: u8,
    note: &str,
) -> Result<uuid::Uuid, ClientError> {
    let answer = |item: &str, value| ItemAnswer {
        item: item.into(),
        answer: AnswerChoice::Value { value },
    };
    client.meter_check_in(
        "check-in-2",
        &[answer("mood", mood), answer("energy", energy)],
        note,
    )
}

#[test]
fn a_check_in_is_offered_once_a_day_a_pulse_once_a_week_and_the_line_is_found_again() {
    let profile = Profile::default();
    let client = profile.begin();
    let offers = || -> Vec<String> {
        let today = client.today().expect("a view");
        today.offers.into_iter().map(|offer| offer.instrument).collect()
    };
    assert_eq!(offers(), ["check-in-2"], "one small offer for a newcomer");
    let id = check_in(&client, 4, 2, "  Wandelen in de mist  ").expect("kept");
    let result = client.meter_result(id).expect("a result");
    assert_eq!(
        (result.note.as_str(), result.overall.is_none()),
        ("Wandelen in de mist", true)
    );
    let said: Vec<_> = result
        .dimensions
        .iter()
        .map(|one| (one.score, one.label.as_deref()))
        .collect();
    assert_eq!(said, [(Some(75), Some("goed")), (Some(25), Some("weinig"))]);
    let found = client.diary_search("wandel", 50).expect("a search").hits;
    assert_eq!(found.len(), 1, "its line is searched like an entry");

    assert_eq!(offers(), ["pulse-4"]);
    take(&client, "pulse-4", 4);
    assert!(offers().is_empty());
    profile.clock.pass(TimeDelta::hours(3));
    assert_eq!(
        offers(),
        ["check-in-2"],
        "a new day begins at midnight, not after 24 hours"
    );
    profile.clock.pass(TimeDelta::days(6));
    assert_eq!(offers(), ["check-in-2", "pulse-4"]);

    client.set_consent("keep_on_device", false).expect("withdraws");
    assert!(offers().is_empty());
    assert!(matches!(
        check_in(&client, 4, 4, ""),
        Err(ClientError::Vault(VaultError::NoConsent(_)))
    ));
}

#[test]
fn a_check_in_that_cannot_be_is_refused_whole() {
    let profile = Profile::default();
    let client = profile.begin();
    assert_eq!(check_in(&client, 6, 1, ""), Err(ClientError::Malformed));
    assert_eq!(
        client.meter_check_in("check-in-2", &[], "alleen een regel"),
        Err(ClientError::Malformed)
    );
    assert_eq!(
        client.meter_check_in("vitality-16", &[], ""),
        Err(ClientError::Malformed)
    );
    assert_eq!(
        check_in(&client, 3, 3, &"x".repeat(70_000)),
        Err(ClientError::Vault(VaultError::TooLarge))
    );
    assert!(client.meter_overview().expect("a view").results.is_empty());
}

#[test]
fn every_result_can_be_reached_from_the_list_however_many_there_are() {
    let profile = Profile::default();
    let client = profile.begin();
    let mut kept: Vec<_> = (0..230)
        .map(|number| {
            // Some at the same moment.
            profile.clock.pass(TimeDelta::hours(i64::from(number % 3 == 0)));
            check_in(&client, 3, 3, "").expect("kept")
        })
        .collect();
    let view = client.meter_overview().expect("a view");
    let (mut listed, mut earlier) = (view.results, view.earlier);
    assert_eq!(listed.len(), 100);
    while let Some(from) = earlier {
        let page = client.meter_results(from).expect("a page");
        assert!(!page.results.is_empty());
        listed.extend(page.results);
        earlier = page.earlier;
    }
    assert!(listed.is_sorted_by(|one, other| one.taken_at >= other.taken_at));
    let mut listed: Vec<_> = listed.iter().map(|row| row.id).collect();
    listed.sort();
    kept.sort();
    assert_eq!(listed, kept);
}

#[test]
fn beginning_the_same_instrument_again_goes_on_with_the_paused_one_and_never_hides_another() {
    let profile = Profile::default();
    let client = profile.begin();
    let check = client.meter_start("vitality-16").expect("a check");
    let pulse = client.meter_start("pulse-4").expect("a pulse");
    assert_eq!(client.meter_start("vitality-16").expect("the check").id, check.id);
    let paused: Vec<_> = client
        .meter_overview()
        .expect("a view")
        .paused
        .iter()
        .map(|run| run.id)
        .collect();
    assert_eq!(paused.len(), 2);
    assert!(paused.contains(&pulse.id) && paused.contains(&check.id));
}

#[test]
fn a_change_is_named_from_the_eighth_result_on_and_only_beyond_ones_own_variability() {
    let profile = Profile::default();
    let client = profile.begin();
    let kind_of = |id| {
        let result = client.meter_result(id).expect("a result");
        let energy = result
            .dimensions
            .into_iter()
            .find(|one| one.id == "energy")
            .expect("energy");
        energy.change.expect("a statement").kind
    };
    for (number, energy) in [3, 2, 3, 2, 3, 2, 3].into_iter().enumerate() {
        let id = check_in(&client, 3, energy, "").expect("kept");
        assert_eq!(kind_of(id), ChangeKind::TooFew, "result {}", number + 1);
        profile.clock.pass(TimeDelta::days(1));
    }
    let eighth = check_in(&client, 3, 3, "").expect("kept");
    assert_eq!(kind_of(eighth), ChangeKind::Unclear);
    profile.clock.pass(TimeDelta::days(1));
    let ninth = check_in(&client, 3, 5, "").expect("kept");
    assert_eq!(kind_of(ninth), ChangeKind::Higher);
    assert_eq!(
        kind_of(eighth),
        ChangeKind::Unclear,
        "what was said of an earlier one stays"
    );

    let trend = client.meter_trend(None, None).expect("a trend");
    let energy = trend
        .series
        .iter()
        .find(|one| one.dimension == "energy")
        .expect("energy");
    let change = energy.change.as_ref().expect("a statement");
    assert_eq!(
        (change.kind, change.of, energy.results),
        (ChangeKind::Higher, 8, 9)
    );
    assert!(change.high.is_some_and(|high| high < 100.0));
    assert_eq!(energy.compared_from, trend.first);
}

#[test]
fn check_pulse_and_check_ins_lie_on_one_time_line_and_ten_years_of_days_come_as_few_points() {
    let profile = Profile::default();
    let client = profile.begin();
    assert_eq!(client.meter_trend(None, None).expect("a trend").first, None);
    let of = |day: u16, from: u16| 1 + u8::try_from(day % from).expect("small");
    for day in 0..400 {
        check_in(&client, of(day, 5), of(day, 3), "").expect("kept");
        if day % 7 == 0 {
            take(&client, "pulse-4", of(day, 7));
        }
        if day % 90 == 0 {
            take_check(&client, 4);
        }
        profile.clock.pass(TimeDelta::days(1));
    }
    let all = client.meter_trend(None, None).expect("a trend");
    let grain = |view: &regie_client::TrendView, instrument: &str| {
        let one = view
            .series
            .iter()
            .find(|one| one.instrument == instrument && one.dimension == "energy");
        one.map(|one| (one.grain, one.results, one.points.len()))
    };
    assert_eq!(grain(&all, "vitality-16"), Some((GrainView::Each, 5, 5)));
    assert_eq!(grain(&all, "pulse-4"), Some((GrainView::Each, 58, 58)));
    assert_eq!(grain(&all, "check-in-2"), Some((GrainView::Week, 400, 58)));
    let instruments: Vec<_> = all.series.iter().map(|one| one.instrument.as_str()).collect();
    assert!(instruments.is_sorted_by_key(|id| {
        ["vitality-16", "pulse-4", "check-in-2"]
            .iter()
            .position(|one| one == id)
    }));

    let last = all.last.expect("a moment");
    let month = client
        .meter_trend(Some(last - 30 * 86_400_000), Some(last))
        .expect("a trend");
    assert_eq!(
        grain(&month, "check-in-2"),
        Some((GrainView::Each, 31, 61)),
        "the month, and what lies next to it"
    );
}

#[test]
fn an_added_instrument_has_lines_of_its_own_with_its_newest_version_first() {
    let profile = Profile::default();
    let client = profile.begin();
    take(&client, "pulse-4", 4);
    let path = profile.folder().with_file_name("own.json");
    for version in ["2.0.0", "1.9.0"] {
        std::fs::write(&path, own_instrument(|file| file.replace("1.0.0", version))).expect("writes");
        assert_eq!(client.add_instrument(&path), Ok(Vec::new()));
        profile.clock.pass(TimeDelta::days(1));
        take(&client, "team-4", 6);
    }
    let trend = client.meter_trend(None, None).expect("a trend");
    let overall: Vec<_> = trend
        .series
        .iter()
        .filter(|one| one.dimension == "overall")
        .map(|one| (one.measures.as_str(), one.version.as_str()))
        .collect();
    assert_eq!(
        overall,
        [
            ("overall", "1.0.0"),
            ("team-4 overall", "1.9.0"),
            ("team-4 overall", "2.0.0"),
        ],
        "the one that was added last comes first"
    );
}

#[test]
fn the_band_begins_at_the_first_result_with_a_score_that_counts() {
    let profile = Profile::default();
    let client = profile.begin();
    let mood = [ItemAnswer {
        item: "mood".into(),
        answer: AnswerChoice::Value { value: 3 },
    }];
    for _ in 0..6 {
        check_in(&client, 3, 3, "").expect("kept");
        profile.clock.pass(TimeDelta::days(1));
        client.meter_check_in("check-in-2", &mood, "").expect("kept");
        profile.clock.pass(TimeDelta::days(1));
    }
    for _ in 0..3 {
        check_in(&client, 3, 2, "").expect("kept");
        profile.clock.pass(TimeDelta::days(1));
    }
    let trend = client.meter_trend(None, None).expect("a trend");
    let energy = trend
        .series
        .iter()
        .find(|one| one.dimension == "energy")
        .expect("energy");
    assert_eq!(energy.change.as_ref().map(|change| change.of), Some(8));
    assert_eq!(energy.compared_from, trend.first);
}

/// The pulse under another name, as somebody would bring it along.
fn own_instrument(change: impl Fn(String) -> String) -> String {
    let questionnaire = include_str!("../../crates/domain/content/instruments/pulse-4.questionnaire.json");
    let scoring = include_str!("../../crates/domain/content/instruments/pulse-4.scoring.json");
    change(
        format!("{{\"questionnaire\": {questionnaire}, \"scoring\": {scoring}}}")
            .replace("pulse-4", "team-4"),
    )
}

#[test]
fn an_instrument_is_added_as_one_file_without_code_and_a_wrong_one_changes_nothing() {
    let profile = Profile::default();
    let client = profile.begin();
    let path = profile.folder().with_file_name("own.json");
    let add = |file: &[u8]| {
        std::fs::write(&path, file).expect("writes");
        let faults = client.add_instrument(&path).expect("looked at");
        faults
            .into_iter()
            .map(|fault| format!("{}: {}", fault.place, fault.problem))
            .collect::<Vec<_>>()
    };
    let wrong = own_instrument(|file| file.replacen("\"pe1\"", "\"pe9\"", 1));
    for (file, fault) in [
        (
            wrong.as_bytes(),
            "scoring.subscales[energy].items: pe1 is geen uitspraak",
        ),
        (
            own_instrument(|file| file.replace("Ik had energie", "Dit stelt een diagnose: ik had energie"))
                .as_bytes(),
            "questionnaire.item[period].item[pe1]._text.extension[0].extension[1].valueString: “diagnos” past niet bij waar Regie voor is: geen diagnose, geen behandeling",
        ),
        (
            own_instrument(|file| file.replacen("\"minutes\"", "\"clinicalCutOff\": 40, \"minutes\"", 1))
                .as_bytes(),
            "scoring.clinicalCutOff: klinische grenzen en klinische vragenlijsten laat Regie niet toe",
        ),
        (
            own_instrument(|file| file.replace("team-4", "vitality-16")).as_bytes(),
            "questionnaire.url: draagt de naam van een vragenlijst van Regie zelf",
        ),
        (&[b'x'; 600 * 1024], "file: is groter dan 512 kB"),
        (&[0xff, 0xfe, 0x00], "file: is geen tekst in UTF-8"),
        (
            own_instrument(|file| file.replace("\"code\": \"", "\"code\": \"x")).as_bytes(),
            "…: en verder: 8",
        ),
        (b"{", "file, line 1, column 1: is hier geen leesbaar JSON-bestand"),
    ] {
        let faults = add(file);
        assert!(faults.iter().any(|one| one == fault), "{fault} not in {faults:?}");
        assert!(client.added_instruments().expect("a list").is_empty());
        assert_eq!(client.meter_overview().expect("a view").instruments.len(), 3);
    }
    assert!(
        client
            .add_instrument(&profile.folder().join("nowhere.json"))
            .is_err()
    );

    assert_eq!(add(own_instrument(|file| file).as_bytes()), Vec::<String>::new());
    assert_eq!(
        add(own_instrument(|file| file).as_bytes()),
        ["questionnaire.version: deze versie is er al"]
    );
    drop(client);
    let client = profile.reopen();
    let offered = client.meter_overview().expect("a view").instruments;
    assert_eq!(offered.last().map(|one| one.id.as_str()), Some("team-4"));
    let id = take(&client, "team-4", 7);
    assert_eq!(client.meter_result(id).expect("a result").dimensions.len(), 3);
    assert_eq!(
        client.remove_instrument("team-4", "1.0.0"),
        Err(ClientError::NotNow),
        "a result needs it"
    );
    client.meter_delete(id).expect("deletes");
    profile.clock.pass(TimeDelta::minutes(2));
    client.tick().expect("ticks");
    client.remove_instrument("team-4", "1.0.0").expect("removes");
    assert_eq!(client.meter_overview().expect("a view").instruments.len(), 3);
}

#[test]
fn a_result_is_kept_as_a_picture_or_a_pdf_without_its_note_and_without_a_trace_elsewhere() {
    let profile = Profile::default();
    let client = profile.begin();
    let id = take_check(&client, 5);
    client.meter_annotate(id, "kanarienotitie").expect("stores");
    for (format, start) in [
        (SheetFormat::Picture, &b"\x89PNG"[..]),
        (SheetFormat::Pdf, b"%PDF-"),
    ] {
        let path = profile
            .folder()
            .with_file_name(format!("result.{}", format.ending()));
        client.save_result(id, format, &path).expect("writes");
        let bytes = std::fs::read(&path).expect("reads");
        assert!(bytes.starts_with(start) && bytes.len() > 8_000, "{format:?}");
        assert!(!bytes.windows(14).any(|part| part == b"kanarienotitie"));
    }
    let nowhere = profile.folder().join("no/such/folder/x.png");
    assert!(client.save_result(id, SheetFormat::Picture, &nowhere).is_err());
    let beside: Vec<_> = std::fs::read_dir(profile.folder().parent().expect("a root"))
        .expect("reads")
        .collect();
    assert_eq!(beside.len(), 3, "the profile, the picture and the PDF");
}
