use regie_domain::{
    AttachmentId,
    attachment::{Attached, Blob, BlobKey, Content, Extent, Manifest, Media, State},
};

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
