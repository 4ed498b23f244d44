//! What a rotation of the data key, and a change of the root key, do in the database.

use super::{SealedColumn, StoreError, rows::*};
use async_trait::async_trait;
use domain::Timestamp;

/// Reads of a rotation.
#[async_trait]
pub trait RotationStore {
    /// The version of the keyring; `None` when there is none.
    async fn ring_version(&self) -> Result<Option<u64>, StoreError>;
    /// The root keys that wrap the keyring, oldest first.
    async fn root_keys(&self) -> Result<Vec<RootKeyRow>, StoreError>;
    /// Values of a column under a data key older than `active`, after a place in their order.
    async fn sealed_values(
        &self,
        at: &'static SealedColumn,
        active: u32,
        after: Option<SealedPlace>,
        limit: u32,
    ) -> Result<Vec<SealedValue>, StoreError>;
    /// How many values of a column there are under which data key.
    async fn sealed_counts(&self, at: &'static SealedColumn) -> Result<Vec<(u32, u64)>, StoreError>;
    /// The last rotation.
    async fn last_rotation(&self) -> Result<Option<RotationRow>, StoreError>;
    /// Values of a column that do not open, newest first, and how many there are in all.
    async fn quarantine(&self, at: &'static SealedColumn, limit: u32) -> Result<(Vec<QuarantineRow>, u64), StoreError>;
}

/// A rotation within a unit of work.
#[async_trait]
pub trait RotationTx {
    /// The version of the keyring; `None` when there is none.
    async fn ring_version(&mut self) -> Result<Option<u64>, StoreError>;
    /// The wrapped keyring, once for each root key that opens it.
    async fn keyring(&mut self) -> Result<Vec<KeyringRow>, StoreError>;
    /// Writes a wrapped keyring over the one of version `old`; `false` when that is not there.
    async fn replace_keyring(&mut self, row: &KeyringRow, old: u64) -> Result<bool, StoreError>;
    /// The root keys that wrap the keyring, oldest first.
    async fn root_keys(&mut self) -> Result<Vec<RootKeyRow>, StoreError>;
    /// Notes that a server has started with this root key.
    async fn stamp_root_key(&mut self, root_id: &[u8; 8], served: Timestamp) -> Result<(), StoreError>;
    /// Deletes the keyring that is wrapped under a root key; `false` when there is none.
    async fn delete_keyring(&mut self, root_id: &[u8; 8]) -> Result<bool, StoreError>;
    /// How many values of a column are under a data key older than `active`.
    async fn count_older(&mut self, at: &'static SealedColumn, active: u32) -> Result<u64, StoreError>;
    /// How many values of a column there are under which data key.
    async fn sealed_counts(&mut self, at: &'static SealedColumn) -> Result<Vec<(u32, u64)>, StoreError>;
    /// Writes values sealed anew where the old ones still stand, and touches nothing else; how many that were.
    async fn reseal(&mut self, at: &'static SealedColumn, data_key: u32, values: &[Resealed]) -> Result<u64, StoreError>;
    /// The last rotation.
    async fn last_rotation(&mut self) -> Result<Option<RotationRow>, StoreError>;
    /// Adds a rotation; [`StoreError::Conflict`] when one is not finished.
    async fn insert_rotation(&mut self, row: &RotationRow) -> Result<(), StoreError>;
    /// Writes how far a rotation is.
    async fn update_rotation(&mut self, row: &RotationRow) -> Result<(), StoreError>;
    /// Notes a value that does not open. One that is noted already keeps the time when it was found.
    async fn insert_quarantine(&mut self, row: &QuarantineRow) -> Result<(), StoreError>;
    /// Forgets entries of a column that hold no longer: of data keys older than `active` and not found again since `since`, and those whose
    /// row is gone or has another secret.
    async fn forget_quarantine(&mut self, at: &'static SealedColumn, active: u32, since: Timestamp) -> Result<(), StoreError>;
}
