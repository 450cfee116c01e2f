//! Who asks, as far as limits need to know: an address that is counted, and written down nowhere.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::{
    extract::{ConnectInfo, Request},
    http::{Extensions, HeaderMap},
};

/// The address that a request came from.
///
/// Behind a stated proxy it is the last one in `X-Forwarded-For`, which the proxy itself put there; those before it
/// are what the client claims. Without a stated proxy the header means nothing.
#[must_use]
pub fn address(request: &Request, proxy: bool) -> Option<IpAddr> {
    address_in(request.extensions(), request.headers(), proxy)
}

/// The same, of a request in its parts.
pub(super) fn address_in(extensions: &Extensions, headers: &HeaderMap, proxy: bool) -> Option<IpAddr> {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    let forwarded = proxy.then(|| forwarded(headers)).flatten();
    forwarded.or(peer.map(|peer| peer.0.ip()))
}

fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?;
    let one = last.to_str().ok()?.rsplit(',').next()?.trim();
    let with_port = || one.parse::<SocketAddr>().map(|address| address.ip());
    one.parse().or_else(|_| with_port()).ok()
}

/// The network that is counted: with IPv6 one customer holds 64 bits of addresses, and would have as many limits.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn request(headers: &[&str]) -> Request {
        let peer: SocketAddr = "192.0.2.1:1".parse().expect("an address");
        let mut request = headers
            .iter()
            .fold(axum::http::Request::builder(), |request, value| {
                request.header("X-Forwarded-For", *value)
            })
            .body(Body::empty())
            .expect("a request");
        request.extensions_mut().insert(ConnectInfo(peer));
        request
    }

    #[test]
    fn only_the_proxys_own_word_about_an_address_is_taken_and_only_when_there_is_one() {
        let peer: IpAddr = "192.0.2.1".parse().expect("an address");
        let seen: IpAddr = "203.0.113.9".parse().expect("an address");
        for headers in [
            vec!["203.0.113.9"],
            vec!["10.0.0.1, 203.0.113.9"],
            vec!["10.0.0.1", "8.8.8.8 ,203.0.113.9:4711"],
        ] {
            assert_eq!(address(&request(&headers), true), Some(seen), "{headers:?}");
            assert_eq!(address(&request(&headers), false), Some(peer), "{headers:?}");
        }
        for headers in [vec![], vec!["unknown"], vec!["203.0.113.9, "]] {
            assert_eq!(address(&request(&headers), true), Some(peer), "{headers:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_client_claims_the_proxys_word_stands(claim in "[ -~]{0,60}") {
            let told = format!("{claim}, 203.0.113.9");
            let seen: IpAddr = "203.0.113.9".parse().expect("an address");
            proptest::prop_assert_eq!(address(&request(&[&told]), true), Some(seen));
            proptest::prop_assert_eq!(address(&request(&[&claim, "203.0.113.9"]), true), Some(seen));
        }
    }

    #[test]
    fn a_customers_ipv6_network_counts_as_one_and_a_mapped_address_as_itself() {
        let net = |text: &str| network(text.parse().expect("an address")).to_string();
        assert_eq!(net("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(net("2001:db8:1:2:ffff::1"), net("2001:db8:1:2::"));
        assert_ne!(net("2001:db8:1:3::1"), net("2001:db8:1:2::1"));
        assert_eq!(net("::ffff:192.0.2.7"), "192.0.2.7");
    }
}
