//! Over a made-up server that loses, forgets and lies.

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};
use regie_crypto::{
    Key,
    chunk::{CHUNK, seal_chunk},
};
use regie_protocol::sync::{BlobChunks, Wire};

use super::*;

/// A server that keeps what it is given.
struct Server {
    blobs: BTreeMap<BlobId, (Shape, BTreeMap<u32, Vec<u8>>)>,
    took: Duration,
    /// Which requests fail: before they are heard, or after.
    fails: VecDeque<Option<bool>>,
    /// How often it was asked what is there, and what was put.
    looks: usize,
    puts: Vec<(BlobId, u32, usize)>,
    /// What a blob may take, and how often there was not so much.
    room: u64,
    refused: usize,
    deaf: bool,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            blobs: BTreeMap::new(),
            took: Duration::ZERO,
            fails: VecDeque::new(),
            looks: 0,
            puts: Vec::new(),
            room: u64::MAX,
            refused: 0,
            deaf: false,
        }
    }
}

impl Server {
    fn heard<T>(&mut self, act: impl FnOnce(&mut Self) -> Result<T, ClientError>) -> Result<T, ClientError> {
        let lost = || Err(AccountError::Offline.into());
        match self.fails.pop_front().flatten() {
            Some(false) => lost(),
            Some(true) => act(self).and_then(|_| lost()),
            None => act(self),
        }
    }

    fn standing(&self, blob: BlobId) -> BlobStanding {
        self.blobs
            .get(&blob)
            .map_or(BlobStanding::Unknown, |(shape, there)| {
                BlobStanding::Open(BlobChunks {
                    shape: *shape,
                    there: there.keys().copied().collect(),
                })
            })
    }
}

impl Relay for Server {
    fn look(&mut self, request: &BlobLookRequest) -> Result<BlobStanding, ClientError> {
        self.heard(|server| {
            server.looks += 1;
            Ok(server.standing(request.blob))
        })
    }

    fn put(&mut self, request: &BlobPutRequest) -> Result<(BlobStanding, Duration), ClientError> {
        request.to_bytes().expect("a request that may be sent");
        self.heard(|server| {
            if request.shape.bytes() > server.room && !server.blobs.contains_key(&request.blob) {
                server.refused += 1;
                return Err(AccountError::NoRoom { megabytes: Some(4) }.into());
            }
            server
                .puts
                .push((request.blob, request.from, request.chunks.len()));
            let (_, there) = server
                .blobs
                .entry(request.blob)
                .or_insert((request.shape, BTreeMap::new()));
            for (chunk, place) in request.chunks.iter().zip(request.from..) {
                if there.get(&place).is_some_and(|before| before != chunk) {
                    return Err(AccountError::BlobDiffers.into());
                }
                if !server.deaf {
                    there.insert(place, chunk.clone());
                }
            }
            Ok((server.standing(request.blob), server.took))
        })
    }

    fn get(&mut self, request: &BlobGetRequest) -> Result<(BlobGetResponse, Duration), ClientError> {
        request.to_bytes().expect("a request that may be sent");
        self.heard(|server| {
            let there = server.blobs.get(&request.blob);
            let places = request.from..request.from + request.count;
            let chunks = places.map_while(|place| there?.1.get(&place).cloned()).collect();
            Ok((BlobGetResponse { chunks }, server.took))
        })
    }
}

/// Files in memory, and how often each chunk was written.
#[derive(Default)]
struct Files {
    sealed: BTreeMap<(BlobId, u32), Vec<u8>>,
    content: BTreeMap<u32, Vec<u8>>,
    written: usize,
}

impl Shelf for Files {
    fn chunk(&mut self, blob: BlobId, place: u32) -> Result<Option<Vec<u8>>, ClientError> {
        Ok(self.sealed.get(&(blob, place)).cloned())
    }

    fn keep(&mut self, blob: &Blob, place: u32, sealed: &[u8], plain: &[u8]) -> Result<(), ClientError> {
        self.sealed.insert((blob.id(), place), sealed.to_vec());
        self.content.insert(place, plain.to_vec());
        self.written += 1;
        Ok(())
    }
}

fn made(id: u8, bytes: usize) -> (Blob, Files) {
    let blob = Blob::from_parts(BlobId([id; 16]), Key::from_bytes([id; 32]), bytes as u64).expect("a blob");
    let mut files = Files::default();
    for place in 0..blob.chunks() {
        let plain = vec![id; blob.content_length(place).unwrap_or(9)];
        let sealed = seal_chunk(&blob, place, &plain).expect("seals");
        files.sealed.insert((blob.id(), place), sealed);
    }
    (blob, files)
}

fn send_all(server: &mut Server, files: &mut Files, uploads: &mut Uploads) -> Vec<Step> {
    let mut ended = Vec::new();
    for _ in 0..500 {
        match uploads.step(server, files) {
            Ok(Step::More) | Err(ClientError::Account(AccountError::Offline)) => {}
            Ok(Step::Done) => return ended,
            Ok(step) => ended.push(step),
            Err(error) => panic!("{error}"),
        }
    }
    panic!("it never ends: {ended:?}");
}

fn fetch_all(server: &mut Server, files: &mut Files, download: &mut Download<'_>) -> Fetched {
    for _ in 0..200 {
        match download.step(server, files) {
            Ok(Fetched::More) | Err(ClientError::Account(AccountError::Offline)) => {}
            Ok(ended) => return ended,
            Err(error) => panic!("{error}"),
        }
    }
    panic!("it never ends");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn whatever_is_lost_on_the_way_a_blob_arrives_byte_for_byte(
        bytes in 0..6 * CHUNK, fails in vec(prop_oneof![3 => Just(None), 1 => any::<bool>().prop_map(Some)], 0..12),
        killed in 0_usize..6
    ) {
        let (blob, mut files) = made(3, bytes);
        let mut server = Server { fails: fails.into(), ..Server::default() };
        let mut uploads = Uploads::default();
        uploads.set(&[(blob.id(), blob.shape())]);
        for _ in 0..killed {
            let _ = uploads.step(&mut server, &mut files);
        }
        // Nothing of it is remembered; the server is asked.
        let mut uploads = Uploads::default();
        uploads.set(&[(blob.id(), blob.shape())]);
        prop_assert_eq!(send_all(&mut server, &mut files, &mut uploads), [Step::Sent(blob.id())]);
        let there: Vec<_> = server.blobs[&blob.id()].1.values().cloned().collect();
        let here: Vec<_> = files.sealed.values().cloned().collect();
        prop_assert!(there == here);

        let mut other = Files::default();
        let mut preview = Download::of_preview(&blob);
        prop_assert_eq!(fetch_all(&mut server, &mut other, &mut preview), Fetched::Whole);
        prop_assert_eq!(other.written, 1);
        let mut content = Download::of_content(&blob, &[2]);
        prop_assert_eq!(fetch_all(&mut server, &mut other, &mut content), Fetched::Whole);
        let wanted = blob.chunks() as usize - usize::from(blob.chunks() > 2);
        prop_assert_eq!(other.written, wanted, "each once, and not what was here");
        for (place, plain) in other.content {
            let length = blob.content_length(place).unwrap_or(9);
            prop_assert!(plain == vec![3; length]);
        }
    }
}

#[test]
fn previews_go_before_originals_and_a_slow_way_takes_one_chunk_at_a_time() {
    let (mut server, mut uploads) = (Server::default(), Uploads::default());
    let (one, mut files) = made(1, 6 * CHUNK);
    let (two, more) = made(2, 2 * CHUNK);
    files.sealed.extend(more.sealed);
    uploads.set(&[
        (one.id(), one.shape()),
        (two.id(), two.shape()),
        (one.id(), one.shape()),
    ]);
    let ended = send_all(&mut server, &mut files, &mut uploads);
    assert_eq!(ended.len(), 2, "{ended:?}");
    assert_eq!(server.puts[..2], [(one.id(), 0, 1), (two.id(), 0, 1)]);
    assert!(uploads.is_done());
    let of_one: Vec<_> = server.puts.iter().filter(|put| put.0 == one.id()).collect();
    assert_eq!(of_one[1..], [&(one.id(), 1, 4), &(one.id(), 5, 2)]);

    let mut slow = Server {
        took: SLOW,
        ..Server::default()
    };
    uploads.set(&[(one.id(), one.shape())]);
    send_all(&mut slow, &mut files, &mut uploads);
    assert!(slow.puts.iter().all(|(_, _, count)| *count == 1) && slow.puts.len() == 7);
}

#[test]
fn what_is_not_here_or_is_cut_otherwise_ends_by_itself() {
    let (blob, mut files) = made(1, 2 * CHUNK);
    let mut uploads = Uploads::default();
    let mut server = Server::default();
    files.sealed.remove(&(blob.id(), 2));
    uploads.set(&[(blob.id(), blob.shape())]);
    assert_eq!(
        send_all(&mut server, &mut files, &mut uploads),
        [Step::NotHere(blob.id())]
    );

    let (larger, mut others) = made(1, 5 * CHUNK);
    uploads.set(&[(larger.id(), larger.shape())]);
    assert_eq!(
        send_all(&mut server, &mut others, &mut uploads),
        [Step::Differs(blob.id())]
    );

    // A server that says yes and keeps nothing is not asked for ever.
    let (mut deaf, mut files) = (
        Server {
            deaf: true,
            ..Server::default()
        },
        made(1, CHUNK).1,
    );
    uploads.set(&[(blob.id(), blob.shape())]);
    let steps: Vec<_> = (0..4)
        .map(|_| uploads.step(&mut deaf, &mut files).is_ok())
        .collect();
    assert!(steps.contains(&false), "{steps:?}");
    uploads.set(&[]);
    assert!(uploads.is_done());
}

#[test]
fn what_finds_no_room_is_asked_for_once_and_the_smallest_of_it_again_with_growing_pauses() {
    let (mut uploads, mut server) = (
        Uploads::default(),
        Server {
            room: 2 << 20,
            ..Server::default()
        },
    );
    let mut files = Files::default();
    let mut wanted = Vec::new();
    for (id, megabytes) in [(1, 3), (2, 3), (3, 4), (4, 1)] {
        let (blob, more) = made(id, megabytes * CHUNK);
        files.sealed.extend(more.sealed);
        wanted.push((blob.id(), blob.shape()));
    }
    let [first, second, third, small] = [0, 1, 2, 3].map(|at| wanted[at].0);
    let no_room = |blob| Step::NoRoom {
        blob,
        megabytes: Some(4),
    };
    uploads.set(&wanted);
    let ended = send_all(&mut server, &mut files, &mut uploads);
    // The second and the third are as large as what found no room: not a byte of them is sent.
    let expected = [no_room(first), no_room(second), no_room(third), Step::Sent(small)];
    assert_eq!(ended, expected);
    assert_eq!(server.refused, 1);
    assert!(server.puts.iter().all(|(blob, ..)| *blob == small));

    // What is refused is not even looked at, but for the smallest of it when it is time.
    let looks = server.looks;
    wanted.pop();
    let is_time = |uploads: &mut Uploads| {
        uploads.refused.until = Some(Instant::now());
        for _ in 0..2 {
            uploads.ask_for_room(Instant::now());
        }
    };
    for minutes in [5, 10, 20, 40, 80, 160, 320, 360, 360] {
        uploads.set(&wanted);
        uploads.ask_for_room(Instant::now());
        assert!(uploads.is_done());
        let until = uploads.refused.until.expect("a time");
        let pause = until.duration_since(Instant::now()).as_secs();
        assert_eq!(pause / 60, minutes - 1, "a moment less than {minutes} minutes");
        is_time(&mut uploads);
        let ended = send_all(&mut server, &mut files, &mut uploads);
        assert!(
            ended == [no_room(first)] || ended == [no_room(second)],
            "{ended:?}"
        );
    }
    assert_eq!((server.refused, server.looks - looks), (10, 9));

    server.room = u64::MAX;
    is_time(&mut uploads);
    let ended = send_all(&mut server, &mut files, &mut uploads);
    assert!(
        ended.len() == 3 && ended.contains(&Step::Sent(third)),
        "one, then all"
    );
    assert!(!uploads.waits_for_room());
}

#[test]
fn what_is_missing_or_does_not_open_is_asked_twice_and_never_kept() {
    let (blob, files) = made(1, 3 * CHUNK);
    let chunks = || {
        let places = files
            .sealed
            .iter()
            .map(|((_, place), chunk)| (*place, chunk.clone()));
        places.collect::<BTreeMap<_, _>>()
    };
    let mut missing = Server::default();
    missing.blobs.insert(blob.id(), (blob.shape(), chunks()));
    missing.blobs.get_mut(&blob.id()).expect("there").1.remove(&2);
    let mut here = Files::default();
    let ended = fetch_all(&mut missing, &mut here, &mut Download::of_content(&blob, &[]));
    assert_eq!(
        ended,
        Fetched::Lost {
            place: 2,
            wrong: false
        }
    );
    assert_eq!(here.written, 1, "what did open is kept");

    let mut lying = Server::default();
    let mut swapped = chunks();
    swapped.insert(2, swapped[&3].clone());
    lying.blobs.insert(blob.id(), (blob.shape(), swapped));
    let mut here = Files::default();
    let ended = fetch_all(&mut lying, &mut here, &mut Download::of_content(&blob, &[]));
    assert_eq!(
        ended,
        Fetched::Lost {
            place: 2,
            wrong: true
        }
    );
    assert_eq!(here.content.keys().copied().collect::<Vec<_>>(), [1]);

    let nothing = fetch_all(
        &mut Server::default(),
        &mut here,
        &mut Download::of_preview(&blob),
    );
    assert_eq!(
        nothing,
        Fetched::Lost {
            place: 0,
            wrong: false
        }
    );
}
