#![no_main]

use libfuzzer_sys::fuzz_target;
use regie_protocol::sync::Envelope;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(envelope) = Envelope::from_bytes(bytes) {
        assert!(envelope.to_bytes().is_ok_and(|written| written == bytes));
    }
});
