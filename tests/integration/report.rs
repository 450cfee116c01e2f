//! The report for help with a problem, and the help pages.

use regie_client::{ClientError, Surroundings};
use regie_protocol::Language;
use regie_tests::{Profile, draft, take_check};

fn around() -> Surroundings {
    Surroundings {
        version: "0.1.0".into(),
        web_view: "2.48".into(),
        desktop: "GNOME wayland".into(),
        errors: vec![("DiskFull".into(), 2)],
        at_login: Some(false),
    }
}

#[test]
fn the_report_tells_how_regie_runs_and_nothing_that_anybody_wrote_or_is_called() {
    let profile = Profile::default();
    let client = profile.begin();
    for number in 0..12 {
        client
            .diary_save(draft(&format!("kanarie nummer {number}")))
            .expect("saves");
    }
    take_check(&client, 3);
    client
        .add_person(Some("Kanarievrouw"), "Kanarieman")
        .expect("adds");
    let text = client.report(&around()).text;
    for told in [
        "Regie: 0.1.0",
        "GNOME wayland",
        "DiskFull ×2",
        "10–99, 1–9",
        "Toestand: open",
        "≤ 1 MiB",
    ] {
        assert!(text.contains(told), "{told} is missing in\n{text}");
    }
    let folder = profile.folder().display().to_string();
    let parts = folder
        .split('/')
        .filter(|part| part.len() > 3 && *part != "profile");
    for secret in parts.chain(["anarie", "vitality", "Noor", "/"]) {
        assert!(!text.contains(secret), "{secret} is in\n{text}");
    }
    client.set_language(Language::En).expect("stores");
    client.lock().expect("locks");
    let locked = client.report(&around()).text;
    assert!(
        locked.contains("State: locked") && !locked.contains("10–99"),
        "{locked}"
    );
}

#[test]
fn what_is_saved_is_what_was_shown() {
    let profile = Profile::default();
    let client = profile.begin();
    let file = profile.folder().join("verslag.txt");
    assert_eq!(
        client.save_report(&file),
        Err(ClientError::NotNow),
        "nothing was shown"
    );
    let shown = client.report(&around()).text;
    client.diary_save(draft("Later")).expect("saves");
    client.lock().expect("locks");
    client.save_report(&file).expect("saves");
    assert_eq!(std::fs::read_to_string(&file).expect("a file"), shown);
}

#[test]
fn the_help_pages_are_at_hand_behind_the_lock_in_both_languages() {
    let profile = Profile::default();
    let client = profile.begin();
    client.lock().expect("locks");
    let found = client.guide("herstelcode").pages;
    assert_eq!(found[0].id, "recovery");
    assert!(found[0].markdown.contains("negen groepjes"));
    client.set_language(Language::En).expect("stores");
    assert_eq!(client.guide("herstelcode").pages.len(), 0);
    assert!(client.guide("").pages.len() >= 8);
}
