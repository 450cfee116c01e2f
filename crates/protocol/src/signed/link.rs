//! `regie://join?server=…&code=…`: an invitation as a link or QR. Anybody can write one, so it only fills in a screen, on which a
//! person sees whose server it is and confirms.

use std::fmt;

use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

use super::{Address, InvitationCode, SignedError};

const SCHEME: &str = "regie";
const HOST: &str = "join";
const LONGEST: usize = 1024;

/// What a link wants to fill in. Nothing of it is to be trusted.
#[derive(Clone)]
pub struct JoinLink {
    /// The server that it names.
    pub server: Address,
    /// The code, where it brings one.
    pub code: Option<InvitationCode>,
}

impl JoinLink {
    /// Reads a link. What it says besides is left out; what it says twice is refused.
    ///
    /// # Errors
    /// [`SignedError::Link`]; [`SignedError::Address`]; [`SignedError::Mistyped`] when the code cannot have been issued.
    pub fn parse(link: &str) -> Result<Self, SignedError> {
        if link.len() > LONGEST {
            return Err(SignedError::Link);
        }
        let url = Url::parse(link).map_err(|_| SignedError::Link)?;
        let ours = url.scheme() == SCHEME
            && url.host_str() == Some(HOST)
            && matches!(url.path(), "" | "/")
            && url.port().is_none()
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none();
        if !ours {
            return Err(SignedError::Link);
        }
        let code = only(&url, "code")?.map(|code| InvitationCode::parse(&code));
        Ok(Self {
            server: Address::parse(&only(&url, "server")?.ok_or(SignedError::Link)?)?,
            code: code.transpose()?,
        })
    }

    /// The link, which holds the code.
    ///
    /// # Errors
    /// Never in practice.
    pub fn written(&self) -> Result<Zeroizing<String>, SignedError> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("server", self.server.as_str());
        if let Some(code) = &self.code {
            query.append_pair("code", &code.written()?);
        }
        let query = Zeroizing::new(query.finish());
        Ok(Zeroizing::new(format!("{SCHEME}://{HOST}?{}", *query)))
    }
}

fn only(url: &Url, name: &str) -> Result<Option<Zeroizing<String>>, SignedError> {
    let mut values = url.query_pairs().filter(|(key, _)| key == name);
    let value = values.next().map(|(_, value)| Zeroizing::new(value.into_owned()));
    match values.next() {
        None => Ok(value),
        Some(_) => Err(SignedError::Link),
    }
}

impl fmt::Debug for JoinLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JoinLink(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_link_is_read_back(secret: [u8; 16], port in 1024_u16.., with_code: bool) {
            let code = with_code.then(|| InvitationCode::from_random(secret));
            let server = Address::parse(&format!("https://regie.example:{port}"))?;
            let link = JoinLink { server, code };
            let read = JoinLink::parse(&link.written()?)?;
            prop_assert_eq!(&read.server, &link.server);
            prop_assert_eq!(read.code.map(|code| code.hash()), link.code.map(|code| code.hash()));
        }

        #[test]
        fn no_text_makes_reading_a_link_fail_otherwise_than_by_saying_so(text in "(regie://join\\?)?.{0,80}") {
            let _ = JoinLink::parse(&text);
        }
    }

    #[test]
    fn a_link_that_is_not_ours_or_says_something_twice_is_refused() {
        let server = "server=https%3A%2F%2Fregie.example";
        for (link, error) in [
            (format!("regie://pair?{server}"), SignedError::Link),
            (format!("regie:join?{server}"), SignedError::Link),
            (format!("regie://join/now?{server}"), SignedError::Link),
            (format!("regie://me@join?{server}"), SignedError::Link),
            (format!("regie://join:80?{server}"), SignedError::Link),
            (format!("regie://join?{server}#x"), SignedError::Link),
            (format!("https://join?{server}"), SignedError::Link),
            (format!("regie://join?{server}&{server}"), SignedError::Link),
            (format!("regie://join?{server}&code=A&code=B"), SignedError::Link),
            (
                format!("regie://join?{server}&x={}", "x".repeat(LONGEST)),
                SignedError::Link,
            ),
            ("regie://join?code=A".to_owned(), SignedError::Link),
            ("regie://join".to_owned(), SignedError::Link),
            (
                "regie://join?server=http%3A%2F%2Fregie.example".to_owned(),
                SignedError::Address,
            ),
            (
                format!("regie://join?{server}%40evil.example"),
                SignedError::Address,
            ),
            (format!("regie://join?{server}&code=ABCD"), SignedError::Mistyped),
        ] {
            assert_eq!(JoinLink::parse(&link).err(), Some(error), "{link}");
        }
        let read = JoinLink::parse(&format!("regie://join/?colour=red&{server}")).expect("a link");
        assert_eq!(read.server.as_str(), "https://regie.example");
    }
}
