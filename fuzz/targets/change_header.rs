#![no_main]

use libfuzzer_sys::fuzz_target;
use regie_protocol::signed::ChangeHeader;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(header) = ChangeHeader::from_bytes(bytes) {
        assert!(header.to_bytes().is_ok_and(|written| written == bytes));
    }
});
