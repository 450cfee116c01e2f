//! What an operator and an employer can get out of a server joins no invitation and no organisation with an account: at no time of a
//! life with comings and goings. Each copy is looked at by itself; who watches the machine while somebody joins sees that, on any server.

use std::collections::BTreeSet;

use regie_client::LeaveKind;
use regie_tests::bytes::Sought;

use super::*;

/// Shorter than this, a value is a word such as a state.
const SHORTEST: usize = 12;

/// What belongs to accounts, and what to organisations and their invitations.
#[derive(Default)]
struct Sides {
    accounts: BTreeSet<Vec<u8>>,
    organisations: BTreeSet<Vec<u8>>,
}

const BUSINESS: &[&str] = &["organisation", "seat", "invitation"];
const LOOKED_UP: &[&str] = &["address_lookup", "login_begun", "rate"];

fn sides(alone: &Alone, codes: &[String]) -> Sides {
    let mut sides = Sides::default();
    for row in alone.rows() {
        let is_business = BUSINESS.contains(&row.table.as_str());
        let is_accounts = row.value("account_id").is_some() || LOOKED_UP.contains(&row.table.as_str());
        assert!(!(is_business && is_accounts), "{} has both", row.table);
        let side = match (is_business, is_accounts) {
            (true, _) => &mut sides.organisations,
            (_, true) => &mut sides.accounts,
            _ => continue,
        };
        // By what name a thing was done is nobody's.
        let named = row.values.into_iter().filter(|(column, _)| column != "action");
        let values = named.map(|(_, value)| value);
        side.extend(values.filter(|value| value.len() >= SHORTEST));
    }
    for who in [&NOOR, &BRAM] {
        sides
            .accounts
            .extend([who.email, who.name, who.device].map(|text| text.as_bytes().to_vec()));
    }
    for code in codes {
        sides.organisations.insert(code.clone().into_bytes());
        sides.organisations.insert(code.replace('-', "").into_bytes());
    }
    sides
}

/// Every single thing that can be held in a hand: a row, a line, a mail.
fn things(alone: &Alone) -> Vec<(String, Vec<u8>)> {
    let mut things = Vec::new();
    for row in alone.rows() {
        let whole: Vec<u8> = row
            .values
            .iter()
            .flat_map(|(_, value)| [value.as_slice(), b"\n"].concat())
            .collect();
        things.push((row.table, whole));
    }
    let log = fs::read_to_string(alone.log()).expect("a log");
    let texts = [
        ("the log", log),
        ("what commands show", alone.told()),
        ("the metrics", alone.metrics()),
    ];
    for (place, text) in texts {
        things.extend(
            text.lines()
                .map(|line| (place.to_owned(), line.as_bytes().to_vec())),
        );
    }
    let ledger = fs::read_to_string(alone.running.data().join("ledger")).expect("a ledger");
    things.extend(
        ledger
            .lines()
            .map(|line| ("the ledger".to_owned(), line.as_bytes().to_vec())),
    );
    let mut files = bytes::files(&alone.running.data());
    files.retain(|path, _| path.starts_with(alone.running.mails_folder()));
    for (path, content) in files {
        things.push((path.display().to_string(), content));
    }
    things
}

fn sought(side: &BTreeSet<Vec<u8>>) -> Sought {
    let forms: Vec<_> = side.iter().flat_map(|value| bytes::forms_of(value)).collect();
    Sought::of(&forms)
}

/// No value stands on both sides, and nothing holds values of both.
fn nothing_links(alone: &Alone, codes: &[String], when: &str) {
    let sides = sides(alone, codes);
    assert!(sides.organisations.len() > 10, "{when}: the register was read");
    let shared: Vec<_> = sides.accounts.intersection(&sides.organisations).collect();
    assert!(shared.is_empty(), "{when}: {shared:?}");
    let (accounts, organisations) = (sought(&sides.accounts), sought(&sides.organisations));
    let (mut of_accounts, mut of_organisations) = (0, 0);
    for (place, thing) in things(alone) {
        let (ours, theirs) = (accounts.is_in(&thing), organisations.is_in(&thing));
        assert!(
            !(ours && theirs),
            "{when}: both in {place}: {}",
            String::from_utf8_lossy(&thing)
        );
        assert!(
            !(ours && place.starts_with("the log")),
            "{when}: somebody in the log"
        );
        assert!(
            !(ours && place.starts_with("what commands")),
            "{when}: somebody is shown"
        );
        of_accounts += usize::from(ours);
        of_organisations += usize::from(theirs);
    }
    assert!(of_organisations > 4, "{when}: the search finds what is there");
    assert!(
        when == "before anybody came" || of_accounts > 10,
        "{when}: {of_accounts}"
    );
}

/// What whoever pays can be told, whatever they ask.
fn answers(alone: &Alone, organisation: uuid::Uuid) -> String {
    let mut told = alone.running.admin("seats") + &alone.running.admin("organisation list");
    told.push_str(
        &alone
            .running
            .admin(&format!("invitation end 4 --organisation {organisation}")),
    );
    told
}

fn nobody_is_linked_on(engine: Engine) {
    let mut alone = Alone::begin(engine, 4);
    let bakery = alone.running.organisation;
    // A second organisation, so that belonging to one would say something.
    alone.running.organisation = uuid::Uuid::nil();
    let more = alone.running.invite(4);
    let codes = [alone.running.codes.clone(), more.clone()].concat();
    let told = answers(&alone, bakery);
    nothing_links(&alone, &codes, "before anybody came");

    let (noor, bram, again) = (Profile::default(), Profile::default(), Profile::default());
    let (client, _) = join(&alone.running, &noor, &alone.running.codes[0], &NOOR);
    let (staying, _) = join(&alone.running, &bram, &more[0], &BRAM);
    for client in [&client, &staying] {
        client.contact().expect("an answer");
    }
    nothing_links(&alone, &codes, "after joining");
    assert_eq!(answers(&alone, bakery), told);

    client
        .leave(LeaveKind::Everything, &passphrase(PASSPHRASE), None)
        .expect("leaves");
    nothing_links(&alone, &codes, "after leaving");
    assert_eq!(answers(&alone, bakery), told);

    let (client, _) = join(&alone.running, &again, &alone.running.codes[0], &NOOR);
    client.contact().expect("an answer");
    nothing_links(&alone, &codes, "after coming back");
    assert_eq!(answers(&alone, bakery), told);
}

#[test]
fn l6_nothing_that_a_server_has_joins_an_invitation_or_organisation_with_an_account() {
    nobody_is_linked_on(Engine::Sqlite);
}

#[test]
fn l6_nothing_that_a_server_on_postgresql_has_joins_an_invitation_or_organisation_with_an_account() {
    nobody_is_linked_on(Engine::Postgres);
}
