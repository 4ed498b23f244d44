//! What administrators ask and change about accounts. None of it reaches a provider key beyond counting it.

use super::{StoreError, rows::*};
use async_trait::async_trait;
use domain::{
    Timestamp,
    ids::{SessionId, UserId},
    person::{Email, Role, Tier},
};

/// An account with what it has, in numbers.
#[derive(Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "columns are described in the migration")]
pub struct PersonRow {
    pub account: AccountRow,
    pub keys: u32,
    pub tokens: u32,
    pub seen_at: Option<Timestamp>,
}

/// Which accounts, by e-mail address.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct PeopleFilter {
    /// A part of the address, in lower case; empty for all.
    pub search: String,
    /// Only this role.
    pub role: Option<Role>,
    /// Only this tier.
    pub tier: Option<Tier>,
    /// Only disabled accounts, or only the others.
    pub disabled: Option<bool>,
    /// Only addresses after this one; empty for the first ones.
    pub after: String,
    /// At most this many.
    pub limit: u32,
}

/// Enabled keys whose end was noted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ending {
    /// Keys whose end has come.
    pub over: u32,
    /// Keys whose end comes before the moment that was asked for.
    pub soon: u32,
    /// Accounts that hold any of them.
    pub people: u32,
}

/// Reads about accounts.
#[async_trait]
pub trait PeopleStore: Send + Sync {
    /// Accounts with their numbers, by e-mail address.
    async fn people(&self, filter: &PeopleFilter) -> Result<Vec<PersonRow>, StoreError>;
    /// One account with its numbers.
    async fn person(&self, id: UserId) -> Result<Option<PersonRow>, StoreError>;
    /// The sessions of an account, ended ones included, last seen first.
    async fn sessions_of(&self, account: UserId) -> Result<Vec<SessionRow>, StoreError>;
    /// Administrators who may sign in.
    async fn admins(&self) -> Result<u32, StoreError>;
    /// The account whose password the link with this hash may set, if the link still works and the account is not disabled.
    async fn password_reset(&self, token_hash: &[u8; 32], now: Timestamp) -> Result<Option<AccountRow>, StoreError>;
    /// The e-mail addresses of accounts, as far as there are such accounts.
    async fn names(&self, accounts: &[UserId]) -> Result<Vec<(UserId, Email)>, StoreError>;
    /// How many enabled keys have come to their end by `now`, and will by `until`.
    async fn ending_keys(&self, now: Timestamp, until: Timestamp) -> Result<Ending, StoreError>;
}

/// Changes to accounts within a unit of work.
#[async_trait]
pub trait PeopleTx: Send {
    /// Replaces the links for a new password of the account by this one, and forgets those that ended.
    async fn set_password_reset(
        &mut self,
        account: UserId,
        made_by: Option<UserId>,
        token_hash: &[u8; 32],
        now: Timestamp,
        expires: Timestamp,
    ) -> Result<(), StoreError>;
    /// Uses up a link; the account it is for, if it still worked.
    async fn take_password_reset(&mut self, token_hash: &[u8; 32], now: Timestamp) -> Result<Option<UserId>, StoreError>;
    /// Forgets the links for a new password of the account, and those that it made for others.
    async fn delete_password_resets_of(&mut self, account: UserId) -> Result<(), StoreError>;
    /// Ends every API token of an account.
    async fn delete_api_tokens_of(&mut self, account: UserId) -> Result<u64, StoreError>;
    /// Ends one session of an account; `false` when it has none with this id.
    async fn end_session_of(&mut self, account: UserId, id: SessionId) -> Result<bool, StoreError>;
}
