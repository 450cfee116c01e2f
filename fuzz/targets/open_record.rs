#![no_main]

use libfuzzer_sys::fuzz_target;
use regie_crypto::{Key, account::AccountKey, record::RecordKey};
use regie_protocol::{signed::AccountId, sync::Envelope};

fuzz_target!(|bytes: &[u8]| {
    let Ok(envelope) = Envelope::from_bytes(bytes) else {
        return;
    };
    let account = AccountKey::from_key(AccountId([1; 16]), envelope.label.epoch, Key::from_bytes([2; 32]));
    // Nobody who fuzzes has the key: whatever comes does not open.
    assert!(RecordKey::derive(&account).is_ok_and(|key| key.open(&envelope).is_err()));
});
