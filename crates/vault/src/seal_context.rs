//! What a sealed value is bound to: canonical, injective, length-prefixed bytes that are authenticated with it.
//!
//! A context is always made from the row being read and the caller's verified identity, never from the sealed bytes:
//! what is read back from a blob binds nothing.

use domain::ids::{TenantId, UserId};
use uuid::Uuid;

/// One of the attributes is longer than 65,535 bytes, so that its length cannot be written.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("an attribute of the sealing context is longer than 65,535 bytes")]
pub struct ContextTooLong;

/// The canonical bytes of a context.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SealContext(Vec<u8>);

impl SealContext {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
    #[cfg(test)]
    pub(crate) fn from_vector(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
    fn prefixed(mut self, part: &[u8]) -> Result<Self, ContextTooLong> {
        let length = u16::try_from(part.len()).map_err(|_| ContextTooLong)?;
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(part);
        Ok(self)
    }
    fn number(mut self, number: u64) -> Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }
}

/// Where a sealed column's value belongs. Each of the eight attributes is bound: with any of them changed, it does not open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FieldContext<'a> {
    /// The table.
    pub table: &'static str,
    /// The sealed column.
    pub column: &'static str,
    /// Whose data it is.
    pub tenant: TenantId,
    /// The person it belongs to.
    pub owner: UserId,
    /// The row.
    pub record: Uuid,
    /// The provider's id in the catalogue.
    pub provider: &'a str,
    /// The only origin the secret may be sent to, normalised: `https://host:port`.
    pub endpoint_origin: &'a str,
    /// Rises with each new secret of the row; re-encryption under another key keeps it.
    pub version: u64,
}

impl FieldContext<'_> {
    /// `"keyward/ctx/field/v1"`, then each attribute with its length as u16 big-endian in front, then the version as u64
    /// big-endian.
    ///
    /// # Errors
    /// When an attribute is longer than 65,535 bytes.
    pub fn canonical(&self) -> Result<SealContext, ContextTooLong> {
        Ok(SealContext(b"keyward/ctx/field/v1".to_vec())
            .prefixed(self.table.as_bytes())?
            .prefixed(self.column.as_bytes())?
            .prefixed(&self.tenant.bytes())?
            .prefixed(&self.owner.bytes())?
            .prefixed(self.record.as_bytes())?
            .prefixed(self.provider.as_bytes())?
            .prefixed(self.endpoint_origin.as_bytes())?
            .number(self.version))
    }
}

/// Which keyring a wrapped keyring is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyringContext {
    /// The public id of the root key that wraps it.
    pub root_id: [u8; 8],
    /// Its version.
    pub ring_version: u64,
}

impl KeyringContext {
    /// `"keyward/ctx/keyring/v1"`, the root id with its length in front, the version as u64 big-endian.
    #[must_use]
    pub fn canonical(&self) -> SealContext {
        SealContext(b"keyward/ctx/keyring/v1".to_vec())
            .prefixed(&self.root_id)
            .expect("8 bytes are fewer than 65,536")
            .number(self.ring_version)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn uuid(byte: u8) -> Uuid {
        Uuid::from_bytes([byte; 16])
    }

    /// The context of the known-answer vectors.
    pub(crate) fn sample() -> FieldContext<'static> {
        FieldContext {
            table: "provider_keys",
            column: "secret",
            tenant: TenantId::from_uuid(uuid(0x11)),
            owner: UserId::from_uuid(uuid(0x22)),
            record: uuid(0x33),
            provider: "openai",
            endpoint_origin: "https://api.openai.com:443",
            version: 1,
        }
    }

    /// The sample with one attribute changed, for each of the eight.
    pub(crate) fn neighbours() -> [FieldContext<'static>; 8] {
        let s = sample();
        [
            FieldContext { table: "provider_key", ..s },
            FieldContext { column: "secret2", ..s },
            FieldContext { tenant: TenantId::ONLY, ..s },
            FieldContext { owner: UserId::from_uuid(uuid(0x23)), ..s },
            FieldContext { record: uuid(0x34), ..s },
            FieldContext { provider: "openrouter", ..s },
            FieldContext { endpoint_origin: "https://api.openai.com:8443", ..s },
            FieldContext { version: 2, ..s },
        ]
    }

    #[test]
    fn a_byte_that_moves_over_a_border_changes_the_context() {
        let one = FieldContext { table: "ab", column: "c", ..sample() };
        let other = FieldContext { table: "a", column: "bc", ..sample() };
        assert_ne!(one.canonical(), other.canonical());
        let one = FieldContext { provider: "ab", endpoint_origin: "c", ..sample() };
        let other = FieldContext { provider: "a", endpoint_origin: "bc", ..sample() };
        assert_ne!(one.canonical(), other.canonical());
    }

    #[test]
    fn an_attribute_too_long_to_measure_is_an_error() {
        let long = "x".repeat(65_536);
        assert_eq!(FieldContext { endpoint_origin: &long, ..sample() }.canonical(), Err(ContextTooLong));
        assert!(FieldContext { endpoint_origin: &long[1..], ..sample() }.canonical().is_ok());
    }
}
