//! The page of the vault.

use super::{AccountView, VaultStatus};
use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// The page of the vault in one read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct VaultPage {
    /// Who is looking.
    pub account: AccountView,
    /// Keys, rotation, quarantine and audit trail.
    pub status: VaultStatus,
    /// When the audit trail last heard of a backup that was read back.
    pub last_backup: Option<Timestamp>,
    /// Whether the next sensitive act asks for the password.
    pub step_up: bool,
}
