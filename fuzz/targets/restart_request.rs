#![no_main]

use libfuzzer_sys::fuzz_target;
use regie_fuzz::strict;
use regie_protocol::sync::{RestartRequest, Wire};

fuzz_target!(|bytes: &[u8]| {
    strict::<RestartRequest>(bytes);
    // What stands in it is a stranger's as well.
    if let Ok(said) = RestartRequest::from_bytes(bytes) {
        let _ = said.read_parts();
    }
});
