//! Storage behind one trait, so that nothing above knows which database there is.
//!
//! Reads are plain methods. Every write is a *unit of work*: a closure that gets a [`Tx`], either all of which happens or
//! nothing. A unit runs in a task of the store's own, so a caller that goes away cannot leave it half done, and it is
//! acknowledged only after the database has synced it to disk.

pub mod audit_query;
pub mod backups;
mod credentials;
pub mod gauges;
pub mod identities;
pub mod imports;
mod leases;
pub mod ops_center;
pub mod people;
mod postgres;
mod readers;
mod retention;
mod rotation;
pub mod rows;
mod sealed_columns;
mod sqlite;

pub use backups::{BackupStore, BackupTx};
pub use credentials::{CredentialStore, CredentialTx};
pub use gauges::GaugeStore;
pub use imports::ImportTx;
pub use leases::{LeaseStore, LeaseTx};
pub use postgres::{AddressError, Postgres, PostgresAddress, ServerSettings};
pub use retention::{RetentionStore, RetentionTx};
pub use rotation::{RotationStore, RotationTx};
pub use sealed_columns::{PROVIDER_KEY_SECRET, SEALED_COLUMNS, SERVICE_CREDENTIAL_SECRET, SealedColumn};
pub use sqlite::{Sqlite, SyncSettings};

use crate::{
    Failure,
    access::Owner,
    metrics::{self, Counted},
};
use async_trait::async_trait;
use audit_query::AuditQueryStore;
use domain::{
    Problem, Timestamp,
    ids::{KeyId, SessionId, TokenId, UserId},
    person::Email,
    views::LiveEvent,
};
use futures::{future::BoxFuture, stream::BoxStream};
use identities::{IdentityStore, IdentityTx};
use people::{PeopleStore, PeopleTx};
use rows::{AccountRow, ApiTokenRow, AuditHead, AuditRow, IdempotencyRow, KeyPlace, KeyRow, KeyringRow, SealedRow, SessionRow};
use std::any::Any;

/// Why the database did not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A uniqueness rule of the schema says no.
    #[error("a row like this exists already")]
    Conflict,
    /// A stored value is not one this version writes.
    #[error("the stored {0} is not one this version knows")]
    Unreadable(&'static str),
    /// The schema is not one this version knows.
    #[error("the database has a schema this version does not know: {0}")]
    Schema(#[source] sqlx::migrate::MigrateError),
    /// A setting that keeps writes safe is not in force.
    #[error("the database runs with {0}, which is not safe")]
    Unsafe(String),
    /// No database there, locked, full, or gone.
    #[error("the database did not answer: {0}")]
    Database(#[source] sqlx::Error),
    /// More work waits than can be done soon.
    #[error("too many units of work wait")]
    Busy,
    /// Acts are to be refused as long as the second place of the audit trail takes nothing.
    #[error("the second place of the audit trail takes no checkpoints")]
    AuditSink,
    /// The unit of work did not run to its end.
    #[error("a unit of work was lost")]
    Lost,
}

impl StoreError {
    /// A word for counts.
    const fn kind(&self) -> &'static str {
        match self {
            Self::Conflict => "conflict",
            Self::Unreadable(_) => "unreadable",
            Self::Schema(_) => "schema",
            Self::Unsafe(_) => "unsafe",
            Self::Database(_) => "database",
            Self::Busy => "busy",
            Self::Lost => "lost",
            Self::AuditSink => "audit_sink",
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(inner) if inner.is_unique_violation() => Self::Conflict,
            _ => Self::Database(error),
        }
    }
}

/// Seconds after which a caller may try again when the database did not answer.
const RETRY_AFTER: u32 = 2;

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        metrics::count(Counted::DatabaseError, error.kind());
        let problem = match error {
            StoreError::Unreadable(_) => Problem::Internal,
            _ => Problem::Unavailable { retry_after: RETRY_AFTER },
        };
        Self::because(problem, error)
    }
}

/// What a unit of work came to, before its type is known again.
pub type Outcome = Result<Box<dyn Any + Send>, Failure>;
/// A unit of work.
pub type Work = Box<dyn for<'t> FnOnce(&'t mut dyn Tx) -> BoxFuture<'t, Outcome> + Send>;

/// Changes to accounts' keys, made by any process on the database.
pub type Changes = BoxStream<'static, (UserId, LiveEvent)>;

/// A database.
#[async_trait]
pub trait Store:
    AuditQueryStore
    + BackupStore
    + CredentialStore
    + GaugeStore
    + IdentityStore
    + LeaseStore
    + PeopleStore
    + RetentionStore
    + RotationStore
    + Send
    + Sync
    + 'static
{
    /// The session with this token hash, and its account.
    async fn session(&self, token_hash: &[u8; 32]) -> Result<Option<(SessionRow, AccountRow)>, StoreError>;
    /// The account with this name.
    async fn account_by_email(&self, email: &Email) -> Result<Option<AccountRow>, StoreError>;
    /// All accounts, by name.
    async fn accounts(&self) -> Result<Vec<AccountRow>, StoreError>;
    /// Whether a set-up link with this hash exists and has not expired.
    async fn setup_link_works(&self, token_hash: &[u8; 32], now: Timestamp) -> Result<bool, StoreError>;
    /// The owner's keys, without their secrets.
    async fn keys(&self, owner: Owner) -> Result<Vec<KeyRow>, StoreError>;
    /// One key of the owner, without its secret.
    async fn key(&self, owner: Owner, id: KeyId) -> Result<Option<KeyRow>, StoreError>;
    /// The API token with this handle, and its account.
    async fn api_token(&self, handle: &str) -> Result<Option<(ApiTokenRow, AccountRow)>, StoreError>;
    /// The owner's API tokens, newest first.
    async fn api_tokens(&self, owner: Owner) -> Result<Vec<ApiTokenRow>, StoreError>;
    /// The owner's sessions, ended ones included, last seen first.
    async fn sessions(&self, owner: Owner) -> Result<Vec<SessionRow>, StoreError>;
    /// The wrapped keyring, once for each root key that opens it.
    async fn keyring(&self) -> Result<Vec<KeyringRow>, StoreError>;
    /// Audit events with `seq` greater than `after`, oldest first.
    async fn audit_events(&self, after: u64, limit: u32) -> Result<Vec<AuditRow>, StoreError>;
    /// When `subject` did what `rule` limits, after `since`, oldest first.
    async fn hits_since(&self, rule: &'static str, subject: &[u8], since: Timestamp) -> Result<Vec<Timestamp>, StoreError>;
    /// Whether the database can be read and written.
    async fn ready(&self) -> Result<(), StoreError>;
    /// Runs a unit of work; returns when it is on disk.
    async fn run(&self, work: Work) -> Outcome;
    /// Changes by all processes, for a database that several can use; `None` where this process makes them all.
    fn changes(&self) -> Option<Changes> {
        None
    }
    /// Stops taking work and closes the files.
    async fn close(&self);
}

impl dyn Store {
    /// Runs a unit of work; returns when it is on disk.
    ///
    /// # Errors
    /// What the unit returns (then nothing was changed), or `Problem::Unavailable` when the database could not keep it.
    pub async fn write<T, F>(&self, work: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut dyn Tx) -> BoxFuture<'t, Result<T, Failure>> + Send + 'static,
    {
        let outcome = self
            .run(Box::new(move |tx| {
                let unit = work(tx);
                Box::pin(async move { unit.await.map(|value| Box::new(value) as Box<dyn Any + Send>) })
            }))
            .await?;
        outcome.downcast().map(|value| *value).map_err(|_| StoreError::Lost.into())
    }
}

/// What a unit of work can do. Nothing it does is seen by others before the unit ends well.
#[async_trait]
pub trait Tx: BackupTx + CredentialTx + IdentityTx + ImportTx + LeaseTx + PeopleTx + RetentionTx + RotationTx + Send {
    /// The account of a session that did not end.
    async fn account_of_session(&mut self, id: SessionId) -> Result<Option<AccountRow>, StoreError>;
    /// The account of an API token that was not revoked.
    async fn account_of_api_token(&mut self, id: TokenId) -> Result<Option<AccountRow>, StoreError>;
    /// An account.
    async fn account(&mut self, id: UserId) -> Result<Option<AccountRow>, StoreError>;
    /// The account with this name.
    async fn account_by_email(&mut self, email: &Email) -> Result<Option<AccountRow>, StoreError>;
    /// Adds an account; [`StoreError::Conflict`] when the name is taken.
    async fn insert_account(&mut self, row: &AccountRow) -> Result<(), StoreError>;
    /// Writes role, tier, password and state of an account.
    async fn update_account(&mut self, row: &AccountRow) -> Result<(), StoreError>;
    /// Admins who may sign in.
    async fn count_admins(&mut self) -> Result<u32, StoreError>;
    /// Marks the first admin; [`StoreError::Conflict`] when there was one before.
    async fn mark_first_admin(&mut self, id: UserId) -> Result<(), StoreError>;
    /// Replaces all set-up links by this one.
    async fn set_setup_link(&mut self, token_hash: &[u8; 32], now: Timestamp, expires: Timestamp) -> Result<(), StoreError>;
    /// Uses up a set-up link; `false` when there is none with this hash that still works.
    async fn take_setup_link(&mut self, token_hash: &[u8; 32], now: Timestamp) -> Result<bool, StoreError>;
    /// Adds a session.
    async fn insert_session(&mut self, row: &SessionRow) -> Result<(), StoreError>;
    /// Stamps a session that still exists; a deleted one stays deleted.
    async fn touch_session(&mut self, id: SessionId, seen: Timestamp) -> Result<(), StoreError>;
    /// Ends the session with this token hash, and tells which it was.
    async fn delete_session_by_hash(&mut self, token_hash: &[u8; 32]) -> Result<Option<SessionId>, StoreError>;
    /// Whether the account has a session that was begun from this address and has not ended.
    async fn is_known_client(&mut self, email: &Email, client: &str, now: Timestamp) -> Result<bool, StoreError>;
    /// Ends a session; `false` when it had ended.
    async fn delete_session(&mut self, id: SessionId) -> Result<bool, StoreError>;
    /// Ends all sessions of an account.
    async fn delete_sessions_of(&mut self, account: UserId) -> Result<u64, StoreError>;
    /// Forgets sessions that ended before `now`.
    async fn delete_ended_sessions(&mut self, now: Timestamp) -> Result<u64, StoreError>;
    /// Ends a session of the owner; `false` when there is none.
    async fn delete_session_of(&mut self, owner: Owner, id: SessionId) -> Result<bool, StoreError>;
    /// Ends every session of the owner but one.
    async fn delete_other_sessions(&mut self, owner: Owner, keep: SessionId) -> Result<u64, StoreError>;
    /// Adds an API token.
    async fn insert_api_token(&mut self, row: &ApiTokenRow) -> Result<(), StoreError>;
    /// How many API tokens an account has.
    async fn count_api_tokens(&mut self, account: UserId) -> Result<u32, StoreError>;
    /// Stamps an API token that still exists, if the stamp is newer.
    async fn touch_api_token(&mut self, id: TokenId, used: Timestamp) -> Result<(), StoreError>;
    /// Deletes an API token of the owner; `false` when there is none.
    async fn delete_api_token(&mut self, owner: Owner, id: TokenId) -> Result<bool, StoreError>;
    /// The owner's keys, without their secrets.
    async fn keys(&mut self, owner: Owner) -> Result<Vec<KeyRow>, StoreError>;
    /// What the owner keeps beside a key of `provider` with this label and fingerprint.
    async fn key_place(
        &mut self,
        owner: Owner,
        provider: &str,
        label: Option<&str>,
        fingerprint: Option<[u8; 8]>,
    ) -> Result<KeyPlace, StoreError>;
    /// One key of the owner, without its secret.
    async fn key(&mut self, owner: Owner, id: KeyId) -> Result<Option<KeyRow>, StoreError>;
    /// The sealed secret of a key of the owner.
    async fn key_secret(&mut self, owner: Owner, id: KeyId) -> Result<Option<SealedRow>, StoreError>;
    /// Adds a key.
    async fn insert_key(&mut self, row: &KeyRow, secret: Option<&SealedRow>) -> Result<(), StoreError>;
    /// Writes everything about a key but its secret.
    async fn update_key(&mut self, owner: Owner, row: &KeyRow) -> Result<(), StoreError>;
    /// Writes a key's secret. The row's `secret_version` and `fingerprint` are written by [`Tx::update_key`].
    async fn set_key_secret(&mut self, owner: Owner, id: KeyId, secret: Option<&SealedRow>) -> Result<(), StoreError>;
    /// Takes the default mark from every key of the provider.
    async fn clear_default(&mut self, owner: Owner, provider: &str) -> Result<(), StoreError>;
    /// Deletes a key and its ciphertext.
    async fn delete_key(&mut self, owner: Owner, id: KeyId) -> Result<bool, StoreError>;
    /// Adds a wrapped keyring; [`StoreError::Conflict`] when there is one under this root key.
    async fn insert_keyring(&mut self, row: &KeyringRow, now: Timestamp) -> Result<(), StoreError>;
    /// Admitted acts of `subject` under `rule` after a moment, oldest first.
    async fn hits_since(&mut self, rule: &'static str, subject: &[u8], since: Timestamp) -> Result<Vec<Timestamp>, StoreError>;
    /// Notes an admitted act.
    async fn insert_hit(&mut self, rule: &'static str, subject: &[u8], at: Timestamp) -> Result<(), StoreError>;
    /// Forgets the acts of `subject` under `rule`.
    async fn clear_hits(&mut self, rule: &'static str, subject: &[u8]) -> Result<(), StoreError>;
    /// What the owner's request with this idempotency key came to, unless that was forgotten by `now`.
    async fn idempotent(&mut self, owner: Owner, name: &[u8; 32], now: Timestamp) -> Result<Option<IdempotencyRow>, StoreError>;
    /// Keeps what a request came to, and forgets what ended by `now`.
    async fn insert_idempotent(&mut self, owner: Owner, row: &IdempotencyRow, now: Timestamp) -> Result<(), StoreError>;
    /// The end of the audit chain.
    async fn audit_head(&mut self) -> Result<AuditHead, StoreError>;
    /// Appends to the audit trail.
    async fn insert_audit(&mut self, row: &AuditRow) -> Result<(), StoreError>;
}
