//! What attachments are made of, on its way between devices: over real HTTP, with the server as it ships.

use std::collections::BTreeMap;

use regie_client::{
    AccountError, Client, ClientError,
    blobs::{Download, Fetched, Shelf, Step, Uploads},
};
use regie_crypto::chunk::{Blob, seal_chunk};
use regie_protocol::sync::BlobId;
use regie_tests::PASSPHRASE;

use crate::account::{by_passphrase, further, join, server, told};

/// Files in memory.
#[derive(Default)]
struct Files {
    sealed: BTreeMap<u32, Vec<u8>>,
    content: BTreeMap<u32, Vec<u8>>,
    /// Chunks that cannot be read any more once so many were.
    reads: Option<usize>,
}

impl Shelf for Files {
    fn chunk(&mut self, _: BlobId, place: u32) -> Result<Option<Vec<u8>>, ClientError> {
        if let Some(left) = &mut self.reads {
            *left = left
                .checked_sub(1)
                .ok_or(ClientError::Account(AccountError::Offline))?;
        }
        Ok(self.sealed.get(&place).cloned())
    }

    fn keep(&mut self, _: &Blob, place: u32, sealed: &[u8], plain: &[u8]) -> Result<(), ClientError> {
        self.sealed.insert(place, sealed.to_vec());
        self.content.insert(place, plain.to_vec());
        Ok(())
    }
}

/// A photo of so many bytes, sealed as it rests.
fn photo(length: usize) -> (Blob, Files, Vec<u8>) {
    let content: Vec<u8> = (0..=250).cycle().take(length).collect();
    let blob = Blob::make_random(length as u64).expect("a blob");
    let (mut files, mut rest) = (Files::default(), content.as_slice());
    for place in 0..blob.chunks() {
        let plain = match blob.content_length(place) {
            None => b"a small picture".as_slice(),
            Some(length) => {
                let (plain, behind) = rest.split_at(length);
                rest = behind;
                plain
            }
        };
        files
            .sealed
            .insert(place, seal_chunk(&blob, place, plain).expect("seals"));
    }
    (blob, files, content)
}

fn send_all(client: &Client, uploads: &mut Uploads, files: &mut Files) -> Vec<Step> {
    let mut ended = Vec::new();
    loop {
        match client.send_blobs(uploads, files).expect("the server answers") {
            Step::More => {}
            Step::Done => return ended,
            step => ended.push(step),
        }
    }
}

fn fetch_all(client: &Client, mut download: Download<'_>, files: &mut Files) -> Fetched {
    loop {
        match client
            .fetch_blob(&mut download, files)
            .expect("the server answers")
        {
            Fetched::More => {}
            ended => return ended,
        }
    }
}

#[test]
fn a_photo_goes_from_one_device_to_the_other_and_goes_on_where_it_stopped() {
    let mut server = server();
    let laptop = join(&mut server);
    laptop.client.sync_now().expect("syncs");
    let (_profile, phone) = further(&server, by_passphrase(PASSPHRASE), "Telefoon").expect("logs in");
    told(&phone);
    phone.sync_now().expect("syncs");

    let (blob, mut files, content) = photo(6_500_000);
    let mut uploads = Uploads::default();
    uploads.set(&[(blob.id(), blob.shape())]);
    let nothing = fetch_all(&phone, Download::of_preview(&blob), &mut Files::default());
    assert_eq!(
        nothing,
        Fetched::Lost {
            place: 0,
            wrong: false
        }
    );

    // Asked, the preview, one chunk; then the app is killed while it reads the next ones.
    files.reads = Some(4);
    let broken = loop {
        match laptop.client.send_blobs(&mut uploads, &mut files) {
            Ok(Step::More) => {}
            other => break other,
        }
    };
    assert_eq!(broken, Err(ClientError::Account(AccountError::Offline)));
    let mut early = Files::default();
    let preview = fetch_all(&phone, Download::of_preview(&blob), &mut early);
    assert_eq!(
        (preview, early.content[&0].as_slice()),
        (Fetched::Whole, b"a small picture".as_slice())
    );

    files.reads = None;
    let mut uploads = Uploads::default();
    uploads.set(&[(blob.id(), blob.shape())]);
    let sent = send_all(&laptop.client, &mut uploads, &mut files);
    assert_eq!(sent, [Step::Sent(blob.id())]);
    let mut there = Files::default();
    let whole = fetch_all(&phone, Download::of_content(&blob, &[]), &mut there);
    assert_eq!(whole, Fetched::Whole);
    let came: Vec<u8> = there.content.into_values().flatten().collect();
    assert!(came == content, "byte for byte");
    files.sealed.remove(&0);
    assert!(there.sealed == files.sealed, "sealed once, for rest and travel");

    // Who does not want a copy any more sends nothing more.
    let (other, mut files, _) = photo(100_000);
    uploads.set(&[(other.id(), other.shape())]);
    laptop.client.want_copy(false).expect("the copy is ended");
    assert!(laptop.client.send_blobs(&mut uploads, &mut files).is_err());
    let gone = phone.fetch_blob(&mut Download::of_preview(&blob), &mut Files::default());
    assert_eq!(gone, Err(ClientError::Account(AccountError::NoCopy)));
}
