//! What is found without being stored: keyed hashes of addresses, accounts and networks.
//!
//! One key, from which each use has its own by BLAKE3's derivation: a hash of one kind says nothing about another's.

use std::fmt;
use std::net::IpAddr;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::Secret;

macro_rules! hash {
    ($(#[$text:meta])* $name:ident) => {
        $(#[$text])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub [u8; 32]);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

hash! {
    /// A normalised e-mail address, hashed.
    AddressHash
}
hash! {
    /// Who tries to log in, hashed: an account, or an address that nobody has.
    SubjectHash
}
hash! {
    /// From where somebody tries, hashed.
    NetworkHash
}
hash! {
    /// The number of a mailbox, hashed.
    NumberHash
}

/// The key of the hashes.
#[derive(Debug)]
pub struct IndexKey(Secret);

impl IndexKey {
    /// An index key of these bytes.
    #[must_use]
    pub const fn new(secret: Secret) -> Self {
        Self(secret)
    }

    pub(crate) const fn secret(&self) -> &Secret {
        &self.0
    }

    /// The hash by which an address is found.
    ///
    /// Normalised first: white space around it goes, it is brought to Unicode form C, and both sides of the sign are
    /// lowercased. Nothing that only one provider does: dots and what follows a plus stay. A domain in letters beyond
    /// ASCII and the same one as `xn--` are two.
    #[must_use]
    pub fn address(&self, address: &str) -> AddressHash {
        AddressHash(self.hash("regie/1/index/address", normalised(address).as_bytes()))
    }

    /// The hash under which begun logins of an account are counted.
    #[must_use]
    pub fn account(&self, id: &[u8; 16]) -> SubjectHash {
        SubjectHash(self.hash("regie/1/index/account", id))
    }

    /// The same for an address that nobody has.
    #[must_use]
    pub fn unknown(&self, address: &AddressHash) -> SubjectHash {
        SubjectHash(self.hash("regie/1/index/unknown", &address.0))
    }

    /// The hash of a network address. Of IPv6 the first 64 bits count: the rest is one household's to choose.
    #[must_use]
    pub fn network(&self, address: IpAddr) -> NetworkHash {
        let bytes = match address.to_canonical() {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().into_iter().take(8).collect(),
        };
        NetworkHash(self.hash("regie/1/index/network", &bytes))
    }

    /// The hash by which a mailbox of two devices is found.
    #[must_use]
    pub fn number(&self, number: u32) -> NumberHash {
        NumberHash(self.hash("regie/1/index/number", &number.to_be_bytes()))
    }

    /// The identifier that OPAQUE's keys hang on for an address that nobody has: the same one each time, and for whoever
    /// lacks the key not to be told from an account's random one.
    #[must_use]
    pub fn pseudo_credential(&self, address: &AddressHash) -> [u8; 32] {
        self.hash("regie/1/index/credential", &address.0)
    }

    fn hash(&self, purpose: &'static str, value: &[u8]) -> [u8; 32] {
        *blake3::keyed_hash(&self.0.derive(purpose), value).as_bytes()
    }
}

fn normalised(address: &str) -> Zeroizing<String> {
    // Lowercasing can take a letter apart (İ), so form C comes last too.
    let composed = Zeroizing::new(address.trim().nfc().collect::<String>());
    let lowered = Zeroizing::new(composed.to_lowercase());
    Zeroizing::new(lowered.nfc().collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> IndexKey {
        IndexKey::new(Secret::from_bytes(&[5; 32]))
    }

    #[test]
    fn one_address_written_in_several_ways_is_found_by_one_hash() {
        let expected = key().address("anne@example.org");
        for same in [" anne@example.org\n", "Anne@Example.ORG", "ANNE@EXAMPLE.ORG"] {
            assert_eq!(key().address(same), expected, "{same}");
        }
        assert_eq!(
            key().address("ren\u{e9}@example.org"),
            key().address("Rene\u{301}@example.org")
        );
        for other in ["an.ne@example.org", "anne+regie@example.org", "anne@example.com"] {
            assert_ne!(key().address(other), expected, "{other}");
        }
    }

    #[test]
    fn hashes_of_one_value_for_two_uses_differ_and_so_do_those_of_two_keys() {
        let address = key().address("anne@example.org");
        let other = IndexKey::new(Secret::from_bytes(&[6; 32]));
        assert_ne!(other.address("anne@example.org"), address);
        assert_ne!(key().unknown(&address).0, key().pseudo_credential(&address));
        assert_ne!(
            key().account(&[1; 16]).0,
            key().hash("regie/1/index/unknown", &[1; 16])
        );
        assert_eq!(
            key().pseudo_credential(&address),
            key().pseudo_credential(&address)
        );
    }

    #[test]
    fn a_household_with_many_addresses_counts_as_one() {
        let network = |text: &str| key().network(text.parse().unwrap());
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }

    proptest! {
        #[test]
        fn normalising_twice_is_normalising_once(address in "\\PC{0,40}") {
            let once = normalised(&address);
            let twice = normalised(&once);
            prop_assert_eq!(twice.as_str(), once.as_str());
        }
    }
}
