#![no_main]

use libfuzzer_sys::fuzz_target;
use regie_crypto::{
    Key,
    chunk::{Blob, open_chunk},
};
use regie_protocol::sync::BlobId;

fuzz_target!(|bytes: &[u8]| {
    let blob = Blob::from_parts(BlobId([1; 16]), Key::from_bytes([2; 32]), 1_000);
    // Nobody who fuzzes has the key: whatever comes does not open, in any place.
    let opens = |blob: &Blob| (0..4).any(|number| open_chunk(blob, number, bytes).is_ok());
    assert!(blob.is_ok_and(|blob| !opens(&blob)));
});
