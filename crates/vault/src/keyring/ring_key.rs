//! The key that wraps the keyring. A process keeps it, and not the root key, to read the keyring again when it changes.

use super::{Keyring, KeyringError, body};
use crate::{
    primitives::SecretKey,
    root_key::RootKey,
    seal_context::{KeyringContext, SealContext},
    sealed::{self, OpenError, SealError, Sealed},
    secret::lacks,
};

/// A wrapped keyring names this key id; the key is the one derived from the root key.
const WRAPPING_KEY_ID: u32 = 1;

/// What is derived from a root key to wrap a keyring, and the root key's public id.
#[derive(Debug)]
pub(crate) struct RingKey {
    root_id: [u8; 8],
    key: SecretKey,
}

lacks!(RingKey: Clone, Copy, std::fmt::Display, serde::Serialize, PartialEq);

impl RingKey {
    /// Derives it.
    pub(crate) fn of(root: &RootKey) -> Self {
        Self { root_id: root.id(), key: root.kek() }
    }
    /// The public id of its root key.
    pub(crate) const fn root_id(&self) -> &[u8; 8] {
        &self.root_id
    }
    fn context(&self, ring_version: u64) -> SealContext {
        KeyringContext { root_id: self.root_id, ring_version }.canonical()
    }
    /// The ring sealed, for the row of this root key and the ring's version.
    ///
    /// # Errors
    /// When there is no randomness, or the ring has grown beyond what can be sealed (some 1,400 terms).
    pub(crate) fn wrap(&self, ring: &Keyring) -> Result<Sealed, SealError> {
        sealed::seal(&self.key, WRAPPING_KEY_ID, &self.context(ring.ring_version), &body::write(ring))
    }
    /// Opens a wrapped ring. `ring_version` is what the row says, which must be what the blob was wrapped as.
    ///
    /// # Errors
    /// See [`KeyringError`].
    pub(crate) fn unwrap(&self, ring_version: u64, blob: &Sealed) -> Result<Keyring, KeyringError> {
        let plain = sealed::open(&self.key, WRAPPING_KEY_ID, &self.context(ring_version), blob).map_err(|error| match error {
            OpenError::Commitment => KeyringError::WrongRoot,
            other => KeyringError::Damaged(other),
        })?;
        let ring = body::read(&plain).map_err(KeyringError::Body)?;
        if ring.ring_version == ring_version { Ok(ring) } else { Err(KeyringError::Body("its version is not the one it was wrapped as")) }
    }
}
