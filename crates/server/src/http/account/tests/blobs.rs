//! Chunks of attachments over HTTP: what one device puts the other gets, and what is refused.

use axum::http::StatusCode;
use regie_protocol::{
    Problem, ProblemCode,
    sync::{
        BlobChunks, BlobGetRequest, BlobGetResponse, BlobId, BlobListRequest, BlobListResponse,
        BlobLookRequest, BlobPutRequest, BlobStanding, BlobWithdrawRequest, PushRequest, PushResponse, Wire,
        blob::Shape, limits, path,
    },
};

use super::{
    Server,
    client::{Device, Person},
    random,
    sync::{envelope, push, record},
};

on_both!(
    what_one_device_puts_the_other_gets_before_and_after_a_push_keeps_it,
    the_most_that_goes_at_once_arrives_and_comes_back,
);

/// A blob of so many bytes of content, of which nobody could open a byte.
struct Sealed {
    blob: BlobId,
    shape: Shape,
    chunks: Vec<Vec<u8>>,
}

impl Sealed {
    fn of(bytes: u64) -> Self {
        let shape = Shape::of_content(bytes).expect("a shape");
        let chunk = |place| {
            let length = shape.sealed_length(place).expect("a place");
            let mut chunk = vec![0; length];
            chunk[..32].copy_from_slice(&random::<32>());
            chunk
        };
        Self {
            blob: BlobId(random()),
            shape,
            chunks: (0..shape.chunks()).map(chunk).collect(),
        }
    }

    fn part(&self, from: u32, count: usize) -> BlobPutRequest {
        BlobPutRequest {
            blob: self.blob,
            shape: self.shape,
            from,
            chunks: self.chunks[from as usize..][..count].to_vec(),
        }
    }

    fn there(&self, there: &[u32]) -> BlobChunks {
        BlobChunks {
            shape: self.shape,
            there: there.to_vec(),
        }
    }
}

impl Server {
    async fn get_chunks(
        &self,
        person: &Person,
        device: &Device,
        of: &Sealed,
        from: u32,
        count: u32,
    ) -> Vec<Vec<u8>> {
        let get = BlobGetRequest {
            blob: of.blob,
            from,
            count,
        };
        let got = self.say(person, device, path::BLOB_GET, &get).await;
        got.said::<BlobGetResponse>().chunks
    }

    async fn look_at(&self, person: &Person, device: &Device, of: &Sealed) -> BlobStanding {
        let look = BlobLookRequest { blob: of.blob };
        self.say(person, device, path::BLOB_LOOK, &look).await.said()
    }

    async fn push_with(
        &self,
        person: &Person,
        device: &Device,
        keep: Vec<BlobId>,
        drop: Vec<BlobId>,
    ) -> (PushRequest, super::Answer) {
        let head = self.head_of(person).await;
        let pushed = PushRequest {
            keep,
            drop,
            ..push(person, device, head, 1, vec![envelope(record(), 1, false)])
        };
        let answer = self.say(person, device, path::PUSH, &pushed).await;
        (pushed, answer)
    }
}

async fn what_one_device_puts_the_other_gets_before_and_after_a_push_keeps_it(server: Server) {
    let anne = server.joined("anne@example.org").await;
    let (phone, laptop) = (&anne.device, server.further(&anne).await);
    let photo = Sealed::of(2_500_000);
    assert_eq!(photo.shape.chunks(), 4);
    assert_eq!(
        server.look_at(&anne, &laptop, &photo).await,
        BlobStanding::Unknown
    );
    let put = server.say(&anne, phone, path::BLOB_PUT, &photo.part(0, 2)).await;
    assert_eq!(
        put.said::<BlobStanding>(),
        BlobStanding::Open(photo.there(&[0, 1]))
    );
    // The preview comes early.
    let early = server.get_chunks(&anne, &laptop, &photo, 0, 1).await;
    assert_eq!(early, photo.chunks[..1]);
    let (_, refused) = server.push_with(&anne, phone, vec![photo.blob], Vec::new()).await;
    assert_eq!(refused.refused(), ProblemCode::BlobNotWhole);

    // The network went; the device looks and sends what lacks.
    let BlobStanding::Open(there) = server.look_at(&anne, phone, &photo).await else {
        panic!("it is open");
    };
    assert_eq!(there.lacking(), [2, 3]);
    server
        .say(&anne, phone, path::BLOB_PUT, &photo.part(2, 2))
        .await
        .said::<BlobStanding>();
    let (pushed, stored) = server.push_with(&anne, phone, vec![photo.blob], Vec::new()).await;
    let PushResponse::Stored(head) = stored.said() else {
        panic!("nobody else pushes");
    };
    // Its answer was lost: the same again.
    let again = server.say(&anne, phone, path::PUSH, &pushed).await;
    assert_eq!(again.said::<PushResponse>(), PushResponse::Stored(head));
    let kept = BlobStanding::Kept(photo.there(&[0, 1, 2, 3]));
    assert_eq!(server.look_at(&anne, &laptop, &photo).await, kept);
    let listed: BlobListResponse = server
        .say(&anne, &laptop, path::BLOB_LIST, &BlobListRequest { after: None })
        .await
        .said();
    assert_eq!(listed.rows, [(photo.blob, photo.shape)]);
    assert_eq!((listed.head, listed.more), (head, false));
    assert_eq!(
        server.get_chunks(&anne, &laptop, &photo, 0, 4).await,
        photo.chunks
    );

    let mut other = photo.part(1, 1);
    other.chunks[0][5] ^= 1;
    let refused = server.say(&anne, &laptop, path::BLOB_PUT, &other).await;
    assert_eq!(refused.refused(), ProblemCode::BlobDiffers);
    let withdraw = BlobWithdrawRequest { blob: photo.blob };
    let refused = server.say(&anne, phone, path::BLOB_WITHDRAW, &withdraw).await;
    assert_eq!(refused.refused(), ProblemCode::Exists);

    let (_, dropped) = server
        .push_with(&anne, &laptop, Vec::new(), vec![photo.blob])
        .await;
    assert!(matches!(dropped.said(), PushResponse::Stored(_)));
    assert_eq!(server.look_at(&anne, phone, &photo).await, BlobStanding::Unknown);
    let gone = server.get_chunks(&anne, phone, &photo, 0, 4).await;
    assert_eq!(gone, Vec::<Vec<u8>>::new());
}

async fn the_most_that_goes_at_once_arrives_and_comes_back(server: Server) {
    let anne = server.joined("anne@example.org").await;
    let (phone, note) = (&anne.device, Sealed::of(8 << 20));
    let most = note.part(0, limits::BLOB_CHUNKS + 1);
    assert!(most.to_bytes().expect("bytes").len() > 4 << 20);
    let put = server.say(&anne, phone, path::BLOB_PUT, &most).await;
    assert_eq!(
        put.said::<BlobStanding>(),
        BlobStanding::Open(note.there(&[0, 1, 2, 3, 4]))
    );
    assert_eq!(
        server.get_chunks(&anne, phone, &note, 1, 4).await,
        note.chunks[1..5]
    );
    // What was begun and is not wanted any more is taken back.
    let withdraw = BlobWithdrawRequest { blob: note.blob };
    let withdrawn = server.say(&anne, phone, path::BLOB_WITHDRAW, &withdraw).await;
    assert_eq!(withdrawn.said::<BlobStanding>(), BlobStanding::Unknown);
    assert_eq!(server.look_at(&anne, phone, &note).await, BlobStanding::Unknown);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_room_for_attachments_says_so_and_takes_text_all_the_same() {
    let server = Server::with_room(1 << 20).await;
    let anne = server.joined("anne@example.org").await;
    let (phone, photo) = (&anne.device, Sealed::of(1 << 20));
    let refused = server.say(&anne, phone, path::BLOB_PUT, &photo.part(0, 1)).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(refused.refused(), ProblemCode::NoRoom);
    let problem: Problem = serde_json::from_slice(&refused.body).expect("a problem");
    assert_eq!(problem.room, Some(1 << 20), "and how much there is");
    let (_, pushed) = server.push_with(&anne, phone, Vec::new(), Vec::new()).await;
    assert!(matches!(pushed.said(), PushResponse::Stored(_)));
    let small = Sealed::of(500_000);
    let put = server.say(&anne, phone, path::BLOB_PUT, &small.part(0, 2)).await;
    assert!(matches!(put.said(), BlobStanding::Open(_)));
}
