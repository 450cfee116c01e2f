//! Roots of operators that came with the program.

use regie_protocol::signed::VerifyingKey;

/// Set when a signed build is made: public keys in hexadecimal, with commas between. Without it no root is known, and each is confirmed
/// by its fingerprint.
const SHIPPED: Option<&str> = option_env!("REGIE_ROOTS");

pub(super) fn built_in() -> Vec<VerifyingKey> {
    read(SHIPPED.unwrap_or_default())
}

fn read(list: &str) -> Vec<VerifyingKey> {
    list.split(',')
        .filter_map(|key| data_encoding::HEXLOWER.decode(key.trim().as_bytes()).ok())
        .filter_map(|bytes| VerifyingKey::from_bytes(&bytes.try_into().ok()?).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use regie_protocol::signed::SigningKey;

    use super::*;

    #[test]
    fn a_list_of_roots_is_read_and_what_is_no_key_is_none() {
        let root = SigningKey::from_seed(&[1; 32]).verifying_key();
        let hex = data_encoding::HEXLOWER.encode(root.as_bytes());
        assert_eq!(read(&format!("{hex}, {hex}")), [root, root]);
        assert!(read("").is_empty() && read("00").is_empty());
        assert!(read(&"0".repeat(64)).is_empty());
    }
}
