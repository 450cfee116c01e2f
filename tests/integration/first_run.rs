//! From nothing to an open vault, also with interruptions.

use regie_client::{ClientError, FirstRunStep, RehearsalAnswer, Stage};
use regie_domain::seal::Seal;
use regie_tests::{KEEP, PASSPHRASE, Profile, passphrase};

#[test]
fn an_interrupted_first_run_resumes_where_it_was() {
    let profile = Profile::default();
    let client = profile.start();
    assert_eq!(
        (client.stage(), client.seal()),
        (Stage::FirstRun(FirstRunStep::Welcome), Seal::NotYet)
    );
    client.first_run_step(FirstRunStep::Statement).expect("stores");
    drop(client);
    let client = profile.start();
    assert_eq!(client.stage(), Stage::FirstRun(FirstRunStep::Statement));
    // Choices are kept only in a vault, so a stop at the passphrase asks for them again.
    client.first_run_step(FirstRunStep::Passphrase).expect("stores");
    drop(client);
    let client = profile.start();
    assert_eq!(client.stage(), Stage::FirstRun(FirstRunStep::Consent));

    client
        .create_vault(&passphrase(PASSPHRASE), &[KEEP.into()])
        .expect("a vault");
    let shown = client.recovery_code().expect("a code").groups;
    drop(client);
    let client = profile.start();
    assert_eq!(client.stage(), Stage::Locked { wait_seconds: 0 });
    assert_eq!(
        client.unlock(&passphrase(PASSPHRASE)),
        Ok(Stage::FirstRun(FirstRunStep::Recovery))
    );
    assert_eq!(
        client.recovery_code().expect("a code").groups,
        shown,
        "a sheet printed before the stop still holds"
    );
    assert_eq!(client.finish_first_run(), Ok(Stage::Open));
}

#[test]
fn a_weak_passphrase_makes_no_vault() {
    let profile = Profile::default();
    let client = profile.start();
    assert_eq!(
        client.create_vault(&passphrase("Welkom01!"), &[]),
        Err(ClientError::WeakPassphrase)
    );
    assert!(!profile.vault().exists());
}

#[test]
fn the_code_is_forgotten_once_it_is_known_to_be_written_down() {
    let profile = Profile::default();
    let client = profile.begin();
    let code = client.recovery_code().expect("a code");
    let answers = |change: &dyn Fn(&str) -> String| -> Vec<RehearsalAnswer> {
        let group = |position: &u32| change(&code.groups[*position as usize]);
        code.rehearse
            .iter()
            .map(|position| RehearsalAnswer {
                position: *position,
                group: group(position),
            })
            .collect()
    };
    assert_eq!(client.rehearse_recovery(&answers(&|_| "0000".into())), Ok(false));
    assert_eq!(
        client.rehearse_recovery(&answers(&|group| group.into())[..1]),
        Ok(false),
        "both are asked"
    );
    assert!(!client.today().expect("a view").recovery_rehearsed);
    assert_eq!(client.rehearse_recovery(&answers(&str::to_lowercase)), Ok(true));
    assert!(client.today().expect("a view").recovery_rehearsed);
    assert_eq!(client.recovery_code().err(), Some(ClientError::NotNow));
}

#[test]
fn the_recovery_sheet_holds_the_code_and_is_only_where_it_was_asked_for() {
    let profile = Profile::default();
    let client = profile.begin();
    let code = client.recovery_code().expect("a code").groups.join("-");
    let sheet = profile.folder().with_file_name("blad.txt");
    client.save_recovery_sheet(&sheet).expect("saves");
    assert!(std::fs::read_to_string(&sheet).expect("reads").contains(&code));
    std::fs::remove_file(&sheet).expect("removes");
    assert_eq!(
        regie_tests::bytes::traces(&profile.folder(), &[&code]),
        Vec::<String>::new()
    );
}
