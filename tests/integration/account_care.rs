//! What a person looks after in an account: names of devices, how they are reached, the copy on the server, who gets data.

use regie_client::{
    AccountError, BlockChange, BlockView, Client, ClientError, HandedLink, LogInBy, RequestContent,
    RequestPurpose, SignOut, StepView,
};
use regie_protocol::made_up;
use regie_tests::server::{Mail, Running};
use regie_tests::{PASSPHRASE, Profile, bytes, draft, passphrase};
use regie_vault::VaultError;

use crate::account::{EMAIL, NEW, by_passphrase, further, join, join_as, joined, server, start, told};

fn id_of(client: &Client, name: &str) -> String {
    let devices = client.devices().expect("devices");
    let found = devices.into_iter().find(|device| device.name == name);
    found.expect("it is there").id
}

fn names(client: &Client) -> Vec<String> {
    let devices = client.devices().expect("devices");
    let mut names: Vec<_> = devices.into_iter().map(|device| device.name).collect();
    names.sort_unstable();
    names
}

fn logged(client: &Client) -> Vec<String> {
    let log = client.account_log(0).expect("a log");
    log.into_iter().map(|row| row.what).collect()
}

#[test]
fn a_device_is_renamed_from_any_device_of_the_account_and_the_server_reads_no_name() {
    let mut server = server();
    let first = join(&mut server);
    let (_profile, second) = further(&server, by_passphrase(PASSPHRASE), "Telefoon").expect("logs in");
    let phone = id_of(&first.client, "Telefoon");
    let devices = first
        .client
        .rename_device(&phone, "  Telefoon van de zaak\n")
        .expect("renames");
    assert!(devices.iter().all(|device| device.checked));
    let laptop = id_of(&second, "Laptop");
    second.rename_device(&laptop, "Keukentafel").expect("renames");
    for client in [&first.client, &second] {
        assert_eq!(names(client), ["Keukentafel", "Telefoon van de zaak"]);
    }
    let renamed = logged(&first.client)
        .iter()
        .filter(|what| *what == "device.renamed")
        .count();
    assert_eq!(renamed, 2);
    let requests = first.client.requests().expect("a list");
    assert!(
        requests
            .iter()
            .any(|request| request.content == RequestContent::Sealed)
    );
    for name in ["", "   ", &"a".repeat(65)] {
        assert_eq!(
            second.rename_device(&laptop, name).err(),
            Some(ClientError::BadName)
        );
    }
    let unknown = second.rename_device(&"0".repeat(32), "Niemand").err();
    assert_eq!(unknown, Some(ClientError::Vault(VaultError::NotFound)));

    // A name that was given under an earlier key is read under the next one too, and can be given anew.
    let (_lost, _) = further(&server, by_passphrase(PASSPHRASE), "Kwijt").expect("logs in");
    let lost = id_of(&first.client, "Kwijt");
    first
        .client
        .sign_out(&SignOut::One(lost.clone()), true)
        .expect("signs out");
    assert_eq!(told(&second).epoch, 2);
    assert_eq!(names(&second), ["Keukentafel", "Kwijt", "Telefoon van de zaak"]);
    second.rename_device(&phone, "Toestel").expect("renames");
    assert_eq!(names(&first.client), ["Keukentafel", "Kwijt", "Toestel"]);
    let gone = first.client.rename_device(&lost, "Terug").err();
    assert_eq!(gone, Some(ClientError::Vault(VaultError::NotFound)));

    server.stop();
    let offline = second.rename_device(&laptop, "Zonder net").err();
    assert_eq!(offline, Some(AccountError::Offline.into()));
    let files = bytes::files(&server.data());
    for name in ["Keukentafel", "Telefoon van de zaak", "Toestel"] {
        for form in bytes::forms(name) {
            assert!(
                !files.values().any(|content| bytes::contains(content, &form)),
                "{name}"
            );
        }
    }
}

/// The code of a mail that was not there before.
fn code_to(server: &Running, email: &str, before: &[Mail]) -> String {
    let mail = server.mail_to(email, |mail| mail.code().is_some() && !before.contains(mail));
    mail.code().expect("a code")
}

#[test]
fn v20_name_number_and_address_are_put_right_in_the_app_and_the_address_before_is_told() {
    const NEXT: &str = "noor@nieuw.example";
    let mut server = server();
    let first = join(&mut server);
    let (_second_profile, second) = further(&server, by_passphrase(PASSPHRASE), "Telefoon").expect("logs in");
    let client = &first.client;
    let view = client
        .set_contact(" Nora ", Some(" +31 20 123 45 67 "))
        .expect("sets");
    let view = view.joined.expect("an account");
    assert_eq!(
        (view.name.as_str(), view.phone.as_deref()),
        ("Nora", Some("+31 20 123 45 67"))
    );
    assert_eq!(told(&second).phone.as_deref(), Some("+31 20 123 45 67"));
    client.set_contact("Nora", Some("  ")).expect("sets");
    let view = told(&second);
    assert_eq!((view.name.as_str(), view.phone), ("Nora", None));
    assert_eq!(client.set_contact(" ", None).err(), Some(ClientError::BadName));

    let proof = passphrase(PASSPHRASE);
    assert_eq!(
        client.confirm_new_address("ABCD-EFGH").err(),
        Some(ClientError::NotNow)
    );
    let wrong = client.begin_new_address(NEXT, &passphrase(NEW), None).err();
    assert_eq!(wrong, Some(ClientError::WrongPassphrase { wait_seconds: 0 }));
    let refused = client.begin_new_address("noor", &proof, None).err();
    assert_eq!(refused, Some(AccountError::AddressRefused.into()));
    let view = client
        .begin_new_address(&format!(" {NEXT} "), &proof, None)
        .expect("begins");
    let view = view.joined.expect("an account");
    assert_eq!(
        (view.email.as_str(), view.address_begun.as_deref()),
        (EMAIL, Some(NEXT))
    );
    assert_eq!(told(client).email, EMAIL, "nothing changes without the code");
    let code = code_to(&server, NEXT, &[]);
    let guess = client.confirm_new_address("0000-0000").err();
    assert_eq!(guess, Some(AccountError::MailCodeWrong.into()));
    let view = client
        .confirm_new_address(&code)
        .expect("changes")
        .joined
        .expect("an account");
    assert_eq!(
        (view.email.as_str(), view.address_begun, view.address_before),
        (NEXT, None, None)
    );
    server.go_ahead(31);
    let _ = server.mail_to(EMAIL, |mail| {
        mail.subject == "Je account heeft een ander e-mailadres" && mail.code().is_none()
    });
    for what in ["contact.changed", "address.changed"] {
        assert!(logged(client).iter().any(|row| row == what), "{what}");
    }

    // Each other device is told, and goes on saying so until it was read, also after a lock.
    assert_eq!(told(&second).address_before.as_deref(), Some(EMAIL));
    second.lock().expect("locks");
    second.unlock(&proof).expect("opens");
    let view = joined(&second);
    assert_eq!(
        (view.email.as_str(), view.address_before.as_deref()),
        (NEXT, Some(EMAIL))
    );
    let read = second
        .address_change_read()
        .expect("reads")
        .joined
        .expect("an account");
    assert!(read.address_before.is_none() && told(&second).address_before.is_none());

    assert_eq!(
        further(&server, by_passphrase(PASSPHRASE), "Tablet").err(),
        Some(AccountError::LoginFailed.into()),
        "nobody logs in with the address before"
    );
    // A device that was out when it changed comes back by the new one.
    let id = id_of(client, "Telefoon");
    client.sign_out(&SignOut::One(id), false).expect("signs out");
    let mails = server.mails_to(EMAIL);
    client.begin_new_address(EMAIL, &proof, None).expect("begins");
    let code = code_to(&server, EMAIL, &mails);
    client.confirm_new_address(&code).expect("changes");
    assert_eq!(second.contact().err(), Some(AccountError::SignedOut.into()));
    let old = second.catch_up(&proof, None, None).err();
    assert_eq!(old, Some(AccountError::LoginFailed.into()));
    let view = second
        .catch_up_by_address(EMAIL, &proof, None, None)
        .expect("comes back");
    let view = view.joined.expect("an account");
    assert_eq!((view.email.as_str(), view.signed_out), (EMAIL, false));

    server.stop();
    assert_eq!(
        client.set_contact("Noor", None).err(),
        Some(AccountError::Offline.into())
    );
    assert_eq!(joined(client).name, "Nora");
}

#[test]
fn an_address_that_somebody_has_is_told_to_them_and_to_nobody_else() {
    const TAKEN: &str = "wim@thuis.example";
    let mut server = server();
    let member = join(&mut server);
    let client = &member.client;
    let invitation = server.code();
    let other = join_as(&server, &invitation, TAKEN);
    let view = client
        .begin_new_address(TAKEN, &passphrase(PASSPHRASE), None)
        .expect("begins");
    assert_eq!(
        view.joined.expect("an account").address_begun.as_deref(),
        Some(TAKEN)
    );
    let mail = server.mail_to(TAKEN, |mail| {
        mail.subject == "Iemand wilde je e-mailadres gebruiken"
    });
    assert_eq!(mail.code(), None, "nobody is told a code for it");
    let guess = client.confirm_new_address("7H3K-Q2XM").err();
    assert_eq!(guess, Some(AccountError::MailCodeWrong.into()));
    client.give_up_new_address();
    let view = told(client);
    assert_eq!((view.email.as_str(), view.address_begun), (EMAIL, None));
    assert_eq!(told(&other.client).email, TAKEN);
}

#[test]
fn after_the_copy_was_ended_a_device_can_be_added_once_one_is_wanted_again() {
    let mut server = server();
    let first = join(&mut server);
    let (_second_profile, second) = further(&server, by_passphrase(PASSPHRASE), "Telefoon").expect("logs in");
    assert!(!told(&first.client).keys_gone);
    first.client.want_copy(false).expect("ends");
    for client in [&first.client, &second] {
        let view = told(client);
        assert!(view.keys_gone, "what a further device needs went with it");
    }
    for by in [
        by_passphrase(PASSPHRASE),
        LogInBy::Code {
            code: first.code.clone(),
            new: passphrase(NEW),
        },
    ] {
        let refused = further(&server, by, "Tablet").err();
        assert_eq!(refused, Some(AccountError::NoCopy.into()));
    }
    // Without a network the wish is entered, and goes out by itself.
    server.stop();
    let view = second.want_copy(true).expect("wants").joined.expect("an account");
    assert!(view.change_waits && view.copy_since.is_some() && view.keys_gone);
    server.start_again();
    let view = told(&second);
    assert!(!view.change_waits && !view.keys_gone && view.epoch == 2);
    assert!(!told(&first.client).keys_gone && joined(&first.client).epoch == 2);
    let story = second.consent_story().expect("a story");
    let newest = story.iter().find(|choice| choice.purpose == "copy_on_server");
    assert_eq!(
        newest.map(|choice| choice.step),
        Some(StepView::Given),
        "with the text that was read"
    );
    let (_tablet, tablet) = further(&server, by_passphrase(PASSPHRASE), "Tablet").expect("logs in");
    assert_eq!(names(&tablet), ["Laptop", "Tablet", "Telefoon"]);
    let by = LogInBy::Code {
        code: first.code.clone(),
        new: passphrase(NEW),
    };
    assert!(further(&server, by, "Werk").is_ok());
}

/// To which ways the account key lies sealed at a server that its operator opened.
fn wraps(server: &Running) -> Vec<String> {
    let database = rusqlite::Connection::open(server.data().join("regie.db")).expect("a database");
    let mut find = database
        .prepare("SELECT way FROM wrap ORDER BY way")
        .expect("a statement");
    let ways = find.query_map([], |row| row.get(0)).expect("ways");
    ways.map(|way| way.expect("a way")).collect()
}

#[test]
fn after_the_copy_was_ended_a_lost_device_reads_nothing_new_and_no_wrap_stays_on_the_server() {
    let mut server = server();
    let first = join(&mut server);
    let (kept_profile, kept) = further(&server, by_passphrase(PASSPHRASE), "Tablet").expect("logs in");
    let (_lost_profile, lost) = further(&server, by_passphrase(PASSPHRASE), "Telefoon").expect("logs in");
    first.client.want_copy(false).expect("ends");
    assert!(wraps(&server).is_empty());
    told(&kept);
    let phone = id_of(&first.client, "Telefoon");
    first
        .client
        .sign_out(&SignOut::One(phone), true)
        .expect("signs out");
    assert!(wraps(&server).iter().all(|way| way.starts_with("device/")));
    assert_eq!(lost.contact().err(), Some(AccountError::SignedOut.into()));
    // Who stays finds the new key once, and nothing of it is left.
    for client in [&kept, &first.client] {
        told(client);
        let view = told(client);
        assert_eq!((view.epoch, view.keys_gone), (2, true));
    }
    assert!(wraps(&server).is_empty());
    assert_eq!(names(&kept), ["Laptop", "Tablet", "Telefoon"]);
    let refused = further(&server, by_passphrase(PASSPHRASE), "Dief").err();
    assert_eq!(refused, Some(AccountError::NoCopy.into()));

    // "Somebody knew it" too: the other device has its key before it asks for the new passphrase.
    let (old, new) = (passphrase(PASSPHRASE), passphrase(NEW));
    first.client.replace_all_keys(&old, &new).expect("replaces");
    assert!(told(&kept).needs_new_passphrase);
    kept.catch_up(&old, Some(&new), None).expect("catches up");
    for client in [&first.client, &kept] {
        told(client);
        assert_eq!(told(client).epoch, 3);
    }
    assert!(wraps(&server).is_empty());
    drop(kept);

    let kept = start(&server, &kept_profile);
    kept.unlock(&new).expect("opens");
    let view = kept.want_copy(true).expect("wants").joined.expect("an account");
    assert!(view.epoch == 4 && !view.keys_gone);
    assert_eq!(
        wraps(&server).len(),
        4,
        "two devices, the passphrase and the code"
    );
    assert_eq!(told(&first.client).epoch, 4);
    assert!(further(&server, by_passphrase(NEW), "Werk").is_ok());
}

#[test]
fn v11_who_gets_data_is_asked_when_it_is_wanted_and_read_without_a_network() {
    let mut server = server();
    let member = join(&mut server);
    let client = &member.client;
    assert_eq!(client.recipients(), Ok(None), "nobody is asked unasked");
    let said = client.ask_recipients().expect("an answer");
    assert!(!said.outside && said.recipients.is_empty());
    let requests = client.requests().expect("a list");
    assert!(
        requests
            .iter()
            .any(|request| request.purpose == RequestPurpose::Recipients)
    );
    server.stop();
    assert_eq!(client.ask_recipients().err(), Some(AccountError::Offline.into()));
    client.lock().expect("locks");
    client.unlock(&passphrase(PASSPHRASE)).expect("opens");
    assert_eq!(client.recipients(), Ok(Some(said)));
    assert_eq!(joined(client).terms_version, Some(1));
    let agreed = client.terms_in(1).expect("is known");
    assert!(agreed.markdown.contains("18") && client.terms_in(99).is_none());
}

#[test]
fn l1_a_later_version_of_the_terms_is_told_and_asked_and_the_earlier_one_holds_until_a_yes() {
    let mut server = server();
    let first = join(&mut server);
    let (phone, second) = further(&server, by_passphrase(PASSPHRASE), "Telefoon").expect("logs in");
    let view = told(&first.client);
    assert_eq!((view.terms_version, view.terms_asked), (Some(1), None));
    assert_eq!(first.client.terms_changes(), Ok(None));
    assert_eq!(first.client.agree_to_terms(1).err(), Some(ClientError::NotNow));

    server.publish_terms(made_up::next().terms);
    // A program that does not have the text tells, and takes no yes for what nobody could read.
    let view = told(&first.client);
    assert_eq!((view.terms_version, view.terms_asked), (Some(1), Some(2)));
    assert_eq!(first.client.terms_changes(), Ok(None));
    assert_eq!(first.client.agree_to_terms(2).err(), Some(ClientError::NotNow));
    // Nothing else changes without a yes: the vault, the account and the copy go on.
    first
        .client
        .diary_save(draft("Het schrijven gaat door"))
        .expect("saves");
    first.client.devices().expect("devices");
    assert!(told(&first.client).copy_since.is_some());

    drop(second);
    let second = phone.start_next().with_roots(&[server.root]);
    second.unlock(&passphrase(PASSPHRASE)).expect("opens");
    assert_eq!(told(&second).terms_asked, Some(2));
    let changes = second.terms_changes().expect("reads").expect("is asked");
    assert_eq!((changes.from, changes.to), (1, 2));
    assert!(changes.changes[0].contains("60"), "{:?}", changes.changes);
    let changed = |block: &&BlockView| block.change == BlockChange::Changed;
    assert!(changes.blocks.iter().filter(changed).count() >= 2);
    server.stop();
    assert_eq!(second.agree_to_terms(2).err(), Some(AccountError::Offline.into()));
    let view = joined(&second);
    assert_eq!((view.terms_version, view.terms_asked), (Some(1), Some(2)));

    server.start_again();
    server.publish_terms(made_up::next().terms);
    server.go_ahead(60);
    let view = second
        .agree_to_terms(2)
        .expect("agrees")
        .joined
        .expect("an account");
    assert_eq!((view.terms_version, view.terms_asked), (Some(2), None));
    let agreed = logged(&second)
        .iter()
        .filter(|what| *what == "terms.accepted")
        .count();
    assert_eq!(agreed, 1);
    // The other device hears of it, with the moment that the server noted.
    let view = told(&first.client);
    assert_eq!((view.terms_version, view.terms_asked), (Some(2), None));
    assert_eq!(view.terms_agreed_at, told(&second).terms_agreed_at);
    let asked = second.requests().expect("a list");
    assert!(
        asked
            .iter()
            .any(|request| request.purpose == RequestPurpose::Terms)
    );
    // Whoever comes with a newer program agrees to no version that the server does not have.
    assert_eq!(second.agree_to_terms(3).err(), Some(ClientError::NotNow));
}

#[test]
fn a_link_that_is_handed_over_waits_for_the_vault_fills_in_and_changes_nothing_by_itself() {
    let mut server = server();
    let code = server.code();
    let address = server.address.replace(':', "%3A").replace('/', "%2F");
    let link = format!("regie://join?server={address}&code={code}");
    let profile = Profile::default();
    let client = start(&server, &profile);
    client.hand_link(&link);
    assert_eq!(
        client.take_link(),
        Ok(None),
        "before there is a vault nobody is asked"
    );
    regie_tests::begin(&client, &[]);
    let Ok(Some(HandedLink::Invitation { link: filled })) = client.take_link() else {
        panic!("an invitation");
    };
    assert_eq!(client.take_link(), Ok(None), "once");
    assert!(
        client.requests().expect("a list").is_empty(),
        "nobody was asked anything"
    );
    let looked = client.look_at_server(&filled, None).expect("a server");
    assert!(looked.has_code && looked.address == server.address);

    client.lock().expect("locks");
    client.hand_link("regie://join?server=https%3A%2F%2Fevil.example&code=x");
    client.hand_link(&link);
    assert_eq!(client.take_link(), Ok(None), "a locked vault is asked nothing");
    client.unlock(&passphrase(PASSPHRASE)).expect("opens");
    let taken = client.take_link();
    assert_eq!(
        taken,
        Ok(Some(HandedLink::Invitation { link: filled })),
        "the last one counts"
    );

    let hostile = [
        "regie://pair?server=https%3A%2F%2Fregie.example",
        "regie://join?server=http%3A%2F%2Fregie.example",
        "regie://join?server=https%3A%2F%2Fa.example&server=https%3A%2F%2Fb.example",
        "regie:--profile=/tmp",
        "javascript:alert(1)",
        "\u{feff}\0\u{202e}",
        "",
    ];
    for text in hostile {
        client.hand_link(text);
        assert_eq!(client.take_link(), Ok(Some(HandedLink::Refused)), "{text:?}");
    }

    let member = join(&mut server);
    let before = told(&member.client);
    member.client.hand_link(&link);
    assert_eq!(member.client.take_link(), Ok(Some(HandedLink::Joined)));
    assert_eq!(told(&member.client), before, "a joined vault stays where it is");
}

#[test]
fn an_invitation_is_read_back_from_the_picture_that_the_operator_made() {
    let server = server();
    let sheet = std::fs::read_dir(server.folder.path())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path().join("for-the-organisation"))
        .find(|folder| folder.exists())
        .expect("a sheet");
    let codes = std::fs::read_to_string(sheet.join("codes.csv")).expect("codes");
    let row = codes.lines().nth(1).expect("a row");
    let mut parts = row.split(',');
    let (number, link) = (parts.next().expect("a number"), parts.nth(1).expect("a link"));
    let drawing = std::fs::read_to_string(sheet.join(format!("qr/{number}.svg"))).expect("a drawing");

    let tree = resvg::usvg::Tree::from_str(&drawing, &resvg::usvg::Options::default()).expect("a drawing");
    let size = tree.size().to_int_size();
    let mut picture = resvg::tiny_skia::Pixmap::new(size.width(), size.height()).expect("a picture");
    picture.fill(resvg::tiny_skia::Color::WHITE);
    resvg::render(
        &tree,
        resvg::tiny_skia::Transform::identity(),
        &mut picture.as_mut(),
    );
    let profile = Profile::default();
    let path = profile.stick().join("uitnodiging.png");
    picture.save_png(&path).expect("saves");

    let client = start(&server, &profile);
    regie_tests::begin(&client, &[]);
    let read = client.invitation_in_picture(&path).expect("an invitation");
    assert_eq!(read, link);
    let looked = client.look_at_server(&read, None).expect("a server");
    assert!(looked.has_code && looked.address == server.address);
    let none = client.invitation_in_picture(&sheet.join("codes.csv")).err();
    assert_eq!(none, Some(AccountError::NotAPicture.into()));
}
