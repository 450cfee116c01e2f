//! Bytes as they travel in JSON: base64url without padding (RFC 4648, 5).

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Bytes of any length; what they weigh is limited with the body. Their debug form is their length.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Blob(pub Vec<u8>);

/// Exactly `N` bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fixed<const N: usize>(pub [u8; N]);

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl<const N: usize> Serialize for Fixed<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        decode(deserializer).map(Self)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Fixed<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = decode(deserializer)?;
        bytes
            .try_into()
            .map(Self)
            .map_err(|_| de::Error::custom("bytes of another length"))
    }
}

// No value stands in an error: it may be a secret.
fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    BASE64URL_NOPAD
        .decode(text.as_bytes())
        .map_err(|_| de::Error::custom("not base64url without padding"))
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob({} bytes)", self.0.len())
    }
}

impl<const N: usize> fmt::Debug for Fixed<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fixed({N} bytes)")
    }
}

impl From<Vec<u8>> for Blob {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl<const N: usize> From<[u8; N]> for Fixed<N> {
    fn from(bytes: [u8; N]) -> Self {
        Self(bytes)
    }
}

#[cfg(feature = "openapi")]
mod schema {
    use std::borrow::Cow;

    use utoipa::{
        PartialSchema, ToSchema,
        openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
    };

    use super::{Blob, Fixed};

    fn text(about: String) -> ObjectBuilder {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^[A-Za-z0-9_-]*$"))
            .description(Some(about))
    }

    impl PartialSchema for Blob {
        fn schema() -> RefOr<Schema> {
            text("Bytes in base64url without padding.".to_owned()).into()
        }
    }
    impl ToSchema for Blob {}

    impl<const N: usize> PartialSchema for Fixed<N> {
        fn schema() -> RefOr<Schema> {
            let signs = (N * 8).div_ceil(6);
            text(format!("{N} bytes in base64url without padding."))
                .min_length(Some(signs))
                .max_length(Some(signs))
                .into()
        }
    }
    impl<const N: usize> ToSchema for Fixed<N> {
        /// Each length is a schema of its own.
        fn name() -> Cow<'static, str> {
            format!("Fixed{N}").into()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bytes_come_back_from_json(bytes: Vec<u8>, fixed: [u8; 16]) {
            let text = serde_json::to_string(&(Blob(bytes.clone()), Fixed(fixed)))?;
            let (blob, read): (Blob, Fixed<16>) = serde_json::from_str(&text)?;
            prop_assert_eq!((blob.0, read.0), (bytes, fixed));
        }
    }

    #[test]
    fn other_lengths_and_other_spellings_are_refused_without_being_repeated() {
        for text in ["\"AAA\"", "\"AA==\"", "\"A+/A\"", "\"AB\"", "7"] {
            let error = serde_json::from_str::<Fixed<16>>(text).unwrap_err().to_string();
            assert!(!error.contains("AA") && !error.contains("A+"), "{error}");
        }
    }
}
