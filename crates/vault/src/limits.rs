//! Sliding windows in the database: at most N admitted acts in any window. A refused act does not extend the penalty.

use crate::{
    Context, Failure,
    context::CLOCK_LEEWAY,
    store::{Store, Tx},
};
use domain::{Problem, Timestamp};
use sha2::{Digest, Sha256};
use std::{net::IpAddr, time::Duration};

/// A rule: at most `most` acts of one subject in any `window`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rule {
    name: &'static str,
    most: usize,
    window: Duration,
}

const MINUTE: Duration = Duration::from_secs(60);

/// Tests of keys, by account.
pub const TESTS: Rule = Rule { name: "key.test", most: 5, window: MINUTE };
/// Changed and deleted keys, by account.
pub const CHANGES: Rule = Rule { name: "key.change", most: 60, window: MINUTE };
/// Rotations of the data key that administrators begin, in all: each adds a key to the ring.
pub const ROTATIONS: Rule = Rule { name: "rotation", most: 6, window: LONGEST_WINDOW };
/// Added and replaced keys, by account.
pub const ADDS: Rule = Rule { name: "key.add", most: 30, window: MINUTE };
/// Sign-ins by account name and network, whether the account exists or not.
pub const SIGN_INS_BY_CALLER: Rule = Rule { name: "sign_in.caller", most: 10, window: MINUTE };
/// Sign-ins by account name from everywhere that has no session of the account: bounds the hashing and guessing of many
/// strangers, and cannot keep out the owner where they are signed in already.
pub const SIGN_INS_BY_STRANGERS: Rule = Rule { name: "sign_in.strangers", most: 20, window: MINUTE };
/// Sign-ins and set-ups by network: an IPv4 address or an IPv6 /64.
pub const SIGN_INS_BY_NETWORK: Rule = Rule { name: "sign_in.network", most: 60, window: MINUTE };

/// Walks along the whole audit trail, by administrator.
pub const AUDIT_WALKS: Rule = Rule { name: "audit.verify", most: 6, window: MINUTE };
/// Exports of the audit trail, by administrator.
pub const AUDIT_EXPORTS: Rule = Rule { name: "audit.export", most: 10, window: MINUTE };
/// Refusals that are written down, by account.
pub const DENIALS: Rule = Rule { name: "access.deny", most: 30, window: MINUTE };
/// Links for a new password, by administrator.
pub const RESET_LINKS: Rule = Rule { name: "account.reset_link", most: 30, window: MINUTE };

/// Longer than any window: hits older than this are of no use to any rule.
pub(crate) const LONGEST_WINDOW: Duration = Duration::from_secs(60 * 60);
/// New zones at Cloudflare, by administrator, refused ones included.
pub const ZONES: Rule = Rule { name: "cloudflare.zone.create", most: 10, window: Duration::from_secs(60 * 60) };
/// New API tokens, by account.
pub const TOKENS: Rule = Rule { name: "token.create", most: 30, window: MINUTE };

/// Admits one act of `subject`, or says when the next one will be admitted.
///
/// # Errors
/// `TooMany` with whole seconds, `Unavailable`.
pub async fn admit(tx: &mut dyn Tx, rule: Rule, subject: &str, cx: &Context) -> Result<(), Failure> {
    let subject = hashed(subject);
    let hits = within(tx.hits_since(rule.name, &subject, cx.now - rule.window).await?, cx);
    if let Some(blocking) = hits.len().checked_sub(rule.most).and_then(|index| hits.get(index)) {
        let wait = (*blocking + rule.window).since(cx.now);
        return Err(Problem::TooMany { retry_after: u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX).max(1) }.into());
    }
    tx.insert_hit(rule.name, &subject, cx.now).await?;
    Ok(())
}

/// What a rule leaves to a subject.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Allowance {
    /// The rule's name.
    pub rule: &'static str,
    /// The most acts in any window.
    pub most: usize,
    /// The window, in seconds.
    pub window: u64,
    /// Acts that would be admitted now.
    pub left: usize,
    /// Whole seconds until one more will be admitted; 0 when nothing is used up.
    pub reset: u64,
}

/// What `rule` leaves to `subject`. Counts nothing.
///
/// # Errors
/// `Unavailable`.
pub async fn left(store: &dyn Store, rule: Rule, subject: &str, cx: &Context) -> Result<Allowance, Failure> {
    let hits = within(store.hits_since(rule.name, &hashed(subject), cx.now - rule.window).await?, cx);
    let reset = hits.first().map_or(0, |oldest| (*oldest + rule.window).since(cx.now).as_millis().div_ceil(1_000));
    Ok(Allowance {
        rule: rule.name,
        most: rule.most,
        window: rule.window.as_secs(),
        left: rule.most.saturating_sub(hits.len()),
        reset: u64::try_from(reset).unwrap_or(u64::MAX),
    })
}

/// Without what a clock that was wrong put into the future.
fn within(mut hits: Vec<Timestamp>, cx: &Context) -> Vec<Timestamp> {
    hits.retain(|at| *at <= cx.now + CLOCK_LEEWAY);
    hits
}

/// Forgets the acts of `subject`, after it proved who it is.
///
/// # Errors
/// `Unavailable`.
pub async fn forgive(tx: &mut dyn Tx, rule: Rule, subject: &str) -> Result<(), Failure> {
    Ok(tx.clear_hits(rule.name, &hashed(subject)).await?)
}

/// An account's name from a network, as a subject.
#[must_use]
pub fn caller(name: &str, address: Option<IpAddr>) -> String {
    format!("{name} {}", network(address))
}

/// The network an address belongs to, as a subject.
#[must_use]
pub fn network(address: Option<IpAddr>) -> String {
    match address.map(|address| address.to_canonical()) {
        None => "unknown".to_owned(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// A subject may be what a stranger typed into the wrong field, so it is not kept as text.
fn hashed(subject: &str) -> [u8; 16] {
    let digest: [u8; 32] = Sha256::digest(subject.as_bytes()).into();
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    half
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_network_is_its_first_64_bits() {
        assert_eq!(network("2001:db8:1:2:3:4:5:6".parse().ok()), "2001:db8:1:2::/64");
        assert_eq!(network("::ffff:192.0.2.1".parse().ok()), "192.0.2.1");
        assert_eq!(network(None), "unknown");
    }
}
