#![no_main]

use libfuzzer_sys::fuzz_target;
use regie_fuzz::strict;
use regie_protocol::sync::{HeadResponse, Wire};

fuzz_target!(|bytes: &[u8]| {
    strict::<HeadResponse>(bytes);
    if let Ok(said) = HeadResponse::from_bytes(bytes) {
        let _ = (said.head.header(), said.read_roll());
    }
});
