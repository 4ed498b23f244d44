//! Whose address counts: the peer's, or what trusted proxies vouch for (`X-Forwarded-For`, or `Forwarded`, RFC 7239).
//!
//! A proxy passes on what it does not know: behind one that writes `X-Forwarded-For` alone, `Forwarded` is the client's own, and the
//! other way round. When there are both and they name different clients, one of them is forged and the peer's address counts.

use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// The nearest address that is not a trusted proxy, going back from the peer. A hop that cannot be read ends the search
/// at the proxy that wrote it.
pub(super) fn of(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let peer = peer.to_canonical();
    if !is_trusted(&peer) {
        return peer;
    }
    let (common, standard) = (x_forwarded_for(headers), forwarded(headers));
    let nearest = |hops: &[Option<String>]| {
        let mut client = peer;
        for hop in hops.iter().rev() {
            let Some(address) = hop.as_deref().and_then(address) else { return client };
            client = address;
            if !is_trusted(&client) {
                return client;
            }
        }
        client
    };
    match (nearest(&common), nearest(&standard)) {
        (client, _) if standard.is_empty() => client,
        (_, client) if common.is_empty() => client,
        (client, other) if client == other => client,
        _ => peer,
    }
}

/// The hops that proxies noted, farthest first.
fn x_forwarded_for(headers: &HeaderMap) -> Vec<Option<String>> {
    elements(headers, &HeaderName::from_static("x-forwarded-for")).map(|element| Some(element.trim().to_owned())).collect()
}

/// The same; `None` for a hop that cannot be read.
fn forwarded(headers: &HeaderMap) -> Vec<Option<String>> {
    let node = |element: &str| {
        element.split(';').find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            name.trim().eq_ignore_ascii_case("for").then(|| value.trim().trim_matches('"').to_owned())
        })
    };
    elements(headers, &header::FORWARDED).map(node).collect()
}

fn elements<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    headers.get_all(name).iter().flat_map(|line| line.to_str().unwrap_or("?").split(','))
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
        with(peer, &[(name, value)])
    }

    fn with(peer: &str, pairs: &[(&'static str, &str)]) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_str(value).expect("a test header"));
        }
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

    #[test]
    fn a_header_that_the_proxy_passed_on_unread_forges_no_address() {
        let both = |common: &str, standard: &str| with("10.0.0.1", &[("x-forwarded-for", common), ("forwarded", standard)]);
        assert_eq!(both("203.0.113.1", "for=6.6.6.6"), "10.0.0.1");
        assert_eq!(both("6.6.6.6", "for=203.0.113.1"), "10.0.0.1");
        assert_eq!(both("203.0.113.1", "nonsense"), "10.0.0.1");
        assert_eq!(both("203.0.113.1", ""), "10.0.0.1");
        assert_eq!(both("6.6.6.6, 203.0.113.1", "for=203.0.113.1"), "203.0.113.1");
    }
}
