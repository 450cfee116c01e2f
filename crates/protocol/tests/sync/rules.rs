//! Limits, and what has to fit together.

use regie_protocol::{
    account::device::Identity,
    signed::{
        AccountId, ChangeHeader, ChangeStatement, DeviceId, Entry, EpochHeader, EpochStatement, Head,
        HeaderHash, RollHash, SealedWay, SealingKey, SignedError, SigningKey,
    },
    sync::{
        BlobChunks, BlobGetRequest, BlobId, BlobPutRequest, BlobStanding, Envelope, EnvelopeHash, EpochBegun,
        FetchRequest, Label, ListResponse, ListRow, Page, PullRequest, PushRequest, RecordId, RestartRequest,
        Revision, Wire,
        blob::Shape,
        envelope::{SEAL_BYTES, SMALLEST_CONTENT},
        limits::{LONGEST_MESSAGE, PART_BYTES, PART_RECORDS},
    },
    wire::{Blob, Fixed},
};

fn key() -> SigningKey {
    SigningKey::from_seed(&[1; 32])
}

fn change(epoch: u64, sequence: u64, entries: Vec<Entry>) -> Vec<u8> {
    let statement = ChangeStatement {
        account: AccountId([2; 16]),
        sequence,
        before: HeaderHash([3; 32]),
        epoch,
        device: DeviceId([4; 16]),
        records: 1,
        roll: RollHash([5; 32]),
        entries,
    };
    let header = ChangeHeader::make(statement, &[6; 32], &[7; 32], &key()).expect("a header");
    header.to_bytes().expect("bytes")
}

fn epoch(number: u64, sequence: u64) -> Vec<u8> {
    let statement = EpochStatement {
        account: AccountId([2; 16]),
        sequence,
        before: Some(HeaderHash([3; 32])),
        number,
        device: DeviceId([4; 16]),
        records: 0,
        ways: vec![SealedWay {
            way: "code".into(),
            key: SealingKey([8; 32]),
            wrap: [9; 32],
        }],
        key_before: vec![10; 72],
    };
    let header = EpochHeader::make(statement, &[6; 32], &key()).expect("a header");
    header.to_bytes().expect("bytes")
}

fn envelope(epoch: u64, id: u8) -> Vec<u8> {
    let envelope = Envelope {
        label: Label {
            epoch,
            id: RecordId([id; 16]),
            revision: Revision([11; 16]),
            parent: None,
            deleted: false,
        },
        sealed: vec![12; SMALLEST_CONTENT + SEAL_BYTES],
    };
    envelope.to_bytes().expect("bytes")
}

fn head(sequence: u64) -> Head {
    Head {
        sequence,
        hash: HeaderHash([13; 32]),
    }
}

#[test]
fn a_push_is_of_one_epoch_and_has_no_record_twice() {
    let push = |envelopes| PushRequest {
        header: change(2, 9, Vec::new()),
        envelopes,
        keep: Vec::new(),
        drop: Vec::new(),
    };
    let (header, envelopes) = push(vec![envelope(2, 1), envelope(2, 2)])
        .read_parts()
        .expect("reads");
    assert_eq!((header.statement().sequence, envelopes.len()), (9, 2));
    assert!(push(Vec::new()).read_parts().is_ok(), "a joining has no records");
    let wrong = push(vec![envelope(1, 1)]).read_parts();
    assert_eq!(wrong, Err(SignedError::Senseless("epoch")));
    let wrong = push(vec![envelope(2, 1), envelope(2, 1)]).read_parts();
    assert_eq!(wrong, Err(SignedError::Senseless("list of records")));
    let wrong = PushRequest {
        header: epoch(2, 9),
        envelopes: Vec::new(),
        keep: Vec::new(),
        drop: Vec::new(),
    };
    assert!(wrong.read_parts().is_err(), "no push begins an epoch");
}

#[test]
fn a_push_holds_one_record_of_any_size_or_as_many_as_there_is_room() {
    let push = |count, size| PushRequest {
        header: Vec::new(),
        envelopes: vec![vec![0; size]; count],
        keep: Vec::new(),
        drop: Vec::new(),
    };
    assert!(push(1, 2 * PART_BYTES).to_bytes().is_ok());
    assert_eq!(push(2, PART_BYTES / 2 + 1).to_bytes(), Err(SignedError::TooLong));
    assert!(push(2, PART_BYTES / 2).to_bytes().is_ok());
    assert!(push(PART_RECORDS, 1).to_bytes().is_ok());
    assert!(push(PART_RECORDS + 1, 1).to_bytes().is_err());
    assert_eq!(push(1, LONGEST_MESSAGE).to_bytes(), Err(SignedError::TooLong));
    let long = vec![0x82; LONGEST_MESSAGE + 1];
    assert_eq!(PushRequest::from_bytes(&long), Err(SignedError::TooLong));
}

#[test]
fn a_hostile_shape_costs_nothing() {
    // Four million empty parts, four million lists in each other, and lengths that are not there.
    let mut wide = vec![0x9a, 0x00, 0x3f, 0xff, 0xf0];
    wide.resize(LONGEST_MESSAGE, 0x40);
    let deep = vec![0x81; LONGEST_MESSAGE];
    let huge = [0x82, 0x01, 0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    let long = [0x82, 0x01, 0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    for bytes in [wide.as_slice(), &deep, &huge, &long, &[]] {
        assert!(PushRequest::from_bytes(bytes).is_err());
    }
    assert_eq!(PushRequest::from_bytes(&wide), Err(SignedError::TooLong));
}

#[test]
fn what_is_asked_for_and_listed_is_in_order_and_not_there_twice() {
    let ids = |ids: &[u8]| FetchRequest {
        ids: ids.iter().map(|id| RecordId([*id; 16])).collect(),
    };
    assert!(ids(&[1, 2, 3]).to_bytes().is_ok());
    assert!(ids(&[2, 1]).to_bytes().is_err() && ids(&[1, 1]).to_bytes().is_err());
    let rows = |rows: &[u8], more| ListResponse {
        head: head(1),
        rows: rows
            .iter()
            .map(|id| ListRow {
                id: RecordId([*id; 16]),
                revision: Revision([0; 16]),
                hash: EnvelopeHash([0; 32]),
            })
            .collect(),
        more,
    };
    assert!(rows(&[1, 2], true).to_bytes().is_ok() && rows(&[], false).to_bytes().is_ok());
    assert!(rows(&[2, 1], false).to_bytes().is_err());
    assert!(rows(&[], true).to_bytes().is_err(), "it would be asked for ever");
}

#[test]
fn a_page_says_what_to_ask_for_next_until_it_reaches_its_own_head_or_the_bottom() {
    let page = |to| Page {
        head: head(140),
        to,
        headers: Vec::new(),
        records: Vec::new(),
    };
    assert_eq!(
        page(120).next_after(head(120)),
        Some(PullRequest::After(head(120)))
    );
    assert_eq!(page(140).next_after(head(140)), None);
    assert_eq!(page(120).next_down(), Some(PullRequest::Down(119)));
    assert_eq!(page(1).next_down(), None);
}

#[test]
fn a_restart_puts_epochs_back_in_a_row_and_begins_the_next() {
    let restart = vec![Entry::Restart(head(100))];
    let request = |put_back: Vec<Vec<u8>>, begun, header| RestartRequest {
        put_back,
        epoch: EpochBegun {
            header: begun,
            wraps: Vec::new(),
            identity: Identity {
                sign_key: Fixed([8; 32]),
                seal_key: Fixed([9; 32]),
                statement: Blob(vec![10, 11]),
            },
        },
        header,
    };
    let right = request(
        vec![epoch(2, 93), epoch(3, 97)],
        epoch(4, 101),
        change(4, 102, restart.clone()),
    );
    let (put_back, begun, _) = right.read_parts().expect("reads");
    assert_eq!((put_back.len(), begun.statement().number), (2, 4));
    let refused = |wrong: RestartRequest| wrong.read_parts().err();
    let wrong = |put_back, number, entries| request(put_back, epoch(4, 101), change(number, 102, entries));
    let missing = wrong(vec![epoch(2, 93)], 4, restart.clone());
    assert_eq!(refused(missing), Some(SignedError::Senseless("epoch")));
    let swapped = wrong(vec![epoch(3, 97), epoch(2, 98)], 4, restart.clone());
    assert_eq!(refused(swapped), Some(SignedError::Senseless("place")));
    let other = wrong(vec![epoch(3, 97)], 3, restart);
    assert_eq!(refused(other), Some(SignedError::Senseless("epoch")));
    let without = wrong(vec![epoch(3, 97)], 4, Vec::new());
    assert_eq!(refused(without), Some(SignedError::Senseless("epoch")));
}

#[test]
fn a_push_names_each_blob_once() {
    let ids = |ids: &[u8]| ids.iter().map(|id| BlobId([*id; 16])).collect();
    let push = |keep: &[u8], drop: &[u8]| PushRequest {
        header: Vec::new(),
        envelopes: Vec::new(),
        keep: ids(keep),
        drop: ids(drop),
    };
    assert!(push(&[1, 3], &[2, 4]).to_bytes().is_ok());
    for (keep, drop) in [
        (&[3, 1][..], &[][..]),
        (&[1, 1], &[]),
        (&[], &[2, 2]),
        (&[1, 2], &[2, 3]),
    ] {
        assert_eq!(
            push(keep, drop).to_bytes(),
            Err(SignedError::Senseless("list of blobs"))
        );
    }
    let many = PushRequest {
        keep: vec![BlobId([0; 16]); 1_001],
        ..push(&[], &[])
    };
    assert_eq!(many.to_bytes(), Err(SignedError::Senseless("number of blobs")));
}

#[test]
fn chunks_fit_their_places_and_four_of_them_go_with_the_preview() {
    let shape = Shape::of_content(8 << 20).expect("a shape");
    let put = |from: u32, count: u32| BlobPutRequest {
        blob: BlobId([1; 16]),
        shape,
        from,
        chunks: (from..from + count)
            .map(|place| vec![0; shape.sealed_length(place).unwrap_or(1)])
            .collect(),
    };
    let whole = put(0, 5).to_bytes().expect("the most that goes at once");
    assert!(whole.len() < 4_300_000);
    assert_eq!(BlobPutRequest::from_bytes(&whole), Ok(put(0, 5)));
    assert!(put(5, 4).to_bytes().is_ok() && put(1, 5).to_bytes().is_err());
    assert!(put(0, 0).to_bytes().is_err() && put(0, 6).to_bytes().is_err());
    assert!(put(8, 2).to_bytes().is_err(), "there is no ninth chunk");
    let mut short = put(1, 1);
    short.chunks[0].pop();
    assert_eq!(short.to_bytes(), Err(SignedError::Senseless("size")));
    for (count, is_right) in [(0, false), (1, true), (4, true), (5, false)] {
        let get = BlobGetRequest {
            blob: BlobId([1; 16]),
            from: 0,
            count,
        };
        assert_eq!(get.to_bytes().is_ok(), is_right, "{count}");
    }
}

#[test]
fn what_is_there_of_a_blob_is_in_order_and_tells_what_lacks() {
    let chunks = |there: &[u32]| BlobChunks {
        shape: Shape::of_content(3 << 20).expect("a shape"),
        there: there.to_vec(),
    };
    assert_eq!(chunks(&[0, 2]).lacking(), [1, 3]);
    assert!(chunks(&[0, 1, 2, 3]).lacking().is_empty());
    for wrong in [&[1, 0][..], &[1, 1], &[4]] {
        assert!(BlobStanding::Open(chunks(wrong)).to_bytes().is_err(), "{wrong:?}");
    }
}
