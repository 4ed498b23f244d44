//! A base URL that somebody gave: refused, or public `https` that reads the same the second time.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use vault::egress::{Endpoint, EndpointPolicy};

static NOTHING_LISTED: LazyLock<EndpointPolicy> = LazyLock::new(|| EndpointPolicy::new(&[], Vec::new()).expect("an empty list"));

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(endpoint) = Endpoint::parse_user(&NOTHING_LISTED, text) {
        let origin = endpoint.origin().strip_prefix("https://").expect("https alone");
        let host = origin.strip_suffix(":443").unwrap_or(origin);
        assert!(host.contains('.') && !host.starts_with('[') && host.parse::<std::net::Ipv4Addr>().is_err(), "{host:?}");
        // In a path it names nobody.
        assert!(!host.contains(['@', ':', '/', '%']), "{host:?}");
        assert!(!endpoint.as_str().contains(['#', '?', '\\', ' ']), "{:?}", endpoint.as_str());
        let again = Endpoint::parse_user(&NOTHING_LISTED, endpoint.as_str()).expect("what was written is read");
        assert_eq!((again.as_str(), again.origin()), (endpoint.as_str(), endpoint.origin()));
    }
    let _ = Endpoint::from_catalogue(text);
    // An entry of the allow-list; the machine's own addresses are looked up for it, so not every time.
    if text.starts_with("http") {
        let _ = EndpointPolicy::new(&[text.to_owned()], Vec::new());
    }
});
