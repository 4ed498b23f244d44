//! How many connections each client network has, so that none takes them all.

use ipnet::IpNet;
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
};

/// Connections at once of one IPv4 address or one IPv6 /64, which is what one customer gets.
const EACH: usize = 256;

/// Connections by client network.
#[derive(Clone, Default)]
pub(super) struct Peers(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One connection's place; given back when dropped. Trusted proxies need none, because they speak for many.
pub(super) struct Place(Option<(Peers, IpAddr)>);

impl Peers {
    /// A place for one more connection of `peer`, if its network has one left.
    pub(super) fn admit(&self, peer: IpAddr, trusted: &[IpNet]) -> Option<Place> {
        let peer = peer.to_canonical();
        if trusted.iter().any(|network| network.contains(&peer)) {
            return Some(Place(None));
        }
        let network = network(peer);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(network).or_default();
        if *count >= EACH {
            return None;
        }
        *count += 1;
        Some(Place(Some((self.clone(), network))))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((peers, network)) = &self.0 else { return };
        let mut counts = peers.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(network) {
            *count -= 1;
            if *count == 0 {
                counts.remove(network);
            }
        }
    }
}

fn network(peer: IpAddr) -> IpAddr {
    match peer {
        IpAddr::V4(_) => peer,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_network_that_has_its_share_gets_no_more_until_it_gives_one_back() {
        let peers = Peers::default();
        let mut places: Vec<_> = (0..EACH).map(|n| peers.admit(address(&format!("2001:db8::{n:x}")), &[]).expect("a place")).collect();
        assert!(peers.admit(address("2001:db8::ffff"), &[]).is_none());
        assert!(peers.admit(address("2001:db8:0:1::1"), &[]).is_some(), "another network");
        places.pop();
        assert!(peers.admit(address("2001:db8::ffff"), &[]).is_some());
        drop(places);
        assert!(peers.0.lock().expect("a lock").is_empty(), "nothing is kept of who left");
    }

    #[test]
    fn a_trusted_proxy_speaks_for_many() {
        let peers = Peers::default();
        let trusted = ["10.0.0.0/8".parse().expect("a network")];
        let places: Vec<_> = (0..=EACH).map(|_| peers.admit(address("::ffff:10.0.0.1"), &trusted)).collect();
        assert!(places.iter().all(Option::is_some));
    }
}
