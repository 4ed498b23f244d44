//! Which addresses are the public internet. The special ranges are those of the IANA special-purpose registries.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Networks that are not public IPv4, as (network, prefix length).
const NOT_PUBLIC_V4: [(Ipv4Addr, u32); 15] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// The only IPv6 network with public unicast addresses.
const PUBLIC_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Its parts that are not: IETF protocol assignments, documentation, 6to4, documentation.
const NOT_PUBLIC_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

const fn in_v4(ip: Ipv4Addr, (net, length): (Ipv4Addr, u32)) -> bool {
    ip.to_bits() >> (32 - length) == net.to_bits() >> (32 - length)
}
const fn in_v6(ip: Ipv6Addr, (net, length): (Ipv6Addr, u32)) -> bool {
    ip.to_bits() >> (128 - length) == net.to_bits() >> (128 - length)
}

/// The address meant: an IPv4 address inside `::ffff:0:0/96` (RFC 4291, 2.5.5.2) is that IPv4 address.
pub(crate) fn unmapped(ip: IpAddr) -> IpAddr {
    ip.to_canonical()
}

/// Whether a stranger may be connected to at this address.
pub(crate) fn is_public(ip: IpAddr) -> bool {
    match unmapped(ip) {
        IpAddr::V4(ip) => !NOT_PUBLIC_V4.iter().any(|net| in_v4(ip, *net)),
        IpAddr::V6(ip) => in_v6(ip, PUBLIC_V6) && !NOT_PUBLIC_V6.iter().any(|net| in_v6(ip, *net)),
    }
}

/// The IPv4 address that a translator or tunnel on the way may connect to instead: the last 32 bits of NAT64 (RFC 6052, 64:ff9b::/96; RFC
/// 8215, 64:ff9b:1::/48) and of `::/96` (RFC 4291, 2.5.5.1), the 32 bits after the prefix of 6to4 (RFC 3056, 2002::/16).
fn carried(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    const LAST: [(Ipv6Addr, u32); 3] = [
        (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96),
        (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48),
        (Ipv6Addr::UNSPECIFIED, 96),
    ];
    let bits = ip.to_bits();
    if LAST.iter().any(|net| in_v6(ip, *net)) && ip != Ipv6Addr::LOCALHOST {
        return Some(Ipv4Addr::from_bits(u32::try_from(bits & 0xffff_ffff).unwrap_or_default()));
    }
    in_v6(ip, (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16))
        .then(|| Ipv4Addr::from_bits(u32::try_from(bits >> 80 & 0xffff_ffff).unwrap_or_default()))
}

/// Whether no allow-list can open this address: where clouds keep their instance credentials, and addresses that name no host.
pub(crate) fn is_never_allowed(ip: IpAddr) -> bool {
    const AWS_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
    const GOOGLE_V6: Ipv6Addr = Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254);
    const ALIBABA: Ipv4Addr = Ipv4Addr::new(100, 100, 100, 200);
    const AZURE: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);
    match unmapped(ip) {
        IpAddr::V4(ip) => {
            ip.is_link_local() || ip == ALIBABA || ip == AZURE || ip.is_unspecified() || ip.is_multicast() || ip.is_broadcast()
        }
        IpAddr::V6(ip) => {
            ip == AWS_V6
                || ip == GOOGLE_V6
                || ip.is_unicast_link_local()
                || ip.is_unspecified()
                || ip.is_multicast()
                || carried(ip).is_some_and(|inner| is_never_allowed(inner.into()))
        }
    }
}

/// The addresses of this machine's interfaces just now; they can change while the server runs.
pub(crate) fn interfaces() -> Vec<IpAddr> {
    if_addrs::get_if_addrs().unwrap_or_default().into_iter().map(|interface| unmapped(interface.ip())).collect()
}

/// Whether something of ours listens at this address and port. A wildcard listener is reachable at every address of this machine.
pub(crate) fn is_own_listener(own: &[SocketAddr], interfaces: &[IpAddr], ip: IpAddr, port: u16) -> bool {
    let ip = unmapped(ip);
    own.iter().any(|listener| {
        let at = unmapped(listener.ip());
        listener.port() == port && (at == ip || at.is_unspecified() && (ip.is_loopback() || interfaces.contains(&ip)))
    })
}

#[cfg(test)]
mod tests;
