#![no_main]

use libfuzzer_sys::fuzz_target;
use regie_fuzz::strict;
use regie_protocol::sync::BlobListResponse;

fuzz_target!(|bytes: &[u8]| strict::<BlobListResponse>(bytes));
