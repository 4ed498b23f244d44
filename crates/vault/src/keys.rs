//! What a person does with provider keys.

use crate::{Context, Failure, Vault};
use domain::{
    catalogue::ProviderId,
    ids::KeyId,
    key_input::SecretInput,
    views::{KeyView, KeysPage, LiveEvent, TestReport},
};
use futures::stream::BoxStream;

/// A key to add, as submitted. Field names of problems are the names here.
#[derive(Clone, Debug, Default)]
pub struct AddKey {
    /// Id in the catalogue.
    pub provider: String,
    /// The secret; empty only for a provider that takes none.
    pub key: SecretInput,
    /// Empty for none.
    pub label: String,
    /// Empty for none.
    pub description: String,
    /// Base URL, for `custom` and other providers with `custom_endpoint`; empty for none.
    pub endpoint: String,
    /// Store it even if the same secret is kept under another label.
    pub allow_duplicate: bool,
}

/// What to change of a key; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct EditKey {
    /// New label; empty takes it away.
    pub label: Option<String>,
    /// New description; empty takes it away.
    pub description: Option<String>,
    /// Whether it may be used.
    pub enabled: Option<bool>,
    /// `true` makes it its provider's default.
    pub is_default: Option<bool>,
    /// New base URL; needs `key`.
    pub endpoint: Option<String>,
    /// The secret again, for a new base URL.
    pub key: SecretInput,
    /// The revision the caller saw; another one is `Problem::Changed`.
    pub revision: Option<u64>,
}

impl Vault {
    /// The keys page of the caller. Opens no secret.
    ///
    /// # Errors
    /// `NotAuthenticated`, `Unavailable`.
    pub async fn keys_page(&self, _cx: &Context) -> Result<KeysPage, Failure> {
        todo!()
    }
    /// One key of the caller. Opens no secret.
    ///
    /// # Errors
    /// `NotAuthenticated`, `KeyNotFound`, `Unavailable`.
    pub async fn key(&self, _cx: &Context, _id: KeyId) -> Result<KeyView, Failure> {
        todo!()
    }
    /// Seals and stores a key. Same provider and label: its secret is replaced. The first of a provider is its default.
    ///
    /// # Errors
    /// `Invalid`, `DuplicateKey`, `TierRequired`, `TierLimit`, `TooMany`, `NotAuthenticated`, `Unavailable`.
    pub async fn add_key(&self, _cx: &Context, _key: AddKey) -> Result<KeyView, Failure> {
        todo!()
    }
    /// Replaces a key's secret; its test result is cleared.
    ///
    /// # Errors
    /// `Invalid`, `DuplicateKey`, `KeyNotFound`, `TooMany`, `NotAuthenticated`, `Unavailable`.
    pub async fn replace_key(&self, _cx: &Context, _id: KeyId, _key: SecretInput, _allow_duplicate: bool) -> Result<KeyView, Failure> {
        todo!()
    }
    /// Changes what is said about a key, whether it may be used, or (with its secret) its base URL.
    ///
    /// # Errors
    /// `Invalid`, `Changed`, `KeyNotFound`, `NotAuthenticated`, `Unavailable`.
    pub async fn edit_key(&self, _cx: &Context, _id: KeyId, _edit: EditKey) -> Result<KeyView, Failure> {
        todo!()
    }
    /// Deletes a key and its ciphertext. When it was the default, the oldest one left becomes it.
    ///
    /// # Errors
    /// `KeyNotFound`, `NotAuthenticated`, `Unavailable`.
    pub async fn delete_key(&self, _cx: &Context, _id: KeyId) -> Result<KeyView, Failure> {
        todo!()
    }
    /// Tests a stored key against its provider and stores the verdict.
    ///
    /// # Errors
    /// `KeyNotFound`, `TooMany`, `CannotOpen`, `EndpointChanged`, `NotAuthenticated`, `Unavailable`.
    pub async fn test_key(&self, _cx: &Context, _id: KeyId) -> Result<TestReport, Failure> {
        todo!()
    }
    /// Tests a secret that is not stored, and stores nothing of it.
    ///
    /// # Errors
    /// `Invalid`, `TooMany`, `TierRequired`, `NotAuthenticated`, `Unavailable`.
    pub async fn test_candidate(&self, _cx: &Context, _provider: &str, _key: SecretInput, _endpoint: &str) -> Result<TestReport, Failure> {
        todo!()
    }
    /// Changes to the caller's keys as they happen. Ends when the session does.
    ///
    /// # Errors
    /// `NotAuthenticated`.
    pub fn events(&self, _cx: &Context) -> Result<BoxStream<'static, LiveEvent>, Failure> {
        todo!()
    }
    /// Reads an id out of a path.
    ///
    /// # Errors
    /// `KeyNotFound` when the text is no id.
    pub fn key_id(text: &str) -> Result<KeyId, Failure> {
        text.parse().map_err(|_| domain::Problem::KeyNotFound.into())
    }
    /// Reads a provider id out of a form.
    ///
    /// # Errors
    /// `Invalid` on field `provider`.
    pub fn provider_id(text: &str) -> Result<ProviderId, Failure> {
        ProviderId::parse(text).map_err(|_| domain::Problem::InvalidProvider.into())
    }
}
