//! "Somebody knew it": an epoch that is sealed under a proof, which ends. One test for each way in which that goes wrong.

use regie_sync::{Notice, Pen, RecordId};

use crate::world::{Fate, World};

const PHONE: usize = 0;
const LAPTOP: usize = 1;
const MINUTE: u64 = 60_000;

/// Phone and laptop at one head, with some records.
fn two() -> (World, Vec<RecordId>) {
    let mut world = World::seeded(31).devices(2);
    let ids = (0..6).map(|_| world.new_record(PHONE)).collect();
    world.settle();
    assert_eq!(world.disagreement(), None);
    (world, ids)
}

/// All is well, and so many pushes landed and were given up; in which epoch the account is.
fn ends(world: &mut World, landed: u64, given_up: u64) {
    for peer in [PHONE, LAPTOP] {
        world.new_record(peer);
    }
    world.settle();
    assert_eq!(world.disagreement(), None);
    world.check_truth();
    let proven = world.proven;
    assert_eq!((proven.landed, proven.given_up), (landed, given_up));
    assert_eq!(world.server.generation, 1 + landed);
    assert_eq!(world.server.head().header.epoch(), 1 + landed);
    let is_a_copy = |peer: usize| world.peers[peer].told.contains(&Notice::IsACopy);
    assert!(!is_a_copy(PHONE) && !is_a_copy(LAPTOP));
}

#[test]
fn passphrase_and_epoch_go_in_one_push() {
    let (mut world, ids) = two();
    world.somebody_knew(PHONE, MINUTE);
    world.write(LAPTOP, ids[0], Pen::Up);
    world.run_for(2 * MINUTE);
    ends(&mut world, 1, 0);
}

#[test]
fn where_the_answer_is_lost_the_chain_tells_that_it_arrived() {
    let (mut world, ids) = two();
    world.fate = Fate::AnswerLost;
    world.somebody_knew(PHONE, 2 * MINUTE);
    world.write(PHONE, ids[0], Pen::Up);
    world.run_for(10 * MINUTE);
    ends(&mut world, 1, 0);
}

#[test]
fn where_the_request_is_lost_it_is_given_up_with_the_proof_and_what_waits_goes() {
    let (mut world, ids) = two();
    world.fate = Fate::RequestLost;
    world.somebody_knew(PHONE, MINUTE);
    world.write(PHONE, ids[0], Pen::Up);
    world.run_for(10 * MINUTE);
    assert!(world.peers[PHONE].vault.push.is_none());
    ends(&mut world, 0, 1);
}

#[test]
fn after_a_crash_before_it_was_sent_it_is_not_sent_any_more() {
    let (mut world, ids) = two();
    world.fate = Fate::RequestLost;
    world.somebody_knew(PHONE, 2 * MINUTE);
    world.run_for(MINUTE / 2);
    assert!(world.peers[PHONE].vault.push.is_some(), "it is stored");
    world.write(PHONE, ids[0], Pen::Up);
    world.crash(PHONE);
    world.fate = Fate::Arrives;
    world.run_for(10 * MINUTE);
    ends(&mut world, 0, 1);
}

#[test]
fn after_a_crash_behind_the_servers_back_the_chain_tells_that_it_arrived() {
    let (mut world, ids) = two();
    world.fate = Fate::AnswerLost;
    world.somebody_knew(PHONE, 2 * MINUTE);
    while world.server.generation == 1 {
        world.run_for(100);
    }
    world.write(PHONE, ids[0], Pen::Up);
    world.crash(PHONE);
    world.write(LAPTOP, ids[0], Pen::Up);
    world.run_for(10 * MINUTE);
    ends(&mut world, 1, 0);
}

#[test]
fn where_another_push_was_first_it_is_sealed_anew_while_the_proof_holds() {
    let (mut world, ids) = two();
    world.fate = Fate::Late(MINUTE);
    world.somebody_knew(PHONE, 5 * MINUTE);
    world.run_for(1);
    world.write(LAPTOP, ids[0], Pen::Up);
    world.run_for(10 * MINUTE);
    ends(&mut world, 1, 0);
}

#[test]
fn what_was_given_up_and_arrives_all_the_same_is_known_again() {
    let (mut world, ids) = two();
    world.fate = Fate::Late(4 * MINUTE);
    world.somebody_knew(PHONE, MINUTE / 6);
    world.run_for(3 * MINUTE);
    assert!(world.peers[PHONE].vault.push.is_none(), "it is given up");
    while world.server.generation == 1 {
        world.run_for(100);
    }
    // What is sealed before it is heard of is of an epoch that ended.
    world.write(PHONE, ids[0], Pen::Up);
    world.run_for(10 * MINUTE);
    assert_eq!(world.proven.late, 1);
    assert_eq!(world.server.records[&ids[0]].1.epoch, 2);
    ends(&mut world, 1, 1);
}

#[test]
fn what_was_on_its_way_arrives_first() {
    let (mut world, _) = two();
    let written = world.new_record(PHONE);
    world.somebody_knew(PHONE, MINUTE);
    world.run_for(2 * MINUTE);
    assert_eq!(world.server.records[&written].1.epoch, 1);
    ends(&mut world, 1, 0);
}

#[test]
fn what_rests_on_an_earlier_proof_is_not_sent_by_a_later_one() {
    let (mut world, _) = two();
    world.fate = Fate::RequestLost;
    world.somebody_knew(PHONE, MINUTE / 6);
    world.run_for(MINUTE / 4);
    let first = world.peers[PHONE]
        .vault
        .push
        .clone()
        .expect("a push")
        .sealed
        .first;
    world.fate = Fate::Arrives;
    world.somebody_knew(PHONE, 5 * MINUTE);
    world.run_for(10 * MINUTE);
    let taken = world
        .server
        .headers
        .iter()
        .any(|signed| signed.header.hash == first);
    assert!(!taken);
    ends(&mut world, 1, 1);
}
