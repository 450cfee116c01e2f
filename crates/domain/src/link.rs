//! Links inside what people write or import: only ordinary web addresses may ever be opened.

use url::Url;

/// A web address that may be offered to the system's browser after the person confirms its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebLink(Url);

impl WebLink {
    /// Accepts `http` and `https` with a host and without credentials; everything else is refused.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let plain =
            matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
        (plain && url.host_str().is_some_and(|host| !host.is_empty())).then_some(Self(url))
    }

    /// The host in ASCII, so that look-alike letters show.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The whole address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_web_addresses_pass() {
        for bad in [
            "javascript:alert(1)",
            "file:///etc/passwd",
            "data:text/html,x",
            "regie://join",
            "https://",
            "https://bank.example@evil.example/",
            "mailto:a@b.example",
            "vbscript:x",
            "//evil.example",
            "ftp://x.example",
            "",
        ] {
            assert_eq!(WebLink::parse(bad), None, "{bad}");
        }
        assert_eq!(
            WebLink::parse("https://gemeente.example/pad?a=1").map(|l| l.host().to_owned()),
            Some("gemeente.example".into())
        );
        assert_eq!(
            WebLink::parse("https://b\u{e1}nk.example/").map(|l| l.host().to_owned()),
            Some("xn--bnk-ela.example".into())
        );
    }
}
