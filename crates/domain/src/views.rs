//! What pages and REST show. A view never holds a secret and never enters SQL.

pub mod audit;
#[cfg(feature = "cloudflare")]
pub mod cloudflare;
pub mod credentials;
pub mod overview;
pub mod people;
mod vault;
pub mod vault_page;

pub use audit::{AuditAsked, AuditLine, AuditPage, VerifiedView};
pub use credentials::{CredentialReport, CredentialView, CredentialsPage};
pub use overview::{CheckView, NoteView, OverviewPage, Weight};
pub use people::{PeopleAsked, PeoplePage, PersonLine, PersonPage};
pub use vault_page::VaultPage;

use crate::{
    Timestamp, Verdict,
    catalogue::ProviderId,
    ids::{CredentialId, KeyId, RequestId, SessionId, TokenId, UserId},
    person::{Email, Role, Tier},
    scope::Scope,
};
use serde::{Deserialize, Serialize};

pub use vault::{
    AuditHealth, DataKeyState, DataKeyView, OtherRootKeyView, QuarantineView, RootKeyView, RotationState, RotationView, RowsUnderKey,
    SealedColumnView, VaultStatus,
};

/// A provider of the catalogue as a user sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ProviderView {
    /// Its id.
    pub id: ProviderId,
    /// Its name.
    pub name: String,
    /// What it is, in a sentence.
    pub description: String,
    /// How its keys begin, if they have a public prefix.
    pub key_format: Option<String>,
    /// Whether the caller keeps a key for it.
    pub configured: bool,
    /// Whether the catalogue has a check for it.
    pub checkable: bool,
    /// Whether the user gives the base URL.
    pub custom_endpoint: bool,
    /// Whether it takes no key at all.
    pub keyless: bool,
    /// Where to make a key.
    pub key_url: Option<String>,
    /// Its documentation.
    pub docs_url: Option<String>,
}

impl ProviderView {
    /// A checkable provider without links.
    #[must_use]
    pub const fn new(id: ProviderId, name: String, key_format: Option<String>) -> Self {
        Self {
            id,
            name,
            description: String::new(),
            key_format,
            configured: false,
            checkable: true,
            custom_endpoint: false,
            keyless: false,
            key_url: None,
            docs_url: None,
        }
    }
}

/// The last test of a stored key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TestView {
    /// When it was.
    pub at: Timestamp,
    /// What came out.
    pub verdict: Verdict,
    /// The provider's HTTP status, where it settled the verdict.
    pub status_code: Option<u16>,
    /// How long the provider took, in milliseconds.
    pub latency_ms: Option<u32>,
}

/// The outcome of a test, as told to the caller. For `unreachable`, status and latency are absent: the answer must not
/// tell a closed port from a forbidden one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TestReport {
    /// The provider that was asked.
    pub provider: ProviderId,
    /// Its name.
    pub provider_name: String,
    /// What came out.
    pub verdict: Verdict,
    /// The provider's HTTP status.
    pub status_code: Option<u16>,
    /// How long the provider took, in milliseconds.
    pub latency_ms: Option<u32>,
}

impl TestReport {
    /// The sentence for the verdict.
    #[must_use]
    pub fn message(&self) -> String {
        self.verdict.message(self.status_code)
    }
}

/// A stored provider key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeyView {
    /// Its id.
    pub id: KeyId,
    /// Its provider.
    pub provider: ProviderId,
    /// The provider's name; the id, when the catalogue no longer has it.
    pub provider_name: String,
    /// What may be shown of the secret, like `sk-…1a2b`; `None` when it is too short to show any of it, or there is none.
    pub hint: Option<String>,
    /// Whether a secret is stored (`false` only for providers that take none).
    pub has_secret: bool,
    /// Its label.
    pub label: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Base URL given by the user.
    pub endpoint: Option<String>,
    /// Whether it may be used.
    pub enabled: bool,
    /// Whether the provider's name alone means this key.
    pub is_default: bool,
    /// When it was added.
    pub added: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
    /// Its last test.
    pub tested: Option<TestView>,
    /// When it was last used.
    pub used: Option<Timestamp>,
    /// When it stops working at the provider, as the user noted it.
    pub expires: Option<Timestamp>,
    /// Rises with every change; the `ETag` of REST.
    pub revision: u64,
}

impl KeyView {
    /// Its label, or a word for a key without one.
    #[must_use]
    pub fn title(&self) -> &str {
        self.label.as_deref().unwrap_or("Unlabelled key")
    }
    /// How assistive technology says what is stored.
    #[must_use]
    pub fn spoken(&self) -> String {
        match (&self.hint, self.has_secret) {
            (Some(hint), _) => format!("stored, ends in {}", hint.rsplit('…').next().unwrap_or_default()),
            (None, true) => "stored".to_owned(),
            (None, false) => "no key needed".to_owned(),
        }
    }
}

/// The signed-in account and what its tier allows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AccountView {
    /// Its id.
    pub id: UserId,
    /// Its name.
    pub email: Email,
    /// What it may do.
    pub role: Role,
    /// What it paid for.
    pub tier: Tier,
    /// Provider keys it holds.
    pub keys: u32,
    /// The most it may hold; `None` is unlimited.
    pub key_limit: Option<u32>,
    /// Whether its tier may add provider keys at all.
    pub may_add: bool,
    /// The OpenID provider it signs in at; `None` when it has a password here.
    pub provider: Option<String>,
}

/// The keys page in one read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeysPage {
    /// Who is looking.
    pub account: AccountView,
    /// Their keys, by provider name, then default first, then label.
    pub keys: Vec<KeyView>,
    /// The catalogue.
    pub providers: Vec<ProviderView>,
    /// When it was read.
    pub now: Timestamp,
}

/// An account in the list of people.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PersonView {
    /// Its id.
    pub id: UserId,
    /// Its name.
    pub email: Email,
    /// What it may do.
    pub role: Role,
    /// What it paid for.
    pub tier: Tier,
    /// Whether it may sign in.
    pub disabled: bool,
    /// When it was made.
    pub created: Timestamp,
}

/// A session in a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SessionView {
    /// Its id, which proves nothing.
    pub id: SessionId,
    /// When it began.
    pub created: Timestamp,
    /// When it was last seen, to the minute.
    pub seen: Timestamp,
    /// The address it began from.
    pub client: Option<String>,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// The account page in one read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AccountPage {
    /// Who is looking.
    pub account: AccountView,
    /// Their sessions, the one that asks first, then the last seen.
    pub sessions: Vec<SessionView>,
}

/// How an API token stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenState {
    /// It works.
    Active,
    /// Its time is over.
    Expired,
}

/// An API token as its owner sees it; never the token itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TokenView {
    /// Its id, which proves nothing.
    pub id: TokenId,
    /// What its owner calls it.
    pub name: String,
    /// How it begins: the part that is no secret, as logs of other systems show it.
    pub prefix: String,
    /// What it may do, as far as its account's role allows.
    pub scopes: Vec<Scope>,
    /// When it was made.
    #[serde(rename = "created_at")]
    pub created: Timestamp,
    /// When it stops working.
    #[serde(rename = "expires_at")]
    pub expires: Timestamp,
    /// When it was last used, to the minute.
    #[serde(rename = "last_used")]
    pub used: Option<Timestamp>,
    /// How it stands.
    pub state: TokenState,
}

/// The page of API tokens in one read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TokensPage {
    /// Who is looking.
    pub account: AccountView,
    /// Their tokens, newest first.
    pub tokens: Vec<TokenView>,
    /// Scopes that their role can give.
    pub scopes: Vec<Scope>,
    /// The most tokens an account may have.
    pub limit: u32,
    /// Whether the next sensitive act asks for the password.
    pub step_up: bool,
}

/// An event of the audit trail. Nothing in it was typed by anybody.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AuditView {
    /// Its place in the chain, from 1.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// `person`, `system` or `nobody`.
    pub actor_kind: String,
    /// The account.
    pub actor: Option<UserId>,
    /// The session or API token that proved it.
    pub proof: Option<String>,
    /// The client's address.
    pub client: Option<String>,
    /// The request it belongs to.
    pub request: RequestId,
    /// What was done.
    pub action: String,
    /// What kind of thing it was done to.
    pub object_kind: Option<String>,
    /// Which.
    pub object: Option<String>,
    /// `started`, `success`, `refused` or `failed`.
    pub outcome: String,
    /// Why, as a word of ours.
    pub reason: Option<String>,
    /// Words and numbers of ours, a JSON object as text.
    pub details: String,
    /// The version of the secret it speaks of.
    pub secret_version: Option<u64>,
}

/// What `/events` sends; never a secret.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum LiveEvent {
    /// A key was added, changed, replaced or deleted.
    KeyChanged {
        /// Which.
        id: KeyId,
    },
    /// A key was tested.
    KeyTested {
        /// Which.
        id: KeyId,
        /// What came out.
        verdict: Verdict,
    },
    /// A service credential was added, replaced, tested or deleted.
    CredentialChanged {
        /// Which.
        id: CredentialId,
    },
    /// Some changes were not told; read everything again.
    Missed,
}

impl LiveEvent {
    /// The name of the server-sent event.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::KeyChanged { .. } | Self::Missed => "key.changed",
            Self::KeyTested { .. } => "key.tested",
            Self::CredentialChanged { .. } => "credential.changed",
        }
    }
}
