//! Laws that hold for everything that is said, whatever it says, and for whatever a stranger sends in its place.

use std::fmt::Debug;

use proptest::{collection::vec, prelude::*, sample::Index};
use regie_protocol::{
    signed::{ChangeHeader, EpochHeader, SignedError},
    sync::{
        BlobGetRequest, BlobGetResponse, BlobListRequest, BlobListResponse, BlobLookRequest, BlobPutRequest,
        BlobStanding, BlobWithdrawRequest, Envelope, FetchRequest, FetchResponse, HeadRequest, HeadResponse,
        HeadersRequest, HeadersResponse, ListRequest, ListResponse, PullRequest, PullResponse, PushRequest,
        PushResponse, RestartRequest, Wire,
    },
};

use super::samples;

/// It comes back; it is written in one way; another version is told apart; one bit makes it something else or nothing.
fn comes_back<T: Wire + PartialEq + Debug>(said: &T, at: Index) -> Result<(), TestCaseError> {
    let bytes = said.to_bytes()?;
    let read = T::from_bytes(&bytes)?;
    prop_assert_eq!(&read, said);
    prop_assert_eq!(&read.into_bytes()?, &bytes);
    let mut flipped = bytes.clone();
    let bit = at.index(bytes.len() * 8);
    flipped[bit / 8] ^= 1 << (bit % 8);
    prop_assert!(T::from_bytes(&flipped).as_ref() != Ok(said));
    let mut later = bytes.clone();
    later[1] = 2;
    prop_assert_eq!(T::from_bytes(&later).err(), Some(SignedError::Version));
    prop_assert!(T::from_bytes(&[bytes.as_slice(), &[0]].concat()).is_err());
    prop_assert!(T::from_bytes(&bytes[..bytes.len() - 1]).is_err());
    Ok(())
}

/// Whatever is read would be written so, and nothing panics.
fn strict<T: Wire>(bytes: &[u8]) -> Result<(), TestCaseError> {
    if let Ok(said) = T::from_bytes(bytes) {
        prop_assert_eq!(said.to_bytes()?, bytes);
    }
    Ok(())
}

fn strict_all(bytes: &[u8]) -> Result<(), TestCaseError> {
    strict::<PushRequest>(bytes)?;
    strict::<PushResponse>(bytes)?;
    strict::<RestartRequest>(bytes)?;
    strict::<PullRequest>(bytes)?;
    strict::<PullResponse>(bytes)?;
    strict::<HeadRequest>(bytes)?;
    strict::<HeadResponse>(bytes)?;
    strict::<HeadersRequest>(bytes)?;
    strict::<HeadersResponse>(bytes)?;
    strict::<ListRequest>(bytes)?;
    strict::<ListResponse>(bytes)?;
    strict::<FetchRequest>(bytes)?;
    strict::<FetchResponse>(bytes)?;
    strict::<BlobGetRequest>(bytes)?;
    strict::<BlobGetResponse>(bytes)?;
    strict::<BlobListRequest>(bytes)?;
    strict::<BlobListResponse>(bytes)?;
    strict::<BlobLookRequest>(bytes)?;
    strict::<BlobPutRequest>(bytes)?;
    strict::<BlobStanding>(bytes)?;
    strict::<BlobWithdrawRequest>(bytes)?;
    if let Ok(envelope) = Envelope::from_bytes(bytes) {
        prop_assert_eq!(envelope.to_bytes()?, bytes);
    }
    if let Ok(header) = ChangeHeader::from_bytes(bytes) {
        prop_assert_eq!(header.to_bytes()?, bytes);
    }
    if let Ok(header) = EpochHeader::from_bytes(bytes) {
        prop_assert_eq!(header.to_bytes()?, bytes);
    }
    Ok(())
}

/// Some bytes of something real, with a few of them altered: these get farther than bytes by chance.
fn altered(mut bytes: Vec<u8>, changes: &[(Index, u8)]) -> Vec<u8> {
    for (at, byte) in changes {
        let at = at.index(bytes.len());
        bytes[at] = *byte;
    }
    bytes
}

proptest! {
    #[test]
    fn pushes_come_back(said in samples::pushes(), answer in samples::push_answers(), restart in samples::restarts(), at: Index) {
        comes_back(&said, at)?;
        comes_back(&answer, at)?;
        comes_back(&restart, at)?;
    }

    #[test]
    fn pulls_come_back(said in samples::pulls(), answer in samples::pull_answers(), at: Index) {
        comes_back(&said, at)?;
        comes_back(&answer, at)?;
    }

    #[test]
    fn heads_and_headers_come_back(
        head in samples::head_questions(), answer in samples::head_answers(),
        headers in samples::headers_questions(), answers in samples::headers_answers(), at: Index
    ) {
        comes_back(&head, at)?;
        comes_back(&answer, at)?;
        comes_back(&headers, at)?;
        comes_back(&answers, at)?;
    }

    #[test]
    fn lists_and_what_is_fetched_come_back(
        list in samples::lists(), rows in samples::list_answers(),
        fetch in samples::fetches(), fetched in samples::fetch_answers(), at: Index
    ) {
        comes_back(&list, at)?;
        comes_back(&rows, at)?;
        comes_back(&fetch, at)?;
        comes_back(&fetched, at)?;
    }

    #[test]
    fn what_is_said_of_blobs_comes_back(
        (look, withdraw) in samples::looks(), standing in samples::standings(), get in samples::gets(),
        got in samples::get_answers(), list in samples::blob_lists(), rows in samples::blob_list_answers(), at: Index
    ) {
        comes_back(&look, at)?;
        comes_back(&withdraw, at)?;
        comes_back(&standing, at)?;
        comes_back(&get, at)?;
        comes_back(&got, at)?;
        comes_back(&list, at)?;
        comes_back(&rows, at)?;
    }

    #[test]
    fn whatever_a_stranger_sends_is_refused_or_is_the_one_way_to_say_it(bytes in vec(any::<u8>(), 0..200)) {
        strict_all(&bytes)?;
    }

    #[test]
    fn something_real_with_a_few_bytes_altered_is_refused_or_is_the_one_way_to_say_it(
        push in samples::pushes(), restart in samples::restarts(), page in samples::pull_answers(),
        head in samples::head_answers(), rows in samples::list_answers(), standing in samples::standings(),
        blobs in samples::blob_list_answers(), changes in vec(any::<(Index, u8)>(), 1..4)
    ) {
        for bytes in [push.to_bytes()?, restart.to_bytes()?, page.to_bytes()?, head.to_bytes()?, rows.to_bytes()?, standing.to_bytes()?, blobs.to_bytes()?] {
            strict_all(&altered(bytes, &changes))?;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn chunks_that_are_put_come_back(said in samples::puts(), at: Index, changes in vec(any::<(Index, u8)>(), 1..4)) {
        comes_back(&said, at)?;
        strict::<BlobPutRequest>(&altered(said.to_bytes()?, &changes))?;
    }
}
