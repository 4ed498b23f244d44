//! The key that makes the audit trail a chain which a writer of the database cannot make again.

use crate::{
    primitives::{SecretKey, hmac_sha256},
    secret::lacks,
};

/// Makes links of the audit chain, and MACs for purposes beside it. Opaque: its `Debug` says nothing.
#[derive(Debug)]
pub struct AuditKey(SecretKey);

lacks!(AuditKey: Clone, Copy, std::fmt::Display, serde::Serialize, PartialEq);

impl AuditKey {
    /// Obligation: `term` is the ring's active audit term.
    pub(super) fn of(term: &SecretKey) -> Self {
        Self(SecretKey::take(&mut term.bytes().to_owned()))
    }
    /// HMAC-SHA-256 over `"keyward/audit/v1"`, `seq` as u64 big-endian, the previous link and the event's canonical bytes.
    #[must_use]
    pub fn link(&self, seq: u64, previous: &[u8; 32], canonical: &[u8]) -> [u8; 32] {
        hmac_sha256(self.0.bytes(), &[b"keyward/audit/v1", &seq.to_be_bytes(), previous, canonical])
    }
    /// HMAC-SHA-256 over `"keyward/mac/v1"`, the purpose with its length as u64 big-endian in front, and `data`. It is never
    /// equal to a link, nor to the MAC of the same data for another purpose.
    #[must_use]
    pub fn link_bytes(&self, purpose: &'static str, data: &[u8]) -> [u8; 32] {
        let length = (purpose.len() as u64).to_be_bytes();
        hmac_sha256(self.0.bytes(), &[b"keyward/mac/v1", &length, purpose.as_bytes(), data])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> AuditKey {
        AuditKey(SecretKey::take(&mut std::array::from_fn(|place| place as u8)))
    }

    /// Computed with another implementation of HMAC-SHA-256 (Python's `hmac`).
    #[test]
    fn a_link_is_the_documented_mac() {
        let link = key().link(7, &[0x5a; 32], b"event");
        let text: String = link.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(text, "a24b441a71e7f844f1979e80660617d39d83ea098bd5f622fb2effefce1c9f2e");
    }

    #[test]
    fn each_part_of_a_link_changes_it() {
        let link = key().link(7, &[0; 32], b"event");
        assert_ne!(link, key().link(8, &[0; 32], b"event"));
        assert_ne!(link, key().link(7, &[1; 32], b"event"));
        assert_ne!(link, key().link(7, &[0; 32], b"events"));
        assert_ne!(link, AuditKey(SecretKey::take(&mut [9; 32])).link(7, &[0; 32], b"event"));
    }

    #[test]
    fn macs_of_different_purposes_do_not_meet() {
        assert_ne!(key().link_bytes("ab", b"c"), key().link_bytes("a", b"bc"));
        assert_eq!(key().link_bytes("ab", b"c"), key().link_bytes("ab", b"c"));
    }
}
