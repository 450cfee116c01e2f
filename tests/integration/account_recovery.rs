//! What is left when something is lost (docs/adr/0013): each row of the matrix as a story that bears the letters of what is there. P is
//! the passphrase, D a device, C the recovery code, F the second factor.

use std::thread;
use std::time::{Duration, Instant};

use regie_client::{AccountError, Client, ClientError, FactorLift, LogInBy, NoticeKind, SignOut, Stage};
use regie_crypto::{
    Key,
    account::AccountKey,
    identity::{Identity, IdentityPublic, derive_safety_number},
};
use regie_protocol::signed::{AccountId, IdentityStatement, SealingKey, Signed, VerifyingKey};
use regie_tests::{PASSPHRASE, Profile, passphrase, server::Running};
use totp_rs::Builder;

use crate::account::{
    EMAIL, Member, NEW, WRITTEN, by_passphrase, further, further_with, join, joined, server, start, told,
};

const DAY: i64 = 86_400;
const STEP: i64 = 30;

/// An app for second factors, and the codes on paper.
pub(crate) struct Factor {
    secret: Vec<u8>,
    codes: Vec<String>,
}

impl Factor {
    /// Sets one.
    pub(crate) fn set(server: &mut Running, client: &Client, words: &str) -> Self {
        let view = client.begin_factor().expect("begins");
        let secret = data_encoding::BASE32_NOPAD
            .decode(view.secret.concat().as_bytes())
            .expect("a secret");
        let mut factor = Self {
            secret,
            codes: Vec::new(),
        };
        let wrong = factor.digits_at(server.now() - 900);
        let refused = client.set_factor(&wrong, &passphrase(words), None).err();
        assert_eq!(refused, Some(AccountError::LoginFailed.into()));
        let digits = factor.digits_at(server.now());
        factor.codes = client
            .set_factor(&digits, &passphrase(words), None)
            .expect("sets");
        assert!(joined(client).factor_on && factor.codes.len() == 10);
        factor
    }

    fn digits_at(&self, moment: i64) -> String {
        let totp = Builder::new()
            .with_secret(self.secret.clone())
            .build()
            .expect("a factor");
        totp.generate(u64::try_from(moment).expect("a moment"))
            .to_string()
    }

    /// The digits of a step that was not used.
    pub(crate) fn digits(&self, server: &mut Running) -> String {
        server.go_ahead(STEP + 1);
        self.digits_at(server.now())
    }
}

fn begun() -> (Running, Member, Factor) {
    let mut server = server();
    let member = join(&mut server);
    let factor = Factor::set(&mut server, &member.client, PASSPHRASE);
    (server, member, factor)
}

fn by_code(member: &Member) -> LogInBy {
    LogInBy::Code {
        code: member.code.clone(),
        new: passphrase(NEW),
    }
}

fn lift(words: Option<&str>, code: Option<&str>) -> FactorLift {
    FactorLift {
        passphrase: words.map(passphrase),
        code: code.map(str::to_owned),
    }
}

/// Asks on a device that the account does not know.
fn stranger(server: &Running) -> (Profile, Client) {
    let profile = Profile::default();
    let client = start(server, &profile);
    client.look_at_server(&server.address, None).expect("a server");
    (profile, client)
}

fn lift_elsewhere(server: &Running, by: &FactorLift) -> Result<Option<String>, ClientError> {
    let (_profile, client) = stranger(server);
    client.lift_factor_without_device(EMAIL, by)
}

fn until(what: &str, mut passes: impl FnMut() -> bool) {
    let began = Instant::now();
    while !passes() {
        assert!(began.elapsed() < Duration::from_secs(30), "{what}");
        thread::sleep(Duration::from_millis(100));
    }
}

/// A mail of what was done. It waits half a minute for the change that it tells of.
fn mail(server: &mut Running, subject: &str) {
    server.go_ahead(STEP + 1);
    let _ = server.mail_to(EMAIL, |mail| mail.subject == subject);
}

const LIFTED: &str = "Je tweede stap bij inloggen is weg";
const BEGUN: &str = "Over 14 dagen gaat je tweede stap weg";

fn needs_factor<T>(tried: Result<T, ClientError>) {
    assert_eq!(tried.err(), Some(AccountError::FactorNeeded.into()));
}

/// What a server publishes of the account's keys for other people, with its signing device's key.
struct Published {
    keys: IdentityPublic,
    statement: IdentityStatement,
}

fn published(server: &Running) -> Published {
    let database = rusqlite::Connection::open(server.data().join("regie.db")).expect("a database");
    let find = "SELECT sign_key, seal_key, statement FROM identity";
    let (sign, seal, statement) = database
        .query_row(find, [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get::<_, Vec<u8>>(2)?))
        })
        .expect("an identity");
    let keys = IdentityPublic {
        sign_key: VerifyingKey::from_bytes(&sign).expect("a key"),
        seal_key: SealingKey(seal),
    };
    let mut find = database
        .prepare("SELECT sign_key FROM device")
        .expect("a statement");
    let devices = find
        .query_map([], |row| row.get::<_, [u8; 32]>(0))
        .expect("devices");
    let signed = Signed::<IdentityStatement>::from_bytes(&statement).expect("a statement");
    let mut opened = devices.filter_map(|key| {
        let key = VerifyingKey::from_bytes(&key.expect("a key")).expect("a key");
        signed.open_at_any_time(&key).ok()
    });
    let statement = opened.next().expect("a device of the account vouches for it");
    assert_eq!(
        (statement.sign_key, statement.seal_key),
        (keys.sign_key, keys.seal_key)
    );
    Published { keys, statement }
}

#[test]
fn recovery_c_f_after_a_loss_other_people_find_new_keys_at_once() {
    let (mut server, member, factor) = begun();
    let before = published(&server);
    assert_eq!(before.statement.epoch, 1);
    let digits = factor.digits(&mut server);
    let (_profile, client) =
        further_with(&server, by_code(&member), "Nieuw", Some(&digits)).expect("logs in");
    // The same account by another device: nobody has to confirm anything anew for that.
    assert_eq!(published(&server).keys, before.keys);
    client
        .sign_out(&SignOut::Others, true)
        .expect("signs the lost one out");
    let after = published(&server);
    assert_eq!((after.statement.epoch, told(&client).epoch), (2, 2));
    assert_ne!(after.statement.device, before.statement.device);
    let friend = Identity::derive(&AccountKey::from_key(
        AccountId([5; 16]),
        1,
        Key::from_bytes([6; 32]),
    ))
    .and_then(|one| one.public())
    .expect("keys");
    let number = |mine| derive_safety_number(mine, &friend).expect("a number");
    assert_ne!(
        number(&before.keys),
        number(&after.keys),
        "what was compared holds no more"
    );
    let log = client.account_log(0).expect("a log");
    let told: Vec<_> = log.iter().filter(|row| row.what == "identity.changed").collect();
    assert_eq!(told.len(), 1);

    // "Somebody knew it" replaces them too.
    let digits = factor.digits(&mut server);
    client
        .replace_all_keys_with_factor(&passphrase(NEW), &passphrase(PASSPHRASE), Some(&digits))
        .expect("replaces");
    let last = published(&server);
    assert_eq!(last.statement.epoch, 3);
    assert_ne!(last.keys, after.keys);
}

#[test]
fn recovery_p_d_c_f_everything_works_and_the_factor_goes_only_with_itself() {
    let (mut server, member, factor) = begun();
    let client = &member.client;
    needs_factor(further(&server, by_passphrase(PASSPHRASE), "Telefoon"));
    let digits = factor.digits(&mut server);
    let (_kept, phone) =
        further_with(&server, by_passphrase(PASSPHRASE), "Telefoon", Some(&digits)).expect("logs in");
    assert_eq!(phone.devices().expect("devices").len(), 2);
    let paper = member.profile.stick().join("codes.txt");
    client.save_one_time_codes(&paper).expect("saves");
    let sheet = std::fs::read_to_string(&paper).expect("a sheet");
    assert!(factor.codes.iter().all(|code| sheet.contains(code.as_str())));
    // Another one, with the one before.
    let next = client.begin_factor().expect("begins");
    let secret = data_encoding::BASE32_NOPAD
        .decode(next.secret.concat().as_bytes())
        .expect("a secret");
    let next = Factor {
        secret,
        codes: Vec::new(),
    };
    let (old, new) = (factor.digits(&mut server), next.digits_at(server.now()));
    needs_factor(client.set_factor(&new, &passphrase(PASSPHRASE), None));
    client
        .set_factor(&new, &passphrase(PASSPHRASE), Some(&old))
        .expect("sets");
    let refused = client
        .take_factor_away(&passphrase(PASSPHRASE), &factor.codes[1])
        .err();
    assert_eq!(
        refused,
        Some(AccountError::LoginFailed.into()),
        "codes go with their factor"
    );
    let digits = next.digits(&mut server);
    client
        .take_factor_away(&passphrase(PASSPHRASE), &digits)
        .expect("goes");
    assert!(!told(&phone).factor_on);
    mail(&mut server, LIFTED);
}

#[test]
fn recovery_p_c_f_and_c_f_a_new_device_comes_in_by_passphrase_or_code_with_the_factor() {
    let (mut server, member, factor) = begun();
    let digits = factor.digits(&mut server);
    let (_kept, phone) =
        further_with(&server, by_passphrase(PASSPHRASE), "Telefoon", Some(&digits)).expect("logs in");
    needs_factor(further(&server, by_code(&member), "Tablet"));
    let digits = factor.digits(&mut server);
    let (_kept, tablet) = further_with(&server, by_code(&member), "Tablet", Some(&digits)).expect("logs in");
    assert_eq!(tablet.devices().expect("devices").len(), 3);
    assert!(told(&phone).needs_new_passphrase, "a new one was set by the code");
}

#[test]
fn recovery_p_d_f_and_p_f_a_new_code_takes_the_place_of_one_that_is_lost() {
    let (mut server, mut member, factor) = begun();
    let digits = factor.digits(&mut server);
    let (_kept, phone) =
        further_with(&server, by_passphrase(PASSPHRASE), "Telefoon", Some(&digits)).expect("logs in");
    for client in [&member.client, &phone] {
        needs_factor(
            client
                .new_recovery_code_with_factor(&passphrase(PASSPHRASE), None)
                .map(|_| ()),
        );
        let digits = factor.digits(&mut server);
        let made = client.new_recovery_code_with_factor(&passphrase(PASSPHRASE), Some(&digits));
        member.code = made.expect("a code").code.groups.join("-");
    }
    let digits = factor.digits(&mut server);
    assert!(further_with(&server, by_code(&member), "Tablet", Some(&digits)).is_ok());
}

#[test]
fn recovery_p_d_c_and_p_d_a_device_with_the_passphrase_lifts_the_factor_and_sets_another() {
    let (mut server, member, _lost) = begun();
    let client = &member.client;
    let wrong = client.lift_factor(&lift(Some(NEW), None)).err();
    assert_eq!(wrong, Some(ClientError::WrongPassphrase { wait_seconds: 0 }));
    let view = client.lift_factor(&lift(Some(PASSPHRASE), None)).expect("lifts");
    assert!(!view.joined.expect("an account").factor_on && !told(client).factor_on);
    mail(&mut server, LIFTED);
    let made = client
        .new_recovery_code_with_factor(&passphrase(PASSPHRASE), None)
        .expect("a code");
    assert_eq!(made.code.groups.len(), 9);
    server.go_ahead(STEP);
    Factor::set(&mut server, client, PASSPHRASE);
    needs_factor(further(&server, by_passphrase(PASSPHRASE), "Telefoon"));
}

#[test]
fn recovery_d_c_f_and_d_c_the_code_opens_the_vault_and_sets_passphrase_and_factor_anew() {
    let (mut server, member, factor) = begun();
    let client = &member.client;
    for lost in [false, true] {
        client.lock().expect("locks");
        assert_eq!(
            client.unlock_with_recovery_code(&member.code, &passphrase(NEW)),
            Ok(Stage::Open)
        );
        assert!(joined(client).needs_recovery_code);
        needs_factor(client.finish_recovery(&member.code, &passphrase(NEW), None));
        let digits = if lost {
            client
                .lift_factor(&lift(None, Some(&member.code)))
                .expect("lifts");
            mail(&mut server, LIFTED);
            None
        } else {
            Some(factor.digits(&mut server))
        };
        let view = client.finish_recovery(&member.code, &passphrase(NEW), digits.as_deref());
        let view = view.expect("tells").joined.expect("an account");
        assert!(!view.needs_recovery_code && view.factor_on != lost);
    }
    Factor::set(&mut server, client, NEW);
}

#[test]
fn recovery_p_c_both_together_lift_the_factor_at_once_and_the_address_is_told() {
    let (mut server, member, _lost) = begun();
    let wrong = lift_elsewhere(&server, &lift(Some(NEW), Some(&member.code))).err();
    assert_eq!(wrong, Some(AccountError::LoginFailed.into()));
    let done = lift_elsewhere(&server, &lift(Some(PASSPHRASE), Some(&member.code)));
    assert_eq!(done, Ok(None));
    mail(&mut server, LIFTED);
    assert!(further(&server, by_passphrase(PASSPHRASE), "Telefoon").is_ok());
    assert!(!told(&member.client).factor_on);
}

#[test]
fn recovery_p_a_one_time_code_comes_in_once_and_without_one_fourteen_days_do() {
    let (mut server, member, factor) = begun();
    let code = factor.codes[0].to_lowercase().replace('-', " ");
    let (_kept, phone) =
        further_with(&server, by_passphrase(PASSPHRASE), "Telefoon", Some(&code)).expect("logs in");
    assert_eq!(told(&phone).factor_codes_left, Some(9));
    let twice = further_with(&server, by_passphrase(PASSPHRASE), "Tablet", Some(&code)).err();
    assert_eq!(twice, Some(AccountError::LoginFailed.into()));
    wait_out(&mut server, &member.client, &lift(Some(PASSPHRASE), None));
    assert!(further(&server, by_passphrase(PASSPHRASE), "Tablet").is_ok());
}

#[test]
fn recovery_c_the_code_alone_waits_fourteen_days_and_then_comes_in() {
    let (mut server, member, _lost) = begun();
    wait_out(&mut server, &member.client, &lift(None, Some(&member.code)));
    assert!(further(&server, by_code(&member), "Tablet").is_ok());
}

/// Begins the notice of lifting, and lets it pass.
fn wait_out(server: &mut Running, device: &Client, by: &FactorLift) {
    let due = lift_elsewhere(server, by).expect("begins").expect("a day");
    mail(server, BEGUN);
    assert_eq!(
        told(device).factor_lifted_at.as_deref(),
        Some(due.as_str()),
        "every device is told"
    );
    server.go_ahead(13 * DAY);
    let again = lift_elsewhere(server, by).expect("begins");
    assert_eq!(again, Some(due), "asking again moves nothing");
    thread::sleep(Duration::from_secs(4));
    assert!(told(device).factor_on, "not a day early");
    server.go_ahead(DAY);
    until("the factor is not lifted", || !told(device).factor_on);
    mail(server, LIFTED);
    assert_eq!(joined(device).factor_lifted_at, None);
}

#[test]
fn recovery_p_or_c_of_somebody_else_ends_at_a_word_of_any_device() {
    let (mut server, member, _kept) = begun();
    let client = &member.client;
    let nothing = client.object(NoticeKind::FactorLift).err();
    assert_eq!(nothing, Some(AccountError::Changed.into()));
    lift_elsewhere(&server, &lift(Some(PASSPHRASE), None)).expect("begins");
    assert!(told(client).factor_lifted_at.is_some());
    let view = client
        .object(NoticeKind::FactorLift)
        .expect("objects")
        .joined
        .expect("an account");
    assert_eq!(view.factor_lifted_at, None);
    mail(&mut server, "Je tweede stap blijft aan");
    server.go_ahead(15 * DAY);
    thread::sleep(Duration::from_secs(4));
    assert!(told(client).factor_on);
    let log: Vec<_> = client
        .account_log(0)
        .expect("a log")
        .into_iter()
        .map(|row| row.what)
        .collect();
    for what in ["factor.set", "factor.lift-begun", "factor.lift-stopped"] {
        assert_eq!(
            log.iter().filter(|one| *one == what).count(),
            1,
            "{what} in {log:?}"
        );
    }
}

#[test]
fn recovery_d_f_and_d_what_is_on_the_device_is_left_and_no_new_passphrase_can_be_set() {
    let (server, member, factor) = begun();
    let client = &member.client;
    let hits = client.diary_search("ijsvogel", 5).expect("a search").hits;
    assert!(hits.len() == 1 && WRITTEN.contains("ijsvogel"));
    for digits in [None, Some(factor.codes[0].as_str())] {
        let refused = client
            .change_passphrase_with_factor(&passphrase(NEW), &passphrase(NEW), digits)
            .err();
        assert!(
            matches!(
                refused,
                Some(ClientError::WrongPassphrase { .. } | ClientError::TooSoon { .. })
            ),
            "{refused:?}"
        );
    }
    let refused = client.lift_factor(&lift(None, None)).err();
    assert_eq!(
        refused,
        Some(AccountError::Refused.into()),
        "a device alone lifts nothing"
    );
    assert!(told(client).factor_on);
    drop(server);
}

#[test]
fn recovery_f_and_nothing_the_account_goes_by_its_address_after_fourteen_days_and_stays_at_a_word() {
    let (mut server, member, _of_no_use) = begun();
    let client = &member.client;
    let (_profile, elsewhere) = stranger(&server);
    for address in ["niemand@thuis.example", EMAIL] {
        elsewhere
            .mail_deletion_code(address)
            .expect("the same for everybody");
    }
    let subject = "Je code om je account te verwijderen";
    let code = server
        .mail_to(EMAIL, |mail| mail.subject == subject)
        .code()
        .expect("a code");
    assert!(server.mails_to("niemand@thuis.example").is_empty());
    for (email, code) in [(EMAIL, "ABCD-EFGH"), ("niemand@thuis.example", code.as_str())] {
        let wrong = elsewhere.begin_deletion(email, code).err();
        assert_eq!(wrong, Some(AccountError::MailCodeWrong.into()));
    }
    let due = elsewhere.begin_deletion(EMAIL, &code).expect("begins");
    let used = elsewhere.begin_deletion(EMAIL, &code).err();
    assert_eq!(used, Some(AccountError::MailCodeWrong.into()));
    mail(&mut server, "Over 14 dagen wordt je account verwijderd");
    assert_eq!(told(client).deleted_at, Some(due));
    // A device is left after all: it objects.
    client.object(NoticeKind::Deletion).expect("objects");
    mail(&mut server, "Je account blijft");
    server.go_ahead(15 * DAY);
    thread::sleep(Duration::from_secs(4));
    assert_eq!(told(client).deleted_at, None);

    elsewhere.mail_deletion_code(EMAIL).expect("asks");
    let mut next = None;
    until("no second code comes", || {
        let codes = server
            .mails_to(EMAIL)
            .into_iter()
            .filter(|mail| mail.subject == subject);
        next = codes.filter_map(|mail| mail.code()).find(|one| *one != code);
        next.is_some()
    });
    elsewhere
        .begin_deletion(EMAIL, &next.expect("a code"))
        .expect("begins");
    server.go_ahead(14 * DAY);
    until("the account is not deleted", || client.contact().is_err());
    mail(&mut server, "Je account is verwijderd");
    assert!(
        joined(client).signed_out && client.is_open(),
        "no server's word wipes a device"
    );
    let gone = further(&server, by_passphrase(PASSPHRASE), "Tablet").err();
    assert_eq!(gone, Some(AccountError::LoginFailed.into()));
}
