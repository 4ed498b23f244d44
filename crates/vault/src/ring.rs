//! The keyring of this process and the one in the database: how one follows the other, and how it changes.
//!
//! Whoever seals a value that will be stored takes the ring from [`Vault::ring_for_sealing`], in the unit of work that stores it: units
//! of all processes happen one after another, so none can store a value under a data key after the last count of such values.

use crate::{
    Failure, Vault,
    keyring::{Keyring, KeyringError, RingKey},
    seal_context::FieldContext,
    sealed::{OpenError, SealError, Sealed},
    secret::Plaintext,
    store::{StoreError, Tx, rows::KeyringRow},
};
use domain::Problem;
use std::sync::{Arc, PoisonError};

/// Why the ring in the database cannot be used by this process.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RingError {
    /// Neither of this process's root keys wraps it any more.
    #[error("the keyring is wrapped under another root key now; restart with it")]
    OtherRoot,
    /// Its bytes.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// It could not be wrapped.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// What was written does not come back.
    #[error("the keyring did not come back as it was written")]
    ReadBack,
}

impl From<RingError> for Failure {
    fn from(error: RingError) -> Self {
        Self::because(Problem::Internal, error)
    }
}

/// Opens a row.
pub(crate) fn unwrap_row(key: &RingKey, row: &KeyringRow) -> Result<Keyring, KeyringError> {
    key.unwrap(row.ring_version, &Sealed::parse(row.sealed.clone()).map_err(KeyringError::Damaged)?)
}

/// The row of a ring under a root key.
pub(crate) fn wrap_row(key: &RingKey, ring: &Keyring) -> Result<KeyringRow, RingError> {
    Ok(KeyringRow { root_id: *key.root_id(), ring_version: ring.ring_version(), sealed: key.wrap(ring)?.as_bytes().to_vec() })
}

impl Vault {
    pub(crate) fn ring_key(&self, root_id: &[u8; 8]) -> Option<&RingKey> {
        self.0.ring_keys.iter().find(|key| key.root_id() == root_id)
    }

    /// The ring that rows hold, opened with the first root key of this process that fits.
    pub(crate) fn read_ring(&self, rows: &[KeyringRow]) -> Result<Keyring, RingError> {
        let fitting = self.0.ring_keys.iter().find_map(|key| Some((key, rows.iter().find(|row| row.root_id == *key.root_id())?)));
        let (key, row) = fitting.ok_or(RingError::OtherRoot)?;
        Ok(unwrap_row(key, row)?.following(&self.keyring()))
    }

    /// The ring as this unit of work sees it, to seal what it stores. When this process's own is of another version, the database's is
    /// used; it becomes this process's own once it is committed.
    ///
    /// # Errors
    /// `Unavailable`, `Internal`.
    pub(crate) async fn ring_for_sealing(&self, tx: &mut dyn Tx) -> Result<Arc<Keyring>, Failure> {
        let ring = self.keyring();
        if tx.ring_version().await? == Some(ring.ring_version()) {
            return Ok(ring);
        }
        Ok(Arc::new(self.read_ring(&tx.keyring().await?)?))
    }

    /// Takes over the ring that the database has.
    ///
    /// # Errors
    /// `Unavailable`, `Internal`.
    pub(crate) async fn reload_ring(&self) -> Result<Arc<Keyring>, Failure> {
        let ring = Arc::new(self.read_ring(&self.store().keyring().await?)?);
        *self.0.keyring.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&ring);
        Ok(ring)
    }

    /// Takes over the ring that the database has, if it is of another version than this process's own; whether it was.
    ///
    /// # Errors
    /// `Unavailable`, `Internal`.
    pub(crate) async fn follow_ring(&self) -> Result<bool, Failure> {
        let version = self.store().ring_version().await?.ok_or_else(|| StoreError::Unreadable("keyring"))?;
        if version == self.keyring().ring_version() {
            return Ok(false);
        }
        self.reload_ring().await?;
        Ok(true)
    }

    /// Opens a stored value for the place it was read from. One that names a data key which this process does not know is tried once
    /// more with the ring that the database has.
    ///
    /// # Errors
    /// See [`Keyring::open`].
    pub(crate) async fn open_sealed(&self, place: &FieldContext<'_>, bytes: &[u8]) -> Result<Plaintext, OpenError> {
        let sealed = Sealed::parse(bytes.to_vec())?;
        match self.keyring().open(place, &sealed) {
            Err(OpenError::UnknownKey) => match self.follow_ring().await {
                Ok(true) => self.keyring().open(place, &sealed),
                Ok(false) => Err(OpenError::UnknownKey),
                Err(failure) => {
                    tracing::warn!(cause = ?std::error::Error::source(&failure).map(ToString::to_string), "the keyring cannot be read again");
                    Err(OpenError::UnknownKey)
                }
            },
            other => other,
        }
    }

    /// Writes the next version of the ring, under every root key that wraps it, over the one that `change` was shown. What was written
    /// is read back before the unit ends. `None` when `change` has nothing to change.
    ///
    /// # Errors
    /// `RootKeyChanging` when a root key that this process does not know wraps the ring, `Changed` when the ring is of another version
    /// than it was a statement ago, `Unavailable`, `Internal`.
    pub(crate) async fn change_ring(
        &self,
        tx: &mut dyn Tx,
        change: impl FnOnce(&Keyring) -> Result<Option<Keyring>, Failure> + Send,
    ) -> Result<Option<Keyring>, Failure> {
        let rows = tx.keyring().await?;
        let ring = self.read_ring(&rows)?;
        let Some(next) = change(&ring)? else { return Ok(None) };
        for row in &rows {
            let key = self.ring_key(&row.root_id).ok_or(Problem::RootKeyChanging)?;
            let new = wrap_row(key, &next)?;
            if row.ring_version != ring.ring_version() || !tx.replace_keyring(&new, row.ring_version).await? {
                return Err(Problem::Changed.into());
            }
        }
        let written = tx.keyring().await?;
        let back =
            |row: &KeyringRow| self.ring_key(&row.root_id).is_some_and(|key| unwrap_row(key, row).is_ok_and(|back| back.is_same(&next)));
        if written.len() != rows.len() || !written.iter().all(back) {
            return Err(RingError::ReadBack.into());
        }
        Ok(Some(next))
    }
}
