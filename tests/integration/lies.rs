//! A server that lies, over real HTTP: one test for each lie of docs/adr/0014, with what is kept as it was, what is asked again, and what the
//! person reads.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use regie_client::{Client, EntryDraft, SignOut, SyncAlarm, SyncDecision, SyncNotice, SyncState, SyncView};
use regie_crypto::account::{AccountKey, KnownWay};
use regie_domain::seal::Seal;
use regie_protocol::{
    ProblemCode,
    signed::{ChangeHeader, DeviceId, DevicePublic, Head, HeaderHash, HeaderKind, SigningKey},
    sync::{
        BlobId, BlobListRequest, BlobListResponse, Envelope, FetchResponse, HeadResponse, HeaderBytes, Page,
        PullResponse, PushRequest, PushResponse, RecordId, SealedRecord, Wire, blob::Shape, path,
    },
};
use regie_tests::between::{Asked, Between, Said, Way};
use regie_tests::server::Running;
use regie_tests::{PASSPHRASE, Profile, draft, life, passphrase, photo};
use serde_json::Value;

use crate::account::{Member, WRITTEN, by_passphrase, further, join, join_as, told};

const SEALS: [(Seal, &str, &str); 2] = [
    (Seal::Stopped, "Synchroniseren is gestopt", "Syncing has stopped"),
    (
        Seal::CopyBehind,
        "Versleutelde kopie loopt achter",
        "Encrypted copy is behind",
    ),
];

/// All that was pushed, as it was pushed.
#[derive(Clone, Default)]
struct Pushed(Arc<Mutex<Vec<PushRequest>>>);

impl Pushed {
    fn note(&self, asked: &Asked) {
        if let (path::PUSH, Ok(push)) = (asked.path(), PushRequest::from_bytes(&asked.body)) {
            self.0.lock().expect("a list").push(push);
        }
    }

    fn all(&self) -> Vec<PushRequest> {
        self.0.lock().expect("a list").clone()
    }

    fn envelopes(&self) -> Vec<Vec<u8>> {
        self.all().into_iter().flat_map(|push| push.envelopes).collect()
    }

    /// Places and hashes of the headers, oldest first.
    fn heads(&self) -> Vec<Head> {
        let head = |push: PushRequest| {
            let header = ChangeHeader::from_bytes(&push.header).expect("a header");
            Head {
                sequence: header.statement().sequence,
                hash: header.hash().expect("a hash"),
            }
        };
        self.all().into_iter().map(head).collect()
    }
}

/// A laptop and a phone at one head, with some entries, and somebody between them and their server.
struct Two {
    laptop: Member,
    phone: Client,
    _phone: Profile,
    server: Running,
    between: Between,
    pushed: Pushed,
}

fn two() -> Two {
    let (between, pushed) = (Between::open(), Pushed::default());
    let noted = pushed.clone();
    let mut server = Running::begin_behind(&between, 3);
    between.does(move |asked, way| {
        noted.note(asked);
        way.pass(asked)
    });
    let laptop = join(&mut server);
    let (profile, phone) = further(&server, by_passphrase(PASSPHRASE), "Telefoon").expect("logs in");
    told(&phone);
    for number in 1..=4 {
        let text = format!("Stuk {number}. Het regende de hele middag.");
        laptop.client.diary_save(draft(&text)).expect("saves");
    }
    synced(&laptop.client);
    synced(&phone);
    synced(&laptop.client);
    assert_eq!(life(&phone), life(&laptop.client));
    Two {
        laptop,
        phone,
        _phone: profile,
        server,
        between,
        pushed,
    }
}

fn synced(client: &Client) -> SyncView {
    let view = client.sync_now().expect("syncs");
    assert_eq!((&view.state, view.waiting), (&SyncState::UpToDate, 0), "{view:?}");
    view
}

fn add(client: &Client, place: usize, more: &str) {
    let (id, markdown) = life(client).swap_remove(place).text();
    client
        .diary_save(EntryDraft {
            id: Some(id),
            ..draft(&format!("{markdown}\n\n{more}"))
        })
        .expect("saves");
}

/// Two entries are edited, in a push each.
fn edits(phone: &Client) {
    for place in 0..2 {
        add(phone, place, "Op de telefoon geschreven.");
        synced(phone);
    }
}

fn deletes(phone: &Client, clock: &regie_tests::TestClock) {
    let (id, _) = life(phone).swap_remove(0).text();
    phone.diary_delete(id).expect("deletes");
    clock.pass(chrono::TimeDelta::minutes(1));
    phone.tick().expect("ticks");
    synced(phone);
}

/// What the person reads of an alarm, in Dutch and English: as the screen chooses it, out of its texts.
fn read(alarm: &SyncAlarm) -> [String; 2] {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../ui");
    let kind = serde_json::to_value(alarm).expect("JSON")["kind"].clone();
    let screen = fs::read_to_string(format!("{folder}/src/screens/account/Sync.svelte")).expect("a screen");
    let chooses = screen.split_once("const why").expect("why it stopped").1;
    let case = format!("case \"{}\":", kind.as_str().expect("a kind"));
    let after = chooses.split_once(&case).expect("each alarm has its words").1;
    let key = after.split_once("m.").expect("a message").1;
    let key = key.split_once('(').expect("a message").0;
    ["nl", "en"].map(|language| {
        let texts = fs::read_to_string(format!("{folder}/messages/{language}.json")).expect("texts");
        let texts: Value = serde_json::from_str(&texts).expect("JSON");
        let text = |key: &str| texts[key].as_str().expect("a text").to_owned();
        format!("{} {}", text(key), text("sync_safe"))
    })
}

fn assert_read(client: &Client, alarm: &SyncAlarm, nl: &str, en: &str) {
    let seal = client.seal();
    let (_, seal_nl, seal_en) = SEALS[0];
    assert_eq!((seal.text().nl, seal.text().en), (seal_nl, seal_en));
    let [dutch, english] = read(alarm);
    assert!(dutch.contains(nl), "{dutch}");
    assert!(english.contains(en), "{english}");
    assert!(dutch.contains("Er is niets overschreven.") && english.contains("Nothing was overwritten."));
}

const DOES_NOT_FIT: (&str, &str) = (
    "Wat de server stuurde, past niet bij elkaar. Het is niet gebruikt.",
    "What the server sent does not fit together. It was not used.",
);
const NOT_WHAT_WAS_WRITTEN: (&str, &str) = (
    "Wat de server stuurde, is niet wat je apparaten schreven.",
    "What the server sent is not what your devices wrote.",
);
const OLDER: (&str, &str) = (
    "De server toont een oudere stand: {count} wijzigingen ontbreken daar.",
    "The server shows an older state: {count} changes are missing there.",
);
const FORK: (&str, &str) = (
    "De server toont een andere geschiedenis dan dit apparaat kent.",
    "The server shows another history than this device knows.",
);

fn device_way(device: &DevicePublic) -> KnownWay<'static> {
    KnownWay {
        way: device.way(),
        key: device.seal_key,
        vouch: None,
    }
}

/// What a lying server was asked.
#[derive(Clone, Default)]
struct Questions {
    pulls: Arc<AtomicUsize>,
    pushes: Arc<AtomicUsize>,
}

impl Questions {
    fn note(&self, asked: &Asked) {
        let count = match asked.path() {
            path::PULL => &self.pulls,
            path::PUSH => &self.pushes,
            _ => return,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    fn pulls(&self) -> usize {
        self.pulls.load(Ordering::Relaxed)
    }

    fn pushes(&self) -> usize {
        self.pushes.load(Ordering::Relaxed)
    }
}

/// Lets the server lie from now on in each page that it hands out.
fn lies_in_pages(between: &Between, lie: impl Fn(&mut Page) + Send + Sync + 'static) -> Questions {
    lies(between, move |asked, way| {
        let said = way.pass(asked)?;
        if asked.path() != path::PULL {
            return Some(said);
        }
        Some(match PullResponse::from_bytes(&said.body) {
            Ok(PullResponse::Page(mut page)) => {
                lie(&mut page);
                said.instead(&PullResponse::Page(page))
            }
            _ => said,
        })
    })
}

fn lies(between: &Between, lie: impl Fn(&Asked, &Way) -> Option<Said> + Send + Sync + 'static) -> Questions {
    let questions = Questions::default();
    let noted = questions.clone();
    between.does(move |asked, way| {
        noted.note(asked);
        lie(asked, way)
    });
    questions
}

/// The laptop comes back to a server that lies to it: it has written something meanwhile, which waits. Nothing of the lie is used, nothing is
/// sent, and as soon as the server is honest all is well after a word of the person.
fn meets(two: &Two, questions: &Questions) -> SyncAlarm {
    let laptop = &two.laptop.client;
    laptop.diary_save(draft("Dit wacht hier.")).expect("saves");
    let before = life(laptop);
    let view = laptop.sync_now().expect("a view");
    let SyncState::Stopped { alarm } = view.state.clone() else {
        panic!("it is taken in: {view:?}");
    };
    assert_eq!(life(laptop), before, "nothing of a lie is used");
    // A push is tried before anything is asked: the server takes it honestly, or says that another one was first.
    let tried = questions.pushes();
    assert!(tried <= 1, "and nothing more is sent");
    assert!(view.waiting > 0 || tried == 1, "what was written waits");
    // Asked again it says the same, also after a start.
    assert_eq!(
        laptop.sync_now().expect("a view").state,
        SyncState::Stopped { alarm: alarm.clone() }
    );
    laptop.lock().expect("locks");
    laptop.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    let view = laptop.sync_now().expect("a view");
    assert!(matches!(view.state, SyncState::Stopped { .. }), "{view:?}");
    assert_eq!(life(laptop), before);
    assert_eq!(questions.pushes(), tried, "nothing is sent to a server that lied");
    alarm
}

/// The server is honest again, and the person says so.
fn goes_on(two: &Two) {
    two.between.is_honest();
    let laptop = &two.laptop.client;
    laptop.sync_decide(SyncDecision::TryAgain).expect("decides");
    synced(laptop);
    synced(&two.phone);
    assert_eq!(life(laptop), life(&two.phone));
    assert!(
        life(laptop)
            .into_iter()
            .any(|entry| entry.text().1 == "Dit wacht hier."),
        "what waited is there"
    );
}

/// Edits on the phone, a lie in the pages for the laptop, and how it ends.
fn edited_and_met(lie: impl Fn(&mut Page) + Send + Sync + 'static) -> (Two, SyncAlarm, Questions) {
    let two = two();
    edits(&two.phone);
    let questions = lies_in_pages(&two.between, lie);
    let alarm = meets(&two, &questions);
    (two, alarm, questions)
}

fn each_envelope(page: &mut Page, change: impl Fn(&mut Envelope)) {
    for record in &mut page.records {
        let mut envelope = record.read_envelope().expect("an envelope");
        change(&mut envelope);
        record.envelope = envelope.to_bytes().expect("an envelope");
    }
}

fn does_not_open(two: &Two, alarm: &SyncAlarm) {
    assert!(
        matches!(alarm, SyncAlarm::DoesNotOpen { records } if *records > 0),
        "{alarm:?}"
    );
    assert_read(&two.laptop.client, alarm, DOES_NOT_FIT.0, DOES_NOT_FIT.1);
    goes_on(two);
}

fn broken(two: &Two, alarm: &SyncAlarm) {
    assert_eq!(*alarm, SyncAlarm::BrokenChain);
    assert_read(&two.laptop.client, alarm, DOES_NOT_FIT.0, DOES_NOT_FIT.1);
    goes_on(two);
}

/// What is wrong with the set shows at the head, and is asked for once more before it is said.
fn differs(two: &Two, alarm: &SyncAlarm, questions: &Questions) {
    assert_eq!(*alarm, SyncAlarm::SetDiffers);
    assert_eq!(questions.pulls(), 2, "asked once more, and then no further");
    let (nl, en) = NOT_WHAT_WAS_WRITTEN;
    assert_read(&two.laptop.client, alarm, nl, en);
    goes_on(two);
}

#[test]
fn an_altered_record_does_not_open() {
    let (two, alarm, _) = edited_and_met(|page| {
        each_envelope(page, |envelope| {
            let middle = envelope.sealed.len() / 2;
            envelope.sealed[middle] ^= 1;
        });
    });
    does_not_open(&two, &alarm);
}

#[test]
fn records_that_were_swapped_do_not_open() {
    let (two, alarm, _) = edited_and_met(|page| {
        let envelopes = page.records.iter().map(|record| record.read_envelope());
        let mut envelopes: Vec<_> = envelopes.map(|read| read.expect("an envelope")).collect();
        let ids: Vec<RecordId> = envelopes.iter().map(|envelope| envelope.label.id).collect();
        for (envelope, id) in envelopes.iter_mut().zip(ids.iter().cycle().skip(1)) {
            envelope.label.id = *id;
        }
        for (record, envelope) in page.records.iter_mut().zip(&envelopes) {
            record.envelope = envelope.to_bytes().expect("an envelope");
        }
    });
    does_not_open(&two, &alarm);
}

#[test]
fn a_record_of_another_epoch_does_not_open() {
    let (two, alarm, _) = edited_and_met(|page| {
        each_envelope(page, |envelope| envelope.label.epoch = 7);
    });
    does_not_open(&two, &alarm);
}

/// Somebody else at the same server: what they pushed.
fn stranger(two: &mut Two) -> PushRequest {
    let before = two.pushed.all().len();
    let invitation = two.server.code();
    let sam = join_as(&two.server, &invitation, "sam@thuis.example");
    sam.client.diary_save(draft("Van iemand anders.")).expect("saves");
    synced(&sam.client);
    let pushed = two.pushed.all();
    assert!(pushed.len() > before);
    pushed.last().expect("a push").clone()
}

#[test]
fn a_record_of_another_account_does_not_open() {
    let mut two = two();
    let strange = stranger(&mut two).envelopes[0].clone();
    edits(&two.phone);
    let questions = lies_in_pages(&two.between, move |page| {
        for record in &mut page.records {
            record.envelope.clone_from(&strange);
        }
    });
    let alarm = meets(&two, &questions);
    does_not_open(&two, &alarm);
}

#[test]
fn a_header_of_another_account_is_not_followed() {
    let mut two = two();
    let strange = stranger(&mut two).header;
    edits(&two.phone);
    let questions = lies_in_pages(&two.between, move |page| {
        page.headers = vec![HeaderBytes {
            kind: HeaderKind::Change,
            bytes: strange.clone(),
        }];
    });
    let alarm = meets(&two, &questions);
    broken(&two, &alarm);
}

#[test]
fn a_record_left_out_shows_at_the_head() {
    let (two, alarm, questions) = edited_and_met(|page| page.records.truncate(1));
    differs(&two, &alarm, &questions);
}

#[test]
fn a_tombstone_left_out_shows_at_the_head() {
    let two = two();
    deletes(&two.phone, &two._phone.clock);
    let questions = lies_in_pages(&two.between, |page| {
        page.records
            .retain(|record| !record.read_envelope().expect("an envelope").label.deleted);
    });
    let alarm = meets(&two, &questions);
    differs(&two, &alarm, &questions);
}

/// Puts what was pushed first of a record in the place of what is there now.
fn replays(two: &Two) -> impl Fn(&mut Page) + Send + Sync + use<> {
    let pushed = two.pushed.envelopes();
    move |page| {
        for record in &mut page.records {
            let id = record.read_envelope().expect("an envelope").label.id;
            let before = pushed.iter().find(|bytes| {
                let envelope = Envelope::from_bytes(bytes).expect("an envelope");
                envelope.label.id == id
            });
            record.envelope.clone_from(before.expect("it was pushed before"));
        }
    }
}

#[test]
fn a_writing_of_before_shows_at_the_head() {
    let two = two();
    edits(&two.phone);
    let questions = lies_in_pages(&two.between, replays(&two));
    let alarm = meets(&two, &questions);
    differs(&two, &alarm, &questions);
}

#[test]
fn a_deleted_record_brought_back_shows_at_the_head() {
    let two = two();
    deletes(&two.phone, &two._phone.clock);
    let questions = lies_in_pages(&two.between, replays(&two));
    let alarm = meets(&two, &questions);
    differs(&two, &alarm, &questions);
}

#[test]
fn records_twice_and_in_another_order_are_the_same_set() {
    let two = two();
    edits(&two.phone);
    lies_in_pages(&two.between, |page| {
        let again = page.records.clone();
        page.records.reverse();
        page.records.extend(again);
    });
    synced(&two.laptop.client);
    assert_eq!(life(&two.laptop.client), life(&two.phone));
    assert_eq!(two.laptop.client.seal(), Seal::Copied);
}

#[test]
fn an_altered_header_shows_at_its_signature() {
    let (two, alarm, _) = edited_and_met(|page| {
        let last = page.headers.last_mut().expect("a header");
        *last.bytes.last_mut().expect("a signature") ^= 1;
        page.head.hash = ChangeHeader::from_bytes(&last.bytes)
            .and_then(|header| header.hash())
            .expect("a header");
    });
    broken(&two, &alarm);
}

#[test]
fn a_header_left_out_shows_at_once() {
    let (two, alarm, _) = edited_and_met(|page| drop(page.headers.remove(0)));
    broken(&two, &alarm);
}

#[test]
fn headers_in_another_order_show_at_once() {
    let (two, alarm, _) = edited_and_met(|page| page.headers.reverse());
    broken(&two, &alarm);
}

#[test]
fn an_invented_header_is_of_a_device_that_does_not_take_part() {
    let (two, alarm, _) = edited_and_met(|page| {
        let last = page.headers.last_mut().expect("a header");
        let honest = ChangeHeader::from_bytes(&last.bytes).expect("a header");
        let mut statement = honest.statement().clone();
        statement.device = DeviceId([5; 16]);
        let key = SigningKey::from_seed(&[6; 32]);
        let invented = ChangeHeader::make(statement, &[7; 32], &[8; 32], &key).expect("a header");
        last.bytes = invented.to_bytes().expect("bytes");
        page.head.hash = invented.hash().expect("a hash");
    });
    assert_eq!(alarm, SyncAlarm::StrangeDevice);
    assert_read(&two.laptop.client, &alarm, DOES_NOT_FIT.0, DOES_NOT_FIT.1);
    goes_on(&two);
}

#[test]
fn an_epoch_left_out_shows_at_once() {
    let two = two();
    let (_profile, tablet) = further(&two.server, by_passphrase(PASSPHRASE), "Tablet").expect("logs in");
    told(&tablet);
    synced(&tablet);
    synced(&two.laptop.client);
    synced(&two.phone);
    let devices = two.phone.devices().expect("devices");
    let lost = devices.iter().find(|device| device.name == "Tablet");
    let lost = SignOut::One(lost.expect("the tablet").id.clone());
    two.phone.sign_out(&lost, true).expect("signs out");
    edits(&two.phone);
    let questions = lies_in_pages(&two.between, |page| {
        page.headers.retain(|header| header.kind == HeaderKind::Change);
    });
    let alarm = meets(&two, &questions);
    broken(&two, &alarm);
}

/// Shows the laptop another head than it knows, and nothing else.
fn shows(two: &Two, head: Head) -> Questions {
    lies(&two.between, move |asked, way| {
        let said = way.pass(asked)?;
        if asked.path() != path::PULL {
            return Some(said);
        }
        Some(said.instead(&PullResponse::Page(Page {
            head,
            to: head.sequence,
            headers: Vec::new(),
            records: Vec::new(),
        })))
    })
}

#[test]
fn less_than_the_known_head_is_an_older_state_until_it_is_shown_again() {
    let two = two();
    edits(&two.phone);
    synced(&two.laptop.client);
    let heads = two.pushed.heads();
    let (now, before) = (heads[heads.len() - 1], heads[heads.len() - 3]);
    let questions = shows(&two, before);
    let alarm = meets(&two, &questions);
    // Its own push was taken.
    let pushes = u32::try_from(questions.pushes()).expect("few");
    let missing = u32::try_from(now.sequence - before.sequence).expect("few") + pushes;
    assert_eq!(alarm, SyncAlarm::OlderState { missing });
    assert_read(&two.laptop.client, &alarm, OLDER.0, OLDER.1);
    // It needs no word of the person.
    two.between.is_honest();
    let view = synced(&two.laptop.client);
    assert!(view.notices.contains(&SyncNotice::Recovered), "{view:?}");
    synced(&two.phone);
    assert_eq!(life(&two.laptop.client), life(&two.phone));
}

#[test]
fn a_place_of_the_past_with_another_header_is_another_history() {
    let two = two();
    edits(&two.phone);
    synced(&two.laptop.client);
    let mut before = two.pushed.heads().swap_remove(0);
    before.hash = HeaderHash([9; 32]);
    let questions = shows(&two, before);
    let alarm = meets(&two, &questions);
    assert_eq!(alarm, SyncAlarm::Fork);
    assert_read(&two.laptop.client, &alarm, FORK.0, FORK.1);
    goes_on(&two);
}

#[test]
fn another_header_in_the_place_of_the_known_head_is_another_history() {
    let two = two();
    let mut head = *two.pushed.heads().last().expect("a head");
    head.hash = HeaderHash([9; 32]);
    let questions = shows(&two, head);
    let alarm = meets(&two, &questions);
    assert_eq!(alarm, SyncAlarm::Fork);
    goes_on(&two);
}

/// What the person reads who wants to go on over a key of the account that is nobody's.
const OTHER_KEY: (&str, &str) = (
    "Daarop verdergaan zou niet veilig zijn, en is niet gebeurd.",
    "Going on from it would not be safe, and was not done.",
);

#[test]
fn over_an_epoch_of_the_servers_own_making_nobody_goes_on() {
    let two = two();
    let laptop = &two.laptop.client;
    let mut head = *two.pushed.heads().last().expect("a head");
    head.hash = HeaderHash([9; 32]);
    shows(&two, head);
    assert_eq!(
        laptop.sync_now().expect("a view").state,
        SyncState::Stopped {
            alarm: SyncAlarm::Fork
        }
    );
    laptop.diary_save(draft("Dit wacht hier.")).expect("saves");
    let before = life(laptop);
    // It begins an epoch that goes on from the account's own, and says that it is sealed to everybody.
    let questions = lies(&two.between, |asked, way| {
        let said = way.pass(asked)?;
        let Ok(mut told) = HeadResponse::from_bytes(&said.body) else {
            return Some(said);
        };
        if asked.path() != path::HEAD {
            return Some(said);
        }
        let (key, own) = (SigningKey::from_seed(&[6; 32]), DeviceId([5; 16]));
        let last = told.head.header().expect("a header");
        let ways: Vec<_> = told.devices.iter().map(device_way).collect();
        let first = AccountKey::begin_first(last.account(), own, &key, &ways).expect("an epoch");
        let next = last.head().and_then(Head::next).expect("a place");
        let second = first.key.begin_next(next, own, &key, &ways).expect("an epoch");
        let bytes = second.header.to_bytes().expect("bytes");
        told.epochs.push(bytes.clone());
        told.head = HeaderBytes {
            kind: HeaderKind::Epoch,
            bytes,
        };
        Some(said.instead(&told))
    });
    let view = laptop.sync_decide(SyncDecision::GoOnFromHere).expect("decides");
    let alarm = SyncAlarm::OtherEpochs;
    assert_eq!(view.state, SyncState::Stopped { alarm: alarm.clone() });
    assert_eq!((life(laptop), questions.pushes()), (before.clone(), 0));
    assert_read(laptop, &alarm, OTHER_KEY.0, OTHER_KEY.1);
    // Wanting it again changes nothing, nor does a start.
    laptop.lock().expect("locks");
    laptop.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    let view = laptop.sync_decide(SyncDecision::GoOnFromHere).expect("decides");
    assert_eq!(view.state, SyncState::Stopped { alarm });
    assert_eq!((life(laptop), questions.pushes()), (before, 0));
    goes_on(&two);
}

#[test]
fn a_server_that_was_set_back_is_met_by_each_device_that_knows_more() {
    let mut two = two();
    let backup = tempfile::tempdir().expect("a folder");
    let newest = tempfile::tempdir().expect("a folder");
    two.server.copied_to(backup.path());
    edits(&two.phone);
    synced(&two.laptop.client);
    two.server.copied_to(newest.path());
    two.server.set_back_to(backup.path());
    for client in [&two.laptop.client, &two.phone] {
        client.diary_save(draft("Dit wacht hier.")).expect("saves");
        let before = life(client);
        let view = client.sync_now().expect("a view");
        let older = SyncAlarm::OlderState { missing: 2 };
        assert_eq!(view.state, SyncState::Stopped { alarm: older.clone() });
        assert_eq!((life(client), view.waiting), (before, 1));
        assert_read(client, &older, OLDER.0, OLDER.1);
    }
    two.server.set_back_to(newest.path());
    synced(&two.laptop.client);
    synced(&two.phone);
    synced(&two.laptop.client);
    assert_eq!(life(&two.laptop.client), life(&two.phone));
    let waited = life(&two.phone).into_iter().map(|entry| entry.text().1);
    assert_eq!(waited.filter(|text| text == "Dit wacht hier.").count(), 2);
}

#[test]
fn what_was_called_stored_and_thrown_away_shows_with_the_next_head() {
    let two = two();
    let laptop = &two.laptop.client;
    lies(&two.between, |asked, way| {
        if asked.path() != path::PUSH {
            return way.pass(asked);
        }
        let push = PushRequest::from_bytes(&asked.body).expect("a push");
        let header = ChangeHeader::from_bytes(&push.header).expect("a header");
        Some(Said::wire(&PushResponse::Stored(Head {
            sequence: header.statement().sequence,
            hash: header.hash().expect("a hash"),
        })))
    });
    laptop.diary_save(draft("Dit is weggegooid.")).expect("saves");
    laptop.sync_now().expect("a view");
    two.between.is_honest();
    let before = life(laptop);
    let view = laptop.sync_now().expect("a view");
    let alarm = SyncAlarm::OlderState { missing: 1 };
    assert_eq!(view.state, SyncState::Stopped { alarm: alarm.clone() });
    assert_eq!(life(laptop), before, "it is still here");
    assert_read(laptop, &alarm, OLDER.0, OLDER.1);
}

#[test]
fn a_push_of_which_is_said_that_another_was_first_waits_and_is_sent_later() {
    let two = two();
    let laptop = &two.laptop.client;
    let head = *two.pushed.heads().last().expect("a head");
    lies(&two.between, move |asked, way| match asked.path() {
        path::PUSH => Some(Said::wire(&PushResponse::Ahead(Head {
            sequence: head.sequence + 1,
            hash: HeaderHash([9; 32]),
        }))),
        _ => way.pass(asked),
    });
    laptop.diary_save(draft("Dit wacht hier.")).expect("saves");
    let before = life(laptop);
    for _ in 0..3 {
        let view = laptop.sync_now().expect("a view");
        assert!(matches!(view.state, SyncState::Waiting { .. }), "{view:?}");
        assert_eq!(life(laptop), before);
    }
    let (_, nl, en) = SEALS[1];
    assert_eq!((laptop.seal().text().nl, laptop.seal().text().en), (nl, en));
    goes_on(&two);
}

#[test]
fn two_histories_show_as_soon_as_a_device_is_shown_the_other_one() {
    let mut two = two();
    let (common, phones) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    two.server.copied_to(common.path());
    add(&two.phone, 0, "In de geschiedenis van de telefoon.");
    synced(&two.phone);
    two.server.copied_to(phones.path());
    two.server.set_back_to(common.path());
    add(&two.laptop.client, 0, "In de geschiedenis van de laptop.");
    // No device can tell alone.
    synced(&two.laptop.client);
    two.server.set_back_to(phones.path());
    let before = life(&two.laptop.client);
    let view = two.laptop.client.sync_now().expect("a view");
    let alarm = SyncAlarm::Fork;
    assert_eq!(view.state, SyncState::Stopped { alarm: alarm.clone() });
    assert_eq!(life(&two.laptop.client), before);
    assert_read(&two.laptop.client, &alarm, FORK.0, FORK.1);
    synced(&two.phone);
}

#[test]
fn silence_is_no_lie_that_is_caught_and_loses_nothing() {
    let two = two();
    edits(&two.phone);
    lies(&two.between, |asked, way| {
        let said = way.pass(asked)?;
        Some(match asked.path() {
            path::PULL => said.instead(&PullResponse::Same),
            _ => said,
        })
    });
    let before = life(&two.laptop.client);
    synced(&two.laptop.client);
    assert_eq!(life(&two.laptop.client), before);
    two.between.is_honest();
    synced(&two.laptop.client);
    assert_eq!(life(&two.laptop.client), life(&two.phone));
}

#[test]
fn a_first_sync_shows_what_comes_marks_it_and_stops_where_something_is_missing() {
    let two = two();
    two.phone
        .diary_save(draft("Dit wordt weggelaten."))
        .expect("saves");
    synced(&two.phone);
    let missing = Envelope::from_bytes(two.pushed.envelopes().last().expect("an envelope"));
    let missing = missing.expect("an envelope").label.id;
    let stays = move |record: &SealedRecord| record.read_envelope().expect("an envelope").label.id != missing;
    let questions = lies(&two.between, move |asked, way| {
        let said = way.pass(asked)?;
        let left_out = match asked.path() {
            path::PULL => match PullResponse::from_bytes(&said.body) {
                Ok(PullResponse::Page(mut page)) => {
                    page.records.retain(stays);
                    Some(said.clone().instead(&PullResponse::Page(page)))
                }
                _ => None,
            },
            path::FETCH => FetchResponse::from_bytes(&said.body).ok().map(|mut fetched| {
                fetched.records.retain(stays);
                said.clone().instead(&fetched)
            }),
            _ => None,
        };
        Some(left_out.unwrap_or(said))
    });
    let (_profile, tablet) = further(&two.server, by_passphrase(PASSPHRASE), "Tablet").expect("logs in");
    told(&tablet);
    let view = tablet.sync_now().expect("a view");
    let alarm = SyncAlarm::SetDiffers;
    assert_eq!(view.state, SyncState::Stopped { alarm: alarm.clone() });
    assert!(!view.checked, "what came is marked");
    assert_eq!(life(&tablet).len(), life(&two.phone).len() - 1, "and can be read");
    assert_read(&tablet, &alarm, NOT_WHAT_WAS_WRITTEN.0, NOT_WHAT_WAS_WRITTEN.1);
    tablet.diary_save(draft("Op het tablet.")).expect("saves");
    let view = tablet.sync_now().expect("a view");
    assert!(view.waiting > 0);
    assert_eq!(
        questions.pushes(),
        0,
        "nothing is sent before the head was reached"
    );

    two.between.is_honest();
    tablet.sync_decide(SyncDecision::FetchAnew).expect("decides");
    assert!(synced(&tablet).checked);
    synced(&two.phone);
    assert_eq!(life(&tablet), life(&two.phone));
    let texts: Vec<_> = life(&tablet).into_iter().map(|entry| entry.text().1).collect();
    for text in ["Dit wordt weggelaten.", "Op het tablet.", WRITTEN] {
        assert!(texts.iter().any(|there| there == text), "{text}");
    }
}

#[test]
fn a_list_of_photos_that_never_ends_is_given_up_and_neither_drops_nor_delays_anything() {
    const MOST: usize = 1 << 20;
    let two = two();
    let laptop = &two.laptop.client;
    let entry = laptop.diary_save(draft("Met een foto.")).expect("saves").id;
    let added = laptop.attach_bytes(Some(entry), &photo(1)).expect("adds");
    let original = laptop.attachment_original(added.added[0].id).expect("a photo");
    let lists = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&lists);
    let shape = Shape::of_content(1_000).expect("a shape");
    let head = Head {
        sequence: 1,
        hash: HeaderHash([9; 32]),
    };
    lies(&two.between, move |asked, way| {
        if asked.path() != path::BLOB_LIST {
            return way.pass(asked);
        }
        counted.fetch_add(1, Ordering::Relaxed);
        let after = BlobListRequest::from_bytes(&asked.body)
            .expect("a question")
            .after;
        let after = after.map_or(0, |id| u128::from_be_bytes(id.0));
        let rows = (1..=1_000).map(|more| (BlobId((after + more).to_be_bytes()), shape));
        Some(Said::wire(&BlobListResponse {
            head,
            rows: rows.collect(),
            more: true,
        }))
    });
    let carry = || while laptop.sync_carry().expect("carries").more {};
    // Sent, told, and then it is time to look.
    for _ in 0..3 {
        carry();
        synced(laptop);
    }
    let asked = lists.load(Ordering::Relaxed);
    assert_eq!(asked, MOST / 1_000 + 1, "no further than an account can be");
    carry();
    assert_eq!(lists.load(Ordering::Relaxed), asked, "and not again at once");
    assert_eq!(laptop.sync_view().expect("a view").left_over, None);

    // The photo travelled meanwhile, and an honest list finds it.
    two.between.is_honest();
    synced(&two.phone);
    let there = two.phone.attachment_original(added.added[0].id).expect("a photo");
    assert_eq!(*there, *original);
    laptop.lock().expect("locks");
    laptop.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
    synced(laptop);
    carry();
    synced(laptop);
    assert_eq!(
        *laptop.attachment_original(added.added[0].id).expect("a photo"),
        *original
    );
    assert_eq!(laptop.sync_view().expect("a view").left_over, None);
}

/// What an answer of good bytes can be turned into.
type Spoils = Box<dyn Fn(Said) -> Option<Said> + Send + Sync>;

#[test]
fn no_rubbish_in_the_place_of_an_answer_changes_anything() {
    let two = two();
    let laptop = &two.laptop.client;
    edits(&two.phone);
    laptop.diary_save(draft("Dit wacht hier.")).expect("saves");
    let before = life(laptop);
    let with = |said: Said, change: fn(&mut Vec<u8>)| {
        let mut said = said;
        change(&mut said.body);
        Some(said)
    };
    let spoils: [(&str, Spoils); 9] = [
        ("nothing at all", Box::new(|_| None)),
        (
            "cut in the middle",
            Box::new(move |said| with(said, |body| body.truncate(body.len() / 2))),
        ),
        (
            "cut at the end",
            Box::new(move |said| with(said, |body| body.truncate(body.len().saturating_sub(1)))),
        ),
        (
            "something behind",
            Box::new(move |said| with(said, |body| body.push(0))),
        ),
        ("empty", Box::new(move |said| with(said, Vec::clear))),
        (
            "beyond all measure",
            Box::new(move |said| with(said, |body| body.resize(6 * 1024 * 1024, 7))),
        ),
        (
            "a deep list",
            Box::new(move |said| with(said, |body| *body = vec![0x81; 100_000])),
        ),
        (
            "another answer",
            Box::new(|_| {
                Some(Said::wire(&PushResponse::Stored(Head {
                    sequence: 1,
                    hash: HeaderHash([1; 32]),
                })))
            }),
        ),
        (
            "a page of a café",
            Box::new(|_| Some(Said::bytes("text/html", b"<h1>Welkom op onze wifi</h1>".to_vec()))),
        ),
    ];
    for (what, spoil) in spoils {
        lies(&two.between, move |asked, way| match asked.path() {
            path::PULL => spoil(way.pass(asked)?),
            _ => way.pass(asked),
        });
        let view = laptop.sync_now().expect("a view");
        assert!(
            matches!(view.state, SyncState::Waiting { .. }),
            "{what}: {view:?}"
        );
        assert_eq!(life(laptop), before, "{what}");
        assert!(view.waiting > 0, "{what}");
    }
    goes_on(&two);
}

#[test]
fn no_word_of_a_server_wipes_anything() {
    let two = two();
    let laptop = &two.laptop.client;
    let before = life(laptop);
    for (code, expected) in [
        (ProblemCode::NoCopy, Some(SyncState::NoCopy)),
        (ProblemCode::Internal, None),
        (ProblemCode::NotFound, None),
        (ProblemCode::NotReady, None),
        (ProblemCode::ProgramTooOld, Some(SyncState::TooOld)),
        (ProblemCode::SignedOut, Some(SyncState::SignedOut)),
    ] {
        two.between.is_honest();
        let honest = laptop.sync_decide(SyncDecision::TryAgain).expect("decides");
        assert_eq!(honest.state, SyncState::UpToDate, "before {code:?}");
        lies(&two.between, move |asked, way| match asked.path() {
            path::PULL => Some(Said::refusal(code)),
            _ => way.pass(asked),
        });
        let view = laptop.sync_now().expect("a view");
        assert_ne!(view.state, SyncState::UpToDate, "{code:?}");
        if let Some(expected) = expected {
            assert_eq!(view.state, expected, "{code:?}");
        }
        assert_eq!(life(laptop), before, "{code:?}");
    }
    // It was told that it is signed out: it stays readable, and comes back by a login.
    two.between.is_honest();
    laptop
        .diary_save(draft("Na het bericht geschreven."))
        .expect("saves");
    laptop
        .catch_up(&passphrase(PASSPHRASE), None, None)
        .expect("a device again");
    synced(laptop);
    synced(&two.phone);
    assert_eq!(life(laptop), life(&two.phone));
    assert_eq!(life(laptop).len(), before.len() + 1);
}
