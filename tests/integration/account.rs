//! An account over real HTTP: joining, further devices, new keys, leaving, with and without a network.

use std::path::Path;

use regie_client::{
    AccountError, BackupChoice, BackupSecret, Client, ClientError, JoinBegin, JoinForm, JoinedView,
    LeaveKind, LogInBy, LogInForm, RequestPurpose, ServerTrust, SignOut, Stage,
};
use regie_protocol::Language;
use regie_tests::server::{Mail, Running};
use regie_tests::{KEEP, PASSPHRASE, Profile, begin, bytes, copy_folder, draft, passphrase};

pub(crate) const EMAIL: &str = "noor@thuis.example";
const NAME: &str = "Noor Waterman";
pub(crate) const NEW: &str = "zeven lantaarns dansen buiten";
pub(crate) const WRITTEN: &str = "Vandaag zag ik een ijsvogel bij de sluis.";

/// Somebody who joined, with the code on paper.
pub(crate) struct Member {
    pub(crate) profile: Profile,
    pub(crate) client: Client,
    pub(crate) code: String,
}

/// The vault sets the memory of SQLite up for the whole process, which it can do first alone; app and server are never one process elsewhere.
pub(crate) fn server() -> Running {
    drop(Profile::default().begin());
    Running::begin()
}

pub(crate) fn start(server: &Running, profile: &Profile) -> Client {
    profile.start().with_roots(&[server.root])
}

pub(crate) fn reopen(server: &Running, profile: &Profile, words: &str) -> Client {
    let client = start(server, profile);
    assert_eq!(client.unlock(&passphrase(words)), Ok(Stage::Open));
    client
}

/// The code of a mail that was not there before.
fn mailed(server: &Running, before: &[Mail]) -> String {
    let mail = server.mail_to(EMAIL, |mail| !before.contains(mail) && mail.code().is_some());
    mail.code().expect("a code")
}

fn form(mail_code: String, code: &str) -> JoinForm {
    JoinForm {
        mail_code,
        name: NAME.into(),
        phone: None,
        recovery_code: code.into(),
        terms_version: 1,
        adult: true,
        copy: true,
        device_name: "Laptop".into(),
    }
}

fn join_with(server: &Running, invitation: &str) -> Member {
    let profile = Profile::default();
    let client = start(server, &profile);
    begin(&client, &[KEEP]);
    client.diary_save(draft(WRITTEN)).expect("saves");
    let code = client.recovery_code().expect("a code").groups.join("-");
    let looked = client
        .look_at_server(&server.address, Some(invitation))
        .expect("a server");
    assert_eq!(
        (looked.name.as_str(), looked.trust),
        ("Regie om te proberen", ServerTrust::BuiltIn)
    );
    client.look_at_invitation().expect("an invitation");
    let before = server.mails_to(EMAIL);
    let begun = JoinBegin {
        email: EMAIL.into(),
        passphrase: passphrase(PASSPHRASE),
    };
    let view = client.begin_joining(&begun, Language::Nl).expect("begins");
    assert_eq!(view.joining.as_deref(), Some(EMAIL));
    let wrong = client.join(&form("000000".into(), &code));
    assert_eq!(wrong.err(), Some(AccountError::MailCodeWrong.into()));
    let mail = mailed(server, &before);
    client.join(&form(mail, &code)).expect("joins");
    Member {
        profile,
        client,
        code,
    }
}

pub(crate) fn join(server: &mut Running) -> Member {
    let invitation = server.code();
    join_with(server, &invitation)
}

pub(crate) fn further(server: &Running, by: LogInBy, name: &str) -> Result<(Profile, Client), ClientError> {
    further_with(server, by, name, None)
}

pub(crate) fn further_with(
    server: &Running,
    by: LogInBy,
    name: &str,
    factor: Option<&str>,
) -> Result<(Profile, Client), ClientError> {
    let profile = Profile::default();
    let client = start(server, &profile);
    client.look_at_server(&server.address, None)?;
    let form = LogInForm {
        email: EMAIL.into(),
        by,
        factor: factor.map(str::to_owned),
        device_name: name.into(),
        consents: vec![KEEP.into()],
    };
    assert_eq!(client.log_in_on_new_device(&form)?, Stage::Open);
    Ok((profile, client))
}

pub(crate) fn by_passphrase(words: &str) -> LogInBy {
    LogInBy::Passphrase(passphrase(words))
}

pub(crate) fn joined(client: &Client) -> JoinedView {
    client.account().expect("a view").joined.expect("an account")
}

pub(crate) fn told(client: &Client) -> JoinedView {
    client.contact().expect("an answer").joined.expect("an account")
}

#[test]
fn who_joins_has_an_account_and_the_server_has_nothing_that_it_can_read() {
    let mut server = server();
    let member = join(&mut server);
    let view = told(&member.client);
    assert_eq!((view.email.as_str(), view.name.as_str()), (EMAIL, NAME));
    assert_eq!((view.epoch, view.seat_ended, view.signed_out), (1, false, false));
    assert!(view.copy_since.is_some() && !view.needs_new_passphrase);
    // The code was typed whole: the program knows it no more.
    assert_eq!(member.client.recovery_code().err(), Some(ClientError::NotNow));
    let devices = member.client.devices().expect("devices");
    assert_eq!((devices.len(), devices[0].name.as_str()), (1, "Laptop"));
    assert!(devices[0].this_one && devices[0].checked);
    let log = member.client.account_log(0).expect("a log");
    assert!(!log.is_empty() && log[0].number == 1);

    let requests = member.client.requests().expect("a list");
    for purpose in [
        RequestPurpose::LookAtServer,
        RequestPurpose::Invitation,
        RequestPurpose::Join,
        RequestPurpose::Account,
        RequestPurpose::Devices,
        RequestPurpose::Log,
    ] {
        let found = requests.iter().find(|request| request.purpose == purpose);
        assert!(
            found.is_some_and(|request| request.received.is_some()),
            "{purpose:?}"
        );
    }

    server.stop();
    let code = member.code.replace('-', "");
    // Mails go to the person, with their code and address.
    let mut files = bytes::files(&server.data());
    files.retain(|path, _| !path.starts_with(server.mails_folder()));
    for secret in [WRITTEN, PASSPHRASE, "Laptop", NAME, EMAIL, &code, &member.code] {
        for form in bytes::forms(secret) {
            let found = files.iter().find(|(_, bytes)| bytes::contains(bytes, &form));
            assert!(found.is_none(), "{secret} lies on the server");
        }
    }
    let told = files
        .values()
        .any(|bytes| bytes::contains(bytes, b"SQLite format 3"));
    assert!(told, "the look finds what is there");
}

#[test]
fn nobody_joins_a_server_whose_root_was_not_confirmed() {
    let mut server = server();
    let profile = Profile::default();
    let client = profile.begin();
    let code = server.code();
    let looked = client
        .look_at_server(&server.address, Some(&code))
        .expect("a server");
    assert_eq!(looked.trust, ServerTrust::ToConfirm);
    let begun = JoinBegin {
        email: EMAIL.into(),
        passphrase: passphrase(PASSPHRASE),
    };
    let refused = |result: Result<_, ClientError>| result.map(|_: ()| ()).err();
    let not_yet = Some(AccountError::NotConfirmed.into());
    assert_eq!(refused(client.look_at_invitation().map(|_| ())), not_yet);
    assert_eq!(
        refused(client.begin_joining(&begun, Language::Nl).map(|_| ())),
        not_yet
    );
    let mut other = looked.fingerprint.clone();
    other.reverse();
    assert_eq!(
        client.confirm_root(&other.join("-")).err(),
        Some(AccountError::OtherFingerprint.into())
    );
    let confirmed = client
        .confirm_root(&looked.fingerprint.join(" ").to_lowercase())
        .expect("confirms");
    assert_eq!(confirmed.trust, ServerTrust::Confirmed);
    client.look_at_invitation().expect("an invitation");
    let wrong = JoinBegin {
        email: EMAIL.into(),
        passphrase: passphrase(NEW),
    };
    let refused = client.begin_joining(&wrong, Language::Nl).err();
    assert_eq!(refused, Some(ClientError::WrongPassphrase { wait_seconds: 0 }));
    client.begin_joining(&begun, Language::Nl).expect("begins");
    // Nothing of what was begun outlives the lock.
    client.lock().expect("locks");
    client.unlock(&passphrase(PASSPHRASE)).expect("opens");
    let gone = client.join(&form("000000".into(), &code)).err();
    assert!(gone.is_some() && client.account().expect("a view").joining.is_none());
}

#[test]
fn a_further_device_comes_by_passphrase_and_each_knows_the_other() {
    let mut server = server();
    let first = join(&mut server);
    let wrong = further(&server, by_passphrase(NEW), "Dief");
    assert_eq!(wrong.err(), Some(AccountError::LoginFailed.into()));
    let (profile, second) = further(&server, by_passphrase(PASSPHRASE), "Telefoon").expect("logs in");
    assert_eq!(joined(&second).name, NAME);
    for client in [&first.client, &second] {
        let devices = client.devices().expect("devices");
        let mut names: Vec<_> = devices.iter().map(|device| device.name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["Laptop", "Telefoon"]);
        assert!(
            devices
                .iter()
                .all(|device| device.checked && device.signed_out.is_none())
        );
    }
    // What was asked before there was a vault stands in its list too.
    let requests = second.requests().expect("a list");
    let login = requests
        .iter()
        .find(|request| request.purpose == RequestPurpose::LogIn);
    assert!(login.is_some());
    drop(second);

    // One sheet of paper opens everything: also this vault, and then the account.
    let second = start(&server, &profile);
    let stage = second.unlock_with_recovery_code(&first.code, &passphrase(NEW));
    assert_eq!(stage, Ok(Stage::Open));
    assert!(joined(&second).needs_recovery_code);
    let view = second
        .finish_recovery(&first.code, &passphrase(NEW), None)
        .expect("finishes");
    let view = view.joined.expect("an account");
    assert!(!view.needs_recovery_code && !view.needs_new_passphrase);
    assert!(told(&first.client).needs_new_passphrase, "the other one is told");
    assert!(further(&server, by_passphrase(NEW), "Tablet").is_ok());
}

#[test]
fn the_recovery_code_brings_a_new_device_and_a_new_passphrase() {
    let mut server = server();
    let first = join(&mut server);
    let by = LogInBy::Code {
        code: first.code.clone(),
        new: passphrase(NEW),
    };
    let (profile, second) = further(&server, by, "Telefoon").expect("logs in");
    assert!(!told(&second).needs_new_passphrase);
    second.lock().expect("locks");
    assert_eq!(second.unlock(&passphrase(NEW)), Ok(Stage::Open));

    let old = further(&server, by_passphrase(PASSPHRASE), "Tablet");
    assert_eq!(old.err(), Some(AccountError::LoginFailed.into()));
    // The first one opens with the old one until it enters the new one.
    first.client.lock().expect("locks");
    assert_eq!(first.client.unlock(&passphrase(PASSPHRASE)), Ok(Stage::Open));
    assert!(told(&first.client).needs_new_passphrase);
    let lost = first.client.sign_out(&SignOut::Others, true).err();
    assert_eq!(lost, Some(AccountError::NewPassphraseNeeded.into()));
    let current = passphrase(PASSPHRASE);
    let guess = first
        .client
        .catch_up(&current, Some(&passphrase("nog een andere zin hier")), None);
    assert_eq!(guess.err(), Some(AccountError::LoginFailed.into()));
    let view = first
        .client
        .catch_up(&current, Some(&passphrase(NEW)), None)
        .expect("catches up");
    assert!(!view.joined.expect("an account").needs_new_passphrase);
    first.client.lock().expect("locks");
    assert_eq!(first.client.unlock(&passphrase(NEW)), Ok(Stage::Open));
    drop(profile);
}

#[test]
fn a_lost_device_is_refused_at_once_and_reads_nothing_new() {
    let mut server = server();
    let first = join(&mut server);
    let (_lost_profile, lost) = further(&server, by_passphrase(PASSPHRASE), "Telefoon").expect("logs in");
    let (_kept_profile, kept) = further(&server, by_passphrase(PASSPHRASE), "Tablet").expect("logs in");
    let devices = first.client.devices().expect("devices");
    let phone = devices
        .iter()
        .find(|device| device.name == "Telefoon")
        .expect("it is there");
    let left = first
        .client
        .sign_out(&SignOut::One(phone.id.clone()), true)
        .expect("signs out");
    let gone = left.iter().filter(|device| device.signed_out.is_some());
    assert_eq!(gone.count(), 1);
    assert_eq!(told(&first.client).epoch, 2);
    assert_eq!(lost.contact().err(), Some(AccountError::SignedOut.into()));
    let view = joined(&lost);
    assert!(
        view.signed_out && view.epoch == 1,
        "its vault is there, and knows no new key"
    );
    lost.diary_save(draft("Dit blijft van mij"))
        .expect("its vault works");
    assert_eq!(told(&kept).epoch, 2);
    // A device that comes later reads all of it, and vouches for the others.
    let (_new_profile, new) = further(&server, by_passphrase(PASSPHRASE), "Werk").expect("logs in");
    assert_eq!(joined(&new).epoch, 2);
    let devices = new.devices().expect("devices");
    let living = devices.iter().filter(|device| device.signed_out.is_none());
    assert!(living.clone().all(|device| device.checked));
    assert_eq!(living.count(), 3);
    // Whoever knows the passphrase may come back: "somebody knew it" is the other button.
    let again = lost
        .catch_up(&passphrase(PASSPHRASE), None, None)
        .expect("comes back");
    assert_eq!(again.joined.expect("an account").epoch, 2);
}

#[test]
fn a_passphrase_changes_with_a_network_only_and_other_devices_follow_when_they_hear_of_it() {
    let mut server = server();
    let first = join(&mut server);
    let (profile, second) = further(&server, by_passphrase(PASSPHRASE), "Telefoon").expect("logs in");
    drop(second);
    let (old, new) = (passphrase(PASSPHRASE), passphrase(NEW));
    server.stop();
    let refused = first.client.change_passphrase(&old, &new).err();
    assert_eq!(refused, Some(AccountError::Offline.into()));
    assert!(first.client.account().expect("a view").offline);
    first.client.lock().expect("locks");
    assert_eq!(first.client.unlock(&old), Ok(Stage::Open), "the old one holds");
    server.start_again();
    first.client.change_passphrase(&old, &new).expect("changes");
    assert!(!told(&first.client).needs_new_passphrase);
    first.client.lock().expect("locks");
    assert_eq!(first.client.unlock(&new), Ok(Stage::Open));

    let second = reopen(&server, &profile, PASSPHRASE);
    assert!(!joined(&second).needs_new_passphrase, "it did not hear of it yet");
    assert!(told(&second).needs_new_passphrase);
    second
        .diary_save(draft("Het schrijven gaat door"))
        .expect("saves");
    second.catch_up(&old, Some(&new), None).expect("catches up");
    drop(second);
    let second = reopen(&server, &profile, NEW);
    assert_eq!(second.devices().expect("devices").len(), 2);
}

#[test]
fn after_somebody_knew_it_nothing_old_opens_the_account_and_the_others_follow() {
    let mut server = server();
    let first = join(&mut server);
    let (profile, second) = further(&server, by_passphrase(PASSPHRASE), "Telefoon").expect("logs in");
    let (old, new) = (passphrase(PASSPHRASE), passphrase(NEW));
    let made = first.client.replace_all_keys(&old, &new).expect("replaces");
    let code = made.code.groups.join("-");
    assert_eq!(told(&first.client).epoch, 2);
    for by in [
        by_passphrase(PASSPHRASE),
        LogInBy::Code {
            code: first.code.clone(),
            new: passphrase("drie katten onder de brug"),
        },
    ] {
        let refused = further(&server, by, "Dief").err();
        assert_eq!(refused, Some(AccountError::LoginFailed.into()));
    }
    let view = told(&second);
    assert!(view.needs_new_passphrase);
    second.catch_up(&old, Some(&new), None).expect("catches up");
    assert_eq!(joined(&second).epoch, 2);
    drop(second);
    // Its vault opens by the new code, and by the old one no more.
    let second = start(&server, &profile);
    let refused = second.check_recovery_code(&first.code).err();
    assert_eq!(refused, Some(ClientError::WrongRecoveryCode { wait_seconds: 0 }));
    assert_eq!(second.check_recovery_code(&code), Ok(()));
    assert!(first.profile.vault().exists());
}

#[test]
fn a_new_code_is_the_accounts_too() {
    let mut server = server();
    let first = join(&mut server);
    let made = first
        .client
        .new_recovery_code(&passphrase(PASSPHRASE))
        .expect("a code");
    let code = made.code.groups.join("-");
    let by = |code: &str| LogInBy::Code {
        code: code.to_owned(),
        new: passphrase(NEW),
    };
    let old = further(&server, by(&first.code), "Dief").err();
    assert_eq!(old, Some(AccountError::LoginFailed.into()));
    assert!(further(&server, by(&code), "Telefoon").is_ok());
}

#[test]
fn a_restored_vault_and_a_copied_profile_are_devices_of_their_own() {
    let mut server = server();
    let member = join(&mut server);
    let client = &member.client;
    client.back_up_now().expect("a backup");
    let before = client.devices().expect("devices");
    let backup = client.local_backups().expect("backups").remove(0).name;
    client
        .restore(
            &BackupChoice::Local { name: backup },
            &BackupSecret::Passphrase(passphrase(PASSPHRASE)),
        )
        .expect("restores");
    assert!(joined(client).signed_out);
    assert_eq!(client.devices().err(), Some(AccountError::SignedOut.into()));
    client
        .catch_up(&passphrase(PASSPHRASE), None, None)
        .expect("a device again");
    let after = client.devices().expect("devices");
    assert_eq!((before.len(), after.len()), (1, 2));
    let this = after.iter().find(|device| device.this_one).expect("this one");
    assert_ne!(this.id, before[0].id);

    client.lock().expect("locks");
    let copied = Profile::default();
    copy_folder(&member.profile.vault(), &copied.vault());
    client.unlock(&passphrase(PASSPHRASE)).expect("opens");
    client.want_copy(false).expect("tells");
    let copy = reopen(&server, &copied, PASSPHRASE);
    // Its first change bears a number that the other has used.
    copy.want_copy(false).expect("enters");
    let view = joined(&copy);
    assert!(view.signed_out && view.change_waits);
    assert!(!joined(client).signed_out);
}

#[test]
fn the_copy_on_the_server_ends_at_a_word_and_waits_for_a_network_where_there_is_none() {
    let mut server = server();
    let member = join(&mut server);
    let client = &member.client;
    let copy = |client: &Client| {
        let purposes = client.purposes().expect("purposes");
        let copy = purposes.into_iter().find(|one| one.id == "copy_on_server");
        copy.map(|copy| copy.given)
    };
    assert_eq!(copy(client), Some(true), "joining entered it in the history");
    server.stop();
    let proof = passphrase(PASSPHRASE);
    let left = client.leave(LeaveKind::OnlyCopy, &proof, None).expect("leaves");
    assert!(!left.confirmed && joined(client).change_waits);
    assert_eq!(copy(client), Some(false));
    assert!(joined(client).copy_since.is_none());
    server.start_again();
    let view = told(client);
    assert!(!view.change_waits && view.copy_since.is_none());
    let further_device = further(&server, by_passphrase(PASSPHRASE), "Telefoon").err();
    assert_eq!(further_device, Some(AccountError::NoCopy.into()));
    let view = client.want_copy(true).expect("wants").joined.expect("an account");
    assert!(!view.change_waits && view.epoch == 2);
    assert!(further(&server, by_passphrase(PASSPHRASE), "Telefoon").is_ok());
    assert_eq!(
        client.diary_search("ijsvogel", 5).expect("a search").hits.len(),
        1
    );
}

#[test]
fn leaving_with_a_network_brings_a_receipt_and_coming_back_finds_nothing_of_the_old_life() {
    let mut server = server();
    let invitation = server.code();
    let member = join_with(&server, &invitation);
    let (_kept, other) = further(&server, by_passphrase(PASSPHRASE), "Telefoon").expect("logs in");
    let wrong = member
        .client
        .leave(LeaveKind::Everything, &passphrase(NEW), None)
        .err();
    assert_eq!(wrong, Some(ClientError::WrongPassphrase { wait_seconds: 0 }));
    assert!(member.client.is_open());
    let left = member
        .client
        .leave(LeaveKind::Everything, &passphrase(PASSPHRASE), None)
        .expect("leaves");
    assert!(left.confirmed && left.file.is_some_and(|file| Path::new(&file).exists()));
    assert!(!member.profile.vault().exists());
    let receipts = member.client.receipts().expect("receipts");
    assert!(receipts.len() == 1 && receipts[0].confirmed);
    let place = member.profile.stick().join("bewijs");
    member
        .client
        .save_receipt(&receipts[0].id, &place)
        .expect("saves");
    assert!(std::fs::metadata(&place).expect("a file").len() > 100);

    // A server's word wipes nothing.
    assert_eq!(other.contact().err(), Some(AccountError::SignedOut.into()));
    assert!(joined(&other).signed_out && other.is_open());
    let gone = further(&server, by_passphrase(PASSPHRASE), "Tablet").err();
    assert_eq!(gone, Some(AccountError::LoginFailed.into()));
    let again = join_with(&server, &invitation);
    let view = told(&again.client);
    assert_eq!(
        (view.epoch, again.client.devices().expect("devices").len()),
        (1, 1)
    );
}

#[test]
fn leaving_without_a_network_takes_the_vault_at_once_and_the_account_at_the_next_start() {
    let mut server = server();
    let invitation = server.code();
    let member = join_with(&server, &invitation);
    server.stop();
    let left = member
        .client
        .leave(LeaveKind::Everything, &passphrase(PASSPHRASE), None)
        .expect("leaves");
    assert!(!left.confirmed);
    let ticket = left.file.expect("a ticket");
    assert!(!member.profile.vault().exists());
    assert_eq!(member.client.account().expect("a view").tickets_waiting, 1);
    let content = std::fs::read(&ticket).expect("a ticket");
    for secret in [EMAIL, NAME, PASSPHRASE] {
        assert!(!bytes::contains(&content, secret.as_bytes()));
    }
    assert_eq!(
        member.client.redeem_tickets().err(),
        Some(AccountError::Offline.into())
    );
    let saved = member.profile.stick().join("ticket.json");
    std::fs::copy(&ticket, &saved).expect("a copy");
    drop(member.client);

    server.start_again();
    let client = start(&server, &member.profile);
    let redeemed = client.redeem_tickets().expect("redeems");
    assert!(redeemed.len() == 1 && redeemed[0].confirmed);
    assert_eq!(client.account().expect("a view").tickets_waiting, 0);
    let gone = further(&server, by_passphrase(PASSPHRASE), "Tablet").err();
    assert_eq!(gone, Some(AccountError::LoginFailed.into()));
    // From the file, after installing anew: it changes nothing more, and is answered the same.
    let elsewhere = Profile::default();
    let receipt = start(&server, &elsewhere).redeem_ticket_file(&saved);
    assert!(receipt.expect("a receipt").confirmed);
    join_with(&server, &invitation);
}
