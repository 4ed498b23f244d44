//! Bodies of requests and answers, field by field.

use super::body::Body;
use domain::{
    Timestamp,
    key_input::SecretInput,
    views::{KeyView, ProviderView, TestReport},
};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use vault::keys::{AddKey, Added, EditKey, KeyStats};

/// A provider of the catalogue.
#[derive(Serialize, ToSchema)]
pub(super) struct Provider {
    /// Its id, which other calls take.
    id: String,
    /// Its name.
    name: String,
    /// How its keys begin, if they have a public prefix.
    #[schema(required)]
    key_format: Option<String>,
    /// Whether you keep a key for it.
    configured: bool,
    /// Whether its keys can be tested.
    checkable: bool,
    /// Whether you give its base URL.
    custom_endpoint: bool,
    /// Where to make a key.
    #[schema(required)]
    key_url: Option<String>,
    /// Its documentation.
    #[schema(required)]
    docs_url: Option<String>,
}

impl From<ProviderView> for Provider {
    fn from(view: ProviderView) -> Self {
        let ProviderView { id, name, key_format, configured, checkable, custom_endpoint, key_url, docs_url, .. } = view;
        Self { id: id.into(), name, key_format, configured, checkable, custom_endpoint, key_url, docs_url }
    }
}

/// A stored key. Its secret is never shown.
#[derive(Serialize, ToSchema)]
pub(super) struct Key {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: String,
    /// Its provider's id.
    provider: String,
    /// Its provider's name.
    provider_name: String,
    /// What may be shown of the secret, like `sk-…1a2b`; empty when nothing may.
    key_preview: String,
    /// Its label.
    #[schema(required)]
    label: Option<String>,
    /// What it is for.
    #[schema(required)]
    description: Option<String>,
    /// Its base URL, where the provider leaves that to you.
    #[schema(required)]
    endpoint: Option<String>,
    /// Whether it may be used.
    enabled: bool,
    /// Whether the provider's id alone means this key.
    is_default: bool,
    /// When it was added.
    #[schema(value_type = String, format = DateTime)]
    added_date: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_date: Timestamp,
    /// When it was last tested.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    last_tested: Option<Timestamp>,
    /// What the last test came to: `valid`, `invalid`, `error` or `unknown`.
    #[schema(required)]
    test_status: Option<&'static str>,
    /// The same, finer: `valid`, `rejected`, `no_credit`, `rate_limited`, `unreachable`, `unexpected` or `unchecked`.
    #[schema(required)]
    verdict: Option<&'static str>,
    /// When it was last used.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    last_used: Option<Timestamp>,
    /// When it stops working at the provider, as you noted it.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

impl From<KeyView> for Key {
    fn from(view: KeyView) -> Self {
        Self {
            id: view.id.to_string(),
            provider: view.provider.into(),
            provider_name: view.provider_name,
            key_preview: view.hint.unwrap_or_default(),
            label: view.label,
            description: view.description,
            endpoint: view.endpoint,
            enabled: view.enabled,
            is_default: view.is_default,
            added_date: view.added,
            updated_date: view.updated,
            last_tested: view.tested.as_ref().map(|test| test.at),
            test_status: view.tested.as_ref().map(|test| test.verdict.status()),
            verdict: view.tested.as_ref().map(|test| test.verdict.as_str()),
            last_used: view.used,
            expires_at: view.expires,
        }
    }
}

/// A key to add.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddRequest {
    /// The provider's id.
    #[schema(max_length = 64, example = "openai")]
    provider: String,
    /// The secret; absent only for a provider that takes none.
    #[schema(value_type = Option<String>, format = Password, write_only, min_length = 10, max_length = 8192)]
    key: Option<SecretInput>,
    /// A name for it, 1 to 100 characters. The same provider and label again replaces the secret.
    #[schema(max_length = 100)]
    label: Option<String>,
    /// What it is for.
    #[schema(max_length = 1000)]
    description: Option<String>,
    /// Base URL, only for providers with `custom_endpoint`.
    #[schema(max_length = 2048)]
    endpoint: Option<String>,
    /// When it stops working at the provider; in the future.
    #[serde(default, deserialize_with = "moment")]
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// Store it even if the same secret is kept under another label.
    allow_duplicate: Option<bool>,
}

impl Body for AddRequest {
    const FIELDS: &'static [&'static str] = &["provider", "key", "label", "description", "endpoint", "expires_at", "allow_duplicate"];
}

impl From<AddRequest> for AddKey {
    fn from(request: AddRequest) -> Self {
        Self {
            provider: request.provider,
            key: request.key.unwrap_or_default(),
            label: request.label.unwrap_or_default(),
            description: request.description.unwrap_or_default(),
            endpoint: request.endpoint.unwrap_or_default(),
            expires_at: request.expires_at.unwrap_or_default(),
            allow_duplicate: request.allow_duplicate.unwrap_or_default(),
            overwrite: true,
        }
    }
}

/// A key was added, or its secret replaced.
#[derive(Serialize, ToSchema)]
pub(super) struct AddAnswer {
    /// `API key added successfully`.
    message: &'static str,
    /// The provider's id.
    provider: String,
    /// The provider's name.
    provider_name: String,
    /// The key.
    #[schema(value_type = String, format = "uuid")]
    id: String,
}

impl From<Added> for AddAnswer {
    fn from(added: Added) -> Self {
        let Added { id, provider, provider_name, .. } = added;
        Self { message: "API key added successfully", provider: provider.into(), provider_name, id: id.to_string() }
    }
}

/// Tells `null` from an absent field.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// An empty text is no moment. What else is none, the vault says.
fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let given: Option<String> = Option::deserialize(deserializer)?;
    match given {
        Some(text) if text.trim().is_empty() => Err(serde::de::Error::custom("an empty text")),
        given => Ok(given),
    }
}

/// The same, and tells `null` from an absent field.
fn given_moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    moment(deserializer).map(Some)
}

/// What to change of a key. What is absent stays; `null` takes it away.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeRequest {
    /// New label.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 100)]
    label: Option<Option<String>>,
    /// New description.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 1000)]
    description: Option<Option<String>>,
    /// Whether it may be used.
    enabled: Option<bool>,
    /// `true` makes it its provider's default; there is always one, so `false` changes nothing.
    is_default: Option<bool>,
    /// When it stops working at the provider; in the future.
    #[serde(default, deserialize_with = "given_moment")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Option<String>>,
    /// New base URL; a changed one needs `key` too.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 2048)]
    endpoint: Option<Option<String>>,
    /// The secret again, for a new base URL.
    #[schema(value_type = Option<String>, format = Password, write_only, min_length = 10, max_length = 8192)]
    key: Option<SecretInput>,
}

impl Body for ChangeRequest {
    const FIELDS: &'static [&'static str] = &["label", "description", "enabled", "is_default", "expires_at", "endpoint", "key"];
}

impl ChangeRequest {
    /// The change, of the revision that the caller saw.
    pub(super) fn into_edit(self, revision: Option<u64>) -> EditKey {
        EditKey {
            label: self.label.map(Option::unwrap_or_default),
            description: self.description.map(Option::unwrap_or_default),
            enabled: self.enabled,
            is_default: self.is_default,
            endpoint: self.endpoint.map(Option::unwrap_or_default),
            expires_at: self.expires_at.map(Option::unwrap_or_default),
            key: self.key.unwrap_or_default(),
            revision,
        }
    }
}

/// A new secret for a key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplaceRequest {
    /// The secret.
    #[schema(value_type = String, format = Password, write_only, min_length = 10, max_length = 8192)]
    pub(super) key: SecretInput,
    /// Store it even if the same secret is kept under another label.
    pub(super) allow_duplicate: Option<bool>,
}

impl Body for ReplaceRequest {
    const FIELDS: &'static [&'static str] = &["key", "allow_duplicate"];
}

/// A key was deleted.
#[derive(Serialize, ToSchema)]
pub(super) struct DeleteAnswer {
    /// `API key removed successfully`.
    pub(super) message: &'static str,
    /// The provider's id.
    pub(super) provider: String,
}

/// A secret to test without storing it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TestRequest {
    /// The provider's id.
    #[schema(max_length = 64, example = "openai")]
    pub(super) provider: String,
    /// The secret; absent only for a provider that takes none.
    #[schema(value_type = Option<String>, format = Password, write_only, min_length = 10, max_length = 8192)]
    pub(super) key: Option<SecretInput>,
    /// Base URL, only for providers with `custom_endpoint`.
    #[schema(max_length = 2048)]
    pub(super) endpoint: Option<String>,
}

impl Body for TestRequest {
    const FIELDS: &'static [&'static str] = &["provider", "key", "endpoint"];
}

/// What the provider said.
#[derive(Serialize, ToSchema)]
pub(super) struct TestDetails {
    /// Its HTTP status.
    status_code: u16,
}

/// What a test came to.
#[derive(Serialize, ToSchema)]
pub(super) struct TestAnswer {
    /// The provider's id.
    provider: String,
    /// `valid`, `invalid`, `error` or `unknown`.
    status: &'static str,
    /// The same in a sentence.
    message: String,
    /// What the provider said, where it settled the verdict.
    #[schema(required)]
    details: Option<TestDetails>,
    /// `valid`, `rejected`, `no_credit`, `rate_limited`, `unreachable`, `unexpected` or `unchecked`.
    verdict: &'static str,
    /// How long the provider took, in milliseconds.
    #[schema(required)]
    latency_ms: Option<u32>,
}

impl From<TestReport> for TestAnswer {
    fn from(report: TestReport) -> Self {
        Self {
            status: report.verdict.status(),
            message: report.message(),
            details: report.status_code.map(|status_code| TestDetails { status_code }),
            verdict: report.verdict.as_str(),
            latency_ms: report.latency_ms,
            provider: report.provider.into(),
        }
    }
}

/// What you have, in numbers.
#[derive(Serialize, ToSchema)]
pub(super) struct Stats {
    /// Providers in the catalogue.
    total_providers: usize,
    /// Providers you keep a key for.
    configured_providers: usize,
    /// Providers with a key that was tested.
    tested_providers: usize,
    /// Providers with a key whose last test said that it works.
    valid_providers: usize,
    /// Your tier.
    user_tier: &'static str,
}

impl From<KeyStats> for Stats {
    fn from(stats: KeyStats) -> Self {
        let KeyStats { total_providers, configured_providers, tested_providers, valid_providers, user_tier } = stats;
        Self { total_providers, configured_providers, tested_providers, valid_providers, user_tier: user_tier.as_str() }
    }
}
