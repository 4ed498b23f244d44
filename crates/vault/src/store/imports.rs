//! What an import remembers.

use super::{
    StoreError,
    rows::{AccountRow, ImportRow},
};
use async_trait::async_trait;
use domain::ids::UserId;

/// The part of a unit of work that imports.
#[async_trait]
pub trait ImportTx {
    /// Whether this version of the row was imported.
    async fn imported(&mut self, source: &str, source_id: &str, token_hash: &[u8; 32]) -> Result<bool, StoreError>;
    /// Remembers that it was.
    async fn insert_import(&mut self, row: &ImportRow) -> Result<(), StoreError>;
    /// Remembers which account was made for whom, if nothing was remembered of them.
    async fn insert_imported_account(&mut self, old_id: &str, account: UserId) -> Result<(), StoreError>;
    /// The account that was made for somebody, once: whoever asks gives it to them.
    async fn take_imported_account(&mut self, old_id: &str) -> Result<Option<UserId>, StoreError>;
    /// The administrator who may sign in and was there first.
    async fn oldest_admin(&mut self) -> Result<Option<AccountRow>, StoreError>;
}
