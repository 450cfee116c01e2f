use regie_domain::{
    AttachmentId,
    attachment::{Attached, Blob, BlobKey, Content, Extent, Manifest, Media, State},
};
use regie_protocol::sync::blob::BlobId;

use super::*;
use crate::attachment::{Named, New, Place};

pub(super) fn manifest(number: u8) -> Manifest {
    Manifest {
        id: AttachmentId(Uuid::from_u128(number.into())),
        content: Content {
            media: Media::Opus,
            bytes: 1_000,
            hash: [number; 32],
            extent: Extent::Lasts { milliseconds: 2_500 },
        },
        blob: Blob {
            state: State::There,
            id: [number; 16],
            key: BlobKey([number; 32]),
        },
    }
}

fn naming(number: u128, ids: &[AttachmentId]) -> Entry {
    let attachments = ids.iter().map(|id| Attached {
        id: *id,
        description: String::new(),
    });
    Entry {
        attachments: attachments.collect(),
        ..entry(number, "Gewandeld")
    }
}

fn attach(device: &mut Device, number: u128) -> AttachmentId {
    let consent = device.keep();
    let new = New {
        media: Media::Jpeg,
        bytes: b"a photo",
        extent: Extent::Dots { width: 4, height: 3 },
        preview: b"small",
    };
    let entry = EntryId(Uuid::from_u128(number));
    device.vault.attach(&consent, entry, &new, utc(0)).expect("adds")
}

fn record_of(device: &Device, id: AttachmentId) -> RecordId {
    let local = local::Local::id(id.0);
    outbox::id_of(&device.vault.connection, Kind::Attachment.number(), &local)
        .expect("reads")
        .expect("a known record")
}

fn files(device: &Device) -> u64 {
    device.vault.count_attachment_files()
}

#[test]
fn what_comes_is_known_and_named_and_its_bytes_are_on_the_server() {
    let mut device = Device::synced();
    let told = manifest(8);
    // The entry may come before what it names.
    let theirs = device.theirs(RecordId([70; 16]), Kind::Entry, false);
    device
        .take_in(theirs, Outcome::Take(content(&naming(1, &[told.id]))))
        .expect("takes in");
    let entry = EntryId(Uuid::from_u128(1));
    assert_eq!(device.vault.attachments_of(entry), Ok(Vec::new()));
    let theirs = device.theirs(RecordId([71; 16]), Kind::Attachment, false);
    let told_of = AnyRecord::Attachment(told.clone()).write().expect("a content");
    device.take_in(theirs, Outcome::Take(told_of)).expect("takes in");
    let named = device.vault.attachments_of(entry).expect("a list");
    assert_eq!((&named[0].manifest, &named[0].place), (&told, &Place::Server));
    assert!(device.waiting().is_empty(), "other devices know it");
    assert_eq!(
        device.vault.attachment_original(told.id).err(),
        Some(VaultError::NotFound)
    );
}

#[test]
fn adding_and_removing_wait_for_other_devices_and_taking_out_only_when_it_is_final() {
    let mut device = Device::synced();
    device.save(&entry(1, "Gewandeld"));
    device.push();
    let id = attach(&mut device, 1);
    let kinds = |device: &Device| -> Vec<Kind> { device.waiting().into_iter().map(|one| one.0).collect() };
    assert_eq!(kinds(&device), [Kind::Entry, Kind::Attachment]);
    device.push();
    let entry = EntryId(Uuid::from_u128(1));
    device
        .vault
        .let_attachment_go(entry, id, utc(0))
        .expect("takes out");
    assert!(kinds(&device).is_empty());
    device.vault.take_attachment_back(entry, id).expect("takes back");
    device
        .vault
        .let_attachment_go(entry, id, utc(0))
        .expect("takes out");
    device.finish();
    let changes = device.changes();
    let what: Vec<_> = changes.iter().map(|change| (change.kind, &change.what)).collect();
    assert!(
        matches!(what[..], [(1, What::Content(_)), (8, What::Tombstone(_))]),
        "{what:?}"
    );
    let base = device.vault.here(device.id(1), None).expect("reads").base;
    let base: EntryRecord = record::read(&base.expect("what was agreed on")).expect("a record");
    assert_eq!(base.entry().attachments.len(), 1);
    device.push();
    assert_eq!((device.waiting().len(), files(&device)), (0, 0));
}

#[test]
fn one_that_another_device_deleted_goes_and_lives_on_where_this_one_wrote_meanwhile() {
    for writes in [false, true] {
        let mut device = Device::synced();
        device.save(&entry(1, "Gewandeld"));
        let id = attach(&mut device, 1);
        device.push();
        if writes {
            device.save(&entry(1, "Gewandeld, en meer"));
        }
        let theirs = device.theirs(record_of(&device, id), Kind::Attachment, true);
        device.take_in(theirs, Outcome::Delete).expect("takes in");
        device.vault.list_deletions(&device.list.clone()).expect("lists");
        let named = device
            .vault
            .attachments_of(EntryId(Uuid::from_u128(1)))
            .expect("a list");
        if writes {
            let [one]: [Named; 1] = named.try_into().expect("one");
            assert_ne!(one.manifest.id, id, "under a new id");
            assert_eq!(one.place, Place::Here);
            assert!(device.vault.attachment_original(one.manifest.id).is_ok());
            assert_eq!(
                device.vault.attachment_preview(one.manifest.id).expect("one"),
                b"small"
            );
            assert_eq!(device.waiting().len(), 2);
        } else {
            assert_eq!(
                (named.len(), files(&device), device.rows("attachment")),
                (0, 0, 0)
            );
            assert!(device.waiting().is_empty());
        }
    }
}

#[test]
fn one_that_both_devices_let_go_of_apart_is_deleted_before_anything_is_sent() {
    let mut device = Device::synced();
    for number in [1, 2] {
        device.save(&entry(number, "Gewandeld"));
        attach(&mut device, number);
    }
    device.push();
    device.delete(1);
    device.finish();
    assert_eq!(device.rows("attachment"), 1, "the other entry names it");
    let theirs = device.theirs(device.id(2), Kind::Entry, true);
    device.take_in(theirs, Outcome::Delete).expect("takes in");
    assert_eq!(device.rows("attachment"), 1, "whoever names it may be on the way");
    let (list, day) = (
        device.list.clone(),
        NaiveDate::from_ymd_opt(2026, 12, 27).expect("a day"),
    );
    device.vault.delete_unnamed((&list, day)).expect("deletes");
    assert_eq!((device.rows("attachment"), files(&device)), (0, 0));
    let waits: Vec<_> = device.waiting().into_iter().map(|one| one.0).collect();
    assert_eq!(waits, [Kind::Entry, Kind::Attachment]);
}

/// The attachment of another device with the content that [`attach`] adds, as it came.
fn told_of(device: &mut Device, number: u8, state: State) -> Manifest {
    let told = Manifest {
        id: AttachmentId(Uuid::from_u128(number.into())),
        content: Content {
            media: Media::Jpeg,
            bytes: 7,
            hash: *blake3::hash(b"a photo").as_bytes(),
            extent: Extent::Dots { width: 4, height: 3 },
        },
        blob: Blob {
            state,
            ..manifest(number).blob
        },
    };
    let entry = device.theirs(RecordId([80; 16]), Kind::Entry, false);
    device
        .take_in(entry, Outcome::Take(content(&naming(9, &[told.id]))))
        .expect("takes in");
    let theirs = device.theirs(RecordId([81; 16]), Kind::Attachment, false);
    let content = AnyRecord::Attachment(told.clone()).write().expect("a content");
    device.take_in(theirs, Outcome::Take(content)).expect("takes in");
    told
}

/// What stands at the head before a push is sealed.
fn join(device: &mut Device, spares: bool) {
    let (list, day) = (
        device.list.clone(),
        NaiveDate::from_ymd_opt(2026, 12, 27).expect("a day"),
    );
    device.vault.join_twins(spares).expect("joins");
    device.vault.delete_unnamed((&list, day)).expect("deletes");
}

fn names(device: &Device, entry: u128) -> Vec<(AttachmentId, String)> {
    let named = device.vault.attachments_of(EntryId(Uuid::from_u128(entry)));
    let named = named.expect("a list").into_iter();
    named.map(|one| (one.manifest.id, one.description)).collect()
}

/// What is in the next push, without the settings and choices in it.
fn goes(device: &Device) -> Vec<(Kind, Vec<u8>)> {
    let kinds = [Kind::Entry.number(), Kind::Attachment.number()];
    let changes = device.changes().into_iter();
    let changes = changes.filter(|change| kinds.contains(&change.kind));
    changes
        .map(|change| {
            (
                Kind::of(change.kind).expect("a kind"),
                change.what.bytes().to_vec(),
            )
        })
        .collect()
}

/// One that was added here, described, and not sent.
fn added(device: &mut Device) -> AttachmentId {
    device.save(&entry(1, "Gewandeld"));
    let mine = attach(device, 1);
    let consent = device.keep();
    let of = (EntryId(Uuid::from_u128(1)), mine);
    device
        .vault
        .describe_attachment(&consent, of, "De kade", utc(0))
        .expect("describes");
    mine
}

#[test]
fn one_that_two_devices_added_apart_is_named_once_and_stays_in_reach_until_the_other_is_here() {
    let mut device = Device::synced();
    let mine = added(&mut device);
    let told = told_of(&mut device, 8, State::There);
    join(&mut device, false);
    assert_eq!(names(&device, 1), [(told.id, "De kade".to_owned())]);
    assert!(
        device.vault.attachment_original(mine).is_ok(),
        "the only copy in reach"
    );
    // Of mine nobody hears.
    let goes = goes(&device);
    let [(Kind::Entry, sent)] = &goes[..] else {
        panic!("{} records", goes.len());
    };
    let sent: EntryRecord = record::read(sent).expect("a record");
    assert_eq!(sent.entry().attachments[0].id, told.id);
    device.push();
    join(&mut device, false);
    assert_eq!((device.waiting().len(), files(&device)), (0, 1));
    assert_eq!(device.vault.blobs_to_drop(9), Ok(Vec::new()));

    // Added once more it is the one that entries name.
    device.save(&entry(2, "Nog eens"));
    assert_eq!(attach(&mut device, 2), told.id);
    device.push();

    // The server loses theirs: mine takes its place.
    let blob = BlobId(told.blob.id);
    let since = utc(1);
    device
        .vault
        .set_blob_state(blob, State::Lost { since })
        .expect("is lost");
    join(&mut device, false);
    let named = device
        .vault
        .attachments_of(EntryId(Uuid::from_u128(1)))
        .expect("a list");
    assert_eq!(named[0].place, Place::Here);
    assert_ne!(named[0].manifest.blob.id, told.blob.id);
    assert_eq!(
        *device.vault.attachment_original(told.id).expect("is here"),
        *b"a photo"
    );
    assert_eq!(device.vault.attachment_preview(told.id).expect("one"), b"small");
    assert_eq!((files(&device), device.rows("attachment")), (1, 1));
    assert_eq!(device.vault.blobs_to_drop(9), Ok(vec![blob]));
}

#[test]
fn what_waits_for_the_others_file_goes_when_that_came() {
    let mut device = Device::synced();
    added(&mut device);
    let told = told_of(&mut device, 8, State::There);
    join(&mut device, false);
    let (blob, here) = device
        .vault
        .begin_coming(told.id)
        .expect("begins")
        .expect("it comes");
    assert!(here.is_empty());
    for (place, plain) in [(0, b"small".as_slice()), (1, b"a photo")] {
        let sealed = regie_crypto::chunk::seal_chunk(&blob, place, plain).expect("seals");
        device.vault.keep_chunk(told.id, place, &sealed).expect("keeps");
    }
    assert_eq!((files(&device), device.rows("attachment")), (1, 1));
    assert_eq!(device.rows("attachment_file"), 1);
    assert_eq!(
        *device.vault.attachment_original(told.id).expect("is here"),
        *b"a photo"
    );
    device.push();
    assert_eq!(
        device.vault.blobs_to_drop(9),
        Ok(Vec::new()),
        "no server ever heard of it"
    );
}

#[test]
fn where_not_all_is_kept_what_the_server_has_needs_no_second() {
    let mut device = Device::synced();
    added(&mut device);
    let told = told_of(&mut device, 8, State::There);
    join(&mut device, true);
    assert_eq!(names(&device, 1)[0].0, told.id);
    assert_eq!((files(&device), device.rows("attachment")), (0, 1));
}

#[test]
fn what_is_still_coming_may_never_come_and_both_stay() {
    let mut device = Device::synced();
    let mine = added(&mut device);
    let from = "telefoon".to_owned();
    told_of(&mut device, 8, State::Coming { from });
    join(&mut device, false);
    assert_eq!(names(&device, 1)[0].0, mine);
    device.push();
    // Nobody joins them later.
    let state = State::There;
    device
        .vault
        .set_blob_state(BlobId([8; 16]), state)
        .expect("is there");
    join(&mut device, false);
    assert_eq!(names(&device, 1)[0].0, mine);
    assert_eq!(device.rows("attachment"), 2);
}

#[test]
fn a_push_that_came_second_is_sealed_anew_with_the_name_of_the_other() {
    let mut device = Device::synced();
    added(&mut device);
    let changes = device.changes();
    let push = device.seal(changes);
    device.store(&push);
    // While its fate is not known it may have arrived.
    told_of(&mut device, 8, State::There);
    join(&mut device, false);
    assert_eq!(device.rows("attachment"), 2);
    device
        .sync(|syncing| syncing.drop_push(&mut |_| Some(b"sealed before".to_vec())))
        .expect("drops");
    join(&mut device, false);
    assert_eq!(names(&device, 1)[0].0, AttachmentId(Uuid::from_u128(8)));
    let entry = Kind::Entry.number();
    let again: Vec<_> = (device.changes().into_iter())
        .filter(|change| change.kind == entry || change.kind == Kind::Attachment.number())
        .map(|change| (change.kind, change.envelope))
        .collect();
    assert_eq!(
        again,
        [(entry, None)],
        "what was sealed before names what nobody knows"
    );
}

#[test]
fn a_photo_that_was_lost_is_whole_again_when_the_same_is_added_once_more() {
    let mut device = Device::synced();
    let since = utc(1);
    let told = told_of(&mut device, 8, State::Lost { since });
    device.save(&entry(2, "Teruggevonden"));
    assert_eq!(attach(&mut device, 2), told.id);
    let named = device
        .vault
        .attachments_of(EntryId(Uuid::from_u128(9)))
        .expect("a list");
    assert_eq!(named[0].place, Place::Here);
    assert!(matches!(named[0].manifest.blob.state, State::Coming { .. }));
    assert_ne!(
        named[0].manifest.blob.id, told.blob.id,
        "no place is sealed twice"
    );
    assert_eq!(
        *device.vault.attachment_original(told.id).expect("is here"),
        *b"a photo"
    );
    device.push();
    let to_send = device.vault.blobs_to_send().expect("a list");
    assert_eq!(to_send.len(), 1);
    assert_eq!(to_send[0].0.0, named[0].manifest.blob.id);
    assert_eq!(device.vault.blobs_to_drop(9), Ok(vec![BlobId(told.blob.id)]));
    // What is on the server is only named once more.
    device
        .vault
        .set_blob_state(to_send[0].0, State::There)
        .expect("is there");
    device.save(&entry(3, "En nog eens"));
    let before = files(&device);
    attach(&mut device, 3);
    assert_eq!(files(&device), before);
}
