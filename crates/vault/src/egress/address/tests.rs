use super::*;
use sha2::{Digest, Sha256};

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// First and last address of each range, written out from the registries and not from the table in the code.
const CLOSED_V4: [(&str, &str); 14] = [
    ("0.0.0.0", "0.255.255.255"),
    ("10.0.0.0", "10.255.255.255"),
    ("100.64.0.0", "100.127.255.255"),
    ("127.0.0.0", "127.255.255.255"),
    ("169.254.0.0", "169.254.255.255"),
    ("172.16.0.0", "172.31.255.255"),
    ("192.0.0.0", "192.0.0.255"),
    ("192.0.2.0", "192.0.2.255"),
    ("192.88.99.0", "192.88.99.255"),
    ("192.168.0.0", "192.168.255.255"),
    ("198.18.0.0", "198.19.255.255"),
    ("198.51.100.0", "198.51.100.255"),
    ("203.0.113.0", "203.0.113.255"),
    ("224.0.0.0", "255.255.255.255"),
];

fn closed_v4(bits: u32) -> bool {
    CLOSED_V4.iter().any(|(first, last)| {
        let bound = |text: &str| text.parse::<Ipv4Addr>().unwrap().to_bits();
        (bound(first)..=bound(last)).contains(&bits)
    })
}

#[test]
fn every_border_of_an_ipv4_range_is_exact_and_mapped_forms_agree() {
    for (first, last) in CLOSED_V4 {
        for edge in [first, last] {
            let edge = edge.parse::<Ipv4Addr>().unwrap().to_bits();
            for bits in [edge.wrapping_sub(1), edge, edge.wrapping_add(1)] {
                let v4 = Ipv4Addr::from_bits(bits);
                assert_eq!(is_public(v4.into()), !closed_v4(bits), "{v4}");
                assert_eq!(is_public(v4.to_ipv6_mapped().into()), !closed_v4(bits), "::ffff:{v4}");
            }
        }
    }
}

/// Without optimisation every address takes minutes; then it is one in so many.
const STEP: u32 = if cfg!(debug_assertions) { 4_099 } else { 1 };

#[test]
fn every_ipv4_address_agrees_with_the_independent_table() {
    let bits = |text: &str| text.parse::<Ipv4Addr>().unwrap().to_bits();
    let (mut next, mut seen) = (0_u64, 0);
    let mut agrees = |first: u64, end: u64, public: bool| {
        for ip in (first..end).step_by(STEP as usize) {
            let ip = Ipv4Addr::from_bits(u32::try_from(ip).unwrap());
            assert_eq!(is_public(ip.into()), public, "{ip}");
            seen += 1;
        }
    };
    for (first, last) in CLOSED_V4.map(|(first, last)| (u64::from(bits(first)), u64::from(bits(last)))) {
        agrees(next, first, true);
        agrees(first, last + 1, false);
        next = last + 1;
    }
    assert_eq!(next, 1 << 32, "the table ends with the last address");
    assert!(seen >= (1_u64 << 32) / u64::from(STEP), "{seen}");
}

/// Addresses that share a beginning of any length with one that begins or ends a range, and go on by chance.
#[test]
fn ten_million_ipv6_addresses_near_the_borders_agree_with_the_independent_table() {
    const CLOSED: [(&str, &str); 6] = [
        ("::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ];
    let bits = |text: &str| text.parse::<Ipv6Addr>().unwrap().to_bits();
    let closed = CLOSED.map(|(first, last)| bits(first)..=bits(last));
    let begins = ["64:ff9b::", "64:ff9b:1::", "fe80::", "fc00::", "ff00::", "fd00:ec2::254", "::ffff:0:0", "2606:4700::"].map(bits);
    let borders: Vec<_> = closed.iter().flat_map(|range| [*range.start(), *range.end()]).chain(begins).collect();
    let mut chance = [0_u8; 16];
    let mut state = Sha256::digest(b"addresses");
    for n in 0..10_000_000 / STEP as usize {
        if n % 2 == 0 {
            state = Sha256::digest(state);
        }
        chance.copy_from_slice(&state[n % 2 * 16..][..16]);
        let chance = u128::from_be_bytes(chance);
        let kept = u32::try_from(n % 129).unwrap();
        let rest = u128::MAX.checked_shr(kept).unwrap_or(0);
        let ip = borders[n / 129 % borders.len()] & !rest | chance & rest;
        let mapped = (ip >> 32 == 0xffff).then(|| !closed_v4(u32::try_from(ip & 0xffff_ffff).unwrap()));
        let public = mapped.unwrap_or_else(|| !closed.iter().any(|range| range.contains(&ip)));
        assert_eq!(is_public(Ipv6Addr::from_bits(ip).into()), public, "{}", Ipv6Addr::from_bits(ip));
    }
}

#[test]
fn every_border_of_an_ipv6_range_is_exact() {
    let cases = [
        ("1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false),
        ("2000::", true),
        ("2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true),
        ("2001::", false),
        ("2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", false),
        ("2001:200::", true),
        ("2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", true),
        ("2001:db8::", false),
        ("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", false),
        ("2001:db9::", true),
        ("2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true),
        ("2002::", false),
        ("2002:7f00:1::", false),
        ("2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false),
        ("2003::", true),
        ("2606:4700:4700::1111", true),
        ("3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true),
        ("3fff::", false),
        ("3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", false),
        ("3fff:1000::", true),
        ("3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true),
        ("4000::", false),
        ("::", false),
        ("::1", false),
        ("::8.8.8.8", false),
        ("64:ff9b::8.8.8.8", false),
        ("64:ff9b:1::1", false),
        ("100::1", false),
        ("5f00::1", false),
        ("fc00::1", false),
        ("fd00:ec2::254", false),
        ("fe80::1", false),
        ("fec0::1", false),
        ("ff02::1", false),
        ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false),
        ("::ffff:a9fe:a9fe", false),
        ("::ffff:7f00:1", false),
        ("::ffff:8.8.8.8", true),
    ];
    for (text, public) in cases {
        assert_eq!(is_public(ip(text)), public, "{text}");
    }
}

#[test]
fn metadata_addresses_are_never_allowed() {
    for text in [
        "169.254.0.0",
        "169.254.169.254",
        "169.254.255.255",
        "100.100.100.200",
        "168.63.129.16",
        "fd00:ec2::254",
        "::ffff:a9fe:a9fe",
        "::ffff:168.63.129.16",
        "0.0.0.0",
        "::",
        "224.0.0.1",
        "ff02::1",
        "255.255.255.255",
        "fe80::1",
        "fd20:ce::254",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "::a9fe:a9fe",
        "::168.63.129.16",
    ] {
        assert!(is_never_allowed(ip(text)), "{text}");
    }
    for text in [
        "127.0.0.1",
        "::1",
        "10.0.0.1",
        "169.253.255.255",
        "169.255.0.0",
        "100.100.100.199",
        "168.63.129.17",
        "fd00:ec2::253",
        "64:ff9b::a00:1",
        "2002:a00:1::1",
    ] {
        assert!(!is_never_allowed(ip(text)), "{text}");
    }
}

#[test]
fn a_wildcard_listener_is_own_at_every_address_of_the_machine() {
    let own = ["0.0.0.0:3000".parse().unwrap(), "127.0.0.1:3001".parse().unwrap()];
    let machine = [ip("10.0.0.5")];
    assert!(is_own_listener(&own, &machine, ip("127.0.0.1"), 3000));
    assert!(is_own_listener(&own, &machine, ip("127.9.9.9"), 3000));
    assert!(is_own_listener(&own, &machine, ip("::1"), 3000));
    assert!(is_own_listener(&own, &machine, ip("10.0.0.5"), 3000));
    assert!(is_own_listener(&own, &machine, ip("::ffff:127.0.0.1"), 3001));
    assert!(!is_own_listener(&own, &machine, ip("10.0.0.6"), 3000));
    assert!(!is_own_listener(&own, &machine, ip("10.0.0.5"), 3001));
}

#[test]
fn this_machine_knows_its_loopback_interface() {
    assert!(interfaces().iter().any(IpAddr::is_loopback));
}
