//! Storage of who signs in through the OpenID provider, of sign-ins under way, and of preferences.

use super::{
    StoreError,
    rows::{AccountRow, PendingSignInRow},
};
use crate::access::Owner;
use async_trait::async_trait;
use domain::{Timestamp, ids::UserId, person::Theme};

/// What can be read.
#[async_trait]
pub trait IdentityStore {
    /// The account that this subject of this issuer signs in to.
    async fn account_by_identity(&self, issuer: &str, subject: &str) -> Result<Option<AccountRow>, StoreError>;
    /// The look that an account chose.
    async fn theme(&self, owner: Owner) -> Result<Option<Theme>, StoreError>;
}

/// What a unit of work can do.
#[async_trait]
pub trait IdentityTx {
    /// The account that this subject of this issuer signs in to.
    async fn account_by_identity(&mut self, issuer: &str, subject: &str) -> Result<Option<AccountRow>, StoreError>;
    /// Notes who signs in to an account; [`StoreError::Conflict`] when the subject or the account has an identity already.
    async fn insert_identity(&mut self, issuer: &str, subject: &str, account: UserId, now: Timestamp) -> Result<(), StoreError>;
    /// Whether an account signs in at a provider.
    async fn has_identity(&mut self, account: UserId) -> Result<bool, StoreError>;
    /// Notes a sign-in.
    async fn touch_identity(&mut self, account: UserId, seen: Timestamp) -> Result<(), StoreError>;
    /// Notes a sign-in that was begun, and forgets those that ended.
    async fn insert_pending_sign_in(&mut self, row: &PendingSignInRow, now: Timestamp) -> Result<(), StoreError>;
    /// Uses up a sign-in that was begun and has not ended.
    async fn take_pending_sign_in(&mut self, cookie_hash: &[u8; 32], now: Timestamp) -> Result<Option<PendingSignInRow>, StoreError>;
    /// Keeps the look that an account chose; `None` is as the system does.
    async fn set_theme(&mut self, owner: Owner, theme: Option<Theme>) -> Result<(), StoreError>;
}
