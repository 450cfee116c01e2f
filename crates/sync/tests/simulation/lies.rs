//! A server that lies: one test for each lie of docs/adr/0014, with what the engine says, and that nothing was used.

use std::collections::BTreeMap;

use regie_sync::{
    Alarm, Answer, Ask, Decision, Event, HeaderHash, Notice, Page, Pen, Question, RecordId, Refusal,
    Snapshot, Standing, Status,
};

use crate::device::Vault;
use crate::server::{Parts, Server};
use crate::toy::{Content, Envelope, Signed};
use crate::world::World;

const PHONE: usize = 0;
const LAPTOP: usize = 1;
const MINUTE: u64 = 60_000;

/// Phone and laptop at one head, with some records.
fn two() -> (World, Vec<RecordId>) {
    let mut world = World::seeded(14).devices(2).lying();
    let ids = (0..6).map(|_| world.new_record(PHONE)).collect();
    world.settle();
    assert_eq!(world.disagreement(), None);
    (world, ids)
}

/// What the laptop says, and holds, when it comes back to a server that lies to it about what the phone did meanwhile.
fn meets(
    act: impl FnOnce(&mut World, &[RecordId]),
    lie: impl Fn(&Server, &Ask, &mut Answer, &mut Parts) + 'static,
) -> Option<Alarm> {
    let (mut world, ids) = two();
    world.set_online(LAPTOP, false);
    act(&mut world, &ids);
    world.run_for(10 * MINUTE);
    let before = world.peers[LAPTOP].vault.live();
    world.lie = Some((LAPTOP, Box::new(lie)));
    world.set_online(LAPTOP, true);
    // What is written meanwhile waits, and is not lost.
    world.write(LAPTOP, ids[5], Pen::Up);
    let mine = world.peers[LAPTOP].vault.live();
    world.run_for(30 * MINUTE);
    let alarm = world.alarm(LAPTOP);
    if alarm.is_some() {
        assert_eq!(world.peers[LAPTOP].vault.live(), mine, "nothing of a lie is used");
        assert_eq!(world.peers[LAPTOP].vault.waiting(), 1, "what was written waits");
        assert!(world.peers[LAPTOP].vault.push.is_none() || mine != before);
    }
    alarm
}

fn edits(world: &mut World, ids: &[RecordId]) {
    for id in &ids[..2] {
        world.write(PHONE, *id, Pen::Up);
        world.run_for(MINUTE);
    }
}

/// Applies a lie to the records of each page.
fn records(
    lie: impl Fn(&Server, &mut Vec<(u64, Envelope)>),
) -> impl Fn(&Server, &Ask, &mut Answer, &mut Parts) {
    move |server, _, _, parts| lie(server, &mut parts.envelopes)
}

/// Applies a lie to the headers of each page.
fn headers(lie: impl Fn(&Server, &mut Vec<Signed>)) -> impl Fn(&Server, &Ask, &mut Answer, &mut Parts) {
    move |server, _, answer, parts| {
        lie(server, &mut parts.headers);
        if let Answer::Page(page) = answer {
            page.headers = parts.headers.iter().map(|signed| signed.header.clone()).collect();
        }
    }
}

#[test]
fn without_a_lie_nothing_is_said() {
    assert_eq!(meets(edits, |_, _, _, _| {}), None);
}

#[test]
fn an_altered_record_does_not_open() {
    let lie = records(|_, all| {
        all.iter_mut()
            .for_each(|(_, envelope)| envelope.content = Content::from([99]))
    });
    assert!(matches!(meets(edits, lie), Some(Alarm::DoesNotOpen { records }) if !records.is_empty()));
}

#[test]
fn a_record_under_the_id_of_another_does_not_open() {
    let lie = records(|_, all| {
        all.iter_mut()
            .for_each(|(_, envelope)| envelope.id = RecordId([7; 16]))
    });
    assert!(matches!(meets(edits, lie), Some(Alarm::DoesNotOpen { .. })));
}

#[test]
fn a_record_of_another_account_does_not_open() {
    let (other, _) = two();
    let strange = other
        .server
        .records
        .values()
        .next()
        .expect("a record")
        .1
        .clone()
        .seal(12);
    let lie = records(move |_, all| {
        all.iter_mut()
            .for_each(|(_, envelope)| *envelope = strange.clone())
    });
    assert!(matches!(meets(edits, lie), Some(Alarm::DoesNotOpen { .. })));
}

#[test]
fn a_record_left_out_shows_at_the_head() {
    let lie = records(|_, all| all.clear());
    assert_eq!(meets(edits, lie), Some(Alarm::SetDiffers));
}

#[test]
fn a_tombstone_left_out_shows_at_the_head() {
    let act = |world: &mut World, ids: &[RecordId]| world.delete(PHONE, &ids[..1], false);
    let lie = records(|_, all| all.retain(|(_, envelope)| !envelope.deleted));
    assert_eq!(meets(act, lie), Some(Alarm::SetDiffers));
}

#[test]
fn a_writing_of_before_shows_at_the_head() {
    let (world, ids) = two();
    let old = world.server.records[&ids[0]].1.clone();
    let lie = records(move |_, all| {
        for (_, envelope) in all.iter_mut().filter(|(_, envelope)| envelope.id == old.id) {
            *envelope = old.clone();
        }
    });
    assert_eq!(meets(edits, lie), Some(Alarm::SetDiffers));
}

#[test]
fn a_deleted_record_brought_back_shows_at_the_head() {
    let (world, ids) = two();
    let old = world.server.records[&ids[0]].1.clone();
    let act = |world: &mut World, ids: &[RecordId]| world.delete(PHONE, &ids[..1], false);
    let lie = records(move |_, all| {
        for (_, envelope) in all.iter_mut().filter(|(_, envelope)| envelope.id == old.id) {
            *envelope = old.clone();
        }
    });
    assert_eq!(meets(act, lie), Some(Alarm::SetDiffers));
}

#[test]
fn records_twice_and_in_another_order_are_the_same_set() {
    let lie = records(|_, all| {
        let again = all.clone();
        all.reverse();
        all.extend(again);
    });
    assert_eq!(meets(edits, lie), None);
}

#[test]
fn an_altered_header_shows_at_its_signature() {
    let lie = headers(|_, all| {
        if let Some(last) = all.last_mut() {
            last.header.records += 1;
            *last = last.clone().rehash();
        }
    });
    let alarm = meets(edits, move |server, ask, answer, parts| {
        lie(server, ask, answer, parts);
        if let (Answer::Page(page), Some(last)) = (answer, parts.headers.last()) {
            page.head = (last.header.sequence, last.header.hash);
        }
    });
    assert_eq!(alarm, Some(Alarm::BrokenChain));
}

#[test]
fn a_header_left_out_shows_at_once() {
    let lie = headers(|_, all| {
        if all.len() > 1 {
            all.remove(0);
        }
    });
    assert_eq!(meets(edits, lie), Some(Alarm::BrokenChain));
}

#[test]
fn headers_in_another_order_show_at_once() {
    assert_eq!(
        meets(edits, headers(|_, all| all.reverse())),
        Some(Alarm::BrokenChain)
    );
}

#[test]
fn an_invented_header_is_of_a_device_that_does_not_take_part() {
    let lie = headers(|_, all| {
        for signed in all.iter_mut() {
            signed.header.device = regie_sync::DeviceId([5; 16]);
        }
    });
    assert!(matches!(meets(edits, lie), Some(Alarm::StrangeDevice { .. })));
}

#[test]
fn a_header_of_a_device_that_was_signed_out_is_not_taken() {
    let mut world = World::seeded(3).devices(3).lying();
    world.new_record(PHONE);
    world.settle();
    world.set_online(2, false);
    world.sign_out(PHONE, 2);
    world.run_for(10 * MINUTE);
    // The server takes a push of the device all the same.
    let thief = world.peers[2].vault.clone();
    world.server.out.clear();
    let head = world.server.head().header.as_head();
    let mut forged = thief;
    forged.snapshot.head = Some(head);
    forged.write(RecordId([3; 16]), Content::from([1000]));
    let seal = regie_sync::Seal {
        after: Some(head),
        what: regie_sync::SealWhat::Changes,
        joins: false,
    };
    let push = forged.seal(&seal, &mut world.random).expect("a push").push;
    world.server.push(forged.snapshot.me.id, u64::MAX, &push, None);
    world.happens(LAPTOP, Event::Poke);
    world.run_for(10 * MINUTE);
    let thief = forged.snapshot.me.id;
    assert_eq!(world.alarm(LAPTOP), Some(Alarm::StrangeDevice { device: thief }));
}

/// The server shows the laptop another head than the one that it knows.
fn shows_head(world: &mut World, sequence: u64, hash: HeaderHash) {
    let lie = move |_: &Server, _: &Ask, answer: &mut Answer, parts: &mut Parts| {
        *parts = Parts::default();
        *answer = Answer::Page(Page {
            head: (sequence, hash),
            headers: Vec::new(),
            records: 0,
            reached: sequence,
        });
    };
    world.lie = Some((LAPTOP, Box::new(lie)));
    world.happens(LAPTOP, Event::Poke);
    world.run_for(10 * MINUTE);
}

#[test]
fn less_than_the_known_head_is_an_older_state_a_fork_or_unknown() {
    let head = |world: &World| world.server.head().header.sequence;
    let (mut world, _) = two();
    let (last, older) = (head(&world), head(&world) - 2);
    let hash = world.server.hash_at(older).expect("a header");
    shows_head(&mut world, older, hash);
    assert_eq!(world.alarm(LAPTOP), Some(Alarm::OlderState { missing: 2 }));
    // As soon as it shows again what it showed, all goes on.
    world.lie = None;
    world.settle();
    assert_eq!(world.disagreement(), None);
    assert!(world.peers[LAPTOP].told.contains(&Notice::Recovered));

    let (mut world, _) = two();
    shows_head(&mut world, older, HeaderHash([9; 32]));
    assert_eq!(world.alarm(LAPTOP), Some(Alarm::Fork));

    let (mut world, _) = two();
    shows_head(&mut world, last, HeaderHash([9; 32]));
    assert_eq!(world.alarm(LAPTOP), Some(Alarm::Fork));

    let (mut world, _) = two();
    world.peers[LAPTOP].vault.hashes.clear();
    shows_head(&mut world, older, hash);
    assert_eq!(world.alarm(LAPTOP), Some(Alarm::OlderUnknown { missing: 2 }));
}

/// A third device that was paired with the phone, and so knows its head.
fn paired(world: &mut World) -> usize {
    let head = world.peers[PHONE].vault.snapshot.head.expect("a head");
    let peer = world.add_device();
    let me = world.peers[peer].vault.snapshot.me;
    let snapshot = Snapshot::begin(world.server.account, me, Some((head.sequence, head.hash)));
    world.peers[peer].vault = Vault::new(snapshot, world.server.keys());
    peer
}

#[test]
fn a_paired_device_accepts_no_chain_that_does_not_go_through_the_head_it_was_given() {
    let (mut world, ids) = two();
    let old = world.server.clone();
    world.write(PHONE, ids[0], Pen::Up);
    world.settle();
    let tablet = paired(&mut world);
    let devices = world.server.devices.clone();
    let now = std::mem::replace(&mut world.server, old);
    world.server.devices = devices;
    world.boot(tablet);
    world.run_for(5 * MINUTE);
    assert_eq!(world.alarm(tablet), Some(Alarm::OlderUnknown { missing: 1 }));

    world.server = now;
    let tablet = paired(&mut world);
    let (given, _) = world.peers[tablet].vault.snapshot.given.expect("a head");
    world.peers[tablet].vault.snapshot.given = Some((given, HeaderHash([8; 32])));
    world.boot(tablet);
    world.run_for(5 * MINUTE);
    assert_eq!(world.alarm(tablet), Some(Alarm::Fork));

    // Where the phone went on meanwhile, the chain is followed from the given head.
    let tablet = paired(&mut world);
    for _ in 0..9 {
        world.write(PHONE, ids[1], Pen::Up);
        world.run_for(MINUTE);
    }
    world.boot(tablet);
    world.run_for(10 * MINUTE);
    assert_eq!(world.alarm(tablet), None);
    assert_eq!(world.peers[tablet].vault.live(), world.peers[PHONE].vault.live());
    assert!(world.peers[tablet].told.contains(&Notice::FirstDone));
}

#[test]
fn a_first_sync_shows_what_comes_marks_it_and_stops_where_something_is_missing() {
    let (mut world, ids) = two();
    let tablet = world.add_device();
    let missing = ids[0];
    let lie = records(move |_, all| all.retain(|(_, envelope)| envelope.id != missing));
    world.lie = Some((tablet, Box::new(lie)));
    world.run_for(30 * MINUTE);
    assert_eq!(world.alarm(tablet), Some(Alarm::FirstDiffers));
    let rows = &world.peers[tablet].vault.rows;
    assert_eq!(rows.len(), ids.len() - 1, "what came can be read");
    assert!(rows.values().all(|row| row.unchecked), "and is marked");
    let written = world.new_record(tablet);
    world.run_for(30 * MINUTE);
    assert!(
        !world.server.records.contains_key(&written),
        "nothing is sent before the head was reached"
    );
    // An honest server, asked once more, ends it.
    world.lie = None;
    world.happens(tablet, Event::Decided(Decision::FetchAnew));
    world.settle();
    assert_eq!(world.disagreement(), None);
}

#[test]
fn what_was_called_stored_and_thrown_away_shows_with_the_next_head() {
    let (mut world, ids) = two();
    let before = world.server.clone();
    world.write(PHONE, ids[0], Pen::Up);
    world.run_for(1000);
    world.server = before;
    world.run_for(10 * MINUTE);
    assert_eq!(world.alarm(PHONE), Some(Alarm::OlderState { missing: 1 }));
}

#[test]
fn a_server_that_was_set_back_is_gone_on_from_by_the_person_and_nothing_is_lost() {
    let (mut world, ids) = two();
    let backup = world.server.clone();
    world.write(PHONE, ids[0], Pen::Up);
    world.delete(PHONE, &ids[1..2], false);
    let new = world.new_record(LAPTOP);
    world.settle();
    assert_eq!(world.disagreement(), None);
    world.server = backup;
    world.happens(PHONE, Event::Poke);
    world.happens(LAPTOP, Event::Poke);
    world.run_for(10 * MINUTE);
    assert!(matches!(world.alarm(PHONE), Some(Alarm::OlderState { .. })));
    assert!(matches!(world.alarm(LAPTOP), Some(Alarm::OlderState { .. })));
    let unsent = world.new_record(LAPTOP);
    world.happens(PHONE, Event::Decided(Decision::GoOnFromHere));
    world.answers = false;
    world.run_for(30 * MINUTE);
    assert_eq!(world.alarm(PHONE), None);
    let asked = world.peers[LAPTOP].shown.clone();
    assert!(
        matches!(asked, Some(Status::Asking(Question::Restarted { .. }))),
        "{asked:?}"
    );
    world.happens(LAPTOP, Event::Decided(Decision::Yes));
    world.settle();
    assert_eq!(world.disagreement(), None);
    let live = world.peers[PHONE].vault.live();
    assert!(live.contains_key(&new) && live.contains_key(&unsent) && !live.contains_key(&ids[1]));
    world.check_truth();
}

#[test]
fn two_histories_end_where_the_person_chooses_one_and_both_texts_stay() {
    let (mut world, ids) = two();
    // The server keeps two lives apart.
    let mut for_laptop = world.server.clone();
    world.set_online(LAPTOP, false);
    world.write(PHONE, ids[0], Pen::Up);
    world.run_for(MINUTE);
    std::mem::swap(&mut world.server, &mut for_laptop);
    world.set_online(PHONE, false);
    world.set_online(LAPTOP, true);
    world.write(LAPTOP, ids[0], Pen::Up);
    world.run_for(MINUTE);
    std::mem::swap(&mut world.server, &mut for_laptop);
    world.set_online(LAPTOP, false);
    world.set_online(PHONE, true);
    assert_eq!(
        (world.alarm(PHONE), world.alarm(LAPTOP)),
        (None, None),
        "no device can tell alone"
    );
    for peer in [PHONE, LAPTOP] {
        world.happens(peer, Event::Decided(Decision::CodesDiffer));
        assert_eq!(world.alarm(peer), Some(Alarm::Fork));
    }
    world.happens(PHONE, Event::Decided(Decision::GoOnFromHere));
    world.run_for(10 * MINUTE);
    world.set_online(LAPTOP, true);
    world.settle();
    assert_eq!(world.disagreement(), None);
    world.check_truth();
}

#[test]
fn a_copy_that_was_withdrawn_and_is_wanted_again_deletes_nothing() {
    let (mut world, ids) = two();
    world.server.withdraw();
    let here = world.new_record(LAPTOP);
    world.run_for(10 * MINUTE);
    assert!(matches!(
        world.peers[LAPTOP].shown,
        Some(Status::NoCopy { changes: 1 })
    ));
    assert_eq!(world.peers[LAPTOP].vault.live().len(), ids.len() + 1);
    world.happens(PHONE, Event::Ordered(regie_sync::Order::KeepCopyAgain));
    world.settle();
    assert_eq!(world.disagreement(), None);
    assert_eq!(world.peers[PHONE].vault.live().len(), ids.len() + 1);
    assert!(world.peers[PHONE].vault.live().contains_key(&here));
    world.check_truth();
}

#[test]
fn no_word_of_a_server_wipes_anything() {
    for refusal in [
        Refusal::UnknownAccount,
        Refusal::SignedOut,
        Refusal::NoCopy,
        Refusal::TooOld,
    ] {
        let (mut world, ids) = two();
        world.refuse(LAPTOP, refusal);
        world.write(LAPTOP, ids[0], Pen::Up);
        let mine: BTreeMap<_, _> = world.peers[LAPTOP].vault.live();
        world.happens(LAPTOP, Event::Poke);
        // Before the person logs in again.
        world.run_for(4000);
        assert_eq!(world.peers[LAPTOP].vault.live(), mine);
        let shown = world.peers[LAPTOP].shown.clone().expect("a status");
        match refusal {
            Refusal::UnknownAccount => assert!(matches!(shown, Status::UnknownAccount { .. }), "{shown:?}"),
            Refusal::SignedOut => assert_eq!(shown, Status::SignedOut),
            Refusal::NoCopy => assert!(matches!(shown, Status::NoCopy { .. }), "{shown:?}"),
            _ => assert_eq!(shown, Status::TooOld),
        }
    }
}

#[test]
fn damage_on_the_device_is_not_called_a_lie_and_is_mended_by_fetching_anew() {
    let (mut world, ids) = two();
    world.peers[LAPTOP].vault.sum ^= 1;
    world.write(PHONE, ids[0], Pen::Up);
    world.run_for(10 * MINUTE);
    assert_eq!(world.alarm(LAPTOP), Some(Alarm::DamagedHere));
    world.happens(LAPTOP, Event::Decided(Decision::FetchAnew));
    world.settle();
    assert_eq!(world.disagreement(), None);
}

#[test]
fn a_copied_profile_becomes_a_device_of_its_own() {
    let mut world = World::seeded(4).devices(1);
    let id = world.new_record(PHONE);
    world.settle();
    let copy = world.copy_profile(PHONE);
    world.set_online(copy, false);
    world.write(PHONE, id, Pen::Up);
    world.write(copy, id, Pen::Up);
    world.run_for(MINUTE);
    world.set_online(copy, true);
    world.settle();
    assert_eq!(world.disagreement(), None);
    assert!(world.peers[copy].told.contains(&Notice::IsACopy));
    assert_ne!(
        world.peers[copy].vault.snapshot.me.id,
        world.peers[PHONE].vault.snapshot.me.id
    );
    world.check_truth();
}

#[test]
fn many_deletions_ask_before_they_are_done_and_a_no_undoes_them() {
    let mut world = World::seeded(5).devices(2);
    let ids: Vec<_> = (0..30).map(|_| world.new_record(PHONE)).collect();
    world.settle();
    world.answers = false;
    world.set_online(LAPTOP, false);
    world.delete(PHONE, &ids[..25], false);
    world.run_for(10 * MINUTE);
    world.set_online(LAPTOP, true);
    world.run_for(10 * MINUTE);
    let asked = Status::Asking(Question::ManyDeletions {
        deletions: 25,
        of: 30,
    });
    assert_eq!(world.peers[LAPTOP].shown, Some(asked));
    assert_eq!(world.peers[LAPTOP].vault.live().len(), 30);
    world.boot(LAPTOP);
    assert!(
        matches!(world.peers[LAPTOP].vault.snapshot.standing, Standing::Asking(_)),
        "asked after a start too"
    );
    world.happens(LAPTOP, Event::Decided(Decision::No));
    world.settle();
    assert_eq!(world.disagreement(), None);
    assert_eq!(world.peers[PHONE].vault.live().len(), 30);

    let mut world = World::seeded(6).devices(2);
    let ids: Vec<_> = (0..30).map(|_| world.new_record(PHONE)).collect();
    world.settle();
    world.delete(PHONE, &ids, true);
    world.settle();
    assert_eq!(world.disagreement(), None);
    assert!(
        world.peers[LAPTOP].vault.live().is_empty(),
        "a confirmed deletion is let through"
    );
}
