//! Roots of operators that came with the program.

mod list;

use regie_protocol::signed::VerifyingKey;

/// Set when a build for certain operators is made (docs/operations.md): the public keys of their roots. Without it no root is known, and each is
/// confirmed by its fingerprint.
const SHIPPED: Option<&str> = option_env!("REGIE_ROOTS");

pub(super) fn built_in() -> Vec<VerifyingKey> {
    // The build script refused what cannot be read.
    read(SHIPPED.unwrap_or_default()).unwrap_or_default()
}

fn read(list: &str) -> Result<Vec<VerifyingKey>, String> {
    list::read(list, |bytes| VerifyingKey::from_bytes(bytes).ok())
}

#[cfg(test)]
mod tests {
    use regie_protocol::signed::SigningKey;

    use super::*;

    #[test]
    fn a_list_of_roots_is_read_whole_or_told_by_its_place() {
        let roots = [1, 2].map(|seed| SigningKey::from_seed(&[seed; 32]).verifying_key());
        let [one, other] = roots.map(|root| data_encoding::HEXLOWER.encode(root.as_bytes()));
        assert_eq!(
            read(&format!("{one}, {}", other.to_uppercase())),
            Ok(roots.to_vec())
        );
        assert_eq!((read(""), read(" ")), (Ok(Vec::new()), Ok(Vec::new())));
        // About half of all bytes are no point of the curve.
        let off = (1..=u8::MAX).find(|byte| VerifyingKey::from_bytes(&[*byte; 32]).is_err());
        let off = data_encoding::HEXLOWER.encode(&[off.expect("one"); 32]);
        for (list, told) in [
            (format!("{one},"), "root 2 is not 64 hexadecimal digits"),
            (
                one.chars().skip(1).collect(),
                "root 1 is not 64 hexadecimal digits",
            ),
            (format!("{one};{other}"), "root 1 is not 64 hexadecimal digits"),
            (format!("{one},{other},{one}"), "root 3 stands there twice"),
            ("0".repeat(64), "root 1 is no public key of Ed25519"),
            (format!("{one},{off}"), "root 2 is no public key of Ed25519"),
        ] {
            assert_eq!(read(&list), Err(told.to_owned()));
        }
    }

    #[test]
    fn a_build_trusts_the_roots_that_it_was_given_and_without_any_none() {
        let given = SHIPPED.unwrap_or_default();
        let parts = given.split(',').filter(|part| !part.trim().is_empty());
        assert_eq!(built_in().len(), parts.count());
        assert_eq!(crate::account::Work::default().roots, built_in());
    }
}
