//! Whose address counts: the peer's, or what trusted proxies vouch for (`Forwarded`, RFC 7239, or `X-Forwarded-For`).

use axum::http::{HeaderMap, header};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// The nearest address that is not a trusted proxy, going back from the peer. A hop that cannot be read ends the search
/// at the proxy that wrote it.
pub(super) fn of(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer.to_canonical();
    if !is_trusted(&client) {
        return client;
    }
    for hop in hops(headers).iter().rev() {
        let Some(address) = hop.as_deref().and_then(address) else { return client };
        client = address;
        if !is_trusted(&client) {
            return client;
        }
    }
    client
}

/// The hops that proxies noted, farthest first; `None` for one that cannot be read.
fn hops(headers: &HeaderMap) -> Vec<Option<String>> {
    let lines = |name| headers.get_all(name).iter().map(|line| line.to_str().unwrap_or("?")).collect::<Vec<_>>().join(",");
    let forwarded = lines(header::FORWARDED);
    let text = if forwarded.is_empty() { lines(header::HeaderName::from_static("x-forwarded-for")) } else { forwarded.clone() };
    if text.is_empty() {
        return Vec::new();
    }
    let node = |element: &str| {
        if forwarded.is_empty() {
            return Some(element.trim().to_owned());
        }
        element.split(';').find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            name.trim().eq_ignore_ascii_case("for").then(|| value.trim().trim_matches('"').to_owned())
        })
    };
    text.split(',').map(node).collect()
}

/// An address, with or without port, IPv6 in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let parsed = bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()));
    parsed.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn client(peer: &str, name: &'static str, value: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_str(value).expect("a test header"));
        let trusted = ["10.0.0.0/8".parse().expect("a network"), "::1/128".parse().expect("a network")];
        of(peer.parse().expect("an address"), &headers, &trusted).to_string()
    }

    #[test]
    fn a_stranger_cannot_say_who_it_is() {
        assert_eq!(client("192.0.2.7", "x-forwarded-for", "203.0.113.1"), "192.0.2.7");
        assert_eq!(client("192.0.2.7", "forwarded", "for=203.0.113.1"), "192.0.2.7");
    }

    #[test]
    fn a_trusted_proxy_vouches_for_the_hop_before_it_and_no_further() {
        assert_eq!(client("10.0.0.1", "x-forwarded-for", "6.6.6.6, 203.0.113.1"), "203.0.113.1");
        assert_eq!(client("10.0.0.1", "x-forwarded-for", "203.0.113.1, 10.0.0.2"), "203.0.113.1");
        assert_eq!(client("10.0.0.1", "forwarded", "for=6.6.6.6, for=\"[2001:db8::1]:4711\";proto=https"), "2001:db8::1");
        assert_eq!(client("::ffff:10.0.0.1", "x-forwarded-for", "203.0.113.1:99"), "203.0.113.1");
    }

    #[test]
    fn a_hop_that_cannot_be_read_leaves_the_proxy_that_wrote_it() {
        assert_eq!(client("10.0.0.1", "x-forwarded-for", "203.0.113.1, nonsense"), "10.0.0.1");
        assert_eq!(client("10.0.0.1", "forwarded", "for=_hidden"), "10.0.0.1");
        assert_eq!(client("10.0.0.1", "forwarded", "proto=https"), "10.0.0.1");
    }
}
