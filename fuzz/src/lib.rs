//! What every target asks: whatever bytes come, nothing panics, and what is read would be written in these very bytes.

use regie_protocol::sync::Wire;

/// For something that is said on the wire.
pub fn strict<T: Wire>(bytes: &[u8]) {
    if let Ok(said) = T::from_bytes(bytes) {
        assert!(said.to_bytes().is_ok_and(|written| written == bytes));
    }
}
