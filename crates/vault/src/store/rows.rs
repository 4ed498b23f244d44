//! Rows as they are in the database. They do not leave this crate.

mod credentials;

pub use credentials::CredentialRow;

use crate::{Identity, Proof};
use domain::{
    Problem, Timestamp, Verdict,
    catalogue::ProviderId,
    ids::{KeyId, SessionId, TenantId, TokenId, UserId},
    person::{Email, Role, Tier},
    scope::Scope,
};
use uuid::Uuid;

/// An account.
#[derive(Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "columns are described in the migration")]
pub struct AccountRow {
    pub id: UserId,
    pub email: Email,
    /// PHC string; `None` for accounts that sign in elsewhere.
    pub password_hash: Option<String>,
    pub role: Role,
    pub tier: Tier,
    pub disabled_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl AccountRow {
    /// The caller that it is, when `proof` proves it.
    pub(crate) fn identified_by(self, proof: Proof) -> Identity {
        let has_password = self.password_hash.is_some();
        Identity { user: self.id, email: self.email, role: self.role, tier: self.tier, has_password, proof }
    }
}

/// A session. `token_hash` is SHA-256 of the cookie's value.
#[derive(Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "columns are described in the migration")]
pub struct SessionRow {
    pub token_hash: [u8; 32],
    pub id: SessionId,
    pub account: UserId,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
    pub ends_at: Timestamp,
    pub authenticated_at: Timestamp,
    pub client: Option<String>,
}

/// A sign-in at the OpenID provider that was begun. `cookie_hash` is SHA-256 of the cookie's value.
#[derive(Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "columns are described in the migration")]
pub struct PendingSignInRow {
    pub cookie_hash: [u8; 32],
    pub session: Option<SessionId>,
    pub next: String,
    pub created_at: Timestamp,
    pub ends_at: Timestamp,
}

/// An API token without its secret.
#[derive(Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "columns are described in the migration")]
pub struct ApiTokenRow {
    pub id: TokenId,
    pub handle: String,
    pub secret_hash: [u8; 32],
    pub account: UserId,
    pub name: String,
    pub scopes: Vec<Scope>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

impl ApiTokenRow {
    /// The scopes as the column holds them: words with a space between them.
    #[must_use]
    pub fn scope_words(&self) -> String {
        self.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
    }
    /// Reads the column; `None` when a word is not one this version knows.
    #[must_use]
    pub fn read_scopes(words: &str) -> Option<Vec<Scope>> {
        words.split_whitespace().map(|word| word.parse().ok()).collect()
    }
}

/// The last test of a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "columns are described in the migration")]
pub struct TestRow {
    pub at: Timestamp,
    pub verdict: Verdict,
    pub status_code: Option<u16>,
    pub latency_ms: Option<u32>,
}

/// A provider key without its secret.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "columns are described in the migration")]
pub struct KeyRow {
    pub id: KeyId,
    pub tenant: TenantId,
    pub owner: UserId,
    pub provider: ProviderId,
    pub label: Option<String>,
    pub description: Option<String>,
    pub endpoint: Option<String>,
    pub endpoint_origin: String,
    pub enabled: bool,
    pub is_default: bool,
    pub has_secret: bool,
    pub secret_version: u64,
    pub hint: Option<String>,
    pub fingerprint: Option<[u8; 8]>,
    pub test: Option<TestRow>,
    pub used_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    pub revision: u64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl KeyRow {
    /// Whether it still is what somebody saw.
    ///
    /// # Errors
    /// `Changed` when it is not.
    pub fn expect_revision(&self, seen: Option<u64>) -> Result<(), Problem> {
        if seen.is_none_or(|seen| seen == self.revision) { Ok(()) } else { Err(Problem::Changed) }
    }
}

/// What an owner keeps already, as far as it decides whether and how one more key can be kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyPlace {
    /// All keys of the owner.
    pub held: u64,
    /// Whether one of the provider is its default.
    pub has_default: bool,
    /// The key of the provider under the label.
    pub same_label: Option<KeyId>,
    /// A key of the provider with the same secret under another label, and that label.
    pub same_secret: Option<(KeyId, Option<String>)>,
}

/// What a request with an idempotency key came to. `name` and `request` are keyed hashes.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "columns are described in the migration")]
pub struct IdempotencyRow {
    pub name: [u8; 32],
    pub request: [u8; 32],
    pub key: KeyId,
    pub provider: ProviderId,
    pub ends_at: Timestamp,
}

/// That a row of another system was imported.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "columns are described in the migration")]
pub struct ImportRow {
    pub source: &'static str,
    pub source_id: String,
    pub token_hash: [u8; 32],
    pub object_kind: &'static str,
    pub object_id: Uuid,
    pub imported_at: Timestamp,
}

/// A sealed secret and the id of the data key that sealed it.
#[derive(Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "columns are described in the migration")]
pub struct SealedRow {
    pub data_key_id: u32,
    pub bytes: Vec<u8>,
}

/// The keyring, wrapped under one root key.
#[derive(Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "columns are described in the migration")]
pub struct KeyringRow {
    pub root_id: [u8; 8],
    pub ring_version: u64,
    pub sealed: Vec<u8>,
}

/// The end of the audit chain: `seq` 0 and a hash of zeros before the first event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "columns are described in the migration")]
pub struct AuditHead {
    pub seq: u64,
    pub hash: [u8; 32],
}

/// An audit event in the chain.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "columns are described in the migration")]
pub struct AuditRow {
    pub seq: u64,
    pub at: Timestamp,
    pub actor_kind: String,
    pub actor_id: Option<Uuid>,
    pub session_id: Option<Uuid>,
    pub client: Option<String>,
    pub request_id: Uuid,
    pub action: String,
    pub object_kind: Option<String>,
    pub object_id: Option<Uuid>,
    pub outcome: String,
    pub reason: Option<String>,
    pub details: String,
    pub secret_version: Option<u64>,
    pub secret_hash: Option<[u8; 32]>,
    pub hash: [u8; 32],
}

/// A root key that wraps the keyring.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "columns are described in the migration")]
pub struct RootKeyRow {
    pub root_id: [u8; 8],
    pub created_at: Option<Timestamp>,
    pub served_at: Option<Timestamp>,
}

/// A sealed value with everything that its context is made of.
#[derive(Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "columns are described in the migration")]
pub struct SealedValue {
    pub record: Uuid,
    pub tenant: TenantId,
    /// Nil for the installation itself.
    pub owner: UserId,
    pub provider: String,
    pub origin: String,
    pub version: u64,
    pub sealed: SealedRow,
}

/// A place in the order in which a rotation walks a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "columns are described in the migration")]
pub struct SealedPlace {
    pub data_key_id: u32,
    pub record: Uuid,
}

/// A value sealed anew, and the bytes it stands for.
#[derive(Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "two blobs")]
pub struct Resealed {
    pub record: Uuid,
    pub old: Vec<u8>,
    pub new: Vec<u8>,
}

/// A rotation of the data key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "columns are described in the migration")]
pub struct RotationRow {
    pub id: Uuid,
    pub data_key_id: u32,
    pub started_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    pub total: u64,
    pub resealed: u64,
    /// Microseconds.
    pub busy: u64,
    pub left_behind: u64,
}

/// A sealed value that does not open.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "columns are described in the migration")]
pub struct QuarantineRow {
    pub table: String,
    pub column: String,
    pub record: Uuid,
    pub owner: Option<UserId>,
    pub data_key_id: u32,
    pub secret_version: u64,
    pub reason: String,
    pub found_at: Timestamp,
    pub checked_at: Timestamp,
}

/// What stands for pruned events: the last of them and its hash, under a MAC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "columns are described in the migration")]
pub struct AuditMarkRow {
    pub seq: u64,
    pub at: Timestamp,
    pub hash: [u8; 32],
    pub mac: [u8; 32],
}
