//! The vault as administrators see it: keys by number and state, never by value.

use crate::{Timestamp, ids::UserId};
use serde::{Deserialize, Serialize};

/// Everything about the vault in one read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct VaultStatus {
    /// Rises with each change of the keyring.
    pub ring_version: u64,
    /// The data key that seals.
    pub active_key: u32,
    /// Values sealed under a lower data key are refused.
    pub min_decrypt: u32,
    /// All data keys, oldest first; keys for other purposes are not among them.
    pub data_keys: Vec<DataKeyView>,
    /// Every place that holds sealed values.
    pub columns: Vec<SealedColumnView>,
    /// The key that wraps the keyring.
    pub root_key: RootKeyView,
    /// The last rotation, if there ever was one.
    pub rotation: Option<RotationView>,
    /// Values that do not open, newest first, at most 200.
    pub quarantine: Vec<QuarantineView>,
    /// How many there are in all.
    pub quarantined: u64,
    /// The audit trail and its second place.
    pub audit: AuditHealth,
    /// When all of this was read.
    pub now: Timestamp,
}

/// What a data key may still do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataKeyState {
    /// It opens and does not seal.
    DecryptOnly,
    /// It seals and opens.
    Active,
    /// It does neither; its bytes are kept until they are destroyed by `keyward keyring retire`.
    Retired,
    /// Its bytes are gone.
    Destroyed,
}

impl DataKeyState {
    /// The word used in commands and REST.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DecryptOnly => "decrypt_only",
            Self::Active => "active",
            Self::Retired => "retired",
            Self::Destroyed => "destroyed",
        }
    }
}

/// A data key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DataKeyView {
    /// Its number, never used twice.
    pub id: u32,
    /// What it may still do.
    pub state: DataKeyState,
    /// When it was made.
    pub created_at: Timestamp,
    /// Stored values sealed under it, in all places.
    pub rows: u64,
}

/// A place that holds sealed values.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SealedColumnView {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// How many values there are under which data key, by the key's number.
    pub rows: Vec<RowsUnderKey>,
}

/// How many values are sealed under one data key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RowsUnderKey {
    /// The data key.
    pub key: u32,
    /// How many.
    pub rows: u64,
}

/// The root key, by its public id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RootKeyView {
    /// Its public id in hexadecimal; it says nothing about the key.
    pub id: String,
    /// Where this process read it: `file`, `data_folder` or `environment`.
    pub source: String,
    /// Since when it wraps the keyring.
    pub since: Timestamp,
    /// Another root key that opens the keyring too, while the root key is being changed.
    pub other: Option<OtherRootKeyView>,
}

/// The second of two root keys.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OtherRootKeyView {
    /// Its public id in hexadecimal.
    pub id: String,
    /// Since when it wraps the keyring.
    pub since: Timestamp,
    /// Whether this process knows it.
    pub known: bool,
}

/// How a rotation stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RotationState {
    /// A process is at it.
    Running,
    /// Nobody is at it; a running server goes on with it within seconds.
    Interrupted,
    /// Every value is sealed under the new data key.
    Finished,
    /// Every value that opens is; some do not open and stay where they are, and the old data key with them.
    FinishedWithQuarantine,
}

impl RotationState {
    /// The word used in commands and REST.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Interrupted => "interrupted",
            Self::Finished => "finished",
            Self::FinishedWithQuarantine => "finished_with_quarantine",
        }
    }
    /// Whether there is something left to do.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Finished | Self::FinishedWithQuarantine)
    }
}

/// A rotation of the data key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RotationView {
    /// How it stands.
    pub state: RotationState,
    /// The new data key.
    pub key: u32,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Values under older data keys when it began.
    pub total: u64,
    /// Values that were sealed anew by it; owners who replaced or deleted theirs did the others.
    pub resealed: u64,
    /// Values that are still under an older data key.
    pub left: u64,
    /// Values sealed anew a second, while it was at work.
    pub rows_per_second: u64,
    /// About how many seconds it still takes; absent when nobody can tell.
    pub seconds_left: Option<u64>,
}

/// A stored value that does not open. It is neither changed nor deleted; its owner replaces it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QuarantineView {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// The row.
    pub record: String,
    /// Whose it is; absent for the installation's own.
    pub owner: Option<UserId>,
    /// The data key it names.
    pub key: u32,
    /// `malformed`, `unknown_key`, `commitment` (another key, or moved here from elsewhere) or `tag` (damaged).
    pub reason: String,
    /// When that was first found.
    pub found_at: Timestamp,
}

/// The audit trail and its second place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AuditHealth {
    /// The newest event's number.
    pub newest: u64,
    /// The oldest event that is kept; 1 unless older ones were pruned.
    pub oldest: u64,
    /// Whether checkpoints go to a second place.
    pub sink: bool,
    /// The last event that a checkpoint of this process covers.
    pub checkpointed: Option<u64>,
    /// Whether the second place does not take checkpoints just now.
    pub alarm: bool,
}
