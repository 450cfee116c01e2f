use regie_domain::{
    AttachmentId,
    attachment::{Attached, Extent, Manifest, Media, State},
};
use regie_protocol::sync::BlobId;

use super::*;
use crate::attachment::{New, Place};

const ENTRY: EntryId = EntryId(Uuid::from_u128(1));

/// A device with a photo of some chunks that its other devices know of.
fn with_photo(content: &[u8]) -> (Device, AttachmentId) {
    let mut device = Device::synced();
    device.save(&entry(1, "Gewandeld"));
    let consent = device.keep();
    let new = New {
        media: Media::Jpeg,
        bytes: content,
        extent: Extent::Dots { width: 4, height: 3 },
        preview: b"small",
    };
    let id = device.vault.attach(&consent, ENTRY, &new, utc(0)).expect("adds");
    assert_eq!(
        device.vault.blobs_to_send(),
        Ok(Vec::new()),
        "what it belongs to goes first"
    );
    device.push();
    (device, id)
}

/// Another device that was told of it.
fn told_of(manifest: &Manifest) -> Device {
    let mut device = Device::synced();
    let named = Entry {
        attachments: vec![Attached {
            id: manifest.id,
            description: String::new(),
        }],
        ..entry(1, "Gewandeld")
    };
    let theirs = device.theirs(RecordId([70; 16]), Kind::Entry, false);
    device
        .take_in(theirs, Outcome::Take(content(&named)))
        .expect("takes in");
    let theirs = device.theirs(RecordId([71; 16]), Kind::Attachment, false);
    let told = AnyRecord::Attachment(manifest.clone())
        .write()
        .expect("a content");
    device.take_in(theirs, Outcome::Take(told)).expect("takes in");
    device
}

fn blob_of(device: &Device, id: AttachmentId) -> BlobId {
    BlobId(device.vault.attachment(id).expect("a manifest").blob.id)
}

fn bytes() -> Vec<u8> {
    (0..=250_u8).cycle().take(2_500_000).collect()
}

#[test]
fn a_file_comes_chunk_by_chunk_in_any_order_and_is_here_with_the_last() {
    let bytes = bytes();
    let (mut laptop, id) = with_photo(&bytes);
    let blob = blob_of(&laptop, id);
    let to_send: Vec<_> = laptop.vault.blobs_to_send().expect("a list");
    assert_eq!(to_send.iter().map(|one| one.0).collect::<Vec<_>>(), [blob]);
    laptop.vault.set_blob_state(blob, State::There).expect("notes it");
    assert_eq!(laptop.vault.blobs_to_send(), Ok(Vec::new()));
    let waits: Vec<_> = laptop.waiting().into_iter().map(|one| one.0).collect();
    assert_eq!(waits, [Kind::Attachment], "the others are to hear of it");

    let mut phone = told_of(&laptop.vault.attachment(id).expect("a manifest"));
    let all = |_: &Manifest| false;
    let wanted = phone.vault.preview_wanted(&all).expect("a look");
    assert_eq!(wanted.map(|wanted| wanted.id), Some(id));
    assert_eq!(phone.vault.preview_wanted(&|_| true), Ok(None));
    phone.vault.keep_preview(id, b"small").expect("keeps");
    assert_eq!(phone.vault.preview_wanted(&all), Ok(None));
    assert_eq!(phone.vault.attachment_preview(id).expect("one"), b"small");

    let (sealed, here) = phone
        .vault
        .begin_coming(id)
        .expect("begins")
        .expect("not here yet");
    assert_eq!((sealed.id(), sealed.chunks(), here), (blob, 4, Vec::new()));
    for (number, place) in [2, 0, 3, 1].into_iter().enumerate() {
        let (_, here) = phone
            .vault
            .begin_coming(id)
            .expect("goes on")
            .expect("not here yet");
        assert_eq!(here.len(), number);
        let named = phone.vault.attachments_of(ENTRY).expect("a list");
        assert_eq!(named[0].place, Place::Server);
        let chunk = laptop.vault.sealed_chunk(id, place).expect("a chunk");
        phone.vault.keep_chunk(id, place, &chunk).expect("keeps");
    }
    assert!(phone.vault.begin_coming(id).expect("looks").is_none());
    assert_eq!(phone.vault.original_wanted(&all), Ok(None));
    let named = phone.vault.attachments_of(ENTRY).expect("a list");
    assert_eq!(named[0].place, Place::Here);
    assert!(phone.vault.attachment_original(id).expect("a photo").as_slice() == bytes);
    for place in 0..4 {
        assert!(phone.vault.sealed_chunk(id, place) == laptop.vault.sealed_chunk(id, place));
    }
    assert!(phone.waiting().is_empty(), "it tells nobody");
}

#[test]
fn what_is_not_what_the_manifest_says_is_removed_with_its_last_chunk() {
    let (laptop, id) = with_photo(b"a photo");
    let mut manifest = laptop.vault.attachment(id).expect("a manifest");
    manifest.blob.state = State::There;
    manifest.content.hash = [9; 32];
    let mut phone = told_of(&manifest);
    phone.vault.begin_coming(id).expect("begins");
    for place in 0..2 {
        let chunk = laptop.vault.sealed_chunk(id, place).expect("a chunk");
        let kept = phone.vault.keep_chunk(id, place, &chunk);
        assert_eq!(kept.is_ok(), place == 0);
    }
    assert_eq!(
        (
            phone.vault.count_attachment_files(),
            phone.rows("attachment_file")
        ),
        (0, 0)
    );
}

#[test]
fn the_device_that_deletes_tells_the_server_until_it_heard_and_the_others_do_not() {
    let (mut laptop, id) = with_photo(b"a photo");
    let blob = blob_of(&laptop, id);
    let mut phone = told_of(&laptop.vault.attachment(id).expect("a manifest"));
    laptop
        .vault
        .let_attachment_go(ENTRY, id, utc(0))
        .expect("takes out");
    assert_eq!(laptop.vault.blobs_to_drop(9), Ok(Vec::new()), "it may come back");
    laptop.finish();
    assert_eq!(laptop.vault.count_attachment_files(), 0);
    assert_eq!(laptop.vault.blobs_to_drop(9), Ok(vec![blob]));
    laptop.push();
    assert_eq!(laptop.vault.blobs_to_drop(9), Ok(vec![blob]));
    laptop.vault.blobs_dropped(&[blob]).expect("notes it");
    assert_eq!(
        (laptop.vault.blobs_to_drop(9), laptop.rows("attachment_file")),
        (Ok(Vec::new()), 0)
    );

    let theirs = phone.theirs(RecordId([71; 16]), Kind::Attachment, true);
    phone.take_in(theirs, Outcome::Delete).expect("takes in");
    assert_eq!(phone.rows("attachment"), 0);
    assert_eq!(phone.vault.blobs_to_drop(9), Ok(Vec::new()));
}

#[test]
fn what_the_server_has_not_whole_comes_from_who_has_the_file_and_is_lost_to_the_others() {
    let (mut laptop, id) = with_photo(b"a photo");
    let blob = blob_of(&laptop, id);
    laptop.vault.set_blob_state(blob, State::There).expect("notes it");
    let mut phone = told_of(&laptop.vault.attachment(id).expect("a manifest"));
    for device in [&mut laptop, &mut phone] {
        device.vault.blob_is_not_whole(blob, utc(1)).expect("notes it");
    }
    let state = |device: &Device| device.vault.attachment(id).expect("a manifest").blob.state;
    assert_eq!(state(&laptop), State::Coming { from: String::new() });
    assert_eq!(laptop.vault.blobs_to_send().expect("a list").len(), 1);
    assert_eq!(state(&phone), State::Lost { since: utc(1) });
    assert_eq!(phone.vault.blobs_to_send(), Ok(Vec::new()));

    // Under another seal it is the same photo.
    laptop.vault.seal_attachment_anew(id).expect("seals");
    let other = blob_of(&laptop, id);
    assert_ne!(other, blob);
    assert_eq!(
        laptop.vault.attachment_original(id).expect("a photo").as_slice(),
        b"a photo"
    );
    assert_eq!(laptop.vault.count_attachment_files(), 1);
    assert_eq!(laptop.vault.blobs_to_drop(9), Ok(vec![blob]));
}
