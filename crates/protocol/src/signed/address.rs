//! Addresses of servers: a scheme, a host, perhaps a port, and nothing else.

use std::fmt;

use url::{Host, Url};

use super::SignedError;

const LONGEST: usize = 255;

/// The address of a server, in the one way in which it is written: `https://host` or `https://host:port`, in ASCII. Without
/// encryption only this very computer is spoken to, for trying things.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address(String);

impl Address {
    /// Reads an address that is written in the one way.
    ///
    /// # Errors
    /// [`SignedError::Address`] for everything else.
    pub fn parse(text: &str) -> Result<Self, SignedError> {
        let address = Self::from_typed(text)?;
        if address.0 == text {
            Ok(address)
        } else {
            Err(SignedError::Address)
        }
    }

    /// Reads an address as a person types it: the scheme may be missing, a slash may follow, and letters beyond ASCII become what
    /// the network knows them by.
    ///
    /// # Errors
    /// [`SignedError::Address`] for what is none, and for more than an address.
    pub fn from_typed(typed: &str) -> Result<Self, SignedError> {
        let typed = typed.trim();
        if typed.len() > LONGEST {
            return Err(SignedError::Address);
        }
        let with_scheme = match typed.contains("://") {
            true => typed.to_owned(),
            false => format!("https://{typed}"),
        };
        let url = Url::parse(&with_scheme).map_err(|_| SignedError::Address)?;
        let nothing_else = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if nothing_else && may_be_reached(&url) {
            Ok(Self(url.origin().ascii_serialization()))
        } else {
            Err(SignedError::Address)
        }
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn may_be_reached(url: &Url) -> bool {
    let (named, here) = match url.host() {
        Some(Host::Domain(name)) => (!name.ends_with('.'), name == "localhost"),
        Some(Host::Ipv4(address)) => (true, address.is_loopback()),
        Some(Host::Ipv6(address)) => (true, address.is_loopback()),
        None => (false, false),
    };
    named && (url.scheme() == "https" || (url.scheme() == "http" && here))
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_form_and_is_read_from_what_people_type() {
        for (typed, address) in [
            ("regie.example", "https://regie.example"),
            (" https://Regie.Example/ ", "https://regie.example"),
            ("https://regie.example:443", "https://regie.example"),
            ("regie.example:8443", "https://regie.example:8443"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("https://[2001:db8::1]", "https://[2001:db8::1]"),
        ] {
            let read = Address::from_typed(typed).expect(typed);
            assert_eq!(read.as_str(), address, "{typed}");
            assert_eq!(Address::parse(address), Ok(read));
            assert_eq!(Address::parse(typed).is_ok(), typed == address, "{typed}");
        }
    }

    #[test]
    fn what_is_more_or_less_than_an_address_is_none() {
        let long = format!("https://{}", "a.".repeat(200));
        for typed in [
            "",
            "https://",
            "http://regie.example",
            "https://regie.example/path",
            "https://regie.example?x",
            "https://regie.example#x",
            "https://good.example@evil.example",
            "https://a:b@regie.example",
            "https://regie.example.",
            "ftp://regie.example",
            "javascript://regie.example",
            "https://regie example",
            &long,
        ] {
            assert_eq!(Address::from_typed(typed), Err(SignedError::Address), "{typed}");
        }
    }
}
